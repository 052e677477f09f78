"""Runs of the matching as jobs: where one stands, what it is asked, and why it may not begin or came to nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from lsos.errors import N_, Worded

#: A run of which nothing was heard for so many seconds has lost its worker.
SILENT_SECONDS = 90
#: Where the dial of fairness stands unless somebody turns it.
DIAL = 0.3
#: Where the dial that spreads suggestions stands unless somebody turns it: it costs about a hundredth of the fit.
SPREAD = 0.5
#: Positions of that dial whose price every run measures.
SPREADS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: So many suggestions are read at one sitting, so that these are the ones to spread.
FIRST = 10
#: So often a run is begun whose worker was lost each time; then it has failed.
MOST_TRIES = 2


class RunState(Worded):
    """Where a run stands."""

    WAITING = "waiting", N_("It waits for its turn.")
    RUNNING = "running", N_("It looks for a schedule.")
    DONE = "done", N_("It is done.")
    FAILED = "failed", N_("It came to nothing.")
    CANCELLED = "cancelled", N_("It was cancelled; nothing was changed.")


#: A run that is still to come to something.
UNDER_WAY = frozenset({RunState.WAITING, RunState.RUNNING})


class RunKind(StrEnum):
    """What a run is for."""

    #: It drafts a schedule.
    DRAFT = "draft"
    #: It only measures what a change would bring, or what fairness costs.
    WHAT_IF = "what_if"


class RunRefusal(StrEnum):
    """Why no run is begun."""

    UNDER_WAY = N_("A run is under way already. Wait for it, or cancel it.")
    NO_PLACES = N_("This event has no slots or no tables for 1:1 meetings.")
    PUBLISHING = N_("The schedule is being published. Wait until that is done.")
    NOTHING_ASKED = N_("Say what would be different: more tables, or more slots.")


class RunFailure(Worded):
    """Why a run came to nothing."""

    LOST = "lost", N_("The program that looked for a schedule stopped twice on the way. Try again with fewer seconds.")
    CONTRADICTION = (
        "contradiction",
        N_("What must hold cannot hold together: two meetings that stay exclude each other."),
    )
    GONE = "gone", N_("The 1:1 meetings of this event were taken away meanwhile.")
    BROKEN = "broken", N_("Something went wrong while it looked for a schedule. Nothing was changed; try it again.")


@dataclass(frozen=True)
class RunSettings:
    """What a run is asked.

    Attributes:
        seconds: how long it looks for a schedule.
        heeds_clock: whether time ends it. If not, it takes the steps of so many seconds, however long they take here.
        dial: from 0, where only how well people fit counts, to 1, where the first meetings of everybody come first.
        leeway: the share of the value that is given up at most for days with fewer waits.
        spread: from 0, where everybody is suggested who fits best, to 1, where all are suggested about equally often.
        more_tables: by way of trial, so many tables more.
        slots_a_block: by way of trial, so many slots more at the end of each block.
        slots_a_day: by way of trial, so many slots more at the end of each day.
        prices_fairness: measures what each position of the dial costs, and nothing else.
    """

    seconds: float = 2.0
    heeds_clock: bool = True
    dial: float = DIAL
    leeway: float = 0.0
    spread: float = SPREAD
    more_tables: int = 0
    slots_a_block: int = 0
    slots_a_day: int = 0
    prices_fairness: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what a run keeps of its settings; what is no more is passed over."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def stored(self) -> dict[str, Any]:
        """Give what a run keeps."""
        return asdict(self)

    @property
    def is_trial(self) -> bool:
        """Say whether anything would be different from how it is."""
        return bool(self.more_tables or self.slots_a_block or self.slots_a_day)


class PublishRefusal(StrEnum):
    """Why a draft is not published now."""

    UNDER_WAY = N_("A run is under way and will replace this draft. Wait for it, or cancel it, then publish.")


def publish_refusal(*, is_run_under_way: bool) -> PublishRefusal | None:
    """Say why drafts are not published; None when they may be."""
    return PublishRefusal.UNDER_WAY if is_run_under_way else None


def run_refusal(
    kind: RunKind, chosen: RunSettings, *, has_places: bool, is_under_way: bool, is_publishing: bool
) -> RunRefusal | None:
    """Say why a run may not begin; None when it may."""
    if not has_places:
        return RunRefusal.NO_PLACES
    if kind is RunKind.WHAT_IF and not (chosen.is_trial or chosen.prices_fairness):
        return RunRefusal.NOTHING_ASKED
    if is_under_way:
        return RunRefusal.UNDER_WAY
    return RunRefusal.PUBLISHING if kind is RunKind.DRAFT and is_publishing else None
