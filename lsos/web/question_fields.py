"""Organisers' own questions as fields of the list: each a column, a filter and a column of files."""

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, exists, not_, or_, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.events.models import Event
from lsos.questionnaires.models import Answer, AnswerOption, Question, QuestionOption
from lsos.questionnaires.queries import archived_questions, questions_of
from lsos.questionnaires.rules import CHOICES, NOT_ASKED
from lsos.questionnaires.words import value_words
from lsos.registration.fields import NONE, Choice, Field, Kind, Value, yes_or_no
from lsos.registration.models import Registration
from lsos.wording import plain

#: Before the code of each, so that none is taken for a field of ours.
PREFIX = "question-"


def question_fields(event: Event) -> list[Field]:
    """Make a field of each question that an event asks."""
    return [_field(question) for question in questions_of(event.id) if question.kind not in NOT_ASKED]


def title_once(event: Event, code: str) -> str:
    """Give the words of a question that an event asks no more, by the code of its field; else the code."""
    once = (one for one in archived_questions(event.id) if f"{PREFIX}{one.code}" == code)
    return next((plain(one.current.label) for one in once), code)


def _field(question: Question) -> Field:
    has_options = question.kind in CHOICES
    return Field(
        f"{PREFIX}{question.code}",
        question.current.label,
        Kind.CHOICES if has_options else Kind.YES_NO,
        fetch=_answers(question.id),
        where=_chosen(question.id) if has_options else _answered(question.id),
        choices=_options(question) if has_options else None,
    )


def _answers(question_id: int) -> Callable[[Collection[int]], Mapping[int, Value]]:
    def read(ids: Collection[int]) -> Mapping[int, Value]:
        rows = db.session.scalars(
            select(Answer)
            .where(Answer.question_id == question_id, Answer.registration_id.in_(ids))
            .options(joinedload(Answer.version))
        )
        return {one.registration_id: tuple(value_words(one.version, each) for each in one.given) for one in rows}

    return read


def _options(question: Question) -> Callable[[Event], list[Choice]]:
    return lambda _event: [Choice(option.code, plain(option.name) or option.code) for option in question.options]


def _own(question_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Answer.registration_id == Registration.id, Answer.question_id == question_id


def _chosen(question_id: int) -> Callable[[Event, Sequence[str]], ColumnElement[bool]]:
    def where(_event: Event, values: Sequence[str]) -> ColumnElement[bool]:
        own = _own(question_id)
        these = exists().where(
            *own,
            AnswerOption.answer_id == Answer.id,
            AnswerOption.option_id == QuestionOption.id,
            QuestionOption.code.in_(values),
        )
        return or_(these, not_(exists().where(*own))) if NONE in values else these

    return where


def _answered(question_id: int) -> Callable[[Event, Sequence[str]], ColumnElement[bool]]:
    return lambda _event, values: yes_or_no(exists().where(*_own(question_id)), values)
