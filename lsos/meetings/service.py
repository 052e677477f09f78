"""Use cases of 1:1 meetings: asking and answering, time and table, changes, and the organiser's run."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.meetings import mails
from lsos.meetings.booking import book, free_table, lock, make_room, remove_drafts, retrying
from lsos.meetings.drafts import batched, drafts_of, publish_some, put_drafts, summary
from lsos.meetings.models import (
    BlockedSlot,
    MatchingRun,
    Meeting,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
    Suggestion,
)
from lsos.meetings.planning import plan
from lsos.meetings.portraits import fits
from lsos.meetings.queries import (
    free_slots,
    last_slot_ends_at,
    slot_at,
    taken_slots,
    taken_tables,
    takes_part,
)
from lsos.meetings.rules import (
    BOOKED,
    LIVE_REQUESTS,
    BlockRefusal,
    BookingRefusal,
    MeetingMoveRefusal,
    MeetingOrigin,
    MeetingState,
    PlaceRefusal,
    RequestRefusal,
    RequestState,
    answer_refusal,
    block_refusal,
    change_refusal,
    is_expired,
    is_held,
    meeting_move_refusal,
    outcome_refusal,
    place_refusal,
    request_refusal,
    withdrawal_refusal,
)
from lsos.meetings.words import vocabulary
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import MeetingOutcome

#: So many drafts are published in one transaction, so that nobody who books meanwhile waits long.
PUBLISH_AT_ONCE = 40


@dataclass(frozen=True)
class Answered:
    """What came of an answer: the meeting, or why there is none yet; neither after a no."""

    request: MeetingRequest
    meeting: Meeting | None = None
    waits_because: BookingRefusal | None = None


@dataclass(frozen=True)
class Published:
    """What came of publishing: meetings that stand now, and drafts whose place or people were gone."""

    scheduled: int
    dropped: int


# ---- what use cases share


def _settings(session: Session, event_id: int) -> MeetingSettings:
    settings = session.get(MeetingSettings, event_id)
    if settings is None:
        raise NotFound(N_("This event has no 1:1 meetings."))
    return settings


def _pair_of_request(uid: str) -> tuple[int, int]:
    found = db.session.execute(
        select(MeetingRequest.low_id, MeetingRequest.high_id).where(MeetingRequest.uid == uid)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such request."))
    return found[0], found[1]


def _locked_request(session: Session, uid: str) -> MeetingRequest:
    return session.scalars(
        select(MeetingRequest)
        .where(MeetingRequest.uid == uid)
        .with_for_update(of=MeetingRequest)
        .execution_options(populate_existing=True)
    ).one()


def _pair_of_meeting(uid: str) -> tuple[int, int]:
    found = db.session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.uid == uid)).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such meeting."))
    return found[0], found[1]


def _locked_meeting(session: Session, uid: str) -> Meeting:
    """Take a meeting whose people are locked already; a draft may be gone since."""
    meeting = session.scalar(
        select(Meeting).where(Meeting.uid == uid).with_for_update(of=Meeting).execution_options(populate_existing=True)
    )
    if meeting is None:
        raise NotFound(N_("There is no such meeting."))
    return meeting


def _real_meeting(session: Session, pair: tuple[int, int]) -> Meeting | None:
    return session.scalar(
        select(Meeting).where(Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state.in_(BOOKED))
    )


def _note(
    session: Session,
    what: Meeting | MeetingRequest | Registration,
    action: str,
    *,
    actor_id: int | None,
    **details: object,
) -> None:
    """Put on record who did something to a meeting, a request or somebody's time."""
    audit.record(session, action, actor_id=actor_id, scope=what.event.slug, object_uid=what.uid, **details)


# ---- requests


