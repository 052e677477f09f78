"""Mail by a transactional outbox: written with the change that causes it, sent later by a worker."""

import re
import smtplib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from enum import StrEnum
from time import monotonic
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import ForeignKey, Index, String, Update, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from lsos.db import Model, db, transaction, uid_column
from lsos.errors import N_, NotFound, Refused

#: Waits between tries; after the last one a mail has failed and waits for an organiser.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
#: A worker that took a mail and did not come back within this time is given up.
LEASE = timedelta(minutes=5)
#: A round of sending ends well before the lease of its last mail does.
ROUND = LEASE / 2
SMTP_TIMEOUT_SECONDS = 30
PAGE_LENGTH = 50
ERROR_LENGTH = 500


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


def compose(
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
    """Write a mail in its reader's language, without putting it anywhere.

    `template` names templates/mail/<template>.jinja.
    """
    with force_locale(language):
        subject, text, html = (
            render_template(f"mail/{template}.jinja", mode=mode, language=language, **context)
            for mode in ("subject", "text", "html")
        )
    now = datetime.now(UTC)
    return OutgoingMail(
        key=key,
        scope=scope,
        to_address=to,
        to_name=name,
        language=language,
        subject=_one_line(subject),
        text=re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text.strip()) + "\n",
        html=html.strip() + "\n",
        is_secret=is_secret,
        state=MailState.WAITING,
        tries=0,
        next_try_at=now,
        created_at=now,
        attachments=[
            MailAttachment(filename=a.filename, content_type=a.content_type, content=a.content, cid=a.cid)
            for a in attachments
        ],
    )


def enqueue(session: Session, template: str, **letter: Any) -> OutgoingMail:
    """Write a mail into the outbox, as part of the change that causes it.

    It takes what `compose` takes, and is rendered now, so that what is sent is what was true.
    """
    mail = compose(template, **letter)
    held = session.info.get(_HELD_BACK)
    if held is not None:
        mail.next_try_at = max(mail.next_try_at, held.until)
        held.letters.append(mail)
    session.add(mail)
    return mail


@dataclass(frozen=True)
class HeldBack:
    """Letters of one change that wait, so that the change can be taken back before they leave."""

    until: datetime
    letters: list[OutgoingMail]


_HELD_BACK = "lsos_letters_held_back"


@contextmanager
def holding_back(session: Session, *, until: datetime) -> Iterator[HeldBack]:
    """Let the letters that are enqueued meanwhile leave no earlier than a moment, and name them."""
    held = HeldBack(until, [])
    session.info[_HELD_BACK] = held
    try:
        yield held
    finally:
        session.info.pop(_HELD_BACK, None)


def _one_line(text: str) -> str:
    """Make a text fit for a header: nobody writes a second header by means of a name."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def as_message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """Turn a stored mail into the message that goes out.

    Raises:
        ValueError: the address cannot be written into a message.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(_one_line(mail.to_name), addr_spec=mail.to_address)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = mail.created_at
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    #: The same on every try, so that a mail server can tell a repeated one.
    message["Message-ID"] = f"<{mail.uid}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
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
        else:
            message.add_attachment(file.content, maintype, subtype, filename=file.filename)
    #: Last, since a message that gets parts hands its Content- headers down to the first of them.
    message["Content-Language"] = mail.language
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
    begun = monotonic()
    while handled < limit and monotonic() - begun < ROUND.total_seconds():
        mail_id = _take_one(now)
        if mail_id is None:
            break
        _deliver(mail_id, transport, sender, now)
        handled += 1
    return handled


def _take_one(now: datetime) -> int | None:
    """Lease the next due mail, or one whose worker never came back; each lease counts as a try."""
    due = (
        select(OutgoingMail)
        .where(OutgoingMail.state.in_([MailState.WAITING, MailState.SENDING]), OutgoingMail.next_try_at <= now)
        .order_by(OutgoingMail.next_try_at, OutgoingMail.id)
        .limit(1)
    )
    #: An idle worker only reads, so that it never stands in a writer's way.
    is_idle = db.session.scalar(due.with_only_columns(OutgoingMail.id)) is None
    db.session.rollback()
    if is_idle:
        return None
    with transaction() as session:
        session.execute(_given_up(now))
        mail = session.scalar(due.with_for_update(skip_locked=True))
        if mail is None:
            return None
        mail.state = MailState.SENDING
        mail.tries += 1
        mail.next_try_at = now + LEASE
        return mail.id


