"""Programmes from files: what is being looked at, and what files said that the platform has no field for."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def to(table: str, column: str, *, is_key: bool = False) -> sa.Column:
    return sa.Column(
        column,
        sa.Integer(),
        sa.ForeignKey(f"{table}.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
    )


def upgrade() -> None:
    op.create_table(
        "programme_upload",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        to("event", "event_id"),
        to("person", "by_id"),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_programme_upload_event_id", "programme_upload", ["event_id"])
    op.create_index("ix_programme_upload_by_id", "programme_upload", ["by_id"])
    op.create_table(
        "programme_source",
        to("event", "event_id", is_key=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
    )
    op.create_table(
        "session_source",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("event", "event_id"),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_session_source_event_id", "session_source", ["event_id"])
    op.create_table(
        "speaker_source",
        sa.Column("id", sa.Integer(), primary_key=True),
        to("event", "event_id"),
        to("person", "person_id"),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.UniqueConstraint("event_id", "key"),
    )
    op.create_index("ix_speaker_source_person_id", "speaker_source", ["person_id"])


def downgrade() -> None:
    for table in ("speaker_source", "session_source", "programme_source", "programme_upload"):
        op.drop_table(table)
