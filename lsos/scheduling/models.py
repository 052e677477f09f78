"""Tables of the runs of the matching: what each is asked and found, and the wishes that it did not meet."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.matchmaking.reasons import Why
from lsos.registration.models import Registration
from lsos.scheduling.rules import RunFailure, RunKind, RunState


class MatchingRun(Model):
    """One run of the matching: what it is asked, how far it is, and what it found. A worker does it, page by page."""

    __tablename__ = "matching_run"
    __table_args__ = (
        #: One run of each kind at a time.
        Index(
            "uq_matching_run_under_way",
            "event_id",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    kind: Mapped[RunKind] = mapped_column(default=RunKind.DRAFT, server_default="draft")
    state: Mapped[RunState] = mapped_column(default=RunState.DONE, server_default="done")
    #: `RunSettings`, by name.
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    #: How much of the time given is over, in [0, 1], and what is found so far: value, bound, waits.
    share: Mapped[float] = mapped_column(default=0.0, server_default="0")
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    cancel_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Whoever does it says so by a word of its own, now and then; one that falls silent is taken from it.
    holder: Mapped[str | None] = mapped_column(String(22))
    beat_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    failure: Mapped[RunFailure | None]
    seconds: Mapped[float]
    #: Figures of the draft: people, candidate pairs, meetings, score, people without a meeting.
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Figures of what was only tried.
    result: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    #: Since then its drafts are being published, some at a time; None once all are. So many stand, so many had to go.
    publishing_since: Mapped[datetime | None]
    published: Mapped[int] = mapped_column(default=0, server_default="0")
    dropped: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Since then the people read themselves why they do not meet.
    published_at: Mapped[datetime | None]


class Called(Model):
    """Whom organisers called, since answers of theirs would unlock meetings."""

    __tablename__ = "called"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    by: Mapped[Person | None] = relationship()


class UnmetWish(Model):
    """Two people whom a run did not bring together, and why; kept of the last run and of the one published last."""

    __tablename__ = "unmet_wish"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="pair_ordered"),
        Index("ix_unmet_wish_run_id_is_agreed", "run_id", "is_agreed"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_run.id", ondelete="CASCADE"), primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True)
    high_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    why: Mapped[Why]
    #: Both had said yes; else one had asked, or they only fit.
    is_agreed: Mapped[bool]
    #: How well they fit, in [0, 1].
    score: Mapped[float]

    low: Mapped[Registration] = relationship(foreign_keys=low_id)
    high: Mapped[Registration] = relationship(foreign_keys=high_id)
