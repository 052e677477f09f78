"""What somebody said to giving their contact, when two have each other's, and what each is shown meanwhile."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from lsos.errors import N_

#: So many days after the event badges are still scanned, and questions still answered.
AFTER_DAYS: Final = 30
#: From this time of the evening on, where the event is, one letter gathers what waits for an answer.
EVENING: Final = time(18)
#: The longest note, and the longest telephone number.
NOTE_LENGTH: Final = 4000
PHONE_LENGTH: Final = 40


class Word(StrEnum):
    """What one side said to giving their contact to the other."""

    #: Nothing yet: where the other asked, the question is open.
    SILENT = "silent"
    YES = "yes"
    #: Nothing to this one, and yes beforehand to whoever scans their badge; it holds while that consent does.
    STANDING = "standing"
    NO = "no"
    #: Yes, and taken back since.
    BACK = "back"


class Warmth(StrEnum):
    """How promising somebody is, in the words that people at stands use."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"

    @property
    def words(self) -> str:
        """Say it; translated where it is shown."""
        return _WARMTH[self]


_WARMTH = {Warmth.HOT: N_("hot"), Warmth.WARM: N_("warm"), Warmth.COLD: N_("cold")}


class Seen(StrEnum):
    """How an exchange stands, as one of the two sees it."""

    #: Nothing is under way that they may know of.
    NOTHING = "nothing"
    #: They said yes; whether the other said no, is silent, or never saw the question, looks the same.
    ASKED = "asked"
    #: The other said yes and waits for their word.
    ASKS_ME = "asks_me"
    EXCHANGED = "exchanged"
    #: They said no; only they know.
    DECLINED = "declined"
    #: They had each other's contact, and one of the two took it back.
    ENDED = "ended"


class ContactRefusal(StrEnum):
    """Why no contact is asked for, in words for whoever scans."""

    UNKNOWN = N_("No badge of this event has this code. Compare it with the badge.")
    OWN = N_("This is your own badge.")
    NO_SEAT = N_("Contacts are exchanged once your registration is confirmed.")
    OVER = N_("The event was too long ago. Contacts are not exchanged here any more.")
    NOT_ASKED = N_("There is nothing to answer here.")


def scan_refusal(*, is_known: bool, is_own: bool, has_seat: bool, ends_on: date, today: date) -> ContactRefusal | None:
    """Say why a badge that was scanned asks nobody; None when it does."""
    if not has_seat:
        return ContactRefusal.NO_SEAT
    if today > ends_on + timedelta(days=AFTER_DAYS):
        return ContactRefusal.OVER
    if not is_known:
        return ContactRefusal.UNKNOWN
    return ContactRefusal.OWN if is_own else None


def holds(word: Word, *, is_standing: bool) -> Word:
    """Give what somebody's word is worth now: a yes to everybody ends with the consent it rests on."""
    return Word.BACK if word is Word.STANDING and not is_standing else word


def agrees(word: Word) -> bool:
    """Say whether a word, as it holds now, is a consent."""
    return word in {Word.YES, Word.STANDING}


def after_scan(theirs: Word, *, is_standing: bool, is_apart: bool) -> Word:
    """Give the word of whom somebody scanned: yes to everybody answers by itself, save for whom they never meet."""
    return Word.STANDING if theirs is Word.SILENT and is_standing and not is_apart else theirs


def has_exchanged(one: Word, other: Word, *, is_apart: bool) -> bool:
    """Say whether two have each other's contact from now on: both agreed, and neither never meets the other."""
    return agrees(one) and agrees(other) and not is_apart


def answer_refusal(mine: Word, theirs: Word, *, is_apart: bool, is_yes: bool) -> ContactRefusal | None:
    """Say why there is nothing to answer; None when there is.

    Whoever never meets the other has not been asked. A no can be turned into a yes, as long as the other waits.
    """
    if is_apart or not agrees(theirs):
        return ContactRefusal.NOT_ASKED
    open_to = {Word.SILENT, Word.NO, Word.STANDING} if is_yes else {Word.SILENT, Word.NO}
    return None if mine in open_to else ContactRefusal.NOT_ASKED


def seen(mine: Word, theirs: Word, *, is_exchanged: bool, is_apart: bool, was_exchanged: bool) -> Seen:
    """Say how an exchange stands for one of the two; both words as they hold now.

    Whoever was asked in vain sees the same, whether the other said no, is silent, or never meets them.
    """
    if is_exchanged:
        return Seen.EXCHANGED
    if was_exchanged and Word.BACK in {mine, theirs}:
        return Seen.ENDED
    if mine is Word.YES:
        return Seen.ASKED
    if mine is Word.NO:
        return Seen.DECLINED
    if mine is Word.SILENT and agrees(theirs) and not is_apart:
        return Seen.ASKS_ME
    return Seen.NOTHING


def day_told(here: datetime) -> date | None:
    """Give the day whose open questions a letter gathers now, from the evening until midnight there; else None."""
    return here.date() if here.time() >= EVENING else None


# ---- leads


class LeadState(StrEnum):
    """What a team at a stand may know of a visitor whose badge it scanned."""

    WHOLE = "whole"
    #: Only what is printed on the badge; whether the visitor said no or nothing looks the same.
    NOT_AGREED = "not_agreed"
    #: They agreed, and took it back; nothing is shown but that.
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """Say it to the team; translated where it is shown."""
        return _LEAD_STATES[self]


_LEAD_STATES = {
    LeadState.WHOLE: N_("agreed to be written to"),
    LeadState.NOT_AGREED: N_("scanned, has not agreed; ask them to agree"),
    LeadState.WITHDRAWN: N_("withdrawn"),
}


class LeadRefusal(StrEnum):
    """Why a scan at a stand makes no lead, in words for the team."""

    NO_STAND = N_("Your organisation has no stand at this event. Ask the organiser.")
    UNKNOWN = N_("No badge of this event has this code. Compare it with the badge.")
    COLLEAGUE = N_("This is somebody of your own team.")
    OVER = N_("The event was too long ago. Leads are not collected here any more.")


def lead_state(word: Word, *, is_gone: bool) -> LeadState:
    """Say what a team may know; the visitor's word as it holds now."""
    if is_gone or word is Word.BACK:
        return LeadState.WITHDRAWN
    return LeadState.WHOLE if agrees(word) else LeadState.NOT_AGREED


def lead_refusal(
    *, has_stand: bool, is_known: bool, is_colleague: bool, ends_on: date, today: date
) -> LeadRefusal | None:
    """Say why a badge makes no lead; None when it does."""
    if not has_stand:
        return LeadRefusal.NO_STAND
    if today > ends_on + timedelta(days=AFTER_DAYS):
        return LeadRefusal.OVER
    if not is_known:
        return LeadRefusal.UNKNOWN
    return LeadRefusal.COLLEAGUE if is_colleague else None


def counted_safely(number: int, *, least: int) -> int | None:
    """Give a number that tells of nobody: none, or so many that none of them stands out; else nothing."""
    return number if number == 0 or number >= least else None


def is_answerable(word: Word) -> bool:
    """Say whether a visitor has still to say whether a team may know them."""
    return word is Word.SILENT


def known_tags(wanted: Collection[str], known: Collection[str]) -> list[str]:
    """Keep of the subjects that a phone sent those that exist, each once, in their own order."""
    return [code for code in known if code in set(wanted)]
