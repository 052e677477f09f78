"""Use cases of wishes: whom somebody would like to meet at an event, and whom never, at any.

Neither is put on record in the audit, which organisers read: nobody but the planning goes by them.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings.booking import lock, settings_for
from lsos.meetings.limits import most_in_all
from lsos.meetings.models import Avoidance, Wish
from lsos.meetings.queries import takes_part
from lsos.meetings.rules import WishGrade, WishRefusal, avoid_refusal, wish_refusal
from lsos.meetings.wishes import avoids
from lsos.registration.models import Registration
from lsos.registration.right_rules import may_ask
from lsos.registration.rights import right_between


def _both(session: Session, registration_id: int, other_uid: str) -> tuple[Registration, Registration]:
    """Find who wishes, held until the transaction ends, and whom it is about, of the same event."""
    event_id = select(Registration.event_id).where(Registration.id == registration_id).scalar_subquery()
    other_id = session.scalar(
        select(Registration.id).where(Registration.event_id == event_id, Registration.uid == other_uid)
    )
    if other_id is None:
        raise NotFound(N_("This person is not registered for the event."))
    people = lock(session, {registration_id, other_id})
    return people[registration_id], people[other_id]


def wish(registration_id: int, other_uid: str, grade: WishGrade | None, *, now: datetime) -> Registration:
    """Say what one thinks of meeting another participant; without a grade it is taken back.

    Returns:
        The other.

    Raises:
        NotFound: nobody at this event has this id, or it has no 1:1 meetings.
        Refused: `wish_refusal` gave a reason.
    """
    with transaction() as session:
        me, other = _both(session, registration_id, other_uid)
        stored = session.get(Wish, (me.id, other.id))
        if grade is None:
            if stored is not None:
                session.delete(stored)
            return other
        settings_for(session, me.event_id)
        most = most_in_all(me.id) or 0
        others = select(func.count()).where(
            Wish.registration_id == me.id, Wish.other_id != other.id, Wish.grade == WishGrade.MUST
        )
        refusal = wish_refusal(
            is_same_person=me.id == other.id,
            takes_part=takes_part(me),
            other_takes_part=takes_part(other),
            may_ask=may_ask(right_between(me, other)),
            avoids=avoids(me, other),
            grade=grade,
            musts=session.scalar(others) or 0,
            most_musts=most,
        )
        if refusal is not None:
            raise Refused(refusal, most=most) if refusal is WishRefusal.TOO_MANY else Refused(refusal)
        if stored is None:
            session.add(Wish(registration_id=me.id, other_id=other.id, grade=grade, at=now))
        else:
            stored.grade, stored.at = grade, now
    return other


def avoid(registration_id: int, other_uid: str, *, whole_organisation: bool, now: datetime) -> Registration:
    """Never meet a participant again, at any event, or nobody of their organisation; nobody is told.

    Wishes to meet them go. What the two agreed before stays until one of them takes it back.

    Returns:
        The other.

    Raises:
        NotFound: nobody at this event has this id.
        Refused: `avoid_refusal` gave a reason.
    """
    try:
        with transaction() as session:
            me, other = _both(session, registration_id, other_uid)
            refusal = avoid_refusal(
                is_same_person=me.person_id == other.person_id,
                whole_organisation=whole_organisation,
                has_organisation=other.organisation_id is not None,
                is_same_organisation=me.organisation_id is not None and me.organisation_id == other.organisation_id,
            )
            if refusal is not None:
                raise Refused(refusal)
            said = Avoidance(
                owner_id=me.person_id,
                person_id=None if whole_organisation else other.person_id,
                organisation_id=other.organisation_id if whole_organisation else None,
                at=now,
            )
            _drop_wishes(session, said)
            session.add(said)
    except IntegrityError:
        #: They said so before, perhaps in another window.
        return db.session.scalars(select(Registration).where(Registration.uid == other_uid)).one()
    return other


def _drop_wishes(session: Session, said: Avoidance) -> None:
    mine = select(Registration.id).where(Registration.person_id == said.owner_id)
    #: One of the two is set; the other, compared, would mean whoever has none.
    is_theirs = (
        Registration.person_id == said.person_id
        if said.organisation_id is None
        else Registration.organisation_id == said.organisation_id
    )
    theirs = select(Registration.id).where(is_theirs)
    session.execute(
        delete(Wish)
        .where(Wish.registration_id.in_(mine), Wish.other_id.in_(theirs))
        .execution_options(synchronize_session=False)
    )


def settle_avoided_people(session: Session, *, gone: int, into: int) -> None:
    """Let two records of one human being never meet whom either never met, and be avoided by whoever avoided either.

    Runs in the open transaction of another use case.
    """
    mine = select(Avoidance.person_id).where(Avoidance.owner_id == into, Avoidance.person_id.is_not(None))
    there = select(Avoidance.organisation_id).where(Avoidance.owner_id == into, Avoidance.organisation_id.is_not(None))
    owners = select(Avoidance.owner_id).where(Avoidance.person_id == into)
    twice = or_(
        and_(Avoidance.owner_id == gone, or_(Avoidance.person_id.in_(mine), Avoidance.organisation_id.in_(there))),
        and_(Avoidance.person_id == gone, Avoidance.owner_id.in_(owners)),
        and_(Avoidance.owner_id.in_([gone, into]), Avoidance.person_id.in_([gone, into])),
    )
    _drop(session, twice)
    for column in (Avoidance.owner_id, Avoidance.person_id):
        session.execute(
            update(Avoidance).where(column == gone).values({column: into}).execution_options(synchronize_session=False)
        )


def settle_avoided_organisation(session: Session, *, gone: int, into: int) -> None:
    """Let whoever never met one organisation never meet the one that stays; in the transaction of another use case."""
    owners = select(Avoidance.owner_id).where(Avoidance.organisation_id == into)
    _drop(session, and_(Avoidance.organisation_id == gone, Avoidance.owner_id.in_(owners)))
    session.execute(
        update(Avoidance)
        .where(Avoidance.organisation_id == gone)
        .values(organisation_id=into)
        .execution_options(synchronize_session=False)
    )


def _drop(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(Avoidance).where(which).execution_options(synchronize_session=False))


def settle_wishes(session: Session, *, keep: int, lose: int) -> None:
    """Let the registration that stays wish what either wished, its own word first, and be wished for by the same."""
    both = [keep, lose]
    rows = session.scalars(select(Wish).where(or_(Wish.registration_id == lose, Wish.other_id == lose))).all()
    for one in rows:
        pair = tuple(keep if each == lose else each for each in (one.registration_id, one.other_id))
        grade, at = one.grade, one.at
        is_between = one.registration_id in both and one.other_id in both
        session.delete(one)
        session.flush()
        if not is_between and session.get(Wish, pair) is None:
            session.add(Wish(registration_id=pair[0], other_id=pair[1], grade=grade, at=at))
            session.flush()


def take_back(person_id: int, uid: str) -> None:
    """Take a "never" of somebody back; doing it twice changes nothing."""
    with transaction() as session:
        session.execute(
            delete(Avoidance)
            .where(Avoidance.owner_id == person_id, Avoidance.uid == uid)
            .execution_options(synchronize_session=False)
        )
