"""Questions about requests for meetings, and how many may be open."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_note",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("meeting_request.id", ondelete="CASCADE"), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("registration.id"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index(op.f("ix_request_note_request_id"), "request_note", ["request_id"])
    op.create_index(op.f("ix_request_note_author_id"), "request_note", ["author_id"])
    #: Written out, with the check at the column: SQLite takes it so without copying the table.
    op.execute(
        "ALTER TABLE meeting_settings ADD COLUMN max_open_requests INTEGER DEFAULT 10 NOT NULL "
        "CONSTRAINT ck_meeting_settings_max_open_requests CHECK (max_open_requests > 0)"
    )
    op.execute(
        "ALTER TABLE participation_type ADD COLUMN max_open_requests INTEGER "
        "CONSTRAINT ck_participation_type_max_open_requests CHECK (max_open_requests > 0)"
    )


def downgrade() -> None:
    op.drop_column("participation_type", "max_open_requests")
    op.drop_column("meeting_settings", "max_open_requests")
    op.drop_table("request_note")
