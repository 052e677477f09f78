"""How many waits a change of published meetings saves each who is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_consent", sa.Column("waits_saved", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("change_consent", "waits_saved")
