"""What organisers do with the outbox: send once more, hold it up, let it go, stop what is not yet sent."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.mail.models import MailHold, MailState, OutgoingMail

#: What may be sent once more: it has not arrived, and nobody is at it.
AGAIN = frozenset({MailState.FAILED, MailState.KEPT, MailState.STOPPED})


def try_again(mail_uid: str, *, scopes: Collection[str], now: datetime) -> OutgoingMail:
    """Put a failed, kept or stopped mail back in the queue.

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
        if mail.state not in AGAIN:
            raise Refused(N_("This letter is on its way or was sent already."))
        if not mail.to_address:
            raise Refused(N_("What this letter said and to whom it went is deleted, so it cannot be sent."))
        mail.state = MailState.WAITING
        mail.tries = 0
        mail.next_try_at = now
        return mail


def put_back(session: Session, scopes: Collection[str], state: MailState, *, batch: str | None, now: datetime) -> int:
    """Put all mails in a state back in the queue, as part of another change; say how many."""
    if state not in AGAIN:
        raise Refused(N_("These letters are on their way or were sent already."))
    wanted = [OutgoingMail.scope.in_(scopes), OutgoingMail.state == state, OutgoingMail.to_address != ""]
    if batch is not None:
        wanted.append(OutgoingMail.batch == batch)
    again = session.scalars(
        update(OutgoingMail)
        .where(*wanted)
        .values(state=MailState.WAITING, tries=0, next_try_at=now)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(again)


def hold_up(session: Session, scope: str, batch: str = "", *, by: int | None, now: datetime) -> None:
    """Let nothing of an event, or of one batch, go out from now on; what is under way arrives."""
    held = session.scalar(select(MailHold.id).where(MailHold.scope == scope, MailHold.batch == batch))
    if held is None:
        session.add(MailHold(scope=scope, batch=batch, since=now, by_id=by))


def let_go(session: Session, scope: str, batch: str = "") -> None:
    """Let it go out again."""
    session.execute(delete(MailHold).where(MailHold.scope == scope, MailHold.batch == batch))


def stop(session: Session, scope: str, batch: str) -> int:
    """Stop what of a batch has not been sent; say how many."""
    stopped = session.scalars(
        update(OutgoingMail)
        .where(OutgoingMail.scope == scope, OutgoingMail.batch == batch, OutgoingMail.state == MailState.WAITING)
        .values(state=MailState.STOPPED)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(stopped)
