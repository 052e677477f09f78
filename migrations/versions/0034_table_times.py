"""When a table can be used, whose stand it is, and the blocks of time that slots are cut from.

A meeting needs the row of its table and slot, so that none is ever at a closed one. Every table is open in every slot
until somebody closes it: triggers see to that, whoever makes slots and tables.
"""

from itertools import pairwise

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime, new_uid

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

#: Table -> what opens when a row comes there.
OPENS = {
    "meeting_table": "SELECT NEW.id, meeting_slot.id FROM meeting_slot WHERE meeting_slot.event_id = NEW.event_id",
    "meeting_slot": "SELECT meeting_table.id, NEW.id FROM meeting_table WHERE meeting_table.event_id = NEW.event_id",
}


def upgrade() -> None:
    op.create_table(
        "table_time",
        sa.Column("table_id", sa.Integer(), sa.ForeignKey("meeting_table.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("slot_id", sa.Integer(), sa.ForeignKey("meeting_slot.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index(op.f("ix_table_time_slot_id"), "table_time", ["slot_id"])
    op.execute(
        "INSERT INTO table_time (table_id, slot_id) SELECT meeting_table.id, meeting_slot.id "
        "FROM meeting_table JOIN meeting_slot ON meeting_slot.event_id = meeting_table.event_id"
    )
    with op.batch_alter_table("meeting") as meetings:
        meetings.create_foreign_key(
            "fk_meeting_table_is_open", "table_time", ["table_id", "slot_id"], ["table_id", "slot_id"]
        )
    with op.batch_alter_table("meeting_table") as tables:
        tables.add_column(
            sa.Column(
                "host_organisation_id",
                sa.Integer(),
                sa.ForeignKey("organisation.id", name=op.f("fk_meeting_table_host_organisation_id_organisation")),
            )
        )
        tables.create_index(op.f("ix_meeting_table_host_organisation_id"), ["host_organisation_id"])
    op.create_table(
        "meeting_block",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_meeting_block_times_ordered")),
        sa.CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0", name=op.f("ck_meeting_block_positive")),
        sa.UniqueConstraint("uid", name=op.f("uq_meeting_block_uid")),
        sa.UniqueConstraint("event_id", "starts_at", name=op.f("uq_meeting_block_event_id_starts_at")),
    )
    _cut_from_slots()
    _open_what_comes()


def _cut_from_slots() -> None:
    """Make a block of each row of slots of one length with the usual pause between two."""
    connection = op.get_bind()
    slot = sa.table(
        "meeting_slot",
        sa.column("event_id", sa.Integer),
        sa.column("starts_at", UtcDateTime(timezone=True)),
        sa.column("ends_at", UtcDateTime(timezone=True)),
    )
    pause = dict(connection.execute(sa.text("SELECT event_id, buffer_minutes FROM meeting_settings")).all())
    rows = connection.execute(sa.select(slot).order_by(slot.c.event_id, slot.c.starts_at)).all()
    runs = [[row] for row in rows[:1]]
    for before, row in pairwise(rows):
        gap = (row.starts_at - before.ends_at).total_seconds() / 60
        same = row.event_id == before.event_id and row.ends_at - row.starts_at == before.ends_at - before.starts_at
        if same and gap == pause.get(row.event_id, 0):
            runs[-1].append(row)
        else:
            runs.append([row])
    block = sa.table(
        "meeting_block",
        *(sa.column(name) for name in ("uid", "event_id", "slot_minutes", "buffer_minutes")),
        sa.column("starts_at", UtcDateTime(timezone=True)),
        sa.column("ends_at", UtcDateTime(timezone=True)),
    )
    for run in runs:
        connection.execute(
            sa.insert(block).values(
                uid=new_uid(),
                event_id=run[0].event_id,
                starts_at=run[0].starts_at,
                ends_at=run[-1].ends_at,
                slot_minutes=int((run[0].ends_at - run[0].starts_at).total_seconds() // 60),
                buffer_minutes=pause.get(run[0].event_id, 0),
            )
        )


def _open_what_comes() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, rows in OPENS.items():
        name, insert = f"{table}_opens", f"INSERT INTO table_time (table_id, slot_id) {rows}"
        if is_postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert}; RETURN NULL; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW BEGIN {insert}; END")


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in OPENS:
        if is_postgresql:
            op.execute(f"DROP TRIGGER {table}_opens ON {table}")
            op.execute(f"DROP FUNCTION {table}_opens()")
        else:
            op.execute(f"DROP TRIGGER {table}_opens")
    op.drop_table("meeting_block")
    with op.batch_alter_table("meeting_table") as tables:
        tables.drop_index(op.f("ix_meeting_table_host_organisation_id"))
        tables.drop_constraint(op.f("fk_meeting_table_host_organisation_id_organisation"), type_="foreignkey")
        tables.drop_column("host_organisation_id")
    with op.batch_alter_table("meeting") as meetings:
        meetings.drop_constraint("fk_meeting_table_is_open", type_="foreignkey")
    op.drop_table("table_time")
