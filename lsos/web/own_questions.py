"""Organisers' own questions as fields: put to whoever registers, at their profile, at the door and in the preview.

Which are asked is decided by `rules.shown`, here as on the server's every other page. The script in the browser
gets the same conditions as data; without it, questions that depend on an answer of the same page say when to answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import request
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Field

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.questionnaires import queries
from lsos.questionnaires.answering import SentFile, keep_file, today_at
from lsos.questionnaires.models import Answer, Question
from lsos.questionnaires.rules import (
    NOT_ASKED,
    YES,
    AnswerProblem,
    AnswerRefusal,
    Ask,
    AskedWhen,
    Given,
    Part,
    QuestionKind,
    answer_problem,
    is_required_on,
    parts,
    possible,
    problem_details,
    shown,
    tidy,
)
from lsos.questionnaires.words import answer_words, condition_words
from lsos.web.errors import words_of
from lsos.web.forms import PageForm
from lsos.web.look import text
from lsos.web.own_fields import SentFileField, as_data, field_of
from lsos.web.registration_forms import country_choices
from lsos.wording import plain

K = QuestionKind
#: Before the name of each field, so that none of them is taken for one of the form around it.
PREFIX = "q-"
#: The field that says which meaning of each question was read.
MEANINGS = "q-meanings"


class OwnFields(PageForm):
    """The fields; the form around them carries the token."""

    class Meta(PageForm.Meta):
        """No token of its own."""

        csrf = False


@dataclass(frozen=True)
class Item:
    """One thing on the page: words, or a question with its field."""

    code: str
    label: Markup
    words: Markup
    #: None for words only, and for an answer that is final.
    field: Field | None
    #: For the script: each condition as code, test and values.
    when: Sequence[Mapping[str, Any]]
    #: For whoever has no script: when to answer.
    when_words: Sequence[str]
    #: A page begins here; and an answer that cannot be changed any more, with the reason.
    is_break: bool = False
    final: str = ""
    why_final: str = ""
    #: What was answered when the question was another one.
    before: str = ""


@dataclass
class Own:
    """The questions of one page, as they are put to one person."""

    event: Event
    questions: Sequence[Question]
    part: Part | None
    parts: Sequence[Part]
    form: OwnFields
    #: What is known from other pages and from before.
    known: Mapping[str, Given]
    day: date
    answers: Mapping[int, Answer]
    final: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_code = {question.code: question for question in self.questions}
        self._asks = {question.code: queries.ask_of(question) for question in self.questions}
        self._here = {ask.code for ask in self.part.asks} if self.part else set()
        self._names = {one.name for one in self.form}

    def __bool__(self) -> bool:
        return bool(self.part and self.part.asks)

    @property
    def has_files(self) -> bool:
        """Say whether the form around must be able to carry files."""
        return any(self._asks[code].kind is K.FILE for code in self._here)

    @property
    def may_change(self) -> bool:
        """Say whether anything can be answered here."""
        return bool(self._names)

    @property
    def number(self) -> int:
        """Give the number of this page, from 1."""
        return self.parts.index(self.part) + 1 if self.part in self.parts else 1

    @property
    def goes_on(self) -> bool:
        """Say whether another page follows."""
        return self.number < len(self.parts)

    @property
    def title(self) -> Markup:
        """Give the heading of this page, where its break has one."""
        return self._title(self.part)

    def _title(self, part: Part | None) -> Markup:
        if part is None or part.title is None:
            return Markup("")
        return text(self._by_code[part.title.code].current.label)

    @property
    def lead(self) -> Markup:
        """Give the words under the heading of this page."""
        if self.part is None or self.part.title is None:
            return Markup("")
        return text(self._by_code[self.part.title.code].current.help)

    @property
    def meanings(self) -> str:
        """Give the meaning of each question of the page, for the field that brings it back."""
        return " ".join(f"{q.code}.{q.current.meaning}" for q in self.questions if q.code in self._here)

    @property
    def given(self) -> dict[str, Given]:
        """Give all answers: those of this page as they are typed, the others as they are known."""
        found = dict(self.known)
        for code in self._fields():
            found[code] = self._typed(code)
        return found

    @property
    def elsewhere(self) -> dict[str, list[str]]:
        """Give, for the script, the answers of other pages that are asked there."""
        asked = {ask.code for ask in self._shown(self.known)}
        return {code: list(given) for code, given in self.known.items() if code not in self._here and code in asked}

    def _fields(self) -> list[str]:
        return [code for code in self._here if PREFIX + code in self._names]

    def _typed(self, code: str) -> Given:
        data = self.form[PREFIX + code].data
        typed = data if isinstance(data, list) else [YES] if data is True else [data] if data else []
        return tidy(self._asks[code].kind, typed)

    def _shown(self, given: Mapping[str, Given]) -> list[Ask]:
        return shown(self._asks.values(), given)

    @property
    def items(self) -> list[Item]:
        """List what stands on the page: all that is asked, or comes up by what is answered on it."""
        asks = possible(self._asks.values(), self.given, self._here)
        return [self._item(ask) for ask in asks if ask.code in self._here]

    def _item(self, ask: Ask) -> Item:
        question = self._by_code[ask.code]
        answer = self.answers.get(question.id)
        name = PREFIX + ask.code
        subjects = {q.id: q for q in self.questions}
        is_final = ask.code in self.final
        is_of_before = answer is not None and not queries.is_current(answer, question)
        return Item(
            code=ask.code,
            label=text(question.current.label),
            words=text(question.current.help),
            field=self.form[name] if name in self._names else None,
            when=[{"code": one.code, "test": one.test.value, "values": sorted(one.values)} for one in ask.conditions],
            when_words=[
                condition_words(one, subjects[one.subject_id].current)
                for one in question.conditions
                if one.subject_id in subjects and one.subject.code in self._here
            ],
            is_break=ask.kind is K.PAGE_BREAK,
            final=self._words(answer) if is_final and answer is not None else "",
            why_final=self.final.get(ask.code, ""),
            before=f"{plain(answer.version.label)} {self._words(answer)}" if is_of_before and answer else "",
        )

    def _words(self, answer: Answer) -> str:
        files = queries.files_of(answer.given) if answer.version.kind is K.FILE else {}
        return answer_words(answer.version, tuple(answer.given), files)

    def replies(self) -> dict[str, Given]:
        """Give what is answered on this page, of what is asked; what is not asked was not said."""
        given = self.given
        asked = {ask.code for ask in self._shown(given)}
        return {code: given[code] if code in asked else () for code in self._fields()}

    def all_replies(self) -> dict[str, Given]:
        """Give the answers of all pages, of what is asked."""
        given = self.given
        return {ask.code: given.get(ask.code, ()) for ask in self._shown(given) if ask.kind not in NOT_ASKED}

    def validate(self, *, now: datetime, data_dir: Path | None) -> bool:
        """Check what is asked on this page, and keep the files that were sent with it.

        Without a folder nothing is kept, as in the preview.
        """
        problems = self._receive_files(now, data_dir)
        for ask in self._shown(self.given):
            if ask.code not in self._fields() or ask.code in problems:
                continue
            problem = self._problem(ask)
            if problem:
                problems[ask.code] = problem
        for code, words in problems.items():
            self.form[PREFIX + code].errors = [words]
        return not problems

    def _problem(self, ask: Ask) -> str:
        given = self._typed(ask.code)
        if ask.code in self._changed_meanwhile():
            return str(gettext(AnswerRefusal.CHANGED))
        problem = answer_problem(ask, given, is_required=is_required_on(ask, self.day))
        if problem is not None:
            return str(gettext(problem, **problem_details(ask)))
        question = self._by_code[ask.code]
        held = self._held(question)
        for option in question.offered:
            if option.code in given and option.free is not None and option.free < 1 and option.code not in held:
                return str(gettext(AnswerRefusal.OPTION_FULL, option=plain(option.name)))
        if ask.kind is K.COUNTRY and given and given[0] not in dict(country_choices()):
            return str(gettext(AnswerProblem.NO_COUNTRY))
        return ""

    def _changed_meanwhile(self) -> set[str]:
        read = dict(pair.rpartition(".")[::2] for pair in request.form.get(MEANINGS, "").split())
        return {
            code
            for code, meaning in read.items()
            if code in self._by_code and meaning != str(self._by_code[code].current.meaning)
        }

    def _held(self, question: Question) -> set[str]:
        answer = self.answers.get(question.id)
        return {one.option.code for one in answer.chosen if one.has_seat} if answer is not None else set()

    def _receive_files(self, now: datetime, data_dir: Path | None) -> dict[str, str]:
        problems = {}
        for code in self._fields():
            field = self.form[PREFIX + code]
            if self._asks[code].kind is not K.FILE:
                continue
            if request.form.get(f"{field.name}-remove"):
                field.data, field.kept = "", None
            sent = request.files.get(f"{field.name}-file")
            if sent is None or not sent.filename or data_dir is None:
                continue
            try:
                kept = keep_file(self._by_code[code], SentFile(sent.filename, sent.read()), data_dir=data_dir, now=now)
            except Refused as refused:
                problems[code] = words_of(refused)
            else:
                field.data, field.kept = kept.uid, kept
        return problems

    def sent(self) -> dict[str, list[str]]:
        """Give what was sent in the fields of this page, so that it can be kept."""
        found = {name: request.form.getlist(name) for name in self._names}
        for one in self.form:
            if isinstance(one, SentFileField):
                found[one.name] = [one.data] if one.data else []
        return found

    def show(self, refused: Refused) -> bool:
        """Show at its question that an option went to somebody else meanwhile; False when it is about another thing."""
        if refused.message != AnswerRefusal.OPTION_FULL:
            return False
        full = refused.details.get("option")
        for code in self._fields():
            chosen = {option.code for option in self._by_code[code].offered if plain(option.name) == full}
            if chosen & set(self._typed(code)):
                self.form[PREFIX + code].errors = [words_of(refused)]
                return True
        return False


@dataclass(frozen=True)
class ShownAnswer:
    """One answer, as it is read beside others of the same person."""

    label: Markup
    words: str
    is_of_before: bool
    lacks_seat: bool
    #: The id of the file that it is; empty for everything else.
    file: str


def shown_answers(registration_id: int) -> list[ShownAnswer]:
    """List what one person answered, each in the words that they read."""
    answered = queries.all_answers_of(registration_id)
    named = [uid for one in answered if one.answer.version.kind is K.FILE for uid in one.answer.given]
    files = queries.files_of(named) if named else {}
    return [
        ShownAnswer(
            label=text(one.answer.version.label),
            words=answer_words(one.answer.version, tuple(one.answer.given), files),
            is_of_before=one.is_of_before,
            lacks_seat=one.lacks_seat,
            file=one.answer.given[0] if one.answer.version.kind is K.FILE else "",
        )
        for one in answered
    ]


def own_form(
    event: Event,
    type_id: int,
    *,
    page: int = 0,
    all_on_one_page: bool = False,
    on_page: Collection[str] | None = None,
    moments: Collection[AskedWhen] = (AskedWhen.REGISTERING,),
    questions: Sequence[Question] | None = None,
    formdata: Mapping[str, Any] | None = None,
    known: Mapping[str, Given] | None = None,
    answers: Mapping[int, Answer] | None = None,
    final: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Own:
    """Put an event's questions to somebody who takes part in one way.

    Args:
        event: the event.
        type_id: the way to take part.
        page: which page of them, from 0.
        all_on_one_page: page breaks are headings only.
        on_page: the names of those that are put; the others decide only whether these are asked.
        moments: when it is asked.
        questions: what is asked, where it was loaded before.
        formdata: what was sent; None shows what is known.
        known: answers known from other pages and from before, by the names of the questions.
        answers: those that are stored, with the versions that they were given to.
        final: why an answer cannot be changed any more, by the names of the questions.
        now: the moment; only `validate` and hints need it.
    """
    if questions is None:
        questions = queries.questions_for(event.id, type_id, moments=moments)
    asks = [queries.ask_of(question) for question in questions]
    if on_page is not None:
        divided = [Part(None, [ask for ask in asks if ask.code in on_page])]
    else:
        divided = [Part(None, asks)] if all_on_one_page and asks else form_pages(asks)
    part = divided[page] if page < len(divided) else None
    by_code = {question.code: question for question in questions}
    final = final or {}
    here = [by_code[ask.code] for ask in part.asks] if part else []
    day = today_at(event, now) if now is not None else date.min
    known = known or {}

    class Form(OwnFields):
        """The fields of this page."""

    for question in here:
        if question.kind not in NOT_ASKED and question.code not in final:
            answer = (answers or {}).get(question.id)
            setattr(Form, PREFIX + question.code, field_of(question, answer, day))
    data = {PREFIX + q.code: as_data(q, known[q.code]) for q in here if known.get(q.code)}
    form = Form(formdata=_multi(formdata), data=data)
    _show_kept_files(form, here, answers or {})
    _mark_required(form, part.asks if part else (), day)
    return Own(event, questions, part, divided, form, known, day, answers or {}, final)


def form_pages(asks: Sequence[Ask]) -> list[Part]:
    """Divide questions into the pages of a form, of which the first holds what every form asks, too."""
    divided = parts(asks)
    return [Part(None), *divided] if divided and divided[0].title is not None else divided


def given_in(typed: Mapping[str, Sequence[str]], questions: Sequence[Question]) -> dict[str, Given]:
    """Read the answers out of what was typed into the fields of a form, whichever page they stand on."""
    answerable = queries.answerable(questions)
    return {question.code: tidy(question.kind, typed.get(PREFIX + question.code, ())) for question in answerable}


def _multi(formdata: Mapping[str, Any] | None) -> MultiDict[str, str] | None:
    if formdata is None or isinstance(formdata, MultiDict):
        return formdata
    return MultiDict(formdata)


def _show_kept_files(form: OwnFields, here: Sequence[Question], answers: Mapping[int, Answer]) -> None:
    """Show the files that are kept already, of those that a form names and that are its sender's."""
    fields = {q.id: form[PREFIX + q.code] for q in here if q.kind is K.FILE and PREFIX + q.code in form}
    named = [one.data for one in fields.values() if one.data]
    kept = queries.files_of(named) if named else {}
    for question_id, one in fields.items():
        found = kept.get(one.data)
        mine = {None, answers[question_id].id if question_id in answers else None}
        is_mine = found is not None and found.question_id == question_id and found.answer_id in mine
        one.kept = found if is_mine else None
        one.data = one.data if is_mine else ""


def _mark_required(form: OwnFields, asks: Sequence[Ask], day: date) -> None:
    for ask in asks:
        if PREFIX + ask.code in form:
            flags = form[PREFIX + ask.code].flags
            flags.required = is_required_on(ask, day)
            flags.optional = not flags.required
