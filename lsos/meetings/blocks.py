"""Use cases of blocks of time: an organiser makes, changes and takes them away, and slots follow."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.meetings.block_rules import Time, TimesRefusal, overlap, slot_times, times_refusal
from lsos.meetings.booking import remove_drafts, retrying
from lsos.meetings.models import BlockedSlot, Meeting, MeetingBlock, MeetingSlot, MeetingTable, TableTime
from lsos.meetings.places import slots_of
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.meetings.tables import settings_for_organisers


@dataclass(frozen=True)
class BlockFacts:
    """What an organiser says of a block of time."""

    starts_at: datetime
    ends_at: datetime
    slot_minutes: int
    buffer_minutes: int

    @property
    def slots(self) -> list[Time]:
        """Give its slots."""
        return slot_times(
            self.starts_at, self.ends_at, slot_minutes=self.slot_minutes, buffer_minutes=self.buffer_minutes
        )


def blocks_of(event_id: int) -> list[MeetingBlock]:
    """List the blocks of an event in the order of time."""
    return list(
        db.session.scalars(
            select(MeetingBlock).where(MeetingBlock.event_id == event_id).order_by(MeetingBlock.starts_at)
        )
    )


def save_block(event_id: int, uid: str | None, facts: BlockFacts, *, by: int | None) -> MeetingBlock:
    """Make a block of slots, or change one: slots that stay the same keep what is in them.

    Raises:
        NotFound: there is no such block.
        Refused: `times_refusal` gave a reason, or meetings are in slots that would go; then nothing is changed.
    """

    def attempt() -> MeetingBlock:
        with transaction() as session:
            settings_for_organisers(session, event_id)
            block = _block(session, event_id, uid) if uid else None
            slots = slots_of(event_id)
            own = [slot for slot in slots if block is not None and block.starts_at <= slot.starts_at < block.ends_at]
            others = [(slot.starts_at, slot.ends_at) for slot in slots if slot not in own]
            refusal = times_refusal(facts.slots, others)
            if refusal is not None:
                raise Refused(refusal)
            put_slots(session, event_id, own, facts.slots)
            if block is None:
                block = MeetingBlock(event_id=event_id, **asdict(facts))
                session.add(block)
            for name, value in asdict(facts).items():
                setattr(block, name, value)
            session.flush()
            _record(session, event_id, "meeting_block.saved", by, block=block.uid, slots=len(facts.slots))
            return block

    return retrying(attempt)


def remove_block(event_id: int, uid: str, *, by: int | None) -> None:
    """Take a block away with its slots, unless meetings are in them.

    Raises:
        NotFound: there is no such block.
        Refused: meetings are in its slots.
    """

    def attempt() -> None:
        with transaction() as session:
            settings_for_organisers(session, event_id)
            block = _block(session, event_id, uid)
            slots = slots_of(event_id)
            put_slots(session, event_id, [s for s in slots if block.starts_at <= s.starts_at < block.ends_at], [])
            session.delete(block)
            _record(session, event_id, "meeting_block.removed", by, block=uid)

    retrying(attempt)


def put_slots(
    session: Session,
    event_id: int,
    old: Collection[MeetingSlot],
    wanted: Collection[Time],
    *,
    refusal: str = TimesRefusal.HAS_MEETINGS,
) -> None:
    """Put slots in the place of others; what people keep free, and when tables are closed, goes over to the new ones.

    Raises:
        Refused: meetings are in slots that would go.
    """
    there = {(slot.starts_at, slot.ends_at): slot for slot in old}
    gone = {slot.id: time for time, slot in there.items() if time not in wanted}
    meetings = session.execute(
        select(Meeting.id, Meeting.state, Meeting.is_locked).where(Meeting.slot_id.in_(gone))
    ).all()
    standing = [one for one in meetings if one.state in BOOKED or one.is_locked]
    if standing:
        raise Refused(refusal, count=len(standing))
    remove_drafts(session, [one.id for one in meetings if one.state is MeetingState.PROPOSED])
    blocked = session.execute(
        select(BlockedSlot.registration_id, BlockedSlot.slot_id).where(BlockedSlot.slot_id.in_(gone))
    ).all()
    shut = _shut(session, event_id, gone)
    session.execute(delete(BlockedSlot).where(BlockedSlot.slot_id.in_(gone)))
    for slot in there.values():
        if slot.id in gone:
            session.delete(slot)
    session.flush()
    new = [MeetingSlot(event_id=event_id, starts_at=a, ends_at=b) for a, b in wanted if (a, b) not in there]
    session.add_all(new)
    session.flush()
    for slot in new:
        over = {one for one, time in gone.items() if overlap(time, (slot.starts_at, slot.ends_at))}
        if keep := {person for person, slot_id in blocked if slot_id in over}:
            rows = [{"registration_id": person, "slot_id": slot.id} for person in sorted(keep)]
            session.execute(insert(BlockedSlot), rows)
        if tables := {table for slot_id, table in shut if slot_id in over}:
            session.execute(delete(TableTime).where(TableTime.slot_id == slot.id, TableTime.table_id.in_(tables)))


def _shut(session: Session, event_id: int, slot_ids: Collection[int]) -> set[tuple[int, int]]:
    """List the slots and tables that are closed."""
    opened = {
        (slot_id, table_id)
        for slot_id, table_id in session.execute(
            select(TableTime.slot_id, TableTime.table_id).where(TableTime.slot_id.in_(slot_ids))
        )
    }
    tables = session.scalars(select(MeetingTable.id).where(MeetingTable.event_id == event_id)).all()
    return {(slot_id, table_id) for slot_id in slot_ids for table_id in tables} - opened


def _block(session: Session, event_id: int, uid: str) -> MeetingBlock:
    block = session.scalar(
        select(MeetingBlock)
        .where(MeetingBlock.event_id == event_id, MeetingBlock.uid == uid)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if block is None:
        raise NotFound(TimesRefusal.NO_SUCH_BLOCK)
    return block


def _record(session: Session, event_id: int, action: str, by: int | None, **details: object) -> None:
    slug = session.get_one(Event, event_id).slug
    audit.record(session, action, actor_id=by, scope=slug, object_uid=slug, **details)
