"""Meetings on the spot: who may ask whom to sit down at once, for how long an answer is awaited, and in which slots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.agenda.rules import Interval
from lsos.errors import N_
from lsos.meetings.rules import BookingRefusal


class WalkUpState(StrEnum):
    """Where it stands that somebody would like to meet another at once."""

    OPEN = "open"
    ACCEPTED = "accepted"
    #: The other said yes, and there was no place for the two any more.
    UNPLACED = "unplaced"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


#: Whoever stands there waits for an answer no longer than this.
LASTS = timedelta(minutes=5)
#: The next slot is one to wait for if it begins within this time.
NEXT_WITHIN = timedelta(minutes=60)
#: So often a day somebody may ask the same person, who may have been away from their phone.
MOST_ASKS = 2


class WalkUpRefusal(StrEnum):
    """Why somebody cannot ask another to meet at once, in words for the one who asks."""

    ONESELF = N_("You cannot meet yourself.")
    NOT_TAKING_PART = N_("You do not take part in 1:1 meetings. Switch them on under Consents.")
    OTHER_NOT_TAKING_PART = N_("This person does not take part in 1:1 meetings.")
    SAME_ORGANISATION = N_("You come from the same organisation.")
    #: Said to the one who avoids, never to the other.
    AVOIDED = N_("You keep apart from this person or their organisation. Take that back first; only you know of it.")
    NOT_FOR_YOUR_KIND = N_(
        "Your kind of participation cannot ask people of this kind for meetings. "
        "The organiser decides who may ask whom: write to them if you have a good reason."
    )
    NOT_HERE = N_("You are not noted as being here today. Have your badge scanned at the door first.")
    OTHER_NOT_HERE = N_("This person is not noted as being here today. Ask them for a meeting at another time.")
    MEETING = N_("You two have a meeting at this event already. It is among your meetings.")
    ASKED = N_("You asked this person a moment ago. The answer is awaited for five minutes.")
    ONE_AT_A_TIME = N_("You are asking somebody else just now. Take that back, or wait for the answer.")
    NOT_TODAY = N_("This person cannot meet on the spot today. Ask them for a meeting at another time.")
    NO_TIME = N_("This slot and the next are not free for both of you. Ask for a meeting at another time.")
    NO_TABLE = N_("Every table is taken in this slot and the next. Ask for a meeting at another time.")


class WalkUpAnswerRefusal(StrEnum):
    """Why it cannot be answered that somebody would like to meet at once, in words for the one who answers."""

    NOT_YOURS = N_("This was not asked of you.")
    CLOSED = N_("It is answered already, or the five minutes are over. You can ask yourself now.")
    GONE = N_("One of you does not take part any more, or is not noted as being here today.")
    #: In words for the one who wants to take it back.
    NOT_YOURS_TO_WITHDRAW = N_("You did not ask this.")


#: What is said of a place that there is not, when it is one for this slot or the next.
_NO_PLACE = {
    BookingRefusal.NO_COMMON_SLOT: WalkUpRefusal.NO_TIME,
    BookingRefusal.NO_TABLE: WalkUpRefusal.NO_TABLE,
}


def in_this_hour(refusal: BookingRefusal) -> WalkUpRefusal | BookingRefusal:
    """Say why there is no place for two, in words for people who stand there."""
    return _NO_PLACE.get(refusal, refusal)


def walk_up_refusal(
    *,
    is_same_person: bool,
    asker_takes_part: bool,
    other_takes_part: bool,
    is_same_organisation: bool,
    avoids: bool,
    may_ask: bool,
    asker_is_here: bool,
    other_is_here: bool,
    has_meeting: bool,
    has_asked: bool,
    asks_another: bool,
    asks_today: int,
    was_declined: bool,
    no_place: WalkUpRefusal | BookingRefusal | None,
) -> WalkUpRefusal | BookingRefusal | None:
    """Say why somebody may not ask another to meet at once; None when they may. `no_place` is why there is none."""
    reasons = (
        (is_same_person, WalkUpRefusal.ONESELF),
        (not asker_takes_part, WalkUpRefusal.NOT_TAKING_PART),
        (not other_takes_part, WalkUpRefusal.OTHER_NOT_TAKING_PART),
        (is_same_organisation, WalkUpRefusal.SAME_ORGANISATION),
        (avoids, WalkUpRefusal.AVOIDED),
        (not may_ask, WalkUpRefusal.NOT_FOR_YOUR_KIND),
        (not asker_is_here, WalkUpRefusal.NOT_HERE),
        (not other_is_here, WalkUpRefusal.OTHER_NOT_HERE),
        (has_meeting, WalkUpRefusal.MEETING),
        (has_asked, WalkUpRefusal.ASKED),
        (asks_another, WalkUpRefusal.ONE_AT_A_TIME),
        (was_declined or asks_today >= MOST_ASKS, WalkUpRefusal.NOT_TODAY),
    )
    return next((why for holds, why in reasons if holds), no_place)


def walk_up_answer_refusal(
    *, is_addressee: bool, state: WalkUpState, accepts: bool, are_both_there: bool
) -> WalkUpAnswerRefusal | None:
    """Say why somebody may not answer that way; None when they may. One may always say no while it is open."""
    if not is_addressee:
        return WalkUpAnswerRefusal.NOT_YOURS
    if state is not WalkUpState.OPEN:
        return WalkUpAnswerRefusal.CLOSED
    return WalkUpAnswerRefusal.GONE if accepts and not are_both_there else None


def walk_up_withdrawal_refusal(*, is_asker: bool, state: WalkUpState) -> WalkUpAnswerRefusal | None:
    """Say why somebody may not take back what they asked; None when they may."""
    if not is_asker:
        return WalkUpAnswerRefusal.NOT_YOURS_TO_WITHDRAW
    return None if state is WalkUpState.OPEN else WalkUpAnswerRefusal.CLOSED


def standing(state: WalkUpState, expires_at: datetime, now: datetime) -> WalkUpState:
    """Say where it stands, whatever the stored state still says."""
    return WalkUpState.EXPIRED if state is WalkUpState.OPEN and expires_at <= now else state


def slots_at_once(slots: Sequence[Interval], now: datetime) -> list[int]:
    """Say, by place in the list, in which slots two can sit down: the one that runs, while half is left, and the next.

    `slots` stand in the order of time.
    """
    running = [
        place
        for place, slot in enumerate(slots)
        if slot.starts_at <= now and now + (slot.ends_at - slot.starts_at) / 2 <= slot.ends_at
    ]
    to_come = [place for place, slot in enumerate(slots) if now < slot.starts_at <= now + NEXT_WITHIN]
    return [*running, *to_come[:1]]


def due_at(starts_at: datetime, created_at: datetime) -> datetime:
    """Say from when on two are expected at their table: one on the spot may be agreed after its slot has begun."""
    return max(starts_at, created_at)
