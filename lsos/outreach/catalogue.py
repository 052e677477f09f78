"""The letters that organisers may word, and the ones that go out at their time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from lsos.errors import N_
from lsos.outreach.letters import LINKS
from lsos.outreach.rules import Anchor, Audience
from lsos.registration import letters as of_registrations
from lsos.registration.letters import COMMON, Letter

_CONFIRMED = ("confirmed",)


@dataclass(frozen=True)
class Timing:
    """When a timed letter goes out unless an organiser says otherwise, and to whom."""

    anchor: Anchor
    days: int
    at: time
    window_hours: int
    audience: Audience


_OF_TIME: tuple[tuple[Letter, Timing], ...] = (
    (
        Letter(
            "still_coming",
            N_("Still coming?"),
            N_("some days before, to those who have a seat"),
            COMMON,
            N_("the facts of the event and the two answers: I am coming, I cannot come"),
        ),
        Timing(Anchor.START, -7, time(9), 48, Audience(states=_CONFIRMED, reconfirmed="no")),
    ),
    (
        Letter(
            "complete_profile",
            N_("Complete your profile"),
            N_("some days before, to those whose profile is not complete"),
            (*COMMON, *LINKS),
            N_("the button to the reader's own page"),
        ),
        Timing(Anchor.START, -14, time(9), 72, Audience(states=_CONFIRMED, profile="no")),
    ),
    (
        Letter(
            "tomorrow",
            N_("Tomorrow: your badge and your day"),
            N_("shortly before, to those who have a seat"),
            (*COMMON, *LINKS),
            N_("the facts of the event, the button to badge and day, the programme, and: I cannot come"),
        ),
        Timing(Anchor.START, -1, time(15), 16, Audience(states=_CONFIRMED)),
    ),
    (
        Letter(
            "thank_you",
            N_("Thank you"),
            N_("after the event, to those who came"),
            (*COMMON, *LINKS),
            N_("the button to the reader's own page"),
        ),
        Timing(Anchor.END, 1, time(10), 72, Audience(states=_CONFIRMED, arrived="yes")),
    ),
)
#: By the name of the template: the letters that go out at their time, and when.
TIMINGS: Mapping[str, Timing] = {letter.code: timing for letter, timing in _OF_TIME}
#: By the name of the template: every letter of the platform that organisers may word.
LETTERS: Mapping[str, Letter] = {
    letter.code: letter for letter in (*of_registrations.LETTERS, *(letter for letter, _timing in _OF_TIME))
}
