"""Contacts that two people exchange by badge, and leads collected at stands."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_stand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_lead_stand_by_id_person"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_lead_stand_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_lead_stand_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_stand")),
        sa.UniqueConstraint("event_id", "organisation_id", name=op.f("uq_lead_stand_event_id_organisation_id")),
    )
    op.create_index(op.f("ix_lead_stand_organisation_id"), "lead_stand", ["organisation_id"])

    op.create_table(
        "contact_card",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("gives_email", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("gives_job", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_contact_card_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_contact_card")),
    )
    op.create_table(
        "contact_exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column(
            "low_said",
            sa.Enum(
                "silent",
                "yes",
                "standing",
                "no",
                "back",
                name="low_said",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "high_said",
            sa.Enum(
                "silent",
                "yes",
                "standing",
                "no",
                "back",
                name="high_said",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("low_said_at", UtcDateTime(), nullable=True),
        sa.Column("high_said_at", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("exchanged_at", UtcDateTime(), nullable=True),
        sa.Column("first_exchanged_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "exchanged_at IS NULL OR (low_said IN ('yes', 'standing') AND high_said IN ('yes', 'standing'))",
            name=op.f("ck_contact_exchange_both_agree"),
        ),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_contact_exchange_ordered")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_contact_exchange_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["high_id"], ["registration.id"], name=op.f("fk_contact_exchange_high_id_registration"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["low_id"], ["registration.id"], name=op.f("fk_contact_exchange_low_id_registration"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_exchange")),
        sa.UniqueConstraint("low_id", "high_id", name=op.f("uq_contact_exchange_low_id_high_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_exchange_uid")),
    )
    op.create_index(
        "ix_contact_exchange_event_id_first_exchanged_at", "contact_exchange", ["event_id", "first_exchanged_at"]
    )
    op.create_index(op.f("ix_contact_exchange_high_id"), "contact_exchange", ["high_id"])

    op.create_table(
        "contact_note",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "warmth",
            sa.Enum("hot", "warm", "cold", name="warmth", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["registration.id"], name=op.f("fk_contact_note_other_id_registration"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_contact_note_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", "other_id", name=op.f("pk_contact_note")),
    )
    op.create_index(op.f("ix_contact_note_other_id"), "contact_note", ["other_id"])

    op.create_table(
        "lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "said",
            sa.Enum(
                "silent",
                "yes",
                "standing",
                "no",
                "back",
                name="word",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("scanned_at", UtcDateTime(), nullable=False),
        sa.Column(
            "warmth",
            sa.Enum("hot", "warm", "cold", name="warmth", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("warmth_at", UtcDateTime(), nullable=True),
        sa.Column("interests", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("followed_up_at", UtcDateTime(), nullable=True),
        sa.Column("followed_up_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_lead_event_id_event"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["followed_up_by_id"],
            ["registration.id"],
            name=op.f("fk_lead_followed_up_by_id_registration"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_lead_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_lead_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint(
            "event_id",
            "organisation_id",
            "registration_id",
            name=op.f("uq_lead_event_id_organisation_id_registration_id"),
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_lead_uid")),
    )
    op.create_index(op.f("ix_lead_organisation_id"), "lead", ["organisation_id"])
    op.create_index("ix_lead_registration_id_said", "lead", ["registration_id", "said"])

    op.create_table(
        "lead_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("is_scan", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["registration.id"], name=op.f("fk_lead_entry_by_id_registration"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_entry_lead_id_lead"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_lead_entry_uid")),
    )
    op.create_index(op.f("ix_lead_entry_by_id"), "lead_entry", ["by_id"])
    op.create_index(op.f("ix_lead_entry_lead_id"), "lead_entry", ["lead_id"])


def downgrade() -> None:
    for table in ("lead_entry", "lead", "contact_note", "contact_exchange", "contact_card", "lead_stand"):
        op.drop_table(table)
