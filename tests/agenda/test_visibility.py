"""Who may know of a session."""

import pytest

from lsos.agenda.rules import ORGANISER, VISITOR, Looker, Visibility, VisibilityRefusal, may_see, visibility_refusal

V = Visibility
#: Of a session in which person 5 speaks; where it is for chosen kinds, they are 7 and 8.
GUEST, OTHER_GUEST = Looker(person_id=2, participation_type_id=7), Looker(person_id=3, participation_type_id=9)


@pytest.mark.parametrize(
    ("visibility", "looker", "has_place", "sees"),
    [
        (V.PUBLIC, VISITOR, False, True),
        (V.REGISTERED, VISITOR, False, False),
        (V.CHOSEN, VISITOR, False, False),
        (V.REGISTERED, Looker(person_id=2), False, False),
        (V.REGISTERED, OTHER_GUEST, False, True),
        (V.CHOSEN, GUEST, False, True),
        (V.CHOSEN, OTHER_GUEST, False, False),
        (V.CHOSEN, Looker(person_id=5), False, True),
        (V.CHOSEN, Looker(person_id=2), True, True),
        (V.CHOSEN, ORGANISER, False, True),
    ],
)
def test_who_may_know_of_a_session(visibility: Visibility, looker: Looker, has_place: bool, sees: bool):
    assert may_see(visibility, looker, people=[5], audience=[7, 8], has_place=has_place) is sees


def test_a_session_is_never_meant_for_nobody():
    assert visibility_refusal(V.CHOSEN, []) is VisibilityRefusal.NOBODY
    assert visibility_refusal(V.CHOSEN, [1]) is None
    assert visibility_refusal(V.PUBLIC, []) is None
