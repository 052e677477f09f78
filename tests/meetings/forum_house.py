"""What organisers, the door and the worker do with meetings, each act as a rule of the state machine."""

from datetime import timedelta
from math import inf

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from lsos.agenda.models import Session, SessionPerson
from lsos.checkin import service as checkin
from lsos.checkin.models import Scan
from lsos.checkin.rules import UndoReason
from lsos.db import db, new_uid, transaction
from lsos.meetings import (
    blocks,
    changing,
    direct,
    feedback,
    improving,
    reminders,
    replanning,
    requesting,
    service,
    tables,
    walk_ups,
)
from lsos.meetings.blocks import BlockFacts
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.locking import lock_meeting
from lsos.meetings.models import Meeting, MeetingBlock, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import BOOKED
from lsos.meetings.tables import TableFacts
from lsos.meetings.walk_up_models import WalkUp
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_rules import Right
from lsos.registration.right_setting import set_rights
from lsos.scheduling import matching, publishing, runs
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.rules import RunKind, RunSettings
from lsos.stepping import Spell
from tests.meetings.forum import MINUTES, OPEN, SLOTS, TABLES, Forum, any_row, any_slot, anybody

SECONDS = 0.05


class House(Forum):
    """All that is done for attendees, or to them."""

    # ---- a schedule

    @rule()
    def run(self):
        with self.trying("run"):
            matching.run_matching(self.event, by=None, now=self.now, seconds=SECONDS, heeds_clock=False)

    @rule()
    def improve(self):
        with self.trying("improve"):
            keys = [each.key for each in improving.proposals(self.event, now=self.now)]
            improving.ask(self.event, keys, actor_id=None, now=self.now)

    @rule()
    def ask_for_a_run(self):
        with self.trying("ask for a run"):
            chosen = RunSettings(seconds=SECONDS, heeds_clock=False)
            runs.ask(self.event, RunKind.DRAFT, chosen, by=None, now=self.now)

    @rule(number=any_row)
    def cancel_a_run(self, number):
        with self.trying("cancel a run"):
            runs.cancel(self.scene.event_id, self.one_of(MatchingRun, number), by=None)

    @rule(rows=st.sampled_from([1, 100]))
    def publish(self, rows):
        with self.trying("publish"):
            publishing.publish(self.event, by=None, now=self.now, spell=Spell(rows, inf))

    @rule()
    def worker(self):
        """Do the run that waits, and go on with publishing."""
        if runs.take_up(clock=lambda: self.now):
            self.done["take a run up"] += 1
        publishing.go_on(now=self.now)

    @rule()
    def discard(self):
        with self.trying("discard"):
            matching.discard(self.event, by=None)

    @rule(number=any_row, is_locked=st.booleans())
    def lock(self, number, is_locked):
        uid = self.one_of(Meeting, number)
        with self.trying("lock"):
            lock_meeting(self.scene.event_id, uid, is_locked=is_locked, by=None, now=self.now)

    @rule(number=any_row, slot=any_slot, table=st.none() | st.integers(1, TABLES))
    def move(self, number, slot, table):
        uid = self.one_of(Meeting, number)
        with self.trying("move"):
            service.move(uid, self.times[slot], table_number=table, actor_id=None, now=self.now)

    @rule(who=anybody)
    def put_on_stage(self, who):
        """Let somebody speak; where a meeting of theirs then finds no other time, they are taken off again."""
        person_id = db.session.get_one(Registration, self.people[who]).person_id
        speaks = select(SessionPerson).where(SessionPerson.person_id == person_id)
        if db.session.scalars(speaks).first() is not None:
            return
        with transaction() as session:
            session.add(SessionPerson(session_id=self.talk, person_id=person_id))
        self.done["move out of the way"] += replanning.replan(self.event, by=None, now=self.now).moved
        meets_then = (
            select(Meeting.id)
            .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
            .join(Session, Session.starts_at < Meeting.ends_at)
            .where(
                MeetingParticipant.registration_id == self.people[who],
                Meeting.state.in_(BOOKED),
                Session.id == self.talk,
                Session.ends_at > Meeting.starts_at,
            )
        )
        with transaction() as session:
            if session.scalars(meets_then).first() is not None:
                session.delete(session.scalars(speaks).one())

    # ---- settings

    @rule(more=st.integers(0, 2), a_day=st.none() | st.integers(0, 2), requests=st.integers(0, OPEN))
    def limit(self, more, a_day, requests):
        """What there is stays, so nobody is given less than somebody has by now."""
        has = self.most_meetings()
        most = {
            "max_per_person": max(1, has + more),
            "max_per_day": None if a_day is None else max(1, has + a_day),
            "max_open_requests": max(1, self.most_open_requests() + requests),
        }
        with self.trying("limit"):
            requesting.set_limits(self.scene.event_id, most, by=self._organiser)

    @rule(mode=st.sampled_from([MeetingMode.NOW, MeetingMode.NOW, MeetingMode.LATER]))
    def choose_a_mode(self, mode):
        with self.trying("choose a mode"):
            direct.set_mode(self.scene.event_id, mode, by=self._organiser)

    @rule(viewer=st.integers(0, 1), other=st.integers(0, 1), right=st.sampled_from(Right))
    def say_who_may_ask(self, viewer, other, right):
        """What was asked and agreed before stays, so here only those are parted who have nothing with each other."""
        pair = self.kinds[viewer], self.kinds[other]
        if right is not Right.ASK and any(self._have_met(of, pair) for of in (MeetingRequest, WalkUp, Meeting)):
            return
        with self.trying("say who may ask"):
            set_rights(self.scene.event_id, {pair: right}, by=self._organiser)

    @staticmethod
    def _have_met(of, pair):
        ends = (of.first_id, of.second_id) if of is Meeting else (of.from_id, of.to_id)
        one, other = aliased(Registration), aliased(Registration)
        kind, its = aliased(ParticipationType), aliased(ParticipationType)
        found = (
            select(of.id)
            .join(one, one.id == ends[0])
            .join(other, other.id == ends[1])
            .join(kind, kind.id == one.participation_type_id)
            .join(its, its.id == other.participation_type_id)
            .where(or_((kind.code == pair[0]) & (its.code == pair[1]), (kind.code == pair[1]) & (its.code == pair[0])))
        )
        return db.session.scalars(found).first() is not None

    @property
    def _organiser(self) -> int:
        return db.session.get_one(Registration, self.people[0]).person_id

    @rule(table=st.integers(1, TABLES), closed=st.sets(any_slot), host=st.none() | anybody)
    def keep_a_table(self, table, closed, host):
        host_id = None if host is None else db.session.get_one(Registration, self.people[host]).organisation_id
        slots = frozenset(self.grid[slot].id for slot in closed if slot < SLOTS)
        with self.trying("keep a table"):
            tables.change_table(self.scene.event_id, table, TableFacts(host_id=host_id, closed=slots), by=None)

    @rule(number=st.integers(1, TABLES + 1), is_there=st.booleans())
    def bring_a_table(self, number, is_there):
        with self.trying("make a table" if is_there else "remove a table"):
            if is_there:
                tables.make_tables(self.scene.event_id, number, number, TableFacts(), by=None)
            else:
                tables.remove_table(self.scene.event_id, number, by=None)

    @rule(minutes=st.sampled_from([None, MINUTES, MINUTES - 5]))
    def make_more_time(self, minutes):
        """Make a block of one more slot, change how long it is, or take it away."""
        event_id = self.scene.event_id
        there = db.session.scalars(select(MeetingBlock.uid).where(MeetingBlock.event_id == event_id)).first()
        with self.trying("remove a block" if minutes is None else "save a block"):
            if minutes is None:
                blocks.remove_block(event_id, there or "nothing", by=None)
            else:
                begin = self.times[-1]
                facts = BlockFacts(begin, begin + timedelta(minutes=minutes), minutes, 5)
                blocks.save_block(event_id, there, facts, by=None)

    # ---- the day

    @rule(hours=st.integers(1, 80))
    def time_passes(self, hours):
        self.it_becomes(self.now + timedelta(hours=hours))

    #: Days of single hours would not reach the day within the steps there are.
    @rule(slot=st.integers(0, 2), minutes=st.integers(-10, 10))
    def the_day_comes(self, slot, minutes):
        self.it_becomes(self.times[slot] + timedelta(minutes=minutes))

    def it_becomes(self, moment):
        """Turn the clock on, and let happen what time alone does."""
        self.now = max(self.now, min(moment, self.times[2]))
        requesting.expire_requests(now=self.now)
        walk_ups.expire(now=self.now)
        changing.expire_changes(now=self.now)
        feedback.remind(now=self.now)
        reminders.write_due(now=self.now)

    @rule(number=any_row)
    def both_are_scanned(self, number):
        uid = self.one_of(Meeting, number)
        for meeting in db.session.scalars(select(Meeting).where(Meeting.uid == uid)).all():
            then = meeting.starts_at
            for badge in (meeting.first.badge_code, meeting.second.badge_code):
                with self.trying("scan"):
                    checkin.scan(self.event, "tables", badge, uid=new_uid(), scanned_at=then, by_id=None, now=then)

    @rule(number=any_row)
    def take_a_scan_back(self, number):
        scan = self.one_of(Scan, number)
        with self.trying("take a scan back"):
            checkin.undo(self.event, scan, uid=new_uid(), reason=UndoReason.MISTAKE, by_id=None, now=self.now)

    @rule(number=any_row, was_held=st.booleans())
    def settle(self, number, was_held):
        uid = self.one_of(Meeting, number)
        with self.trying("settle"):
            feedback.settle(self.scene.event_id, uid, was_held=was_held, actor_id=self._organiser)
