"""Who may ask whom, what may become of a request and of a meeting."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from lsos.errors import N_


class RequestState(StrEnum):
    """Where a request stands; an accepted one without a meeting waits for a time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


#: States in which a pair has something under way, so that neither may ask the other again.
LIVE_REQUESTS = frozenset({RequestState.OPEN, RequestState.ACCEPTED})


class MeetingState(StrEnum):
    """Where a meeting stands; a proposed one is a draft that only organisers see."""

    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class MeetingOrigin(StrEnum):
    """What a meeting came from."""

    REQUEST = "request"
    MATCHING = "matching"
    WALK_UP = "walk_up"


class RequestRefusal(StrEnum):
    """Why a person may not ask another for a meeting, in words for the one who asks."""

    NOT_TAKING_PART = N_("You do not take part in 1:1 meetings. Switch them on under Consents.")
    OTHER_NOT_TAKING_PART = N_("This person does not take part in 1:1 meetings.")
    ONESELF = N_("You cannot meet yourself.")
    SAME_ORGANISATION = N_("You come from the same organisation.")
    UNDER_WAY = N_("A request or a meeting between you two is already under way.")
    OVER = N_("The 1:1 meetings of this event are over.")


class AnswerRefusal(StrEnum):
    """Why a request cannot be answered that way, in words for the one who answers."""

    NOT_YOURS = N_("This request was not sent to you.")
    CLOSED = N_("This request was answered, withdrawn or has expired.")


class BookingRefusal(StrEnum):
    """Why no time was found for two people, in words for both."""

    NO_COMMON_SLOT = N_("You two have no free time in common. Free a session or a block of time, then try again.")
    NO_TABLE = N_("Every table is taken whenever you two are both free. The organiser will find a place for you.")
    TOO_MANY = N_("One of you has as many meetings as the event allows.")


class MeetingMoveRefusal(StrEnum):
    """Why a meeting cannot be changed, in words for the one who tries."""

    NOT_YOURS = N_("This is not your meeting.")
    DONE = N_("This meeting was held or cancelled, so it cannot be changed.")
    TAKEN = N_("Somebody took this place a moment ago. Choose another.")


#: What a meeting may become from where it stands.
MEETING_MOVES: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PROPOSED: frozenset({MeetingState.SCHEDULED, MeetingState.CANCELLED}),
    MeetingState.SCHEDULED: frozenset({MeetingState.HELD, MeetingState.NO_SHOW, MeetingState.CANCELLED}),
    MeetingState.NO_SHOW: frozenset({MeetingState.HELD}),
    MeetingState.HELD: frozenset({MeetingState.SCHEDULED}),
    MeetingState.CANCELLED: frozenset(),
}


def request_refusal(
    *,
    asker_takes_part: bool,
    other_takes_part: bool,
    is_same_person: bool,
    is_same_organisation: bool,
    is_under_way: bool,
    last_slot_ends_at: datetime | None,
    now: datetime,
) -> RequestRefusal | None:
    """Say why one person may not ask another for a meeting; None when they may."""
    if is_same_person:
        return RequestRefusal.ONESELF
    if not asker_takes_part:
        return RequestRefusal.NOT_TAKING_PART
    if not other_takes_part:
        return RequestRefusal.OTHER_NOT_TAKING_PART
    if is_same_organisation:
        return RequestRefusal.SAME_ORGANISATION
    if is_under_way:
        return RequestRefusal.UNDER_WAY
    if last_slot_ends_at is None or last_slot_ends_at <= now:
        return RequestRefusal.OVER
    return None


def answer_refusal(*, is_addressee: bool, state: RequestState) -> AnswerRefusal | None:
    """Say why a person may not answer a request; None when they may."""
    if not is_addressee:
        return AnswerRefusal.NOT_YOURS
    if state is not RequestState.OPEN:
        return AnswerRefusal.CLOSED
    return None


def meeting_move_refusal(current: MeetingState, wanted: MeetingState) -> MeetingMoveRefusal | None:
    """Say why a meeting may not go from one state to another; None when it may."""
    return None if wanted in MEETING_MOVES[current] else MeetingMoveRefusal.DONE


def is_held(present: Collection[int], participants: Collection[int]) -> bool:
    """Say whether a meeting was held: everybody who belongs to it was scanned at its table."""
    return bool(participants) and set(participants) <= set(present)
