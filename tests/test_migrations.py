"""Migrations build the database that the models describe, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, inspect, select, update
from sqlalchemy.exc import DatabaseError

from lsos.audit import AuditEntry, record
from lsos.db import Model, db, transaction
from lsos.registration.models import ParticipationType, RegistrationChange, WaitingEntry
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_rules import EntryState
from tests import make
from tests.databases import Database

pytestmark = pytest.mark.each_database


def test_the_models_equal_the_migrations(app: Flask):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(app: Flask, database: Database):
    db.session.remove()
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade()
    assert {table.name for table in Model.metadata.sorted_tables} <= set(inspect(db.engine).get_table_names())


def test_who_waited_before_there_was_a_line_stands_in_it_in_the_same_order(app: Flask):
    kind = make.participation_type(make.event(), seats=0)
    came = [make.registration(kind.event, participation_type=kind, state=RegistrationState.WAITLISTED) for _ in "abc"]
    for one in (came[1], came[2], came[0]):
        make.add(RegistrationChange(registration_id=one.id, state=RegistrationState.WAITLISTED, at=make.BEFORE))
    ids = [one.id for one in came]
    db.session.remove()
    downgrade(revision="0001")
    upgrade()
    entries = db.session.scalars(select(WaitingEntry).order_by(WaitingEntry.id)).all()
    assert [one.registration_id for one in entries] == [ids[1], ids[2], ids[0]]
    assert {(one.state, one.size, one.since) for one in entries} == {(EntryState.WAITING, 1, make.BEFORE)}
    keys = set(db.session.scalars(select(ParticipationType.link_key)))
    assert "" not in keys


@pytest.mark.parametrize("change", [update(AuditEntry).values(action="forged"), delete(AuditEntry)])
def test_the_database_refuses_to_change_an_append_only_row(app: Flask, change):
    with transaction() as session:
        record(session, "test.made", actor_id=None)
    with pytest.raises(DatabaseError, match="only ever added"), transaction() as session:
        session.execute(change)
