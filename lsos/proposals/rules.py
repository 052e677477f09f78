"""The life of a proposal, who may do what to it when, and what it lacks."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from lsos.errors import N_, Worded
from lsos.zone.rules import Decision

#: So long may be what is written, in letters of one language.
TITLE_LENGTH = 160
ABSTRACT_LENGTH = 2500
NOTES_LENGTH = 2000
BIO_LENGTH = 1200
EQUIPMENT_LENGTH = 500
#: The longest a format of a call may be.
MINUTES_AT_MOST = 480
#: However generous a call is: nobody writes more with care.
PROPOSALS_AT_MOST = 20
SPEAKERS_AT_MOST = 10
#: So many proposals stand on one page, and are decided at once.
PAGE_LENGTH = 100


class ProposalState(Worded):
    """Where a proposal stands."""

    DRAFT = "draft", N_("draft, not sent yet")
    SENT = "sent", N_("waiting for a decision")
    WITHDRAWN = "withdrawn", N_("withdrawn by the author")
    ACCEPTED = "accepted", N_("accepted, not confirmed yet")
    WAITING = "waiting", N_("on the waiting list")
    DECLINED = "declined", N_("not chosen")
    CONFIRMED = "confirmed", N_("confirmed")
    GIVEN_UP = "given_up", N_("given up")


#: What organisers read: it was sent at some time. A draft is nobody's but its author's.
SEEN = frozenset(ProposalState) - {ProposalState.DRAFT}
#: What has a place in the programme, or is promised one.
IN = frozenset({ProposalState.ACCEPTED, ProposalState.CONFIRMED})
#: What an organiser decides.
DECIDED = frozenset({ProposalState.ACCEPTED, ProposalState.WAITING, ProposalState.DECLINED})
#: What counts for the limit of a person.
COUNTED = frozenset(ProposalState) - {ProposalState.WITHDRAWN, ProposalState.GIVEN_UP}


class CallRefusal(StrEnum):
    """Why a call cannot be as it was written, in words for the organiser."""

    CLOSES_TOO_EARLY = N_("The call closes before it opens. Choose a later moment.")
    NO_FORMAT = N_("Offer at least one format, so that people can propose something.")


def call_refusal(*, opens_at: datetime, closes_at: datetime, formats: int) -> CallRefusal | None:
    """Say why a call cannot be so; None when it can."""
    if closes_at <= opens_at:
        return CallRefusal.CLOSES_TOO_EARLY
    return None if formats else CallRefusal.NO_FORMAT


class WriteRefusal(StrEnum):
    """Why nothing can be written now, in words for whoever wants to propose."""

    NOT_OPEN_YET = N_("The call has not opened yet.")
    CLOSED = N_("The call is closed. What you sent stays as it is; for a correction, write to the organiser.")
    LIMIT = N_("You have as many proposals as one person may send. Withdraw one to write another.")
    WITHDRAWN = N_("You withdrew this proposal, so it cannot be changed. Write a new one while the call is open.")
    DECIDED = N_("This proposal is decided, so it cannot be changed here any more. Write to the organiser.")
    NOT_YOURS = N_("Only whoever wrote this proposal can change it.")


def window_refusal(*, opens_at: datetime, closes_at: datetime, now: datetime) -> WriteRefusal | None:
    """Say why nothing can be proposed at this moment; None when something can."""
    if now < opens_at:
        return WriteRefusal.NOT_OPEN_YET
    return WriteRefusal.CLOSED if now >= closes_at else None


def new_refusal(
    *, opens_at: datetime, closes_at: datetime, mine: int, per_person: int | None, now: datetime
) -> WriteRefusal | None:
    """Say why somebody may not begin another proposal; None when they may. `mine` are those that count."""
    most = min(per_person or PROPOSALS_AT_MOST, PROPOSALS_AT_MOST)
    return window_refusal(opens_at=opens_at, closes_at=closes_at, now=now) or (
        WriteRefusal.LIMIT if mine >= most else None
    )


def edit_refusal(
    state: ProposalState, *, opens_at: datetime, closes_at: datetime, now: datetime
) -> WriteRefusal | None:
    """Say why a proposal may not be changed or sent now; None when it may."""
    if state in {ProposalState.WITHDRAWN, ProposalState.GIVEN_UP}:
        return WriteRefusal.WITHDRAWN
    if state not in {ProposalState.DRAFT, ProposalState.SENT}:
        return WriteRefusal.DECIDED
    return window_refusal(opens_at=opens_at, closes_at=closes_at, now=now)


def may_withdraw(state: ProposalState) -> bool:
    """Say whether a proposal can be taken back; whoever was accepted gives the place up instead."""
    return state in {ProposalState.DRAFT, ProposalState.SENT, ProposalState.WAITING}


class Gap(StrEnum):
    """What a proposal lacks before it can be sent, in words for whoever writes it."""

    TITLE = N_("Write a title, in Polish or in English.")
    ABSTRACT = N_("Write an abstract, in Polish or in English.")
    FORMAT = N_("Choose a format.")
    LANGUAGES = N_("Say in which languages you can speak.")


def gaps(*, title: bool, abstract: bool, has_format: bool, languages: bool) -> list[Gap]:
    """List what is still missing before a proposal can be sent."""
    there = {Gap.TITLE: title, Gap.ABSTRACT: abstract, Gap.FORMAT: has_format, Gap.LANGUAGES: languages}
    return [gap for gap, is_there in there.items() if not is_there]


# ---- who speaks


class SpeakerState(Worded):
    """Whether somebody who was named as a speaker agreed to speak."""

    ASKED = "asked", N_("has not answered yet")
    AGREED = "agreed", N_("speaks")
    DECLINED = "declined", N_("does not want to speak")


class SpeakerRefusal(StrEnum):
    """Why somebody is not put among the speakers, or not taken away, in words for the author."""

    THERE = N_("%(address)s is among the speakers already.")
    TOO_MANY = N_("A proposal has at most 10 speakers.")
    AUTHOR = N_("You speak yourself; to step back, withdraw the proposal.")
    GONE = N_("There is no such speaker any more. Reload the page.")


def speaker_refusal(*, is_there: bool, others: int) -> SpeakerRefusal | None:
    """Say why somebody cannot be named as a further speaker; None when they can."""
    if is_there:
        return SpeakerRefusal.THERE
    return SpeakerRefusal.TOO_MANY if others >= SPEAKERS_AT_MOST else None


class SpeakerGap(StrEnum):
    """What is not known of a speaker yet, in words for them and for the organiser."""

    CONFIRMATION = N_("a confirmation of the session")
    BIO = N_("a biography in both languages")
    PHOTO = N_("an answer about photographs")
    DAYS = N_("the days on which a session can be")


def speaker_gaps(
    *, has_confirmed: bool, bio_languages: int, has_photo_answer: bool, days: Collection[str]
) -> list[SpeakerGap]:
    """List what is not known of somebody who speaks; who has nothing to confirm has confirmed."""
    there = {
        SpeakerGap.CONFIRMATION: has_confirmed,
        SpeakerGap.BIO: bio_languages == 2,
        SpeakerGap.PHOTO: has_photo_answer,
        SpeakerGap.DAYS: bool(days),
    }
    return [gap for gap, is_there in there.items() if not is_there]


# ---- decisions, and what speakers answer


#: Where a proposal stands after a decision.
LEADS_TO = {
    Decision.ACCEPT: ProposalState.ACCEPTED,
    Decision.WAIT: ProposalState.WAITING,
    Decision.DECLINE: ProposalState.DECLINED,
}


class DecisionRefusal(StrEnum):
    """Why a proposal cannot be decided so, in words for the organiser."""

    CONFLICT = N_("You have a conflict of interest with it. Another organiser decides it.")
    WITHDRAWN = N_("It was withdrawn.")
    SAME = N_("It stands so already.")
    CONFIRMED = N_("Its speaker has confirmed. Take the session out of the programme instead.")
    NOBODY = N_("None of the proposals you ticked can be decided so. Choose others.")
    TOLD = N_("Everybody whom a decision concerns knows of it already.")


def decision_refusal(decision: Decision, state: ProposalState, *, is_bound: bool = False) -> DecisionRefusal | None:
    """Say why a proposal cannot be decided so; None when it can.

    `state` is where it stands for organisers, whether its author knows or not. `is_bound` says that whoever
    decides wrote it, speaks in it or declared a conflict of interest.
    """
    if is_bound:
        return DecisionRefusal.CONFLICT
    if state in {ProposalState.WITHDRAWN, ProposalState.GIVEN_UP, ProposalState.DRAFT}:
        return DecisionRefusal.WITHDRAWN
    if state is ProposalState.CONFIRMED:
        return DecisionRefusal.CONFIRMED
    return DecisionRefusal.SAME if state is LEADS_TO[decision] else None


class AnswerRefusal(StrEnum):
    """Why a speaker's answer is not taken, in words for them."""

    NOT_ACCEPTED = N_("This proposal is not accepted, so there is nothing to confirm.")
    TOO_LATE = N_("The day until which you could confirm has passed. Write to the organiser.")
    NO_MORE = N_("You gave this place up. Write to the organiser if you changed your mind.")


def answer_refusal(
    state: ProposalState, *, says_yes: bool, confirm_by: date | None, today: date
) -> AnswerRefusal | None:
    """Say why an answer is not taken; None when it is. Giving up is never too late."""
    if state is ProposalState.GIVEN_UP:
        return AnswerRefusal.NO_MORE
    if state not in IN:
        return AnswerRefusal.NOT_ACCEPTED
    is_late = confirm_by is not None and today > confirm_by
    return AnswerRefusal.TOO_LATE if says_yes and is_late and state is ProposalState.ACCEPTED else None
