"""The life of a registration, and who may register when."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from lsos.errors import N_


class RegistrationState(StrEnum):
    """Where a registration stands; only a confirmed one holds a seat and a valid badge."""

    PENDING = "pending"
    WAITLISTED = "waitlisted"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    RegistrationState.PENDING: N_("waiting for approval"),
    RegistrationState.WAITLISTED: N_("on the waiting list"),
    RegistrationState.CONFIRMED: N_("confirmed"),
    RegistrationState.DECLINED: N_("declined"),
    RegistrationState.CANCELLED: N_("cancelled"),
}


#: Whoever goes there gives up what they have: a seat, a place in line, the time of sessions and meetings.
GIVES_UP = frozenset({RegistrationState.DECLINED, RegistrationState.CANCELLED})


class HeldFor(StrEnum):
    """Why a seat is held: promised to somebody who has not taken it yet."""

    DELEGATION = "delegation"
    INVITED = "invited"
    OFFER = "offer"
    REVIEW = "review"


#: Where a registration may go from where it stands.
MOVES: dict[RegistrationState, frozenset[RegistrationState]] = {
    RegistrationState.PENDING: frozenset(
        {
            RegistrationState.CONFIRMED,
            RegistrationState.WAITLISTED,
            RegistrationState.DECLINED,
            RegistrationState.CANCELLED,
        }
    ),
    RegistrationState.WAITLISTED: frozenset(
        {RegistrationState.CONFIRMED, RegistrationState.DECLINED, RegistrationState.CANCELLED}
    ),
    RegistrationState.CONFIRMED: frozenset({RegistrationState.CANCELLED}),
    RegistrationState.DECLINED: frozenset(
        {RegistrationState.PENDING, RegistrationState.CONFIRMED, RegistrationState.WAITLISTED}
    ),
    RegistrationState.CANCELLED: frozenset(
        {RegistrationState.PENDING, RegistrationState.CONFIRMED, RegistrationState.WAITLISTED}
    ),
}


class Audience(StrEnum):
    """Who sees a way to take part among those of an event."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed_in"
    LINK = "link"
    INVITED = "invited"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _AUDIENCE_WORDS[self]


_AUDIENCE_WORDS = {
    Audience.EVERYBODY: N_("Everybody"),
    Audience.SIGNED_IN: N_("People who are signed in"),
    Audience.LINK: N_("Anyone with the link"),
    Audience.INVITED: N_("Invited people"),
}


class WatchedAnswer(StrEnum):
    """An answer that approval may rest on, so that changing it asks for approval again."""

    ORGANISATION = "organisation"
    JOB_TITLE = "job_title"
    STAKEHOLDER_TYPE = "stakeholder_type"
    COUNTRY = "country"

    @property
    def words(self) -> str:
        """Name it; translated where it is shown."""
        return _ANSWER_WORDS[self]


_ANSWER_WORDS = {
    WatchedAnswer.ORGANISATION: N_("Organisation"),
    WatchedAnswer.JOB_TITLE: N_("Job title"),
    WatchedAnswer.STAKEHOLDER_TYPE: N_("Type of organisation or role"),
    WatchedAnswer.COUNTRY: N_("Country"),
}


#: An answer as it was given: what was said under `given`, and beside it what makes it readable later.
Said = Mapping[str, Any]
_ASKED = "question:"


def asked_key(uid: str) -> str:
    """Name the answer to an organiser's own question among those that approval rests on."""
    return f"{_ASKED}{uid}"


def asked_uid(key: str) -> str | None:
    """Give the question that a key is of; None for an answer of the registration itself."""
    return key.removeprefix(_ASKED) if key.startswith(_ASKED) else None


class Awaiting(StrEnum):
    """Why a registration waits for the organiser's word."""

    FIRST = "first"
    CHANGED = "changed"
    HANDED_ON = "handed_on"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _AWAITING_WORDS[self]


_AWAITING_WORDS = {
    Awaiting.FIRST: N_("first application"),
    Awaiting.CHANGED: N_("waits again: an answer changed"),
    Awaiting.HANDED_ON: N_("the seat was handed on"),
}


