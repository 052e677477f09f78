"""The organiser's own questions: write them, order them, see them as attendees do, and read the answers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from lsos.drawing import Bar
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.queries import roles_of, worked_on
from lsos.events.rules import Role, may_act
from lsos.questionnaires import queries, service
from lsos.questionnaires.answering import file_path, today_at
from lsos.questionnaires.counting import Figures, latest_answers, statistics_of
from lsos.questionnaires.models import Answer, AnswerFile, Question
from lsos.questionnaires.rules import KIND_NAMES, NOT_ASKED, QuestionKind
from lsos.questionnaires.words import answer_words, condition_words, value_words
from lsos.registration.models import Registration
from lsos.registration.queries import counts_by_state, participation_types
from lsos.texts import LANGUAGE_NAMES, LANGUAGES, Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options
from lsos.web.look import settings
from lsos.web.own_questions import own_form
from lsos.web.question_forms import QuestionForm, question_form, suggested_code
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer, put_on_record
from lsos.wording import plain

bp = Blueprint("questions", __name__, url_prefix="/events/<slug>/organise/questions")
bp.before_request(only(Role.REGISTRATIONS))

#: So many people stand on one page.
LISTED_AT_MOST = 500
#: Of so many people the list of questions says at once how many lack an answer.
COUNTED_AT_MOST = 3000


class AddForm(PageForm):
    """What kind of question comes next."""

    class Meta(PageForm.Meta):
        """It leads to a form and changes nothing, so it needs no token."""

        csrf = False

    kind = SelectField(_l("Kind of answer"))


class CopyForm(PageForm):
    """From where questions are copied."""

    source = SelectField(_l("Event"))


@dataclass(frozen=True)
class Line:
    """A question in the organiser's list."""

    question: Question
    kind: str
    #: When it is asked, each condition in a sentence.
    when: list[str]
    answers: int
    #: The languages in which something of it is not written.
    lacks: list[str]
    seats: int | None
    taken: int
    is_first: bool
    is_last: bool


