"""What people wish for their days, what a day costs, and the fewest breaks that any schedule must have.

Who meets whom is decided first; this is the level after it. A day's cost is a weighted sum of counts that an
organiser can see and turn (`DayWeights`): breaks count for everybody, the rest only for who wishes it.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from lsos.matchmaking.bits import bits_of, slots_in

Bits = NDArray[np.uint64]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

#: So many slots of a day fit into one number; a longer day is looked at in parts.
WORD = 60


class Half(StrEnum):
    """One of the two halves of a day."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class Term(StrEnum):
    """What is counted in somebody's days."""

    #: Stretches without a meeting between two meetings of one day.
    BREAKS = "breaks"
    #: Slots between two meetings of one day in which the person is free but meets nobody.
    IDLE = "idle"
    #: Meetings beyond those wished in a row.
    NO_REST = "no_rest"
    #: Half-days with meetings, beyond the first.
    HALF_DAYS = "half_days"
    #: Meetings in the half of the day that is not wished.
    OTHER_HALF = "other_half"
    #: Days without a free slot for lunch.
    NO_LUNCH = "no_lunch"


@dataclass(frozen=True, slots=True)
class DayWish:
    """What somebody wishes for the days; by itself, nothing.

    Attributes:
        no_waiting: few slots free between two meetings of a day.
        most_in_a_row: after so many meetings, at least 1, one slot of rest.
        compact: all meetings in one half-day.
        half: meetings in this half of each day only.
        lunch: slots of which on each day at least one stays without a meeting.
    """

    no_waiting: bool = False
    most_in_a_row: int | None = None
    compact: bool = False
    half: Half | None = None
    lunch: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DayWeights:
    """What one of each costs, at least 0; only the proportions matter.

    The defaults let no single wish outweigh a break.
    """

    breaks: float = 10.0
    idle: float = 1.0
    no_rest: float = 3.0
    half_days: float = 5.0
    other_half: float = 4.0
    no_lunch: float = 6.0

    def of(self, term: Term) -> float:
        """Give the weight of a term."""
        return float(getattr(self, term.value))


@dataclass(frozen=True)
class Days:
    """The days of an event.

    Attributes:
        lengths: for each day, how many slots it has.
        mornings: for each day, how many of its slots are before noon; empty means half of them, rounded up.
        starts: of each day its first slot, and the end of all.
        masks: of each day its slots, as bits.
    """

    lengths: Sequence[int]
    mornings: Sequence[int] = ()
    starts: Sequence[int] = field(init=False)
    masks: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        starts = list(accumulate(self.lengths, initial=0))
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "masks", [(1 << end) - (1 << start) for start, end in pairwise(starts)])

    def day_of(self, slot: int) -> int:
        """Give the day of a slot."""
        return bisect_right(self.starts, slot, hi=len(self.lengths)) - 1

    def half_of(self, slot: int) -> Half:
        """Say whether a slot lies before or after noon."""
        day = self.day_of(slot)
        before = self.mornings[day] if self.mornings else (self.lengths[day] + 1) // 2
        return Half.MORNING if slot - self.starts[day] < before else Half.AFTERNOON


def day_counts(wish: DayWish, busy: Iterable[int], available: frozenset[int], days: Days) -> dict[Term, int]:
    """Count in somebody's days what costs something; terms that are 0 are left out.

    Args:
        wish: what the person wishes.
        busy: the slots of the meetings.
        available: the slots in which the person could meet.
        days: the days of the event.
    """
    by_day = [(day, list(slots)) for day, slots in groupby(sorted(busy), key=days.day_of)]
    counts = dict.fromkeys(Term, 0)
    for day, slots in by_day:
        gaps = [range(one + 1, other) for one, other in pairwise(slots) if other > one + 1]
        counts[Term.BREAKS] += len(gaps)
        if wish.no_waiting:
            counts[Term.IDLE] += sum(slot in available for gap in gaps for slot in gap)
        if wish.most_in_a_row is not None:
            counts[Term.NO_REST] += sum(max(0, run - wish.most_in_a_row) for run in _runs(slots))
        if wish.half is not None:
            counts[Term.OTHER_HALF] += sum(days.half_of(slot) is not wish.half for slot in slots)
        lunch = {slot for slot in wish.lunch if days.day_of(slot) == day}
        counts[Term.NO_LUNCH] += bool(lunch) and lunch <= set(slots)
    if wish.compact:
        halves = {(day, days.half_of(slot)) for day, slots in by_day for slot in slots}
        counts[Term.HALF_DAYS] = max(0, len(halves) - 1)
    return {term: count for term, count in counts.items() if count}


