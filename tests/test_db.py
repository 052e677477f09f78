"""Writing: what a use case decides on is what is true now."""

import pytest
from flask import Flask
from sqlalchemy import text

from lsos.accounts.models import Person
from lsos.db import NestedTransaction, db, transaction
from tests import make


def test_a_second_write_does_not_decide_on_what_the_first_one_read(app: Flask):
    person_id = make.person("Ada", "Ząb").id
    with transaction() as session:
        assert session.get_one(Person, person_id).given_name == "Ada"
    with db.engine.begin() as somebody_else:
        somebody_else.execute(text("UPDATE person SET given_name = 'Ewa'"))
    with transaction() as session:
        assert session.get_one(Person, person_id).given_name == "Ewa"


def test_a_use_case_does_not_call_another(app: Flask):
    with transaction(), pytest.raises(NestedTransaction), transaction():
        pass


def test_a_change_outside_of_a_transaction_is_refused(app: Flask):
    make.person().given_name = "Ewa"
    with pytest.raises(RuntimeError, match="outside of a transaction"), transaction():
        pass


def test_what_goes_wrong_leaves_nothing_behind(app: Flask):
    person_id = make.person("Ada", "Ząb").id

    def rename_and_fail() -> None:
        with transaction() as session:
            session.get_one(Person, person_id).given_name = "Ewa"
            session.flush()
            raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        rename_and_fail()
    assert db.session.get_one(Person, person_id).given_name == "Ada"
