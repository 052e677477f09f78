"""Every page of the platform: who looks at it, and an address of it in a filled demonstration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.rules import LINK_LIFE
from lsos.accounts.service import issue_link
from lsos.db import db, transaction
from lsos.editions.demo import DOOR, ORGANISER, VISITOR
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration


@dataclass(frozen=True)
class Demonstration:
    """What the addresses of pages need, and the people who look at them."""

    app: Flask
    slug: str
    person: str
    registration: str
    meeting: str
    letter: str
    #: Of a sign-in link that was not used yet.
    token: str
    people: dict[str, Person]

    def address(self, name: str, language: str) -> str:
        """Give the address of a page by its name."""
        _who, endpoint, arguments = PAGES[name]
        values = {"lang": language} | arguments(self)
        if self.app.url_map.is_endpoint_expecting(endpoint, "slug"):
            values["slug"] = self.slug
        return self.app.url_map.bind("127.0.0.1").build(endpoint, values)


Arguments = Callable[[Demonstration], dict[str, str]]


def person_of(address: str) -> Person:
    """Find whom an address belongs to."""
    return db.session.scalars(select(Person).join(EmailAddress).where(EmailAddress.address == address)).one()


def demonstration(app: Flask, event: Event) -> Demonstration:
    """Find in a filled event, with published meetings, what the pages speak of."""
    visitor = person_of(VISITOR.address)
    mine = db.session.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.person_id == visitor.id)
    ).one()
    meeting = db.session.scalars(
        select(Meeting)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(MeetingParticipant.registration_id == mine.id, Meeting.state == MeetingState.SCHEDULED)
        .order_by(Meeting.starts_at)
    ).first()
    letter = db.session.scalars(select(OutgoingMail).where(OutgoingMail.scope == event.slug)).first()
    assert meeting is not None
    assert letter is not None
    now = datetime.now(UTC)
    with transaction() as session:
        token = issue_link(session, visitor, email_id=None, life=LINK_LIFE, next_path="", now=now)
    return Demonstration(
        app=app,
        slug=event.slug,
        person=meeting.other(mine.id).uid,
        registration=mine.uid,
        meeting=meeting.uid,
        letter=letter.uid,
        token=token,
        people={
            "attendee": visitor,
            "organiser": person_of(ORGANISER.address),
            "door": person_of(DOOR.address),
        },
    )


def _in_event(**arguments: str) -> Arguments:
    return lambda _demonstration: arguments


#: Name of the picture -> (who looks, endpoint, arguments).
PAGES: dict[str, tuple[str, str, Arguments]] = {
    "home": ("", "home.index", _in_event()),
    "design": ("", "design.index", _in_event()),
    "edition": ("", "edition.index", _in_event()),
    "programme": ("", "programme.index", _in_event()),
    "session": ("", "programme.session", _in_event(code="s-workshop")),
    "badge-of-another": ("", "badge_link.open", _in_event(code="ABCDEFGHJK")),
    "choose": ("", "registration.choose", _in_event()),
    "register": ("", "registration.register", _in_event(code="startup")),
    "register-light": ("", "registration.register", _in_event(code="public")),
    "sign-in": ("", "account.sign_in", _in_event()),
    "sign-in-link": ("", "account.open_link", lambda d: {"token": d.token}),
    "account": ("attendee", "account.index", _in_event()),
    "account-password": ("attendee", "account.password", _in_event()),
    "my-day": ("attendee", "myday.index", _in_event()),
    "my-profile": ("attendee", "mine.profile", _in_event()),
    "my-consents": ("attendee", "mine.consents", _in_event()),
    "my-badge": ("attendee", "mine.badge", _in_event()),
    "cannot-come": ("attendee", "mine.confirm_cancel", _in_event()),
    "matches": ("attendee", "matches.index", _in_event()),
    "person": ("attendee", "matches.person", lambda d: {"uid": d.person}),
    "meetings": ("attendee", "requests.index", _in_event()),
    "meeting": ("attendee", "requests.meeting", lambda d: {"uid": d.meeting}),
    "door": ("door", "door.index", _in_event()),
    "desk": ("door", "door.desk", _in_event(point="main")),
    "organise": ("organiser", "organise.index", _in_event()),
    "facts": ("organiser", "facts.edit", _in_event()),
    "agenda": ("organiser", "organise.agenda", _in_event()),
    "agenda-session": ("organiser", "sessions.edit", _in_event(code="s-workshop")),
    "people": ("organiser", "people.index", _in_event()),
    "people-one": ("organiser", "people.show", lambda d: {"uid": d.registration}),
    "matching": ("organiser", "matching.index", _in_event()),
    "schedule": ("organiser", "matching.schedule", _in_event()),
    "badges": ("organiser", "badges.index", _in_event()),
    "outbox": ("organiser", "outbox.index", _in_event()),
    "letter": ("organiser", "outbox.show", lambda d: {"uid": d.letter}),
    "report": ("organiser", "report.index", _in_event()),
    "indicators": ("organiser", "kpis.index", _in_event()),
    "indicator": ("organiser", "kpis.show", _in_event(code="T9.06.b")),
}
#: Files to download, addresses that only lead on, and what the journey looks at.
NOT_PICTURED = frozenset(
    {
        "static",
        "root.start",
        "account.verify",
        "badges.pdf",
        "badges.preview",
        "door.badge",
        "door.search",
        "mine.badge_picture",
        "myday.calendar",
        "programme.calendar",
        "programme.session_calendar",
        "registration.thanks",
        "outbox.file",
        "people.export",
        "report.pdf",
        "report.xlsx",
    }
)
