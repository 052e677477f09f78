"""Long work on rows that were frozen before, in steps: what a request does not get done, a worker goes on with.

Each step is a transaction, so that nobody waits long, and a killed process loses nothing and does nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep

#: So many rows are done in one transaction.
ROWS_AT_ONCE = 25


@dataclass(frozen=True)
class Spell:
    """How much is done before somebody else gets a turn: so many rows, if they take no longer than this."""

    rows: int
    seconds: float
    #: Seconds between two steps, in which others write: on SQLite a pause would else wait until all is done.
    rest: float = 0.0


#: In a request, so that its reader does not wait; the page then shows how far it is.
IN_A_REQUEST = Spell(100, 1.0)
#: By the worker, before it looks for mail to send.
OF_A_WORKER = Spell(1_000, 10.0, rest=0.05)


def in_steps(step: Callable[[int], int], spell: Spell, *, at_once: int = ROWS_AT_ONCE) -> int:
    """Do steps until nothing is left or the spell is over; say how many rows were done.

    `step` does at most so many rows in one transaction and says how many it did; none means that nothing is left.
    """
    done = 0
    begun = monotonic()
    while done < spell.rows and (not done or monotonic() - begun < spell.seconds):
        some = step(min(at_once, spell.rows - done))
        if not some:
            break
        done += some
        sleep(spell.rest)
    return done
