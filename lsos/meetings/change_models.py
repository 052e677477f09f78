"""Changes of published meetings: what would move where, and who says yes to it; until then everything stays."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.meetings.change_rules import ChangeKind, ChangeState
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.registration.models import Registration


class MeetingChange(Model):
    """Some meetings that would go elsewhere together, all or none; it may give two others a time."""

    __tablename__ = "meeting_change"
    __table_args__ = (
        #: The parent key of `change_move`, which repeats whether it is open, so that a meeting has one open change.
        UniqueConstraint("id", "is_open"),
        CheckConstraint("(state = 'open') = is_open", name="open_is_open"),
        CheckConstraint("is_open = (closed_at IS NULL)", name="closed_at_a_time"),
        CheckConstraint("(request_id IS NULL) = (place_at IS NULL)", name="request_with_time"),
        Index(
            "uq_meeting_change_request",
            "request_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_meeting_change_event_id_state", "event_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    kind: Mapped[ChangeKind]
    state: Mapped[ChangeState] = mapped_column(default=ChangeState.OPEN)
    is_open: Mapped[bool] = mapped_column(default=True)
    #: Who proposed it; none where the organiser did.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"), index=True)
    message: Mapped[str] = mapped_column(default="")
    #: An agreed request that gets a time by it, and when.
    request_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_request.id", ondelete="CASCADE"))
    place_at: Mapped[datetime | None]
    #: So many waits between meetings are fewer after it, all people taken together.
    waits_saved: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    by: Mapped[Registration | None] = relationship()
    request: Mapped[MeetingRequest | None] = relationship()
    moves: Mapped[list["ChangeMove"]] = relationship(
        back_populates="change",
        cascade="all, delete-orphan",
        order_by="ChangeMove.from_at",
        primaryjoin="MeetingChange.id == ChangeMove.change_id",
        foreign_keys="ChangeMove.change_id",
    )
    consents: Mapped[list["ChangeConsent"]] = relationship(back_populates="change", cascade="all, delete-orphan")

    def asks(self, registration_id: int) -> bool:
        """Say whether it is somebody's answer that is missing."""
        return any(each.registration_id == registration_id and each.says_yes is None for each in self.consents)


class ChangeMove(Model):
    """One meeting of a change: from when to when; which table, is seen when it goes there."""

    __tablename__ = "change_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["change_id", "is_open"],
            ["meeting_change.id", "meeting_change.is_open"],
            name="fk_change_move_open_with_change",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("from_at <> to_at", name="goes_elsewhere"),
        Index(
            "uq_change_move_meeting",
            "meeting_id",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    change_id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, index=True)
    is_open: Mapped[bool] = mapped_column(default=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]

    change: Mapped[MeetingChange] = relationship(
        back_populates="moves",
        primaryjoin="MeetingChange.id == ChangeMove.change_id",
        foreign_keys=[change_id],
    )
    meeting: Mapped[Meeting] = relationship()


class ChangeConsent(Model):
    """What one of those whom a change concerns says to it."""

    __tablename__ = "change_consent"
    __table_args__ = (CheckConstraint("(says_yes IS NULL) = (at IS NULL)", name="says_at_a_time"),)

    change_id: Mapped[int] = mapped_column(ForeignKey("meeting_change.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True, index=True)
    says_yes: Mapped[bool | None]
    at: Mapped[datetime | None]
    #: So many waits of theirs are fewer after it.
    waits_saved: Mapped[int] = mapped_column(default=0)

    change: Mapped[MeetingChange] = relationship(back_populates="consents")
    registration: Mapped[Registration] = relationship()
