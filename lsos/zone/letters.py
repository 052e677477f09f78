"""Which letters about an application to a zone organisers may word themselves, and what fills their placeholders."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Zone
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letter_queries import for_letters, reader_by_number
from lsos.registration.letters import COMMON, values_of
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from lsos.wording import plain, stamp
from lsos.zone.models import ZoneApplication, ZoneCall

_PLACEHOLDERS = (
    *COMMON,
    Placeholder("zone", N_("the name of the zone")),
    Placeholder("closes", N_("when the call closes")),
    Placeholder("company", N_("the company as the application names it")),
)
_PLACES = (
    *_PLACEHOLDERS,
    Placeholder("stand", N_("the stand, and where it is; empty where there is none")),
    Placeholder("pitch", N_("when the pitch is, and in which room; empty where there is none")),
)
#: The letter about a stand and a pitch.
PLACES = "zone_places"


def values_of_application(application: ZoneApplication) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about an application, in the language that is set."""
    registration, call = application.registration, application.call
    return {
        **values_of(registration),
        "zone": plain(call.zone.name),
        "closes": stamp(call.closes_at, registration.event.timezone),
        "company": application.name,
    }


def values_of_places(application: ZoneApplication) -> Mapping[str, str]:
    """Give what fills the placeholders of the letter about a stand and a pitch."""
    stand, slot = application.stand, application.slot
    stood = [stand.code, plain(stand.place)] if stand else []
    pitched = [stamp(slot.starts_at, application.registration.event.timezone)] if slot else []
    if slot and slot.room:
        pitched.append(plain(slot.room.name))
    return {
        **values_of_application(application),
        "stand": ", ".join(part for part in stood if part),
        "pitch": ", ".join(pitched),
    }


def _count(event_id: int) -> int:
    return (
        db.session.scalar(
            select(func.count(ZoneApplication.id))
            .join(ZoneApplication.registration)
            .where(Registration.event_id == event_id)
        )
        or 0
    )


def _sample(event_id: int, number: int) -> Sample | None:
    return _shown(event_id, number, values_of_application)


def _sample_of_places(event_id: int, number: int) -> Sample | None:
    return _shown(event_id, number, values_of_places)


def _shown(event_id: int, number: int, values: Callable[[ZoneApplication], Mapping[str, str]]) -> Sample | None:
    application = db.session.scalar(
        select(ZoneApplication)
        .join(ZoneApplication.registration)
        .where(Registration.event_id == event_id)
        .order_by(ZoneApplication.id)
        .offset(number - 1)
        .limit(1)
        .options(
            joinedload(ZoneApplication.registration).options(*for_letters()),
            joinedload(ZoneApplication.call).joinedload(ZoneCall.zone),
        )
    )
    is_invented = application is None
    found = application or _invented(event_id)
    if found is None:
        return None
    person, event = found.registration.person, found.registration.event
    context = {
        "person": person,
        "event": event,
        "registration": found.registration,
        "application": found,
        "call": found.call,
        "token": "-",
    }
    return Sample(
        person.email,
        person.name,
        person.language,
        context=lambda _language: context,
        values=lambda _language: values(found),
        is_invented=is_invented,
    )


def _invented(event_id: int) -> ZoneApplication | None:
    """Make up an application of the first who registered, to the event's first zone or one that is made up, too."""
    registration = reader_by_number(event_id, 1)
    if registration is None:
        return None
    call = db.session.scalar(
        select(ZoneCall).where(ZoneCall.event_id == event_id).limit(1).options(joinedload(ZoneCall.zone))
    )
    now = datetime.now(UTC)
    if call is None:
        zone = db.session.scalar(
            select(Zone).where(Zone.event_id == event_id).order_by(Zone.position, Zone.id).limit(1)
        )
        call = ZoneCall(
            event=registration.event,
            zone=zone or Zone(name=Bilingual("Strefa", "Zone")),
            opens_at=now,
            closes_at=now + timedelta(days=14),
        )
    return ZoneApplication(call=call, registration=registration, one_liner=Bilingual(), created_at=now, changed_at=now)


_APPLICANTS = Samples(_count, _sample)
_PLACED = Samples(_count, _sample_of_places)

LETTERS = (
    Letter(
        "zone_apply",
        N_("Write your application"),
        N_("at once, when somebody registers to apply to a zone"),
        _PLACEHOLDERS,
        _APPLICANTS,
        N_("when the call closes, and the button to the application"),
        About.ZONE,
    ),
    Letter(
        "zone_sent",
        N_("The application has arrived"),
        N_("at once, when somebody sends their application first"),
        _PLACEHOLDERS,
        _APPLICANTS,
        N_("the company, when the call closes, and the button to the application"),
        About.ZONE,
    ),
    Letter(
        PLACES,
        N_("Your stand and your pitch"),
        N_("when an organiser tells those whose stand or pitch is new or has changed"),
        _PLACES,
        _PLACED,
        N_("the stand, the pitch, and the button to the application"),
        About.ZONE,
    ),
)
