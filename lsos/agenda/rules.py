"""Who may sign up for a session, and which sessions stand in each other's way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lsos.errors import N_


class SessionRole(StrEnum):
    """What a person does in a session."""

    SPEAKER = "speaker"
    CHAIR = "chair"


class SignupRefusal(StrEnum):
    """Why somebody cannot sign up for a session, in words for that person."""

    NOT_CONFIRMED = N_("Your registration is not confirmed, so you cannot sign up for sessions yet.")
    NO_SIGNUP = N_("You need no sign-up for this session. Just come.")
    FULL = N_("This session is full.")
    CLASH = N_("You signed up for another session at this time. Leave that one first.")
    MEETING = N_("You have a 1:1 meeting at this time. Move or cancel it first.")
    OVER = N_("This session is over.")


@dataclass(frozen=True, order=True)
class Interval:
    """A stretch of time, its end not included."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Say whether the two share a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def signup_refusal(
    *,
    is_confirmed: bool,
    takes_signups: bool,
    free_seats: int | None,
    when: Interval | None,
    sessions: Iterable[Interval],
    meetings: Iterable[Interval],
    now: datetime,
) -> SignupRefusal | None:
    """Say why this person may not sign up for this session; None when they may.

    `sessions` and `meetings` are what they have already; `free_seats` is None where seats are not counted.
    """
    if not is_confirmed:
        return SignupRefusal.NOT_CONFIRMED
    if not takes_signups:
        return SignupRefusal.NO_SIGNUP
    if when is not None:
        if when.ends_at <= now:
            return SignupRefusal.OVER
        if any(when.overlaps(other) for other in sessions):
            return SignupRefusal.CLASH
        if any(when.overlaps(other) for other in meetings):
            return SignupRefusal.MEETING
    if free_seats is not None and free_seats < 1:
        return SignupRefusal.FULL
    return None
