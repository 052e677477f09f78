"""Which letters about a registration organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from dataclasses import dataclass

from lsos.errors import N_
from lsos.letters.rules import Placeholder
from lsos.registration.models import Registration
from lsos.wording import days_between, number, plain


@dataclass(frozen=True)
class Letter:
    """A letter that the platform writes and organisers may word."""

    #: The name of its template, and of its words.
    code: str
    #: What it is, and when it goes out; translated where it is shown.
    title: str
    when: str
    placeholders: tuple[Placeholder, ...]
    #: What stands below the words whoever writes them.
    kept: str = ""


#: What every letter to somebody who registered can name.
COMMON = (
    Placeholder("given_name", N_("the reader's given name")),
    Placeholder("name", N_("the reader's whole name")),
    Placeholder("event", N_("the name of the event")),
    Placeholder("dates", N_("the days of the event")),
    Placeholder("venue", N_("the house, its street and its city")),
    Placeholder("participation_type", N_("what the reader comes as")),
    Placeholder("organisation", N_("the reader's organisation")),
)
_REASON = Placeholder("reason", N_("the organiser's reason, if one was given"))
_RANK = Placeholder("rank", N_("the reader's place on the waiting list"))

LETTERS = (
    Letter(
        "registration_confirmed",
        N_("Seat confirmed"),
        N_("at once, when somebody has a seat"),
        COMMON,
        N_("the facts of the event, the QR code of the badge, and the link to the reader's day"),
    ),
    Letter(
        "registration_pending",
        N_("Application received"),
        N_("at once, when somebody applies for a place that needs approval"),
        COMMON,
        N_("the facts of the event and the link to the reader's answers"),
    ),
    Letter(
        "registration_waitlisted",
        N_("On the waiting list"),
        N_("at once, when every seat is taken"),
        (*COMMON, _RANK),
        N_("the facts of the event, the link, and how to give up the place"),
    ),
    Letter(
        "registration_offer",
        N_("A seat is offered"),
        N_("at once, when it is somebody's turn and they wanted to be asked"),
        COMMON,
        N_("until when the seat is kept, the facts of the event, and the button to take it or let it pass"),
    ),
    Letter(
        "registration_review",
        N_("Approved answers changed"),
        N_("at once, when somebody changes an answer that their approval rests on"),
        COMMON,
        N_("the facts of the event and the link to the reader's answers"),
    ),
    Letter(
        "registration_declined",
        N_("Application declined"),
        N_("at once, when the organiser declines"),
        (*COMMON, _REASON),
        N_("the reason, if one was given, the facts of the event and a link"),
    ),
    Letter(
        "registration_cancelled",
        N_("Registration cancelled"),
        N_("at once, when a registration is cancelled by either side"),
        (*COMMON, _REASON),
        N_("the reason, if one was given, the facts of the event and a link"),
    ),
)


def values_of(registration: Registration, *, reason: str = "", rank: int | None = None) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about a registration, in the language that is set."""
    event, venue = registration.event, registration.event.venue
    house = (plain(venue.name), venue.street, plain(venue.city)) if venue is not None else ()
    return {
        "given_name": registration.person.given_name,
        "name": registration.person.name,
        "event": plain(event.name),
        "dates": days_between(event.starts_on, event.ends_on),
        "venue": ", ".join(part for part in house if part),
        "participation_type": plain(registration.participation_type.name),
        "organisation": registration.organisation.name if registration.organisation else "",
        "reason": reason,
        "rank": number(rank) if rank is not None else "",
    }
