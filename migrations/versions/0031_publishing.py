"""Schedules that are published some at a time."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("matching_run") as run:
        run.add_column(sa.Column("publishing_since", UtcDateTime(timezone=True)))
        run.add_column(sa.Column("published", sa.Integer(), server_default="0", nullable=False))
        run.add_column(sa.Column("dropped", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("matching_run") as run:
        for name in ("publishing_since", "published", "dropped"):
            run.drop_column(name)
