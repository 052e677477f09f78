"""The field that each kind of question is answered in, with what stands under it."""

from datetime import date
from typing import Any

from flask_babel import gettext
from markupsafe import Markup, escape
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.widgets import html_params

from lsos.questionnaires import queries
from lsos.questionnaires.file_rules import FILE_KINDS
from lsos.questionnaires.models import Answer, AnswerFile, Question, QuestionVersion
from lsos.questionnaires.rules import CHOICES, NO, YES, Ask, Given, QuestionKind, is_required_on
from lsos.web.forms import ChipsField, options
from lsos.web.look import day as day_words
from lsos.web.look import text
from lsos.web.registration_forms import country_choices
from lsos.wording import number, plain

K = QuestionKind
_INPUT_TYPES = {K.DATE: "date", K.TIME: "time", K.EMAIL: "email", K.PHONE: "tel", K.URL: "url"}


class _SentFileWidget:
    """A file to choose, and the one that is kept already."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        shown_as = {"type": "file", "id": field.id, **kwargs, "name": f"{field.name}-file"}
        chooser = Markup("<input {}>").format(Markup(html_params(**shown_as)))
        kept: AnswerFile | None = getattr(field, "kept", None)
        if kept is None:
            return chooser
        return Markup(
            '<input type="hidden" name="{name}" value="{uid}"><span class="kept-file"><strong>{file}</strong> '
            '<span class="quiet">{size}</span> <label class="choice"><input type="checkbox" name="{name}-remove" '
            'value="y">{remove}</label></span><span class="quiet">{other}</span>{chooser}'
        ).format(
            name=field.name,
            uid=kept.uid,
            file=kept.name,
            size=gettext("%(size)s kB, kept", size=number(max(1, round(kept.size / 1024)))),
            remove=gettext("Remove the file"),
            other=gettext("Or choose another one in its place:"),
            chooser=chooser,
        )


class SentFileField(StringField):
    """A file; its value is the id under which it is kept."""

    widget = _SentFileWidget()


def as_data(question: Question, given: Given) -> Any:
    """Lay out an answer as the field of its question holds it."""
    if question.kind is K.CHOOSE_SEVERAL:
        return list(given)
    return bool(given) if question.kind is K.TICK else given[0]


def field_of(question: Question, answer: Answer | None, day: date) -> Any:
    """Make the field of a question."""
    version, ask = question.current, queries.ask_of(question)
    held = {one.option.code for one in answer.chosen if one.has_seat} if answer is not None else set()
    more: dict[str, Any] = {"description": _description(question, ask, day)}
    label = text(version.label)
    kind = question.kind
    if kind is K.TICK:
        return BooleanField(label)
    if kind is K.FILE:
        endings = [end for code in version.file_kinds if code in FILE_KINDS for end in FILE_KINDS[code].endings]
        return SentFileField(label, render_kw={"accept": ",".join(endings)}, **more)
    if kind is K.YES_NO:
        return RadioField(label, choices=options((YES, gettext("yes")), (NO, gettext("no"))), **_LOOSE, **more)
    if kind is K.COUNTRY:
        return SelectField(label, choices=options(("", gettext("Choose")), *country_choices()), **_LOOSE, **more)
    if kind in CHOICES:
        choices = [_option(one, held, is_list=kind is K.CHOOSE_FROM_LIST) for one in question.offered]
        if kind is K.CHOOSE_FROM_LIST:
            choices = [*options(("", gettext("Choose"))), *choices]
        maker = {K.CHOOSE_ONE: RadioField, K.CHOOSE_FROM_LIST: SelectField, K.CHOOSE_SEVERAL: ChipsField}[kind]
        return maker(label, choices=choices, **_LOOSE, **more)
    look: dict[str, Any] = {"maxlength": ask.length}
    if kind in _INPUT_TYPES:
        look = {"type": _INPUT_TYPES[kind]}
    elif kind is K.NUMBER:
        look = {"inputmode": "decimal", "class": "short"}
    maker_of_text = TextAreaField if kind is K.LONG_TEXT else StringField
    return maker_of_text(label, render_kw=look, **more)


#: The rules of the room say what may be chosen, with the sentences of the room.
_LOOSE: dict[str, Any] = {"validate_choice": False}


def _option(option: Any, held: set[str], *, is_list: bool) -> Any:
    """Make an option; a full one is shown as full, and cannot be chosen by whoever has no seat of it."""
    name = plain(option.name)
    if option.free is None:
        return options((option.code, name))[0]
    is_full = option.free < 1 and option.code not in held
    words = _seats_words(option.free, is_full, option.code in held)
    label = f"{name} · {words}" if is_list else Markup('{}<span class="quiet">{}</span>').format(name, words)
    (made,) = options((option.code, label))
    if is_full:
        made.render_kw = {"disabled": True}
    return made


def _seats_words(free: int, is_full: bool, is_held: bool) -> str:
    if is_full:
        return str(gettext("full"))
    if is_held:
        return str(gettext("a seat is kept for you"))
    return str(gettext("seats left: %(num)s", num=number(free)))


def _description(question: Question, ask: Ask, day: date) -> Markup:
    """Write what stands under a question: the organiser's words, its bounds, and from when it is required."""
    version = question.current
    found = [text(version.help), *map(escape, _bounds(version)), *map(escape, _file_words(version))]
    if ask.required_from is not None and not is_required_on(ask, day):
        found.append(
            escape(
                gettext(
                    "Required from %(day)s on; until then you may leave it empty.", day=day_words(ask.required_from)
                )
            )
        )
    return Markup(" ").join(one for one in found if one)


def _bounds(version: QuestionVersion) -> list[str]:
    if version.kind is not K.NUMBER:
        return []
    unit = plain(version.unit)
    found = [gettext("Unit: %(unit)s.", unit=unit)] if unit else []
    if version.least and version.most:
        found.append(gettext("From %(least)s to %(most)s.", least=version.least, most=version.most))
    elif version.least:
        found.append(gettext("At least %(least)s.", least=version.least))
    elif version.most:
        found.append(gettext("At most %(most)s.", most=version.most))
    return found


def _file_words(version: QuestionVersion) -> list[str]:
    if version.kind is not K.FILE:
        return []
    kinds = ", ".join(FILE_KINDS[code].name for code in version.file_kinds if code in FILE_KINDS)
    return [gettext("%(kinds)s, at most %(num)s MB.", kinds=kinds, num=version.megabytes)]
