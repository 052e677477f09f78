"""Place as many of a few sessions as can be, by going through all that could matter.

Any programme can be shifted to the left until no session can start a moment earlier without being in the way of
something that starts before it. So it is enough to place sessions in the order of time, each at a moment before which
it could not start: the first of a run of moments of the grid.
"""

from lsos.timetabling.board import Board


def place_most(board: Board, numbers: list[int], *, nodes: int) -> bool:
    """Place as many of these sessions as possible beside what is on the board.

    Args:
        board: what they are put on.
        numbers: sessions that are not on the board.
        nodes: gives up after so many steps, with the best so far.

    Returns:
        Whether it is proved that no more can be placed: it did not give up.
    """
    best: list[tuple[int, int, int]] = []
    done: list[tuple[int, int, int]] = []
    rooms = range(len(board.taken))
    left = nodes

    def go(waiting: list[int], earliest: int) -> None:
        nonlocal best, left
        if len(done) > len(best):
            best = done.copy()
        left -= 1
        if left <= 0 or len(done) + len(waiting) <= len(best):
            return
        for number in waiting:
            bars = board.common_bars(number)
            for room in rooms:
                bits = board.openings(number, room, bars)
                bits = (bits & ~(bits << board.instance.pace)) >> earliest << earliest
                while bits:
                    moment = (bits & -bits).bit_length() - 1
                    bits &= bits - 1
                    board.put(number, room, moment)
                    done.append((number, room, moment))
                    go([each for each in waiting if each != number], moment)
                    done.pop()
                    board.take(number)
                    if left <= 0 or len(best) == len(numbers):
                        return

    go(numbers, 0)
    for number, room, moment in best:
        board.put(number, room, moment)
    return left > 0
