"""Everything people and organisers can do with meetings, in any order: what must never happen does not."""

import contextlib
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import vobject
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from lsos.agenda import service as agenda
from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.rules import Interval
from lsos.checkin import service as checkin
from lsos.checkin.queries import present_ids
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings import (
    changing,
    direct,
    feedback,
    organisation_requests,
    places,
    preferring,
    queries,
    requesting,
    service,
    standing_in,
    walk_ups,
    wishing,
)
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.direct_rules import Bookable, MeetingMode
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.locking import lock_meeting
from lsos.meetings.models import BlockedSlot, Meeting, MeetingParticipant, MeetingRequest, MeetingSlot
from lsos.meetings.preferences import Preference
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, MeetingState, RequestState, WishGrade
from lsos.meetings.tables import TableFacts, change_table
from lsos.meetings.walk_up_models import WalkUp
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.right_rules import Right
from lsos.registration.rules import Direction, RegistrationState
from lsos.scheduling import matching, publishing
from lsos.simulation import promises
from tests import make
from tests.databases import Database

PEOPLE, SLOTS, TABLES, MOST, MOST_A_DAY, OPEN = 6, 4, 2, 3, 2, 2
anybody = st.integers(0, PEOPLE - 1)
any_slot = st.integers(0, SLOTS - 1)
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
            for number in range(PEOPLE):
                company = companies[number // 2]
                who = make.registration(
                    where,
                    make.person(f"Gość{number}", email=f"guest{number}@example.org"),
                    participation_type=kinds[number == PEOPLE - 1],
                    organisation_id=company.id if company is not None else None,
                )
                make.listing(who, Direction.SEEK if number % 2 else Direction.OFFER, pilot)
            make.point(where, PointKind.TABLES, code="tables")
            make.session(where, starts_at=slots[1].starts_at, minutes=20)
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


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("machine"))


