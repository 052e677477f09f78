"""Invented people come in, sit in sessions and hold their meetings, as far as the clock has gone."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionSignup
from lsos.checkin.models import Arrival, MeetingPresence, Scan, ScanPoint
from lsos.checkin.rules import PointKind, Refusal, ScanResult
from lsos.editions.bulk import add_rows, add_with_ids, set_by_id
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import MeetingOutcome

#: Of those whose day it is, so many come on the first, and on each day after.
_COME: Final = (0.88, 0.78)
#: Of those who signed up for a session and came, so many are scanned at its room.
_SIT: Final = 0.8
#: Of meetings whose people both came, so many are held; of the others, most are noted as missed.
_HELD, _MISSED = 0.88, 0.9
_SCANNED_AGAIN: Final = 0.03
#: What people report of a meeting that was held, with how often; the rest say nothing.
_OUTCOMES: Final = {
    "follow-up": 30, "none": 12, "cooperation": 6, "consortium": 4, "pilot": 4, "investment": 2, "license": 2, "": 40,
}  # fmt: skip
#: How a meeting was of which little or nothing came; all others were promising.
_IMPRESSIONS: Final = {"none": Impression.LITTLE, "follow-up": Impression.INFORMATIVE}


def attend(
    session: DatabaseSession, event: Event, *, seed: int, now: datetime, only: Collection[int] | None, by_id: int
) -> int:
    """Let the invented guests of an event come in and meet, before `now` only.

    `only` names the registrations that are meant, None means all. Gives back how many came in.
    """
    if moment(event.starts_on, event.doors_open, event.timezone) > now:
        return 0
    return _Attendance(session, event, seed=seed, now=now, only=only, by_id=by_id).run()


class _Attendance:
    """What happens at the doors, in the rooms and at the tables, in the order of time."""

    def __init__(
        self,
        session: DatabaseSession,
        event: Event,
        *,
        seed: int,
        now: datetime,
        only: Collection[int] | None,
        by_id: int,
    ) -> None:
        self.session = session
        self.event = event
        self.now = now
        self.only = None if only is None else frozenset(only)
        self.by_id = by_id
        first = min(only, default=0) if only else 0
        self.random = Random(f"{seed}/{event.slug}/attendance/{first}")  # noqa: S311  # to be repeated
        self.zone = ZoneInfo(event.timezone)
        points = session.scalars(select(ScanPoint).where(ScanPoint.event_id == event.id).order_by(ScanPoint.position))
        self.points = list(points)
        self.sessions = self._signed_up()
        self.scans: list[dict[str, Any]] = []
        #: When each came in, by registration and day.
        self.came: dict[tuple[int, date], datetime] = {}
        #: Who is in which room on which day: a room lets in once a day.
        self.inside: set[tuple[int, int, date]] = set()
        self.states: dict[int, MeetingState] = {}
        self.outcomes: dict[int, int] = {}
        self.feedback: list[dict[str, Any]] = []

    def _signed_up(self) -> dict[int, list[Any]]:
        """Give the sessions that each signed up for, in the order of time."""
        found: dict[int, list[Any]] = defaultdict(list)
        rows = self.session.execute(
            select(SessionSignup.registration_id, Session.starts_at, Session.ends_at, Session.room_id)
            .join(SessionSignup.session)
            .where(Session.event_id == self.event.id, Session.starts_at.is_not(None))
            .order_by(Session.starts_at, Session.id)
        )
        for row in rows:
            found[row.registration_id].append(row)
        return found

    def run(self) -> int:
        doors = [point for point in self.points if point.kind is PointKind.DOOR]
        if not doors:
            return 0
        self._come_in(doors)
        self._turn_away(doors)
        self._sit_in_sessions()
        self._meet()
        self._write()
        return len({registration_id for registration_id, _ in self.came})

    def _scan(self, point: ScanPoint, guest: Any, at: datetime, result: ScanResult, **more: Any) -> None:
        self.scans.append(
            {
                "event_id": self.event.id,
                "point_id": point.id,
                "code": guest.badge_code,
                "registration_id": guest.id,
                "result": result,
                "reason": more.pop("reason", ""),
                "by_id": self.by_id,
                "scanned_at": at,
                "received_at": at,
                **more,
            }
        )

    # ---- doors

    def _come_in(self, doors: list[ScanPoint]) -> None:
        days = [day for day in self.event.days if moment(day, self.event.doors_open, self.event.timezone) <= self.now]
        self.guests = {guest.id: guest for guest in self._confirmed()}
        for guest in self.guests.values():
            for n, day in enumerate(days):
                if guest.days and day.isoformat() not in guest.days:
                    continue
                at = self._arrival(guest, day, n)
                if self.random.random() > _COME[min(n, 1)] or at > self.now:
                    continue
                self.came[guest.id, day] = at
                door = self.random.choice(doors)
                self._scan(door, guest, at, ScanResult.ADMITTED, arrival=(guest.id, day))
                again = at + timedelta(minutes=self.random.randint(15, 240))
                if self.random.random() < _SCANNED_AGAIN and again <= self.now:
                    self._scan(door, guest, again, ScanResult.AGAIN)

    def _confirmed(self) -> list[Any]:
        rows = self.session.execute(
            select(Registration.id, Registration.badge_code, ParticipationType.days, ParticipationType.is_light)
            .join(Registration.participation_type)
            .join(Registration.person)
            .where(
                Registration.event_id == self.event.id,
                Registration.state == RegistrationState.CONFIRMED,
                Person.is_invented,
            )
            .order_by(Registration.id)
        ).all()
        return [row for row in rows if self.only is None or row.id in self.only]

    def _arrival(self, guest: Any, day: date, n: int) -> datetime:
        """Draw when somebody comes: most in the first hour and a half, visitors of one session just before it."""
        opens = moment(day, self.event.doors_open, self.event.timezone)
        if guest.is_light:
            first = self._first_session(guest.id, day)
            if first is not None:
                return max(opens, first - timedelta(minutes=self.random.uniform(5, 40)))
        return opens + timedelta(minutes=self.random.triangular(0, 150, 35 + 15 * n))

    def _first_session(self, registration_id: int, day: date) -> datetime | None:
        starts = [one.starts_at for one in self.sessions.get(registration_id, ()) if self._local(one.starts_at) == day]
        return min(starts, default=None)

    def _local(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _turn_away(self, doors: list[ScanPoint]) -> None:
        """Let a few come whose registration is not confirmed, to be sent to the help desk."""
        reasons = {
            RegistrationState.CANCELLED: Refusal.CANCELLED,
            RegistrationState.PENDING: Refusal.PENDING,
            RegistrationState.WAITLISTED: Refusal.WAITLISTED,
        }
        rows = self.session.execute(
            select(Registration.id, Registration.badge_code, Registration.state)
            .where(Registration.event_id == self.event.id, Registration.state.in_(reasons))
            .order_by(Registration.id)
        ).all()
        for guest in [row for row in rows if self.only is None or row.id in self.only]:
            opens = moment(self.event.starts_on, self.event.doors_open, self.event.timezone)
            at = opens + timedelta(minutes=self.random.uniform(5, 200))
            if self.random.random() < 0.12 and at <= self.now:
                self._scan(doors[0], guest, at, ScanResult.REFUSED, reason=reasons[guest.state].name)

    # ---- rooms and tables

    def _sit_in_sessions(self) -> None:
        rooms = {point.room_id: point for point in self.points if point.kind is PointKind.ROOM}
        for guest in self.guests.values():
            for one in self.sessions.get(guest.id, ()):
                point, came = rooms.get(one.room_id), self.came.get((guest.id, self._local(one.starts_at)))
                if point is None or came is None or came >= one.ends_at or self.random.random() > _SIT:
                    continue
                at = max(came + timedelta(minutes=2), one.starts_at + timedelta(minutes=self.random.uniform(-10, 12)))
                place = (guest.id, point.id, self._local(at))
                if at <= min(self.now, one.ends_at) and place not in self.inside:
                    self.inside.add(place)
                    self._scan(point, guest, at, ScanResult.ADMITTED)

    def _meet(self) -> None:
        tables = next((point for point in self.points if point.kind is PointKind.TABLES), None)
        if tables is None:
            return
        begun = self.session.execute(
            select(Meeting.id, Meeting.first_id, Meeting.second_id, Meeting.starts_at, Meeting.ends_at)
            .where(
                Meeting.event_id == self.event.id,
                Meeting.state == MeetingState.SCHEDULED,
                Meeting.starts_at <= self.now,
            )
            .order_by(Meeting.starts_at, Meeting.id)
        ).all()
        outcomes = {row.code: row.id for row in self.session.execute(select(MeetingOutcome.code, MeetingOutcome.id))}
        for meeting in begun:
            people = [self.guests[one] for one in (meeting.first_id, meeting.second_id) if one in self.guests]
            if len(people) < 2:
                continue
            day = self._local(meeting.starts_at)
            arrivals = [self.came.get((guest.id, day)) for guest in people]
            are_both_in = all(at is not None and at < meeting.starts_at for at in arrivals)
            draw = self.random.random()
            if are_both_in and draw < _HELD:
                self._hold(tables, meeting, people, outcomes)
            elif meeting.ends_at <= self.now and draw < _MISSED:
                self.states[meeting.id] = MeetingState.NO_SHOW
                present = [
                    g for g, at in zip(people, arrivals, strict=True) if at is not None and at < meeting.starts_at
                ]
                for guest in present[:1]:
                    at = meeting.starts_at + timedelta(minutes=self.random.uniform(-3, 3))
                    self._scan(tables, guest, at, ScanResult.PRESENT, presence=(meeting.id, guest.id))

    def _hold(self, tables: ScanPoint, meeting: Any, people: list[Any], outcomes: dict[str, int]) -> None:
        """Scan both badges at the table; a meeting is held once both are."""
        times = [meeting.starts_at + timedelta(minutes=self.random.uniform(-3, 4)) for _ in people]
        for guest, at in zip(people, times, strict=True):
            if at <= self.now:
                self._scan(tables, guest, at, ScanResult.PRESENT, presence=(meeting.id, guest.id))
        if max(times) <= self.now:
            self.states[meeting.id] = MeetingState.HELD
            outcome = self.random.choices(list(_OUTCOMES), weights=list(_OUTCOMES.values()))[0]
            if outcome in outcomes and meeting.ends_at <= self.now:
                self.outcomes[meeting.id] = outcomes[outcome]
                self._say(meeting, outcome, outcomes[outcome])

    def _say(self, meeting: Any, outcome: str, outcome_id: int) -> None:
        """Let one of the two say what came of a meeting, and the other, in every second, only how it was."""
        impression = _IMPRESSIONS.get(outcome, Impression.COOPERATION)
        said: list[tuple[int, int | None]] = [(meeting.first_id, outcome_id)]
        if meeting.id % 2:
            said.append((meeting.second_id, None))
        for guest_id, what in said:
            self.feedback.append(
                {
                    "meeting_id": meeting.id,
                    "registration_id": guest_id,
                    "impression": impression,
                    "said_outcome_id": what,
                    "said_at": meeting.ends_at,
                    #: Where something may come of it, both stay in touch.
                    "wants_contact": impression is Impression.COOPERATION,
                }
            )

    # ---- writing down

    def _write(self) -> None:
        self.scans.sort(key=lambda scan: scan["scanned_at"])
        arrivals = [scan.pop("arrival", None) for scan in self.scans]
        presences = [scan.pop("presence", None) for scan in self.scans]
        ids = add_with_ids(self.session, Scan, self.scans)
        rows = list(zip(ids, self.scans, strict=True))
        add_rows(
            self.session,
            Arrival,
            [
                {
                    "event_id": self.event.id,
                    "registration_id": arrival[0],
                    "day": arrival[1],
                    "at": scan["scanned_at"],
                    "scan_id": scan_id,
                }
                for (scan_id, scan), arrival in zip(rows, arrivals, strict=True)
                if arrival
            ],
        )
        add_rows(
            self.session,
            MeetingPresence,
            [
                {
                    "meeting_id": presence[0],
                    "registration_id": presence[1],
                    "scan_id": scan_id,
                    "at": scan["scanned_at"],
                }
                for (scan_id, scan), presence in zip(rows, presences, strict=True)
                if presence
            ],
        )
        set_by_id(self.session, Meeting, "state", self.states)
        set_by_id(self.session, Meeting, "outcome_id", self.outcomes)
        add_rows(self.session, MeetingFeedback, self.feedback)
