"""What the desk reads of each scan: a tone for the whole screen, one word, one sentence.

static/js/door/tell.js chooses by the same names, from the same sentences, which the server sends it in both languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lsos.checkin.deciding import Need
from lsos.checkin.rules import PointKind, Refusal, ScanResult
from lsos.errors import N_


@dataclass(frozen=True)
class Saying:
    """One way to answer; the sentence may name %(time)s, %(point)s, %(table)s, %(name)s, %(session)s, %(why)s."""

    tone: str
    word: str
    sentence: str


_WORDS: Final = {
    Refusal.UNKNOWN: N_("Unknown"),
    Refusal.REVOKED: N_("Not valid"),
    Refusal.TOO_EARLY: N_("Not yet"),
    Refusal.CLOSED: N_("Closed"),
    Refusal.GONE: N_("Closed"),
    Refusal.OVER: N_("Over"),
    Refusal.WRONG_DAY: N_("Not today"),
    Refusal.WRONG_TYPE: N_("Not here"),
    Refusal.NOT_SIGNED_UP: N_("Not signed up"),
    Refusal.NO_SESSION: N_("No session"),
    Refusal.NOT_INSIDE: N_("Not in"),
    Refusal.NO_MEETING: N_("No meeting"),
    Refusal.OTHER_TABLE: N_("Another table"),
}
#: What is no fault of the guest and needs no help desk.
_MILD: Final = frozenset({Refusal.NO_MEETING, Refusal.NO_SESSION, Refusal.NOT_INSIDE})

SAYINGS: Final = {
    "admitted.door": Saying("go", N_("Welcome"), N_("Everything is in order. Let the guest in.")),
    "admitted.session": Saying("go", N_("Counted"), N_("Counted for “%(session)s”.")),
    "admitted": Saying("go", N_("Counted"), N_("The guest is counted here.")),
    "let_in": Saying("again", N_("Let in"), N_("A phone without network let the guest in, although: %(why)s")),
    "again": Saying("again", N_("Already in"), N_("First scanned at %(time)s: %(point)s.")),
    "left": Saying("go", N_("Out"), N_("The guest is counted as having left.")),
    "present": Saying("part", N_("Present"), N_("Table %(table)s, %(time)s. Now scan the badge of %(name)s.")),
    "again.tables": Saying(
        "again", N_("Present"), N_("Already marked as present at table %(table)s. Still missing: %(name)s.")
    ),
    "held": Saying("go", N_("Held"), N_("Both are here. The meeting at table %(table)s is marked as held.")),
    "taken_back": Saying(
        "undone", N_("Withdrawn"), N_("This scan was taken back. Scan the badge again if it is right.")
    ),
    "undone": Saying("undone", N_("Withdrawn"), N_("That scan counts no more.")),
} | {
    reason.name: Saying("again" if reason in _MILD else "stop", _WORDS.get(reason, N_("Stop")), reason.value)
    for reason in Refusal
}
#: What the desk does besides; it stands instead of the sentence, in a tone of its own.
NEEDS: Final = {
    Need.NOT_SIGNED_UP: N_("The guest did not sign up for this session."),
    Need.FULL: N_("As last counted, all places here are taken: %(fits)s."),
    Need.NOTE: N_("Please note: %(note)s"),
    Need.QUESTIONS: N_("Please ask what is still open."),
}
LOOK: Final = "look"
_ENDS: Final = (".", "!", "?", "…", ":", ";")


def ended(note: str) -> str:
    """End what somebody wrote as a sentence, since another may follow it."""
    return note if not note or note.endswith(_ENDS) else f"{note}."


@dataclass(frozen=True)
class Manner:
    """How somebody is spoken to: by the name of a saying what is said, and what is added."""

    sayings: Mapping[str, Saying]
    needs: Mapping[Need, str]


DESK: Final = Manner(SAYINGS, NEEDS)

_TO_THE_DESK: Final = Saying(
    "desk", N_("To the desk"), N_("Please go to the help desk. Somebody will help you at once.")
)
#: Whoever stands behind reads it too: a kiosk says what to do and no reason, unless it is the same for everybody.
KIOSK: Final = Manner(
    SAYINGS
    | {
        "admitted.door": Saying("go", N_("Welcome"), N_("You are in. Have a good day.")),
        "admitted.session": Saying("go", N_("Welcome"), N_("You are counted for “%(session)s”.")),
        "admitted": Saying("go", N_("Welcome"), N_("You are counted here.")),
        "let_in": Saying("go", N_("Welcome"), N_("You are in. Have a good day.")),
        "again": Saying("again", N_("Already in"), N_("You are in already. Go ahead.")),
        "left": Saying("go", N_("Goodbye"), N_("You are counted as having left.")),
        "present": Saying("part", N_("Present"), N_("Table %(table)s, %(time)s. Now scan the other badge.")),
        "again.tables": Saying("again", N_("Present"), N_("You are marked as present. The other badge is missing.")),
        "held": Saying("go", N_("Held"), N_("Both of you are here. Have a good meeting.")),
    }
    | {reason.name: _TO_THE_DESK for reason in Refusal}
    | {
        reason.name: Saying("again", _WORDS[reason], reason.value)
        for reason in (Refusal.TOO_EARLY, Refusal.CLOSED, Refusal.OVER, Refusal.NO_SESSION)
    }
    | {
        Refusal.UNKNOWN.name: Saying(
            "desk", N_("To the desk"), N_("This code is not known here. Hold it up once more, or go to the help desk.")
        )
    },
    dict.fromkeys(Need, N_("You are in. Please go to the help desk too: somebody has a word for you.")),
)


def saying_of(
    result: ScanResult, kind: PointKind, *, reason: Refusal | None, has_session: bool, is_complete: bool
) -> str:
    """Name the saying for what came of a scan; `is_complete` says that all of a meeting are at its table."""
    if result is ScanResult.UNDONE:
        return "undone"
    if reason is not None:
        return "let_in" if result is ScanResult.ADMITTED else reason.name
    if kind is PointKind.TABLES:
        if is_complete:
            return "held"
        return "again.tables" if result is ScanResult.AGAIN else "present"
    if result is not ScanResult.ADMITTED:
        return result.value
    if has_session:
        return "admitted.session"
    return "admitted.door" if kind is PointKind.DOOR else "admitted"
