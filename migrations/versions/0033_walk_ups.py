"""Meetings on the spot."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

STATE = sa.Enum(
    "open",
    "accepted",
    "unplaced",
    "declined",
    "withdrawn",
    "expired",
    name="walkupstate",
    native_enum=False,
    create_constraint=True,
    length=40,
)
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "walk_up",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("from_id", sa.Integer(), sa.ForeignKey("registration.id"), nullable=False),
        sa.Column("to_id", sa.Integer(), sa.ForeignKey("registration.id"), nullable=False),
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("table_id", sa.Integer(), sa.ForeignKey("meeting_table.id", ondelete="SET NULL")),
        sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meeting.id")),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", UtcDateTime(timezone=True)),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_walk_up_pair_ordered")),
        sa.CheckConstraint(
            "low_id IN (from_id, to_id) AND high_id IN (from_id, to_id)", name=op.f("ck_walk_up_pair_of_both")
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (meeting_id IS NOT NULL)", name=op.f("ck_walk_up_accepted_is_a_meeting")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_walk_up_uid")),
    )
    op.create_index("uq_walk_up_pair", "walk_up", ["low_id", "high_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("uq_walk_up_asker", "walk_up", ["from_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_walk_up_from_id", "walk_up", ["from_id", "to_id"])
    op.create_index("ix_walk_up_to_id", "walk_up", ["to_id", "state"])
    for column in ("event_id", "table_id", "meeting_id"):
        op.create_index(op.f(f"ix_walk_up_{column}"), "walk_up", [column])


def downgrade() -> None:
    op.drop_table("walk_up")
