"""Tables of exchanged contacts with one's own card and notes, and of stands with the leads collected at them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.contacts.rules import Warmth, Word
from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration

BOTH_AGREE = "exchanged_at IS NULL OR (low_said IN ('yes', 'standing') AND high_said IN ('yes', 'standing'))"


def _word(name: str) -> Enum:
    """Make the type of a column that holds a word, with a check of its own name: a table has two of them."""
    kinds = [member.value for member in Word]
    return Enum(
        Word, name=name, native_enum=False, create_constraint=True, length=40, values_callable=lambda _kind: kinds
    )


class ContactExchange(Model):
    """What two people at one event said to having each other's contact; there is one row for the two of them.

    No contact without both consents: the database refuses `exchanged_at` where one of the two does not agree.
    """

    __tablename__ = "contact_exchange"
    __table_args__ = (
        UniqueConstraint("low_id", "high_id"),
        CheckConstraint("low_id < high_id", name="ordered"),
        CheckConstraint(BOTH_AGREE, name="both_agree"),
        Index("ix_contact_exchange_event_id_first_exchanged_at", "event_id", "first_exchanged_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    low_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    high_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    low_said: Mapped[Word] = mapped_column(_word("low_said"), default=Word.SILENT)
    high_said: Mapped[Word] = mapped_column(_word("high_said"), default=Word.SILENT)
    low_said_at: Mapped[datetime | None]
    high_said_at: Mapped[datetime | None]
    #: When the one scanned the other last; letters of an evening tell what came since.
    asked_at: Mapped[datetime]
    #: Since when they have each other's contact; None while they do not.
    exchanged_at: Mapped[datetime | None]
    #: When they first had it, for the figures; it stays when one takes it back.
    first_exchanged_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    low: Mapped[Registration] = relationship(foreign_keys=[low_id])
    high: Mapped[Registration] = relationship(foreign_keys=[high_id])

    def other(self, registration_id: int) -> Registration:
        """Give the other of the two."""
        return self.high if registration_id == self.low_id else self.low

    def said(self, registration_id: int) -> Word:
        """Give the word of one of the two."""
        return self.low_said if registration_id == self.low_id else self.high_said

    def say(self, registration_id: int, word: Word, *, now: datetime) -> None:
        """Set down the word of one of the two."""
        if registration_id == self.low_id:
            self.low_said, self.low_said_at = word, now
        else:
            self.high_said, self.high_said_at = word, now


class ContactCard(Model):
    """What somebody gives along with their name and organisation, once both agree; without a row all but a number."""

    __tablename__ = "contact_card"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(default="")
    gives_email: Mapped[bool] = mapped_column(default=True, server_default=true())
    gives_job: Mapped[bool] = mapped_column(default=True, server_default=true())


class ContactNote(Model):
    """What somebody keeps of a person whom they met; nobody else ever reads it."""

    __tablename__ = "contact_note"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    text: Mapped[str] = mapped_column(default="")
    warmth: Mapped[Warmth | None]

    other: Mapped[Registration] = relationship(foreign_keys=[other_id])


class LeadStand(Model):
    """An organisation that may collect leads by the organiser's word; those accepted in a zone may anyway."""

    __tablename__ = "lead_stand"
    __table_args__ = (UniqueConstraint("event_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()
    by: Mapped[Person | None] = relationship()


class Lead(Model):
    """A visitor whose badge an organisation scanned at its stand: one row, however often and by whomever."""

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("event_id", "organisation_id", "registration_id"),
        Index("ix_lead_registration_id_said", "registration_id", "said"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    #: The visitor's word to this organisation.
    said: Mapped[Word] = mapped_column(default=Word.SILENT)
    said_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime]
    warmth: Mapped[Warmth | None]
    #: When it was said how promising the visitor is: what a phone kept longest does not undo what was said since.
    warmth_at: Mapped[datetime | None]
    #: Subjects that the visitor asked about, by their codes.
    interests: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    followed_up_at: Mapped[datetime | None]
    followed_up_by_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))

    event: Mapped[Event] = relationship()
    organisation: Mapped[Organisation] = relationship()
    registration: Mapped[Registration] = relationship(foreign_keys=[registration_id])
    followed_up_by: Mapped[Registration | None] = relationship(foreign_keys=[followed_up_by_id])
    entries: Mapped[list["LeadEntry"]] = relationship(
        back_populates="lead", order_by="LeadEntry.at, LeadEntry.id", cascade="all, delete-orphan", passive_deletes=True
    )


class LeadEntry(Model):
    """One scan or one note at a stand, made once by an id that the phone made, however often it is sent."""

    __tablename__ = "lead_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Made by the phone.
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    #: Who of the team scanned or wrote.
    by_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    #: By our clock, as far as the phone's can be believed.
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    is_scan: Mapped[bool] = mapped_column(default=False, server_default=false())
    note: Mapped[str] = mapped_column(default="")

    lead: Mapped[Lead] = relationship(back_populates="entries")
    by: Mapped[Registration] = relationship(foreign_keys=[by_id])
