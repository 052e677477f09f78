"""Tables of erasures that were asked for, of periods of keeping, and the record of what was deleted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy import event as orm_event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.privacy.rules import ErasureState

_OPEN = "state IN ('asked', 'confirmed')"


class ErasureRequest(Model):
    """Somebody wants everything that is known of them erased; one at a time, and the row outlives what it erased."""

    __tablename__ = "erasure_request"
    __table_args__ = (
        Index(
            "uq_erasure_request_open",
            "person_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index("ix_erasure_request_state_due_at", "state", "due_at"),
        CheckConstraint("(state <> 'confirmed') OR (due_at IS NOT NULL)", name="confirmed_is_due"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[ErasureState] = mapped_column(default=ErasureState.ASKED)
    #: The owner who began it for somebody that wrote to them; None: the person did it by themselves.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    #: From then on nothing brings it back.
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: Of the link in the letter about it.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)

    person: Mapped[Person] = relationship(foreign_keys=person_id)


class KeepingRule(Model):
    """For how long one event keeps one class of data, where that is not what the platform proposes."""

    __tablename__ = "keeping_rule"
    __table_args__ = (
        UniqueConstraint("event_id", "what"),
        CheckConstraint("days BETWEEN 0 AND 3660", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    #: The code of a class of data, or question: with the public id of a question.
    what: Mapped[str] = mapped_column(String(60))
    #: So many days after the last day of the event; None keeps it until it is erased by hand.
    days: Mapped[int | None]

    event: Mapped[Event] = relationship()


class Deletion(Model):
    """What was deleted because its time was over: a line of the proof, only ever added and never changed.

    `seal` ties each line to the one before it, so that a line that was changed or taken out is seen.
    """

    __tablename__ = "deletion"
    __table_args__ = (Index("ix_deletion_scope_at", "scope", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    #: The event, by slug; empty for what belongs to none.
    scope: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(60))
    #: The rule as it was: so many days after the event; None for what was not deleted by a rule of days.
    days: Mapped[int | None]
    number: Mapped[int]
    #: Who pressed the button; None: it ran by itself. No foreign key, so that the proof outlives an account.
    by_id: Mapped[int | None]
    seal: Mapped[str] = mapped_column(String(64), unique=True)


@orm_event.listens_for(Deletion, "before_update")
@orm_event.listens_for(Deletion, "before_delete")
def _refuse(_mapper: Mapper[Deletion], _connection: object, _line: Deletion) -> None:
    raise RuntimeError("lines of the proof are only ever added")
