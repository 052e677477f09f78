"""Tables of sessions, the people in them, and who signed up."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.agenda.rules import Interval, MaterialKind, SessionRole, Visibility
from lsos.db import Model, uid_column
from lsos.events.models import Event, FocusArea, Room, Zone
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual, bilingual


class Session(Model):
    """One item of the programme; without a time it waits to be placed.

    `signed_up` is moved in the transaction of each sign-up, and its check keeps it within the seats.
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint("ends_at > starts_at", name="times_ordered"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="both_times"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("withdrawn_at IS NULL OR starts_at IS NULL", name="withdrawn"),
        CheckConstraint("signed_up >= 0 AND (seats IS NULL OR signed_up <= seats)", name="seats_exist"),
        Index("ix_session_event_id_starts_at", "event_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    title: Mapped[Bilingual] = bilingual("title")
    abstract: Mapped[Bilingual] = bilingual("abstract")
    format_id: Mapped[int] = mapped_column(ForeignKey("session_format.id"))
    focus_area_id: Mapped[int | None] = mapped_column(ForeignKey("focus_area.id"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    #: How long it is meant to be while it has no time.
    minutes: Mapped[int | None]
    #: What its room must have.
    equipment: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    #: Codes of the languages that are spoken in it: pl, en.
    languages: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    #: It stays where it is when a programme is built.
    is_locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: It does not take place; the row stays, since calendars and change logs name it.
    withdrawn_at: Mapped[datetime | None]
    #: Seats for sign-ups; None where they are not counted.
    seats: Mapped[int | None]
    signed_up: Mapped[int] = mapped_column(default=0)
    #: Breaks, registration and the windows of 1:1 meetings take none.
    takes_signups: Mapped[bool] = mapped_column(default=True)
    #: Before that nobody signs up; None where sign-up is open as soon as the session is seen.
    signup_opens_at: Mapped[datetime | None]
    #: The public is welcome to come; who may read of it is `visibility`.
    is_public: Mapped[bool] = mapped_column(default=False)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC, server_default="public")
    is_illustrative: Mapped[bool] = mapped_column(default=False)

    event: Mapped[Event] = relationship()
    format: Mapped[SessionFormat] = relationship()
    focus_area: Mapped[FocusArea | None] = relationship()
    zone: Mapped[Zone | None] = relationship()
    room: Mapped[Room | None] = relationship()
    people: Mapped[list["SessionPerson"]] = relationship(
        back_populates="session", order_by="SessionPerson.position", cascade="all, delete-orphan"
    )
    partners: Mapped[list["SessionPartner"]] = relationship(
        order_by="SessionPartner.position", cascade="all, delete-orphan"
    )
    #: The kinds of participation that see it, where its visibility is "chosen".
    audience: Mapped[list["SessionAudience"]] = relationship(cascade="all, delete-orphan")

    @property
    def when(self) -> Interval | None:
        """Give its time, or None while it has none."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return Interval(self.starts_at, self.ends_at)


class SessionPerson(Model):
    """A person speaks in a session or chairs it."""

    __tablename__ = "session_person"
    __table_args__ = (UniqueConstraint("session_id", "person_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[SessionRole] = mapped_column(default=SessionRole.SPEAKER)
    position: Mapped[int] = mapped_column(default=0)

    session: Mapped[Session] = relationship(back_populates="people")
    person: Mapped[Person] = relationship()


class SessionAudience(Model):
    """A kind of participation for which a session is meant; others do not hear of it."""

    __tablename__ = "session_audience"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SessionPartner(Model):
    """An organisation that holds a session together with the organiser."""

    __tablename__ = "session_partner"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)

    organisation: Mapped[Organisation] = relationship()


class SessionMaterial(Model):
    """What a session left behind: a link, or a file whose bytes lie in the data directory under its id."""

    __tablename__ = "session_material"
    __table_args__ = (CheckConstraint("(url = '') <> (name = '')", name="link_or_file"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    kind: Mapped[MaterialKind]
    title: Mapped[Bilingual] = bilingual("title")
    url: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    #: One of ours by the kind of the file, never what a browser said.
    content_type: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    added_at: Mapped[datetime]


class EmbeddingSite(Model):
    """Another web site in which the public programme of an event may stand, as browsers call it: https://example.org."""

    __tablename__ = "embedding_site"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(260), primary_key=True)


class CalendarFeed(Model):
    """Somebody's days as an address that calendar programs read again and again, without signing in.

    The address is made of `uid` and the secret of the application, so that the row alone opens nothing.
    """

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime]

    registration: Mapped[Registration] = relationship()


class SessionStar(Model):
    """Somebody marks a session as worth a visit; it takes neither a seat nor their time."""

    __tablename__ = "session_star"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[datetime]


class SessionSignup(Model):
    """Somebody means to be in a session; the time is then theirs, and no meeting falls on it."""

    __tablename__ = "session_signup"
    __table_args__ = (UniqueConstraint("session_id", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]

    session: Mapped[Session] = relationship()
    registration: Mapped[Registration] = relationship()


class SessionWaiting(Model):
    """Somebody waits for a seat in a session that is full; who came first stands first.

    Meanwhile their time is not taken. Whose turn it is when they have something else at that time is passed
    over and asked to choose; from then on they hold up nobody, until the session is full again.
    """

    __tablename__ = "session_waiting"
    __table_args__ = (UniqueConstraint("session_id", "registration_id"),)

    #: Grows with each who comes: the order of the line.
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    passed_at: Mapped[datetime | None]

    session: Mapped[Session] = relationship()
    registration: Mapped[Registration] = relationship()
