"""One letter to each whom a release concerns, with all that changed of what is theirs; written in steps after it.

Whoever is concerned by several releases shortly after each other gets one letter about them all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask_babel import force_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload, selectinload

from lsos import calendar_file, chores, mail
from lsos.accounts.models import Person
from lsos.agenda.calendars import entry_of
from lsos.agenda.models import Session, SessionSignup, SessionStar, SessionWaiting
from lsos.agenda.queries import revisions
from lsos.calendar_file import CalendarEntry, CalendarPerson
from lsos.chores import Rows, Work
from lsos.db import db, transaction
from lsos.drafting.content import Content, decode, encode
from lsos.drafting.letters import PROGRAMME_CHANGED, Told, context_for, values_for
from lsos.drafting.models import Release, ReleaseDigest
from lsos.drafting.rules import ChangeKind, Tie, change_kinds, is_told, letters_wait
from lsos.drafting.words import Names, names_for, told_lines
from lsos.events.calendars import house, organizer
from lsos.events.models import Event
from lsos.events.rules import days_of
from lsos.registration.models import Registration
from lsos.stepping import OF_A_WORKER, Spell, in_steps
from lsos.wording import plain

#: So many letters are written in one transaction.
LETTERS_AT_ONCE = 50


@dataclass(frozen=True)
class Changed:
    """What releases changed of one session, from what was known before them to what is known after."""

    kinds: tuple[ChangeKind, ...]
    before: Content | None
    after: Content


@dataclass(frozen=True)
class Matter:
    """Releases of an event, with what letters about them are written from.

    Attributes:
        changed: by the id of a release and the uid of a session, what it and all after it changed together.
        stars: who marked which session with a star, by person and uid.
        holds: who waits for which session, or has a seat in it, by person and uid.
    """

    event: Event
    changed: Mapping[int, Mapping[str, Changed]]
    sessions: Mapping[str, Session]
    revisions: Mapping[str, int]
    names: Names
    stars: frozenset[tuple[int, str]]
    holds: frozenset[tuple[int, str]]


def changed_since(releases: Iterable[Release]) -> dict[int, dict[str, Changed]]:
    """Say, for each of the last releases of an event, what it and all after it changed together.

    What one of them changed and another changed back is not among it.
    """
    known: dict[str, tuple[Content | None, Content]] = {}
    found = {}
    for release in sorted(releases, key=lambda release: -release.id):
        for change in release.changes:
            after = known[change.uid][1] if change.uid in known else decode(change.after or {})
            known[change.uid] = (decode(change.before) if change.before else None, after)
        found[release.id] = {
            uid: Changed(kinds, before, after)
            for uid, (before, after) in known.items()
            if (kinds := tuple(change_kinds(encode(before) if before else None, encode(after))))
        }
    return found


def go_on(*, now: datetime, spell: Spell = OF_A_WORKER) -> int:
    """Write the letters of releases that are due; say how many. An idle worker only reads.

    Each waits a while, and tells of all that is released until then.
    """
    rows = db.session.execute(
        select(Event.id, Event.slug, Event.starts_on, Event.ends_on, Event.timezone, func.min(Release.released_at))
        .join(Release, Release.event_id == Event.id)
        .where(Release.id.in_(select(ReleaseDigest.release_id).where(ReleaseDigest.written_at.is_(None))))
        .group_by(Event.id)
        .order_by(Event.id)
    ).all()
    db.session.rollback()
    due_before = {row[0]: now - letters_wait(days_of(row[2], row[3]), row[4], now) for row in rows}

    def proceed(key: str, scope: str) -> int:
        tried = Rows(Work.DIGESTS, key, scope, now=now)
        try:
            return in_steps(partial(_some, int(key), due_before[int(key)], tried), spell, at_once=LETTERS_AT_ONCE)
        finally:
            tried.settle()

    due = [(str(row[0]), row[1]) for row in rows if row[5] <= due_before[row[0]]]
    return chores.each(Work.DIGESTS, due, proceed, now=now)


def _some(event_id: int, due_before: datetime, tried: Rows, rows: int) -> int:
    """Write the next few letters of an event; none where another worker is at it."""
    with transaction() as writing:
        #: The first release stands for the writing of all letters of its event.
        first = select(Release.id).where(Release.event_id == event_id, Release.number == 1)
        if writing.scalar(first.with_for_update(skip_locked=True, key_share=True)) is None:
            return 0
        left = (
            select(ReleaseDigest)
            .join(ReleaseDigest.release)
            .where(
                Release.event_id == event_id,
                ReleaseDigest.written_at.is_(None),
                ReleaseDigest.id.not_in(tried.left_out),
            )
        )
        due = left.where(Release.released_at <= due_before).order_by(ReleaseDigest.id).limit(rows)
        people = {digest.person_id for digest in writing.scalars(due)}
        if not people:
            return 0
        of_person: dict[int, list[ReleaseDigest]] = defaultdict(list)
        for digest in writing.scalars(
            left.where(ReleaseDigest.person_id.in_(people))
            .order_by(ReleaseDigest.release_id)
            .options(joinedload(ReleaseDigest.person).selectinload(Person.emails))
        ):
            of_person[digest.person_id].append(digest)
        matter = _matter(writing, event_id, of_person)
        for digests in of_person.values():
            if tried.attempt(writing, digests[0].id, partial(_write, writing, matter, digests, tried.now)):
                for digest in digests:
                    digest.written_at = tried.now
        return len(of_person)


def _matter(writing: Writing, event_id: int, of_person: Mapping[int, Sequence[ReleaseDigest]]) -> Matter:
    first_id = min(digests[0].release_id for digests in of_person.values())
    event = writing.scalars(select(Event).where(Event.id == event_id).options(joinedload(Event.venue))).one()
    releases = writing.scalars(
        select(Release)
        .where(Release.event_id == event_id, Release.id >= first_id)
        .options(selectinload(Release.changes))
    ).all()
    uids = {change.uid for release in releases for change in release.changes}
    uids.update(uid for digests in of_person.values() for digest in digests for uid in digest.about)
    rows = select(Session).where(Session.event_id == event.id, Session.uid.in_(uids))
    sessions = writing.scalars(rows.options(joinedload(Session.room)).order_by(Session.id))

    def theirs(table: type[SessionStar | SessionSignup | SessionWaiting]) -> frozenset[tuple[int, str]]:
        rows = writing.execute(
            select(Registration.person_id, Session.uid)
            .join(table, table.registration_id == Registration.id)
            .join(Session, Session.id == table.session_id)
            .where(Session.event_id == event_id, Session.uid.in_(uids), Registration.person_id.in_(of_person))
        )
        return frozenset((row[0], row[1]) for row in rows)

    contents = (
        decode(parts)
        for release in releases
        for change in release.changes
        for parts in (change.before, change.after)
        if parts
    )
    return Matter(
        event,
        changed_since(releases),
        {session.uid: session for session in sessions},
        revisions(event.slug),
        names_for(event.id, event.timezone, contents),
        theirs(SessionStar),
        theirs(SessionSignup) | theirs(SessionWaiting),
    )


def _write(writing: Writing, matter: Matter, digests: Sequence[ReleaseDigest], now: datetime) -> None:
    """Write to somebody about all releases that they were not told of yet."""
    person, release = digests[0].person, digests[-1].release
    changed = matter.changed[digests[0].release_id]
    about = {uid: tie for uid, tie in _ties(digests).items() if _is_theirs(matter, person, uid, tie, changed)}
    if not person.email or not about:
        return
    event = matter.event
    with force_locale(person.language):
        told = [_told(matter, uid, changed.get(uid), tie) for uid, tie in about.items()]
        attachments = _calendar(matter, about, changed, person, now)
    mail.enqueue(
        writing,
        PROGRAMME_CHANGED,
        key=f"{PROGRAMME_CHANGED}:{release.id}:{person.uid}",
        to=person.email,
        name=person.name,
        language=person.language,
        scope=event.slug,
        attachments=attachments,
        values=lambda: values_for(event, person, release.name, told),
        **context_for(event, person, release.name, told),
    )


def _ties(digests: Iterable[ReleaseDigest]) -> dict[str, Tie]:
    """Say why each session is theirs, with the closest of the ties that they had to it."""
    found: dict[str, Tie] = {}
    order = list(Tie)
    for digest in digests:
        for uid, value in digest.about.items():
            found[uid] = min(found.get(uid, Tie(value)), Tie(value), key=order.index)
    return found


def _is_theirs(matter: Matter, person: Person, uid: str, tie: Tie, changed: Mapping[str, Changed]) -> bool:
    """Say whether somebody is still told of a session: a star that is gone meanwhile tells nobody anything.

    Neither does what somebody lost and has again.
    """
    if tie is Tie.STAR and (person.id, uid) not in matter.stars:
        return False
    if tie is Tie.LOST:
        return uid in matter.sessions and (person.id, uid) not in matter.holds
    return uid in changed and is_told(tie, changed[uid].kinds)


def _told(matter: Matter, uid: str, one: Changed | None, tie: Tie) -> Told:
    """Say what changed of a session; who lost it reads no more of it than the name they knew it by."""
    if one is None or tie is Tie.LOST:
        known = one.before.title if one is not None and one.before is not None else matter.sessions[uid].title
        return Told(plain(known), matter.sessions[uid].code, tie, [])
    kinds = [kind for kind in one.kinds if is_told(tie, [kind])]
    return Told(plain(one.after.title), one.after.code, tie, told_lines(kinds, one.before, one.after, matter.names))


def _calendar(
    matter: Matter, about: Mapping[str, Tie], changed: Mapping[str, Changed], person: Person, now: datetime
) -> list[mail.Attachment]:
    """Write what of a person's own sessions has a new time, and what is off; a star is in nobody's calendar."""
    mine = [uid for uid, tie in about.items() if tie not in {Tie.STAR, Tie.LOST}]
    takes_place = [
        entry_of(session, matter.event, revision=matter.revisions.get(uid, 0), stamp=now)
        for uid in mine
        if (session := matter.sessions.get(uid)) is not None
    ]
    off = [_gone(matter, uid, changed[uid].before, person, now) for uid in mine if changed[uid].after.when is None]
    return [*_file(takes_place, "PUBLISH", "programme.ics"), *_file(off, "CANCEL", "cancelled.ics")]


def _gone(matter: Matter, uid: str, before: Content | None, person: Person, now: datetime) -> CalendarEntry | None:
    """Take an entry out of a calendar: it stands there at the time it had before."""
    when = before.when if before else None
    if before is None or when is None:
        return None
    return CalendarEntry(
        uid=f"{uid}@session.lsos",
        sequence=matter.revisions.get(uid, 0),
        summary=plain(before.title),
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        zone=matter.event.timezone,
        stamp=now,
        organizer=organizer(matter.event),
        location=house(matter.event),
        attendees=(CalendarPerson(person.name, person.email),),
    )


def _file(
    entries: Iterable[CalendarEntry | None], method: calendar_file.Method, filename: str
) -> list[mail.Attachment]:
    known = [entry for entry in entries if entry is not None]
    if not known:
        return []
    content = calendar_file.write(known, method=method)
    return [mail.Attachment(filename, f"text/calendar; method={method}; charset=utf-8", content)]
