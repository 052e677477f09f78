"""What people do about the time of a meeting that stands: propose another, answer, take it back, send a colleague."""

from functools import partial

from sqlalchemy import select

from lsos.db import db
from lsos.meetings import changing, service, standing_in
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.simulation.world import World

#: At each look so many meetings are called off, handed to a colleague, or get another time proposed.
_CALL_OFF, _SEND, _PROPOSE = 0.012, 0.012, 0.01
#: So many take a colleague along instead of sending one.
_BRING = 0.4
#: Of those who are asked for another time so many say yes, or no; so many proposals are taken back.
_YES, _NO, _BACK = 0.55, 0.15, 0.05


def change_plans(world: World) -> None:
    """Let some call meetings off, send a colleague, or propose another time; and those who were asked, answer."""
    for uid, *pair in world.some(scheduled(world), _CALL_OFF):
        by = world.random.choice(pair)
        world.act("call off", partial(service.cancel, uid, by=by, now=world.now), *pair)
    _send_colleagues(world)
    _propose(world)
    _answer(world)


def scheduled(world: World) -> list[tuple[str, int, int]]:
    """List the meetings to come: public id, first, second."""
    rows = db.session.execute(
        select(Meeting.uid, Meeting.first_id, Meeting.second_id)
        .where(
            Meeting.event_id == world.event_id,
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at > world.now,
        )
        .order_by(Meeting.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _send_colleagues(world: World) -> None:
    people = world.everybody()
    organisations = {one.id: one.organisation_id for one in people}
    for uid, *pair in world.some(scheduled(world), _SEND):
        by = world.random.choice(pair)
        colleagues = [
            one for one in people if one.organisation_id is not None and one.organisation_id == organisations.get(by)
        ]
        if colleagues:
            to = world.random.choice(colleagues)
            if world.happens(_BRING):
                brought = partial(standing_in.bring_along, uid, to.uid, by=by, now=world.now)
                world.act("bring a colleague", brought, *pair, to.id)
            else:
                sent = partial(standing_in.send_instead, uid, to.uid, by=by, now=world.now)
                world.act("send a colleague", sent, *pair, to.id)


def _propose(world: World) -> None:
    for uid, *pair in world.some(scheduled(world), _PROPOSE):
        by, at = world.random.choice(pair), world.free_time(*pair)
        if at is not None:
            world.act("propose a time", partial(changing.propose, uid, at, by=by, now=world.now), *pair)


def _answer(world: World) -> None:
    rows = db.session.execute(
        select(MeetingChange.uid, MeetingChange.by_id, ChangeConsent.registration_id)
        .join(ChangeConsent, ChangeConsent.change_id == MeetingChange.id)
        .where(
            MeetingChange.event_id == world.event_id,
            MeetingChange.is_open,
            MeetingChange.expires_at > world.now,
            ChangeConsent.says_yes.is_(None),
        )
        .order_by(MeetingChange.id, ChangeConsent.registration_id)
    ).all()
    for uid, proposer, asked in rows:
        draw = world.random.random()
        if draw < _YES + _NO:
            is_yes = draw < _YES
            said = partial(changing.answer, uid, by=asked, says_yes=is_yes, now=world.now)
            world.act("agree to a change" if is_yes else "decline a change", said, asked)
        elif proposer is not None and draw > 1 - _BACK:
            world.act("take a proposal back", partial(changing.withdraw, uid, by=proposer, now=world.now), proposer)
