"""Who may be written to, how often and when; nobody is chosen by choosing nothing."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from lsos.errors import N_


class LetterPurpose(StrEnum):
    """What a letter to many is for: an organisational one concerns the reader's own taking part."""

    ORGANISATIONAL = "organisational"
    NEWS = "news"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _PURPOSE_WORDS[self]


_PURPOSE_WORDS = {
    LetterPurpose.ORGANISATIONAL: N_("About the event: goes to everybody on the list"),
    LetterPurpose.NEWS: N_("News and offers: goes only to those who agreed to the newsletter"),
}


class CampaignState(StrEnum):
    """What organisers did with a letter to many last."""

    DRAFT = "draft"
    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"


class Standing(StrEnum):
    """Where a letter to many stands: what organisers did with it, and whether anything of it is still to come.

    That it is sent is nowhere stored: it follows from its letters, and ends when one of them is sent once more.
    """

    DRAFT = "draft"
    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    SENT = "sent"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _STANDING_WORDS[self]


_STANDING_WORDS = {
    Standing.DRAFT: N_("draft"),
    Standing.FROZEN: N_("ready to send"),
    Standing.SENDING: N_("being sent"),
    Standing.PAUSED: N_("paused"),
    Standing.STOPPED: N_("stopped"),
    Standing.SENT: N_("sent"),
}


def standing(state: CampaignState, *, to_come: int) -> Standing:
    """Say where a letter to many stands, of which so many letters are neither delivered nor given up."""
    if state in {CampaignState.SENDING, CampaignState.PAUSED} and not to_come:
        return Standing.SENT
    return Standing(state.value)


#: Where a letter to many may go from where it stands.
MOVES: Mapping[Standing, frozenset[CampaignState]] = {
    Standing.DRAFT: frozenset({CampaignState.FROZEN}),
    Standing.FROZEN: frozenset({CampaignState.DRAFT, CampaignState.SENDING}),
    Standing.SENDING: frozenset({CampaignState.PAUSED, CampaignState.STOPPED}),
    Standing.PAUSED: frozenset({CampaignState.SENDING, CampaignState.STOPPED}),
    Standing.STOPPED: frozenset(),
    Standing.SENT: frozenset(),
}
#: Whom it did not reach may be written to again once it is over, one way or the other.
OVER = frozenset({Standing.SENT, Standing.STOPPED})


class LeftOut(StrEnum):
    """Why somebody on a list does not get the letter."""

    NO_ADDRESS = "no_address"
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _LEFT_OUT_WORDS[self]


_LEFT_OUT_WORDS = {
    LeftOut.NO_ADDRESS: N_("has no address"),
    LeftOut.NOT_AGREED: N_("has not agreed to the newsletter"),
    LeftOut.WITHDRAWN: N_("withdrew consent after the list was locked"),
}


class OutreachRefusal(StrEnum):
    """Why a letter to many does not go its way, in words for the organiser."""

    FIXED = N_("This letter is locked. Go back to writing it, then change it.")
    SENT = N_("This letter was sent already. Nobody gets it twice.")
    NOT_FIXED = N_("Lock the list first; then you see how many get the letter.")
    NOT_FROM_HERE = N_("That cannot be done with this letter as it stands. Reload the page to see how it stands.")
    OVER = N_("All of this letter is sent or given up, so nothing of it can be held up or stopped.")
    NOT_OVER = N_("Some of this letter is still to come. Write again to those whom it did not reach once it is over.")
    REACHED_ALL = N_("It reached everybody whom it was meant for, so there is nobody to write to again.")
    NOBODY = N_("Nobody would get this letter. Put people on the list first.")
    VIEW_GONE = N_(
        "The view “%(view)s” filters by what is not there any more: %(what)s. "
        "Open it in the list of people, choose its filters again and save it."
    )
    VIEW_OF_ALL = N_(
        "The view “%(view)s” filters by nothing, so it shows everybody who ever registered. Add a filter to it first."
    )
    NO_STATE = N_("Choose at least one state: nobody is chosen by choosing nothing.")
    NUMBER_CHANGED = N_("Meanwhile %(now)s people fit, not %(then)s. Look at the list once more.")
    LETTERS_CHANGED = N_("Meanwhile there are %(now)s such letters, not %(then)s. Look at them once more.")
    WRONG_NUMBER = N_("You typed another number than the %(number)s people who get this letter. Nothing was sent.")
    POLISH_MISSING = N_("Some of its readers read Polish, and the Polish words are missing.")
    ENGLISH_MISSING = N_("Some of its readers read English, and the English words are missing.")
    WORDS_MISSING = N_("Write these words first, in both languages.")


