"""What rules and score read of one person: the profile, seen through the taxonomy."""

from dataclasses import dataclass

from lsos.matchmaking.model import Participant, Taxonomy


@dataclass(frozen=True, slots=True)
class Outline:
    """One person with what the taxonomy adds, worked out once.

    Attributes:
        offers: cooperation one side brings and the other takes.
        seeks: the same from the other end.
        mutual: symmetric cooperation, offered or sought: its like is what it needs.
        groups: headings the tags stand under.
        areas: focus areas, chosen or those of the tags.
    """

    person: Participant
    offers: frozenset[str]
    seeks: frozenset[str]
    mutual: frozenset[str]
    groups: frozenset[str]
    areas: frozenset[str]


def outline(person: Participant, taxonomy: Taxonomy) -> Outline:
    """Work out what rules and score read of one person."""
    return Outline(
        person=person,
        offers=person.offers - taxonomy.symmetric,
        seeks=person.seeks - taxonomy.symmetric,
        mutual=(person.offers | person.seeks) & taxonomy.symmetric,
        groups=frozenset(taxonomy.tag_groups[tag] for tag in person.tags if tag in taxonomy.tag_groups),
        areas=person.focus_areas.union(*(taxonomy.tag_areas.get(tag, ()) for tag in person.tags)),
    )
