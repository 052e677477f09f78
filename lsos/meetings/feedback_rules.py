"""What came of a meeting, where each of the two says it for themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from lsos.errors import N_
from lsos.meetings.rules import MeetingState


class Impression(StrEnum):
    """What somebody says right after a meeting, in one tap."""

    COOPERATION = "cooperation"
    INFORMATIVE = "informative"
    LITTLE = "little"
    MISSED = "missed"

    @property
    def words(self) -> str:
        """Say it on a button; translated where it is shown."""
        return _WORDS[self]


_WORDS = {
    Impression.COOPERATION: N_("Cooperation possible"),
    Impression.INFORMATIVE: N_("Informative"),
    Impression.LITTLE: N_("Little interest"),
    Impression.MISSED: N_("We did not meet"),
}


class FeedbackRefusal(StrEnum):
    """Why something cannot be noted of a meeting, in words for the one who tries."""

    SCANNED = N_("Both of you were scanned at the table, so this meeting took place.")
    MISSED = N_("You said that you did not meet. Say first how the meeting was.")
    DAY_PAST = N_("This day is over. Choose a later one.")
    DAY_FAR = N_("Choose a day within the next year.")
    NOT_DISPUTED = N_("The two do not say different things of this meeting any more.")


#: A reminder further ahead than this is a slip of the year.
FARTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Said:
    """What one of the two said of a meeting, and when."""

    impression: Impression | None = None
    outcome: int | None = None
    at: datetime | None = None

    @property
    def was_held(self) -> bool | None:
        """Say whether it took place, as they see it; None where they said nothing."""
        if self.impression is Impression.MISSED:
            return False
        return True if self.impression is not None or self.outcome is not None else None


def outcome_of(said: Iterable[Said]) -> int | None:
    """Say what came of a meeting for figures: the outcome that was said last, as cooperation grows with time."""
    known = [(one.at, one.outcome) for one in said if one.outcome is not None and one.at is not None]
    return max(known)[1] if known else None


def is_disputed(said: Iterable[Said]) -> bool:
    """Say whether one holds that a meeting took place and the other that it did not."""
    return {True, False} <= {one.was_held for one in said}


def state_after(
    current: MeetingState, said: Iterable[Said], *, are_all_present: bool, is_new: bool = True
) -> MeetingState:
    """Say where a meeting stands after somebody spoke of it.

    Scans decide before words. Where words contradict each other it is open again, until the organiser says; `is_new`
    tells that somebody changed their mind on whether they met, so that what an organiser said is not undone by a
    change of anything else.
    """
    if are_all_present:
        return MeetingState.HELD
    known = list(said)
    if is_disputed(known):
        return MeetingState.SCHEDULED if is_new else current
    views = {one.was_held for one in known}
    if True in views:
        return MeetingState.HELD
    return MeetingState.NO_SHOW if False in views else current


def feedback_refusal(
    said: Said, *, are_all_present: bool, wants_outcome: bool = False, impression: Impression | None = None
) -> FeedbackRefusal | None:
    """Say why somebody may not say that of a meeting; None when they may."""
    if impression is Impression.MISSED and are_all_present:
        return FeedbackRefusal.SCANNED
    if wants_outcome and said.impression is Impression.MISSED:
        return FeedbackRefusal.MISSED
    return None


def follow_up_refusal(wish: date | None, *, before: date | None, today: date) -> FeedbackRefusal | None:
    """Say why somebody cannot be reminded on a day; None when they can, and where the day stays as it was."""
    if wish is None or wish == before:
        return None
    if wish < today:
        return FeedbackRefusal.DAY_PAST
    return FeedbackRefusal.DAY_FAR if wish > today + FARTHEST else None
