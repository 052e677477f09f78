"""Two records of one organisation become one."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.errors import NotFound
from lsos.events.rules import Role
from lsos.merging.organisations import likely_duplicates, merge, preview, proposed_from_gone
from lsos.organisations.keeping import OrganisationFacts, store
from lsos.organisations.models import Affiliation, Organisation
from lsos.organisations.queries import forwarded, organisation_by_name, whole_organisation
from lsos.organisations.rules import NumberKind
from tests import make
from tests.make import BEFORE


def kept(name: str, **more: Any) -> Organisation:
    return store(None, OrganisationFacts(name, **more), by=make.person().id, now=BEFORE)


def test_names_numbers_domains_people_and_events_come_together(app: Flask):
    into = kept("Instytut Łąk", numbers={NumberKind.NIP: "1234563218"}, city="Kraków")
    gone = kept(
        "Instytut Łąk Sp. z o.o.",
        numbers={NumberKind.NIP: "5260001246", NumberKind.KRS: "0000271562"},
        domains=("laki.pl",),
        city="Wieliczka",
        country="PL",
    )
    both, alone = make.person(), make.person()
    make.add(Affiliation(person_id=both.id, organisation_id=into.id, is_current=False))
    for who in (both, alone):
        make.add(Affiliation(person_id=who.id, organisation_id=gone.id))
    event = make.event(organiser=gone)
    mine = make.registration(event, alone, organisation_id=gone.id)

    gone_uid = gone.uid
    seen = preview(into.uid, gone_uid)
    assert seen.people_of_both == 1
    assert set(seen.differences) == {"name", "city", "country", "nip", "krs"}
    assert proposed_from_gone(seen.differences) == {"country", "krs"}

    owner = make.staff(Role.OWNER)
    merge(into.uid, gone_uid, frozenset({"country", "nip"}), by=owner.id, now=BEFORE)

    whole = whole_organisation(into.uid)
    assert whole is not None
    assert (whole.name, whole.city, whole.country) == ("Instytut Łąk", "Kraków", "PL")
    assert {one.kind: one.number for one in whole.numbers} == {
        NumberKind.NIP: "5260001246",
        NumberKind.KRS: "0000271562",
    }
    assert [one.domain for one in whole.domains] == ["laki.pl"]
    assert organisation_by_name("instytut lak sp. z o.o.") == whole
    assert {(one.person_id, one.is_current) for one in db.session.scalars(select(Affiliation))} == {
        (both.id, True),
        (alone.id, True),
    }
    assert db.session.get_one(type(event), event.id, populate_existing=True).organiser_id == into.id
    assert db.session.get_one(type(mine), mine.id, populate_existing=True).organisation_id == into.id
    assert forwarded(gone_uid) == whole
    entry = db.session.scalars(select(AuditEntry).filter_by(action="organisation.merged")).one()
    assert entry.details["was"]["city"] == "Wieliczka"
    with pytest.raises(NotFound):
        merge(into.uid, gone_uid, frozenset(), by=owner.id, now=BEFORE)


def test_a_chain_of_merges_leads_to_the_last(app: Flask):
    first, second, third = (kept(name).uid for name in ("Alfa", "Beta", "Gamma"))
    by = make.person().id
    merge(second, first, frozenset(), by=by, now=BEFORE)
    merge(third, second, frozenset(), by=by, now=BEFORE)
    assert forwarded(first) == forwarded(second) == whole_organisation(third)


def test_likely_ones_are_found_and_those_with_different_numbers_are_not(app: Flask):
    one, other = kept("BioMed"), kept("Biomed S.A.")
    kept("Zdrowie Plus", numbers={NumberKind.NIP: "1234563218"})
    kept("Zdrowie Plus SA", numbers={NumberKind.NIP: "5260001246"})
    (pair,) = likely_duplicates()
    assert {pair.one.id, pair.other.id} == {one.id, other.id}
