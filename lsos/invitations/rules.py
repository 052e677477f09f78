"""The ways in: which are open to whom and why not, and how invitations, codes, claims and delegations live."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.accounts.rules import WritingRefusal
from lsos.errors import N_

#: A reminder is not sent to somebody who was written to within this time, unless the organiser insists.
REMINDER_PAUSE = timedelta(days=1)
#: A link that proves an address of a domain.
PASS_LIFE = timedelta(days=2)
#: So many lines of a list are read at once.
LINES_AT_MOST = 2000
SEATS_AT_MOST = 1000
USES_AT_MOST = 100_000
CODE_LENGTH = 40
#: What telephones and letters put between the letters of a code: hyphens, dashes, a minus, and what nobody sees.
_BETWEEN = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u200b\u2060\ufeff")


class WaveKind(StrEnum):
    """What can be done to many invitations at once."""

    SEND = "send"
    REMIND = "remind"
    WITHDRAW = "withdraw"

    @property
    def words(self) -> str:
        """Say what it is; translated where it is shown."""
        return _WAVE_WORDS[self]


_WAVE_WORDS = {
    WaveKind.SEND: N_("Invitations sent"),
    WaveKind.REMIND: N_("Reminders"),
    WaveKind.WITHDRAW: N_("Invitations withdrawn"),
}


class WaveStepState(StrEnum):
    """Where one row of a wave stands; stopped: an organiser ended the wave before it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"


class InvitationState(StrEnum):
    """Where an invitation stands; "opened" says that its page was read, not its mail."""

    DRAFT = "draft"
    SENT = "sent"
    OPENED = "opened"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _INVITATION_WORDS[self]


_INVITATION_WORDS = {
    InvitationState.DRAFT: N_("not sent yet"),
    InvitationState.SENT: N_("sent, not opened"),
    InvitationState.OPENED: N_("opened"),
    InvitationState.ACCEPTED: N_("accepted"),
    InvitationState.DECLINED: N_("turned down"),
    InvitationState.EXPIRED: N_("expired"),
    InvitationState.WITHDRAWN: N_("withdrawn"),
}

#: Those that can still be answered.
WITHOUT_ANSWER = frozenset({InvitationState.SENT, InvitationState.OPENED})
#: Those that stand in the way of another invitation to the same address.
STANDING = WITHOUT_ANSWER | {InvitationState.DRAFT}


class ClaimState(StrEnum):
    """Where a link to a seat of a delegation stands; the first two keep the seat for whoever holds the link."""

    SENT = "sent"
    OPENED = "opened"
    CLAIMED = "claimed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    GONE = "gone"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _CLAIM_WORDS[self]


_CLAIM_WORDS = {
    ClaimState.SENT: N_("no answer yet"),
    ClaimState.OPENED: N_("opened, no answer yet"),
    ClaimState.CLAIMED: N_("comes"),
    ClaimState.DECLINED: N_("does not come"),
    ClaimState.WITHDRAWN: N_("link withdrawn"),
    ClaimState.GONE: N_("comes no more"),
}

#: Links that can still be used.
LINKS_OUT = frozenset({ClaimState.SENT, ClaimState.OPENED})


class EntryRefusal(StrEnum):
    """Why a link or a code does not open a way in, in words for whoever holds it."""

    UNKNOWN = N_("This link is not complete. Copy the whole address from the letter, or write to the organiser.")
    DRAFT = N_("This invitation has not been sent yet.")
    ACCEPTED = N_("This invitation was accepted already. Sign in to see or change the registration.")
    DECLINED = N_("This invitation was declined. If that changed, write to the organiser.")
    EXPIRED = N_("This invitation has expired. Write to the organiser if you would still like to come.")
    WITHDRAWN = N_("The organiser withdrew this invitation. Write to them if that surprises you.")
    OTHER_ADDRESS = N_(
        "This invitation is for another address than yours. Sign out and open the link once more, or use your own."
    )
    CODE_UNKNOWN = N_("There is no such code at this event. Look at each letter once more.")
    CODE_ENDED = N_("This code is not valid any more.")
    CODE_USED_UP = N_("This code was used as often as it may be. Ask whoever gave it to you.")
    CLAIM_TAKEN = N_("This seat was taken with this link already. Sign in to see or change the registration.")
    CLAIM_ENDED = N_("This link holds no seat any more. Ask your organisation for a new one.")
    PASS_EXPIRED = N_("This link has expired. Ask for a new one on the page of the ways to take part.")
    HOLD_ENDED = N_("The seat that was held for you is held no longer. Send the form once more to take any free one.")
    OTHER_DOMAIN = N_("This kind of participation is not open to addresses of that domain.")
    OTHER_TYPE = N_("What you hold opens another kind of participation, not this one.")


