"""Points with rules of their own, scans that go out again or were decided on a phone, attendance at sessions."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

KINDS = ("door", "room", "tables")
MORE_KINDS = ("session", "zone", "meal", "stand", "other")
RESULTS = ("admitted", "again", "present", "refused", "undone")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table("scan_point") as point:
        point.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        point.add_column(sa.Column("opens_at", UtcDateTime(), nullable=True))
        point.add_column(sa.Column("closes_at", UtcDateTime(), nullable=True))
        point.add_column(
            sa.Column(
                "repeat", _words("repeat", "daily", "once", "always"), nullable=False, server_default="daily"
            )
        )
        point.add_column(
            sa.Column(
                "sign_up", _words("signuprule", "ignored", "told", "needed"), nullable=False, server_default="ignored"
            )
        )
        point.add_column(sa.Column("has_exit", sa.Boolean(), nullable=False, server_default=sa.false()))
        point.add_column(sa.Column("closed_for_good_at", UtcDateTime(), nullable=True))
        point.drop_constraint(op.f("ck_scan_point_pointkind"), type_="check")
        point.create_check_constraint(op.f("ck_scan_point_pointkind"), _one_of("kind", *KINDS, *MORE_KINDS))
        point.create_check_constraint(op.f("ck_scan_point_session"), "(kind = 'session') = (session_id IS NOT NULL)")
        point.create_check_constraint(op.f("ck_scan_point_times"), "closes_at > opens_at")
        #: A point at which nobody was scanned goes with its room.
        point.drop_constraint(op.f("fk_scan_point_room_id_room"), type_="foreignkey")
        point.create_foreign_key(op.f("fk_scan_point_room_id_room"), "room", ["room_id"], ["id"], ondelete="CASCADE")
        point.create_foreign_key(
            op.f("fk_scan_point_session_id_session"), "session", ["session_id"], ["id"], ondelete="CASCADE"
        )
        point.create_index(op.f("ix_scan_point_session_id"), ["session_id"])
    op.create_table(
        "scan_point_type",
        sa.Column("point_id", sa.Integer(), nullable=False),
        sa.Column("participation_type_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["point_id"], ["scan_point.id"], name=op.f("fk_scan_point_type_point_id_scan_point"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["participation_type_id"],
            ["participation_type.id"],
            name=op.f("fk_scan_point_type_participation_type_id_participation_type"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("point_id", "participation_type_id", name=op.f("pk_scan_point_type")),
    )
    op.create_index(
        op.f("ix_scan_point_type_participation_type_id"), "scan_point_type", ["participation_type_id"]
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("point_id", sa.Integer()),
        sa.Column("may_choose_point", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("may_search", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_kiosk", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("pairing_hash", sa.String(64)),
        sa.Column("pairing_until", UtcDateTime()),
        sa.Column("token_hash", sa.String(64)),
        sa.Column("paired_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("made_by_id", sa.Integer()),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime()),
        sa.Column("waiting", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("drift_ms", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("snapshot_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_device_event_id_event"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["point_id"], ["scan_point.id"], name=op.f("fk_device_point_id_scan_point"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_device_made_by_id_person")),
        sa.UniqueConstraint("uid", name=op.f("uq_device_uid")),
        sa.UniqueConstraint("pairing_hash", name=op.f("uq_device_pairing_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
        sa.CheckConstraint("(pairing_hash IS NULL) = (pairing_until IS NULL)", name=op.f("ck_device_pairing")),
        sa.CheckConstraint("(token_hash IS NULL) = (paired_at IS NULL)", name=op.f("ck_device_token")),
    )
    op.create_index(op.f("ix_device_event_id"), "device", ["event_id"])
    op.create_index(op.f("ix_device_point_id"), "device", ["point_id"])
    with op.batch_alter_table("scan") as scan:
        scan.add_column(sa.Column("device_id", sa.Integer(), nullable=True))
        scan.add_column(sa.Column("device_at", UtcDateTime(), nullable=True))
        scan.create_foreign_key(op.f("fk_scan_device_id_device"), "device", ["device_id"], ["id"])
        scan.create_index(op.f("ix_scan_device_id"), ["device_id"])
        scan.add_column(
            sa.Column(
                "direction", _words("direction", "entry", "exit"), nullable=False, server_default="entry"
            )
        )
        scan.add_column(sa.Column("earlier_id", sa.Integer(), nullable=True))
        scan.add_column(sa.Column("needs", sa.String(60), nullable=False, server_default=""))
        scan.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        scan.add_column(sa.Column("told_result", sa.String(40), nullable=False, server_default=""))
        scan.add_column(sa.Column("told_reason", sa.String(40), nullable=False, server_default=""))
        scan.drop_constraint(op.f("ck_scan_scanresult"), type_="check")
        scan.create_check_constraint(op.f("ck_scan_scanresult"), _one_of("result", *RESULTS, "left"))
        scan.create_foreign_key(op.f("fk_scan_session_id_session"), "session", ["session_id"], ["id"])
        scan.create_foreign_key(op.f("fk_scan_earlier_id_scan"), "scan", ["earlier_id"], ["id"])
    _guard_scans()
    op.add_column("registration", sa.Column("desk_note", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "session_attendance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_attendance_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_session_attendance_registration_id_registration")
        ),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_session_attendance_scan_id_scan")),
        sa.UniqueConstraint(
            "session_id", "registration_id", name=op.f("uq_session_attendance_session_id_registration_id")
        ),
        sa.UniqueConstraint("scan_id", name=op.f("uq_session_attendance_scan_id")),
    )
    op.create_index(op.f("ix_session_attendance_registration_id"), "session_attendance", ["registration_id"])


def _guard_scans() -> None:
    """Let SQLite refuse once more to change scans: a table that is rebuilt loses what guarded it."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER scan_append_only_{change.lower()} BEFORE {change} ON scan "
            "BEGIN SELECT RAISE(ABORT, 'rows of scan are only ever added'); END"
        )


