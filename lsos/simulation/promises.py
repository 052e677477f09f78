"""What must never happen, asked of the database in one statement: after each act of those it touched, or of all.

It reads tables and asks no rule of the platform, so that a rule that is wrong is found out.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.checkin.models import MeetingPresence
from lsos.db import UtcDateTime, db
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.change_rules import ChangeState
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import (
    Avoidance,
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingPreference,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
    TableTime,
)
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, MeetingOrigin, MeetingState, RequestState
from lsos.meetings.walk_up_models import WalkUp
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.registration.rules import RegistrationState

#: Of a column that names a registration: whether it is looked at now.
Whose = Callable[[Any], ColumnElement[bool]]
Part = tuple[str, Select[int]]

#: What differs from one time to the next; the statement itself is written once, since it is asked after every act.
_EVENT: Any = literal_column(":event")
_NOW: Any = literal_column(":now")
#: So many people at most does one act touch.
_MOST = 8
_PEOPLE: list[ColumnElement[int]] = [literal_column(f":who{number}") for number in range(_MOST)]

AGAINST_A_NEVER = "a meeting of two of whom one never meets the other"


class Broken(AssertionError):
    """Something is in the database that must never be."""


def check(
    event_id: int, *, now: datetime, people: Collection[int] | None = None, known: Collection[int] = frozenset()
) -> None:
    """Look for what must never happen, among the meetings of some people or everywhere.

    Args:
        event_id: the event.
        now: the moment.
        people: registrations, a few; None means all.
        known: meetings that stood before one of their two said "never", which stay.

    Raises:
        Broken: it names each promise that does not hold, and the row.
    """
    values: dict[str, object] = {"event": event_id, "now": now}
    if people is not None:
        somebody, *others = people
        whom = [somebody, *others, *[somebody] * (_MOST - 1 - len(others))]
        values |= {f"who{number}": each for number, each in enumerate(whom)}
    found = db.session.execute(_everything(db.engine.dialect.name, people is not None), values).all()
    wrong = [row for row in found if row[0] != AGAINST_A_NEVER or row[1] not in known]
    if wrong:
        raise Broken("; ".join(f"{promise} ({row})" for promise, row in wrong))


def against_a_never(event_id: int) -> set[int]:
    """Give the real meetings of people of whom one never meets the other."""
    return {row[0] for row in db.session.execute(_written(_against_a_never(_anybody)), {"event": event_id})}


def _anybody(_column: Any) -> ColumnElement[bool]:
    return true()


def _somebody(column: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(_PEOPLE)
    return found


@cache
def _everything(_dialect: str, of_some: bool) -> TextClause:
    """Write the statement down; a database of another kind has it in its own words."""
    whose = _somebody if of_some else _anybody
    parts = [
        *_of_places(whose),
        *_of_people(whose),
        *_of_time(whose),
        *_of_requests(whose),
        *_of_those_who_left(whose),
        *_of_changes(),
        *_of_rights(whose),
        *_of_the_day(whose),
        (AGAINST_A_NEVER, _against_a_never(whose)),
    ]
    if not of_some:
        parts += _of_sessions()
    whole = _written(union_all(*(_named(promise, rows) for promise, rows in parts)))
    return whole.bindparams(bindparam("now", type_=UtcDateTime()))


def _written(statement: Any) -> TextClause:
    return text(str(statement.compile(db.engine, compile_kwargs={"literal_binds": True})))


def _named(promise: str, rows: Select[int]) -> Select[str, int]:
    found = rows.subquery()
    return select(literal(promise), next(iter(found.c)))


def _here(table: Any, whose: Whose) -> ColumnElement[bool]:
    """Say of a row that it is of the event; of somebody's rows so that a database finds them by the person instead."""
    of_event: ColumnElement[bool] = (table.event_id if whose is _anybody else table.event_id + 0) == _EVENT
    return of_event


