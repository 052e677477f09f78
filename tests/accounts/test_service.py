"""Signing in, addresses and passwords, as use cases."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from lsos.accounts import service
from lsos.accounts.models import EmailAddress, Person, SignInLink
from lsos.accounts.queries import person_by_email
from lsos.accounts.rules import LINK_LIFE, AddressRefusal, PasswordRefusal, SignInRefusal
from lsos.accounts.sessions import sessions_of
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from tests import make
from tests.make import BEFORE
from tests.racing import race

#: As the platform has it, before tests take a cheaper one.
HASHER = service._hasher
GOOD = "cztery niepowiązane słowa tu"


def link_for(person: Person, *, now=BEFORE, next_path: str = "") -> str:
    with transaction() as session:
        return service.issue_link(
            session, person, email_id=person.emails[0].id, life=LINK_LIFE, next_path=next_path, now=now
        )


def letters() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_only_the_hash_of_a_link_is_stored(app: Flask):
    token = link_for(make.person())
    link = db.session.scalars(select(SignInLink)).one()
    assert token not in {link.token_hash, link.next_path}
    assert len(link.token_hash) == 64


def test_a_link_signs_its_person_in_once(app: Flask):
    person = make.person()
    token = link_for(person, next_path="/pl/account")

    opened = service.open_link(token, now=BEFORE)
    assert opened.person.id == person.id
    assert opened.next_path == "/pl/account"

    with pytest.raises(Refused, match=str(SignInRefusal.LINK_USED)):
        service.open_link(token, now=BEFORE)


def test_a_link_to_elsewhere_leads_nowhere(app: Flask):
    token = link_for(make.person(), next_path="https://evil.example/")
    assert service.open_link(token, now=BEFORE).next_path == ""


def test_an_expired_or_mistyped_link_says_so(app: Flask):
    token = link_for(make.person())
    with pytest.raises(Refused, match="expired"):
        service.open_link(token, now=BEFORE + LINK_LIFE)
    with pytest.raises(Refused, match="not complete"):
        service.open_link(token + "x", now=BEFORE)


def test_opening_a_link_proves_the_address_it_went_to(app: Flask):
    person = make.person()
    with transaction() as session:
        session.get_one(EmailAddress, person.emails[0].id).verified_at = None
    service.open_link(link_for(person), now=BEFORE)
    assert db.session.scalars(select(EmailAddress)).one().verified_at == BEFORE


def test_of_two_clicks_at_once_one_opens_a_session(app: Flask):
    token = link_for(make.person())
    results = race(app, [lambda: service.open_link(token, now=BEFORE)] * 8)
    assert sum(isinstance(result, service.Opened) for result in results) == 1
    assert {result.reason for result in results if isinstance(result, Refused)} == {"link_used"}


def test_old_links_are_forgotten_when_a_new_one_is_made(app: Flask):
    person = make.person()
    link_for(person)
    link_for(person, now=BEFORE + timedelta(days=200))
    assert len(list(db.session.scalars(select(SignInLink)))) == 1


def test_a_known_address_gets_a_letter_and_an_unknown_one_none(app: Flask):
    person = make.person(email="ola@example.org")
    service.ask_for_link("nobody@example.org", next_path="", language="en", now=BEFORE)
    assert letters() == []

    service.ask_for_link(" OLA@Example.org ", next_path="", language="en", now=BEFORE)
    (letter,) = letters()
    assert letter.to_address == "ola@example.org"
    assert letter.language == person.language
    assert letter.is_secret
    assert "/sign-in/" in letter.text


def test_a_password_signs_in_by_any_of_the_addresses(app: Flask):
    person = make.person(email="ola@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    assert service.sign_in_with_password("Ola@example.org", GOOD).id == person.id
    with pytest.raises(Refused, match="do not belong together"):
        service.sign_in_with_password("ola@example.org", GOOD + "x")


@pytest.mark.parametrize("address", ["nobody@example.org", "without@example.org"])
def test_an_unknown_address_and_one_without_password_are_refused_alike(app: Flask, address: str):
    make.person(email="without@example.org")
    with pytest.raises(Refused) as refused:
        service.sign_in_with_password(address, GOOD)
    assert refused.value.reason == "wrong_password"


def test_an_unknown_address_costs_the_same_time(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """Whatever is typed, one hash is checked; so the clock tells nothing about who has an account."""
    person = make.person(email="ola@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    make.person(email="without@example.org")
    hasher = service._hasher
    checked: list[str] = []

    class Counting:
        def verify(self, held: str, password: str) -> bool:
            checked.append(held)
            return hasher.verify(held, password)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    service._decoy()
    monkeypatch.setattr(service, "_hasher", Counting())
    for address in ("nobody@example.org", "without@example.org", "ola@example.org"):
        with pytest.raises(Refused):
            service.sign_in_with_password(address, "wrong")
    assert len(checked) == 3
    assert {held.split("$")[3] for held in checked} == {checked[0].split("$")[3]}  # the same parameters


def test_a_password_is_kept_as_argon2id_and_composed_letters_do_not_matter(app: Flask):
    person = make.person(email="ola@example.org")
    service.set_password(person.id, "zażółć gęślą jaźń", current=None, now=BEFORE)
    held = db.session.get_one(Person, person.id).password_hash
    assert held is not None
    assert held.startswith("$argon2id$")
    decomposed = "zaz\u0307o\u0301łc\u0301 ge\u0328s\u0301la\u0328 jaz\u0301n\u0301"
    assert service.sign_in_with_password("ola@example.org", decomposed).id == person.id


def test_a_hash_costs_what_rfc_9106_recommends():
    assert (HASHER.time_cost, HASHER.memory_cost, HASHER.parallelism) == (3, 65_536, 4)


def test_a_hash_with_old_parameters_is_renewed_at_the_next_sign_in(app: Flask):
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(GOOD)
    person = make.person(email="ola@example.org", password_hash=old)
    service.sign_in_with_password("ola@example.org", GOOD)
    renewed = db.session.get_one(Person, person.id).password_hash
    assert renewed != old
    assert service.sign_in_with_password("ola@example.org", GOOD).id == person.id
    assert db.session.get_one(Person, person.id).password_hash == renewed


def test_a_new_password_needs_the_present_one_and_ends_what_was_open(app: Flask):
    person = make.person(email="ola@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    token = link_for(person)
    make.session_key(person)

    with pytest.raises(Refused) as refused:
        service.set_password(person.id, "another good one", current="wrong", now=BEFORE)
    assert refused.value.reason == PasswordRefusal.WRONG_CURRENT.name.lower()

    service.set_password(person.id, "another good one", current=GOOD, now=BEFORE)
    assert sessions_of(person.id, now=BEFORE) == []
    with pytest.raises(Refused, match="used already"):
        service.open_link(token, now=BEFORE)


def test_an_address_is_added_only_by_the_link_sent_to_it(app: Flask):
    person = make.person("Łukasz", "Żak", email="lz@example.org")
    service.ask_to_add_address(person.id, "Prywatny@example.com", now=BEFORE)
    assert person_by_email("prywatny@example.com") is None

    token = letters()[0].text.split("/account/addresses/")[1].split()[0]
    for _ in range(2):
        assert service.add_address(person, token, now=BEFORE) == "prywatny@example.com"
    found = person_by_email("prywatny@example.com")
    assert found is not None
    assert found.id == person.id
    assert found.search_key == "zak lukasz lz@example.org prywatny@example.com"


def test_nobody_learns_from_adding_an_address_that_it_is_known(app: Flask):
    make.person(email="other@example.org")
    person = make.person()
    service.ask_to_add_address(person.id, "other@example.org", now=BEFORE)
    assert letters() == []


def test_a_link_for_an_address_works_for_its_own_account_and_a_day_only(app: Flask):
    person, thief = make.person(), make.person()
    service.ask_to_add_address(person.id, "new@example.org", now=BEFORE)
    token = letters()[0].text.split("/account/addresses/")[1].split()[0]
    for who, when, reason in (
        (thief, BEFORE, AddressRefusal.LINK_WRONG),
        (person, BEFORE + timedelta(days=1), AddressRefusal.LINK_EXPIRED),
    ):
        with pytest.raises(Refused, match=str(reason)):
            service.add_address(who, token, now=when)
    with pytest.raises(Refused, match=str(AddressRefusal.LINK_WRONG)):
        service.add_address(person, token[:-2], now=BEFORE)


def test_an_address_that_went_to_another_account_meanwhile_is_refused(app: Flask):
    person = make.person()
    service.ask_to_add_address(person.id, "new@example.org", now=BEFORE)
    token = letters()[0].text.split("/account/addresses/")[1].split()[0]
    make.person(email="new@example.org")
    with pytest.raises(Refused, match=str(AddressRefusal.TAKEN)):
        service.add_address(person, token, now=BEFORE)


def test_one_address_is_primary_and_that_one_cannot_be_taken_away(app: Flask):
    person = make.person(email="first@example.org")
    with transaction() as session:
        session.add(EmailAddress(person_id=person.id, address="second@example.org", is_primary=False))
    service.make_primary(person.id, "second@example.org")
    with pytest.raises(Refused, match="Make another one"):
        service.remove_address(person.id, "second@example.org")

    service.remove_address(person.id, "first@example.org")
    left = db.session.scalars(select(EmailAddress)).one()
    assert (left.address, left.is_primary) == ("second@example.org", True)
    with pytest.raises(Refused, match="not in your account"):
        service.remove_address(person.id, "first@example.org")


def test_what_people_do_with_their_account_is_on_record(app: Flask):
    person = make.person(email="ola@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    service.sign_in_with_password("ola@example.org", GOOD)
    service.rename(person.id, "Aleksandra", "Wąs", "en")
    service.sign_out_everywhere(person.id, now=BEFORE)
    entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.action for entry in entries] == [
        "person.password_set",
        "person.signed_in",
        "person.renamed",
        "person.signed_out_everywhere",
    ]
    assert {entry.actor_id for entry in entries} == {person.id}
