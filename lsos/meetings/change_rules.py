"""When a published meeting may be taken elsewhere: with the yes of everybody it concerns, and all of it or nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_


class ChangeKind(StrEnum):
    """What a change is for."""

    #: One of the two would like another time.
    RESCHEDULE = "reschedule"
    #: Two who agreed to meet have no time; if others move, they do.
    SWAP = "swap"
    #: The organiser asks, since the schedule gets better by it.
    IMPROVEMENT = "improvement"


class ChangeState(StrEnum):
    """Where a change stands; only an open one waits for answers."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    #: Meanwhile something happened that left no room for it, so that nothing was changed.
    OVERTAKEN = "overtaken"


#: Whoever is asked has so long to answer.
TIME_TO_ANSWER = timedelta(hours=24)
#: Whom a change would move without having asked for it hears of it so long before; else nobody is asked any more.
NOTICE = timedelta(hours=1)


class ChangeRefusal(StrEnum):
    """Why a change cannot be proposed or answered, in words for the one who tries."""

    NOT_YOURS = N_("This question was not put to you.")
    NOT_YOURS_TO_WITHDRAW = N_("Only who proposed this can take it back.")
    CLOSED = N_("This is settled already, or too old. Nothing was changed now.")
    SAME_TIME = N_("The meeting is at this time already. Choose another.")
    ASKED_ALREADY = N_("A change of this meeting waits for an answer already. Answer it, or wait for it to end.")
    OVERTAKEN = N_("Meanwhile one of the times or tables was taken, so nothing was changed. The old time stands.")
    NO_WAY = N_("No time comes free by moving a few meetings of others. Free some time of yours, or wait.")
    HAS_TIME = N_("This meeting has a time by now.")


def proposal_refusal(*, is_same_time: bool, is_asked_by_others: bool) -> ChangeRefusal | None:
    """Say why another time cannot be proposed for a meeting that may be changed; None when it can."""
    if is_asked_by_others:
        return ChangeRefusal.ASKED_ALREADY
    return ChangeRefusal.SAME_TIME if is_same_time else None


def consent_refusal(*, is_asked: bool, state: ChangeState, expires_at: datetime, now: datetime) -> ChangeRefusal | None:
    """Say why somebody may not answer a change; None when they may, also once more as long as it is open."""
    if not is_asked:
        return ChangeRefusal.NOT_YOURS
    return ChangeRefusal.CLOSED if state is not ChangeState.OPEN or expires_at <= now else None


def answers_until(times: Iterable[datetime], *, now: datetime) -> datetime:
    """Say until when answers count: not beyond the first of the times, old and new, that it is about."""
    return min((now + TIME_TO_ANSWER, *times))


def is_settled(answers: Iterable[bool | None]) -> bool:
    """Say whether everybody who was asked said yes."""
    return all(answer is True for answer in answers)