class Forum(RuleBasedStateMachine):
    """One event and all its doors; every step may be refused, none may break a promise."""

    scene: Scene

    @initialize()
    def begin(self):
        self.scene.reset()
        self.context = self.scene.database.app.app_context()
        self.context.push()
        self.now = make.BEFORE
        self.people = list(db.session.scalars(select(Registration.id).order_by(Registration.id)))
        self.slots = places.slots_of(self.scene.event_id)
        self.times = [slot.starts_at for slot in self.slots]
        self.talk = db.session.scalars(select(Session.id)).one()
        #: Meetings that stood before one of the two said "never".
        self.known: set[int] = set()

    def teardown(self):
        if hasattr(self, "context"):
            try:
                self.calendars_show_what_is_booked()
            finally:
                db.session.remove()
                self.context.pop()

    def one_of(self, table, number):
        """Pick a row that exists, if any does."""
        uids = list(db.session.scalars(select(table.uid).order_by(table.id)))
        return uids[number % len(uids)] if uids else None

    def uid_of(self, number):
        return db.session.get_one(Registration, self.people[number]).uid

    @property
    def event(self) -> Event:
        return db.session.get_one(Event, self.scene.event_id)

    @rule(one=anybody, other=anybody)
    def ask(self, one, other):
        with contextlib.suppress(Refused):
            requesting.ask(self.people[one], self.uid_of(other), now=self.now)

    @rule(one=anybody, other=anybody, grade=st.sampled_from([None, *WishGrade]))
    def wish(self, one, other, grade):
        with contextlib.suppress(Refused):
            wishing.wish(self.people[one], self.uid_of(other), grade, now=self.now)

    @rule(one=anybody, other=anybody, whole_organisation=st.booleans())
    def never(self, one, other, whole_organisation):
        with contextlib.suppress(Refused):
            wishing.avoid(self.people[one], self.uid_of(other), whole_organisation=whole_organisation, now=self.now)
        self.known |= promises.against_a_never(self.scene.event_id)

    @rule(one=anybody, company=st.integers(0, 1))
    def ask_organisation(self, one, company):
        ours = select(Registration.organisation_id)
        uids = db.session.scalars(select(Organisation.uid).where(Organisation.id.in_(ours)).order_by(Organisation.id))
        with contextlib.suppress(Refused):
            organisation_requests.ask_organisation(self.people[one], list(uids)[company], now=self.now)

    @rule(number=any_row, by=anybody, to=anybody)
    def hand_on(self, number, by, to):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            with contextlib.suppress(Refused):
                organisation_requests.hand_on(uid, self.uid_of(to), by=self.people[by], now=self.now)

    @rule(number=any_row, by=anybody, to=anybody)
    def send_a_colleague(self, number, by, to):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused):
                standing_in.send_instead(uid, self.uid_of(to), by=self.people[by], now=self.now)

    @rule(number=any_row, by=anybody, who=anybody, comes=st.booleans())
    def bring_a_colleague(self, number, by, who, comes):
        if (uid := self.one_of(Meeting, number)) is not None:
            act = standing_in.bring_along if comes else standing_in.leave_out
            with contextlib.suppress(Refused):
                act(uid, self.uid_of(who), by=self.people[by], now=self.now)

    @rule(one=anybody, other=anybody, slot=any_slot)
    def book_now(self, one, other, slot):
        with contextlib.suppress(Refused):
            direct.book_now(self.people[one], self.uid_of(other), self.times[slot], now=self.now)

    @rule(who=anybody, more=st.none() | st.integers(0, 2), bookable=st.sampled_from(Bookable))
    def prefer(self, who, more, bookable):
        """Nobody has to call off a meeting to wish for fewer: here they wish for no fewer than they have."""
        mine = select(func.count()).where(MeetingParticipant.registration_id == self.people[who])
        had = db.session.scalar(mine) or 0
        most = None if more is None else max(had + more, 1)
        preferring.save_preference(self.people[who], Preference(bookable=bookable, most_meetings=most, most_a_day=most))

    @rule(number=any_row, slot=any_slot, who=anybody)
    def propose_a_time(self, number, slot, who):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused):
                changing.propose(uid, self.times[slot], by=self.people[who], now=self.now)

    @rule(number=any_row, who=anybody, says_yes=st.booleans())
    def answer_a_change(self, number, who, says_yes):
        if (uid := self.one_of(MeetingChange, number)) is not None:
            with contextlib.suppress(Refused):
                changing.answer(uid, by=self.people[who], says_yes=says_yes, now=self.now)

    @rule(number=any_row, says_yes=st.booleans())
    def settle_a_change(self, number, says_yes):
        """Let everybody who was asked say the same, so that changes come to something."""
        if (uid := self.one_of(MeetingChange, number)) is not None:
            asked = (
                select(ChangeConsent.registration_id)
                .join(MeetingChange, MeetingChange.id == ChangeConsent.change_id)
                .where(MeetingChange.uid == uid)
            )
            for one in db.session.scalars(asked).all():
                with contextlib.suppress(Refused):
                    changing.answer(uid, by=one, says_yes=says_yes, now=self.now)

    @rule(table=st.integers(1, TABLES), closed=st.sets(any_slot), host=st.none() | anybody)
    def keep_a_table(self, table, closed, host):
        host_id = None if host is None else db.session.get_one(Registration, self.people[host]).organisation_id
        slots = frozenset(self.slots[slot].id for slot in closed)
        with contextlib.suppress(Refused):
            change_table(self.scene.event_id, table, TableFacts(host_id=host_id, closed=slots), by=None)

    @rule(number=any_row, who=anybody)
    def write(self, number, who):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            with contextlib.suppress(Refused):
                requesting.write_note(uid, "Why?", by=self.people[who], now=self.now)

    @rule(one=anybody, other=anybody)
    def ask_on_the_spot(self, one, other):
        with contextlib.suppress(Refused):
            walk_ups.ask(self.people[one], self.uid_of(other), here=set, now=self.now)

    @rule(number=any_row, accept=st.booleans())
    def answer_on_the_spot(self, number, accept):
        if (uid := self.one_of(WalkUp, number)) is not None:
            by = db.session.scalars(select(WalkUp.to_id).where(WalkUp.uid == uid)).one()
            with contextlib.suppress(Refused):
                walk_ups.answer(uid, by=by, accept=accept, here=set, now=self.now)

    @rule(number=any_row, is_locked=st.booleans())
    def lock(self, number, is_locked):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused):
                lock_meeting(self.scene.event_id, uid, is_locked=is_locked, by=None, now=self.now)

    @rule(number=any_row, impression=st.sampled_from(Impression), who=anybody)
    def say(self, number, impression, who):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused):
                feedback.say(uid, by=self.people[who], impression=impression, present=present_ids, now=self.now)

    @rule(number=any_row, accept=st.booleans())
    def answer(self, number, accept):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            by = db.session.scalars(select(MeetingRequest.to_id).where(MeetingRequest.uid == uid)).one()
            with contextlib.suppress(Refused):
                requesting.answer(uid, by=by, accept=accept, now=self.now)

    @rule(number=any_row, who=anybody)
    def answer_for_somebody(self, number, who):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            with contextlib.suppress(Refused):
                requesting.answer(uid, by=self.people[who], accept=True, now=self.now)

    @rule(number=any_row, who=anybody)
    def withdraw(self, number, who):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            with contextlib.suppress(Refused):
                requesting.withdraw(uid, by=self.people[who], now=self.now)

    @rule(number=any_row, who=anybody)
    def look_for_a_time(self, number, who):
        if (uid := self.one_of(MeetingRequest, number)) is not None:
            with contextlib.suppress(Refused):
                requesting.find_time(uid, by=self.people[who], now=self.now)

    @rule(number=any_row, who=st.none() | anybody)
    def cancel(self, number, who):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused, NotFound):
                service.cancel(uid, by=None if who is None else self.people[who], now=self.now)

    @rule(number=any_row, slot=any_slot, table=st.none() | st.integers(1, TABLES))
    def move(self, number, slot, table):
        if (uid := self.one_of(Meeting, number)) is not None:
            with contextlib.suppress(Refused, NotFound):
                service.move(uid, self.times[slot], table_number=table, actor_id=None, now=self.now)

    @rule(who=anybody, slot=any_slot)
    def block(self, who, slot):
        with contextlib.suppress(Refused):
            service.block_slot(self.people[who], self.times[slot], now=self.now)

    @rule(who=anybody, slot=any_slot)
    def unblock(self, who, slot):
        service.unblock_slot(self.people[who], self.times[slot])

    @rule(who=anybody)
    def sign_up(self, who):
        with contextlib.suppress(Refused):
            agenda.sign_up(self.people[who], self.talk, meetings=queries.meeting_intervals, now=self.now)

    @rule()
    def run(self):
        matching.run_matching(self.event, by=None, now=self.now, seconds=0.05)

    @rule()
    def publish(self):
        publishing.publish(self.event, by=None, now=self.now)

    @rule()
    def discard(self):
        matching.discard(self.event, by=None)

    @rule(hours=st.integers(1, 80))
    def time_passes(self, hours):
        self.now = min(self.now + timedelta(hours=hours), self.times[2])
        requesting.expire_requests(now=self.now)
        walk_ups.expire(now=self.now)
        changing.expire_changes(now=self.now)

    @rule(who=anybody)
    def leave(self, who):
        with transaction() as session:
            service.release_meetings(session, self.people[who], actor_id=None, now=self.now)
            session.get_one(Registration, self.people[who]).state = RegistrationState.CANCELLED

    @rule(number=any_row)
    def both_sit_down(self, number):
        if (uid := self.one_of(Meeting, number)) is not None:
            meeting = db.session.scalars(select(Meeting).where(Meeting.uid == uid)).one()
            then = meeting.starts_at
            for badge in (meeting.first.badge_code, meeting.second.badge_code):
                checkin.scan(self.event, "tables", badge, uid=new_uid(), scanned_at=then, by_id=None, now=then)

    @invariant()
    def promises_hold(self):
        if not hasattr(self, "context"):
            return
        db.session.rollback()
        promises.check(self.scene.event_id, now=self.now, known=self.known)
        meetings = db.session.scalars(select(Meeting).where(Meeting.state != MeetingState.CANCELLED)).all()
        slots = {slot.id: slot for slot in db.session.scalars(select(MeetingSlot))}
        assert max(Counter((m.slot_id, m.table_id) for m in meetings).values(), default=1) == 1
        assert max(Counter((m.first_id, m.second_id) for m in meetings).values(), default=1) == 1
        places = [(p.registration_id, p.slot_id) for m in meetings for p in m.participants]
        assert max(Counter(places).values(), default=1) == 1
        for meeting in meetings:
            assert meeting.slot_id is not None
            assert {p.registration_id for p in meeting.participants} >= {meeting.first_id, meeting.second_id}
            assert {p.slot_id for p in meeting.participants} == {meeting.slot_id}
            assert meeting.starts_at == slots[meeting.slot_id].starts_at
        real = [meeting for meeting in meetings if meeting.state in BOOKED]
        load = Counter(p.registration_id for m in real for p in m.participants)
        assert max(load.values(), default=0) <= MOST
        self.nobody_is_booked_over(real)
        self.requests_fit(real)

    def nobody_is_booked_over(self, real):
        """Nobody's session or own block lies under a meeting ahead."""
        talk = db.session.get_one(Session, self.talk).when
        assert talk is not None
        signed_up = set(db.session.scalars(select(SessionSignup.registration_id)))
        blocked = {(b.registration_id, b.slot_id) for b in db.session.scalars(select(BlockedSlot))}
        for meeting in real:
            for person in (one.registration_id for one in meeting.participants):
                assert (person, meeting.slot_id) not in blocked
                assert person not in signed_up or not talk.overlaps(Interval(meeting.starts_at, meeting.ends_at))

    def requests_fit(self, real):
        """A pair has one live request at most, and a meeting's request is an accepted one."""
        requests = db.session.scalars(select(MeetingRequest)).all()
        live = [request for request in requests if request.state in LIVE_REQUESTS]
        assert max(Counter((r.low_id, r.high_id) for r in live).values(), default=1) == 1
        by_id = {request.id: request for request in requests}
        for meeting in real:
            if meeting.request_id is not None:
                assert by_id[meeting.request_id].state is RequestState.ACCEPTED

    def calendars_show_what_is_booked(self):
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


def test_no_order_of_steps_breaks_a_promise(scene):
    run_state_machine_as_test(
        type("ForumHere", (Forum,), {"scene": scene}),
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
