"""Letters about what is new in searches that people keep."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("saved_search", sa.Column("told_until", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("saved_search", "told_until")
