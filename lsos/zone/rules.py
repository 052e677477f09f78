"""The life of an application to a zone, and who may do what to it when."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from lsos.errors import N_, Worded
from lsos.registration.rules import RegistrationState

#: So long may be what is written, in letters of one language.
ONE_LINER_LENGTH = 140
PARAGRAPH_LENGTH = 600
PITCH_LENGTH = 1500
CATALOGUE_LENGTH = 800
EQUIPMENT_LENGTH = 500
ADDRESS_LENGTH = 300
#: So many stands and pitches of one call; a hall holds fewer.
STANDS_AT_MOST = 300
SLOTS_AT_ONCE = 100
#: One request carries 8 MB, and the rest of the form with it.
DECK_MEGABYTES = 7
LOGO_MEGABYTES = 2
DECK_KINDS = ("pdf",)
LOGO_KINDS = ("png", "jpeg")


class ApplicationState(Worded):
    """Where an application stands; it follows the registration it belongs to."""

    DRAFT = "draft", N_("not sent yet")
    SENT = "sent", N_("waiting for a decision")
    ACCEPTED = "accepted", N_("accepted")
    WAITING = "waiting", N_("on the waiting list")
    DECLINED = "declined", N_("not accepted")
    WITHDRAWN = "withdrawn", N_("withdrawn")


#: Where somebody has decided; feedback is shown from then on.
DECIDED = frozenset({ApplicationState.ACCEPTED, ApplicationState.WAITING, ApplicationState.DECLINED})


def places_mark(whose: int, stand: str | None, pitch: datetime | None, room_id: int | None) -> str:
    """Write shortly what a registration was given, so that two marks differ when somebody is to be told again."""
    parts = (stand or "", pitch.isoformat() if pitch else "", str(room_id or "") if pitch else "")
    return hashlib.sha256("|".join((str(whose), *parts)).encode()).hexdigest()[:16] if any(parts) else ""


class FileUse(StrEnum):
    """What a file of an application is for."""

    DECK = "deck"
    LOGO = "logo"


class Decision(Worded):
    """What an organiser decides on what was sent: an application, or a proposal for the programme."""

    ACCEPT = "accept", N_("Accept")
    WAIT = "wait", N_("Put on the waiting list")
    DECLINE = "decline", N_("Decline")


class CallRefusal(StrEnum):
    """Why a call cannot be as it was written, in words for the organiser."""

    CLOSES_TOO_EARLY = N_("The call closes before it opens. Choose a later moment.")
    NO_TYPE = N_("Choose at least one way to take part, so that people can apply.")
    TYPE_TAKEN = N_("“%(way)s” belongs to the call of another zone. A way to take part has one call at most.")
    TYPE_UNAPPROVED = N_("“%(way)s” confirms everybody at once. Let the organiser approve each one of it first.")
    TYPE_LIGHT = N_("“%(way)s” asks for a name and an address only, so nobody can apply through it.")
    HAS_APPLICATIONS = N_("People have applied through “%(way)s”. It stays with this call.")


class EditRefusal(StrEnum):
    """Why an application cannot be changed, in words for whoever applied."""

    NOT_OPEN_YET = N_("The call has not opened yet.")
    CLOSED = N_("The call is closed. What you sent stays as it is; for a correction, write to the organiser.")
    DECLINED = N_("Your application was declined, so it cannot be changed.")
    WITHDRAWN = N_("You withdrew your application. Register again to apply once more.")


class Gap(StrEnum):
    """What an application lacks before it can be sent, in words for whoever applies."""

    ORGANISATION = N_("Say in your registration which company you are.")
    ONE_LINER = N_("Say in one line what you do, in Polish or in English.")
    PITCH = N_("Write your pitch, in Polish or in English.")
    STAGE = N_("Choose the stage of your company.")
    TRL = N_("Choose the readiness of your technology.")


class NeedsRefusal(StrEnum):
    """Why nobody may say what their stand needs, in words for whoever applied."""

    NOT_ACCEPTED = N_("Only those who were accepted say what their stand needs.")


class DecisionRefusal(StrEnum):
    """Why an application cannot be decided so, in words for the organiser."""

    CONFLICT = N_("You have a conflict of interest with it. Another organiser decides it.")
    NOT_SENT = N_("It has not been sent yet.")
    WITHDRAWN = N_("It was withdrawn.")
    SAME = N_("It stands so already.")
    HAS_SEAT = N_("It was accepted and has a seat. Cancel the registration instead.")
    NOBODY = N_("None of the applications you ticked can be decided so. Choose others.")


class PlaceRefusal(StrEnum):
    """Why stands or pitches cannot be given out so, in words for the organiser."""

    NO_CODE = N_("Write what the stand is called, such as A1.")
    CODE_TAKEN = N_("There is a stand %(code)s already.")
    CODE_LONG = N_("A stand's name has at most 20 letters: %(code)s.")
    TOO_MANY = N_("That is more than %(most)s. Add fewer at once.")
    OVERLAP = N_("There is a pitch at %(when)s already. Choose another beginning.")
    OUTSIDE = N_("This is not on a day of the event.")
    STAND_TWICE = N_("Stand %(code)s was chosen for two companies.")
    SLOT_TWICE = N_("The pitch at %(when)s was chosen for two companies.")
    NOT_ACCEPTED = N_("%(name)s is not accepted any more. Reload the page to see who is.")


# ---- how an application stands


def state_following(
    before: ApplicationState | None,
    *,
    registration: RegistrationState,
    is_of_call: bool,
    is_reviewed_again: bool,
    was_sent: bool,
) -> ApplicationState:
    """Say where an application stands now that its registration stands where it does.

    `is_of_call` says that the registration is for a way to take part that belongs to the call; whoever changed
    to another way has withdrawn. A seat that is kept while a changed answer is approved again is not lost.
    """
    if not is_of_call or registration is RegistrationState.CANCELLED:
        return ApplicationState.WITHDRAWN
    if registration is RegistrationState.CONFIRMED or is_reviewed_again:
        return ApplicationState.ACCEPTED
    if registration is RegistrationState.WAITLISTED:
        return ApplicationState.WAITING
    if registration is RegistrationState.DECLINED:
        return ApplicationState.DECLINED
    has_come_back = before is ApplicationState.WITHDRAWN
    return ApplicationState.SENT if was_sent and not has_come_back else ApplicationState.DRAFT


def edit_refusal(
    state: ApplicationState, *, opens_at: datetime, closes_at: datetime, now: datetime
) -> EditRefusal | None:
    """Say why an application may not be changed or sent now; None when it may."""
    if state is ApplicationState.WITHDRAWN:
        return EditRefusal.WITHDRAWN
    if state is ApplicationState.DECLINED:
        return EditRefusal.DECLINED
    if now < opens_at:
        return EditRefusal.NOT_OPEN_YET
    return EditRefusal.CLOSED if now >= closes_at else None


def gaps(*, organisation: bool, one_liner: bool, pitch: bool, stage: bool, trl: bool) -> list[Gap]:
    """List what is still missing before an application can be sent."""
    there = {
        Gap.ORGANISATION: organisation,
        Gap.ONE_LINER: one_liner,
        Gap.PITCH: pitch,
        Gap.STAGE: stage,
        Gap.TRL: trl,
    }
    return [gap for gap, is_there in there.items() if not is_there]


def is_web_address(address: str) -> bool:
    """Say whether a link leads to a page of the web, so that nothing else is ever put behind one."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    has_blank = any(letter.isspace() for letter in address)
    return parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and not has_blank


