"""What people do with organisers' own questions: answer them, change an answer, send a file.

A seat of an option is taken and given back in the transaction that writes the answer. Whoever does so
locks the registration first, then moves the options in the order of their ids.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.db import db, new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.questionnaires.file_rules import FILE_KINDS, file_kind_of, file_problem
from lsos.questionnaires.models import Answer, AnswerFile, AnswerOption, Question, QuestionOption
from lsos.questionnaires.queries import answers_of, ask_of, given_by, is_current, questions_for
from lsos.questionnaires.rules import (
    CHOICES,
    NOT_ASKED,
    AnswerRefusal,
    AskedWhen,
    EditRefusal,
    Given,
    QuestionKind,
    answer_problem,
    edit_refusal,
    problem_details,
    shown,
)
from lsos.questionnaires.watching import watched_answers
from lsos.registration import seats, steps
from lsos.registration.changing import ask_again
from lsos.registration.models import Registration
from lsos.registration.rules import GIVES_UP
from lsos.wording import plain

#: What somebody answers, by the names of the questions; a question that is not named stays as it was.
Replies = Mapping[str, Given]
NO_REGISTRATION = N_("There is no such registration at this event.")
#: A file that nobody has sent with a form is kept so long.
LOOSE_FILE_LIFE = timedelta(days=14)


def entry_answers(replies: Replies, *, actor_id: int | None, now: datetime) -> Callable[[Session, int], None]:
    """Make what writes somebody's answers as part of registering, whatever that comes to; it refuses a full option."""

    def write(session: Session, registration_id: int) -> None:
        _write(session, registration_id, replies, _REGISTERING, is_coming=True, actor_id=actor_id, now=now)

    return write


_REGISTERING = (AskedWhen.REGISTERING,)
_ALL = (AskedWhen.REGISTERING, AskedWhen.CHECK_IN)


def change_answers(
    registration_id: int, replies: Replies, *, actor_id: int | None, by_owner: bool, now: datetime
) -> Registration:
    """Store what somebody answers, or an organiser or the door for them, after they registered.

    Where approval rests on an answer that its owner changes, the organiser approves again.

    Args:
        registration_id: whose answers they are.
        replies: what is answered; a question that is not named stays as it was.
        actor_id: who stores it; None where a device does, which no account stands behind.
        by_owner: it is the person themselves, for whom an answer may be final.
        now: the moment.

    Raises:
        NotFound: there is no such registration.
        Refused: an answer is not as its question wants it, is final, or an option has no seat left.
    """
    with transaction() as session:
        if not by_owner:
            return _write(session, registration_id, replies, _ALL, is_coming=None, actor_id=actor_id, now=now)
        whose = _locked_with_seats(session, registration_id)
        _refuse_final(session, whose, replies, now)
        before = watched_answers(session, whose)
        _write(session, registration_id, replies, _REGISTERING, is_coming=None, actor_id=actor_id, now=now)
        ask_again(session, whose, before, watched_answers(session, whose), now)
        return whose


def _locked_with_seats(session: Session, registration_id: int) -> Registration:
    """Lock the seats of the event first, since a change that asks for approval again moves one."""
    row = session.execute(
        select(Registration.event_id, Registration.uid).where(Registration.id == registration_id)
    ).first()
    if row is None:
        raise NotFound(NO_REGISTRATION)
    seats.lock(session, row.event_id)
    return steps.locked(session, row.event_id, row.uid)


def edit_refusal_of(question: Question, answer: Answer | None, event: Event, *, now: datetime) -> EditRefusal | None:
    """Say why the owner of an answer may not change it now; None when they may."""
    return edit_refusal(
        is_answered=answer is not None and is_current(answer, question),
        may_edit=question.may_edit,
        edit_until=question.edit_until,
        last_day=event.ends_on,
        day=today_at(event, now),
    )


def today_at(event: Event, now: datetime) -> date:
    """Give the day that it is where the event takes place."""
    return now.astimezone(ZoneInfo(event.timezone)).date()


def _refuse_final(session: Session, whose: Registration, replies: Replies, now: datetime) -> None:
    answers = answers_of(whose.id, session)
    for question in questions_for(whose.event_id, whose.participation_type_id, session=session):
        answer = answers.get(question.id)
        before = tuple(answer.given) if answer is not None else ()
        if question.code not in replies or replies[question.code] == before:
            continue
        refusal = edit_refusal_of(question, answer, whose.event, now=now)
        if refusal is not None:
            raise Refused(refusal, day=question.edit_until)


