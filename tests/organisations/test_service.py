"""An organisation that somebody types is found under any of its names, or comes to be once."""

from threading import Barrier, Thread

from flask import Flask

from lsos.db import db, transaction
from lsos.organisations.models import Organisation
from lsos.organisations.queries import organisation_by_name, organisation_by_uid, organisations_like
from lsos.organisations.service import new_organisation, settle_organisation
from tests import make


def settle(name: str) -> Organisation:
    with transaction() as session:
        return settle_organisation(session, name, now=make.BEFORE)


def test_a_new_name_makes_an_organisation_that_is_found_again_in_other_letters(app: Flask):
    made = settle("  Łąkowe   Biotechnologie ")
    assert made.name == "Łąkowe Biotechnologie"
    assert settle("LAKOWE biotechnologie").id == made.id
    assert organisation_by_uid(made.uid) == made


def test_an_alias_leads_to_its_organisation(app: Flask):
    owner = make.add(new_organisation("Instytut Mgławic", "IM", "Institute of Nebulae", now=make.BEFORE))
    assert settle("im").id == owner.id
    assert sorted(owner.other_names) == ["IM", "Institute of Nebulae"]


def test_an_organisation_without_alias_rows_is_found_by_its_whole_name_only(app: Flask):
    short = make.organisation("Bio")
    make.organisation("Bio Zielarnia")
    assert organisation_by_name("bio") == short
    assert organisation_by_name("bio ziel") is None
    assert organisation_by_name("  ") is None


def test_the_search_takes_words_in_any_order_and_puts_beginnings_first(app: Flask):
    inner = make.organisation("Klub Zielony Las")
    first = make.organisation("Zielony Las")
    make.organisation("Zielony Staw")
    assert organisations_like("las zielony") == [inner, first]
    assert organisations_like("zielony las") == [first, inner]
    assert organisations_like(" ") == []
    assert organisations_like("100%") == []


def test_two_who_type_a_new_name_at_once_get_the_same_organisation(app: Flask):
    together, found = Barrier(2), []

    def type_it() -> None:
        with app.app_context():
            together.wait()
            found.append(settle("Wspólna Sprawa").id)

    threads = [Thread(target=type_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert db.session.query(Organisation).count() == 1
