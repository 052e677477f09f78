"""What tests of the ways in begin with."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lsos.db import db
from lsos.invitations import delegations, entries, service, waves
from lsos.invitations.models import Delegation, Invitation
from lsos.invitations.rules import WaveKind, WaveStepState
from lsos.invitations.service import Asked
from lsos.mail import OutgoingMail
from lsos.registration import service as registering
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType
from lsos.registration.service import Outcome
from tests import make
from tests.make import BEFORE


def by() -> int:
    """Make an organiser, and give their number."""
    return make.person("Olga", "Organizator").id


def invited(
    kind: ParticipationType, address: str = "ola@example.org", *, is_sent: bool = True, **more: Any
) -> Invitation:
    """Invite somebody."""
    values = {"given_name": "Ola", "family_name": "Nowak", "language": "en"} | more
    who = by()
    made = service.invite(kind.event_id, Asked(address, kind.code, **values), by=who, now=BEFORE)
    if is_sent:
        act(WaveKind.SEND, kind, [made.uid])
    return made


@dataclass(frozen=True)
class Came:
    """What came of something that was done to many."""

    number: int
    refused: list[tuple[str, str]]


def act(
    what: WaveKind, kind: ParticipationType, uids: list[str], *, is_forced: bool = False, now: datetime = BEFORE
) -> Came:
    """Do something to invitations, as the pages do."""
    who = by()
    wave = waves.freeze(kind.event_id, uids, what, by=who, now=now)
    number = sum(waves.counts(wave).values())
    if number:
        waves.begin(kind.event_id, wave.uid, expected=number, is_forced=is_forced, by=who, now=now)
        waves.proceed(kind.event_id, wave.uid, now=now)
    refused = [(one.name, one.why) for one in waves.lines(wave, state=WaveStepState.REFUSED)]
    return Came(waves.counts(wave)[WaveStepState.DONE], refused)


def delegation(kind: ParticipationType, seats: int = 3, **more: Any) -> Delegation:
    """Keep seats for an organisation."""
    manager = delegations.Manager("manager@example.org", "Maria", "en")
    values = {"managers": [manager], "by": None, "now": BEFORE} | more
    return delegations.found(kind.event_id, "Klinika Zdrowia", kind.code, seats, **values)


def accepting(kind: ParticipationType, held: str, name: str = "Ola") -> Callable[[], Outcome]:
    """Make what registers with what somebody holds, as the page of registration does."""
    event_id, code = kind.event_id, kind.code

    def register() -> Outcome:
        entry = entries.entry_of(event_id, held, now=BEFORE)
        assert entry is not None
        return registering.register(
            event_id,
            code,
            Details(name, f"{name.lower()}@example.org", "en"),
            (),
            by=None,
            is_invited=True,
            is_approved=True,
            holding=entry.holding,
            entry=entry.use,
            now=BEFORE,
        )

    return register


def accept(kind: ParticipationType, held: str, name: str = "Ola") -> Outcome:
    """Register with what somebody holds."""
    return accepting(kind, held, name)()


def token(letter: str, address: str) -> str:
    """Read the token from the latest letter of a kind to an address."""
    db.session.rollback()
    text = db.session.scalars(
        select(OutgoingMail.text)
        .where(OutgoingMail.to_address == address, OutgoingMail.key.startswith(letter))
        .order_by(OutgoingMail.id.desc())
    ).first()
    assert text is not None
    found = re.search(r"/(?:invitation|claim|delegation)/([\w-]+)", text)
    assert found is not None
    return found[1]


def letters(address: str) -> list[str]:
    """List the subjects of the letters to an address, the first one first."""
    db.session.rollback()
    return list(
        db.session.scalars(
            select(OutgoingMail.subject).where(OutgoingMail.to_address == address).order_by(OutgoingMail.id)
        )
    )


def seats_of(kind: ParticipationType) -> tuple[int, int, int]:
    """Say how many seats of a type are taken, held and free."""
    db.session.rollback()
    db.session.expire_all()
    found = db.session.scalars(select(Capacity).where(Capacity.event_id == kind.event_id)).one()
    return found.taken, found.held, found.free
