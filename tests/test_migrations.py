"""Migrations build the database that the models describe, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, inspect, update
from sqlalchemy.exc import DatabaseError

from lsos.audit import AuditEntry, record
from lsos.db import Model, db, transaction
from tests.databases import Database


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


@pytest.mark.parametrize("change", [update(AuditEntry).values(action="forged"), delete(AuditEntry)])
def test_the_database_refuses_to_change_an_append_only_row(app: Flask, change):
    with transaction() as session:
        record(session, "test.made", actor_id=None)
    with pytest.raises(DatabaseError, match="only ever added"), transaction() as session:
        session.execute(change)
