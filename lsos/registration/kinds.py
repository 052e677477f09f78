"""What organisers do to the ways to take part and to the seats: make, change, order, delete."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration import seats, steps
from lsos.registration.kind_rules import (
    CapacityRefusal,
    KindRefusal,
    capacity_delete_refusal,
    capacity_refusal,
    kind_refusal,
)
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import Audience, RegistrationState
from lsos.texts import Bilingual, free_code
from lsos.wording import plain


@dataclass(frozen=True)
class KindFacts:
    """What an organiser may say of a way to take part."""

    name: Bilingual
    description: Bilingual
    next_steps: Bilingual
    letter: Bilingual
    audience: Audience
    is_by_invitation: bool
    is_transferable: bool
    needs_approval: bool
    watched_answers: list[str]
    has_matchmaking: bool
    is_light: bool
    days: list[str]
    opens_at: datetime | None
    closes_at: datetime | None
    #: None leaves the event's number.
    max_open_requests: int | None = None
    max_meetings: int | None = None
    max_meetings_a_day: int | None = None


@dataclass(frozen=True)
class CapacityFacts:
    """What an organiser may say of seats of one kind."""

    name: Bilingual
    seats: int
    offer_hours: int
    lets_smaller_pass: bool


# ---- ways to take part


def save_kind(
    event_id: int, code: str | None, wish: KindFacts, *, capacities: Collection[str], by: int, now: datetime
) -> ParticipationType:
    """Change a way to take part, or make a new one at the end, and say which seats its people take.

    Raises:
        NotFound: the event has no such way.
        Refused: `kind_refusal` gave a reason, or seats cannot be counted otherwise.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        event = session.get_one(Event, event_id)
        refusal = kind_refusal(
            has_name=bool(wish.name),
            opens_at=wish.opens_at,
            closes_at=wish.closes_at,
            event_opens_at=event.registration_opens_at,
            event_closes_at=event.registration_closes_at,
        )
        if refusal is not None:
            raise Refused(refusal)
        kind = _kind(session, event_id, code) if code else _new_kind(session, event, wish.name)
        changed = [one.name for one in fields(wish) if getattr(kind, one.name) != getattr(wish, one.name)]
        for name in changed:
            setattr(kind, name, getattr(wish, name))
        session.flush()
        wanted = [one for one in _capacities(session, event_id) if one.code in capacities]
        for capacity in {*wanted} ^ {*kind.capacities}:
            _link(session, kind, capacity, is_wanted=capacity in wanted)
            changed.append(f"capacity:{capacity.code}")
        steps.hand_on(session, event_id, now)
        if changed:
            audit.record(
                session,
                "participation_type.edited" if code else "participation_type.made",
                actor_id=by,
                scope=event.slug,
                object_uid=kind.code,
                parts=sorted(changed),
            )
        return kind


def _kind(session: Session, event_id: int, code: str) -> ParticipationType:
    found = session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id, ParticipationType.code == code)
        .options(selectinload(ParticipationType.capacities))
        .with_for_update(of=ParticipationType)
    )
    if found is None:
        raise NotFound(N_("This event has no such way to take part."))
    return found


def _new_kind(session: Session, event: Event, name: Bilingual) -> ParticipationType:
    of_event = ParticipationType.event_id == event.id
    taken = set(session.scalars(select(ParticipationType.code).where(of_event)))
    last = session.scalar(select(func.max(ParticipationType.position)).where(of_event))
    kind = ParticipationType(
        event=event, code=_free_code(name, taken), name=name, position=0 if last is None else last + 1, capacities=[]
    )
    session.add(kind)
    return kind


def _free_code(name: Bilingual, taken: Collection[str]) -> str:
    """Make a code for addresses from a name, unlike those that are there."""
    #: "thanks" is a page of its own beside the ways to take part.
    return free_code(name.en or name.pl, {"thanks", *taken}, stem="type")