def ask(
    from_registration_id: int, to_uid: str, message: str = "", listing_uid: str | None = None, *, now: datetime
) -> MeetingRequest:
    """Ask another participant of the same event for a meeting; no time is taken yet.

    Raises:
        NotFound: nobody at this event has this id.
        Refused: `request_refusal` gave a reason.
    """
    asker = db.session.get_one(Registration, from_registration_id)
    other_id = db.session.scalar(
        select(Registration.id).where(Registration.event_id == asker.event_id, Registration.uid == to_uid)
    )
    if other_id is None:
        raise NotFound(N_("This person is not registered for the event."))
    pair = (min(from_registration_id, other_id), max(from_registration_id, other_id))
    try:
        with transaction() as session:
            people = lock(session, pair)
            asker, other = people[from_registration_id], people[other_id]
            live = session.scalar(
                select(MeetingRequest).where(
                    MeetingRequest.low_id == pair[0],
                    MeetingRequest.high_id == pair[1],
                    MeetingRequest.state.in_(LIVE_REQUESTS),
                )
            )
            if live is not None and is_expired(live.state, live.expires_at, now):
                live.state = RequestState.EXPIRED
                session.flush()
                live = None
            refusal = request_refusal(
                asker_takes_part=takes_part(asker),
                other_takes_part=takes_part(other),
                is_same_person=asker.id == other.id,
                is_same_organisation=asker.organisation_id is not None
                and asker.organisation_id == other.organisation_id,
                is_under_way=live is not None or _real_meeting(session, pair) is not None,
                last_slot_ends_at=last_slot_ends_at(asker.event_id),
                now=now,
            )
            if refusal is not None:
                raise Refused(refusal)
            settings = _settings(session, asker.event_id)
            request = MeetingRequest(
                event_id=asker.event_id,
                from_id=asker.id,
                to_id=other.id,
                low_id=pair[0],
                high_id=pair[1],
                state=RequestState.OPEN,
                message=message,
                listing_id=_listing_id(session, listing_uid, pair),
                asked_at=now,
                expires_at=now + timedelta(hours=settings.request_hours),
            )
            session.add(request)
            session.flush()
            fit = fits(asker.event_id, other.id, [asker.id])[asker.id]
            why = mails.reasons_for(fit.reasons, asker.person.name, vocabulary(asker.event_id))
            mails.requested(session, request, why)
            _note(session, request, "meeting_request.sent", actor_id=asker.person_id)
    except IntegrityError:
        #: The other asked at the same moment, or this form was sent twice.
        raise Refused(RequestRefusal.UNDER_WAY) from None
    return request


def _listing_id(session: Session, listing_uid: str | None, pair: Collection[int]) -> int | None:
    """Find the offer or need that a request is about; one of these two must have it."""
    if not listing_uid:
        return None
    return session.scalar(
        select(Listing.id).join(Listing.profile).where(Listing.uid == listing_uid, Profile.registration_id.in_(pair))
    )


def answer(request_uid: str, *, by: int, accept: bool, now: datetime) -> Answered:
    """Accept or decline a request; a yes finds a time and a table at once, where there is one.

    Raises:
        NotFound: there is no such request.
        Refused: `answer_refusal` gave a reason, or others were faster every time.
    """
    pair = _pair_of_request(request_uid)

    def attempt() -> Answered:
        with transaction() as session:
            people = lock(session, pair)
            request = _locked_request(session, request_uid)
            state = RequestState.EXPIRED if is_expired(request.state, request.expires_at, now) else request.state
            refusal = answer_refusal(
                is_addressee=request.to_id == by,
                state=state,
                accepts=accept,
                are_both_coming=all(person.state is RegistrationState.CONFIRMED for person in people.values()),
            )
            if refusal is not None:
                raise Refused(refusal)
            request.answered_at = now
            request.state = RequestState.ACCEPTED if accept else RequestState.DECLINED
            _note(
                session,
                request,
                "meeting_request.accepted" if accept else "meeting_request.declined",
                actor_id=people[by].person_id,
            )
            if accept:
                return _find_place(session, request, pair, actor_id=people[by].person_id, now=now)
            drafts = session.scalars(
                select(Meeting.id).where(Meeting.first_id == pair[0], Meeting.second_id == pair[1])
            ).all()
            remove_drafts(session, drafts)
            mails.declined(session, request)
            return Answered(request)

    return retrying(attempt)


def _find_place(
    session: Session,
    request: MeetingRequest,
    pair: tuple[int, int],
    *,
    actor_id: int | None,
    now: datetime,
    tells_that_it_waits: bool = True,
) -> Answered:
    """Book for an accepted request, and tell both what came of it."""
    found = book(
        session,
        request.event,
        _settings(session, request.event_id),
        pair,
        request_id=request.id,
        origin=MeetingOrigin.REQUEST,
        now=now,
    )
    if isinstance(found, BookingRefusal):
        if tells_that_it_waits:
            mails.waiting(session, request, found)
        return Answered(request, waits_because=found)
    mails.scheduled(session, found, now=now)
    audit.record(session, "meeting.scheduled", actor_id=actor_id, scope=request.event.slug, object_uid=found.uid)
    return Answered(request, found)


