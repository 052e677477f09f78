"""How far an import is, so that a worker goes on with it; imports and bulk actions that are paused."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration_import", sa.Column("total", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("registration_import", sa.Column("paused_at", UtcDateTime(), nullable=True))
    op.add_column("registration_import", sa.Column("finished_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_registration_import_finished_at"), "registration_import", ["finished_at"])
    op.add_column("bulk_action", sa.Column("paused_at", UtcDateTime(), nullable=True))
    imports = sa.table(
        "registration_import",
        *(sa.column(name) for name in ("lines", "total", "done", "started_at", "paused_at", "finished_at")),
    )
    op.execute(sa.update(imports).values(total=sa.func.json_array_length(imports.c.lines)))
    #: Lines that were forgotten since were there once.
    op.execute(sa.update(imports).where(imports.c.total < imports.c.done).values(total=imports.c.done))
    begun = imports.c.started_at.is_not(None)
    op.execute(
        sa.update(imports).where(begun, imports.c.done >= imports.c.total).values(finished_at=imports.c.started_at)
    )
    #: What a closed page left long ago is not written before somebody looks at it.
    op.execute(sa.update(imports).where(begun, imports.c.done < imports.c.total).values(paused_at=imports.c.started_at))


def downgrade() -> None:
    op.drop_column("bulk_action", "paused_at")
    op.drop_index(op.f("ix_registration_import_finished_at"), table_name="registration_import")
    with op.batch_alter_table("registration_import") as batch:
        for column in ("finished_at", "paused_at", "total"):
            batch.drop_column(column)
