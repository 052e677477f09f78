"""Tables of an event's call for abstracts, the proposals to it, and what speakers say of themselves."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.models import Event, FocusArea
from lsos.proposals.rules import ProposalState, SpeakerState
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual, bilingual


class ProposalCall(Model):
    """An invitation to propose something for the programme of an event."""

    __tablename__ = "proposal_call"
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="dates_ordered"),
        CheckConstraint("per_person BETWEEN 1 AND 20", name="per_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), unique=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    #: What is wanted and what speakers get, as everybody reads it.
    words: Mapped[Bilingual] = bilingual("words")
    #: So many one person may send; None: as many as they like, within reason.
    per_person: Mapped[int | None]
    #: Until this day, itself counted, those who were accepted confirm.
    confirm_by: Mapped[date | None]
    #: Authors read with the decision what reviewers wrote for them, without their names.
    gives_feedback: Mapped[bool] = mapped_column(default=False, server_default=false())

    event: Mapped[Event] = relationship()
    formats: Mapped[list["CallFormat"]] = relationship(back_populates="call", cascade="all, delete-orphan")
    #: None: every focus area of the event.
    areas: Mapped[list[FocusArea]] = relationship(secondary="proposal_call_area", order_by=FocusArea.position)


class CallFormat(Model):
    """A format that a call offers, and how long it is."""

    __tablename__ = "proposal_call_format"
    __table_args__ = (CheckConstraint("minutes BETWEEN 1 AND 480", name="minutes"),)

    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"), primary_key=True)
    format_id: Mapped[int] = mapped_column(ForeignKey("session_format.id"), primary_key=True, index=True)
    minutes: Mapped[int]

    call: Mapped[ProposalCall] = relationship(back_populates="formats")
    format: Mapped[SessionFormat] = relationship()


class CallArea(Model):
    """A focus area that a call asks for."""

    __tablename__ = "proposal_call_area"

    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"), primary_key=True)
    focus_area_id: Mapped[int] = mapped_column(
        ForeignKey("focus_area.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Proposal(Model):
    """What somebody would like to speak of."""

    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_call_id_state", "call_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    #: As its author knows it; a decision that they are not told of stands in `decision`.
    state: Mapped[ProposalState] = mapped_column(default=ProposalState.DRAFT)
    title: Mapped[Bilingual] = bilingual("title")
    abstract: Mapped[Bilingual] = bilingual("abstract")
    #: For the reviewers and the organiser, never for the programme.
    notes: Mapped[str] = mapped_column(default="")
    format_id: Mapped[int | None] = mapped_column(ForeignKey("session_format.id"), index=True)
    focus_area_id: Mapped[int | None] = mapped_column(ForeignKey("focus_area.id", ondelete="SET NULL"), index=True)
    #: In which it can be given: pl, en.
    languages: Mapped[list[str]] = mapped_column(default=list)
    equipment: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    #: What the organiser wrote with the decision.
    message: Mapped[Bilingual] = bilingual("message")
    #: What reviewers wrote for the author, as it was when they were told; in no order that gives a reviewer away.
    feedback: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    answered_at: Mapped[datetime | None]
    #: Words that reviewers do not read while names are hidden.
    hidden_words: Mapped[list[str]] = mapped_column(default=list)
    #: The public id of its session in the draft of the programme, once it is there.
    session_uid: Mapped[str | None] = mapped_column(String(22), unique=True)

    call: Mapped[ProposalCall] = relationship()
    author: Mapped[Person] = relationship(foreign_keys=[author_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    format: Mapped[SessionFormat | None] = relationship()
    focus_area: Mapped[FocusArea | None] = relationship()
    speakers: Mapped[list["ProposalSpeaker"]] = relationship(
        back_populates="proposal", order_by="ProposalSpeaker.id", cascade="all, delete-orphan"
    )
    decision: Mapped["ProposalDecision | None"] = relationship(back_populates="proposal", cascade="all, delete-orphan")

    @property
    def standing(self) -> ProposalState:
        """Say where it stands for organisers, whether its author knows or not."""
        return self.decision.state if self.decision is not None else self.state

    @property
    def agreed(self) -> list["ProposalSpeaker"]:
        """List those who agreed to speak, whoever wrote it first."""
        return [one for one in self.speakers if one.state is SpeakerState.AGREED]


class ProposalDecision(Model):
    """What organisers decided on a proposal while its author does not know; the row goes when they are told."""

    __tablename__ = "proposal_decision"
    __table_args__ = (CheckConstraint("state IN ('accepted', 'waiting', 'declined')", name="decided"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[ProposalState]
    message: Mapped[Bilingual] = bilingual("message")
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    proposal: Mapped[Proposal] = relationship(back_populates="decision")
    decided_by: Mapped[Person | None] = relationship()


class ProposalSpeaker(Model):
    """Somebody who is to speak; whoever wrote the proposal agreed by writing it."""

    __tablename__ = "proposal_speaker"
    __table_args__ = (UniqueConstraint("proposal_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    state: Mapped[SpeakerState] = mapped_column(default=SpeakerState.ASKED)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    proposal: Mapped[Proposal] = relationship(back_populates="speakers")
    person: Mapped[Person] = relationship()


class SpeakerProfile(Model):
    """What a speaker says of themselves for one event; the row is there once they have said something."""

    __tablename__ = "speaker_profile"
    __table_args__ = (UniqueConstraint("event_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    bio: Mapped[Bilingual] = bilingual("bio")
    #: They agree that the bio is shown to everybody beside their session.
    is_public: Mapped[bool] = mapped_column(default=False)
    #: They may be photographed while they speak; None: they have not said.
    may_photograph: Mapped[bool | None]
    #: Days on which they can speak, as ISO dates.
    days: Mapped[list[str]] = mapped_column(default=list)
    #: On which of them not the whole day: {"2025-11-27": ["09:00", "13:00"]}, either end None where it is open.
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    #: Trains, and the like.
    times_note: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
