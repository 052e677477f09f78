"""Letters about a registration: what it came to, with badge and calendar where there is a seat."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import calendar_file, mail, qr
from lsos.accounts.queries import token_hash
from lsos.accounts.rules import MAIL_LINK_LIFE
from lsos.accounts.service import issue_link
from lsos.calendar_file import CalendarEntry
from lsos.events.calendars import house, organizer
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.mail import Attachment, OutgoingMail
from lsos.registration.letters import values_of
from lsos.registration.models import ParticipationType, Registration, RegistrationChange, SeatLink, WaitingEntry
from lsos.registration.queries import waiting_rank
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_queries import open_entry
from lsos.settings import Settings
from lsos.texts import Bilingual
from lsos.wording import plain

TEMPLATES = {state: f"registration_{state.value}" for state in RegistrationState}
#: To one address, so often at most is it told that it is registered already.
AGAIN = timedelta(hours=1)


#: What a room downstream adds to the letter that tells somebody what an organiser decided.
Addition = Callable[[Session, Registration], Bilingual]
_additions: list[Addition] = []


def add_to_decisions(addition: Addition) -> None:
    """Let a room downstream add words to the letters about decisions; once is enough."""
    if addition not in _additions:
        _additions.append(addition)


@dataclass(frozen=True)
class Planned:
    """A part of the event that somebody chose: a room downstream knows of it, and the letter names it."""

    title: Bilingual
    starts_at: datetime | None
    ends_at: datetime | None
    room: Bilingual | None
    #: Their place in its line, from 1; None where they have a seat.
    rank: int | None = None


#: Gives what somebody who has a seat chose at the event, in the order of time.
Plan = Callable[[Registration, datetime], list[Planned]]
_plans: list[Plan] = []


def add_plan(plan: Plan) -> None:
    """Let a room downstream name in the letter about a seat what its owner chose; once is enough."""
    if plan not in _plans:
        _plans.append(plan)


def _settings() -> Settings:
    found: Settings = current_app.extensions["lsos"]
    return found


def my_day_path(event: Event, language: str) -> str:
    """Give the path of somebody's own page at an event."""
    return f"/{language}/events/{event.slug}/me/"


def calendar_of(registration: Registration, *, now: datetime) -> bytes:
    """Write the days that somebody comes for as a calendar file, in their language."""
    event = registration.event
    host = urlsplit(_settings().base_url).hostname
    with force_locale(registration.person.language):
        name, place = plain(event.name), house(event)
    entries = [
        CalendarEntry(
            uid=f"{event.uid}-{day.isoformat()}@{host}",
            sequence=0,
            summary=name,
            starts_at=moment(day, event.doors_open, event.timezone),
            ends_at=moment(day, event.doors_close, event.timezone),
            zone=event.timezone,
            stamp=now,
            organizer=organizer(event),
            location=place,
            url=event.website,
        )
        for day in registration.participation_type.days_of(event)
    ]
    return calendar_file.write(entries, name=name)


def _badge_and_calendar(registration: Registration, now: datetime) -> list[Attachment]:
    address = qr.badge_address(_settings().base_url, registration.badge_code)
    calendar = calendar_of(registration, now=now)
    return [
        Attachment("badge.png", "image/png", qr.png(address), cid="badge"),
        Attachment("calendar.ics", "text/calendar; method=PUBLISH; charset=utf-8", calendar),
    ]


def write(
    session: Session,
    registration: Registration,
    template: str,
    *,
    key: str,
    values: Callable[[], Mapping[str, str]] | None = None,
    **more: Any,
) -> None:
    """Write to somebody about their registration; `more` is what else `mail.enqueue` takes, or the letter speaks of."""
    person = registration.person
    mail.enqueue(
        session,
        template,
        key=key,
        to=person.email,
        name=person.name,
        language=person.language,
        scope=registration.event.slug,
        is_secret=True,
        values=values or (lambda: values_of(registration)),
        registration=registration,
        event=registration.event,
        person=person,
        **more,
    )


def tell(
    session: Session,
    registration: Registration,
    change: RegistrationChange,
    *,
    template: str | None = None,
    now: datetime,
) -> None:
    """Write to somebody what their registration has come to; `change` is stored already.

    `template` names another letter than the state's own.
    """
    person = registration.person
    if not person.email:
        return
    is_confirmed = registration.state is RegistrationState.CONFIRMED
    is_waiting = registration.state is RegistrationState.WAITLISTED
    rank = waiting_rank(registration, session) if is_waiting else None
    entry = open_entry(session, registration) if is_waiting else None
    write(
        session,
        registration,
        template or TEMPLATES[registration.state],
        key=f"registration:{registration.uid}:{change.id}",
        attachments=_badge_and_calendar(registration, now) if is_confirmed else (),
        reason=change.reason,
        by_self=change.by_id == person.id,
        by_nobody=change.by_id is None,
        planned=[one for plan in _plans for one in plan(registration, now)] if is_confirmed else [],
        added=_added(session, registration) if change.by_id not in {None, person.id} else [],
        rank=rank,
        values=lambda: values_of(registration, reason=change.reason, rank=rank),
        token=_link(session, registration, now),
        seat_token=seat_link(session, registration, now=now),
        waits=entry,
    )


def _added(session: Session, registration: Registration) -> list[Bilingual]:
    return [words for addition in _additions if (words := addition(session, registration))]


def tell_of_offer(session: Session, entry: WaitingEntry, *, now: datetime) -> None:
    """Write to somebody on the waiting list that it is their turn, and until when they may say so."""
    registration = entry.registration
    if not registration.person.email:
        return
    write(
        session,
        registration,
        "registration_offer",
        key=f"registration-offer:{entry.uid}:{int(now.timestamp())}",
        entry=entry,
        seat_token=seat_link(session, registration, now=now),
    )


def tell_of_upgrade(
    session: Session,
    registration: Registration,
    kind: ParticipationType,
    template: str,
    asked_at: datetime,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """Write to a guest of the public session who asked to take part in more; their own seat stays as it is."""
    if not registration.person.email:
        return
    write(
        session,
        registration,
        template,
        key=f"{template}:{registration.uid}:{int(asked_at.timestamp())}",
        kind=kind,
        reason=reason,
        values=lambda: values_of(registration, reason=reason),
        token=_link(session, registration, now),
    )


def seat_link(session: Session, registration: Registration, *, now: datetime) -> str:
    """Make the link to what one can do about one's seat without signing in; only its hash is stored.

    Returns:
        The token for `url_for("seat.show", token=...)`.
    """
    token = secrets.token_urlsafe(32)
    session.add(SeatLink(registration=registration, token_hash=token_hash(token), made_at=now))
    return token


def tell_of_earlier(session: Session, registration: Registration, *, now: datetime) -> None:
    """Write to somebody that they are registered already, since their address was typed once more."""
    since_epoch = int(now.timestamp() // AGAIN.total_seconds())
    key = f"registration-exists:{registration.uid}:{since_epoch}"
    if (
        not registration.person.email
        or session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)) is not None
    ):
        return
    write(session, registration, "registration_exists", key=key, token=_link(session, registration, now))


def _link(session: Session, registration: Registration, now: datetime) -> str:
    """Make the link to one's own day that every letter carries."""
    person = registration.person
    return issue_link(
        session,
        person,
        email_id=person.emails[0].id,
        life=MAIL_LINK_LIFE,
        next_path=my_day_path(registration.event, person.language),
        now=now,
    )
