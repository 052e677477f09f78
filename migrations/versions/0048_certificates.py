"""Certificates of attendance: what organisers want of an event's, and each one with its number."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "certificate_settings",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("content", _one_of("content", "presence", "sessions"), nullable=False, server_default="sessions"),
        sa.Column("unit", _one_of("unit", "clock", "lessons"), nullable=False, server_default="clock"),
        sa.Column("words_pl", sa.Text(), nullable=False, server_default=""),
        sa.Column("words_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("signer", sa.String(120), nullable=False, server_default=""),
        sa.Column("function_pl", sa.Text(), nullable=False, server_default=""),
        sa.Column("function_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("sending", _one_of("sending", "by_hand", "next_day"), nullable=False, server_default="by_hand"),
        sa.Column("letters_since", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_certificate_settings_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_certificate_settings")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("downloaded_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("revoked_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("revoked_by_id", sa.Integer()),
        sa.Column("same_as_id", sa.Integer()),
        sa.CheckConstraint(
            "revoked_at IS NOT NULL OR (revoked_reason = '' AND revoked_by_id IS NULL)",
            name=op.f("ck_certificate_revoked"),
        ),
        sa.CheckConstraint("same_as_id <> id", name=op.f("ck_certificate_same_as")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_certificate_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["person.id"], name=op.f("fk_certificate_revoked_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["same_as_id"], ["certificate.id"], name=op.f("fk_certificate_same_as_id_certificate"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_certificate_registration_id")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
    )
    op.create_index(op.f("ix_certificate_same_as_id"), "certificate", ["same_as_id"])


def downgrade() -> None:
    op.drop_table("certificate")
    op.drop_table("certificate_settings")
