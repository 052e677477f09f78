"""A demonstration: an event filled with invented people, and four accounts to look at it with."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session as DatabaseSession

from lsos import audit
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.service import new_person, set_password
from lsos.db import transaction
from lsos.editions.attendance import attend
from lsos.editions.bookings import Bookings
from lsos.editions.filling import ATTENDEE, Filling
from lsos.editions.inviting import add_ways_in
from lsos.editions.judging import JUROR as JUROR_FACTS
from lsos.editions.judging import add_juries
from lsos.editions.proposing import add_proposals
from lsos.editions.questioning import add_questions
from lsos.editions.year import add_year
from lsos.editions.zone_filling import fill_zone
from lsos.errors import N_, NotFound
from lsos.events.models import Event, RoleGrant
from lsos.events.rules import Role
from lsos.registration.models import Registration

Progress = Callable[[float], object]


@dataclass(frozen=True)
class DemoAccount:
    """A way into the demonstration."""

    what: str
    address: str
    given_name: str
    family_name: str
    #: The role it holds, and whether only in this event.
    role: Role | None = None
    is_everywhere: bool = False

    @property
    def password(self) -> str:
        """Derive the password from the secret key, so that it can be told on every start and is stored nowhere."""
        key = str(current_app.config["SECRET_KEY"]).encode()
        digest = hmac.digest(key, f"lsos-demo:{self.address}".encode(), hashlib.sha256)
        letters = base64.b32encode(digest).decode().lower()
        return "-".join(letters[n : n + 4] for n in (0, 4, 8, 12))


ORGANISER: Final = DemoAccount(
    "organiser", "organiser@example.org", "Olga", "Organizacka", role=Role.OWNER, is_everywhere=True
)
VISITOR: Final = DemoAccount("attendee", *ATTENDEE)
DOOR: Final = DemoAccount("door", "door@example.org", "Damian", "Drzwiowski", role=Role.DOOR)
JUROR: Final = DemoAccount("juror", *JUROR_FACTS)
ACCOUNTS: Final = (ORGANISER, VISITOR, DOOR, JUROR)


@dataclass(frozen=True)
class Filled:
    """What a filling added; nothing, where everything was there."""

    people: int
    came: int
    small_events: int


def _keep_quiet(_share: float) -> None:
    """Show no progress."""


def fill(event: Event, *, people: int, seed: int, now: datetime, progress: Progress | None = None) -> Filled:
    """Fill an event up to so many invented people, with all that people do before and, if the day has come, at it.

    The same seed gives the same people; what is there stays. `progress` is told the share that is done.

    Raises:
        NotFound: the event is not there any more.
        Refused: the event has no way to take part.
    """
    progress = progress or _keep_quiet
    with transaction() as session:
        found = session.scalar(select(Event).where(Event.id == event.id).with_for_update())
        if found is None:
            raise NotFound(N_("There is no event %(event)s any more."), event=event.slug)
        organiser, door, _juror = (_account(session, account, found, now) for account in (ORGANISER, DOOR, JUROR))
        there = _invented(session, found)
        added = max(people, 1) - there
        came = 0
        if added > 0:
            filling = Filling(session, found, seed, now)
            guests = filling.invite(added, after=there, progress=lambda share: progress(0.3 * share))
            filling.write(guests, organiser.id, lambda share: progress(0.3 + 0.4 * share))
            Bookings(session, found, seed, now).arrange(guests)
            fill_zone(session, found, seed=seed, now=now, by_id=organiser.id)
            progress(0.85)
            ids = [guest.registration_id for guest in guests]
            came = attend(session, found, seed=seed, now=now, only=ids, by_id=door.id)
            progress(0.95)
        small = add_year(session, found, seed=seed, now=now, by_id=door.id)
        add_juries(session, found, seed=seed, now=now)
        visitor = _person(session, VISITOR.address)
        if visitor is not None:
            add_proposals(session, found, attendee=visitor, by_id=organiser.id, now=now)
        if added > 0 or small:
            audit.record(
                session,
                "demo.filled",
                actor_id=None,
                scope=found.slug,
                object_uid=found.uid,
                people=max(added, 0),
                seed=seed,
            )
        organiser_id = organiser.id
    add_ways_in(event, attendee=VISITOR.address, by_id=organiser_id, now=now)
    add_questions(event, seed=seed, by_id=organiser_id, now=now)
    _set_passwords(now)
    progress(1)
    return Filled(max(added, 0), came, small)


def replay(event: Event, *, seed: int, now: datetime) -> int:
    """Let the invented people of an event that was moved come in anew; gives back how many came."""
    with transaction() as session:
        found = session.get_one(Event, event.id)
        door = _account(session, DOOR, found, now)
        return attend(session, found, seed=seed, now=now, only=None, by_id=door.id)


def _invented(session: DatabaseSession, event: Event) -> int:
    invented = (
        select(func.count())
        .select_from(Registration)
        .join(Person)
        .where(Registration.event_id == event.id, Person.is_invented)
    )
    return session.scalar(invented) or 0


def _person(session: DatabaseSession, address: str) -> Person | None:
    return session.scalar(select(Person).join(Person.emails).where(EmailAddress.address == address))


def _account(session: DatabaseSession, account: DemoAccount, event: Event, now: datetime) -> Person:
    """Give the person of an account, with the role it stands for."""
    person = _person(session, account.address)
    if person is None:
        person = new_person(
            account.given_name,
            account.family_name,
            account.address,
            language="pl",
            now=now,
            is_verified=True,
            is_invented=True,
        )
        session.add(person)
        session.flush()
    where = None if account.is_everywhere else event.id
    held = session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.person_id == person.id,
            RoleGrant.role == account.role,
            RoleGrant.event_id.is_not_distinct_from(where),
        )
    )
    if held is None and account.role is not None:
        session.add(RoleGrant(person_id=person.id, role=account.role, event_id=where))
        session.flush()
    return person


def _set_passwords(now: datetime) -> None:
    """Give the accounts the passwords of this installation, where they do not have them yet."""
    for account in ACCOUNTS:
        with transaction() as session:
            person = _person(session, account.address)
        if person is not None and person.is_invented and not _fits(person.password_hash, account.password):
            set_password(person.id, account.password, current=None, now=now)


def _fits(password_hash: str | None, password: str) -> bool:
    try:
        return password_hash is not None and PasswordHasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
