"""The world of a simulation: its clock, its chance, and the one way in which anybody does anything in it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Final, TypeVar

from sqlalchemy import select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.meetings.models import MeetingSlot
from lsos.meetings.places import common_places, local_day
from lsos.meetings.queries import taking_part
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.simulation import promises
from lsos.simulation.stage import Stage

#: So many choose a time that was free a while ago.
_OLD_PAGE: Final = 0.2

Done = TypeVar("Done")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Body:
    """Somebody at the event, as far as a simulation asks."""

    id: int
    uid: str
    person_id: int
    organisation_id: int | None


@dataclass(frozen=True)
class Slot:
    """A slot for meetings."""

    id: int
    starts_at: datetime
    ends_at: datetime


@dataclass
class World:
    """One simulation under way.

    Attributes:
        stage: where it takes place.
        random: all chance comes from here, so that a seed repeats everything.
        now: the clock, which only the story moves.
        done: how often each act was done, by its name.
        refused: how often a rule said no, by its sentence.
        checks: how often the promises were looked after.
        known: meetings that stood before one of their two said "never".
    """

    stage: Stage
    random: Random
    now: datetime
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    known: set[int] = field(default_factory=set)

    @property
    def event_id(self) -> int:
        """Name the event."""
        return self.stage.event_id

    def event(self) -> Event:
        """Read the event."""
        return db.session.get_one(Event, self.event_id)

    def act(self, name: str, what: Callable[[], Done], *who: int) -> Done | None:
        """Do one thing as a request of its own would, and look whether every promise still holds for whom it touched.

        Without anybody all are looked at. A refusal is an answer like any other; then nothing was done.

        Raises:
            Broken: something is there that must never be.
        """
        db.session.remove()
        try:
            made = what()
        except (Refused, NotFound) as refusal:
            self.refused[refusal.message] += 1
            made = None
        else:
            self.done[name] += 1
        db.session.rollback()
        try:
            promises.check(self.event_id, now=self.now, people=who or None, known=self.known)
        except promises.Broken as broken:
            raise promises.Broken(f"after “{name}” at {self.now:%Y-%m-%d %H:%M}: {broken}") from None
        self.checks += 1
        return made

    def check_all(self) -> None:
        """Look everywhere whether every promise holds."""
        db.session.remove()
        promises.check(self.event_id, now=self.now, known=self.known)
        self.checks += 1

    # ---- chance

    def happens(self, share: float) -> bool:
        """Let something happen in so many cases."""
        return self.random.random() < share

    def some(self, items: Sequence[Item], share: float) -> list[Item]:
        """Choose about so many of some things, in the order in which they come."""
        return [item for item in items if self.random.random() < share]

    def times(self, number: float) -> int:
        """Say how often something happens that happens so often on average."""
        whole = int(number)
        return whole + (self.random.random() < number - whole)

    # ---- reading

    def day_of(self, moment: datetime) -> date:
        """Give the day of a moment where the event is."""
        return local_day(moment, self.event().timezone)

    def everybody(self) -> list[Body]:
        """List those who are confirmed now, in the order in which they registered."""
        rows = db.session.execute(
            select(Registration.id, Registration.uid, Registration.person_id, Registration.organisation_id)
            .where(Registration.event_id == self.event_id, Registration.state == RegistrationState.CONFIRMED)
            .order_by(Registration.id)
        )
        return [Body(row[0], row[1], row[2], row[3]) for row in rows]

    def who_meets(self) -> list[Body]:
        """List those who take part in meetings now."""
        here = set(taking_part(self.event_id))
        return [one for one in self.everybody() if one.id in here]

    def free_time(self, one: int, other: int) -> datetime | None:
        """Choose a time that two have in common; now and then just any, as whoever looks at an old page does."""
        slots = [slot.starts_at for slot in self.slots() if slot.starts_at > self.now]
        if not self.happens(_OLD_PAGE):
            slots = [place.slot.starts_at for place in common_places(self.event_id, one, other, now=self.now)]
        return self.random.choice(slots) if slots else None

    def slots(self) -> list[Slot]:
        """List the slots for meetings in the order of time."""
        rows = db.session.execute(
            select(MeetingSlot.id, MeetingSlot.starts_at, MeetingSlot.ends_at)
            .where(MeetingSlot.event_id == self.event_id)
            .order_by(MeetingSlot.starts_at)
        )
        return [Slot(row[0], row[1], row[2]) for row in rows]
