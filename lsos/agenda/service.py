"""Signing up for sessions and leaving them, and changes that organisers make to a session."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import selectinload

from lsos import audit
from lsos.agenda import places
from lsos.agenda.models import Session, SessionWaiting
from lsos.agenda.places import Meetings
from lsos.agenda.queries import signups_of
from lsos.agenda.rules import Interval, SignupRefusal, edit_refusal, leave_refusal
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.texts import Bilingual


def no_meetings(_registration_id: int) -> Sequence[Interval]:
    """Answer for somebody who cannot have meetings yet."""
    return ()


def sign_up(
    registration_id: int, session_id: int, *, meetings: Meetings, now: datetime, instead_of: Collection[int] = ()
) -> None:
    """Give somebody a place in a session; asking twice gives one place.

    `instead_of` are the ids of sessions that are left for it: whoever does not get in keeps all of them.

    Raises:
        NotFound: the session is not one of the event of the registration.
        Refused: `signup_refusal` or `leave_refusal` gave a reason, or the last seat went to somebody else.
    """
    with transaction() as writing:
        whose = places.locked(writing, registration_id)
        places.lock_sessions(writing, {session_id, *instead_of})
        for left in instead_of:
            places.leave_in(writing, whose, left, now=now)
        what = writing.get(Session, session_id)
        if what is None or what.event_id != whose.event_id:
            raise NotFound(N_("This session is not part of this event."))
        refusal = places.take(writing, whose, what, meetings=meetings(whose.id), now=now)
        if refusal is not None:
            raise Refused(refusal)


def choose(
    registration_id: int, session_codes: Collection[str], *, meetings: Meetings, now: datetime
) -> list[tuple[Session, SignupRefusal]]:
    """Sign somebody up for each of several sessions, in the order of time; what they have already they keep.

    Returns:
        The sessions that were refused, each with the reason.
    """
    with transaction() as writing:
        return take_places(writing, registration_id, session_codes, meetings=meetings, now=now)


def take_places(
    writing: Writing, registration_id: int, session_codes: Collection[str], *, meetings: Meetings, now: datetime
) -> list[tuple[Session, SignupRefusal]]:
    """Do as `choose` does, in the open transaction of another use case."""
    refused = []
    whose = places.locked(writing, registration_id)
    busy = meetings(whose.id)
    wanted = writing.scalars(
        select(Session)
        .where(Session.event_id == whose.event_id, Session.code.in_(session_codes))
        .order_by(Session.starts_at, Session.id)
    ).all()
    places.lock_sessions(writing, [what.id for what in wanted])
    for what in wanted:
        refusal = places.take(writing, whose, what, meetings=busy, now=now)
        if refusal is not None:
            refused.append((what, refusal))
    return refused


def leave(registration_id: int, session_id: int, *, now: datetime) -> None:
    """Give somebody's place in a session back; without a place nothing happens.

    Raises:
        Refused: `leave_refusal` gave a reason.
    """
    with transaction() as writing:
        whose = places.locked(writing, registration_id)
        places.lock_sessions(writing, [session_id])
        places.leave_in(writing, whose, session_id, now=now)


def release_sessions(writing: Writing, registration_id: int, *, now: datetime) -> None:
    """Give back, in the open transaction of another use case, all places of somebody who does not come.

    What is over stays, since they may have been there; what they wait for they wait for no more.
    """
    whose = places.locked(writing, registration_id)
    writing.execute(delete(SessionWaiting).where(SessionWaiting.registration_id == whose.id))
    theirs = signups_of(registration_id)
    places.lock_sessions(writing, [place.session_id for place in theirs])
    for place in theirs:
        if leave_refusal(place.session.when, now=now) is None:
            places.give_back(writing, whose, place, place.session)


@dataclass(frozen=True)
class SessionEdit:
    """What an organiser may say of a session here; without times it waits to be placed."""

    title: Bilingual
    abstract: Bilingual
    room_id: int | None
    focus_area_id: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    seats: int | None


def edit(session_id: int, wish: SessionEdit, *, actor_id: int) -> list[str]:
    """Change a session, and note which of its parts changed.

    Returns:
        The names of the parts that changed; nothing is written when there are none.

    Raises:
        Refused: `edit_refusal` gave a reason.
    """
    with transaction() as writing:
        what = writing.scalars(
            select(Session).where(Session.id == session_id).with_for_update().options(selectinload(Session.event))
        ).one()
        refusal = edit_refusal(
            wish.starts_at, wish.ends_at, has_title=bool(wish.title), seats=wish.seats, signed_up=what.signed_up
        )
        if refusal is not None:
            raise Refused(refusal)
        changed = [field.name for field in fields(wish) if getattr(what, field.name) != getattr(wish, field.name)]
        for name in changed:
            setattr(what, name, getattr(wish, name))
        if changed:
            audit.record(
                writing, "session.edited", actor_id=actor_id, scope=what.event.slug, object_uid=what.uid, parts=changed
            )
    return changed
