"""Who may sign up for a session, and which sessions stand in each other's way."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from lsos.errors import N_


class SessionRole(StrEnum):
    """What a person does in a session."""

    SPEAKER = "speaker"
    CHAIR = "chair"


class Visibility(StrEnum):
    """Who reads of a session at all."""

    PUBLIC = "public"
    REGISTERED = "registered"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Looker:
    """Somebody who reads the programme, as far as it decides what they see; without anything, a visitor."""

    #: Works on the event, and reads all of it.
    works_here: bool = False
    person_id: int | None = None
    #: The kind of their participation, once it is confirmed.
    participation_type_id: int | None = None
    registration_id: int | None = None


#: For whoever makes the programme, and for what is done by itself.
ORGANISER = Looker(works_here=True)
VISITOR = Looker()


class SignupRefusal(StrEnum):
    """Why somebody cannot sign up for a session, in words for that person."""

    NOT_CONFIRMED = N_("Your registration is not confirmed, so you cannot sign up for sessions yet.")
    NOT_FOR_YOU = N_("This session is meant for other kinds of participation.")
    WITHDRAWN = N_("This session is withdrawn and does not take place.")
    NO_SIGNUP = N_("You need no sign-up for this session. Just come.")
    FULL = N_("This session is full.")
    SPEAKING = N_("You speak in “%(session)s” at that time.")
    PITCH = N_("Your pitch is at that time.")
    CLASH = N_("You signed up for another session at this time. Choose one of the two.")
    MEETING = N_("You have a 1:1 meeting at this time. Move or cancel it first.")
    OVER = N_("This session is over.")
    WRONG_DAY = N_("Your registration is not for this day.")
    NOT_OPEN = N_("Sign-up for this session is not open yet.")


class WaitRefusal(StrEnum):
    """Why somebody cannot wait for a seat in a session, beside what keeps them from signing up for it."""

    SEATS_LEFT = N_("A seat is free. Sign up for it instead of waiting.")


class Turn(StrEnum):
    """What becomes of somebody in the line of a session when a seat is free and it is their turn."""

    #: The seat is theirs.
    TAKES = "takes"
    #: They have something else then: they are asked to choose, and the seat goes to the next.
    PASSES = "passes"
    #: There is no seat, after all, or nobody may sign up yet.
    WAITS = "waits"
    #: They cannot have a place in it any more.
    GOES = "goes"


class LeaveRefusal(StrEnum):
    """Why somebody cannot give their place in a session back, in words for that person."""

    OVER = N_("This session is over, so its list is closed.")


class EditRefusal(StrEnum):
    """Why a session cannot be changed as asked, in words for the organiser."""

    NO_TITLE = N_("Give the session a title in at least one language.")
    ONE_TIME_ONLY = N_("Give the session both a start and an end, or neither.")
    ENDS_TOO_EARLY = N_("The session ends before it starts. Move its end.")
    SEATS_TAKEN = N_("More people have signed up than there would be seats. Ask some of them to leave first.")


class VisibilityRefusal(StrEnum):
    """Why a session cannot be shown to those asked for, in words for the organiser."""

    NOBODY = N_("Choose at least one kind of participation, or nobody would see the session.")


class MaterialKind(StrEnum):
    """What a session leaves behind."""

    RECORDING = "recording"
    SLIDES = "slides"
    MORE = "more"


class MaterialRefusal(StrEnum):
    """Why something cannot be put beside a session, in words for the organiser."""

    NOTHING = N_("Give an address, or choose a file.")
    BOTH = N_("Give an address or a file, one at a time.")
    NO_ADDRESS = N_("This is no address of a page. It begins with https://")


def material_refusal(url: str, *, has_file: bool) -> MaterialRefusal | None:
    """Say why this may not be put beside a session; None when it may."""
    if url and has_file:
        return MaterialRefusal.BOTH
    if not url:
        return None if has_file else MaterialRefusal.NOTHING
    is_address = url.startswith(("https://", "http://")) and origin_of(url) is not None
    return None if is_address and not re.search(r"\s", url) else MaterialRefusal.NO_ADDRESS


class SiteRefusal(StrEnum):
    """Why the programme cannot stand in a site, in words for the organiser."""

    NO_SITE = N_("“%(address)s” is no address of a web site. It looks like https://lifescience.pl")


#: Letters, figures and hyphens, as names of hosts are; nothing that could end a header, or stand for many sites.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def origin_of(address: str) -> str | None:
    """Give the site of an address as browsers call it, such as https://example.org; None where it is none."""
    typed = address.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (UnicodeError, ValueError):
        return None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or len(host) > 253 or parts.username:
        return None
    #: A word alone is a slip of the pen; the one name without a dot that browsers know by themselves is this machine.
    if "." not in host and host != "localhost":
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


class SessionGap(StrEnum):
    """What a session still lacks before people can rely on it, in words for the organiser."""

    NO_TIME = N_("No time yet")
    NO_ROOM = N_("No room yet")
    ROOM_TAKEN = N_("Another session is in this room at the same time")
    TOO_MANY_SEATS = N_("More seats than the room has")
    NOT_TRANSLATED = N_("Not in both languages yet")


