from dataclasses import replace

import pytest
from hypothesis import given, settings

from lsos.timetabling.building import costs
from lsos.timetabling.problem import Place, Problem, Room, Session, Span
from lsos.timetabling.suggesting import suggestions
from tests.timetabling.problems import forbidden, problems

HALL, STUDIO = Room("hall", (Span(0, 120),)), Room("studio", (Span(0, 60),))


def test_a_session_is_offered_the_places_that_are_free_for_it_the_room_of_its_track_first():
    sessions = [Session("a", 60, "red", ("ada",), place=Place("hall", 0)), Session("b", 30, "red", ("ada",))]
    found = suggestions(Problem((STUDIO, HALL), sessions), "b")

    assert [each.place for each in found] == [Place("hall", 60), Place("hall", 90)]


def test_a_session_that_has_a_place_is_offered_it_too():
    sessions = [Session("a", 120, place=Place("hall", 0))]

    assert [each.place for each in suggestions(Problem((HALL, STUDIO), sessions), "a")] == [Place("hall", 0)]


@settings(max_examples=30, deadline=None)
@given(problems(4))
def test_what_is_suggested_is_not_forbidden_and_costs_what_it_says(problem):
    key = problem.sessions[-1].key
    problem = replace(problem, sessions=[*problem.sessions[:-1], replace(problem.sessions[-1], locked=False)])
    draft = {each.key: each.place for each in problem.sessions if each.place and each.key != key}
    before = costs(problem, draft).total - problem.weights.unplaced

    for each in suggestions(problem, key, most=3):
        after = draft | {key: each.place}
        assert forbidden(problem, after) == forbidden(problem, draft)
        assert costs(problem, after).total == pytest.approx(before + each.cost)
