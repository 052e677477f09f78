"""Views of the list that organisers keep, what the list is searched by, labels, notes, bulk actions and imports.

`search_line` is written by triggers on registration, person and organisation. On SQLite a later migration that
rebuilds one of these three (`batch_alter_table`) takes the triggers with it: drop them before and make them after.
"""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LINE = """
INSERT INTO search_line (registration_id, event_id, name_key, words)
SELECT r.id, r.event_id, p.search_key, p.search_key || ' ' || coalesce(o.search_key, '') || ' ' || lower(r.badge_code)
FROM registration r JOIN person p ON p.id = r.person_id LEFT JOIN organisation o ON o.id = r.organisation_id
WHERE {where}
ON CONFLICT (registration_id) DO UPDATE
SET event_id = excluded.event_id, name_key = excluded.name_key, words = excluded.words
"""
#: Name -> what sets it off, and which lines are written anew.
TRIGGERS = {
    "search_line_registration_new": ("INSERT", "registration", "", "r.id = NEW.id"),
    "search_line_registration": (
        "UPDATE OF person_id, organisation_id, badge_code, event_id", "registration", "", "r.id = NEW.id"
    ),
    "search_line_person": ("UPDATE OF search_key", "person", "search_key", "r.person_id = NEW.id"),
    "search_line_organisation": ("UPDATE OF search_key", "organisation", "search_key", "r.organisation_id = NEW.id"),
}


def make_triggers() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (change, table, column, where) in TRIGGERS.items():
        body = LINE.format(where=where).strip()
        differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
        when = f"WHEN (OLD.{column} {differs} NEW.{column})" if column else ""
        if is_postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
            )
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW {when} BEGIN {body}; END")


def drop_triggers() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (_change, table, _column, _where) in TRIGGERS.items():
        if is_postgresql:
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")


def uid() -> sa.Column:
    return sa.Column("uid", sa.String(22), nullable=False)


def to(table: str, column: str, ondelete: str | None = "CASCADE", *, nullable: bool = False) -> sa.Column:
    return sa.Column(column, sa.Integer(), sa.ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable)


def one_of(name: str, *values: str) -> sa.Column:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column("kind" if name == "bulkkind" else "state", kind, nullable=False)


def make(name: str, *columns: sa.Column | sa.Constraint) -> None:
    """Make a table with the names that its keys and constraints have everywhere."""
    items = [sa.Column("id", sa.Integer(), primary_key=True), *columns]
    op.create_table(name, *items)


def upgrade() -> None:
    op.create_table(
        "search_line",
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id"), primary_key=True, autoincrement=False),
        sa.Column("name_key", sa.Text(), primary_key=True),
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.UniqueConstraint("registration_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_registration_event_id_registered_at", "registration", ["event_id", "registered_at"])
    make(
        "label",
        to("event", "event_id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.UniqueConstraint("event_id", "folded"),
    )
    op.create_table(
        "registration_label",
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("label_id", sa.Integer(), sa.ForeignKey("label.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_registration_label_label_id", "registration_label", ["label_id"])
    make(
        "internal_note",
        to("registration", "registration_id"),
        to("person", "by_id", "SET NULL", nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_internal_note_registration_id", "internal_note", ["registration_id"])
    make(
        "saved_view",
        uid(),
        to("event", "event_id"),
        to("person", "owner_id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_saved_view_event_id", "saved_view", ["event_id"])
    op.create_index(
        "uq_saved_view_default", "saved_view", ["event_id", "owner_id"], unique=True,
        sqlite_where=sa.text("is_default"), postgresql_where=sa.text("is_default"),
    )
    make(
        "selection",
        uid(),
        to("event", "event_id"),
        to("person", "by_id", nullable=True),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("uids", sa.JSON(), nullable=False),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_selection_event_id", "selection", ["event_id"])
    make(
        "reason_template",
        to("event", "event_id"),
        sa.Column("text_pl", sa.Text(), nullable=False, server_default=""),
        sa.Column("text_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("position", sa.Integer(), nullable=False),
    )
    op.create_index("ix_reason_template_event_id", "reason_template", ["event_id"])
    make(
        "bulk_action",
        uid(),
        to("event", "event_id"),
        to("person", "by_id", "SET NULL", nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        one_of("bulkkind", "approve", "decline", "waitlist", "cancel", "retype", "label", "unlabel"),
        sa.Column("reason_pl", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True)),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_bulk_action_event_id", "bulk_action", ["event_id"])
    make(
        "bulk_step",
        to("bulk_action", "action_id"),
        to("registration", "registration_id"),
        one_of("stepstate", "waiting", "done", "refused", "undone", "kept"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("before", sa.String(60), nullable=False),
        sa.Column("after", sa.String(60), nullable=False),
        sa.Column("change_id", sa.Integer()),
        sa.Column("letter_id", sa.Integer()),
    )
    op.create_index("ix_bulk_step_action_id_state", "bulk_step", ["action_id", "state", "id"])
    op.create_index("ix_bulk_step_registration_id", "bulk_step", ["registration_id"])
    make(
        "registration_import",
        uid(),
        to("event", "event_id"),
        to("person", "by_id", "SET NULL", nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("writes_letters", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True)),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_registration_import_event_id", "registration_import", ["event_id"])
    #: Where a consent was given that did not come through our own pages.
    op.add_column("consent", sa.Column("source", sa.Text(), nullable=False, server_default=""))
    make_triggers()
    op.execute(LINE.format(where="1 = 1"))


def downgrade() -> None:
    drop_triggers()
    op.drop_index("ix_registration_event_id_registered_at", "registration")
    with op.batch_alter_table("consent") as batch:
        batch.drop_column("source")
    for table in (
        "registration_import", "bulk_step", "bulk_action", "reason_template", "selection", "saved_view",
        "internal_note", "registration_label", "label", "search_line",
    ):
        op.drop_table(table)
