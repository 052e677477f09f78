"""Who may see and ask whom, by kinds of participation."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

RIGHT = sa.Enum("ask", "see", "nothing", name="right", native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "type_right",
        sa.Column(
            "viewer_type_id",
            sa.Integer(),
            sa.ForeignKey("participation_type.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "other_type_id",
            sa.Integer(),
            sa.ForeignKey("participation_type.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("right", RIGHT, nullable=False),
        sa.CheckConstraint("\"right\" <> 'ask'", name=op.f("ck_type_right_narrows")),
    )
    op.create_index(op.f("ix_type_right_other_type_id"), "type_right", ["other_type_id"])


def downgrade() -> None:
    op.drop_table("type_right")
