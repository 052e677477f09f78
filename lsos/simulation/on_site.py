"""What people do at the event: they come in, sit down at their tables or do not, and say how it was."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import select

from lsos.checkin import service as checkin
from lsos.checkin.points import MAIN_DOOR, TABLES
from lsos.checkin.queries import arrived_on, present_ids
from lsos.db import db, new_uid
from lsos.meetings import feedback, walk_ups
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.simulation.world import Slot, World
from lsos.taxonomy.models import MeetingOutcome
from lsos.web.walk_ups import here_at

#: Of those whose day it is, so many come; most in the morning, and some with each slot after.
COME: Final = 0.86
_IN_THE_MORNING: Final = 0.8
#: Of those who are in the house so many sit down at their table; most say so with their own phone.
_SIT, _OWN_PHONE = 0.94, 0.7
#: Afterwards so many say how it was, and so many of these what came of it.
_SAY, _KEEP = 0.6, 0.35
#: With each slot so many ask somebody to sit down at once; so many of those look at their phone, and say yes.
_ON_THE_SPOT, _LOOKS, _YES = 0.03, 0.8, 0.75
#: Some who were not both scanned met all the same.
_MET_ANYHOW: Final = 0.2
_IMPRESSIONS: Final = {Impression.COOPERATION: 4, Impression.INFORMATIVE: 5, Impression.LITTLE: 2}


def draw_arrivals(world: World, slots: list[Slot], day: date) -> dict[int, list[tuple[int, str]]]:
    """Draw who comes on a day, by the slot before which they come in; those of the morning stand at -1."""
    rows = db.session.execute(
        select(Registration.id, Registration.badge_code, ParticipationType.days)
        .join(Registration.participation_type)
        .where(Registration.event_id == world.event_id, Registration.state == RegistrationState.CONFIRMED)
        .order_by(Registration.id)
    )
    coming: dict[int, list[tuple[int, str]]] = {}
    for registration_id, badge, days in rows:
        if (not days or day.isoformat() in days) and world.happens(COME):
            when = -1 if world.happens(_IN_THE_MORNING) else world.random.randrange(len(slots))
            coming.setdefault(when, []).append((registration_id, badge))
    return coming


def come_in(world: World, guests: list[tuple[int, str]]) -> None:
    """Let guests come in at the main door."""
    for registration_id, badge in guests:
        _scan(world, "come in", MAIN_DOOR, badge, registration_id)


def _scan(world: World, name: str, point: str, badge: str, *who: int) -> None:
    def scan() -> None:
        checkin.scan(
            world.event(), point, badge, uid=new_uid(), scanned_at=world.now, by_id=world.stage.organiser_id,
            now=world.now,
        )  # fmt: skip

    world.act(name, scan, *who)


def meet_at_once(world: World, slot: Slot) -> None:
    """Let some who are in the house ask another who is, and let these answer, where they do; some never look."""
    uids = {one.id: one.uid for one in world.who_meets()}
    here = sorted(arrived_on(world.event_id, world.day_of(slot.starts_at)) & uids.keys())

    who_is_here = here_at(world.event(), world.now)
    for me in world.some(here, _ON_THE_SPOT):
        other = world.random.choice(here)
        asked = world.act(
            "ask on the spot", partial(walk_ups.ask, me, uids[other], here=who_is_here, now=world.now), me, other
        )
        if asked is not None and asked.meeting is None and world.happens(_LOOKS):
            accept = world.happens(_YES)
            uid = asked.walk_up.uid
            said = partial(walk_ups.answer, uid, by=other, accept=accept, here=who_is_here, now=world.now)
            world.act("accept on the spot" if accept else "decline on the spot", said, me, other)


def sit_down(world: World, slot: Slot) -> None:
    """Let those who are in the house sit down at the tables of a slot that has begun."""
    here = arrived_on(world.event_id, world.day_of(slot.starts_at))
    badges = {row[0]: row[1] for row in db.session.execute(select(Registration.id, Registration.badge_code))}
    for meeting in _meetings(slot, [MeetingState.SCHEDULED]):
        people = meeting.first_id, meeting.second_id
        for one in people:
            if one not in here or not world.happens(_SIT):
                continue
            if world.happens(_OWN_PHONE):
                world.act("sit down", partial(_sit_at, world, one, meeting.table_id or 0), *people)
            else:
                _scan(world, "sit down", TABLES, badges[one], *people)


def _meetings(slot: Slot, states: Collection[MeetingState]) -> Sequence[Meeting]:
    where = Meeting.slot_id == slot.id, Meeting.state.in_(states)
    return db.session.scalars(select(Meeting).where(*where).order_by(Meeting.id)).all()


def _sit_at(world: World, registration_id: int, table_id: int) -> None:
    guest = db.session.get_one(Registration, registration_id)
    table = db.session.get_one(MeetingTable, table_id)
    checkin.sit_at(world.event(), table, guest, uid=new_uid(), now=world.now)


def say_how_it_was(world: World, slot: Slot) -> None:
    """Let the people of a slot that is over say how it was; who sat there alone says that they did not meet."""
    meetings = _meetings(slot, BOOKED)
    present = {meeting.id: present_ids(meeting.id) for meeting in meetings}
    outcomes = db.session.scalars(select(MeetingOutcome.code).order_by(MeetingOutcome.code)).all()
    for meeting in meetings:
        people = meeting.first_id, meeting.second_id
        for one in people:
            if one not in present[meeting.id] or not world.happens(_SAY):
                continue
            impression = Impression.MISSED
            if len(present[meeting.id]) > 1 or world.happens(_MET_ANYHOW):
                impression = world.random.choices(list(_IMPRESSIONS), weights=list(_IMPRESSIONS.values()))[0]
            said = partial(feedback.say, meeting.uid, by=one, impression=impression, present=present_ids, now=world.now)
            world.act("say how it was", said, *people)
            if impression is not Impression.MISSED and world.happens(_KEEP):
                world.act("keep", partial(_keep, world, meeting.uid, one, world.random.choice(outcomes)), *people)


def _keep(world: World, uid: str, by: int, outcome: str) -> None:
    today = world.day_of(world.now)
    feedback.keep(
        uid,
        by=by,
        outcome_code=outcome,
        private_note="",
        wants_contact=world.happens(0.7),
        phone="",
        follow_up_on=today + timedelta(days=1) if world.happens(0.3) else None,
        present=present_ids,
        now=world.now,
        today=today,
    )
