"""Seats that are held, and a waiting list that hangs on them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HELD = ("held_delegation", "held_invited", "held_offer", "held_review")


def upgrade() -> None:
    with op.batch_alter_table("capacity") as batch:
        for name in HELD:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.drop_constraint(op.f("ck_capacity_seats_exist"), type_="check")
        batch.create_check_constraint(
            op.f("ck_capacity_seats_exist"),
            " AND ".join(f"{name} >= 0" for name in ("taken", *HELD)) + f" AND taken + {' + '.join(HELD)} <= seats",
        )


def downgrade() -> None:
    with op.batch_alter_table("capacity") as batch:
        batch.drop_constraint(op.f("ck_capacity_seats_exist"), type_="check")
        for name in HELD:
            batch.drop_column(name)
        batch.create_check_constraint(op.f("ck_capacity_seats_exist"), "taken >= 0 AND taken <= seats")