class Direction(StrEnum):
    """The side of a cooperation: somebody offers it, somebody seeks it."""

    OFFER = "offer"
    SEEK = "seek"


class ConsentKind(StrEnum):
    """Terms are accepted and a notice is read; only a consent can be given, refused and taken back."""

    ACCEPTANCE = "acceptance"
    ACKNOWLEDGEMENT = "acknowledgement"
    CONSENT = "consent"


class Purpose(StrEnum):
    """The purposes that code asks for; events may have others, which are kept and shown only."""

    CATALOGUE = "catalogue"
    MATCHMAKING = "matchmaking"
    IMAGE = "image"
    NEWSLETTER = "newsletter"
    SHARE_WITH_PARTNERS = "share-with-partners"
    #: Asked at the event, not when somebody registers: `ON_THE_SPOT`.
    EXCHANGE_CONTACTS = "exchange-contacts"
    STAND_SCANS = "stand-scans"


#: Purposes that every event asks for in the platform's words, on the page of consents and no form of registration.
ON_THE_SPOT = (Purpose.EXCHANGE_CONTACTS, Purpose.STAND_SCANS)


class RegistrationRefusal(StrEnum):
    """Why somebody may not register, in words for that person."""

    NOT_PUBLISHED = N_("This event is not open to the public yet.")
    EVENT_CANCELLED = N_("This event was cancelled.")
    NOT_OPEN_YET = N_("Registration has not opened yet.")
    CLOSED = N_("Registration is closed. Please write to the organiser.")
    OVER = N_("This event is over.")
    BY_INVITATION = N_("This kind of participation is by invitation. Please write to the organiser.")
    ALREADY = N_("You are registered for this event already. Change your answers in your profile.")
    DECLINED = N_("The organiser declined your registration. Please write to them.")
    UPGRADE_FULL = N_("Every seat of this kind is taken. Your own seat stays as it is.")
    NO_SEAT_HELD = N_("The seat that was held for you is no longer held. Please write to whoever invited you.")
    CONSENT_MISSING = N_("To take part you need to accept the terms that are marked as required.")


class WalkInRefusal(StrEnum):
    """Why somebody who stands at the door is not registered, in words for the person at the desk."""

    EVENT_CANCELLED = N_("This event was cancelled.")
    DECLINED = N_("The organiser declined this guest's registration. Please send the guest to the help desk.")
    ORGANISERS_ONLY = N_("Only an organiser lets somebody take part this way. Please send the guest to the help desk.")
    TERMS = N_("Ask the guest to accept the terms, then tick the box.")
    NO_SEAT = N_("Every seat of this kind is taken. An organiser can add one.")


class MoveRefusal(StrEnum):
    """Why a registration cannot change as asked, in words for the organiser."""

    NOT_FROM_HERE = N_("A registration in this state cannot be changed that way. Reload the page to see how it stands.")
    NO_SEAT = N_("All seats are taken. Cancel a registration or raise the capacity first.")
    ERASED = N_("Whose registration this was is erased. It only counts in figures, and stays as it is.")


def registration_refusal(
    *,
    is_published: bool,
    is_cancelled: bool,
    is_by_invitation: bool,
    opens_at: datetime | None,
    closes_at: datetime | None,
    ends_at: datetime,
    now: datetime,
) -> RegistrationRefusal | None:
    """Say why nobody may register this way now; None when one may."""
    if is_cancelled:
        return RegistrationRefusal.EVENT_CANCELLED
    if not is_published:
        return RegistrationRefusal.NOT_PUBLISHED
    if now > ends_at:
        return RegistrationRefusal.OVER
    if opens_at is not None and now < opens_at:
        return RegistrationRefusal.NOT_OPEN_YET
    if closes_at is not None and now > closes_at:
        return RegistrationRefusal.CLOSED
    if is_by_invitation:
        return RegistrationRefusal.BY_INVITATION
    return None


def is_upgrade(*, from_light: bool, to_light: bool) -> bool:
    """Say whether changing from one way to take part to another is to say more of oneself, and to get more."""
    return from_light and not to_light


