"""Reads of whom people wish to meet, or never; a wish is its owner's, and of a "never" nobody else learns.

Whoever is avoided sees what a stranger sees. So their request is stored like any other and is only never shown to
whom it was sent to, and where the two would be given a time, they have none in common.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from lsos.accounts.models import Person
from lsos.db import Model, db
from lsos.meetings.models import Avoidance, MeetingRequest, Wish
from lsos.meetings.rules import RequestState, WishGrade, is_avoided
from lsos.meetings.seeing import seen_by
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.showing import Place, shown_in

# ---- wishes


def grades_of(registration_id: int, other_ids: Collection[int] | None = None) -> dict[int, WishGrade]:
    """Give, by the other's id, what somebody wishes of others; of all, or of some."""
    wanted = [Wish.registration_id == registration_id]
    if other_ids is not None:
        wanted.append(Wish.other_id.in_(other_ids))
    return {row[0]: row[1] for row in db.session.execute(select(Wish.other_id, Wish.grade).where(*wanted))}


def wishes_of(registration_id: int) -> list[Wish]:
    """List the wishes of somebody by the names of the others; who has left the matching or their sight is not shown."""
    return list(
        db.session.scalars(
            select(Wish)
            .join(Wish.other)
            .join(Registration.person)
            .where(Wish.registration_id == registration_id, shown_in(Place.SUGGESTIONS), seen_by(registration_id))
            .order_by(Person.search_key, Registration.id)
            .options(
                joinedload(Wish.other).joinedload(Registration.person),
                joinedload(Wish.other).joinedload(Registration.organisation),
                joinedload(Wish.other).joinedload(Registration.participation_type),
                joinedload(Wish.other).joinedload(Registration.stakeholder_type),
            )
        )
    )


def all_wishes(event_id: int) -> dict[tuple[int, int], WishGrade]:
    """Give every wish of an event, by who wishes and about whom."""
    rows = db.session.execute(
        select(Wish.registration_id, Wish.other_id, Wish.grade)
        .join(Registration, Registration.id == Wish.registration_id)
        .where(Registration.event_id == event_id)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def count_wishes(event_id: int) -> Counter[WishGrade]:
    """Count the wishes of an event by what they say; organisers see no more of them."""
    return Counter(all_wishes(event_id).values())


# ---- never


@dataclass(frozen=True)
class Avoided:
    """Whom somebody never meets: the ids of people and of organisations."""

    people: frozenset[int] = frozenset()
    organisations: frozenset[int] = frozenset()

    def has(self, registration: Registration) -> bool:
        """Ask the rule about somebody."""
        return is_avoided(
            self.people,
            self.organisations,
            person_id=registration.person_id,
            organisation_id=registration.organisation_id,
        )


def avoided_of(person_id: int) -> Avoided:
    """Give whom somebody never meets."""
    rows = db.session.execute(
        select(Avoidance.person_id, Avoidance.organisation_id).where(Avoidance.owner_id == person_id)
    ).all()
    return Avoided(
        frozenset(row[0] for row in rows if row[0] is not None),
        frozenset(row[1] for row in rows if row[1] is not None),
    )


def avoids(owner: Registration, other: Registration) -> bool:
    """Say whether somebody never meets another."""
    return avoided_of(owner.person_id).has(other)


def apart_from(one: Registration, others: Collection[Registration]) -> set[int]:
    """Give the ids of those of others who never meet somebody, or whom they never meet."""
    mine = avoided_of(one.person_id)
    owners = set(
        db.session.scalars(
            select(Avoidance.owner_id).where(
                Avoidance.owner_id.in_([other.person_id for other in others]), _is_about(one)
            )
        )
    )
    return {other.id for other in others if other.person_id in owners or mine.has(other)}


def _is_about(registration: Registration) -> ColumnElement[bool]:
    """Ask for what is said of somebody: of the person, or of all of their organisation, where they have one."""
    if registration.organisation_id is None:
        return Avoidance.person_id == registration.person_id
    return or_(Avoidance.person_id == registration.person_id, Avoidance.organisation_id == registration.organisation_id)


def apart_among(pair: tuple[int, int]) -> bool:
    """Say of two registrations whether the owner of one never meets the other."""
    one, other = (db.session.get_one(Registration, each) for each in pair)
    return avoids(one, other) or avoids(other, one)


def avoidances_of(person_id: int, *, about: Registration | None = None) -> list[Avoidance]:
    """List what somebody said of "never": people by name, then organisations; of all, or of one."""
    wanted = [Avoidance.owner_id == person_id]
    if about is not None:
        wanted.append(_is_about(about))
    return list(
        db.session.scalars(
            select(Avoidance)
            .outerjoin(Avoidance.person)
            .outerjoin(Avoidance.organisation)
            .where(*wanted)
            .order_by(Avoidance.person_id.is_(None), Person.search_key, Organisation.search_key, Avoidance.id)
            .options(joinedload(Avoidance.person), joinedload(Avoidance.organisation))
        )
    )


def avoided_by(registration_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether somebody never meets its owner; a test holds it and the rule together."""
    owner = aliased(Registration)
    return (
        select(Avoidance.id)
        .join(owner, owner.person_id == Avoidance.owner_id)
        .where(
            owner.id == registration_id,
            or_(
                Avoidance.person_id == Registration.person_id,
                Avoidance.organisation_id == Registration.organisation_id,
            ),
        )
        .correlate(Registration)
        .exists()
    )


def is_hidden() -> ColumnElement[bool]:
    """Say in SQL of a request whether it waits for somebody who never meets who asks: it is not shown to them."""
    return and_(
        MeetingRequest.state == RequestState.OPEN,
        is_unwanted(MeetingRequest, MeetingRequest.from_id, MeetingRequest.to_id),
    )


def is_unwanted(
    what: type[Model], from_id: InstrumentedAttribute[int], to_id: InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """Say in SQL of what one person asks another whether the other never meets them."""
    asker, addressee = aliased(Registration), aliased(Registration)
    return (
        select(Avoidance.id)
        .join(addressee, addressee.person_id == Avoidance.owner_id)
        .join(
            asker,
            or_(Avoidance.person_id == asker.person_id, Avoidance.organisation_id == asker.organisation_id),
        )
        .where(addressee.id == to_id, asker.id == from_id)
        .correlate(what)
        .exists()
    )


def avoided_at(event_id: int) -> dict[int, frozenset[int]]:
    """Give, for whoever of an event never meets some of it, their ids: registrations both."""
    owner, other = aliased(Registration), aliased(Registration)
    rows = db.session.execute(
        select(owner.id, other.id)
        .select_from(Avoidance)
        .join(owner, owner.person_id == Avoidance.owner_id)
        .join(
            other,
            and_(
                other.event_id == owner.event_id,
                or_(Avoidance.person_id == other.person_id, Avoidance.organisation_id == other.organisation_id),
            ),
        )
        .where(owner.event_id == event_id, owner.id != other.id)
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for owner_id, other_id in rows:
        found[owner_id].add(other_id)
    return {owner_id: frozenset(others) for owner_id, others in found.items()}


def apart_at(event_id: int) -> frozenset[tuple[int, int]]:
    """Give the pairs of an event that never meet, each in the order of its ids: what the core calls forbidden."""
    return frozenset(
        (min(owner_id, other_id), max(owner_id, other_id))
        for owner_id, others in avoided_at(event_id).items()
        for other_id in others
    )
