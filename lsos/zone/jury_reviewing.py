"""What jurors do: score an application, send the review, and say what binds them to whoever applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, Refused
from lsos.zone.jury_models import Review, Score
from lsos.zone.jury_queries import load
from lsos.zone.jury_rules import (
    DECLARED,
    Act,
    ConflictKind,
    ReviewRefusal,
    ReviewState,
    Verdict,
    may_review,
    wrong_scores,
)
from lsos.zone.jury_service import locked_call


@dataclass(frozen=True)
class Written:
    """What a juror wrote; scores by the id of their criterion."""

    scores: Mapping[int, int | None] = field(default_factory=dict)
    comment: str = ""
    feedback: str = ""


class WrongScores(Refused):
    """Some scores are missing or off their scale; `wrong` says which, by criterion."""

    def __init__(self, wrong: Mapping[int, Verdict]) -> None:
        super().__init__(next(iter(wrong.values())))
        self.wrong = wrong


def write_review(
    call_id: int, review_uid: str, written: Written, *, sends: bool, juror_id: int, now: datetime
) -> ReviewState:
    """Save a review as a draft, or send it; one that was sent stays sent.

    Raises:
        WrongScores: scores are missing, or off their scale.
        Refused: `may_review` gave a reason.
    """
    with transaction() as session:
        board = load(session, locked_call(session, call_id))
        review = next((one for one in board.reviews if one.uid == review_uid and one.juror_id == juror_id), None)
        if review is None:
            raise Refused(ReviewRefusal.NOT_ASSIGNED)
        application = next((one for one in board.everything if one.id == review.application_id), None)
        refusal = (
            may_review(board.facts(application, juror_id, now=now), Act.WRITE)
            if application
            else ReviewRefusal.NOT_JUDGED
        )
        if refusal is not None:
            raise Refused(refusal)
        sends = sends or review.state is ReviewState.SENT
        wrong = wrong_scores(written.scores, {one.id: one.scale for one in board.criteria}, is_sent=sends)
        if wrong:
            raise WrongScores(wrong)
        held = {score.criterion_id: score for score in review.scores}
        for criterion in board.criteria:
            value = written.scores.get(criterion.id)
            score = held.get(criterion.id)
            if value is None and score is not None:
                review.scores.remove(score)
            elif value is not None and score is None:
                review.scores.append(Score(criterion_id=criterion.id, value=value))
            elif value is not None and score is not None:
                score.value = value
        review.comment, review.feedback, review.changed_at = written.comment, written.feedback, now
        if sends:
            review.state, review.sent_at = ReviewState.SENT, now
            audit.record(
                session,
                "review.sent",
                actor_id=juror_id,
                scope=board.call.event.slug,
                object_uid=review.uid,
            )
        else:
            review.state = ReviewState.DRAFT
        return review.state


@dataclass(frozen=True)
class Declared:
    """What a juror says binds them to whoever applied."""

    kind: ConflictKind
    note: str = ""


def declare_conflicts(call_id: int, declared: Mapping[str, Declared], *, juror_id: int, now: datetime) -> int:
    """Say what binds a juror to applications, by their public ids; what they scored stays on record and counts no more.

    Says how many conflicts are new. What was declared before is changed in its words, never taken back.

    Raises:
        Refused: they are no juror, or name a reason that can only be found.
    """
    with transaction() as session:
        board = load(session, locked_call(session, call_id))
        if all(one.id != juror_id for one in board.jurors):
            raise Refused(ReviewRefusal.NOT_A_JUROR)
        new = 0
        for application in board.everything:
            said = declared.get(application.uid)
            if said is None:
                continue
            if said.kind not in DECLARED:
                raise Refused(N_("Choose what binds you to whoever applied."))
            review = board.held.get((application.id, juror_id))
            if review is None:
                review = Review(application_id=application.id, juror_id=juror_id)
                session.add(review)
            new += review.conflict is None
            review.state, review.conflict, review.conflict_note = ReviewState.CONFLICT, said.kind, said.note
            review.changed_at = now
            audit.record(
                session,
                "review.conflict_declared",
                actor_id=juror_id,
                scope=board.call.event.slug,
                object_uid=application.uid,
                kind=said.kind.value,
            )
        return new
