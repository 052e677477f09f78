"""The organisers' draft of the programme, its releases, and what rooms and sessions need."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SEVERITIES = ("forbid", "block_release", "warn", "ignore")
CHANGES = ("new", "withdrawn", "back", "time", "room", "people", "words", "other")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def to(table: str, column: str, **more: bool) -> sa.Column:
    return sa.Column(
        column, sa.Integer(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), **({"nullable": False} | more)
    )


def by() -> sa.Column:
    return sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="SET NULL"), nullable=True)


def text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.add_column("room", sa.Column("equipment", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("session") as batch:
        batch.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("equipment", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
        batch.create_check_constraint(op.f("ck_session_minutes"), "minutes > 0")
        batch.create_check_constraint(op.f("ck_session_withdrawn"), "withdrawn_at IS NULL OR starts_at IS NULL")
    op.create_table(
        "session_partner",
        to("session", "session_id", primary_key=True),
        sa.Column("organisation_id", sa.Integer(), sa.ForeignKey("organisation.id"), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
    )
    op.create_index(op.f("ix_session_partner_organisation_id"), "session_partner", ["organisation_id"])
    op.create_table(
        "room_hours",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("room", "room_id"),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_room_hours_times_ordered")),
    )
    op.create_index(op.f("ix_room_hours_room_id"), "room_hours", ["room_id"])
    op.create_table(
        "person_away",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("event", "event_id"),
        to("person", "person_id"),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_person_away_times_ordered")),
    )
    op.create_index(op.f("ix_person_away_event_id"), "person_away", ["event_id"])
    op.create_index(op.f("ix_person_away_person_id"), "person_away", ["person_id"])
    op.create_table(
        "conflict_severity",
        to("event", "event_id", primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("severity", one_of("severity", *SEVERITIES), nullable=False),
    )
    op.create_table(
        "programme_buffers",
        to("event", "event_id", primary_key=True),
        sa.Column("room_minutes", sa.Integer(), nullable=False),
        sa.Column("person_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("room_minutes >= 0 AND person_minutes >= 0", name=op.f("ck_programme_buffers_minutes")),
    )
    op.create_table(
        "draft_session",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False, unique=True),
        to("event", "event_id"),
        to("session", "session_id", nullable=True, unique=True),
        sa.Column("content", sa.JSON(), nullable=False),
    )
    op.create_index(op.f("ix_draft_session_event_id"), "draft_session", ["event_id"])
    op.create_table(
        "draft_step",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("event", "event_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        by(),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.UniqueConstraint("event_id", "number"),
    )
    op.create_index(op.f("ix_draft_step_event_id_uid"), "draft_step", ["event_id", "uid"])
    op.create_index(op.f("ix_draft_step_by_id"), "draft_step", ["by_id"])
    op.create_table(
        "programme_release",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("event", "event_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        *(text(f"{name}_{code}") for name in ("name", "note") for code in ("pl", "en")),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        by(),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.UniqueConstraint("event_id", "number"),
    )
    op.create_index(op.f("ix_programme_release_by_id"), "programme_release", ["by_id"])
    op.create_table(
        "release_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("programme_release", "release_id"),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("kind", one_of("changekind", *CHANGES), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.UniqueConstraint("release_id", "uid", "kind"),
    )
    op.create_table(
        "release_digest",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("programme_release", "release_id"),
        to("person", "person_id"),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("release_id", "person_id"),
    )
    op.create_index(op.f("ix_release_digest_person_id"), "release_digest", ["person_id"])
    op.create_index(op.f("ix_release_digest_written_at"), "release_digest", ["written_at"])


def downgrade() -> None:
    for table in (
        "release_digest",
        "release_change",
        "programme_release",
        "draft_step",
        "draft_session",
        "programme_buffers",
        "conflict_severity",
        "person_away",
        "room_hours",
        "session_partner",
    ):
        op.drop_table(table)
    with op.batch_alter_table("session") as batch:
        batch.drop_constraint(op.f("ck_session_withdrawn"), type_="check")
        batch.drop_constraint(op.f("ck_session_minutes"), type_="check")
        for column in ("withdrawn_at", "is_locked", "languages", "equipment", "minutes"):
            batch.drop_column(column)
    with op.batch_alter_table("room") as batch:
        batch.drop_column("equipment")
