"""The waiting list: whose turn it is, and how long an offer holds.

It hangs on capacities. Somebody waits for a seat in each capacity of their type, and for as many as
their group is large. The order is strict in each capacity: seats that are too few for the group whose
turn it is stay free until they are enough, so that nobody small overtakes for ever; an organiser may
let smaller groups pass instead. A capacity in which the group would have enough does not wait for it,
since a seat there may stand empty for as long as another kind of seat is short.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_

#: The largest group that may wait together; a larger one writes to the organiser.
GROUP_AT_MOST = 20
#: Near the event an offer ends so long before the doors open, so that the seat can still go on.
LEAST_BEFORE_DOORS = timedelta(hours=2)
#: Nobody is asked to answer sooner than this.
SHORTEST_OFFER = timedelta(minutes=30)
#: Near the event, an offer takes at most this share of the time that is left.
SHARE_OF_TIME_LEFT = 4


class EntryState(StrEnum):
    """Where a place on the waiting list stands; only the first two are on it."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    LEFT = "left"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    EntryState.WAITING: N_("waits"),
    EntryState.OFFERED: N_("has an offer"),
    EntryState.ACCEPTED: N_("has a seat"),
    EntryState.EXPIRED: N_("let the offer pass"),
    EntryState.LEFT: N_("left the waiting list"),
}

OPEN = frozenset({EntryState.WAITING, EntryState.OFFERED})


class WaitingRefusal(StrEnum):
    """Why something cannot be done on the waiting list, in words for whoever asked."""

    NO_OFFER = N_("This offer is over: the seat went to the next in line.")
    NOT_WAITING = N_("You are not on the waiting list any more.")
    NO_REASON = N_("Say why this person is moved, so that it can be explained to the others.")


@dataclass(frozen=True)
class Party:
    """Somebody who waits, alone or with colleagues."""

    key: int
    size: int
    capacities: frozenset[int]


def whose_turn(
    parties: Iterable[Party], free: Mapping[int, int], *, lets_smaller_pass: Collection[int] = ()
) -> list[int]:
    """Say who gets seats now, in order; `parties` stand in their order, `free` counts seats by capacity."""
    left = dict(free)
    closed: set[int] = set()
    turn = []
    for party in parties:
        short = {one for one in party.capacities if left[one] < party.size}
        if short:
            closed |= {one for one in short if one not in lets_smaller_pass}
        elif not party.capacities & closed:
            turn.append(party.key)
            for one in party.capacities:
                left[one] -= party.size
    return turn


def offer_ends(now: datetime, *, hours: int, doors_open_at: datetime) -> datetime:
    """Say until when somebody may answer an offer.

    Far from the event the hours of the capacity hold. Near it they shorten quietly to a quarter of the
    time that is left, so that a seat is asked about several times, and end before the doors open; but
    nobody has less than half an hour.
    """
    left = doors_open_at - now
    wanted = min(timedelta(hours=hours), left / SHARE_OF_TIME_LEFT, left - LEAST_BEFORE_DOORS)
    return now + max(wanted, SHORTEST_OFFER)


def answer_refusal(state: EntryState, *, offered_until: datetime | None, now: datetime) -> WaitingRefusal | None:
    """Say why an offer cannot be accepted; None when it can."""
    if state is not EntryState.OFFERED or offered_until is None or now >= offered_until:
        return WaitingRefusal.NO_OFFER
    return None
