"""Paper for when network or phones fail: one for each day and language, and what organisers say on it."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_words",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("desks", sa.Integer(), nullable=False),
        sa.Column("words_pl", sa.Text(), nullable=False, server_default=""),
        sa.Column("words_en", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("desks BETWEEN 1 AND 9", name=op.f("ck_paper_words_desks")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_paper_words_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_paper_words")),
    )
    op.create_table(
        "paper_kit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("is_of_evening", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_paper_kit_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_paper_kit_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_kit")),
        sa.UniqueConstraint("event_id", "day", "language", name=op.f("uq_paper_kit_event_id_day_language")),
        sa.UniqueConstraint("uid", name=op.f("uq_paper_kit_uid")),
    )


def downgrade() -> None:
    op.drop_table("paper_kit")
    op.drop_table("paper_words")
