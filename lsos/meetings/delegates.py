"""Reads of who of an organisation could meet somebody: how they fit, when both are free, what is asked of them.

Where one of two keeps apart from the other they have no time in common, as everywhere: nobody learns of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from lsos.db import db
from lsos.meetings import wishes
from lsos.meetings.delegate_rules import Candidate, StandInRefusal, stand_in_refusal
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSlot
from lsos.meetings.places import Load, free_slots, loads
from lsos.meetings.portraits import fits
from lsos.meetings.queries import takes_part, whole_person, whole_requests
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, RequestState
from lsos.registration.models import Registration
from lsos.registration.rights import rights_at
from lsos.registration.showing import Place, shown_in


@dataclass(frozen=True)
class Colleague:
    """Somebody of an organisation as one who could meet somebody else."""

    person: Registration
    fit: float
    load: Load
    #: A request or a meeting between the two is under way.
    is_under_way: bool
    #: They never meet the other; nobody is told.
    is_apart: bool
    #: When both are free, and the limit of meetings leaves room.
    common: Sequence[MeetingSlot] = field(default_factory=list)

    def as_candidate(self, *, is_about_theirs: bool) -> Candidate:
        """Say of them what the choice of a first one asks."""
        return Candidate(
            self.person.id,
            self.fit,
            len(self.common),
            self.load.open_requests,
            is_about_theirs=is_about_theirs,
            is_apart=self.is_apart,
        )


def people_of(event_id: int, organisation_id: int) -> list[Registration]:
    """List who takes part in 1:1 meetings for an organisation."""
    return list(
        db.session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event_id,
                Registration.organisation_id == organisation_id,
                shown_in(Place.REQUESTS),
            )
            .order_by(Registration.id)
            .options(*whole_person(with_consents=True))
        )
    )


def colleagues(people: Sequence[Registration], other: Registration, *, now: datetime) -> list[Colleague]:
    """Say of people of one organisation how each could meet somebody else, in a constant number of statements."""
    ids = [one.id for one in people]
    if not ids:
        return []
    known = fits(other.event_id, other.id, ids)
    free = free_slots(other.event_id, [other.id, *ids], now=now)
    his = {slot.id for slot in free[other.id]}
    asked = loads(other.event_id, ids, now=now)
    budget = budgets([other.id, *ids])
    apart = wishes.apart_from(other, people)
    busy_with = under_way_with(other.id, ids, now=now)

    def common(one: Registration) -> list[MeetingSlot]:
        if one.id in apart:
            return []
        two = [budget[one.id], budget[other.id]]
        return [slot for slot in free[one.id] if slot.id in his and first_refusal(two, slot.starts_at) is None]

    return [
        Colleague(one, known[one.id].fused, asked[one.id], one.id in busy_with, one.id in apart, common(one))
        for one in people
    ]


def under_way_with(registration_id: int, other_ids: Collection[int], *, now: datetime) -> set[int]:
    """Give those of others with whom somebody has a live request or a real meeting."""
    asked = db.session.execute(
        select(MeetingRequest.low_id, MeetingRequest.high_id).where(
            or_(
                and_(MeetingRequest.low_id == registration_id, MeetingRequest.high_id.in_(other_ids)),
                and_(MeetingRequest.high_id == registration_id, MeetingRequest.low_id.in_(other_ids)),
            ),
            MeetingRequest.state.in_(LIVE_REQUESTS),
            or_(MeetingRequest.state == RequestState.ACCEPTED, MeetingRequest.expires_at > now),
        )
    )
    met = db.session.execute(
        select(Meeting.first_id, Meeting.second_id).where(
            or_(
                and_(Meeting.first_id == registration_id, Meeting.second_id.in_(other_ids)),
                and_(Meeting.second_id == registration_id, Meeting.first_id.in_(other_ids)),
            ),
            Meeting.state.in_(BOOKED),
        )
    )
    return {each for pair in (*asked, *met) for each in pair if each != registration_id}


@dataclass(frozen=True)
class StandIn:
    """A colleague as somebody who could go to a booked meeting, and why they cannot."""

    person: Registration
    load: Load
    refusal: StandInRefusal | None


def stand_ins(people: Sequence[Registration], meeting: Meeting, side: Registration, *, now: datetime) -> list[StandIn]:
    """Say of people how each could go to a meeting on the side of one of its two; a constant number of statements."""
    ids = [one.id for one in people]
    if not ids:
        return []
    other = meeting.other(side.id)
    free = free_slots(meeting.event_id, ids, now=now)
    budget = budgets(ids)
    asked = loads(meeting.event_id, ids, now=now)
    apart = wishes.apart_from(other, people)
    busy_with = under_way_with(other.id, ids, now=now)
    rights = rights_at(meeting.event_id)
    in_it = {one.registration_id for one in meeting.participants}

    def refusal(one: Registration) -> StandInRefusal | None:
        return stand_in_refusal(
            is_colleague=one.event_id == meeting.event_id
            and side.organisation_id is not None
            and one.organisation_id == side.organisation_id
            and takes_part(one),
            is_in_it=one.id in in_it,
            may_meet=rights.may_be_matched(one.participation_type_id, other.participation_type_id),
            is_under_way=one.id in busy_with,
            is_free=one.id not in apart and meeting.slot_id in {slot.id for slot in free[one.id]},
            is_full=budget[one.id].refusal(meeting.starts_at) is not None,
        )

    return [StandIn(one, asked[one.id], refusal(one)) for one in people]


def side_of(meeting: Meeting, who: Registration) -> Registration | None:
    """Say for whom of the two somebody decides who goes; None where it is not theirs to decide.

    That is each for themselves; for a meeting that an organisation was asked for, its people too.
    """
    for one in (meeting.first, meeting.second):
        if one.id == who.id:
            return one
    asked = meeting.request
    if asked is None or asked.to_organisation_id is None or asked.to_organisation_id != who.organisation_id:
        return None
    delegate = meeting.first if asked.to_id == meeting.first_id else meeting.second
    return delegate if asked.to_id == delegate.id and takes_part(who) else None


def _asks_my_organisation(me: Registration) -> list[ColumnElement[bool]]:
    """Ask for the requests that wait at somebody's organisation, and that they may see."""
    asker = MeetingRequest.asker.of_type(Registration)
    return [
        MeetingRequest.event_id == me.event_id,
        MeetingRequest.to_organisation_id == me.organisation_id,
        MeetingRequest.from_id != me.id,
        MeetingRequest.state == RequestState.OPEN,
        ~asker.has(wishes.avoided_by(me.id)),
    ]


