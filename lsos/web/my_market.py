"""One's own offers and requests: written side by side in both languages, closed, opened again, deleted."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import LsosError
from lsos.market import queries, service
from lsos.market.rules import LISTINGS_AT_MOST, listing_refusal
from lsos.registration.models import Listing
from lsos.registration.showing import Place, may_show
from lsos.web import session
from lsos.web.errors import back_with, words_of
from lsos.web.market_forms import ListingForm, listing_form

bp = Blueprint("my_market", __name__, url_prefix="/events/<slug>/me/market")
bp.before_request(session.attendees)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """List what the reader offers and seeks, with what can be done about each."""
    session.event_or_404(slug)
    me = session.attendee()
    mine = queries.listings_of(me.id)
    refusal = listing_refusal(me.state, has_matchmaking=me.participation_type.has_matchmaking, others=len(mine))
    return render_template(
        "market/mine.html",
        me=me,
        mine=mine,
        refusal=gettext(refusal.value) if refusal else "",
        is_seen=may_show(Place.PROFILE, me),
        most=LISTINGS_AT_MOST,
        left_behind=[] if refusal else queries.left_behind(me),
    )


def _mine(slug: str, uid: str) -> Listing:
    """Give an offer or request of the reader; others' do not exist here."""
    found = queries.listing_by_uid(session.event_or_404(slug).id, uid)
    if found is None or found.profile.registration_id != session.attendee().id:
        abort(404)
    return found


def _form_page(form: ListingForm, one: Listing | None) -> str:
    me = session.attendee()
    return render_template("market/edit.html", me=me, form=form, one=one)


@bp.get("/new")
def new(slug: str) -> ResponseReturnValue:
    """Show the form of a new offer or request."""
    event = session.event_or_404(slug)
    side = request.args.get("side", "")
    return _form_page(listing_form(event.id, direction=side if side in {"offer", "seek"} else None), None)


@bp.post("/new")
def add(slug: str) -> ResponseReturnValue:
    """Store a new offer or request."""
    return _save(slug, None)


@bp.get("/<uid>")
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Show an offer or request as a form."""
    one = _mine(slug, uid)
    return _form_page(listing_form(session.page_event().id, one), one)


@bp.post("/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Store a changed offer or request."""
    return _save(slug, _mine(slug, uid))


def _save(slug: str, one: Listing | None) -> ResponseReturnValue:
    event, me = session.event_or_404(slug), session.attendee()
    form = listing_form(event.id, one)
    if not form.validate():
        return _form_page(form, one), 422
    try:
        written = service.write(me.id, one.uid if one else None, form.written(), now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
        return _form_page(form, one), 409
    flash(gettext("It is saved."), "done")
    return redirect(url_for("market.listing", slug=slug, uid=written.uid))


@bp.post("/<uid>/close")
def close(slug: str, uid: str) -> ResponseReturnValue:
    """Take an offer or request out of the market."""
    _mine(slug, uid)
    try:
        service.close(session.attendee().id, uid, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    flash(gettext("It is closed: nobody but you sees it. You can open it again."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/reopen")
def reopen(slug: str, uid: str) -> ResponseReturnValue:
    """Put a closed offer or request back."""
    _mine(slug, uid)
    try:
        service.reopen(session.attendee().id, uid, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    flash(gettext("It is open again."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/take-over")
def take_over(slug: str, uid: str) -> ResponseReturnValue:
    """Look after what a colleague left behind."""
    session.event_or_404(slug)
    try:
        service.take_over(session.attendee().id, uid, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    flash(gettext("It is yours now: you can change it, close it and delete it."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/delete")
def delete(slug: str, uid: str) -> ResponseReturnValue:
    """Delete an offer or request."""
    _mine(slug, uid)
    try:
        service.delete(session.attendee().id, uid)
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    flash(gettext("It is deleted. Requests for meetings about it stay."), "done")
    return redirect(url_for(".index", slug=slug))
