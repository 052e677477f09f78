"""Mail by a transactional outbox: written with the change that causes it, sent later by a worker."""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from enum import StrEnum
from typing import Protocol
from urllib.parse import unquote, urlsplit

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from lsos.db import Model, db, transaction, uid_column

#: Waits between tries; after the last one a mail has failed and waits for an organiser.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
#: A worker that took a mail and did not come back within this time is given up.
LEASE = timedelta(minutes=5)
SMTP_TIMEOUT_SECONDS = 30


class MailState(StrEnum):
    """Where a mail stands; a kept one is readable in the outbox because no mail server is set."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


class OutgoingMail(Model):
    """One message to one address."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_state_next_try_at", "state", "next_try_at"),
        Index("ix_outgoing_mail_scope_created_at", "scope", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    #: What it is about, so that one cause sends one mail however often it is asked.
    key: Mapped[str] = mapped_column(String(160), unique=True)
    #: The event it belongs to, by slug; empty for the platform's own.
    scope: Mapped[str] = mapped_column(String(80), default="")
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    #: Holds a link that signs somebody in; organisers see that it went, not what it says.
    is_secret: Mapped[bool] = mapped_column(default=False)
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    attachments: Mapped[list["MailAttachment"]] = relationship(
        back_populates="mail", order_by="MailAttachment.id", cascade="all, delete-orphan"
    )


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


def enqueue(
    session: Session,
    template: str,
    *,
    key: str,
    to: str,
    name: str,
    language: str,
    scope: str = "",
    is_secret: bool = False,
    attachments: Sequence[Attachment] = (),
    **context: object,
) -> OutgoingMail:
    """Write a mail into the outbox, as part of the change that causes it.

    `template` names templates/mail/<template>.jinja, which is rendered now, in the reader's
    language, so that what is sent is what was true.
    """
    with force_locale(language):
        subject, text, html = (
            render_template(f"mail/{template}.jinja", mode=mode, language=language, **context)
            for mode in ("subject", "text", "html")
        )
    now = datetime.now(UTC)
    mail = OutgoingMail(
        key=key,
        scope=scope,
        to_address=to,
        to_name=name,
        language=language,
        subject=" ".join(subject.split()),
        text=text.strip() + "\n",
        html=html.strip() + "\n",
        is_secret=is_secret,
        next_try_at=now,
        created_at=now,
        attachments=[
            MailAttachment(filename=a.filename, content_type=a.content_type, content=a.content, cid=a.cid)
            for a in attachments
        ],
    )
    session.add(mail)
    return mail


def as_message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """Turn a stored mail into the message that goes out."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = formataddr((mail.to_name, mail.to_address))
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    #: The same on every try, so that a mail server can tell a repeated one.
    message["Message-ID"] = f"<{mail.uid}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    html_part = message.get_body(("html",))
    assert isinstance(html_part, EmailMessage)
    for file in mail.attachments:
        if file.content_type.startswith("text/calendar"):
            #: As an alternative, mail programs offer to accept it; as a file, the others can open it.
            message.add_alternative(file.content.decode(), subtype="calendar", params=_parameters(file.content_type))
    for file in mail.attachments:
        maintype, _, subtype = file.content_type.partition(";")[0].partition("/")
        if file.cid:
            html_part.add_related(file.content, maintype, subtype, cid=f"<{file.cid}>", filename=file.filename)
    for file in mail.attachments:
        if not file.cid:
            kind = file.content_type.partition(";")[0]
            maintype, _, subtype = kind.partition("/")
            message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.filename)
    return message


def _parameters(content_type: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in content_type.split(";")[1:])
    return {name: value for name, _, value in pairs if name != "charset"}


class Transport(Protocol):
    """Something that can send messages, one after another, until it is closed."""

    def send(self, message: EmailMessage) -> None:
        """Send one message; raise OSError or smtplib.SMTPException when it did not go."""


class SmtpTransport:
    """A mail server, addressed by a URL; one connection serves the messages of one round."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._connection: smtplib.SMTP | None = None

    def _connect(self) -> smtplib.SMTP:
        kind = smtplib.SMTP_SSL if self._is_tls else smtplib.SMTP
        connection = kind(self._host, self._port, timeout=SMTP_TIMEOUT_SECONDS)
        if (not self._is_tls and connection.has_extn("starttls")) or (not self._is_tls and self._user):
            connection.starttls()
        if self._user:
            connection.login(self._user, self._password)
        return connection

    def send(self, message: EmailMessage) -> None:
        """Send one message, over the open connection if there is one."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            self._connection.send_message(message)
        except (OSError, smtplib.SMTPException):
            self.close()
            raise

    def check(self) -> None:
        """Connect, sign in and say NOOP; raise OSError or smtplib.SMTPException when that fails."""
        connection = self._connect()
        connection.noop()
        connection.quit()

    def close(self) -> None:
        """End the connection, politely if it still listens."""
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()
            self._connection = None


@contextmanager
def smtp(url: str) -> Iterator[Transport | None]:
    """Give the transport of a mail URL; None for an empty one, which keeps mails in the outbox."""
    if not url:
        yield None
        return
    transport = SmtpTransport(url)
    try:
        yield transport
    finally:
        transport.close()


def deliver_due(transport: Transport | None, sender: str, *, now: datetime, limit: int = 100) -> int:
    """Send what is due, one transaction to take a mail and one to note what came of it.

    Returns:
        How many mails were handled, sent or not.
    """
    handled = 0
    while handled < limit and (mail_id := _take_one(now)) is not None:
        _deliver(mail_id, transport, sender, now)
        handled += 1
    return handled


def _take_one(now: datetime) -> int | None:
    """Lease the next due mail, or one whose worker never came back."""
    with transaction() as session:
        mail = session.scalar(
            select(OutgoingMail)
            .where(OutgoingMail.state.in_([MailState.WAITING, MailState.SENDING]), OutgoingMail.next_try_at <= now)
            .order_by(OutgoingMail.next_try_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if mail is None:
            return None
        mail.state = MailState.SENDING
        mail.next_try_at = now + LEASE
        return mail.id


def _deliver(mail_id: int, transport: Transport | None, sender: str, now: datetime) -> None:
    mail = db.session.get_one(OutgoingMail, mail_id)
    error = ""
    if transport is not None:
        try:
            transport.send(as_message(mail, sender))
        except (OSError, smtplib.SMTPException) as problem:
            error = f"{type(problem).__name__}: {problem}"[:500]
    with transaction() as session:
        mail = session.get_one(OutgoingMail, mail_id)
        if transport is None:
            mail.state = MailState.KEPT
            return
        mail.tries += 1
        mail.error = error
        if not error:
            mail.state = MailState.SENT
            mail.sent_at = now
        elif mail.tries > len(BACK_OFF):
            mail.state = MailState.FAILED
        else:
            mail.state = MailState.WAITING
            mail.next_try_at = now + BACK_OFF[mail.tries - 1]


def try_again(mail_uid: str, *, now: datetime) -> None:
    """Put a failed or kept mail back in the queue."""
    with transaction() as session:
        mail = session.scalar(select(OutgoingMail).where(OutgoingMail.uid == mail_uid).with_for_update())
        if mail is not None and mail.state in {MailState.FAILED, MailState.KEPT}:
            mail.state = MailState.WAITING
            mail.tries = 0
            mail.next_try_at = now
