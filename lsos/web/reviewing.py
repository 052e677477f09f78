"""What an approval rests on, in words: which answers those are, what they were when they were approved, and are now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from lsos.questionnaires.models import Question
from lsos.questionnaires.queries import answers_of
from lsos.questionnaires.watching import questions_of_keys, said_to, version_of
from lsos.questionnaires.words import answer_words
from lsos.registration.answers import watched_answers
from lsos.registration.models import Registration
from lsos.registration.rules import Said, WatchedAnswer, asked_uid
from lsos.registration.transfers import handed_on_from
from lsos.texts import Bilingual
from lsos.wording import country_name, plain


@dataclass(frozen=True)
class Reviewed:
    """One answer that approval rests on: what it was, None where that is not known any more, and what it is now."""

    title: str
    was: str | None
    now: str


@dataclass(frozen=True)
class Review:
    """What waits for approval again, and why: an answer changed, or somebody gave their seat to this colleague."""

    answers: Sequence[Reviewed]
    giver: Registration | None


def watched_titles(keys: Collection[str], *, of_questions: bool | None = None) -> list[str]:
    """Name answers that approval rests on: all, or only those to organisers' own questions, or only the others."""
    questions = questions_of_keys(keys) if of_questions is not False else {}
    if of_questions:
        #: What is not asked any more cannot change.
        questions = {key: one for key, one in questions.items() if one.archived_at is None}
    wanted = [key for key in keys if of_questions in {None, asked_uid(key) is not None}]
    return [_title(key, questions) for key in wanted if asked_uid(key) is None or key in questions]


def _title(key: str, questions: Mapping[str, Question], said: Said | None = None) -> str:
    if asked_uid(key) is None:
        return str(gettext(WatchedAnswer(key).words))
    question = questions[key]
    return plain((version_of(question, said) if said else question.current).label)


def review_of(registration: Registration) -> Review | None:
    """Say what waits for approval again; None where nothing does."""
    keys = registration.to_review
    if not keys:
        return None
    #: Who got a seat from a colleague answered for themselves: what was approved stands with the colleague.
    giver = None if registration.approved_answers else handed_on_from(registration.id)
    questions = questions_of_keys(keys)
    now = _answers(registration, questions)
    approved = registration.approved_answers or (_answers(giver, questions) if giver is not None else {})
    shown = [key for key in keys if asked_uid(key) is None or key in questions]
    return Review([_reviewed(key, questions, approved.get(key), now[key]) for key in shown], giver)


def _answers(registration: Registration, questions: Mapping[str, Question]) -> dict[str, Said]:
    if registration.erased_at is not None:
        return {}
    given = answers_of(registration.id) if questions else {}
    of_questions = {key: said_to(one, given.get(one.id)) for key, one in questions.items()}
    return {**watched_answers(registration), **of_questions}


def _reviewed(key: str, questions: Mapping[str, Question], was: Said | None, now: Said) -> Reviewed:
    said = _words(key, questions, was) if was is not None else None
    return Reviewed(_title(key, questions, was), said, _words(key, questions, now))


def _words(key: str, questions: Mapping[str, Question], said: Said) -> str:
    """Write an answer in the words of the time at which it was given."""
    given: list[str] = said["given"]
    if not given:
        return str(gettext("not given"))
    if key in questions:
        return answer_words(version_of(questions[key], said), tuple(given))
    if key == WatchedAnswer.COUNTRY:
        return country_name(given[0])
    if key == WatchedAnswer.STAKEHOLDER_TYPE:
        return plain(Bilingual(said["pl"], said["en"])) or given[0]
    return given[0]
