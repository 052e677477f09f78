"""Tables of scan points, devices, replaced badges, scans and what they prove (arrival, attendance, presence), paper."""

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.checkin.device_rules import minutes_off
from lsos.checkin.rules import Direction, PointKind, Repeat, ScanResult, SignUpRule, seats_at
from lsos.db import Model, uid_column
from lsos.events.models import Event, Room
from lsos.meetings.models import Meeting
from lsos.registration.models import ParticipationType, Registration
from lsos.texts import Bilingual, bilingual


class ScanPoint(Model):
    """A place where badges are scanned: a door, a room, a session, the meeting tables; with the rule of who is counted.

    Attributes:
        session: what a point of kind "session" counts; a room counts whatever is held there.
        opens_at: from when on people are counted, where that differs from the event's doors.
        repeat: whether somebody is counted once more.
        sign_up: what becomes of those who did not sign up for the session held there.
        has_exit: people are also scanned when they leave.
        capacity: so many fit in, where that is not what its room says.
        closed_for_good_at: it is offered no more; the row stays, since scans name it.
        types: the kinds of participation that come in; none means all.
    """

    __tablename__ = "scan_point"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint("(kind = 'session') = (session_id IS NOT NULL)", name="session"),
        CheckConstraint("closes_at > opens_at", name="times"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    kind: Mapped[PointKind]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    repeat: Mapped[Repeat] = mapped_column(default=Repeat.DAILY, server_default="daily")
    sign_up: Mapped[SignUpRule] = mapped_column(default=SignUpRule.IGNORED, server_default="ignored")
    has_exit: Mapped[bool] = mapped_column(default=False, server_default=false())
    capacity: Mapped[int | None]
    closed_for_good_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    room: Mapped[Room | None] = relationship()
    session: Mapped[Session | None] = relationship()
    types: Mapped[list["ScanPointType"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def fits(self) -> int | None:
        """Say how many fit in; None where nobody said."""
        return seats_at(self.kind, self.capacity, self.room.capacity if self.room is not None else None)

    @property
    def admits(self) -> tuple[str, ...]:
        """Give the codes of the kinds of participation that come in, in order; none means all."""
        return tuple(sorted(each.participation_type.code for each in self.types))


class UnwantedPoint(Model):
    """A point that followed from house or programme and was taken away, so that it is not made by itself again."""

    __tablename__ = "unwanted_point"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)


class ScanPointType(Model):
    """A kind of participation that comes in at a point."""

    __tablename__ = "scan_point_type"

    point_id: Mapped[int] = mapped_column(ForeignKey("scan_point.id", ondelete="CASCADE"), primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    participation_type: Mapped[ParticipationType] = relationship(lazy="joined")


class Device(Model):
    """A phone, computer or kiosk that scans at one event without anybody's account.

    Attributes:
        pairing_hash: of the code that pairs it, once, until `pairing_until`.
        token_hash: of the secret that it holds since; the secret itself is known to the device alone.
        point: where it scans, unless its holder may choose.
        may_choose_point: its holder says where it stands.
        may_search: its holder may look guests up by name, and take scans back: a supervisor.
        may_register: its holder may register guests who come without a registration.
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
    may_register: Mapped[bool] = mapped_column(default=False, server_default=false())
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

    @property
    def minutes_off(self) -> int:
        """By how many minutes its clock is fast, negative where it is slow; 0 where it is right enough."""
        return minutes_off(timedelta(milliseconds=self.drift_ms))


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
    direction: Mapped[Direction] = mapped_column(default=Direction.ENTRY, server_default="entry")
    result: Mapped[ScanResult]
    #: The name of the refusal, where there was one.
    reason: Mapped[str] = mapped_column(String(40), default="")
    #: The scan that had counted what this one would have.
    earlier_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    #: What else the desk was told to do, each a word of `Need`.
    needs: Mapped[str] = mapped_column(String(60), default="", server_default="")
    #: The session that was held where the badge was scanned.
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    #: What a phone without network told the desk; empty where the server was asked.
    told_result: Mapped[str] = mapped_column(String(40), default="", server_default="")
    told_reason: Mapped[str] = mapped_column(String(40), default="", server_default="")
    #: An undo is a scan too, and names the one it takes back.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"), unique=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: The phone that scanned by itself, and what its clock said then.
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    device_at: Mapped[datetime | None]
    #: When it was made and when it came here, by our clock.
    scanned_at: Mapped[datetime]
    received_at: Mapped[datetime]

    point: Mapped[ScanPoint] = relationship()
    registration: Mapped[Registration | None] = relationship()
    session: Mapped[Session | None] = relationship()
    device: Mapped[Device | None] = relationship()
    earlier: Mapped["Scan | None"] = relationship(foreign_keys=[earlier_id], remote_side="Scan.id")


class ReplacedBadge(Model):
    """A code that is not valid any more: the badge was lost, and its owner has another. No badge ever gets it again."""

    __tablename__ = "replaced_badge"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    replaced_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    registration: Mapped[Registration] = relationship()


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


class SessionAttendance(Model):
    """A person's badge was scanned at a session; the unique key holds when two desks scan at once."""

    __tablename__ = "session_attendance"
    __table_args__ = (UniqueConstraint("session_id", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), unique=True)
    at: Mapped[datetime]

    session: Mapped[Session] = relationship()
    registration: Mapped[Registration] = relationship()
    scan: Mapped[Scan] = relationship()


class PaperWords(Model):
    """What organisers say for the paper of their event; without a row there is one desk and nothing to say."""

    __tablename__ = "paper_words"
    __table_args__ = (CheckConstraint("desks BETWEEN 1 AND 9", name="desks"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    #: Between so many desks the alphabet is shared.
    desks: Mapped[int] = mapped_column(default=1)
    #: Whom to call, where the spare lamp is: on the first page.
    words: Mapped[Bilingual] = bilingual("words")


class PaperKit(Model):
    """The paper of one day in one language; made again, it takes the place of the last. It goes soon after the event.

    Attributes:
        people: so many are on its list.
        is_of_evening: it was made by itself in the evening before, and its readers were told.
        by: who asked for it; nobody where it was made by itself.
    """

    __tablename__ = "paper_kit"
    __table_args__ = (UniqueConstraint("event_id", "day", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    day: Mapped[date]
    language: Mapped[str] = mapped_column(String(2))
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    is_of_evening: Mapped[bool] = mapped_column(default=False, server_default=false())
    people: Mapped[int]
    #: The PDF; it lies here and not beside, so that it goes with the row.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    by: Mapped[Person | None] = relationship()


class PaperOrder(Model):
    """A paper that was asked for and is not made yet; the worker makes it, and the row goes. One at a time an event."""

    __tablename__ = "paper_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), unique=True)
    day: Mapped[date]
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    event: Mapped[Event] = relationship()
    by: Mapped[Person | None] = relationship()
