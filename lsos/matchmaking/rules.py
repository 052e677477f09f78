"""Who may not be matched with whom, whatever the score says."""

from collections.abc import Iterator
from enum import StrEnum

from lsos.matchmaking.model import Participant, Taxonomy
from lsos.matchmaking.outline import Outline, outline


class Objection(StrEnum):
    """Why two people are not matched; put into words where it is shown."""

    ONESELF = "oneself"
    SAME_ORGANISATION = "same_organisation"
    #: Never to be told to the one it is about.
    NEVER = "never"
    ALREADY_MET = "already_met"
    #: Nothing the score could rest on. It bars a suggestion, not a meeting that two people ask for themselves.
    NOTHING_IN_COMMON = "nothing_in_common"


def objections(a: Participant, b: Participant, taxonomy: Taxonomy) -> Iterator[Objection]:
    """Name everything that bars a match, nothing when they may be matched; the order of a and b does not matter."""
    if a.key == b.key:
        yield Objection.ONESELF
        return
    if a.organisation is not None and a.organisation == b.organisation:
        yield Objection.SAME_ORGANISATION
    if b.key in a.never or a.key in b.never:
        yield Objection.NEVER
    if b.key in a.met or a.key in b.met:
        yield Objection.ALREADY_MET
    if not have_something_in_common(outline(a, taxonomy), outline(b, taxonomy)):
        yield Objection.NOTHING_IN_COMMON


def have_something_in_common(a: Outline, b: Outline) -> bool:
    """Say whether an offer meets a need, or a subject, heading or focus area is the same."""
    return not (
        a.offers.isdisjoint(b.seeks)
        and a.seeks.isdisjoint(b.offers)
        and a.mutual.isdisjoint(b.mutual)
        and a.person.tags.isdisjoint(b.person.tags)
        and a.groups.isdisjoint(b.groups)
        and a.areas.isdisjoint(b.areas)
    )
