"""Laws: what holds for every problem."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.timetabling.board import Board
from lsos.timetabling.building import Answer, Ended, Mode, build, costs
from lsos.timetabling.instance import Instance
from lsos.timetabling.problem import Place, Problem, Room
from tests.timetabling.problems import cost_by_hand, forbidden, most_placed, places, possible, problems

#: A little search, which ends by itself.
LITTLE = 400


def built(problem: Problem, mode: Mode = Mode.REBUILD, *, work: int = LITTLE, seed: int = 1) -> Answer:
    answer = build(problem, mode, seconds=60, work=work, seed=seed)
    assert answer.ended is Ended.DONE
    return answer


def staying(problem: Problem, mode: Mode) -> set[str]:
    return {each.key for each in problem.sessions if each.place and (each.locked or mode is Mode.FILL)}


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from(Mode))
def test_nothing_forbidden_is_built_and_what_stays_stays(problem, mode):
    answer = built(problem, mode)
    stays = staying(problem, mode)

    assert {key: answer.places[key] for key in stays} == {
        each.key: each.place for each in problem.sessions if each.key in stays
    }
    assert all(set(conflict.sessions) <= stays for conflict in forbidden(problem, answer.places))
    assert answer.places.keys() | answer.unplaced.keys() == problem.numbers.keys()
    assert not answer.places.keys() & answer.unplaced.keys()


@settings(max_examples=60, deadline=None)
@given(problems(4), st.data())
def test_a_place_is_open_to_the_builder_exactly_if_the_judge_forbids_nothing_there(problem, data):
    last = problem.sessions[-1].key
    draft = {session.key: data.draw(places([room.key for room in problem.rooms])) for session in problem.sessions[:-1]}
    fixed = data.draw(st.sets(st.sampled_from(sorted(draft)))) if draft else set()
    problem = replace(
        problem,
        sessions=[
            replace(each, place=draft.get(each.key), released=None, locked=each.key in fixed)
            for each in problem.sessions
        ],
    )
    free = [number for number, session in enumerate(problem.sessions) if not session.locked]
    instance = Instance(problem, free)
    board = Board(instance)
    for number in free[:-1]:
        session = problem.sessions[number]
        assert session.place is not None
        board.put(number, *instance.numbered(session.place))
    before = forbidden(problem, draft)

    for place in possible(problem):
        room, moment = instance.numbered(place)
        new = forbidden(problem, draft | {last: place}) - before
        assert bool(board.openings(free[-1], room) >> moment & 1) == (not new), (place, new)
        assert not new or any(last in each.sessions for each in new)


@settings(max_examples=60, deadline=None)
@given(problems(5), st.data())
def test_the_cost_counted_step_by_step_is_the_one_counted_anew(problem, data):
    draft = {
        session.key: place
        for session in problem.sessions
        if (place := data.draw(st.none() | places([room.key for room in problem.rooms])))
    }

    assert costs(problem, draft).total == pytest.approx(cost_by_hand(problem, draft))

    answer = built(problem)
    assert answer.after.total == pytest.approx(cost_by_hand(problem, answer.places))


@settings(max_examples=60, deadline=None)
@given(problems(4, strict=True))
def test_of_few_sessions_as_many_are_placed_as_trying_everything_finds(problem):
    sessions = [replace(each, place=None, locked=False, released=None) for each in problem.sessions]
    problem = replace(problem, sessions=sessions, rooms=problem.rooms[:2], breaks=())

    assert len(built(problem).places) == most_placed(problem)


@settings(max_examples=25, deadline=None)
@given(problems(), st.permutations(range(12)))
def test_other_names_change_nothing(problem, order):
    names = {key: f"n{order[number]}" for number, key in enumerate([*problem.numbers, *problem.room_numbers])}
    people = {"ada": "zed", "bo": "amy", "cy": "bob"}

    def there(place: Place | None) -> Place | None:
        return place and Place(names[place.room], place.start)

    renamed = replace(
        problem,
        rooms=[replace(room, key=names[room.key]) for room in problem.rooms],
        sessions=[
            replace(
                each,
                key=names[each.key],
                track=each.track and {"red": "blue", "blue": "red"}[each.track],
                people=tuple(people[person] for person in each.people),
                place=there(each.place),
                released=there(each.released),
            )
            for each in problem.sessions
        ],
        away={people[person]: spans for person, spans in problem.away.items()},
        audiences={(names[a], names[b]): weight for (a, b), weight in problem.audiences.items()},
        breaks=tuple(
            replace(each, rooms=each.rooms and frozenset(names[key] for key in each.rooms)) for each in problem.breaks
        ),
    )

    one, other = built(problem), built(renamed)

    assert {names[key]: there(place) for key, place in one.places.items()} == other.places
    assert one.after == other.after


@settings(max_examples=25, deadline=None)
@given(problems(), st.sampled_from(Mode), st.integers(0, 3))
def test_the_same_seed_gives_the_same_answer(problem, mode, seed):
    one, other = (replace(built(problem, mode, seed=seed), seconds=0.0) for _ in range(2))

    assert one == other


@settings(max_examples=40, deadline=None)
@given(problems(strict=True))
def test_a_further_room_never_places_fewer_than_the_programme_there_was(problem):
    problem = replace(problem, sessions=[replace(each, locked=False, released=None) for each in problem.sessions])
    before = built(problem).places
    roomier = replace(
        problem,
        rooms=[*problem.rooms, Room("new", problem.rooms[0].open)],
        sessions=[replace(each, place=before.get(each.key)) for each in problem.sessions],
    )

    for mode in Mode:
        assert len(built(roomier, mode).places) >= len(before)


@settings(max_examples=40, deadline=None)
@given(problems(strict=True))
def test_a_released_programme_without_conflicts_is_left_alone_where_nothing_is_better(problem):
    """One session at a time is too few to have a reason to go anywhere."""
    answer = built(replace(problem, sessions=problem.sessions[:1], audiences={}))
    session = problem.sessions[0]
    if session.released and not session.locked and not forbidden(problem, {session.key: session.released}):
        assert answer.places == {session.key: session.released}
        assert answer.moved == ()
