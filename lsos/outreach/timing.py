"""Letters at their time: set up, switched on, and sent by whichever worker comes first, once to each."""

from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit, chores, mail
from lsos.accounts.models import SignInLink
from lsos.chores import Rows, Work
from lsos.db import db, new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.invitations import mails as invitation_mails
from lsos.invitations.letters import LETTERS as OF_INVITATIONS
from lsos.invitations.models import Claim, Delegation, Invitation
from lsos.mail import Letter, Words
from lsos.outreach import letters
from lsos.outreach.catalogue import OWN, OWN_LETTER, TIMINGS, TITLES, Timing
from lsos.outreach.letters import LINK_NAMES, address_of, own_page_link, plain_links
from lsos.outreach.models import TimedLetter, TimedLetterSent
from lsos.outreach.rules import Anchor, Audience, RuleRefusal, WrittenTo, rule_refusal
from lsos.outreach.timing_queries import due_now, key_of_seats, sent_counts
from lsos.questionnaires.models import Question
from lsos.registration.letter_queries import for_letters
from lsos.registration.letters import values_of
from lsos.registration.mails import seat_link
from lsos.registration.models import ParticipationType, Registration
from lsos.stepping import OF_A_WORKER, in_steps
from lsos.texts import LANGUAGES, Bilingual
from lsos.wording import clock

#: So many letters are written in one transaction.
_AT_ONCE = 50


# ---- what organisers do with them


@dataclass(frozen=True)
class Rule:
    """When a letter goes out and to whom, and its own words, where it has any."""

    audience: Audience
    anchor: Anchor
    days: int
    at: time
    window_hours: int
    takes_late: bool = True
    #: The question whose required date its days count from, by public id.
    question_uid: str = ""
    name: str = ""
    subject: Bilingual = field(default_factory=Bilingual)
    body: Bilingual = field(default_factory=Bilingual)


def add(event: Event, code: str, *, by: int, now: datetime) -> TimedLetter:
    """Set a timed letter up, switched off.

    Raises:
        NotFound: there is no such letter.
    """
    if code not in TIMINGS:
        raise NotFound(N_("There is no such letter."))
    timing: Timing = TIMINGS[code]
    with transaction() as session:
        timed = TimedLetter(
            event_id=event.id,
            letter=timing.letter or code,
            audience=timing.audience.as_dict(),
            reader=timing.reader,
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


def letter_of(timed: TimedLetter) -> Letter:
    """Give the letter that a timed letter with words of its own becomes."""
    if timed.reader is WrittenTo.INVITED:
        return next(one for one in OF_INVITATIONS if one.code == timed.letter)
    return OWN_LETTER


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


def change(event_id: int, uid: str, rule: Rule, *, by: int) -> None:
    """Say when a letter goes out, to whom, and how; it is switched off by that, so that somebody looks once more.

    Raises:
        NotFound: there is no such letter.
        Refused: nobody was chosen, its day is unknown of its readers, or its words name what it does not know.
    """
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        question = _question(session, event_id, rule)
        has_day = question is not None and question.required_from is not None
        refusal = rule_refusal(timed.reader, rule.anchor, rule.audience, days=rule.days, has_required_day=has_day)
        if refusal is not None:
            raise Refused(refusal)
        for language in LANGUAGES:
            words = getattr(rule.subject, language), getattr(rule.body, language)
            wrong_subject, wrong_body = letters.problems_of(*words, letter_of(timed).placeholders)
            for problem in (*wrong_subject, *wrong_body):
                raise Refused(problem.message, **problem.details)
        timed.name, timed.subject, timed.body = rule.name, rule.subject, rule.body
        timed.audience, timed.anchor, timed.days = rule.audience.as_dict(), rule.anchor, rule.days
        timed.question_id = question.id if question is not None else None
        timed.at, timed.window_hours, timed.takes_late = rule.at, rule.window_hours, rule.takes_late
        timed.is_on = False
        _record(session, timed.event.slug, timed, "changed", by)


def _question(session: Session, event_id: int, rule: Rule) -> Question | None:
    if rule.anchor is not Anchor.QUESTION:
        return None
    return session.scalar(select(Question).where(Question.event_id == event_id, Question.uid == rule.question_uid))


def switch(event_id: int, uid: str, *, is_on: bool, by: int, now: datetime) -> None:
    """Switch a letter on, or off; what of it waits in the outbox is held meanwhile.

    Raises:
        NotFound: there is no such letter.
        Refused: it has no words yet.
    """
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        if is_on and timed.letter == OWN and not all(timed.words(language) for language in LANGUAGES):
            raise Refused(RuleRefusal.WORDS_MISSING)
        timed.is_on = is_on
        if is_on:
            mail.let_go(session, timed.event.slug, timed.uid)
        else:
            mail.hold_up(session, timed.event.slug, timed.uid, by=by, now=now)
        _record(session, timed.event.slug, timed, "switched_on" if is_on else "switched_off", by)


def remove(event_id: int, uid: str, *, by: int) -> None:
    """Take a letter away that was not sent to anybody yet; one that was is switched off instead.

    Raises:
        NotFound: there is no such letter.
    """
    with transaction() as session:
        timed = _locked(session, event_id, uid)
        was_sent = sent_counts(event_id).get(timed.id)
        timed.is_on = False
        _record(session, timed.event.slug, timed, "removed", by)
        if not was_sent:
            session.delete(timed)


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
        .options(joinedload(TimedLetter.event), selectinload(TimedLetter.question))
    ).all()
    due = [(one.uid, one.event.slug) for one in candidates if due_now(one, now=now) is not None]
    db.session.rollback()
    return chores.each(Work.TIMED_LETTERS, due, partial(_write_all, now=now), now=now)


