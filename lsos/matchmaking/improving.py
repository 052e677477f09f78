"""A published schedule made better by few moves: each proposal stands by itself, and its people are asked first.

There are two kinds. A *gift* lets two meet who agreed to and have no time: a chain of moves makes room (`chains`), and
whoever moves may be the worse for it, which is told. A *relief* saves waits: one meeting goes to another slot of its
day, meetings of two slots change over along a Kempe chain, or two meetings of strangers change over where the tables
are full. Nobody is the worse for it: nobody waits more often or longer, and no day goes against a wish it kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lsos.matchmaking.bits import bits_of, slots_in
from lsos.matchmaking.chains import Search
from lsos.matchmaking.days import Days, DayWish, wish_cost
from lsos.matchmaking.problem import Pair

#: Tables that are nobody's stand.
COMMON = 0
#: So many meetings move at most in one proposal.
MOST_MOVES = 3
#: So many places are tried for all gifts together, which bounds the time; and for one of them.
STEPS, STEPS_A_GIFT = 20_000, 2_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A meeting that is planned.

    Attributes:
        people: who is in it, two at least.
        slot: when it is.
        table: of which kind its table is; tables of one kind stand for each other, and it stays at its kind.
        may_move: its people may be asked to move it.
    """

    people: tuple[int, ...]
    slot: int
    table: int = COMMON
    may_move: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """Two who agreed to meet, and the slots in which they may, meetings and tables aside."""

    pair: Pair
    slots: frozenset[int]


@dataclass(frozen=True)
class Published:
    """What stands, and what could be otherwise.

    Attributes:
        meetings: by a key of the caller's; nobody is in two of a slot, and no slot has more than its tables.
        open: person -> slots in which they can meet, meetings aside.
        tables: kind -> how many tables of it are open in each slot.
        days: of the event.
        minutes: how long each slot is.
        ahead: slots to which a meeting may go.
        wishes: person -> what they wish for their days.
    """

    meetings: Mapping[int, Standing]
    open: Mapping[int, frozenset[int]]
    tables: Mapping[int, Sequence[int]]
    days: Days
    minutes: Sequence[int]
    ahead: frozenset[int]
    wishes: Mapping[int, DayWish] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Improvement:
    """Moves that happen together or not at all.

    Attributes:
        moves: meeting -> the slot it goes to.
        people: who is in these meetings.
        waits: person -> so many waits between meetings fewer; below 0 so many more. Those without change are left out.
        minutes: so much less waiting in which one is free, of all people together.
        gives: two who meet by it, and when; they are not among the people above unless they move a meeting.
    """

    moves: Mapping[int, int]
    people: frozenset[int]
    waits: Mapping[int, int]
    minutes: int
    gives: tuple[Pair, int] | None = None

    @property
    def saved(self) -> int:
        """Count the waits that are fewer, of all people together."""
        return sum(self.waits.values())

    @property
    def rank(self) -> tuple[float, int, int, Sequence[tuple[int, int]]]:
        """Put the best first: most waits saved for each who is asked, then most minutes, then the fewest asked."""
        return -self.saved / len(self.people), -self.minutes, len(self.people), sorted(self.moves.items())


def improvements(published: Published, wanted: Sequence[Wanted] = (), *, most: int | None = None) -> list[Improvement]:
    """Choose proposals that get into nobody's way, whichever of them come about, and in which order.

    No two of them concern one person, and all together leave a table for each. Gifts come first, in the order of
    `wanted`, then what saves most.

    Args:
        published: what stands.
        wanted: who agreed to meet and has no time.
        most: so many are given at most.
    """
    board = Board(published)
    choice = Choice(board)
    for each in wanted:
        if most is not None and len(choice.taken) >= most:
            break
        found = choice.gift(each)
        if found is not None:
            choice.take(found)
    for relief in sorted(board.reliefs(), key=lambda each: each.rank):
        if most is not None and len(choice.taken) >= most:
            break
        if choice.has_room(relief):
            choice.take(relief)
    return choice.taken


