"""What rules and score read of one person: the profile, seen through taxonomy, free text and answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lsos.matchmaking.answers import DEFAULT_TASTE, NOTHING_LEARNED, Answer, Learned, Taste, learned
from lsos.matchmaking.model import Participant, Taxonomy
from lsos.matchmaking.text import Lexicon, Phrasebook, lexicon, stems, weighed, words_of


@dataclass(frozen=True, slots=True)
class Outline:
    """One person with what the taxonomy adds, worked out once.

    Attributes:
        offers: cooperation one side brings and the other takes.
        seeks: the same from the other end.
        mutual: symmetric cooperation, offered or sought: its like is what it needs.
        groups: headings the tags stand under.
        areas: focus areas, chosen or those of the tags.
        themes: tags, declared or found in the free text.
        written: cooperation found in the free text and not declared.
        words: the weightiest words of the free text, cut, as a vector of length 1.
        learned: what answers add.
    """

    person: Participant
    offers: frozenset[str]
    seeks: frozenset[str]
    mutual: frozenset[str]
    groups: frozenset[str]
    areas: frozenset[str]
    themes: frozenset[str]
    written: frozenset[str]
    words: Mapping[str, float]
    learned: Learned

    @property
    def cooperation(self) -> frozenset[str]:
        """Give all cooperation that is declared."""
        return self.person.offers | self.person.seeks


def outlines(
    people: Sequence[Participant],
    taxonomy: Taxonomy,
    *,
    answers: Iterable[Answer] = (),
    taste: Taste = DEFAULT_TASTE,
    earlier: Sequence[Participant] = (),
) -> list[Outline]:
    """Work out what rules and score read of each person, words weighed by how many of these people use them.

    Args:
        people: everybody who may be matched.
        taxonomy: what their codes mean to each other.
        answers: what they said of each other, or of people of `earlier`.
        taste: how much answers count.
        earlier: people as they were at earlier events, with keys of their own.
    """
    tags, cooperation = Phrasebook(taxonomy.tag_names), Phrasebook(taxonomy.cooperation_names)
    texts = [words_of(person.text) if person.text else [] for person in (*people, *earlier)]
    cut = [stems(words) for words in texts]
    known = lexicon(cut)
    found = [(tags.found(words), weighed(short, known)) for words, short in zip(texts, cut, strict=True)]
    added = learned(people, found, answers, taste, earlier)
    return [
        _outline(person, taxonomy, (written_tags, cooperation.found(words)), vector, more)
        for person, words, (written_tags, vector), more in zip(people, texts, found, added, strict=False)
    ]


def outline(person: Participant, taxonomy: Taxonomy, known: Lexicon | None = None) -> Outline:
    """Work out what rules and score read of one person alone; without a lexicon every word says the same."""
    if not person.text:
        return _outline(person, taxonomy, ((), ()), {}, NOTHING_LEARNED)
    words = words_of(person.text)
    return _outline(
        person,
        taxonomy,
        (Phrasebook(taxonomy.tag_names).found(words), Phrasebook(taxonomy.cooperation_names).found(words)),
        weighed(stems(words), known),
        NOTHING_LEARNED,
    )


def _outline(
    person: Participant,
    taxonomy: Taxonomy,
    written: tuple[Iterable[str], Iterable[str]],
    words: Mapping[str, float],
    more: Learned,
) -> Outline:
    tags, cooperation = written
    return Outline(
        person=person,
        offers=person.offers - taxonomy.symmetric,
        seeks=person.seeks - taxonomy.symmetric,
        mutual=(person.offers | person.seeks) & taxonomy.symmetric,
        groups=frozenset(taxonomy.tag_groups[tag] for tag in person.tags if tag in taxonomy.tag_groups),
        areas=person.focus_areas.union(*(taxonomy.tag_areas.get(tag, ()) for tag in person.tags)),
        themes=person.tags.union(tags),
        written=frozenset(cooperation) - person.offers - person.seeks,
        words=words,
        learned=more,
    )
