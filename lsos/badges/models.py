"""Tables of badge designs, and of the words on a badge where they differ from the registration."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.registration.models import ParticipationType, Registration


class BadgeDesign(Model):
    """A layout of badges of one event.

    Attributes:
        data: what `rules.to_data` gives.
        version: counts its changes.
        printed_version: the latest version that stands on paper.
        is_default: for every kind of participation that has no design of its own; one of an event at most.
        types: the kinds of participation it is for.
    """

    __tablename__ = "badge_design"
    __table_args__ = (
        CheckConstraint("version >= 1 AND printed_version <= version", name="versions"),
        Index(
            "uq_badge_design_default",
            "event_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    data: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    printed_version: Mapped[int | None]
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    types: Mapped[list["BadgeDesignType"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class BadgeDesignType(Model):
    """A kind of participation whose badges have this design; each has one at most."""

    __tablename__ = "badge_design_type"

    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True
    )
    design_id: Mapped[int] = mapped_column(ForeignKey("badge_design.id", ondelete="CASCADE"), index=True)

    participation_type: Mapped[ParticipationType] = relationship(lazy="joined")


class BadgeSettings(Model):
    """What holds for all badges of an event.

    Attributes:
        frozen_at: since then attendees change the words on their badges no more: they are being printed.
    """

    __tablename__ = "badge_settings"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    frozen_at: Mapped[datetime | None]


class BadgeWords(Model):
    """The words on somebody's badge where they differ from the registration (None: they do not), and their approval.

    Attributes:
        approved_mark: of the words that the owner said were right; other words are not approved by it.
    """

    __tablename__ = "badge_words"
    __table_args__ = (CheckConstraint("(approved_at IS NULL) = (approved_mark = '')", name="approved"),)

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    organisation: Mapped[str | None]
    job_title: Mapped[str | None]
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    approved_at: Mapped[datetime | None]
    approved_mark: Mapped[str] = mapped_column(String(64), default="", server_default="")

    registration: Mapped[Registration] = relationship()
    changed_by: Mapped[Person | None] = relationship()
