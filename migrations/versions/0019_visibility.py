"""Who sees a session, what it leaves behind, and the sites in which a programme may stand."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

VISIBILITY = sa.Enum(
    "public", "registered", "chosen", name="visibility", native_enum=False, create_constraint=True, length=40
)
MATERIAL_KIND = sa.Enum(
    "recording", "slides", "more", name="materialkind", native_enum=False, create_constraint=True, length=40
)


def upgrade() -> None:
    with op.batch_alter_table("session") as session:
        session.add_column(sa.Column("visibility", VISIBILITY, server_default="public", nullable=False))
    op.create_table(
        "session_audience",
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "participation_type_id",
            sa.Integer(),
            sa.ForeignKey("participation_type.id", ondelete="CASCADE"),
            primary_key=True,
        ),
    )
    op.create_index(op.f("ix_session_audience_participation_type_id"), "session_audience", ["participation_type_id"])
    op.create_table(
        "embedding_site",
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("origin", sa.String(260), primary_key=True),
    )
    op.create_table(
        "session_material",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False, unique=True),
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", MATERIAL_KIND, nullable=False),
        sa.Column("title_pl", sa.Text(), server_default="", nullable=False),
        sa.Column("title_en", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(url = '') <> (name = '')", name=op.f("ck_session_material_link_or_file")),
    )
    op.create_index(op.f("ix_session_material_session_id"), "session_material", ["session_id"])


def downgrade() -> None:
    op.drop_table("session_material")
    op.drop_table("embedding_site")
    op.drop_table("session_audience")
    with op.batch_alter_table("session") as session:
        session.drop_constraint(op.f("ck_session_visibility"), type_="check")
        session.drop_column("visibility")
