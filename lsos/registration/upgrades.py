"""A guest of the public session takes part in more: at once, or when the organiser has approved it.

While they wait for the organiser's word they stay what they are, with their seat and their badge.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.registration import mails, seats, steps
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import MoveRefusal, RegistrationState
from lsos.registration.transfer_models import UpgradeWish

NO_WISH = N_("This guest does not ask for anything more now. Reload the page to see how it stands.")


# ---- what the organiser decides


def approve(event_id: int, uid: str, *, reason: str = "", by: int, now: datetime) -> Registration:
    """Let a guest take part the way they asked for; their seat of the public session goes on.

    Raises:
        NotFound: the event has no such registration, or it asks for nothing.
        Refused: every seat of that kind is taken; the wish stays.
    """
    with transaction() as session:
        registration, wish = asked(session, event_id, uid)
        grant(session, registration, wish, by=by, reason=reason, now=now)
        steps.hand_on(session, event_id, now)
        return registration


def decline(event_id: int, uid: str, *, reason: str = "", by: int, now: datetime) -> Registration:
    """Leave a guest what they are, and write to them.

    Raises:
        NotFound: the event has no such registration, or it asks for nothing.
    """
    with transaction() as session:
        registration, wish = asked(session, event_id, uid)
        turn_down(session, registration, wish, by=by, reason=reason, now=now)
        return registration


# ---- the same within a change under way, such as one of many


def asked(session: Session, event_id: int, uid: str) -> tuple[Registration, UpgradeWish]:
    """Load and lock a guest and what they ask for.

    Raises:
        NotFound: the event has no such registration, or it asks for nothing.
    """
    seats.lock(session, event_id)
    registration = steps.locked(session, event_id, uid)
    wish = wish_of(registration.id, session)
    if wish is None or registration.state is not RegistrationState.CONFIRMED:
        raise NotFound(NO_WISH)
    return registration, wish


def grant(
    session: Session, registration: Registration, wish: UpgradeWish, *, by: int | None, reason: str, now: datetime
) -> None:
    """Give a guest what they ask for; whoever calls it hands on, last of all, the seats that have become free.

    Raises:
        Refused: every seat of that kind is taken; nothing was written.
    """
    kind = wish.participation_type
    if not take_instead(session, kind, list(registration.participation_type.capacities)):
        raise Refused(MoveRefusal.NO_SEAT)
    steps.change_kind(session, registration, kind, now=now)
    steps.enter(session, registration, RegistrationState.CONFIRMED, by_id=by, reason=reason, now=now)
    _record(session, "upgrade.approved", registration, kind, by)


def turn_down(
    session: Session, registration: Registration, wish: UpgradeWish, *, by: int | None, reason: str, now: datetime
) -> None:
    """Leave a guest what they are, and write to them."""
    kind, asked_at = wish.participation_type, wish.asked_at
    steps.forget_wish(session, registration)
    _record(session, "upgrade.declined", registration, kind, by)
    mails.tell_of_upgrade(session, registration, kind, "upgrade_declined", asked_at, reason=reason, now=now)


def put_back(session: Session, registration: Registration, kind: ParticipationType, *, asked_at: datetime) -> None:
    """Let a guest ask for something as before, where the decision on it was taken back."""
    session.add(UpgradeWish(registration_id=registration.id, participation_type_id=kind.id, asked_at=asked_at))
    session.flush()


# ---- what the guest does


def withdraw(event_id: int, uid: str, *, by: int) -> None:
    """Ask no more; without a wish nothing happens.

    Raises:
        NotFound: the event has no such registration.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        registration = steps.locked(session, event_id, uid)
        wish = wish_of(registration.id, session)
        if wish is not None:
            _record(session, "upgrade.withdrawn", registration, wish.participation_type, by)
            session.delete(wish)


def ask(session: Session, registration: Registration, kind: ParticipationType, *, by: int, now: datetime) -> None:
    """Note, as part of registering, that a guest asks for a way to take part that the organiser approves."""
    steps.forget_wish(session, registration)
    session.add(UpgradeWish(registration_id=registration.id, participation_type_id=kind.id, asked_at=now))
    session.flush()
    _record(session, "upgrade.asked", registration, kind, by)
    mails.tell_of_upgrade(session, registration, kind, "upgrade_asked", now, now=now)


def take_instead(session: Session, kind: ParticipationType, seated: list[Capacity]) -> bool:
    """Let somebody who has seats take those of another type instead; False, and nothing moves, where they are taken.

    A capacity that both ways share is kept.
    """
    gained = [one for one in kind.capacities if one not in seated]
    has_already = frozenset(one.id for one in seated)
    if not (steps.is_their_turn(session, kind, size=1, has_already=has_already) and seats.hold(session, gained, 1)):
        return False
    seats.take_held(session, gained)
    seats.give_back(session, [one for one in seated if one not in kind.capacities])
    return True


# ---- reads


def wish_of(registration_id: int, session: Session | None = None) -> UpgradeWish | None:
    """Find what a guest asks for."""
    return (session or db.session()).scalar(
        select(UpgradeWish)
        .where(UpgradeWish.registration_id == registration_id)
        .options(joinedload(UpgradeWish.participation_type).selectinload(ParticipationType.capacities))
        .execution_options(populate_existing=True)
    )


def count_wishes(event_id: int) -> int:
    """Count the guests who ask for more."""
    wishes = select(func.count()).select_from(UpgradeWish).join(UpgradeWish.registration)
    return db.session.scalar(wishes.where(Registration.event_id == event_id)) or 0


def _record(session: Session, action: str, registration: Registration, kind: ParticipationType, by: int | None) -> None:
    scope, uid = registration.event.slug, registration.uid
    audit.record(session, action, actor_id=by, scope=scope, object_uid=uid, type=kind.code)
