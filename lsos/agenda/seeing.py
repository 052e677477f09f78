"""What of a programme somebody may know of: every place that shows sessions to others reads them here."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import select

from lsos.agenda.models import Session, SessionAudience, SessionSignup
from lsos.agenda.queries import programme, session_by_code
from lsos.agenda.rules import VISITOR, Looker, Visibility, may_see
from lsos.db import db
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState


def looker_of(registration: Registration) -> Looker:
    """Say how somebody registered looks at the programme of that event."""
    return Looker(
        person_id=registration.person_id,
        registration_id=registration.id,
        participation_type_id=(
            registration.participation_type_id if registration.state is RegistrationState.CONFIRMED else None
        ),
    )


def shown_to(looker: Looker, sessions: Iterable[Session]) -> list[Session]:
    """Keep of some sessions, which come with their people, those that somebody may know of."""
    listed = list(sessions)
    if looker.works_here or all(one.visibility is Visibility.PUBLIC for one in listed):
        return listed
    meant = audiences_of([one.id for one in listed if one.visibility is Visibility.CHOSEN])
    places = frozenset(
        db.session.scalars(
            select(SessionSignup.session_id).where(SessionSignup.registration_id == looker.registration_id)
        )
    )
    return [
        one
        for one in listed
        if may_see(
            one.visibility,
            looker,
            people=[item.person_id for item in one.people],
            audience=meant.get(one.id, frozenset()),
            has_place=one.id in places,
        )
    ]


def programme_for(event_id: int, looker: Looker) -> list[Session]:
    """List the placed sessions of an event that somebody may know of, as `programme` does."""
    return shown_to(looker, programme(event_id))


def session_for(event_id: int, code: str, looker: Looker) -> Session | None:
    """Find a session by its code; None where there is none, or none that this reader may know of."""
    found = session_by_code(event_id, code)
    return next(iter(shown_to(looker, [found] if found else [])), None)


def programme_for_everybody(event_id: int) -> list[Session]:
    """List the placed sessions of an event that anybody may know of."""
    return programme_for(event_id, VISITOR)


def audiences_of(session_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Give the kinds of participation that sessions are meant for, by the id of the session."""
    if not session_ids:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        select(SessionAudience.session_id, SessionAudience.participation_type_id).where(
            SessionAudience.session_id.in_(session_ids)
        )
    )
    for session_id, kind_id in rows:
        found[session_id].add(kind_id)
    return {session_id: frozenset(kinds) for session_id, kinds in found.items()}
