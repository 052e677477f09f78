"""Tables of the phones and computers that scan by themselves, each with a token and rights of its own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.checkin.models import ScanPoint
from lsos.db import Model, uid_column
from lsos.events.models import Event


class Device(Model):
    """A phone, computer or kiosk that scans at one event without anybody's account.

    Attributes:
        pairing_hash: of the code that pairs it, once, until `pairing_until`.
        token_hash: of the secret that it holds since; the secret itself is known to the device alone.
        point: where it scans, unless its holder may choose.
        may_choose_point: its holder says where it stands.
        may_search: its holder may look guests up by name, and take scans back: a supervisor.
        is_kiosk: guests use it themselves; it shows no list and nothing of earlier guests.
        waiting: so many scans it had not sent when it last spoke.
        drift_ms: by so much its clock was ahead of ours then.
        snapshot_at: of when the people are whom it knows.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("(pairing_hash IS NULL) = (pairing_until IS NULL)", name="pairing"),
        CheckConstraint("(token_hash IS NULL) = (paired_at IS NULL)", name="token"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    point_id: Mapped[int | None] = mapped_column(ForeignKey("scan_point.id", ondelete="SET NULL"), index=True)
    may_choose_point: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_search: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_kiosk: Mapped[bool] = mapped_column(default=False, server_default=false())
    pairing_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    pairing_until: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    paired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    drift_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    snapshot_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    point: Mapped[ScanPoint | None] = relationship()
    made_by: Mapped[Person | None] = relationship()
