"""Which letters about a seat that is handed on, or a guest who asks for more, organisers may word themselves."""

from datetime import UTC, datetime, timedelta

from lsos.errors import N_
from lsos.letters.rules import Placeholder
from lsos.mail import Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, OF_EVENT, OF_READER, OF_TYPE, context_of, values_of, values_of_event
from lsos.registration.models import Registration
from lsos.registration.transfer_models import SeatTransfer

_GIVER = Placeholder("giver", N_("whose seat it is"))
_COLLEAGUE = Placeholder("colleague", N_("to whom the seat was offered"))
_REASON = Placeholder("reason", N_("the organiser's reason, if one was given"))
_TO_COLLEAGUE = (*OF_READER, *OF_EVENT, OF_TYPE, _GIVER)


def _transfer() -> SeatTransfer:
    """Make up an offer, that belongs to nobody."""
    now = datetime.now(UTC)
    return SeatTransfer(
        address="anna@example.org",
        given_name="Anna",
        family_name="Lis",
        language="pl",
        offered_at=now,
        expires_at=now + timedelta(days=3),
    )


def _to_colleague(event_id: int, number: int) -> Sample | None:
    giver = reader_by_number(event_id, number)
    if giver is None:
        return None
    transfer, event, kind = _transfer(), giver.event, giver.participation_type
    context = {"transfer": transfer, "giver": giver.person.name, "kind": kind, "event": event, "token": "-"}
    return Sample(
        transfer.address,
        transfer.name,
        transfer.language,
        context=lambda _language: context,
        values=lambda _language: {
            **values_of_event(event, kind),
            "given_name": transfer.given_name,
            "name": transfer.name,
            "giver": giver.person.name,
        },
        is_invented=True,
    )


def _to_giver(event_id: int, number: int) -> Sample | None:
    giver: Registration | None = reader_by_number(event_id, number)
    if giver is None:
        return None
    transfer = _transfer()
    context = {**context_of(giver), "transfer": transfer, "kind": giver.participation_type}
    return Sample(
        giver.person.email,
        giver.person.name,
        giver.person.language,
        context=lambda _language: context,
        values=lambda _language: {**values_of(giver), "colleague": transfer.name},
        is_invented=True,
    )


_COLLEAGUES, _GIVERS = Samples(count_readers, _to_colleague), Samples(count_readers, _to_giver)
_FACTS = N_("the facts of the event")

LETTERS = (
    Letter(
        "transfer_offered",
        N_("A colleague's seat is offered"),
        N_("at once, when somebody hands their seat on"),
        _TO_COLLEAGUE,
        _COLLEAGUES,
        N_("the facts of the event, until when to answer, and the button to take the seat or decline"),
    ),
    Letter(
        "transfer_taken_back",
        N_("A colleague's seat is not offered any more"),
        N_("at once, when the offer is taken back"),
        _TO_COLLEAGUE,
        _COLLEAGUES,
        _FACTS,
    ),
    Letter(
        "transfer_accepted",
        N_("Your seat was taken by a colleague"),
        N_("at once, to whose seat it was"),
        (*COMMON, _COLLEAGUE),
        _GIVERS,
        _FACTS,
    ),
    Letter(
        "transfer_declined",
        N_("A colleague declined your seat"),
        N_("at once, to whose seat it is"),
        (*COMMON, _COLLEAGUE),
        _GIVERS,
        _FACTS,
    ),
    Letter(
        "transfer_expired",
        N_("A colleague did not answer in time"),
        N_("at once, to whose seat it is"),
        (*COMMON, _COLLEAGUE),
        _GIVERS,
        _FACTS,
    ),
    Letter(
        "upgrade_asked",
        N_("A guest asked to take part"),
        N_("at once, when a guest of the public session asks for more"),
        COMMON,
        _GIVERS,
        N_("the facts of the event and the link to the reader's answers"),
    ),
    Letter(
        "upgrade_declined",
        N_("A guest's request to take part declined"),
        N_("at once, when the organiser declines it"),
        (*COMMON, _REASON),
        _GIVERS,
        N_("the reason, if one was given, the facts of the event and a link"),
    ),
)
