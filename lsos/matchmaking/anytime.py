"""How far a search has come, told while it runs, and the wish to end it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

#: At least so many seconds lie between two words on how far it is.
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Progress:
    """The best schedule so far.

    Attributes:
        share: of the time given, in [0, 1].
        value: of the meetings, with the bonuses.
        bound: no schedule is worth more; infinite as long as nothing is proved.
        breaks: stretches without a meeting between two meetings of one person on one day, in the schedule worked on.
    """

    share: float
    value: float
    bound: float
    breaks: int


class Watch:
    """Tells somebody how far a search has come, and asks whether it should end.

    Attributes:
        over: whether it was to end; once true, it stays so.
    """

    def __init__(
        self,
        seconds: float,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Start the clock of a search that has so many seconds."""
        self.over = False
        self._began = monotonic()
        self._told = float("-inf")
        self._seconds = seconds
        self._progress = progress
        self._stop = stop

    def ends(self) -> bool:
        """Ask whether the search should end."""
        self.over = self.over or (self._stop is not None and self._stop())
        return self.over

    def tell(self, value: float, bound: float, breaks: Callable[[], int], *, at_once: bool = False) -> bool:
        """Tell how far it is, unless that was told just now, and ask whether it should end."""
        now = monotonic()
        if self._progress is not None and (at_once or now - self._told >= PAUSE):
            self._told = now
            share = min(1.0, (now - self._began) / self._seconds) if self._seconds > 0 else 1.0
            self._progress(Progress(share, value, bound, breaks()))
        return self.ends()
