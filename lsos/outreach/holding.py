"""All mail of an event: paused, let go, and sent once more."""

from datetime import datetime

from sqlalchemy import func, select

from lsos import audit, mail
from lsos.db import transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import MailState, OutgoingMail
from lsos.outreach.rules import OutreachRefusal


def pause(event: Event, *, by: int, now: datetime) -> None:
    """Let nothing of an event go out from now on; sign-in links are the platform's own and still go."""
    with transaction() as session:
        mail.hold_up(session, event.slug, by=by, now=now)
        audit.record(session, "mail.paused", actor_id=by, scope=event.slug, object_uid=event.uid)


def resume(event: Event, *, by: int) -> None:
    """Let the mail of an event go out again."""
    with transaction() as session:
        mail.let_go(session, event.slug)
        audit.record(session, "mail.resumed", actor_id=by, scope=event.slug, object_uid=event.uid)


def send_again(event: Event, state: MailState, *, batch: str | None, expected: int, by: int, now: datetime) -> int:
    """Send every letter of an event in a state once more, or those of one batch; say how many.

    Raises:
        Refused: such letters are on their way, or their number is not what the organiser saw.
    """
    with transaction() as session:
        wanted = [OutgoingMail.scope == event.slug, OutgoingMail.state == state]
        if batch is not None:
            wanted.append(OutgoingMail.batch == batch)
        number = session.scalar(select(func.count(OutgoingMail.id)).where(*wanted)) or 0
        if number != expected:
            raise Refused(OutreachRefusal.LETTERS_CHANGED, now=number, then=expected)
        mail.put_back(session, [event.slug], state, batch=batch, now=now)
        audit.record(session, "mail.repeated", actor_id=by, scope=event.slug, object_uid=event.uid, letters=number)
        return number
