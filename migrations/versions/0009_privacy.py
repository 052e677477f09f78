"""Erasure in two steps, periods of keeping, and their proof.

A line of the audit may be struck out from now on, which marks it: its details alone change, and say `struck`.
"""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: What of a line of the audit must stay as it was.
FIXED = ("id", "at", "actor_id", "scope", "action", "object_uid")


def is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def drop_guard(table: str) -> None:
    if is_postgresql():
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP FUNCTION {table}_is_append_only()")
        return
    for change in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_append_only_{change}")


def make_guard(table: str, *, strikes: bool) -> None:
    """Let the database refuse to change or delete a row; with `strikes`, all but the striking out of its details."""
    unlike = "IS DISTINCT FROM" if is_postgresql() else "IS NOT"
    changed = " OR ".join(f"NEW.{column} {unlike} OLD.{column}" for column in FIXED)
    text = "NEW.details::text" if is_postgresql() else "NEW.details"
    forged = f"({changed} OR {text} NOT LIKE '%\"struck\"%')"
    if is_postgresql():
        kept = f"IF TG_OP = 'UPDATE' AND NOT {forged} THEN RETURN NEW; END IF;" if strikes else ""
        op.execute(
            f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {kept} "
            f"RAISE EXCEPTION 'rows of {table} are only ever added' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        when = f"WHEN {forged} " if strikes and change == "UPDATE" else ""
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
        )


def upgrade() -> None:
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "confirmed", "taken_back", "lapsed", "done",
                name="erasurestate", native_enum=False, create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(timezone=True)),
        sa.Column("due_at", UtcDateTime(timezone=True)),
        sa.Column("ended_at", UtcDateTime(timezone=True)),
        sa.Column("token_hash", sa.String(64)),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("token_hash"),
        sa.CheckConstraint("(state <> 'confirmed') OR (due_at IS NOT NULL)", name="confirmed_is_due"),
    )
    is_open = sa.text("state IN ('asked', 'confirmed')")
    op.create_index(
        "uq_erasure_request_open", "erasure_request", ["person_id"], unique=True,
        sqlite_where=is_open, postgresql_where=is_open,
    )
    op.create_index("ix_erasure_request_person_id", "erasure_request", ["person_id"])
    op.create_index("ix_erasure_request_state_due_at", "erasure_request", ["state", "due_at"])
    op.create_table(
        "keeping_rule",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("days", sa.Integer()),
        sa.UniqueConstraint("event_id", "what"),
        sa.CheckConstraint("days BETWEEN 0 AND 3660", name="days"),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("days", sa.Integer()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.UniqueConstraint("seal"),
    )
    op.create_index("ix_deletion_scope_at", "deletion", ["scope", "at"])
    make_guard("deletion", strikes=False)
    op.create_table(
        "erased_address",
        sa.Column("address_hash", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
    )
    #: Plain new columns: nothing is rebuilt, so that the triggers of search_line stay.
    op.add_column("person", sa.Column("erased_at", UtcDateTime(timezone=True)))
    op.add_column("person", sa.Column("first_came_on", sa.Date()))
    op.add_column("registration", sa.Column("erased_at", UtcDateTime(timezone=True)))
    drop_guard("audit_entry")
    make_guard("audit_entry", strikes=True)


def downgrade() -> None:
    drop_guard("audit_entry")
    make_guard("audit_entry", strikes=False)
    op.drop_column("registration", "erased_at")
    op.drop_column("person", "first_came_on")
    op.drop_column("person", "erased_at")
    op.drop_table("erased_address")
    drop_guard("deletion")
    op.drop_table("deletion")
    op.drop_table("keeping_rule")
    op.drop_table("erasure_request")
