"""What use cases share when they put two people at a table, inside the transaction that one of them owns.

People are locked first, in the order of their ids, and then a table; whoever holds the locks of
two people is the only one who books, moves or cancels for them. The unique keys of the tables
are the last word, and who loses to them tries again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.matchmaking.days import Days, wish_cost
from lsos.matchmaking.scheduling import common_slots
from lsos.meetings import mails, wishes
from lsos.meetings.change_ending import overtake
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import (
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
    TableTime,
)
from lsos.meetings.places import (
    day_lengths,
    free_slots,
    open_tables,
    organisations_of,
    slots_of,
    states_that_count,
    table_for,
    taken_slots,
    taken_tables,
)
from lsos.meetings.preferences import day_wishes, mornings, preferences_of
from lsos.meetings.queries import whole_person
from lsos.meetings.rules import BookingRefusal, MeetingMoveRefusal, MeetingOrigin, MeetingState
from lsos.meetings.walk_up_models import WalkUp
from lsos.registration.models import Registration

#: How often a booking that lost a race looks for another place.
TRIES = 5
#: PostgreSQL's names for a deadlock and for a lock not given; whoever hears them lost a race.
LOST_RACE = frozenset({"40P01", "40001", "55P03"})

Outcome = TypeVar("Outcome")


class LostRace(Exception):
    """What somebody went by has changed before they had it to themselves; whoever looks again knows better."""


def retrying(attempt: Callable[[], Outcome]) -> Outcome:
    """Try a whole transaction again when another one was faster, a few times.

    Raises:
        Refused: it was never fast enough.
    """
    for _ in range(TRIES):
        try:
            return attempt()
        except LostRace:
            continue
        except DBAPIError as error:
            if not isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", "") not in LOST_RACE:
                raise
    raise Refused(BookingRefusal.RUSH)


def lock(session: Session, registration_ids: Collection[int]) -> dict[int, Registration]:
    """Keep every other booking of these people out until the transaction ends; gives them back, read afresh."""
    found = session.scalars(
        select(Registration)
        .where(Registration.id.in_(registration_ids))
        .order_by(Registration.id)
        .options(*whole_person(with_consents=True))
        .with_for_update(key_share=True, of=Registration)
        .execution_options(populate_existing=True)
    )
    return {registration.id: registration for registration in found}


def pair_of_meeting(uid: str) -> tuple[int, int]:
    """Say between which two a meeting is, who are locked before it is.

    Raises:
        NotFound: there is no such meeting.
    """
    found = db.session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.uid == uid)).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such meeting."))
    return found[0], found[1]


def locked_meeting(session: Session, uid: str, pair: tuple[int, int]) -> Meeting:
    """Take a meeting whose people are locked already; a draft may be gone since.

    Raises:
        LostRace: a colleague goes instead of one of them by now.
    """
    meeting = session.scalar(
        select(Meeting).where(Meeting.uid == uid).with_for_update(of=Meeting).execution_options(populate_existing=True)
    )
    if meeting is None:
        raise NotFound(N_("There is no such meeting."))
    if (meeting.first_id, meeting.second_id) != pair:
        raise LostRace
    return meeting


def book(
    session: Session,
    event: Event,
    pair: tuple[int, int],
    *,
    request_id: int | None,
    origin: MeetingOrigin,
    now: datetime,
    among: Sequence[MeetingSlot] | None = None,
    table_id: int | None = None,
) -> Meeting | BookingRefusal:
    """Find a time and a table for two people whose locks are held, or say why there is none.

    A draft of these two becomes their meeting, if its place is still good; the drafts of others
    are kept where that is possible, and give way where it is not. `among` are the only slots that
    come into question, the first before the others, and one of them may have begun; `table_id` is
    the table they get if it is free then.
    """
    budget = list(budgets(pair).values())
    if refusal := first_refusal(budget):
        return refusal
    if wishes.apart_among(pair):
        #: The same words as for two who have no time: neither learns that it is for another reason.
        return BookingRefusal.NO_COMMON_SLOT
    draft = session.scalar(
        select(Meeting)
        .where(Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state == MeetingState.PROPOSED)
        .with_for_update()
    )
    if draft is not None:
        if among is None and _still_good(event, draft, now) and first_refusal(budget, draft.starts_at) is None:
            draft.state = MeetingState.SCHEDULED
            draft.origin = origin
            draft.request_id = request_id
            draft.sequence = 0
            session.flush()
            return draft
        remove_drafts(session, [draft.id])

    refusal = BookingRefusal.NO_COMMON_SLOT
    tables, organisations = open_tables(event.id), set(organisations_of(pair).values())
    kept = _locked_slots(session, pair)
    for with_drafts in (True, False):
        taken = taken_tables(event.id, with_drafts=with_drafts)
        for slot in _slots_for(event, pair, among, with_drafts=with_drafts, now=now):
            if full := first_refusal(budget, slot.starts_at):
                refusal = full if refusal is BookingRefusal.NO_COMMON_SLOT else refusal
                continue
            refusal = BookingRefusal.NO_TABLE
            if slot.id in kept or table_for(tables.get(slot.id, ()), organisations, taken.get(slot.id, ())) is None:
                continue
            table = free_table(session, slot, pair, with_drafts=with_drafts, first=table_id)
            if table is not None:
                make_room(session, slot, table, pair)
                return put(session, event, pair, slot, table, request_id=request_id, origin=origin, now=now)
    return refusal


def put(
    session: Session,
    event: Event,
    pair: tuple[int, int],
    slot: MeetingSlot,
    table: MeetingTable,
    *,
    origin: MeetingOrigin,
    now: datetime,
    request_id: int | None = None,
    score: float | None = None,
    state: MeetingState = MeetingState.SCHEDULED,
) -> Meeting:
    """Write a meeting down; its keys refuse it when the place is not free after all."""
    meeting = Meeting(
        event_id=event.id,
        request_id=request_id,
        origin=origin,
        state=state,
        first_id=pair[0],
        second_id=pair[1],
        slot_id=slot.id,
        table_id=table.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        sequence=0,
        score=score,
        created_at=now,
        participants=[MeetingParticipant(registration_id=person, slot_id=slot.id) for person in pair],
    )
    session.add(meeting)
    session.flush()
    return meeting


def put_elsewhere(
    session: Session,
    meeting: Meeting,
    slot: MeetingSlot,
    table: MeetingTable,
    *,
    by: Registration | None,
    actor_id: int | None,
    is_agreed: bool = False,
    now: datetime,
) -> None:
    """Take a meeting to another place and tell both; a draft makes nobody room, and nobody hears of it.

    Where they agreed to it, `by` is who proposed it, if one of the two did.
    """
    is_draft = meeting.state is MeetingState.PROPOSED
    if not is_draft:
        make_room(session, slot, table, (meeting.first_id, meeting.second_id))
    was_at = meeting.starts_at
    left = _leave_behind(session, meeting, slot)
    meeting.slot_id, meeting.table_id = slot.id, table.id
    meeting.starts_at, meeting.ends_at = slot.starts_at, slot.ends_at
    if not is_draft:
        meeting.sequence += 1
    session.flush()
    session.refresh(meeting, ["slot", "table"])
    if not is_draft:
        overtake(session, meeting_ids=[meeting.id], now=now)
        mails.moved(session, meeting, was_at=was_at, by=by, is_agreed=is_agreed, now=now)
        for who, other in left:
            mails.left(session, meeting, who, other=other, comes=None, by=by, now=now)
    note(
        session,
        meeting,
        "meeting.moved",
        actor_id=by.person_id if by else actor_id,
        was_at=was_at.isoformat(),
        starts_at=slot.starts_at.isoformat(),
    )


def _leave_behind(session: Session, meeting: Meeting, slot: MeetingSlot) -> list[tuple[Registration, Registration]]:
    """Take those out of a meeting that is about to move who were brought along and are not free then.

    Returns:
        Each with whom they would have met.
    """
    brought = {one.registration_id: one.registration for one in meeting.participants if one.beside_id is not None}
    if not brought or slot.id == meeting.slot_id:
        return []
    free = free_slots(meeting.event_id, list(brought))
    left = [key for key in brought if slot.id not in {each.id for each in free[key]}]
    gone = [(brought[key], meeting.other(key)) for key in left]
    #: At once and by itself: the move takes the slot of whoever is still there along.
    session.execute(
        delete(MeetingParticipant)
        .where(MeetingParticipant.meeting_id == meeting.id, MeetingParticipant.registration_id.in_(left))
        .execution_options(synchronize_session=False)
    )
    session.expire(meeting, ["participants"])
    return gone


def take_out(
    session: Session, meeting: Meeting, one: MeetingParticipant, *, by: Registration | None, now: datetime
) -> None:
    """Let somebody who was brought along not come, and tell them."""
    who, other = one.registration, meeting.other(one.registration_id)
    meeting.participants.remove(one)
    meeting.sequence += 1
    session.flush()
    mails.left(session, meeting, who, other=other, comes=None, by=by, now=now)


def _still_good(event: Event, draft: Meeting, now: datetime) -> bool:
    """Say whether both are still free; that the table is open, its key holds."""
    free = free_slots(event.id, [draft.first_id, draft.second_id], now=now)
    return all(draft.slot_id in {slot.id for slot in slots} for slots in free.values())


def _slots_for(
    event: Event, pair: tuple[int, int], among: Sequence[MeetingSlot] | None, *, with_drafts: bool, now: datetime
) -> Iterable[MeetingSlot]:
    if among is None:
        return _common(event, pair, with_drafts=with_drafts, now=now)
    free = free_slots(event.id, pair, with_drafts=with_drafts).values()
    return [slot for slot in among if all(slot.id in {each.id for each in slots} for slots in free)]


def _common(event: Event, pair: tuple[int, int], *, with_drafts: bool, now: datetime) -> Iterator[MeetingSlot]:
    """Name the slots in which both are free, the kindest to their days first; tables aside."""
    slots = slots_of(event.id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    free = free_slots(event.id, pair, now=now, with_drafts=with_drafts)
    busy = taken_slots(pair, with_drafts=with_drafts)
    first, second = pair
    lengths = day_lengths(slots, event.timezone)
    open_to = {who: frozenset(number[slot.id] for slot in free[who]) for who in pair}
    meets = {who: [number[slot_id] for slot_id in busy[who]] for who in pair}
    wished = day_wishes(preferences_of(pair), slots, event.timezone)
    days = Days(lengths, mornings(slots, lengths, event.timezone))

    def against(slot: int) -> float:
        """Say what a slot costs the days of the two, by what they wish for them."""
        return sum(wish_cost(wish, [*meets[who], slot], open_to[who], days) for who, wish in wished.items())

    for place in common_slots(
        open_to[first],
        open_to[second],
        busy_a=meets[first],
        busy_b=meets[second],
        days=lengths,
        more=against if wished else None,
    ):
        yield slots[place]


def free_table(
    session: Session, slot: MeetingSlot, pair: tuple[int, int], *, with_drafts: bool, first: int | None = None
) -> MeetingTable | None:
    """Take a free table of a slot that nobody else is about to take, or wait for one that somebody is.

    The table whose id is `first` comes before all others, then a stand of one of the two, then the lowest number.
    Closed tables and stands of others are not theirs.
    """
    own = select(Registration.organisation_id).where(Registration.id.in_(pair))
    free = (
        select(MeetingTable)
        .join(TableTime, and_(TableTime.table_id == MeetingTable.id, TableTime.slot_id == slot.id))
        .where(
            MeetingTable.event_id == slot.event_id,
            or_(MeetingTable.host_organisation_id.is_(None), MeetingTable.host_organisation_id.in_(own)),
            ~exists().where(
                Meeting.slot_id == slot.id,
                Meeting.table_id == MeetingTable.id,
                or_(Meeting.state.in_(states_that_count(with_drafts=with_drafts)), _is_locked_draft()),
            ),
        )
        .order_by(
            case((MeetingTable.id == first, 0), else_=1),
            MeetingTable.host_organisation_id.is_(None),
            MeetingTable.number,
        )
        .limit(1)
    )
    untouched = session.scalar(free.with_for_update(key_share=True, skip_locked=True, of=MeetingTable))
    return untouched or session.scalar(free.with_for_update(key_share=True, of=MeetingTable))


def _is_locked_draft() -> ColumnElement[bool]:
    return and_(Meeting.state == MeetingState.PROPOSED, Meeting.is_locked)


def _locked_slots(session: Session, pair: tuple[int, int]) -> set[int | None]:
    """List the slots that a locked draft of one of the two keeps."""
    of_one = or_(Meeting.first_id.in_(pair), Meeting.second_id.in_(pair))
    return set(session.scalars(select(Meeting.slot_id).where(of_one, _is_locked_draft())))


def make_room(session: Session, slot: MeetingSlot, table: MeetingTable, pair: tuple[int, int]) -> None:
    """Remove the drafts that stand where a real meeting is going to be.

    Raises:
        Refused: one of them is locked.
    """
    in_the_way = session.execute(
        select(Meeting.id, Meeting.is_locked).where(
            Meeting.slot_id == slot.id,
            Meeting.state == MeetingState.PROPOSED,
            or_(Meeting.table_id == table.id, Meeting.first_id.in_(pair), Meeting.second_id.in_(pair)),
        )
    ).all()
    if any(one.is_locked for one in in_the_way):
        raise Refused(MeetingMoveRefusal.TAKEN)
    if in_the_way:
        remove_drafts(session, [one.id for one in in_the_way])


def remove_drafts(session: Session, meeting_ids: Collection[int]) -> int:
    """Delete drafts; nobody was told of them, so nobody is told that they are gone."""
    gone = session.execute(
        delete(Meeting)
        .where(Meeting.id.in_(meeting_ids), Meeting.state == MeetingState.PROPOSED)
        .returning(Meeting.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(gone.all())


def settings_for(session: Session, event_id: int) -> MeetingSettings:
    """Find how 1:1 meetings go at an event.

    Raises:
        NotFound: it has none.
    """
    settings = session.get(MeetingSettings, event_id)
    if settings is None:
        raise NotFound(N_("This event has no 1:1 meetings."))
    return settings


def locked_settings(session: Session, event_id: int) -> MeetingSettings:
    """Find how 1:1 meetings go at an event, and keep every other run out until the transaction ends.

    Raises:
        NotFound: it has none.
    """
    settings = session.scalar(select(MeetingSettings).where(MeetingSettings.event_id == event_id).with_for_update())
    if settings is None:
        raise NotFound(N_("This event has no 1:1 meetings."))
    return settings


def note(
    session: Session,
    what: Meeting | MeetingRequest | Registration | WalkUp,
    action: str,
    *,
    actor_id: int | None,
    **details: object,
) -> None:
    """Put on record who did something to a meeting, a request or somebody's time."""
    audit.record(session, action, actor_id=actor_id, scope=what.event.slug, object_uid=what.uid, **details)
