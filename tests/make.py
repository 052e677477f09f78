"""Makers: each gives one whole thing, so that a test names only what matters to it."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import func, inspect, select

from lsos.accounts import sessions
from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session, SessionAudience, SessionSignup, SessionWaiting
from lsos.agenda.rules import Visibility
from lsos.checkin.models import ScanPoint
from lsos.checkin.rules import PointKind
from lsos.db import Model, db, transaction
from lsos.events.models import Event, FocusArea, RoleGrant, Room
from lsos.events.rules import EventKind, EventStatus, Role, moment
from lsos.meetings.models import (
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
)
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.organisations.models import Organisation
from lsos.registration.models import (
    Capacity,
    Consent,
    ConsentText,
    Listing,
    ParticipationType,
    Profile,
    Registration,
    WaitingEntry,
)
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.registration.rules import ConsentKind, Direction, Purpose, RegistrationState
from lsos.taxonomy.models import CooperationType, SessionFormat, Tag, TagGroup
from lsos.texts import Bilingual, search_key

ZONE = "Europe/Warsaw"
FIRST_DAY = date(2025, 11, 27)
#: Doors open at nine, local time.
DOORS = moment(FIRST_DAY, time(9), ZONE)
#: Well before the event, when people register and ask for meetings.
BEFORE = DOORS - timedelta(days=20)
_number = count(1)


def _unique(word: str) -> str:
    return f"{word}-{next(_number)}"


Row = TypeVar("Row", bound=Model)


def add(row: Row) -> Row:
    """Store one row."""
    with transaction() as session:
        session.add(row)
    return row


def person(given_name: str = "Łucja", family_name: str = "Wąs", *, email: str = "", **more: Any) -> Person:
    """Make a person with one verified address."""
    email = email or f"{_unique('person')}@example.org"
    return add(
        Person(
            given_name=given_name,
            family_name=family_name,
            search_key=search_key(family_name, given_name, email),
            created_at=BEFORE,
            is_invented=True,
            emails=[EmailAddress(address=email, verified_at=BEFORE)],
            **more,
        )
    )


def organisation(name: str = "", **more: Any) -> Organisation:
    """Make an organisation."""
    name = name or _unique("Organisation")
    return add(Organisation(name=name, search_key=search_key(name), created_at=BEFORE, is_invented=True, **more))


def event(*, days: int = 2, starts_on: date = FIRST_DAY, **more: Any) -> Event:
    """Make a published edition with doors from nine to six, local time."""
    values: dict[str, Any] = {
        "slug": _unique("lsos"),
        "kind": EventKind.EDITION,
        "status": EventStatus.PUBLISHED,
        "name": Bilingual("Forum na próbę", "Trial forum"),
        "short_name": "LSOS",
        "timezone": ZONE,
        "starts_on": starts_on,
        "ends_on": starts_on + timedelta(days=days - 1),
        "doors_open": time(9),
        "doors_close": time(18),
    }
    values |= more
    if "organiser" not in values:
        values["organiser"] = organisation()
    return add(Event(**values))


def session_key(who: Person, *, by_password: bool = False, by_second_factor: bool = False) -> str:
    """Sign somebody in with a browser, and give what its cookie carries."""
    how: dict[str, Any] = {"by_password": by_password, "by_second_factor": by_second_factor}
    return sessions.begin(who.id, user_agent="", now=datetime.now(UTC), **how).key


def role(who: Person, what: Role, where: Event | None = None) -> RoleGrant:
    """Give a person a role, in one event or in all."""
    return add(RoleGrant(person_id=who.id, role=what, event_id=where.id if where else None))


def staff(what: Role, where: Event | None = None) -> Person:
    """Make a person who holds a role."""
    who = person("Olga", "Organizator")
    role(who, what, where)
    return who


def room(where: Event, **more: Any) -> Room:
    """Make a room of an event."""
    code = _unique("room")
    return add(Room(event_id=where.id, code=code, name=Bilingual("Sala", "Room"), **more))


def focus_area(where: Event, **more: Any) -> FocusArea:
    """Make a focus area of an event."""
    return add(FocusArea(event_id=where.id, code=_unique("area"), name=Bilingual("Obszar", "Area"), **more))


def participation_type(where: Event, *, seats: int | None = None, **more: Any) -> ParticipationType:
    """Make a way to take part, with seats of its own if they are counted."""
    code = _unique("type")
    capacities = []
    if seats is not None:
        capacities = [Capacity(event_id=where.id, code=code, name=Bilingual("Miejsca", "Seats"), seats=seats)]
    values: dict[str, Any] = {"name": Bilingual("Uczestnik", "Participant")} | more
    return add(ParticipationType(event_id=where.id, code=code, capacities=capacities, **values))


def right(viewer: ParticipationType, other: ParticipationType, what: Right) -> None:
    """Say how far people of one kind may go with those of another, in place of what was said before."""
    db.session.query(TypeRight).filter_by(viewer_type_id=viewer.id, other_type_id=other.id).delete()
    if what is not Right.ASK:
        db.session.add(TypeRight(viewer_type_id=viewer.id, other_type_id=other.id, right=what))
    db.session.commit()


def number_of(row: Any) -> int:
    """Give the number of a stored row, which is not read again for that: every transaction lets go of what it read."""
    identity = inspect(row).identity
    number: int = identity[0] if identity else row.id
    return number


def consent_text(where: Event, purpose: str, kind: ConsentKind = ConsentKind.CONSENT, **more: Any) -> ConsentText:
    """Make the words of a consent, or give those the event has."""
    at = number_of(where)
    found = db.session.query(ConsentText).filter_by(event_id=at, purpose=purpose).order_by(ConsentText.id).first()
    wording = Bilingual("Zgadzam się", "I agree")
    return found or add(ConsentText(event_id=at, purpose=purpose, kind=kind, wording=wording, **more))


def registration(
    where: Event | None = None,
    who: Person | None = None,
    *,
    state: RegistrationState = RegistrationState.CONFIRMED,
    purposes: tuple[str, ...] = (Purpose.CATALOGUE, Purpose.MATCHMAKING),
    **more: Any,
) -> Registration:
    """Make a confirmed registration of somebody who agreed to be seen and matched."""
    where = where or event()
    who = who or person()
    at = number_of(where)
    if "participation_type" in more:
        more["participation_type_id"] = number_of(more.pop("participation_type"))
    elif "participation_type_id" not in more:
        first = select(ParticipationType.id).filter_by(event_id=at).order_by(ParticipationType.id).limit(1)
        more["participation_type_id"] = db.session.scalar(first) or participation_type(where).id
    known = select(ConsentText.purpose, func.min(ConsentText.id)).where(ConsentText.event_id == at)
    of_event: dict[str, int] = dict(iter(db.session.execute(known.group_by(ConsentText.purpose))))
    texts = [of_event.get(purpose) or consent_text(where, purpose).id for purpose in purposes]
    made = add(
        Registration(
            event_id=at,
            person_id=number_of(who),
            state=state,
            registered_at=BEFORE,
            consents=[Consent(text_id=text_id, given_at=BEFORE) for text_id in texts],
            profile=Profile(),
            **more,
        )
    )
    if state is RegistrationState.WAITLISTED:
        add(WaitingEntry(registration_id=made.id, since=BEFORE))
    return db.session.get_one(Registration, made.id)


def cooperation_type(code: str = "", *, is_symmetric: bool = False) -> CooperationType:
    """Make a kind of cooperation, or give the one with this code."""
    code = code or _unique("cooperation")
    found = db.session.query(CooperationType).filter_by(code=code).order_by(CooperationType.id).first()
    return found or add(CooperationType(code=code, name=Bilingual(code, code), is_symmetric=is_symmetric))


def listing(whose: Registration, direction: Direction, what: CooperationType, **more: Any) -> Listing:
    """Make an offer or a request for cooperation; with a title it is one of the market."""
    assert whose.profile is not None
    values: dict[str, Any] = {"made_at": BEFORE, "changed_at": BEFORE} | more
    words = [more.get(name, Bilingual()) for name in ("title", "details")]
    values["search_key"] = search_key(*(text for both in words for text in (both.pl, both.en)), at_most=None)
    return add(Listing(profile_id=whose.profile.id, direction=direction, cooperation_type_id=what.id, **values))


def tag(code: str = "") -> Tag:
    """Make a subject."""
    code = code or _unique("tag")
    group = db.session.query(TagGroup).order_by(TagGroup.id).first() or add(
        TagGroup(code="group", name=Bilingual("Grupa", "Group"))
    )
    return add(Tag(code=code, group_id=group.id, name=Bilingual(code, code)))


def session(
    where: Event,
    *,
    starts_at: datetime | None = None,
    minutes: int = 60,
    **more: Any,
) -> Session:
    """Make a session; it begins when the doors open, unless told otherwise."""
    starts_at = starts_at or moment(where.starts_on, where.doors_open, where.timezone)
    kind = db.session.query(SessionFormat).order_by(SessionFormat.id).first()
    kind = kind or add(SessionFormat(code="focus", name=Bilingual("Sesja", "Session")))
    values: dict[str, Any] = {"title": Bilingual("Sesja", "Session")} | more
    return add(
        Session(
            event_id=where.id,
            code=_unique("session"),
            format_id=kind.id,
            starts_at=starts_at.astimezone(UTC),
            ends_at=(starts_at + timedelta(minutes=minutes)).astimezone(UTC),
            **values,
        )
    )


def seen_by(what: Session, visibility: Visibility, *kinds: ParticipationType) -> None:
    """Let only registered people know of a session, or only those of some kinds of participation."""
    with transaction() as session:
        there = session.get_one(Session, what.id)
        there.visibility = visibility
        there.audience = [SessionAudience(participation_type_id=kind.id) for kind in kinds]


def signup(whose: Registration, what: Session) -> SessionSignup:
    """Sign somebody up for a session, whatever the rules say."""
    with transaction() as writing:
        writing.get_one(Session, what.id).signed_up += 1
    return add(SessionSignup(session_id=what.id, registration_id=whose.id, at=BEFORE))


def waiting(whose: Registration, what: Session, *, at: datetime = BEFORE) -> SessionWaiting:
    """Let somebody stand in the line of a session, whatever the rules say."""
    return add(SessionWaiting(session_id=what.id, registration_id=whose.id, at=at))


def meeting_grid(
    where: Event, *, slots: int = 4, tables: int = 2, minutes: int = 20, days: int = 1, **more: Any
) -> list[MeetingSlot]:
    """Give an event slots, one after another from the opening of the doors with five minutes between, and tables.

    There are so many slots on each day.
    """
    opens = moment(where.starts_on, where.doors_open, where.timezone)
    made = []
    with transaction() as writing:
        writing.add(MeetingSettings(event_id=where.id, slot_minutes=minutes, buffer_minutes=5, **more))
        for n in range(slots * days):
            begin = opens + timedelta(days=n // slots, minutes=(minutes + 5) * (n % slots))
            made.append(MeetingSlot(event_id=where.id, starts_at=begin, ends_at=begin + timedelta(minutes=minutes)))
        writing.add_all(made)
        writing.add_all(MeetingTable(event_id=where.id, number=n + 1) for n in range(tables))
    return made


def meeting_request(
    asker: Registration, addressee: Registration, *, state: RequestState = RequestState.OPEN, **more: Any
) -> MeetingRequest:
    """Make a request for a meeting, whatever the rules say."""
    low, high = sorted((asker.id, addressee.id))
    values: dict[str, Any] = {"asked_at": BEFORE, "expires_at": BEFORE + timedelta(hours=72)} | more
    return add(
        MeetingRequest(
            event_id=asker.event_id,
            from_id=asker.id,
            to_id=addressee.id,
            low_id=low,
            high_id=high,
            state=state,
            **values,
        )
    )


def meeting(
    one: Registration,
    other: Registration,
    slot: MeetingSlot,
    *,
    table: int = 1,
    state: MeetingState = MeetingState.SCHEDULED,
    **more: Any,
) -> Meeting:
    """Put two people at a table, whatever the rules say."""
    first, second = sorted((one.id, other.id))
    where = db.session.query(MeetingTable).filter_by(event_id=one.event_id, number=table).one()
    return add(
        Meeting(
            event_id=one.event_id,
            origin=more.pop("origin", MeetingOrigin.REQUEST),
            state=state,
            first_id=first,
            second_id=second,
            slot_id=slot.id,
            table_id=where.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            created_at=more.pop("created_at", BEFORE),
            participants=[MeetingParticipant(registration_id=each, slot_id=slot.id) for each in (first, second)],
            **more,
        )
    )


def point(where: Event, kind: PointKind = PointKind.DOOR, code: str = "", **more: Any) -> ScanPoint:
    """Make a place where badges are scanned."""
    code = code or _unique("point")
    values: dict[str, Any] = {"name": Bilingual("Wejście", "Entrance")} | more
    return add(ScanPoint(event_id=where.id, code=code, kind=kind, **values))
