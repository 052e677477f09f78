"""Requests for meetings to an organisation, whose people decide who goes."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('open', 'accepted') AND to_organisation_id IS NOT NULL")


def upgrade() -> None:
    #: Written out, with the key at the column: SQLite takes it so without copying the table.
    op.execute(
        "ALTER TABLE meeting_request ADD COLUMN to_organisation_id INTEGER "
        "CONSTRAINT fk_meeting_request_to_organisation_id_organisation REFERENCES organisation (id)"
    )
    op.create_index(op.f("ix_meeting_request_to_organisation_id"), "meeting_request", ["to_organisation_id"])
    op.create_index(
        "uq_meeting_request_live_organisation",
        "meeting_request",
        ["from_id", "to_organisation_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    op.drop_index("uq_meeting_request_live_organisation", "meeting_request")
    op.drop_index(op.f("ix_meeting_request_to_organisation_id"), "meeting_request")
    with op.batch_alter_table("meeting_request") as batch:
        batch.drop_column("to_organisation_id")
