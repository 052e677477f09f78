"""The jury of a call: how it works, criteria, reviews and conflicts of interest, scores, what jurors know."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def to(table: str, column: str, *, is_key: bool = False) -> sa.Column:
    return sa.Column(
        column, sa.Integer(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, primary_key=is_key
    )


def words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    op.add_column(
        "zone_application",
        sa.Column("is_feedback_in_letter", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "zone_jury",
        to("zone_call", "call_id", is_key=True),
        sa.Column("reviews_wanted", sa.Integer(), nullable=False),
        sa.Column("hides_names", sa.Boolean(), nullable=False),
        sa.Column("opens_at", UtcDateTime(timezone=True)),
        sa.Column("closes_at", UtcDateTime(timezone=True)),
        sa.Column("others_shown", one_of("othersshown", "never", "after_sending", "always"), nullable=False),
        sa.CheckConstraint("reviews_wanted BETWEEN 1 AND 20", name="reviews_wanted"),
        sa.CheckConstraint("closes_at > opens_at", name="dates_ordered"),
    )
    op.create_table(
        "zone_criterion",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        to("zone_call", "call_id"),
        words("name_pl"),
        words("name_en"),
        words("hint_pl"),
        words("hint_en"),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.UniqueConstraint("uid"),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name="weight"),
        sa.CheckConstraint("low >= 0 AND high > low AND high <= 10", name="scale"),
    )
    op.create_index("ix_zone_criterion_call_id", "zone_criterion", ["call_id"])
    op.create_table(
        "zone_review",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        to("zone_application", "application_id"),
        to("person", "juror_id"),
        sa.Column("state", one_of("reviewstate", "assigned", "draft", "sent", "conflict"), nullable=False),
        sa.Column(
            "conflict",
            one_of(
                "conflictkind",
                "employer",
                "investor",
                "family",
                "mentor",
                "other",
                "own_application",
                "same_organisation",
                "same_domain",
            ),
        ),
        sa.Column("conflict_note", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", UtcDateTime(timezone=True)),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("application_id", "juror_id"),
        sa.CheckConstraint("(state = 'conflict') = (conflict IS NOT NULL)", name="conflict_or_review"),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_at_some_time"),
    )
    op.create_index("ix_zone_review_juror_id", "zone_review", ["juror_id"])
    op.create_table(
        "zone_score",
        to("zone_review", "review_id", is_key=True),
        to("zone_criterion", "criterion_id", is_key=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name="value"),
    )
    op.create_index("ix_zone_score_criterion_id", "zone_score", ["criterion_id"])
    op.create_table(
        "zone_juror_area",
        to("person", "person_id", is_key=True),
        to("focus_area", "focus_area_id", is_key=True),
    )
    op.create_index("ix_zone_juror_area_focus_area_id", "zone_juror_area", ["focus_area_id"])


def downgrade() -> None:
    for table in ("zone_juror_area", "zone_score", "zone_review", "zone_criterion", "zone_jury"):
        op.drop_table(table)
    with op.batch_alter_table("zone_application") as batch:
        batch.drop_column("is_feedback_in_letter")
