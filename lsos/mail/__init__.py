"""Mail by a transactional outbox: written with the change that causes it, sent later by a worker."""

from lsos.mail.letter import About, Letter, Sample, Samples
from lsos.mail.message import as_message
from lsos.mail.models import Attachment, MailAttachment, MailHold, MailState, OutgoingMail
from lsos.mail.queries import (
    PAGE_LENGTH,
    counts_by_batch,
    counts_by_state,
    counts_listed,
    hold_of,
    mail_by_uid,
    mails_to,
    outbox,
    refused,
    refused_among,
)
from lsos.mail.sending import BACK_OFF, LEASE, deliver_due
from lsos.mail.service import AGAIN, hold_up, let_go, put_back, stop, try_again
from lsos.mail.transport import SMTP_TIMEOUT_SECONDS, SmtpTransport, Transport, smtp
from lsos.mail.writing import Frame, HeldBack, Words, compose, enqueue, frame, holding_back

__all__ = [
    "AGAIN",
    "BACK_OFF",
    "LEASE",
    "PAGE_LENGTH",
    "SMTP_TIMEOUT_SECONDS",
    "About",
    "Attachment",
    "Frame",
    "HeldBack",
    "Letter",
    "MailAttachment",
    "MailHold",
    "MailState",
    "OutgoingMail",
    "Sample",
    "Samples",
    "SmtpTransport",
    "Transport",
    "Words",
    "as_message",
    "compose",
    "counts_by_batch",
    "counts_by_state",
    "counts_listed",
    "deliver_due",
    "enqueue",
    "frame",
    "hold_of",
    "hold_up",
    "holding_back",
    "let_go",
    "mail_by_uid",
    "mails_to",
    "outbox",
    "put_back",
    "refused",
    "refused_among",
    "smtp",
    "stop",
    "try_again",
]
