"""What people do with meetings, each act as a rule of the state machine."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from lsos.agenda import service as agenda
from lsos.checkin import service as checkin
from lsos.checkin.queries import present_ids
from lsos.db import db, new_uid, transaction
from lsos.meetings import (
    changing,
    direct,
    feedback,
    keeping_free,
    organisation_requests,
    preferring,
    queries,
    requesting,
    service,
    standing_in,
    swapping,
    walk_ups,
    wishing,
)
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.direct_rules import Bookable
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Avoidance, Meeting, MeetingParticipant, MeetingRequest, MeetingTable
from lsos.meetings.preferences import Preference
from lsos.meetings.rules import BOOKED, WishGrade
from lsos.meetings.walk_up_models import WalkUp
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.simulation import promises
from tests.meetings.forum import PEOPLE, Forum, any_row, any_slot, anybody, theirs


class People(Forum):
    """All that attendees can do."""

    # ---- wishes and requests

    @rule(one=anybody, other=anybody, grade=st.sampled_from([None, *WishGrade]))
    def wish(self, one, other, grade):
        with self.trying("wish"):
            wishing.wish(self.people[one], self.uid_of(other), grade, now=self.now)

    @rule(one=anybody, other=anybody, whole_organisation=st.booleans())
    def never(self, one, other, whole_organisation):
        with self.trying("never"):
            wishing.avoid(self.people[one], self.uid_of(other), whole_organisation=whole_organisation, now=self.now)
        self.known |= promises.against_a_never(self.scene.event_id)

    @rule(number=any_row)
    def after_all(self, number):
        uid = self.one_of(Avoidance, number)
        for owner in db.session.scalars(select(Avoidance.owner_id).where(Avoidance.uid == uid)).all():
            with self.trying("after all"):
                wishing.take_back(owner, uid)

    @rule(one=anybody, other=anybody)
    def ask(self, one, other):
        with self.trying("ask"):
            requesting.ask(self.people[one], self.uid_of(other), now=self.now)

    @rule(one=anybody, company=st.integers(0, 1), goes_on=st.booleans())
    def ask_organisation(self, one, company, goes_on):
        """Ask an organisation; where it goes on, whoever reads it hands it on to their colleague at once."""
        ours = select(Registration.organisation_id)
        uids = db.session.scalars(select(Organisation.uid).where(Organisation.id.in_(ours)).order_by(Organisation.id))
        with self.trying("ask an organisation"):
            asked = organisation_requests.ask_organisation(self.people[one], list(uids)[company], now=self.now)
            reader = asked.to_id
            if goes_on and reader is not None:
                with self.trying("hand on"):
                    organisation_requests.hand_on(asked.uid, self.colleague_of(reader, None), by=reader, now=self.now)

    @rule(number=any_row, by=theirs, to=theirs)
    def hand_on(self, number, by, to):
        uid = self.one_of(MeetingRequest, number)
        giver = self.one_of_it(MeetingRequest.to_id, MeetingRequest.uid == uid, by)
        with self.trying("hand on"):
            organisation_requests.hand_on(uid, self.colleague_of(giver, to), by=giver, now=self.now)

    @rule(number=any_row, who=anybody)
    def write(self, number, who):
        with self.trying("write"):
            requesting.write_note(self.one_of(MeetingRequest, number), "Why?", by=self.people[who], now=self.now)

    @rule(number=any_row, accept=st.booleans())
    def answer(self, number, accept):
        uid = self.one_of(MeetingRequest, number)
        for by in db.session.scalars(select(MeetingRequest.to_id).where(MeetingRequest.uid == uid)).all():
            with self.trying("accept" if accept else "decline"):
                requesting.answer(uid, by=by, accept=accept, now=self.now)

    @rule(number=any_row, who=anybody)
    def answer_for_somebody(self, number, who):
        with self.trying("accept"):
            requesting.answer(self.one_of(MeetingRequest, number), by=self.people[who], accept=True, now=self.now)

    @rule(number=any_row, who=anybody)
    def withdraw(self, number, who):
        with self.trying("withdraw"):
            requesting.withdraw(self.one_of(MeetingRequest, number), by=self.people[who], now=self.now)

    @rule(number=any_row, who=theirs)
    def look_for_a_time(self, number, who):
        uid = self.one_of(MeetingRequest, number)
        by = self.one_of_it(MeetingRequest.from_id, MeetingRequest.uid == uid, who)
        with self.trying("look for a time"):
            requesting.find_time(uid, by=by, now=self.now)

    @rule(one=anybody, other=anybody, slot=any_slot)
    def book_now(self, one, other, slot):
        with self.trying("book now"):
            direct.book_now(self.people[one], self.uid_of(other), self.times[slot], now=self.now)

    # ---- changes

    @rule(number=any_row, slot=any_slot, who=theirs)
    def propose_a_time(self, number, slot, who):
        uid = self.one_of(Meeting, number)
        by = self.one_of_it(Meeting.first_id, Meeting.uid == uid, who)
        with self.trying("propose a time"):
            changing.propose(uid, self.times[slot], by=by, now=self.now)

    @rule(number=any_row, who=theirs)
    def ask_others_to_move(self, number, who):
        uid = self.one_of(MeetingRequest, number)
        by = self.one_of_it(MeetingRequest.from_id, MeetingRequest.uid == uid, who)
        with self.trying("ask others to move"):
            swapping.ask_others(uid, by=by, now=self.now)

    @rule(number=any_row, who=anybody, says_yes=st.booleans())
    def answer_a_change(self, number, who, says_yes):
        with self.trying("answer a change"):
            changing.answer(self.one_of(MeetingChange, number), by=self.people[who], says_yes=says_yes, now=self.now)

    @rule(number=any_row, says_yes=st.booleans())
    def settle_a_change(self, number, says_yes):
        """Let everybody who was asked say the same, so that changes come to something."""
        uid = self.one_of(MeetingChange, number)
        asked = (
            select(ChangeConsent.registration_id)
            .join(MeetingChange, MeetingChange.id == ChangeConsent.change_id)
            .where(MeetingChange.uid == uid)
        )
        for one in db.session.scalars(asked).all():
            with self.trying("answer a change"):
                changing.answer(uid, by=one, says_yes=says_yes, now=self.now)

    @rule(number=any_row, who=st.none() | anybody)
    def take_a_change_back(self, number, who):
        by = None if who is None else self.people[who]
        with self.trying("take a change back"):
            changing.withdraw(self.one_of(MeetingChange, number), by=by, now=self.now)

    @rule(number=any_row, by=theirs, to=theirs)
    def send_a_colleague(self, number, by, to):
        uid = self.one_of(Meeting, number)
        sender = self.one_of_it((Meeting.first_id, Meeting.second_id)[number // 2 % 2], Meeting.uid == uid, by)
        with self.trying("send a colleague"):
            standing_in.send_instead(uid, self.colleague_of(sender, to), by=sender, now=self.now)

    @rule(number=any_row, by=theirs, who=theirs, comes=st.booleans())
    def bring_a_colleague(self, number, by, who, comes):
        uid = self.one_of(Meeting, number)
        sender = self.one_of_it((Meeting.first_id, Meeting.second_id)[number // 2 % 2], Meeting.uid == uid, by)
        if comes:
            with self.trying("bring a colleague"):
                standing_in.bring_along(uid, self.colleague_of(sender, who), by=sender, now=self.now)
            return
        brought = (
            select(Meeting.uid, Registration.uid, MeetingParticipant.beside_id)
            .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
            .join(Registration, Registration.id == MeetingParticipant.registration_id)
            .where(MeetingParticipant.beside_id.is_not(None))
        )
        for meeting, colleague, by_whom in db.session.execute(brought).all():
            with self.trying("leave a colleague out"):
                standing_in.leave_out(meeting, colleague, by=(by_whom if who is None else None) or sender, now=self.now)

    @rule(number=any_row, who=st.none() | anybody)
    def cancel(self, number, who):
        with self.trying("cancel"):
            by = None if who is None else self.people[who]
            service.cancel(self.one_of(Meeting, number), by=by, now=self.now)

    # ---- one's own time

    @rule(who=anybody, more=st.none() | st.integers(0, 2), bookable=st.sampled_from(Bookable))
    def prefer(self, who, more, bookable):
        """Nobody has to call off a meeting to wish for fewer: here they wish for no fewer than they have."""
        mine = MeetingParticipant.registration_id == self.people[who]
        had = len(db.session.scalars(select(MeetingParticipant.meeting_id).where(mine)).all())
        most = None if more is None else max(had + more, 1)
        with self.trying("prefer"):
            wished = Preference(bookable=bookable, most_meetings=most, most_a_day=most)
            preferring.save_preference(self.people[who], wished)

    @rule(who=anybody, slot=any_slot, is_open=st.booleans())
    def block(self, who, slot, is_open):
        with self.trying("unblock" if is_open else "block"):
            if is_open:
                service.unblock_slot(self.people[who], self.times[slot])
            else:
                service.block_slot(self.people[who], self.times[slot], now=self.now)

    @rule(who=anybody, slots=st.sets(any_slot, min_size=1), is_open=st.booleans())
    def keep_free(self, who, slots, is_open):
        times = [self.times[slot] for slot in slots]
        with self.trying("open again" if is_open else "keep free"):
            if is_open:
                keeping_free.open_again(self.people[who], times)
            else:
                keeping_free.keep_free(self.people[who], times, now=self.now)

    @rule(who=anybody, comes=st.booleans())
    def sign_up(self, who, comes):
        with self.trying("sign up" if comes else "leave a session"):
            if comes:
                agenda.sign_up(self.people[who], self.talk, meetings=queries.meeting_intervals, now=self.now)
            else:
                agenda.leave(self.people[who], self.talk, now=self.now)

    @rule(who=anybody)
    def leave(self, who):
        with transaction() as session:
            service.release_meetings(session, self.people[who], actor_id=None, now=self.now)
            session.get_one(Registration, self.people[who]).state = RegistrationState.CANCELLED

    # ---- on the day

    @rule(one=anybody, further=st.integers(0, 4), table=st.none() | any_row, then=st.none() | st.booleans())
    def ask_on_the_spot(self, one, further, table, then):
        """Ask somebody to sit down; they may say at once whether they will."""
        other = (one + further) % PEOPLE
        tables = db.session.scalars(select(MeetingTable.id).order_by(MeetingTable.id)).all()
        table_id = None if table is None or not tables else tables[table % len(tables)]
        with self.trying("ask on the spot"):
            walk_ups.ask(self.people[one], self.uid_of(other), table_id=table_id, here=set, now=self.now)
            if then is not None:
                self.answer_on_the_spot(-1, then)

    @rule(number=any_row, accept=st.booleans())
    def answer_on_the_spot(self, number, accept):
        uid = self.one_of(WalkUp, number)
        for by in db.session.scalars(select(WalkUp.to_id).where(WalkUp.uid == uid)).all():
            with self.trying("accept on the spot" if accept else "decline on the spot"):
                walk_ups.answer(uid, by=by, accept=accept, here=set, now=self.now)

    @rule(number=any_row, who=theirs)
    def take_back_on_the_spot(self, number, who):
        uid = self.one_of(WalkUp, number)
        by = self.one_of_it(WalkUp.from_id, WalkUp.uid == uid, who)
        with self.trying("take back on the spot"):
            walk_ups.withdraw(uid, by=by, now=self.now)

    @rule(number=any_row, who=anybody)
    def sit_down(self, number, who):
        meetings = db.session.scalars(select(Meeting).where(Meeting.state.in_(BOOKED)).order_by(Meeting.id)).all()
        if meetings:
            table = meetings[number % len(meetings)].table
            guest = db.session.get_one(Registration, self.people[who])
            with self.trying("sit down"):
                checkin.sit_at(self.event, table, guest, uid=new_uid(), now=self.now)

    @rule(number=any_row, impression=st.sampled_from(Impression), who=anybody)
    def say(self, number, impression, who):
        uid = self.one_of(Meeting, number)
        with self.trying("say how it was"):
            feedback.say(uid, by=self.people[who], impression=impression, present=present_ids, now=self.now)

    @rule(number=any_row)
    def say_the_opposite(self, number):
        """Let the two say different things, so that an organiser has something to settle."""
        uid = self.one_of(Meeting, number)
        for side, impression in ((Meeting.first_id, Impression.INFORMATIVE), (Meeting.second_id, Impression.MISSED)):
            by = self.one_of_it(side, Meeting.uid == uid, None)
            with self.trying("say how it was"):
                feedback.say(uid, by=by, impression=impression, present=present_ids, now=self.now)

    @rule(number=any_row, who=anybody, outcome=st.sampled_from(["", "pilot"]), wants_contact=st.booleans())
    def keep(self, number, who, outcome, wants_contact):
        with self.trying("keep"):
            feedback.keep(
                self.one_of(Meeting, number),
                by=self.people[who],
                outcome_code=outcome,
                private_note="",
                wants_contact=wants_contact,
                phone="",
                follow_up_on=None,
                present=present_ids,
                now=self.now,
                today=self.now.date(),
            )
