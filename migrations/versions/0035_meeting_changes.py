"""Changes of published meetings, with the yes of everybody they concern."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("is_open")


def words(name: str, *values: str) -> sa.Enum:
    """Give a column that holds one of a few words."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "meeting_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", words("changekind", "reschedule", "swap", "improvement"), nullable=False),
        sa.Column(
            "state",
            words("changestate", "open", "done", "declined", "withdrawn", "expired", "overtaken"),
            nullable=False,
        ),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("registration.id")),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("meeting_request.id", ondelete="CASCADE")),
        sa.Column("place_at", UtcDateTime(timezone=True)),
        sa.Column("waits_saved", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True)),
        sa.UniqueConstraint("uid", name=op.f("uq_meeting_change_uid")),
        sa.UniqueConstraint("id", "is_open", name=op.f("uq_meeting_change_id_is_open")),
        sa.CheckConstraint("(state = 'open') = is_open", name=op.f("ck_meeting_change_open_is_open")),
        sa.CheckConstraint("is_open = (closed_at IS NULL)", name=op.f("ck_meeting_change_closed_at_a_time")),
        sa.CheckConstraint(
            "(request_id IS NULL) = (place_at IS NULL)", name=op.f("ck_meeting_change_request_with_time")
        ),
    )
    op.create_index(
        "uq_meeting_change_request",
        "meeting_change",
        ["request_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_meeting_change_event_id_state", "meeting_change", ["event_id", "state"])
    op.create_index(op.f("ix_meeting_change_by_id"), "meeting_change", ["by_id"])
    op.create_table(
        "change_move",
        sa.Column("change_id", sa.Integer(), primary_key=True),
        sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("from_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("to_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id", "is_open"],
            ["meeting_change.id", "meeting_change.is_open"],
            name="fk_change_move_open_with_change",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("from_at <> to_at", name=op.f("ck_change_move_goes_elsewhere")),
    )
    op.create_index(
        "uq_change_move_meeting",
        "change_move",
        ["meeting_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(op.f("ix_change_move_meeting_id"), "change_move", ["meeting_id"])
    op.create_table(
        "change_consent",
        sa.Column("change_id", sa.Integer(), sa.ForeignKey("meeting_change.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("registration_id", sa.Integer(), sa.ForeignKey("registration.id"), primary_key=True),
        sa.Column("says_yes", sa.Boolean()),
        sa.Column("at", UtcDateTime(timezone=True)),
        sa.CheckConstraint("(says_yes IS NULL) = (at IS NULL)", name=op.f("ck_change_consent_says_at_a_time")),
    )
    op.create_index(op.f("ix_change_consent_registration_id"), "change_consent", ["registration_id"])


def downgrade() -> None:
    op.drop_table("change_consent")
    op.drop_table("change_move")
    op.drop_table("meeting_change")
