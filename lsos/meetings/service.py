"""Use cases of 1:1 meetings that stand: they are cancelled and moved, time is kept free, and scans show them held."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lsos.db import transaction
from lsos.errors import Refused
from lsos.meetings import mails
from lsos.meetings.booking import (
    free_table,
    lock,
    locked_meeting,
    note,
    pair_of_meeting,
    put_elsewhere,
    remove_drafts,
    retrying,
    take_out,
)
from lsos.meetings.change_ending import overtake
from lsos.meetings.feedback_queries import said_of
from lsos.meetings.feedback_rules import state_after
from lsos.meetings.limits import budgets
from lsos.meetings.models import (
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSlot,
    MeetingTable,
    TableTime,
)
from lsos.meetings.organisation_requests import pass_on
from lsos.meetings.places import free_slots, organisations_of, slot_at, taken_slots, taken_tables
from lsos.meetings.rules import (
    BOOKED,
    LIVE_REQUESTS,
    BlockRefusal,
    MeetingMoveRefusal,
    MeetingState,
    PlaceRefusal,
    RequestState,
    block_refusal,
    change_refusal,
    is_held,
    locked_refusal,
    meeting_move_refusal,
    place_refusal,
)
from lsos.meetings.table_rules import is_theirs, table_refusal
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState

# ---- meetings


def refuse_strangers(meeting: Meeting, by: int | None) -> None:
    """Let only the people of a meeting change it, and organisers, for whom `by` is None.

    Raises:
        Refused: it is not theirs.
    """
    if by is not None and by not in {meeting.first_id, meeting.second_id}:
        raise Refused(MeetingMoveRefusal.NOT_YOURS)


def cancel(meeting_uid: str, *, by: int | None, actor_id: int | None = None, now: datetime) -> Meeting | None:
    """Call a meeting off and give its place back; an organiser, for whom `by` is None, may cancel any.

    Returns:
        The cancelled meeting; None when it was a draft, which nobody knew of and which is gone.

    Raises:
        NotFound: there is no such meeting.
        Refused: it is not theirs, or it has begun.
    """

    def attempt() -> Meeting | None:
        pair = pair_of_meeting(meeting_uid)
        with transaction() as session:
            people = lock(session, pair)
            meeting = locked_meeting(session, meeting_uid, pair)
            refuse_strangers(meeting, by)
            refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
            #: A lock keeps the time, not the people: whoever cannot come says so.
            locked = locked_refusal(is_locked=meeting.is_locked and by is None, by_organiser=True)
            if (why := refusal or locked) is not None:
                raise Refused(why)
            done_by = people[by].person_id if by is not None else actor_id
            note(session, meeting, "meeting.cancelled", actor_id=done_by)
            if meeting.state is MeetingState.PROPOSED:
                remove_drafts(session, [meeting.id])
                return None
            _call_off(session, meeting, by=people[by] if by is not None else None, now=now)
        return meeting

    return retrying(attempt)


def _call_off(session: Session, meeting: Meeting, *, by: Registration | None, now: datetime) -> None:
    meeting.state = MeetingState.CANCELLED
    meeting.slot_id = None
    meeting.table_id = None
    meeting.sequence += 1
    overtake(session, meeting_ids=[meeting.id], now=now)
    if meeting.request is not None and meeting.request.state in LIVE_REQUESTS:
        meeting.request.state = RequestState.WITHDRAWN
    session.flush()
    mails.cancelled(session, meeting, by=by, now=now)


def _locked_alone(session: Session, registration_id: int) -> Registration:
    """Keep every booking of somebody out until the transaction ends."""
    return session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event))
        .with_for_update(key_share=True, of=Registration)
    ).one()


def _leave_beside(session: Session, registration_id: int, *, now: datetime) -> None:
    """Take somebody out of the meetings to which a colleague brings them; those take place without them."""
    brought = session.scalars(
        select(MeetingParticipant)
        .join(MeetingParticipant.meeting)
        .where(
            MeetingParticipant.registration_id == registration_id,
            MeetingParticipant.beside_id.is_not(None),
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at > now,
        )
        .order_by(MeetingParticipant.meeting_id)
    ).all()
    for one in brought:
        take_out(session, one.meeting, one, by=None, now=now)


def release_meetings(session: Session, registration_id: int, *, actor_id: int | None, now: datetime) -> int:
    """Call off, in the open transaction of another use case, all that somebody has ahead; the others are told.

    Returns:
        How many meetings were cancelled.
    """
    ahead = select(Meeting).where(
        or_(Meeting.first_id == registration_id, Meeting.second_id == registration_id),
        Meeting.state.in_([MeetingState.SCHEDULED, MeetingState.PROPOSED]),
    )
    _leave_beside(session, registration_id, now=now)
    others = {each for meeting in session.scalars(ahead) for each in (meeting.first_id, meeting.second_id)}
    #: All that a letter about a meeting says is loaded only where there are meetings.
    who = (
        lock(session, {registration_id, *others})[registration_id]
        if others
        else _locked_alone(session, registration_id)
    )
    mine = session.scalars(
        ahead.order_by(Meeting.id).with_for_update(of=Meeting).execution_options(populate_existing=True)
    ).all()
    remove_drafts(session, [meeting.id for meeting in mine if meeting.state is MeetingState.PROPOSED])
    real = [meeting for meeting in mine if meeting.state is MeetingState.SCHEDULED and meeting.starts_at > now]
    #: All at once and in one order, whoever else ends some of them at the same moment.
    overtake(session, meeting_ids=[meeting.id for meeting in real], now=now)
    for meeting in real:
        _call_off(session, meeting, by=who, now=now)
    pass_on(session, registration_id, now=now)
    gone = session.scalars(
        update(MeetingRequest)
        .where(
            or_(MeetingRequest.from_id == registration_id, MeetingRequest.to_id == registration_id),
            MeetingRequest.state.in_(LIVE_REQUESTS),
            ~select(Meeting.id).where(Meeting.request_id == MeetingRequest.id, Meeting.state.in_(BOOKED)).exists(),
        )
        .values(state=RequestState.WITHDRAWN)
        .returning(MeetingRequest.id)
        .execution_options(synchronize_session=False)
    ).all()
    overtake(session, request_ids=gone, now=now)
    note(
        session,
        who,
        "meetings.released",
        actor_id=actor_id,
        meetings=len(real),
    )
    return len(real)


def move(
    meeting_uid: str,
    starts_at: datetime,
    *,
    table_number: int | None = None,
    actor_id: int | None = None,
    now: datetime,
) -> Meeting:
    """Take a meeting or a draft to another slot, as its organiser, in one step; without a number, to a free table.

    Its people propose another time instead (`changing.propose`), to which the other says yes.

    Raises:
        NotFound: there is no such meeting.
        Refused: it has begun or is locked, or `place_refusal` gave a reason.
    """

    def attempt() -> Meeting:
        pair = pair_of_meeting(meeting_uid)
        with transaction() as session:
            lock(session, pair)
            meeting = locked_meeting(session, meeting_uid, pair)
            refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
            locked = locked_refusal(is_locked=meeting.is_locked, by_organiser=True)
            if (why := refusal or locked) is not None:
                raise Refused(why)
            slot, table = place_to_move_to(session, meeting, starts_at, table_number, now=now)
            if (slot.id, table.id) != (meeting.slot_id, meeting.table_id):
                put_elsewhere(session, meeting, slot, table, by=None, actor_id=actor_id, now=now)
            return meeting

    return retrying(attempt)


def place_to_move_to(
    session: Session, meeting: Meeting, starts_at: datetime, table_number: int | None, *, now: datetime
) -> tuple[MeetingSlot, MeetingTable]:
    """Find the place that was chosen; a real meeting may push drafts aside, a draft may not."""
    slot = slot_at(meeting.event_id, starts_at)
    if slot is None:
        raise Refused(MeetingMoveRefusal.NO_SUCH_PLACE)
    with_drafts = meeting.state is MeetingState.PROPOSED
    free = free_slots(meeting.event_id, [meeting.first_id, meeting.second_id], with_drafts=with_drafts)
    stays = slot.id == meeting.slot_id

    def is_free(registration_id: int) -> bool:
        return stays or slot.id in {each.id for each in free[registration_id]}

    table = _chosen_table(session, meeting, slot, table_number, with_drafts=with_drafts)
    budget = budgets([meeting.first_id, meeting.second_id], with_drafts=with_drafts, but=meeting.id)
    refusal = place_refusal(
        starts_at=slot.starts_at,
        first_is_free=is_free(meeting.first_id),
        second_is_free=is_free(meeting.second_id),
        first_is_full=budget[meeting.first_id].refuses_move(meeting.starts_at, slot.starts_at),
        second_is_full=budget[meeting.second_id].refuses_move(meeting.starts_at, slot.starts_at),
        table_is_free=table is not None,
        now=now,
    )
    if refusal is not None or table is None:
        raise Refused(
            refusal or PlaceRefusal.TABLE_TAKEN, first=meeting.first.person.name, second=meeting.second.person.name
        )
    return slot, table


def _chosen_table(
    session: Session, meeting: Meeting, slot: MeetingSlot, number: int | None, *, with_drafts: bool
) -> MeetingTable | None:
    if number is None:
        return free_table(session, slot, (meeting.first_id, meeting.second_id), with_drafts=with_drafts)
    table = session.scalar(
        select(MeetingTable)
        .where(MeetingTable.event_id == meeting.event_id, MeetingTable.number == number)
        .with_for_update(key_share=True, of=MeetingTable)
        .execution_options(populate_existing=True)
    )
    if table is None:
        raise Refused(MeetingMoveRefusal.NO_SUCH_PLACE)
    organisations = organisations_of([meeting.first_id, meeting.second_id]).values()
    refusal = table_refusal(
        is_theirs=is_theirs(table.host_organisation_id, organisations),
        is_open=session.get(TableTime, (table.id, slot.id)) is not None,
    )
    if refusal is not None:
        raise Refused(refusal)
    is_own = (slot.id, table.id) == (meeting.slot_id, meeting.table_id)
    taken = taken_tables(meeting.event_id, with_drafts=with_drafts).get(slot.id, set())
    return table if is_own or table.id not in taken else None


def block_slot(registration_id: int, starts_at: datetime, *, now: datetime) -> None:
    """Keep a slot free of meetings; asking twice changes nothing.

    Raises:
        Refused: `block_refusal` gave a reason.
    """
    with transaction() as session:
        who = lock(session, [registration_id])[registration_id]
        slot = slot_at(who.event_id, starts_at)
        if slot is None:
            raise Refused(BlockRefusal.UNKNOWN)
        has_meeting = slot.id in taken_slots([registration_id]).get(registration_id, ())
        refusal = block_refusal(starts_at=slot.starts_at, has_meeting=has_meeting, now=now)
        if refusal is not None:
            raise Refused(refusal)
        if session.get(BlockedSlot, (registration_id, slot.id)) is None:
            session.add(BlockedSlot(registration_id=registration_id, slot_id=slot.id))
            note(
                session,
                who,
                "meeting_slot.blocked",
                actor_id=who.person_id,
                starts_at=slot.starts_at.isoformat(),
            )


def unblock_slot(registration_id: int, starts_at: datetime) -> None:
    """Open a slot for meetings again; asking twice changes nothing.

    Raises:
        Refused: there is no such slot.
    """
    with transaction() as session:
        who = lock(session, [registration_id])[registration_id]
        slot = slot_at(who.event_id, starts_at)
        if slot is None:
            raise Refused(BlockRefusal.UNKNOWN)
        session.execute(
            delete(BlockedSlot).where(BlockedSlot.registration_id == registration_id, BlockedSlot.slot_id == slot.id)
        )
        note(
            session,
            who,
            "meeting_slot.opened",
            actor_id=who.person_id,
            starts_at=slot.starts_at.isoformat(),
        )


# ---- on the day


def mark_held(session: Session, meeting: Meeting, *, actor_id: int | None, at: datetime) -> bool:
    """Note, in the open transaction of another use case, that a meeting took place; False when it may not be."""
    if meeting.state is MeetingState.HELD:
        return True
    if meeting_move_refusal(meeting.state, MeetingState.HELD) is not None:
        return False
    meeting.state = MeetingState.HELD
    note(
        session,
        meeting,
        "meeting.held",
        actor_id=actor_id,
        noted_at=at.isoformat(),
    )
    return True


def hold_if_all_present(
    session: Session, meeting_id: int, present_ids: Collection[int], now: datetime, *, actor_id: int | None = None
) -> bool:
    """Note that a meeting took place once the badges of both were scanned; says whether it counts as held."""
    meeting = _locked_meeting_by_id(session, meeting_id)
    if not is_held(present_ids, [[one.id for one in side] for side in meeting.sides]):
        return False
    return mark_held(session, meeting, actor_id=actor_id, at=now)


def take_back_held(session: Session, meeting_id: int, now: datetime, *, actor_id: int | None = None) -> None:
    """Undo that scans made a meeting held, when one was a mistake; what its two people say of it decides then."""
    meeting = _locked_meeting_by_id(session, meeting_id)
    if meeting.state is MeetingState.HELD:
        said = said_of(session, meeting_id)
        meeting.state = state_after(MeetingState.SCHEDULED, said, are_all_present=False)
        note(
            session,
            meeting,
            "meeting.held_undone",
            actor_id=actor_id,
            noted_at=now.isoformat(),
        )
        if meeting.state is MeetingState.SCHEDULED and meeting.starts_at > now:
            _without_those_who_left(session, meeting, now=now)


def _without_those_who_left(session: Session, meeting: Meeting, *, now: datetime) -> None:
    """Do for a meeting that is ahead once more what was not done to it while it counted as held."""
    for one in list(meeting.participants):
        if one.registration.state is RegistrationState.CONFIRMED:
            continue
        if one.beside_id is None:
            _call_off(session, meeting, by=one.registration, now=now)
            return
        take_out(session, meeting, one, by=None, now=now)


def _locked_meeting_by_id(session: Session, meeting_id: int) -> Meeting:
    return session.get_one(Meeting, meeting_id, with_for_update={"of": Meeting}, populate_existing=True)