class InviteRefusal(StrEnum):
    """Why an invitation cannot be made or changed, in words for the organiser."""

    INVITED = N_("This address is invited already. Look at that invitation instead.")
    REGISTERED = N_("Somebody with this address is registered already.")
    ERASED = WritingRefusal.ERASED.value
    NO_TYPE = N_("There is no such kind of participation at this event.")
    NOT_SENT = N_("Only an invitation that was sent and not answered can be reminded of.")
    TOO_SOON = N_("This address was written to within a day. Tick the box to write once more all the same.")
    NOT_A_DRAFT = N_("This invitation was sent already.")
    NOT_OPEN = N_("This invitation cannot be answered any more.")
    NOT_TO_WITHDRAW = N_("Only an invitation that was not answered can be withdrawn.")
    NO_SEAT = N_("No seat is free to be held. Raise the capacity, or invite without holding a seat.")
    NOT_COUNTED = N_("Seats of this kind of participation are not counted, so none can be held.")
    HOLD_IN_THE_PAST = N_("The seat would be held until a moment that has passed. Choose a later one.")
    EXPIRES_IN_THE_PAST = N_("The answer would be asked for by a moment that has passed. Choose a later one.")
    EVENT_OVER = N_("This event is over, so nobody can be invited to it.")
    NOTE_MISSING = N_("Write a short note: how did this person tell you?")


class CodeRefusal(StrEnum):
    """Why a code cannot be kept that way, in words for the organiser."""

    TAKEN = N_("This event has this code already. Choose another one.")
    WRONG_LETTERS = N_("Use letters from A to Z, digits and hyphens only, at least 4 and at most 40 of them.")
    NO_TYPE = N_("Choose at least one kind of participation that the code opens.")
    FEWER_THAN_USED = N_("The code was used more often than that already.")
    HOLDS_MANY_TYPES = N_("A code that holds seats opens one kind of participation only.")
    NO_SEAT = N_("So many seats are not free to be held. Raise the capacity, or hold fewer.")
    NOT_COUNTED = N_("Seats of this kind of participation are not counted, so none can be held.")
    ENDED = N_("This code is not valid any more. Make a new one.")
    UNTIL_IN_THE_PAST = N_("That moment has passed. Choose a later one.")
    NO_DOMAIN = N_("Write a domain as it stands in addresses, such as agh.edu.pl.")


class DelegationRefusal(StrEnum):
    """Why a delegation cannot be changed that way, in words for its manager or the organiser."""

    NO_SEAT = N_("So many seats are not free. Raise the capacity, or give fewer.")
    NONE_FREE = N_("Every seat of your delegation is taken or promised. Withdraw a link, or ask for more seats.")
    BELOW_PROMISED = N_("More seats than that are taken or promised by a link. Withdraw links first.")
    NO_TYPE = N_("There is no such kind of participation at this event.")
    CLOSED = N_("This delegation has ended. Write to the organiser.")
    ANSWERED = N_("This person has answered meanwhile. Reload the page to see how it stands.")
    NOT_CLAIMED = N_("Only a seat that somebody has taken can go to somebody else this way.")
    ASKED_ALREADY = N_("This address has a link or a seat of this delegation already.")
    TOO_SOON = N_("This person was written to within a day. Tick the box to write once more all the same.")
    REGISTERED = N_("This person is registered already and needs no seat of yours. Withdraw the link instead.")
    NO_ADDRESS = N_("This link was copied, not mailed, so there is no address to remind.")
    NOT_THIS_MANY = N_("Give back at least one seat, and no more than are free.")
    UNTIL_IN_THE_PAST = N_("That moment has passed. Choose a later one.")