# ---- the list


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show what is asked, page by page, in its order."""
    event = event_or_404(slug)
    questions = queries.questions_of(event.id)
    counts = queries.answer_counts(event.id)
    lines = _lines(questions, counts)
    return render_template(
        "questions/index.html",
        pages=_pages(lines),
        total=sum(one.kind not in NOT_ASKED for one in questions),
        archived=[(one, counts.get(one.id, 0)) for one in queries.archived_questions(event.id)],
        add=_add_form(),
        copy=_copy_form(event),
        requires=any(one.is_required for one in questions),
        lacking=_how_many_lack(event),
        untranslated=sum(bool(line.lacks) for line in lines),
        types=participation_types(event.id),
    )


def _how_many_lack(event: Event) -> int | None:
    """Count who lacks a required answer; None in an event so large that only the page about it counts them."""
    if sum(counts_by_state(event.id).values()) > COUNTED_AT_MOST:
        return None
    return len(queries.lacking_by_registration(event.id, day=today_at(event, datetime.now(UTC))))


def _lines(questions: list[Question], counts: dict[int, int]) -> list[Line]:
    by_id = {question.id: question for question in questions}
    return [
        Line(
            question=question,
            kind=gettext(KIND_NAMES[question.kind]),
            when=[
                condition_words(condition, by_id[condition.subject_id].current)
                for condition in question.conditions
                if condition.subject_id in by_id
            ],
            answers=counts.get(question.id, 0),
            lacks=_lacks(question),
            seats=sum(one.seats or 0 for one in question.offered) if _counts_seats(question) else None,
            taken=sum(one.taken for one in question.offered if one.seats is not None),
            is_first=place == 0,
            is_last=place == len(questions) - 1,
        )
        for place, question in enumerate(questions)
    ]


def _counts_seats(question: Question) -> bool:
    return any(option.seats is not None for option in question.offered)


def _lacks(question: Question) -> list[str]:
    """Name the languages in which something of a question is not written."""
    version = question.current
    texts: list[Bilingual] = [version.label, version.help, version.unit, *(one.name for one in question.offered)]
    missing = {code for text in texts for code in text.missing()}
    return [LANGUAGE_NAMES[code] for code in LANGUAGES if code in missing]


def _pages(lines: list[Line]) -> list[list[Line]]:
    """Divide the list where pages begin; a break stands first on its page."""
    pages: list[list[Line]] = [[]]
    for line in lines:
        if line.question.kind is QuestionKind.PAGE_BREAK and pages[-1]:
            pages.append([])
        pages[-1].append(line)
    return [page for page in pages if page]


def _add_form() -> AddForm:
    form = AddForm(formdata=None)
    form.kind.choices = options(*((kind.value, gettext(words)) for kind, words in KIND_NAMES.items()))
    return form


def _sources(event: Event) -> list[Event]:
    """List the events whose questions the reader may copy."""
    mine = [one.id for one in worked_on(signed_in_reader().id)]
    return queries.events_with_questions(mine, but=event.id)


def _copy_form(event: Event) -> CopyForm | None:
    sources = _sources(event)
    if not sources:
        return None
    form = CopyForm()
    form.source.choices = options(*((one.slug, plain(one.name)) for one in sources))
    return form


# ---- one question


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Write a question that comes after the others."""
    event = event_or_404(slug)
    earlier = queries.questions_of(event.id)
    kind = _kind(request.form.get("kind") or request.args.get("kind", ""))
    form = question_form(kind, earlier, participation_types(event.id), more_rows=_wants_rows())
    if not form.is_submitted() or _wants_rows():
        return _form_page(form, None)
    if not (form.validate() & form.days_are_said()):
        return _form_page(form, None), 422
    taken = {one.code for one in [*earlier, *queries.archived_questions(event.id)]}
    code = form.code.data or suggested_code(Bilingual(form.label_pl.data or "", form.label_en.data or ""), taken)
    try:
        service.add_question(event.id, form.wish(code=code), actor_id=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        form.show(refused)
        return _form_page(form, None), 422
    flash(gettext("The question is asked from now on, after the others. Look at the preview."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.route("/<uid>/edit", methods=["GET", "POST"])
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Change a question; what was answered keeps its words."""
    event = event_or_404(slug)
    questions = queries.questions_of(event.id)
    question = next((one for one in questions if one.uid == uid), None)
    if question is None:
        abort(404)
    answers = queries.answer_counts(event.id).get(question.id, 0)
    form = question_form(
        _kind(request.form.get("kind") or question.kind.value),
        questions[: questions.index(question)],
        participation_types(event.id),
        wish=service.wish_of(question),
        taken_seats={option.code: option.taken for option in question.options},
        with_meaning=answers > 0,
        more_rows=_wants_rows(),
    )
    if not form.is_submitted() or _wants_rows():
        return _form_page(form, question, answers)
    if not (form.validate() & form.days_are_said()):
        return _form_page(form, question, answers), 422
    try:
        service.change_question(
            event.id,
            uid,
            form.wish(code=form.code.data or question.code),
            means_the_same="meaning" in form and form.meaning.data == "same",
            actor_id=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        form.show(refused)
        return _form_page(form, question, answers), 422
    flash(gettext("Saved."), "done")
    return redirect(url_for(".index", slug=slug))


def _kind(value: str) -> QuestionKind:
    try:
        return QuestionKind(value)
    except ValueError:
        abort(404)


def _wants_rows() -> bool:
    return "more" in request.form


def _form_page(form: QuestionForm, question: Question | None, answers: int = 0) -> str:
    return render_template("questions/edit.html", form=form, question=question, answers=answers)


@bp.post("/<uid>/move")
def move(slug: str, uid: str) -> ResponseReturnValue:
    """Move a question one place up or down."""
    event = event_or_404(slug)
    steps = -1 if request.form.get("up") else 1
    try:
        service.move_question(event.id, uid, steps=steps, actor_id=signed_in_reader().id)
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for(".index", slug=slug, _anchor=f"q-{uid}"))


@bp.post("/<uid>/archive")
def archive(slug: str, uid: str) -> ResponseReturnValue:
    """Ask a question no more."""
    event = event_or_404(slug)
    is_kept = service.archive_question(event.id, uid, actor_id=signed_in_reader().id, now=datetime.now(UTC))
    if is_kept:
        flash(gettext("The question is asked no more. Its answers stay readable, and you can ask it again."), "done")
    else:
        flash(gettext("The question is deleted. Nobody had answered it."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/restore")
def restore(slug: str, uid: str) -> ResponseReturnValue:
    """Ask an archived question again."""
    event = event_or_404(slug)
    service.restore_question(event.id, uid, actor_id=signed_in_reader().id)
    flash(gettext("The question is asked again, after the others."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/copy")
def copy(slug: str) -> ResponseReturnValue:
    """Copy what another event asks."""
    event = event_or_404(slug)
    source = next((one for one in _sources(event) if one.slug == request.form.get("source")), None)
    if source is None or not may_act(roles_of(signed_in_reader().id, source.id), Role.REGISTRATIONS):
        abort(404)
    number = service.copy_questions(event.id, source.id, actor_id=signed_in_reader().id, now=datetime.now(UTC))
    flash(ngettext("%(num)s question was copied.", "%(num)s questions were copied.", number), "done")
    return redirect(url_for(".index", slug=slug))


# ---- as the attendee sees it


@bp.route("/preview", methods=["GET", "POST"])
def preview(slug: str) -> ResponseReturnValue:
    """Show the questions as somebody who registers sees them; what is typed is checked, and nothing is stored."""
    event = event_or_404(slug)
    kinds = participation_types(event.id)
    wanted = request.values.get("type", "")
    kind = next((one for one in kinds if one.code == wanted), kinds[0] if kinds else None)
    if kind is None:
        return redirect(url_for(".index", slug=slug))
    is_sent = request.method == "POST"
    now = datetime.now(UTC)
    form = request.form if is_sent else None
    own = own_form(event, kind.id, all_on_one_page=True, formdata=form, now=now)
    is_right = own.validate(now=now, data_dir=None) if is_sent else None
    page = render_template("questions/preview.html", own=own, kinds=kinds, kind=kind, is_right=is_right)
    return (page, 422) if is_right is False else page


# ---- answers


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show how a question was answered, by what it meant at the time."""
    event = event_or_404(slug)
    question = queries.question_by_uid(event.id, uid)
    if question is None or question.kind in NOT_ASKED:
        abort(404)
    statistics = statistics_of(question)
    return render_template(
        "questions/show.html",
        question=question,
        kind=gettext(KIND_NAMES[question.kind]),
        statistics=statistics,
        charts=[_chart(one) for one in statistics.figures],
        answers=[_shown_answer(one) for one in latest_answers(question.id)],
    )


@dataclass(frozen=True)
class ShownAnswer:
    """One answer in the table of the latest ones."""

    registration: Registration
    words: str
    at: datetime
    #: The id of the file that it is; empty for everything else.
    file: str


def _shown_answer(answer: Answer) -> ShownAnswer:
    is_file = answer.version.kind is QuestionKind.FILE
    words = answer_words(answer.version, tuple(answer.given))
    return ShownAnswer(answer.registration, words, answer.at, answer.given[0] if is_file else "")


def _chart(figures: Figures) -> list[Bar]:
    """Draw how often each answer was given, where answers repeat."""
    countable = {
        QuestionKind.YES_NO,
        QuestionKind.TICK,
        QuestionKind.CHOOSE_ONE,
        QuestionKind.CHOOSE_FROM_LIST,
        QuestionKind.CHOOSE_SEVERAL,
        QuestionKind.COUNTRY,
    }
    if figures.version.kind not in countable:
        return []
    rows = figures.counts.items()
    if figures.version.kind is QuestionKind.COUNTRY:
        rows = sorted(rows, key=lambda row: -row[1])  # type: ignore[assignment]
    return [Bar(value_words(figures.version, value), number, str(number)) for value, number in rows]


@bp.get("/lacking")
def lacking(slug: str) -> ResponseReturnValue:
    """List who has not answered what is required by now."""
    event = event_or_404(slug)
    found = queries.who_lacks_answers(event.id, day=today_at(event, datetime.now(UTC)), limit=LISTED_AT_MOST)
    return render_template("questions/lacking.html", lacking=found, is_cut=len(found) == LISTED_AT_MOST)


@bp.get("/answers.csv")
def export(slug: str) -> ResponseReturnValue:
    """Give all answers as a file: a line for each person, a column for each question by its name for exports."""
    event = event_or_404(slug)
    questions = queries.answerable([*queries.questions_of(event.id), *queries.archived_questions(event.id)])
    rows = queries.answer_rows(event.id)
    files = queries.event_files(event.id)
    head = [gettext("Name"), gettext("E-mail"), gettext("Participation"), gettext("State")]
    lines = [
        _who(row.registration)
        + [
            answer_words(told.version, told.given, files) if (told := row.answers.get(one.id)) else ""
            for one in questions
        ]
        for row in rows
    ]
    head += [one.code for one in questions]
    put_on_record(event, "answers.exported", rows=len(rows))
    return csv_answer(f"{event.slug}-answers.csv", head, lines)


def _who(registration: Registration) -> list[Any]:
    person = registration.person
    kind = plain(registration.participation_type.name)
    return [person.name, person.email, kind, gettext(registration.state.words)]


@bp.get("/files/<uid>")
def file(slug: str, uid: str) -> ResponseReturnValue:
    """Give a file that somebody sent, to be kept and never shown inside the page."""
    event = event_or_404(slug)
    found = queries.file_of_event(event.id, uid)
    return file_answer(found)


def file_answer(found: AnswerFile | None) -> ResponseReturnValue:
    """Answer with a file as what its kind is, whatever its sender said, and let nothing in it run."""
    if found is None:
        abort(404)
    place = file_path(settings().data_dir, found.uid)
    if not place.is_file():
        raise NotFound(N_("This file is not on the server any more."))
    answer = Response(place.read_bytes(), mimetype=found.content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
