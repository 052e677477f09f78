"""What an answer unlocks: of the requests that wait for somebody, the meetings that could come, and their worth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A request that waits for somebody's answer.

    Attributes:
        other: who waits for it.
        value: what the meeting would be worth to the planning.
        slots: slots that both still have free.
        is_first: the other has no meeting yet.
    """

    other: int
    value: float
    slots: frozenset[int]
    is_first: bool


@dataclass(frozen=True)
class Unlocked:
    """What the answers of one person could bring: how many meetings, for how many the first, and their worth."""

    waiting: int
    meetings: int
    firsts: int
    value: float


def meeting_value(score: float, counts: Iterable[int], bonus: Sequence[float]) -> float:
    """Say what a meeting of two is worth to the planning: how well they fit, and that it may be among their first.

    `counts` says how many meetings each has, `bonus` what a first, a second, a third … adds.
    """
    return score + sum(bonus[had] for had in counts if had < len(bonus))


def unlocked(waiting: Iterable[Waiting], room: int | None) -> Unlocked:
    """Say what comes of it if somebody says yes to all who wait: the best first, each in a slot of its own.

    `room` says how many further meetings they may have, if anything bounds them. One request may move to another slot
    where that makes room for both, so what is counted is as many as there can be.
    """
    waits = sorted(waiting, key=lambda one: (-one.value, one.other))
    placed: dict[int, Waiting] = {}
    for one in waits:
        if room is None or len(placed) < room:
            _place(one, placed, set())
    met = placed.values()
    return Unlocked(
        waiting=len(waits),
        meetings=len(placed),
        firsts=sum(one.is_first for one in met),
        value=sum(one.value for one in met),
    )


def _place(one: Waiting, placed: dict[int, Waiting], tried: set[int]) -> bool:
    """Give a request a slot; who is there moves to another of theirs, if they can."""
    for slot in sorted(one.slots - tried):
        tried.add(slot)
        if slot not in placed or _place(placed[slot], placed, tried):
            placed[slot] = one
            return True
    return False
