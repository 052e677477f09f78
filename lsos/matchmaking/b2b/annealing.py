"""Timetables by trial: meetings push in, change places along Kempe chains, and settle where days have few breaks."""

from collections.abc import Callable, Sequence
from math import exp
from random import Random
from time import monotonic

from lsos.matchmaking.b2b.problem import Problem, breaks_in, slots_in

#: How willingly a change for the worse is taken, in breaks, at the start and at the end of a cooling.
WARM, COLD = 0.6, 0.1
#: What a meeting without a slot costs beside one break.
LEFT_OUT = 4.0
#: What each break of somebody costs more who already has as many as is fair.
UNFAIR = 3.0
#: Steps for each second allowed, about half of what a slow machine does.
STEPS_A_SECOND = 40_000
#: Steps of one cooling for each meeting; the next begins from the best.
COOLING = 300


def anneal(
    problem: Problem,
    *,
    seconds: float,
    seed: int,
    most_breaks: int | None = None,
    enough: int = 0,
    start: Sequence[int] = (),
) -> list[int]:
    """Find a timetable with few meetings left out and few breaks by simulated annealing (Kirkpatrick et al., 1983).

    A step takes a meeting of somebody with a break to another slot; the meetings its people have there take
    its place, their people's meetings there make room for them, and so on (a Kempe chain). A meeting without
    a slot pushes in, and those it displaces go where there is room. A change for the worse stays with a
    chance that falls as it cools.

    Args:
        problem: what is asked.
        seconds: how long. The number of steps follows from it, so that the same seed gives the same answer;
            on a machine that is too slow for them the clock ends them.
        seed: of the chance.
        most_breaks: how many are fair for one participant; further ones cost extra. None for any number.
        enough: with so many breaks, nobody above `most_breaks` and nothing left out, it is good enough.
        start: a timetable that keeps the rules, to begin with.

    Returns:
        The slot of each meeting, 0 for one left out. All rules hold.
    """
    draft = _Draft(problem, most_breaks)
    for number, slot in enumerate(start, 1):
        if slot:
            draft.put(number, slot)
    chance = Random(seed).random  # noqa: S311 - nothing secret: the same seed gives the same timetable
    best, least = draft.slot_of[:], draft.cost
    steps = int(STEPS_A_SECOND * seconds)
    coolings = max(steps // max(COOLING * len(problem.meetings), 1), 1)
    began, late, cooled = monotonic(), 0.0, 0
    for step in range(steps):
        if not step & 63:
            late = (monotonic() - began) / seconds
        if least < enough + 1 or late >= 1:
            break
        age = max(step / steps, late) * coolings
        if age >= cooled + 1:
            cooled = int(age)
            draft.become(best)
        before = draft.cost
        draft.log.clear()
        if draft.out and chance() < 0.5:
            _push_in(draft, chance)
        else:
            _change_places(draft, chance)
        worse = draft.cost - before
        if worse > 0 and chance() >= exp(-worse / (WARM * (COLD / WARM) ** (age - cooled))):
            draft.undo()
        elif draft.cost < least:
            best, least = draft.slot_of[:], draft.cost
    return best[1:]


class _Draft:
    """A timetable in the making, with all that a step asks of it. Meetings, people and slots count from 1."""

    def __init__(self, problem: Problem, most_breaks: int | None) -> None:
        count = len(problem.meetings) + 1
        self.ends = ((0, 0), *problem.meetings)
        self.possible = problem.possible
        self.earlier: list[list[int]] = [[] for _ in range(count)]
        self.later: list[list[int]] = [[] for _ in range(count)]
        for first, second in problem.order:
            self.earlier[second].append(first)
            self.later[first].append(second)
        self.slot_of = [0] * count
        self.at = [[0] * (problem.slots + 1) for _ in range(problem.participants + 1)]
        self.busy = [0] * (problem.participants + 1)
        self.inside: list[list[int]] = [[] for _ in range(problem.slots + 1)]
        self.tables = problem.tables
        self.out = list(range(1, count))
        self.cost = LEFT_OUT * len(self.out)
        self.price = _Price(most_breaks)
        #: What was done in this step: meeting and slot, negative where it was taken out.
        self.log: list[tuple[int, int]] = []

    def put(self, number: int, slot: int) -> None:
        """Give a meeting without a slot one; that the rules allow it is for the caller to know."""
        self.out.remove(number)
        self.slot_of[number] = slot
        self.inside[slot].append(number)
        self.cost -= LEFT_OUT
        for person in self.ends[number]:
            self.at[person][slot] = number
            self._toggle(person, slot)
        self.log.append((number, slot))

    def take(self, number: int) -> None:
        """Take a meeting out of its slot."""
        slot = self.slot_of[number]
        self.slot_of[number] = 0
        self.inside[slot].remove(number)
        self.out.append(number)
        self.cost += LEFT_OUT
        for person in self.ends[number]:
            self.at[person][slot] = 0
            self._toggle(person, slot)
        self.log.append((number, -slot))

    def _toggle(self, person: int, slot: int) -> None:
        busy, price = self.busy[person], self.price
        self.busy[person] = now = busy ^ 1 << slot
        self.cost += price[now] - price[busy]

    def undo(self) -> None:
        """Go back to the beginning of this step."""
        for number, slot in reversed(self.log[:]):
            if slot > 0:
                self.take(number)
            else:
                self.put(number, -slot)

    def become(self, slot_of: Sequence[int]) -> None:
        """Take over another timetable."""
        for number, slot in enumerate(self.slot_of):
            if slot and slot != slot_of[number]:
                self.take(number)
        for number, slot in enumerate(slot_of):
            if slot and not self.slot_of[number]:
                self.put(number, slot)

    def in_order(self, number: int, slot: int) -> bool:
        """Say whether in this slot a meeting is after all that must be earlier and before all that must be later."""
        slot_of = self.slot_of
        return all(slot_of[other] < slot for other in self.earlier[number]) and all(
            not slot_of[other] or slot_of[other] > slot for other in self.later[number]
        )

    def chain(self, number: int, target: int) -> set[int]:
        """Give the meetings that change places between two slots when one goes to the other; none if one may not."""
        source = self.slot_of[number]
        found, waiting = {number}, [number]
        while waiting:
            each = waiting.pop()
            goal = target if self.slot_of[each] == source else source
            if not self.possible[each] >> goal & 1:
                return set()
            for person in self.ends[each]:
                other = self.at[person][goal]
                if other and other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def swap(self, chain: Sequence[int], source: int, target: int) -> None:
        """Let meetings change places between two slots; when an order is broken by it, none does."""
        goals = [(number, target if self.slot_of[number] == source else source) for number in chain]
        for number in chain:
            self.take(number)
        for number, goal in goals:
            if not self.in_order(number, goal):
                self.undo()
                return
            self.put(number, goal)


class _Price(dict[int, float]):
    """Bits of somebody's busy slots -> what their breaks cost."""

    def __init__(self, most_breaks: int | None) -> None:
        self._most_breaks = most_breaks

    def __missing__(self, busy: int) -> float:
        breaks = breaks_in(busy)
        unfair = 0 if self._most_breaks is None else max(breaks - self._most_breaks, 0)
        self[busy] = breaks + UNFAIR * unfair
        return self[busy]


def _change_places(draft: _Draft, chance: Callable[[], float]) -> None:
    """Take a meeting beside others of its people along a Kempe chain, with a second chain where tables lack."""
    number = int(chance() * (len(draft.slot_of) - 1)) + 1
    source = draft.slot_of[number]
    a, b = draft.ends[number]
    price = draft.price
    if not source or not (price[draft.busy[a]] or price[draft.busy[b]] or chance() < 0.2):
        return
    here = 1 << source
    beside = (draft.busy[a] | draft.busy[b]) ^ here
    allowed = draft.possible[number] & ~here
    wanted = allowed & (beside | beside << 1 | beside >> 1) or allowed
    if not wanted:
        return
    target = _one_of(wanted, chance())
    chain = draft.chain(number, target)
    if not chain:
        return
    inside = draft.inside
    grows = sum(1 if draft.slot_of[each] == source else -1 for each in chain)
    source_room, target_room = draft.tables - len(inside[source]), draft.tables - len(inside[target])
    if not -source_room <= grows <= target_room:
        full = target if grows > 0 else source
        others = [each for each in inside[full] if each not in chain]
        if not others:
            return
        second = draft.chain(others[int(chance() * len(others))], source + target - full)
        grows += sum(1 if draft.slot_of[each] == source else -1 for each in second)
        if not second or not -source_room <= grows <= target_room:
            return
        chain |= second
    draft.swap(sorted(chain), source, target)


def _push_in(draft: _Draft, chance: Callable[[], float]) -> None:
    """Put a meeting without a slot where it displaces few others; those go where there is room."""
    number = draft.out[int(chance() * len(draft.out))]
    options = []
    for slot in slots_in(draft.possible[number]):
        displaced = _in_the_way(draft, number, slot, chance)
        options.append((len(displaced) + chance(), slot, displaced))
    if not options:
        return
    _, slot, displaced = min(options)
    for other in displaced:
        draft.take(other)
    draft.put(number, slot)
    for other in displaced:
        free = draft.possible[other] & ~(1 << slot)
        for person in draft.ends[other]:
            free &= ~draft.busy[person]
        places = [
            goal for goal in slots_in(free) if len(draft.inside[goal]) < draft.tables and draft.in_order(other, goal)
        ]
        if places:
            draft.put(other, min(places, key=lambda goal: (_new_price(draft, other, goal), chance())))


def _in_the_way(draft: _Draft, number: int, slot: int, chance: Callable[[], float]) -> list[int]:
    """Name the meetings that must go so that this one can be in a slot."""
    found = {draft.at[person][slot] for person in draft.ends[number]} - {0}
    inside = draft.inside[slot]
    if len(inside) - len(found) >= draft.tables:
        others = [each for each in inside if each not in found]
        found.add(others[int(chance() * len(others))])
    found.update(other for other in draft.earlier[number] if draft.slot_of[other] >= slot)
    found.update(other for other in draft.later[number] if 0 < draft.slot_of[other] <= slot)
    return sorted(found)


def _new_price(draft: _Draft, number: int, slot: int) -> float:
    """Say what it costs more when a meeting is in a slot where its people are free."""
    price = draft.price
    return sum(price[draft.busy[person] | 1 << slot] - price[draft.busy[person]] for person in draft.ends[number])


def _one_of(bits: int, chance: float) -> int:
    """Choose a slot of a set of bits."""
    for _ in range(int(chance * bits.bit_count())):
        bits &= bits - 1
    return (bits & -bits).bit_length() - 1