def release_options(session: Session, registration_id: int) -> None:
    """Give back, in the open transaction of another use case, the seats of options of somebody who does not come.

    What they answered stays readable. Come last, after whatever locks registrations.
    """
    session.scalars(select(Registration.id).where(Registration.id == registration_id).with_for_update()).one()
    held = session.scalars(
        select(AnswerOption)
        .join(AnswerOption.answer)
        .where(Answer.registration_id == registration_id, AnswerOption.has_seat)
        .order_by(AnswerOption.option_id)
    ).all()
    for chosen in held:
        _move_seat(session, chosen.option_id, -1)
        chosen.has_seat = False


def release_options_of_absent(event_id: int | None = None) -> int:
    """Give back the seats of options of all who do not come any more, however it came to that; says of how many.

    Whatever ends a registration releases its options itself; this finds those whose offer of a seat ran out.
    """
    absent = (
        select(Answer.registration_id)
        .join(AnswerOption, AnswerOption.answer_id == Answer.id)
        .join(Answer.registration)
        .where(AnswerOption.has_seat, Registration.state.in_(GIVES_UP))
        .order_by(Answer.registration_id)
        .distinct()
    )
    if event_id is not None:
        absent = absent.where(Registration.event_id == event_id)
    found = list(db.session.scalars(absent))
    db.session.rollback()
    for registration_id in found:
        with transaction() as session:
            release_options(session, registration_id)
    return len(found)


def _write(
    session: Session,
    registration_id: int,
    replies: Replies,
    moments: Sequence[AskedWhen],
    *,
    is_coming: bool | None,
    actor_id: int | None,
    now: datetime,
) -> Registration:
    whose = _locked(session, registration_id)
    #: All of them, since a condition may look at an answer given at another moment.
    questions = questions_for(whose.event_id, whose.participation_type_id, moments=_ALL, session=session)
    answers = answers_of(registration_id, session)
    given = given_by(questions, answers) | dict(replies)
    asked = {ask.code for ask in shown([ask_of(question) for question in questions], given)}
    wanted: dict[int, tuple[Question, Given]] = {}
    for question in questions:
        if question.kind in NOT_ASKED:
            continue
        if question.code not in asked:
            wanted[question.id] = (question, ())
        elif question.code in replies and question.asked_when in moments:
            _refuse_wrong(question, replies[question.code])
            wanted[question.id] = (question, replies[question.code])
    comes = whose.state not in GIVES_UP if is_coming is None else is_coming
    _move_seats(session, wanted, answers, takes=comes)
    changed = [
        question.code
        for question, reply in wanted.values()
        if _store(session, whose, question, reply, answers.get(question.id), takes=comes, now=now)
    ]
    session.flush()
    if changed:
        audit.record(
            session,
            "answers.changed",
            actor_id=actor_id,
            scope=whose.event.slug,
            object_uid=whose.uid,
            questions=changed,
        )
    return whose


def _locked(session: Session, registration_id: int) -> Registration:
    whose = session.scalar(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event), joinedload(Registration.participation_type))
        .with_for_update(of=Registration)
    )
    if whose is None:
        raise NotFound(NO_REGISTRATION)
    return whose


def _refuse_wrong(question: Question, reply: Given) -> None:
    """Refuse an answer that the page should have caught; whether it may be left out, only the page knows."""
    ask = ask_of(question)
    problem = answer_problem(ask, reply, is_required=False)
    if problem is not None:
        raise Refused(problem, **problem_details(ask))


def _options_of(question: Question, reply: Given) -> dict[int, QuestionOption]:
    chosen = set(reply) if question.kind in CHOICES else set()
    return {option.id: option for option in question.offered if option.code in chosen}


def _move_seats(
    session: Session, wanted: Mapping[int, tuple[Question, Given]], answers: Mapping[int, Answer], *, takes: bool
) -> None:
    """Take and give back seats of options, in the order of their ids, so that nobody waits in a circle."""
    before: dict[int, QuestionOption] = {}
    after: dict[int, QuestionOption] = {}
    for question, reply in wanted.values():
        old = answers.get(question.id)
        if old is not None:
            before |= {one.option_id: one.option for one in old.chosen if one.has_seat}
        if takes:
            after |= _options_of(question, reply)
    for option_id in sorted(before.keys() ^ after.keys()):
        if option_id in before:
            _move_seat(session, option_id, -1)
        elif not _move_seat(session, option_id, 1):
            raise Refused(AnswerRefusal.OPTION_FULL, option=plain(after[option_id].name))


