"""Mail servers."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

SMTP_TIMEOUT_SECONDS = 30


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