class Board:
    """Who is where, and how many tables are left."""

    def __init__(self, published: Published) -> None:
        """Put down what stands."""
        self.published = published
        self.meetings = published.meetings
        self.busy = Counter[int]()
        self.at: dict[tuple[int, int], int] = {}
        self.used = Counter[tuple[int, int]]()
        for key, one in self.meetings.items():
            self.used[one.table, one.slot] += 1
            for person in one.people:
                self.busy[person] |= 1 << one.slot
                self.at[person, one.slot] = key
        self.open = {person: bits_of(slots) for person, slots in published.open.items()}
        self.same_day: dict[int, list[int]] = {}
        starts = published.days.starts
        for slot in range(starts[-1]):
            day = published.days.day_of(slot)
            self.same_day[slot] = [to for to in range(starts[day], starts[day + 1]) if to in published.ahead]

    def may_move(self, one: Standing) -> bool:
        """Say whether a meeting may be asked about: it is not fixed, nor over."""
        return one.may_move and one.slot in self.published.ahead

    def may_go(self, one: Standing, to: int) -> bool:
        """Say whether a meeting may go to a slot, whoever is there: another one of its day, to come."""
        return self.may_move(one) and to != one.slot and to in self.same_day[one.slot]

    def left(self, table: int, slot: int) -> int:
        """Count the tables of a kind that nobody has in a slot."""
        return self._there_are(table, slot) - self.used[table, slot]

    def _there_are(self, table: int, slot: int) -> int:
        tables = self.published.tables.get(table)
        return tables[slot] if tables is not None else 0

    def net(self, improvement: Improvement) -> Counter[tuple[int, int]]:
        """Count the tables that a proposal takes, by kind and slot; below 0 are those it gives back."""
        net = Counter[tuple[int, int]]()
        for key, to in improvement.moves.items():
            one = self.meetings[key]
            net[one.table, to] += 1
            net[one.table, one.slot] -= 1
        if improvement.gives is not None:
            net[COMMON, improvement.gives[1]] += 1
        return net

    def weigh(self, moves: Mapping[int, int], gives: tuple[Pair, int] | None = None) -> Improvement | None:
        """Say what some moves bring, tables aside; None where they cannot be, or bring nothing that is worth asking.

        Without a gift they have to save a wait, with nobody the worse for it.
        """
        found = self._moved(moves, gives, at_no_ones_cost=gives is None)
        return found if found is not None and (gives is not None or found.saved > 0) else None

    def _moved(
        self, moves: Mapping[int, int], gives: tuple[Pair, int] | None = None, *, at_no_ones_cost: bool
    ) -> Improvement | None:
        after = self._after(moves, gives)
        if after is None:
            return None
        waits, minutes = {}, 0
        for person, busy in after.items():
            was = self.busy[person]
            fewer, shorter = self._waits(person, was, busy)
            if at_no_ones_cost and (fewer < 0 or shorter < 0 or self._wishes(person, busy) > self._wishes(person, was)):
                return None
            minutes += shorter
            if fewer:
                waits[person] = fewer
        people = frozenset(person for key in moves for person in self.meetings[key].people)
        return Improvement(dict(moves), people, waits, minutes, gives)

    def _after(self, moves: Mapping[int, int], gives: tuple[Pair, int] | None) -> dict[int, int] | None:
        """Give the slots of everybody's meetings after it; None where somebody cannot be there, or is there twice."""
        if not all(key in self.meetings and self.may_go(self.meetings[key], to) for key, to in moves.items()):
            return None
        if gives is not None and gives[1] not in self.published.ahead:
            return None
        after: dict[int, int] = {}
        places = [(person, to) for key, to in moves.items() for person in self.meetings[key].people]
        for key in moves:
            for person in self.meetings[key].people:
                after[person] = after.get(person, self.busy[person]) & ~(1 << self.meetings[key].slot)
        if gives is not None:
            places += [(person, gives[1]) for person in gives[0]]
        for person, to in places:
            bit, busy = 1 << to, after.get(person, self.busy[person])
            if busy & bit or not self.open.get(person, 0) & bit:
                return None
            after[person] = busy | bit
        return after

    def _waits(self, person: int, was: int, busy: int) -> tuple[int, int]:
        """Say how many waits are fewer, and by how many minutes they are shorter."""
        fewer = shorter = 0
        free = self.open.get(person, 0)
        for mask in self.published.days.masks:
            if (was ^ busy) & mask:
                fewer += _breaks(was & mask) - _breaks(busy & mask)
                shorter += self._idle(was & mask, free) - self._idle(busy & mask, free)
        return fewer, shorter

    def _idle(self, day: int, free: int) -> int:
        """Add up the minutes between the meetings of a day in which one could meet somebody, and does not."""
        between = ((1 << day.bit_length()) - 1) & ~((day & -day) - 1) & ~day & free
        return sum(self.published.minutes[slot] for slot in slots_in(between))

    def _wishes(self, person: int, busy: int) -> float:
        wish = self.published.wishes.get(person)
        if wish is None:
            return 0.0
        return wish_cost(wish, slots_in(busy), self.published.open[person], self.published.days)

    # ---- reliefs

    def reliefs(self) -> Iterator[Improvement]:
        """Find what saves waits and has tables, as things stand: moves, change-overs, and exchanges of strangers."""
        seen: set[frozenset[tuple[int, int]]] = set()
        #: By kind of table, from where and to where.
        lacking: defaultdict[tuple[int, int, int], list[Improvement]] = defaultdict(list)
        harmless: defaultdict[tuple[int, int, int], list[Improvement]] = defaultdict(list)
        for key, one in self.meetings.items():
            for to in self.same_day[one.slot] if self.may_move(one) else ():
                moves = self._change_over(key, to) if to != one.slot else None
                if moves is None or (found := self._moved(moves, at_no_ones_cost=True)) is None:
                    continue
                if len(moves) == 1:
                    harmless[one.table, one.slot, to].append(found)
                whole = frozenset(moves.items())
                if found.saved <= 0 or whole in seen:
                    continue
                seen.add(whole)
                if self.has_tables(found):
                    yield found
                elif len(moves) == 1:
                    lacking[one.table, one.slot, to].append(found)
        for (table, slot, to), wait_for_one in lacking.items():
            others = sorted(harmless[table, to, slot], key=lambda each: each.rank)
            for found in wait_for_one:
                back = next((each for each in others if found.people.isdisjoint(each.people)), None)
                if back is not None:
                    yield Improvement(
                        {**found.moves, **back.moves},
                        found.people | back.people,
                        {**found.waits, **back.waits},
                        found.minutes + back.minutes,
                    )

    def has_tables(self, improvement: Improvement) -> bool:
        """Say whether there are tables for a proposal, as things stand."""
        return all(self.left(*where) >= more for where, more in self.net(improvement).items() if more > 0)

    def _change_over(self, key: int, to: int) -> dict[int, int] | None:
        """Take a meeting to a slot, and whatever of its people is there back to where it was, and so on."""
        was = self.meetings[key].slot
        moves, waiting = {key: to}, [key]
        while waiting:
            one = waiting.pop()
            target = moves[one]
            for person in self.meetings[one].people:
                if not self.open.get(person, 0) >> target & 1:
                    return None
                other = self.at.get((person, target))
                if other is not None and other not in moves:
                    if len(moves) == MOST_MOVES or not self.may_move(self.meetings[other]):
                        return None
                    moves[other] = was if target == to else to
                    waiting.append(other)
        return moves