@dataclass(frozen=True, order=True)
class Interval:
    """A stretch of time, its end not included."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Say whether the two share a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def may_see(
    visibility: Visibility,
    looker: Looker,
    *,
    people: Collection[int],
    audience: Collection[int],
    has_place: bool = False,
) -> bool:
    """Say whether somebody may know of a session; every page, file, count and sign-up asks this.

    `people` are the ids of those who speak in it or chair it, `audience` those of the kinds of participation it is
    meant for. Whoever speaks in it or holds a place sees it, whatever it says.
    """
    if visibility is Visibility.PUBLIC or looker.works_here:
        return True
    if has_place or (looker.person_id is not None and looker.person_id in people):
        return True
    if looker.participation_type_id is None:
        return False
    return visibility is Visibility.REGISTERED or looker.participation_type_id in audience


def visibility_refusal(visibility: Visibility, audience: Collection[int]) -> VisibilityRefusal | None:
    """Say why a session may not be shown to these kinds of participation alone; None when it may."""
    return VisibilityRefusal.NOBODY if visibility is Visibility.CHOSEN and not audience else None


def signup_refusal(
    *,
    is_confirmed: bool,
    takes_signups: bool,
    free_seats: int | None,
    when: Interval | None,
    sessions: Iterable[Interval],
    meetings: Iterable[Interval],
    now: datetime,
    speaking: Iterable[Interval] = (),
    pitches: Iterable[Interval] = (),
    days: Collection[date] = (),
    day: date | None = None,
    is_seen: bool = True,
    is_withdrawn: bool = False,
    opens_at: datetime | None = None,
) -> SignupRefusal | None:
    """Say why this person may not sign up for this session; None when they may.

    `sessions` and `meetings` are what they have already, `speaking` and `pitches` when they are on stage themselves,
    elsewhere; `free_seats` is None where seats are not counted; `days` are those their participation is for, and none
    means every day; `day` is the local date of the session; `is_seen` is what `may_see` says of the two; before
    `opens_at` nobody may.
    """
    if not is_confirmed:
        return SignupRefusal.NOT_CONFIRMED
    if not is_seen:
        return SignupRefusal.NOT_FOR_YOU
    if is_withdrawn:
        return SignupRefusal.WITHDRAWN
    if not takes_signups:
        return SignupRefusal.NO_SIGNUP
    if opens_at is not None and now < opens_at:
        return SignupRefusal.NOT_OPEN
    if when is not None:
        if when.ends_at <= now:
            return SignupRefusal.OVER
        if days and day not in days:
            return SignupRefusal.WRONG_DAY
        #: What they cannot leave comes before what they can.
        had = {
            SignupRefusal.SPEAKING: speaking,
            SignupRefusal.PITCH: pitches,
            SignupRefusal.CLASH: sessions,
            SignupRefusal.MEETING: meetings,
        }
        for refusal, times in had.items():
            if any(when.overlaps(other) for other in times):
                return refusal
    return SignupRefusal.FULL if free_seats is not None and free_seats < 1 else None


def wait_refusal(refusal: SignupRefusal | None) -> SignupRefusal | WaitRefusal | None:
    """Say why somebody may not wait for a seat; None when they may.

    `refusal` is why they could not sign up if they had nothing else at that time that they can leave: waiting takes
    no time.
    """
    if refusal is SignupRefusal.FULL:
        return None
    return refusal if refusal is not None else WaitRefusal.SEATS_LEFT


def turn_of(refusal: SignupRefusal | None) -> Turn:
    """Say what becomes of somebody whose turn it is; `refusal` is why they may not have the seat."""
    if refusal is None:
        return Turn.TAKES
    if refusal in {SignupRefusal.CLASH, SignupRefusal.MEETING, SignupRefusal.SPEAKING, SignupRefusal.PITCH}:
        return Turn.PASSES
    return Turn.WAITS if refusal in {SignupRefusal.FULL, SignupRefusal.NOT_OPEN} else Turn.GOES


def leave_refusal(when: Interval | None, *, now: datetime) -> LeaveRefusal | None:
    """Say why nobody may leave a session any more; None when one may."""
    return LeaveRefusal.OVER if when is not None and when.ends_at <= now else None


def edit_refusal(
    starts_at: datetime | None, ends_at: datetime | None, *, has_title: bool, seats: int | None, signed_up: int
) -> EditRefusal | None:
    """Say why a session may not be changed this way; None when it may."""
    if not has_title:
        return EditRefusal.NO_TITLE
    if (starts_at is None) != (ends_at is None):
        return EditRefusal.ONE_TIME_ONLY
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        return EditRefusal.ENDS_TOO_EARLY
    if seats is not None and seats < signed_up:
        return EditRefusal.SEATS_TAKEN
    return None


def session_gaps(
    *,
    when: Interval | None,
    has_room: bool,
    room_capacity: int | None,
    seats: int | None,
    is_translated: bool,
    same_room: Iterable[Interval],
) -> list[SessionGap]:
    """List what a session lacks; `same_room` is when the other sessions of its room are."""
    gaps = []
    if when is None:
        gaps.append(SessionGap.NO_TIME)
    if not has_room:
        gaps.append(SessionGap.NO_ROOM)
    if when is not None and any(when.overlaps(other) for other in same_room):
        gaps.append(SessionGap.ROOM_TAKEN)
    if seats is not None and room_capacity is not None and seats > room_capacity:
        gaps.append(SessionGap.TOO_MANY_SEATS)
    if not is_translated:
        gaps.append(SessionGap.NOT_TRANSLATED)
    return gaps
