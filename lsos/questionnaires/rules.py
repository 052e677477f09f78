"""What can be asked, of whom, when, and what an answer must look like.

An answer is a tuple of texts, whatever was asked: of codes where options are chosen, of one text
elsewhere, and empty where nothing was said. So one function decides what is asked, for the page, the
check on the server, the export and the script in the browser, which gets the same conditions as data.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from urllib.parse import urlsplit

from lsos.errors import N_
from lsos.questionnaires.file_rules import FILE_KINDS

#: What was said; empty when nothing was.
Given = tuple[str, ...]
Answers = Mapping[str, Given]

YES, NO = "yes", "no"
SHORT_LENGTH = 300
LONG_LENGTH = 4000
OPTIONS_AT_MOST = 60
QUESTIONS_AT_MOST = 100


class QuestionKind(StrEnum):
    """What kind of answer is asked for; the last two ask for none."""

    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    YES_NO = "yes_no"
    CHOOSE_ONE = "choose_one"
    CHOOSE_FROM_LIST = "choose_from_list"
    CHOOSE_SEVERAL = "choose_several"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    COUNTRY = "country"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    FILE = "file"
    TICK = "tick"
    STATEMENT = "statement"
    PAGE_BREAK = "page_break"


#: What each kind is called, for organisers.
KIND_NAMES = {
    QuestionKind.SHORT_TEXT: N_("Short text, one line"),
    QuestionKind.LONG_TEXT: N_("Long text, several lines"),
    QuestionKind.YES_NO: N_("Yes or no"),
    QuestionKind.CHOOSE_ONE: N_("Choose one, all options in sight"),
    QuestionKind.CHOOSE_FROM_LIST: N_("Choose one from a list"),
    QuestionKind.CHOOSE_SEVERAL: N_("Choose several"),
    QuestionKind.NUMBER: N_("Number"),
    QuestionKind.DATE: N_("Date"),
    QuestionKind.TIME: N_("Time of day"),
    QuestionKind.COUNTRY: N_("Country"),
    QuestionKind.EMAIL: N_("E-mail address"),
    QuestionKind.PHONE: N_("Telephone number"),
    QuestionKind.URL: N_("Web address"),
    QuestionKind.FILE: N_("File"),
    QuestionKind.TICK: N_("One box to tick"),
    QuestionKind.STATEMENT: N_("Words only, nothing to answer"),
    QuestionKind.PAGE_BREAK: N_("A new page begins here"),
}

CHOICES = frozenset({QuestionKind.CHOOSE_ONE, QuestionKind.CHOOSE_FROM_LIST, QuestionKind.CHOOSE_SEVERAL})
NOT_ASKED = frozenset({QuestionKind.STATEMENT, QuestionKind.PAGE_BREAK})
#: Their answers are among so few that a condition can name one.
NAMEABLE = CHOICES | {QuestionKind.YES_NO, QuestionKind.TICK, QuestionKind.COUNTRY}


class AskedWhen(StrEnum):
    """The moment at which a question is put."""

    REGISTERING = "registering"
    CHECK_IN = "check_in"


# ---- conditions


class Test(StrEnum):
    """What a condition wants of the answer to an earlier question."""

    __test__ = False  # for the collector of tests, which goes by names

    ONE_OF = "one_of"
    NONE_OF = "none_of"
    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"


#: Tests that name answers.
NAMING = frozenset({Test.ONE_OF, Test.NONE_OF})


@dataclass(frozen=True)
class Condition:
    """A question is asked only if an earlier one was answered so."""

    code: str
    test: Test
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ask:
    """One question, as far as deciding needs it: no words."""

    code: str
    kind: QuestionKind
    conditions: tuple[Condition, ...] = ()
    options: frozenset[str] = frozenset()
    is_required: bool = False
    #: Until this day a required question may be left out.
    required_from: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    asked_when: AskedWhen = AskedWhen.REGISTERING

    @property
    def length(self) -> int:
        """Give the number of letters an answer may have."""
        return LONG_LENGTH if self.kind is QuestionKind.LONG_TEXT else SHORT_LENGTH


def holds(condition: Condition, given: Given) -> bool:
    """Say whether an answer is as a condition wants it; who says nothing has not said "none of these"."""
    if condition.test is Test.ANSWERED:
        return bool(given)
    if condition.test is Test.NOT_ANSWERED:
        return not given
    has_one = not condition.values.isdisjoint(given)
    return has_one if condition.test is Test.ONE_OF else bool(given) and not has_one


def shown(asks: Iterable[Ask], answers: Answers) -> list[Ask]:
    """List the questions that are asked of somebody who answers so, in their order.

    Every condition of a question must hold. Only what stands before a question counts, and only if it is
    asked itself, so that no question waits for itself, in however long a circle.
    """
    said: dict[str, Given] = {}
    asked = []
    for ask in asks:
        if all(holds(condition, said.get(condition.code, ())) for condition in ask.conditions):
            asked.append(ask)
            said[ask.code] = answers.get(ask.code, ())
    return asked


def possible(asks: Iterable[Ask], answers: Answers, open_codes: Collection[str]) -> list[Ask]:
    """List the questions that may yet be asked while those of `open_codes` are still being answered.

    They are what a page must hold, so that whoever answers on it finds every question that comes up.
    """
    said: dict[str, Given] = {}
    found: list[Ask] = []
    maybe: set[str] = set()
    for ask in asks:
        if all(one.code in maybe or holds(one, said.get(one.code, ())) for one in ask.conditions):
            found.append(ask)
            said[ask.code] = answers.get(ask.code, ())
            if ask.code in open_codes:
                maybe.add(ask.code)
    return found


def is_required_on(ask: Ask, day: date) -> bool:
    """Say whether a question that is asked must be answered on a day."""
    if ask.kind in NOT_ASKED:
        return False
    return ask.is_required and (ask.required_from is None or day >= ask.required_from)


def lacking(asks: Iterable[Ask], answers: Answers, *, day: date) -> list[Ask]:
    """List the questions that somebody must answer by a day and has not."""
    return [ask for ask in shown(asks, answers) if is_required_on(ask, day) and not answers.get(ask.code)]


@dataclass
class Part:
    """The questions between two page breaks; `title` is the break that opens it, if one does."""

    title: Ask | None
    asks: list[Ask] = field(default_factory=list)


def parts(asks: Iterable[Ask]) -> list[Part]:
    """Divide questions into pages; a page on which nothing would stand does not exist."""
    found = [Part(None)]
    for ask in asks:
        if ask.kind is QuestionKind.PAGE_BREAK:
            found.append(Part(ask))
        else:
            found[-1].asks.append(ask)
    return [part for part in found if part.asks]


# ---- answers


class AnswerProblem(StrEnum):
    """Why an answer cannot be taken, in words for whoever gave it."""

    MISSING = N_("Please answer this question.")
    NOT_TICKED = N_("Tick this box to go on.")
    TOO_LONG = N_("Shorten this to %(length)s letters.")
    NOT_ONE_LINE = N_("Write this on one line.")
    CONTROLS = N_("Take out the characters that cannot be printed.")
    NO_SUCH_OPTION = N_("Choose one of the answers that are offered.")
    ONLY_ONE = N_("Choose one answer only.")
    NO_NUMBER = N_("Write a number, such as 12 or 3.5.")
    TOO_SMALL = N_("Write a number that is at least %(least)s.")
    TOO_LARGE = N_("Write a number that is at most %(most)s.")
    NO_DATE = N_("Write a date as year, month and day: 2027-05-31.")
    NO_TIME = N_("Write a time of day such as 14:30.")
    NO_COUNTRY = N_("Choose a country from the list.")
    NO_EMAIL = N_("This is not an e-mail address. It looks like ola@example.org.")
    NO_PHONE = N_("Write a telephone number in digits, such as +48 12 345 67 89.")
    NO_URL = N_("This is not a web address. It begins with https://.")


class AnswerRefusal(StrEnum):
    """Why answers cannot be stored although each is well formed, in words for whoever gave them."""

    OPTION_FULL = N_("“%(option)s” is full. Choose another answer; everything else you typed is still here.")
    FILE_GONE = N_("A file you sent is not here any more. Choose it again.")
    CHANGED = N_("The organiser changed this question while you were answering. Read it again, please.")


def problem_details(ask: Ask) -> dict[str, object]:
    """Give the values that the sentences of `AnswerProblem` name."""
    return {"length": ask.length, "least": ask.least, "most": ask.most}


_BLANKS = re.compile(r"[\s\u00a0\u202f]+")
#: As `lsos.texts.has_controls` has them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[\d\s().\u2013/-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def tidy(kind: QuestionKind, typed: Iterable[str]) -> Given:
    """Write what was typed in the one way in which it is kept; nothing typed is no answer."""
    if kind is QuestionKind.TICK:
        return (YES,) if any(typed) else ()
    texts = (text.replace("\r\n", "\n").replace("\r", "\n").strip() for text in typed)
    kept = tuple(dict.fromkeys(text for text in texts if text))
    if kind is QuestionKind.NUMBER:
        return tuple(_tidy_number(text) for text in kept)
    return kept


def as_number(text: str) -> Decimal | None:
    """Read a number, with comma or point, blanks between thousands; None when it is none."""
    try:
        number = Decimal(_BLANKS.sub("", text).replace(",", ".").replace("\u2212", "-"))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 30 else None


def _tidy_number(text: str) -> str:
    number = as_number(text)
    if number is None:
        return text
    if number == 0:
        return "0"
    written = format(number, "f").lstrip("+")
    return written.rstrip("0").rstrip(".") if "." in written else written


def answer_problem(ask: Ask, given: Given, *, is_required: bool) -> AnswerProblem | None:
    """Say why an answer, tidied, cannot be taken; None when it can."""
    if not given:
        if not is_required:
            return None
        return AnswerProblem.NOT_TICKED if ask.kind is QuestionKind.TICK else AnswerProblem.MISSING
    if len(given) > 1 and ask.kind is not QuestionKind.CHOOSE_SEVERAL:
        return AnswerProblem.ONLY_ONE
    if ask.kind in CHOICES:
        return None if ask.options.issuperset(given) else AnswerProblem.NO_SUCH_OPTION
    return _text_problem(ask, given[0])


def _text_problem(ask: Ask, text: str) -> AnswerProblem | None:
    if _CONTROLS.search(text):
        return AnswerProblem.CONTROLS
    if len(text) > ask.length:
        return AnswerProblem.TOO_LONG
    if ask.kind is QuestionKind.LONG_TEXT:
        return None
    if _LINE_ENDS.search(text):
        return AnswerProblem.NOT_ONE_LINE
    if ask.kind is QuestionKind.NUMBER:
        return _number_problem(ask, text)
    is_well_formed, problem = _SHAPES.get(ask.kind, (bool, AnswerProblem.MISSING))
    return None if is_well_formed(text) else problem


def _number_problem(ask: Ask, text: str) -> AnswerProblem | None:
    number = as_number(text)
    if number is None:
        return AnswerProblem.NO_NUMBER
    if ask.least is not None and number < ask.least:
        return AnswerProblem.TOO_SMALL
    return AnswerProblem.TOO_LARGE if ask.most is not None and number > ask.most else None


def _is_date(text: str) -> bool:
    return _reads(date.fromisoformat, text) if _DATE.fullmatch(text) else False


def _is_time(text: str) -> bool:
    return _reads(time.fromisoformat, text) if _TIME.fullmatch(text) else False


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and 5 <= sum(letter.isdecimal() for letter in text) <= 20


def _is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        _ = address.port
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname) and not _BLANKS.search(text)


_SHAPES: dict[QuestionKind, tuple[Callable[[str], bool], AnswerProblem]] = {
    QuestionKind.YES_NO: (lambda text: text in {YES, NO}, AnswerProblem.NO_SUCH_OPTION),
    QuestionKind.TICK: (lambda text: text == YES, AnswerProblem.NO_SUCH_OPTION),
    QuestionKind.DATE: (_is_date, AnswerProblem.NO_DATE),
    QuestionKind.TIME: (_is_time, AnswerProblem.NO_TIME),
    QuestionKind.COUNTRY: (lambda text: _COUNTRY.fullmatch(text) is not None, AnswerProblem.NO_COUNTRY),
    QuestionKind.EMAIL: (lambda text: _EMAIL.fullmatch(text) is not None, AnswerProblem.NO_EMAIL),
    QuestionKind.PHONE: (_is_phone, AnswerProblem.NO_PHONE),
    QuestionKind.URL: (_is_web_address, AnswerProblem.NO_URL),
}


# ---- what organisers may do


class QuestionRefusal(StrEnum):
    """Why a question cannot be as an organiser wants it, in words for them."""

    NO_LABEL = N_("Write the question in at least one language.")
    BAD_CODE = N_("The name for exports has small letters a to z, digits and _, begins with a letter, at most 40.")
    CODE_TAKEN = N_("Another question of this event has this name for exports already. Choose another one.")
    NO_OPTIONS = N_("Write at least two options to choose from.")
    TOO_MANY_OPTIONS = N_("These are too many options. Use at most 60.")
    SEATS_BELOW_TAKEN = N_("More people have chosen this option than it would have seats: %(taken)s.")
    BOUNDS_CROSSED = N_("The smallest number is larger than the largest one. Exchange them.")
    NO_FILE_KIND = N_("Tick at least one kind of file that people may send.")
    NO_REQUIRED_DAY = N_("Say from which day on the answer is required.")
    NOT_EARLIER = N_("A question can depend only on questions that stand before it and are asked no later than it.")
    NO_SUCH_ANSWER = N_("A condition names an answer that its question does not offer.")
    CONDITION_EMPTY = N_("Tick the answers that the condition is about.")
    DEPENDED_ON = N_("“%(question)s” depends on an answer that would no longer be offered. Change that question first.")
    OTHER_MEANING = N_(
        "Another kind of question, or an option taken out, cannot mean the same as before. "
        "Save it as a changed question."
    )
    MOVE_BREAKS_CONDITION = N_("It cannot go there: a question would stand before the one that it depends on.")
    TOO_MANY = N_("This event has as many questions as a form can hold. Archive some first.")


_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def code_refusal(code: str, taken: Collection[str]) -> QuestionRefusal | None:
    """Say why a question cannot have this name in exports; None when it can."""
    if not _CODE.fullmatch(code):
        return QuestionRefusal.BAD_CODE
    return QuestionRefusal.CODE_TAKEN if code in taken else None


def shape_refusal(ask: Ask, *, has_label: bool, file_kinds: Collection[str]) -> QuestionRefusal | None:
    """Say why a question cannot be asked as it is written; None when it can."""
    if not has_label:
        return QuestionRefusal.NO_LABEL
    if ask.kind in CHOICES and len(ask.options) < 2:
        return QuestionRefusal.NO_OPTIONS
    if len(ask.options) > OPTIONS_AT_MOST:
        return QuestionRefusal.TOO_MANY_OPTIONS
    if ask.least is not None and ask.most is not None and ask.least > ask.most:
        return QuestionRefusal.BOUNDS_CROSSED
    if ask.kind is QuestionKind.FILE and FILE_KINDS.keys().isdisjoint(file_kinds):
        return QuestionRefusal.NO_FILE_KIND
    return None


def conditions_refusal(ask: Ask, earlier: Iterable[Ask]) -> QuestionRefusal | None:
    """Say why a question cannot depend on others as it does; `earlier` are those that stand before it."""
    before = {one.code: one for one in earlier if one.kind not in NOT_ASKED}
    for condition in ask.conditions:
        subject = before.get(condition.code)
        too_late = AskedWhen.CHECK_IN
        if subject is None or (subject.asked_when is too_late and ask.asked_when is not too_late):
            return QuestionRefusal.NOT_EARLIER
        if condition.test not in NAMING:
            continue
        if not condition.values:
            return QuestionRefusal.CONDITION_EMPTY
        if any(answer_problem(subject, (value,), is_required=True) for value in condition.values):
            return QuestionRefusal.NO_SUCH_ANSWER
    return None


def order_refusal(asks: Sequence[Ask]) -> QuestionRefusal | None:
    """Say why questions cannot stand in this order; None when they can."""
    for place, ask in enumerate(asks):
        before = {one.code for one in asks[:place]}
        if any(condition.code not in before for condition in ask.conditions):
            return QuestionRefusal.MOVE_BREAKS_CONDITION
    return None


@dataclass(frozen=True)
class Wording:
    """What makes an answer mean what it means: the words of a question, its kind, its options and bounds."""

    kind: QuestionKind
    label: tuple[str, str]
    help: tuple[str, str]
    #: Code and words in Polish and English, in their order.
    options: tuple[tuple[str, str, str], ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    unit: tuple[str, str] = ("", "")


def is_new_version(old: Wording, new: Wording, *, has_answers: bool) -> bool:
    """Say whether a change must be kept beside what was asked before: somebody answered that."""
    return has_answers and old != new


#: Kinds that ask the same in another shape.
_ALIKE = (
    frozenset({QuestionKind.CHOOSE_ONE, QuestionKind.CHOOSE_FROM_LIST}),
    frozenset({QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT}),
)


def meaning_refusal(old: Wording, new: Wording) -> QuestionRefusal | None:
    """Say why a change cannot be a small correction, after which the answers given still answer; None when it can."""
    kinds = {old.kind, new.kind}
    is_alike = old.kind is new.kind or any(kinds <= alike for alike in _ALIKE)
    kept = {code for code, *_words in new.options}
    if not is_alike or any(code not in kept for code, *_words in old.options):
        return QuestionRefusal.OTHER_MEANING
    return None


class EditRefusal(StrEnum):
    """Why an answer may not be changed any more, in words for its owner."""

    NEVER = N_("This answer is final. Write to the organiser if it must change.")
    TOO_LATE = N_("This answer could be changed until %(day)s. Write to the organiser if it must change.")
    EVENT_OVER = N_("The event is over, so answers stay as they are.")


def edit_refusal(
    *, is_answered: bool, may_edit: bool, edit_until: date | None, last_day: date, day: date
) -> EditRefusal | None:
    """Say why the owner of an answer may not change it on a day; a question left open may be answered until the end."""
    if day > last_day:
        return EditRefusal.EVENT_OVER
    if not is_answered:
        return None
    if not may_edit:
        return EditRefusal.NEVER
    return EditRefusal.TOO_LATE if edit_until is not None and day > edit_until else None
