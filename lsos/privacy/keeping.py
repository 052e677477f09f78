"""Keeping for a time: what of each event is due, and its deletion, class by class, each with a line of proof.

Figures stay as they were: what reports count (kind, organisation, what somebody is, country, days there, meetings,
offers by kind) is never deleted, only who it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from lsos import audit, chores
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.privacy import forgetting, periods, proof
from lsos.privacy.forgetting import FORGET, Forgotten
from lsos.privacy.models import Deletion, KeepingRule
from lsos.privacy.rules import (
    DAYS_AT_MOST,
    KEEPINGS,
    PLATFORM_LETTER_DAYS,
    QUESTION_PREFIX,
    QUESTIONS,
    DataClass,
    days_kept,
    due_on,
    is_due,
)
from lsos.questionnaires.models import Question
from lsos.questionnaires.rules import NOT_ASKED, QuestionKind
from lsos.registration import seats, steps
from lsos.texts import Bilingual

NO_CLASS = N_("This event keeps no such data. Reload the page.")
TOO_MANY_DAYS = N_("Write a number of days from 0 to %(most)s, or leave the field empty to keep it without end.")
STALE = N_("What is due has changed since you looked: %(number)s by now. Look again before you delete it.")


#: So many whole registrations are taken from their owners in one transaction.
AT_ONCE = 50


def today_at(event: Event, now: datetime) -> date:
    """Give the date at the event."""
    return now.astimezone(ZoneInfo(event.timezone)).date()


@dataclass(frozen=True)
class Kept:
    """One class of data of one event: how long it is kept, and what there is of it."""

    what: str
    #: The platform's words, or an organiser's question.
    name: str | Bilingual
    about: str
    days: int | None
    #: What the platform proposes, or, for a question, what holds for all of them.
    proposed: int | None
    is_chosen: bool
    due: date | None
    number: int
    is_due: bool
    #: So many stay past their time, until that of the other events of their year is over too.
    waiting: int = 0

    @property
    def goes_today(self) -> int:
        """Count what a run would delete today."""
        return self.number if self.is_due else 0


def rules_of(event_id: int, session: Session | None = None) -> dict[str, int | None]:
    """Give what an event chose, by class."""
    rows = (session or db.session()).execute(
        select(KeepingRule.what, KeepingRule.days).where(KeepingRule.event_id == event_id)
    )
    return {row[0]: row[1] for row in rows}


def kept(event: Event, *, now: datetime) -> list[Kept]:
    """Say for how long an event keeps what, and what would go today; the questions follow their common rule."""
    session = db.session()
    chosen, today = rules_of(event.id), today_at(event, now)
    counts = periods.counts(session, event)
    by_question = periods.answers_by_question(session, event)
    found: list[Kept] = []

    def add(
        what: str, name: str | Bilingual, about: str, proposed: int | None, number: int, *, waiting: int = 0
    ) -> None:
        days = days_kept(what, chosen)
        due = due_on(event.ends_on, days)
        over = is_due(event.ends_on, days, today=today)
        found.append(Kept(what, name, about, days, proposed, what in chosen, due, number, over, waiting))

    for one in KEEPINGS:
        if one.code != QUESTIONS:
            number = there = counts[one.code]
            if one.code == DataClass.REGISTRATIONS and is_due(event.ends_on, days_kept(one.code, chosen), today=today):
                number = len(_whole_ones_due(session, event, now))
            add(one.code, one.name, one.what, one.days, number, waiting=there - number)
            continue
        questions = _questions(session, event)
        ruled = {QUESTION_PREFIX + question.uid for question in questions} & set(chosen)
        shared = sum(by_question.get(q.uid, 0) for q in questions if QUESTION_PREFIX + q.uid not in ruled)
        add(one.code, one.name, one.what, one.days, shared)
        for question in questions:
            what = QUESTION_PREFIX + question.uid
            add(what, question.current.label, "", days_kept(QUESTIONS, chosen), by_question.get(question.uid, 0))
    return found


def _questions(session: Session, event: Event) -> list[Question]:
    """List the questions that are answered in words or by choosing; files have a class of their own."""
    rows = session.scalars(
        select(Question)
        .where(Question.event_id == event.id)
        .order_by(Question.position, Question.id)
        .options(selectinload(Question.versions))
    )
    return [one for one in rows if one.kind not in NOT_ASKED and one.kind is not QuestionKind.FILE]


def counted_once(all_kept: list[Kept]) -> list[Kept]:
    """Leave out the questions that follow the common rule, so that nothing is counted twice."""
    return [one for one in all_kept if one.is_chosen or not one.what.startswith(QUESTION_PREFIX)]


def set_rules(event_id: int, wanted: Mapping[str, int | None], *, by: int) -> list[str]:
    """Store for how long an event keeps what; what is as proposed has no rule. Names what changed.

    Raises:
        NotFound: there is no such class.
        Refused: a number of days is out of bounds.
    """
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.id == event_id).with_for_update(key_share=True)).one()
        known = {one.code for one in KEEPINGS} | {QUESTION_PREFIX + one.uid for one in _questions(session, event)}
        before = rules_of(event_id, session)
        after = dict(before)
        proposed = {one.code: one.days for one in KEEPINGS}
        for what, days in wanted.items():
            if what not in known:
                raise NotFound(NO_CLASS)
            if days is not None and not 0 <= days <= DAYS_AT_MOST:
                raise Refused(TOO_MANY_DAYS, most=DAYS_AT_MOST)
            after[what] = days
        common = after.get(QUESTIONS, proposed[QUESTIONS])
        plain = {**proposed, **{what: common for what in known if what.startswith(QUESTION_PREFIX)}}
        after = {what: days for what, days in after.items() if what in known and days != plain[what]}
        changed = sorted(what for what in {*before, *after} if before.get(what, -1) != after.get(what, -1))
        if changed:
            session.execute(delete(KeepingRule).where(KeepingRule.event_id == event_id))
            session.add_all(KeepingRule(event_id=event_id, what=what, days=days) for what, days in after.items())
            said = {what: after.get(what, "proposed") for what in changed}
            audit.record(session, "keeping.changed", actor_id=by, scope=event.slug, object_uid=event.uid, days=said)
        return changed


# ---- the run


def run(event: Event, *, expected: int | None = None, data_dir: Path, by: int | None, now: datetime) -> list[Deletion]:
    """Delete what of an event is due, each class in a transaction of its own; gives the lines of proof.

    Raises:
        Refused: `expected` was restated, and what is due is not so much any more.
    """
    due = [one for one in counted_once(kept(event, now=now)) if one.goes_today]
    total = sum(one.goes_today for one in due)
    if expected is not None and expected != total:
        raise Refused(STALE, number=total)
    db.session.rollback()
    lines: list[Deletion] = []
    for one in due:
        lines += _run_class(event.id, one.what, data_dir=data_dir, by=by, now=now)
    return lines


def _run_class(event_id: int, what: str, *, data_dir: Path, by: int | None, now: datetime) -> list[Deletion]:
    lines = _run_part(event_id, what, data_dir=data_dir, by=by, now=now)
    #: Whole registrations go so many in one transaction, so that others can write in between.
    while what == DataClass.REGISTRATIONS and (more := _run_part(event_id, what, data_dir=data_dir, by=by, now=now)):
        lines += more
    return lines


def _run_part(event_id: int, what: str, *, data_dir: Path, by: int | None, now: datetime) -> list[Deletion]:
    with transaction() as session:
        seats.lock(session, event_id)
        event = session.get_one(Event, event_id)
        chosen = rules_of(event_id, session)
        days = days_kept(what, chosen)
        if not is_due(event.ends_on, days, today=today_at(event, now)):
            return []
        done = _forget(session, event, what, chosen, now)
        if not done.number:
            return []
        session.expire_all()
        line = proof.note(session, what, done.number, scope=event.slug, days=days, by=by, now=now)
        for slug, number in sorted(done.elsewhere.items()):
            proof.note(session, what, number, scope=slug, days=days, by=by, now=now)
        audit.record(
            session, "data.deleted", actor_id=by, scope=event.slug, object_uid=event.uid, what=what, rows=done.number
        )
        steps.hand_on(session, event_id, now)
    for file in done.files:
        (data_dir / file).unlink(missing_ok=True)
    return [line]


def _forget(session: Session, event: Event, what: str, chosen: Mapping[str, int | None], now: datetime) -> Forgotten:
    if what == DataClass.REGISTRATIONS:
        return _forget_registrations(session, event, now)
    if what == QUESTIONS:
        uids = [one.uid for one in _questions(session, event) if QUESTION_PREFIX + one.uid not in chosen]
        return Forgotten(sum(forgetting.answers(session, event, uid) for uid in uids))
    if what.startswith(QUESTION_PREFIX):
        return Forgotten(forgetting.answers(session, event, what.removeprefix(QUESTION_PREFIX)))
    return FORGET[what](session, event, now)


def _due_anywhere(session: Session, now: datetime) -> list[int]:
    """List the registrations of whatever event whose time is over."""
    chosen: dict[int, dict[str, int | None]] = {}
    for event_id, what, days in session.execute(select(KeepingRule.event_id, KeepingRule.what, KeepingRule.days)):
        chosen.setdefault(event_id, {})[what] = days

    def is_over(event: Event) -> bool:
        days = days_kept(DataClass.REGISTRATIONS, chosen.get(event.id, {}))
        return is_due(event.ends_on, days, today=today_at(event, now))

    return forgetting.may_go(session, is_over)


def _whole_ones_due(session: Session, event: Event, now: datetime) -> list[int]:
    """List the registrations of an event that a run would take from their owners, with all of the same year."""
    due = set(_due_anywhere(session, now))
    here = periods.ids_of(session, periods.PARTS[DataClass.REGISTRATIONS](event)[0])
    waits = periods.owners_who_wait(session, event, due)
    return [one for one, owner in periods.owners_of(session, here).items() if one in due and owner not in waits]


def _forget_registrations(session: Session, event: Event, now: datetime) -> Forgotten:
    due = set(_due_anywhere(session, now))
    all_done = Forgotten()
    for registration_id in _whole_ones_due(session, event, now)[:AT_ONCE]:
        done = forgetting.part_from(session, registration_id, due, now)
        all_done.number += done.number
        all_done.files += done.files
        all_done.elsewhere += done.elsewhere
    return all_done


def run_all(*, data_dir: Path, now: datetime) -> list[Deletion]:
    """Delete what is due of every event that is over."""
    over = db.session.scalars(select(Event).where(Event.ends_on < now.date()).order_by(Event.starts_on, Event.id)).all()
    lines: list[Deletion] = []

    def delete_due(key: str, _scope: str) -> int:
        event_id, _, what = key.partition(":")
        gone = _run_class(int(event_id), what, data_dir=data_dir, by=None, now=now)
        lines.extend(gone)
        return len(gone)

    #: Whole registrations come last of all, since those of one person go together from several events.
    for is_last in (False, True):
        for event in over:
            due = [one for one in counted_once(kept(event, now=now)) if one.goes_today]
            wanted = [one.what for one in due if (one.what == DataClass.REGISTRATIONS) is is_last]
            db.session.rollback()
            chores.each(Work.RETENTION, [(f"{event.id}:{what}", event.slug) for what in wanted], delete_due, now=now)
    return lines + _empty_platform_letters(now)


def _empty_platform_letters(now: datetime) -> list[Deletion]:
    """Take from letters that belong to no event what they said, once their time is over."""
    with transaction() as session:
        ids = session.scalars(
            select(OutgoingMail.id).where(
                OutgoingMail.scope == "",
                OutgoingMail.to_address != "",
                OutgoingMail.created_at < now - timedelta(days=PLATFORM_LETTER_DAYS),
            )
        ).all()
        if not ids:
            return []
        forgetting.empty_letters(session, ids)
        return [proof.note(session, DataClass.LETTERS, len(ids), days=PLATFORM_LETTER_DAYS, now=now)]


def due_now(*, now: datetime) -> list[tuple[Event, list[Kept]]]:
    """Say what `run_all` would delete."""
    over = db.session.scalars(select(Event).where(Event.ends_on < now.date()).order_by(Event.starts_on, Event.id)).all()
    found = [(event, [one for one in counted_once(kept(event, now=now)) if one.goes_today]) for event in over]
    return [(event, due) for event, due in found if due]


def names_of(event: Event) -> dict[str, str | Bilingual]:
    """Give the words for each class, those of questions that are gone left out."""
    names: dict[str, str | Bilingual] = {one.code: one.name for one in KEEPINGS}
    return names | {QUESTION_PREFIX + one.uid: one.current.label for one in _questions(db.session(), event)}
