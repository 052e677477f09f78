"""Times that are booked at once, and what people wish for their meetings and days."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BOOKABLE = sa.Enum(
    "everybody", "wished", "nobody", name="bookable", native_enum=False, create_constraint=True, length=40
)
HALF = sa.Enum("morning", "afternoon", name="half", native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "meeting_preference",
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("bookable", BOOKABLE, nullable=False),
        sa.Column("no_waiting", sa.Boolean(), nullable=False),
        sa.Column("compact", sa.Boolean(), nullable=False),
        sa.Column("half", HALF),
        sa.Column("rest_after", sa.Integer()),
        sa.Column("keeps_lunch", sa.Boolean(), nullable=False),
        sa.Column("most_meetings", sa.Integer()),
        sa.Column("most_a_day", sa.Integer()),
        sa.CheckConstraint("rest_after > 0", name=op.f("ck_meeting_preference_rest_after")),
        sa.CheckConstraint("most_meetings > 0", name=op.f("ck_meeting_preference_most_meetings")),
        sa.CheckConstraint("most_a_day > 0", name=op.f("ck_meeting_preference_most_a_day")),
    )
    #: Written out, with the check at the column: SQLite takes it so without copying the table.
    op.execute(
        "ALTER TABLE meeting_settings ADD COLUMN mode VARCHAR(40) DEFAULT 'later' NOT NULL "
        "CONSTRAINT ck_meeting_settings_meetingmode CHECK (mode IN ('later', 'now'))"
    )
    op.add_column("meeting_request", sa.Column("booked_at_once", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("meeting_request", "booked_at_once")
    op.drop_column("meeting_settings", "mode")
    op.drop_table("meeting_preference")
