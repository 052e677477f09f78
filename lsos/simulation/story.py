"""The story of an event, three weeks before it until the day after, told by the clock."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from time import monotonic
from typing import Final

from lsos.events.rules import moment
from lsos.simulation import before, calendars, changing, on_site, organising
from lsos.simulation.figures import Figures, figures
from lsos.simulation.stage import AHEAD, staged
from lsos.simulation.world import Slot, World

#: Whoever comes late registers in so many of the last days before the event.
_LATE_DAYS: Final = 6
#: So many days before the event a schedule is published, the second for those who came meanwhile.
_PUBLISHED: Final = (7, 2)
#: Before each slot so many book a time with somebody at once.
_BOOK: Final = 0.02
#: After the beginning of a slot people say that they are there, and after its end how it was.
_SOON: Final = timedelta(minutes=3)

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Simulated:
    """What came of a simulation.

    Attributes:
        figures: what became of the event; the same for the same seed.
        done: how often each act was done.
        refused: how often a rule said no, by its sentence.
        checks: how often all that must never happen was looked for.
        seconds: how long it took.
    """

    figures: Figures
    done: dict[str, int]
    refused: dict[str, int]
    checks: int
    seconds: float


def simulate(people: int, *, seed: int, tables: int | None = None, tell: Tell = lambda _line: None) -> Simulated:
    """Let a whole event of two days happen, on a database of its own.

    Raises:
        Broken: something came to be that must never be.
    """
    begun = monotonic()
    with staged(people, seed=seed, tables=tables) as stage:
        #: Nobody looks through what is there now for garbage, again and again.
        gc.freeze()
        world = World(stage, Random(f"{seed}/simulation"), stage.begins_at)  # noqa: S311  # to be repeated
        _tell_story(world, tell)
        return Simulated(figures(world), dict(world.done), dict(world.refused), world.checks, monotonic() - begun)


def _tell_story(world: World, tell: Tell) -> None:
    organising.suggest(world)
    ahead = AHEAD.days
    late = list(world.stage.late)
    for left in range(ahead, 0, -1):
        tell(f"{left:3} days before: {sum(world.done.values())} acts")
        before.a_day(world, of=ahead)
        if left <= _LATE_DAYS:
            for _ in range(-(-len(late) // left)):
                before.register(world, late.pop())
        if left in _PUBLISHED:
            organising.plan(world)
        organising.move_some(world)
        world.now += timedelta(days=1)
        organising.do_chores(world)
        world.check_all()
    organising.let_book_now(world)
    for day, slots in _days(world).items():
        tell(f"{day}: {sum(world.done.values())} acts")
        _tell_day(world, day, slots)
    organising.settle(world)
    world.now += timedelta(days=2)
    organising.do_chores(world)
    world.check_all()
    calendars.check(world)


def _days(world: World) -> dict[date, list[Slot]]:
    found: dict[date, list[Slot]] = {}
    for slot in world.slots():
        found.setdefault(world.day_of(slot.starts_at), []).append(slot)
    return found


def _tell_day(world: World, day: date, slots: list[Slot]) -> None:
    event = world.event()
    world.now = moment(day, event.doors_open, event.timezone)
    arriving = on_site.draw_arrivals(world, slots, day)
    on_site.come_in(world, arriving.get(-1, []))
    for number, slot in enumerate(slots):
        #: Late for the meetings of this slot, or early for those of the next.
        world.now = slot.starts_at - _SOON
        on_site.come_in(world, arriving.get(number, []))
        before.answer(world)
        before.look_for_times(world)
        changing.change_plans(world)
        people = world.who_meets()
        before.ask(world, people, before.ASKS / (10 * len(slots)))
        before.book_now(world, people, _BOOK)
        on_site.meet_at_once(world, slot)
        world.now = slot.starts_at + _SOON
        on_site.sit_down(world, slot)
        world.now = slot.ends_at + _SOON
        on_site.say_how_it_was(world, slot)
        organising.do_chores(world)
        world.check_all()
