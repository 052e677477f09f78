"""Tables of the draft of a programme, of its steps, and of its releases."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, new_uid, uid_column
from lsos.drafting.rules import ChangeKind
from lsos.texts import Bilingual, bilingual
from lsos.timetabling.problem import Severity


class DraftSession(Model):
    """What the draft says of a session where that is not what is released; a new session is here alone."""

    __tablename__ = "draft_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: That of the session, also once it is released.
    uid: Mapped[str] = mapped_column(String(22), unique=True, default=new_uid)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), unique=True)
    content: Mapped[dict[str, Any]]


class DraftStep(Model):
    """One change of one session in the draft; rows are never changed themselves."""

    __tablename__ = "draft_step"
    __table_args__ = (UniqueConstraint("event_id", "number"), Index("ix_draft_step_event_id_uid", "event_id", "uid"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    #: Counted from 1 in each event.
    number: Mapped[int]
    #: The number of the first of the steps that were made at once, and are undone at once.
    batch: Mapped[int]
    uid: Mapped[str] = mapped_column(String(22))
    #: None: the session was not there before, or is not there afterwards.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime]
    #: The batch that this step takes back.
    undoes: Mapped[int | None]

    by: Mapped[Person | None] = relationship()


class Release(Model):
    """The programme as it was made known at a moment, under a name."""

    __tablename__ = "programme_release"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    #: Counted from 1 in each event.
    number: Mapped[int]
    name: Mapped[Bilingual] = bilingual("name")
    note: Mapped[Bilingual] = bilingual("note")
    released_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    #: By the uid of each session, what it said.
    snapshot: Mapped[dict[str, Any]]

    by: Mapped[Person | None] = relationship()
    changes: Mapped[list["ReleaseChange"]] = relationship(
        order_by="ReleaseChange.id", cascade="all, delete-orphan", back_populates="release"
    )


class ReleaseChange(Model):
    """One thing that a release changed of one session."""

    __tablename__ = "release_change"
    __table_args__ = (UniqueConstraint("release_id", "uid", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("programme_release.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(22))
    kind: Mapped[ChangeKind]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    release: Mapped[Release] = relationship(back_populates="changes")


class ReleaseDigest(Model):
    """Somebody whom a release concerns, and has to be told of it in one letter."""

    __tablename__ = "release_digest"
    __table_args__ = (UniqueConstraint("release_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("programme_release.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    #: By the uid of each session, why it is theirs: see `rules.Tie`. Kept here, since what is withdrawn loses its list.
    about: Mapped[dict[str, Any]]
    #: When the letter went into the outbox; None while it has to be written.
    written_at: Mapped[datetime | None] = mapped_column(index=True)

    release: Mapped[Release] = relationship()
    person: Mapped[Person] = relationship()


class ProgrammeBuffers(Model):
    """How much time there has to be between sessions of one event; without a row none."""

    __tablename__ = "programme_buffers"
    __table_args__ = (CheckConstraint("room_minutes >= 0 AND person_minutes >= 0", name="minutes"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    #: Between two sessions in a room.
    room_minutes: Mapped[int]
    #: Between two sessions of somebody in different rooms.
    person_minutes: Mapped[int]


class ConflictSeverity(Model):
    """How bad a kind of conflict is at one event, where that is not what is usual."""

    __tablename__ = "conflict_severity"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    #: The name of a kind, of the timetabling or of the drafting room.
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    severity: Mapped[Severity]


class ProgrammeUpload(Model):
    """A file of a programme that somebody brought and looks at; it goes once it is in the draft, or with the next."""

    __tablename__ = "programme_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    filename: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProgrammeSource(Model):
    """What files said of a programme besides its sessions, and what its rooms, tracks and kinds were taken for."""

    __tablename__ = "programme_source"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    #: The conference as the file had it, without sessions.
    facts: Mapped[dict[str, Any]]
    #: See `import_planning.Choices`.
    choices: Mapped[dict[str, Any]]


class SessionSource(Model):
    """What a file said of a session: its names for it, and all that the platform has no field for."""

    __tablename__ = "session_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    #: That of the session, in the draft or released.
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    #: The number of the step with which it came; taken back, it counts no more.
    batch: Mapped[int]
    #: The session as the file had it, without its people.
    facts: Mapped[dict[str, Any]]
    #: Of its content, what the file said.
    parts: Mapped[dict[str, Any]]


class SpeakerSource(Model):
    """What a file said of somebody in a session, and its name for them."""

    __tablename__ = "speaker_source"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    #: What tells them from others there, such as "guid:…" or "name:…".
    key: Mapped[str] = mapped_column(String(300))
    facts: Mapped[dict[str, Any]]
