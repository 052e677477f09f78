"""The programme in open formats, as other programs read it: a calendar, schedule.xml and .json, and a table."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lsos import calendar_file
from lsos.agenda import calendars
from lsos.agenda.materials import materials_of
from lsos.agenda.models import Session, SessionMaterial
from lsos.agenda.queries import revisions
from lsos.agenda.rules import Interval, SessionRole
from lsos.calendar_file import CalendarEntry
from lsos.db import db
from lsos.drafting.models import Release
from lsos.drafting.sources import Sayings, room_again, said_again, sayings_of, track_again
from lsos.events.models import Event, Room
from lsos.schedule_files import model
from lsos.schedule_files.files import Format, write
from lsos.schedule_files.fitting import fitted, made_guid
from lsos.web.look import link, plain
from lsos.web.seeing import programme_here, session_or_404
from lsos.web.session import anyone, event_or_404

bp = Blueprint("programme_files", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)

#: What the family of schedule.xml calls the formats on the wire.
_TYPES = {Format.XML: "application/xml", Format.JSON: "application/json", Format.CSV: "text/csv"}
#: So that what is written now is compared with what was written then without its stamp.
_NO_STAMP = datetime(2000, 1, 1, tzinfo=UTC)
#: The smallest step of a programme, as files of this family say it.
_SLOT = timedelta(minutes=5)


def _addresses(event: Event) -> Callable[[str], str]:
    """Give addresses of sessions by their code: building one takes long enough to be felt in hundreds."""
    before, _, after = link("programme.session", slug=event.slug, code="CODE").rpartition("CODE")
    return lambda code: before + quote(code, safe="") + after


def entry_of(found: Session, event: Event, *, revision: int, stamp: datetime) -> CalendarEntry | None:
    """Write a session as an entry of a calendar; None while it has no time."""
    url = link("programme.session", slug=event.slug, code=found.code)
    return calendars.entry_of(found, event, revision=revision, stamp=stamp, url=url)


def as_calendar(entries: Iterable[CalendarEntry | None], *, name: str, filename: str) -> Response:
    """Answer with a calendar file."""
    content = calendar_file.write([entry for entry in entries if entry is not None], name=name)
    return Response(
        content,
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{filename}.ics"'},
    )


def as_programme(event: Event, sessions: Iterable[Session], sayings: Sayings) -> model.Programme:
    """Say sessions that have a time as files of programmes do, in the reader's language, with what files said."""
    listed = [(one, when) for one in sessions if (when := one.when) is not None]
    rooms = {one.room.id: one.room for one, _ in listed if one.room}
    areas = {one.focus_area.id: one.focus_area for one, _ in listed if one.focus_area}
    address = _addresses(event)
    left = materials_of([one.id for one, _ in listed])
    return model.Programme(
        title=plain(event.name),
        acronym=event.slug.replace("-", "_"),
        description=plain(event.tagline),
        venue=plain(event.venue.name) if event.venue else "",
        city=plain(event.venue.city) if event.venue else "",
        url=link("programme.index", slug=event.slug),
        base_url=link("programme.index", slug=event.slug),
        first_day=event.starts_on,
        last_day=event.ends_on,
        zone=event.timezone,
        slot=_SLOT,
        days=tuple(model.Day(index, day) for index, day in enumerate(event.days, start=1)),
        rooms=tuple(
            room_again(_room(room, event), room.code, sayings)
            for room in sorted(rooms.values(), key=lambda room: (room.position, room.id))
        ),
        tracks=tuple(
            track_again(model.Track(name=plain(area.name)), sayings)
            for area in sorted(areas.values(), key=lambda area: (area.position, area.id))
        ),
        sessions=tuple(
            said_again(_said(one, when, event, address(one.code), left.get(one.id, [])), one, sayings)
            for one, when in listed
        ),
        extra=sayings.programme.extra,
    )


def _room(room: Room, event: Event) -> model.Room:
    return model.Room(name=plain(room.name), guid=made_guid("room", event.uid, room.code), capacity=room.capacity)


