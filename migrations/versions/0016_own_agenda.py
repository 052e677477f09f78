"""Stars on sessions, and addresses under which calendar programs read somebody's days."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False, unique=True),
        sa.Column(
            "registration_id",
            sa.Integer(),
            sa.ForeignKey("registration.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "session_star",
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index(op.f("ix_session_star_session_id"), "session_star", ["session_id"])


def downgrade() -> None:
    op.drop_table("session_star")
    op.drop_table("calendar_feed")
