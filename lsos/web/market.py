"""The market: what participants offer and seek, with filters in the address, and who stands behind each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import ColumnElement, or_

from lsos.errors import NotFound, Refused
from lsos.market import news, queries, service
from lsos.market.rules import SEARCH_NAME_LENGTH, WORDS_LENGTH, Wanted, look_refusal, wanted_of
from lsos.meetings import places
from lsos.meetings import queries as meetings
from lsos.meetings.delegates import live_to
from lsos.meetings.organisation_requests import reach
from lsos.meetings.portraits import fits
from lsos.meetings.rules import is_expired
from lsos.meetings.seeing import sees
from lsos.meetings.threads import quota_of
from lsos.meetings.words import Words, in_words, load_in_words, vocabulary
from lsos.registration.models import Listing, Registration
from lsos.taxonomy.queries import tags_by_group
from lsos.web import session
from lsos.web.errors import back_with, shown_on
from lsos.web.forms import options
from lsos.web.market_forms import IN_SIGHT, filters
from lsos.web.matches import AskForm, about, ask_form, fit_in_words

bp = Blueprint("market", __name__, url_prefix="/events/<slug>/market")
bp.before_request(session.attendees)


def _refusal(me: Registration) -> str:
    """Say why the reader may not look around; nothing when they may."""
    refusal = look_refusal(me.state, has_matchmaking=me.participation_type.has_matchmaking)
    return gettext(refusal.value) if refusal else ""


def unseen_by(registration_id: int) -> ColumnElement[bool]:
    """Ask for those whose offers somebody does not see in lists: their own, and whom they see not or never meet."""
    return or_(Registration.id == registration_id, meetings.left_out_for(registration_id))


def _asked() -> Wanted:
    return wanted_of({key: request.values.getlist(key) for key in request.values})


def _page() -> int:
    typed = request.args.get("page", "1")
    return max(int(typed), 1) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 1


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """List what others offer and seek; words and filters stand in the address, so that it can be passed on."""
    return _market(slug)


def _market(slug: str, *, search_name: str = "") -> str:
    """Render what is found; `search_name` was typed for the search, and needs another look."""
    event, me = session.event_or_404(slug), session.attendee()
    refusal = _refusal(me)
    if refusal:
        return render_template("market/closed.html", me=me, refusal=refusal)
    wanted, page = _asked(), _page()
    found, total = queries.search(event.id, wanted, unseen=unseen_by(me.id), offset=(page - 1) * queries.PAGE_LENGTH)
    offered = filters(event.id, wanted, unseen=unseen_by(me.id))
    return render_template(
        "market/index.html",
        me=me,
        wanted=wanted,
        query=wanted.as_query(),
        found=found,
        total=total,
        in_sight=offered[:IN_SIGHT],
        more=offered[IN_SIGHT:],
        has_more=any(one.chosen for one in offered[IN_SIGHT:]) or bool(wanted.tags),
        tag_groups=tags_by_group(),
        page=page,
        pages=max(ceil(total / queries.PAGE_LENGTH), 1),
        WORDS_LENGTH=WORDS_LENGTH,
        NAME_LENGTH=SEARCH_NAME_LENGTH,
        search_name=search_name,
        tags_of=queries.tags_of,
        trl_of=queries.trl_of,
    )


@bp.get("/listings/<uid>")
def listing(slug: str, uid: str) -> ResponseReturnValue:
    """Show one offer or request: what it says, who stands behind it, how it fits the reader."""
    event, me = session.event_or_404(slug), session.attendee()
    found = queries.listing_by_uid(event.id, uid)
    if found is None:
        abort(404)
    owner = found.profile.registration
    is_mine = owner.id == me.id
    if not is_mine and (_refusal(me) or not queries.is_shown(found) or not sees(me, owner)):
        abort(404)
    return render_template(
        "market/listing.html",
        me=me,
        one=found,
        owner=owner,
        is_mine=is_mine,
        is_shown=queries.is_shown(found),
        areas=queries.areas_of(found),
        tags=queries.tags_of(found),
        stages=queries.stages_of(found),
        bands=queries.bands_of(found),
        trl=queries.trl_of(found),
        **({} if is_mine else _meeting(event.id, me, owner, found)),
    )


def _meeting(event_id: int, me: Registration, owner: Registration, about: Listing) -> dict[str, object]:
    """Gather what is needed to ask for a meeting about an offer: how the two fit, what is under way, why not."""
    now = datetime.now(UTC)
    mine, other = meetings.whole_registration(me.id), meetings.whole_registration(owner.id)
    going_on = meetings.under_way(me.id, now=now).get(owner.id)
    fit = fits(event_id, me.id, [owner.id])[owner.id]
    refusal = None if going_on else meetings.why_not_ask(mine, other, going_on, now=now)
    words: Words = in_words(fit.reasons, owner.person.name, vocabulary(event_id), is_open=True)
    return {
        "fit": fit.fused,
        "fit_in_words": fit_in_words(fit.fused),
        "words": words,
        "answers": [
            one
            for one in queries.listings_of(me.id)
            if one.cooperation_type_id == about.cooperation_type_id
            and not one.is_closed
            and (one.direction is not about.direction or about.cooperation_type.is_symmetric)
        ],
        "under_way": going_on,
        "refusal": gettext(refusal.value) if refusal else "",
        "quota": quota_of(mine, now=now),
        "load": load_in_words(places.loads(event_id, [owner.id], now=now)[owner.id]),
        "form": ask_form(other, mine, fit, listing=about.uid),
    }


@bp.get("/organisations/<uid>")
def organisation(slug: str, uid: str) -> ResponseReturnValue:
    """Show an organisation as it is at this event: its people who agreed to be seen, and what they offer and seek."""
    return organisation_page(slug, uid)


def organisation_page(slug: str, uid: str, form: AskForm | None = None) -> str:
    """Render the page of an organisation; `form` is a request that needs another look."""
    event, me = session.event_or_404(slug), meetings.whole_registration(session.attendee().id)
    if _refusal(me):
        abort(404)
    found = queries.organisation_at(event.id, uid, unseen=meetings.left_out_for(me.id))
    if found is None:
        abort(404)
    now = datetime.now(UTC)
    live = live_to(me.id, found.organisation.id)
    refusal = reach(me, found.organisation, now=now).refusal
    return render_template(
        "market/organisation.html",
        me=me,
        stand=found,
        tags_of=queries.tags_of,
        trl_of=queries.trl_of,
        is_mine=me.organisation_id == found.organisation.id,
        live=None if live is None or is_expired(live.state, live.expires_at, now) else live,
        refusal=gettext(refusal.value) if refusal else "",
        quota=quota_of(me, now=now),
        form=form or organisation_ask_form(found, me),
    )


def organisation_ask_form(found: queries.Stand, me: Registration) -> AskForm:
    """Make the form of a request to an organisation, about what its people or the reader offer and seek."""
    form = AskForm()
    mine = [one for one in me.profile.listings if not one.is_closed] if me.profile else []
    form.listing.choices = options(
        ("", gettext("Nothing in particular")),
        *((one.uid, about(one, found.organisation.name)) for one in (*found.offers, *found.seeks)),
        *((one.uid, about(one, "")) for one in mine),
    )
    return form


# ---- searches that are kept


@bp.get("/searches")
def searches(slug: str) -> ResponseReturnValue:
    """List the searches the reader keeps, with what is new in each."""
    return _searches(slug, {})


def _searches(slug: str, typed: Mapping[str, str]) -> str:
    """Render the searches; `typed` are names that need another look, by the search."""
    event, me = session.event_or_404(slug), session.attendee()
    refusal = _refusal(me)
    if refusal:
        return render_template("market/closed.html", me=me, refusal=refusal)
    return render_template(
        "market/searches.html",
        kept=queries.kept_of(event.id, me.id, unseen=unseen_by(me.id)),
        NAME_LENGTH=SEARCH_NAME_LENGTH,
        typed=typed,
    )


@bp.post("/searches")
def keep(slug: str) -> ResponseReturnValue:
    """Keep the present search under a name."""
    session.event_or_404(slug)
    wanted = _asked()
    name = request.form.get("name", "")
    try:
        service.keep_search(session.attendee().id, name, wanted, now=datetime.now(UTC))
    except Refused as refused:
        return shown_on(refused, lambda: _market(slug, search_name=name))
    flash(gettext("The search is kept as “%(name)s”.", name=" ".join(name.split())), "done")
    return redirect(url_for(".index", slug=slug, **wanted.as_query()))


@bp.post("/searches/<uid>/open")
def open_search(slug: str, uid: str) -> ResponseReturnValue:
    """Show what a search finds; what is there now is not new any more."""
    session.event_or_404(slug)
    try:
        wanted = service.see_search(session.attendee().id, uid, now=datetime.now(UTC))
    except NotFound as error:
        return back_with(error, url_for(".searches", slug=slug))
    return redirect(url_for(".index", slug=slug, **wanted.as_query()))


@bp.post("/searches/<uid>")
def rename(slug: str, uid: str) -> ResponseReturnValue:
    """Give a search another name."""
    session.event_or_404(slug)
    name = request.form.get("name", "")
    try:
        service.rename_search(session.attendee().id, uid, name)
    except NotFound as error:
        return back_with(error, url_for(".searches", slug=slug))
    except Refused as refused:
        return shown_on(refused, lambda: _searches(slug, {uid: name}))
    flash(gettext("The search has its new name."), "done")
    return redirect(url_for(".searches", slug=slug))


@bp.post("/searches/<uid>/letters")
def tell(slug: str, uid: str) -> ResponseReturnValue:
    """Let letters say what is new in a search, or end them."""
    session.event_or_404(slug)
    is_told = request.form.get("told") == "yes"
    try:
        found = news.tell(session.attendee().id, uid, is_told=is_told, now=datetime.now(UTC))
    except NotFound as error:
        return back_with(error, url_for(".searches", slug=slug))
    flash(
        gettext("At most once a day a letter tells you what is new in “%(name)s”.", name=found.name)
        if is_told
        else gettext("No more letters about “%(name)s”.", name=found.name),
        "done",
    )
    return redirect(url_for(".searches", slug=slug))


@bp.post("/searches/<uid>/delete")
def forget(slug: str, uid: str) -> ResponseReturnValue:
    """Keep a search no more."""
    session.event_or_404(slug)
    try:
        service.delete_search(session.attendee().id, uid)
    except NotFound as error:
        return back_with(error, url_for(".searches", slug=slug))
    flash(gettext("The search is deleted."), "done")
    return redirect(url_for(".searches", slug=slug))