def _of_places(whose: Whose) -> Iterator[Part]:
    one, other = aliased(Meeting), aliased(Meeting)
    of_one = _whose(one, whose)
    here = _here(one, whose)
    yield (
        "two meetings at one table",
        select(one.id)
        .join(other, and_(other.slot_id == one.slot_id, other.table_id == one.table_id, other.id != one.id))
        .where(here, of_one),
    )
    there = [one.state != MeetingState.CANCELLED, other.state != MeetingState.CANCELLED]
    yield (
        "a pair that meets twice",
        select(one.id)
        .join(other, and_(other.first_id == one.first_id, other.second_id == one.second_id, other.id != one.id))
        .where(here, of_one, *there),
    )
    yield (
        "a meeting at another time than its slot",
        select(one.id)
        .join(MeetingSlot, MeetingSlot.id == one.slot_id)
        .where(here, of_one, or_(MeetingSlot.starts_at != one.starts_at, MeetingSlot.ends_at != one.ends_at)),
    )

    is_open = exists().where(TableTime.table_id == one.table_id, TableTime.slot_id == one.slot_id)
    yield "a meeting at a closed table", select(one.id).where(here, of_one, one.table_id.is_not(None), ~is_open)
    host = MeetingTable.host_organisation_id
    is_theirs = exists().where(Registration.id.in_([one.first_id, one.second_id]), Registration.organisation_id == host)
    yield (
        "a meeting at the stand of others",
        select(one.id)
        .join(MeetingTable, MeetingTable.id == one.table_id)
        .where(here, of_one, host.is_not(None), ~is_theirs),
    )


def _of_changes() -> Iterator[Part]:
    missing = exists().where(ChangeConsent.change_id == MeetingChange.id, ChangeConsent.says_yes.is_not(True))
    yield (
        "a change that was made without the yes of all",
        select(MeetingChange.id).where(
            MeetingChange.event_id == _EVENT, MeetingChange.state == ChangeState.DONE, missing
        ),
    )


def _whose(meeting: Any, whose: Whose) -> ColumnElement[bool]:
    """Say of a meeting whether it is of somebody looked at, be it one whom another brings."""
    if whose is _anybody:
        return true()
    theirs = select(MeetingParticipant.meeting_id).where(whose(MeetingParticipant.registration_id))
    found: ColumnElement[bool] = meeting.id.in_(theirs)
    return found


def _of_people(whose: Whose) -> Iterator[Part]:
    one, other = aliased(MeetingParticipant), aliased(MeetingParticipant)
    here = _here(Meeting, whose)
    of_event = select(one.registration_id).join(Meeting, Meeting.id == one.meeting_id).where(here)
    yield (
        "somebody in two meetings of one slot",
        of_event.join(
            other,
            and_(
                other.registration_id == one.registration_id,
                other.slot_id == one.slot_id,
                other.meeting_id != one.meeting_id,
            ),
        ).where(whose(one.registration_id)),
    )
    yield (
        "somebody in another slot than their meeting",
        of_event.where(whose(one.registration_id), one.slot_id.is_distinct_from(Meeting.slot_id)),
    )
    limited = (
        of_event.join(Registration, Registration.id == one.registration_id)
        .join(ParticipationType, ParticipationType.id == Registration.participation_type_id)
        .join(MeetingSettings, MeetingSettings.event_id == Meeting.event_id)
        .outerjoin(MeetingPreference, MeetingPreference.registration_id == one.registration_id)
        .where(whose(one.registration_id), Meeting.state.in_(BOOKED))
    )
    own = MeetingPreference
    in_all = _least(func.coalesce(ParticipationType.max_meetings, MeetingSettings.max_per_person), own.most_meetings)
    a_day = _least(func.coalesce(ParticipationType.max_meetings_a_day, MeetingSettings.max_per_day), own.most_a_day)
    yield (
        "somebody with more meetings than they may have",
        limited.group_by(one.registration_id, in_all).having(func.count() > in_all),
    )
    yield (
        "somebody with more meetings on a day than they may have",
        limited.group_by(one.registration_id, a_day, func.date(Meeting.starts_at)).having(func.count() > a_day),
    )
    yield (
        "somebody brought along by nobody of the two",
        of_event.where(whose(one.registration_id), one.beside_id.not_in([Meeting.first_id, Meeting.second_id])),
    )
    for side in (Meeting.first_id, Meeting.second_id):
        is_there = exists().where(one.meeting_id == Meeting.id, one.registration_id == side)
        yield "a meeting without one of its two", select(Meeting.id).where(here, whose(side), ~is_there)


