"""Reads of changes of published meetings: what is asked of somebody, and what waits for others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.db import db
from lsos.meetings.change_models import ChangeConsent, ChangeMove, MeetingChange
from lsos.meetings.change_rules import ChangeKind, ChangeState
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.queries import FIRST, SECOND, whole_person
from lsos.registration.models import Registration
from lsos.wording import stamp


@dataclass(frozen=True)
class OwnMove:
    """A meeting of somebody that would go from one time to another."""

    meeting: Meeting
    other: Registration
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class OwnChange:
    """A change as one of those it concerns sees it: nobody learns who else is asked, or what they said.

    Attributes:
        me: the id of the reader's registration.
        moves: the reader's own meetings that would move.
        gives: whom the reader would meet by it who have no time for each other so far.
        frees: which of the others the reader meets would meet somebody else by it.
    """

    change: MeetingChange
    me: int
    moves: list[OwnMove]
    gives: Registration | None
    frees: list[Registration]

    @property
    def asks_me(self) -> bool:
        """Say whether it waits for the reader."""
        return self.change.asks(self.me)

    @property
    def said_yes(self) -> bool:
        """Say whether the reader has said yes."""
        return any(each.registration_id == self.me and each.says_yes for each in self.change.consents)

    @property
    def is_mine(self) -> bool:
        """Say whether the reader proposed it, and may take it back."""
        return self.change.by_id == self.me

    def reasons(self) -> list[str]:
        """Say what is won by it, in the language of the moment."""
        found = []
        if self.gives is not None and self.change.place_at is not None:
            when = stamp(self.change.place_at, self.change.event.timezone)
            found.append(
                gettext("You get a time with %(name)s by it: %(when)s.", name=self.gives.person.name, when=when)
            )
        found += [
            gettext("It gives %(name)s time for a meeting that has none so far.", name=each.person.name)
            for each in self.frees
        ]
        if self.change.request_id is not None and not found:
            found.append(gettext("It makes room for a meeting of two others who have no time for it so far."))
        mine = sum(each.waits_saved for each in self.change.consents if each.registration_id == self.me)
        if mine:
            found.append(
                ngettext(
                    "It saves you %(num)s wait between your meetings.",
                    "It saves you %(num)s waits between your meetings.",
                    mine,
                )
            )
        elif self.change.waits_saved:
            found.append(
                ngettext(
                    "It saves %(num)s wait between meetings.",
                    "It saves %(num)s waits between meetings, all people taken together.",
                    self.change.waits_saved,
                )
            )
        return found

    @property
    def is_of_organisers(self) -> bool:
        """Say whether organisers ask for it, since the schedule gets better by it."""
        return self.change.kind is ChangeKind.IMPROVEMENT

    @property
    def is_proposal(self) -> bool:
        """Say whether one of the two would like another time, and nothing else hangs on it."""
        return self.change.kind is ChangeKind.RESCHEDULE


def whole_changes() -> Select[MeetingChange]:
    """Select changes with all that pages and letters say of them."""
    of_request: list[Any] = [*whole_person(MeetingRequest.asker), *whole_person(MeetingRequest.addressee)]
    of_meeting: list[Any] = [*whole_person(FIRST), *whole_person(SECOND)]
    return select(MeetingChange).options(
        joinedload(MeetingChange.event),
        joinedload(MeetingChange.by).joinedload(Registration.person),
        selectinload(MeetingChange.consents)
        .joinedload(ChangeConsent.registration)
        .options(joinedload(Registration.person), joinedload(Registration.organisation)),
        joinedload(MeetingChange.request).options(*of_request),
        selectinload(MeetingChange.moves).joinedload(ChangeMove.meeting).options(*of_meeting),
    )


def as_seen_by(change: MeetingChange, me: int) -> OwnChange:
    """Show a change to one of those it concerns."""
    moves = [
        OwnMove(move.meeting, move.meeting.other(me), move.from_at, move.to_at)
        for move in change.moves
        if me in people_of(move.meeting)
    ]
    request = change.request
    pair = {request.from_id, request.to_id} if request else set()
    gives = None
    if request is not None and me in pair:
        gives = request.addressee if request.from_id == me else request.asker
    frees = [] if gives else [move.other for move in moves if move.other.id in pair]
    return OwnChange(change, me, moves, gives, frees)


def people_of(meeting: Meeting) -> set[int]:
    """Name by their ids all who are in a meeting."""
    return {meeting.first_id, meeting.second_id}


def open_changes(registration_id: int, *, now: datetime) -> list[OwnChange]:
    """List the open changes that concern somebody, what waits for them first, then by the time to answer."""
    mine = select(ChangeConsent.change_id).where(ChangeConsent.registration_id == registration_id)
    found = db.session.scalars(
        whole_changes()
        .where(
            MeetingChange.is_open,
            MeetingChange.expires_at > now,
            or_(MeetingChange.id.in_(mine), MeetingChange.by_id == registration_id),
        )
        .order_by(MeetingChange.expires_at, MeetingChange.id)
    )
    seen = [as_seen_by(change, registration_id) for change in found]
    return sorted(seen, key=lambda each: not each.asks_me)


def change_of(meeting: Meeting, registration_id: int, *, now: datetime) -> OwnChange | None:
    """Find the open change of a meeting, as one of its people sees it."""
    moved = select(ChangeMove.change_id).where(ChangeMove.meeting_id == meeting.id, ChangeMove.is_open)
    found = db.session.scalar(whole_changes().where(MeetingChange.id.in_(moved), MeetingChange.expires_at > now))
    return as_seen_by(found, registration_id) if found is not None else None


def change_by_uid(event_id: int, uid: str) -> MeetingChange | None:
    """Find a change of an event by its public id."""
    return db.session.scalar(
        whole_changes()
        .where(MeetingChange.event_id == event_id, MeetingChange.uid == uid)
        .execution_options(populate_existing=True)
    )


def change_for_reader(uid: str, reader_uid: str) -> OwnChange | None:
    """Find a change and who reads of it by their public ids, if it concerns them."""
    change = db.session.scalar(
        whole_changes().where(MeetingChange.uid == uid).execution_options(populate_existing=True)
    )
    for consent in change.consents if change is not None else ():
        if change is not None and consent.registration.uid == reader_uid:
            return as_seen_by(change, consent.registration_id)
    return None


def asked_for_times(request_ids: Collection[int], *, now: datetime) -> set[int]:
    """Name the agreed requests for which others were asked to move, and have not all answered."""
    asked = select(MeetingChange.request_id).where(
        MeetingChange.is_open, MeetingChange.expires_at > now, MeetingChange.request_id.in_(request_ids)
    )
    return {request_id for request_id in db.session.scalars(asked) if request_id is not None}


def busy_meetings(event_id: int, *, now: datetime) -> set[int]:
    """Name the meetings of an event about which somebody is asked at this moment."""
    return set(
        db.session.scalars(
            select(ChangeMove.meeting_id)
            .join(MeetingChange, MeetingChange.id == ChangeMove.change_id)
            .where(MeetingChange.event_id == event_id, ChangeMove.is_open, MeetingChange.expires_at > now)
        )
    )


@dataclass(frozen=True)
class Pending:
    """What is asked at an event at this moment: who waits or is asked, and the places that would be taken.

    Attributes:
        moves: meetings by their ids, and when they would be.
        places: when a request would get a time.
    """

    people: set[int]
    moves: list[tuple[int, datetime]]
    places: list[datetime]


def pending_at(event_id: int, *, now: datetime) -> Pending:
    """Sum up the open changes of an event."""
    found = db.session.scalars(
        select(MeetingChange)
        .where(MeetingChange.event_id == event_id, MeetingChange.is_open, MeetingChange.expires_at > now)
        .options(
            selectinload(MeetingChange.consents), selectinload(MeetingChange.moves), joinedload(MeetingChange.request)
        )
    ).all()
    return Pending(
        {consent.registration_id for each in found for consent in each.consents}
        | {who for each in found if each.request for who in (each.request.low_id, each.request.high_id)},
        [(move.meeting_id, move.to_at) for each in found for move in each.moves],
        [each.place_at for each in found if each.place_at is not None],
    )


def asked_by_organisers(event_id: int, *, limit: int) -> list[MeetingChange]:
    """List the changes for which organisers of an event asked, the open ones first and then the latest."""
    return list(
        db.session.scalars(
            whole_changes()
            .where(MeetingChange.event_id == event_id, MeetingChange.kind == ChangeKind.IMPROVEMENT)
            .order_by((MeetingChange.state != ChangeState.OPEN), MeetingChange.id.desc())
            .limit(limit)
        )
    )
