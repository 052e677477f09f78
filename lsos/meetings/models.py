"""Tables of slots and tables, suggestions, requests and meetings.

What must never happen is made impossible here: nobody is in two meetings of one slot, no table
holds two, no two people meet twice or have two requests under way, and a meeting's people are
in the slot the meeting is in.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, new_code, uid_column
from lsos.events.models import Event, Room
from lsos.matchmaking.days import Half
from lsos.meetings.direct_rules import Bookable, MeetingMode
from lsos.meetings.reminder_rules import RINGS
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState, WishGrade
from lsos.organisations.models import Organisation
from lsos.registration.models import Listing, Registration
from lsos.taxonomy.models import MeetingOutcome


class MeetingSettings(Model):
    """How 1:1 meetings go at one event."""

    __tablename__ = "meeting_settings"
    __table_args__ = (
        CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0 AND max_per_person > 0", name="positive"),
        CheckConstraint("max_open_requests > 0", name="max_open_requests"),
        CheckConstraint("max_per_day > 0", name="max_per_day"),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    slot_minutes: Mapped[int] = mapped_column(default=20)
    buffer_minutes: Mapped[int] = mapped_column(default=5)
    max_per_person: Mapped[int] = mapped_column(default=12)
    #: So many meetings of one person on one day; None leaves only the number in all.
    max_per_day: Mapped[int | None]
    #: An unanswered request gives its place back after so long.
    request_hours: Mapped[int] = mapped_column(default=72)
    #: So many requests of one person may wait for an answer at once, unless their way to take part says otherwise.
    max_open_requests: Mapped[int] = mapped_column(default=10, server_default="10")
    mode: Mapped[MeetingMode] = mapped_column(default=MeetingMode.LATER, server_default="later")
    is_illustrative: Mapped[bool] = mapped_column(default=False)

    event: Mapped[Event] = relationship()


class MeetingSlot(Model):
    """A stretch of time in which every table can hold one meeting."""

    __tablename__ = "meeting_slot"
    __table_args__ = (
        UniqueConstraint("event_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="times_ordered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class MeetingBlock(Model):
    """A stretch of time that is cut into slots of one length, with a pause between two."""

    __tablename__ = "meeting_block"
    __table_args__ = (
        UniqueConstraint("event_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="times_ordered"),
        CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    slot_minutes: Mapped[int]
    buffer_minutes: Mapped[int]

    event: Mapped[Event] = relationship()


class MeetingTable(Model):
    """A numbered table, and the room it stands in; as a stand, it is for the meetings of one organisation."""

    __tablename__ = "meeting_table"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    number: Mapped[int]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    #: Whose stand it is: their meetings are held there first, and nobody else's.
    host_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: What the sign on the table leads to: whoever sits there says so with their phone.
    code: Mapped[str] = mapped_column(String(10), unique=True, default=new_code)

    room: Mapped[Room | None] = relationship()
    host: Mapped[Organisation | None] = relationship()


class TableTime(Model):
    """A table can be used in a slot; without this row it is closed then, and no meeting can be there.

    The database makes the rows of a new slot and of a new table, so that each is open until somebody closes it.
    """

    __tablename__ = "table_time"

    table_id: Mapped[int] = mapped_column(ForeignKey("meeting_table.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(
        ForeignKey("meeting_slot.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class BlockedSlot(Model):
    """Somebody keeps a slot free of meetings."""

    __tablename__ = "blocked_slot"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(
        ForeignKey("meeting_slot.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MeetingPreference(Model):
    """What somebody wishes for their meetings and days; who has no row wishes nothing."""

    __tablename__ = "meeting_preference"
    __table_args__ = (
        CheckConstraint("rest_after > 0", name="rest_after"),
        CheckConstraint("most_meetings > 0", name="most_meetings"),
        CheckConstraint("most_a_day > 0", name="most_a_day"),
        CheckConstraint("alarm_minutes >= 0", name="alarm_minutes"),
        CheckConstraint("letter_minutes >= 0", name="letter_minutes"),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    #: Who may book a time at once, where an event lets people do that.
    bookable: Mapped[Bookable] = mapped_column(default=Bookable.EVERYBODY)
    #: What `matchmaking.days.DayWish` knows, by the same names but for lunch.
    no_waiting: Mapped[bool] = mapped_column(default=False)
    compact: Mapped[bool] = mapped_column(default=False)
    half: Mapped[Half | None]
    rest_after: Mapped[int | None]
    keeps_lunch: Mapped[bool] = mapped_column(default=False)
    #: At most so many meetings, in all and on a day.
    most_meetings: Mapped[int | None]
    most_a_day: Mapped[int | None]
    #: So many minutes before a meeting their calendar rings, and a letter is written; 0 for never.
    alarm_minutes: Mapped[int] = mapped_column(default=RINGS, server_default=str(RINGS))
    letter_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    #: In the evening before a day with meetings a letter lists them.
    evening_letter: Mapped[bool] = mapped_column(default=True, server_default=true())


class Suggestion(Model):
    """Whom somebody should meet, how well it fits each way, and why; made afresh by each run."""

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("registration_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    rank: Mapped[int]
    #: In [0, 1]: fused, what the other brings me, what I bring the other.
    score: Mapped[float]
    score_for_me: Mapped[float]
    score_for_other: Mapped[float]
    #: Reasons as data: kind, codes and side; put into words where shown.
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)

    registration: Mapped[Registration] = relationship(foreign_keys=registration_id)
    other: Mapped[Registration] = relationship(foreign_keys=other_id)


class Wish(Model):
    """What somebody thinks of meeting another participant; only they and the planning read it."""

    __tablename__ = "wish"
    __table_args__ = (CheckConstraint("registration_id <> other_id", name="two_people"),)

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    grade: Mapped[WishGrade]
    at: Mapped[datetime]

    other: Mapped[Registration] = relationship(foreign_keys=other_id)


class Avoidance(Model):
    """Whom somebody never meets, at any event: a person, or all of an organisation. Nobody but the owner reads it."""

    __tablename__ = "avoidance"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name="one_of_two"),
        CheckConstraint("person_id <> owner_id", name="not_oneself"),
        UniqueConstraint("owner_id", "person_id"),
        UniqueConstraint("owner_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]

    person: Mapped[Person | None] = relationship(foreign_keys=person_id)
    organisation: Mapped[Organisation | None] = relationship()


class MeetingRequest(Model):
    """One person asks another, or an organisation, for a meeting. It blocks no time; one is found when it is accepted.

    Where an organisation is asked, the addressee is the one of its people whose turn it is.
    """

    __tablename__ = "meeting_request"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="pair_ordered"),
        CheckConstraint("low_id IN (from_id, to_id) AND high_id IN (from_id, to_id)", name="pair_of_both"),
        Index(
            "uq_meeting_request_live",
            "low_id",
            "high_id",
            unique=True,
            sqlite_where=text("state IN ('open', 'accepted')"),
            postgresql_where=text("state IN ('open', 'accepted')"),
        ),
        Index(
            "uq_meeting_request_live_organisation",
            "from_id",
            "to_organisation_id",
            unique=True,
            sqlite_where=text("state IN ('open', 'accepted') AND to_organisation_id IS NOT NULL"),
            postgresql_where=text("state IN ('open', 'accepted') AND to_organisation_id IS NOT NULL"),
        ),
        Index("ix_meeting_request_to_id_state", "to_id", "state"),
        Index("ix_meeting_request_from_id_state", "from_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    #: The organisation that was asked; none where it was one person.
    to_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: The same two in the order of their ids, so that one key serves both directions.
    low_id: Mapped[int]
    high_id: Mapped[int]
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    message: Mapped[str] = mapped_column(default="")
    #: Nobody was asked: who sent it took a time that was free for both.
    booked_at_once: Mapped[bool] = mapped_column(default=False, server_default=false())
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    asker: Mapped[Registration] = relationship(foreign_keys=from_id)
    addressee: Mapped[Registration] = relationship(foreign_keys=to_id)
    organisation: Mapped[Organisation | None] = relationship()
    listing: Mapped[Listing | None] = relationship()

    @property
    def whom(self) -> str:
        """Name whom it was sent to: the organisation that was asked, or the person."""
        return self.organisation.name if self.organisation is not None else self.addressee.person.name


class RequestNote(Model):
    """A question about a request from whom it was sent to, or what the asker answers; they take turns."""

    __tablename__ = "request_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("meeting_request.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    at: Mapped[datetime]
    text: Mapped[str]

    author: Mapped[Registration] = relationship()


class Meeting(Model):
    """Two people at one table in one slot; a cancelled one gives its place back."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("slot_id", "table_id"),
        #: The parent key of `meeting_participant`, which repeats the slot to make it unique a person.
        UniqueConstraint("id", "slot_id"),
        CheckConstraint("first_id < second_id", name="pair_ordered"),
        CheckConstraint("(state = 'cancelled') = (slot_id IS NULL)", name="cancelled_gives_slot_back"),
        CheckConstraint("(slot_id IS NULL) = (table_id IS NULL)", name="slot_with_table"),
        Index(
            "uq_meeting_pair",
            "first_id",
            "second_id",
            unique=True,
            sqlite_where=text("state <> 'cancelled'"),
            postgresql_where=text("state <> 'cancelled'"),
        ),
        #: The table is open then.
        ForeignKeyConstraint(
            ["table_id", "slot_id"], ["table_time.table_id", "table_time.slot_id"], name="fk_meeting_table_is_open"
        ),
        Index("ix_meeting_event_id_state", "event_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_request.id"), index=True)
    origin: Mapped[MeetingOrigin]
    state: Mapped[MeetingState] = mapped_column(default=MeetingState.SCHEDULED)
    first_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_slot.id"))
    table_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_table.id"))
    #: When it was to be, kept for a cancelled meeting, which has no slot any more.
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: Raised with every change that calendars must hear of (RFC 5546, SEQUENCE).
    sequence: Mapped[int] = mapped_column(default=0)
    score: Mapped[float | None]
    #: What came of it for figures; `feedback_rules.outcome_of` makes it of what each of the two says.
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_outcome.id"))
    #: An organiser wants it where it is: no run and no hand moves it before it is unlocked.
    is_locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    request: Mapped[MeetingRequest | None] = relationship()
    first: Mapped[Registration] = relationship(foreign_keys=first_id)
    second: Mapped[Registration] = relationship(foreign_keys=second_id)
    slot: Mapped[MeetingSlot | None] = relationship()
    table: Mapped[MeetingTable | None] = relationship()
    outcome: Mapped[MeetingOutcome | None] = relationship()
    participants: Mapped[list["MeetingParticipant"]] = relationship(
        back_populates="meeting",
        cascade="all, delete-orphan",
        primaryjoin="Meeting.id == MeetingParticipant.meeting_id",
        foreign_keys="MeetingParticipant.meeting_id",
    )

    def other(self, registration_id: int) -> Registration:
        """Give the one whom this registration meets; who was brought along meets whom their colleague meets."""
        if registration_id not in {self.first_id, self.second_id}:
            beside = {one.registration_id: one.beside_id for one in self.participants}
            registration_id = beside.get(registration_id) or registration_id
        return self.second if registration_id == self.first_id else self.first

    def is_of_the_two(self, registration_id: int) -> bool:
        """Say whether somebody is one of the two who agreed to meet, not one whom they bring."""
        return registration_id in {self.first_id, self.second_id}

    def side(self, registration_id: int) -> list[Registration]:
        """List who sits on somebody's side: one of the two first, then whom they bring."""
        other = self.other(registration_id)
        own = self.first if other.id == self.second_id else self.second
        return [own, *(one.registration for one in self.participants if one.beside_id == own.id)]

    @property
    def sides(self) -> tuple[list[Registration], list[Registration]]:
        """Give both sides."""
        return self.side(self.first_id), self.side(self.second_id)


class MeetingParticipant(Model):
    """A person in a meeting. The slot stands here too: its key with the person is "one place at a time".

    Each of the two may bring one colleague, who sits beside them.
    """

    __tablename__ = "meeting_participant"
    __table_args__ = (
        UniqueConstraint("registration_id", "slot_id"),
        CheckConstraint("beside_id <> registration_id", name="beside_another"),
        Index("uq_meeting_participant_beside", "beside_id", "meeting_id", unique=True),
        ForeignKeyConstraint(
            ["meeting_id", "slot_id"],
            ["meeting.id", "meeting.slot_id"],
            name="fk_meeting_participant_slot_follows_meeting",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    slot_id: Mapped[int | None]
    #: Which of the two brings them; none for the two themselves.
    beside_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))

    meeting: Mapped[Meeting] = relationship(
        back_populates="participants",
        primaryjoin="Meeting.id == MeetingParticipant.meeting_id",
        foreign_keys=[meeting_id],
    )
    registration: Mapped[Registration] = relationship(foreign_keys=registration_id)
