"""Who may ask whom, what may become of a request and of a meeting."""

from collections.abc import Collection, Iterable
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


#: States in which a meeting is real: it takes its place, and it counts towards a person's limit.
BOOKED = frozenset({MeetingState.SCHEDULED, MeetingState.HELD, MeetingState.NO_SHOW})


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
    NOT_COMING = N_("One of you does not come to the event any more, so this request cannot be accepted.")
    #: In words for the one who wants to take it back.
    NOT_YOURS_TO_WITHDRAW = N_("This request is not yours.")


class BookingRefusal(StrEnum):
    """Why no time was found for two people, in words for both."""

    NO_COMMON_SLOT = N_("You two have no free time in common. Free a session or a block of time, then try again.")
    NO_TABLE = N_("Every table is taken whenever you two are both free. The organiser will find a place for you.")
    TOO_MANY = N_("One of you has as many meetings as the event allows. Cancel one first, then try again.")
    RUSH = N_("Many people are booking at this moment. Please try again.")


class MeetingMoveRefusal(StrEnum):
    """Why a meeting cannot be changed, in words for the one who tries."""

    NOT_YOURS = N_("This is not your meeting.")
    DONE = N_("This meeting was held or cancelled, so it cannot be changed.")
    TAKEN = N_("Somebody took this place a moment ago. Choose another.")
    BEGUN = N_("This meeting has begun, so it cannot be changed any more.")
    NO_SUCH_PLACE = N_("There is no such time or table. Reload the page and choose another.")


class PlaceRefusal(StrEnum):
    """Why two people cannot meet at a time and a table, in words for the one who moves their meeting."""

    PAST = N_("This time is over.")
    FIRST_BUSY = N_("%(first)s is not free then.")
    SECOND_BUSY = N_("%(second)s is not free then.")
    TABLE_TAKEN = N_("Another meeting is at this table then.")


class StayReason(StrEnum):
    """Why a meeting that lies on a session of one of the two gets no other time, in words for the organiser."""

    NO_COMMON_SLOT = N_("The two have no other free time in common.")
    NO_TABLE = N_("Every table is taken whenever both are free.")
    CROWDED = N_("Whenever both are free, another meeting that has to move takes the time.")


class BlockRefusal(StrEnum):
    """Why a time cannot be kept free, in words for its owner."""

    MEETING = N_("You have a meeting at this time. Move or cancel it first.")
    PAST = N_("This time is over.")
    UNKNOWN = N_("There is no such time. Reload the page and choose another.")


class OutcomeRefusal(StrEnum):
    """Why nothing can be said about a meeting, in words for the one who tries."""

    NOT_YOURS = N_("This is not your meeting.")
    TOO_EARLY = N_("You can say what came of it once the meeting has begun.")
    CANCELLED = N_("This meeting was cancelled.")
    NOT_PUBLISHED = N_("This meeting is not published yet.")


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


def answer_refusal(
    *, is_addressee: bool, state: RequestState, accepts: bool, are_both_coming: bool
) -> AnswerRefusal | None:
    """Say why a person may not answer a request; None when they may. One may always decline an open one."""
    if not is_addressee:
        return AnswerRefusal.NOT_YOURS
    if state is not RequestState.OPEN:
        return AnswerRefusal.CLOSED
    if accepts and not are_both_coming:
        return AnswerRefusal.NOT_COMING
    return None


def withdrawal_refusal(
    *, is_asker: bool, is_party: bool, state: RequestState, has_meeting: bool
) -> AnswerRefusal | None:
    """Say why a person may not take a request back; None when they may.

    Only who asked takes an unanswered one back; an accepted one that still waits for a time, either may.
    """
    if not is_party or (state is RequestState.OPEN and not is_asker):
        return AnswerRefusal.NOT_YOURS_TO_WITHDRAW
    if state not in LIVE_REQUESTS or has_meeting:
        return AnswerRefusal.CLOSED
    return None


def is_expired(state: RequestState, expires_at: datetime, now: datetime) -> bool:
    """Say whether nobody answered in time, whatever the stored state still says."""
    return state is RequestState.OPEN and expires_at <= now


def limit_refusal(counts: Iterable[int], max_per_person: int) -> BookingRefusal | None:
    """Say why people who have so many meetings may not have another; None when they may."""
    return BookingRefusal.TOO_MANY if any(count >= max_per_person for count in counts) else None


def place_refusal(
    *, starts_at: datetime, first_is_free: bool, second_is_free: bool, table_is_free: bool, now: datetime
) -> PlaceRefusal | None:
    """Say why two people cannot meet at a place, a slot and a table in it; None when they can."""
    if starts_at <= now:
        return PlaceRefusal.PAST
    if not first_is_free:
        return PlaceRefusal.FIRST_BUSY
    if not second_is_free:
        return PlaceRefusal.SECOND_BUSY
    if not table_is_free:
        return PlaceRefusal.TABLE_TAKEN
    return None


def change_refusal(state: MeetingState, *, starts_at: datetime, now: datetime) -> MeetingMoveRefusal | None:
    """Say why a meeting may not be moved or cancelled any more; None when it may."""
    if state not in {MeetingState.PROPOSED, MeetingState.SCHEDULED}:
        return MeetingMoveRefusal.DONE
    if starts_at <= now:
        return MeetingMoveRefusal.BEGUN
    return None


def block_refusal(*, starts_at: datetime, has_meeting: bool, now: datetime) -> BlockRefusal | None:
    """Say why somebody may not keep a slot free of meetings; None when they may."""
    if starts_at <= now:
        return BlockRefusal.PAST
    return BlockRefusal.MEETING if has_meeting else None


def outcome_refusal(
    *, is_participant: bool, state: MeetingState, starts_at: datetime, now: datetime
) -> OutcomeRefusal | None:
    """Say why a person may not report what came of a meeting; None when they may."""
    if not is_participant:
        return OutcomeRefusal.NOT_YOURS
    if state is MeetingState.CANCELLED:
        return OutcomeRefusal.CANCELLED
    if state is MeetingState.PROPOSED:
        return OutcomeRefusal.NOT_PUBLISHED
    if now < starts_at:
        return OutcomeRefusal.TOO_EARLY
    return None


def meeting_move_refusal(current: MeetingState, wanted: MeetingState) -> MeetingMoveRefusal | None:
    """Say why a meeting may not go from one state to another; None when it may."""
    return None if wanted in MEETING_MOVES[current] else MeetingMoveRefusal.DONE


def is_held(present: Collection[int], participants: Collection[int]) -> bool:
    """Say whether a meeting was held: everybody who belongs to it was scanned at its table."""
    return bool(participants) and set(participants) <= set(present)
