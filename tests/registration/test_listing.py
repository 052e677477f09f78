"""The organiser's list finds people by any word, in whatever letters, wherever it was written, and keeps its order."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.organisations.models import Organisation
from lsos.registration.fields import Register
from lsos.registration.list_models import SearchLine
from lsos.registration.listing import Wanted, count_listed, ids_of, page_of, rows_of, uids_of
from lsos.registration.models import Registration
from lsos.registration.own_fields import OWN
from tests import make
from tests.counting import counting
from tests.naughty import naughty_strings


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def register(event: Event) -> Register:
    return Register(event, {one.code: one for one in OWN})


def names(register: Register, **wanted: object) -> list[str]:
    wish = Wanted(**wanted)  # type: ignore[arg-type]
    ids = page_of(register, wish).ids
    assert (
        page_of(register, wish).total
        == count_listed(register, wish)
        == len(ids)
        == len(ids_of(register, wish))
        == len(uids_of(register, wish))
    )
    return [row.registration.person.name for row in rows_of(ids, list(register))]


def test_search_finds_people_organisations_and_badges_whatever_their_letters(event: Event, register: Register):
    where = make.organisation("Ośrodek Ćwiczeń")
    one = make.registration(event, make.person("Łukasz", "Żak", email="lz@example.org"), organisation=where)
    make.registration(event, make.person("Anna", "Nowak"))
    make.registration(make.event(), make.person("Łukasz", "Obcy"))

    def found(words: str) -> list[str]:
        return names(register, words=words)

    for words in ("lukasz", "ŻAK łuk", "osrodek", "lz@example", one.badge_code, one.badge_code.lower()):
        assert found(words) == ["Łukasz Żak"], words
    assert found("") == ["Anna Nowak", "Łukasz Żak"]
    assert found("100%") == found("_") == []


def test_whoever_changes_a_name_the_list_finds_it(event: Event, register: Register):
    one = make.registration(event, make.person("Anna", "Nowak"), organisation=make.organisation("Pierwsza"))
    with transaction() as session:
        session.execute(update(Person).values(search_key="kowalska anna"))
        session.execute(update(Organisation).values(search_key="druga"))
    assert names(register, words="kowalska druga") == ["Anna Nowak"]
    assert names(register, words="nowak") == names(register, words="pierwsza") == []
    with transaction() as session:
        session.get_one(Registration, one.id).organisation = None
    assert names(register, words="druga") == []
    with transaction() as session:
        session.delete(session.get_one(Registration, one.id))
    assert db.session.scalars(select(SearchLine)).all() == []


def test_it_is_sorted_by_any_field_and_the_unknown_stand_at_the_end(event: Event, register: Register):
    for given, where in (("Anna", "Beta"), ("Bartek", None), ("Celina", "Alfa")):
        make.registration(event, make.person(given, given), organisation=make.organisation(where) if where else None)
    first = [name.split()[0] for name in names(register, sort="organisation")]
    assert first == ["Celina", "Anna", "Bartek"]
    assert [name.split()[0] for name in names(register, sort="-organisation")] == ["Anna", "Celina", "Bartek"]
    assert [name.split()[0] for name in names(register, sort="-name")] == ["Celina", "Bartek", "Anna"]
    assert names(register, sort="nonsense") == names(register)


def test_every_field_is_read_in_a_constant_number_of_statements(event: Event, register: Register):
    def cost() -> int:
        db.session.expire_all()
        with counting() as statements:
            for row in rows_of(ids_of(register, Wanted()), list(register)):
                for one in register:
                    row.value(one)
        return len(statements)

    make.registration(event, organisation=make.organisation())
    few = cost()
    for _ in range(9):
        make.registration(event, organisation=make.organisation())
    assert cost() == few


def test_every_filter_and_every_order_can_be_asked_for(event: Event, register: Register):
    make.registration(event)
    for one in register:
        if one.where is not None:
            for value in ("x", "-", "1..2", "2025-01-01..2025-12-31", "yes"):
                names(register, filters={one.code: (value,)})
        names(register, sort=one.code)
        if one.choices is not None:
            one.choices(event)


def test_no_naughty_word_breaks_a_search(event: Event, register: Register):
    one = make.registration(event)
    for words in naughty_strings():
        count_listed(register, Wanted(words=words.replace("\x00", "")))
    assert db.session.get(Registration, one.id) is not None
