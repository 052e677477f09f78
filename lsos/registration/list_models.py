"""Tables of the organiser's list: what it is searched by, what is kept about it, and what was done with many."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.errors import N_
from lsos.registration.models import Registration
from lsos.texts import Bilingual, bilingual


class SearchLine(Model):
    """What a registration is found by, and where it stands by name: one narrow row, so that thousands are read at once.

    Triggers of the database write it, whoever changes the registration, its person or its organisation.
    """

    __tablename__ = "search_line"
    #: Kept in the order of the list, so that reading it from its head, or all of it, goes through one place.
    __table_args__ = (UniqueConstraint("registration_id"), {"sqlite_with_rowid": False})

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True, autoincrement=False)
    #: The folded name, family name first.
    name_key: Mapped[str] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Folded name and addresses, the organisation with its other names, the badge code.
    words: Mapped[str]


class Label(Model):
    """A word of the organisers' own for some registrations; nobody else sees it."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("event_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    name: Mapped[str]
    folded: Mapped[str]


class RegistrationLabel(Model):
    """A registration carries a label."""

    __tablename__ = "registration_label"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id", ondelete="CASCADE"), primary_key=True, index=True)


class InternalNote(Model):
    """What an organiser wrote down about a registration, for the team only."""

    __tablename__ = "internal_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    text: Mapped[str]

    by: Mapped[Person | None] = relationship()


class SavedView(Model):
    """Filters, columns and order of the list, under a name, for its owner or for the whole team."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(
            "uq_saved_view_default",
            "event_id",
            "owner_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)
    #: What its owner sees first.
    is_default: Mapped[bool] = mapped_column(default=False)
    #: What the list's address says: name -> values.
    address: Mapped[dict[str, Any]]

    owner: Mapped[Person] = relationship()


class Selection(Model):
    """Registrations that somebody chose, frozen by their public ids at that moment."""

    __tablename__ = "selection"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]
    uids: Mapped[list[str]]


class ReasonTemplate(Model):
    """Words that organisers of an event give as a reason, again and again."""

    __tablename__ = "reason_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    text: Mapped[Bilingual] = bilingual("text")
    position: Mapped[int] = mapped_column(default=0)


class BulkKind(StrEnum):
    """What can be done to many registrations."""

    APPROVE = "approve"
    DECLINE = "decline"
    WAITLIST = "waitlist"
    CANCEL = "cancel"
    APPROVE_WISH = "approve_wish"
    DECLINE_WISH = "decline_wish"
    RETYPE = "retype"
    LABEL = "label"
    UNLABEL = "unlabel"

    @property
    def words(self) -> str:
        """Say it on a button; translated where it is shown."""
        return _BULK_WORDS[self]


_BULK_WORDS = {
    BulkKind.APPROVE: N_("Approve"),
    BulkKind.DECLINE: N_("Decline"),
    BulkKind.WAITLIST: N_("Move to the waiting list"),
    BulkKind.CANCEL: N_("Cancel registrations"),
    BulkKind.APPROVE_WISH: N_("Approve requests to take part in more"),
    BulkKind.DECLINE_WISH: N_("Decline requests to take part in more"),
    BulkKind.RETYPE: N_("Change how they take part"),
    BulkKind.LABEL: N_("Add a label"),
    BulkKind.UNLABEL: N_("Remove a label"),
}


class StepState(StrEnum):
    """Where one row of a bulk action stands."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"


class BulkAction(Model):
    """One decision about many registrations; its rows say what was before and after, so that it can be undone."""

    __tablename__ = "bulk_action"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    kind: Mapped[BulkKind]
    #: Each is told in their own language; what an organiser typed is the same in both.
    reason: Mapped[Bilingual] = bilingual("reason")
    #: The code of the type that they change to, or the name of the label.
    what: Mapped[str] = mapped_column(default="")
    undone_at: Mapped[datetime | None]
    #: Since when the rest of it waits until somebody lets it go on.
    paused_at: Mapped[datetime | None]
    #: Nothing of it is left to do; until then a worker goes on.
    finished_at: Mapped[datetime | None] = mapped_column(index=True)

    by: Mapped[Person | None] = relationship()


class BulkStep(Model):
    """What a bulk action did to one registration."""

    __tablename__ = "bulk_step"
    __table_args__ = (Index("ix_bulk_step_action_id_state", "action_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("bulk_action.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    state: Mapped[StepState] = mapped_column(default=StepState.WAITING)
    #: The sentence, as it is translated, that says why it was refused or why it cannot be undone.
    why: Mapped[str] = mapped_column(default="")
    before: Mapped[str] = mapped_column(String(60), default="")
    after: Mapped[str] = mapped_column(String(60), default="")
    #: The step in the history of the registration that this made, and the letter about it.
    change_id: Mapped[int | None]
    letter_id: Mapped[int | None]
    #: Since when a guest had asked for what was decided on, to be put back by undoing.
    asked_at: Mapped[datetime | None]

    action: Mapped[BulkAction] = relationship()
    registration: Mapped[Registration] = relationship()


class RegistrationImport(Model):
    """A file of registrations that somebody brought, and how far it is written."""

    __tablename__ = "registration_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    filename: Mapped[str]
    #: Every line as read: its number in the file, and its cells by field.
    lines: Mapped[list[dict[str, Any]]]
    #: Where the consents in it come from, in the organiser's words.
    source: Mapped[str] = mapped_column(default="")
    writes_letters: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    #: Since when the rest of it waits until somebody lets it go on.
    paused_at: Mapped[datetime | None]
    #: Nothing of it is left to write, or it was stopped; until then a worker goes on with what was started.
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    #: How many lines the file has, how many of them are done, and what came of these: outcome -> number.
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0)
    outcomes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Lines that were not written: number and sentence.
    refused: Mapped[list[dict[str, Any]]] = mapped_column(default=list)

    by: Mapped[Person | None] = relationship()

    @property
    def goes_on(self) -> bool:
        """Say whether it is being written."""
        return self.started_at is not None and self.paused_at is None and self.finished_at is None

    @property
    def left(self) -> int:
        """Count the lines that are not done."""
        return max(self.total - self.done, 0)
