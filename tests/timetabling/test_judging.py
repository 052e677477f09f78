from dataclasses import replace

import pytest

from lsos.timetabling.judging import conflicts
from lsos.timetabling.problem import Break, Kind, Place, Problem, Room, Session, Severity, Span

HALL = Room("hall", (Span(0, 120), Span(120, 300)), capacity=50, equipment=frozenset({"screen"}))
STUDIO = Room("studio", (Span(60, 300),))


def problem(*sessions: Session, **more) -> Problem:
    return Problem(rooms=(HALL, STUDIO), sessions=sessions, **more)


def kinds(given: Problem, *places: tuple[str, int]) -> list[Kind]:
    where = {session.key: Place(*place) for session, place in zip(given.sessions, places, strict=True)}
    return [each.kind for each in conflicts(given, where)]


TALK, OTHER = Session("talk", 60), Session("other", 60)


@pytest.mark.parametrize(
    ("first", "second", "buffer", "found"),
    [
        (("hall", 60), ("hall", 60), 0, [Kind.ROOM_TAKEN]),
        (("hall", 60), ("hall", 119), 10, [Kind.ROOM_TAKEN]),
        (("hall", 60), ("hall", 120), 0, []),
        (("hall", 60), ("hall", 129), 10, [Kind.ROOM_BUFFER]),
        (("hall", 130), ("hall", 61), 10, [Kind.ROOM_BUFFER]),
        (("hall", 60), ("hall", 130), 10, []),
        (("hall", 60), ("studio", 60), 10, []),
    ],
)
def test_a_room_holds_one_session_at_a_time_with_time_between(first, second, buffer, found):
    assert kinds(problem(TALK, OTHER, room_buffer=buffer), first, second) == found


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (("hall", 60), ("studio", 119), [Kind.PERSON_TWICE]),
        (("hall", 60), ("studio", 120), [Kind.PERSON_BUFFER]),
        (("hall", 60), ("studio", 130), []),
        (("hall", 60), ("hall", 120), []),
    ],
)
def test_a_person_is_in_one_place_and_needs_time_to_get_to_another(first, second, found):
    given = problem(replace(TALK, people=("ada", "bo")), replace(OTHER, people=("cy", "bo")), person_buffer=10)

    assert kinds(given, first, second) == found


@pytest.mark.parametrize(
    ("session", "place", "found"),
    [
        (TALK, ("hall", 240), []),
        (TALK, ("hall", 90), []),
        (TALK, ("hall", 241), [Kind.ROOM_CLOSED]),
        (TALK, ("studio", 59), [Kind.ROOM_CLOSED]),
        (replace(TALK, audience=50), ("hall", 0), []),
        (replace(TALK, audience=51), ("hall", 0), [Kind.ROOM_TOO_SMALL]),
        (replace(TALK, audience=51), ("studio", 60), []),
        (replace(TALK, equipment=frozenset({"screen"})), ("hall", 0), []),
        (replace(TALK, equipment=frozenset({"screen"})), ("studio", 60), [Kind.EQUIPMENT]),
        (replace(TALK, people=("ada",)), ("hall", 140), []),
        (replace(TALK, people=("ada",)), ("hall", 201), [Kind.PERSON_AWAY]),
        (replace(TALK, people=("ada",)), ("hall", 220), [Kind.PERSON_AWAY]),
    ],
)
def test_a_session_by_itself_fits_its_room_its_hours_and_its_people(session, place, found):
    assert kinds(problem(session, away={"ada": (Span(200, 230), Span(250, 260))}), place) == found


@pytest.mark.parametrize(("rooms", "found"), [(None, [Kind.BREAK]), (frozenset({"studio"}), [])])
def test_a_break_is_for_all_rooms_or_for_some(rooms, found):
    assert kinds(problem(TALK, breaks=(Break(Span(100, 110), rooms),)), ("hall", 60)) == found


@pytest.mark.parametrize(("weight", "found"), [(9.0, []), (10.0, [Kind.AUDIENCE])])
def test_sessions_that_many_of_the_same_people_want_should_not_be_at_the_same_time(weight, found):
    given = problem(TALK, OTHER, audiences={("other", "talk"): weight})

    assert kinds(given, ("hall", 60), ("studio", 60)) == found
    assert kinds(given, ("hall", 0), ("studio", 60)) == []


def test_the_organiser_says_how_bad_a_conflict_is_and_what_is_ignored_is_not_told():
    where = {"talk": Place("hall", 60), "other": Place("hall", 60)}
    found = {}
    for severity in Severity:
        given = problem(TALK, OTHER, severities={Kind.ROOM_TAKEN: severity})
        found[severity] = [each.severity for each in conflicts(given, where)]

    assert found == {severity: [severity] if severity is not Severity.IGNORE else [] for severity in Severity}


def test_a_conflict_says_what_it_is_about():
    given = problem(replace(TALK, people=("ada",)), replace(OTHER, people=("ada",), audience=80), person_buffer=15)
    small, near = conflicts(given, {"talk": Place("studio", 60), "other": Place("hall", 125)})

    assert small.words == "hall holds 50 people, and 80 want other."
    assert near.words == "ada: 5 minutes from talk to other instead of 15."
    assert (near.people, near.sessions, near.have, near.need) == (("ada",), ("talk", "other"), 5, 15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rooms": (HALL, HALL)},
        {"sessions": (TALK, TALK)},
        {"sessions": (replace(TALK, minutes=0),)},
        {"sessions": (replace(TALK, people=("ada", "ada")),)},
        {"sessions": (replace(TALK, locked=True),)},
        {"sessions": (replace(TALK, place=Place("cellar", 0)),)},
        {"breaks": (Break(Span(0, 1), frozenset({"cellar"})),)},
        {"audiences": {("talk", "talk"): 1.0}},
        {"audiences": {("talk", "nothing"): 1.0}},
        {"grid": 0},
        {"room_buffer": -1},
        {"days": (Span(0, 10), Span(5, 20))},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\."):
        Problem(**({"rooms": (HALL,), "sessions": (TALK,)} | wrong))
