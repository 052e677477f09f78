"""What each of two people says and keeps of their meeting; nobody else reads the row."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model
from lsos.meetings.feedback_rules import Impression, Said
from lsos.meetings.models import Meeting
from lsos.registration.models import Registration
from lsos.taxonomy.models import MeetingOutcome


class MeetingFeedback(Model):
    """One person's side of a meeting; what both said makes the meeting's own outcome, which figures read."""

    __tablename__ = "meeting_feedback"
    __table_args__ = (
        CheckConstraint(
            "impression IS NULL OR impression <> 'missed' OR said_outcome_id IS NULL", name="missed_has_no_outcome"
        ),
        CheckConstraint(
            "said_at IS NOT NULL OR (impression IS NULL AND said_outcome_id IS NULL)", name="said_at_a_time"
        ),
    )

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True, index=True)
    impression: Mapped[Impression | None]
    said_outcome_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_outcome.id"))
    #: When the impression or the outcome was said last.
    said_at: Mapped[datetime | None]
    #: Only its writer ever reads it.
    private_note: Mapped[str] = mapped_column(default="")
    #: Whether the other may have their address; it shows once both want it.
    wants_contact: Mapped[bool] = mapped_column(default=False)
    #: A telephone number that goes along with the address.
    phone: Mapped[str] = mapped_column(default="")
    follow_up_on: Mapped[date | None] = mapped_column(index=True)
    #: When the one letter about it was written.
    reminded_at: Mapped[datetime | None]

    meeting: Mapped[Meeting] = relationship()
    registration: Mapped[Registration] = relationship()
    said_outcome: Mapped[MeetingOutcome | None] = relationship()

    @property
    def said(self) -> Said:
        """Give what rules ask of it."""
        return Said(self.impression, self.said_outcome_id, self.said_at)
