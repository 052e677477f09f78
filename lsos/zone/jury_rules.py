"""The jury of a call: who may review what and when, what counts as a conflict of interest, what a review must hold."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lsos.errors import N_
from lsos.zone.rules import ApplicationState

CRITERIA_AT_MOST = 20
REVIEWS_AT_MOST = 20
WEIGHT_AT_MOST = 100
#: The largest number a scale may reach.
SCALE_AT_MOST = 10


class ReviewState(StrEnum):
    """Where a juror stands with an application; in the last one nothing they wrote counts any more."""

    ASSIGNED = "assigned"
    DRAFT = "draft"
    SENT = "sent"
    CONFLICT = "conflict"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    ReviewState.ASSIGNED: N_("not begun"),
    ReviewState.DRAFT: N_("begun"),
    ReviewState.SENT: N_("sent"),
    ReviewState.CONFLICT: N_("conflict of interest"),
}


class OthersShown(StrEnum):
    """When a juror sees what the others think of an application."""

    NEVER = "never"
    AFTER_SENDING = "after_sending"
    ALWAYS = "always"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _OTHERS_WORDS[self]


_OTHERS_WORDS = {
    OthersShown.NEVER: N_("Never"),
    OthersShown.AFTER_SENDING: N_("Once they have sent their own review, which is final then"),
    OthersShown.ALWAYS: N_("At any time"),
}


# ---- conflicts of interest


class ConflictKind(StrEnum):
    """What binds a juror to whoever applied; the first five are declared, the others are found."""

    EMPLOYER = "employer"
    INVESTOR = "investor"
    FAMILY = "family"
    MENTOR = "mentor"
    OTHER = "other"
    OWN_APPLICATION = "own_application"
    SAME_ORGANISATION = "same_organisation"
    SAME_DOMAIN = "same_domain"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _CONFLICT_WORDS[self]


_CONFLICT_WORDS = {
    ConflictKind.EMPLOYER: N_("works or worked for it"),
    ConflictKind.INVESTOR: N_("has money in it, or means to"),
    ConflictKind.FAMILY: N_("family or close friends"),
    ConflictKind.MENTOR: N_("mentors or advises it"),
    ConflictKind.OTHER: N_("another reason"),
    ConflictKind.OWN_APPLICATION: N_("applied for it"),
    ConflictKind.SAME_ORGANISATION: N_("belongs to the same organisation"),
    ConflictKind.SAME_DOMAIN: N_("has an e-mail address of the organisation"),
}
#: What a juror can say; the rest is found by itself.
DECLARED = (
    ConflictKind.EMPLOYER,
    ConflictKind.INVESTOR,
    ConflictKind.FAMILY,
    ConflictKind.MENTOR,
    ConflictKind.OTHER,
)


@dataclass(frozen=True)
class Ties:
    """What of a person may bind them to whoever applied."""

    person_id: int
    organisations: frozenset[int] = frozenset()
    #: Of their e-mail addresses.
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Applicant:
    """Who stands behind an application: the one who applied, their organisation, and the domains that are its own."""

    person_id: int
    organisation: int | None = None
    domains: frozenset[str] = frozenset()


def found_conflict(juror: Ties, applicant: Applicant) -> ConflictKind | None:
    """Say what binds a juror to an applicant, as far as it can be known without asking them."""
    if juror.person_id == applicant.person_id:
        return ConflictKind.OWN_APPLICATION
    if applicant.organisation is not None and applicant.organisation in juror.organisations:
        return ConflictKind.SAME_ORGANISATION
    if any(lies_within(theirs, own) for theirs in juror.domains for own in applicant.domains):
        return ConflictKind.SAME_DOMAIN
    return None


def lies_within(domain: str, parent: str) -> bool:
    """Say whether a domain is another one, or stands below it: lab.example.org lies within example.org."""
    return domain == parent or domain.endswith(f".{parent}")


# ---- who may do what


class Act(StrEnum):
    """What somebody wants with a review."""

    #: To be given the application for review.
    BE_ASSIGNED = "be_assigned"
    #: To open it, with the application in it.
    READ = "read"
    #: To save or send it.
    WRITE = "write"


class ReviewRefusal(StrEnum):
    """Why somebody may not review an application, in words for the juror."""

    NOT_A_JUROR = N_("Only jurors of this event review applications. Ask the organiser to be made one.")
    CONFLICT = N_("You have a conflict of interest with this application, so that you neither review it nor see it.")
    NOT_JUDGED = N_("This application is not up for review: it was not sent, or was withdrawn.")
    NOT_ASSIGNED = N_("This application was not given to you for review. Choose one from your list.")
    NO_CRITERIA = N_("There is nothing to score yet: the organiser has not written any criteria.")
    NOT_OPEN = N_("Reviewing has not begun yet.")
    CLOSED = N_("Reviewing has ended, so that nothing can be changed any more.")
    FINAL = N_(
        "You have sent this review and can read the others' now, so it is final. The organiser can open it again."
    )


#: What is judged: it was sent, and not taken back.
JUDGED = frozenset(
    {ApplicationState.SENT, ApplicationState.ACCEPTED, ApplicationState.WAITING, ApplicationState.DECLINED}
)


@dataclass(frozen=True)
class ReviewFacts:
    """What decides who may review an application."""

    is_juror: bool
    application: ApplicationState
    #: Found or declared; None where there is none.
    conflict: ConflictKind | None
    #: None: not given to them.
    state: ReviewState | None
    has_criteria: bool
    #: None: as soon as there are criteria, and without end.
    opens_at: datetime | None
    closes_at: datetime | None
    others_shown: OthersShown
    now: datetime


def may_review(facts: ReviewFacts, act: Act) -> ReviewRefusal | None:
    """Say why somebody may not review an application, or have it, or read it; None when they may."""
    if not facts.is_juror:
        return ReviewRefusal.NOT_A_JUROR
    if facts.conflict is not None or facts.state is ReviewState.CONFLICT:
        return ReviewRefusal.CONFLICT
    if facts.application not in JUDGED:
        return ReviewRefusal.NOT_JUDGED
    if act is Act.BE_ASSIGNED:
        return None
    return _too_early(facts) or (_too_late(facts) if act is Act.WRITE else None)


def _too_early(facts: ReviewFacts) -> ReviewRefusal | None:
    if facts.state is None:
        return ReviewRefusal.NOT_ASSIGNED
    if not facts.has_criteria:
        return ReviewRefusal.NO_CRITERIA
    return ReviewRefusal.NOT_OPEN if facts.opens_at is not None and facts.now < facts.opens_at else None


def _too_late(facts: ReviewFacts) -> ReviewRefusal | None:
    if facts.closes_at is not None and facts.now >= facts.closes_at:
        return ReviewRefusal.CLOSED
    if facts.state is ReviewState.SENT and facts.others_shown is OthersShown.AFTER_SENDING:
        return ReviewRefusal.FINAL
    return None


def sees_others(facts: ReviewFacts) -> bool:
    """Say whether somebody sees what the other jurors think of an application."""
    if may_review(facts, Act.READ) is not None or facts.others_shown is OthersShown.NEVER:
        return False
    return facts.others_shown is OthersShown.ALWAYS or facts.state is ReviewState.SENT


def counts(state: ReviewState, conflict: ConflictKind | None) -> bool:
    """Say whether what a juror scored goes into the sums."""
    return state is ReviewState.SENT and conflict is None


#: The further a review is, the more it weighs; nothing outweighs a conflict.
_WEIGHT = (ReviewState.ASSIGNED, ReviewState.DRAFT, ReviewState.SENT, ReviewState.CONFLICT)


def outweighs(one: ReviewState, other: ReviewState) -> bool:
    """Say whether a review stays rather than another of the same application by the same human being."""
    return _WEIGHT.index(one) > _WEIGHT.index(other)


# ---- assigning, taking back


class AssignmentRefusal(StrEnum):
    """Why a review is not given to somebody, or not taken away, in words for the organiser."""

    NOT_A_JUROR = N_("This person is not a juror of the event.")
    CONFLICT = N_("This juror has a conflict of interest with the application.")
    NOT_JUDGED = N_("Only applications that were sent, and not withdrawn, are reviewed.")
    THERE = N_("This juror has the application already.")
    GONE = N_("This juror does not have the application any more. Reload the page.")
    WRITTEN = N_("This juror has written a review. What was written stays on record.")
    NOT_SENT = N_("This review is not sent, so that there is nothing to open again.")
    NOT_DECLARED = N_("Only a conflict that was declared can be lifted. What was found by itself goes with its cause.")
    NO_JURORS = N_("Nobody is a juror yet. Add jurors first.")
    NO_APPLICATIONS = N_("There is nothing to review yet: nobody has sent an application.")


#: What the organiser reads where the rule refuses a juror.
FOR_ORGANISERS = {
    ReviewRefusal.NOT_A_JUROR: AssignmentRefusal.NOT_A_JUROR,
    ReviewRefusal.CONFLICT: AssignmentRefusal.CONFLICT,
    ReviewRefusal.NOT_JUDGED: AssignmentRefusal.NOT_JUDGED,
}


def removal_refusal(state: ReviewState | None) -> AssignmentRefusal | None:
    """Say why an application cannot be taken from a juror; None when it can."""
    if state is None:
        return AssignmentRefusal.GONE
    return None if state is ReviewState.ASSIGNED else AssignmentRefusal.WRITTEN


# ---- what a review holds


class Verdict(StrEnum):
    """What is wrong with a score, in words for the juror."""

    MISSING = N_("Choose a score before you send the review.")
    OFF_SCALE = N_("Choose one of the scores of the scale.")


@dataclass(frozen=True)
class Scale:
    """The scores one may give, both ends included."""

    low: int
    high: int

    @property
    def steps(self) -> range:
        """Give every score of the scale, from the lowest."""
        return range(self.low, self.high + 1)


def wrong_scores(scores: Mapping[int, int | None], scales: Mapping[int, Scale], *, is_sent: bool) -> dict[int, Verdict]:
    """Say, by criterion, what is wrong with scores; a draft may lack some, a review that is sent none."""
    wrong = {}
    for criterion, scale in scales.items():
        score = scores.get(criterion)
        if score is None:
            if is_sent:
                wrong[criterion] = Verdict.MISSING
        elif score not in scale.steps:
            wrong[criterion] = Verdict.OFF_SCALE
    return wrong


# ---- criteria and how the jury works


class CriterionRefusal(StrEnum):
    """Why a criterion cannot be so, in words for the organiser."""

    NO_NAME = N_("Give the criterion a name in at least one language.")
    SCALE = N_("The best score must be higher than the worst.")
    SCORED = N_(
        "Reviews were sent by these criteria, so that their number and their scales stay. "
        "Names, hints and weights can still be changed."
    )
    TOO_MANY = N_("A jury has at most 20 criteria. Nobody reads more with care.")
    GONE = N_("There is no such criterion any more. Reload the page.")


def criterion_refusal(
    *, has_name: bool, scale: Scale, before: Scale | None, others: int, is_scored: bool
) -> CriterionRefusal | None:
    """Say why a criterion cannot be so; None when it can.

    Args:
        has_name: in at least one language.
        scale: the scores it would have.
        before: its scores so far; None for a new one.
        others: how many criteria there are besides.
        is_scored: reviews were sent already.
    """
    if not has_name:
        return CriterionRefusal.NO_NAME
    if scale.high <= scale.low:
        return CriterionRefusal.SCALE
    if is_scored and before != scale:
        return CriterionRefusal.SCORED
    if before is None and others >= CRITERIA_AT_MOST:
        return CriterionRefusal.TOO_MANY
    return None


class SettingsRefusal(StrEnum):
    """Why a jury cannot work so, in words for the organiser."""

    CLOSES_TOO_EARLY = N_("Reviewing ends before it begins. Move one of the two.")


def settings_refusal(*, opens_at: datetime | None, closes_at: datetime | None) -> SettingsRefusal | None:
    """Say why reviewing cannot go from one moment to another; None when it can."""
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        return SettingsRefusal.CLOSES_TOO_EARLY
    return None


# ---- names that jurors do not see

#: What stands where a name stood.
BLACKED = "▇▇▇"
#: Shorter words are no names by which anybody is known, and stand within too many others.
_SHORTEST_NAME = 3


def without_names(text: str, names: Iterable[str]) -> str:
    """Black out names in a text, whatever their letter case, longest first; parts of other words stay.

    A Polish name changes its end (Celbud, Celbudu), so that up to four letters more are blacked with it.
    """
    wanted = sorted({name.strip() for name in names if len(name.strip()) >= _SHORTEST_NAME}, key=lambda one: -len(one))
    if not wanted:
        return text
    pattern = "|".join(re.escape(name) for name in wanted)
    return re.sub(rf"(?<!\w)(?:{pattern})(?:[^\W\d_]{{0,4}})(?!\w)", BLACKED, text, flags=re.IGNORECASE)


# ---- progress


@dataclass(frozen=True)
class Progress:
    """How far a juror has come; conflicts are not theirs to do."""

    sent: int
    of: int

    @property
    def missing(self) -> int:
        """Count what is left to do."""
        return self.of - self.sent


def progress(states: Collection[ReviewState]) -> Progress:
    """Count what a juror has sent, of what was given to them."""
    theirs = [state for state in states if state is not ReviewState.CONFLICT]
    return Progress(sent=theirs.count(ReviewState.SENT), of=len(theirs))
