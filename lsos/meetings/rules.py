"""Who may ask whom, what may become of a request and of a meeting."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
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


#: So many questions one request takes before it is answered.
MOST_QUESTIONS = 3
#: Whoever it waits for has at least so long, as long as there are slots.
TIME_TO_REPLY = timedelta(hours=48)
#: How many requests of one person may be open at an event that says nothing of it.
MAX_OPEN_REQUESTS = 10


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


class WishGrade(StrEnum):
    """What somebody thinks of meeting another; only they and the planning read it."""

    MUST = "must"
    NICE = "nice"
    #: They know each other already.
    MET = "met"


#: What a wish of one side adds to the value of a pair, whose score is at most 1.
WISHED: Mapping[WishGrade, float] = {WishGrade.MUST: 1.0, WishGrade.NICE: 0.25}
#: What is left of the score of two people of whom one says that they know each other.
KNOWN = 0.3


class WishRefusal(StrEnum):
    """Why a wish about somebody is not taken, in words for the one who wishes."""

    ONESELF = N_("You cannot wish to meet yourself.")
    NOT_TAKING_PART = N_("You do not take part in 1:1 meetings. Switch them on under Consents.")
    OTHER_NOT_TAKING_PART = N_("This person does not take part in 1:1 meetings.")
    AVOIDED = N_("You keep apart from this person or their organisation. Take that back first; only you know of it.")
    NOT_FOR_YOUR_KIND = N_(
        "Your kind of participation cannot ask people of this kind for meetings, so a wish would come to nothing. "
        "The organiser decides who may ask whom: write to them if you have a good reason."
    )
    TOO_MANY = N_(
        "You have as many “must meet” as the event allows meetings (%(most)s). Take one back, or say “would be nice”."
    )


class AvoidRefusal(StrEnum):
    """Why somebody cannot be kept apart from others, in words for the one who wishes it."""

    ONESELF = N_("You cannot keep apart from yourself.")
    NO_ORGANISATION = N_("This person comes without an organisation.")
    OWN_ORGANISATION = N_("You come from the same organisation, so no meeting is planned anyway.")


class RequestRefusal(StrEnum):
    """Why a person may not ask another for a meeting, in words for the one who asks."""

    NOT_TAKING_PART = N_("You do not take part in 1:1 meetings. Switch them on under Consents.")
    OTHER_NOT_TAKING_PART = N_("This person does not take part in 1:1 meetings.")
    ONESELF = N_("You cannot meet yourself.")
    SAME_ORGANISATION = N_("You come from the same organisation.")
    UNDER_WAY = N_("A request or a meeting between you two is already under way.")
    OVER = N_("The 1:1 meetings of this event are over.")
    #: Said to the one who avoids, never to the other.
    AVOIDED = N_("You keep apart from this person or their organisation. Take that back first; only you know of it.")
    NOT_FOR_YOUR_KIND = N_(
        "Your kind of participation cannot ask people of this kind for meetings. "
        "The organiser decides who may ask whom: write to them if you have a good reason."
    )
    TOO_MANY_OPEN = N_(
        "As many requests of yours wait for an answer as may be open at once. An answer gives one back; "
        "so does taking one back."
    )


class AnswerRefusal(StrEnum):
    """Why a request cannot be answered that way, in words for the one who answers."""

    NOT_YOURS = N_("This request was not sent to you.")
    CLOSED = N_("This request was answered, withdrawn or has expired.")
    NOT_COMING = N_("One of you does not come to the event any more, so this request cannot be accepted.")
    #: On a page that was open before they said so.
    AVOIDED = N_("You keep apart from this person or their organisation. Take that back first; only you know of it.")
    #: In words for the one who wants to take it back.
    NOT_YOURS_TO_WITHDRAW = N_("This request is not yours.")


class NoteRefusal(StrEnum):
    """Why nothing can be asked or said about a request, in words for the one who tries."""

    NOT_YOURS = N_("This request is not yours.")
    CLOSED = N_("This request was answered, withdrawn or has expired.")
    WAITS_FOR_ASKER = N_("Your question waits for an answer. You can still accept or decline meanwhile.")
    NOTHING_ASKED = N_("Nothing is asked at the moment. You can write again when the other asks you something.")
    ENOUGH = N_("You asked as many questions as one request takes. Accept it or decline it now.")


class BookingRefusal(StrEnum):
    """Why no time was found for two people, in words for both."""

    NO_COMMON_SLOT = N_("You two have no free time in common. Free a session or a block of time, then try again.")
    NO_TABLE = N_("Every table is taken whenever you two are both free. The organiser will find a place for you.")
    TOO_MANY = N_("One of you has as many meetings as they may have. Cancel one first, then try again.")
    TOO_MANY_THAT_DAY = N_(
        "On each day on which you two are both free, one of you has as many meetings as there may be on one day. "
        "Cancel one first, then try again."
    )
    RUSH = N_("Many people are booking at this moment. Please try again.")


class MeetingMoveRefusal(StrEnum):
    """Why a meeting cannot be changed, in words for the one who tries."""

    NOT_YOURS = N_("This is not your meeting.")
    DONE = N_("This meeting was held or cancelled, so it cannot be changed.")
    TAKEN = N_("Somebody took this place a moment ago. Choose another.")
    BEGUN = N_("This meeting has begun, so it cannot be changed any more.")
    NO_SUCH_PLACE = N_("There is no such time or table. Reload the page and choose another.")


class LockRefusal(StrEnum):
    """Why a meeting cannot be moved or taken out, or be locked."""

    LOCKED = N_("This meeting is locked. Unlock it first.")
    FIXED = N_("The organiser has fixed the time and the table of this meeting. Write to them if you cannot come.")
    OVER = N_("This meeting has begun or is off, so it cannot be locked any more.")


class PlaceRefusal(StrEnum):
    """Why two people cannot meet at a time and a table, in words for the one who moves their meeting."""

    PAST = N_("This time is over.")
    FIRST_BUSY = N_("%(first)s is not free then.")
    SECOND_BUSY = N_("%(second)s is not free then.")
    FIRST_FULL = N_("%(first)s has as many meetings on that day as there may be on one day.")
    SECOND_FULL = N_("%(second)s has as many meetings on that day as there may be on one day.")
    TABLE_TAKEN = N_("Another meeting is at this table then.")
    TABLE_CLOSED = N_("This table is closed then.")
    STAND = N_("This table is the stand of another organisation.")


class StayReason(StrEnum):
    """Why a meeting that lies on a session of one of the two gets no other time, in words for the organiser."""

    NO_COMMON_SLOT = N_("The two have no other free time in common.")
    NO_TABLE = N_("Every table is taken whenever both are free.")
    CROWDED = N_("Whenever both are free, another meeting that has to move takes the time.")
    LOCKED = N_("It is locked. Unlock it in the schedule first.")


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


def pair_value(score: float, *grades: WishGrade | None) -> float:
    """Say what a meeting of two is worth to the planning: how well they fit, and what each side wishes.

    A wish to meet outweighs that they know each other already.
    """
    if WishGrade.MET in grades and WishGrade.MUST not in grades:
        score *= KNOWN
    return score + sum(WISHED.get(grade, 0.0) for grade in grades if grade is not None)


def is_avoided(
    people: Collection[int], organisations: Collection[int], *, person_id: int, organisation_id: int | None
) -> bool:
    """Say whether somebody is among those whom another never meets: these people, these organisations."""
    return person_id in people or (organisation_id is not None and organisation_id in organisations)


def wish_refusal(
    *,
    is_same_person: bool,
    takes_part: bool,
    other_takes_part: bool,
    may_ask: bool,
    avoids: bool,
    grade: WishGrade,
    musts: int,
    most_musts: int,
) -> WishRefusal | None:
    """Say why a wish about somebody is not taken; None when it is. `musts` are those about others."""
    if is_same_person:
        return WishRefusal.ONESELF
    if not takes_part:
        return WishRefusal.NOT_TAKING_PART
    if not other_takes_part:
        return WishRefusal.OTHER_NOT_TAKING_PART
    if avoids:
        return WishRefusal.AVOIDED
    if not may_ask:
        return WishRefusal.NOT_FOR_YOUR_KIND
    if grade is WishGrade.MUST and musts >= most_musts:
        return WishRefusal.TOO_MANY
    return None


def avoid_refusal(
    *, is_same_person: bool, whole_organisation: bool, has_organisation: bool, is_same_organisation: bool
) -> AvoidRefusal | None:
    """Say why somebody cannot be kept apart from a person, or from all of their organisation; None when they can."""
    if is_same_person:
        return AvoidRefusal.ONESELF
    if whole_organisation and not has_organisation:
        return AvoidRefusal.NO_ORGANISATION
    if whole_organisation and is_same_organisation:
        return AvoidRefusal.OWN_ORGANISATION
    return None


def request_refusal(
    *,
    asker_takes_part: bool,
    other_takes_part: bool,
    may_ask: bool,
    is_same_person: bool,
    is_same_organisation: bool,
    avoids: bool,
    is_under_way: bool,
    last_slot_ends_at: datetime | None,
    requests_left: int,
    now: datetime,
) -> RequestRefusal | None:
    """Say why one person may not ask another for a meeting; None when they may.

    `may_ask` is what their kinds of participation say.
    """
    if is_same_person:
        return RequestRefusal.ONESELF
    if not asker_takes_part:
        return RequestRefusal.NOT_TAKING_PART
    if not other_takes_part:
        return RequestRefusal.OTHER_NOT_TAKING_PART
    if is_same_organisation:
        return RequestRefusal.SAME_ORGANISATION
    if avoids:
        return RequestRefusal.AVOIDED
    if is_under_way:
        return RequestRefusal.UNDER_WAY
    if not may_ask:
        return RequestRefusal.NOT_FOR_YOUR_KIND
    if last_slot_ends_at is None or last_slot_ends_at <= now:
        return RequestRefusal.OVER
    return RequestRefusal.TOO_MANY_OPEN if requests_left <= 0 else None


def request_limit(of_type: int | None, of_event: int) -> int:
    """Say how many requests of one person may be open: their way to take part has the first word."""
    return of_event if of_type is None else of_type


def note_refusal(
    *, is_addressee: bool, is_asker: bool, state: RequestState, waits_for_asker: bool, questions: int
) -> NoteRefusal | None:
    """Say why a person may not write about a request; None when they may.

    They take turns: whom it was sent to asks, then the asker answers.
    """
    if not is_addressee and not is_asker:
        return NoteRefusal.NOT_YOURS
    if state is not RequestState.OPEN:
        return NoteRefusal.CLOSED
    if is_asker:
        return None if waits_for_asker else NoteRefusal.NOTHING_ASKED
    if waits_for_asker:
        return NoteRefusal.WAITS_FOR_ASKER
    return NoteRefusal.ENOUGH if questions >= MOST_QUESTIONS else None


def open_until(expires_at: datetime, *, last_slot_ends_at: datetime | None) -> datetime:
    """Say until when a request is open: an answer after the last slot would help nobody."""
    return expires_at if last_slot_ends_at is None else min(expires_at, last_slot_ends_at)


def pushed(expires_at: datetime, *, last_slot_ends_at: datetime | None, now: datetime) -> datetime:
    """Say until when a request is open after a note: time enough to reply, though not beyond the last slot."""
    return max(expires_at, open_until(now + TIME_TO_REPLY, last_slot_ends_at=last_slot_ends_at))


def answer_refusal(
    *, is_addressee: bool, state: RequestState, accepts: bool, avoids: bool, are_both_coming: bool
) -> AnswerRefusal | None:
    """Say why a person may not answer a request; None when they may. One may always decline an open one."""
    if not is_addressee:
        return AnswerRefusal.NOT_YOURS
    if state is not RequestState.OPEN:
        return AnswerRefusal.CLOSED
    if accepts and avoids:
        return AnswerRefusal.AVOIDED
    return AnswerRefusal.NOT_COMING if accepts and not are_both_coming else None


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


def place_refusal(
    *,
    starts_at: datetime,
    first_is_free: bool,
    second_is_free: bool,
    first_is_full: bool,
    second_is_full: bool,
    table_is_free: bool,
    now: datetime,
) -> PlaceRefusal | None:
    """Say why two people cannot meet at a place, a slot and a table in it; None when they can."""
    if starts_at <= now:
        return PlaceRefusal.PAST
    if not first_is_free:
        return PlaceRefusal.FIRST_BUSY
    if not second_is_free:
        return PlaceRefusal.SECOND_BUSY
    if first_is_full:
        return PlaceRefusal.FIRST_FULL
    if second_is_full:
        return PlaceRefusal.SECOND_FULL
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


def is_held(present: Collection[int], sides: Iterable[Collection[int]]) -> bool:
    """Say whether a meeting was held: somebody of each side was scanned at its table."""
    known = [set(side) for side in sides]
    return bool(known) and all(side & set(present) for side in known)


def lock_refusal(*, is_to_come: bool) -> LockRefusal | None:
    """Say why a meeting cannot be locked or unlocked; None when it can."""
    return None if is_to_come else LockRefusal.OVER


def locked_refusal(*, is_locked: bool, by_organiser: bool) -> LockRefusal | None:
    """Say why a meeting stays where it is; None when it may be moved."""
    if not is_locked:
        return None
    return LockRefusal.LOCKED if by_organiser else LockRefusal.FIXED
