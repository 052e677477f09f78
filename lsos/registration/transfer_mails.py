"""Letters about a seat that goes from one hand to another."""

from sqlalchemy.orm import Session

from lsos import mail
from lsos.registration.letters import values_of, values_of_event
from lsos.registration.mails import write
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import TransferState

#: What the giver is told of how an offer ended.
_ENDS = {
    TransferState.ACCEPTED: "transfer_accepted",
    TransferState.DECLINED: "transfer_declined",
    TransferState.EXPIRED: "transfer_expired",
}


def offer(session: Session, transfer: SeatTransfer, token: str) -> None:
    """Write to the colleague that a seat is theirs if they want it."""
    _to_colleague(session, transfer, "transfer_offered", token)


def tell_taken_back(session: Session, transfer: SeatTransfer) -> None:
    """Write to the colleague that the seat is not offered any more."""
    _to_colleague(session, transfer, "transfer_taken_back", "")


def _to_colleague(session: Session, transfer: SeatTransfer, template: str, token: str) -> None:
    giver = transfer.giver
    mail.enqueue(
        session,
        template,
        key=f"{template}:{transfer.uid}",
        to=transfer.address,
        name=transfer.name,
        language=transfer.language,
        scope=giver.event.slug,
        is_secret=True,
        values=lambda: {
            **values_of_event(giver.event, giver.participation_type),
            "given_name": transfer.given_name,
            "name": transfer.name,
            "giver": giver.person.name,
        },
        transfer=transfer,
        giver=giver.person.name,
        kind=giver.participation_type,
        event=giver.event,
        token=token,
    )


def tell_giver(session: Session, transfer: SeatTransfer) -> None:
    """Write to the giver what became of their offer."""
    giver, template = transfer.giver, _ENDS[transfer.state]
    if not giver.person.email:
        return
    write(
        session,
        giver,
        template,
        key=f"{template}:{transfer.uid}",
        values=lambda: {**values_of(giver), "colleague": transfer.name},
        transfer=transfer,
    )