def wish_cost(
    wish: DayWish, busy: Iterable[int], available: frozenset[int], days: Days, weights: DayWeights | None = None
) -> float:
    """Say what somebody's days cost beyond their breaks, by what they wish for them."""
    weigh = weights or DayWeights()
    counts = day_counts(wish, busy, available, days)
    return sum(weigh.of(term) * count for term, count in counts.items() if term is not Term.BREAKS)


def _runs(slots: Iterable[int]) -> Iterator[int]:
    """Give the lengths of the runs of slots that follow each other; `slots` is sorted."""
    for _, run in groupby(enumerate(slots), key=lambda place: place[1] - place[0]):
        yield len(list(run))


def _runs_of_bits(busy: int) -> list[int]:
    """Give the lengths of the runs of ones."""
    lengths = []
    while busy:
        #: Added to a number, its lowest bit carries through the first run.
        rest = busy & (busy + (busy & -busy))
        lengths.append((busy ^ rest).bit_count())
        busy = rest
    return lengths


def least_breaks(available: Iterable[int], meetings: int, days: Days, locked: Iterable[int] = ()) -> int:
    """Give the fewest breaks that so many meetings in these slots must have, whatever the others do.

    On each day one run of available slots can be filled without a break, and each further run costs
    one: so the longest run of each day is free, then the longest of all others come first. With locked
    meetings every choice that holds them is weighed instead.

    Args:
        available: slots in which the person can meet, those of locked meetings too.
        meetings: how many, locked ones included; never more than available slots.
        days: the days of the event.
        locked: the slots of locked meetings.
    """
    free, fixed = bits_of(set(available)), bits_of(set(locked))
    if fixed:
        if fixed.bit_count() == meetings:
            #: Nothing is left to choose, as for most people when published meetings are locked.
            return sum(max(0, len(_runs_of_bits(fixed & day)) - 1) for day in days.masks)
        return _least_with_locked(tuple(free & day for day in days.masks), meetings, fixed)
    runs = [sorted(_runs_of_bits(free & day), reverse=True) for day in days.masks if free & day]
    room = sum(each[0] for each in runs)
    breaks = 0
    for length in sorted((length for each in runs for length in each[1:]), reverse=True):
        if room >= meetings:
            break
        room += length
        breaks += 1
    return breaks


def least_breaks_of(
    meetings: Iterable[tuple[int, int, int]],
    available: Mapping[int, frozenset[int]],
    days: Days,
    locked: Iterable[tuple[int, int, int]] = (),
) -> int:
    """Give a number of breaks that no schedule goes below in which everybody has as many meetings as here.

    Args:
        meetings: (a, b, slot), locked ones included.
        available: person -> slots in which the person can meet.
        days: the days of the event.
        locked: meetings that stay in their slots.
    """
    count = Counter(person for a, b, _ in meetings for person in (a, b))
    fixed: defaultdict[int, list[int]] = defaultdict(list)
    for a, b, slot in locked:
        fixed[a].append(slot)
        fixed[b].append(slot)
    return sum(
        least_breaks(available[person], had, days, fixed.get(person, ())) for person, had in count.items() if had > 1
    )


@lru_cache(maxsize=4096)  # asked again at the end of a run, mostly of the same people with as many meetings
def _least_with_locked(by_day: Sequence[int], meetings: int, locked: int) -> int:
    """Choose slots one after the other; states are (meetings so far, last slot of this day) -> fewest breaks."""
    fewest = {0: 0}
    for free in by_day:
        states: dict[tuple[int, int | None], int] = {(had, None): breaks for had, breaks in fewest.items()}
        for slot in slots_in(free):
            further: dict[tuple[int, int | None], int] = {}
            for (had, last), breaks in states.items():
                if not locked >> slot & 1:
                    _keep_least(further, (had, last), breaks)
                if had < meetings:
                    broken = last is not None and last < slot - 1
                    _keep_least(further, (had + 1, slot), breaks + broken)
            states = further
        fewest = {}
        for (had, _), breaks in states.items():
            fewest[had] = min(breaks, fewest.get(had, breaks))
    return fewest[meetings]


def _keep_least(states: dict[tuple[int, int | None], int], state: tuple[int, int | None], breaks: int) -> None:
    states[state] = min(breaks, states.get(state, breaks))


def count_breaks(words: Bits) -> Floats:
    """Count the breaks of days given as bits."""
    count: Floats = np.bitwise_count(words & ~(words << 1)).astype(np.float64) - (words != 0)
    return count


