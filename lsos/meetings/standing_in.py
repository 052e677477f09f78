"""Use cases of who goes to a booked meeting: an organisation sends somebody else, or a second; time and place stay."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails
from lsos.meetings.booking import (
    lock,
    locked_meeting,
    make_room,
    note,
    pair_of_meeting,
    remove_drafts,
    retrying,
    take_out,
)
from lsos.meetings.change_ending import overtake
from lsos.meetings.delegate_rules import StandInRefusal
from lsos.meetings.delegates import side_of, stand_ins
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import MeetingMoveRefusal, MeetingState, change_refusal
from lsos.registration.models import Registration


def send_instead(meeting_uid: str, to_uid: str, *, by: int, now: datetime) -> Meeting:
    """Send a colleague to a booked meeting instead of whose side it is, in one step; all three are told.

    Raises:
        NotFound: there is no such meeting or person.
        Refused: it is not theirs to decide, has begun, or `stand_in_refusal` gave a reason.
    """

    def attempt() -> Meeting:
        pair = pair_of_meeting(meeting_uid)
        comes_id = _person(meeting_uid, to_uid)
        with transaction() as session:
            people = lock(session, {*pair, by, comes_id})
            meeting = locked_meeting(session, meeting_uid, pair)
            goes = _side(meeting, people[by], now=now)
            comes = _colleague(people[comes_id], meeting, goes, now=now)
            other = meeting.other(goes.id)
            _make_room(session, meeting, comes, other)
            _put_in(session, meeting, goes, comes, other)
            overtake(session, meeting_ids=[meeting.id], now=now)
            note(session, meeting, "meeting.delegate", actor_id=people[by].person_id, was=goes.uid, comes=comes.uid)
            mails.left(session, meeting, goes, other=other, comes=comes, by=people[by], now=now)
            mails.joined(session, meeting, comes, other=other, instead_of=goes, by=people[by], now=now)
            for reader in meeting.side(other.id):
                mails.delegate_changed(session, meeting, reader, went=goes, comes=comes, now=now)
        return meeting

    return retrying(attempt)


def bring_along(meeting_uid: str, who_uid: str, *, by: int, now: datetime) -> Meeting:
    """Let a colleague go to a booked meeting as well, beside whose side it is; they and the other side are told.

    Raises:
        NotFound: there is no such meeting or person.
        Refused: it is not theirs to decide, has begun, two go already, or `stand_in_refusal` gave a reason.
    """

    def attempt() -> Meeting:
        pair = pair_of_meeting(meeting_uid)
        comes_id = _person(meeting_uid, who_uid)
        with transaction() as session:
            people = lock(session, {*pair, by, comes_id})
            meeting = locked_meeting(session, meeting_uid, pair)
            beside = _side(meeting, people[by], now=now)
            if len(meeting.side(beside.id)) > 1:
                raise Refused(StandInRefusal.TWO)
            comes = _colleague(people[comes_id], meeting, beside, now=now)
            other = meeting.other(beside.id)
            _make_room(session, meeting, comes, other)
            meeting.participants.append(
                MeetingParticipant(registration_id=comes.id, slot_id=meeting.slot_id, beside_id=beside.id)
            )
            meeting.sequence += 1
            session.flush()
            note(session, meeting, "meeting.brought_along", actor_id=people[by].person_id, who=comes.uid)
            mails.joined(session, meeting, comes, other=other, instead_of=None, beside=beside, by=people[by], now=now)
            for reader in meeting.side(other.id):
                mails.delegate_changed(session, meeting, reader, went=None, comes=comes, now=now)
        return meeting

    return retrying(attempt)


def leave_out(meeting_uid: str, who_uid: str, *, by: int, now: datetime) -> Meeting:
    """Let somebody who was brought along not go after all, as they or whose side it is say; the meeting stands.

    Raises:
        NotFound: there is no such meeting or person.
        Refused: it is not theirs to decide, has begun, or nobody brings this person.
    """

    def attempt() -> Meeting:
        pair = pair_of_meeting(meeting_uid)
        who_id = _person(meeting_uid, who_uid)
        with transaction() as session:
            people = lock(session, {*pair, by, who_id})
            meeting = locked_meeting(session, meeting_uid, pair)
            one = next((each for each in meeting.participants if each.registration_id == who_id), None)
            if one is None or one.beside_id is None:
                raise Refused(MeetingMoveRefusal.NOT_YOURS)
            if by != who_id and one.beside_id != _side(meeting, people[by], now=now).id:
                raise Refused(MeetingMoveRefusal.NOT_YOURS)
            refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
            if refusal is not None:
                raise Refused(refusal)
            take_out(session, meeting, one, by=people[by], now=now)
            note(session, meeting, "meeting.left_out", actor_id=people[by].person_id, who=who_uid)
        return meeting

    return retrying(attempt)


def _person(meeting_uid: str, uid: str) -> int:
    found = db.session.scalar(
        select(Registration.id)
        .join(Meeting, Meeting.event_id == Registration.event_id)
        .where(Meeting.uid == meeting_uid, Registration.uid == uid)
    )
    if found is None:
        raise NotFound(N_("This person is not registered for the event."))
    return found


def _side(meeting: Meeting, by: Registration, *, now: datetime) -> Registration:
    """Say for whom somebody decides who goes to a meeting that can still be changed."""
    side = side_of(meeting, by)
    if side is None:
        raise Refused(MeetingMoveRefusal.NOT_YOURS)
    refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now)
    if refusal is not None:
        raise Refused(refusal)
    if meeting.state is not MeetingState.SCHEDULED:
        raise Refused(StandInRefusal.NOT_BOOKED)
    if side.organisation_id is None:
        raise Refused(StandInRefusal.NO_ORGANISATION)
    return side


def _colleague(who: Registration, meeting: Meeting, side: Registration, *, now: datetime) -> Registration:
    refusal = stand_ins([who], meeting, side, now=now)[0].refusal
    if refusal is not None:
        raise Refused(refusal, name=who.person.name, other=meeting.other(side.id).person.name)
    return who


def _make_room(session: Session, meeting: Meeting, comes: Registration, other: Registration) -> None:
    """Take away the drafts that are in the way of somebody who comes: at this time, and with the same other."""
    assert meeting.slot is not None, "it is scheduled"
    assert meeting.table is not None, "it is scheduled"
    make_room(session, meeting.slot, meeting.table, (comes.id, comes.id))
    low, high = sorted((comes.id, other.id))
    drafts = select(Meeting.id).where(
        Meeting.first_id == low, Meeting.second_id == high, Meeting.state == MeetingState.PROPOSED
    )
    remove_drafts(session, session.scalars(drafts).all())


def _put_in(session: Session, meeting: Meeting, goes: Registration, comes: Registration, other: Registration) -> None:
    """Write down that one of the two is somebody else; a request to their organisation is theirs now."""
    low, high = sorted((comes.id, other.id))
    meeting.first_id, meeting.second_id = low, high
    meeting.sequence += 1
    mine = next(one for one in meeting.participants if one.registration_id == goes.id)
    meeting.participants.remove(mine)
    session.flush()
    meeting.participants.append(MeetingParticipant(registration_id=comes.id, slot_id=meeting.slot_id))
    for one in meeting.participants:
        if one.beside_id == goes.id:
            one.beside_id = comes.id
    asked = meeting.request
    if asked is not None and asked.to_organisation_id is not None and asked.to_id == goes.id:
        asked.to_id, asked.low_id, asked.high_id = comes.id, low, high
    session.flush()
    session.refresh(meeting, ["first", "second"])
