"""Designs of badges: read and written without loss, refused by name, told where they are unwise."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.badges.rules import (
    FIELDS_MOST,
    LINES_MOST,
    Align,
    Colour,
    Design,
    DesignRefusal,
    Field,
    Kind,
    Problem,
    ReadyMade,
    Side,
    Upright,
    Weight,
    WrongDesign,
    from_data,
    new_field,
    problems,
    ready_made,
    to_data,
)

A6 = ready_made(ReadyMade.A6)
QR = Field(Kind.QR, 60, 100, 30, 30)
NAME = Field(Kind.FULL, 8, 8, 80, 10)

hundredths = st.integers(-29700, 29700).map(lambda n: n / 100)
sizes = st.integers(20, 29700).map(lambda n: n / 100)
words = st.text(alphabet="aąłŻ –.", max_size=30).map(lambda text: " ".join(text.split()))


@st.composite
def some_fields(draw):
    smallest = draw(st.integers(5, 96))
    return Field(
        draw(st.sampled_from(Kind)), draw(hundredths), draw(hundredths), draw(sizes), draw(sizes),
        smallest, draw(st.integers(smallest, 96)), draw(st.integers(1, LINES_MOST)),
        draw(st.sampled_from(Weight)), draw(st.sampled_from(Align)), draw(st.sampled_from(Upright)),
        draw(st.sampled_from(Colour)), draw(st.sampled_from(Colour)), draw(words), draw(words),
    )  # fmt: skip


faces = st.lists(some_fields(), max_size=6).map(tuple)
some_designs = st.builds(Design, st.integers(30, 297), st.integers(30, 297), faces, faces)


@given(some_designs)
def test_a_design_is_read_as_it_was_written(design):
    assert from_data(to_data(design)) == design


@given(some_designs)
def test_whatever_is_unwise_names_a_field_that_is_there(design):
    for told in problems(design):
        assert told.side is None or told.place < len(design.faces[told.side])


KEYS = ["width", "height", "front", "back", "kind", "x"]
plain_values = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    plain_values, lambda each: st.lists(each) | st.dictionaries(st.sampled_from(KEYS), each), max_leaves=12
)


@given(anything)
def test_whatever_is_sent_is_a_design_or_refused_by_name(data):
    try:
        is_design, wrongs = isinstance(from_data(data), Design), 0
    except WrongDesign as wrong:
        is_design, wrongs = False, len(wrong.wrongs)
    assert is_design or wrongs


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"x": "left"}, ("x", DesignRefusal.NOT_A_NUMBER)),
        ({"x": "nan"}, ("x", DesignRefusal.NOT_A_NUMBER)),
        ({"x": ""}, ("x", DesignRefusal.NOT_A_NUMBER)),
        ({"x": "1e9"}, ("x", DesignRefusal.OUT_OF_RANGE)),
        ({"width": "0"}, ("width", DesignRefusal.OUT_OF_RANGE)),
        ({"lines": "5"}, ("lines", DesignRefusal.OUT_OF_RANGE)),
        ({"kind": "photo"}, ("kind", DesignRefusal.NOT_ONE_OF)),
        ({"colour": "#ff0000"}, ("colour", DesignRefusal.NOT_ONE_OF)),
        ({"smallest": "20", "largest": "10"}, ("smallest", DesignRefusal.TURNED)),
        ({"text_pl": "x" * 301}, ("text_pl", DesignRefusal.TOO_LONG)),
    ],
)
def test_what_cannot_be_taken_is_named(change, wanted):
    data = to_data(A6)
    data["front"][3] |= change
    with pytest.raises(WrongDesign) as refused:
        from_data(data)
    (wrong,) = refused.value.wrongs
    assert (wrong.side, wrong.place) == (Side.FRONT, 3)
    assert (wrong.name, wrong.refusal) == wanted


def test_numbers_are_taken_as_poles_write_them():
    data = to_data(A6)
    data["front"][3]["x"] = " 12,5 "
    assert from_data(data).front[3].x == 12.5


def test_a_face_takes_so_many_fields():
    data = to_data(A6) | {"front": [to_data(A6)["front"][0]] * (FIELDS_MOST + 1)}
    with pytest.raises(WrongDesign) as refused:
        from_data(data)
    assert refused.value.wrongs[0].refusal is DesignRefusal.TOO_MANY


@pytest.mark.parametrize("which", ReadyMade)
def test_what_is_ready_made_is_wise(which):
    assert problems(ready_made(which)) == []


@pytest.mark.parametrize(
    ("fields", "place", "problem"),
    [
        ((QR,), None, Problem.NO_NAME),
        ((NAME,), None, Problem.NO_QR),
        ((NAME, QR, replace(NAME, x=90)), 2, Problem.OUTSIDE),
        ((NAME, QR, replace(NAME, x=-1)), 2, Problem.OUTSIDE),
        ((NAME, replace(QR, width=15, height=15)), 1, Problem.QR_SMALL),
        ((NAME, replace(QR, width=40)), 1, Problem.QR_BENT),
        ((replace(NAME, y=95), QR), 0, Problem.OVER_QR),
        ((NAME, QR, Field(Kind.BOX, 0, 95, 105, 10)), 2, Problem.OVER_QR),
        ((replace(NAME, height=2), QR), 0, Problem.LOW),
        ((NAME, QR, Field(Kind.ANSWER, 8, 30, 80, 10)), 2, Problem.NO_QUESTION),
        ((NAME, QR, Field(Kind.TEXT, 8, 30, 80, 10)), 2, Problem.NO_WORDS),
        ((replace(NAME, colour=Colour.WHITE), QR), 0, Problem.UNSEEN),
    ],
)
def test_what_is_unwise_is_told(fields, place, problem):
    told = [(one.side and one.place, one.problem) for one in problems(Design(105, 148.5, fields))]
    assert told == [(place, problem)]


def test_a_band_under_the_code_and_edges_that_touch_are_no_harm():
    beside = replace(NAME, y=90, height=10)
    assert problems(Design(105, 148.5, (Field(Kind.BOX, 0, 95, 105, 10, fill=Colour.ROLE), beside, QR))) == []


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("which", ReadyMade)
def test_a_new_field_lies_on_the_card(kind, which):
    design = ready_made(which)
    one = new_field(kind, design)
    told = {each.problem for each in problems(replace(design, front=(one,), back=()))}
    assert Problem.OUTSIDE not in told
    assert from_data(to_data(replace(design, front=(one,)))).front == (one,)
