"""Tables of organisers' own questions in their versions, of the answers and their files, and of unfinished forms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.events.models import Event
from lsos.questionnaires.rules import AskedWhen, QuestionKind, Test
from lsos.registration.models import ParticipationType, Registration
from lsos.texts import Bilingual, bilingual


class Question(Model):
    """Something an organiser asks at one event; what it says stands in its versions."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        Index("ix_question_event_id_position", "event_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    #: What its column is called in files.
    code: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    asked_when: Mapped[AskedWhen] = mapped_column(default=AskedWhen.REGISTERING)
    is_required: Mapped[bool] = mapped_column(default=False)
    #: Until this day a required answer may be left out; None: it is required from the first.
    required_from: Mapped[date | None]
    #: Whether an answer may be changed by its owner, and until which day; None: until the event is over.
    may_edit: Mapped[bool] = mapped_column(default=True)
    edit_until: Mapped[date | None]
    #: Not asked any more; its answers stay readable.
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    versions: Mapped[list["QuestionVersion"]] = relationship(
        back_populates="question", order_by="QuestionVersion.number", cascade="all, delete-orphan"
    )
    options: Mapped[list["QuestionOption"]] = relationship(
        back_populates="question", order_by="QuestionOption.position", cascade="all, delete-orphan"
    )
    conditions: Mapped[list["QuestionCondition"]] = relationship(
        back_populates="question",
        order_by="QuestionCondition.id",
        cascade="all, delete-orphan",
        foreign_keys="QuestionCondition.question_id",
    )
    #: Of whom it is asked; empty means of everybody.
    types: Mapped[list[ParticipationType]] = relationship(
        secondary="question_participation_type", order_by=ParticipationType.position
    )

    @property
    def current(self) -> "QuestionVersion":
        """Give what it says now."""
        return self.versions[-1]

    @property
    def kind(self) -> QuestionKind:
        """Give the kind of answer it asks for now."""
        return self.current.kind

    @property
    def offered(self) -> list["QuestionOption"]:
        """List the options that can be chosen now."""
        return [option for option in self.options if option.is_current]

    def is_for(self, type_id: int) -> bool:
        """Say whether it is asked of people who take part in this way."""
        return not self.types or any(kind.id == type_id for kind in self.types)


class QuestionVersion(Model):
    """What a question said at one time; an answer points at the version it was given to."""

    __tablename__ = "question_version"
    __table_args__ = (UniqueConstraint("question_id", "number"), UniqueConstraint("question_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)
    #: The number of the first version that means the same: small corrections keep it.
    meaning: Mapped[int] = mapped_column(default=1)
    kind: Mapped[QuestionKind]
    label: Mapped[Bilingual] = bilingual("label")
    help: Mapped[Bilingual] = bilingual("help")
    #: Bounds as they were written, exact; empty where there are none.
    least: Mapped[str] = mapped_column(String(40), default="")
    most: Mapped[str] = mapped_column(String(40), default="")
    unit: Mapped[Bilingual] = bilingual("unit")
    #: The options as they were read then: code, pl, en.
    options: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    file_kinds: Mapped[list[str]] = mapped_column(default=list)
    megabytes: Mapped[int] = mapped_column(default=5)
    made_at: Mapped[datetime]

    question: Mapped[Question] = relationship(back_populates="versions")

    def name_of(self, code: str) -> Bilingual:
        """Give the words of an option as this version had them."""
        found = (Bilingual(one["pl"], one["en"]) for one in self.options if one["code"] == code)
        return next(found, Bilingual(code, code))


class QuestionOption(Model):
    """One thing to choose; where its seats are counted, the check keeps more from being taken than there are."""

    __tablename__ = "question_option"
    __table_args__ = (
        UniqueConstraint("question_id", "code"),
        CheckConstraint("taken >= 0 AND (seats IS NULL OR taken <= seats)", name="seats_exist"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[Bilingual] = bilingual("name")
    #: None: as many as want it.
    seats: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    is_current: Mapped[bool] = mapped_column(default=True)

    question: Mapped[Question] = relationship(back_populates="options")

    @property
    def free(self) -> int | None:
        """Count the seats that are left; None where they are not counted."""
        return None if self.seats is None else self.seats - self.taken


class QuestionCondition(Model):
    """A question is asked only if an earlier one, the subject, was answered so."""

    __tablename__ = "question_condition"
    __table_args__ = (UniqueConstraint("question_id", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), index=True)
    test: Mapped[Test]
    values: Mapped[list[str]] = mapped_column(default=list)

    question: Mapped[Question] = relationship(back_populates="conditions", foreign_keys=[question_id])
    subject: Mapped[Question] = relationship(foreign_keys=[subject_id])


class QuestionParticipationType(Model):
    """A question is asked of people who take part in this way."""

    __tablename__ = "question_participation_type"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Answer(Model):
    """What one person answered to one question, in the version that they read."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("registration_id", "question_id"),
        ForeignKeyConstraint(
            ["question_id", "version_id"],
            ["question_version.question_id", "question_version.id"],
            name="fk_answer_version_of_question",
        ),
        Index("ix_answer_question_id_version_id", "question_id", "version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    question_id: Mapped[int]
    version_id: Mapped[int]
    #: One text, or the codes that were chosen.
    given: Mapped[list[str]]
    at: Mapped[datetime]

    registration: Mapped[Registration] = relationship()
    version: Mapped[QuestionVersion] = relationship()
    chosen: Mapped[list["AnswerOption"]] = relationship(
        back_populates="answer", order_by="AnswerOption.option_id", cascade="all, delete-orphan"
    )


class AnswerOption(Model):
    """An option somebody chose, and whether a seat of it is kept for them."""

    __tablename__ = "answer_option"

    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("question_option.id"), primary_key=True, index=True)
    #: Given back when somebody does not come; what they chose stays readable.
    has_seat: Mapped[bool] = mapped_column(default=False)

    answer: Mapped[Answer] = relationship(back_populates="chosen")
    option: Mapped[QuestionOption] = relationship()


class AnswerFile(Model):
    """A file somebody sent; its bytes lie in the data directory under its id, and it belongs to nobody else."""

    __tablename__ = "answer_file"
    __table_args__ = (Index("ix_answer_file_answer_id_at", "answer_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), index=True)
    #: None while the form is not sent yet, or when the answer is gone: such a file is deleted after a while.
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id", ondelete="SET NULL"))
    name: Mapped[str]
    #: One of ours by the kind of the file, never what a browser said.
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    answer: Mapped[Answer | None] = relationship()


class RegistrationDraft(Model):
    """What somebody has typed into a form and not sent yet: by person, or by a token of which the hash is kept."""

    __tablename__ = "registration_draft"
    __table_args__ = (
        UniqueConstraint("person_id", "participation_type_id"),
        CheckConstraint("(person_id IS NULL) <> (token_hash IS NULL)", name="has_one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: The fields of the form and what stands in them.
    typed: Mapped[dict[str, Any]]
    #: After this moment it is not shown any more, and deleted.
    expires_at: Mapped[datetime] = mapped_column(index=True)
    kept_at: Mapped[datetime]

    participation_type: Mapped[ParticipationType] = relationship()
