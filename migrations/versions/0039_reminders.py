"""When people wish to be reminded of their meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    #: Written out, with the check at the column: SQLite takes it so without copying the table.
    op.execute(
        "ALTER TABLE meeting_preference ADD COLUMN alarm_minutes INTEGER DEFAULT 10 NOT NULL "
        "CONSTRAINT ck_meeting_preference_alarm_minutes CHECK (alarm_minutes >= 0)"
    )
    op.execute(
        "ALTER TABLE meeting_preference ADD COLUMN letter_minutes INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_meeting_preference_letter_minutes CHECK (letter_minutes >= 0)"
    )
    op.add_column(
        "meeting_preference", sa.Column("evening_letter", sa.Boolean(), server_default=sa.true(), nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("meeting_preference") as batch:
        batch.drop_constraint("letter_minutes", type_="check")
        batch.drop_constraint("alarm_minutes", type_="check")
        batch.drop_column("evening_letter")
        batch.drop_column("letter_minutes")
        batch.drop_column("alarm_minutes")