def _least(of_others: Any, own: Any) -> Any:
    """Give the lower of two numbers, of which either may be missing."""
    return case((of_others.is_(None), own), (own < of_others, own), else_=of_others)


def _of_time(whose: Whose) -> Iterator[Part]:
    seated = (
        select(Meeting.id)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(_here(Meeting, whose), Meeting.state.in_(BOOKED), whose(MeetingParticipant.registration_id))
    )
    who = MeetingParticipant.registration_id
    yield (
        "a meeting in a time that somebody keeps free",
        seated.join(
            BlockedSlot, and_(BlockedSlot.registration_id == who, BlockedSlot.slot_id == MeetingParticipant.slot_id)
        ),
    )
    overlaps = and_(Session.starts_at < Meeting.ends_at, Session.ends_at > Meeting.starts_at)
    yield (
        "a meeting during a session that somebody signed up for",
        seated.join(SessionSignup, SessionSignup.registration_id == who).join(
            Session, and_(Session.id == SessionSignup.session_id, overlaps)
        ),
    )
    yield (
        "a meeting during a session in which somebody speaks",
        seated.join(Registration, Registration.id == who)
        .join(SessionPerson, SessionPerson.person_id == Registration.person_id)
        .join(Session, and_(Session.id == SessionPerson.session_id, _here(Session, whose), overlaps)),
    )


def _of_requests(whose: Whose) -> Iterator[Part]:
    one, other = aliased(MeetingRequest), aliased(MeetingRequest)
    first, second = aliased(Meeting), aliased(Meeting)
    yield (
        "two requests of one pair under way",
        select(one.id)
        .join(other, and_(other.low_id == one.low_id, other.high_id == one.high_id, other.id != one.id))
        .where(
            _here(one, whose),
            or_(whose(one.low_id), whose(one.high_id)),
            one.state.in_(LIVE_REQUESTS),
            other.state.in_(LIVE_REQUESTS),
        ),
    )
    yield (
        "two meetings that came of one request",
        select(first.id)
        .join(second, and_(second.request_id == first.request_id, second.id != first.id))
        .where(_here(first, whose), _whose(first, whose), first.state.in_(BOOKED), second.state.in_(BOOKED)),
    )
    yield (
        "a meeting of a request that was not accepted",
        select(Meeting.id)
        .join(one, one.id == Meeting.request_id)
        .where(
            _here(Meeting, whose),
            _whose(Meeting, whose),
            Meeting.state.in_(BOOKED),
            one.state != RequestState.ACCEPTED,
        ),
    )
    yield (
        "a request to an organisation that waits for somebody else",
        select(one.id)
        .join(Registration, Registration.id == one.to_id)
        .where(
            _here(one, whose),
            or_(whose(one.low_id), whose(one.high_id)),
            one.state == RequestState.OPEN,
            one.to_organisation_id != func.coalesce(Registration.organisation_id, 0),
        ),
    )
    most = func.coalesce(ParticipationType.max_open_requests, MeetingSettings.max_open_requests)
    yield (
        "somebody with more open requests than may be",
        select(one.from_id)
        .join(Registration, Registration.id == one.from_id)
        .join(ParticipationType, ParticipationType.id == Registration.participation_type_id)
        .join(MeetingSettings, MeetingSettings.event_id == one.event_id)
        .where(_here(one, whose), whose(one.from_id), one.state == RequestState.OPEN, one.expires_at > _NOW)
        .group_by(one.from_id, most)
        .having(func.count() > most),
    )


def _of_rights(whose: Whose) -> Iterator[Part]:
    """Nobody asks whom their kind of participation may not ask; of an organisation's people, they do not choose one."""
    for promise, asked in (
        ("a request of somebody who may not ask", MeetingRequest),
        ("a meeting on the spot asked for by somebody who may not", WalkUp),
    ):
        rows = _with_right(select(asked.id), asked.from_id, asked.to_id)
        if asked is MeetingRequest:
            rows = rows.where(MeetingRequest.to_organisation_id.is_(None))
        yield promise, rows.where(_here(asked, whose), whose(asked.from_id))
    rows = _with_right(select(Meeting.id), Meeting.first_id, Meeting.second_id)
    yield (
        "a meeting of the matching of two of whom neither may ask the other",
        _with_right(rows, Meeting.second_id, Meeting.first_id).where(
            _here(Meeting, whose), _whose(Meeting, whose), Meeting.origin == MeetingOrigin.MATCHING
        ),
    )


