"""Somebody would like to meet another at once, both being in the house; an answer is awaited for some minutes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.walk_up_rules import WalkUpState
from lsos.registration.models import Registration

_OPEN = text("state = 'open'")


class WalkUp(Model):
    """One asks another to sit down at once; nobody asks two at a time, and no two have two open between them."""

    __tablename__ = "walk_up"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="pair_ordered"),
        CheckConstraint("low_id IN (from_id, to_id) AND high_id IN (from_id, to_id)", name="pair_of_both"),
        CheckConstraint("(state = 'accepted') = (meeting_id IS NOT NULL)", name="accepted_is_a_meeting"),
        Index("uq_walk_up_pair", "low_id", "high_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_walk_up_asker", "from_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_walk_up_from_id", "from_id", "to_id"),
        Index("ix_walk_up_to_id", "to_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    #: The same two in the order of their ids, so that one key serves both directions.
    low_id: Mapped[int]
    high_id: Mapped[int]
    state: Mapped[WalkUpState] = mapped_column(default=WalkUpState.OPEN)
    #: Where the asker sits already; any table will do, should it be taken meanwhile.
    table_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_table.id", ondelete="SET NULL"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    asker: Mapped[Registration] = relationship(foreign_keys=from_id)
    addressee: Mapped[Registration] = relationship(foreign_keys=to_id)
    table: Mapped[MeetingTable | None] = relationship()
    meeting: Mapped[Meeting | None] = relationship()
