"""What people answered, and what that says of whom else they would like to meet.

Each answer is about one person; it moves others who are like that person. What somebody is, is a set of codes
of a few kinds (role, cooperation, tags, ...). For each code t the answers of one person say how much more often
it stands on people with a yes than on people at large, and with a no. With prior k and shares q_t of the crowd:

    lift(t) = ln((yes_t + k q_t) / ((yes + k) q_t)) - ln((no_t + k q_t) / ((no + k) q_t))

The sum over the codes of somebody, by kind the mean times the kind's weight, moves the log-odds of the gain.
Without answers every lift is 0; an answer about somebody never moves a person of the very same kind the wrong
way; and k answers would be needed to count as much as what is known of everybody, so one changes little.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import log1p

from lsos.matchmaking.model import Participant

#: A kind and a code of it; an empty code stands for the kind as a whole.
Trait = tuple[str, str]
#: Ratings go from the first to the last; the middle says nothing.
WORST, BEST = 1, 5


class Verdict(StrEnum):
    """What somebody said of meeting somebody."""

    ACCEPT = "accept"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's word on another.

    Attributes:
        by: key of who answered.
        about: key of the one the answer is about; may be somebody of an earlier event who is no candidate now.
        verdict: what was said to a request; None when there is only a rating.
        rating: 1 to 5, of a meeting that was held; it counts instead of the verdict.
        weight: how much it counts, 1 for an answer of today; older ones may fade.
    """

    by: int
    about: int
    verdict: Verdict | None = None
    rating: int | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.rating is not None and not WORST <= self.rating <= BEST:
            raise ValueError(f"The rating of {self.about} by {self.by} is {self.rating}; it must be from 1 to 5.")
        if self.weight < 0:
            raise ValueError(f"The weight of the answer of {self.by} on {self.about} is below zero.")

    @property
    def value(self) -> float:
        """Say how much of a yes it is, or below zero of a no."""
        if self.rating is not None:
            return self.weight * (2 * self.rating - WORST - BEST) / (BEST - WORST)
        if self.verdict is None:
            return 0.0
        return self.weight if self.verdict is Verdict.ACCEPT else -self.weight


@dataclass(frozen=True, slots=True)
class Taste:
    """How much answers count: for each kind, by what its lift is multiplied before it moves the log-odds.

    Attributes:
        role: of the person.
        cooperation: what is offered and what is sought.
        tags: declared or written about.
        stages: of funding.
        tickets: sums raised or put in.
        places: where they are.
        words: of their free text.
        partners: whom they met or said yes to; who meets the same people is alike.
        says_yes: by how often the other said yes: ln(1 + times).
        prior: so many answers weigh as much as the crowd; above 0.
        rare: no code is taken to be rarer in the crowd than this, or a single answer would say too much of it.
    """

    role: float = 0.15
    cooperation: float = 0.15
    tags: float = 0.25
    stages: float = 0.05
    tickets: float = 0.05
    places: float = 0.05
    words: float = 0.05
    partners: float = 0.10
    says_yes: float = 0.04
    prior: float = 8.0
    rare: float = 0.05

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 0 <= getattr(self, each.name) < float("inf"):
                raise ValueError(f"{each.name} is {getattr(self, each.name)}; it must be a number from 0.")
        if not 0 < self.rare <= 1 or self.prior == 0:
            raise ValueError("prior must be above 0, and rare in (0, 1].")


DEFAULT_TASTE = Taste()


@dataclass(frozen=True, slots=True)
class Learned:
    """What answers add to one person.

    Attributes:
        traits: what the person is to others: each code with its share of its kind's weight.
        taste: what the person likes: the lift of each code; others have none.
        yeses: how often the person said yes, by weight.
        says_yes: what that adds to the log-odds of others who would meet the person.
    """

    traits: Mapping[Trait, float]
    taste: Mapping[Trait, float]
    yeses: float = 0.0
    says_yes: float = 0.0


NOTHING_LEARNED = Learned({}, {})