def _move_seat(session: Session, option_id: int, by: int) -> bool:
    """Move the seats taken of an option by one; False when none is left to take."""
    has_room = or_(QuestionOption.seats.is_(None), QuestionOption.taken + by <= QuestionOption.seats)
    moved = session.scalar(
        update(QuestionOption)
        .where(QuestionOption.id == option_id, has_room)
        .values(taken=QuestionOption.taken + by)
        .returning(QuestionOption.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


def _store(
    session: Session,
    whose: Registration,
    question: Question,
    reply: Given,
    old: Answer | None,
    *,
    takes: bool,
    now: datetime,
) -> bool:
    """Write one answer, or take it away where nothing is said; says whether anything changed."""
    if not reply:
        if old is not None:
            session.delete(old)
            session.flush()
        return old is not None
    options = _options_of(question, reply)
    has_seats = old is not None and {one.option_id for one in old.chosen if one.has_seat} == (
        options.keys() if takes else set()
    )
    if old is not None and tuple(old.given) == reply and old.version_id == question.current.id and has_seats:
        return False
    answer = old or Answer(registration_id=whose.id, question_id=question.id)
    answer.version_id = question.current.id
    answer.given = list(reply)
    answer.at = now
    if old is None:
        session.add(answer)
    there = {one.option_id: one for one in answer.chosen}
    answer.chosen = [there.get(option_id) or AnswerOption(option_id=option_id) for option_id in options]
    for one in answer.chosen:
        one.has_seat = takes
    session.flush()
    if question.kind is QuestionKind.FILE:
        _claim_file(session, question, answer, reply[0])
    return True


# ---- files


@dataclass(frozen=True)
class SentFile:
    """A file as it arrived."""

    name: str
    content: bytes


def keep_file(question: Question, sent: SentFile, *, data_dir: Path, now: datetime) -> AnswerFile:
    """Keep a file that somebody sends, before the form that it belongs to is taken.

    Only what its first bytes say it is comes in; it gets a name of ours on the disk, and nothing ever runs it.

    Raises:
        Refused: `file_problem` gave a reason.
    """
    version = question.current
    problem = file_problem(sent.name, sent.content, allowed=version.file_kinds, megabytes=version.megabytes)
    if problem is not None:
        kinds = ", ".join(FILE_KINDS[code].name for code in version.file_kinds if code in FILE_KINDS)
        raise Refused(problem, megabytes=version.megabytes, kinds=kinds)
    kind = FILE_KINDS[file_kind_of(sent.name, version.file_kinds) or "pdf"]
    uid = new_uid()
    place = file_path(data_dir, uid)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(sent.content)
    with transaction() as session:
        kept = AnswerFile(
            uid=uid,
            question_id=question.id,
            name=sent.name[-200:],
            content_type=kind.content_type,
            size=len(sent.content),
            sha256=hashlib.sha256(sent.content).hexdigest(),
            at=now,
        )
        session.add(kept)
    return kept


def file_path(data_dir: Path, uid: str) -> Path:
    """Say where the bytes of a file lie."""
    return data_dir / "answers" / uid


def _claim_file(session: Session, question: Question, answer: Answer, uid: str) -> None:
    """Tie a file to the answer it was sent with; one that belongs to somebody else cannot be taken."""
    file = session.scalar(
        select(AnswerFile).where(AnswerFile.uid == uid, AnswerFile.question_id == question.id).with_for_update()
    )
    if file is None or file.answer_id not in {None, answer.id}:
        raise Refused(AnswerRefusal.FILE_GONE)
    session.execute(
        update(AnswerFile).where(AnswerFile.answer_id == answer.id, AnswerFile.uid != uid).values(answer_id=None)
    )
    file.answer_id = answer.id


def delete_loose_files(data_dir: Path, *, now: datetime) -> int:
    """Delete files that belong to no answer and were not sent lately, and bytes of which nothing is known.

    Returns:
        How many were deleted from the disk.
    """
    with transaction() as session:
        old = AnswerFile.answer_id.is_(None), AnswerFile.at < now - LOOSE_FILE_LIFE
        session.execute(delete(AnswerFile).where(*old))
        known = set(session.scalars(select(AnswerFile.uid)))
    found = 0
    begun = (now - LOOSE_FILE_LIFE).timestamp()
    for place in sorted(file_path(data_dir, "").glob("*")):
        if place.name not in known and place.stat().st_mtime < begun:
            place.unlink(missing_ok=True)
            found += 1
    return found