def downgrade() -> None:
    op.drop_table("session_attendance")
    op.drop_column("registration", "desk_note")
    with op.batch_alter_table("scan") as scan:
        scan.drop_constraint(op.f("fk_scan_session_id_session"), type_="foreignkey")
        scan.drop_constraint(op.f("fk_scan_earlier_id_scan"), type_="foreignkey")
        scan.drop_constraint(op.f("fk_scan_device_id_device"), type_="foreignkey")
        scan.drop_index(op.f("ix_scan_device_id"))
        scan.drop_constraint(op.f("ck_scan_direction"), type_="check")
        scan.drop_constraint(op.f("ck_scan_scanresult"), type_="check")
        scan.create_check_constraint(op.f("ck_scan_scanresult"), _one_of("result", *RESULTS))
        for column in ("told_reason", "told_result", "session_id", "needs", "earlier_id", "direction", "device_at", "device_id"):
            scan.drop_column(column)
    _guard_scans()
    op.drop_table("device")
    op.drop_table("scan_point_type")
    with op.batch_alter_table("scan_point") as point:
        point.drop_index(op.f("ix_scan_point_session_id"))
        point.drop_constraint(op.f("fk_scan_point_session_id_session"), type_="foreignkey")
        point.drop_constraint(op.f("fk_scan_point_room_id_room"), type_="foreignkey")
        point.create_foreign_key(op.f("fk_scan_point_room_id_room"), "room", ["room_id"], ["id"])
        for check in ("times", "session", "repeat", "signuprule", "pointkind"):
            point.drop_constraint(op.f(f"ck_scan_point_{check}"), type_="check")
        point.create_check_constraint(op.f("ck_scan_point_pointkind"), _one_of("kind", *KINDS))
        for column in (
            "closed_for_good_at", "has_exit", "sign_up", "repeat", "closes_at", "opens_at", "session_id"
        ):  # fmt: skip
            point.drop_column(column)