def repeat_refusal(
    state: RegistrationState, *, has_held_seat: bool = False, is_upgrade: bool = False
) -> RegistrationRefusal | None:
    """Say why somebody who is registered may not register once more; None after they cancelled.

    A seat that is held for them lets in who waited for one, or for the organiser's word; who is registered
    with a name and an address only may go on to take part in another way.
    """
    if state is RegistrationState.CANCELLED:
        return None
    if is_upgrade and state is not RegistrationState.DECLINED:
        return None
    if has_held_seat and state in {RegistrationState.PENDING, RegistrationState.WAITLISTED}:
        return None
    return RegistrationRefusal.DECLINED if state is RegistrationState.DECLINED else RegistrationRefusal.ALREADY


def walk_in_refusal(
    *, is_cancelled: bool, is_open: bool, is_organiser: bool, accepts_terms: bool, state: RegistrationState | None
) -> WalkInRefusal | None:
    """Say why somebody who stands at the door is not registered; None when they are.

    `is_open` says that the way to take part needs neither approval nor an invitation; `state` is what they have.
    """
    if is_cancelled:
        return WalkInRefusal.EVENT_CANCELLED
    if state is RegistrationState.CONFIRMED:
        return None
    if state is RegistrationState.DECLINED and not is_organiser:
        return WalkInRefusal.DECLINED
    if not is_open and not is_organiser:
        return WalkInRefusal.ORGANISERS_ONLY
    return None if accepts_terms else WalkInRefusal.TERMS


def consent_refusal(required: Collection[str], given: Collection[str]) -> RegistrationRefusal | None:
    """Say why nobody may register with these purposes agreed to; None when all that is required is among them."""
    return None if set(required) <= set(given) else RegistrationRefusal.CONSENT_MISSING


def move_refusal(
    current: RegistrationState, wanted: RegistrationState, *, is_erased: bool = False
) -> MoveRefusal | None:
    """Say why a registration may not go from one state to another; None when it may."""
    if is_erased:
        return MoveRefusal.ERASED
    return None if wanted in MOVES[current] else MoveRefusal.NOT_FROM_HERE


def state_on_arrival(*, needs_approval: bool, has_seat: bool = True) -> RegistrationState:
    """Decide where a new registration starts; where seats are not counted, everybody has one."""
    if needs_approval:
        return RegistrationState.PENDING
    return RegistrationState.CONFIRMED if has_seat else RegistrationState.WAITLISTED


def answers_to_review(
    state: RegistrationState,
    *,
    watched: Collection[str],
    approved: Mapping[str, Said],
    before: Mapping[str, Said],
    after: Mapping[str, Said],
) -> dict[str, Said]:
    """Give the approved answers that are not as they were approved any more, as they were then.

    Only what is confirmed was approved; while some wait for approval again, `approved` says what these were.
    """
    if state is not RegistrationState.CONFIRMED and not approved:
        return {}
    then = {key: said for key, said in before.items() if key in watched} | dict(approved)
    return {key: said for key, said in then.items() if key not in after or after[key]["given"] != said["given"]}


def state_for_lack_of_a_seat(current: RegistrationState) -> RegistrationState | None:
    """Decide where somebody goes whom the organiser wants in while no seat is left; None leaves them where they are."""
    waitlisted = RegistrationState.WAITLISTED
    return waitlisted if waitlisted in MOVES[current] else None


def may_be_shown(
    state: RegistrationState, consents: Collection[str], *, purpose: Purpose, needs_seat: bool = True
) -> bool:
    """Say whether somebody may be shown to others for a purpose: they agreed to it, and come, where that is asked."""
    return purpose in consents and (state is RegistrationState.CONFIRMED or not needs_seat)


def takes_part_in_matchmaking(state: RegistrationState, type_matches: bool, consents: Collection[str]) -> bool:
    """Say whether this person is matched and may be asked for meetings."""
    return type_matches and may_be_shown(state, consents, purpose=Purpose.MATCHMAKING)
