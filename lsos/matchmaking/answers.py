"""What people answered, and what that says of whom else they would like to meet.

Each answer is about one person; it moves others who are like that person. What somebody is, is a set of codes
of a few kinds (role, cooperation, tags, ...). For each code t the answers of one person say how much more often
it stands on people with a yes than on people at large, and with a no. With prior k and shares q_t of the crowd:

    lift(t) = ln((yes_t + k q_t) / ((yes + k) q_t)) - ln((no_t + k q_t) / ((no + k) q_t))

The sum over the codes of somebody, by kind the mean times the kind's weight, moves the log-odds of the gain.
Without answers every lift is 0; an answer about somebody never moves a person of the very same kind the wrong
way; and k answers would be needed to count as much as what is known of everybody, so one changes little.

Stages and sums have an order: an answer on one counts in part for the next. And people who met the same people
are alike: one's lifts lean on theirs. Who is alike is read off who met whom and never off answers, so that no answer
can make somebody alike who then speaks against its kind.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import pairwise
from math import log1p, sqrt

import numpy as np
from scipy import sparse

from lsos.matchmaking.model import Participant

#: A kind and a code of it; an empty code stands for the kind as a whole.
Trait = tuple[str, str]
#: Kinds whose codes are whole numbers in an order, so that neighbours are nearly the same.
ORDERED = ("stages", "tickets")
#: Kinds whose codes say nothing to who reads a reason.
UNNAMED = frozenset({"words", "newcomer"})
#: Added to the alikeness of those whose lifts somebody leans on: who is alike to nearly nobody leans on nearly nobody.
LEAST_ALIKE = 0.1
#: One leans on so many of the most alike who answered: more add little, and their cost grows with the crowd.
LEANED_ON = 20
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
        weight: how much it counts; 1 in full.
        years: how long ago it was given. What somebody likes lasts; how often somebody says yes does not.
    """

    by: int
    about: int
    verdict: Verdict | None = None
    rating: int | None = None
    weight: float = 1.0
    years: float = 0.0

    def __post_init__(self) -> None:
        if self.rating is not None and not WORST <= self.rating <= BEST:
            raise ValueError(f"The rating of {self.about} by {self.by} is {self.rating}; it must be from 1 to 5.")
        if self.weight < 0:
            raise ValueError(f"The weight of the answer of {self.by} on {self.about} is below zero.")
        if self.years < 0:
            raise ValueError(f"The answer of {self.by} on {self.about} lies in the future.")

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
        newcomer: whether they have met anybody before.
        lean: of the mean lifts of people who met the same people, by how alike they are, this share is added.
        says_yes: by how often the other said yes: ln(1 + times / few).
        few: so many yeses make ln 2; the smaller, the more a first yes counts beside further ones; above 0.
        half_life: years after which a yes counts half for how often somebody says yes; above 0.
        next_stage: so much of an answer on one stage counts for the next, and of that for the one after it; in [0, 1].
        next_ticket: the same, of bands of sums.
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
    newcomer: float = 0.05
    lean: float = 0.20
    says_yes: float = 0.04
    few: float = 1.0
    half_life: float = 2.0
    next_stage: float = 0.3
    next_ticket: float = 0.5
    prior: float = 8.0
    rare: float = 0.05

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 0 <= getattr(self, each.name) < float("inf"):
                raise ValueError(f"{each.name} is {getattr(self, each.name)}; it must be a number from 0.")
        if not 0 < self.rare <= 1 or self.prior == 0:
            raise ValueError("prior must be above 0, and rare in (0, 1].")
        if not (self.few > 0 and self.half_life > 0):
            raise ValueError("few and half_life must be above 0.")
        if not (self.next_stage <= 1 and self.next_ticket <= 1):
            raise ValueError("next_stage and next_ticket must lie in [0, 1].")


DEFAULT_TASTE = Taste()


