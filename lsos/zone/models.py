"""Tables of a zone's call, the applications to it with their files, and the stands and pitches that are given out."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.events.models import Event, Room, Zone
from lsos.registration.models import ParticipationType, Registration
from lsos.texts import Bilingual, bilingual
from lsos.zone.rules import ApplicationState, FileUse


class ZoneCall(Model):
    """An invitation to apply for a place in one zone of an event; the capacity says how many places there are."""

    __tablename__ = "zone_call"
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="dates_ordered"),
        CheckConstraint("pitch_minutes BETWEEN 1 AND 120", name="pitch_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), unique=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    #: What is asked for and what one gets, as somebody who may apply reads it.
    words: Mapped[Bilingual] = bilingual("words")
    pitch_minutes: Mapped[int] = mapped_column(default=5)
    #: From this moment everybody may see who was accepted and agreed to be shown; None: nobody.
    gallery_from: Mapped[datetime | None]
    #: Until this day, itself counted, those who were accepted say what their stand needs.
    needs_by: Mapped[date | None]

    event: Mapped[Event] = relationship()
    zone: Mapped[Zone] = relationship()
    #: The ways to take part that one applies for through it.
    types: Mapped[list[ParticipationType]] = relationship(
        secondary="zone_call_type", order_by=ParticipationType.position
    )


class ZoneCallType(Model):
    """A way to take part that one applies for; its key makes it belong to one call at most."""

    __tablename__ = "zone_call_type"

    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True
    )
    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"), index=True)


class ZoneApplication(Model):
    """What somebody who registered for a zone says of their company.

    Its stage, readiness and what it raises stand in the profile, its name in the organisation, its
    focus areas in the registration: one truth, which the matchmaking reads too.
    """

    __tablename__ = "zone_application"
    __table_args__ = (
        Index("ix_zone_application_call_id_state", "call_id", "state"),
        CheckConstraint("founded_year BETWEEN 1800 AND 2200", name="founded_year"),
        CheckConstraint("team_size BETWEEN 1 AND 100000", name="team_size"),
        CheckConstraint("sought_eur BETWEEN 1 AND 1000000000", name="sought_eur"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), unique=True)
    state: Mapped[ApplicationState] = mapped_column(default=ApplicationState.DRAFT)
    one_liner: Mapped[Bilingual] = bilingual("one_liner")
    problem: Mapped[Bilingual] = bilingual("problem")
    solution: Mapped[Bilingual] = bilingual("solution")
    pitch: Mapped[Bilingual] = bilingual("pitch")
    founded_year: Mapped[int | None]
    team_size: Mapped[int | None]
    #: The sum in whole euros; the range of it stands in the profile.
    sought_eur: Mapped[int | None]
    website: Mapped[str] = mapped_column(default="")
    video: Mapped[str] = mapped_column(default="")
    #: Whoever applied agrees to be shown to everybody, if they are accepted.
    is_for_gallery: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: What the organiser lets them know of how they were judged.
    feedback: Mapped[Bilingual] = bilingual("feedback")
    #: It stands in the letter about the decision, too.
    is_feedback_in_letter: Mapped[bool] = mapped_column(default=False, server_default=false())
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    call: Mapped[ZoneCall] = relationship()
    registration: Mapped[Registration] = relationship()
    decided_by: Mapped[Person | None] = relationship()
    needs: Mapped["ZoneNeeds | None"] = relationship(back_populates="application", cascade="all, delete-orphan")
    files: Mapped[list["ZoneFile"]] = relationship(
        back_populates="application", order_by="ZoneFile.id", cascade="all, delete-orphan"
    )
    stand: Mapped["Stand | None"] = relationship(back_populates="application", passive_deletes=True)
    slot: Mapped["PitchSlot | None"] = relationship(back_populates="application", passive_deletes=True)

    @property
    def name(self) -> str:
        """Give the name of the company; empty where whoever applied named none."""
        organisation = self.registration.organisation
        return organisation.name if organisation else ""

    def file(self, use: FileUse) -> "ZoneFile | None":
        """Give the file that was sent for this, if there is one."""
        return next((one for one in self.files if one.use is use), None)


class ZoneNeeds(Model):
    """What an accepted company says of its stand once it has one; the row is there when it has been sent."""

    __tablename__ = "zone_needs"

    application_id: Mapped[int] = mapped_column(ForeignKey("zone_application.id", ondelete="CASCADE"), primary_key=True)
    #: Its text in the printed and the public catalogue.
    catalogue: Mapped[Bilingual] = bilingual("catalogue")
    needs_power: Mapped[bool] = mapped_column(default=False)
    needs_screen: Mapped[bool] = mapped_column(default=False)
    equipment: Mapped[str] = mapped_column(default="")
    #: Who stands there, one a line, as badges of the stand say it; for the organiser only.
    badge_names: Mapped[str] = mapped_column(default="")
    filled_at: Mapped[datetime]

    application: Mapped[ZoneApplication] = relationship(back_populates="needs")


class ZoneFile(Model):
    """A file of an application; its bytes lie in the data directory under its id."""

    __tablename__ = "zone_file"
    __table_args__ = (UniqueConstraint("application_id", "use"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    application_id: Mapped[int] = mapped_column(ForeignKey("zone_application.id", ondelete="CASCADE"))
    use: Mapped[FileUse]
    name: Mapped[str]
    #: One of ours by the kind of the file, never what a browser said.
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    application: Mapped[ZoneApplication] = relationship(back_populates="files")


class Stand(Model):
    """A place to show things at; it has one application at most, and an application one stand."""

    __tablename__ = "zone_stand"
    __table_args__ = (UniqueConstraint("call_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(20))
    #: Where it is and how large.
    place: Mapped[Bilingual] = bilingual("place")
    #: What stands there already.
    equipment: Mapped[Bilingual] = bilingual("equipment")
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("zone_application.id", ondelete="SET NULL"), unique=True
    )

    call: Mapped[ZoneCall] = relationship()
    application: Mapped[ZoneApplication | None] = relationship(back_populates="stand")


class PitchSlot(Model):
    """Some minutes on stage; no two of a call begin at once, and each is one application's at most."""

    __tablename__ = "pitch_slot"
    __table_args__ = (
        UniqueConstraint("call_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="has_length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id", ondelete="SET NULL"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("zone_application.id", ondelete="SET NULL"), unique=True
    )

    call: Mapped[ZoneCall] = relationship()
    room: Mapped[Room | None] = relationship()
    application: Mapped[ZoneApplication | None] = relationship(back_populates="slot")
