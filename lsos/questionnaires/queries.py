"""Reads of organisers' own questions and of the answers to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event
from lsos.questionnaires.models import Answer, AnswerFile, AnswerOption, Question, QuestionCondition, QuestionVersion
from lsos.questionnaires.rules import (
    NOT_ASKED,
    Answers,
    Ask,
    AskedWhen,
    Condition,
    Given,
    QuestionKind,
    is_required_on,
    possible,
    shown,
)
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState

#: Registrations of people who come, or may come: those whom questions are about.
ACTIVE = (RegistrationState.CONFIRMED, RegistrationState.PENDING, RegistrationState.WAITLISTED)


# ---- questions


def ask_of(question: Question) -> Ask:
    """Give a question as the rules know it."""
    version = question.current
    return Ask(
        code=question.code,
        kind=version.kind,
        conditions=tuple(
            Condition(one.subject.code, one.test, frozenset(one.values))
            for one in question.conditions
            if one.subject.archived_at is None
        ),
        options=frozenset(option.code for option in question.offered),
        is_required=question.is_required,
        required_from=question.required_from,
        least=Decimal(version.least) if version.least else None,
        most=Decimal(version.most) if version.most else None,
        asked_when=question.asked_when,
    )


def _questions() -> Select[Question]:
    return (
        select(Question)
        .order_by(Question.position, Question.id)
        .options(
            selectinload(Question.versions),
            selectinload(Question.options),
            selectinload(Question.conditions).joinedload(QuestionCondition.subject),
            selectinload(Question.types),
        )
    )


def questions_of(event_id: int, session: Session | None = None) -> list[Question]:
    """List what an event asks, in its order, without what is archived."""
    asked = _questions().where(Question.event_id == event_id, Question.archived_at.is_(None))
    return list((session or db.session()).scalars(asked))


def archived_questions(event_id: int) -> list[Question]:
    """List what an event asked once, the latest first."""
    gone = Question.archived_at.is_not(None)
    found = _questions().where(Question.event_id == event_id, gone)
    return list(db.session.scalars(found.order_by(None).order_by(Question.archived_at.desc(), Question.id)))


def asks_anything(event_id: int, *, at: AskedWhen = AskedWhen.REGISTERING) -> bool:
    """Say whether an event asks anything of its own at a moment."""
    asked = Question.event_id == event_id, Question.archived_at.is_(None)
    found = select(Question.id).where(*asked, Question.asked_when == at)
    return db.session.scalar(found.limit(1)) is not None


def questions_for(
    event_id: int,
    type_id: int,
    *,
    moments: Collection[AskedWhen] = (AskedWhen.REGISTERING,),
    session: Session | None = None,
) -> list[Question]:
    """List what is asked of people who take part in one way, at some moments."""
    asked = questions_of(event_id, session)
    return [question for question in asked if question.is_for(type_id) and question.asked_when in moments]


def question_by_uid(event_id: int, uid: str) -> Question | None:
    """Find a question of an event by its public id, archived or not."""
    return db.session.scalar(_questions().where(Question.event_id == event_id, Question.uid == uid))


def questions_by_uids(uids: Collection[str], session: Session | None = None) -> list[Question]:
    """Find questions by their public ids, archived or not, in their order."""
    return list((session or db.session()).scalars(_questions().where(Question.uid.in_(uids))))


def answer_counts(event_id: int) -> dict[int, int]:
    """Count the answers to each question of an event, whatever became of those who gave them."""
    rows = db.session.execute(
        select(Answer.question_id, func.count())
        .join(Question, Question.id == Answer.question_id)
        .where(Question.event_id == event_id)
        .group_by(Answer.question_id)
    )
    return {row[0]: row[1] for row in rows}


def events_with_questions(event_ids: Collection[int], *, but: int) -> list[Event]:
    """List those of some events that ask something, the latest first."""
    asking = select(Question.event_id).where(Question.archived_at.is_(None))
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.id.in_(event_ids), Event.id != but, Event.id.in_(asking))
            .order_by(Event.starts_on.desc(), Event.id)
        )
    )


# ---- answers


def is_current(answer: Answer, question: Question) -> bool:
    """Say whether an answer was given to what the question still means."""
    return answer.version.meaning == question.current.meaning


def answers_of(registration_id: int, session: Session | None = None) -> dict[int, Answer]:
    """Give what somebody answered, by question, each with the version that they read."""
    found = (session or db.session()).scalars(
        select(Answer)
        .where(Answer.registration_id == registration_id)
        .options(joinedload(Answer.version), selectinload(Answer.chosen).joinedload(AnswerOption.option))
        .execution_options(populate_existing=True)
    )
    return {answer.question_id: answer for answer in found}


def given_by(questions: Iterable[Question], answers: Mapping[int, Answer]) -> dict[str, Given]:
    """Give, by the names of the questions, the answers that still answer them."""
    return {
        question.code: tuple(answer.given)
        for question in questions
        if (answer := answers.get(question.id)) is not None and is_current(answer, question)
    }


@dataclass(frozen=True)
class Answered:
    """One answer with its question, as pages show it."""

    question: Question
    answer: Answer
    #: The question has come to mean something else since.
    is_of_before: bool
    #: An option was chosen of which no seat is kept.
    lacks_seat: bool


def all_answers_of(registration_id: int) -> list[Answered]:
    """List what somebody answered, in the order of the questions, archived ones last."""
    answers = answers_of(registration_id)
    questions = db.session.scalars(
        select(Question).where(Question.id.in_(answers)).options(selectinload(Question.versions))
    ).all()
    ordered = sorted(questions, key=lambda one: (one.archived_at is not None, one.position, one.id))
    return [
        Answered(
            question=question,
            answer=answers[question.id],
            is_of_before=not is_current(answers[question.id], question),
            lacks_seat=any(one.option.seats is not None and not one.has_seat for one in answers[question.id].chosen),
        )
        for question in ordered
    ]


def files_of(uids: Collection[str]) -> dict[str, AnswerFile]:
    """Find files by their ids."""
    return {file.uid: file for file in db.session.scalars(select(AnswerFile).where(AnswerFile.uid.in_(uids)))}


def file_of_event(event_id: int, uid: str) -> AnswerFile | None:
    """Find a file that belongs to an answer at an event."""
    return db.session.scalar(
        select(AnswerFile)
        .join(Question, Question.id == AnswerFile.question_id)
        .where(Question.event_id == event_id, AnswerFile.uid == uid, AnswerFile.answer_id.is_not(None))
        .options(joinedload(AnswerFile.answer))
    )


class Told(NamedTuple):
    """An answer with the version that it was given to."""

    version: QuestionVersion
    given: Given


@dataclass(frozen=True)
class Row:
    """What one person answered, by question, as a line of a file."""

    registration: Registration
    answers: Mapping[int, Told]


def answer_rows(event_id: int) -> list[Row]:
    """List everybody who comes or may come, by name, with what they answered."""
    registrations = db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .where(Registration.event_id == event_id, Registration.state.in_(ACTIVE))
        .order_by(Person.search_key, Registration.id)
        .options(
            contains_eager(Registration.person).selectinload(Person.emails),
            joinedload(Registration.participation_type),
        )
    ).all()
    versions = {
        version.id: version
        for version in db.session.scalars(
            select(QuestionVersion).join(QuestionVersion.question).where(Question.event_id == event_id)
        )
    }
    told: dict[int, dict[int, Told]] = defaultdict(dict)
    #: Columns and no objects, since there are many thousands of them.
    rows = db.session.execute(
        select(Answer.registration_id, Answer.question_id, Answer.version_id, Answer.given)
        .join(Answer.registration)
        .where(Registration.event_id == event_id, Registration.state.in_(ACTIVE))
    )
    for registration_id, question_id, version_id, given in rows:
        told[registration_id][question_id] = Told(versions[version_id], tuple(given))
    return [Row(one, told.get(one.id, {})) for one in registrations]


def event_files(event_id: int) -> dict[str, AnswerFile]:
    """Find the files that belong to answers at an event, by their ids."""
    found = db.session.scalars(
        select(AnswerFile)
        .join(Question, Question.id == AnswerFile.question_id)
        .where(Question.event_id == event_id, AnswerFile.answer_id.is_not(None))
    )
    return {file.uid: file for file in found}


# ---- who lacks an answer


@dataclass(frozen=True)
class Lacking:
    """Somebody of whom answers are required that they have not given."""

    registration: Registration
    questions: Sequence[Question]


def open_questions(registration: Registration, *, day: date) -> list[Question]:
    """List the questions that somebody must answer by a day, before they come, and has not."""
    questions = questions_for(registration.event_id, registration.participation_type_id)
    if not any(question.is_required for question in questions):
        return []
    given = given_by(questions, answers_of(registration.id))
    return _open(questions, given, day, {question.id: ask_of(question) for question in questions})


def _open(questions: Iterable[Question], given: Answers, day: date, asks: Mapping[int, Ask]) -> list[Question]:
    by_code = {question.code: question for question in questions}
    asked = shown([asks[question.id] for question in by_code.values()], given)
    return [by_code[ask.code] for ask in asked if is_required_on(ask, day) and not given.get(ask.code)]


def lacking_by_registration(event_id: int, *, day: date) -> dict[int, list[Question]]:
    """Give, by the number of their registration, what those who come or may come must answer by a day and have not."""
    questions = [one for one in questions_of(event_id) if one.asked_when is AskedWhen.REGISTERING]
    required = [question for question in questions if is_required_on(ask_of(question), day)]
    if not required:
        return {}
    questions = with_subjects(required, questions)
    asks = {question.id: ask_of(question) for question in questions}
    subjects = {condition.subject_id for question in questions for condition in question.conditions}
    said = said_by_registration(event_id, subjects & asks.keys())
    answered = _answered(event_id, [question for question in questions if question.id not in subjects])
    of_type: dict[int, list[Question]] = {}
    of_subjects: dict[int, list[Question]] = {}
    #: Thousands answer alike, so each way to answer is decided once.
    decided: dict[tuple[int, frozenset[tuple[str, Given]]], list[Question]] = {}
    found = {}
    for registration_id, type_id in coming(event_id):
        mine = of_type.get(type_id)
        if mine is None:
            mine = of_type[type_id] = [question for question in questions if question.is_for(type_id)]
            of_subjects[type_id] = [question for question in mine if question.id in subjects]
        given = answered.get(registration_id, frozenset())
        if registration_id in said:
            given |= frozenset(still_given(of_subjects[type_id], said[registration_id]).items())
        key = type_id, given
        if key not in decided:
            decided[key] = _open(mine, dict(given), day, asks)
        if decided[key]:
            found[registration_id] = decided[key]
    return found


#: Stands for an answer of which only counts that it was given.
_SOMETHING: Given = ("",)
#: So many bits fit into a number of either database.
_BITS = 60


def _answered(event_id: int, questions: Sequence[Question]) -> dict[int, frozenset[tuple[str, Given]]]:
    """Give by registration which of some questions were answered in what they still mean, without the answers."""
    found: dict[int, frozenset[tuple[str, Given]]] = {}
    for at in range(0, len(questions), _BITS):
        some = questions[at : at + _BITS]
        bits = {
            version.id: 1 << place
            for place, question in enumerate(some)
            for version in question.versions
            if version.meaning == question.current.meaning
        }
        #: Added up by the database: one row a person, in which each question is a bit.
        rows = db.session.execute(
            select(Answer.registration_id, func.sum(case(bits, value=Answer.version_id)))
            .join(Answer.registration)
            .where(Registration.event_id == event_id, Answer.version_id.in_(bits))
            .group_by(Answer.registration_id)
        )
        sets: dict[int, frozenset[tuple[str, Given]]] = {}
        for registration_id, added in rows:
            if added not in sets:
                answered = (one for place, one in enumerate(some) if int(added) >> place & 1)
                sets[added] = frozenset((one.code, _SOMETHING) for one in answered)
            found[registration_id] = found.get(registration_id, frozenset()) | sets[added]
    return found


def who_lacks_answers(event_id: int, *, day: date, limit: int = 500) -> list[Lacking]:
    """List, by name, the first of those who come or may come and lack an answer that is required on a day."""
    lacking = lacking_by_registration(event_id, day=day)
    by_name = select(Registration.id).join(Registration.person).where(Registration.event_id == event_id)
    ordered = db.session.scalars(by_name.order_by(Person.search_key, Registration.id)) if lacking else ()
    first = [one for one in ordered if one in lacking][:limit]
    registrations = {
        one.id: one
        for one in db.session.scalars(
            select(Registration)
            .where(Registration.id.in_(first))
            .options(joinedload(Registration.person), joinedload(Registration.participation_type))
        )
    }
    return [Lacking(registrations[one], lacking[one]) for one in first]


#: Answered before, and there.
_BY_THE_DOOR = (AskedWhen.REGISTERING, AskedWhen.CHECK_IN)


def asked_at_the_door(registration: Registration) -> list[Question]:
    """List what is to be asked of somebody who has just arrived and has not answered it yet."""
    questions = questions_for(registration.event_id, registration.participation_type_id, moments=_BY_THE_DOOR)
    return _open_at_the_door(questions, given_by(questions, answers_of(registration.id)))


def asked_at_the_door_of_all(event_id: int) -> dict[int, tuple[str, ...]]:
    """Give, by the number of the registration, what is to be asked when somebody arrives; constant statements."""
    questions = [one for one in questions_of(event_id) if one.asked_when in _BY_THE_DOOR]
    at_door = [one for one in questions if one.asked_when is AskedWhen.CHECK_IN]
    if not at_door:
        return {}
    questions = with_subjects(at_door, questions)
    said = said_by_registration(event_id, {question.id for question in questions})
    #: Thousands answer alike, so each way to answer is decided once.
    decided: dict[tuple[int, frozenset[tuple[str, Given]]], tuple[str, ...]] = {}
    found = {}
    for registration_id, type_id in coming(event_id):
        mine = [question for question in questions if question.is_for(type_id)]
        given = still_given(mine, said.get(registration_id, {}))
        key = type_id, frozenset(given.items())
        if key not in decided:
            decided[key] = tuple(question.code for question in _open_at_the_door(mine, given))
        if decided[key]:
            found[registration_id] = decided[key]
    return found


def questions_at_the_door(event_id: int) -> list[Question]:
    """List what an event asks at the door."""
    return [one for one in questions_of(event_id) if one.asked_when is AskedWhen.CHECK_IN]


def asked_of_strangers(event_id: int, type_id: int) -> list[Question]:
    """List what is to be asked at the door of somebody who takes part in a way and has answered nothing."""
    return _open_at_the_door(questions_for(event_id, type_id, moments=_BY_THE_DOOR), {})


def _open_at_the_door(questions: Sequence[Question], given: Answers) -> list[Question]:
    """List what is asked, or may come up by what is answered there."""
    unanswered = {
        question.code: question
        for question in questions
        if question.asked_when is AskedWhen.CHECK_IN
        and question.kind is not QuestionKind.PAGE_BREAK
        and not given.get(question.code)
    }
    asks = [ask_of(question) for question in questions]
    return [unanswered[ask.code] for ask in possible(asks, given, unanswered) if ask.code in unanswered]


# ---- what counting reads of many answers


def with_subjects(wanted: Iterable[Question], all_of_them: Sequence[Question]) -> list[Question]:
    """Give questions with those that decide whether they are asked, in their order."""
    found = {one.id: one for one in wanted}
    by_id = {one.id: one for one in all_of_them}
    waiting = list(found.values())
    while waiting:
        for condition in waiting.pop().conditions:
            if condition.subject_id not in found and condition.subject_id in by_id:
                found[condition.subject_id] = by_id[condition.subject_id]
                waiting.append(by_id[condition.subject_id])
    return sorted(found.values(), key=lambda one: (one.position, one.id))


class Said(NamedTuple):
    """An answer and what its question meant then: all that counting needs of many thousands."""

    given: Given
    meaning: int


def coming(event_id: int) -> list[tuple[int, int]]:
    """List who comes or may come: the number of the registration, and of its way to take part."""
    rows = db.session.execute(
        select(Registration.id, Registration.participation_type_id).where(
            Registration.event_id == event_id, Registration.state.in_(ACTIVE)
        )
    )
    return [(row[0], row[1]) for row in rows]


def said_by_registration(event_id: int, question_ids: Collection[int]) -> dict[int, dict[int, Said]]:
    """Give what was answered to some questions, by registration and question."""
    found: dict[int, dict[int, Said]] = defaultdict(dict)
    rows = db.session.execute(
        select(Answer.registration_id, Answer.question_id, Answer.given, QuestionVersion.meaning)
        .join(Answer.version)
        .join(Answer.registration)
        .where(Registration.event_id == event_id, Answer.question_id.in_(question_ids))
    )
    for registration_id, question_id, given, meaning in rows:
        found[registration_id][question_id] = Said(tuple(given), meaning)
    return found


def still_given(questions: Iterable[Question], said: Mapping[int, Said]) -> dict[str, Given]:
    """Give, by the names of the questions, the answers that still answer them."""
    return {
        question.code: said[question.id].given
        for question in questions
        if question.id in said and said[question.id].meaning == question.current.meaning
    }


def answerable(questions: Iterable[Question]) -> list[Question]:
    """List those of some questions that have answers."""
    return [question for question in questions if question.kind not in NOT_ASKED]
