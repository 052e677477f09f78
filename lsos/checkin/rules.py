"""The words of the door: points, directions, results, and the reasons that people are told."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_


class PointKind(StrEnum):
    """Where a scan is made, and so what it counts."""

    DOOR = "door"
    ROOM = "room"
    SESSION = "session"
    TABLES = "tables"
    ZONE = "zone"
    MEAL = "meal"
    STAND = "stand"
    OTHER = "other"


class Direction(StrEnum):
    """Which way a guest goes."""

    ENTRY = "entry"
    EXIT = "exit"


class Repeat(StrEnum):
    """How often somebody is counted at a point."""

    DAILY = "daily"
    ONCE = "once"
    ALWAYS = "always"


class SignUpRule(StrEnum):
    """What becomes at a point of those who did not sign up for the session that is held there."""

    IGNORED = "ignored"
    TOLD = "told"
    NEEDED = "needed"


class ScanResult(StrEnum):
    """What came of a scan; AGAIN and REFUSED changed nothing, and UNDONE took another scan back."""

    ADMITTED = "admitted"
    AGAIN = "again"
    LEFT = "left"
    PRESENT = "present"
    REFUSED = "refused"
    UNDONE = "undone"


class Refusal(StrEnum):
    """Why a scan counts nothing, in words for the person at the desk."""

    UNKNOWN = N_("No badge of this event has this code. Type the name at the help desk.")
    CANCELLED = N_("This registration was cancelled. Please send the guest to the help desk.")
    HANDED_ON = N_("This seat was handed on to a colleague, whose badge is the one that counts.")
    PENDING = N_("This registration waits for approval. Please send the guest to the help desk.")
    WAITLISTED = N_("This guest is on the waiting list. Please send the guest to the help desk.")
    DECLINED = N_("This registration was declined. Please send the guest to the help desk.")
    REVOKED = N_("This badge was replaced by a new one and is not valid any more.")
    WRONG_DAY = N_("This badge is not for today. Please send the guest to the help desk.")
    WRONG_TYPE = N_("This way of taking part does not include this place.")
    TOO_EARLY = N_("The doors are not open yet.")
    CLOSED = N_("This place is closed now.")
    GONE = N_("This place was taken away meanwhile. Choose another.")
    OVER = N_("This event is over.")
    SEAT_ADDED = N_("No seat was left, so one was added.")
    KNOWN_BEFORE = N_("This guest had registered before, with the same address; the badge of that counts.")
    NO_SESSION = N_("No session is held here now.")
    NOT_SIGNED_UP = N_("This guest did not sign up for this session.")
    NOT_INSIDE = N_("This guest was not counted as being in.")
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


#: Whoever is not there so long after the beginning may not come at all.
GRACE = timedelta(minutes=5)


def badge_code_of(scanned: str) -> str:
    """Take the code out of what was scanned or typed: the code itself, or an address that ends in it."""
    last = scanned.strip().rstrip("/").rsplit("/", 1)[-1]
    return "".join(last.split()).replace("-", "").upper()


def seats_at(kind: PointKind, capacity: int | None, room: int | None) -> int | None:
    """Say how many fit in at a point: as organisers said, else as its room has seats; None where nobody said.

    A door stands in a room, and what it leads into is the house.
    """
    return capacity or (room if kind is not PointKind.DOOR else None) or None


def is_overdue(starts_at: datetime, ends_at: datetime, *, present: Collection[int], me: int, now: datetime) -> bool:
    """Say whether somebody sits alone at a table for so long that they may look for somebody else to meet."""
    return me in present and len(present) == 1 and starts_at + GRACE <= now < ends_at


def undo_refusal(result: ScanResult, *, is_undone: bool) -> UndoRefusal | None:
    """Say why a scan cannot be taken back; None when it can."""
    if result not in {ScanResult.ADMITTED, ScanResult.LEFT, ScanResult.PRESENT}:
        return UndoRefusal.NOTHING
    return UndoRefusal.DONE if is_undone else None
