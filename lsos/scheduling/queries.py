"""Reads of runs of the matching, and of the wishes that they did not meet."""

from sqlalchemy import ColumnElement, func, or_, select

from lsos.db import db
from lsos.errors import N_, NotFound
from lsos.matchmaking.reasons import Why
from lsos.meetings.models import Meeting
from lsos.meetings.queries import whole_person
from lsos.meetings.rules import MeetingState
from lsos.scheduling.models import MatchingRun, UnmetWish
from lsos.scheduling.rules import UNDER_WAY, RunKind, RunState


def under_way(event_id: int, kind: RunKind) -> MatchingRun | None:
    """Find the run of a kind that waits or runs at an event."""
    return db.session.scalar(
        select(MatchingRun).where(
            MatchingRun.event_id == event_id, MatchingRun.kind == kind, MatchingRun.state.in_(UNDER_WAY)
        )
    )


def last_run(event_id: int) -> MatchingRun | None:
    """Find the last run of the matching at an event that drafted a schedule."""
    return db.session.scalar(
        select(MatchingRun)
        .where(
            MatchingRun.event_id == event_id,
            MatchingRun.kind == RunKind.DRAFT,
            MatchingRun.state == RunState.DONE,
        )
        .order_by(MatchingRun.id.desc())
        .limit(1)
    )


def being_published(event_id: int) -> MatchingRun | None:
    """Find the run of an event whose drafts are being published."""
    return db.session.scalar(select(MatchingRun).where(MatchingRun.event_id == event_id, is_being_published()))


def is_being_published() -> ColumnElement[bool]:
    """Say in SQL whether the drafts of a run are being published."""
    return MatchingRun.publishing_since.is_not(None)


def latest(event_id: int, kind: RunKind) -> MatchingRun | None:
    """Find the run of a kind that was asked for last at an event, whatever came of it."""
    return db.session.scalar(
        select(MatchingRun)
        .where(MatchingRun.event_id == event_id, MatchingRun.kind == kind)
        .order_by(MatchingRun.id.desc())
        .limit(1)
    )


def latest_trials(event_id: int, most: int = 20) -> list[MatchingRun]:
    """List what was only tried at an event and has figures, the latest first."""
    return list(
        db.session.scalars(
            select(MatchingRun)
            .where(
                MatchingRun.event_id == event_id,
                MatchingRun.kind == RunKind.WHAT_IF,
                MatchingRun.state == RunState.DONE,
            )
            .order_by(MatchingRun.id.desc())
            .limit(most)
        )
    )


def run_by_uid(event_id: int, uid: str) -> MatchingRun:
    """Find a run of an event by its public id.

    Raises:
        NotFound: there is none.
    """
    run = db.session.scalar(select(MatchingRun).where(MatchingRun.event_id == event_id, MatchingRun.uid == uid))
    if run is None:
        raise NotFound(N_("There is no such run."))
    return run


def count_locked(event_id: int) -> int:
    """Count the drafts that the next run leaves where they are."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Meeting)
            .where(Meeting.event_id == event_id, Meeting.state == MeetingState.PROPOSED, Meeting.is_locked)
        )
        or 0
    )


# ---- wishes that were not met


def unmet_of(run_id: int, *, limit: int, offset: int = 0) -> tuple[list[UnmetWish], int]:
    """List whom a run did not bring together, agreed wishes first and then the best fits, and count them all."""
    total = db.session.scalar(select(func.count()).select_from(UnmetWish).where(UnmetWish.run_id == run_id)) or 0
    found = db.session.scalars(
        select(UnmetWish)
        .where(UnmetWish.run_id == run_id)
        .order_by(UnmetWish.is_agreed.desc(), UnmetWish.score.desc(), UnmetWish.low_id, UnmetWish.high_id)
        .limit(limit)
        .offset(offset)
        .options(*whole_person(UnmetWish.low), *whole_person(UnmetWish.high))
    )
    return list(found), total


def reasons_for(registration_id: int) -> dict[int, Why]:
    """Say, by the other's id, why the run that was published last found no place for somebody and others."""
    rows = db.session.execute(
        select(UnmetWish.low_id, UnmetWish.high_id, UnmetWish.why)
        .join(MatchingRun, MatchingRun.id == UnmetWish.run_id)
        .where(
            MatchingRun.published_at.is_not(None),
            or_(UnmetWish.low_id == registration_id, UnmetWish.high_id == registration_id),
        )
        .order_by(MatchingRun.id)
    )
    return {high if low == registration_id else low: why for low, high, why in rows}
