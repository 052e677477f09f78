"""How many meetings a person may have on a day, and each way to take part its own numbers."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

#: Table -> its new columns.
COLUMNS = {"meeting_settings": ["max_per_day"], "participation_type": ["max_meetings", "max_meetings_a_day"]}


def upgrade() -> None:
    for table, names in COLUMNS.items():
        for name in names:
            #: Written out, with the check at the column: SQLite takes it so without copying the table.
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} INTEGER CONSTRAINT ck_{table}_{name} CHECK ({name} > 0)"
            )


def downgrade() -> None:
    for table, names in COLUMNS.items():
        for name in names:
            op.drop_column(table, name)