def learned(
    people: Sequence[Participant],
    texts: Sequence[tuple[Iterable[str], Iterable[str]]],
    answers: Iterable[Answer],
    taste: Taste,
    earlier: Sequence[Participant] = (),
) -> list[Learned]:
    """Work out what answers say of people's likes.

    Args:
        people: everybody who may be matched.
        texts: for each of them, the tags found in their text and its words; those of `earlier` follow.
        answers: of any order; those by or about others than these people are passed over.
        taste: how much each kind counts.
        earlier: people as they were at earlier events, whom answers may be about, with keys of their own.

    Returns:
        One for each of `people`; all `NOTHING_LEARNED` when there are no answers.
    """
    answers = [answer for answer in answers if answer.value]
    if not answers:
        return [NOTHING_LEARNED] * len(people)
    everybody = [*people, *earlier]
    partners = _partners(everybody, answers)
    kinds = [
        _kinds(person, *found, partners.get(person.key, ())) for person, found in zip(everybody, texts, strict=True)
    ]
    share = _shares(kinds, taste.rare)
    place = {person.key: row for row, person in enumerate(everybody)}
    given: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.about in place:
            given[answer.by].append(answer)
    weights = {each.name: getattr(taste, each.name) for each in fields(taste)}
    result = []
    for person, mine in zip(people, kinds, strict=False):
        traits: dict[Trait, float] = {}
        for kind, codes in mine.items():
            if codes and (weight := weights[kind]):
                traits |= dict.fromkeys(sorted((kind, code) for code in codes), weight / len(codes))
                traits[kind, ""] = weight
        own = [(answer.value, kinds[place[answer.about]]) for answer in given.get(person.key, ())]
        yeses = sum(value for value, _ in own if value > 0)
        result.append(
            Learned(
                traits=traits,
                taste=_lifts(own, share, taste.prior, without=str(person.key)),
                yeses=yeses,
                says_yes=taste.says_yes * log1p(yeses),
            )
        )
    return result


def _kinds(
    person: Participant, written: Iterable[str], words: Iterable[str], partners: Iterable[int]
) -> dict[str, frozenset[str]]:
    """Say what somebody is to others: for each kind, its codes."""
    return {
        "role": frozenset({person.role} if person.role else ()),
        "cooperation": frozenset([f"offers {code}" for code in person.offers] + [f"seeks {c}" for c in person.seeks]),
        "tags": person.tags.union(written),
        "stages": frozenset(map(str, person.stages)),
        "tickets": frozenset(map(str, person.tickets)),
        "places": person.places,
        "words": frozenset(words),
        "partners": frozenset(map(str, partners)),
    }


def _partners(people: Iterable[Participant], answers: Iterable[Answer]) -> dict[int, set[int]]:
    partners: dict[int, set[int]] = defaultdict(set)
    pairs = [(person.key, other) for person in people for other in person.met]
    for a, b in pairs + [(answer.by, answer.about) for answer in answers if answer.value > 0]:
        partners[a].add(b)
        partners[b].add(a)
    return partners


def _shares(kinds: Sequence[Mapping[str, frozenset[str]]], rare: float) -> dict[Trait, float]:
    """Give the share of people who have each code, never below `rare`."""
    counts = Counter((kind, code) for each in kinds for kind, codes in each.items() for code in codes)
    return {trait: max((count + 0.5) / (len(kinds) + 1), rare) for trait, count in counts.items()}


def _lifts(
    answers: Iterable[tuple[float, Mapping[str, frozenset[str]]]],
    share: Mapping[Trait, float],
    prior: float,
    *,
    without: str,
) -> dict[Trait, float]:
    """Give the lift of each code, split so that the part all codes of a kind have in common stands under ""."""
    sums: tuple[dict[Trait, float], dict[Trait, float]] = (defaultdict(float), defaultdict(float))
    for value, kinds in answers:
        one = sums[value < 0]
        for kind, codes in kinds.items():
            #: Whom somebody accepted has met that somebody: that says nothing about likes.
            own = codes - {without} if kind == "partners" else codes
            for code in own:
                one[kind, code] += abs(value)
            if own:
                one[kind, ""] += abs(value)
    lifts: dict[Trait, float] = {}
    for sign, one in zip((1, -1), sums, strict=True):
        for (kind, code), total in one.items():
            change = log1p(total / (prior * share[kind, code])) if code else -log1p(total / prior)
            lifts[kind, code] = lifts.get((kind, code), 0.0) + sign * change
    return lifts


def liking(of: Learned, other: Learned) -> float:
    """Give what somebody's answers say of somebody else, in log-odds; 0 without answers."""
    if not of.taste:
        return 0.0
    return sum(share * of.taste.get(trait, 0.0) for trait, share in other.traits.items())


def likenesses(of: Learned, other: Learned, *, most: int = 5) -> tuple[list[str], list[str]]:
    """Name the codes that speak most for the other and most against, as "kind:code", the strongest first."""
    found = [
        (share * (of.taste.get(trait, 0.0) + of.taste.get((trait[0], ""), 0.0)), ":".join(trait))
        for trait, share in other.traits.items()
        if trait[1] and trait[0] not in {"words", "partners"}
    ]
    found.sort(key=lambda each: (-abs(each[0]), each[1]))
    return [name for by, name in found if by > 0][:most], [name for by, name in found if by < 0][:most]
