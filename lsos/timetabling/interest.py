"""Which sessions the same people want, put together from what each of them wants."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Wish:
    """Some people want the same sessions: one who starred or signed up for them, or all who chose a focus area.

    Attributes:
        sessions: what they want.
        people: how many they are, or their weight, above 0.
    """

    sessions: tuple[str, ...]
    people: float = 1.0


def audiences(wishes: Iterable[Wish]) -> dict[tuple[str, str], float]:
    """Say how many want both, for each pair of sessions that anybody wants, in the order in which they come up.

    Equal wishes are counted first, so that thousands of people who want the same cost no more than one.
    """
    alike: dict[tuple[str, ...], float] = defaultdict(float)
    for wish in wishes:
        alike[tuple(dict.fromkeys(wish.sessions))] += wish.people
    pairs: dict[tuple[str, str], float] = {}
    for sessions, people in alike.items():
        for a, b in combinations(sessions, 2):
            pair = (b, a) if (b, a) in pairs else (a, b)
            pairs[pair] = pairs.get(pair, 0.0) + people
    return pairs
