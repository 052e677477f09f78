"""Letters about an application: write it, it has arrived, and which stand and pitch it was given."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from lsos.accounts.rules import MAIL_LINK_LIFE
from lsos.accounts.service import issue_link
from lsos.registration.mails import write
from lsos.zone.letters import PLACES, values_of_application, values_of_places
from lsos.zone.models import ZoneApplication


def my_application_path(application: ZoneApplication) -> str:
    """Give the path of the page where somebody writes their application."""
    registration = application.registration
    return f"/{registration.person.language}/events/{registration.event.slug}/me/application"


def tell_to_apply(session: Session, application: ZoneApplication, *, now: datetime) -> bool:
    """Write to somebody who registered for a zone that the application is to be written; False where it cannot be."""
    if not application.call.opens_at <= now < application.call.closes_at:
        return False
    session.flush()
    return _tell(session, application, "zone_apply", now)


def tell_of_arrival(session: Session, application: ZoneApplication, *, now: datetime) -> bool:
    """Write to somebody that their application has arrived, when they send it first."""
    return _tell(session, application, "zone_sent", now)


def tell_of_places(session: Session, application: ZoneApplication, about: str, *, now: datetime) -> bool:
    """Write to somebody which stand and pitch they have now; `about` is the letter's own part of its key."""
    return _tell(session, application, PLACES, now, about=about)


def _tell(
    session: Session, application: ZoneApplication, template: str, now: datetime, *, about: str | None = None
) -> bool:
    registration = application.registration
    person = registration.person
    if not person.email:
        return False
    path = my_application_path(application)
    #: Whoever withdraws and comes back is written to again.
    once = about or secrets.token_hex(8)
    token = issue_link(session, person, email_id=person.emails[0].id, life=MAIL_LINK_LIFE, next_path=path, now=now)
    write(
        session,
        registration,
        template,
        key=f"{template}:{application.uid}:{once}",
        values=lambda: (values_of_places if template == PLACES else values_of_application)(application),
        application=application,
        call=application.call,
        token=token,
    )
    return True
