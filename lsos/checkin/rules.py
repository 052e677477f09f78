"""What a scan means: who may come in, and what the person at the desk is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from lsos.agenda.rules import Interval
from lsos.errors import N_
from lsos.registration.rules import RegistrationState


class PointKind(StrEnum):
    """Where a scan is made."""

    DOOR = "door"
    ROOM = "room"
    TABLES = "tables"


class ScanResult(StrEnum):
    """What came of a scan; AGAIN and REFUSED changed nothing, and UNDONE took another scan back."""

    ADMITTED = "admitted"
    AGAIN = "again"
    PRESENT = "present"
    REFUSED = "refused"
    UNDONE = "undone"


class Refusal(StrEnum):
    """Why a badge is turned away, in words for the person at the desk."""

    UNKNOWN = N_("No badge of this event has this code. Type the name at the help desk.")
    CANCELLED = N_("This registration was cancelled. Please send the guest to the help desk.")
    HANDED_ON = N_("This seat was handed on to a colleague, whose badge is the one that counts.")
    PENDING = N_("This registration waits for approval. Please send the guest to the help desk.")
    WAITLISTED = N_("This guest is on the waiting list. Please send the guest to the help desk.")
    DECLINED = N_("This registration was declined. Please send the guest to the help desk.")
    WRONG_DAY = N_("This badge is not for today. Please send the guest to the help desk.")
    TOO_EARLY = N_("The doors are not open yet.")
    OVER = N_("This event is over.")


class TableRefusal(StrEnum):
    """Why a badge scanned in the meeting area marks nothing, in words for the two at the table."""

    NO_MEETING = N_("This guest has no meeting now.")
    #: Only who says it with their own phone, by the sign on a table, can be at the wrong one.
    OTHER_TABLE = N_("Your meeting now is at another table.")


class UndoReason(StrEnum):
    """Why a scan is taken back, in words for the one who looks at it later."""

    MISTAKE = N_("Scanned by mistake")
    OTHER_GUEST = N_("Badge of another guest")
    STAYED_OUT = N_("The guest did not come in")


class UndoRefusal(StrEnum):
    """Why a scan cannot be taken back, in words for the person at the desk."""

    NOTHING = N_("This scan changed nothing, so there is nothing to take back.")
    DONE = N_("This scan was taken back already.")


#: People sit down a little before their meeting begins.
EARLY = timedelta(minutes=10)
#: Whoever is not there so long after the beginning may not come at all.
GRACE = timedelta(minutes=5)


@dataclass(frozen=True)
class MeetingTime:
    """When a meeting is, and whether both people were there."""

    when: Interval
    is_held: bool


_STATE_REFUSALS = {
    RegistrationState.CANCELLED: Refusal.CANCELLED,
    RegistrationState.PENDING: Refusal.PENDING,
    RegistrationState.WAITLISTED: Refusal.WAITLISTED,
    RegistrationState.DECLINED: Refusal.DECLINED,
}


def check_in_refusal(
    state: RegistrationState,
    *,
    days: Collection[date],
    today: date,
    doors_open_at: datetime,
    ends_at: datetime,
    now: datetime,
    was_handed_on: bool = False,
) -> Refusal | None:
    """Say why this guest may not come in now; None when they may.

    `days` are those the guest's participation is for, and none means every day; `today` is the
    local date where the event is; `doors_open_at` is the first opening of the event; `was_handed_on`
    says that a registration ended because its seat went to a colleague.
    """
    if state is RegistrationState.CANCELLED and was_handed_on:
        return Refusal.HANDED_ON
    if state is not RegistrationState.CONFIRMED:
        return _STATE_REFUSALS[state]
    if now < doors_open_at:
        return Refusal.TOO_EARLY
    if now > ends_at:
        return Refusal.OVER
    if days and today not in days:
        return Refusal.WRONG_DAY
    return None


def badge_code_of(scanned: str) -> str:
    """Take the code out of what was scanned or typed: the code itself, or an address that ends in it."""
    last = scanned.strip().rstrip("/").rsplit("/", 1)[-1]
    return "".join(last.split()).replace("-", "").upper()


def meeting_now(meetings: Sequence[MeetingTime], *, moment: datetime) -> int | None:
    """Say which of a guest's meetings, by place in the list, a scan at this moment is for; None when it is for none.

    A meeting begins for the scanner ten minutes early and ends on time. One that was held gives
    way to the next, so that two who finished early can sit down elsewhere.
    """
    near = [n for n, m in enumerate(meetings) if m.when.starts_at - EARLY <= moment < m.when.ends_at]
    return min(near, key=lambda n: (meetings[n].is_held, meetings[n].when), default=None)


def is_overdue(starts_at: datetime, ends_at: datetime, *, present: Collection[int], me: int, now: datetime) -> bool:
    """Say whether somebody sits alone at a table for so long that they may look for somebody else to meet."""
    return me in present and len(present) == 1 and starts_at + GRACE <= now < ends_at


def undo_refusal(result: ScanResult, *, is_undone: bool) -> UndoRefusal | None:
    """Say why a scan cannot be taken back; None when it can."""
    if result not in {ScanResult.ADMITTED, ScanResult.PRESENT}:
        return UndoRefusal.NOTHING
    return UndoRefusal.DONE if is_undone else None
