"""A small event with meetings for a state machine: its people, its clock, and what must hold after every step."""

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import vobject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from sqlalchemy import select

from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.rules import Interval
from lsos.checkin.rules import PointKind
from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings import direct, places, requesting
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import (
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
)
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, MeetingState, RequestState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_rules import Right
from lsos.registration.rules import Direction
from lsos.simulation import promises
from lsos.taxonomy.models import MeetingOutcome
from lsos.texts import Bilingual
from tests import make
from tests.databases import Database

PEOPLE, SLOTS, TABLES, MOST, MOST_A_DAY, OPEN = 6, 4, 2, 3, 2, 2
MINUTES = 20
anybody = st.integers(0, PEOPLE - 1)
#: Who may do it with something that exists, or anybody: strangers are refused, and most are strangers.
theirs = st.none() | anybody
#: The last of them is only there while an organiser has made it.
any_slot = st.integers(0, SLOTS)
#: Which of the rows there are, however many.
any_row = st.integers(0, 50)


class Scene:
    """A small event on disk, and a quick way back to it."""

    def __init__(self, folder: Path) -> None:
        self.database = Database("sqlite", f"sqlite:///{folder / 'machine.db'}", folder)
        self._file, self._begin = folder / "machine.db", folder / "begin.db"
        with self.database.app.app_context():
            where = make.event(days=1)
            slots = make.meeting_grid(
                where,
                slots=SLOTS,
                tables=TABLES,
                minutes=MINUTES,
                max_per_person=MOST,
                max_per_day=MOST_A_DAY,
                max_open_requests=OPEN,
                mode=MeetingMode.NOW,
            )
            kinds = [make.participation_type(where, has_matchmaking=True) for _ in range(2)]
            make.right(kinds[0], kinds[1], Right.SEE)
            #: Two organisations with two people each, and two who come for themselves.
            companies = [make.organisation(), make.organisation(), None]
            pilot = make.cooperation_type("pilot-site")
            people = []
            for number in range(PEOPLE):
                company = companies[number // 2]
                who = make.registration(
                    where,
                    make.person(f"Gość{number}", email=f"guest{number}@example.org"),
                    participation_type=kinds[number == PEOPLE - 1],
                    organisation_id=company.id if company is not None else None,
                )
                make.listing(who, Direction.SEEK if number % 2 else Direction.OFFER, pilot)
                people.append(who)
            #: Most acts need something to be there: two meetings, one of them during the talk, a request, and two who
            #: have no time yet.
            for place, (one, other) in enumerate([(0, 2), (1, 3)]):
                direct.book_now(people[one].id, people[other].uid, slots[place].starts_at, now=make.BEFORE)
            requesting.ask(people[4].id, people[0].uid, now=make.BEFORE)
            make.meeting_request(people[2], people[1], state=RequestState.ACCEPTED)
            make.add(MeetingOutcome(code="pilot", name=Bilingual("pilotaż", "pilot")))
            make.point(where, PointKind.TABLES, code="tables")
            make.session(where, starts_at=slots[1].starts_at, minutes=MINUTES)
            self.event_id = where.id
            #: The last connection to close writes all into the one file that is copied.
            db.session.remove()
            db.engine.dispose()
        shutil.copyfile(self._file, self._begin)

    def reset(self) -> None:
        """Forget all that was done."""
        with self.database.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._begin, self._file)


