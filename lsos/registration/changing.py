"""What somebody changes in their answers, and what asks for approval again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.db import transaction
from lsos.registration import seats, steps
from lsos.registration.answers import rename, watched_answers, write_answers
from lsos.registration.details import Details
from lsos.registration.fields import Value
from lsos.registration.models import Registration
from lsos.registration.own_fields import OWN
from lsos.registration.queries import whole
from lsos.registration.rules import HeldFor, RegistrationState, Said, answers_to_review


def change_details(event_id: int, uid: str, details: Details, *, by: int, now: datetime) -> Registration:
    """Store what somebody changed in their answers; an organiser may do it for them.

    Raises:
        NotFound: the event has no such registration.
    """
    try:
        return _change_details(event_id, uid, details, by, now)
    except IntegrityError:
        #: Somebody wrote the same new organisation at the same moment; now it is there to be read.
        return _change_details(event_id, uid, details, by, now)


def _change_details(event_id: int, uid: str, details: Details, by: int, now: datetime) -> Registration:
    with transaction() as session:
        seats.lock(session, event_id)
        steps.locked(session, event_id, uid)
        registration = session.scalars(
            select(Registration)
            .where(Registration.uid == uid)
            .options(*whole(), joinedload(Registration.event))
            .execution_options(populate_existing=True)
        ).one()
        told = _as_listed(registration)
        rename(registration.person, details)
        before = watched_answers(registration)
        write_answers(session, registration, details, is_owner=True, now=now)
        session.flush()
        changed = sorted(code for code, value in _as_listed(registration).items() if value != told[code])
        audit.record(
            session,
            "registration.changed",
            actor_id=by,
            scope=registration.event.slug,
            object_uid=registration.uid,
            fields=changed,
        )
        if by == registration.person_id:
            ask_again(session, registration, before, watched_answers(registration), now)
        return registration


def _as_listed(registration: Registration) -> dict[str, Value]:
    """Give each answer as the list tells it, to name those that changed."""
    return {one.code: one.value(registration) for one in OWN if one.is_in_files and one.fetch is None}


def ask_again(
    session: Session, registration: Registration, before: Mapping[str, Said], after: Mapping[str, Said], now: datetime
) -> None:
    """Let the organiser approve again what rests on answers that changed; the seat is held meanwhile.

    Who gives the approved answers again is as approved again. The seats of the event are locked.
    """
    was = registration.approved_answers
    found = answers_to_review(
        registration.state,
        watched=registration.participation_type.watched_answers,
        approved=was,
        before=before,
        after=after,
    )
    if found == was:
        return
    capacities = registration.participation_type.capacities
    registration.to_review, registration.approved_answers = list(found), dict(found)
    by_id = registration.person_id
    if not was:
        seats.keep_held(session, capacities, what=HeldFor.REVIEW)
        state, letter = RegistrationState.PENDING, "registration_review"
        steps.enter(session, registration, state, by_id=by_id, reason="", now=now, letter=letter)
    elif not found:
        seats.take_held(session, capacities, what=HeldFor.REVIEW)
        steps.enter(session, registration, RegistrationState.CONFIRMED, by_id=by_id, reason="", now=now)
