"""The waiting list of sessions, and when sign-up opens."""

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
    op.add_column("session", sa.Column("signup_opens_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("session") as session:
        session.drop_column("signup_opens_at")
    op.drop_table("session_waiting")