class Choice:
    """Proposals that were chosen so far, and the people and tables that are theirs now."""

    def __init__(self, board: Board) -> None:
        """Begin with nothing."""
        self.board = board
        self.taken: list[Improvement] = []
        self.people: set[int] = set()
        self.tables = Counter[tuple[int, int]]()
        self.steps = STEPS

    def has_room(self, one: Improvement) -> bool:
        """Say whether a proposal gets into nobody's way, and leaves a table for each of the others."""
        return self.people.isdisjoint(_concerned(one)) and all(
            self.left(*where) >= more for where, more in self.board.net(one).items() if more > 0
        )

    def left(self, table: int, slot: int) -> int:
        """Count the tables of a kind that nobody has in a slot, and that none of the chosen takes."""
        return self.board.left(table, slot) - self.tables[table, slot]

    def take(self, one: Improvement) -> None:
        """Choose a proposal."""
        self.taken.append(one)
        self.people |= _concerned(one)
        #: What one of them gives back is not counted on: it may not come about.
        self.tables.update({where: more for where, more in self.board.net(one).items() if more > 0})

    def gift(self, wanted: Wanted) -> Improvement | None:
        """Find a time for two, for which people move who are in none of the chosen proposals."""
        board = self.board
        ahead = board.published.ahead
        if self.steps <= 0 or not self.people.isdisjoint(wanted.pair):
            return None
        standing = {key: one for key, one in board.meetings.items() if one.slot in ahead}
        movable = {
            _pair(one): key
            for key, one in standing.items()
            if one.may_move and one.table == COMMON and len(one.people) == 2 and self.people.isdisjoint(one.people)
        }
        #: Who is brought along has no other meeting there; and a stand is one more table where a meeting is at one.
        beside = {(person, one.slot) for one in standing.values() for person in one.people[2:]}
        at_stands = Counter(one.slot for one in standing.values() if one.table != COMMON)
        count = board.published.days.starts[-1]
        steps = min(self.steps, STEPS_A_GIFT)
        search = Search(
            meetings=[(*_pair(one), one.slot) for one in standing.values()],
            movable=frozenset(movable),
            free={
                person: [slot for slot in slots if slot in ahead and (person, slot) not in beside]
                for person, slots in self._open(movable, wanted).items()
            },
            tables=[self.left(COMMON, slot) + board.used[COMMON, slot] + at_stands[slot] for slot in range(count)],
            days=board.published.days.lengths,
            steps=steps,
        )
        chain = search.find(wanted.pair, sorted(wanted.slots & ahead), most=MOST_MOVES)
        self.steps -= steps - max(0, search.steps)
        if chain is None or not chain.moves:
            return None
        gives = (wanted.pair, chain.slot)
        found = board.weigh({movable[pair]: to for pair, to in chain.moves.items()}, gives)
        return found if found is not None and self.has_room(found) else None

    def _open(self, movable: Iterable[Pair], wanted: Wanted) -> dict[int, frozenset[int]]:
        people = {*wanted.pair, *(person for pair in movable for person in pair)}
        return {person: self.board.published.open.get(person, frozenset()) for person in people}


def waits_saved(busy: Iterable[int], was: int, to: int, days: Days) -> int:
    """Say how many waits somebody has fewer who meets in these slots, when one of them is exchanged for another."""
    before = bits_of(busy)
    after = before & ~(1 << was) | 1 << to
    return sum(_breaks(before & mask) - _breaks(after & mask) for mask in days.masks)


def _concerned(one: Improvement) -> frozenset[int]:
    return one.people | set(one.gives[0]) if one.gives is not None else one.people


def _pair(one: Standing) -> Pair:
    return one.people[0], one.people[1]


def _breaks(day: int) -> int:
    """Count the stretches without a meeting between two meetings of a day."""
    return max(0, (day & ~(day << 1)).bit_count() - 1)
