"""Where one session could go while all others stay: for the editor, and for mending what a change breaks."""

from dataclasses import dataclass, replace

from lsos.timetabling.board import Board
from lsos.timetabling.filling import candidates
from lsos.timetabling.instance import Instance
from lsos.timetabling.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place for a session, and what it would add to the cost of the programme."""

    place: Place
    cost: float


def suggestions(problem: Problem, session: str, *, most: int = 10) -> list[Suggestion]:
    """Find places for one session beside the draft of all others, without anything forbidden, the best first.

    Of each stretch of time in which it could start, the first and the last moment are compared.

    Raises:
        KeyError: there is no such session.
    """
    number = problem.numbers[session]
    others = [replace(each, place=None, locked=False) if each.key == session else each for each in problem.sessions]
    board = Board(Instance(replace(problem, sessions=others), [number]), counts_fixed=False)
    bars = board.common_bars(number)
    places = [
        (room, moment)
        for room in range(len(problem.rooms))
        for moment in candidates(board.openings(number, room, bars), board.instance.pace)
    ]
    #: Who wants something else too is a matter of the time alone.
    clashes = {moment: board.clashes(number, [moment])[0] for _, moment in places}
    found = [
        (board.price(number, room, moment, clashes[moment]), moment, room) for room, moment in dict.fromkeys(places)
    ]
    return [Suggestion(board.instance.place(room, moment), cost) for cost, moment, room in sorted(found)[:most]]
