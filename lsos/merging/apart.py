"""Records that look like one and are two: said once by an organiser, remembered, and taken back when it was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.accounts.models import Person, PersonForward
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.merging.models import OrganisationsApart, PeopleApart
from lsos.merging.rules import MergeRefusal
from lsos.organisations.models import Organisation

Table = type[PeopleApart] | type[OrganisationsApart]
Record = TypeVar("Record", Person, Organisation)
Pair = TypeVar("Pair", PeopleApart, OrganisationsApart)


@dataclass(frozen=True)
class ApartPair:
    """Two that were said to be two, and when."""

    one: Person | Organisation
    other: Person | Organisation
    at: datetime


def say_people_apart(one_uid: str, other_uid: str, *, by: int, now: datetime) -> None:
    """Note that two people are not the same, so that they are not suggested again; saying it twice is saying it once.

    Raises:
        NotFound: there is no such person.
        Refused: the two are one record, or one of them was merged meanwhile.
    """
    with transaction() as session:
        one, other = _two(session, Person, one_uid, other_uid, N_("There is no such person."))
        gone = select(PersonForward.gone_id).where(PersonForward.gone_id.in_([one.id, other.id]))
        if session.scalar(gone.limit(1)) is not None:
            raise Refused(MergeRefusal.GONE)
        if _add(session, PeopleApart, (one.id, other.id), by, now):
            audit.record(session, "person.told_apart", actor_id=by, object_uid=one.uid, other=other.uid)


def people_may_be_one(one_uid: str, other_uid: str, *, by: int) -> None:
    """Take back that two people are not the same.

    Raises:
        NotFound: there is no such person.
    """
    with transaction() as session:
        one, other = _two(session, Person, one_uid, other_uid, N_("There is no such person."))
        if _remove(session, PeopleApart, one.id, other.id):
            audit.record(session, "person.told_apart_no_more", actor_id=by, object_uid=one.uid, other=other.uid)


def say_organisations_apart(one_uid: str, other_uid: str, *, by: int, now: datetime) -> None:
    """Note that two organisations are not the same; saying it twice is saying it once.

    Raises:
        NotFound: there is no such organisation.
        Refused: the two are one record.
    """
    with transaction() as session:
        one, other = _two(session, Organisation, one_uid, other_uid, N_("There is no such organisation."))
        if _add(session, OrganisationsApart, (one.id, other.id), by, now):
            audit.record(session, "organisation.told_apart", actor_id=by, object_uid=one.uid, other=other.uid)


def organisations_may_be_one(one_uid: str, other_uid: str, *, by: int) -> None:
    """Take back that two organisations are not the same.

    Raises:
        NotFound: there is no such organisation.
    """
    with transaction() as session:
        one, other = _two(session, Organisation, one_uid, other_uid, N_("There is no such organisation."))
        if _remove(session, OrganisationsApart, one.id, other.id):
            audit.record(session, "organisation.told_apart_no_more", actor_id=by, object_uid=one.uid, other=other.uid)


# ---- reads


def pairs(table: Table) -> frozenset[tuple[int, int]]:
    """Give all pairs of a kind that are not the same, the lower id first."""
    rows = db.session.execute(select(table.low_id, table.high_id))
    return frozenset((row[0], row[1]) for row in rows)


def people_told_apart() -> list[ApartPair]:
    """List the people who were said to be two, the latest first."""
    found = _latest(PeopleApart)
    ids = {key for row in found for key in (row.low_id, row.high_id)}
    people = {
        one.id: one
        for one in db.session.scalars(select(Person).where(Person.id.in_(ids)).options(selectinload(Person.emails)))
    }
    return [ApartPair(people[row.low_id], people[row.high_id], row.at) for row in found]


def organisations_told_apart() -> list[ApartPair]:
    """List the organisations that were said to be two, the latest first."""
    found = _latest(OrganisationsApart)
    ids = {key for row in found for key in (row.low_id, row.high_id)}
    those = {one.id: one for one in db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}
    return [ApartPair(those[row.low_id], those[row.high_id], row.at) for row in found]


def _latest(table: type[Pair]) -> Sequence[Pair]:
    return db.session.scalars(select(table).order_by(table.at.desc(), table.low_id, table.high_id).limit(50)).all()


# ---- what a merge does to them


def settle(session: Session, table: Table, *, gone: int, into: int) -> None:
    """Let what was said of the record that goes hold for the one that stays; that the two are two holds no more."""
    named = or_(table.low_id == gone, table.high_id == gone)
    rows = session.execute(select(table.low_id, table.high_id, table.by_id, table.at).where(named)).all()
    session.execute(delete(table).where(named))
    for low, high, by, at in rows:
        other = high if low == gone else low
        if other != into:
            _add(session, table, (into, other), by, at)


# ---- what they share


def _two(session: Session, kind: type[Record], one_uid: str, other_uid: str, missing: str) -> tuple[Record, Record]:
    """Find two records and hold them, in the order of their ids, so that neither is merged away meanwhile."""
    if one_uid == other_uid:
        raise Refused(MergeRefusal.SAME)
    found = session.scalars(
        select(kind).where(kind.uid.in_([one_uid, other_uid])).order_by(kind.id).with_for_update()
    ).all()
    if len(found) != 2:
        raise NotFound(missing)
    return found[0], found[1]


def _add(session: Session, table: Table, two: tuple[int, int], by: int | None, at: datetime) -> bool:
    low, high = sorted(two)
    if session.get(table, (low, high)) is not None:
        return False
    session.add(table(low_id=low, high_id=high, by_id=by, at=at))
    session.flush()
    return True


def _remove(session: Session, table: Table, one: int, other: int) -> bool:
    found = session.get(table, tuple(sorted((one, other))))
    if found is None:
        return False
    session.delete(found)
    return True