def _said(one: Session, when: Interval, event: Event, url: str, left: Iterable[SessionMaterial]) -> model.Session:
    return model.Session(
        title=plain(one.title),
        start=when.starts_at.astimezone(ZoneInfo(event.timezone)),
        duration=when.ends_at - when.starts_at,
        room=plain(one.room.name) if one.room else "",
        guid=made_guid("session", one.uid),
        id=str(one.id),
        track=plain(one.focus_area.name) if one.focus_area else "",
        type=plain(one.format.name),
        language=one.languages[0] if one.languages else "",
        abstract=plain(one.abstract),
        url=url,
        links=tuple(model.Link(item.url, plain(item.title)) for item in left if item.url),
        attachments=tuple(
            model.Link(
                link("material.take", slug=event.slug, code=one.code, uid=item.uid), plain(item.title) or item.name
            )
            for item in left
            if item.name
        ),
        persons=tuple(
            model.Person(
                name=item.person.name,
                guid=made_guid("person", item.person.uid),
                role="" if item.role is SessionRole.SPEAKER else item.role.value,
            )
            for item in one.people
        ),
    )


@bp.get("/programme.ics")
def calendar(slug: str) -> ResponseReturnValue:
    """Give the programme as a calendar file."""
    event = event_or_404(slug)
    changed, address = revisions(event.slug), _addresses(event)
    entries = [
        calendars.entry_of(found, event, revision=changed.get(found.uid, 0), stamp=_NO_STAMP, url=address(found.code))
        for found in programme_here(event)
    ]
    return _unless_had(
        entries,
        lambda: as_calendar(_stamped(entries, datetime.now(UTC)), name=plain(event.name), filename=event.slug),
    )


def _stamped(entries: Iterable[CalendarEntry | None], now: datetime) -> list[CalendarEntry]:
    return [replace(entry, stamp=now) for entry in entries if entry is not None]


@bp.get("/programme/<code>.ics")
def session_calendar(slug: str, code: str) -> ResponseReturnValue:
    """Give one session as a calendar file."""
    event = event_or_404(slug)
    found = session_or_404(event, code)
    revision = revisions(event.slug).get(found.uid, 0)
    entry = entry_of(found, event, revision=revision, stamp=datetime.now(UTC)) or abort(404)
    return as_calendar([entry], name=plain(found.title), filename=f"{event.slug}-{found.code}")


@bp.get("/schedule.xml")
def xml(slug: str) -> ResponseReturnValue:
    """Give the programme as schedule.xml, which applications for conferences read."""
    return _file(slug, Format.XML)


@bp.get("/schedule.json")
def json(slug: str) -> ResponseReturnValue:
    """Give the programme as schedule.json, for programs that would rather read that."""
    return _file(slug, Format.JSON)


@bp.get("/programme.csv")
def table(slug: str) -> ResponseReturnValue:
    """Give the programme as a table."""
    return _file(slug, Format.CSV)


def _file(slug: str, kind: Format) -> ResponseReturnValue:
    event = event_or_404(slug)
    sayings = sayings_of(event.id)
    programme = replace(as_programme(event, programme_here(event), sayings), version=_version(event.id))

    def whole() -> Response:
        #: Of ours nothing has to be kept beside what a file says; of what came from elsewhere nothing may be lost.
        fit = fitted(programme)
        said = programme if sayings.sessions else fit.programme
        answer = Response(write(said, kind, now=datetime.now(UTC), fit=fit), mimetype=_TYPES[kind])
        if kind is Format.CSV:
            answer.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-programme.csv"'
        return answer

    return _unless_had((kind, programme), whole)


def _version(event_id: int) -> str:
    """Name the release that is read, so that a program sees that there is a newer one; nothing before the first."""
    newest = select(Release.name).where(Release.event_id == event_id).order_by(Release.number.desc()).limit(1)
    return plain(db.session.scalar(newest))


def _unless_had(what: object, whole: Callable[[], Response]) -> Response:
    """Answer with a file, or only say that the reader's copy is still true, which costs no writing."""
    tag = hashlib.sha256(repr(what).encode()).hexdigest()[:32]
    answer = Response(status=304) if request.if_none_match.contains_weak(tag) else whole()
    answer.set_etag(tag, weak=True)
    return answer
