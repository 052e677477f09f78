"""Letters at their time: set up, switched on, and sent by whichever worker comes first, once to each."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import Select, exists, func, insert, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit, mail
from lsos.accounts.models import EmailAddress, Person, SignInLink
from lsos.db import db, new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.outreach.catalogue import TIMINGS, TITLES
from lsos.outreach.letters import address_of, own_page_link, plain_links
from lsos.outreach.models import TimedLetter, TimedLetterSent
from lsos.outreach.queries import people_whom
from lsos.outreach.rules import Anchor, Audience, audience_refusal, is_due
from lsos.registration.letter_queries import for_letters
from lsos.registration.letters import values_of
from lsos.registration.mails import seat_link
from lsos.registration.models import Registration
from lsos.wording import clock

#: So many letters are written in one transaction.
_AT_ONCE = 50


def due_at(timed: TimedLetter) -> datetime:
    """Give the moment when a timed letter begins to go out."""
    event = timed.event
    day = event.starts_on if timed.anchor is Anchor.START else event.ends_on
    return moment(day.fromordinal(day.toordinal() + timed.days), timed.at, event.timezone)


# ---- what organisers do with them


def add(event: Event, code: str, *, by: int, now: datetime) -> TimedLetter:
    """Set a timed letter up, switched off.

    Raises:
        NotFound: there is no such letter.
    """
    if code not in TIMINGS:
        raise NotFound(N_("There is no such letter."))
    timing = TIMINGS[code]
    with transaction() as session:
        timed = TimedLetter(
            event_id=event.id,
            letter=code,
            audience=timing.audience.as_dict(),
            anchor=timing.anchor,
            days=timing.days,
            at=timing.at,
            window_hours=timing.window_hours,
            is_on=False,
            created_at=now,
        )
        session.add(timed)
        session.flush()
        _record(session, event.slug, timed, "set_up", by)
        return timed


def _record(session: Session, slug: str, timed: TimedLetter, what: str, by: int) -> None:
    audit.record(session, f"timed_letter.{what}", actor_id=by, scope=slug, object_uid=timed.uid, letter=timed.letter)


def _locked(session: Session, event_id: int, uid: str) -> TimedLetter:
    timed = session.scalar(
        select(TimedLetter)
        .where(TimedLetter.event_id == event_id, TimedLetter.uid == uid)
        .options(joinedload(TimedLetter.event))
        .with_for_update(of=TimedLetter)
        .execution_options(populate_existing=True)
    )
    if timed is None:
        raise NotFound(N_("There is no such letter."))
    return timed


def change(
    event_id: int,
    uid: str,
    audience: Audience,
    *,
    anchor: Anchor,
    days: int,
    at: time,
    window_hours: int,
    by: int,
) -> None:
    """Say when a letter goes out, and to whom; it is switched off by that, so that somebody looks once more.

    Raises:
        NotFound: there is no such letter.
        Refused: nobody was chosen.
    """
    refusal = audience_refusal(audience)
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        timed.audience, timed.anchor, timed.days = audience.as_dict(), anchor, days
        timed.at, timed.window_hours, timed.is_on = at, window_hours, False
        _record(session, timed.event.slug, timed, "changed", by)


def switch(event_id: int, uid: str, *, is_on: bool, by: int) -> None:
    """Switch a letter on or off.

    Raises:
        NotFound: there is no such letter.
    """
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        timed.is_on = is_on
        _record(session, timed.event.slug, timed, "switched_on" if is_on else "switched_off", by)


def remove(event_id: int, uid: str, *, by: int) -> None:
    """Take a letter away that was not sent to anybody yet; one that was is switched off instead.

    Raises:
        NotFound: there is no such letter.
    """
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        was_sent = session.scalar(
            select(TimedLetterSent.id).where(TimedLetterSent.timed_letter_id == timed.id).limit(1)
        )
        timed.is_on = False
        _record(session, timed.event.slug, timed, "removed", by)
        if was_sent is None:
            session.delete(timed)


# ---- whom they concern


def waiting_for(timed: TimedLetter) -> Select[Registration]:
    """Select whom a timed letter would be written to now: who fits, has an address, and did not get it."""
    return people_whom(timed.event_id, Audience.from_dict(timed.audience)).where(
        exists().where(EmailAddress.person_id == Registration.person_id),
        ~exists().where(
            TimedLetterSent.timed_letter_id == timed.id, TimedLetterSent.registration_id == Registration.id
        ),
    )


def timed_letters(event_id: int) -> list[TimedLetter]:
    """List the timed letters of an event, in the order in which they were set up."""
    return list(
        db.session.scalars(
            select(TimedLetter)
            .where(TimedLetter.event_id == event_id)
            .order_by(TimedLetter.id)
            .options(joinedload(TimedLetter.event))
        )
    )


def timed_by_uid(event_id: int, uid: str) -> TimedLetter | None:
    """Find a timed letter by its public id."""
    return db.session.scalar(
        select(TimedLetter)
        .where(TimedLetter.event_id == event_id, TimedLetter.uid == uid)
        .options(joinedload(TimedLetter.event))
    )


def sent_counts(event_id: int) -> dict[int, int]:
    """Count to how many people each timed letter of an event was sent."""
    rows = db.session.execute(
        select(TimedLetterSent.timed_letter_id, func.count())
        .join(TimedLetterSent.timed_letter)
        .where(TimedLetter.event_id == event_id)
        .group_by(TimedLetterSent.timed_letter_id)
    )
    return {row[0]: row[1] for row in rows}


def would_get(timed: TimedLetter, *, limit: int = 200) -> tuple[int, list[Registration]]:
    """Say to how many a timed letter would be written now, and name the first of them."""
    statement = waiting_for(timed)
    number = db.session.scalar(statement.with_only_columns(func.count(Registration.id))) or 0
    found = db.session.scalars(
        statement.order_by(Person.search_key, Registration.id)
        .limit(limit)
        .options(joinedload(Registration.person).selectinload(Person.emails))
    )
    return number, list(found)


# ---- sending


def write_due(*, now: datetime) -> int:
    """Write every timed letter that is due now to whom it concerns; say how many letters that was.

    Any number of workers may call this at once: each letter to each person is written by one of them.
    """
    candidates = db.session.scalars(
        select(TimedLetter)
        .join(TimedLetter.event)
        .where(TimedLetter.is_on, Event.status == EventStatus.PUBLISHED)
        .order_by(TimedLetter.id)
        .options(joinedload(TimedLetter.event))
    ).all()
    due = [one.id for one in candidates if is_due(due_at(one), window_hours=one.window_hours, now=now)]
    db.session.rollback()
    written = 0
    for timed_id in due:
        while some := _write_some(timed_id, now):
            written += some
    return written


def _write_some(timed_id: int, now: datetime) -> int:
    """Write a timed letter to the next few; nobody, where there is nobody left or another worker is at it."""
    with transaction() as session:
        timed = session.scalar(
            select(TimedLetter)
            .where(TimedLetter.id == timed_id, TimedLetter.is_on)
            .options(joinedload(TimedLetter.event).joinedload(Event.venue))
            .with_for_update(of=TimedLetter, skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if timed is None or not is_due(due_at(timed), window_hours=timed.window_hours, now=now):
            return 0
        people = session.scalars(
            waiting_for(timed).order_by(Registration.id).limit(_AT_ONCE).options(*for_letters())
        ).all()
        for registration in people:
            _write(session, timed, registration, now)
        return len(people)


def _write(session: Session, timed: TimedLetter, registration: Registration, now: datetime) -> None:
    person, event = registration.person, timed.event
    language = person.language
    links = plain_links(registration, language)
    part = "profile" if timed.letter == "complete_profile" else ""
    links["my_page"], link = own_page_link(registration, language, part=part, now=now)
    seat_address = address_of("seat.show", language, token=seat_link(session, registration, now=now))
    context: dict[str, Any] = dict(links)
    letter = mail.compose(
        timed.letter,
        key=f"timed:{timed.uid}:{registration.uid}",
        to=person.email,
        name=person.name,
        language=language,
        scope=event.slug,
        batch=timed.uid,
        is_secret=True,
        values=lambda: {**values_of(registration), **links},
        event=event,
        person=person,
        registration=registration,
        seat_address=seat_address,
        doors_open=clock(event.doors_open, event.timezone),
        **context,
    )
    letter.uid = new_uid()
    session.add(
        TimedLetterSent(timed_letter_id=timed.id, registration_id=registration.id, at=now, letter_uid=letter.uid)
    )
    session.execute(insert(SignInLink), [link])
    session.add(letter)


def title_of(timed: TimedLetter) -> str:
    """Give the name of a timed letter; translated where it is shown."""
    return TITLES.get(timed.letter, timed.letter)
