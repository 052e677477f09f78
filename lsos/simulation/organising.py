"""What organisers do: run, look at the drafts, publish, move by hand, settle disputes; and what the worker does."""

from functools import partial
from typing import Final

from sqlalchemy import select

from lsos.agenda import waiting
from lsos.db import db
from lsos.meetings import changing, direct, feedback, reminders, requesting, service, walk_ups
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.feedback_queries import disputed
from lsos.meetings.locking import lock_meeting
from lsos.meetings.models import Meeting
from lsos.meetings.queries import meeting_intervals
from lsos.meetings.rules import MeetingState
from lsos.scheduling import matching, publishing
from lsos.simulation.changing import scheduled
from lsos.simulation.world import World

#: For so many people a run takes the steps of a second, whatever the clock of this machine says meanwhile.
_PEOPLE_A_SECOND: Final = 300
#: So many drafts are locked after the first look, and so many meetings moved by hand on one day.
_LOCKED, _MOVED = 0.03, 0.005


def suggest(world: World) -> None:
    """Run the matching for its suggestions only, as organisers do when registration has opened."""
    run(world)
    world.act("discard", lambda: matching.discard(world.event(), by=world.stage.organiser_id))


def plan(world: World) -> None:
    """Run, look, lock some of it, run again, and publish."""
    run(world)
    drafts = db.session.scalars(
        select(Meeting.uid)
        .where(Meeting.event_id == world.event_id, Meeting.state == MeetingState.PROPOSED)
        .order_by(Meeting.id)
    ).all()
    for uid in world.some(drafts, _LOCKED):
        world.act(
            "lock",
            partial(lock_meeting, world.event_id, uid, is_locked=True, by=world.stage.organiser_id, now=world.now),
        )
    run(world)
    world.act("publish", lambda: publishing.publish(world.event(), by=world.stage.organiser_id, now=world.now))


def run(world: World) -> None:
    """Draft a schedule."""
    seconds = len(world.everybody()) / _PEOPLE_A_SECOND
    drafted = partial(
        matching.run_matching, by=world.stage.organiser_id, now=world.now, seconds=seconds, heeds_clock=False
    )
    world.act("run", lambda: drafted(world.event()))


def let_book_now(world: World) -> None:
    """Let people book times at once from now on."""
    by = world.stage.organiser_id
    world.act("let people book", partial(direct.set_mode, world.event_id, MeetingMode.NOW, by=by))


def move_some(world: World) -> None:
    """Move some meetings by hand to another slot."""
    slots = world.slots()
    for uid, *pair in world.some(scheduled(world), _MOVED):
        at = world.random.choice(slots).starts_at
        moved = partial(service.move, uid, at, actor_id=world.stage.organiser_id, now=world.now)
        world.act("move", moved, *pair)


def do_chores(world: World) -> None:
    """Do what the worker does by itself."""
    world.act("expire", partial(requesting.expire_requests, now=world.now))
    world.act("expire changes", partial(changing.expire_changes, now=world.now))
    world.act("expire on the spot", partial(walk_ups.expire, now=world.now))
    world.act(
        "hand on seats",
        partial(waiting.hand_on, meetings=meeting_intervals, with_asked=True, at_most=1000, now=world.now),
    )
    world.act("remind", partial(feedback.remind, now=world.now))
    world.act("remind of meetings", partial(reminders.write_due, now=world.now))


def settle(world: World) -> None:
    """Say of the meetings whose two say different things whether they took place."""
    for meeting, _ in disputed(world.event_id):
        settled = partial(
            feedback.settle,
            world.event_id,
            meeting.uid,
            was_held=world.happens(0.5),
            actor_id=world.stage.organiser_id,
        )
        world.act("settle", settled, meeting.first_id, meeting.second_id)
