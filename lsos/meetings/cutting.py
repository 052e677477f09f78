"""What it costs somebody to have less time: with how many of those they could meet no time would be left."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.meetings import wishes
from lsos.meetings.models import Meeting, MeetingRequest, Suggestion
from lsos.meetings.places import free_slots, open_tables, organisations_of, table_for, taken_tables
from lsos.meetings.rules import BOOKED, WISHED, RequestState
from lsos.registration.models import Registration
from lsos.registration.showing import Place, shown_in


@dataclass(frozen=True)
class Loss:
    """With how many people somebody could find a time, and with how many of them they could not any more.

    Attributes:
        before: with so many a time is free for both, and a table.
        lost: with so many of them none would be left.
        agreed: ids of those among the lost with whom a meeting is agreed.
    """

    before: int
    lost: int
    agreed: frozenset[int] = frozenset()


def loss(times: Mapping[int, Collection[int]], given_up: Collection[int], agreed: Collection[int]) -> Loss:
    """Compare with whom a time could be found before some slots are given up, and after.

    Args:
        times: by person, the slots that are free for both, and in which there is a table for the two.
        given_up: slots that somebody gives up.
        agreed: people with whom a meeting is agreed.
    """
    before = {other for other, slots in times.items() if slots}
    lost = {other for other in before if set(times[other]) <= set(given_up)}
    return Loss(len(before), len(lost), frozenset(lost & set(agreed)))


def loss_of(event_id: int, registration_id: int, slot_ids: Collection[int], *, now: datetime) -> Loss:
    """Say what it costs somebody to give up some slots, with whom they asked, agreed, wish or are suggested to meet.

    Whom they never meet does not count; who never meets them does, as far as others could tell.
    """
    agreed, partners = _partners(registration_id, now=now)
    free = {
        one: {slot.id for slot in slots}
        for one, slots in free_slots(event_id, [registration_id, *partners], now=now).items()
    }
    mine = free[registration_id]
    tables, taken = open_tables(event_id), taken_tables(event_id)
    where = organisations_of([registration_id, *partners])

    def has_table(slot: int, other: int) -> bool:
        both = {where[registration_id], where[other]}
        return table_for(tables.get(slot, ()), both, taken.get(slot, ())) is not None

    times = {other: {slot for slot in mine & free[other] if has_table(slot, other)} for other in partners}
    return loss(times, slot_ids, agreed)


def _partners(registration_id: int, *, now: datetime) -> tuple[set[int], set[int]]:
    """Name with whom somebody agreed to meet without a time so far, and all whom they may come to meet."""
    agreed: set[int] = set()
    partners: set[int] = set()
    rows = db.session.execute(
        select(MeetingRequest.from_id, MeetingRequest.to_id, MeetingRequest.state).where(
            or_(MeetingRequest.from_id == registration_id, MeetingRequest.to_id == registration_id),
            or_(
                MeetingRequest.state == RequestState.ACCEPTED,
                and_(MeetingRequest.state == RequestState.OPEN, MeetingRequest.expires_at > now),
            ),
            or_(MeetingRequest.from_id == registration_id, ~wishes.is_hidden()),
        )
    )
    for from_id, to_id, state in rows:
        other = to_id if from_id == registration_id else from_id
        partners.add(other)
        if state is RequestState.ACCEPTED:
            agreed.add(other)
    partners |= set(
        db.session.scalars(select(Suggestion.other_id).where(Suggestion.registration_id == registration_id))
    )
    partners |= {other for other, grade in wishes.grades_of(registration_id).items() if grade in WISHED}
    met = db.session.execute(
        select(Meeting.first_id, Meeting.second_id).where(
            or_(Meeting.first_id == registration_id, Meeting.second_id == registration_id), Meeting.state.in_(BOOKED)
        )
    )
    partners -= {each for pair in met for each in pair}
    here = db.session.scalars(
        select(Registration.id).where(
            Registration.id.in_(partners), shown_in(Place.SUGGESTIONS), ~wishes.avoided_by(registration_id)
        )
    )
    found = set(here)
    return agreed & found, found


def names_of(registration_ids: Collection[int]) -> list[str]:
    """Give the names of some people, in their order."""
    found = db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .where(Registration.id.in_(registration_ids))
        .order_by(Person.search_key, Registration.id)
        .options(joinedload(Registration.person))
    )
    return [one.person.name for one in found]