@dataclass(frozen=True, slots=True)
class Learned:
    """What answers add to one person.

    Attributes:
        traits: what the person is to others: each code with its share of its kind's weight.
        taste: what the person likes: the lift of each code, with what those who met the same people add.
        own: the part of it that comes from the person's own answers.
        yeses: how often the person said yes, by weight and age.
        says_yes: what that adds to the log-odds of others who would meet the person.
    """

    traits: Mapping[Trait, float]
    taste: Mapping[Trait, float]
    own: Mapping[Trait, float]
    yeses: float = 0.0
    says_yes: float = 0.0


NOTHING_LEARNED = Learned({}, {}, {})


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
    met = _met(people)
    kinds = [
        _kinds(person, *found, is_new=not met.get(person.key, person.met))
        for person, found in zip(everybody, texts, strict=True)
    ]
    counted = _with_neighbours(kinds, {"stages": taste.next_stage, "tickets": taste.next_ticket})
    share = _shares(counted, taste.rare)
    place = {person.key: row for row, person in enumerate(everybody)}
    given: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.about in place:
            given[answer.by].append(answer)
    lifts = {
        by: _lifts([(answer.value, counted[place[answer.about]]) for answer in own], share, taste.prior)
        for by, own in given.items()
    }
    lent = _lent(lifts, _alike(met, lifts.keys()), taste.lean) if taste.lean and lifts else {}
    weights = {each.name: getattr(taste, each.name) for each in fields(taste)}
    result = []
    for person, mine in zip(people, kinds, strict=False):
        traits: dict[Trait, float] = {}
        for kind, codes in mine.items():
            if codes and (weight := weights[kind]):
                traits |= dict.fromkeys(sorted((kind, code) for code in codes), weight / len(codes))
                traits[kind, ""] = weight
        own = lifts.get(person.key, {})
        likes = dict(own)
        for trait, lift in lent.get(person.key, ()):
            likes[trait] = likes.get(trait, 0.0) + lift
        yeses = sum(a.value * 0.5 ** (a.years / taste.half_life) for a in given.get(person.key, ()) if a.value > 0)
        result.append(Learned(traits, likes, own, yeses, taste.says_yes * log1p(yeses / taste.few)))
    return result


def _kinds(
    person: Participant, written: Iterable[str], words: Iterable[str], *, is_new: bool
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
        "newcomer": frozenset({"yes" if is_new else "no"}),
    }


def _met(people: Iterable[Participant]) -> dict[int, set[int]]:
    """Say whom each of these people has met, whichever of the two says so."""
    met = {person.key: set(person.met) for person in people}
    for key, others in list(met.items()):
        for other in others & met.keys():
            met[other].add(key)
    return met


def _alike(met: Mapping[int, Collection[int]], answering: AbstractSet[int]) -> dict[int, dict[int, float]]:
    """Give the cosine of whom people have met, for each and the most alike of those who answered."""
    guests: dict[int, list[int]] = defaultdict(list)
    for key in sorted(answering & met.keys()):
        for other in met[key]:
            guests[other].append(key)
    alike: dict[int, dict[int, float]] = {}
    for key, others in met.items():
        shared = Counter(guest for other in others for guest in guests[other] if guest != key)
        cosines = {guest: count / sqrt(len(others) * len(met[guest])) for guest, count in shared.items()}
        alike[key] = dict(sorted(cosines.items(), key=lambda each: (-each[1], each[0]))[:LEANED_ON])
    return alike


def _lent(
    lifts: Mapping[int, Mapping[Trait, float]], alike: Mapping[int, Mapping[int, float]], lean: float
) -> dict[int, Iterable[tuple[Trait, float]]]:
    """Give for each a share of the mean lifts of those who are alike, save for words: these are many and say little."""
    row = {key: number for number, key in enumerate(lifts)}
    traits = sorted(frozenset(trait for own in lifts.values() for trait in own if trait[0] != "words"))
    place = {trait: number for number, trait in enumerate(traits)}
    said = [[(place[trait], lift) for trait, lift in own.items() if trait in place] for own in lifts.values()]
    near = [[(row[key], cosine) for key, cosine in each.items()] for each in alike.values()]
    parts = [lean / (sum(each.values()) + LEAST_ALIKE) for each in alike.values()]
    found = _rows(near, len(row)) @ _rows(said, len(place))
    columns, sums = found.indices.tolist(), found.data.tolist()
    return {
        key: [(traits[column], part * lift) for column, lift in zip(columns[low:high], sums[low:high], strict=True)]
        for key, part, (low, high) in zip(alike, parts, pairwise(found.indptr.tolist()), strict=True)
    }


