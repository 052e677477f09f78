"""Build it for me: give each session a room and a time, and say what was done and what could not be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from time import monotonic
from typing import Final

from lsos.timetabling.board import Board
from lsos.timetabling.costs import Costs, Shape, shape
from lsos.timetabling.filling import by_track, first_fit, insert, insert_track
from lsos.timetabling.instance import Instance
from lsos.timetabling.judging import Conflict, conflicts
from lsos.timetabling.problem import Place, Problem
from lsos.timetabling.reasons import Reason, reason
from lsos.timetabling.search import Search
from lsos.timetabling.small import place_most

#: So much is looked at in a second that was given; machines that are slower than this go by the clock.
WORK_A_SECOND: Final = 50_000
#: Where the clock is so far ahead of the work, as a share of the whole, the search goes on by the clock.
BEHIND: Final = 0.3
#: However many seconds are given, so much is enough for each session to be placed.
ENOUGH: Final = 10_000
#: So few sessions, all ways to place them are gone through if some are left over, in at most so many steps.
FEW, STEPS = 7, 30_000
#: Progress is told at most once in so many seconds.
PAUSE: Final = 0.1


class Mode(StrEnum):
    """What may be changed."""

    #: Only sessions without a place get one.
    FILL = "fill"
    #: Everything but what is locked may go elsewhere.
    REBUILD = "rebuild"


class Ended(StrEnum):
    """How a search came to its end."""

    #: It did all it was meant to do; the same seed and seconds give the same answer on every machine.
    DONE = "done"
    #: The machine was too slow for that, and the search went by the clock.
    CLOCK = "clock"
    #: It was told to end.
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Attributes:
        share: of its work, in [0, 1].
        placed: sessions with a place in the best programme so far, those that stay among them.
        sessions: all there are.
        cost: of the best so far.
    """

    share: float
    placed: int
    sessions: int
    cost: float


