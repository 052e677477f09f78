"""How many fit in where badges are scanned, and which points are not made by themselves again."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("scan_point") as point:
        point.add_column(sa.Column("capacity", sa.Integer(), nullable=True))
        point.create_check_constraint(op.f("ck_scan_point_capacity"), "capacity > 0")
    op.create_table(
        "unwanted_point",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_unwanted_point_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "code", name=op.f("pk_unwanted_point")),
    )


def downgrade() -> None:
    op.drop_table("unwanted_point")
    with op.batch_alter_table("scan_point") as point:
        point.drop_constraint(op.f("ck_scan_point_capacity"), type_="check")
        point.drop_column("capacity")
