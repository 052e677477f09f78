"""What is asked at the door only: put to a guest after their badge was scanned."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.checkin.deciding import Need
from lsos.checkin.service import Verdict
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.questionnaires import queries
from lsos.questionnaires.answering import change_answers
from lsos.questionnaires.rules import AskedWhen, QuestionKind
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge
from lsos.web.errors import words_of
from lsos.web.look import settings
from lsos.web.own_questions import Own, own_form
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("door_questions", __name__, url_prefix="/events/<slug>/door/questions")
bp.before_request(only(Role.DOOR))


@bp.get("/<code>")
def show(slug: str, code: str) -> ResponseReturnValue:
    """Show what is to be asked of a guest, and nothing else that they answered."""
    event = event_or_404(slug)
    guest = _guest(event, code)
    return _page(guest, own_at_door(event, guest))


@bp.post("/<code>")
def save(slug: str, code: str) -> ResponseReturnValue:
    """Store what the guest answers."""
    event, now = event_or_404(slug), datetime.now(UTC)
    guest = _guest(event, code)
    own = own_at_door(event, guest)
    if not own.validate(now=now, data_dir=settings().data_dir):
        return _page(guest, own), 422
    try:
        change_answers(guest.id, own.replies(), actor_id=signed_in_reader().id, by_owner=False, now=now)
    except Refused as refused:
        if not own.show(refused):
            flash(words_of(refused), "refused")
        return _page(guest, own), 409
    flash(gettext("Saved. Next guest, please."), "done")
    return redirect(url_for("door.index", slug=slug))


def address_for(slug: str, verdict: Verdict) -> str:
    """Give the address at which a guest is asked what is still open; empty where nothing is."""
    if Need.QUESTIONS not in verdict.needs:
        return ""
    return url_for("door_questions.show", slug=slug, code=verdict.code)


def _guest(event: Event, code: str) -> Registration:
    guest = registration_by_badge(event.id, code[:16])
    if guest is None:
        raise NotFound(N_("There is no such registration at this event."))
    return guest


def own_at_door(event: Event, guest: Registration, *, with_files: bool = True) -> Own:
    """Put the questions of the door, which may depend on what the guest answered before."""
    moments = (AskedWhen.REGISTERING, AskedWhen.CHECK_IN)
    questions = queries.questions_for(event.id, guest.participation_type_id, moments=moments)
    answers = queries.answers_of(guest.id)
    return own_form(
        event,
        guest.participation_type_id,
        on_page={
            question.code
            for question in queries.asked_at_the_door(guest)
            if with_files or question.kind is not QuestionKind.FILE
        },
        questions=questions,
        formdata=request.form if request.method == "POST" else None,
        known=queries.given_by(questions, answers),
        answers=answers,
        now=datetime.now(UTC),
    )


def _page(guest: Registration, own: Own) -> str:
    return render_template("questions/door.html", guest=guest, own=own)