@dataclass(frozen=True, slots=True)
class Move:
    """A session that is not where it was released; `now` is None where it has no place."""

    session: str
    released: Place
    now: Place | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A programme.

    Attributes:
        places: session -> where it is, in the order of the sessions.
        unplaced: session -> why it has no place.
        moved: what is not where it was released.
        changed: what is not where the draft had it, or had no place there.
        conflicts: all that is wrong; what is forbidden only between sessions that had to stay.
        before, after: what draft and answer cost.
        shape: what following a track is like.
        seconds: by the clock.
    """

    places: Mapping[str, Place]
    unplaced: Mapping[str, Reason]
    moved: tuple[Move, ...]
    changed: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    before: Costs
    after: Costs
    shape: Shape
    seconds: float
    ended: Ended


def build(
    problem: Problem,
    mode: Mode = Mode.REBUILD,
    *,
    seconds: float = 5.0,
    seed: int = 1,
    work: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Answer:
    """Place sessions without anything forbidden: as many as can be, then as `problem.weights` says.

    The draft, the released programme, first fit by track and whole tracks by size are four ways to begin; the search
    goes on from the best, so that the answer places no fewer sessions than any of them.

    Args:
        problem: what it is made of.
        mode: what may be changed.
        seconds: to search. It ends earlier when it has done what a machine of known speed does in that time, so that
            the answer hangs on the seed and not on the machine, or when nothing could be better.
        seed: of chance.
        work: to do so much, in about 10 microseconds each, rather than what belongs to the seconds.
        progress: is told how far it is, now and then.
        stop: is asked now and then whether to end; the answer is the best found.
    """
    began = monotonic()
    free = [
        number
        for number, session in enumerate(problem.sessions)
        if (session.place is None if mode is Mode.FILL else not session.locked)
    ]
    instance = Instance(problem, free)
    random = Random(seed)  # noqa: S311 - a search, not a secret
    board = begin(instance, random)
    settle(board)
    search = Search(board, random)
    ended, told = Ended.DONE, 0.0

    def pace(share: float) -> float:
        nonlocal ended, told
        now = monotonic()
        if progress is not None and now - told >= PAUSE:
            told = now
            progress(tell(min(1.0, share)))
        if stop is not None and stop():
            ended = Ended.CANCELLED
            return 1.0
        late = (now - began) / seconds if seconds > 0 else 1.0
        if late >= 1 > share or late > share + BEHIND:
            ended = Ended.CLOCK
        return late if ended is Ended.CLOCK else share

    def tell(share: float) -> Progress:
        placed = len(instance.fixed) + sum(search.found[number][0] >= 0 for number in free)
        return Progress(share, placed, len(problem.sessions), search.best[1])

    if work is None:
        work = min(round(seconds * WORK_A_SECOND), ENOUGH * len(free))
    search.run(work, pace)
    if progress is not None:
        progress(tell(1.0))
    return answer(problem, board, seconds=monotonic() - began, ended=ended)


def begin(instance: Instance, random: Random) -> Board:
    """Give the best of four programmes to begin with: fewest left out, then cheapest."""
    known = [instance.sessions[number] for number in instance.free]
    ways: list[Callable[[Board], None]] = [lambda _: None]
    if any(session.released or session.place for session in known):
        ways = [lambda board: keep(board, released=True), lambda board: keep(board, released=False), *ways]
    boards = []
    for way in (*ways, first_fit):
        board = Board(instance)
        way(board)
        fill(board, random)
        boards.append(board)
    return min(boards, key=lambda each: (-each.placed(), each.cost))


def keep(board: Board, *, released: bool) -> None:
    """Put sessions where they were released, or else where the draft has them, as far as nothing forbids it."""
    instance = board.instance
    for number in instance.free:
        session = instance.sessions[number]
        for place in (session.released, session.place) if released else (session.place, session.released):
            if place is not None and board.rooms[number] < 0:
                room, moment = instance.numbered(place)
                if board.openings(number, room) >> moment & 1:
                    board.put(number, room, moment)


def fill(board: Board, random: Random) -> None:
    """Place what has no place: whole tracks, the longest first, then one session after the other."""
    instance = board.instance
    rooms = range(len(instance.hours))
    spots = [(room, day) for room in rooms for day, bits in enumerate(instance.day_bits) if instance.hours[room] & bits]
    waiting = [number for number in instance.free if board.rooms[number] < 0]
    for group in by_track(board, waiting):
        for number in insert_track(board, group, random, spots):
            insert(board, number, random, rooms)


def settle(board: Board) -> None:
    """Where few sessions are to be placed and some are left over, place as many as can be."""
    instance = board.instance
    hopeful = [number for number in instance.free if any(instance.starts[number])]
    if len(hopeful) > FEW or board.placed() == len(hopeful):
        return
    before, placed, cost = board.snapshot(), board.placed(), board.cost
    for number in hopeful:
        if board.rooms[number] >= 0:
            board.take(number)
    place_most(board, hopeful, nodes=STEPS)
    if board.placed() <= placed:
        board.restore(before, hopeful, cost)


def answer(problem: Problem, board: Board, *, seconds: float, ended: Ended) -> Answer:
    """Tell what a board holds."""
    places = {
        session.key: board.instance.place(board.rooms[number], board.starts[number])
        for number, session in enumerate(problem.sessions)
        if board.rooms[number] >= 0
    }
    unplaced = {
        session.key: reason(board, number) for number, session in enumerate(problem.sessions) if board.rooms[number] < 0
    }
    moved = tuple(
        Move(session.key, session.released, places.get(session.key))
        for session in problem.sessions
        if session.released is not None and places.get(session.key) != session.released
    )
    draft = {session.key: session.place for session in problem.sessions if session.place is not None}
    return Answer(
        places=places,
        unplaced=unplaced,
        moved=moved,
        changed=tuple(session.key for session in problem.sessions if places.get(session.key) != session.place),
        conflicts=tuple(conflicts(problem, places)),
        before=costs(problem, draft),
        after=board.costs(),
        shape=shape(problem, places),
        seconds=seconds,
        ended=ended,
    )


def costs(problem: Problem, places: Mapping[str, Place]) -> Costs:
    """Say what a programme costs, whatever is wrong with it."""
    board = Board(Instance(problem, range(len(problem.sessions)), places=places.values()))
    for key, place in places.items():
        board.put(problem.numbers[key], *board.instance.numbered(place))
    return board.costs()
