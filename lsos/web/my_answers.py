"""One's own answers to the organiser's questions: read, complete, and change while they may be changed."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.questionnaires import queries
from lsos.questionnaires.answering import change_answers, edit_refusal_of, today_at
from lsos.questionnaires.models import Answer, Question
from lsos.registration.models import Registration
from lsos.registration.rules import GIVES_UP, RegistrationState
from lsos.web.errors import words_of
from lsos.web.look import day, settings
from lsos.web.own_questions import Own, own_form
from lsos.web.questions import file_answer
from lsos.web.reviewing import watched_titles
from lsos.web.session import attendee, attendees, event_or_404, my_registration

bp = Blueprint("my_answers", __name__, url_prefix="/events/<slug>/me/questions")
bp.before_request(attendees)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show what the organiser asks, with the reader's answers."""
    event = event_or_404(slug)
    return _page(_own(event, attendee()))


@bp.post("")
def save(slug: str) -> ResponseReturnValue:
    """Store the answers, or show them again with what is wrong."""
    event, mine, now = event_or_404(slug), attendee(), datetime.now(UTC)
    own = _own(event, mine)
    if not own.validate(now=now, data_dir=settings().data_dir):
        return _page(own), 422
    try:
        changed = change_answers(mine.id, own.replies(), actor_id=mine.person_id, by_owner=True, now=now)
    except Refused as refused:
        if not own.show(refused):
            flash(words_of(refused), "refused")
        return _page(own), 409
    flash(gettext("Your answers are saved."), "done")
    if changed.to_review:
        flash(gettext("The organiser looks at your changes and writes to you. Your seat is kept until then."), "done")
    return redirect(url_for(".index", slug=slug))


def _own(event: Event, mine: Registration) -> Own:
    now = datetime.now(UTC)
    questions = queries.questions_for(event.id, mine.participation_type_id)
    answers = queries.answers_of(mine.id)
    return own_form(
        event,
        mine.participation_type_id,
        all_on_one_page=True,
        questions=questions,
        formdata=request.form if request.method == "POST" else None,
        known=queries.given_by(questions, answers),
        answers=answers,
        final=_final(event, questions, answers, now),
        now=now,
    )


def _final(event: Event, questions: list[Question], answers: dict[int, Answer], now: datetime) -> dict[str, str]:
    """Say, by question, why an answer stays as it is."""
    found = {}
    for question in queries.answerable(questions):
        refusal = edit_refusal_of(question, answers.get(question.id), event, now=now)
        if refusal is not None:
            until = day(question.edit_until) if question.edit_until else ""
            found[question.code] = gettext(refusal, day=until)
    return found


def _page(own: Own) -> str:
    mine = attendee()
    is_approved = mine.state is RegistrationState.CONFIRMED
    watched = watched_titles(mine.participation_type.watched_answers, of_questions=True) if is_approved else []
    return render_template("questions/mine.html", mine=mine, own=own, watched=watched)


@bp.get("/files/<uid>")
def file(slug: str, uid: str) -> ResponseReturnValue:
    """Give the reader a file that they sent."""
    event = event_or_404(slug)
    found = queries.file_of_event(event.id, uid)
    if found is None or found.answer is None or found.answer.registration_id != attendee().id:
        abort(404)
    return file_answer(found)


# ---- what other pages of one's own say of it


@bp.app_template_global()
def organiser_asks_me() -> bool:
    """Say whether the organiser asks the reader anything of their own."""
    mine = my_registration()
    return mine is not None and queries.asks_anything(mine.event_id)


@bp.app_template_global()
def my_open_questions() -> list[Question]:
    """List what the reader must answer by now and has not, for a line on their own pages."""
    if "open_questions" not in g:
        mine = my_registration()
        is_coming = mine is not None and mine.state not in GIVES_UP
        g.open_questions = []
        if mine is not None and is_coming:
            event = event_or_404(str((request.view_args or {})["slug"]))
            g.open_questions = queries.open_questions(mine, day=today_at(event, datetime.now(UTC)))
    found: list[Question] = g.open_questions
    return found
