"""Ways to take part and kinds of seat: who sees a way, when it is open, and how organisers may change them."""

from datetime import datetime
from enum import StrEnum

from lsos.errors import N_
from lsos.registration.rules import Audience

SEATS_AT_MOST = 100_000
OFFER_HOURS_AT_MOST = 720


class KindRefusal(StrEnum):
    """Why a way to take part cannot be changed as asked, in words for the organiser."""

    NO_NAME = N_("Give it a name in at least one language.")
    CLOSES_TOO_EARLY = N_("It closes before it opens. Move one of the two.")
    OUTSIDE_EVENT = N_("Registration for the event is not open then. Stay within its dates, or change those first.")
    HAS_PEOPLE = N_("Registered this way: %(people)s. So it stays; to hide it, show it to the invited only.")
    IN_USE = N_("Invitations, codes or delegations let people in this way. Take those away first.")


class CapacityRefusal(StrEnum):
    """Why seats cannot be changed as asked, in words for the organiser."""

    NO_NAME = N_("Give these seats a name in at least one language.")
    TOO_FEW = N_("%(taken)s are taken and %(held)s are held, so there must be at least %(least)s seats.")
    NOT_EMPTY = N_("%(taken)s of these seats are taken and %(held)s are held. Free them first.")
    HAS_LINE = N_("Waiting for these seats: %(waiting)s. Decide on them first.")
    HELD = N_("Seats of “%(capacity)s” are held, and we cannot tell for which way to take part. Let them go first.")
    NO_ROOM = N_(
        "Confirmed as “%(type)s”: %(people)s. Free among “%(capacity)s”: %(free)s. Raise the number of seats first."
    )


def may_see(audience: Audience, *, is_signed_in: bool, has_link: bool, is_invited: bool) -> bool:
    """Say whether somebody sees a way to take part among those of an event; who is invited sees every one."""
    if is_invited:
        return True
    match audience:
        case Audience.EVERYBODY:
            return True
        case Audience.SIGNED_IN:
            return is_signed_in or has_link
        case Audience.LINK:
            return has_link
        case Audience.INVITED:
            return False


def latest(*moments: datetime | None) -> datetime | None:
    """Give the last of some moments, leaving out those that are not set."""
    return max((one for one in moments if one is not None), default=None)


def earliest(*moments: datetime | None) -> datetime | None:
    """Give the first of some moments, leaving out those that are not set."""
    return min((one for one in moments if one is not None), default=None)


def kind_refusal(
    *,
    has_name: bool,
    opens_at: datetime | None,
    closes_at: datetime | None,
    event_opens_at: datetime | None,
    event_closes_at: datetime | None,
) -> KindRefusal | None:
    """Say why a way to take part may not be described this way; None when it may."""
    if not has_name:
        return KindRefusal.NO_NAME
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        return KindRefusal.CLOSES_TOO_EARLY
    for own in (opens_at, closes_at):
        is_early = own is not None and event_opens_at is not None and own < event_opens_at
        is_late = own is not None and event_closes_at is not None and own > event_closes_at
        if is_early or is_late:
            return KindRefusal.OUTSIDE_EVENT
    return None


def capacity_refusal(*, has_name: bool, seats: int, taken: int, held: int) -> CapacityRefusal | None:
    """Say why there may not be so many seats; None when there may."""
    if not has_name:
        return CapacityRefusal.NO_NAME
    return CapacityRefusal.TOO_FEW if seats < taken + held else None


def capacity_delete_refusal(*, taken: int, held: int, waiting: int) -> CapacityRefusal | None:
    """Say why seats may not be taken away altogether; None when they may."""
    if taken or held:
        return CapacityRefusal.NOT_EMPTY
    return CapacityRefusal.HAS_LINE if waiting else None
