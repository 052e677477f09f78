"""Reads of a draft: every session as the organisers mean it to be, beside what is released, in a constant number."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionSignup, SessionStar, SessionWaiting
from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.drafting.content import Cast, Content, Parts, decode, encode
from lsos.drafting.models import ConflictSeverity, DraftSession, DraftStep, ProgrammeBuffers, Release, ReleaseDigest
from lsos.drafting.rules import Step, differing, to_undo
from lsos.events.models import Event, PersonAway, Room, RoomHours
from lsos.events.queries import rooms
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import BOOKED
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.timetabling.problem import Severity

_LATEST = datetime.max.replace(tzinfo=UTC)
#: Of an event, who has not said that they will speak, by the uid of the session.
Asker = Callable[[int], Mapping[str, frozenset[int]]]
_askers: list[Asker] = []


def add_asker(asker: Asker) -> None:
    """Let a room downstream say which speakers have not confirmed; once is enough."""
    if asker not in _askers:
        _askers.append(asker)


@dataclass(frozen=True)
class Buffers:
    """Minutes there have to be between two sessions in a room, and between two of somebody in different rooms."""

    room: int = 0
    person: int = 0


@dataclass(frozen=True)
class Draft:
    """The programme as its organisers mean it to be, with what is needed to judge it.

    Attributes:
        latest: the number of the last step; forms send it back as `seen`.
        contents: uid -> what the draft says of a session, in the order of time, what has no time at the end.
        released: uid -> what is released; a new session is not among them.
        session_ids: uid -> id of the released session.
        rooms: in their order.
        hours: room -> when it can be used; a room that is not here can always be used.
        names: person -> name, of everybody in a session.
        away: person -> when they cannot.
        confirmed: people in a session whose registration is confirmed.
        unsure: uid -> people who are asked to speak in it and have not said that they will, or not now.
        meetings: person in a session -> times of their 1:1 meetings.
        fans: uid -> registrations that have or wait for a seat in it, or, once confirmed, marked it with a star.
        signed_up: uid -> how many have a place.
        severities: name of a kind of conflict -> how bad it is here, where that is not what is usual.
        buffers: how much time there has to be between sessions.
    """

    event: Event
    latest: int
    contents: Mapping[str, Content]
    released: Mapping[str, Content]
    session_ids: Mapping[str, int]
    rooms: list[Room]
    hours: Mapping[int, list[Interval]]
    names: Mapping[int, str]
    away: Mapping[int, list[Interval]]
    confirmed: frozenset[int]
    unsure: Mapping[str, frozenset[int]]
    meetings: Mapping[int, list[Interval]]
    fans: Mapping[str, frozenset[int]]
    signed_up: Mapping[str, int]
    severities: Mapping[str, Severity] = field(default_factory=dict)
    buffers: Buffers = field(default_factory=Buffers)

    def having(self, uid: str, content: Content | None) -> "Draft":
        """Give the draft with one session changed, or without it."""
        others = {key: value for key, value in self.contents.items() if key != uid}
        return replace(self, contents=others if content is None else others | {uid: content})

    def parts_of(self, uid: str) -> Parts | None:
        """Give what the draft says of a session as JSON; None where it is not in the draft."""
        content = self.contents.get(uid)
        return None if content is None else encode(content)


def content_of(session: Session) -> Content:
    """Say what is released of a session."""
    return Content(
        code=session.code,
        title=session.title,
        abstract=session.abstract,
        format_id=session.format_id,
        focus_area_id=session.focus_area_id,
        zone_id=session.zone_id,
        room_id=session.room_id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        minutes=session.minutes,
        seats=session.seats,
        takes_signups=session.takes_signups,
        signup_opens_at=session.signup_opens_at,
        is_public=session.is_public,
        visibility=session.visibility,
        audience=tuple(sorted(one.participation_type_id for one in session.audience)),
        languages=tuple(session.languages),
        people=tuple(Cast(one.person_id, one.role) for one in session.people),
        partners=tuple(one.organisation_id for one in session.partners),
        equipment=tuple(session.equipment),
        is_locked=session.is_locked,
        is_withdrawn=session.withdrawn_at is not None,
    )


def released_of(event_id: int) -> list[Session]:
    """List the released sessions of an event, withdrawn ones too, with all that a content says."""
    return list(
        db.session.scalars(
            select(Session)
            .where(Session.event_id == event_id)
            .order_by(Session.id)
            .options(selectinload(Session.people), selectinload(Session.partners), selectinload(Session.audience))
        )
    )


def latest_step(event_id: int) -> int:
    """Give the number of the last step of a draft; 0 before the first."""
    return db.session.scalar(select(func.max(DraftStep.number)).where(DraftStep.event_id == event_id)) or 0


def overlays_of(event_id: int) -> list[DraftSession]:
    """List the sessions of which the draft says something else than what is released."""
    return list(
        db.session.scalars(select(DraftSession).where(DraftSession.event_id == event_id).order_by(DraftSession.id))
    )


def draft_of(event_id: int) -> Draft:
    """Read the whole draft of an event."""
    event = db.session.get_one(Event, event_id)
    sessions = released_of(event_id)
    released = {session.uid: content_of(session) for session in sessions}
    contents = released | {one.uid: decode(one.content) for one in overlays_of(event_id)}
    order = {uid: place for place, uid in enumerate(contents)}
    ordered = sorted(contents, key=lambda uid: (contents[uid].starts_at or _LATEST, order[uid]))
    everybody = {one for content in (*contents.values(), *released.values()) for one in content.person_ids}
    return Draft(
        event=event,
        latest=latest_step(event_id),
        contents={uid: contents[uid] for uid in ordered},
        released=released,
        session_ids={session.uid: session.id for session in sessions},
        rooms=rooms(event_id),
        hours=hours_of(event_id),
        names=_names(everybody),
        away=away_of(event_id),
        confirmed=_confirmed(event_id, everybody),
        unsure=_unsure(event_id),
        meetings=_meetings(event_id, everybody),
        fans=_fans(event_id),
        signed_up={session.uid: session.signed_up for session in sessions},
        severities=severities_of(event_id),
        buffers=buffers_of(event_id),
    )


def hours_of(event_id: int) -> dict[int, list[Interval]]:
    """Give the hours of the rooms of an event, by the room's id, in the order of time."""
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = db.session.execute(
        select(RoomHours.room_id, RoomHours.starts_at, RoomHours.ends_at)
        .join(RoomHours.room)
        .where(Room.event_id == event_id)
        .order_by(RoomHours.starts_at, RoomHours.id)
    )
    for room_id, starts_at, ends_at in rows:
        found[room_id].append(Interval(starts_at, ends_at))
    return dict(found)


