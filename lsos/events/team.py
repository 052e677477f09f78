"""The team of an event: people are invited by their address, and given roles for as long as they need them."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.letters import write_with_link
from lsos.accounts.models import Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import found_or_new
from lsos.db import transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event, RoleGrant, SecondFactorRule
from lsos.events.rules import ROLE_NAMES, Role, TeamRefusal, grant_refusal, owners_refusal


def invite(
    event_id: int,
    address: str,
    name: str,
    role: Role,
    *,
    until: date | None,
    language: str,
    next_path: str,
    by: int,
    now: datetime,
) -> Person:
    """Give the holder of an address a role and write to them; whoever is not known yet becomes known.

    Args:
        event_id: the event.
        address: where they are written to.
        name: for a new person; its last word becomes the family name.
        role: what they may do.
        until: the last day on which they may.
        language: the language of the letter to a new person.
        next_path: where the link in the letter leads.
        by: the owner who invites them.
        now: the moment.

    Raises:
        Refused: `grant_refusal` gave a reason, they are the last owner, or whoever holds the address was erased.
    """
    with transaction() as session:
        event = _locked(session, event_id)
        refuse_erased(session, address)
        person = found_or_new(session, address, name, language=language, now=now)
        _give(session, event, person, role, until=until, by=by, now=now)
        email = next(one for one in person.emails if one.address == fold_address(address))
        write_with_link(
            session,
            person,
            "team_invitation",
            about=f"{event.uid}:{person.uid}",
            leads_to=next_path,
            now=now,
            email=email,
            scope=event.slug,
            event=event,
            role=ROLE_NAMES[role],
            until=until,
        )
        return person


def give(event_id: int, person_uid: str, role: Role, *, until: date | None, by: int, now: datetime) -> None:
    """Give somebody of the team a role, or change until when they hold it.

    Raises:
        NotFound: there is no such person.
        Refused: `grant_refusal` gave a reason, or they are the last owner.
    """
    with transaction() as session:
        event = _locked(session, event_id)
        _give(session, event, _person(session, person_uid), role, until=until, by=by, now=now)


def take_back(event_id: int, person_uid: str, role: Role, *, by: int) -> None:
    """Take a role back from somebody.

    Raises:
        NotFound: there is no such person.
        Refused: they are the last owner, or hold the role in all events, or not at all.
    """
    with transaction() as session:
        event = _locked(session, event_id)
        person = _person(session, person_uid)
        held = _grant(session, event, person, role)
        if held is None:
            everywhere = select(RoleGrant.id).where(
                RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.event_id.is_(None)
            )
            is_everywhere = session.scalar(everywhere) is not None
            raise Refused(TeamRefusal.EVERYWHERE if is_everywhere else TeamRefusal.NOT_HELD)
        if role is Role.OWNER:
            _keep_an_owner(session, event, person)
        session.delete(held)
        audit.record(session, "role.taken_back", actor_id=by, scope=event.slug, object_uid=person.uid, role=role.value)


def _locked(session: Session, event_id: int) -> Event:
    """Load the event and keep others from changing its team meanwhile: of two owners who leave at once, one stays."""
    return session.scalars(select(Event).where(Event.id == event_id).with_for_update()).one()


def _person(session: Session, uid: str) -> Person:
    found = session.scalar(select(Person).where(Person.uid == uid))
    if found is None:
        raise NotFound(TeamRefusal.NOT_HELD)
    return found


def _grant(session: Session, event: Event, person: Person, role: Role) -> RoleGrant | None:
    return session.scalar(
        select(RoleGrant).where(
            RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.event_id == event.id
        )
    )


def _give(
    session: Session, event: Event, person: Person, role: Role, *, until: date | None, by: int, now: datetime
) -> None:
    refusal = grant_refusal(until=until, today=now.date())
    if refusal is not None:
        raise Refused(refusal)
    held = _grant(session, event, person, role)
    if held is None:
        session.add(RoleGrant(person_id=person.id, role=role, event_id=event.id, until=until))
    else:
        if role is Role.OWNER and until is not None:
            _keep_an_owner(session, event, person)
        held.until = until
    audit.record(
        session,
        "role.granted",
        actor_id=by,
        scope=event.slug,
        object_uid=person.uid,
        role=role.value,
        until=until.isoformat() if until else "",
    )


def _keep_an_owner(session: Session, event: Event, leaving: Person) -> None:
    owners = session.scalars(
        select(RoleGrant.person_id).where(
            RoleGrant.role == Role.OWNER,
            or_(RoleGrant.event_id == event.id, RoleGrant.event_id.is_(None)),
            RoleGrant.until.is_(None),
        )
    ).all()
    refusal = owners_refusal(owners, leaving=leaving.id)
    if refusal is not None:
        raise Refused(refusal)


def ask_for_second_factor(rules: Mapping[Role, date], *, by: int) -> None:
    """Say which roles need a second factor, and from which day; those that are left out need none."""
    with transaction() as session:
        session.execute(delete(SecondFactorRule))
        session.add_all(SecondFactorRule(role=role, required_from=day) for role, day in rules.items())
        audit.record(
            session,
            "platform.second_factor_asked",
            actor_id=by,
            roles={role.value: day.isoformat() for role, day in rules.items()},
        )
