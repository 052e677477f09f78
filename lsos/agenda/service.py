"""Signing up for sessions and leaving them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session as Writing

from lsos.agenda import places
from lsos.agenda.models import Session, SessionWaiting
from lsos.agenda.places import Meetings
from lsos.agenda.queries import signups_of, stage_of
from lsos.agenda.rules import Interval, leave_refusal
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused


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
        stage = stage_of(whose, what)
        refusal = places.take(writing, whose, what, meetings=meetings(whose.id), now=now, stage=stage)
        if refusal is not None:
            raise Refused(refusal, **stage.details_of(refusal))


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
