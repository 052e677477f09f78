"""The StartUp & ScaleUp Zone: calls, applications, stands and pitch slots."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("words_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("words_en", sa.Text(), server_default="", nullable=False),
        sa.Column("pitch_minutes", sa.Integer(), nullable=False),
        sa.Column("gallery_from", UtcDateTime(), nullable=True),
        sa.Column("needs_by", sa.Date(), nullable=True),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_zone_call_dates_ordered")),
        sa.CheckConstraint("pitch_minutes BETWEEN 1 AND 120", name=op.f("ck_zone_call_pitch_minutes")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_zone_call_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_zone_call_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_call")),
        sa.UniqueConstraint("uid", name=op.f("uq_zone_call_uid")),
        sa.UniqueConstraint("zone_id", name=op.f("uq_zone_call_zone_id")),
    )
    with op.batch_alter_table("zone_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_call_event_id"), ["event_id"], unique=False)

    op.create_table(
        "zone_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "sent",
                "accepted",
                "waiting",
                "declined",
                "withdrawn",
                name="applicationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("one_liner_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("one_liner_en", sa.Text(), server_default="", nullable=False),
        sa.Column("problem_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("problem_en", sa.Text(), server_default="", nullable=False),
        sa.Column("solution_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("solution_en", sa.Text(), server_default="", nullable=False),
        sa.Column("pitch_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("pitch_en", sa.Text(), server_default="", nullable=False),
        sa.Column("founded_year", sa.Integer(), nullable=True),
        sa.Column("team_size", sa.Integer(), nullable=True),
        sa.Column("sought_eur", sa.Integer(), nullable=True),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("video", sa.Text(), nullable=False),
        sa.Column("is_for_gallery", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("feedback_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("feedback_en", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("founded_year BETWEEN 1800 AND 2200", name=op.f("ck_zone_application_founded_year")),
        sa.CheckConstraint("sought_eur BETWEEN 1 AND 1000000000", name=op.f("ck_zone_application_sought_eur")),
        sa.CheckConstraint("team_size BETWEEN 1 AND 100000", name=op.f("ck_zone_application_team_size")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["zone_call.id"], name=op.f("fk_zone_application_call_id_zone_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_zone_application_decided_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_zone_application_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_application")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_zone_application_registration_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_zone_application_uid")),
    )
    with op.batch_alter_table("zone_application", schema=None) as batch_op:
        batch_op.create_index("ix_zone_application_call_id_state", ["call_id", "state"], unique=False)

    op.create_table(
        "zone_call_type",
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["zone_call.id"], name=op.f("fk_zone_call_type_call_id_zone_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_zone_call_type_participation_type_id_participation_type"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participation_type_id", name=op.f("pk_zone_call_type")),
    )
    with op.batch_alter_table("zone_call_type", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_call_type_call_id"), ["call_id"], unique=False)

    op.create_table(
        "pitch_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_pitch_slot_has_length")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["zone_application.id"],
            name=op.f("fk_pitch_slot_application_id_zone_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["zone_call.id"], name=op.f("fk_pitch_slot_call_id_zone_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_pitch_slot_room_id_room"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pitch_slot")),
        sa.UniqueConstraint("application_id", name=op.f("uq_pitch_slot_application_id")),
        sa.UniqueConstraint("call_id", "starts_at", name=op.f("uq_pitch_slot_call_id_starts_at")),
        sa.UniqueConstraint("uid", name=op.f("uq_pitch_slot_uid")),
    )
    with op.batch_alter_table("pitch_slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pitch_slot_room_id"), ["room_id"], unique=False)

    op.create_table(
        "zone_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column(
            "use",
            sa.Enum("deck", "logo", name="fileuse", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["zone_application.id"],
            name=op.f("fk_zone_file_application_id_zone_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_file")),
        sa.UniqueConstraint("application_id", "use", name=op.f("uq_zone_file_application_id_use")),
        sa.UniqueConstraint("uid", name=op.f("uq_zone_file_uid")),
    )
    op.create_table(
        "zone_needs",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("catalogue_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("catalogue_en", sa.Text(), server_default="", nullable=False),
        sa.Column("needs_power", sa.Boolean(), nullable=False),
        sa.Column("needs_screen", sa.Boolean(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("badge_names", sa.Text(), nullable=False),
        sa.Column("filled_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["zone_application.id"],
            name=op.f("fk_zone_needs_application_id_zone_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_zone_needs")),
    )
    op.create_table(
        "zone_stand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("place_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("place_en", sa.Text(), server_default="", nullable=False),
        sa.Column("equipment_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("equipment_en", sa.Text(), server_default="", nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["zone_application.id"],
            name=op.f("fk_zone_stand_application_id_zone_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["zone_call.id"], name=op.f("fk_zone_stand_call_id_zone_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_stand")),
        sa.UniqueConstraint("application_id", name=op.f("uq_zone_stand_application_id")),
        sa.UniqueConstraint("call_id", "code", name=op.f("uq_zone_stand_call_id_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_zone_stand_uid")),
    )


def downgrade() -> None:
    op.drop_table("zone_stand")
    op.drop_table("zone_needs")
    op.drop_table("zone_file")
    op.drop_table("pitch_slot")
    op.drop_table("zone_call_type")
    op.drop_table("zone_application")
    op.drop_table("zone_call")
