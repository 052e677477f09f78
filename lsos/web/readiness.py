"""What is left to do before an event, decided from facts alone: whether each check is done, and how urgent it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from lsos.agenda.rules import SessionGap

#: An approval that waits longer than this is told apart from the others.
PATIENCE_DAYS = 3
#: So long before it is due, a check is soon.
SOON_DAYS = 14


class Severity(StrEnum):
    """How urgent something is: it blocks today, it will be due soon, or it is good to know."""

    BLOCKS = "blocks"
    SOON = "soon"
    NOTE = "note"


class Check(StrEnum):
    """What is looked at, in the order of the story."""

    PUBLISHED = "published"
    VENUE = "venue"
    TEXTS = "texts"
    WAYS = "ways"
    OPENING = "opening"
    SEATS_COUNTED = "seats_counted"
    SEATS_IDLE = "seats_idle"
    SEATS_SHORT = "seats_short"
    SOMEBODY = "somebody"
    APPROVALS = "approvals"
    APPROVALS_OLD = "approvals_old"
    REVIEWS = "reviews"
    WISHES = "wishes"
    ANSWERS = "answers"
    JURY = "jury"
    STAND_NEEDS = "stand_needs"
    PROPOSALS = "proposals"
    UNTOLD = "untold"
    SPEAKERS = "speakers"
    PROGRAMME = "programme"
    NO_TIME = "no_time"
    NO_ROOM = "no_room"
    ROOM_TAKEN = "room_taken"
    TOO_MANY_SEATS = "too_many_seats"
    NOT_TRANSLATED = "not_translated"
    MATCHED = "matched"
    DRAFTS = "drafts"
    UNPLACED = "unplaced"
    DOORS = "doors"
    DOOR_STAFF = "door_staff"
    BADGES = "badges"
    MAIL_FAILED = "mail_failed"
    MAIL_HELD = "mail_held"
    WORK = "work"
    BACKUP_UNKNOWN = "backup_unknown"
    BACKUP_MISSING = "backup_missing"
    BACKUP_OLD = "backup_old"


#: So many days before the event each is due.
DUE: Mapping[Check, int] = {
    Check.PUBLISHED: 120,
    Check.VENUE: 60,
    Check.TEXTS: 60,
    Check.WAYS: 120,
    Check.OPENING: 120,
    Check.SEATS_COUNTED: 60,
    #: Who waits while a seat is free is kept from coming today.
    Check.SEATS_IDLE: 365,
    Check.SEATS_SHORT: 14,
    Check.SOMEBODY: 30,
    Check.APPROVALS: 3,
    Check.APPROVALS_OLD: 365,
    #: A seat is held for each of them meanwhile.
    Check.REVIEWS: 7,
    Check.WISHES: 3,
    Check.ANSWERS: 7,
    Check.JURY: 21,
    Check.STAND_NEEDS: 7,
    Check.PROPOSALS: 45,
    Check.UNTOLD: 45,
    Check.SPEAKERS: 21,
    Check.PROGRAMME: 45,
    Check.NO_TIME: 21,
    Check.NO_ROOM: 14,
    Check.ROOM_TAKEN: 14,
    Check.TOO_MANY_SEATS: 14,
    Check.NOT_TRANSLATED: 21,
    Check.MATCHED: 5,
    Check.DRAFTS: 4,
    Check.UNPLACED: 2,
    Check.DOORS: 3,
    Check.DOOR_STAFF: 3,
    Check.BADGES: 1,
    Check.MAIL_FAILED: 365,
    Check.MAIL_HELD: 365,
    Check.WORK: 365,
    Check.BACKUP_UNKNOWN: 14,
    Check.BACKUP_MISSING: 14,
    Check.BACKUP_OLD: 14,
}


@dataclass(frozen=True)
class Facts:
    """What the checks look at; every number counts things that are so now."""

    starts_on: date
    ends_on: date
    is_draft: bool = False
    has_venue: bool = True
    untranslated: int = 0
    ways: int = 1
    ways_without_opening: int = 0
    ways_without_seats: int = 0
    waiting: int = 0
    #: Places in line whose seats are free, so that they could be given.
    turns: int = 0
    registered: int = 1
    pending: int = 0
    pending_long: int = 0
    #: People who were approved once and wait again, since an answer or the owner of the seat changed.
    reviews: int = 0
    #: Guests of the public session who ask to take part in more.
    wishes: int = 0
    lacking_answers: int = 0
    #: Reviews that jurors have left, and the day on which reviewing ends.
    jury_left: int = 0
    jury_due: date | None = None
    #: Accepted companies that have not said what their stand needs, and the day by which they should.
    unfilled_stands: int = 0
    stands_due: date | None = None
    #: Proposals that nobody has decided on though their call is closed.
    undecided: int = 0
    #: Decided, and the author does not know.
    untold: int = 0
    #: Speakers of whom something is not known.
    unknown_speakers: int = 0
    sessions: int = 1
    gaps: Mapping[SessionGap, int] = field(default_factory=dict)
    #: None where the event has no times for meetings.
    is_matched: bool | None = None
    people_to_match: int = 0
    drafts: int = 0
    unplaced: int = 0
    doors: int = 1
    door_staff: int = 1
    badges_to_print: int = 0
    failed_mails: int = 0
    is_mail_held: bool = False
    #: Kinds of work that are done by themselves and keep failing.
    failing: tuple[str, ...] = ()
    #: Somebody said where the backup leaves its mark; whole days since, None where there is no such mark.
    is_backup_known: bool = True
    backup_days: int | None = 0


@dataclass(frozen=True)
class Finding:
    """One check: how many things are open in it, how urgent they are, and by when they are due."""

    check: Check
    open: int
    severity: Severity
    due: date


def _gap(gap: SessionGap) -> Callable[[Facts], int]:
    return lambda facts: facts.gaps.get(gap, 0)


#: How many things are open, by check; none means that it is done.
OPEN: Mapping[Check, Callable[[Facts], int]] = {
    Check.PUBLISHED: lambda facts: int(facts.is_draft),
    Check.VENUE: lambda facts: int(not facts.has_venue),
    Check.TEXTS: lambda facts: facts.untranslated,
    Check.WAYS: lambda facts: int(not facts.ways),
    Check.OPENING: lambda facts: facts.ways_without_opening,
    Check.SEATS_COUNTED: lambda facts: facts.ways_without_seats,
    Check.SEATS_IDLE: lambda facts: facts.turns,
    Check.SEATS_SHORT: lambda facts: max(facts.waiting - facts.turns, 0),
    Check.SOMEBODY: lambda facts: int(not facts.registered),
    Check.APPROVALS: lambda facts: facts.pending - facts.pending_long,
    Check.APPROVALS_OLD: lambda facts: facts.pending_long,
    Check.REVIEWS: lambda facts: facts.reviews,
    Check.WISHES: lambda facts: facts.wishes,
    Check.ANSWERS: lambda facts: facts.lacking_answers,
    Check.JURY: lambda facts: facts.jury_left,
    Check.STAND_NEEDS: lambda facts: facts.unfilled_stands,
    Check.PROPOSALS: lambda facts: facts.undecided,
    Check.UNTOLD: lambda facts: facts.untold,
    Check.SPEAKERS: lambda facts: facts.unknown_speakers,
    Check.PROGRAMME: lambda facts: int(not facts.sessions),
    Check.NO_TIME: _gap(SessionGap.NO_TIME),
    Check.NO_ROOM: _gap(SessionGap.NO_ROOM),
    Check.ROOM_TAKEN: _gap(SessionGap.ROOM_TAKEN),
    Check.TOO_MANY_SEATS: _gap(SessionGap.TOO_MANY_SEATS),
    Check.NOT_TRANSLATED: _gap(SessionGap.NOT_TRANSLATED),
    Check.MATCHED: lambda facts: int(facts.is_matched is False and facts.people_to_match > 1),
    Check.DRAFTS: lambda facts: facts.drafts,
    Check.UNPLACED: lambda facts: facts.unplaced,
    Check.DOORS: lambda facts: int(not facts.doors),
    Check.DOOR_STAFF: lambda facts: int(not facts.door_staff),
    Check.BADGES: lambda facts: facts.badges_to_print,
    Check.MAIL_FAILED: lambda facts: facts.failed_mails,
    Check.MAIL_HELD: lambda facts: int(facts.is_mail_held),
    Check.WORK: lambda facts: len(facts.failing),
    Check.BACKUP_UNKNOWN: lambda facts: int(not facts.is_backup_known),
    Check.BACKUP_MISSING: lambda facts: int(facts.is_backup_known and facts.backup_days is None),
    Check.BACKUP_OLD: lambda facts: facts.backup_days or 0 if facts.is_backup_known else 0,
}
#: After the event only these are still looked at.
AFTERWARDS = frozenset({Check.MAIL_FAILED, Check.MAIL_HELD, Check.WORK})
#: What never keeps an event from taking place, however late it is.
NEVER_BLOCKS = frozenset(
    {
        Check.TEXTS,
        Check.OPENING,
        Check.SEATS_COUNTED,
        Check.SEATS_SHORT,
        Check.NOT_TRANSLATED,
        Check.SPEAKERS,
        Check.BACKUP_UNKNOWN,
        Check.WISHES,
    }
)


def severity(check: Check, due: date, today: date) -> Severity:
    """Say how urgent an open check is."""
    if today >= due:
        return Severity.SOON if check in NEVER_BLOCKS else Severity.BLOCKS
    return Severity.SOON if due - today <= timedelta(days=SOON_DAYS) else Severity.NOTE


def findings(facts: Facts, *, today: date) -> list[Finding]:
    """Look at everything: what is open first, the most urgent of it at the head, then what is done."""
    found = []
    for check in Check:
        if today > facts.ends_on and check not in AFTERWARDS:
            continue
        said = {Check.JURY: facts.jury_due, Check.STAND_NEEDS: facts.stands_due}.get(check)
        due = said or facts.starts_on - timedelta(days=DUE[check])
        found.append(Finding(check, max(OPEN[check](facts), 0), severity(check, due, today), due))
    order = list(Severity)
    return sorted(found, key=lambda one: (not one.open, order.index(one.severity)))
