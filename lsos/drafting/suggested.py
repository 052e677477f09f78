"""Where a session could go while all others stay: places within the hours of the house, the best first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lsos.agenda.rules import Interval
from lsos.drafting.conflicts import STOPPING, minute, moment, problem_of, wishes_beside
from lsos.drafting.content import Content
from lsos.drafting.queries import Draft
from lsos.events import rules
from lsos.events.models import Room
from lsos.timetabling import problem as timetabling
from lsos.timetabling.problem import Break, Kind, Problem, Severity, Span
from lsos.timetabling.suggesting import suggestions

#: Where nothing says otherwise, when sessions can be.
USUAL_HOURS = (time(9), time(17))


@dataclass(frozen=True)
class Suggested:
    """A place for a session."""

    room: Room
    starts_at: datetime


def programme_hours(draft: Draft) -> tuple[Span, ...]:
    """Give the hours of the programme on each day: from its first session to its last, and at least the usual ones."""
    zone = draft.event.timezone
    clock, timed = ZoneInfo(zone), defaultdict(list)
    for content in draft.contents.values():
        if (when := content.when) is not None:
            timed[when.starts_at.astimezone(clock).date()].append(when)
    spans = []
    for day in draft.event.days:
        begin, end = (minute(rules.moment(day, at, zone)) for at in USUAL_HOURS)
        night = minute(rules.moment(day + timedelta(days=1), time(), zone))
        first = min([begin, *(minute(when.starts_at) for when in timed[day])])
        spans.append(Span(first, min(night, max([end, *(minute(when.ends_at) for when in timed[day])]))))
    return tuple(spans)


def is_aside(content: Content) -> bool:
    """Say whether something stands beside the programme: a break, registration, a window of 1:1 meetings."""
    return not content.takes_signups


def pauses(contents: Iterable[Content]) -> list[Interval]:
    """List the times in which all pause: something without sign-ups is on, and nothing else."""
    timed = [(when, content) for content in contents if (when := content.when) and not content.is_withdrawn]
    return [
        when
        for when, content in timed
        if is_aside(content) and not any(when.overlaps(other) for other, each in timed if not is_aside(each))
    ]


def placing_problem(draft: Draft) -> Problem:
    """Give timetabling a draft in which something is to be placed, so that nothing that stops a release comes of it.

    Rooms of which no hours are known are open in the hours of the programme, and the times in which all pause are kept
    free: nothing is put into the night, or into lunch. The rooms that stand for none are closed.
    """
    problem = problem_of(draft)
    return replace(
        problem, rooms=_rooms(draft, problem), breaks=_breaks(draft.contents.values()), severities=_severities(problem)
    )


def _placing_alone(draft: Draft, uid: str, problem: Problem) -> Problem:
    """Give a draft in the same way where one session alone is to be placed, which then makes no pause itself."""
    others = (content for other, content in draft.contents.items() if other != uid)
    audiences, weights = wishes_beside(draft, problem.numbers, uid)
    left_out = unlike(draft, draft.contents[uid])
    return replace(
        problem,
        rooms=[replace(room, open=()) if room.key in left_out else room for room in _rooms(draft, problem)],
        breaks=_breaks(others),
        severities=_severities(problem),
        audiences=audiences,
        weights=weights,
    )


def _rooms(draft: Draft, problem: Problem) -> list[timetabling.Room]:
    known = {str(room.id): room.id in draft.hours for room in draft.rooms}
    hours = programme_hours(draft)
    return [
        room if known.get(room.key) else replace(room, open=hours if room.key in known else ())
        for room in problem.rooms
    ]


def _breaks(contents: Iterable[Content]) -> tuple[Break, ...]:
    return tuple(Break(Span(minute(one.starts_at), minute(one.ends_at))) for one in pauses(contents))


def _severities(problem: Problem) -> dict[Kind, Severity]:
    return {kind: Severity.FORBID if how in STOPPING else how for kind, how in problem.severities.items()}


def unlike(draft: Draft, content: Content) -> frozenset[str]:
    """Name the rooms, as timetabling does, in which there are only sessions of another sort: breaks, registration.

    What takes sign-ups is not offered a foyer, and a break is not offered a lecture room, unless nothing is there yet.
    """
    sorts: dict[int, set[bool]] = {}
    for other in (*draft.contents.values(), *draft.released.values()):
        if other.room_id is not None and not other.is_withdrawn:
            sorts.setdefault(other.room_id, set()).add(other.takes_signups)
    return frozenset(str(room_id) for room_id, found in sorts.items() if content.takes_signups not in found)


def places_for(draft: Draft, uid: str, *, most: int = 6, problem: Problem | None = None) -> list[Suggested]:
    """Find places for a session of the draft in which nothing stops a release, the best first; none where none is free.

    Whoever has put the draft to timetabling already gives that: see `problem_of`.

    Raises:
        KeyError: the draft has no such session, or it is withdrawn.
    """
    rooms = {str(room.id): room for room in draft.rooms}
    problem = problem or problem_of(draft, with_audiences=False)
    found = suggestions(_placing_alone(draft, uid, problem), uid, most=most)
    return [Suggested(rooms[each.place.room], moment(each.place.start)) for each in found]