def organisation_inbox(me: Registration, *, now: datetime) -> list[MeetingRequest]:
    """List the requests to somebody's organisation whose answer is a colleague's turn, the oldest first."""
    if me.organisation_id is None or not takes_part(me):
        return []
    return list(
        db.session.scalars(
            whole_requests()
            .where(*_asks_my_organisation(me), MeetingRequest.to_id != me.id, MeetingRequest.expires_at > now)
            .order_by(MeetingRequest.asked_at, MeetingRequest.id)
        )
    )


def request_to_us(me: Registration, uid: str) -> MeetingRequest | None:
    """Find a request to somebody's organisation that waits for an answer; None where they may not see it."""
    if me.organisation_id is None or not takes_part(me):
        return None
    return db.session.scalar(whole_requests().where(MeetingRequest.uid == uid, *_asks_my_organisation(me)))


def asks_us(me: Registration, other_id: int) -> bool:
    """Say whether somebody waits for an answer of the organisation of another, who so may know who it is."""
    if me.organisation_id is None or not takes_part(me):
        return False
    asked = select(MeetingRequest.id).where(*_asks_my_organisation(me), MeetingRequest.from_id == other_id)
    return bool(db.session.scalar(select(asked.exists())))


def live_to(from_id: int, organisation_id: int) -> MeetingRequest | None:
    """Find what somebody has under way with an organisation as such."""
    return db.session.scalar(
        select(MeetingRequest).where(
            MeetingRequest.from_id == from_id,
            MeetingRequest.to_organisation_id == organisation_id,
            MeetingRequest.state.in_(LIVE_REQUESTS),
        )
    )
