"""What people of one kind of participation may do about those of another: see them, ask them, or neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Right(StrEnum):
    """How far people of one kind may go with those of another; the other way round may be different."""

    ASK = "ask"
    #: They are shown, and cannot be asked.
    SEE = "see"
    #: They are neither shown nor can they be asked.
    NOTHING = "nothing"


def may_see(right: Right) -> bool:
    """Say whether people of the other kind are shown."""
    return right is not Right.NOTHING


def may_ask(right: Right) -> bool:
    """Say whether people of the other kind may be asked for a meeting."""
    return right is Right.ASK


def may_be_matched(one: Right, other: Right) -> bool:
    """Say whether two may be brought together without a request: one of them, at least, could ask the other."""
    return may_ask(one) or may_ask(other)


@dataclass(frozen=True)
class Rights:
    """Who may see and ask whom at an event, by the ids of kinds of participation: who looks, at whom."""

    #: What is not here is `Right.ASK`.
    narrowed: Mapping[tuple[int, int], Right] = field(default_factory=dict)

    def of(self, viewer: int, other: int) -> Right:
        """Give how far people of one kind may go with those of another."""
        return self.narrowed.get((viewer, other), Right.ASK)

    def may_be_matched(self, one: int, other: int) -> bool:
        """Ask the rule about two kinds."""
        return may_be_matched(self.of(one, other), self.of(other, one))
