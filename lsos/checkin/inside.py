"""Who is in a place at a moment: one pure rule for rooms, zones and the house, from those who were scanned there.

Whoever came in is in until they are scanned going out, until the session ends for which they were counted, or, where
they were counted for none, until the place empties the next time: at the end of a session there, or of the day.
Whoever stays for the next session is scanned for it.

As in `deciding`, moments are milliseconds, and static/js/door/inside.js says the same on a phone without network.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lsos.checkin.rules import Direction


@dataclass(frozen=True)
class Passing:
    """Somebody was scanned at a place and counted: when, which way, and for which session."""

    who: int
    at: int
    direction: Direction = Direction.ENTRY
    session: int | None = None


def inside(
    passings: Iterable[Passing], *, at: int, ends: Mapping[int, int], empties: Collection[int] = ()
) -> dict[int, int]:
    """Give who is in at a moment, and since when.

    Args:
        passings: of one place, in any order; what is later than the moment does not count yet. Of two at the same
            moment the one that goes out counts.
        at: the moment.
        ends: when each session ends that is held there, by its id.
        empties: when days end; everybody is out then who was counted for no session.
    """
    moments = sorted({*ends.values(), *empties})
    held: dict[int, list[tuple[int, int | None]]] = {}
    for one in sorted(passings, key=lambda each: (each.at, each.direction is Direction.EXIT)):
        if one.at > at:
            break
        if one.direction is Direction.EXIT:
            held.pop(one.who, None)
            continue
        held.setdefault(one.who, []).append((one.at, _until(one, ends, moments)))
    found = {}
    for who, entries in held.items():
        still = [since for since, until in entries if until is None or at < until]
        if still:
            found[who] = still[0]
    return found


def _until(one: Passing, ends: Mapping[int, int], moments: Sequence[int]) -> int | None:
    """Say when somebody who came in is taken to be out, unless they are scanned going out before."""
    if one.session is not None and one.session in ends:
        return ends[one.session]
    place = bisect_right(moments, one.at)
    return moments[place] if place < len(moments) else None
