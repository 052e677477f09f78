"""When a seat may be handed on to a colleague, who may take it, and when it needs the organiser's word again."""

from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_
from lsos.registration.rules import RegistrationState

#: So long a colleague may think about a seat; the giver keeps it meanwhile.
OFFER_LIFE = timedelta(days=7)


class TransferState(StrEnum):
    """Where the offer of a seat to a colleague stands; while it is offered, the giver has the seat."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    TransferState.OFFERED: N_("offered, no answer yet"),
    TransferState.ACCEPTED: N_("taken"),
    TransferState.DECLINED: N_("not wanted"),
    TransferState.TAKEN_BACK: N_("withdrawn"),
    TransferState.EXPIRED: N_("expired"),
}


class OfferRefusal(StrEnum):
    """Why a seat cannot be offered to a colleague, in words for who has it or for the organiser."""

    NO_SEAT = N_("Only a confirmed seat can be handed on.")
    OVER = N_("The doors have closed, so no seat can be handed on any more.")
    NOT_THIS_KIND = N_("Seats of this kind are for one person and cannot be handed on. Please write to the organiser.")
    DELEGATION = N_("This seat belongs to a delegation. Whoever looks after the delegation gives it to somebody else.")
    OFFERED = N_("This seat is offered to somebody already. Take that offer back first.")
    OWN_ADDRESS = N_("This is an address of who has the seat. Write that of the colleague.")
    HAS_SEAT = N_("This colleague has a seat at this event already.")
    DECLINED = N_("The organiser declined this colleague's registration.")


class TakingRefusal(StrEnum):
    """Why a seat that was offered cannot be taken, in words for the colleague."""

    ACCEPTED = N_("This seat was taken with this link already. Sign in to see or change the registration.")
    DECLINED = N_("You said that you do not take this seat. If that changed, write to whoever offered it.")
    TAKEN_BACK = N_("The seat is not offered any more. Write to whoever offered it if that surprises you.")
    EXPIRED = N_("The time to take this seat is over. Write to whoever offered it; they may offer it once more.")


def offer_refusal(
    state: RegistrationState,
    *,
    is_transferable: bool,
    is_of_delegation: bool,
    has_offer: bool,
    doors_close_at: datetime,
    now: datetime,
) -> OfferRefusal | None:
    """Say why somebody may not offer their seat to a colleague now; None when they may.

    `doors_close_at` is the last closing of the doors on the days that the seat is for.
    """
    if state is not RegistrationState.CONFIRMED:
        return OfferRefusal.NO_SEAT
    if now >= doors_close_at:
        return OfferRefusal.OVER
    if not is_transferable:
        return OfferRefusal.NOT_THIS_KIND
    if is_of_delegation:
        return OfferRefusal.DELEGATION
    return OfferRefusal.OFFERED if has_offer else None


def colleague_refusal(state: RegistrationState | None, *, is_public_guest: bool) -> OfferRefusal | None:
    """Say why this colleague cannot take the seat; None for who is not registered, waits, or cancelled.

    A guest of the public session may take a seat of another kind and gives up their own. Only organisers are
    told beforehand, since whether somebody is registered is nobody else's to know.
    """
    if state is RegistrationState.DECLINED:
        return OfferRefusal.DECLINED
    if state is RegistrationState.CONFIRMED and not is_public_guest:
        return OfferRefusal.HAS_SEAT
    return None


def taking_refusal(state: TransferState, *, expires_at: datetime, now: datetime) -> TakingRefusal | None:
    """Say why a seat that was offered cannot be taken or declined now; None when it can."""
    if state is not TransferState.OFFERED:
        return TakingRefusal[state.name]
    return TakingRefusal.EXPIRED if now >= expires_at else None


def offer_ends(now: datetime, *, doors_close_at: datetime) -> datetime:
    """Say until when a colleague may answer."""
    return min(now + OFFER_LIFE, doors_close_at)


def needs_review(*, needs_approval: bool, watches_answers: bool) -> bool:
    """Say whether the organiser approves the colleague before the seat is theirs; it is held meanwhile.

    As for answers that change after approval: where approval rests on who somebody is, another person is looked at.
    """
    return needs_approval and watches_answers
