"""Tables of scan points, scans, and what scans prove: arrivals, and presence at a meeting's table."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import Model, uid_column
from lsos.events.models import Event, Room
from lsos.meetings.models import Meeting
from lsos.registration.models import Registration
from lsos.texts import Bilingual, bilingual


class ScanPoint(Model):
    """A place where badges are scanned: a door, a room, the meeting tables."""

    __tablename__ = "scan_point"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    kind: Mapped[PointKind]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    position: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()
    room: Mapped[Room | None] = relationship()


class Scan(Model):
    """One scan, whatever came of it. Rows are only added; the database refuses to change or delete one."""

    __tablename__ = "scan"
    __table_args__ = (
        Index("ix_scan_event_id_received_at", "event_id", "received_at"),
        Index("ix_scan_registration_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Made by the device, so that a scan sent twice is one.
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    point_id: Mapped[int] = mapped_column(ForeignKey("scan_point.id"))
    #: The code as read, cut to a sane length; it may be nobody's.
    code: Mapped[str] = mapped_column(String(64))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    result: Mapped[ScanResult]
    #: The name of the refusal, where there was one.
    reason: Mapped[str] = mapped_column(String(40), default="")
    #: An undo is a scan too, and names the one it takes back.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"), unique=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: By the device's clock, and by ours.
    scanned_at: Mapped[datetime]
    received_at: Mapped[datetime]

    point: Mapped[ScanPoint] = relationship()
    registration: Mapped[Registration | None] = relationship()


class Arrival(Model):
    """A guest came in on a day; the unique key holds when two desks scan at once."""

    __tablename__ = "arrival"
    __table_args__ = (UniqueConstraint("registration_id", "day"), Index("ix_arrival_event_id_at", "event_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    #: The local date where the event is.
    day: Mapped[date]
    at: Mapped[datetime]
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), unique=True)

    registration: Mapped[Registration] = relationship()
    scan: Mapped[Scan] = relationship()


class MeetingPresence(Model):
    """A person's badge was scanned for a meeting; when all were, the meeting was held."""

    __tablename__ = "meeting_presence"
    __table_args__ = (UniqueConstraint("meeting_id", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), unique=True)
    at: Mapped[datetime]

    meeting: Mapped[Meeting] = relationship()
    registration: Mapped[Registration] = relationship()
    scan: Mapped[Scan] = relationship()
