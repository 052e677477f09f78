"""Reads of letters at their time: when each is due, whom it concerns, and to how many it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from lsos.accounts.models import EmailAddress, Person
from lsos.db import db
from lsos.events.rules import moment
from lsos.invitations.models import Claim, Delegation, Invitation
from lsos.invitations.rules import LINKS_OUT, REMINDER_PAUSE, WITHOUT_ANSWER
from lsos.mail import OutgoingMail, Sample, Samples
from lsos.organisations.models import Organisation
from lsos.outreach.catalogue import sample_of
from lsos.outreach.models import SEAT_REMINDER, TimedLetter, TimedLetterSent
from lsos.outreach.queries import people_whom
from lsos.outreach.rules import OWN_DAYS, Anchor, Audience, WrittenTo, anchored_within, due_for, is_due
from lsos.registration.letter_queries import for_letters
from lsos.registration.models import ParticipationType, Registration, RegistrationChange
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key


def due_at(timed: TimedLetter) -> datetime | None:
    """Give the moment when a letter begins to go out; None where each reader has a day of their own, or none is set."""
    event = timed.event
    days = {Anchor.START: event.starts_on, Anchor.END: event.ends_on}
    if timed.question is not None:
        required_from = timed.question.required_from
        days |= {Anchor.QUESTION: required_from} if required_from is not None else {}
    day = days.get(timed.anchor)
    return moment(day + timedelta(days=timed.days), timed.at, event.timezone) if day is not None else None


def _own_day(timed: TimedLetter) -> Any:
    """Give the column from which a letter counts its days for each reader."""
    return {
        Anchor.CLOSING: func.coalesce(ParticipationType.closes_at, timed.event.registration_closes_at),
        Anchor.REGISTERED: Registration.registered_at,
        Anchor.INVITED: Claim.created_at if timed.is_of_seats else Invitation.sent_at,
        Anchor.ANSWER_BY: Delegation.until if timed.is_of_seats else Invitation.expires_at,
    }[timed.anchor]


# ---- whom they concern


def concerned(timed: TimedLetter) -> Select[Any]:
    """Select whom a letter is for, whenever that is: who fits, has an address, and did not get it."""
    if timed.reader is WrittenTo.REGISTERED:
        return _registered(timed)
    return _offered(timed) if timed.is_of_seats else _invited(timed)


def _registered(timed: TimedLetter) -> Select[Any]:
    return people_whom(timed.event_id, Audience.from_dict(timed.audience)).where(
        exists().where(EmailAddress.person_id == Registration.person_id),
        ~exists().where(
            TimedLetterSent.timed_letter_id == timed.id, TimedLetterSent.registration_id == Registration.id
        ),
        *_in_time(timed),
    )


def _in_time(timed: TimedLetter) -> Sequence[ColumnElement[bool]]:
    """Leave out who came to fit after the letter's time, where such people do not get it."""
    due = due_at(timed)
    if timed.takes_late or due is None:
        return ()
    moved = exists().where(RegistrationChange.registration_id == Registration.id, RegistrationChange.at > due)
    return Registration.registered_at <= due, ~moved


def _invited(timed: TimedLetter) -> Select[Any]:
    audience = Audience.from_dict(timed.audience)
    statement = (
        select(Invitation)
        .join(Invitation.participation_type)
        .where(
            Invitation.event_id == timed.event_id,
            Invitation.state.in_(WITHOUT_ANSWER),
            ~exists().where(
                TimedLetterSent.timed_letter_id == timed.id, TimedLetterSent.invitation_id == Invitation.id
            ),
            _may_still_come(timed.event_id, Invitation.address, keeps_seat=Invitation.holds_seat),
        )
    )
    if audience.types:
        statement = statement.where(ParticipationType.code.in_(audience.types))
    for word in search_key(audience.words).split():
        statement = statement.where(Invitation.search_key.contains(word, autoescape=True))
    due = due_at(timed)
    if not timed.takes_late and due is not None:
        statement = statement.where(Invitation.sent_at <= due)
    return statement


def _offered(timed: TimedLetter) -> Select[Any]:
    audience = Audience.from_dict(timed.audience)
    statement = (
        select(Claim)
        .join(Claim.delegation)
        .join(Delegation.participation_type)
        .outerjoin(Delegation.organisation)
        .where(
            Delegation.event_id == timed.event_id,
            Delegation.closed_at.is_(None),
            Claim.state.in_(LINKS_OUT),
            Claim.address != "",
            ~exists().where(OutgoingMail.key == literal(key_of_seats(timed, "")) + Claim.uid),
            _may_still_come(timed.event_id, Claim.address, keeps_seat=true()),
        )
    )
    if audience.types:
        statement = statement.where(ParticipationType.code.in_(audience.types))
    for word in search_key(audience.words).split():
        where = (Claim.address, Organisation.search_key, func.lower(Delegation.title))
        statement = statement.where(or_(*(one.contains(word, autoescape=True) for one in where)))
    due = due_at(timed)
    if not timed.takes_late and due is not None:
        statement = statement.where(Claim.created_at <= due)
    return statement


def key_of_seats(timed: TimedLetter, claim_uid: str) -> str:
    """Name the letter that reminds somebody of a seat, so that it is written once."""
    return f"timed:{timed.uid}:{claim_uid}"


