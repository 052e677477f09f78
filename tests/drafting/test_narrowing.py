"""From whom a release hides a session."""

from dataclasses import replace

from lsos.agenda.rules import Looker, Visibility
from lsos.drafting.changes import Change
from lsos.drafting.content import Cast, Content
from lsos.drafting.narrowing import Held, Holding, Narrowing, narrowings, outside
from lsos.texts import Bilingual

BEFORE = Content(title=Bilingual("Rozmowy", "Deals"), format_id=1, people=(Cast(5),))
FOR_SEVEN = replace(BEFORE, visibility=Visibility.CHOSEN, audience=(7,))
#: The guest of kind 7 may come; of the others one speaks in it, one is of another kind, one is not confirmed.
GUEST, OTHER = Looker(person_id=1, participation_type_id=7), Looker(person_id=2, participation_type_id=8)
SPEAKER, UNCONFIRMED = Looker(person_id=5, participation_type_id=8), Looker(person_id=3)
HELD = [Held("a", whose, holding) for whose in (GUEST, OTHER, SPEAKER, UNCONFIRMED) for holding in Holding]


def test_whoever_may_not_know_of_a_session_any_more_is_named_with_what_they_had():
    lost = outside([Change("a", (), BEFORE, FOR_SEVEN)], [*HELD, Held("b", OTHER, Holding.STAR)])
    assert [(one.looker, one.holding) for one in lost] == [
        (who, what) for who in (OTHER, UNCONFIRMED) for what in Holding
    ]
    assert narrowings([Change("a", (), BEFORE, FOR_SEVEN)], HELD) == [Narrowing("a", places=2, waits=2, stars=2)]


def test_a_session_that_is_shown_to_the_same_or_to_more_is_taken_from_nobody():
    public = Change("a", (), FOR_SEVEN, BEFORE)
    assert (outside([public], HELD), narrowings([public], HELD)) == ([], [])
    assert narrowings([Change("a", (), FOR_SEVEN, replace(FOR_SEVEN, seats=3))], HELD) == []
    assert narrowings([Change("a", (), None, FOR_SEVEN)], HELD) == []
    assert narrowings([Change("a", (), BEFORE, replace(FOR_SEVEN, is_withdrawn=True))], HELD) == []
