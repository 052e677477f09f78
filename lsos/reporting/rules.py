"""What can be said about a figure, and whose indicators these are."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import TypeVar

from lsos.errors import N_

#: The organisation that coordinates the cluster: its events are the cluster's own, its staff read the indicators.
CLUSTER_CODE = "klsk"


class Computability(StrEnum):
    """How far the platform's own records give an indicator."""

    FULL = "full"
    PARTIAL = "partial"
    MANUAL = "manual"


class NoteRefusal(StrEnum):
    """Why a figure cannot be typed in, in words for the one who types."""

    FUTURE = N_("This year has not begun yet. A figure can be noted for this year or an earlier one.")
    NO_SOURCE = N_("Say where the figure comes from; without its source it cannot be used.")


def note_refusal(*, year: int, source: str, this_year: int) -> NoteRefusal | None:
    """Say why a figure may not be noted for a year; None when it may."""
    if year > this_year:
        return NoteRefusal.FUTURE
    if not source.strip():
        return NoteRefusal.NO_SOURCE
    return None


#: A group smaller than this is never shown by itself, since its members could be picked out.
LEAST = 5
Key = TypeVar("Key")


def too_small(groups: Mapping[Key, AbstractSet[int]], *, least: int = LEAST) -> frozenset[Key]:
    """Name the groups to be shown together under one heading, so that none shown has fewer than `least` people.

    Where the small ones together are still too few, the next larger one joins them: else what
    is missing from the whole would tell how many they are.
    """
    rising = sorted(groups, key=lambda key: len(groups[key]))
    joined = [key for key in rising if len(groups[key]) < least]
    if not joined:
        return frozenset()
    for key in rising[len(joined) :]:
        if len(frozenset[int]().union(*(groups[one] for one in joined))) >= least:
            break
        joined.append(key)
    return frozenset(joined)
