from dataclasses import replace

import pytest

from lsos.timetabling.board import Board
from lsos.timetabling.building import Ended, Mode, Progress, build
from lsos.timetabling.costs import shape
from lsos.timetabling.filling import first_fit
from lsos.timetabling.instance import Instance
from lsos.timetabling.interest import Wish, audiences
from lsos.timetabling.problem import Break, Kind, Place, Problem, Room, Session, Severity, Span
from lsos.timetabling.reasons import Why

HALL = Room("hall", (Span(0, 120),), capacity=50, equipment=frozenset({"screen"}))
STUDIO = Room("studio", (Span(0, 120),), capacity=20)


def built(problem: Problem, mode: Mode = Mode.REBUILD, **more):
    return build(problem, mode, seconds=60, **{"work": 3000, **more})


def talks(count: int, minutes: int = 60, **more) -> list[Session]:
    return [Session(f"t{number}", minutes, **more) for number in range(count)]


def test_each_of_two_tracks_gets_a_room_of_its_own():
    sessions = [Session(f"{track}{number}", 40, track) for number in range(3) for track in ("red", "blue")]
    answer = built(Problem((HALL, STUDIO), sessions))

    assert len({(session.track, answer.places[session.key].room) for session in sessions}) == 2
    assert (answer.shape.main_room, answer.shape.room_changes) == (1, 0)


def test_what_the_same_people_want_is_not_at_the_same_time():
    sessions = talks(4)
    wishes = [Wish(("t0", "t1"), 30), Wish(("t2", "t3"), 20)]
    answer = built(Problem((HALL, STUDIO), sessions, audiences=audiences(wishes)))

    assert answer.places["t0"].start != answer.places["t1"].start
    assert answer.places["t2"].start != answer.places["t3"].start
    assert answer.after.audience == 0
    assert answer.conflicts == ()


def test_the_larger_audience_gets_the_larger_room():
    sessions = [Session("few", 120, audience=15), Session("many", 120, audience=45)]
    answer = built(Problem((STUDIO, HALL), sessions))

    assert {key: place.room for key, place in answer.places.items()} == {"few": "studio", "many": "hall"}


def test_only_what_has_no_place_is_placed_if_asked_for():
    sessions = [replace(each, place=Place("hall", 30)) for each in talks(1)] + [Session("new", 30)]
    problem = Problem((HALL,), sessions)

    answer = built(problem, Mode.FILL)

    assert answer.places["t0"] == Place("hall", 30)
    assert answer.changed == ("new",)


def test_as_few_as_possible_of_what_was_released_move():
    released = [replace(each, released=Place("hall", 30 * number)) for number, each in enumerate(talks(4, 30))]
    problem = Problem((HALL, STUDIO), [*released, Session("needs the screen", 30, equipment=frozenset({"screen"}))])

    answer = built(problem)

    assert len(answer.places) == 5
    assert [move.session for move in answer.moved] == [
        each.key for each in released if answer.places[each.key] != each.released
    ]
    assert len(answer.moved) == 1


def test_a_place_beside_the_grid_can_be_kept_but_is_not_given():
    sessions = [replace(each, released=Place("hall", 7)) for each in talks(1)] + [Session("new", 30)]
    answer = built(Problem((HALL,), sessions, grid=10))

    assert answer.places["t0"] == Place("hall", 7)
    assert answer.places["new"].start % 10 == 0


def test_locked_sessions_in_conflict_are_left_alone_and_told():
    sessions = [replace(each, place=Place("hall", 0), locked=True) for each in talks(2)]
    answer = built(Problem((HALL,), [*sessions, Session("new", 60)]))

    assert [(each.kind, each.sessions) for each in answer.conflicts] == [(Kind.ROOM_TAKEN, ("t0", "t1"))]
    assert answer.places["new"] == Place("hall", 60)


def test_what_is_not_forbidden_may_be_built_if_nothing_else_is_possible():
    strict = Problem((HALL,), talks(3))
    mild = replace(strict, severities={Kind.ROOM_TAKEN: Severity.WARN})

    assert len(built(strict).places) == 2
    answer = built(mild)
    assert len(answer.places) == 3
    assert {each.kind for each in answer.conflicts} == {Kind.ROOM_TAKEN}


