"""Reads of times that are booked at once: who lets whom, and which times are free for two."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select

from lsos.db import db
from lsos.meetings import wishes
from lsos.meetings.direct_rules import Bookable, DirectRefusal, MeetingMode, direct_refusal, may_be_booked
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingPreference, MeetingRequest
from lsos.meetings.places import Place, common_places, settings_of
from lsos.meetings.rules import WISHED, BookingRefusal, MeetingState
from lsos.registration.models import Registration

#: So many other times are named to who came too late.
ALTERNATIVES = 5


def mode_of(event_id: int) -> MeetingMode:
    """Say how two people of an event come to a time."""
    settings = settings_of(event_id)
    return settings.mode if settings is not None else MeetingMode.LATER


def why_not_book(me: Registration, other: Registration) -> DirectRefusal | None:
    """Ask the rules whether somebody may take a time of another at once; that they may ask at all is asked before."""
    mode = mode_of(me.event_id)
    if mode is MeetingMode.LATER:
        return DirectRefusal.LATER_HERE
    preference = db.session.get(MeetingPreference, other.id)
    return direct_refusal(
        mode,
        may_be_booked=may_be_booked(
            preference.bookable if preference is not None else Bookable.EVERYBODY,
            wishes=wishes.grades_of(other.id, [me.id]).get(me.id) in WISHED,
            avoids=wishes.avoids(other, me),
            called_off=_called_off(me.id, other.id),
        ),
    )


def why_no_more(me: Registration, other: Registration) -> BookingRefusal | None:
    """Ask the rule about limits whether the two may have one more meeting."""
    return first_refusal(budgets([me.id, other.id]).values())


def _called_off(asker_id: int, other_id: int) -> bool:
    """Say whether what somebody booked with another at once was called off."""
    booked = (
        select(Meeting.id)
        .join(Meeting.request)
        .where(
            MeetingRequest.from_id == asker_id,
            MeetingRequest.to_id == other_id,
            MeetingRequest.booked_at_once,
            Meeting.state == MeetingState.CANCELLED,
        )
    )
    return bool(db.session.scalar(select(booked.exists())))


def places_for(event_id: int, pair: tuple[int, int], *, now: datetime) -> list[Place]:
    """List the times that two people could take, each with a table that is free; what a locked draft keeps is kept."""
    locked = db.session.execute(
        select(Meeting.slot_id, Meeting.first_id, Meeting.second_id).where(
            or_(Meeting.first_id.in_(pair), Meeting.second_id.in_(pair)),
            and_(Meeting.state == MeetingState.PROPOSED, Meeting.is_locked),
        )
    ).all()
    found = common_places(event_id, *pair, now=now)
    own = {row.slot_id for row in locked if (row.first_id, row.second_id) == pair}
    kept = {row.slot_id for row in locked}
    budget = list(budgets(pair).values())
    return [
        place
        for place in found
        if (place.slot.id in own if own else place.slot.id not in kept)
        and first_refusal(budget, place.slot.starts_at) is None
    ]


def nearest(places: Iterable[Place], starts_at: datetime) -> list[Place]:
    """Choose the few times next to one that somebody wanted, in the order of time."""
    chosen = sorted(places, key=lambda place: abs(place.slot.starts_at - starts_at))[:ALTERNATIVES]
    return sorted(chosen, key=lambda place: place.slot.starts_at)
