"""The order in which listed things stand: rooms, focus areas, zones, formats."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    """Something that stands somewhere in a list."""

    code: str
    position: int


Thing = TypeVar("Thing", bound=Placed)


def put_after(things: Sequence[Thing], moved: Thing, after: str | None) -> None:
    """Number things anew, so that one stands behind another.

    Args:
        things: all of the list in its order, with or without the one that moves.
        moved: the one that moves, or is new.
        after: the code of the one before it; None, or one that is not there: it stands first.
    """
    others = [one for one in things if one is not moved]
    at = next((number for number, one in enumerate(others, 1) if one.code == after), 0)
    for position, one in enumerate([*others[:at], moved, *others[at:]]):
        one.position = position
