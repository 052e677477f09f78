import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.affinity import Fusion, affinity
from lsos.matchmaking.rules import Objection, objections
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


@given(participants(st.just(1)), participants(st.just(2)))
def test_objections_do_not_depend_on_who_is_named_first(a, b):
    assert list(objections(a, b, TAXONOMY)) == list(objections(b, a, TAXONOMY))


@given(participants(st.just(1)), participants(st.just(2)), st.sampled_from(Fusion))
def test_people_with_nothing_in_common_are_those_without_a_score(a, b, fusion):
    nothing = Objection.NOTHING_IN_COMMON in objections(a, b, TAXONOMY)

    assert (affinity(a, b, TAXONOMY, fusion=fusion).fused == 0) == nothing
