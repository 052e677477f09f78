"""Rules of devices: how long a code pairs, when a device is let in, and which of its clocks is believed."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lsos.errors import N_

#: A code that pairs is read off a screen within minutes.
PAIRS_FOR: Final = timedelta(minutes=30)
#: After the event a device scans no more, and forgets whom it knew.
AFTER: Final = timedelta(days=2)
#: Scans that are older than this are of a clock that nobody can believe.
OLDEST: Final = timedelta(days=7)
#: A clock that is further off than this is told to organisers.
DRIFT: Final = timedelta(minutes=2)
#: What a device says of itself is noted so often, where nothing in it changed.
NOTED_EVERY: Final = timedelta(seconds=20)
#: Letters that are not mistaken for one another when they are read out.
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class DeviceRefusal(StrEnum):
    """Why a device is not let in, in words for its holder."""

    NO_NAME = N_("Give the device a name, so that it is known in the list.")
    KIOSK_NOWHERE = N_("Say where the kiosk scans: guests do not choose that.")
    CODE_OVER = N_("This code pairs no device any more. Ask the organiser for a new one.")
    REVOKED = N_("This device may not scan any more. Ask the organiser to pair it again.")
    OVER = N_("The event is over. This device has forgotten its guests.")
    NOT_A_SUPERVISOR = N_("This device may not do that. Please send the guest to the help desk.")


def new_code() -> str:
    """Make a code that pairs one device: ten letters, fifty bits, good for half an hour."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def new_token() -> str:
    """Make the secret of a device: 256 bits."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Give what is kept of a secret; it is random enough that nobody finds it from its hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_badge_key() -> bytes:
    """Make what badges are named with in one snapshot, and in no other."""
    return secrets.token_bytes(32)


def guest_key(badge_key: bytes, code: str) -> str:
    """Name a badge in a snapshot, so that no badge can be made from what the phone knows."""
    return hmac.new(badge_key, code.encode(), hashlib.sha256).hexdigest()[:32]


def device_refusal(*, revoked_at: datetime | None, ends_at: datetime, now: datetime) -> DeviceRefusal | None:
    """Say why a paired device is not let in; None when it is."""
    if revoked_at is not None:
        return DeviceRefusal.REVOKED
    return DeviceRefusal.OVER if now > ends_at + AFTER else None


@dataclass(frozen=True)
class Clock:
    """How a device's clock compares with ours, from what it says now is."""

    ahead: timedelta

    def ours(self, theirs: datetime, *, now: datetime) -> datetime:
        """Turn a moment of the device's clock into one of ours; never later than now, nor older than can be."""
        return max(min(theirs - self.ahead, now), now - OLDEST)


def minutes_off(ahead: timedelta) -> int:
    """Give by how many minutes a clock is fast, negative where it is slow; 0 where it is right enough."""
    return round(ahead / timedelta(minutes=1)) if abs(ahead) > DRIFT else 0


def is_worth_noting(seen_at: datetime | None, was_ahead: timedelta, ahead: timedelta, *, now: datetime) -> bool:
    """Say whether it is to be written down that a device spoke; one that scans badge after badge is not each time."""
    if seen_at is None or now - seen_at >= NOTED_EVERY:
        return True
    return abs(ahead - was_ahead) > timedelta(seconds=1)


def clock_of(device_now: datetime, *, now: datetime) -> Clock:
    """Compare a device's clock with ours."""
    return Clock(device_now - now)
