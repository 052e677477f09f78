"""Reviewing proposals: who may review what and when, which phases can be, what a review must hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lsos.errors import N_
from lsos.proposals.rules import ProposalState

CRITERIA_AT_MOST = 10
PHASES_AT_MOST = 10
REVIEWS_AT_MOST = 20


class ReviewRefusal(StrEnum):
    """Why somebody may not review a proposal, in words for the reviewer."""

    NOT_A_REVIEWER = N_("Only reviewers of this call read proposals. Ask the organiser to be made one.")
    CONFLICT = N_("You have a conflict of interest with this proposal, so that you neither review it nor see it.")
    NOT_SENT = N_("This proposal is not up for review: it was withdrawn.")
    NO_CRITERIA = N_("There is nothing to score yet: the organiser has not written any criteria.")
    NO_PHASE = N_("There is no reviewing at this moment. What you wrote stays as it is.")


#: What nobody reviews: it was not sent, or was taken back.
NOT_REVIEWED = frozenset({ProposalState.DRAFT, ProposalState.WITHDRAWN, ProposalState.GIVEN_UP})
#: What is given out to be reviewed: on the rest organisers have decided.
STILL_OPEN = frozenset({ProposalState.SENT, ProposalState.WAITING})


@dataclass(frozen=True)
class ReviewFacts:
    """What decides who may review a proposal."""

    is_reviewer: bool
    #: They wrote it, speak in it, share an organisation with who does, or declared a conflict.
    is_bound: bool
    state: ProposalState
    has_criteria: bool
    is_phase_open: bool


def read_refusal(facts: ReviewFacts) -> ReviewRefusal | None:
    """Say why somebody may not read a proposal as a reviewer; None when they may."""
    if not facts.is_reviewer:
        return ReviewRefusal.NOT_A_REVIEWER
    if facts.is_bound:
        return ReviewRefusal.CONFLICT
    return ReviewRefusal.NOT_SENT if facts.state in NOT_REVIEWED else None


def review_refusal(facts: ReviewFacts) -> ReviewRefusal | None:
    """Say why somebody may not save or send a review; None when they may."""
    refusal = read_refusal(facts)
    if refusal is not None:
        return refusal
    if not facts.has_criteria:
        return ReviewRefusal.NO_CRITERIA
    return None if facts.is_phase_open else ReviewRefusal.NO_PHASE


class PhaseRefusal(StrEnum):
    """Why a phase cannot be so, in words for the organiser."""

    CLOSES_TOO_EARLY = N_("The phase ends before it begins. Move one of the two.")
    OVERLAPS = N_("Another phase is on at that time. One phase ends before the next begins.")
    TOO_MANY = N_("Ten phases are enough. Delete one first.")


def phase_refusal(
    *, opens_at: datetime, closes_at: datetime, others: Iterable[tuple[datetime, datetime]]
) -> PhaseRefusal | None:
    """Say why a phase cannot be; None when it can. `others` are beginning and end of those there are."""
    there = list(others)
    if closes_at <= opens_at:
        return PhaseRefusal.CLOSES_TOO_EARLY
    if any(opens_at < end and begin < closes_at for begin, end in there):
        return PhaseRefusal.OVERLAPS
    return PhaseRefusal.TOO_MANY if len(there) >= PHASES_AT_MOST else None


class DeskRefusal(StrEnum):
    """Why reviewing is not set up so, in words for the organiser."""

    NO_NAME = N_("Give the criterion a name in at least one language.")
    TOO_MANY = N_("A call has at most 10 criteria. Nobody reads more with care.")
    SCORED = N_("Proposals were scored by this criterion. It stays, so that their marks can be compared.")
    REVIEWER_THERE = N_("This person reviews already.")
    NO_REVIEWERS = N_("Nobody reviews yet. Add reviewers first.")
    NOTHING_TO_SHARE = N_("Everything that can be given out was given out already.")
    OTHERWISE = N_("Something changed since this was shown. Look at it once more.")


def hidden_words(typed: str) -> list[str]:
    """Read what an organiser hides of a proposal: a word or a name a line, each once."""
    return list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
