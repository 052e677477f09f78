"""Tables of a call's jury: how it works, what it judges by, and what each juror makes of each application."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.texts import Bilingual, bilingual
from lsos.zone.jury_rules import ConflictKind, OthersShown, ReviewState, Scale
from lsos.zone.jury_scores import Weighed
from lsos.zone.models import ZoneApplication, ZoneCall


class Jury(Model):
    """How the applications of one call are reviewed."""

    __tablename__ = "zone_jury"
    __table_args__ = (
        CheckConstraint("reviews_wanted BETWEEN 1 AND 20", name="reviews_wanted"),
        CheckConstraint("closes_at > opens_at", name="dates_ordered"),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"), primary_key=True)
    #: For each application.
    reviews_wanted: Mapped[int] = mapped_column(default=3)
    #: Jurors read neither who applied nor for which organisation.
    hides_names: Mapped[bool] = mapped_column(default=False)
    #: None: as soon as there are criteria, and without end.
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    others_shown: Mapped[OthersShown] = mapped_column(default=OthersShown.AFTER_SENDING)

    call: Mapped[ZoneCall] = relationship()

    def is_over(self, now: datetime) -> bool:
        """Say whether nothing can be reviewed any more."""
        return self.closes_at is not None and now >= self.closes_at


class Criterion(Model):
    """One thing that every application is scored for."""

    __tablename__ = "zone_criterion"
    __table_args__ = (
        CheckConstraint("weight BETWEEN 0 AND 100", name="weight"),
        CheckConstraint("low >= 0 AND high > low AND high <= 10", name="scale"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("zone_call.id", ondelete="CASCADE"), index=True)
    name: Mapped[Bilingual] = bilingual("name")
    #: What to look at, and what the ends of the scale mean.
    hint: Mapped[Bilingual] = bilingual("hint")
    #: Nought: it is read and not summed.
    weight: Mapped[int] = mapped_column(default=1)
    low: Mapped[int] = mapped_column(default=1)
    high: Mapped[int] = mapped_column(default=5)
    position: Mapped[int] = mapped_column(default=0)

    call: Mapped[ZoneCall] = relationship()

    @property
    def scale(self) -> Scale:
        """Give the scores that can be given."""
        return Scale(self.low, self.high)

    @property
    def weighed(self) -> Weighed:
        """Give what the sums need of it."""
        return Weighed(self.weight, self.scale)


class Review(Model):
    """An application in the hands of one juror, or out of them for a conflict of interest.

    Both are one row, and the row is unique: where a conflict stands there can be no review that counts,
    whoever writes at the same moment. What was scored before a conflict was declared stays on record.
    """

    __tablename__ = "zone_review"
    __table_args__ = (
        UniqueConstraint("application_id", "juror_id"),
        CheckConstraint("(state = 'conflict') = (conflict IS NOT NULL)", name="conflict_or_review"),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_at_some_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    application_id: Mapped[int] = mapped_column(ForeignKey("zone_application.id", ondelete="CASCADE"))
    juror_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.ASSIGNED)
    #: As the juror declared it; what is found by itself is found anew each time.
    conflict: Mapped[ConflictKind | None]
    conflict_note: Mapped[str] = mapped_column(default="")
    #: For the jury and the organiser.
    comment: Mapped[str] = mapped_column(default="")
    #: For whoever applied, if the organiser passes it on.
    feedback: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    application: Mapped[ZoneApplication] = relationship()
    juror: Mapped[Person] = relationship()
    scores: Mapped[list["Score"]] = relationship(back_populates="review", cascade="all, delete-orphan")

    @property
    def values(self) -> dict[int, int]:
        """Give the scores by criterion."""
        return {score.criterion_id: score.value for score in self.scores}


class Score(Model):
    """What one review gives for one criterion."""

    __tablename__ = "zone_score"
    __table_args__ = (CheckConstraint("value BETWEEN 0 AND 10", name="value"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("zone_review.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(
        ForeignKey("zone_criterion.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[int]

    review: Mapped[Review] = relationship(back_populates="scores")


class JurorArea(Model):
    """A focus area that a juror knows well."""

    __tablename__ = "zone_juror_area"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    focus_area_id: Mapped[int] = mapped_column(
        ForeignKey("focus_area.id", ondelete="CASCADE"), primary_key=True, index=True
    )
