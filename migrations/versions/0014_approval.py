"""What an approval rested on while it waits to be given again, wishes decided in bulk, and work that keeps failing."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = ("approve", "decline", "waitlist", "cancel", "retype", "label", "unlabel")
WISHES = ("approve_wish", "decline_wish")


def _check(*values: str) -> str:
    return f"kind IN ({', '.join(repr(value) for value in values)})"


def _kinds(*values: str) -> None:
    with op.batch_alter_table("bulk_action") as batch:
        batch.drop_constraint(op.f("ck_bulk_action_bulkkind"), type_="check")
        batch.create_check_constraint(op.f("ck_bulk_action_bulkkind"), _check(*values))


def upgrade() -> None:
    op.add_column("registration", sa.Column("approved_answers", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("bulk_step", sa.Column("asked_at", UtcDateTime(), nullable=True))
    _kinds(*KINDS, *WISHES)
    op.create_table(
        "work_trouble",
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("what", "key", name=op.f("pk_work_trouble")),
    )


def downgrade() -> None:
    op.drop_table("work_trouble")
    op.execute("DELETE FROM bulk_step WHERE action_id IN (SELECT id FROM bulk_action WHERE kind LIKE '%_wish')")
    op.execute("DELETE FROM bulk_action WHERE kind LIKE '%_wish'")
    _kinds(*KINDS)
    op.drop_column("bulk_step", "asked_at")
    op.drop_column("registration", "approved_answers")
