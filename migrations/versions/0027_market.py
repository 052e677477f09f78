"""Offers and requests as objects, and saved searches."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime
from lsos.texts import search_key

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TICKED = sa.text("title_pl = '' AND title_en = '' AND NOT is_closed")
#: Table of what one offer is about -> the table of terms it names.
LINKS = {"listing_tag": "tag", "listing_stage": "funding_stage", "listing_ticket_band": "ticket_band"}


def upgrade() -> None:
    with op.batch_alter_table("listing") as listing:
        for name in ("title_pl", "title_en", "search_key"):
            listing.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
        listing.add_column(
            sa.Column(
                "focus_area_id",
                sa.Integer(),
                sa.ForeignKey("focus_area.id", name=op.f("fk_listing_focus_area_id_focus_area"), ondelete="SET NULL"),
            )
        )
        listing.add_column(sa.Column("trl", sa.Integer()))
        for name in ("is_of_organisation", "is_closed"):
            listing.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        for name in ("made_at", "changed_at"):
            listing.add_column(sa.Column(name, UtcDateTime(timezone=True)))
        listing.drop_constraint("uq_listing_profile_id_direction_cooperation_type_id", type_="unique")
    for name in ("made_at", "changed_at"):
        op.execute(
            f"UPDATE listing SET {name} = (SELECT r.registered_at FROM registration r JOIN profile p"
            " ON p.registration_id = r.id WHERE p.id = listing.profile_id)"
        )
    _write_search_keys()
    with op.batch_alter_table("listing") as listing:
        for name in ("made_at", "changed_at"):
            listing.alter_column(name, existing_type=UtcDateTime(timezone=True), nullable=False)
        listing.create_check_constraint(op.f("ck_listing_trl"), "trl BETWEEN 1 AND 9")
        listing.create_index(op.f("ix_listing_profile_id"), ["profile_id"])
        listing.create_index(op.f("ix_listing_focus_area_id"), ["focus_area_id"])
    op.create_index(
        "uq_listing_ticked",
        "listing",
        ["profile_id", "direction", "cooperation_type_id"],
        unique=True,
        sqlite_where=TICKED,
        postgresql_where=TICKED,
    )
    for name, terms in LINKS.items():
        op.create_table(
            name,
            sa.Column("listing_id", sa.Integer(), sa.ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True),
            sa.Column(f"{terms}_id", sa.Integer(), sa.ForeignKey(f"{terms}.id"), primary_key=True),
        )
        op.create_index(op.f(f"ix_{name}_{terms}_id"), name, [f"{terms}_id"])
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column(
            "registration_id", sa.Integer(), sa.ForeignKey("registration.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("uid", name=op.f("uq_saved_search_uid")),
        sa.UniqueConstraint("registration_id", "name", name=op.f("uq_saved_search_registration_id_name")),
    )


def _write_search_keys() -> None:
    bind = op.get_bind()
    written = bind.execute(
        sa.text("SELECT id, details_pl, details_en FROM listing WHERE details_pl <> '' OR details_en <> ''")
    ).all()
    for number, polish, english in written:
        bind.execute(
            sa.text("UPDATE listing SET search_key = :folded WHERE id = :id"),
            {"id": number, "folded": search_key(polish, english, at_most=None)},
        )


def downgrade() -> None:
    op.drop_table("saved_search")
    for name in LINKS:
        op.drop_table(name)
    op.drop_index("uq_listing_ticked", "listing")
    op.execute(
        "DELETE FROM listing WHERE EXISTS (SELECT 1 FROM listing l WHERE l.profile_id = listing.profile_id"
        " AND l.direction = listing.direction AND l.cooperation_type_id = listing.cooperation_type_id"
        " AND l.id < listing.id)"
    )
    with op.batch_alter_table("listing") as listing:
        listing.drop_index(op.f("ix_listing_profile_id"))
        listing.drop_index(op.f("ix_listing_focus_area_id"))
        listing.drop_constraint(op.f("ck_listing_trl"), type_="check")
        listing.drop_constraint(op.f("fk_listing_focus_area_id_focus_area"), type_="foreignkey")
        for name in (
            "title_pl", "title_en", "search_key", "focus_area_id", "trl", "is_of_organisation", "is_closed", "made_at",
            "changed_at",
        ):
            listing.drop_column(name)
        listing.create_unique_constraint(
            op.f("uq_listing_profile_id_direction_cooperation_type_id"),
            ["profile_id", "direction", "cooperation_type_id"],
        )