def _given_up(now: datetime) -> Update:
    """Fail mails whose last try never ended, so that one that kills its worker does so a few times only."""
    return (
        update(OutgoingMail)
        .where(
            OutgoingMail.state == MailState.SENDING,
            OutgoingMail.next_try_at <= now,
            OutgoingMail.tries > len(BACK_OFF),
        )
        .values(state=MailState.FAILED, error=N_("Sending stopped in the middle, every time. Try again."))
    )


@dataclass(frozen=True)
class Problem:
    """Why a mail did not go, and whether another try may help."""

    words: str
    is_final: bool


def _deliver(mail_id: int, transport: Transport | None, sender: str, now: datetime) -> None:
    mail = db.session.get_one(OutgoingMail, mail_id)
    problem = _send(mail, transport, sender) if transport is not None else None
    with transaction() as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.error = problem.words[:ERROR_LENGTH] if problem else ""
        if transport is None:
            mail.state = MailState.KEPT
            mail.tries = 0
        elif problem is None:
            mail.state = MailState.SENT
            mail.sent_at = now
        elif problem.is_final or mail.tries > len(BACK_OFF):
            mail.state = MailState.FAILED
        else:
            mail.state = MailState.WAITING
            mail.next_try_at = now + BACK_OFF[mail.tries - 1]


def _send(mail: OutgoingMail, transport: Transport, sender: str) -> Problem | None:
    """Send one mail; give the problem if it did not go."""
    try:
        message = as_message(mail, sender)
    except (ValueError, LookupError, MessageError) as error:
        return Problem(str(error), is_final=True)
    try:
        transport.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return Problem(_answer(code, words), is_final=code >= 500)
    except smtplib.SMTPDataError as error:
        return Problem(_answer(error.smtp_code, error.smtp_error), is_final=error.smtp_code >= 500)
    except smtplib.SMTPResponseException as error:
        return Problem(_answer(error.smtp_code, error.smtp_error), is_final=False)
    except (OSError, smtplib.SMTPException) as error:
        return Problem(f"{type(error).__name__}: {error}", is_final=isinstance(error, smtplib.SMTPNotSupportedError))
    return None


def _answer(code: int, words: bytes | str) -> str:
    """Write what a mail server answered."""
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


def counts_by_state(*scopes: str) -> dict[MailState, int]:
    """Count the mails of an event, or of some scopes, by their state."""
    rows = db.session.execute(
        select(OutgoingMail.state, func.count()).where(OutgoingMail.scope.in_(scopes)).group_by(OutgoingMail.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in MailState}


def try_again(mail_uid: str, *, scopes: Collection[str], now: datetime) -> OutgoingMail:
    """Put a failed or kept mail back in the queue.

    Raises:
        NotFound: there is no such mail among those of these scopes.
        Refused: it is on its way, or has arrived.
    """
    with transaction() as session:
        mail = session.scalar(
            select(OutgoingMail).where(OutgoingMail.uid == mail_uid, OutgoingMail.scope.in_(scopes)).with_for_update()
        )
        if mail is None:
            raise NotFound(N_("There is no such letter."))
        if mail.state not in {MailState.FAILED, MailState.KEPT}:
            raise Refused(N_("This letter is on its way or was sent already."))
        mail.state = MailState.WAITING
        mail.tries = 0
        mail.next_try_at = now
        return mail


def outbox(scopes: Collection[str], *, state: MailState | None = None, page: int = 1) -> list[OutgoingMail]:
    """List the mails of some scopes, the newest first, a page at a time."""
    mails = select(OutgoingMail).where(OutgoingMail.scope.in_(scopes))
    if state is not None:
        mails = mails.where(OutgoingMail.state == state)
    newest = OutgoingMail.created_at.desc(), OutgoingMail.id.desc()
    return list(db.session.scalars(mails.order_by(*newest).offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)))


def mail_by_uid(uid: str, scopes: Collection[str]) -> OutgoingMail | None:
    """Find a mail of some scopes, with its files."""
    return db.session.scalar(
        select(OutgoingMail)
        .where(OutgoingMail.uid == uid, OutgoingMail.scope.in_(scopes))
        .options(selectinload(OutgoingMail.attachments))
    )


def mails_to(addresses: Collection[str], scope: str) -> list[OutgoingMail]:
    """List what was written to some addresses about one event, the newest first."""
    return list(
        db.session.scalars(
            select(OutgoingMail)
            .where(OutgoingMail.to_address.in_(addresses), OutgoingMail.scope == scope)
            .order_by(OutgoingMail.created_at.desc(), OutgoingMail.id.desc())
        )
    )
