"""Reads for paper: published meetings with their people, and what else those have planned; never a draft."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, distinct, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad as Load

from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.agenda.rules import SessionRole
from lsos.db import db
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.rules import BOOKED
from lsos.registration.models import Consent, Registration
from lsos.texts import alphabet_key
from lsos.zone.models import PitchSlot, ZoneApplication, ZoneCall


@dataclass(frozen=True)
class Sheet:
    """What is planned for one person: meetings, sessions with what they do in them, and their pitch."""

    owner: Registration
    meetings: list[Meeting]
    sessions: list[Session] = field(default_factory=list)
    #: By the id of a session.
    roles: Mapping[int, tuple[SessionRole, ...]] = field(default_factory=dict)
    pitch: PitchSlot | None = None


@dataclass(frozen=True)
class Extent:
    """How much there is to print."""

    people: int
    #: When each meeting starts, and at which table.
    places: list[tuple[datetime, int]]


def _published(event_id: int, whose: int | None = None) -> list[ColumnElement[bool]]:
    conditions = [Meeting.event_id == event_id, Meeting.state.in_(BOOKED)]
    if whose is not None:
        theirs = select(MeetingParticipant.meeting_id).where(MeetingParticipant.registration_id == whose)
        conditions.append(Meeting.id.in_(theirs))
    return conditions


def _people(event_id: int, whose: int | None = None) -> Select[int]:
    return (
        select(MeetingParticipant.registration_id)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(*_published(event_id, whose))
    )


def extent(event_id: int) -> Extent:
    """Say how much there is to print, without reading who meets whom."""
    people = db.session.scalar(
        select(func.count(distinct(MeetingParticipant.registration_id)))
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(*_published(event_id))
    )
    rows = db.session.execute(
        select(Meeting.starts_at, Meeting.table_id).where(*_published(event_id), Meeting.table_id.is_not(None))
    )
    return Extent(people or 0, [(starts_at, table_id) for starts_at, table_id in rows if table_id is not None])


def published(event_id: int, *, whose: int | None = None) -> tuple[list[Registration], list[Meeting]]:
    """Give the people with meetings in the order of the alphabet, and the meetings in that of time and table.

    `whose` limits it to one person's meetings, with those they meet.
    """
    people = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(_people(event_id, whose)))
        .options(
            joinedload(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
            selectinload(Registration.consents).joinedload(Consent.text),
        )
    ).all()
    meetings = db.session.scalars(
        select(Meeting)
        .where(*_published(event_id, whose))
        .options(
            joinedload(Meeting.table).joinedload(MeetingTable.room),
            joinedload(Meeting.slot),
            selectinload(Meeting.participants),
        )
    ).all()
    #: Each meeting holds its people from now on; whom nobody holds is forgotten, and asked for again one by one.
    for meeting in meetings:
        people_of(meeting)
    by_alphabet = sorted(people, key=lambda one: (alphabet_key(one.person.family_name, one.person.given_name), one.id))
    return by_alphabet, sorted(meetings, key=lambda one: (one.starts_at, one.table.number if one.table else 0, one.id))


def people_of(meeting: Meeting) -> list[Registration]:
    """List who is in a meeting: the two who agreed on it, then whom they bring."""
    known = {meeting.first_id: meeting.first, meeting.second_id: meeting.second}
    others = {row.registration_id: row.registration for row in meeting.participants if row.registration_id not in known}
    return [*known.values(), *(others[key] for key in sorted(others))]


def sheets(event_id: int) -> list[Sheet]:
    """Give what is planned for everybody with a meeting, in the order of the alphabet."""
    people, meetings = published(event_id)
    return _sheets(people, meetings, _people(event_id))


def sheet_of(mine: Registration) -> Sheet:
    """Give what is planned for one person, also where that is no meeting."""
    _others, meetings = published(mine.event_id, whose=mine.id)
    (found,) = _sheets([mine], meetings, select(Registration.id).where(Registration.id == mine.id))
    return found


def _sheets(people: list[Registration], meetings: list[Meeting], ids: Select[int]) -> list[Sheet]:
    theirs: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        for participant in meeting.participants:
            theirs[participant.registration_id].append(meeting)
    sessions: dict[int, dict[int, Session]] = defaultdict(dict)
    for signup in db.session.scalars(
        select(SessionSignup)
        .where(SessionSignup.registration_id.in_(ids))
        .options(*_with_place(joinedload(SessionSignup.session)))
    ):
        sessions[signup.registration_id][signup.session_id] = signup.session
    roles: dict[int, dict[int, tuple[SessionRole, ...]]] = defaultdict(dict)
    for registration_id, part in db.session.execute(
        select(Registration.id, SessionPerson)
        .join(SessionPerson, SessionPerson.person_id == Registration.person_id)
        .join(Session, (Session.id == SessionPerson.session_id) & (Session.event_id == Registration.event_id))
        .where(Registration.id.in_(ids))
        .order_by(SessionPerson.id)
        .options(*_with_place(joinedload(SessionPerson.session)))
    ):
        sessions[registration_id][part.session_id] = part.session
        so_far = roles[registration_id].get(part.session_id, ())
        roles[registration_id][part.session_id] = (*so_far, part.role)
    pitches = {
        pitch.application.registration_id: pitch
        for pitch in db.session.scalars(
            select(PitchSlot)
            .join(PitchSlot.application)
            .where(ZoneApplication.registration_id.in_(ids))
            .options(
                joinedload(PitchSlot.room),
                joinedload(PitchSlot.application),
                joinedload(PitchSlot.call).joinedload(ZoneCall.zone),
            )
        )
        if pitch.application is not None
    }
    return [
        Sheet(one, theirs[one.id], list(sessions[one.id].values()), roles=roles[one.id], pitch=pitches.get(one.id))
        for one in people
    ]


def _with_place(path: Load) -> list[Load]:
    return [path.joinedload(Session.room), path.joinedload(Session.format)]
