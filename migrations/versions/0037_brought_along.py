"""A colleague whom one of the two brings to a meeting."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    #: Written out, with the key and the check at the column: SQLite takes it so without copying the table.
    op.execute(
        "ALTER TABLE meeting_participant ADD COLUMN beside_id INTEGER "
        "CONSTRAINT fk_meeting_participant_beside_id_registration REFERENCES registration (id) "
        "CONSTRAINT ck_meeting_participant_beside_another CHECK (beside_id <> registration_id)"
    )
    op.create_index("uq_meeting_participant_beside", "meeting_participant", ["beside_id", "meeting_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_meeting_participant_beside", "meeting_participant")
    with op.batch_alter_table("meeting_participant") as batch:
        batch.drop_constraint(op.f("ck_meeting_participant_beside_another"), type_="check")
        batch.drop_column("beside_id")