def _may_still_come(event_id: int, address: Any, *, keeps_seat: Any) -> ColumnElement[bool]:
    """Say whether the owner of an address may register with what they were sent: `repeat_refusal`, for the database."""
    theirs, state = aliased(ParticipationType), Registration.state
    wants_more = and_(theirs.is_light, ~ParticipationType.is_light)
    waits = and_(state.in_([RegistrationState.PENDING, RegistrationState.WAITLISTED]), ~keeps_seat)
    return ~exists().where(
        EmailAddress.address == address,
        Registration.person_id == EmailAddress.person_id,
        Registration.event_id == event_id,
        theirs.id == Registration.participation_type_id,
        or_(
            state == RegistrationState.DECLINED,
            and_(~wants_more, or_(state == RegistrationState.CONFIRMED, waits)),
        ),
    )


def due_now(timed: TimedLetter, *, now: datetime) -> Select[Any] | None:
    """Select to whom a letter is to be written now; None where that is nobody."""
    if timed.anchor not in OWN_DAYS:
        due = due_at(timed)
        if due is None or not is_due(due, window_hours=timed.window_hours, now=now):
            return None
        found = concerned(timed)
    else:
        begin, end = anchored_within(
            days=timed.days, at=timed.at, window_hours=timed.window_hours, zone=timed.event.timezone, now=now
        )
        if begin == end:
            return None
        column = _own_day(timed)
        found = concerned(timed).where(column >= begin, column < end)
    if timed.reader is WrittenTo.INVITED:
        #: Nobody is reminded twice within a day, whoever reminds them.
        written_at = Claim.written_at if timed.is_of_seats else Invitation.written_at
        return found.where(or_(written_at.is_(None), written_at <= now - REMINDER_PAUSE))
    return found


@dataclass(frozen=True)
class Coming:
    """Somebody whom a letter is for, and when it is due to them; None where their own day is not known."""

    name: str
    address: str
    due_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """To how many a letter goes today, how many fit without having got it, and the first of these by name."""

    today: int
    fitting: int
    some: list[Coming]


def _rows(timed: TimedLetter) -> tuple[Any, tuple[Any, ...]]:
    """Give the number of each whom a letter is for, and their order by name."""
    if timed.is_of_seats:
        return Claim.id, (Claim.family_name, Claim.given_name, Claim.address, Claim.id)
    if timed.reader is WrittenTo.INVITED:
        return Invitation.id, (Invitation.search_key, Invitation.id)
    return Registration.id, (Person.search_key, Registration.id)


def outlook(timed: TimedLetter, *, now: datetime, limit: int = 200) -> Outlook:
    """Say whom a letter is for, and who gets it today."""
    everybody = concerned(timed)
    is_invited = timed.reader is WrittenTo.INVITED
    column, order = _rows(timed)
    fitting = db.session.scalar(everybody.with_only_columns(func.count(column))) or 0
    zone = ZoneInfo(timed.event.timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(23, 59, 59), zone)
    soon = due_now(timed, now=max(now, midnight))
    today = db.session.scalar(soon.with_only_columns(func.count(column))) or 0 if soon is not None else 0
    fixed = due_at(timed)
    own = _own_day(timed) if timed.anchor in OWN_DAYS else None
    rows = everybody.order_by(*order).limit(limit)
    if not is_invited:
        rows = rows.options(contains_eager(Registration.person).selectinload(Person.emails))
    if own is not None:
        rows = rows.add_columns(own)
    some = []
    for row in db.session.execute(rows):
        due = fixed
        if own is not None and row[1] is not None:
            due = due_for(row[1], days=timed.days, at=timed.at, zone=timed.event.timezone)
        one = row[0]
        name, address = (one.name, one.address) if is_invited else (one.person.name, one.person.email)
        some.append(Coming(name, address, due))
    return Outlook(today, fitting, some)


def readers_of(timed: TimedLetter) -> Samples:
    """Give those registered whom a letter is for, by name, to show it as they get it."""

    def count(_event_id: int) -> int:
        found = concerned(timed).with_only_columns(func.count(Registration.id))
        return db.session.scalar(found) or 0

    def nth(_event_id: int, number: int) -> Sample | None:
        one = concerned(timed).order_by(Person.search_key, Registration.id).offset(number - 1).limit(1)
        found = db.session.scalar(one.options(*for_letters()))
        return sample_of(found) if found is not None else None

    return Samples(count, nth)


# ---- the letters


def _timed() -> Select[TimedLetter]:
    return select(TimedLetter).options(joinedload(TimedLetter.event), selectinload(TimedLetter.question))


def timed_letters(event_id: int) -> list[TimedLetter]:
    """List the timed letters of an event, in the order in which they were set up."""
    return list(db.session.scalars(_timed().where(TimedLetter.event_id == event_id).order_by(TimedLetter.id)))


def timed_by_uid(event_id: int, uid: str) -> TimedLetter | None:
    """Find a timed letter by its public id."""
    return db.session.scalar(_timed().where(TimedLetter.event_id == event_id, TimedLetter.uid == uid))


def sent_counts(event_id: int) -> dict[int, int]:
    """Count to how many people each timed letter of an event was sent."""
    rows = db.session.execute(
        select(TimedLetterSent.timed_letter_id, func.count())
        .join(TimedLetterSent.timed_letter)
        .where(TimedLetter.event_id == event_id)
        .group_by(TimedLetterSent.timed_letter_id)
    )
    of_seats = db.session.execute(
        select(TimedLetter.id, func.count())
        .join(OutgoingMail, OutgoingMail.batch == TimedLetter.uid)
        .where(TimedLetter.event_id == event_id, TimedLetter.letter == SEAT_REMINDER)
        .group_by(TimedLetter.id)
    )
    return {row[0]: row[1] for row in (*rows, *of_seats)}
