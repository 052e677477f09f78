"""Tables of certificates: what organisers want of an event's, and each one that was issued, with its number."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.certificates.rules import NUMBER_LETTERS, Content, Sending, Unit
from lsos.db import Model, new_code
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.texts import Bilingual, bilingual


class CertificateSettings(Model):
    """What organisers of an event say of its certificates; without a row none are given.

    Attributes:
        words: a text of their own, below the name of the event.
        signer: who signs, as organisers typed it; empty: nobody does, and the number alone proves it.
        function: what the signer is.
        letters_since: organisers let the letters go out, or they go by themselves from then on; None: not yet.
    """

    __tablename__ = "certificate_settings"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    is_given: Mapped[bool] = mapped_column(default=False, server_default=false())
    content: Mapped[Content] = mapped_column(default=Content.SESSIONS, server_default="sessions")
    unit: Mapped[Unit] = mapped_column(default=Unit.CLOCK, server_default="clock")
    words: Mapped[Bilingual] = bilingual("words")
    signer: Mapped[str] = mapped_column(String(120), default="", server_default="")
    function: Mapped[Bilingual] = bilingual("function")
    sending: Mapped[Sending] = mapped_column(default=Sending.BY_HAND, server_default="by_hand")
    letters_since: Mapped[datetime | None]

    event: Mapped[Event] = relationship()


class Certificate(Model):
    """A certificate that was issued: its number is the same at every download; what it says is read afresh each time.

    Attributes:
        number: stands on paper; one of a registration.
        downloaded_at: its owner first took it.
        same_as: two registrations were merged that both had one: this number leads to the other's.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("revoked_at IS NOT NULL OR (revoked_reason = '' AND revoked_by_id IS NULL)", name="revoked"),
        CheckConstraint("same_as_id <> id", name="same_as"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), unique=True)
    number: Mapped[str] = mapped_column(String(NUMBER_LETTERS), unique=True, default=lambda: new_code(NUMBER_LETTERS))
    issued_at: Mapped[datetime]
    downloaded_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(default="", server_default="")
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id", ondelete="SET NULL"), index=True)

    registration: Mapped[Registration] = relationship()
    revoked_by: Mapped[Person | None] = relationship()
