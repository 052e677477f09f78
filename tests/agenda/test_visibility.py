"""Who may know of a session: the rule, and how it is set."""

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda.models import Session, SessionAudience
from lsos.agenda.rules import ORGANISER, VISITOR, Looker, Visibility, VisibilityRefusal, may_see, visibility_refusal
from lsos.agenda.seeing import set_visibility
from lsos.db import db
from lsos.errors import Refused
from lsos.texts import Bilingual
from tests import make

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


def test_a_session_is_shown_to_some_and_to_everybody_again(app: Flask):
    event = make.event()
    found, kinds = make.session(event, title=Bilingual("A", "A")), [make.participation_type(event) for _ in "ab"]
    by = make.person().id

    def now() -> tuple[Visibility, list[int]]:
        db.session.rollback()
        meant = db.session.scalars(select(SessionAudience.participation_type_id).order_by("participation_type_id"))
        return db.session.get_one(Session, found.id, populate_existing=True).visibility, list(meant)

    set_visibility(found.id, V.CHOSEN, [kinds[0].id], actor_id=by)
    set_visibility(found.id, V.CHOSEN, [kinds[0].id, kinds[1].id], actor_id=by)
    assert now() == (V.CHOSEN, sorted(kind.id for kind in kinds))
    with pytest.raises(Refused):
        set_visibility(found.id, V.CHOSEN, [], actor_id=by)
    set_visibility(found.id, V.PUBLIC, [kinds[0].id], actor_id=by)
    assert now() == (V.PUBLIC, [])
