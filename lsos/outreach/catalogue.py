"""The letters that go out at their time: what each is, and when it goes out unless an organiser says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from lsos.errors import N_
from lsos.events.models import Event
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.outreach.letters import CAMPAIGN, LINKS, plain_links
from lsos.outreach.models import SEAT_REMINDER
from lsos.outreach.rules import Anchor, Audience, WrittenTo
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, context_of, values_of
from lsos.registration.models import Registration
from lsos.wording import clock

_CONFIRMED = ("confirmed",)


@dataclass(frozen=True)
class Timing:
    """When a timed letter goes out unless an organiser says otherwise, and to whom."""

    anchor: Anchor
    days: int
    at: time
    window_hours: int
    audience: Audience
    #: The template, where it is not called as what is set up.
    letter: str = ""
    reader: WrittenTo = WrittenTo.REGISTERED


def _sample(event_id: int, number: int) -> Sample | None:
    registration = reader_by_number(event_id, number)
    return sample_of(registration) if registration is not None else None


def sample_of(registration: Registration) -> Sample:
    """Say what a letter at its time says to somebody; the registration is loaded as letters need it."""
    person, event = registration.person, registration.event

    def context(language: str) -> Mapping[str, object]:
        links = plain_links(registration, language)
        return {
            **context_of(registration),
            **links,
            "seat_address": links["my_page"],
            "doors_open": _doors(event),
            "is_news": False,
        }

    return Sample(
        person.email,
        person.name,
        person.language,
        context=context,
        values=lambda language: {**values_of(registration), **plain_links(registration, language)},
    )


def _doors(event: Event) -> str:
    return clock(event.doors_open, event.timezone)


_READERS = Samples(count_readers, _sample)


def _letter(code: str, title: str, when: str, placeholders: tuple[Placeholder, ...], kept: str) -> Letter:
    return Letter(code, title, when, placeholders, _READERS, kept, About.TIMED)


_OF_TIME: tuple[tuple[Letter, Timing], ...] = (
    (
        _letter(
            "still_coming",
            N_("Still coming?"),
            N_("some days before, to those who have a seat"),
            COMMON,
            N_("the facts of the event and the two answers: I am coming, I cannot come"),
        ),
        Timing(Anchor.START, -7, time(9), 48, Audience(states=_CONFIRMED, reconfirmed="no")),
    ),
    (
        _letter(
            "complete_profile",
            N_("Complete your profile"),
            N_("some days before, to those whose profile is not complete"),
            (*COMMON, *LINKS),
            N_("the button to the reader's own page"),
        ),
        Timing(Anchor.START, -14, time(9), 72, Audience(states=_CONFIRMED, profile="no")),
    ),
    (
        _letter(
            "tomorrow",
            N_("Tomorrow: your badge and your day"),
            N_("shortly before, to those who have a seat"),
            (*COMMON, *LINKS),
            N_("the facts of the event, the button to badge and day, the programme, and: I cannot come"),
        ),
        Timing(Anchor.START, -1, time(15), 16, Audience(states=_CONFIRMED)),
    ),
    (
        _letter(
            "thank_you",
            N_("Thank you"),
            N_("after the event, to those who came"),
            (*COMMON, *LINKS),
            N_("the button to the reader's own page"),
        ),
        Timing(Anchor.END, 1, time(10), 72, Audience(states=_CONFIRMED, arrived="yes")),
    ),
)
LETTERS = tuple(letter for letter, _timing in _OF_TIME)
#: The template of letters at their time that organisers write themselves.
OWN = "campaign"
OWN_LETTER = _letter(OWN, N_("A letter of your own"), "", CAMPAIGN, "")
#: By what an organiser sets up: the platform's letters as starting points, and letters of their own.
TIMINGS: Mapping[str, Timing] = {
    **{letter.code: timing for letter, timing in _OF_TIME},
    "invitation_reminder": Timing(
        Anchor.ANSWER_BY, -3, time(9), 48, Audience(), "invitation_reminder", WrittenTo.INVITED
    ),
    SEAT_REMINDER: Timing(Anchor.INVITED, 7, time(9), 48, Audience(), SEAT_REMINDER, WrittenTo.INVITED),
    "own": Timing(Anchor.REGISTERED, 3, time(9), 48, Audience(states=_CONFIRMED), OWN),
}
#: What can be set up: its code, what it is called, and when it goes out.
OFFERS: tuple[tuple[str, str, str], ...] = (
    *((letter.code, letter.title, letter.when) for letter in LETTERS),
    (
        "invitation_reminder",
        N_("A reminder to those who are invited"),
        N_("some days before the answer is asked for, to those who have not answered"),
    ),
    (
        SEAT_REMINDER,
        N_("A reminder to those for whom a delegation keeps a seat"),
        N_("some days after the seat was offered, to those who have not answered"),
    ),
    ("own", N_("A letter of your own"), N_("whenever you say, to whom you say")),
)
#: By the name of the template, what each is called.
TITLES: Mapping[str, str] = {
    **{letter.code: letter.title for letter in LETTERS},
    "invitation_reminder": N_("A reminder to those who are invited"),
    SEAT_REMINDER: N_("A reminder to those for whom a delegation keeps a seat"),
    OWN: N_("A letter of your own"),
}
