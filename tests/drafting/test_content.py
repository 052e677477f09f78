"""What is said of a session goes into JSON and back unchanged, and changes made at once are joined."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lsos.agenda.rules import SessionRole
from lsos.drafting.content import Cast, Content, Parts, decode, encode
from lsos.drafting.rules import ChangeKind, Step, change_kinds, differing, merged, to_undo
from lsos.texts import Bilingual

NINE = datetime(2026, 11, 27, 9, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.builds(Bilingual, st.text(max_size=8), st.text(max_size=8))
ids = st.integers(1, 5)
words = st.lists(st.sampled_from(["projector", "piano", "stage"]), unique=True).map(lambda all_: tuple(sorted(all_)))


@st.composite
def contents(draw: st.DrawFn) -> Content:
    starts_at = draw(st.none() | moments)
    ends_at = starts_at + timedelta(minutes=draw(st.integers(1, 500))) if starts_at else None
    people = st.lists(st.builds(Cast, ids, st.sampled_from(SessionRole)), unique=True, max_size=3).map(tuple)
    return Content(
        code=draw(st.text(max_size=8)),
        title=draw(texts),
        abstract=draw(texts),
        format_id=draw(ids),
        focus_area_id=draw(st.none() | ids),
        room_id=draw(st.none() | ids),
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=draw(st.none() | st.integers(1, 500)),
        seats=draw(st.none() | st.integers(0, 500)),
        takes_signups=draw(st.booleans()),
        signup_opens_at=draw(st.none() | moments),
        is_public=draw(st.booleans()),
        languages=draw(st.sampled_from([(), ("pl",), ("en", "pl")])),
        people=draw(people),
        partners=draw(st.lists(ids, unique=True, max_size=2).map(tuple)),
        equipment=draw(words),
        is_locked=draw(st.booleans()),
        is_withdrawn=draw(st.booleans()),
    )


@given(contents())
def test_a_content_goes_into_json_and_back(content: Content):
    assert decode(json.loads(json.dumps(encode(content)))) == content


@given(contents(), contents())
def test_two_contents_differ_where_and_only_where_they_are_not_equal(one: Content, other: Content):
    assert bool(differing(encode(one), encode(other))) == (one != other)


def test_what_was_not_known_when_it_was_written_is_as_in_a_new_session():
    assert decode({"title_en": "Talk", "format_id": 3}) == Content(title=Bilingual(en="Talk"), format_id=3)


@given(contents(), contents())
def test_a_wish_that_nobody_crossed_comes_true(base: Content, wish: Content):
    found = merged(encode(base), encode(wish), encode(base))
    assert (found.parts, found.clashes) == (encode(wish), ())


@given(contents(), contents(), contents())
def test_what_two_changed_is_never_lost(base: Content, wish: Content, theirs: Content):
    found = merged(encode(base), encode(wish), encode(theirs))
    mine, other = encode(wish), encode(theirs)
    for part, was in encode(base).items():
        if mine[part] != was:
            assert found.parts[part] == mine[part] or part in found.clashes
        if other[part] != was and part not in found.clashes:
            assert found.parts[part] == other[part]


def _parts(**more: object) -> Parts:
    return encode(Content(title=Bilingual("Wykład", "Talk"), format_id=1)) | more


def test_two_who_write_one_language_each_do_not_meet():
    found = merged(_parts(), _parts(title_pl="Referat"), _parts(title_en="Lecture"))
    assert (found.parts["title_pl"], found.parts["title_en"], found.clashes) == ("Referat", "Lecture", ())


def test_room_and_time_are_one_thing():
    found = merged(_parts(), _parts(room_id=2), _parts(starts_at="2026-11-27T09:00:00+00:00"))
    assert found.clashes == ("room_id", "starts_at")


def test_two_who_move_it_to_the_same_place_agree():
    assert merged(_parts(), _parts(room_id=2), _parts(room_id=2)).clashes == ()


def test_undoing_takes_the_latest_that_is_not_undone_and_only_ones_own():
    steps = [_step(1, 7), _step(2, 7), _step(3, 8), _step(4, 7, undoes=2)]
    assert to_undo(steps, 7, lambda uid: {"room_id": uid}) == 1
    assert to_undo(steps, 8, lambda uid: {"room_id": uid}) == 3
    assert to_undo(steps, 9, lambda uid: {"room_id": uid}) is None


def test_undoing_passes_by_what_others_changed_since_while_there_is_something_else():
    steps = [_step(1, 7), _step(2, 7)]
    assert to_undo(steps, 7, {"1": {"room_id": "1"}, "2": {"room_id": "another"}}.get) == 1
    assert to_undo(steps, 7, {"1": {"room_id": "1"}}.get) == 1
    assert to_undo(steps, 7, {"1": {"room_id": "another"}}.get) == 2


def _step(number: int, by_id: int, *, undoes: int | None = None) -> Step:
    """Make a step that puts a session into a room of its name."""
    uid = str(number)
    return Step(number, number, by_id, undoes, uid, {"room_id": None}, {"room_id": uid})


def test_a_change_is_named_by_what_it_means_to_its_reader():
    before = _parts(room_id=1, starts_at="2026-11-27T09:00:00+00:00")
    assert list(change_kinds(None, before)) == [ChangeKind.NEW]
    assert list(change_kinds(before, before | {"room_id": 2, "title_en": "Other"})) == [
        ChangeKind.ROOM,
        ChangeKind.WORDS,
    ]
    assert list(change_kinds(before, before | {"is_withdrawn": True})) == [ChangeKind.WITHDRAWN]
    assert list(change_kinds(before | {"is_withdrawn": True}, before)) == [ChangeKind.BACK]
    assert list(change_kinds(before, before | {"is_locked": True, "equipment": ["piano"]})) == []
    assert list(change_kinds(None, before | {"is_withdrawn": True})) == []
