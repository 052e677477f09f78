"""Sending what is due: one transaction to take a mail, one to note what came of it."""

import logging
import re
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from time import monotonic

from sqlalchemy import Update, select, update
from sqlalchemy.exc import SQLAlchemyError

from lsos.db import db, transaction
from lsos.errors import N_
from lsos.mail.message import as_message
from lsos.mail.models import MailState, OutgoingMail
from lsos.mail.queries import held_up
from lsos.mail.transport import Transport

log = logging.getLogger(__name__)

#: Waits between tries; after the last one a mail has failed and waits for an organiser.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
#: A worker that took a mail and did not come back within this time is given up.
LEASE = timedelta(minutes=5)
#: A round of sending ends well before the lease of its last mail does.
ROUND = LEASE / 2
ERROR_LENGTH = 500


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
        .where(
            OutgoingMail.state.in_([MailState.WAITING, MailState.SENDING]),
            OutgoingMail.next_try_at <= now,
            ~held_up(),
        )
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
    #: The address itself was refused for good.
    is_address: bool = False


def _deliver(mail_id: int, transport: Transport | None, sender: str, now: datetime) -> None:
    mail = db.session.get_one(OutgoingMail, mail_id)
    problem = _send(mail, transport, sender) if transport is not None else None
    with transaction() as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.error = problem.words[:ERROR_LENGTH] if problem else ""
        mail.is_refused = problem is not None and problem.is_address
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
    except SQLAlchemyError:
        #: Its files could not be read just now, which says nothing of the letter: it is tried again after its lease.
        raise
    except Exception as error:  # noqa: BLE001  # what one letter holds must not stop the others; it does not get better
        log.error("letter %s cannot be written as a message: %s", mail.uid, type(error).__name__)  # noqa: TRY400  # its words may name somebody
        return Problem(type(error).__name__, is_final=True)
    try:
        transport.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return Problem(_answer(code, words), is_final=code >= 500, is_address=_is_unknown(code, words))
    except smtplib.SMTPDataError as error:
        return Problem(_answer(error.smtp_code, error.smtp_error), is_final=error.smtp_code >= 500)
    except smtplib.SMTPResponseException as error:
        return Problem(_answer(error.smtp_code, error.smtp_error), is_final=False)
    except (OSError, smtplib.SMTPException) as error:
        return Problem(f"{type(error).__name__}: {error}", is_final=isinstance(error, smtplib.SMTPNotSupportedError))
    except Exception as error:  # noqa: BLE001  # a letter that nobody foresaw waits for its next try; others go out
        log.error("letter %s was not sent: %s", mail.uid, type(error).__name__)  # noqa: TRY400  # as above
        return Problem(type(error).__name__, is_final=False)
    return None


def _is_unknown(code: int, words: bytes | str) -> bool:
    """Say whether a mail server refused a recipient for good, and not us: no such mailbox, moved, or wrongly written.

    Enhanced codes (RFC 3463) tell a wrong address (5.1) and a mailbox that is closed (5.2.1) from one that is full and
    from our own standing; a server that gives none means the mailbox by 550, 551 and 553.
    """
    enhanced = re.match(r"\s*5\.(\d\.\d+)", words.decode(errors="replace") if isinstance(words, bytes) else words)
    if enhanced is not None:
        return enhanced[1].startswith("1.") or enhanced[1] == "2.1"
    return code in {550, 551, 553}


def _answer(code: int, words: bytes | str) -> str:
    """Write what a mail server answered."""
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
