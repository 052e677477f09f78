"""Tables of participation types and seats, registrations with their history, consents, and profiles."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import InstrumentedAttribute

from lsos.accounts.models import Person
from lsos.db import Model, new_code, new_uid, uid_column
from lsos.events.models import Event, FocusArea, Zone
from lsos.organisations.models import Organisation
from lsos.registration.rules import Audience, ConsentKind, Direction, HeldFor, RegistrationState
from lsos.registration.waiting_rules import EntryState
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.taxonomy.rules import GuestRole, guest_role
from lsos.texts import Bilingual, bilingual


class Capacity(Model):
    """So many seats of one kind; apart from participation types, since types share seats.

    `taken` is moved in the transaction that confirms or frees a registration, what is held in
    the one that promises a seat or takes the promise back, and the check below is what makes a
    seat that does not exist impossible, however many ask at once.
    """

    __tablename__ = "capacity"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint(
            "taken >= 0 AND held_delegation >= 0 AND held_invited >= 0 AND held_offer >= 0 AND held_review >= 0"
            " AND taken + held_delegation + held_invited + held_offer + held_review <= seats",
            name="seats_exist",
        ),
        CheckConstraint("offer_hours BETWEEN 1 AND 720", name="offer_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    seats: Mapped[int]
    #: Seats of confirmed registrations.
    taken: Mapped[int] = mapped_column(default=0)
    #: Seats promised to somebody who has not taken them yet, by what they were promised for: `HeldFor`.
    held_delegation: Mapped[int] = mapped_column(default=0, server_default="0")
    held_invited: Mapped[int] = mapped_column(default=0, server_default="0")
    held_offer: Mapped[int] = mapped_column(default=0, server_default="0")
    held_review: Mapped[int] = mapped_column(default=0, server_default="0")
    #: So long somebody on the waiting list may think about a seat that is offered to them.
    offer_hours: Mapped[int] = mapped_column(default=48, server_default="48")
    #: Lets a small group on the waiting list take seats that are too few for a larger one before it.
    lets_smaller_pass: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    event: Mapped[Event] = relationship()

    @hybrid_property
    def held(self) -> int:
        """Count the seats that are promised, for whatever reason."""
        return self.held_delegation + self.held_invited + self.held_offer + self.held_review

    @hybrid_property
    def free(self) -> int:
        """Count the seats that nobody has taken and that nobody was promised."""
        return self.seats - self.taken - self.held

    @classmethod
    def held_for(cls, what: HeldFor) -> InstrumentedAttribute[int]:
        """Give the column that counts the seats held for one reason."""
        column: InstrumentedAttribute[int] = getattr(cls, f"held_{what.value}")
        return column


def _unless_by_invitation(context: DefaultExecutionContext) -> bool:
    given: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]  # by SQLAlchemy
    return not given.get("is_by_invitation")


class ParticipationType(Model):
    """A way to take part: participant, start-up in the Zone, investor, visitor of the open session."""

    __tablename__ = "participation_type"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint("max_open_requests > 0", name="max_open_requests"),
        CheckConstraint("max_meetings > 0", name="max_meetings"),
        CheckConstraint("max_meetings_a_day > 0", name="max_meetings_a_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Bilingual] = bilingual("name")
    #: What it is for, as somebody who chooses reads it.
    description: Mapped[Bilingual] = bilingual("description")
    #: What happens after one has registered this way.
    next_steps: Mapped[Bilingual] = bilingual("next_steps")
    #: Words of its own in the letter that confirms a seat.
    letter: Mapped[Bilingual] = bilingual("letter")
    needs_approval: Mapped[bool] = mapped_column(default=False)
    #: Approved answers that ask for approval again when they change: values of `WatchedAnswer`, and `asked_key`s.
    watched_answers: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    is_by_invitation: Mapped[bool] = mapped_column(default=False)
    #: Whoever has a seat may hand it on to a colleague; who is invited is meant by name.
    is_transferable: Mapped[bool] = mapped_column(default=_unless_by_invitation, server_default=text("true"))
    #: Who sees it among the ways to take part.
    audience: Mapped[Audience] = mapped_column(default=Audience.EVERYBODY, server_default=Audience.EVERYBODY.value)
    #: What the address carries that shows a way for those with the link only.
    link_key: Mapped[str] = mapped_column(String(22), default=new_uid, server_default="")
    #: Its own dates within those of the event; None leaves the event's.
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    #: Its people have a profile and are matched, if they agree.
    has_matchmaking: Mapped[bool] = mapped_column(default=True)
    #: So many of its people's requests for meetings may wait for an answer at once; None leaves the event's number.
    max_open_requests: Mapped[int | None]
    #: So many meetings each of its people may have, in all and on one day; None leaves the event's number.
    max_meetings: Mapped[int | None]
    max_meetings_a_day: Mapped[int | None]
    #: A name and an address are enough; nothing else is asked.
    is_light: Mapped[bool] = mapped_column(default=False)
    #: ISO dates of the days it is for; empty means every day.
    days: Mapped[list[str]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()
    capacities: Mapped[list[Capacity]] = relationship(secondary="participation_type_capacity", order_by="Capacity.id")

    def days_of(self, event: Event) -> list[date]:
        """List the days of its event that it is for."""
        return [day for day in event.days if not self.days or day.isoformat() in self.days]


class ParticipationTypeCapacity(Model):
    """A confirmed registration of this type takes one seat of this capacity."""

    __tablename__ = "participation_type_capacity"

    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True
    )
    capacity_id: Mapped[int] = mapped_column(
        ForeignKey("capacity.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Registration(Model):
    """One person at one event, once."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        Index("ix_registration_event_id_state", "event_id", "state"),
        Index("ix_registration_event_id_registered_at", "event_id", "registered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    participation_type_id: Mapped[int] = mapped_column(ForeignKey("participation_type.id"), index=True)
    state: Mapped[RegistrationState]
    #: What the QR code on the badge says; random, never reused.
    badge_code: Mapped[str] = mapped_column(String(16), unique=True, default=new_code)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    job_title: Mapped[str] = mapped_column(default="")
    #: What the desk must know when this badge is scanned; written by organisers, shown at the desk only.
    desk_note: Mapped[str] = mapped_column(default="", server_default="")
    stakeholder_type_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder_type.id"))
    country: Mapped[str | None] = mapped_column(String(2))
    #: These two may speak of health: optional, for the organiser only, erased after the event.
    dietary_needs: Mapped[str] = mapped_column(default="")
    accessibility_needs: Mapped[str] = mapped_column(default="")
    registered_at: Mapped[datetime]
    #: When they last said that they are still coming.
    reconfirmed_at: Mapped[datetime | None]
    #: Approved answers that changed since, while they wait for approval again; their seat is held meanwhile.
    to_review: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    #: What these answers were when they were approved, kept until the organiser has decided: `rules.Said` by answer.
    approved_answers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    #: All that told of a person is gone from it; it counts in figures, and is shown to nobody as somebody.
    erased_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    person: Mapped[Person] = relationship()
    participation_type: Mapped[ParticipationType] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    stakeholder_type: Mapped[StakeholderType | None] = relationship()
    focus_areas: Mapped[list[FocusArea]] = relationship(
        secondary="registration_focus_area", order_by=FocusArea.position
    )
    zones: Mapped[list[Zone]] = relationship(secondary="registration_zone", order_by=Zone.position)
    profile: Mapped["Profile | None"] = relationship(back_populates="registration", cascade="all, delete-orphan")
    consents: Mapped[list["Consent"]] = relationship(
        back_populates="registration", order_by="Consent.id", cascade="all, delete-orphan"
    )
    changes: Mapped[list["RegistrationChange"]] = relationship(
        back_populates="registration", order_by="RegistrationChange.id", cascade="all, delete-orphan"
    )

    @property
    def purposes(self) -> frozenset[str]:
        """Give the purposes its owner has agreed to and not taken back; what is erased is for none."""
        if self.erased_at is not None:
            return frozenset()
        return frozenset(c.text.purpose for c in self.consents if c.withdrawn_at is None)

    @property
    def role(self) -> GuestRole:
        """Give what discs and badges show: by the person's own type, else by their organisation's."""
        if self.participation_type.is_light:
            return GuestRole.PUBLIC
        kind = self.stakeholder_type or (self.organisation.stakeholder_type if self.organisation else None)
        return guest_role(kind.code if kind else None)


class RegistrationFocusArea(Model):
    """A focus area somebody chose."""

    __tablename__ = "registration_focus_area"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    focus_area_id: Mapped[int] = mapped_column(ForeignKey("focus_area.id"), primary_key=True, index=True)


class RegistrationZone(Model):
    """A zone somebody wants to be in."""

    __tablename__ = "registration_zone"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"), primary_key=True, index=True)


class RegistrationChange(Model):
    """One step in the life of a registration."""

    __tablename__ = "registration_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    #: The state it brought; what was before is in the row before.
    state: Mapped[RegistrationState]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")

    registration: Mapped[Registration] = relationship(back_populates="changes")
    by: Mapped[Person | None] = relationship()


class WaitingEntry(Model):
    """A place on the waiting list: somebody, alone or with colleagues, waits for seats of every capacity of their type.

    The order is that of `priority`, the highest first, then of `id`. An offer holds its seats.
    """

    __tablename__ = "waiting_entry"
    __table_args__ = (
        CheckConstraint("size >= 1 AND colleagues_held >= 0 AND colleagues_held < size", name="size"),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offer_ends"),
        Index(
            "uq_waiting_entry_open",
            "registration_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'offered')"),
            postgresql_where=text("state IN ('waiting', 'offered')"),
        ),
        Index("ix_waiting_entry_state_offered_until", "state", "offered_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    state: Mapped[EntryState] = mapped_column(default=EntryState.WAITING)
    #: Seats wanted at once: their own, and those of the colleagues who come with them.
    size: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime]
    priority: Mapped[int] = mapped_column(default=0)
    #: Why an organiser moved it forward or back.
    priority_reason: Mapped[str] = mapped_column(default="")
    #: Takes the seat as soon as it is their turn; otherwise they are asked, and answer until `offered_until`.
    accepts_automatically: Mapped[bool] = mapped_column(default=True)
    offered_until: Mapped[datetime | None]
    #: Seats still held for the colleagues, as `HeldFor.DELEGATION`, that nobody has handed out yet.
    colleagues_held: Mapped[int] = mapped_column(default=0)

    registration: Mapped[Registration] = relationship()


class SeatLink(Model):
    """A link in a letter to what one can do about one's seat without signing in; only its hash is kept."""

    __tablename__ = "seat_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]

    registration: Mapped[Registration] = relationship()


class ConsentText(Model):
    """The words somebody agrees to, for one purpose, in one version; a new version is a new row."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("event_id", "purpose", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[ConsentKind]
    wording: Mapped[Bilingual] = bilingual("wording")
    is_required: Mapped[bool] = mapped_column(default=False)
    is_current: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()


class Consent(Model):
    """Somebody agreed to a text, and perhaps took it back."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id"), index=True)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    #: Where it was given, if not on our own pages: the file that was imported, and what its organiser said of it.
    source: Mapped[str] = mapped_column(default="", server_default="")

    registration: Mapped[Registration] = relationship(back_populates="consents")
    text: Mapped[ConsentText] = relationship()