def find_time(request_uid: str, *, by: int, now: datetime) -> Answered:
    """Look again for a time for an accepted request that waits for one.

    Raises:
        NotFound: there is no such request.
        Refused: it is not the reader's, or it does not wait.
    """
    pair = _pair_of_request(request_uid)

    def attempt() -> Answered:
        with transaction() as session:
            people = lock(session, pair)
            request = _locked_request(session, request_uid)
            refusal = withdrawal_refusal(
                is_asker=False,
                is_party=by in pair,
                state=request.state,
                has_meeting=_real_meeting(session, pair) is not None,
            )
            if refusal is not None:
                raise Refused(refusal)
            return _find_place(
                session, request, pair, actor_id=people[by].person_id, now=now, tells_that_it_waits=False
            )

    return retrying(attempt)


def withdraw(request_uid: str, *, by: int, now: datetime) -> MeetingRequest:
    """Take back a request that was not answered, or one that was accepted and found no time.

    Raises:
        NotFound: there is no such request.
        Refused: `withdrawal_refusal` gave a reason.
    """
    pair = _pair_of_request(request_uid)
    with transaction() as session:
        people = lock(session, pair)
        request = _locked_request(session, request_uid)
        refusal = withdrawal_refusal(
            is_asker=request.from_id == by,
            is_party=by in pair,
            state=RequestState.EXPIRED if is_expired(request.state, request.expires_at, now) else request.state,
            has_meeting=_real_meeting(session, pair) is not None,
        )
        if refusal is not None:
            raise Refused(refusal)
        if request.state is RequestState.ACCEPTED:
            mails.withdrawn(session, request, people[by])
        request.state = RequestState.WITHDRAWN
        _note(session, request, "meeting_request.withdrawn", actor_id=people[by].person_id)
    return request


def expire_requests(*, now: datetime) -> int:
    """Close the requests that nobody answered in time, at every event; gives back how many."""
    with transaction() as session:
        gone = session.execute(
            update(MeetingRequest)
            .where(MeetingRequest.state == RequestState.OPEN, MeetingRequest.expires_at <= now)
            .values(state=RequestState.EXPIRED)
            .returning(MeetingRequest.id)
            .execution_options(synchronize_session=False)
        )
        return len(gone.all())


# ---- meetings


def _refuse_strangers(meeting: Meeting, by: int | None) -> None:
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
    pair = _pair_of_meeting(meeting_uid)
    with transaction() as session:
        people = lock(session, pair)
        meeting = _locked_meeting(session, meeting_uid)
        _refuse_strangers(meeting, by)
        refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
        if refusal is not None:
            raise Refused(refusal)
        actor_id = people[by].person_id if by is not None else actor_id
        _note(session, meeting, "meeting.cancelled", actor_id=actor_id)
        if meeting.state is MeetingState.PROPOSED:
            remove_drafts(session, [meeting.id])
            return None
        _call_off(session, meeting, by=people[by] if by is not None else None, now=now)
    return meeting


def _call_off(session: Session, meeting: Meeting, *, by: Registration | None, now: datetime) -> None:
    meeting.state = MeetingState.CANCELLED
    meeting.slot_id = None
    meeting.table_id = None
    meeting.sequence += 1
    if meeting.request is not None and meeting.request.state in LIVE_REQUESTS:
        meeting.request.state = RequestState.WITHDRAWN
    session.flush()
    mails.cancelled(session, meeting, by=by, now=now)


