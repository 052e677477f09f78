"""Where people are shown to others, or handed to them: one rule asks their consent, whatever the place.

A page, a list, a letter or a file that shows people to anybody but themselves and the organisers names its place
here, and asks `may_show` of one registration or `shown_in` of many. Consent that is taken back holds from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.registration.models import Consent, ConsentText, ParticipationType, Registration
from lsos.registration.rules import ConsentKind, Purpose, RegistrationState, may_be_shown


class Place(StrEnum):
    """A place where somebody is shown to others, or handed to them."""

    PARTICIPANTS = "participants"
    PROFILE = "profile"
    SUGGESTIONS = "suggestions"
    REQUESTS = "requests"
    PICTURES = "pictures"
    NEWS = "news"
    PARTNERS = "partners"
    CONTACTS = "contacts"
    LEADS = "leads"


@dataclass(frozen=True)
class Ground:
    """What lets somebody be shown in a place."""

    purpose: Purpose
    #: What is shown there, in words for the person.
    words: str
    #: Only who has a seat is shown; news go to whoever agreed.
    needs_seat: bool = True
    #: Only kinds of participation that have matchmaking.
    needs_matchmaking: bool = False


PLACES: Final[Mapping[Place, Ground]] = {
    Place.PARTICIPANTS: Ground(Purpose.CATALOGUE, N_("The list of participants: your name, organisation and role.")),
    Place.PROFILE: Ground(
        Purpose.CATALOGUE, N_("Your profile, as participants read it: what you do, offer and look for.")
    ),
    Place.SUGGESTIONS: Ground(
        Purpose.MATCHMAKING,
        N_("Suggestions of whom to meet: participants whom you fit see your name, organisation and why."),
        needs_matchmaking=True,
    ),
    Place.REQUESTS: Ground(
        Purpose.MATCHMAKING, N_("Requests for meetings: participants can ask you for one."), needs_matchmaking=True
    ),
    Place.PICTURES: Ground(Purpose.IMAGE, N_("Photographs and recordings that are published.")),
    Place.NEWS: Ground(
        Purpose.NEWSLETTER, N_("News of the cluster: letters that are not about this event."), needs_seat=False
    ),
    Place.PARTNERS: Ground(
        Purpose.SHARE_WITH_PARTNERS,
        N_("The file for partners of the event: your name, organisation, job title, country and e-mail address."),
    ),
    Place.CONTACTS: Ground(
        Purpose.EXCHANGE_CONTACTS,
        N_("Whoever scans your badge has your contact at once, as you set it under Whom I met, and you have theirs."),
    ),
    Place.LEADS: Ground(
        Purpose.STAND_SCANS,
        N_(
            "Stands at which your badge is scanned get your name, organisation and what you set under Whom I met, "
            "and may take it along in a file."
        ),
    ),
}
#: What is shown of people without a consent, and why that is so; the page of consents says it.
WITHOUT_CONSENT: Final = (
    N_("Whoever you agreed to meet sees your name, organisation and the time of the meeting, also in their calendar."),
    N_("Whoever looks after the delegation you came with sees your name and whether you come."),
    N_("Speakers and chairs of sessions stand in the public programme by name."),
    N_("The public gallery of the zone shows your application if you ticked that in it; you can take it back there."),
    N_("Your badge carries your name, organisation and role; the team at the door sees whose it is."),
    N_("Whoever scans your badge reads the name and organisation on it, and no more until you agree."),
    N_(
        "Whoever reads the number on your certificate of attendance can check it: they see your name, the event, the "
        "days, and the hours where the certificate tells them."
    ),
    N_("Organisers of the event see what you wrote when you registered. Each file they take is put on record."),
)


def agreed(purpose: str) -> ColumnElement[bool]:
    """Ask in SQL for registrations whose owner agrees to a purpose; what is erased agrees to nothing."""
    return and_(
        Registration.erased_at.is_(None),
        Registration.consents.any(
            and_(Consent.withdrawn_at.is_(None), Consent.text.has(ConsentText.purpose == purpose))
        ),
    )


def may_show(place: Place, registration: Registration) -> bool:
    """Say whether somebody may be shown in a place now."""
    ground = PLACES[place]
    if ground.needs_matchmaking and not registration.participation_type.has_matchmaking:
        return False
    return may_be_shown(registration.state, registration.purposes, purpose=ground.purpose, needs_seat=ground.needs_seat)


def shown_in(place: Place) -> ColumnElement[bool]:
    """Ask in SQL for what `may_show` says of one; a test holds the two together."""
    ground = PLACES[place]
    wanted = [agreed(ground.purpose)]
    if ground.needs_seat:
        wanted.append(Registration.state == RegistrationState.CONFIRMED)
    if ground.needs_matchmaking:
        wanted.append(Registration.participation_type.has(ParticipationType.has_matchmaking))
    return and_(*wanted)


def places_of(purpose: str) -> list[str]:
    """Say where a purpose is applied, in words for the person."""
    return [ground.words for ground in PLACES.values() if ground.purpose == purpose]


# ---- what somebody agreed to, event by event


@dataclass(frozen=True)
class Standing:
    """How somebody stands to one purpose of one event."""

    text: ConsentText
    #: The agreement that holds now, in whichever version of the words.
    given: Consent | None
    #: When they last took it back; None where they agree, or never did.
    withdrawn_at: datetime | None = None

    @property
    def places(self) -> list[str]:
        """Say where it is applied."""
        return places_of(self.text.purpose)


def consents_of_person(person_id: int) -> list[tuple[Event, list[Standing]]]:
    """List, for each event somebody registered for, what is asked of them and how they stand to it."""
    registrations = db.session.scalars(
        select(Registration)
        .join(Registration.event)
        .where(Registration.person_id == person_id, Registration.erased_at.is_(None))
        .order_by(Event.starts_on.desc(), Registration.id)
        .options(contains_eager(Registration.event), selectinload(Registration.consents).joinedload(Consent.text))
    ).all()
    texts = db.session.scalars(
        select(ConsentText)
        .where(
            ConsentText.event_id.in_([one.event_id for one in registrations]),
            ConsentText.is_current,
            ConsentText.kind == ConsentKind.CONSENT,
        )
        .order_by(ConsentText.position, ConsentText.id)
    ).all()
    return [
        (one.event, [_standing(one, text) for text in texts if text.event_id == one.event_id]) for one in registrations
    ]


def _standing(registration: Registration, text: ConsentText) -> Standing:
    agreed_to = [one for one in registration.consents if one.text.purpose == text.purpose]
    holding = next((one for one in agreed_to if one.withdrawn_at is None), None)
    ended = max((one.withdrawn_at for one in agreed_to if one.withdrawn_at is not None), default=None)
    return Standing(text, holding, None if holding else ended)


# ---- handing people to partners


def for_partners(event_id: int) -> list[tuple[Registration, Consent]]:
    """List those who agreed to be handed to partners of an event, each with that consent; nobody else."""
    rows = db.session.scalars(
        select(Registration)
        .where(Registration.event_id == event_id, shown_in(Place.PARTNERS))
        .order_by(Registration.id)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.organisation),
            selectinload(Registration.consents).joinedload(Consent.text),
        )
    ).all()
    purpose = PLACES[Place.PARTNERS].purpose
    found = []
    for one in rows:
        consent = next(c for c in one.consents if c.withdrawn_at is None and c.text.purpose == purpose)
        found.append((one, consent))
    return sorted(found, key=lambda pair: (pair[0].person.search_key, pair[0].id))
