"""One's seat, by the link in every letter and without signing in: still coming, not coming, an offer, the waiting list.

Opening the link shows buttons only, since mail scanners open links; pressing one does it.
"""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.errors import Refused
from lsos.events.rules import moment
from lsos.registration import service, waiting
from lsos.registration.models import Registration
from lsos.registration.queries import waiting_rank
from lsos.registration.rules import MOVES, RegistrationState
from lsos.registration.waiting_queries import place_of, registration_by_link
from lsos.registration.waiting_rules import EntryState, answer_refusal
from lsos.web import handing
from lsos.web.errors import words_of
from lsos.web.leaving import release_time
from lsos.web.limits import LINKS, REGISTER, limiter
from lsos.web.session import anyone
from lsos.wording import plain

bp = Blueprint("seat", __name__, url_prefix="/seat")
bp.before_request(anyone)


@bp.get("/<token>")
@limiter.limit(LINKS)
def show(token: str) -> ResponseReturnValue:
    """Say how one's seat stands, and what can be done about it."""
    mine = _registration(token)
    now = datetime.now(UTC)
    place = place_of(mine.id)
    offer = place is not None and answer_refusal(place.state, offered_until=place.offered_until, now=now) is None
    event = mine.event
    return render_template(
        "registration/seat.html",
        token=token,
        mine=mine,
        place=place,
        has_offer=offer,
        rank=waiting_rank(mine) if place is not None and place.state is EntryState.WAITING else None,
        may_leave=RegistrationState.CANCELLED in MOVES[mine.state],
        is_over=now > moment(event.ends_on, event.doors_close, event.timezone),
        may_hand_on=handing.may_offer(mine, now=now),
    )


def _registration(token: str) -> Registration:
    return registration_by_link(token) or abort(404)


@bp.post("/<token>")
@limiter.limit(LINKS)
def answer(token: str) -> ResponseReturnValue:
    """Do what the pressed button says."""
    mine = _registration(token)
    now = datetime.now(UTC)
    event = mine.event
    if now > moment(event.ends_on, event.doors_close, event.timezone):
        return redirect(url_for(".show", token=token))
    try:
        match request.form.get("answer"):
            case "coming":
                waiting.reconfirm(event.id, mine.id, now=now)
                flash(_("Thank you. We look forward to seeing you."), "done")
            case "accept":
                take_offer(mine, now)
            case "leave":
                _leave(mine, now)
            case _:
                abort(400)
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for(".show", token=token))


def take_offer(mine: Registration, now: datetime) -> None:
    """Take the seats that are kept for somebody on the waiting list, and say what comes by letter.

    Raises:
        Refused: there is no offer, or it is over.
    """
    place = place_of(mine.id)
    waiting.accept(mine.event_id, mine.id, now=now)
    flash(_("The seat is yours. Your badge is on its way to you by e-mail."), "done")
    if place is not None and place.size > 1:
        flash(_("A second letter leads to the page from which your colleagues get their seats."), "done")


def _leave(mine: Registration, now: datetime) -> None:
    """Give up a seat, an offer or a place in line; pressing the button twice is pressing it once."""
    if RegistrationState.CANCELLED not in MOVES[mine.state]:
        return
    was = mine.state
    service.move(
        mine.event_id,
        mine.uid,
        RegistrationState.CANCELLED,
        by=mine.person_id,
        release=release_time(actor_id=mine.person_id, now=now),
        now=now,
    )
    if was is RegistrationState.WAITLISTED:
        flash(_("You are not on the waiting list of %(event)s any more.", event=plain(mine.event.name)), "done")
    else:
        flash(_("You are not coming to %(event)s. Thank you for telling us.", event=plain(mine.event.name)), "done")


# ---- handing it on to a colleague


@bp.get("/<token>/hand-on")
@limiter.limit(LINKS)
def hand_on(token: str) -> ResponseReturnValue:
    """Ask for a colleague, or show who was asked."""
    mine = _registration(token)
    return _hand_on_page(token, mine, handing.form_for(mine, formdata=None))


def _hand_on_page(token: str, mine: Registration, form: handing.ColleagueForm) -> str:
    shown = handing.shown(mine, form, now=datetime.now(UTC))
    return render_template("handing/by_link.html", token=token, **shown)


@bp.post("/<token>/hand-on")
@limiter.limit(REGISTER)
def offer(token: str) -> ResponseReturnValue:
    """Offer this seat to a colleague."""
    mine = _registration(token)
    form = handing.form_for(mine)
    if not form.validate() or not handing.send(mine, form, by=mine.person_id, now=datetime.now(UTC)):
        return _hand_on_page(token, mine, form), 422
    return redirect(url_for(".hand_on", token=token))


@bp.post("/<token>/hand-on/back")
@limiter.limit(LINKS)
def take_back(token: str) -> ResponseReturnValue:
    """Take the offer back."""
    mine = _registration(token)
    handing.call_back(mine, by=mine.person_id, now=datetime.now(UTC))
    return redirect(url_for(".hand_on", token=token))
