"""Tables of the ways in: invitations, codes, domains, delegations, and the links that open them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.invitations.rules import ClaimState, InvitationState, WaveKind, WaveStepState
from lsos.organisations.models import Organisation
from lsos.registration.models import ParticipationType, Registration
from lsos.texts import Bilingual, bilingual, search_key

#: In words of the database: an invitation that stands in the way of another one.
_STANDING = "state IN ('draft', 'sent', 'opened')"
_CLAIMED = "state = 'claimed'"


class Invitation(Model):
    """One person asked to come, by address; its links are kept apart, each mail having its own."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_event_id_state", "event_id", "state"),
        Index(
            "uq_invitation_standing",
            "event_id",
            "address",
            unique=True,
            sqlite_where=text(_STANDING),
            postgresql_where=text(_STANDING),
        ),
        CheckConstraint("language IN ('pl', 'en')", name="language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    participation_type_id: Mapped[int] = mapped_column(ForeignKey("participation_type.id"), index=True)
    #: Lower case, as addresses of people are.
    address: Mapped[str] = mapped_column(String(254))
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    organisation: Mapped[str] = mapped_column(default="")
    #: Folded name, address and organisation.
    search_key: Mapped[str] = mapped_column(default="", index=True)
    language: Mapped[str] = mapped_column(String(2), default="pl")
    #: A line for this person alone; it stands in the letter and on the page.
    line: Mapped[Bilingual] = bilingual("line")
    #: Only somebody with this address may accept it; otherwise whoever holds the link.
    is_locked: Mapped[bool] = mapped_column(default=True)
    state: Mapped[InvitationState] = mapped_column(default=InvitationState.DRAFT)
    expires_at: Mapped[datetime | None]
    #: A seat is held in each capacity of the type, until the moment below if there is one.
    holds_seat: Mapped[bool] = mapped_column(default=False)
    holds_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: The latest letter, be it the first or a reminder.
    written_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    #: Why it was declined, in the words of who declined it.
    reason: Mapped[str] = mapped_column(default="")
    #: Why an organiser answered in somebody's stead, and who did.
    note: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"), index=True)

    event: Mapped[Event] = relationship()
    participation_type: Mapped[ParticipationType] = relationship()
    answered_by: Mapped[Person | None] = relationship()
    registration: Mapped[Registration | None] = relationship()

    @property
    def name(self) -> str:
        """Give the name as it was written, or the address where none was."""
        return f"{self.given_name} {self.family_name}".strip() or self.address

    def fold(self) -> None:
        """Renew what searches read."""
        self.search_key = search_key(self.family_name, self.given_name, self.address, self.organisation)


class AccessCode(Model):
    """A word that opens kinds of participation, so many times; the check makes one use too many impossible."""

    __tablename__ = "access_code"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint("uses >= 0 AND uses <= uses_allowed", name="uses"),
        CheckConstraint("seats_held >= 0", name="seats_held"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    #: Capitals, digits and hyphens.
    code: Mapped[str] = mapped_column(String(40))
    #: Whom it is for, in the organisers' words.
    label: Mapped[str] = mapped_column(default="")
    uses_allowed: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    #: Seats that are held for those who will use it.
    seats_held: Mapped[int] = mapped_column(default=0)
    skips_approval: Mapped[bool] = mapped_column(default=False)
    valid_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    types: Mapped[list[ParticipationType]] = relationship(
        secondary="access_code_type", order_by=ParticipationType.position
    )


class AccessCodeType(Model):
    """A kind of participation that a code opens."""

    __tablename__ = "access_code_type"

    access_code_id: Mapped[int] = mapped_column(ForeignKey("access_code.id", ondelete="CASCADE"), primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AccessCodeUse(Model):
    """Somebody registered with a code."""

    __tablename__ = "access_code_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    access_code_id: Mapped[int] = mapped_column(ForeignKey("access_code.id", ondelete="CASCADE"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]

    code: Mapped[AccessCode] = relationship()
    registration: Mapped[Registration] = relationship()


class OpenDomain(Model):
    """A domain whose addresses may take part one way, or need no approval for it."""

    __tablename__ = "open_domain"
    __table_args__ = (UniqueConstraint("participation_type_id", "domain"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    participation_type_id: Mapped[int] = mapped_column(ForeignKey("participation_type.id", ondelete="CASCADE"))
    #: Lower case, without the sign before it; what lies below it is meant too.
    domain: Mapped[str] = mapped_column(String(253))
    opens: Mapped[bool] = mapped_column(default=True)
    skips_approval: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    participation_type: Mapped[ParticipationType] = relationship()


class Delegation(Model):
    """So many seats that are held for the people of one organisation, who take them by links.

    `seats` counts what it has, taken and held; the check keeps what is promised and taken within it.
    """

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("sent >= 0 AND claimed >= 0 AND sent + claimed <= seats", name="seats"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    #: Empty for a group of people who came together by themselves.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: What it is called where there is no organisation.
    title: Mapped[str] = mapped_column(default="")
    participation_type_id: Mapped[int] = mapped_column(ForeignKey("participation_type.id"), index=True)
    seats: Mapped[int]
    #: Promised by a link that was not used yet.
    sent: Mapped[int] = mapped_column(default=0)
    claimed: Mapped[int] = mapped_column(default=0)
    #: Then whatever nobody has taken goes back by itself.
    until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: For the organisers only.
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    participation_type: Mapped[ParticipationType] = relationship()
    managers: Mapped[list["DelegationManager"]] = relationship(
        back_populates="delegation", order_by="DelegationManager.id", cascade="all, delete-orphan"
    )

    @property
    def name(self) -> str:
        """Give the name of the organisation, or of the group."""
        return self.organisation.name if self.organisation else self.title

    @property
    def free(self) -> int:
        """Count the seats that nobody has taken or was promised."""
        return self.seats - self.sent - self.claimed


class DelegationManager(Model):
    """Somebody who looks after the seats of their organisation, known by address."""

    __tablename__ = "delegation_manager"
    __table_args__ = (UniqueConstraint("delegation_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2), default="pl")

    delegation: Mapped[Delegation] = relationship(back_populates="managers")


class Claim(Model):
    """A link to one seat of a delegation, and what came of it."""

    __tablename__ = "delegation_claim"
    __table_args__ = (
        Index("ix_delegation_claim_delegation_id_state", "delegation_id", "state"),
        Index(
            "uq_delegation_claim_registration",
            "registration_id",
            unique=True,
            sqlite_where=text(_CLAIMED),
            postgresql_where=text(_CLAIMED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"))
    #: Empty for a link that was copied and not mailed.
    address: Mapped[str] = mapped_column(String(254), default="")
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2), default="pl")
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.SENT)
    created_at: Mapped[datetime]
    written_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))

    delegation: Mapped[Delegation] = relationship()
    registration: Mapped[Registration | None] = relationship()

    @property
    def name(self) -> str:
        """Give the name as it was written, or the address; empty for a link that was copied."""
        return f"{self.given_name} {self.family_name}".strip() or self.address


class EntryLink(Model):
    """A link that opens an invitation, a seat of a delegation, or a delegation's own page; only its hash is kept.

    Each letter carries one of its own, so that a reminder does not break the letter before it.
    """

    __tablename__ = "entry_link"
    __table_args__ = (
        CheckConstraint(
            "(invitation_id IS NOT NULL AND claim_id IS NULL AND manager_id IS NULL)"
            " OR (invitation_id IS NULL AND claim_id IS NOT NULL AND manager_id IS NULL)"
            " OR (invitation_id IS NULL AND claim_id IS NULL AND manager_id IS NOT NULL)",
            name="one_thing",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("delegation_claim.id", ondelete="CASCADE"), index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("delegation_manager.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime]


class Wave(Model):
    """One act on many invitations: its rows are frozen, shown by name, and done in steps once somebody says so."""

    __tablename__ = "invitation_wave"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    kind: Mapped[WaveKind]
    #: A reminder that goes even to those who were written to within a day.
    is_forced: Mapped[bool] = mapped_column(default=False)
    #: Somebody said its number again and began it.
    begun_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    #: Nothing of it is left to do; until then a worker goes on.
    finished_at: Mapped[datetime | None] = mapped_column(index=True)

    event: Mapped[Event] = relationship()
    by: Mapped[Person | None] = relationship()


class WaveStep(Model):
    """What a wave did to one invitation; each is in it once."""

    __tablename__ = "invitation_wave_step"
    __table_args__ = (
        UniqueConstraint("wave_id", "invitation_id"),
        Index("ix_invitation_wave_step_wave_id_state", "wave_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("invitation_wave.id", ondelete="CASCADE"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    state: Mapped[WaveStepState] = mapped_column(default=WaveStepState.WAITING)
    #: The sentence, as it is translated, that says why it was refused.
    why: Mapped[str] = mapped_column(default="")

    invitation: Mapped[Invitation] = relationship()
