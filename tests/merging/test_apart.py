"""Two that look like one and are two: said once, remembered, taken back."""

from typing import Any

import pytest
from flask import Flask

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.rules import Role
from lsos.merging import apart, organisations, people
from lsos.merging.models import OrganisationsApart, PeopleApart
from lsos.merging.people import Wish
from lsos.registration.steps import nothing_else
from tests import make
from tests.make import BEFORE


@pytest.fixture
def organiser(app: Flask) -> Person:
    return make.staff(Role.OWNER)


def suggested() -> list[set[int]]:
    db.session.rollback()
    return [{pair.one.id, pair.other.id} for pair in people.likely_duplicates()]


def said(table: Any) -> set[tuple[int, int]]:
    db.session.rollback()
    return set(apart.pairs(table))


def test_two_who_are_said_to_be_two_are_not_suggested_until_it_is_taken_back(organiser: Person):
    one, other = make.person("Zofia", "Mak"), make.person("Zofia", "Mak")
    assert suggested() == [{one.id, other.id}]
    for _ in "twice":
        apart.say_people_apart(other.uid, one.uid, by=organiser.id, now=BEFORE)
    assert suggested() == []
    assert [{pair.one.id, pair.other.id} for pair in apart.people_told_apart()] == [{one.id, other.id}]
    apart.people_may_be_one(one.uid, other.uid, by=organiser.id)
    assert suggested() == [{one.id, other.id}]


def test_a_merge_takes_along_what_was_said_of_the_record_that_goes(organiser: Person):
    first, second, third = (make.person("Zofia", "Mak") for _ in range(3))
    apart.say_people_apart(second.uid, third.uid, by=organiser.id, now=BEFORE)
    apart.say_people_apart(first.uid, second.uid, by=organiser.id, now=BEFORE)
    people.merge(first.uid, second.uid, Wish(), release=nothing_else, by=organiser.id, now=BEFORE)
    assert said(PeopleApart) == {(first.id, third.id)}
    assert suggested() == []


def test_organisations_are_told_apart_and_merged_likewise(organiser: Person):
    first, second, third = (make.organisation(name) for name in ("Instytut Raka", "Instytut Raka II", "Klinika"))
    assert len(organisations.likely_duplicates()) == 1
    apart.say_organisations_apart(first.uid, second.uid, by=organiser.id, now=BEFORE)
    assert organisations.likely_duplicates() == []
    assert len(apart.organisations_told_apart()) == 1
    apart.say_organisations_apart(second.uid, third.uid, by=organiser.id, now=BEFORE)
    organisations.merge(first.uid, second.uid, frozenset(), by=organiser.id, now=BEFORE)
    assert said(OrganisationsApart) == {(first.id, third.id)}
    apart.organisations_may_be_one(first.uid, third.uid, by=organiser.id)
    assert said(OrganisationsApart) == set()
