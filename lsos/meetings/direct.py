"""Use cases of times that are booked at once: two who are free, a free table, and nobody has to answer first."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails
from lsos.meetings.booking import free_table, lock, make_room, note, put, remove_drafts, retrying, settings_for
from lsos.meetings.direct_queries import places_for, why_no_more, why_not_book
from lsos.meetings.direct_rules import DirectRefusal, MeetingMode, slot_refusal
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.places import free_slots, slot_at
from lsos.meetings.portraits import fits
from lsos.meetings.queries import under_way, why_not_ask
from lsos.meetings.request_steps import still_live
from lsos.meetings.requesting import listing_between
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.meetings.words import vocabulary
from lsos.registration.models import Registration


def book_now(
    from_registration_id: int,
    to_uid: str,
    starts_at: datetime,
    message: str = "",
    listing_uid: str | None = None,
    *,
    now: datetime,
) -> Meeting:
    """Take a time of another participant and a table in one step; the other is told, and may move or cancel it.

    Raises:
        NotFound: nobody at this event has this id, or it has no 1:1 meetings.
        Refused: a rule of requests, of limits or of times said no, or others were faster every time.
    """
    event_id, other_id = _whom(from_registration_id, to_uid)
    pair = (min(from_registration_id, other_id), max(from_registration_id, other_id))

    def attempt() -> Meeting:
        with transaction() as session:
            people = lock(session, pair)
            me, other = people[from_registration_id], people[other_id]
            still_live(session, MeetingRequest.low_id == pair[0], MeetingRequest.high_id == pair[1], now=now)
            settings_for(session, event_id)
            _refuse(me, other, now=now)
            slot, table = _place(session, me, other, starts_at, now=now)
            request = MeetingRequest(
                event_id=event_id,
                from_id=me.id,
                to_id=other.id,
                low_id=pair[0],
                high_id=pair[1],
                state=RequestState.ACCEPTED,
                message=message,
                booked_at_once=True,
                listing_id=listing_between(session, listing_uid, pair),
                asked_at=now,
                answered_at=now,
                expires_at=slot.starts_at,
            )
            session.add(request)
            session.flush()
            make_room(session, slot, table, pair)
            meeting = put(
                session, me.event, pair, slot, table, request_id=request.id, origin=MeetingOrigin.REQUEST, now=now
            )
            fit = fits(event_id, other.id, [me.id])[me.id]
            why = mails.reasons_for(fit.reasons, me.person.name, vocabulary(event_id))
            mails.booked(session, meeting, request, why, now=now)
            note(session, meeting, "meeting.booked", actor_id=me.person_id, starts_at=slot.starts_at.isoformat())
            return meeting

    return retrying(attempt)


def _whom(from_registration_id: int, to_uid: str) -> tuple[int, int]:
    event_id = db.session.get_one(Registration, from_registration_id).event_id
    other_id = db.session.scalar(
        select(Registration.id).where(Registration.event_id == event_id, Registration.uid == to_uid)
    )
    if other_id is None:
        raise NotFound(N_("This person is not registered for the event."))
    return event_id, other_id


def _refuse(me: Registration, other: Registration, *, now: datetime) -> None:
    """Ask every rule that is not about the time: who may ask, who lets others book, how many meetings each may have."""
    refusal = (
        why_not_ask(me, other, under_way(me.id, now=now).get(other.id), now=now)
        or why_not_book(me, other)
        or why_no_more(me, other)
    )
    if refusal is not None:
        raise Refused(refusal)


def _place(
    session: Session, me: Registration, other: Registration, starts_at: datetime, *, now: datetime
) -> tuple[MeetingSlot, MeetingTable]:
    """Find the time that was chosen, and the lowest table that is free then; drafts give way, locked ones do not.

    A draft of these two goes: what they arranged themselves takes its place.
    """
    pair = (min(me.id, other.id), max(me.id, other.id))
    slot = slot_at(me.event_id, starts_at)
    if slot is None:
        raise Refused(DirectRefusal.UNKNOWN)
    free = {who: {each.id for each in slots} for who, slots in free_slots(me.event_id, pair).items()}
    is_possible = slot.id in {place.slot.id for place in places_for(me.event_id, pair, now=now)}
    table = None
    if is_possible:
        table = free_table(session, slot, pair, with_drafts=True) or free_table(session, slot, pair, with_drafts=False)
    refusal = slot_refusal(
        is_over=slot.starts_at <= now,
        am_free=slot.id in free[me.id],
        is_other_free=slot.id in free[other.id],
        is_day_full=first_refusal(budgets(pair).values(), slot.starts_at) is not None,
        has_table=table is not None,
    )
    if refusal is not None or table is None:
        raise Refused(refusal or DirectRefusal.NO_TABLE, name=other.person.name)
    draft = select(Meeting.id).where(
        Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state == MeetingState.PROPOSED
    )
    remove_drafts(session, session.scalars(draft).all())
    return slot, table


def set_mode(event_id: int, mode: MeetingMode, *, by: int) -> None:
    """Say how two people of an event come to a time; what is agreed or booked already stays.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    with transaction() as session:
        settings = settings_for(session, event_id)
        if settings.mode is mode:
            return
        settings.mode = mode
        scope = settings.event.slug
        audit.record(session, "meeting_settings.mode", actor_id=by, scope=scope, object_uid=scope, mode=mode.value)
