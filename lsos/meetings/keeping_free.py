"""Use case of times that somebody keeps free of meetings in one act: a morning, an afternoon, a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from lsos.db import transaction
from lsos.meetings.booking import lock, note
from lsos.meetings.models import BlockedSlot
from lsos.meetings.places import blocked_slots, slots_of, taken_slots
from lsos.meetings.preferences import NOON


class DayPart(StrEnum):
    """A part of a day that is kept free in one act."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    DAY = "day"

    def covers(self, starts_at: datetime, zone: str) -> bool:
        """Say whether a slot that begins then lies in this part of its day, by the clocks of a zone."""
        is_morning = starts_at.astimezone(ZoneInfo(zone)).time() < NOON
        return self is DayPart.DAY or is_morning is (self is DayPart.MORNING)


@dataclass(frozen=True)
class Kept:
    """What came of it: slots that are kept free now, and slots in which a meeting stands already."""

    slots: int
    with_meeting: int


def keep_free(registration_id: int, starts: Collection[datetime], *, now: datetime) -> Kept:
    """Keep slots free of meetings; where a meeting stands it stays, and what is over is passed over."""
    with transaction() as session:
        who = lock(session, [registration_id])[registration_id]
        ahead = [slot for slot in slots_of(who.event_id) if slot.starts_at in set(starts) and slot.starts_at > now]
        taken = taken_slots([registration_id]).get(registration_id, set())
        blocked = blocked_slots([registration_id]).get(registration_id, set())
        kept = [slot for slot in ahead if slot.id not in taken]
        new = [slot for slot in kept if slot.id not in blocked]
        session.add_all(BlockedSlot(registration_id=registration_id, slot_id=slot.id) for slot in new)
        for slot in new:
            at = slot.starts_at.isoformat()
            note(session, who, "meeting_slot.blocked", actor_id=who.person_id, starts_at=at)
        return Kept(len(kept), len(ahead) - len(kept))


def open_again(registration_id: int, starts: Collection[datetime]) -> None:
    """Open slots for meetings again; asking twice changes nothing."""
    with transaction() as session:
        who = lock(session, [registration_id])[registration_id]
        blocked = blocked_slots([registration_id]).get(registration_id, set())
        opened = [slot for slot in slots_of(who.event_id) if slot.starts_at in set(starts) and slot.id in blocked]
        session.execute(
            delete(BlockedSlot)
            .where(BlockedSlot.registration_id == registration_id, BlockedSlot.slot_id.in_([s.id for s in opened]))
            .execution_options(synchronize_session=False)
        )
        for slot in opened:
            at = slot.starts_at.isoformat()
            note(session, who, "meeting_slot.opened", actor_id=who.person_id, starts_at=at)
