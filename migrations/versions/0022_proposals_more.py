"""Decisions that authors do not know of yet, what reviewers write for them, and hours in which speakers can come."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATE = sa.Enum(
    "draft",
    "sent",
    "withdrawn",
    "accepted",
    "waiting",
    "declined",
    "confirmed",
    "given_up",
    name="proposalstate",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    op.create_table(
        "proposal_decision",
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("message_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("message_en", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.CheckConstraint("state IN ('accepted', 'waiting', 'declined')", name=op.f("ck_proposal_decision_decided")),
    )
    op.add_column("proposal", sa.Column("feedback", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("proposal_call") as call:
        call.add_column(sa.Column("gives_feedback", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("proposal_review", sa.Column("feedback", sa.Text(), server_default="", nullable=False))
    op.add_column("speaker_profile", sa.Column("hours", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("person_away") as away:
        away.add_column(sa.Column("is_own", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("person_away") as away:
        away.drop_column("is_own")
    op.drop_column("speaker_profile", "hours")
    op.drop_column("proposal_review", "feedback")
    with op.batch_alter_table("proposal_call") as call:
        call.drop_column("gives_feedback")
    op.drop_column("proposal", "feedback")
    op.drop_table("proposal_decision")
