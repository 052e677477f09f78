"""Whether what people wish fits into slots and tables: demand beside places, and where it is tightest."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lsos.db import db
from lsos.meetings.models import MeetingRequest, MeetingSlot
from lsos.meetings.places import free_slots, open_tables, taken_tables
from lsos.meetings.queries import unplaced_requests
from lsos.meetings.rules import RequestState


@dataclass(frozen=True)
class Tightest:
    """The slot in which most pairs want to meet beside the tables that are free then.

    Attributes:
        pairs: each pair wants each of its common free slots alike.
        tables: how many are free.
    """

    slot: MeetingSlot
    pairs: float
    tables: int


@dataclass(frozen=True)
class Meter:
    """Demand beside places, in slots to come.

    Attributes:
        agreed: pairs that both said yes and have no time yet.
        asked: pairs of which one has asked and the other has not answered.
        places: open tables that are free, summed over the slots; stands count.
        without_time: agreed pairs that have no free time in common.
    """

    agreed: int
    asked: int
    places: int
    without_time: int
    tightest: Tightest | None


def meter(event_id: int, *, now: datetime) -> Meter:
    """Measure demand beside places at an event; a constant number of statements for however many people."""
    agreed = {(request.low_id, request.high_id) for request in unplaced_requests(event_id)}
    asked = {
        (low, high)
        for low, high in db.session.execute(
            select(MeetingRequest.low_id, MeetingRequest.high_id).where(
                MeetingRequest.event_id == event_id,
                MeetingRequest.state == RequestState.OPEN,
                MeetingRequest.expires_at > now,
            )
        )
    }
    taken = taken_tables(event_id)
    ahead = {
        slot.id: slot
        for slot in db.session.scalars(
            select(MeetingSlot).where(MeetingSlot.event_id == event_id, MeetingSlot.starts_at > now)
        )
    }
    places = {
        slot_id: sum(table.id not in taken.get(slot_id, ()) for table in tables)
        for slot_id, tables in open_tables(event_id).items()
        if slot_id in ahead
    }
    free = free_slots(event_id, {person for pair in agreed | asked for person in pair}, now=now)
    common = {(a, b): {slot.id for slot in free[a]} & {slot.id for slot in free[b]} for a, b in agreed | asked}
    load = _load(common.values())
    worst = max(load, key=lambda slot_id: (load[slot_id] - places.get(slot_id, 0), -slot_id), default=None)
    return Meter(
        agreed=len(agreed),
        asked=len(asked),
        places=sum(places.values()),
        without_time=sum(not common[pair] for pair in agreed),
        tightest=Tightest(ahead[worst], load[worst], places.get(worst, 0)) if worst is not None else None,
    )


def _load(choices: Collection[Collection[int]]) -> dict[int, float]:
    """Spread each pair over the slots in which it can meet, and add up what each slot gets."""
    load: defaultdict[int, float] = defaultdict(float)
    for slots in choices:
        for slot_id in slots:
            load[slot_id] += 1 / len(slots)
    return dict(load)
