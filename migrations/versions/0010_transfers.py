"""Seats handed to a colleague, guests who ask for more, and pairs of records that are not the same."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = ("offered", "accepted", "declined", "taken_back", "expired")


def upgrade() -> None:
    op.add_column(
        "participation_type", sa.Column("is_transferable", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    #: Who is invited by name is meant by name.
    op.execute("UPDATE participation_type SET is_transferable = false WHERE is_by_invitation")

    op.create_table(
        "seat_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="transferstate", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("taker_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("language IN ('pl', 'en')", name=op.f("ck_seat_transfer_language")),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["registration.id"], name=op.f("fk_seat_transfer_giver_id_registration"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["registration.id"], name=op.f("fk_seat_transfer_taker_id_registration"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_transfer")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_seat_transfer_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_seat_transfer_uid")),
    )
    op.create_index("ix_seat_transfer_giver_id", "seat_transfer", ["giver_id"])
    op.create_index("ix_seat_transfer_taker_id", "seat_transfer", ["taker_id"])
    op.create_index("ix_seat_transfer_state_expires_at", "seat_transfer", ["state", "expires_at"])
    op.create_index(
        "uq_seat_transfer_offered",
        "seat_transfer",
        ["giver_id"],
        unique=True,
        sqlite_where=sa.text("state = 'offered'"),
        postgresql_where=sa.text("state = 'offered'"),
    )

    op.create_table(
        "upgrade_wish",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_upgrade_wish_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_upgrade_wish_participation_type_id_participation_type"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_upgrade_wish")),
    )
    op.create_index("ix_upgrade_wish_participation_type_id", "upgrade_wish", ["participation_type_id"])

    for table, of in (("people_apart", "person"), ("organisations_apart", "organisation")):
        op.create_table(
            table,
            sa.Column("low_id", sa.Integer(), nullable=False),
            sa.Column("high_id", sa.Integer(), nullable=False),
            sa.Column("by_id", sa.Integer(), nullable=True),
            sa.Column("at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("low_id < high_id", name=op.f(f"ck_{table}_pair_ordered")),
            sa.ForeignKeyConstraint(
                ["low_id"], [f"{of}.id"], name=op.f(f"fk_{table}_low_id_{of}"), ondelete="CASCADE"
            ),
            sa.ForeignKeyConstraint(
                ["high_id"], [f"{of}.id"], name=op.f(f"fk_{table}_high_id_{of}"), ondelete="CASCADE"
            ),
            sa.ForeignKeyConstraint(
                ["by_id"], ["person.id"], name=op.f(f"fk_{table}_by_id_person"), ondelete="SET NULL"
            ),
            sa.PrimaryKeyConstraint("low_id", "high_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_high_id", table, ["high_id"])


def downgrade() -> None:
    for table in ("organisations_apart", "people_apart", "upgrade_wish", "seat_transfer"):
        op.drop_table(table)
    with op.batch_alter_table("participation_type") as batch:
        batch.drop_column("is_transferable")
