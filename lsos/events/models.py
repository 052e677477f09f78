"""Tables of events, their house and rooms, their focus areas and zones, and the people who work on them."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.rules import EventKind, EventStatus, HatKind, Role, days_of
from lsos.organisations.models import Organisation
from lsos.taxonomy.models import Tag
from lsos.texts import Bilingual, bilingual


class Series(Model):
    """Events that follow one another under one name: LSOS, cluster breakfasts."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[Bilingual] = bilingual("name")


class Venue(Model):
    """A house; its rooms belong to the event, since names and sizes change from year to year."""

    __tablename__ = "venue"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[Bilingual] = bilingual("name")
    street: Mapped[str] = mapped_column(default="")
    city: Mapped[Bilingual] = bilingual("city")
    country: Mapped[str] = mapped_column(String(2), default="PL")


class Event(Model):
    """An LSOS edition, a breakfast, a training: anything people register for and come to."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates_ordered"),
        CheckConstraint("doors_close > doors_open", name="doors_ordered"),
        Index("ix_event_starts_on", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[EventKind]
    status: Mapped[EventStatus] = mapped_column(default=EventStatus.DRAFT)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    name: Mapped[Bilingual] = bilingual("name")
    short_name: Mapped[str] = mapped_column(default="")
    tagline: Mapped[Bilingual] = bilingual("tagline")
    website: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(String(60), default="Europe/Warsaw")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    #: Local times, the same on every day.
    doors_open: Mapped[time] = mapped_column(default=time(8))
    doors_close: Mapped[time] = mapped_column(default=time(20))
    are_hours_illustrative: Mapped[bool] = mapped_column(default=False)
    #: None: open as soon as the event is published, and until it ends.
    registration_opens_at: Mapped[datetime | None]
    registration_closes_at: Mapped[datetime | None]
    #: For a demonstration the dates were moved by so many days from the real ones.
    moved_days: Mapped[int] = mapped_column(default=0)

    series: Mapped[Series | None] = relationship()
    organiser: Mapped[Organisation] = relationship()
    venue: Mapped[Venue | None] = relationship()

    @property
    def days(self) -> list[date]:
        """List the days, first and last included."""
        return days_of(self.starts_on, self.ends_on)


class Room(Model):
    """A room of one event, with the seats it has then."""

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("event_id", "code"), CheckConstraint("capacity >= 0", name="capacity"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    kind: Mapped[str] = mapped_column(String(40), default="session")
    capacity: Mapped[int | None]
    #: What is there, in words that sessions ask for: projector, piano.
    equipment: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    position: Mapped[int] = mapped_column(default=0)
    is_illustrative: Mapped[bool] = mapped_column(default=False)

    event: Mapped[Event] = relationship()


class RoomHours(Model):
    """A stretch of time in which a room can be used; a room without any can always be used."""

    __tablename__ = "room_hours"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="times_ordered"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    room: Mapped[Room] = relationship()


class PersonAway(Model):
    """A stretch of time in which somebody cannot be in a session of an event."""

    __tablename__ = "person_away"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="times_ordered"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: They said so themselves, and what they say anew takes its place.
    is_own: Mapped[bool] = mapped_column(default=False, server_default=false())

    person: Mapped[Person] = relationship()


class FocusArea(Model):
    """A subject that sessions and people gather under; its position picks colour and pattern."""

    __tablename__ = "focus_area"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    scope: Mapped[Bilingual] = bilingual("scope")
    position: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary="focus_area_tag")


class FocusAreaTag(Model):
    """A tag that lies within a focus area."""

    __tablename__ = "focus_area_tag"

    focus_area_id: Mapped[int] = mapped_column(ForeignKey("focus_area.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True)


class Zone(Model):
    """A place with a purpose of its own: the StartUp & ScaleUp Zone, the open session, the 1:1 area."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    purpose: Mapped[Bilingual] = bilingual("purpose")
    is_public: Mapped[bool] = mapped_column(default=False)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()


class RoleGrant(Model):
    """A person holds a role, in one event or, without one, in all."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "event_id"),
        Index(
            "uq_role_grant_everywhere",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("event_id IS NULL"),
            postgresql_where=text("event_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[Role]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    #: The last day on which it holds, as for staff of the door; None: until it is taken back.
    until: Mapped[date | None]

    person: Mapped[Person] = relationship()
    event: Mapped[Event | None] = relationship()


class SecondFactorRule(Model):
    """Whoever holds this role must sign in with a second factor, from a day on."""

    __tablename__ = "second_factor_rule"

    role: Mapped[Role] = mapped_column(primary_key=True)
    required_from: Mapped[date]


class Hat(Model):
    """What somebody is at an event besides attending it, as the organiser says: founder, mentor, juror."""

    __tablename__ = "hat"
    __table_args__ = (UniqueConstraint("event_id", "person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[HatKind]

    person: Mapped[Person] = relationship()
    event: Mapped[Event] = relationship()