class Forum(RuleBasedStateMachine):
    """One event and all its doors; every step may be refused, none may break a promise."""

    scene: Scene
    #: How often each act was done and not refused, over all orders of steps.
    done: ClassVar[Counter[str]]

    @initialize()
    def begin(self) -> None:
        self.scene.reset()
        self.context = self.scene.database.app.app_context()
        self.context.push()
        self.now = make.BEFORE
        self.people = list(db.session.scalars(select(Registration.id).order_by(Registration.id)))
        self.kinds = list(db.session.scalars(select(ParticipationType.code).order_by(ParticipationType.id)))
        self.grid = places.slots_of(self.scene.event_id)
        step = self.grid[1].starts_at - self.grid[0].starts_at
        self.times = [*(slot.starts_at for slot in self.grid), self.grid[-1].starts_at + step]
        self.talk = db.session.scalars(select(Session.id)).one()
        #: Meetings that stood before one of the two said "never".
        self.known: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "context"):
            try:
                self.calendars_show_what_is_booked()
            finally:
                db.session.remove()
                self.context.pop()

    # ---- for the acts

    @contextlib.contextmanager
    def trying(self, act: str) -> Iterator[None]:
        """Do something that may be refused, and count it if it is not."""
        try:
            yield
        except (Refused, NotFound):
            return
        self.done[act] += 1

    def one_of(self, table: Any, number: int) -> str:
        """Pick a row that exists; if none does, an id that nothing has."""
        uids = list(db.session.scalars(select(table.uid).order_by(table.id)))
        return uids[number % len(uids)] if uids else "nothing"

    def one_of_it(self, side: Any, which: Any, who: int | None) -> int:
        """Give one of a meeting's or a request's people, or somebody who is said."""
        theirs = db.session.scalar(select(side).where(which)) if who is None else None
        return theirs or self.people[who or 0]

    def colleague_of(self, registration_id: int, who: int | None) -> str:
        """Give the other one of somebody's organisation, or somebody who is said."""
        place = self.people.index(registration_id) ^ 1
        return self.uid_of(place if who is None else who)

    def uid_of(self, number: int) -> str:
        return db.session.get_one(Registration, self.people[number]).uid

    def most_meetings(self) -> int:
        """Say how many meetings whoever has most of them has."""
        mine = MeetingParticipant.registration_id
        here = select(mine).join(MeetingParticipant.meeting).where(Meeting.state.in_(BOOKED))
        return max(Counter(db.session.scalars(here)).values(), default=0)

    def most_open_requests(self) -> int:
        """Say how many open requests whoever has most of them has."""
        here = select(MeetingRequest.from_id).where(MeetingRequest.state == RequestState.OPEN)
        return max(Counter(db.session.scalars(here)).values(), default=0)

    @property
    def event(self) -> Event:
        return db.session.get_one(Event, self.scene.event_id)

    # ---- what must hold

    @invariant()
    def promises_hold(self) -> None:
        if not hasattr(self, "context"):
            return
        db.session.rollback()
        promises.check(self.scene.event_id, now=self.now, known=self.known)
        meetings = db.session.scalars(select(Meeting).where(Meeting.state != MeetingState.CANCELLED)).all()
        slots = {slot.id: slot for slot in db.session.scalars(select(MeetingSlot))}
        assert max(Counter((m.slot_id, m.table_id) for m in meetings).values(), default=1) == 1
        assert max(Counter((m.first_id, m.second_id) for m in meetings).values(), default=1) == 1
        seats = [(p.registration_id, p.slot_id) for m in meetings for p in m.participants]
        assert max(Counter(seats).values(), default=1) == 1
        for meeting in meetings:
            assert meeting.slot_id is not None
            assert {p.registration_id for p in meeting.participants} >= {meeting.first_id, meeting.second_id}
            assert {p.slot_id for p in meeting.participants} == {meeting.slot_id}
            assert meeting.starts_at == slots[meeting.slot_id].starts_at
        real = [meeting for meeting in meetings if meeting.state in BOOKED]
        load = Counter(p.registration_id for m in real for p in m.participants)
        assert max(load.values(), default=0) <= db.session.get_one(MeetingSettings, self.scene.event_id).max_per_person
        self.nobody_is_booked_over(real)
        self.requests_fit(real)

    def nobody_is_booked_over(self, real: list[Meeting]) -> None:
        """Nobody's session or own block lies under a meeting ahead."""
        talk = db.session.get_one(Session, self.talk).when
        assert talk is not None
        signed_up = set(db.session.scalars(select(SessionSignup.registration_id)))
        blocked = {(b.registration_id, b.slot_id) for b in db.session.scalars(select(BlockedSlot))}
        for meeting in real:
            for person in (one.registration_id for one in meeting.participants):
                assert (person, meeting.slot_id) not in blocked
                assert person not in signed_up or not talk.overlaps(Interval(meeting.starts_at, meeting.ends_at))

    def requests_fit(self, real: list[Meeting]) -> None:
        """A pair has one live request at most, and a meeting's request is an accepted one."""
        requests = db.session.scalars(select(MeetingRequest)).all()
        live = [request for request in requests if request.state in LIVE_REQUESTS]
        assert max(Counter((r.low_id, r.high_id) for r in live).values(), default=1) == 1
        by_id = {request.id: request for request in requests}
        for meeting in real:
            if meeting.request_id is not None:
                assert by_id[meeting.request_id].state is RequestState.ACCEPTED

    def calendars_show_what_is_booked(self) -> None:
        """Read every letter in its order: each calendar ends with exactly the meetings that are booked."""
        db.session.rollback()
        calendars: dict[str, dict[str, tuple[int, object]]] = {}
        for letter in db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)):
            mine = calendars.setdefault(letter.to_address, {})
            for file in letter.attachments:
                read = vobject.readOne(file.content.decode())
                uid, sequence = read.vevent.uid.value.partition("@")[0], int(read.vevent.sequence.value)
                assert sequence > mine.get(uid, (-1, None))[0]
                mine[uid] = (sequence, None if read.method.value == "CANCEL" else read.vevent.dtstart.value)
        booked: dict[str, dict[str, object]] = {}
        for meeting in db.session.scalars(select(Meeting).where(Meeting.state.in_(BOOKED))):
            for who in (one.registration for one in meeting.participants):
                booked.setdefault(who.person.email, {})[meeting.uid] = meeting.starts_at
        shown = {
            address: {uid: starts_at for uid, (_, starts_at) in mine.items() if starts_at is not None}
            for address, mine in calendars.items()
        }
        assert {address: mine for address, mine in shown.items() if mine} == booked
