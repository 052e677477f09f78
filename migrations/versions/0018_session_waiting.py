"""The waiting list of sessions."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_waiting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("passed_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("session_id", "registration_id"),
    )
    op.create_index(op.f("ix_session_waiting_registration_id"), "session_waiting", ["registration_id"])


def downgrade() -> None:
    op.drop_table("session_waiting")
