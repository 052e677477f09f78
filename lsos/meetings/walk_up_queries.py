"""Reads of meetings on the spot: who asks somebody now, whom they ask, and where the two could sit down."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.meetings import wishes
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingSlot
from lsos.meetings.places import (
    free_slots,
    local_day,
    open_tables,
    organisations_of,
    slots_of,
    table_for,
    taken_tables,
)
from lsos.meetings.queries import takes_part, whole_person
from lsos.meetings.rules import BOOKED, BookingRefusal
from lsos.meetings.walk_up_models import WalkUp
from lsos.meetings.walk_up_rules import (
    LASTS,
    WalkUpRefusal,
    WalkUpState,
    slots_at_once,
    standing,
    walk_up_refusal,
)
from lsos.registration.models import Registration
from lsos.registration.right_rules import may_ask
from lsos.registration.rights import right_between

#: Who of some registrations is in the house today; the room of scans lies above this one.
Here = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True)
class AtOnce:
    """What somebody has going on with meeting at once: who asks them, whom they ask, and what came of it."""

    incoming: list[WalkUp] = field(default_factory=list)
    asking: WalkUp | None = None
    #: What they asked last and the other said yes to, with the meeting, for some minutes.
    agreed: WalkUp | None = None
    #: What they asked last, while it is worth telling that nothing came of it.
    in_vain: WalkUp | None = None


def _whole() -> Select[WalkUp]:
    return select(WalkUp).options(
        *whole_person(WalkUp.asker),
        *whole_person(WalkUp.addressee),
        joinedload(WalkUp.table),
        joinedload(WalkUp.meeting).joinedload(Meeting.table),
    )


def at_once(registration_id: int, *, now: datetime) -> AtOnce:
    """Give what somebody has going on with meeting at once; whoever they never meet asks them nothing."""
    rows = list(
        db.session.scalars(
            _whole()
            .where(
                or_(
                    WalkUp.from_id == registration_id,
                    (WalkUp.to_id == registration_id)
                    & (WalkUp.state == WalkUpState.OPEN)
                    & ~wishes.is_unwanted(WalkUp, WalkUp.from_id, WalkUp.to_id),
                ),
                WalkUp.expires_at > now - LASTS,
            )
            .order_by(WalkUp.asked_at, WalkUp.id)
        )
    )
    mine = [one for one in rows if one.from_id == registration_id]
    last = mine[-1] if mine else None
    state = standing(last.state, last.expires_at, now) if last else None
    told = {WalkUpState.DECLINED, WalkUpState.EXPIRED, WalkUpState.UNPLACED}
    return AtOnce(
        incoming=[one for one in rows if one.to_id == registration_id and one.expires_at > now],
        asking=last if state is WalkUpState.OPEN else None,
        agreed=last if state is WalkUpState.ACCEPTED else None,
        in_vain=last if state in told else None,
    )


def slots_now(event_id: int, now: datetime) -> list[MeetingSlot]:
    """List the slots in which two can sit down at once, the earlier first."""
    slots = slots_of(event_id)
    return [slots[place] for place in slots_at_once([Interval(slot.starts_at, slot.ends_at) for slot in slots], now)]


def why_no_place(event_id: int, pair: tuple[int, int], now: datetime) -> WalkUpRefusal | BookingRefusal | None:
    """Say why two could not sit down at once, as far as limits, time and tables go; None when they could."""
    budget = list(budgets(pair).values())
    if refusal := first_refusal(budget):
        return refusal
    free = [{slot.id for slot in slots} for slots in free_slots(event_id, pair).values()]
    slots = [slot for slot in slots_now(event_id, now) if all(slot.id in each for each in free)]
    if not slots:
        return WalkUpRefusal.NO_TIME
    within = [slot for slot in slots if first_refusal(budget, slot.starts_at) is None]
    if not within:
        return first_refusal(budget, slots[0].starts_at)
    tables, taken = open_tables(event_id), taken_tables(event_id)
    theirs = set(organisations_of(pair).values())
    has_table = any(table_for(tables.get(slot.id, ()), theirs, taken.get(slot.id, ())) for slot in within)
    return None if has_table else WalkUpRefusal.NO_TABLE


def between(pair: tuple[int, int]) -> list[WalkUp]:
    """List what two people asked each other, the latest first."""
    return list(
        db.session.scalars(
            select(WalkUp).where(WalkUp.low_id == pair[0], WalkUp.high_id == pair[1]).order_by(WalkUp.id.desc())
        )
    )


def have_meeting(pair: tuple[int, int]) -> bool:
    """Say whether two have a real meeting."""
    found = select(Meeting.id).where(
        Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state.in_(BOOKED)
    )
    return db.session.scalar(found.limit(1)) is not None


def why_not_at_once(
    me: Registration, other: Registration, *, here: Here, now: datetime
) -> WalkUpRefusal | BookingRefusal | None:
    """Ask the rule whether somebody may ask another to meet at once; both come with their consents."""
    pair = (min(me.id, other.id), max(me.id, other.id))
    in_house = here(pair)
    open_ones = db.session.scalars(
        select(WalkUp).where(WalkUp.from_id == me.id, WalkUp.state == WalkUpState.OPEN, WalkUp.expires_at > now)
    ).all()
    today = local_day(now, me.event.timezone)
    asked = between(pair)
    asks_me = any(
        one.from_id == other.id and standing(one.state, one.expires_at, now) is WalkUpState.OPEN for one in asked
    )
    asked_today = [
        one
        for one in asked
        if one.from_id == me.id
        and one.state is not WalkUpState.WITHDRAWN
        and local_day(one.asked_at, me.event.timezone) == today
    ]
    return walk_up_refusal(
        is_same_person=me.id == other.id,
        asker_takes_part=takes_part(me),
        other_takes_part=takes_part(other),
        is_same_organisation=me.organisation_id is not None and me.organisation_id == other.organisation_id,
        avoids=wishes.avoids(me, other),
        #: To ask who asks is to say yes.
        may_ask=asks_me or may_ask(right_between(me, other)),
        asker_is_here=me.id in in_house,
        other_is_here=other.id in in_house,
        has_meeting=have_meeting(pair),
        has_asked=any(one.to_id == other.id for one in open_ones),
        asks_another=any(one.to_id != other.id for one in open_ones),
        asks_today=len(asked_today),
        was_declined=any(one.state is WalkUpState.DECLINED for one in asked_today),
        no_place=why_no_place(me.event_id, pair, now),
    )
