"""Signing up for sessions and leaving them, and changes that organisers make to a session.

A sign-up takes time that a 1:1 meeting could take, too. Whoever gives somebody's time away
therefore locks that person's registration first, and only then reads what the person has.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload, selectinload

from lsos import audit
from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.queries import signups_of, why_not
from lsos.agenda.rules import Interval, SignupRefusal, edit_refusal, leave_refusal
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.registration.models import Registration
from lsos.texts import Bilingual

#: The times of somebody's meetings: asked by the id of the registration, once it is locked.
Meetings = Callable[[int], Sequence[Interval]]


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
        whose = _locked(writing, registration_id)
        if instead_of:  # two who change places must not wait for each other
            moved = select(Session.id).where(Session.id.in_({session_id, *instead_of}))
            writing.execute(moved.order_by(Session.id).with_for_update())
        for left in instead_of:
            _leave(writing, whose, left, now=now)
        what = writing.get(Session, session_id)
        if what is None or what.event_id != whose.event_id:
            raise NotFound(N_("This session is not part of this event."))
        refusal = _take(writing, whose, what, meetings=meetings(whose.id), now=now)
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
    whose = _locked(writing, registration_id)
    busy = meetings(whose.id)
    wanted = writing.scalars(
        select(Session)
        .where(Session.event_id == whose.event_id, Session.code.in_(session_codes))
        .order_by(Session.starts_at, Session.id)
    )
    for what in wanted.all():
        refusal = _take(writing, whose, what, meetings=busy, now=now)
        if refusal is not None:
            refused.append((what, refusal))
    return refused


def leave(registration_id: int, session_id: int, *, now: datetime) -> None:
    """Give somebody's place in a session back; without a place nothing happens.

    Raises:
        Refused: `leave_refusal` gave a reason.
    """
    with transaction() as writing:
        _leave(writing, _locked(writing, registration_id), session_id, now=now)


def _leave(writing: Writing, whose: Registration, session_id: int, *, now: datetime) -> None:
    place = _place(writing, whose.id, session_id)
    if place is None:
        return
    what = writing.get_one(Session, session_id)
    refusal = leave_refusal(what.when, now=now)
    if refusal is not None:
        raise Refused(refusal)
    _give_back(writing, whose, place, what)


def release_sessions(writing: Writing, registration_id: int, *, now: datetime) -> None:
    """Give back, in the open transaction of another use case, all places of somebody who does not come.

    What is over stays, since they may have been there.
    """
    whose = _locked(writing, registration_id)
    for place in signups_of(registration_id):
        if leave_refusal(place.session.when, now=now) is None:
            _give_back(writing, whose, place, place.session)


def _give_back(writing: Writing, whose: Registration, place: SessionSignup, what: Session) -> None:
    writing.delete(place)
    writing.execute(update(Session).where(Session.id == what.id).values(signed_up=Session.signed_up - 1))
    _note(writing, "signup.left", whose, what)


def _locked(writing: Writing, registration_id: int) -> Registration:
    """Load a registration and keep others from giving its time away."""
    return writing.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event), joinedload(Registration.participation_type))
        .with_for_update(of=Registration)
    ).one()


def _place(writing: Writing, registration_id: int, session_id: int) -> SessionSignup | None:
    return writing.scalar(
        select(SessionSignup).where(
            SessionSignup.registration_id == registration_id, SessionSignup.session_id == session_id
        )
    )


def _take(
    writing: Writing, whose: Registration, what: Session, *, meetings: Sequence[Interval], now: datetime
) -> SignupRefusal | None:
    """Take one seat if the rule allows it; the counter moves only while a seat is left."""
    if _place(writing, whose.id, what.id) is not None:
        return None
    sessions = [place.session.when for place in signups_of(whose.id) if place.session.when is not None]
    refusal = why_not(whose, what, sessions=sessions, meetings=meetings, now=now)
    if refusal is not None:
        return refusal
    moved = writing.scalar(
        update(Session)
        .where(Session.id == what.id, or_(Session.seats.is_(None), Session.signed_up < Session.seats))
        .values(signed_up=Session.signed_up + 1)
        .returning(Session.id)
    )
    if moved is None:
        return SignupRefusal.FULL
    writing.add(SessionSignup(session_id=what.id, registration_id=whose.id, at=now))
    writing.flush()
    _note(writing, "signup.made", whose, what)
    return None


def _note(writing: Writing, action: str, whose: Registration, what: Session) -> None:
    audit.record(
        writing,
        action,
        actor_id=whose.person_id,
        scope=whose.event.slug,
        object_uid=what.uid,
        registration=whose.uid,
    )


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
