"""Seats that are held, and a waiting list that hangs on them."""

import secrets

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HELD = ("held_delegation", "held_invited", "held_offer", "held_review")
TEXTS = ("description", "next_steps", "letter")
AUDIENCES = sa.Enum("everybody", "signed_in", "link", "invited", name="audience", native_enum=False, length=40)
STATES = ("waiting", "offered", "accepted", "expired", "left")
OPEN = sa.text("state IN ('waiting', 'offered')")


def upgrade() -> None:
    with op.batch_alter_table("capacity") as batch:
        for name in HELD:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("offer_hours", sa.Integer(), nullable=False, server_default="48"))
        batch.add_column(sa.Column("lets_smaller_pass", sa.Boolean(), nullable=False, server_default=sa.text("false")))
        batch.drop_constraint(op.f("ck_capacity_seats_exist"), type_="check")
        batch.create_check_constraint(
            op.f("ck_capacity_seats_exist"),
            " AND ".join(f"{name} >= 0" for name in ("taken", *HELD)) + f" AND taken + {' + '.join(HELD)} <= seats",
        )
        batch.create_check_constraint(op.f("ck_capacity_offer_hours"), "offer_hours BETWEEN 1 AND 720")
    with op.batch_alter_table("participation_type") as batch:
        for name in TEXTS:
            for language in ("pl", "en"):
                batch.add_column(sa.Column(f"{name}_{language}", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("watched_answers", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("audience", AUDIENCES, nullable=False, server_default="everybody"))
        batch.create_check_constraint(
            op.f("ck_participation_type_audience"), "audience IN ('everybody', 'signed_in', 'link', 'invited')"
        )
        batch.add_column(sa.Column("link_key", sa.String(22), nullable=False, server_default=""))
        batch.add_column(sa.Column("opens_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("closes_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("registration") as batch:
        batch.add_column(sa.Column("reconfirmed_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("to_review", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="entrystate", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("priority_reason", sa.Text(), nullable=False),
        sa.Column("accepts_automatically", sa.Boolean(), nullable=False),
        sa.Column("offered_until", UtcDateTime(), nullable=True),
        sa.Column("colleagues_held", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "size >= 1 AND colleagues_held >= 0 AND colleagues_held < size", name=op.f("ck_waiting_entry_size")
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)", name=op.f("ck_waiting_entry_offer_ends")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_waiting_entry_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_waiting_entry_uid")),
    )
    op.create_index(op.f("ix_waiting_entry_registration_id"), "waiting_entry", ["registration_id"])
    op.create_index("ix_waiting_entry_state_offered_until", "waiting_entry", ["state", "offered_until"])
    op.create_index(
        "uq_waiting_entry_open",
        "waiting_entry",
        ["registration_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "seat_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_seat_link_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_seat_link_token_hash")),
    )
    op.create_index(op.f("ix_seat_link_registration_id"), "seat_link", ["registration_id"])
    _write_keys()
    _put_in_line()


def _write_keys() -> None:
    """Give each way to take part the key of its link."""
    kinds = sa.table("participation_type", sa.column("id", sa.Integer), sa.column("link_key", sa.String))
    bind = op.get_bind()
    for (kind_id,) in bind.execute(sa.select(kinds.c.id)).all():
        bind.execute(kinds.update().where(kinds.c.id == kind_id).values(link_key=secrets.token_urlsafe(16)))


def _put_in_line() -> None:
    """Give everybody who waits a place, in the order in which they came to wait."""
    waiting = sa.text(
        "SELECT registration.id, max(registration_change.id) AS step, max(registration_change.at) AS at,"
        " registration.registered_at AS registered_at FROM registration LEFT JOIN registration_change"
        " ON registration_change.registration_id = registration.id AND registration_change.state = 'waitlisted'"
        " WHERE registration.state = 'waitlisted' GROUP BY registration.id, registration.registered_at"
        " ORDER BY step, registration.id"
    ).columns(id=sa.Integer(), step=sa.Integer(), at=UtcDateTime(), registered_at=UtcDateTime())
    entries = sa.table(
        "waiting_entry",
        *(sa.column(name) for name in ("uid", "registration_id", "state", "size", "priority", "priority_reason")),
        sa.column("since", UtcDateTime()),
        sa.column("accepts_automatically", sa.Boolean),
        sa.column("colleagues_held"),
    )
    bind = op.get_bind()
    for row in bind.execute(waiting).mappings().all():
        bind.execute(
            entries.insert().values(
                uid=secrets.token_urlsafe(16),
                registration_id=row["id"],
                state="waiting",
                size=1,
                since=row["at"] or row["registered_at"],
                priority=0,
                priority_reason="",
                accepts_automatically=True,
                colleagues_held=0,
            )
        )


def downgrade() -> None:
    op.drop_table("seat_link")
    op.drop_table("waiting_entry")
    with op.batch_alter_table("registration") as batch:
        batch.drop_column("to_review")
        batch.drop_column("reconfirmed_at")
    with op.batch_alter_table("participation_type") as batch:
        batch.drop_constraint(op.f("ck_participation_type_audience"), type_="check")
        for name in ("audience", "link_key", "opens_at", "closes_at", "watched_answers"):
            batch.drop_column(name)
        for name in TEXTS:
            for language in ("pl", "en"):
                batch.drop_column(f"{name}_{language}")
    with op.batch_alter_table("capacity") as batch:
        batch.drop_constraint(op.f("ck_capacity_offer_hours"), type_="check")
        batch.drop_constraint(op.f("ck_capacity_seats_exist"), type_="check")
        for name in (*HELD, "offer_hours", "lets_smaller_pass"):
            batch.drop_column(name)
        batch.create_check_constraint(op.f("ck_capacity_seats_exist"), "taken >= 0 AND taken <= seats")
