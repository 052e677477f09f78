"""Who of an organisation goes to a meeting: whom to think of first, and why somebody cannot take a request over."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lsos.errors import N_
from lsos.meetings.rules import RequestState


class OrganisationRefusal(StrEnum):
    """Why somebody may not ask an organisation, where the words about one person do not fit."""

    NOBODY = N_("Nobody of this organisation takes part in 1:1 meetings.")
    UNDER_WAY = N_("A request or a meeting between you and this organisation is already under way.")


class HandOnRefusal(StrEnum):
    """Why a request to an organisation does not go to a colleague, in words for the one who hands it on."""

    NOT_YOURS = N_("This request was not sent to your organisation.")
    CLOSED = N_("This request was answered, withdrawn or has expired.")
    NO_COLLEAGUE = N_("This person does not take part in 1:1 meetings for your organisation. Choose somebody else.")
    HAS_IT = N_("%(name)s has this request already.")
    UNDER_WAY = N_("%(name)s has a request or a meeting with %(other)s already. Choose somebody else.")
    #: Said as well where one keeps apart from the other: nobody learns which it is.
    NO_COMMON_TIME = N_("%(name)s and %(other)s have no free time in common. Choose somebody else.")


class StandInRefusal(StrEnum):
    """Why somebody does not go to a meeting for their organisation, in words for the colleague who wants it."""

    NOT_BOOKED = N_("Only a meeting with a time can be handed to a colleague.")
    NO_ORGANISATION = N_("You come without an organisation, so there is no colleague to send.")
    NO_COLLEAGUE = N_("This person does not take part in 1:1 meetings for your organisation. Choose somebody else.")
    IN_IT = N_("%(name)s is in this meeting already.")
    KINDS = N_("%(name)s and %(other)s cannot meet, by the ways in which they take part. Choose somebody else.")
    UNDER_WAY = N_("%(name)s has a request or a meeting with %(other)s already. Choose somebody else.")
    #: Said as well where one keeps apart from the other: nobody learns which it is.
    BUSY = N_("%(name)s is not free at this time. Choose somebody else.")
    FULL = N_("%(name)s has as many meetings as there may be. Choose somebody else.")
    TWO = N_("Two of your organisation go already, as many as there may be.")


@dataclass(frozen=True)
class Candidate:
    """Somebody who could go to a meeting for their organisation.

    Attributes:
        fit: how well they and the one who asks fit, in [0, 1].
        common_slots: in how many slots to come both are free; 0 for whoever has as many meetings as may be.
        open_requests: so many wait for their answer.
        is_about_theirs: the request is about an offer or need of theirs.
        is_apart: they never meet the one who asks.
    """

    key: int
    fit: float
    common_slots: int
    open_requests: int = 0
    is_about_theirs: bool = False
    is_apart: bool = False

    @property
    def chance(self) -> float:
        """Say how well it may go: the fit, less where many others ask for the same few slots."""
        if not self.common_slots:
            return 0.0
        return self.fit * self.common_slots / (self.common_slots + self.open_requests)


def first_choice(candidates: Iterable[Candidate]) -> Candidate | None:
    """Choose whose turn it is to answer a request to their organisation; None where there is nobody.

    Whoever never meets the one who asks comes last, so that the request waits like any that nobody answers.
    """
    return min(
        candidates,
        key=lambda one: (one.is_apart, not one.common_slots, not one.is_about_theirs, -one.chance, -one.fit, one.key),
        default=None,
    )


def is_asked(
    *,
    is_addressee: bool,
    is_asker: bool,
    to_organisation_id: int | None,
    organisation_id: int | None,
    takes_part: bool,
) -> bool:
    """Say whether somebody may answer a request: its addressee, or a colleague where an organisation was asked."""
    if is_addressee or is_asker:
        return is_addressee
    return to_organisation_id is not None and organisation_id == to_organisation_id and takes_part


def hand_on_refusal(
    *, may_answer: bool, state: RequestState, is_colleague: bool, has_it: bool, is_under_way: bool, common_slots: int
) -> HandOnRefusal | None:
    """Say why a request to an organisation does not go to one of its people; None when it does."""
    if not may_answer:
        return HandOnRefusal.NOT_YOURS
    if state is not RequestState.OPEN:
        return HandOnRefusal.CLOSED
    if not is_colleague:
        return HandOnRefusal.NO_COLLEAGUE
    if has_it:
        return HandOnRefusal.HAS_IT
    if is_under_way:
        return HandOnRefusal.UNDER_WAY
    return None if common_slots else HandOnRefusal.NO_COMMON_TIME


def stand_in_refusal(
    *, is_colleague: bool, is_in_it: bool, may_meet: bool, is_under_way: bool, is_free: bool, is_full: bool
) -> StandInRefusal | None:
    """Say why somebody does not go to a booked meeting instead of a colleague, or with one; None when they do."""
    if not is_colleague:
        return StandInRefusal.NO_COLLEAGUE
    if is_in_it:
        return StandInRefusal.IN_IT
    if not may_meet:
        return StandInRefusal.KINDS
    if is_under_way:
        return StandInRefusal.UNDER_WAY
    if not is_free:
        return StandInRefusal.BUSY
    return StandInRefusal.FULL if is_full else None
