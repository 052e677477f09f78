"""Whom people wish to meet, or never."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

GRADE = sa.Enum("must", "nice", "met", name="wishgrade", native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("other_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("grade", GRADE, nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("registration_id <> other_id", name=op.f("ck_wish_two_people")),
    )
    op.create_index(op.f("ix_wish_other_id"), "wish", ["other_id"])
    op.create_table(
        "avoidance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("owner_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="CASCADE")),
        sa.Column("organisation_id", sa.Integer(), sa.ForeignKey("organisation.id", ondelete="CASCADE")),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("uid", name=op.f("uq_avoidance_uid")),
        sa.CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_avoidance_one_of_two")),
        sa.CheckConstraint("person_id <> owner_id", name=op.f("ck_avoidance_not_oneself")),
        sa.UniqueConstraint("owner_id", "person_id", name=op.f("uq_avoidance_owner_id_person_id")),
        sa.UniqueConstraint("owner_id", "organisation_id", name=op.f("uq_avoidance_owner_id_organisation_id")),
    )
    op.create_index(op.f("ix_avoidance_person_id"), "avoidance", ["person_id"])
    op.create_index(op.f("ix_avoidance_organisation_id"), "avoidance", ["organisation_id"])


def downgrade() -> None:
    op.drop_table("avoidance")
    op.drop_table("wish")