def away_of(event_id: int) -> dict[int, list[Interval]]:
    """Say when people cannot be in a session of an event, by the person's id, in the order of time."""
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = db.session.execute(
        select(PersonAway.person_id, PersonAway.starts_at, PersonAway.ends_at)
        .where(PersonAway.event_id == event_id)
        .order_by(PersonAway.starts_at, PersonAway.id)
    )
    for person_id, starts_at, ends_at in rows:
        found[person_id].append(Interval(starts_at, ends_at))
    return dict(found)


def severities_of(event_id: int) -> dict[str, Severity]:
    """Say how bad each kind of conflict is at an event, where that is not what is usual."""
    rows = db.session.execute(
        select(ConflictSeverity.kind, ConflictSeverity.severity).where(ConflictSeverity.event_id == event_id)
    )
    return {row[0]: row[1] for row in rows}


def buffers_of(event_id: int) -> Buffers:
    """Say how much time there has to be between sessions of an event."""
    found = db.session.get(ProgrammeBuffers, event_id)
    return Buffers(found.room_minutes, found.person_minutes) if found else Buffers()


def _names(person_ids: Collection[int]) -> dict[int, str]:
    """Give names; whoever was erased since is not among them, and leaves the session with the next release."""
    found = db.session.scalars(select(Person).where(Person.id.in_(person_ids), Person.erased_at.is_(None)))
    return {person.id: person.name for person in found}