def _rows(rows: Sequence[Sequence[tuple[int, float]]], width: int) -> "sparse.csr_array":
    """Write columns and what stands in them as the rows of a matrix."""
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.array([column for each in rows for column, _ in each], dtype=np.int64)
    values = np.array([value for each in rows for _, value in each], dtype=np.float64)
    return sparse.csr_array((values, columns, starts), shape=(len(rows), width))


def _with_neighbours(
    kinds: Sequence[Mapping[str, frozenset[str]]], step: Mapping[str, float]
) -> list[dict[str, Mapping[str, float]]]:
    """Say how much an answer on each person counts for each code: in full, or in part for neighbours in an order."""
    known = {kind: frozenset[str]().union(*(each[kind] for each in kinds)) for kind in ORDERED}
    spread = {
        kind: {a: {b: step[kind] ** abs(int(a) - int(b)) for b in sorted(known[kind])} for a in known[kind]}
        for kind in ORDERED
    }
    whole: dict[frozenset[str], Mapping[str, float]] = {}
    result = []
    for each in kinds:
        counted: dict[str, Mapping[str, float]] = {}
        for kind, codes in each.items():
            if kind in spread and codes:
                ways = [spread[kind][code] for code in codes]
                counted[kind] = {code: most for code in ways[0] if (most := max(way[code] for way in ways))}
            else:
                counted[kind] = whole.setdefault(codes, dict.fromkeys(sorted(codes), 1.0))
        result.append(counted)
    return result


def _shares(counted: Sequence[Mapping[str, Mapping[str, float]]], rare: float) -> dict[Trait, float]:
    """Give the share each code has of the people who have any of its kind, never below `rare`."""
    sums: dict[Trait, float] = defaultdict(float)
    for each in counted:
        for kind, codes in each.items():
            if codes:
                sums[kind, ""] += 1
                for code, part in codes.items():
                    sums[kind, code] += part
    return {(kind, code): max((count + 0.5) / (sums[kind, ""] + 1), rare) for (kind, code), count in sums.items()}


def _lifts(
    answers: Iterable[tuple[float, Mapping[str, Mapping[str, float]]]], share: Mapping[Trait, float], prior: float
) -> dict[Trait, float]:
    """Give the lift of each code, split so that the part all codes of a kind have in common stands under ""."""
    sums: tuple[dict[Trait, float], dict[Trait, float]] = (defaultdict(float), defaultdict(float))
    for value, kinds in answers:
        one = sums[value < 0]
        for kind, codes in kinds.items():
            for code, part in codes.items():
                one[kind, code] += abs(value) * part
            if codes:
                one[kind, ""] += abs(value)
    lifts: dict[Trait, float] = {}
    for sign, one in zip((1, -1), sums, strict=True):
        for (kind, code), total in one.items():
            change = log1p(total / (prior * share[kind, code])) if code else -log1p(total / prior)
            lifts[kind, code] = lifts.get((kind, code), 0.0) + sign * change
    return lifts


def liking(of: Mapping[Trait, float], other: Learned) -> float:
    """Give what a taste says of somebody, in log-odds; 0 without one."""
    if not of:
        return 0.0
    return sum(share * of.get(trait, 0.0) for trait, share in other.traits.items())


def likenesses(of: Learned, other: Learned, *, most: int = 5) -> tuple[list[str], list[str]]:
    """Name the codes that speak most for the other and most against, as "kind:code", the strongest first.

    Only one's own answers are read: what others answered is not told.
    """
    found = [
        (share * (of.own.get(trait, 0.0) + of.own.get((trait[0], ""), 0.0)), ":".join(trait))
        for trait, share in other.traits.items()
        if trait[1] and trait[0] not in UNNAMED
    ]
    found.sort(key=lambda each: (-abs(each[0]), each[1]))
    return [name for by, name in found if by > 0][:most], [name for by, name in found if by < 0][:most]
