"""Tables of reviewing proposals: its phases, what is judged, who judges, and what each thinks of each proposal."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.proposals.models import Proposal, ProposalCall
from lsos.texts import Bilingual, bilingual
from lsos.zone.jury_rules import ConflictKind, ReviewState, Scale
from lsos.zone.jury_scores import Weighed

#: Every criterion has the same scale, so that a mean is told on it.
SCALE = Scale(1, 5)


class ReviewPhase(Model):
    """A stretch of time in which proposals are reviewed, and what reviewers see in it."""

    __tablename__ = "proposal_phase"
    __table_args__ = (CheckConstraint("closes_at > opens_at", name="dates_ordered"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"), index=True)
    name: Mapped[Bilingual] = bilingual("name")
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    #: Reviewers read neither who speaks nor the words that the organiser hides.
    hides_names: Mapped[bool] = mapped_column(default=True)
    #: Whoever has sent a review reads those of the others.
    shows_others: Mapped[bool] = mapped_column(default=False)

    call: Mapped[ProposalCall] = relationship()


class ProposalCriterion(Model):
    """One thing that every proposal is scored for."""

    __tablename__ = "proposal_criterion"
    __table_args__ = (CheckConstraint("weight BETWEEN 0 AND 100", name="weight"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"), index=True)
    name: Mapped[Bilingual] = bilingual("name")
    #: Nought: it is read and not summed.
    weight: Mapped[int] = mapped_column(default=1)

    call: Mapped[ProposalCall] = relationship()

    @property
    def weighed(self) -> Weighed:
        """Give what the sums need of it."""
        return Weighed(self.weight, SCALE)


class ProposalReviewer(Model):
    """Somebody who reviews what is proposed to a call."""

    __tablename__ = "proposal_reviewer"

    call_id: Mapped[int] = mapped_column(ForeignKey("proposal_call.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)

    person: Mapped[Person] = relationship()


class ProposalReview(Model):
    """What one reviewer makes of a proposal, or that they are out of it for a conflict of interest."""

    __tablename__ = "proposal_review"
    __table_args__ = (
        UniqueConstraint("proposal_id", "reviewer_id"),
        CheckConstraint("(state = 'conflict') = (conflict IS NOT NULL)", name="conflict_or_review"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.ASSIGNED)
    conflict: Mapped[ConflictKind | None]
    #: For the other reviewers and the organiser.
    comment: Mapped[str] = mapped_column(default="")
    #: For the author, who reads it without the reviewer's name, where the call gives it.
    feedback: Mapped[str] = mapped_column(default="", server_default="")
    changed_at: Mapped[datetime]

    proposal: Mapped[Proposal] = relationship()
    reviewer: Mapped[Person] = relationship()
    scores: Mapped[list["ProposalScore"]] = relationship(back_populates="review", cascade="all, delete-orphan")

    @property
    def values(self) -> dict[int, int]:
        """Give the scores by criterion."""
        return {score.criterion_id: score.value for score in self.scores}


class ProposalScore(Model):
    """What one review gives for one criterion."""

    __tablename__ = "proposal_score"
    __table_args__ = (CheckConstraint("value BETWEEN 1 AND 5", name="value"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("proposal_review.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(
        ForeignKey("proposal_criterion.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[int]

    review: Mapped[ProposalReview] = relationship(back_populates="scores")
