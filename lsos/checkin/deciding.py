"""What a scan means: one decision for the page, for programs, for lists typed in later, and for a phone on its own.

It knows plain values only, so that static/js/door/decide.js can say the same on a phone without network;
tests/checkin/test_deciding_js.py puts the same cases to both. Moments are milliseconds since 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lsos.checkin.rules import Direction, PointKind, Refusal, Repeat, ScanResult, SignUpRule
from lsos.registration.rules import RegistrationState

MINUTE: Final = 60_000
#: People sit down a little before their meeting begins, and come into a room before its session does.
EARLY_AT_TABLE: Final = 10 * MINUTE
EARLY_IN_ROOM: Final = 15 * MINUTE

#: Where doors are counted together: who came in at one is in, whichever is asked next.
DOORS: Final = "door"


class Need(StrEnum):
    """What the desk does besides letting a guest in."""

    NOTE = "note"
    QUESTIONS = "questions"
    NOT_SIGNED_UP = "not_signed_up"
    FULL = "full"


@dataclass(frozen=True)
class Day:
    """A local day of the event: from its first moment until the first of the next."""

    date: str
    begins: int
    ends: int


@dataclass(frozen=True)
class EventFacts:
    """An event as far as scans ask: when its doors open first and close last, and its local days.

    Attributes:
        opens: from when on guests come in.
        closes: until when.
        days: also those before and after on which somebody may try, each once, in order.
    """

    opens: int
    closes: int
    days: Sequence[Day]


@dataclass(frozen=True)
class SessionFacts:
    """A session that is held where a point is."""

    id: int
    begins: int
    ends: int
    takes_signups: bool = False


@dataclass(frozen=True)
class PointFacts:
    """A point and its rule.

    Attributes:
        code: its name in addresses.
        kind: what is counted there.
        admits: codes of the participation types that come in; none means all.
        opens: from when on, where that differs from the event's doors.
        closes: until when.
        repeat: whether somebody is counted once more.
        sign_up: what becomes of those who did not sign up for the session.
        has_exit: people are also scanned when they leave.
        sessions: what is held there.
        fits: so many people fit in; None where nobody said, or nobody counts who is in.
        inside: so many were in as last counted.
    """

    code: str
    kind: PointKind
    admits: Sequence[str] = ()
    opens: int | None = None
    closes: int | None = None
    repeat: Repeat = Repeat.DAILY
    sign_up: SignUpRule = SignUpRule.IGNORED
    has_exit: bool = False
    sessions: Sequence[SessionFacts] = ()
    fits: int | None = None
    inside: int = 0

    @property
    def scope(self) -> str:
        """Name what is counted together with this point."""
        return DOORS if self.kind is PointKind.DOOR else f"at {self.code}"


@dataclass(frozen=True)
class MeetingFacts:
    """A meeting of a guest: when, at which table, whether both were there."""

    id: int
    begins: int
    ends: int
    table: int | None = None
    is_held: bool = False


@dataclass(frozen=True)
class GuestFacts:
    """A guest as far as scans ask.

    Attributes:
        state: of the registration.
        kind: the code of its participation type.
        days: dates for which that is; none means every day.
        was_handed_on: the registration ended because its seat went to a colleague.
        is_revoked: the badge read is not valid any more; another was printed.
        signed_up: ids of sessions, also those in which the guest speaks.
        meetings: theirs, as far as scans at tables may be for them.
        has_note: organisers wrote something for the desk.
        has_questions: something is asked at the door that is not answered yet.
    """

    state: RegistrationState
    kind: str
    days: Sequence[str] = ()
    was_handed_on: bool = False
    is_revoked: bool = False
    signed_up: Sequence[int] = ()
    meetings: Sequence[MeetingFacts] = ()
    has_note: bool = False
    has_questions: bool = False


@dataclass(frozen=True)
class Past:
    """A scan of the same guest that counted, and still does: when, where, which way, and what it was for.

    `uid` is what the device that made it called it.
    """

    uid: str
    at: int
    scope: str
    point: str
    direction: Direction
    session: int | None = None
    meeting: int | None = None


@dataclass(frozen=True)
class Decision:
    """What a scan means.

    Attributes:
        result: what is counted.
        reason: why nothing is, where that needs saying.
        first: the scan that counted already.
        session: what the guest is counted at.
        meeting: what the guest is present at.
        needs: what else the desk does.
    """

    result: ScanResult
    reason: Refusal | None = None
    first: Past | None = None
    session: int | None = None
    meeting: int | None = None
    needs: tuple[Need, ...] = ()


_OF_STATES: Final = {
    RegistrationState.CANCELLED: Refusal.CANCELLED,
    RegistrationState.PENDING: Refusal.PENDING,
    RegistrationState.WAITLISTED: Refusal.WAITLISTED,
    RegistrationState.DECLINED: Refusal.DECLINED,
}


def decide(
    event: EventFacts,
    point: PointFacts,
    guest: GuestFacts | None,
    past: Iterable[Past] = (),
    *,
    at: int,
    direction: Direction = Direction.ENTRY,
    table: int | None = None,
) -> Decision:
    """Decide on one scan.

    Args:
        event: when it is.
        point: where the badge was scanned, with its rule.
        guest: whose badge it is; None where nobody has it.
        past: the guest's scans that count, in any order.
        at: when the badge was scanned.
        direction: whether the guest comes or goes.
        table: the number of the one table that counts, where a guest scanned its sign.
    """
    if guest is None:
        return Decision(ScanResult.REFUSED, Refusal.UNKNOWN)
    here = sorted((each for each in past if each.scope == point.scope), key=lambda each: each.at)
    if direction is Direction.EXIT:
        return _going(event, here, at)
    refusal = _refusal(event, point, guest, at)
    if refusal is not None:
        return Decision(ScanResult.REFUSED, refusal)
    if point.kind is PointKind.TABLES:
        return _at_the_table(guest, here, at, table)
    return _coming(event, point, guest, here, at)


def _refusal(event: EventFacts, point: PointFacts, guest: GuestFacts, at: int) -> Refusal | None:
    """Say why a guest may not come in here now; first what they themselves can do something about."""
    if guest.state is RegistrationState.CANCELLED and guest.was_handed_on:
        return Refusal.HANDED_ON
    if guest.state is not RegistrationState.CONFIRMED:
        return _OF_STATES[guest.state]
    if guest.is_revoked:
        return Refusal.REVOKED
    if at < (event.opens if point.opens is None else point.opens):
        return Refusal.TOO_EARLY
    if at > (event.closes if point.closes is None else point.closes):
        return Refusal.OVER if point.closes is None else Refusal.CLOSED
    if guest.days and day_of(event, at) not in guest.days:
        return Refusal.WRONG_DAY
    if point.admits and guest.kind not in point.admits:
        return Refusal.WRONG_TYPE
    return None


def day_of(event: EventFacts, at: int) -> str:
    """Give the local date of a moment; nothing for one that is far from the event."""
    return next((day.date for day in event.days if day.begins <= at < day.ends), "")


def _coming(event: EventFacts, point: PointFacts, guest: GuestFacts, here: list[Past], at: int) -> Decision:
    session = _session(point, guest, here, at)
    needs = []
    if point.kind is PointKind.SESSION and session is None:
        return Decision(ScanResult.REFUSED, Refusal.NO_SESSION)
    if session is not None and session.takes_signups and session.id not in guest.signed_up:
        if point.sign_up is SignUpRule.NEEDED:
            return Decision(ScanResult.REFUSED, Refusal.NOT_SIGNED_UP, session=session.id)
        if point.sign_up is SignUpRule.TOLD:
            needs.append(Need.NOT_SIGNED_UP)
    number = session.id if session is not None else None
    counted = _same(event, point, here, number, at)
    inside = _inside_since(counted, at)
    if inside is not None:
        return Decision(ScanResult.AGAIN, first=inside, session=number)
    if point.fits is not None and point.inside >= point.fits:
        needs.append(Need.FULL)
    if guest.has_note:
        needs.append(Need.NOTE)
    if guest.has_questions:
        needs.append(Need.QUESTIONS)
    return Decision(ScanResult.ADMITTED, session=number, needs=tuple(needs))


def near(sessions: Iterable[SessionFacts], at: int) -> list[SessionFacts]:
    """Choose the sessions that a scan at this moment (in milliseconds) can be for: they run, or begin soon."""
    return [one for one in sessions if one.begins - EARLY_IN_ROOM <= at < one.ends]


def _session(point: PointFacts, guest: GuestFacts, here: list[Past], at: int) -> SessionFacts | None:
    """Choose the session that a scan is for: one not yet counted, signed up for, that runs, that began first."""
    counted = {each.session for each in here}
    return min(
        near(point.sessions, at),
        key=lambda one: (one.id in counted, one.id not in guest.signed_up, one.begins > at, one.begins, one.id),
        default=None,
    )


def _same(event: EventFacts, point: PointFacts, here: list[Past], session: int | None, at: int) -> list[Past]:
    """Keep the scans beside which this one may be one too many."""
    if session is not None:
        return [each for each in here if each.session == session]
    if point.repeat is Repeat.ALWAYS:
        return []
    alone = [each for each in here if each.session is None]
    if point.repeat is Repeat.ONCE:
        return alone
    today = day_of(event, at)
    return [each for each in alone if day_of(event, each.at) == today]


def _inside_since(same: list[Past], at: int) -> Past | None:
    """Give the scan by which somebody is in already; scans sent late stand where their time puts them.

    Where nobody was scanned before but is right after, it is one coming in, seen twice.
    """
    before = [each for each in same if each.at <= at]
    nearest = before[-1] if before else next(iter(same), None)
    if nearest is None or nearest.direction is Direction.EXIT:
        return None
    #: The first of those that let the guest in since they last left.
    place = same.index(nearest)
    while place and same[place - 1].direction is Direction.ENTRY:
        place -= 1
    return same[place]


def _going(event: EventFacts, here: list[Past], at: int) -> Decision:
    """Count somebody who leaves; nobody is kept from leaving."""
    today = day_of(event, at)
    before = [each for each in here if each.at <= at and day_of(event, each.at) == today]
    if not before:
        return Decision(ScanResult.AGAIN, Refusal.NOT_INSIDE)
    last = before[-1]
    if last.direction is Direction.EXIT:
        return Decision(ScanResult.AGAIN, Refusal.NOT_INSIDE, first=last)
    return Decision(ScanResult.LEFT, session=last.session)


def _at_the_table(guest: GuestFacts, here: list[Past], at: int, table: int | None) -> Decision:
    meeting = meeting_now(guest.meetings, at)
    if meeting is None:
        return Decision(ScanResult.REFUSED, Refusal.NO_MEETING)
    if table is not None and meeting.table != table:
        return Decision(ScanResult.REFUSED, Refusal.OTHER_TABLE, meeting=meeting.id)
    counted = next((each for each in here if each.meeting == meeting.id), None)
    return Decision(ScanResult.AGAIN if counted else ScanResult.PRESENT, first=counted, meeting=meeting.id)


def meeting_now(meetings: Sequence[MeetingFacts], at: int) -> MeetingFacts | None:
    """Choose the meeting that a scan at this moment is for; None when it is for none.

    A meeting begins for the scanner ten minutes early and ends on time. One that was held gives
    way to the next, so that two who finished early can sit down elsewhere.
    """
    soon = [one for one in meetings if one.begins - EARLY_AT_TABLE <= at < one.ends]
    return min(soon, key=lambda one: (one.is_held, one.begins, one.ends, one.id), default=None)


@dataclass(frozen=True)
class Told:
    """What a phone without network told the desk."""

    result: ScanResult
    reason: Refusal | None = None
    session: int | None = None


def settle(decision: Decision, told: Told | None) -> Decision:
    """Decide on a scan that a phone decided before: who was let in is in, who was sent away is not.

    Nobody is counted twice for that, and a code that is nobody's stays nobody's.
    """
    if told is None or decision.reason is Refusal.UNKNOWN:
        return decision
    if told.result is ScanResult.REFUSED:
        return Decision(ScanResult.REFUSED, told.reason or decision.reason, session=decision.session)
    if told.result is ScanResult.ADMITTED and decision.result is ScanResult.REFUSED:
        return Decision(ScanResult.ADMITTED, decision.reason, session=decision.session or told.session)
    return decision
