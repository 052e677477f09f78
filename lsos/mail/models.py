"""The tables of the outbox, and what may hold it up."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column


class MailState(StrEnum):
    """Where a mail stands; kept: readable in the outbox because no mail server is set; stopped: by an organiser."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"
    STOPPED = "stopped"


class OutgoingMail(Model):
    """One message to one address."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_state_next_try_at", "state", "next_try_at"),
        Index("ix_outgoing_mail_scope_created_at", "scope", "created_at"),
        Index("ix_outgoing_mail_batch_state", "batch", "state"),
        Index("ix_outgoing_mail_to_address", "to_address", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    #: What it is about, so that one cause sends one mail however often it is asked.
    key: Mapped[str] = mapped_column(String(160), unique=True)
    #: The event it belongs to, by slug; empty for the platform's own.
    scope: Mapped[str] = mapped_column(String(80), default="")
    #: Which letter it is: the name of its template.
    letter: Mapped[str] = mapped_column(String(60), default="", server_default="")
    #: The public id of the campaign or rule it was written for, with others; empty for one by itself.
    batch: Mapped[str] = mapped_column(String(22), default="", server_default="")
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    #: Holds a link that signs somebody in; organisers see that it went, not what it says.
    is_secret: Mapped[bool] = mapped_column(default=False)
    #: Written by the platform itself; otherwise somebody sent it to many by hand.
    is_automatic: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: Where answers go; empty for the sender.
    reply_to: Mapped[str] = mapped_column(String(254), default="", server_default="")
    #: The address at which one click ends such letters (RFC 8058); empty where no consent is their ground.
    unsubscribe: Mapped[str] = mapped_column(default="", server_default="")
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(default="")
    #: The mail server refused the address for good: nobody reads it there.
    is_refused: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    attachments: Mapped[list["MailAttachment"]] = relationship(
        back_populates="mail", order_by="MailAttachment.id", cascade="all, delete-orphan"
    )


class MailHold(Model):
    """Nothing of this event goes out, or, with a batch, nothing of that one, until the row is gone."""

    __tablename__ = "mail_hold"
    __table_args__ = (UniqueConstraint("scope", "batch"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(80))
    #: Empty holds up everything of the event.
    batch: Mapped[str] = mapped_column(String(22), default="")
    since: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class MailAttachment(Model):
    """A file that goes with a mail; one with a `cid` is shown inside its text."""

    __tablename__ = "mail_attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("outgoing_mail.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str]
    #: With parameters: text/calendar; method=REQUEST; charset=utf-8.
    content_type: Mapped[str]
    content: Mapped[bytes]
    cid: Mapped[str] = mapped_column(default="")

    mail: Mapped[OutgoingMail] = relationship(back_populates="attachments")


@dataclass(frozen=True)
class Attachment:
    """A file to send: its name, its type, its bytes; with a `cid` it is shown inside the text."""

    filename: str
    content_type: str
    content: bytes
    cid: str = ""
