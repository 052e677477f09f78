"""Which letters about forms organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.mail import Letter, Sample, Samples
from lsos.registration.letters import OF_EVENT, OF_TYPE, values_of_event
from lsos.registration.models import ParticipationType


def values_of_draft(kind: ParticipationType) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about a form that was begun, in the language that is set."""
    return values_of_event(kind.event, kind)


def _sample(event_id: int, _number: int) -> Sample | None:
    kind = db.session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id)
        .order_by(ParticipationType.position, ParticipationType.id)
        .limit(1)
        .options(joinedload(ParticipationType.event).joinedload(Event.venue))
    )
    if kind is None:
        return None
    context: dict[str, Any] = {"kind": kind, "event": kind.event, "token": "-", "days": 14}
    return Sample(
        "anna@example.org",
        "",
        "pl",
        context=lambda _language: context,
        values=lambda _language: values_of_draft(kind),
        is_invented=True,
    )


LETTERS = (
    Letter(
        "registration_draft",
        N_("A form that waits"),
        N_("at once, when somebody keeps a form for later and asks for a link"),
        (*OF_EVENT, OF_TYPE),
        #: Drafts are nobody's business but their owner's, so none is shown.
        Samples(lambda _event_id: 0, _sample),
        N_("the facts of the event, the button to the form, and when it is deleted"),
    ),
)
