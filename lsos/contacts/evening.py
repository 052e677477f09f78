"""One letter in the evening to each whom people asked for their contact that day, and who has not answered."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lsos import chores, mail
from lsos.accounts.models import Person
from lsos.chores import Work
from lsos.contacts.models import ContactExchange
from lsos.contacts.queries import asking
from lsos.contacts.rules import Word, day_told
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.mail import OutgoingMail
from lsos.registration.letter_queries import for_letters
from lsos.registration.letters import values_of
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.stepping import OF_A_WORKER, in_steps

LETTER = "contacts_asked"


def write_due(*, now: datetime) -> int:
    """Write the letters of this evening, each once; any number of workers may call this at once."""
    rows = db.session.execute(
        select(Event.uid, Event.slug, Event.timezone)
        .join(ContactExchange, ContactExchange.event_id == Event.id)
        .where(Event.status == EventStatus.PUBLISHED, ContactExchange.asked_at > now - timedelta(days=1))
        .distinct()
    ).all()
    db.session.rollback()
    due = [(uid, slug) for uid, slug, zone in rows if day_told(now.astimezone(ZoneInfo(zone))) is not None]
    return chores.each(Work.CONTACTS, due, partial(_write, now=now), now=now)


def _write(uid: str, _scope: str, now: datetime) -> int:
    #: Whoever was asked only by somebody whom they never meet gets no letter, and must not be looked at again.
    seen = [0]

    def step(rows: int) -> int:
        readers = _write_some(uid, now, rows, after=seen[0])
        seen[0] = max([seen[0], *readers])
        return len(readers)

    return in_steps(step, OF_A_WORKER)


def _write_some(event_uid: str, now: datetime, rows: int, *, after: int) -> list[int]:
    """Write to the next few, and name them; who is written to by another worker is passed over."""
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.uid == event_uid)).one()
        day = day_told(now.astimezone(ZoneInfo(event.timezone)))
        if day is None:
            return []
        readers = _asked(session, event, day, rows, now, after=after)
        for reader in readers:
            waiting = [one for one in asking(reader) if one.asked_at > now - timedelta(days=1)]
            if waiting:
                _send(session, reader, waiting, day)
    return [one.id for one in readers]


def _send(session: Session, reader: Registration, waiting: Sequence[ContactExchange], day: date) -> None:
    mail.enqueue(
        session,
        LETTER,
        key=_key(reader, day),
        to=reader.person.email,
        name=reader.person.name,
        language=reader.person.language,
        scope=reader.event.slug,
        is_automatic=True,
        values=lambda: values_of(reader),
        **context_of(reader, [one.other(reader.id) for one in waiting]),
    )


def context_of(reader: Registration, people: Sequence[Registration]) -> dict[str, object]:
    """Give what the template of the letter reads."""
    return {"reader": reader, "event": reader.event, "people": people}


def _key(reader: Registration, day: date) -> str:
    return f"{LETTER}:{day.isoformat()}:{reader.uid}"


def _asked(session: Session, event: Event, day: date, rows: int, now: datetime, *, after: int) -> list[Registration]:
    """Take the next few who were asked since yesterday evening, have an address, and were not written to yet."""
    agree = (Word.YES, Word.STANDING)
    waits = (
        select(ContactExchange.id)
        .where(
            ContactExchange.asked_at > now - timedelta(days=1),
            or_(
                (ContactExchange.low_id == Registration.id)
                & (ContactExchange.low_said == Word.SILENT)
                & ContactExchange.high_said.in_(agree),
                (ContactExchange.high_id == Registration.id)
                & (ContactExchange.high_said == Word.SILENT)
                & ContactExchange.low_said.in_(agree),
            ),
        )
        .correlate(Registration)
    )
    told = select(OutgoingMail.id).where(OutgoingMail.key == f"{LETTER}:{day.isoformat()}:" + Registration.uid)
    return list(
        session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event.id,
                Registration.id > after,
                Registration.state == RegistrationState.CONFIRMED,
                Registration.person.has(Person.emails.any()),
                waits.exists(),
                ~told.exists(),
            )
            .order_by(Registration.id)
            .limit(rows)
            .options(*for_letters())
            .with_for_update(of=Registration, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
