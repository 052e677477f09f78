"""How organisers' own questions were answered, counted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.questionnaires.models import Answer, Question, QuestionVersion
from lsos.questionnaires.queries import (
    ask_of,
    coming,
    questions_of,
    said_by_registration,
    still_given,
    with_subjects,
)
from lsos.questionnaires.rules import Given, QuestionKind, as_number, shown
from lsos.registration.models import Registration


@dataclass(frozen=True)
class Figures:
    """The answers to one meaning of a question, counted."""

    #: The latest version with this meaning, and how many there are.
    version: QuestionVersion
    versions: Sequence[QuestionVersion]
    is_current: bool
    answered: int
    #: By the value chosen, in the order of the options.
    counts: Mapping[str, int]
    least: Decimal | None
    middle: Decimal | None
    most: Decimal | None


@dataclass(frozen=True)
class Statistics:
    """How a question was answered, the present meaning first, by those who come or may come."""

    figures: Sequence[Figures]
    #: How many are asked it, given what else they answered, and how many of them have not answered.
    asked: int
    missing: int


def statistics_of(question: Question) -> Statistics:
    """Count the answers to a question, by what it meant when they were given."""
    questions = with_subjects([question], questions_of(question.event_id))
    asks = {one.id: ask_of(one) for one in questions}
    said = said_by_registration(question.event_id, asks)
    asked = missing = 0
    own: dict[int, list[Given]] = defaultdict(list)
    for registration_id, type_id in coming(question.event_id):
        answers = said.get(registration_id, {})
        if question.id in answers:
            own[answers[question.id].meaning].append(answers[question.id].given)
        mine = [one for one in questions if one.is_for(type_id)]
        given = still_given(mine, answers)
        if question in mine and asks[question.id] in shown([asks[one.id] for one in mine], given):
            asked += 1
            missing += not given.get(question.code)
    meanings = sorted({version.meaning for version in question.versions}, reverse=True)
    figures = [_figures(question, meaning, own[meaning]) for meaning in meanings]
    return Statistics([one for one in figures if one.is_current or one.answered], asked, missing)


def _figures(question: Question, meaning: int, answers: Sequence[Given]) -> Figures:
    versions = [version for version in question.versions if version.meaning == meaning]
    version = versions[-1]
    counts = dict.fromkeys((option["code"] for option in version.options), 0)
    for given in answers:
        for value in given:
            counts[value] = counts.get(value, 0) + 1
    is_number = version.kind is QuestionKind.NUMBER
    numbers = sorted(n for given in answers for text in given if (n := as_number(text)) is not None)
    has_numbers = is_number and bool(numbers)
    return Figures(
        version=version,
        versions=versions,
        is_current=meaning == question.current.meaning,
        answered=len(answers),
        counts=counts,
        least=numbers[0] if has_numbers else None,
        middle=median(numbers) if has_numbers else None,
        most=numbers[-1] if has_numbers else None,
    )


def latest_answers(question_id: int, limit: int = 50) -> list[Answer]:
    """List the answers to a question that came last, whatever became of those who gave them."""
    return list(
        db.session.scalars(
            select(Answer)
            .where(Answer.question_id == question_id)
            .order_by(Answer.at.desc(), Answer.id.desc())
            .limit(limit)
            .options(joinedload(Answer.version), joinedload(Answer.registration).joinedload(Registration.person))
        )
    )