# ---- decisions


_LEADS_TO = {
    Decision.ACCEPT: ApplicationState.ACCEPTED,
    Decision.WAIT: ApplicationState.WAITING,
    Decision.DECLINE: ApplicationState.DECLINED,
}


def decision_refusal(decision: Decision, state: ApplicationState, *, is_bound: bool = False) -> DecisionRefusal | None:
    """Say why an application cannot be decided so; None when it can.

    `is_bound` says that whoever decides is a juror with a conflict of interest.
    """
    if is_bound:
        return DecisionRefusal.CONFLICT
    if state is ApplicationState.DRAFT:
        return DecisionRefusal.NOT_SENT
    if state is ApplicationState.WITHDRAWN:
        return DecisionRefusal.WITHDRAWN
    if state is _LEADS_TO[decision]:
        return DecisionRefusal.SAME
    return DecisionRefusal.HAS_SEAT if state is ApplicationState.ACCEPTED else None


def is_decision(before: ApplicationState, after: ApplicationState, *, is_own_step: bool) -> bool:
    """Say whether a change is a decision on an application, for which whoever makes it must be free of any bond.

    Whoever stands on the waiting list takes the place that is offered to them; that was decided before.
    """
    return after in DECIDED and after is not before and not (is_own_step and before is ApplicationState.WAITING)


# ---- the gallery


def is_gallery_open(gallery_from: datetime | None, *, now: datetime) -> bool:
    """Say whether everybody may see who was accepted and agreed to be shown."""
    return gallery_from is not None and now >= gallery_from


# ---- stands and pitches


_RANGE = re.compile(r"([^\W\d_]*)(\d{1,4})[-–]([^\W\d_]*)(\d{1,4})")


def stand_codes(text: str) -> list[str]:
    """Read the names of stands: words with commas, blanks or lines between them, and ranges such as A1-A12."""
    found: list[str] = []
    for word in re.split(r"[\s,;]+", text.strip()):
        match = _RANGE.fullmatch(word)
        if match and match[3] in {"", match[1]} and int(match[2]) <= int(match[4]):
            numbers = range(int(match[2]), int(match[4]) + 1)
            found += [f"{match[1]}{number}" for number in numbers[: STANDS_AT_MOST + 1]]
        elif word:
            found.append(word)
    return list(dict.fromkeys(found))


def slot_times(
    starts_at: datetime, *, minutes: int, pause_minutes: int, number: int
) -> list[tuple[datetime, datetime]]:
    """Lay so many pitches one after another, with a pause between them."""
    length, step = timedelta(minutes=minutes), timedelta(minutes=minutes + pause_minutes)
    return [(starts_at + step * n, starts_at + step * n + length) for n in range(number)]


def first_overlap(
    wanted: Iterable[tuple[datetime, datetime]], there: Collection[tuple[datetime, datetime]]
) -> datetime | None:
    """Give the beginning of the first pitch that is there already while a new one would be on; None if none is."""
    for begin, end in wanted:
        for other_begin, other_end in sorted(there):
            if begin < other_end and other_begin < end:
                return other_begin
    return None


def given_in_order(ranked: Sequence[int], *, have: Collection[int], free: Sequence[int]) -> Mapping[int, int]:
    """Give what is free to those who have nothing yet, in their order: application -> what it gets."""
    lacking = [one for one in ranked if one not in have]
    return dict(zip(lacking, free, strict=False))
