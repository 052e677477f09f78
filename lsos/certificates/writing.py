"""The letter that one's certificate is ready: once to each who gets one, by hand or by itself in the morning after."""

from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lsos import chores, mail
from lsos.accounts.models import Person
from lsos.certificates import queries, service
from lsos.certificates.links import token_for
from lsos.certificates.models import Certificate, CertificateSettings
from lsos.certificates.rules import WRITTEN_FOR
from lsos.checkin.attendance import was_there
from lsos.chores import Rows, Work
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.mail import OutgoingMail
from lsos.registration.letter_queries import for_letters
from lsos.registration.letters import values_of
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.stepping import OF_A_WORKER, in_steps

LETTER = "certificate_ready"


def write_due(*, now: datetime) -> int:
    """Write the letters that are due, each once; any number of workers may call this at once."""
    events = db.session.execute(
        select(Event, CertificateSettings)
        .join(CertificateSettings, CertificateSettings.event_id == Event.id)
        .where(Event.status == EventStatus.PUBLISHED, CertificateSettings.is_given)
        .order_by(Event.id)
    ).all()
    due = [(event.uid, event.slug) for event, known in events if _is_due(event, known, now)]
    db.session.rollback()
    return chores.each(Work.CERTIFICATES, due, partial(_write, now=now), now=now)


def _is_due(event: Event, known: CertificateSettings, now: datetime) -> bool:
    since = service.sent_from(event, known)
    return since is not None and since <= now < since + WRITTEN_FOR


def _write(uid: str, scope: str, now: datetime) -> int:
    tried = Rows(Work.CERTIFICATES, uid, scope, now=now)
    #: Whoever the rule keeps from one has no letter, and must not be looked at again.
    seen = [0]
    written = [0]

    def step(rows: int) -> int:
        readers, letters = _write_some(uid, now, rows, tried, after=seen[0])
        seen[0] = max([seen[0], *readers])
        written[0] += letters
        return len(readers)

    try:
        in_steps(step, OF_A_WORKER)
    finally:
        tried.settle()
    return written[0]


def _write_some(uid: str, now: datetime, rows: int, tried: Rows, *, after: int) -> tuple[list[int], int]:
    """Write to the next few, and name them; who is written to by another worker is passed over."""
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.uid == uid)).one()
        known = session.get_one(CertificateSettings, event.id)
        if not _is_due(event, known, now):
            return [], 0
        people = session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event.id,
                Registration.id > after,
                Registration.id.not_in(tried.left_out),
                *waits(),
            )
            .order_by(Registration.id)
            .limit(rows)
            .options(*for_letters())
            .with_for_update(of=Registration, skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        entitled = {
            one.registration.id
            for one in queries.holders(event, [one.id for one in people], with_sessions=False, now=now)
            if one.refusal is None
        }
        service.issue(session, entitled, now=now)
        done = 0
        for one in people:
            if one.id in entitled:
                done += tried.attempt(session, one.id, partial(_send, session, one))
        return [one.id for one in people], done


def waits() -> tuple[ColumnElement[bool], ...]:
    """Say in SQL that somebody may get a letter and had none; whether they get one is for the rule to say."""
    told = select(OutgoingMail.id).where(OutgoingMail.key == LETTER + ":" + Registration.uid)
    revoked = select(Certificate.id).where(
        Certificate.registration_id == Registration.id, Certificate.revoked_at.is_not(None)
    )
    return (
        Registration.state == RegistrationState.CONFIRMED,
        Registration.erased_at.is_(None),
        Registration.person.has(Person.emails.any()),
        was_there(),
        ~told.exists(),
        ~revoked.exists(),
    )


def counts(event_id: int) -> tuple[int, int]:
    """Count who was written to, and who may still be."""
    told = db.session.scalar(
        select(func.count())
        .select_from(Registration)
        .join(OutgoingMail, OutgoingMail.key == LETTER + ":" + Registration.uid)
        .where(Registration.event_id == event_id)
    )
    left = db.session.scalar(
        select(func.count()).select_from(Registration).where(Registration.event_id == event_id, *waits())
    )
    return told or 0, left or 0


def _send(session: Session, reader: Registration) -> None:
    mail.enqueue(
        session,
        LETTER,
        key=f"{LETTER}:{reader.uid}",
        to=reader.person.email,
        name=reader.person.name,
        language=reader.person.language,
        scope=reader.event.slug,
        is_secret=True,
        values=lambda: values_of(reader),
        **context_of(reader, token_for(reader.uid)),
    )


def context_of(reader: Registration, token: str) -> dict[str, object]:
    """Give what the template of the letter reads."""
    return {"event": reader.event, "person": reader.person, "token": token}