def release_meetings(session: Session, registration_id: int, *, actor_id: int | None, now: datetime) -> int:
    """Call off, in the open transaction of another use case, all that somebody has ahead; the others are told.

    Returns:
        How many meetings were cancelled.
    """
    ahead = select(Meeting).where(
        or_(Meeting.first_id == registration_id, Meeting.second_id == registration_id),
        Meeting.state.in_([MeetingState.SCHEDULED, MeetingState.PROPOSED]),
    )
    others = {each for meeting in session.scalars(ahead) for each in (meeting.first_id, meeting.second_id)}
    people = lock(session, {registration_id, *others})
    who = people[registration_id]
    mine = session.scalars(
        ahead.order_by(Meeting.id).with_for_update(of=Meeting).execution_options(populate_existing=True)
    ).all()
    remove_drafts(session, [meeting.id for meeting in mine if meeting.state is MeetingState.PROPOSED])
    real = [meeting for meeting in mine if meeting.state is MeetingState.SCHEDULED and meeting.starts_at > now]
    for meeting in real:
        _call_off(session, meeting, by=who, now=now)
    session.execute(
        update(MeetingRequest)
        .where(
            or_(MeetingRequest.from_id == registration_id, MeetingRequest.to_id == registration_id),
            MeetingRequest.state.in_(LIVE_REQUESTS),
            ~select(Meeting.id).where(Meeting.request_id == MeetingRequest.id, Meeting.state.in_(BOOKED)).exists(),
        )
        .values(state=RequestState.WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    _note(
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
    by: int | None,
    actor_id: int | None = None,
    now: datetime,
) -> Meeting:
    """Take a meeting to another slot, in one step; without a table number, to the lowest free table.

    An organiser, for whom `by` is None, may move any, drafts too.

    Raises:
        NotFound: there is no such meeting.
        Refused: it is not theirs, has begun, or `place_refusal` gave a reason.
    """
    pair = _pair_of_meeting(meeting_uid)

    def attempt() -> Meeting:
        with transaction() as session:
            people = lock(session, pair)
            meeting = _locked_meeting(session, meeting_uid)
            _refuse_strangers(meeting, by)
            refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
            if refusal is not None:
                raise Refused(refusal)
            slot, table = _place_to_move_to(session, meeting, starts_at, table_number, now=now)
            if (slot.id, table.id) == (meeting.slot_id, meeting.table_id):
                return meeting
            is_draft = meeting.state is MeetingState.PROPOSED
            if not is_draft:
                make_room(session, slot, table, pair)
            was_at = meeting.starts_at
            meeting.slot_id, meeting.table_id = slot.id, table.id
            meeting.starts_at, meeting.ends_at = slot.starts_at, slot.ends_at
            if not is_draft:
                meeting.sequence += 1
            session.flush()
            session.refresh(meeting, ["slot", "table"])
            mover = people[by] if by is not None else None
            if not is_draft:
                mails.moved(session, meeting, was_at=was_at, by=mover, now=now)
            _note(
                session,
                meeting,
                "meeting.moved",
                actor_id=mover.person_id if mover else actor_id,
                was_at=was_at.isoformat(),
                starts_at=slot.starts_at.isoformat(),
            )
            return meeting

    return retrying(attempt)


def _place_to_move_to(
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
    refusal = place_refusal(
        starts_at=slot.starts_at,
        first_is_free=is_free(meeting.first_id),
        second_is_free=is_free(meeting.second_id),
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
        return free_table(session, slot, with_drafts=with_drafts)
    table = session.scalar(
        select(MeetingTable)
        .where(MeetingTable.event_id == meeting.event_id, MeetingTable.number == number)
        .with_for_update(key_share=True)
    )
    if table is None:
        raise Refused(MeetingMoveRefusal.NO_SUCH_PLACE)
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
            _note(
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
        _note(
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
    _note(
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
    if not is_held(present_ids, {meeting.first_id, meeting.second_id}):
        return False
    return mark_held(session, meeting, actor_id=actor_id, at=now)


def take_back_held(session: Session, meeting_id: int, now: datetime, *, actor_id: int | None = None) -> None:
    """Undo that a meeting counts as held, when a scan that proved it was a mistake."""
    meeting = _locked_meeting_by_id(session, meeting_id)
    if meeting.state is MeetingState.HELD:
        meeting.state = MeetingState.SCHEDULED
        _note(
            session,
            meeting,
            "meeting.held_undone",
            actor_id=actor_id,
            noted_at=now.isoformat(),
        )


def _locked_meeting_by_id(session: Session, meeting_id: int) -> Meeting:
    return session.get_one(Meeting, meeting_id, with_for_update={"of": Meeting}, populate_existing=True)


def set_outcome(meeting_uid: str, *, by: int, outcome_code: str, now: datetime) -> Meeting:
    """Note what came of a meeting, as one of the two says; that it took place follows from it.

    Raises:
        NotFound: there is no such meeting or outcome.
        Refused: `outcome_refusal` gave a reason.
    """
    _pair_of_meeting(meeting_uid)
    with transaction() as session:
        meeting, who = _meeting_to_report(session, meeting_uid, by, now)
        outcome = session.scalar(select(MeetingOutcome).where(MeetingOutcome.code == outcome_code))
        if outcome is None:
            raise NotFound(N_("There is no such outcome."))
        mark_held(session, meeting, actor_id=who.person_id, at=now)
        meeting.outcome = outcome
        _note(session, meeting, "meeting.outcome_reported", actor_id=who.person_id, outcome=outcome.code)
    return meeting


def mark_no_show(meeting_uid: str, *, by: int, now: datetime) -> Meeting:
    """Note that a meeting did not take place, as one of the two says.

    Raises:
        NotFound: there is no such meeting.
        Refused: `outcome_refusal` gave a reason, or both badges were scanned at the table.
    """
    _pair_of_meeting(meeting_uid)
    with transaction() as session:
        meeting, who = _meeting_to_report(session, meeting_uid, by, now)
        if meeting.state is not MeetingState.NO_SHOW:
            refusal = meeting_move_refusal(meeting.state, MeetingState.NO_SHOW)
            if refusal is not None:
                raise Refused(refusal)
            meeting.state = MeetingState.NO_SHOW
            _note(session, meeting, "meeting.not_held", actor_id=who.person_id)
    return meeting


def _meeting_to_report(session: Session, uid: str, by: int, now: datetime) -> tuple[Meeting, Registration]:
    meeting = _locked_meeting(session, uid)
    refusal = outcome_refusal(
        is_participant=by in {meeting.first_id, meeting.second_id},
        state=meeting.state,
        starts_at=meeting.starts_at,
        now=now,
    )
    if refusal is not None:
        raise Refused(refusal)
    return meeting, meeting.first if by == meeting.first_id else meeting.second


# ---- the organiser's run


def run_matching(event: Event, *, by: int | None, now: datetime, seconds: float = 2.0) -> MatchingRun:
    """Find whom everybody should meet, and draft a schedule around the meetings there are.

    Agreed requests without a time come first, then the best matches. Only suggestions and drafts
    are replaced; what people arranged stays where it is.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    begun = monotonic()
    made = plan(event, _settings(db.session(), event.id), now=now, seconds=seconds)
    with transaction() as session:
        #: Two runs at once follow one another.
        settings = session.scalars(
            select(MeetingSettings).where(MeetingSettings.event_id == event.id).with_for_update()
        ).one()
        people = lock(session, made.people)
        session.execute(
            delete(Suggestion).where(
                Suggestion.registration_id.in_(
                    select(Registration.id).where(Registration.event_id == event.id).scalar_subquery()
                )
            )
        )
        if made.suggestions:
            session.execute(insert(Suggestion), made.suggestions)
        remove_drafts(session, drafts_of(event.id))
        drafts = put_drafts(session, event, settings, made, people, now=now)
        run = MatchingRun(
            event_id=event.id, by_id=by, at=now, seconds=monotonic() - begun, summary=summary(made, drafts)
        )
        session.add(run)
        session.flush()
        audit.record(session, "matching.run", actor_id=by, scope=event.slug, object_uid=run.uid, drafts=len(drafts))
    return run


def publish(event: Event, *, by: int | None, now: datetime) -> Published:
    """Turn the drafts into meetings and send everybody their invitations, some at a time.

    Each meeting comes by a letter of its own, since calendars take one invitation a letter. A run
    that is cut short is finished by the next. Drafts whose people or time are gone are dropped.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    scheduled = dropped = 0
    for some in batched(drafts_of(event.id), PUBLISH_AT_ONCE):
        with transaction() as session:
            settings = _settings(session, event.id)
            done, gone = publish_some(session, event, settings, some, now=now)
            scheduled, dropped = scheduled + done, dropped + gone
            audit.record(
                session, "matching.published", actor_id=by, scope=event.slug, object_uid=event.uid, meetings=done
            )
    return Published(scheduled, dropped)


def discard(event: Event, *, by: int | None) -> int:
    """Throw the drafts away; gives back how many there were."""
    with transaction() as session:
        gone = remove_drafts(session, drafts_of(event.id))
        audit.record(session, "matching.discarded", actor_id=by, scope=event.slug, object_uid=event.uid, drafts=gone)
    return gone
