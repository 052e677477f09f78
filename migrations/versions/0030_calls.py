"""Whom organisers called about requests that wait for an answer."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "called",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_called_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_called_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_called")),
    )


def downgrade() -> None:
    op.drop_table("called")
