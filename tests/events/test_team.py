"""The team of an event: roles are given, end on their day, and the last owner stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event, RoleGrant
from lsos.events.queries import roles_of, works_anywhere
from lsos.events.rules import Role, TeamRefusal, grant_refusal, may_act, owners_refusal
from lsos.events.team import give, invite, take_back
from lsos.mail import OutgoingMail
from tests import make
from tests.racing import race

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("held", "may", "may_not"),
    [
        ({Role.OWNER}, set(Role), set()),
        ({Role.READER}, {Role.READER}, set(Role) - {Role.READER}),
        ({Role.DOOR}, {Role.DOOR}, set(Role) - {Role.DOOR}),
        ({Role.PROGRAMME}, {Role.PROGRAMME, Role.READER}, {Role.OWNER, Role.REGISTRATIONS, Role.DOOR}),
    ],
)
def test_each_role_may_do_its_own_and_a_reader_only_looks(held: set[Role], may: set[Role], may_not: set[Role]):
    assert {role for role in Role if may_act(held, role)} >= may
    assert not any(may_act(held, role) for role in may_not)


def test_when_a_role_cannot_be_given_or_taken_back():
    assert grant_refusal(until=TODAY - timedelta(days=1), today=TODAY) is TeamRefusal.OVER
    assert grant_refusal(until=TODAY, today=TODAY) is None
    assert owners_refusal([1], leaving=1) is TeamRefusal.LAST_OWNER
    assert owners_refusal([1, 2], leaving=1) is None


def invited(event: Event, by: Person, address: str = "ola@example.org", **more: Any) -> Person:
    values: dict[str, Any] = {"until": None, "language": "pl", "next_path": "/pl/", "by": by.id, "now": NOW} | more
    return invite(event.id, address, "Ola Maria Nowak", Role.DOOR, **values)


def test_somebody_unknown_is_invited_with_a_letter_and_their_role_ends_after_its_day(app: Flask):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    who = invited(event, owner, until=TODAY)
    assert (who.given_name, who.family_name) == ("Ola Maria", "Nowak")
    assert roles_of(who.id, event.id) == {Role.DOOR}
    letter = db.session.scalars(select(OutgoingMail)).one()
    assert letter.is_secret
    assert "/sign-in/" in letter.text

    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == who.id)).one()
    grant.until = TODAY - timedelta(days=1)
    db.session.commit()
    assert roles_of(who.id, event.id) == frozenset()
    assert not works_anywhere(who.id)
    actions = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.scope == event.slug)))
    assert actions == {"role.granted"}


def test_somebody_known_keeps_their_name_and_gets_the_role_besides(app: Flask):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    known = make.person("Łucja", "Wąs", email="lw@example.org")
    make.role(known, Role.READER, event)
    assert invited(event, owner, "LW@example.org").id == known.id
    assert roles_of(known.id, event.id) == {Role.READER, Role.DOOR}
    take_back(event.id, known.uid, Role.READER, by=owner.id)
    assert roles_of(known.id, event.id) == {Role.DOOR}
    with pytest.raises(Refused, match="do not hold this role"):
        take_back(event.id, known.uid, Role.READER, by=owner.id)


def test_the_last_owner_cannot_leave_nor_end(app: Flask):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    with pytest.raises(Refused, match="own the event without end"):
        take_back(event.id, owner.uid, Role.OWNER, by=owner.id)
    with pytest.raises(Refused, match="own the event without end"):
        give(event.id, owner.uid, Role.OWNER, until=TODAY, by=owner.id, now=NOW)
    cluster = make.staff(Role.OWNER)
    with pytest.raises(Refused, match="applies to all events"):
        take_back(event.id, cluster.uid, Role.OWNER, by=owner.id)
    take_back(event.id, owner.uid, Role.OWNER, by=owner.id)


def test_of_two_owners_who_leave_at_once_one_stays(app: Flask):
    event = make.event()
    owners = [make.staff(Role.OWNER, event) for _ in range(2)]
    event_id, ids = event.id, [(one.uid, one.id) for one in owners]
    calls = [lambda uid=uid, by=by: take_back(event_id, uid, Role.OWNER, by=by) for uid, by in ids]
    results = race(app, calls)
    assert sorted(isinstance(one, Refused) for one in results) == [False, True]