def _confirmed(event_id: int, person_ids: Collection[int]) -> frozenset[int]:
    return frozenset(
        db.session.scalars(
            select(Registration.person_id).where(
                Registration.event_id == event_id,
                Registration.person_id.in_(person_ids),
                Registration.state == RegistrationState.CONFIRMED,
            )
        )
    )


def _unsure(event_id: int) -> dict[str, frozenset[int]]:
    """Ask every room downstream that knows of speakers' answers."""
    found: dict[str, frozenset[int]] = {}
    for ask in _askers:
        for uid, them in ask(event_id).items():
            found[uid] = found.get(uid, frozenset()) | them
    return found


def _meetings(event_id: int, person_ids: Collection[int]) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = db.session.execute(
        select(Registration.person_id, Meeting.starts_at, Meeting.ends_at)
        .join(MeetingParticipant, MeetingParticipant.registration_id == Registration.id)
        .join(MeetingParticipant.meeting)
        .where(
            Meeting.event_id == event_id,
            Meeting.state.in_(BOOKED),
            Registration.person_id.in_(person_ids),
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )
    for person_id, starts_at, ends_at in rows:
        found[person_id].append(Interval(starts_at, ends_at))
    return dict(found)


def _fans(event_id: int) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    seats = [
        select(Session.uid, table.registration_id)
        .join(Session, Session.id == table.session_id)
        .where(Session.event_id == event_id)
        for table in (SessionSignup, SessionWaiting)
    ]
    starred = (
        select(Session.uid, SessionStar.registration_id)
        .join(Session, Session.id == SessionStar.session_id)
        .join(Registration, Registration.id == SessionStar.registration_id)
        .where(Session.event_id == event_id, Registration.state == RegistrationState.CONFIRMED)
    )
    for uid, registration_id in db.session.execute(union_all(starred, *seats)).all():
        found[uid].add(registration_id)
    return {uid: frozenset(them) for uid, them in found.items()}


def released_differences(draft: Draft) -> dict[str, list[str]]:
    """Name, by uid, the parts in which the draft differs from what is released; all parts of a new session."""
    found = {}
    for uid, content in draft.contents.items():
        there = draft.released.get(uid)
        if there is None or there != content:
            found[uid] = parts_differing(there, content)
    return found


def parts_differing(there: Content | None, content: Content) -> list[str]:
    """Name the parts in which a content differs from another, or from none."""
    return differing(encode(there) if there else {}, encode(content))


@dataclass(frozen=True)
class History:
    """The steps of a draft as somebody reads them, the latest first."""

    steps: list[DraftStep]

    def mine(self, by_id: int, draft: Draft) -> int | None:
        """Name the batch that undoing would take back; None where there is none."""
        return to_undo([as_step(step) for step in self.steps], by_id, draft.parts_of)


def as_step(step: DraftStep) -> Step:
    """Give what undoing asks of a step."""
    return Step(step.number, step.batch, step.by_id, step.undoes, step.uid, step.before, step.after)


def history_of(event_id: int, *, limit: int = 200) -> History:
    """Give the last steps of a draft with who made them, the latest first."""
    found = db.session.scalars(
        select(DraftStep)
        .where(DraftStep.event_id == event_id)
        .order_by(DraftStep.number.desc())
        .limit(limit)
        .options(joinedload(DraftStep.by))
    )
    return History(list(found))


def release_by_number(event_id: int, number: int) -> Release | None:
    """Find a release of an event."""
    return db.session.scalar(select(Release).where(Release.event_id == event_id, Release.number == number))


def letters_waiting(event_id: int) -> tuple[int, datetime | None]:
    """Count the people who will be told of a release, and say when the first of these releases was; None for nobody."""
    row = db.session.execute(
        select(func.count(ReleaseDigest.person_id.distinct()), func.min(Release.released_at))
        .join(ReleaseDigest.release)
        .where(Release.event_id == event_id, ReleaseDigest.written_at.is_(None))
    ).one()
    return row[0], row[1]


def releases_of(event_id: int) -> list[Release]:
    """List the releases of an event, the latest first, with their changes."""
    return list(
        db.session.scalars(
            select(Release)
            .where(Release.event_id == event_id)
            .order_by(Release.number.desc())
            .options(selectinload(Release.changes), joinedload(Release.by))
        )
    )