_MISSING = {"pl": OutreachRefusal.POLISH_MISSING, "en": OutreachRefusal.ENGLISH_MISSING}


def edit_refusal(state: CampaignState) -> OutreachRefusal | None:
    """Say why the words and the list of a letter may not be changed now; None when they may."""
    if state is CampaignState.DRAFT:
        return None
    return OutreachRefusal.FIXED if state is CampaignState.FROZEN else OutreachRefusal.SENT


def freeze_refusal(
    state: CampaignState, *, readers: Collection[str], written: Collection[str]
) -> OutreachRefusal | None:
    """Say why a letter may not be fixed; None when it may.

    `readers` are the languages of those who would get it, `written` those it is written in: nobody gets it
    in a language that is not theirs.
    """
    refusal = edit_refusal(state)
    if refusal is not None:
        return refusal
    if not readers:
        return OutreachRefusal.NOBODY
    for language in sorted(set(readers) - set(written)):
        return _MISSING[language]
    return None


def send_refusal(state: CampaignState, *, number: int, typed: int | None) -> OutreachRefusal | None:
    """Say why a letter may not be sent off; None when it is fixed and its number was confirmed."""
    if state is CampaignState.DRAFT:
        return OutreachRefusal.NOT_FIXED
    if state is not CampaignState.FROZEN:
        return OutreachRefusal.SENT
    if number < 1:
        return OutreachRefusal.NOBODY
    return None if typed == number else OutreachRefusal.WRONG_NUMBER


def move_refusal(current: Standing, wanted: CampaignState) -> OutreachRefusal | None:
    """Say why a letter may not go from where it stands into a state; None when it may."""
    if wanted in MOVES[current]:
        return None
    return OutreachRefusal.OVER if current is Standing.SENT else OutreachRefusal.NOT_FROM_HERE


def again_refusal(current: Standing, *, missed: int) -> OutreachRefusal | None:
    """Say why those whom a letter did not reach may not be written to again; None when they may."""
    if current not in OVER:
        return OutreachRefusal.NOT_OVER
    return None if missed else OutreachRefusal.REACHED_ALL


def left_out(purpose: LetterPurpose, *, address: str, has_agreed: bool) -> LeftOut | None:
    """Say why somebody does not get a letter; None when they do."""
    if not address:
        return LeftOut.NO_ADDRESS
    if purpose is LetterPurpose.NEWS and not has_agreed:
        return LeftOut.NOT_AGREED
    return None


# ---- to whom


class Answer(StrEnum):
    """Whether something is so; empty asks for neither."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class Audience:
    """Whom a letter is for: codes of what somebody chose, and whether something is so with them.

    Within a field any of the codes fits; every field that says something has to fit.
    """

    states: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    #: Their profile says what they work on and what they offer or seek.
    profile: str = ""
    #: Every question that is required of everybody of their type has an answer.
    answers: str = ""
    #: Somebody asks them for a meeting and has no answer yet.
    asked: str = ""
    meeting: str = ""
    arrived: str = ""
    #: They answered that they are still coming.
    reconfirmed: str = ""
    news: str = ""
    #: Mail to them arrives, as far as is known.
    mail: str = ""
    #: Labels of the organisers' own.
    labels: tuple[str, ...] = ()
    #: Questions of which at least one has no answer of theirs.
    lacking: tuple[str, ...] = ()
    words: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give what is stored: only the fields that say something."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what was stored; what is not known any more says nothing."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(str(one) for one in value) if isinstance(value, list) else str(value)
            for name, value in stored.items()
            if name in known
        }
        return cls(**values)


def audience_refusal(audience: Audience) -> OutreachRefusal | None:
    """Say why nobody is chosen; None when at least the states are."""
    return None if audience.states else OutreachRefusal.NO_STATE


def view_refusal(*, gone: Collection[str], has_filter: bool) -> OutreachRefusal | None:
    """Say why those whom a saved view of the list shows are not chosen by it; None when they are."""
    if gone:
        return OutreachRefusal.VIEW_GONE
    return None if has_filter else OutreachRefusal.VIEW_OF_ALL


# ---- at their time


class WrittenTo(StrEnum):
    """Who a timed letter is written to: those who are registered, or those who are invited and have not answered."""

    REGISTERED = "registered"
    INVITED = "invited"


class Anchor(StrEnum):
    """What a timed letter counts its days from: a day of the event, of a question, or of each reader's own."""

    START = "start"
    END = "end"
    #: The day until which a question need not be answered yet.
    QUESTION = "question"
    #: The closing of registration, for the reader's way to take part.
    CLOSING = "closing"
    REGISTERED = "registered"
    #: The day on which the invitation was sent, and the day by which it is to be answered.
    INVITED = "invited"
    ANSWER_BY = "answer_by"

    @property
    def words(self) -> str:
        """Say it after a number of days; translated where it is shown."""
        return _ANCHOR_WORDS[self]


