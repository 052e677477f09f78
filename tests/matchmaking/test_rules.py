from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.affinity import Fusion, affinity
from lsos.matchmaking.rules import Objection, Rules, objections
from tests.matchmaking.people import TAXONOMY, participants, person


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (person(1, tags=["ai"]), person(2, tags=["ai"]), []),
        (person(1, tags=["ai"]), person(1, tags=["ai"]), [Objection.ONESELF]),
        (person(1, organisation=7, tags=["ai"]), person(2, organisation=7, tags=["ai"]), [Objection.SAME_ORGANISATION]),
        (person(1, organisation=7, tags=["ai"]), person(2, organisation=8, tags=["ai"]), []),
        (person(1, tags=["ai"], never=[2]), person(2, tags=["ai"]), [Objection.NEVER]),
        (person(1, tags=["ai"]), person(2, tags=["ai"], met=[1]), [Objection.ALREADY_MET]),
        (person(1, tags=["ai"], may_not_ask=[2]), person(2, tags=["ai"]), []),
        (person(1, tags=["ai"], may_not_ask=[2]), person(2, tags=["ai"], may_not_ask=[1]), [Objection.NEITHER_MAY_ASK]),
        (person(1, tags=["ai"]), person(2, tags=["mdr"]), [Objection.NOTHING_IN_COMMON]),
        (person(1, tags=["ai"]), person(2, tags=["imaging"]), []),
        (person(1, tags=["ai"]), person(2, focus_areas=["prevention"]), []),
        (person(1, offers=["mentoring"]), person(2, seeks=["mentoring"]), []),
        (person(1, offers=["mentoring"]), person(2, offers=["mentoring"]), [Objection.NOTHING_IN_COMMON]),
        (person(1, offers=["rd-consortium"]), person(2, offers=["rd-consortium"]), []),
        (
            person(1, organisation=7, never=[2], met=[2]),
            person(2, organisation=7),
            [Objection.SAME_ORGANISATION, Objection.NEVER, Objection.ALREADY_MET, Objection.NOTHING_IN_COMMON],
        ),
    ],
)
def test_every_objection_is_named_and_none_without_cause(a, b, expected):
    assert list(objections(a, b, TAXONOMY)) == expected


STARTUP = person(1, role="startup", seeks=["investment"], stages=[1], tickets=[1], trl=3, places=["DE"])
FUND = person(
    2, role="vc", offers=["investment"], stages=[2], tickets=[2], trl_sought=6, places=["PL"], places_sought=["PL"]
)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(), []),
        (Rules(stage_bars=True), [Objection.STAGE_DIFFERS]),
        (Rules(ticket_bars=True), [Objection.TICKET_DIFFERS]),
        (Rules(trl_bars=True), [Objection.TRL_TOO_LOW]),
        (Rules(place_bars=True), [Objection.PLACE_DIFFERS]),
        (Rules(may_meet={"vc": frozenset({"startup"})}), []),
        (Rules(may_meet={"vc": frozenset({"vc"})}), [Objection.ROLES_DO_NOT_MEET]),
        (Rules(may_meet={"startup": frozenset({"hospital"})}), [Objection.ROLES_DO_NOT_MEET]),
        (Rules(may_meet={"hospital": frozenset()}), []),
        (
            Rules(may_meet={"startup": frozenset()}, place_bars=True, stage_bars=True),
            [Objection.ROLES_DO_NOT_MEET, Objection.STAGE_DIFFERS, Objection.PLACE_DIFFERS],
        ),
    ],
)
def test_an_organiser_can_make_roles_and_bounds_hard(rules, expected):
    assert list(objections(STARTUP, FUND, TAXONOMY, rules)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"never": frozenset({2})}, [Objection.NEVER]),
        ({"met": frozenset({2})}, [Objection.ALREADY_MET]),
        ({"organisation": 7}, [Objection.SAME_ORGANISATION]),
    ],
)
def test_a_must_lifts_what_is_said_of_kinds_of_people_and_nothing_else(changed, expected):
    rules = Rules(may_meet={"startup": frozenset()}, stage_bars=True)
    fund = replace(FUND, organisation=7)

    assert list(objections(replace(STARTUP, must=frozenset({2}), **changed), fund, TAXONOMY, rules)) == expected


@given(participants(st.just(1)), participants(st.just(2)))
def test_objections_do_not_depend_on_who_is_named_first(a, b):
    assert list(objections(a, b, TAXONOMY)) == list(objections(b, a, TAXONOMY))


@given(participants(st.just(1)), participants(st.just(2)), st.sampled_from(Fusion))
def test_people_with_nothing_in_common_are_those_without_a_score(a, b, fusion):
    a, b = replace(a, must=frozenset()), replace(b, must=frozenset())
    nothing = Objection.NOTHING_IN_COMMON in objections(a, b, TAXONOMY)

    assert (affinity(a, b, TAXONOMY, fusion=fusion).fused == 0) == nothing
