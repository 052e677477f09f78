"""Organisers' own questions among the answers that approval rests on: what was said, so that it stays readable."""

from collections.abc import Collection, Iterable

from sqlalchemy.orm import Session

from lsos.questionnaires.models import Answer, Question, QuestionVersion
from lsos.questionnaires.queries import answers_of, questions_by_uids
from lsos.questionnaires.rules import NOT_ASKED, AskedWhen, QuestionKind
from lsos.registration.models import Registration
from lsos.registration.rules import Said, asked_key, asked_uid

#: Approval cannot rest on what is not answered, nor on a file, whose earlier one is deleted.
NOT_WATCHED = NOT_ASKED | {QuestionKind.FILE}


def watchable(questions: Iterable[Question]) -> list[Question]:
    """Keep the questions that approval may rest on: answered when people register."""
    return [one for one in questions if one.kind not in NOT_WATCHED and one.asked_when is AskedWhen.REGISTERING]


def questions_of_keys(keys: Collection[str], session: Session | None = None) -> dict[str, Question]:
    """Find the questions among the answers that approval rests on, by their keys."""
    uids = [uid for key in keys if (uid := asked_uid(key)) is not None]
    return {asked_key(one.uid): one for one in questions_by_uids(uids, session)} if uids else {}


def said_to(question: Question, answer: Answer | None) -> Said:
    """Keep an answer as it was given, with the version that was read: versions stay as they are."""
    version = answer.version if answer is not None else question.current
    return {"given": list(answer.given) if answer is not None else [], "version": version.number}


def version_of(question: Question, said: Said) -> QuestionVersion:
    """Give the version of a question that somebody read when they said something."""
    return next((one for one in question.versions if one.number == said["version"]), question.current)


def watched_answers(session: Session, registration: Registration) -> dict[str, Said]:
    """Give somebody's answers to the questions that approval rests on, to be compared before and after a change."""
    questions = questions_of_keys(registration.participation_type.watched_answers, session)
    if not questions:
        return {}
    answers = answers_of(registration.id, session)
    asked = {key: one for key, one in questions.items() if one.archived_at is None}
    return {key: said_to(one, answers.get(one.id)) for key, one in asked.items()}
