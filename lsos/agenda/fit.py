"""Whether rooms are large enough for who wants to come, and which change of rooms would make them so. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lsos.agenda.rules import Interval


@dataclass(frozen=True)
class Use:
    """A session in its room: when, and how many people it needs room for."""

    key: int
    room: int
    when: Interval
    people: int
    #: It stays where it is.
    is_fixed: bool = False


@dataclass(frozen=True)
class Way:
    """A room that would do: it is free then, or another session gives it up for the room that is too small."""

    room: int
    #: The key of the session that changes places; None where the room is free.
    other: int | None = None


def is_too_small(use: Use, capacities: Mapping[int, int]) -> bool:
    """Say whether more people want to come than the room holds; a room of unknown size is never too small."""
    return use.room in capacities and use.people > capacities[use.room]


def way_out(use: Use, uses: Collection[Use], capacities: Mapping[int, int]) -> Way | None:
    """Find the smallest room in which a session would fit, free if there is one, else by changing places.

    Both sessions then fit where they go, and neither meets a third one there; what is fixed moves for nobody.
    `capacities` are those of the rooms that may be proposed.
    """
    if use.is_fixed:
        return None
    large = sorted((size, room) for room, size in capacities.items() if room != use.room and size >= use.people)
    others = [other for other in uses if other.key != use.key]
    for _size, room in large:
        if not _in_the_way(use.when, room, others):
            return Way(room)
    if use.room not in capacities:
        return None
    for _size, room in large:
        for other in sorted(_in_the_way(use.when, room, others), key=lambda one: one.key):
            thirds = [one for one in others if one.key != other.key]
            if (
                not other.is_fixed
                and other.people <= capacities[use.room]
                and not _in_the_way(use.when, room, thirds)
                and not _in_the_way(other.when, use.room, thirds)
            ):
                return Way(room, other.key)
    return None


def _in_the_way(when: Interval, room: int, uses: Collection[Use]) -> list[Use]:
    return [one for one in uses if one.room == room and one.when.overlaps(when)]