def _with_right(rows: Select[int], viewer_id: Any, other_id: Any) -> Select[int]:
    """Keep the rows in which one may not ask another."""
    viewer, other, right = aliased(Registration), aliased(Registration), aliased(TypeRight)
    return (
        rows.join(viewer, viewer.id == viewer_id)
        .join(other, other.id == other_id)
        .join(
            right,
            and_(
                right.viewer_type_id == viewer.participation_type_id,
                right.other_type_id == other.participation_type_id,
                right.right != Right.ASK,
            ),
        )
    )


def _of_those_who_left(whose: Whose) -> Iterator[Part]:
    is_gone = Registration.state != RegistrationState.CONFIRMED
    yield (
        "a meeting ahead of somebody who does not come",
        select(Meeting.id)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .join(Registration, Registration.id == MeetingParticipant.registration_id)
        .where(
            _here(Meeting, whose),
            whose(MeetingParticipant.registration_id),
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at > _NOW,
            is_gone,
        ),
    )
    has_meeting = exists().where(Meeting.request_id == MeetingRequest.id, Meeting.state.in_(BOOKED))
    for side in (MeetingRequest.from_id, MeetingRequest.to_id):
        yield (
            "a request under way of somebody who does not come",
            select(MeetingRequest.id)
            .join(Registration, Registration.id == side)
            .where(
                _here(MeetingRequest, whose),
                whose(side),
                MeetingRequest.state.in_(LIVE_REQUESTS),
                is_gone,
                ~has_meeting,
            ),
        )


def _of_the_day(whose: Whose) -> Iterator[Part]:
    def was_scanned(side: Any) -> ColumnElement[bool]:
        of_side = select(MeetingParticipant.registration_id).where(
            MeetingParticipant.meeting_id == Meeting.id,
            or_(MeetingParticipant.registration_id == side, MeetingParticipant.beside_id == side),
        )
        return exists().where(
            MeetingPresence.meeting_id == Meeting.id, MeetingPresence.registration_id.in_(of_side.correlate(Meeting))
        )

    somebody_said = exists().where(
        MeetingFeedback.meeting_id == Meeting.id,
        or_(
            and_(MeetingFeedback.impression.is_not(None), MeetingFeedback.impression != Impression.MISSED),
            MeetingFeedback.said_outcome_id.is_not(None),
        ),
    )
    yield (
        "a meeting that was held although nobody saw or said it",
        select(Meeting.id).where(
            _here(Meeting, whose),
            _whose(Meeting, whose),
            Meeting.state == MeetingState.HELD,
            ~somebody_said,
            ~and_(was_scanned(Meeting.first_id), was_scanned(Meeting.second_id)),
        ),
    )


def _of_sessions() -> Iterator[Part]:
    signed_up = select(func.count()).where(SessionSignup.session_id == Session.id).correlate(Session).scalar_subquery()
    yield (
        "a session whose count of places is wrong",
        select(Session.id).where(
            Session.event_id == _EVENT,
            or_(Session.signed_up != signed_up, and_(Session.seats.is_not(None), Session.signed_up > Session.seats)),
        ),
    )


def _against_a_never(whose: Whose) -> Select[int]:
    owner, other = aliased(Registration), aliased(Registration)
    one, opposite = aliased(MeetingParticipant), aliased(MeetingParticipant)
    side, other_side = (func.coalesce(each.beside_id, each.registration_id) for each in (one, opposite))
    return (
        select(Meeting.id)
        .join(one, one.meeting_id == Meeting.id)
        .join(opposite, and_(opposite.meeting_id == Meeting.id, other_side != side))
        .join(owner, owner.id == one.registration_id)
        .join(other, other.id == opposite.registration_id)
        .join(
            Avoidance,
            and_(
                Avoidance.owner_id == owner.person_id,
                or_(Avoidance.person_id == other.person_id, Avoidance.organisation_id == other.organisation_id),
            ),
        )
        .where(_here(Meeting, whose), _whose(Meeting, whose), Meeting.state.in_(BOOKED))
    )
