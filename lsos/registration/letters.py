"""Which letters about a registration organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import current_app

from lsos import qr
from lsos.errors import N_
from lsos.events.calendars import house
from lsos.events.models import Event
from lsos.letters.rules import Placeholder
from lsos.mail import Attachment, Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.models import ParticipationType, Registration, WaitingEntry
from lsos.settings import Settings
from lsos.wording import days_between, number, plain

#: What every letter about an event can name.
OF_EVENT = (
    Placeholder("event", N_("the name of the event")),
    Placeholder("dates", N_("the days of the event")),
    Placeholder("venue", N_("the house, its street and its city")),
)
#: What every letter to somebody whom we know by name can name.
OF_READER = (
    Placeholder("given_name", N_("the reader's given name")),
    Placeholder("name", N_("the reader's whole name")),
)
OF_TYPE = Placeholder("participation_type", N_("what the reader takes part as"))
#: What every letter to somebody who registered can name.
COMMON = (*OF_READER, *OF_EVENT, OF_TYPE, Placeholder("organisation", N_("the reader's organisation")))
_REASON = Placeholder("reason", N_("the organiser's reason, if one was given"))
_RANK = Placeholder("rank", N_("the reader's place on the waiting list"))


def values_of_event(event: Event, kind: ParticipationType | None = None) -> dict[str, str]:
    """Give what fills the placeholders about an event, and about a way to take part, in the language that is set."""
    return {
        "event": plain(event.name),
        "dates": days_between(event.starts_on, event.ends_on),
        "venue": house(event),
        "participation_type": plain(kind.name) if kind is not None else "",
    }


def values_of(registration: Registration, *, reason: str = "", rank: int | None = None) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about a registration, in the language that is set."""
    return {
        "given_name": registration.person.given_name,
        "name": registration.person.name,
        **values_of_event(registration.event, registration.participation_type),
        "organisation": registration.organisation.name if registration.organisation else "",
        "reason": reason,
        "rank": number(rank) if rank is not None else "",
    }


# ---- a look at one


def context_of(registration: Registration) -> dict[str, Any]:
    """Give what the templates of these letters read, with links that open nothing."""
    now = datetime.now(UTC)
    return {
        "registration": registration,
        "event": registration.event,
        "person": registration.person,
        "reason": "",
        "rank": 1,
        "by_self": False,
        "by_nobody": False,
        "waits": WaitingEntry(size=1, accepts_automatically=True),
        "entry": WaitingEntry(size=1, offered_until=now),
        "token": "-",
        "seat_token": "-",
    }


def badge_sample() -> Attachment:
    """Draw the code of a badge that opens no door."""
    settings: Settings = current_app.extensions["lsos"]
    return Attachment("badge.png", "image/png", qr.png(qr.badge_address(settings.base_url, "PREVIEW")), cid="badge")


def _sample(event_id: int, number: int) -> Sample | None:
    registration = reader_by_number(event_id, number)
    if registration is None:
        return None
    person = registration.person
    return Sample(
        person.email,
        person.name,
        person.language,
        context=lambda _language: context_of(registration),
        values=lambda _language: values_of(registration, rank=1),
        attachments=(badge_sample(),),
    )


#: Letters about a registration are shown as whoever registered gets them.
REGISTERED = Samples(count_readers, _sample)

LETTERS = (
    Letter(
        "registration_confirmed",
        N_("Seat confirmed"),
        N_("at once, when somebody has a seat"),
        COMMON,
        REGISTERED,
        N_("the facts of the event, the sessions chosen, the QR code of the badge, and the link to the reader's day"),
    ),
    Letter(
        "registration_pending",
        N_("Application received"),
        N_("at once, when somebody applies for a place that needs approval"),
        COMMON,
        REGISTERED,
        N_("the facts of the event and the link to the reader's answers"),
    ),
    Letter(
        "registration_waitlisted",
        N_("On the waiting list"),
        N_("at once, when every seat is taken"),
        (*COMMON, _RANK),
        REGISTERED,
        N_("the facts of the event, the link, and how to give up the place"),
    ),
    Letter(
        "registration_offer",
        N_("A seat is offered"),
        N_("at once, when it is somebody's turn and they wanted to be asked"),
        COMMON,
        REGISTERED,
        N_("until when the seat is kept, the facts of the event, and the button to take it or let it pass"),
    ),
    Letter(
        "registration_offer_expired",
        N_("The offered seat went on"),
        N_("at once, when somebody did not answer in time"),
        COMMON,
        REGISTERED,
        N_("the facts of the event and the link to the reader's registration"),
    ),
    Letter(
        "registration_review",
        N_("Approved answers changed"),
        N_("at once, when somebody changes an answer that their approval rests on"),
        COMMON,
        REGISTERED,
        N_("the facts of the event and the link to the reader's answers"),
    ),
    Letter(
        "registration_declined",
        N_("Application declined"),
        N_("at once, when the organiser declines"),
        (*COMMON, _REASON),
        REGISTERED,
        N_("the reason, if one was given, the facts of the event and a link"),
    ),
    Letter(
        "registration_cancelled",
        N_("Registration cancelled"),
        N_("at once, when a registration is cancelled by either side"),
        (*COMMON, _REASON),
        REGISTERED,
        N_("the reason, if one was given, the facts of the event and a link"),
    ),
    Letter(
        "registration_exists",
        N_("Registered already"),
        N_("at once, when the form is filled in once more with an address that is registered"),
        COMMON,
        REGISTERED,
        N_("how the registration stands, and the link to it"),
    ),
)