class DayCosts:
    """The costs of many days at once: a day of a person is the bits of the slots of its meetings.

    Long days are cut into parts of at most `WORD` slots, so that each fits into a number.

    Attributes:
        part_of: slot -> the part of the event it lies in.
        bit: slot -> its bit in that part.
        unit: what a break costs, or where that is nothing, the dearest term; changes are measured in it.
    """

    def __init__(
        self,
        days: Days,
        available: Sequence[int],
        wishes: Sequence[DayWish | None] = (),
        weights: DayWeights = DayWeights(),
    ) -> None:
        """Prepare the days of people, in the order of `available` (person -> bits of all slots)."""
        parts = [
            range(low, min(low + WORD, start + length))
            for start, length in zip(days.starts, days.lengths, strict=False)
            for low in range(start, start + length, WORD)
        ]
        self.part_of = [part for part, slots in enumerate(parts) for _ in slots]
        self.bit = [1 << place for slots in parts for place, _ in enumerate(slots)]
        self._parts = parts
        self._weights = weights
        self.unit = weights.breaks or max(weights.of(term) for term in Term) or 1.0
        wished = [wish or DayWish() for wish in wishes] or [DayWish()] * len(available)
        self._wishing = np.array([wish != DayWish() for wish in wished], dtype=bool)
        self._any = bool(self._wishing.any())
        if not self._any:
            return
        self._free = self.words(available)
        self._waits = np.array([wish.no_waiting for wish in wished])
        self._row = np.array([wish.most_in_a_row or 0 for wish in wished])
        self._compact = np.array([wish.compact for wish in wished])
        self._lunch = self.words([sum(1 << slot for slot in wish.lunch) for wish in wished])
        halves = {
            half: self.words([sum(1 << slot for slots in parts for slot in slots if days.half_of(slot) is half)])
            for half in Half
        }
        self._halves = [[int(halves[half][part][0]) for half in Half] for part in range(len(parts))]
        nothing = np.zeros(1, dtype=np.uint64)
        other = {None: None, Half.MORNING: Half.AFTERNOON, Half.AFTERNOON: Half.MORNING}
        self._unwished = [
            np.array([(halves[no][part] if (no := other[wish.half]) else nothing)[0] for wish in wished])
            for part in range(len(parts))
        ]

    def words(self, bits: Sequence[int]) -> list[Bits]:
        """Cut sets of slots into the parts of the event: for each part an array over people."""
        masks = [(1 << len(slots)) - 1 for slots in self._parts]
        return [
            np.array([each >> slots.start & mask for each in bits], dtype=np.uint64)
            for slots, mask in zip(self._parts, masks, strict=True)
        ]

    def cost(self, part: int, words: Bits, people: Whole) -> Floats:
        """Say what a part of the event costs these people whose meetings lie so."""
        cost: Floats = count_breaks(words) * self._weights.breaks
        if self._any and len(chosen := np.flatnonzero(self._wishing[people])):
            cost[chosen] += self._wishes(part, words[chosen], people[chosen])
        return cost

    def change(self, part: int, words: Bits, flips: np.uint64, people: Whole) -> Floats:
        """Say what it adds to the cost of these people if these slots change in their days."""
        both = np.concatenate([words ^ flips, words])
        cost = self.cost(part, both, np.concatenate([people, people]) if self._any else people)
        return cost[: len(words)] - cost[len(words) :]

    def _wishes(self, part: int, words: Bits, people: Whole) -> Floats:
        weights = self._weights
        below, above = words.copy(), words.copy()
        for step in (1, 2, 4, 8, 16, 32):
            below |= below >> step
            above |= above << step
        waits = np.bitwise_count(below & above & ~words & self._free[part][people]) * self._waits[people]
        longer, row = words.copy(), self._row[people]
        for step in range(1, int(row.max(initial=0)) + 1):
            longer &= np.where(row >= step, words << step, ~np.uint64(0))
        beyond = np.bitwise_count(longer) * (row > 0)
        lunch = self._lunch[part][people]
        morning, afternoon = self._halves[part]
        halves = ((words & morning) != 0).astype(np.int64) + ((words & afternoon) != 0)
        cost: Floats = (
            weights.idle * waits
            + weights.no_rest * beyond
            + weights.half_days * halves * self._compact[people]
            + weights.other_half * np.bitwise_count(words & self._unwished[part][people])
            + weights.no_lunch * ((lunch != 0) & (words & lunch == lunch))
        )
        return cost