class Profile(Model):
    """What somebody brings to this event and looks for at it."""

    __tablename__ = "profile"
    __table_args__ = (
        CheckConstraint("trl BETWEEN 1 AND 9", name="trl"),
        CheckConstraint("trl_sought BETWEEN 1 AND 9", name="trl_sought"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), unique=True)
    about: Mapped[Bilingual] = bilingual("about")
    #: The readiness of what they bring, and the least they want of others.
    trl: Mapped[int | None]
    trl_sought: Mapped[int | None]

    registration: Mapped[Registration] = relationship(back_populates="profile")
    tags: Mapped[list[Tag]] = relationship(secondary="profile_tag", order_by=Tag.position)
    #: A company's own stage, or the stages an investor looks at.
    stages: Mapped[list[FundingStage]] = relationship(secondary="profile_stage", order_by=FundingStage.position)
    #: What a company raises, or what an investor puts in.
    ticket_bands: Mapped[list[TicketBand]] = relationship(secondary="profile_ticket_band", order_by=TicketBand.position)
    listings: Mapped[list["Listing"]] = relationship(
        back_populates="profile", order_by="Listing.id", cascade="all, delete-orphan"
    )


class ProfileTag(Model):
    """A subject somebody works on."""

    __tablename__ = "profile_tag"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, index=True)