# ---- which ways in are open to somebody


class Means(StrEnum):
    """What somebody may hold that opens a way in."""

    INVITATION = "invitation"
    CODE = "code"
    CLAIM = "claim"
    ADDRESS = "address"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Pass:
    """What somebody holds that opens a way in, as far as the rule needs to know it."""

    means: Means
    type_codes: frozenset[str]
    #: Why it opens nothing now.
    refusal: StrEnum | None = None
    #: The organiser has decided already: who holds it needs no approval.
    skips_approval: bool = True
    #: Only somebody with this address may use it; empty means whoever holds it.
    address: str = ""


@dataclass(frozen=True)
class Opening:
    """Whether a way in is open to somebody: the reason why not, and what is left to wait for."""

    refusal: StrEnum | None
    needs_approval: bool
    #: What opened it, when it would be shut otherwise or need approval.
    by: Means | None = None


def way_in(
    type_code: str,
    *,
    refusal: StrEnum | None,
    refusal_when_invited: StrEnum | None,
    needs_approval: bool,
    held: Pass | None = None,
    addresses: Collection[str] | None = None,
    domains: "Collection[DomainRule]" = (),
) -> Opening:
    """Decide whether one way to take part is open to somebody; every page and use case asks this.

    Args:
        type_code: the way to take part.
        refusal: why nobody may register that way who holds nothing; None when everybody may.
        refusal_when_invited: the same for somebody who is invited; what it says, no pass can open.
        needs_approval: whether the organiser reads each application first.
        held: what somebody holds.
        addresses: their addresses, proved ones only; None where nobody is signed in.
        domains: the domains that this way to take part is open to.
    """
    if held is not None:
        why = pass_refusal(held, type_code, addresses=addresses)
        if why is None or refusal is not None:
            return Opening(
                refusal=why or refusal_when_invited,
                needs_approval=needs_approval and not held.skips_approval,
                by=held.means,
            )
    matching = [one for one in domains if any(domain_fits(address, one.domain) for address in addresses or ())]
    if matching:
        opens = refusal is None or any(one.opens for one in matching)
        return Opening(
            refusal=refusal_when_invited if opens else refusal,
            needs_approval=needs_approval and not any(one.skips_approval for one in matching),
            by=Means.ADDRESS,
        )
    return Opening(refusal=refusal, needs_approval=needs_approval)


def pass_refusal(held: Pass, type_code: str, *, addresses: Collection[str] | None) -> StrEnum | None:
    """Say why what somebody holds does not open a way to take part; None when it does."""
    if held.refusal is not None:
        return held.refusal
    if type_code not in held.type_codes:
        return EntryRefusal.OTHER_TYPE
    if held.address and addresses is not None and held.address not in addresses:
        return EntryRefusal.OTHER_ADDRESS
    return None


# ---- invitations

_ANSWERED = {
    InvitationState.DRAFT: EntryRefusal.DRAFT,
    InvitationState.ACCEPTED: EntryRefusal.ACCEPTED,
    InvitationState.DECLINED: EntryRefusal.DECLINED,
    InvitationState.EXPIRED: EntryRefusal.EXPIRED,
    InvitationState.WITHDRAWN: EntryRefusal.WITHDRAWN,
}


def invitation_refusal(
    state: InvitationState, *, expires_at: datetime | None, now: datetime, by_organiser: bool = False
) -> EntryRefusal | None:
    """Say why an invitation cannot be answered now; None when it can.

    An organiser may also answer one that was not sent, for somebody who told them in another way.
    """
    if state is InvitationState.DRAFT and by_organiser:
        return None
    if state not in WITHOUT_ANSWER:
        return _ANSWERED[state]
    if expires_at is not None and now >= expires_at:
        return EntryRefusal.EXPIRED
    return None


def terms_refusal(*, expires_at: datetime | None, holds_until: datetime | None, now: datetime) -> InviteRefusal | None:
    """Say why nobody can be invited until then; None when they can."""
    if expires_at is not None and expires_at <= now:
        return InviteRefusal.EXPIRES_IN_THE_PAST
    if holds_until is not None and holds_until <= now:
        return InviteRefusal.HOLD_IN_THE_PAST
    return None


