"""Invitations, codes, domains and delegations."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("uses_allowed", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("seats_held", sa.Integer(), nullable=False),
        sa.Column("skips_approval", sa.Boolean(), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("seats_held >= 0", name=op.f("ck_access_code_seats_held")),
        sa.CheckConstraint("uses >= 0 AND uses <= uses_allowed", name=op.f("ck_access_code_uses")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_access_code_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_code")),
        sa.UniqueConstraint("event_id", "code", name=op.f("uq_access_code_event_id_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_access_code_uid")),
    )

    op.create_table(
        "access_code_type",
        sa.Column("access_code_id", sa.Integer(), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["access_code_id"],
            ["access_code.id"],
            name=op.f("fk_access_code_type_access_code_id_access_code"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_access_code_type_participation_type_id_participation_type"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("access_code_id", "participation_type_id", name=op.f("pk_access_code_type")),
    )

    with op.batch_alter_table("access_code_type", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_code_type_participation_type_id"), ["participation_type_id"], unique=False
        )

    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("sent >= 0 AND claimed >= 0 AND sent + claimed <= seats", name=op.f("ck_delegation_seats")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_delegation_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_delegation_participation_type_id_participation_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("uid", name=op.f("uq_delegation_uid")),
    )

    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delegation_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_delegation_participation_type_id"), ["participation_type_id"], unique=False
        )

    op.create_table(
        "open_domain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("skips_approval", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_open_domain_participation_type_id_participation_type"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_domain")),
        sa.UniqueConstraint(
            "participation_type_id", "domain", name=op.f("uq_open_domain_participation_type_id_domain")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_open_domain_uid")),
    )

    op.create_table(
        "access_code_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_code_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["access_code_id"],
            ["access_code.id"],
            name=op.f("fk_access_code_use_access_code_id_access_code"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_access_code_use_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_code_use")),
    )

    with op.batch_alter_table("access_code_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_code_use_access_code_id"), ["access_code_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_code_use_registration_id"), ["registration_id"], unique=False)

    op.create_table(
        "delegation_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("delegation_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "opened",
                "claimed",
                "declined",
                "withdrawn",
                "gone",
                name="claimstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["delegation.id"],
            name=op.f("fk_delegation_claim_delegation_id_delegation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_delegation_claim_registration_id_registration"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation_claim")),
        sa.UniqueConstraint("uid", name=op.f("uq_delegation_claim_uid")),
    )

    with op.batch_alter_table("delegation_claim", schema=None) as batch_op:
        batch_op.create_index("ix_delegation_claim_delegation_id_state", ["delegation_id", "state"], unique=False)
        batch_op.create_index(
            "uq_delegation_claim_registration",
            ["registration_id"],
            unique=True,
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )

    op.create_table(
        "delegation_manager",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegation_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["delegation.id"],
            name=op.f("fk_delegation_manager_delegation_id_delegation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation_manager")),
        sa.UniqueConstraint("delegation_id", "address", name=op.f("uq_delegation_manager_delegation_id_address")),
    )

    with op.batch_alter_table("delegation_manager", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_manager_address"), ["address"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("line_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("line_en", sa.Text(), server_default="", nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "sent",
                "opened",
                "accepted",
                "declined",
                "expired",
                "withdrawn",
                name="invitationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("holds_seat", sa.Boolean(), nullable=False),
        sa.Column("holds_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("language IN ('pl', 'en')", name=op.f("ck_invitation_language")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_invitation_answered_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_invitation_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_invitation_participation_type_id_participation_type"),
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_invitation_registration_id_registration"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitation_uid")),
    )

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_event_id_state", ["event_id", "state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitation_participation_type_id"), ["participation_type_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invitation_registration_id"), ["registration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_search_key"), ["search_key"], unique=False)
        batch_op.create_index(
            "uq_invitation_standing",
            ["event_id", "address"],
            unique=True,
            sqlite_where=sa.text("state IN ('draft', 'sent', 'opened')"),
            postgresql_where=sa.text("state IN ('draft', 'sent', 'opened')"),
        )

    op.create_table(
        "entry_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(invitation_id IS NOT NULL AND claim_id IS NULL AND manager_id IS NULL) OR (invitation_id IS NULL AND claim_id IS NOT NULL AND manager_id IS NULL) OR (invitation_id IS NULL AND claim_id IS NULL AND manager_id IS NOT NULL)",
            name=op.f("ck_entry_link_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["delegation_claim.id"],
            name=op.f("fk_entry_link_claim_id_delegation_claim"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_entry_link_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"],
            ["delegation_manager.id"],
            name=op.f("fk_entry_link_manager_id_delegation_manager"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_entry_link_token_hash")),
    )

    with op.batch_alter_table("entry_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_link_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_link_invitation_id"), ["invitation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_link_manager_id"), ["manager_id"], unique=False)


def downgrade() -> None:
    op.drop_table("entry_link")
    op.drop_table("invitation")
    op.drop_table("delegation_manager")
    op.drop_table("delegation_claim")
    op.drop_table("access_code_use")
    op.drop_table("open_domain")
    op.drop_table("delegation")
    op.drop_table("access_code_type")
    op.drop_table("access_code")
