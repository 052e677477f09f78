"""What a scan means: who may come in, and what the person at the desk is told."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from lsos.errors import N_
from lsos.registration.rules import RegistrationState


class PointKind(StrEnum):
    """Where a scan is made."""

    DOOR = "door"
    ROOM = "room"
    TABLES = "tables"


class ScanResult(StrEnum):
    """What came of a scan; everything but ADMITTED and PRESENT changed nothing."""

    ADMITTED = "admitted"
    AGAIN = "again"
    PRESENT = "present"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a badge is turned away, in words for the person at the desk."""

    UNKNOWN = N_("No badge of this event has this code. Type the name at the help desk.")
    CANCELLED = N_("This registration was cancelled. Please send the guest to the help desk.")
    PENDING = N_("This registration waits for approval. Please send the guest to the help desk.")
    WAITLISTED = N_("This guest is on the waiting list. Please send the guest to the help desk.")
    DECLINED = N_("This registration was declined. Please send the guest to the help desk.")
    WRONG_DAY = N_("This badge is not for today. Please send the guest to the help desk.")
    TOO_EARLY = N_("The doors are not open yet.")
    OVER = N_("This event is over.")


class TableRefusal(StrEnum):
    """Why a badge scanned in the meeting area marks nothing, in words for the two at the table."""

    NO_MEETING = N_("This guest has no meeting now. Their next one is shown below.")


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
) -> Refusal | None:
    """Say why this guest may not come in now; None when they may.

    `days` are those the guest's participation is for, and none means every day; `today` is the
    local date where the event is; `doors_open_at` is the first opening of the event.
    """
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
