"""The form in which an organiser writes one question: what belongs to its kind, and when it is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from anyascii import anyascii
from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, HiddenField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import NumberRange, Optional, ValidationError

from lsos.errors import Refused
from lsos.questionnaires.file_rules import FILE_KINDS, MEGABYTES_AT_MOST
from lsos.questionnaires.models import Question
from lsos.questionnaires.queries import answerable
from lsos.questionnaires.rules import (
    CHOICES,
    KIND_NAMES,
    LONG_LENGTH,
    NAMEABLE,
    NAMING,
    NO,
    NOT_ASKED,
    OPTIONS_AT_MOST,
    SHORT_LENGTH,
    YES,
    AskedWhen,
    Condition,
    QuestionKind,
    QuestionRefusal,
    Test,
    as_number,
)
from lsos.questionnaires.service import OptionWish, QuestionWish
from lsos.registration.models import ParticipationType
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, Needed, PageForm, long_field, name_field, options
from lsos.web.registration_forms import country_choices
from lsos.wording import plain

#: Empty rows under the options that there are, so that more can be written without JavaScript.
ROWS_MORE = 3
ROWS_FIRST = 5

#: Where on the form each refusal is shown; the others stand at the question itself.
_PLACES = {
    QuestionRefusal.BAD_CODE: "code",
    QuestionRefusal.CODE_TAKEN: "code",
    QuestionRefusal.NO_OPTIONS: "option_0_pl",
    QuestionRefusal.TOO_MANY_OPTIONS: "option_0_pl",
    QuestionRefusal.SEATS_BELOW_TAKEN: "option_0_seats",
    QuestionRefusal.BOUNDS_CROSSED: "least",
    QuestionRefusal.NO_FILE_KIND: "file_kinds",
    QuestionRefusal.OTHER_MEANING: "meaning",
}


@dataclass(frozen=True)
class OptionRow:
    """The fields of one option."""

    code: Field
    pl: Field
    en: Field
    seats: Field
    taken: int

    @property
    def is_written(self) -> bool:
        """Say whether there is an option in this row."""
        return bool(self.pl.data or self.en.data)


@dataclass(frozen=True)
class ConditionRow:
    """The fields of the condition on one earlier question."""

    question: Question
    test: Field
    #: None where no answer can be named.
    values: Field | None

    @property
    def is_set(self) -> bool:
        """Say whether the question depends on this one."""
        return bool(self.test.data)


class QuestionForm(PageForm):
    """One question; what belongs to other kinds than its own is not in it."""

    kind = SelectField(_l("Kind of answer"))
    label_pl = name_field(_l("Question in Polish"), Needed(), max_length=SHORT_LENGTH)
    label_en = name_field(_l("Question in English"), Needed(), max_length=SHORT_LENGTH)
    help_pl = long_field(_l("Hint, in Polish"), length=LONG_LENGTH)
    help_en = long_field(_l("Hint, in English"), length=LONG_LENGTH)
    code = name_field(_l("Name for exports"), max_length=40)
    least = name_field(_l("Smallest number"), max_length=30)
    most = name_field(_l("Largest number"), max_length=30)
    unit_pl = name_field(_l("Unit in Polish"), max_length=30)
    unit_en = name_field(_l("Unit in English"), max_length=30)
    file_kinds = ChipsField(_l("Kinds of file"))
    megabytes = SelectField(_l("At most"))
    types = ChipsField(_l("Who is asked"))
    asked_when = RadioField(_l("When it is asked"))
    need = RadioField(_l("Must it be answered?"))
    required_from = DateField(_l("Required from this day on"), [Optional()])
    editing = RadioField(_l("May people change their answer later?"))
    edit_until = DateField(_l("Last day on which they may change it"), [Optional()])
    meaning = RadioField(_l("What does your change do to the answers that were given?"))

    option_rows: list[OptionRow]
    condition_rows: list[ConditionRow]

    @property
    def chosen_kind(self) -> QuestionKind:
        """Give the kind that the form is for."""
        return QuestionKind(self.kind.data)

    def validate_least(self, field: Field) -> None:
        """Take a number or nothing."""
        _must_be_number(field)

    validate_most = validate_least

    def wish(self, *, code: str) -> QuestionWish:
        """Give what is wanted, as typed values."""
        need = self.need.data if "need" in self else "optional"
        editing = self.editing.data if "editing" in self else "always"
        return QuestionWish(
            kind=self.chosen_kind,
            code=code,
            label=_bilingual(self, "label"),
            help=_bilingual(self, "help"),
            options=tuple(
                OptionWish(Bilingual(row.pl.data or "", row.en.data or ""), row.code.data or "", row.seats.data)
                for row in self.option_rows
                if row.is_written
            ),
            least=as_number(self.least.data) if "least" in self and self.least.data else None,
            most=as_number(self.most.data) if "most" in self and self.most.data else None,
            unit=_bilingual(self, "unit"),
            file_kinds=tuple(self.file_kinds.data or ()) if "file_kinds" in self else (),
            megabytes=int(self.megabytes.data) if "megabytes" in self else 5,
            types=frozenset(self.types.data or ()) if "types" in self else frozenset(),
            conditions=tuple(_conditions(self.condition_rows)),
            asked_when=AskedWhen(self.asked_when.data) if "asked_when" in self else AskedWhen.REGISTERING,
            is_required=need != "optional",
            required_from=self.required_from.data if need == "from" else None,
            may_edit=editing != "never",
            edit_until=self.edit_until.data if editing == "until" else None,
        )

    def days_are_said(self) -> bool:
        """Say whether each choice that needs a day has one, and mark what lacks it."""
        lacking = []
        if "need" in self and self.need.data == "from" and not self.required_from.data:
            lacking.append(self.required_from)
        if "editing" in self and self.editing.data == "until" and not self.edit_until.data:
            lacking.append(self.edit_until)
        for field in lacking:
            field.errors = [gettext("Choose the day.")]
        return not lacking

    def show(self, refused: Refused) -> None:
        """Show a refusal at the field that it is about."""
        place = _PLACES.get(QuestionRefusal(refused.message), "label_pl")
        field = self[place if place in {one.name for one in self} else "label_pl"]
        field.errors = [*field.errors, words_of(refused)]


def _must_be_number(field: Field) -> None:
    if field.data and as_number(field.data) is None:
        raise ValidationError(gettext("Write a number, such as 12 or 3.5."))


def _bilingual(form: QuestionForm, name: str) -> Bilingual:
    if f"{name}_pl" not in form:
        return Bilingual()
    return Bilingual(form[f"{name}_pl"].data or "", form[f"{name}_en"].data or "")


def _conditions(rows: Sequence[ConditionRow]) -> list[Condition]:
    found = []
    for row in rows:
        if row.is_set:
            test = Test(row.test.data)
            values = frozenset(row.values.data or ()) if row.values is not None and test in NAMING else frozenset()
            found.append(Condition(row.question.code, test, values))
    return found


def suggested_code(label: Bilingual, taken: set[str]) -> str:
    """Make a name for exports from the words of a question."""
    words = re.sub(r"[^a-z0-9]+", "_", anyascii(label.en or label.pl).lower()).strip("_0123456789")[:30].strip("_")
    name = words or "question"
    number = 1
    while name in taken:
        number += 1
        name = f"{words or 'question'}_{number}"
    return name


def question_form(
    kind: QuestionKind,
    earlier: Sequence[Question],
    types: Sequence[ParticipationType],
    *,
    wish: QuestionWish | None = None,
    taken_seats: dict[str, int] | None = None,
    with_meaning: bool = False,
    more_rows: bool = False,
) -> QuestionForm:
    """Make the form of one question, filled with what it is now.

    `earlier` are the questions that it may depend on; `taken_seats` says by option how many chose it.
    """
    subjects = [] if kind is QuestionKind.PAGE_BREAK else answerable(earlier)
    count = _how_many_rows(kind, wish, more_rows)

    class Form(QuestionForm):
        """The form with rows for its options and conditions."""

    for n in range(count):
        setattr(Form, f"option_{n}_code", HiddenField())
        setattr(Form, f"option_{n}_pl", name_field(_l("Option in Polish"), max_length=SHORT_LENGTH))
        setattr(Form, f"option_{n}_en", name_field(_l("Option in English"), max_length=SHORT_LENGTH))
        seats = IntegerField(_l("Seats"), [Optional(), NumberRange(min=0, max=100_000)])
        setattr(Form, f"option_{n}_seats", seats)
    for subject in subjects:
        setattr(Form, f"when_{subject.id}", RadioField(plain(subject.current.label), choices=_tests(subject)))
        if subject.kind in NAMEABLE:
            setattr(Form, f"values_{subject.id}", _values_field(subject))
    form = Form(data=_as_data(kind, wish, subjects))
    if kind in NOT_ASKED:
        form.label_pl.label.text = gettext("Heading in Polish")
        form.label_en.label.text = gettext("Heading in English")
    form.option_rows = [_option_row(form, n, taken_seats or {}) for n in range(count)]
    form.condition_rows = [
        ConditionRow(
            subject,
            form[f"when_{subject.id}"],
            form[f"values_{subject.id}"] if subject.kind in NAMEABLE else None,
        )
        for subject in subjects
    ]
    _offer(form, types)
    for name in _not_of(kind):
        del form[name]
    if not with_meaning:
        del form.meaning
    for one in form:
        if one.short_name in _CHOSEN:
            one.flags.required = True
    return form


#: Of these one is always chosen, so that none of them is marked as optional.
_CHOSEN = frozenset({"kind", "asked_when", "need", "editing", "meaning", "megabytes", "file_kinds"})


def _how_many_rows(kind: QuestionKind, wish: QuestionWish | None, more: bool) -> int:
    if kind not in CHOICES:
        return 0
    numbers = (re.fullmatch(r"option_(\d{1,3})_\w+", name) for name in request.form)
    sent = max((int(found[1]) + 1 for found in numbers if found), default=0)
    there = len(wish.options) + ROWS_MORE if wish is not None and wish.options else ROWS_FIRST
    return min((sent or there) + (ROWS_FIRST if more else 0), OPTIONS_AT_MOST + 1)


def _option_row(form: QuestionForm, n: int, taken: dict[str, int]) -> OptionRow:
    code, pl, en, seats = (form[f"option_{n}_{part}"] for part in ("code", "pl", "en", "seats"))
    return OptionRow(code, pl, en, seats, taken.get(code.data or "", 0))


def _tests(subject: Question) -> list[Any]:
    naming = [(Test.ONE_OF.value, gettext("is one of these")), (Test.NONE_OF.value, gettext("is something else"))]
    return options(
        ("", gettext("does not matter")),
        *(naming if subject.kind in NAMEABLE else []),
        (Test.ANSWERED.value, gettext("was answered")),
        (Test.NOT_ANSWERED.value, gettext("was not answered")),
    )


def _values_field(subject: Question) -> Field:
    words = gettext("Answers to “%(question)s”", question=plain(subject.current.label))
    if subject.kind is QuestionKind.COUNTRY:
        return SelectMultipleField(words, choices=options(*country_choices()), render_kw={"size": 8})
    pairs = [(option.code, plain(option.name)) for option in subject.offered]
    if subject.kind is QuestionKind.YES_NO:
        pairs = [(YES, gettext("yes")), (NO, gettext("no"))]
    elif subject.kind is QuestionKind.TICK:
        pairs = [(YES, gettext("ticked"))]
    return ChipsField(words, choices=options(*pairs))


def _offer(form: QuestionForm, types: Sequence[ParticipationType]) -> None:
    form.kind.choices = options(*((kind.value, gettext(words)) for kind, words in KIND_NAMES.items()))
    form.file_kinds.choices = options(*((code, kind.name) for code, kind in FILE_KINDS.items()))
    sizes = [1, 2, 5, MEGABYTES_AT_MOST]
    form.megabytes.choices = options(*((str(size), gettext("%(num)s MB", num=size)) for size in sizes))
    form.types.choices = options(*((kind.code, plain(kind.name)) for kind in types))
    form.asked_when.choices = options(
        (AskedWhen.REGISTERING.value, gettext("while registering")),
        (AskedWhen.CHECK_IN.value, gettext("at the door only, after the badge was scanned")),
    )
    form.need.choices = options(
        ("optional", gettext("no, it may be left out")),
        ("required", gettext("yes")),
        ("from", gettext("from a day on; until then it may be left out")),
    )
    form.editing.choices = options(
        ("always", gettext("yes, until the event is over")),
        ("until", gettext("yes, until a day")),
        ("never", gettext("no, the first answer is final")),
    )
    form.meaning.choices = options(
        ("same", gettext("It corrects the words only: the answers given still answer it.")),
        ("other", gettext("It asks something else now: earlier answers stay readable, and people are asked anew.")),
    )


def _not_of(kind: QuestionKind) -> list[str]:
    """Name the fields that mean nothing for a kind."""
    names: list[str] = []
    if kind is not QuestionKind.NUMBER:
        names += ["least", "most", "unit_pl", "unit_en"]
    if kind is not QuestionKind.FILE:
        names += ["file_kinds", "megabytes"]
    if kind in NOT_ASKED:
        names += ["need", "required_from", "editing", "edit_until"]
    if kind is QuestionKind.PAGE_BREAK:
        names += ["types", "asked_when"]
    return names


def _as_data(kind: QuestionKind, wish: QuestionWish | None, subjects: Sequence[Question]) -> dict[str, Any]:
    """Lay out a question as the form holds it."""
    if wish is None:
        return {
            "kind": kind.value,
            "asked_when": AskedWhen.REGISTERING.value,
            "need": "optional",
            "editing": "always",
            "megabytes": "5",
            "file_kinds": ["pdf"],
            **{f"when_{subject.id}": "" for subject in subjects},
        }
    data: dict[str, Any] = {
        "kind": kind.value,
        "label_pl": wish.label.pl,
        "label_en": wish.label.en,
        "help_pl": wish.help.pl,
        "help_en": wish.help.en,
        "code": wish.code,
        "least": _number(wish.least),
        "most": _number(wish.most),
        "unit_pl": wish.unit.pl,
        "unit_en": wish.unit.en,
        "file_kinds": list(wish.file_kinds),
        "megabytes": str(wish.megabytes),
        "types": list(wish.types),
        "asked_when": wish.asked_when.value,
        "need": "from" if wish.required_from else "required" if wish.is_required else "optional",
        "required_from": wish.required_from,
        "editing": "never" if not wish.may_edit else "until" if wish.edit_until else "always",
        "edit_until": wish.edit_until,
        "meaning": "same",
    }
    for n, option in enumerate(wish.options):
        data[f"option_{n}_code"] = option.code
        data[f"option_{n}_pl"] = option.name.pl
        data[f"option_{n}_en"] = option.name.en
        data[f"option_{n}_seats"] = option.seats
    conditions = {condition.code: condition for condition in wish.conditions}
    for subject in subjects:
        condition = conditions.get(subject.code)
        data[f"when_{subject.id}"] = condition.test.value if condition else ""
        data[f"values_{subject.id}"] = sorted(condition.values) if condition else []
    return data


def _number(number: Decimal | None) -> str:
    return "" if number is None else format(number, "f")
