"""Designs of badges, words on them that differ from the registration, codes that were replaced."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def _to(table: str, column: str, target: str, ondelete: str | None = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "badge_design",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("printed_version", sa.Integer()),
        sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("version >= 1 AND printed_version <= version", name=op.f("ck_badge_design_versions")),
        _to("badge_design", "event_id", "event"),
        sa.UniqueConstraint("uid", name=op.f("uq_badge_design_uid")),
    )
    op.create_index(op.f("ix_badge_design_event_id"), "badge_design", ["event_id"])
    op.create_index(
        "uq_badge_design_default",
        "badge_design",
        ["event_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "badge_design_type",
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("design_id", sa.Integer(), nullable=False),
        _to("badge_design_type", "participation_type_id", "participation_type"),
        _to("badge_design_type", "design_id", "badge_design"),
        sa.PrimaryKeyConstraint("participation_type_id", name=op.f("pk_badge_design_type")),
    )
    op.create_index(op.f("ix_badge_design_type_design_id"), "badge_design_type", ["design_id"])
    op.create_table(
        "badge_settings",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("frozen_at", UtcDateTime()),
        _to("badge_settings", "event_id", "event"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_badge_settings")),
    )
    op.create_table(
        "badge_words",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.Text()),
        sa.Column("family_name", sa.Text()),
        sa.Column("organisation", sa.Text()),
        sa.Column("job_title", sa.Text()),
        sa.Column("changed_at", UtcDateTime()),
        sa.Column("changed_by_id", sa.Integer()),
        sa.Column("approved_at", UtcDateTime()),
        sa.Column("approved_mark", sa.String(64), nullable=False, server_default=""),
        sa.CheckConstraint("(approved_at IS NULL) = (approved_mark = '')", name=op.f("ck_badge_words_approved")),
        _to("badge_words", "registration_id", "registration"),
        _to("badge_words", "changed_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_badge_words")),
    )
    op.create_table(
        "replaced_badge",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        _to("replaced_badge", "event_id", "event"),
        _to("replaced_badge", "registration_id", "registration"),
        _to("replaced_badge", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_replaced_badge")),
    )
    op.create_index(op.f("ix_replaced_badge_event_id"), "replaced_badge", ["event_id"])
    op.create_index(op.f("ix_replaced_badge_registration_id"), "replaced_badge", ["registration_id"])


def downgrade() -> None:
    for table in (
        "replaced_badge", "badge_words", "badge_settings",
        "badge_design_type", "badge_design",
    ):  # fmt: skip
        op.drop_table(table)