def _write_all(uid: str, scope: str, now: datetime) -> int:
    tried = Rows(Work.TIMED_LETTERS, uid, scope, now=now)
    try:
        return in_steps(partial(_write_some, uid, now, tried), OF_A_WORKER, at_once=_AT_ONCE)
    finally:
        tried.settle()


def _write_some(uid: str, now: datetime, tried: Rows, rows: int) -> int:
    """Write a timed letter to the next few; nobody, where there is nobody left or another worker is at it."""
    with transaction() as session:
        timed = session.scalar(
            select(TimedLetter)
            .where(TimedLetter.uid == uid, TimedLetter.is_on)
            .options(joinedload(TimedLetter.event).joinedload(Event.venue), selectinload(TimedLetter.question))
            .with_for_update(of=TimedLetter, skip_locked=True)
            .execution_options(populate_existing=True)
        )
        found = due_now(timed, now=now) if timed is not None else None
        if timed is None or found is None:
            return 0
        if timed.is_of_seats:
            return _remind_of_seats(session, timed, found, rows, now)
        if timed.reader is WrittenTo.INVITED:
            return _remind_some(session, timed, found, tried, rows)
        wanted = found.where(Registration.id.not_in(tried.left_out)).order_by(Registration.id)
        people = session.scalars(wanted.limit(rows).options(*for_letters())).all()
        for registration in people:
            tried.attempt(session, registration.id, partial(_write, session, timed, registration, now))
        return len(people)


def _remind_some(session: Session, timed: TimedLetter, found: Any, tried: Rows, rows: int) -> int:
    invitations = session.scalars(
        found.where(Invitation.id.not_in(tried.left_out))
        .order_by(Invitation.id)
        .limit(rows)
        .options(
            joinedload(Invitation.event),
            joinedload(Invitation.participation_type).selectinload(ParticipationType.capacities),
        )
        .with_for_update(of=Invitation)
        .execution_options(populate_existing=True)
    ).all()
    for invitation in invitations:
        tried.attempt(session, invitation.id, partial(_remind, session, timed, invitation, tried.now))
    return len(invitations)


def _remind(session: Session, timed: TimedLetter, invitation: Invitation, now: datetime) -> None:
    invitation.reminders += 1
    invitation.written_at = now
    words = timed.words(invitation.language)
    letter = invitation_mails.invite(
        session, invitation, now=now, batch=timed.uid, own_words=Words(*words) if words is not None else None
    )
    letter.uid = new_uid()
    session.add(TimedLetterSent(timed_letter_id=timed.id, invitation_id=invitation.id, at=now, letter_uid=letter.uid))


def _remind_of_seats(session: Session, timed: TimedLetter, found: Any, rows: int, now: datetime) -> int:
    of = joinedload(Claim.delegation)
    claims = session.scalars(
        found.order_by(Claim.id)
        .limit(rows)
        .options(
            of.joinedload(Delegation.event),
            of.joinedload(Delegation.organisation),
            of.joinedload(Delegation.participation_type),
        )
        .with_for_update(of=Claim)
        .execution_options(populate_existing=True)
    ).all()
    for claim in claims:
        claim.reminders += 1
        claim.written_at = now
        words = timed.words(claim.language)
        invitation_mails.offer_seat(
            session,
            claim,
            claim.delegation,
            now=now,
            key=key_of_seats(timed, claim.uid),
            batch=timed.uid,
            own_words=Words(*words) if words is not None else None,
        )
    return len(claims)


def _write(session: Session, timed: TimedLetter, registration: Registration, now: datetime) -> None:
    person, event = registration.person, timed.event
    language = person.language
    links = plain_links(registration, language)
    part = "profile" if timed.letter == "complete_profile" else ""
    links["my_page"], link = own_page_link(registration, language, part=part, now=now)
    seat_address = address_of("seat.show", language, token=seat_link(session, registration, now=now))
    words = timed.words(language)
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
        own_words=Words(*words, LINK_NAMES) if words is not None else None,
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
    """Give the name of a timed letter; the platform's own are translated where they are shown."""
    return timed.name or TITLES.get(timed.letter, timed.letter)