def reminder_refusal(
    state: InvitationState, *, written_at: datetime | None, is_forced: bool, now: datetime
) -> InviteRefusal | None:
    """Say why nobody is reminded of this invitation now; None when they may be."""
    if state not in WITHOUT_ANSWER:
        return InviteRefusal.NOT_SENT
    if not is_forced and written_at is not None and now - written_at < REMINDER_PAUSE:
        return InviteRefusal.TOO_SOON
    return None


# ---- codes


def code_as_shown(code: str) -> str:
    """Write a code as it is stored and handed out: capitals, no blanks, hyphens where the organiser put them."""
    return "".join(code.split()).upper()


def code_as_typed(code: str) -> str:
    """Give what a code is known by, however it is typed: capitals, without blanks and hyphens or dashes of any kind."""
    return "".join(one for one in unicodedata.normalize("NFKC", code_as_shown(code)) if one not in _BETWEEN)


def code_wrong(code: str) -> CodeRefusal | None:
    """Say why something cannot be a code; None when it can."""
    is_right = all((one.isascii() and one.isalnum()) or one == "-" for one in code)
    fits = len(code_as_typed(code)) >= 4 and len(code) <= CODE_LENGTH
    return None if fits and is_right else CodeRefusal.WRONG_LETTERS


def code_refusal(
    *, uses: int, uses_allowed: int, valid_until: datetime | None, is_ended: bool, now: datetime
) -> EntryRefusal | None:
    """Say why a code opens nothing now; None when it does."""
    if is_ended or (valid_until is not None and now >= valid_until):
        return EntryRefusal.CODE_ENDED
    if uses >= uses_allowed:
        return EntryRefusal.CODE_USED_UP
    return None


# ---- domains


@dataclass(frozen=True)
class DomainRule:
    """What addresses of a domain, or of one below it, may do."""

    domain: str
    opens: bool
    skips_approval: bool


def domain_fits(address: str, domain: str) -> bool:
    """Say whether an address lies in a domain or below it; agh.edu.pl takes in student.agh.edu.pl, not xagh.edu.pl."""
    of_address = address.rpartition("@")[2].strip().lower().rstrip(".")
    wanted = domain.strip().lower().strip(".")
    return bool(wanted) and (of_address == wanted or of_address.endswith(f".{wanted}"))


def clean_domain(text: str) -> str | None:
    """Give a domain as it is stored, from "@AGH.edu.pl" as from "agh.edu.pl"; None when it cannot be one."""
    domain = text.strip().lower().rpartition("@")[2].strip(".")
    parts = domain.split(".")
    fits = len(parts) > 1 and len(domain) <= 253 and all(_is_label(part) for part in parts)
    return domain if fits else None


def _is_label(part: str) -> bool:
    return 0 < len(part) <= 63 and all(one.isalnum() or one == "-" for one in part) and part.strip("-") == part


# ---- delegations


def link_refusal(state: ClaimState, *, is_closed: bool) -> EntryRefusal | None:
    """Say why a link to a seat of a delegation takes none; None when it does."""
    if state is ClaimState.CLAIMED:
        return EntryRefusal.CLAIM_TAKEN
    if is_closed or state not in LINKS_OUT:
        return EntryRefusal.CLAIM_ENDED
    return None


def seats_refusal(wanted: int, *, promised: int) -> DelegationRefusal | None:
    """Say why a delegation cannot have so many seats; None when it can."""
    return DelegationRefusal.BELOW_PROMISED if wanted < promised else None


def ask_again_refusal(
    state: ClaimState, *, address: str, written_at: datetime | None, is_forced: bool, now: datetime
) -> DelegationRefusal | None:
    """Say why nobody is reminded of this seat now; None when they may be."""
    if state not in LINKS_OUT:
        return DelegationRefusal.ANSWERED
    if not address:
        return DelegationRefusal.NO_ADDRESS
    if not is_forced and written_at is not None and now - written_at < REMINDER_PAUSE:
        return DelegationRefusal.TOO_SOON
    return None
