"""Ways to place sessions one after the other: where one fits best, a whole track in a room, and plain first fit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from lsos.timetabling.board import Bars, Board
from lsos.timetabling.instance import smear

#: So many of the rooms that look best for a track are tried out.
TRIED = 3
#: What a minute left over in the room costs when rooms are compared for a track, so that tight ones come first.
LEFT_OVER = 0.01


def first_fit(board: Board) -> None:
    """Place track by track, the longest first, each session as early as it fits.

    It goes where its track has most sessions that day, or else where most time is left.
    """
    instance = board.instance
    for numbers in by_track(board, instance.free):
        used: dict[tuple[int, int], int] = {}
        for number in numbers:
            bars = board.common_bars(number)
            best: tuple[int, int, int, int] | None = None
            for room, hours in enumerate(instance.hours):
                left = board.openings(number, room, bars)
                for day, bits in enumerate(instance.day_bits):
                    here = left & bits
                    if here:
                        start = (here & -here).bit_length() - 1
                        over = (hours & bits & ~board.held[room]).bit_count()
                        found = (-used.get((room, day), 0), -over, start, room)
                        best = found if best is None or found < best else best
            if best is not None:
                board.put(number, best[3], best[2])
                spot = board.spot(number)
                used[spot] = used.get(spot, 0) + 1


def by_track(board: Board, numbers: Iterable[int], factor: Callable[[], float] = lambda: 1.0) -> list[list[int]]:
    """Group sessions by track, the longest group first; those without one are groups of their own."""
    instance = board.instance
    groups: dict[int, list[int]] = {}
    for number in numbers:
        track = instance.tracks[number]
        groups.setdefault(track if track >= 0 else -1 - number, []).append(number)
    return sorted(groups.values(), key=lambda group: -sum(instance.lengths[each] for each in group) * factor())


def candidates(bits: int, pace: int) -> list[int]:
    """Give the first and the last of each run of moments that are so many steps apart."""
    found = bits & ~(bits << pace) | bits & ~(bits >> pace)
    moments = []
    while found:
        lowest = found & -found
        moments.append(lowest.bit_length() - 1)
        found ^= lowest
    return moments


def insert(board: Board, number: int, random: Random, rooms: Sequence[int], noise: float = 0.0) -> bool:
    """Place one session where it costs least among these rooms; say whether there was any place."""
    bars = board.common_bars(number)
    places = []
    for room in rooms:
        bits = board.openings(number, room, bars)
        if bits:
            moments = candidates(bits, board.instance.pace)
            if len(moments) > 2:
                inner = random.randrange(bits.bit_length())
                if bits >> inner & 1:
                    moments.append(inner)
            places += [(room, moment) for moment in moments]
    released = board.instance.released[number]
    if released is not None and released not in places and board.openings(number, released[0], bars) >> released[1] & 1:
        places.append(released)
    if not places:
        return False
    clashes = board.clashes(number, [moment for _, moment in places])
    best, least = places[0], float("inf")
    for (room, moment), clash in zip(places, clashes, strict=True):
        cost = board.price(number, room, moment, clash)
        if noise:
            cost += noise * random.random()
        if cost < least:
            best, least = (room, moment), cost
    board.put(number, *best)
    return True


def trial(
    board: Board, numbers: Sequence[int], room: int, day: int, bars: Mapping[int, Bars]
) -> tuple[list[tuple[int, int]], int]:
    """Try to put sessions into a room one after the other, each as early as it fits; `bars` as the board says now.

    Returns:
        Those that fit with their moments, and the moments then left over in the room that day.
    """
    instance = board.instance
    held, bits = board.held[room], instance.day_bits[day]
    free = (instance.hours[room] & bits & ~held).bit_count()
    found: list[tuple[int, int]] = []
    for number in numbers:
        length = instance.lengths[number]
        if length > free:
            continue
        left = board.openings(number, room, bars[number]) & bits
        if found and left:
            left &= ~smear(held, length + instance.between)
        if left:
            start = (left & -left).bit_length() - 1
            found.append((number, start))
            held |= ((1 << length + instance.between) - 1) << start
            free -= length
    return found, free


def insert_track(
    board: Board, numbers: Sequence[int], random: Random, spots: Sequence[tuple[int, int]], noise: float = 0.0
) -> list[int]:
    """Place sessions of a track in one room and day after the other, each time where most fit and it costs least.

    Returns:
        Those for which there was no such place.
    """
    left = list(numbers)
    instance = board.instance
    while len(left) > 1:
        ranked = []
        bars = {number: board.common_bars(number) for number in left}
        for room, day in spots:
            fitting, over = trial(board, left, room, day, bars)
            if len(fitting) > 1:
                length = sum(instance.lengths[number] for number, _ in fitting)
                flat = sum(instance.flat[room_of][room] for room_of, _ in fitting)
                rank = (-length + (over * 0.2 + flat) * (1 + noise * random.random()), room, day, fitting)
                ranked.append(rank)
        if not ranked:
            break
        ranked.sort(key=lambda each: each[:3])
        best: list[tuple[int, int, int]] = []
        least = float("inf")
        for _, room, day, fitting in ranked[:TRIED]:
            before = board.cost
            for number, moment in fitting:
                board.put(number, room, moment)
            cost = board.cost - before - board.weights.unplaced * len(fitting)
            over = (instance.hours[room] & instance.day_bits[day] & ~board.held[room]).bit_count()
            cost += LEFT_OVER * over * instance.step + noise * random.random()
            for number, _ in fitting:
                board.lift(number)
            board.cost = before
            if cost < least:
                best, least = [(number, room, moment) for number, moment in fitting], cost
        for number, room, moment in best:
            board.put(number, room, moment)
        done = {number for number, _, _ in best}
        left = [number for number in left if number not in done]
    return left