class ProfileStage(Model):
    """A funding stage somebody is in or invests in."""

    __tablename__ = "profile_stage"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True)
    funding_stage_id: Mapped[int] = mapped_column(ForeignKey("funding_stage.id"), primary_key=True, index=True)


class ProfileTicketBand(Model):
    """A range of money somebody raises or invests."""

    __tablename__ = "profile_ticket_band"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True)
    ticket_band_id: Mapped[int] = mapped_column(ForeignKey("ticket_band.id"), primary_key=True, index=True)


class ListingTag(Model):
    """A subject of one offer or request, where it is not simply those of its profile."""

    __tablename__ = "listing_tag"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, index=True)


class ListingStage(Model):
    """A funding stage that one offer or request is for."""

    __tablename__ = "listing_stage"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    funding_stage_id: Mapped[int] = mapped_column(ForeignKey("funding_stage.id"), primary_key=True, index=True)


class ListingTicketBand(Model):
    """A range of money that one offer or request is about."""

    __tablename__ = "listing_ticket_band"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    ticket_band_id: Mapped[int] = mapped_column(ForeignKey("ticket_band.id"), primary_key=True, index=True)


class Listing(Model):
    """One offer or one request for cooperation; for what it leaves open, its profile speaks.

    Without a title it is what the registration form ticks, one of a kind; with one it is written in the market.
    """

    __tablename__ = "listing"
    __table_args__ = (
        CheckConstraint("trl BETWEEN 1 AND 9", name="trl"),
        Index(
            "uq_listing_ticked",
            "profile_id",
            "direction",
            "cooperation_type_id",
            unique=True,
            sqlite_where=text("title_pl = '' AND title_en = '' AND NOT is_closed"),
            postgresql_where=text("title_pl = '' AND title_en = '' AND NOT is_closed"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), index=True)
    direction: Mapped[Direction]
    cooperation_type_id: Mapped[int] = mapped_column(ForeignKey("cooperation_type.id"), index=True)
    title: Mapped[Bilingual] = bilingual("title")
    details: Mapped[Bilingual] = bilingual("details")
    focus_area_id: Mapped[int | None] = mapped_column(ForeignKey("focus_area.id", ondelete="SET NULL"), index=True)
    #: Of an offer how ready it is, of a request the least that is wanted.
    trl: Mapped[int | None]
    #: Made in the name of the organisation: whoever made it speaks for it.
    is_of_organisation: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: Shown to nobody but its owner any more.
    is_closed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    #: Title and details, folded, by which it is found.
    search_key: Mapped[str] = mapped_column(default="", server_default="")

    profile: Mapped[Profile] = relationship(back_populates="listings")
    cooperation_type: Mapped[CooperationType] = relationship()
    focus_area: Mapped[FocusArea | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary="listing_tag", order_by=Tag.position)
    stages: Mapped[list[FundingStage]] = relationship(secondary="listing_stage", order_by=FundingStage.position)
    ticket_bands: Mapped[list[TicketBand]] = relationship(secondary="listing_ticket_band", order_by=TicketBand.position)
