"""What is asked of whom, what an answer must look like, and what organisers may change."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as some

from lsos.questionnaires.file_rules import FILE_KINDS, MEGABYTE, FileProblem, file_problem
from lsos.questionnaires.rules import (
    AnswerProblem,
    Ask,
    AskedWhen,
    Condition,
    EditRefusal,
    QuestionKind,
    QuestionRefusal,
    Test,
    Wording,
    answer_problem,
    as_number,
    code_refusal,
    conditions_refusal,
    edit_refusal,
    holds,
    is_new_version,
    is_required_on,
    lacking,
    meaning_refusal,
    order_refusal,
    parts,
    shape_refusal,
    shown,
    tidy,
)
from tests.naughty import naughty_strings

K = QuestionKind
P = AnswerProblem
R = QuestionRefusal
DAY = date(2026, 11, 1)


def when(code: str, test: Test = Test.ONE_OF, *values: str) -> Condition:
    return Condition(code, test, frozenset(values))


def codes(asks: list[Ask]) -> list[str]:
    return [ask.code for ask in asks]


# ---- conditions


@pytest.mark.parametrize(
    ("test", "values", "given", "expected"),
    [
        (Test.ONE_OF, {"a"}, ("a",), True),
        (Test.ONE_OF, {"a", "b"}, ("b",), True),
        (Test.ONE_OF, {"a", "b"}, ("c", "b"), True),
        (Test.ONE_OF, {"a"}, ("b",), False),
        (Test.ONE_OF, {"a"}, (), False),
        (Test.NONE_OF, {"a"}, ("b",), True),
        (Test.NONE_OF, {"a"}, ("a", "b"), False),
        (Test.NONE_OF, {"a"}, (), False),
        (Test.ANSWERED, set(), ("x",), True),
        (Test.ANSWERED, set(), (), False),
        (Test.NOT_ANSWERED, set(), (), True),
        (Test.NOT_ANSWERED, set(), ("x",), False),
    ],
)
def test_a_condition_holds_by_what_was_answered(test: Test, values: set[str], given: tuple[str, ...], expected: bool):
    assert holds(Condition("q", test, frozenset(values)), given) is expected


def test_a_question_is_asked_when_all_its_conditions_hold():
    visa, hotel = Ask("visa", K.YES_NO), Ask("hotel", K.YES_NO)
    both = Ask("passport", K.SHORT_TEXT, (when("visa", Test.ONE_OF, "yes"), when("hotel", Test.NONE_OF, "no")))
    asks = [visa, hotel, both]

    assert codes(shown(asks, {"visa": ("yes",), "hotel": ("yes",)})) == ["visa", "hotel", "passport"]
    assert codes(shown(asks, {"visa": ("yes",), "hotel": ("no",)})) == ["visa", "hotel"]
    assert codes(shown(asks, {"visa": ("yes",)})) == ["visa", "hotel"]


def test_an_answer_to_a_question_that_is_not_asked_counts_for_nothing():
    chain = [
        Ask("a", K.YES_NO),
        Ask("b", K.YES_NO, (when("a", Test.ONE_OF, "yes"),)),
        Ask("c", K.YES_NO, (when("b", Test.ONE_OF, "yes"),)),
    ]
    assert codes(shown(chain, {"a": ("no",), "b": ("yes",), "c": ("yes",)})) == ["a"]


def test_a_circle_or_a_later_subject_asks_nothing_and_ends():
    circle = [
        Ask("a", K.YES_NO, (when("b", Test.ANSWERED),)),
        Ask("b", K.YES_NO, (when("a", Test.ANSWERED),)),
        Ask("self", K.YES_NO, (when("self", Test.ANSWERED),)),
    ]
    assert shown(circle, {"a": ("yes",), "b": ("yes",), "self": ("yes",)}) == []


@drawn(some.lists(some.tuples(some.integers(0, 9), some.sampled_from(list(Test)), some.booleans()), max_size=10))
def test_what_is_asked_depends_on_what_stands_before_only(rows: list[tuple[int, Test, bool]]):
    asks = [
        Ask(f"q{place}", K.YES_NO, (when(f"q{subject}", test, "yes"),) if is_tied else ())
        for place, (subject, test, is_tied) in enumerate(rows)
    ]
    answers = {ask.code: ("yes",) for ask in asks}
    for length in range(len(asks)):
        assert shown(asks[:length], answers) == [ask for ask in shown(asks, answers) if ask in asks[:length]]


def test_a_required_answer_may_be_left_out_until_its_day():
    ask = Ask("q", K.SHORT_TEXT, is_required=True, required_from=DAY)
    assert not is_required_on(ask, DAY - timedelta(days=1))
    assert is_required_on(ask, DAY)
    assert is_required_on(replace(ask, required_from=None), DAY - timedelta(days=1))
    assert not is_required_on(replace(ask, is_required=False), DAY)
    assert not is_required_on(replace(ask, kind=K.STATEMENT), DAY)


def test_whoever_is_not_asked_lacks_nothing():
    asks = [Ask("a", K.YES_NO), Ask("b", K.DATE, (when("a", Test.ONE_OF, "yes"),), is_required=True)]
    assert lacking(asks, {"a": ("no",)}, day=DAY) == []
    assert codes(lacking(asks, {"a": ("yes",)}, day=DAY)) == ["b"]
    assert lacking(asks, {"a": ("yes",), "b": ("2026-11-01",)}, day=DAY) == []


def test_page_breaks_make_pages_and_an_empty_page_is_none():
    a, b, c = Ask("a", K.DATE), Ask("b", K.DATE), Ask("c", K.DATE)
    first, second, last = (Ask(f"page{n}", K.PAGE_BREAK) for n in range(3))
    found = parts([a, first, second, b, c, last])
    assert [(part.title.code if part.title else None, codes(part.asks)) for part in found] == [
        (None, ["a"]),
        ("page1", ["b", "c"]),
    ]
    assert [codes(part.asks) for part in parts([first, a])] == [["a"]]
    assert parts([]) == []


# ---- answers

NUMBER = Ask("n", K.NUMBER, least=Decimal("0.5"), most=Decimal(10))
SEVERAL = Ask("s", K.CHOOSE_SEVERAL, options=frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("ask", "typed", "problem"),
    [
        (Ask("q", K.SHORT_TEXT), ["Łucja"], None),
        (Ask("q", K.SHORT_TEXT), ["x" * 300], None),
        (Ask("q", K.SHORT_TEXT), ["x" * 301], P.TOO_LONG),
        (Ask("q", K.SHORT_TEXT), ["a\nb"], P.NOT_ONE_LINE),
        (Ask("q", K.SHORT_TEXT), ["a\x07b"], P.CONTROLS),
        (Ask("q", K.LONG_TEXT), ["a\nb\tc"], None),
        (Ask("q", K.LONG_TEXT), ["x" * 4001], P.TOO_LONG),
        (Ask("q", K.YES_NO), ["no"], None),
        (Ask("q", K.YES_NO), ["maybe"], P.NO_SUCH_OPTION),
        (Ask("q", K.YES_NO), ["yes", "no"], P.ONLY_ONE),
        (Ask("q", K.CHOOSE_ONE, options=frozenset({"a"})), ["a"], None),
        (Ask("q", K.CHOOSE_ONE, options=frozenset({"a"})), ["b"], P.NO_SUCH_OPTION),
        (Ask("q", K.CHOOSE_FROM_LIST, options=frozenset({"a", "b"})), ["a", "b"], P.ONLY_ONE),
        (SEVERAL, ["a", "b"], None),
        (SEVERAL, ["a", "c"], P.NO_SUCH_OPTION),
        (NUMBER, ["0,5"], None),
        (NUMBER, ["10"], None),
        (NUMBER, ["0.49"], P.TOO_SMALL),
        (NUMBER, ["10.01"], P.TOO_LARGE),
        (NUMBER, ["ten"], P.NO_NUMBER),
        (NUMBER, ["NaN"], P.NO_NUMBER),
        (NUMBER, ["1e999999"], P.NO_NUMBER),
        (Ask("q", K.DATE), ["2024-02-29"], None),
        (Ask("q", K.DATE), ["2023-02-29"], P.NO_DATE),
        (Ask("q", K.DATE), ["20240229"], P.NO_DATE),
        (Ask("q", K.TIME), ["23:59"], None),
        (Ask("q", K.TIME), ["24:00"], P.NO_TIME),
        (Ask("q", K.COUNTRY), ["PL"], None),
        (Ask("q", K.COUNTRY), ["Poland"], P.NO_COUNTRY),
        (Ask("q", K.EMAIL), ["ola@żółw.pl"], None),
        (Ask("q", K.EMAIL), ["ola@example"], P.NO_EMAIL),
        (Ask("q", K.PHONE), ["+48 (12) 345-67-89"], None),
        (Ask("q", K.PHONE), ["1234"], P.NO_PHONE),
        (Ask("q", K.PHONE), ["call me"], P.NO_PHONE),
        (Ask("q", K.URL), ["https://example.org/a?b"], None),
        (Ask("q", K.URL), ["javascript:alert(1)"], P.NO_URL),
        (Ask("q", K.URL), ["https://"], P.NO_URL),
        (Ask("q", K.URL), ["http://[::1"], P.NO_URL),
        (Ask("q", K.TICK), ["y"], None),
    ],
)
def test_an_answer_is_as_its_question_wants_it(ask: Ask, typed: list[str], problem: AnswerProblem | None):
    assert answer_problem(ask, tidy(ask.kind, typed), is_required=False) is problem


@pytest.mark.parametrize("kind", [kind for kind in K if kind not in {K.STATEMENT, K.PAGE_BREAK}])
def test_blanks_are_no_answer_to_whatever_is_asked(kind: QuestionKind):
    given = tidy(kind, [] if kind is K.TICK else ["  "])
    assert given == ()
    assert answer_problem(Ask("q", kind), given, is_required=False) is None
    assert answer_problem(Ask("q", kind), given, is_required=True) is (P.NOT_TICKED if kind is K.TICK else P.MISSING)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("3,50", "3.5"), ("1 200", "1200"), ("1\u00a0200", "1200"), ("-0", "0"), ("\u22127", "-7"), ("1e3", "1000")],
)
def test_a_number_is_kept_in_one_way_however_it_is_typed(typed: str, kept: str):
    assert tidy(K.NUMBER, [typed]) == (kept,)


@drawn(some.decimals(places=12, min_value=-(10**12), max_value=10**12))
def test_a_number_keeps_its_value_when_it_is_tidied(number: Decimal):
    (kept,) = tidy(K.NUMBER, [format(number, "f")])
    assert as_number(kept) == number
    assert tidy(K.NUMBER, [kept]) == (kept,)


@drawn(some.sampled_from(list(K)), some.lists(some.text()))
def test_tidying_twice_is_tidying_once(kind: QuestionKind, typed: list[str]):
    once = tidy(kind, typed)
    assert tidy(kind, once) == once


def test_every_naughty_text_is_kept_unchanged_or_refused_with_a_sentence():
    for text in naughty_strings():
        given = tidy(K.LONG_TEXT, [text])
        problem = answer_problem(Ask("q", K.LONG_TEXT), given, is_required=False)
        assert problem is not None or given in {(), (text.strip(),)}, text


@drawn(some.text(max_size=400), some.sampled_from(list(K)))
def test_no_text_breaks_the_check_of_any_kind(text: str, kind: QuestionKind):
    answer_problem(Ask("q", kind), tidy(kind, [text]), is_required=True)


# ---- files


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("Plan.PDF", b"%PDF-1.7", None),
        ("plan.pdf", b"", FileProblem.EMPTY),
        ("plan.pdf", b"<script>", FileProblem.NOT_WHAT_IT_SAYS),
        ("plan.pdf.exe", b"MZ", FileProblem.WRONG_KIND),
        ("plan.docx", b"PK\x03\x04", FileProblem.WRONG_KIND),
        ("big.pdf", b"%PDF-" + b" " * MEGABYTE, FileProblem.TOO_LARGE),
        ("logo.png", b"\x89PNG\r\n\x1a\n", None),
    ],
)
def test_a_file_is_of_a_kind_that_is_taken_and_is_what_its_name_says(
    name: str, content: bytes, problem: FileProblem | None
):
    assert file_problem(name, content, allowed=["pdf", "png"], megabytes=1) is problem


def test_no_kind_of_file_that_can_be_asked_for_runs_in_a_browser():
    assert not [kind for kind in FILE_KINDS.values() if kind.content_type in {"text/html", "image/svg+xml"}]


# ---- what organisers may do


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("dinner", None),
        ("dinner_2", None),
        ("Dinner", R.BAD_CODE),
        ("2nd", R.BAD_CODE),
        ("", R.BAD_CODE),
        ("a" * 41, R.BAD_CODE),
        ("visa", R.CODE_TAKEN),
    ],
)
def test_a_name_for_exports_is_plain_and_unique(code: str, refusal: QuestionRefusal | None):
    assert code_refusal(code, {"visa"}) is refusal


@pytest.mark.parametrize(
    ("ask", "has_label", "file_kinds", "refusal"),
    [
        (Ask("q", K.DATE), True, [], None),
        (Ask("q", K.DATE), False, [], R.NO_LABEL),
        (Ask("q", K.CHOOSE_ONE, options=frozenset({"a"})), True, [], R.NO_OPTIONS),
        (Ask("q", K.CHOOSE_ONE, options=frozenset(map(str, range(61)))), True, [], R.TOO_MANY_OPTIONS),
        (Ask("q", K.NUMBER, least=Decimal(2), most=Decimal(1)), True, [], R.BOUNDS_CROSSED),
        (Ask("q", K.FILE), True, [], R.NO_FILE_KIND),
        (Ask("q", K.FILE), True, ["exe"], R.NO_FILE_KIND),
        (Ask("q", K.FILE), True, ["pdf"], None),
    ],
)
def test_a_question_can_be_asked_as_it_is_written(
    ask: Ask, has_label: bool, file_kinds: list[str], refusal: QuestionRefusal | None
):
    assert shape_refusal(ask, has_label=has_label, file_kinds=file_kinds) is refusal


EARLIER = [
    Ask("visa", K.YES_NO),
    Ask("shirt", K.CHOOSE_ONE, options=frozenset({"s", "m"})),
    Ask("words", K.STATEMENT),
    Ask("pass", K.YES_NO, asked_when=AskedWhen.CHECK_IN),
]


@pytest.mark.parametrize(
    ("condition", "at", "refusal"),
    [
        (when("visa", Test.ONE_OF, "yes"), AskedWhen.REGISTERING, None),
        (when("shirt", Test.NONE_OF, "s"), AskedWhen.REGISTERING, None),
        (when("shirt", Test.ANSWERED), AskedWhen.REGISTERING, None),
        (when("shirt", Test.ONE_OF, "xl"), AskedWhen.REGISTERING, R.NO_SUCH_ANSWER),
        (when("shirt", Test.ONE_OF), AskedWhen.REGISTERING, R.CONDITION_EMPTY),
        (when("later", Test.ANSWERED), AskedWhen.REGISTERING, R.NOT_EARLIER),
        (when("words", Test.ANSWERED), AskedWhen.REGISTERING, R.NOT_EARLIER),
        (when("pass", Test.ANSWERED), AskedWhen.REGISTERING, R.NOT_EARLIER),
        (when("pass", Test.ANSWERED), AskedWhen.CHECK_IN, None),
        (when("visa", Test.ANSWERED), AskedWhen.CHECK_IN, None),
    ],
)
def test_a_question_depends_on_earlier_ones_and_on_what_they_offer(
    condition: Condition, at: AskedWhen, refusal: QuestionRefusal | None
):
    assert conditions_refusal(Ask("q", K.DATE, (condition,), asked_when=at), EARLIER) is refusal


def test_questions_cannot_change_places_with_what_they_depend_on():
    a, b = Ask("a", K.YES_NO), Ask("b", K.YES_NO, (when("a", Test.ANSWERED),))
    assert order_refusal([a, b]) is None
    assert order_refusal([b, a]) is R.MOVE_BREAKS_CONDITION


OLD = Wording(K.CHOOSE_ONE, ("Rozmiar", "Size"), ("", ""), (("s", "mały", "small"), ("m", "średni", "medium")))


def test_a_change_is_a_new_version_only_when_somebody_has_answered():
    new = replace(OLD, label=("Rozmiar koszulki", "Shirt size"))
    assert is_new_version(OLD, new, has_answers=True)
    assert not is_new_version(OLD, new, has_answers=False)
    assert not is_new_version(OLD, OLD, has_answers=True)


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (replace(OLD, label=("Rozmiar koszulki", "Shirt size")), None),
        (replace(OLD, options=(*OLD.options, ("l", "duży", "large"))), None),
        (replace(OLD, kind=K.CHOOSE_FROM_LIST), None),
        (replace(OLD, kind=K.CHOOSE_SEVERAL), R.OTHER_MEANING),
        (replace(OLD, options=OLD.options[:1]), R.OTHER_MEANING),
    ],
)
def test_a_small_correction_keeps_kind_and_options(new: Wording, refusal: QuestionRefusal | None):
    assert meaning_refusal(OLD, new) is refusal


@pytest.mark.parametrize(
    ("is_answered", "may_edit", "until", "day", "refusal"),
    [
        (True, True, None, 0, None),
        (True, True, 0, 0, None),
        (True, True, 0, 1, EditRefusal.TOO_LATE),
        (True, False, None, 0, EditRefusal.NEVER),
        (False, False, None, 0, None),
        (False, True, 0, 1, None),
        (True, True, None, 9, EditRefusal.EVENT_OVER),
        (False, True, None, 9, EditRefusal.EVENT_OVER),
    ],
)
def test_an_answer_may_be_changed_until_the_organiser_says_so(
    is_answered: bool, may_edit: bool, until: int | None, day: int, refusal: EditRefusal | None
):
    found = edit_refusal(
        is_answered=is_answered,
        may_edit=may_edit,
        edit_until=None if until is None else DAY + timedelta(days=until),
        last_day=DAY + timedelta(days=8),
        day=DAY + timedelta(days=day),
    )
    assert found is refusal
