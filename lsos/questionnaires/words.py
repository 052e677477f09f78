"""Questions and answers in the reader's words: one place for pages, letters and files."""

from collections.abc import Mapping
from datetime import date

from babel.lists import format_list
from flask_babel import gettext

from lsos.errors import N_
from lsos.questionnaires.models import AnswerFile, QuestionCondition, QuestionVersion
from lsos.questionnaires.rules import CHOICES, NO, YES, Given, QuestionKind, Test, as_number
from lsos.wording import country_name, day, locale, plain

NO_FILES: Mapping[str, AnswerFile] = {}


def answer_words(version: QuestionVersion, given: Given, files: Mapping[str, AnswerFile] = NO_FILES) -> str:
    """Write an answer as its owner read it; several options follow one another by commas."""
    return ", ".join(value_words(version, value, files) for value in given)


def value_words(version: QuestionVersion, value: str, files: Mapping[str, AnswerFile] = NO_FILES) -> str:
    """Write one value of an answer."""
    kind = version.kind
    if kind in CHOICES:
        return plain(version.name_of(value))
    if kind in {QuestionKind.YES_NO, QuestionKind.TICK}:
        return gettext("yes") if value == YES else gettext("no") if value == NO else value
    if kind is QuestionKind.COUNTRY:
        return country_name(value) or value
    if kind is QuestionKind.DATE:
        return day(date.fromisoformat(value))
    if kind is QuestionKind.FILE:
        return files[value].name if value in files else gettext("a file")
    if kind is QuestionKind.NUMBER:
        return _number_words(version, value)
    return value


def _number_words(version: QuestionVersion, value: str) -> str:
    amount = as_number(value)
    if amount is None:
        return value
    written = value.replace(".", ",") if locale().language == "pl" else value
    unit = plain(version.unit)
    return f"{written} {unit}" if unit else written


_WHEN = {
    Test.ONE_OF: N_("Only if the answer to “%(question)s” is: %(answers)s."),
    Test.NONE_OF: N_("Only if “%(question)s” was answered with something other than: %(answers)s."),
    Test.ANSWERED: N_("Only if “%(question)s” was answered."),
    Test.NOT_ANSWERED: N_("Only if “%(question)s” was not answered."),
}


def condition_words(condition: QuestionCondition, subject: QuestionVersion) -> str:
    """Say in a sentence when a question is asked."""
    order = {option["code"]: place for place, option in enumerate(subject.options)}
    values = sorted(condition.values, key=lambda value: (order.get(value, 0), value))
    names = [value_words(subject, value) for value in values]
    either = format_list(names, style="or", locale=locale())
    return str(gettext(_WHEN[condition.test], question=plain(subject.label), answers=either))