_ANCHOR_WORDS = {
    Anchor.START: N_("the first day of the event"),
    Anchor.END: N_("the last day of the event"),
    Anchor.QUESTION: N_("the day from which a question must be answered"),
    Anchor.CLOSING: N_("the closing of registration for their way to take part"),
    Anchor.REGISTERED: N_("the day on which they registered"),
    Anchor.INVITED: N_("the day on which they were invited"),
    Anchor.ANSWER_BY: N_("the day by which they are asked to answer"),
}
#: Those that are another day for each reader.
OWN_DAYS = frozenset({Anchor.CLOSING, Anchor.REGISTERED, Anchor.INVITED, Anchor.ANSWER_BY})
#: What can be counted from, by who is written to.
ANCHORS: Mapping[WrittenTo, frozenset[Anchor]] = {
    WrittenTo.REGISTERED: frozenset({Anchor.START, Anchor.END, Anchor.QUESTION, Anchor.CLOSING, Anchor.REGISTERED}),
    WrittenTo.INVITED: frozenset({Anchor.START, Anchor.END, Anchor.INVITED, Anchor.ANSWER_BY}),
}


class RuleRefusal(StrEnum):
    """Why a timed letter cannot be kept or switched on, in words for the organiser."""

    NOT_FOR_THEM = N_("That day is unknown of these readers. Count from another one.")
    NOT_KNOWN_BEFORE = N_("They are not known before that day. Choose a day after it.")
    NO_QUESTION = N_("Say which question it counts from; it must be required from a day on.")
    WORDS_MISSING = N_("Write its words first, in both languages: nobody gets them in a language that is not theirs.")


def rule_refusal(
    reader: WrittenTo, anchor: Anchor, audience: Audience, *, days: int = 0, has_required_day: bool = False
) -> RuleRefusal | OutreachRefusal | None:
    """Say why a timed letter cannot be kept as it is; None when it can."""
    if anchor not in ANCHORS[reader]:
        return RuleRefusal.NOT_FOR_THEM
    if days < 0 and anchor in {Anchor.REGISTERED, Anchor.INVITED}:
        return RuleRefusal.NOT_KNOWN_BEFORE
    if anchor is Anchor.QUESTION and not has_required_day:
        return RuleRefusal.NO_QUESTION
    return audience_refusal(audience) if reader is WrittenTo.REGISTERED else None


def is_due(due_at: datetime, *, window_hours: int, now: datetime) -> bool:
    """Say whether a timed letter goes out now: its time has come, and its window has not closed."""
    return due_at <= now < due_at + timedelta(hours=window_hours)


def due_for(anchored_at: datetime, *, days: int, at: time, zone: str) -> datetime:
    """Give the moment at which a letter is due that counts its days from a moment of its reader's own."""
    day = anchored_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def anchored_within(*, days: int, at: time, window_hours: int, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Give the moments between which a reader's own day lies if a letter that counts from it is due to them now.

    The first is included, the second is not; where they are equal, it is due to nobody.
    """
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    furthest = window_hours // 24 + 2
    due_days = [
        day
        for day in (today - timedelta(days=back) for back in range(-1, furthest + 1))
        if is_due(datetime.combine(day, at, local).astimezone(UTC), window_hours=window_hours, now=now)
    ]
    if not due_days:
        return now, now
    first, last = min(due_days) - timedelta(days=days), max(due_days) - timedelta(days=days - 1)
    return tuple(datetime.combine(day, time(), local).astimezone(UTC) for day in (first, last))  # type: ignore[return-value]
