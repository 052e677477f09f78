"""What people say of their meetings, each for themselves, and codes for tables.

Until now a meeting had one outcome and no author; the audit knows who said it last, and theirs it becomes. Where it
does not know, the outcome stays what it is for figures, and is nobody's word.
"""

import secrets

import sqlalchemy as sa
from alembic import op

from lsos.db import CODE_ALPHABET, UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

IMPRESSION = sa.Enum(
    "cooperation",
    "informative",
    "little",
    "missed",
    name="impression",
    native_enum=False,
    create_constraint=True,
    length=40,
)
#: Who spoke last of a meeting that has an outcome.
SAID_BY = """
INSERT INTO meeting_feedback (meeting_id, registration_id, said_outcome_id, said_at)
SELECT meeting.id, registration.id, meeting.outcome_id, said.at
FROM meeting
JOIN audit_entry AS said ON said.object_uid = meeting.uid AND said.action = 'meeting.outcome_reported'
JOIN registration ON registration.id IN (meeting.first_id, meeting.second_id)
    AND registration.person_id = said.actor_id
WHERE meeting.outcome_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM audit_entry AS later
    WHERE later.object_uid = meeting.uid AND later.action = 'meeting.outcome_reported' AND later.id > said.id
)
"""


def upgrade() -> None:
    op.create_table(
        "meeting_feedback",
        sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("registration_id", sa.Integer(), sa.ForeignKey("registration.id"), primary_key=True),
        sa.Column("impression", IMPRESSION),
        sa.Column("said_outcome_id", sa.Integer(), sa.ForeignKey("meeting_outcome.id")),
        sa.Column("said_at", UtcDateTime(timezone=True)),
        sa.Column("private_note", sa.Text(), server_default="", nullable=False),
        sa.Column("wants_contact", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("follow_up_on", sa.Date()),
        sa.Column("reminded_at", UtcDateTime(timezone=True)),
        sa.CheckConstraint(
            "impression IS NULL OR impression <> 'missed' OR said_outcome_id IS NULL",
            name=op.f("ck_meeting_feedback_missed_has_no_outcome"),
        ),
        sa.CheckConstraint(
            "said_at IS NOT NULL OR (impression IS NULL AND said_outcome_id IS NULL)",
            name=op.f("ck_meeting_feedback_said_at_a_time"),
        ),
    )
    op.create_index(op.f("ix_meeting_feedback_registration_id"), "meeting_feedback", ["registration_id"])
    op.create_index(op.f("ix_meeting_feedback_follow_up_on"), "meeting_feedback", ["follow_up_on"])
    op.execute(SAID_BY)

    op.add_column("meeting_table", sa.Column("code", sa.String(10)))
    table = sa.table("meeting_table", sa.column("id", sa.Integer), sa.column("code", sa.String))
    connection = op.get_bind()
    for (table_id,) in connection.execute(sa.select(table.c.id)).all():
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))
        connection.execute(sa.update(table).where(table.c.id == table_id).values(code=code))
    with op.batch_alter_table("meeting_table") as tables:
        tables.alter_column("code", existing_type=sa.String(10), nullable=False)
        tables.create_unique_constraint(op.f("uq_meeting_table_code"), ["code"])


def downgrade() -> None:
    with op.batch_alter_table("meeting_table") as tables:
        tables.drop_constraint(op.f("uq_meeting_table_code"), type_="unique")
        tables.drop_column("code")
    op.drop_table("meeting_feedback")
