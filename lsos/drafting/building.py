"""Build it for me: the draft as a problem of timetabling, and its answer as moves of the draft, each in words.

What takes no sign-ups (breaks, registration, the windows of 1:1 meetings) stays where it is, and where all pause,
nothing is put. Organisers place such things themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from flask_babel import gettext

from lsos.drafting.conflicts import moment
from lsos.drafting.content import Content
from lsos.drafting.queries import Draft
from lsos.drafting.service import Spot
from lsos.drafting.suggested import is_aside, placing_problem
from lsos.timetabling.building import Answer, Mode
from lsos.timetabling.costs import shape
from lsos.timetabling.problem import Problem
from lsos.timetabling.reasons import Reason
from lsos.wording import listed, plain

#: So long a programme is looked for.
SECONDS: Final[Mapping[Mode, float]] = {Mode.FILL: 4.0, Mode.REBUILD: 8.0}


@dataclass(frozen=True)
class Moved:
    """A session that got a place, or another one."""

    uid: str
    before: Content
    spot: Spot


@dataclass(frozen=True)
class LeftOut:
    """A session without a place, and why."""

    uid: str
    why: str


@dataclass(frozen=True)
class Built:
    """What building comes to; nothing of it is in the draft yet.

    Attributes:
        moved: what is elsewhere than in the draft, those among them that lost their place too.
        left_out: what has no place afterwards, with the reason.
        together: the share of sessions in the room that their focus area has most of on that day, before and after;
            None where none has a focus area.
        released: so many sessions are elsewhere than they were released.
    """

    moved: list[Moved]
    left_out: list[LeftOut]
    together: tuple[float, float] | None
    released: int

    @property
    def spots(self) -> dict[str, Spot]:
        """Give the moves, as the draft takes them."""
        return {each.uid: each.spot for each in self.moved}


def building_problem(draft: Draft) -> Problem:
    """Give timetabling the draft as it may be changed: what stands aside is kept, and its rooms are left to it."""
    problem = placing_problem(draft)
    contents = draft.contents
    aside = {uid for uid in problem.numbers if is_aside(contents[uid])}
    talks = {contents[uid].room_id for uid in problem.numbers if uid not in aside}
    talks |= {there.room_id for there in draft.released.values() if not is_aside(there)}
    apart = {str(contents[uid].room_id) for uid in aside if contents[uid].room_id not in talks}
    sessions = [
        replace(each, locked=True) if each.key in aside and each.place is not None else each
        for each in problem.sessions
        if each.key not in aside or each.place is not None
    ]
    known = {each.key for each in sessions}
    return replace(
        problem,
        rooms=[replace(room, open=()) if room.key in apart else room for room in problem.rooms],
        sessions=sessions,
        audiences={pair: weight for pair, weight in problem.audiences.items() if known >= set(pair)},
    )


def told(draft: Draft, problem: Problem, answer: Answer) -> Built:
    """Say what an answer changes of the draft, and why some sessions have no place."""
    contents = draft.contents
    moved = []
    for uid in answer.changed:
        place = answer.places.get(uid)
        spot = Spot(int(place.room), moment(place.start)) if place else Spot(None, None)
        moved.append(Moved(uid, contents[uid], spot))
    has_tracks = any(each.track for each in problem.sessions)
    draft_places = {each.key: each.place for each in problem.sessions if each.place is not None}
    return Built(
        moved=moved,
        left_out=[LeftOut(uid, _why(draft, reason)) for uid, reason in answer.unplaced.items()],
        together=(shape(problem, draft_places).main_room, answer.shape.main_room) if has_tracks else None,
        released=len(answer.moved),
    )


def _why(draft: Draft, reason: Reason) -> str:
    """Say why a session has no place, with names in the language of the moment."""
    room = next((room for room in draft.rooms if str(room.id) == reason.room), None)
    values = reason.values | {
        "people": listed(draft.names.get(int(one), "") for one in reason.people),
        "equipment": listed(reason.equipment),
        "sessions": listed(plain(draft.contents[uid].title) for uid in reason.sessions),
        "room": plain(room.name) if room else "",
    }
    return str(gettext(reason.why.value, **values))