@pytest.mark.parametrize(
    ("session", "more", "why", "words"),
    [
        (Session("x", 30), {"rooms": ()}, Why.NO_ROOM, "no room at all"),
        (Session("x", 30, equipment=frozenset({"organ"})), {}, Why.EQUIPMENT, "organ"),
        (Session("x", 30, audience=60), {}, Why.TOO_BIG, "60 people"),
        (Session("x", 121), {}, Why.TOO_LONG, "121 minutes"),
        (Session("x", 90), {"breaks": (Break(Span(40, 60)),)}, Why.TOO_LONG, "90 minutes"),
        (Session("x", 30, people=("cy",)), {}, Why.PERSON_AWAY, "cy"),
        (Session("x", 70), {}, Why.SESSIONS_STAY, "stay"),
        (Session("x", 60, people=("ada",)), {}, Why.SESSIONS_STAY, "other"),
    ],
)
def test_a_session_without_a_place_has_the_reason(session, more, why, words):
    stay = [
        Session("other", 10, people=("ada",), place=Place("hall", 55), locked=True),
        Session("third", 10, people=("ada",), place=Place("studio", 60), locked=True),
    ]
    given = {
        "rooms": (HALL, STUDIO),
        "sessions": [*(stay if why is Why.SESSIONS_STAY else []), session],
        "away": {"cy": (Span(0, 110),)},
        "severities": {Kind.ROOM_TOO_SMALL: Severity.FORBID},
    }
    answer = built(Problem(**(given | more)))

    assert answer.unplaced["x"].why is why
    assert words in answer.unplaced["x"].words


@pytest.mark.parametrize(
    ("sessions", "more", "why"),
    [
        (talks(5), {}, Why.ROOMS_FULL),
        (talks(3, people=("ada",)), {}, Why.PEOPLE_BUSY),
        (
            talks(3),
            {
                "audiences": {("t0", "t1"): 20.0, ("t0", "t2"): 20.0, ("t1", "t2"): 20.0},
                "severities": {Kind.AUDIENCE: Severity.FORBID},
            },
            Why.AUDIENCE,
        ),
    ],
)
def test_a_session_for_which_others_leave_no_time_names_them(sessions, more, why):
    answer = built(Problem(rooms=(HALL, STUDIO), sessions=sessions, **more))
    (reason,) = answer.unplaced.values()

    assert reason.why is why
    assert set(reason.sessions) < answer.places.keys()
    assert len(reason.sessions) == 1
    assert (reason.room, reason.start) in {(place.room, place.start) for place in answer.places.values()} or (
        why is not Why.ROOMS_FULL
    )


def test_what_a_programme_cost_before_and_after_is_told():
    sessions = [replace(each, place=Place("hall", 0)) for each in talks(1)] + [Session("new", 30)]
    answer = built(Problem((HALL,), sessions))

    assert answer.before.unplaced == 1000
    assert answer.after.total == 0


def test_progress_is_told_and_a_search_can_be_ended():
    sessions = [Session(f"{number}", 10, f"track{number % 3}") for number in range(30)]
    told: list[Progress] = []
    answer = build(
        Problem((HALL, STUDIO), sessions, grid=10),
        seconds=60,
        progress=told.append,
        stop=lambda: len(told) > 0,
    )

    assert answer.ended is Ended.CANCELLED
    assert (told[-1].share, told[-1].sessions) == (1.0, 30)
    assert told[-1].placed == len(answer.places) == 24


def test_the_clock_ends_a_search_that_has_more_to_do():
    sessions = [Session(f"{number}", 10, f"track{number % 3}") for number in range(30)]
    answer = build(Problem((HALL, STUDIO), sessions), seconds=0.05, work=10**9)

    assert answer.ended is Ended.CLOCK
    assert answer.seconds < 5


def test_no_fewer_are_placed_than_by_first_fit():
    sessions = [
        Session(f"{number}", 10 + number % 5 * 5, f"track{number % 4}", (f"p{number % 6}",)) for number in range(16)
    ]
    problem = Problem((HALL, STUDIO), sessions, room_buffer=5, person_buffer=10)
    board = Board(Instance(problem, range(len(sessions))))
    first_fit(board)

    assert len(built(problem, work=0).places) >= board.placed()


def test_a_night_parts_days_and_lunch_does_not():
    days = Room("hall", (Span(540, 720), Span(780, 1500), Span(1980, 2100)))
    problem = Problem((days,), (Session("late", 60, "red"), Session("early", 60, "red")))
    places = {"late": Place("hall", 1440), "early": Place("hall", 1980)}

    assert problem.day_starts == [540, 1980]
    assert [problem.day_of(moment) for moment in (0, 540, 1440, 1980)] == [0, 0, 0, 1]
    assert shape(problem, places).room_changes == 0


def test_an_empty_problem_has_an_empty_answer():
    answer = built(Problem((), ()))

    assert (answer.places, answer.unplaced, answer.after.total) == ({}, {}, 0)


def test_wishes_are_counted_for_each_pair_once_whatever_their_order():
    wishes = [Wish(("a", "b", "c")), Wish(("b", "a")), Wish(("a", "b", "c"), 2), Wish(("c", "c"))]

    assert audiences(wishes) == {("a", "b"): 4, ("a", "c"): 3, ("b", "c"): 3}