def move_kind(event_id: int, code: str, *, is_up: bool, by: int) -> None:
    """Let a way to take part change places with the one before or behind it.

    Raises:
        NotFound: the event has no such way.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        kinds = list(
            session.scalars(
                select(ParticipationType)
                .where(ParticipationType.event_id == event_id)
                .order_by(ParticipationType.position, ParticipationType.id)
                .with_for_update()
            )
        )
        kind = _kind(session, event_id, code)
        at = kinds.index(kind)
        to = min(max(at - 1 if is_up else at + 1, 0), len(kinds) - 1)
        kinds.insert(to, kinds.pop(at))
        for position, one in enumerate(kinds):
            one.position = position
        slug = session.get_one(Event, event_id).slug
        audit.record(session, "participation_type.moved", actor_id=by, scope=slug, object_uid=code)


def delete_kind(event_id: int, code: str, *, by: int) -> None:
    """Take a way to take part away, if nobody holds it.

    Raises:
        NotFound: the event has no such way.
        Refused: people are registered this way, in whatever state, or something else lets people in by it.
    """
    try:
        with transaction() as session:
            seats.lock(session, event_id)
            kind = _kind(session, event_id, code)
            people = session.scalar(
                select(func.count()).select_from(Registration).where(Registration.participation_type_id == kind.id)
            )
            if people:
                raise Refused(KindRefusal.HAS_PEOPLE, people=people)
            session.delete(kind)
            slug = session.get_one(Event, event_id).slug
            audit.record(session, "participation_type.deleted", actor_id=by, scope=slug, object_uid=code)
    except IntegrityError:
        raise Refused(KindRefusal.IN_USE) from None


# ---- seats


def save_capacity(
    event_id: int, code: str | None, wish: CapacityFacts, *, kinds: Collection[str], by: int, now: datetime
) -> tuple[Capacity, int]:
    """Change seats of one kind, or make new ones, and say whose they are; seats that get free go on at once.

    Returns:
        The capacity, and to how many who waited seats were given or offered.

    Raises:
        NotFound: the event has no such seats.
        Refused: `capacity_refusal` gave a reason, or people would be without a seat.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        event = session.get_one(Event, event_id)
        there = _capacities(session, event_id)
        capacity = next((one for one in there if one.code == code), None) if code else None
        if code and capacity is None:
            raise NotFound(N_("This event has no such seats."))
        taken, held = (capacity.taken, capacity.held) if capacity else (0, 0)
        refusal = capacity_refusal(has_name=bool(wish.name), seats=wish.seats, taken=taken, held=held)
        if refusal is not None:
            raise Refused(refusal, taken=taken, held=held, least=taken + held)
        if capacity is None:
            taken_codes = [one.code for one in there]
            capacity = Capacity(event=event, code=_free_code(wish.name, taken_codes), name=wish.name, seats=wish.seats)
            session.add(capacity)
        before = capacity.seats
        for one in fields(wish):
            setattr(capacity, one.name, getattr(wish, one.name))
        session.flush()
        all_kinds = session.scalars(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id)
            .options(selectinload(ParticipationType.capacities))
        ).all()
        for kind in all_kinds:
            if (kind.code in kinds) != (capacity in kind.capacities):
                _link(session, kind, capacity, is_wanted=kind.code in kinds)
        audit.record(
            session,
            "capacity.edited" if code else "capacity.made",
            actor_id=by,
            scope=event.slug,
            object_uid=capacity.code,
            seats=wish.seats,
            before=before,
        )
        return capacity, steps.hand_on(session, event_id, now)


def _capacities(session: Session, event_id: int) -> list[Capacity]:
    return list(
        session.scalars(
            select(Capacity)
            .where(Capacity.event_id == event_id)
            .order_by(Capacity.id)
            .execution_options(populate_existing=True)
        )
    )


def _link(session: Session, kind: ParticipationType, capacity: Capacity, *, is_wanted: bool) -> None:
    """Count the people of a type among those who take these seats, or no longer.

    Seats that are held do not say for which type, so a type is moved only where none is held.
    """
    doubtful = [*kind.capacities] if is_wanted else [capacity]
    held = next((one for one in doubtful if one.held), None)
    if held is not None:
        raise Refused(CapacityRefusal.HELD, capacity=plain(held.name))
    confirmed = select(func.count()).where(
        Registration.participation_type_id == kind.id, Registration.state == RegistrationState.CONFIRMED
    )
    people = session.scalar(confirmed.select_from(Registration)) or 0
    if is_wanted and people > capacity.free:
        details = {"people": people, "type": plain(kind.name), "free": capacity.free, "capacity": plain(capacity.name)}
        raise Refused(CapacityRefusal.NO_ROOM, **details)
    change = people if is_wanted else -people
    session.execute(update(Capacity).where(Capacity.id == capacity.id).values(taken=Capacity.taken + change))
    if is_wanted:
        kind.capacities.append(capacity)
    else:
        kind.capacities.remove(capacity)
    session.flush()
    session.refresh(capacity)


def delete_capacity(event_id: int, code: str, *, by: int) -> None:
    """Take seats of one kind away, if nobody has or waits for one.

    Raises:
        NotFound: the event has no such seats.
        Refused: `capacity_delete_refusal` gave a reason.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        capacity = next((one for one in _capacities(session, event_id) if one.code == code), None)
        if capacity is None:
            raise NotFound(N_("This event has no such seats."))
        waiting = _waiting_for(session, capacity)
        refusal = capacity_delete_refusal(taken=capacity.taken, held=capacity.held, waiting=waiting)
        if refusal is not None:
            raise Refused(refusal, taken=capacity.taken, held=capacity.held, waiting=waiting)
        slug = session.get_one(Event, event_id).slug
        session.delete(capacity)
        audit.record(session, "capacity.deleted", actor_id=by, scope=slug, object_uid=code)


def _waiting_for(session: Session, capacity: Capacity) -> int:
    waiting = (
        select(func.count())
        .select_from(Registration)
        .join(Registration.participation_type)
        .where(
            ParticipationType.capacities.any(Capacity.id == capacity.id),
            Registration.state == RegistrationState.WAITLISTED,
        )
    )
    return session.scalar(waiting) or 0
