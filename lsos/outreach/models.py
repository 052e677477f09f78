"""Tables of letters to many, of the people on their lists, and of letters that go out at their time."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, new_uid, uid_column
from lsos.events.models import Event
from lsos.outreach.rules import Anchor, CampaignState, LeftOut, LetterPurpose, WrittenTo
from lsos.questionnaires.models import Question
from lsos.registration.models import Registration
from lsos.texts import Bilingual, bilingual

#: The template by which those are reminded for whom a delegation keeps a seat; its key alone says to whom it went.
SEAT_REMINDER = "delegation_reminder"


class Campaign(Model):
    """One letter to many people, sent once."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    #: What organisers call it; its readers never see it.
    name: Mapped[str]
    purpose: Mapped[LetterPurpose]
    subject: Mapped[Bilingual] = bilingual("subject")
    body: Mapped[Bilingual] = bilingual("body")
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.DRAFT)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    frozen_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    #: When the last of its letters was written; until then a worker goes on, unless it is paused or stopped.
    written_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    created_by: Mapped[Person | None] = relationship(foreign_keys=created_by_id)
    sent_by: Mapped[Person | None] = relationship(foreign_keys=sent_by_id)

    def words(self, language: str) -> tuple[str, str] | None:
        """Give subject and body in a language; None where one of them is missing."""
        subject, body = (text.pl if language == "pl" else text.en for text in (self.subject, self.body))
        return (subject, body) if subject and body else None


class CampaignRecipient(Model):
    """Somebody on the list of a letter to many; address, name and language are what they were when it was fixed."""

    __tablename__ = "campaign_recipient"
    __table_args__ = (
        UniqueConstraint("campaign_id", "registration_id"),
        Index("ix_campaign_recipient_campaign_id_written_at", "campaign_id", "written_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    #: The filters by which they came onto the list, so that anybody can be told why.
    why: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_ticked: Mapped[bool] = mapped_column(default=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2), default="")
    left_out: Mapped[LeftOut | None]
    #: The letter will carry this id, so that it can be written once only.
    letter_uid: Mapped[str] = mapped_column(String(22), unique=True, default=new_uid)
    written_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()
    registration: Mapped[Registration] = relationship()


class TimedLetter(Model):
    """A letter that goes out by itself, at its time, to each person whom it concerns."""

    __tablename__ = "timed_letter"
    __table_args__ = (
        CheckConstraint("days BETWEEN -365 AND 365", name="days"),
        CheckConstraint("window_hours BETWEEN 1 AND 720", name="window_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    #: What organisers call it; empty for one of the platform's letters, which has a name.
    name: Mapped[str] = mapped_column(default="", server_default="")
    #: The name of its template; organisers may word it themselves.
    letter: Mapped[str] = mapped_column(String(60))
    #: Its own words, where it is none of the platform's letters.
    subject: Mapped[Bilingual] = bilingual("subject")
    body: Mapped[Bilingual] = bilingual("body")
    reader: Mapped[WrittenTo] = mapped_column(default=WrittenTo.REGISTERED, server_default=WrittenTo.REGISTERED.value)
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    anchor: Mapped[Anchor]
    #: The question whose required date its days count from.
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), index=True)
    #: So many days after its anchor; before it, where negative.
    days: Mapped[int]
    #: By the clocks of the event's zone.
    at: Mapped[time]
    #: For so long after its time it is still sent: to who joins late, and after a standstill.
    window_hours: Mapped[int]
    #: Who comes to fit after its time gets it, too, while its window is open.
    takes_late: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_on: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    question: Mapped[Question | None] = relationship()

    @property
    def is_of_seats(self) -> bool:
        """Say whether those who are invited are people for whom a delegation keeps a seat."""
        return self.letter == SEAT_REMINDER

    def words(self, language: str) -> tuple[str, str] | None:
        """Give its own subject and body in a language; None where one of them is missing."""
        subject, body = (text.pl if language == "pl" else text.en for text in (self.subject, self.body))
        return (subject, body) if subject and body else None


class TimedLetterSent(Model):
    """Somebody was written to by a timed letter; by the unique keys once only, however many workers there are."""

    __tablename__ = "timed_letter_sent"
    __table_args__ = (
        UniqueConstraint("timed_letter_id", "registration_id"),
        UniqueConstraint("timed_letter_id", "invitation_id"),
        CheckConstraint("(registration_id IS NULL) <> (invitation_id IS NULL)", name="one_reader"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    timed_letter_id: Mapped[int] = mapped_column(ForeignKey("timed_letter.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    letter_uid: Mapped[str] = mapped_column(String(22), unique=True, default=new_uid)

    timed_letter: Mapped[TimedLetter] = relationship()
