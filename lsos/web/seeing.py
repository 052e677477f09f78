"""How whoever reads this page looks at the programme of its event."""

from dataclasses import replace

from flask import abort, g

from lsos.agenda.models import Session
from lsos.agenda.rules import Looker
from lsos.agenda.seeing import looker_of, programme_for, session_for
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.web.session import may, my_registration, reader


def looker() -> Looker:
    """Say how the reader looks at the programme of this page's event."""
    if "looker" not in g:
        registration, person = my_registration(), reader()
        found = looker_of(registration) if registration else Looker(person_id=person.id if person else None)
        g.looker = replace(found, works_here=may(Role.READER))
    seen: Looker = g.looker
    return seen


def programme_here(event: Event) -> list[Session]:
    """List the placed sessions that the reader may know of."""
    return programme_for(event.id, looker())


def session_or_404(event: Event, code: str) -> Session:
    """Give a session that the reader may know of."""
    return session_for(event.id, code, looker()) or abort(404)
