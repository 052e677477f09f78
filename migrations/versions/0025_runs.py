"""Runs of the matching as jobs, and meetings that are locked."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("state IN ('waiting', 'running')")
WHY = sa.Enum(
    "rule",
    "no_common_slot",
    "alternative_met",
    "person_full",
    "tables_full",
    "lower_value",
    name="why",
    native_enum=False,
    create_constraint=True,
    length=40,
)
#: Columns that hold one of a few words: the name of the check, the words.
WORDS = {
    "kind": ("runkind", ("draft", "what_if")),
    "state": ("runstate", ("waiting", "running", "done", "failed", "cancelled")),
    "failure": ("runfailure", ("lost", "contradiction", "gone", "broken")),
}


def added() -> list["sa.Column[object]"]:
    """Give the columns that a run has as a job."""
    return [
        sa.Column("kind", sa.String(40), server_default="draft", nullable=False),
        sa.Column("state", sa.String(40), server_default="done", nullable=False),
        sa.Column("settings", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("share", sa.Double(), server_default="0", nullable=False),
        sa.Column("progress", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("holder", sa.String(22)),
        sa.Column("beat_at", UtcDateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.String(40)),
        sa.Column("result", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("published_at", UtcDateTime(timezone=True)),
    ]


def upgrade() -> None:
    with op.batch_alter_table("matching_run") as run:
        for column in added():
            run.add_column(column)
        for name, (check, words) in WORDS.items():
            listed = ", ".join(f"'{word}'" for word in words)
            run.create_check_constraint(op.f(f"ck_matching_run_{check}"), f"{name} IN ({listed})")
    op.create_index(
        "uq_matching_run_under_way",
        "matching_run",
        ["event_id", "kind"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "unmet_wish",
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("matching_run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("low_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("high_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("why", WHY, nullable=False),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_unmet_wish_pair_ordered")),
    )
    op.create_index(op.f("ix_unmet_wish_low_id"), "unmet_wish", ["low_id"])
    op.create_index(op.f("ix_unmet_wish_high_id"), "unmet_wish", ["high_id"])
    op.create_index("ix_unmet_wish_run_id_is_agreed", "unmet_wish", ["run_id", "is_agreed"])
    op.add_column("meeting", sa.Column("is_locked", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("meeting", "is_locked")
    op.drop_table("unmet_wish")
    op.drop_index("uq_matching_run_under_way", "matching_run")
    with op.batch_alter_table("matching_run") as run:
        for check, _ in WORDS.values():
            run.drop_constraint(op.f(f"ck_matching_run_{check}"), type_="check")
        for column in reversed(added()):
            run.drop_column(column.name)
