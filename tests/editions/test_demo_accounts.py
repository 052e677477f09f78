"""Four accounts open a demonstration; their passwords can be told on every start and are stored nowhere."""

import pytest
from flask import Flask

from lsos.accounts.queries import person_by_email
from lsos.accounts.service import sign_in_with_password
from lsos.accounts.sessions import sessions_of
from lsos.db import db
from lsos.editions.demo import ACCOUNTS, DOOR, ORGANISER, fill
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import roles_of
from lsos.events.rules import Role
from tests import make


@pytest.fixture
def event(app: Flask) -> Event:
    event = make.event()
    make.participation_type(event)
    fill(event, people=3, seed=1, now=make.BEFORE)
    return event


def test_the_four_accounts_sign_in_with_the_passwords_that_are_told(event):
    people = [sign_in_with_password(account.address, account.password) for account in ACCOUNTS]
    names = ["Olga Organizacka", "Ula Uczestnicka", "Damian Drzwiowski", "Jadwiga Jurorska"]
    assert [person.name for person in people] == names
    assert roles_of(people[0].id, None) == {Role.OWNER}
    assert roles_of(people[1].id, event.id) == frozenset()
    assert roles_of(people[2].id, event.id) == {Role.DOOR}
    assert roles_of(people[2].id, None) == frozenset()
    assert roles_of(people[3].id, event.id) == frozenset()


def test_a_second_run_signs_nobody_out(event):
    before = [person_by_email(account.address) for account in ACCOUNTS]
    for person in before:
        assert person is not None
        make.session_key(person)
    fill(event, people=3, seed=1, now=make.BEFORE)
    db.session.expire_all()
    assert [len(sessions_of(person.id, now=make.BEFORE)) for person in before if person] == [1, 1, 1, 1]


def test_passwords_follow_the_secret_key(event, app, monkeypatch):
    old = ORGANISER.password
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-key-of-forty-letters-000000000000")
    assert DOOR.password != ORGANISER.password != old
    with pytest.raises(Refused):
        sign_in_with_password(ORGANISER.address, ORGANISER.password)
    fill(event, people=3, seed=1, now=make.BEFORE)
    assert sign_in_with_password(ORGANISER.address, ORGANISER.password).name == "Olga Organizacka"
