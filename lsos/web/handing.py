"""Handing one's seat on to a colleague: the form, the open offer, and taking it back; by account or by a link."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired
from wtforms.validators import Optional as MayBeEmpty

from lsos.agenda.queries import signups_of
from lsos.errors import Refused
from lsos.invitations.queries import is_of_delegation
from lsos.meetings.queries import meetings_of
from lsos.registration import transfers
from lsos.registration.models import Registration
from lsos.registration.rules import HeldFor
from lsos.registration.transfers import Colleague
from lsos.texts import LANGUAGE_NAMES
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, PrintableName, address_field, name_field, options
from lsos.web.limits import REGISTER, limiter
from lsos.web.session import attendee, attendees, event_or_404

bp = Blueprint("handing", __name__, url_prefix="/events/<slug>/me/hand-on")
bp.before_request(attendees)


class ColleagueForm(PageForm):
    """Whom a seat is offered to."""

    given_name = name_field(
        _l("Given name of your colleague"), InputRequired(_l("Write your colleague's name.")), PrintableName()
    )
    family_name = name_field(_l("Family name"), MayBeEmpty(), PrintableName())
    email = address_field(_l("Your colleague's e-mail"), is_own=False)
    language = SelectField(
        _l("Language of the letter"), choices=options(*LANGUAGE_NAMES.items()), validators=[InputRequired()]
    )

    def colleague(self) -> Colleague:
        """Give what was typed."""
        return Colleague(
            self.email.data or "", self.given_name.data or "", self.family_name.data or "", self.language.data
        )


def form_for(registration: Registration, **more: Any) -> ColleagueForm:
    """Make the form; a colleague most likely reads the giver's language."""
    return ColleagueForm(data={"language": registration.person.language}, **more)


def may_offer(registration: Registration, *, now: datetime) -> bool:
    """Say whether a page leads to handing this seat on: it can be offered, or is."""
    return transfers.offer_of(registration.id) is not None or _refusal(registration, now) is None


def _refusal(registration: Registration, now: datetime) -> str | None:
    refusal = transfers.why_not(
        registration, is_of_delegation=is_of_delegation(registration.id), has_offer=False, now=now
    )
    return _(refusal) if refusal is not None else None


def shown(registration: Registration, form: ColleagueForm, *, now: datetime) -> dict[str, Any]:
    """Give what each page about handing a seat on shows."""
    offer = transfers.offer_of(registration.id)
    return {
        "registration": registration,
        "form": form,
        "offer": offer,
        "refusal": _refusal(registration, now) if offer is None else None,
        "is_reviewed": transfers.holding_for(registration.participation_type) is HeldFor.REVIEW,
        "sessions": len(signups_of(registration.id)),
        "meetings": len(meetings_of(registration.id)),
    }


def send(registration: Registration, form: ColleagueForm, *, by: int, now: datetime) -> bool:
    """Offer a seat to whom the form names; False, with the reason beside the address, where it cannot be offered."""
    try:
        offer = transfers.offer(
            registration.event_id,
            registration.uid,
            form.colleague(),
            is_of_delegation=is_of_delegation(registration.id),
            by=by,
            now=now,
        )
    except Refused as refused:
        form.email.errors = [words_of(refused)]
        return False
    flash(_("We wrote to %(name)s. Until they take the seat, it stays where it is.", name=offer.name), "done")
    return True


def call_back(registration: Registration, *, by: int, now: datetime) -> None:
    """Take the offer of a seat back, or say why it is too late."""
    try:
        transfers.take_back(registration.event_id, registration.uid, by=by, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("The seat is not offered any more; nothing else has changed."), "done")


# ---- one's own, signed in


@bp.get("")
def mine(slug: str) -> ResponseReturnValue:
    """Ask for a colleague, or show who was asked."""
    event_or_404(slug)
    return _page(form_for(attendee(), formdata=None))


def _page(form: ColleagueForm) -> str:
    return render_template("handing/mine.html", **shown(attendee(), form, now=datetime.now(UTC)))


@bp.post("")
@limiter.limit(REGISTER)
def offer(slug: str) -> ResponseReturnValue:
    """Offer the reader's seat to a colleague."""
    event_or_404(slug)
    me, form = attendee(), form_for(attendee())
    if not form.validate() or not send(me, form, by=me.person_id, now=datetime.now(UTC)):
        return _page(form), 422
    return redirect(url_for(".mine", slug=slug))


@bp.post("/back")
def take_back(slug: str) -> ResponseReturnValue:
    """Take the offer back."""
    event_or_404(slug)
    call_back(attendee(), by=attendee().person_id, now=datetime.now(UTC))
    return redirect(url_for(".mine", slug=slug))
