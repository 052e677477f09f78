"""One letter to each whom a release concerns, with all that changed of what is theirs; written in steps after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload, selectinload

from lsos import calendar_file, chores, mail
from lsos.accounts.models import Person
from lsos.agenda.calendars import entry_of
from lsos.agenda.models import Session
from lsos.agenda.queries import revisions
from lsos.calendar_file import CalendarEntry, CalendarPerson
from lsos.chores import Rows, Work
from lsos.db import db, transaction
from lsos.drafting.content import Content, decode
from lsos.drafting.letters import PROGRAMME_CHANGED, Told, context_for, values_for
from lsos.drafting.models import Release, ReleaseDigest
from lsos.drafting.rules import ChangeKind, Tie, is_told
from lsos.drafting.words import Names, lines_of, names_for
from lsos.events.calendars import house, organizer
from lsos.events.models import Event
from lsos.stepping import OF_A_WORKER, Spell, in_steps
from lsos.wording import plain

#: So many letters are written in one transaction.
LETTERS_AT_ONCE = 50


@dataclass(frozen=True)
class Changed:
    """What a release changed of one session."""

    kinds: tuple[ChangeKind, ...]
    before: Content | None
    after: Content


@dataclass(frozen=True)
class Matter:
    """A release, with what its letters are written from."""

    release: Release
    event: Event
    changed: Mapping[str, Changed]
    sessions: Mapping[str, Session]
    revisions: Mapping[str, int]
    names: Names


def go_on(*, now: datetime, spell: Spell = OF_A_WORKER) -> int:
    """Write the letters of releases that are not written yet; say how many. An idle worker only reads."""
    found = db.session.execute(
        select(Release.id, Event.slug)
        .join(Event, Event.id == Release.event_id)
        .where(Release.id.in_(select(ReleaseDigest.release_id).where(ReleaseDigest.written_at.is_(None))))
        .order_by(Release.id)
    ).all()
    db.session.rollback()

    def proceed(key: str, scope: str) -> int:
        tried = Rows(Work.DIGESTS, key, scope, now=now)
        try:
            return in_steps(partial(_some, int(key), tried), spell, at_once=LETTERS_AT_ONCE)
        finally:
            tried.settle()

    return chores.each(Work.DIGESTS, [(str(row[0]), row[1]) for row in found], proceed, now=now)


def _some(release_id: int, tried: Rows, rows: int) -> int:
    """Write the next few letters of a release; none where another worker is at it."""
    with transaction() as writing:
        release = writing.scalar(
            select(Release)
            .where(Release.id == release_id)
            .options(selectinload(Release.changes))
            .with_for_update(of=Release, skip_locked=True)
        )
        if release is None:
            return 0
        waiting = writing.scalars(
            select(ReleaseDigest)
            .where(
                ReleaseDigest.release_id == release_id,
                ReleaseDigest.written_at.is_(None),
                ReleaseDigest.id.not_in(tried.left_out),
            )
            .order_by(ReleaseDigest.id)
            .limit(rows)
            .options(joinedload(ReleaseDigest.person).selectinload(Person.emails))
        ).all()
        if not waiting:
            return 0
        matter = _matter(writing, release)
        for digest in waiting:
            if tried.attempt(writing, digest.id, partial(_write, writing, matter, digest, tried.now)):
                digest.written_at = tried.now
        return len(waiting)


def _matter(writing: Writing, release: Release) -> Matter:
    event = writing.scalars(select(Event).where(Event.id == release.event_id).options(joinedload(Event.venue))).one()
    changed: dict[str, Changed] = {}
    for change in release.changes:
        before = decode(change.before) if change.before else None
        kinds = changed[change.uid].kinds if change.uid in changed else ()
        changed[change.uid] = Changed((*kinds, change.kind), before, decode(change.after or {}))
    rows = select(Session).where(Session.event_id == event.id, Session.uid.in_(changed))
    sessions = writing.scalars(rows.options(joinedload(Session.room)).order_by(Session.id))
    contents = [content for one in changed.values() for content in (one.before, one.after)]
    return Matter(
        release,
        event,
        changed,
        {session.uid: session for session in sessions},
        revisions(event.slug),
        names_for(event.id, event.timezone, contents),
    )


def _write(writing: Writing, matter: Matter, digest: ReleaseDigest, now: datetime) -> None:
    person = digest.person
    about = {uid: Tie(tie) for uid, tie in digest.about.items() if uid in matter.changed}
    if not person.email or not about:
        return
    event, name = matter.event, matter.release.name
    with force_locale(person.language):
        told = [_told(matter, uid, tie) for uid, tie in about.items()]
        attachments = _calendar(matter, about, person, now)
    mail.enqueue(
        writing,
        PROGRAMME_CHANGED,
        key=f"{PROGRAMME_CHANGED}:{matter.release.id}:{person.uid}",
        to=person.email,
        name=person.name,
        language=person.language,
        scope=event.slug,
        attachments=attachments,
        values=lambda: values_for(event, person, name, told),
        **context_for(event, person, name, told),
    )


def _told(matter: Matter, uid: str, tie: Tie) -> Told:
    one = matter.changed[uid]
    kinds = [kind for kind in one.kinds if is_told(tie, [kind])]
    return Told(plain(one.after.title), one.after.code, tie, lines_of(kinds, one.before, one.after, matter.names))


def _calendar(matter: Matter, about: Mapping[str, Tie], person: Person, now: datetime) -> list[mail.Attachment]:
    """Write what of a person's own sessions has a new time, and what is off; a star is in nobody's calendar."""
    mine = [uid for uid, tie in about.items() if tie is not Tie.STAR]
    takes_place = [
        entry_of(session, matter.event, revision=matter.revisions.get(uid, 0), stamp=now)
        for uid in mine
        if (session := matter.sessions.get(uid)) is not None
    ]
    off = [_gone(matter, uid, person, now) for uid in mine if matter.changed[uid].after.when is None]
    return [*_file(takes_place, "PUBLISH", "programme.ics"), *_file(off, "CANCEL", "cancelled.ics")]


def _gone(matter: Matter, uid: str, person: Person, now: datetime) -> CalendarEntry | None:
    """Take an entry out of a calendar: it stands there at the time it had before."""
    before = matter.changed[uid].before
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
