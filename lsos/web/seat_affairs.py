"""What organisers do about one seat beside approving it: hand it on for its owner, let a guest take part in more."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lsos.errors import LsosError
from lsos.events.rules import Role
from lsos.registration import queries, upgrades
from lsos.registration.models import Registration
from lsos.web import handing
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("seat_affairs", __name__, url_prefix="/events/<slug>/organise/people/<uid>")
bp.before_request(only(Role.REGISTRATIONS))


class WishForm(PageForm):
    """A decision about what a guest asks for, with a word for them."""

    word = name_field(_l("Reason, for the letter"), max_length=NEEDS_LENGTH)


def _one(slug: str, uid: str) -> Registration:
    return queries.whole_registration(event_or_404(slug).id, uid) or abort(404)


@bp.get("/hand-on")
def hand_on(slug: str, uid: str) -> ResponseReturnValue:
    """Ask for a colleague, or show who was asked."""
    registration = _one(slug, uid)
    return _page(registration, handing.form_for(registration, formdata=None))


def _page(registration: Registration, form: handing.ColleagueForm) -> str:
    form.given_name.label.text = _("Given name of the colleague")
    form.email.label.text = _("The colleague's e-mail")
    return render_template("handing/for_somebody.html", **handing.shown(registration, form, now=datetime.now(UTC)))


@bp.post("/hand-on")
def offer(slug: str, uid: str) -> ResponseReturnValue:
    """Offer somebody's seat to a colleague of theirs."""
    registration = _one(slug, uid)
    form = handing.form_for(registration)
    by, now = signed_in_reader().id, datetime.now(UTC)
    if not form.validate() or not handing.send(registration, form, by=by, now=now):
        return _page(registration, form), 422
    return redirect(url_for(".hand_on", slug=slug, uid=uid))


@bp.post("/hand-on/back")
def take_back(slug: str, uid: str) -> ResponseReturnValue:
    """Take the offer back."""
    handing.call_back(_one(slug, uid), by=signed_in_reader().id, now=datetime.now(UTC))
    return redirect(url_for(".hand_on", slug=slug, uid=uid))


def _refused(form: WishForm, slug: str, uid: str) -> ResponseReturnValue:
    flash("; ".join(str(words) for errors in form.errors.values() for words in errors), "refused")
    return redirect(url_for("people.show", slug=slug, uid=uid))


@bp.post("/upgrade/approve")
def approve_wish(slug: str, uid: str) -> ResponseReturnValue:
    """Let a guest of the public session take part the way they asked for."""
    event, form = event_or_404(slug), WishForm()
    if not form.validate():
        return _refused(form, slug, uid)
    try:
        upgrades.approve(event.id, uid, reason=form.word.data or "", by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(_("They have the seat they asked for and were written to."), "done")
    return redirect(url_for("people.show", slug=slug, uid=uid))


@bp.post("/upgrade/decline")
def decline_wish(slug: str, uid: str) -> ResponseReturnValue:
    """Leave a guest what they are."""
    event, form = event_or_404(slug), WishForm()
    if not form.validate():
        return _refused(form, slug, uid)
    try:
        upgrades.decline(event.id, uid, reason=form.word.data or "", by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(_("They stay a guest of the public session and were written to."), "done")
    return redirect(url_for("people.show", slug=slug, uid=uid))
