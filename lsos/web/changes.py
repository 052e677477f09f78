"""What each release of the programme changed: a page for everybody, and a feed that programs follow."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lsos.agenda.models import Session
from lsos.agenda.rules import Visibility
from lsos.db import db
from lsos.drafting.content import Content, decode
from lsos.drafting.models import Release, ReleaseChange
from lsos.drafting.queries import releases_of
from lsos.drafting.words import Line, lines_of, names_for
from lsos.events.models import Event
from lsos.texts import Bilingual
from lsos.web.session import anyone, event_or_404

bp = Blueprint("changes", __name__, url_prefix="/events/<slug>/changes")
bp.before_request(anyone)


@dataclass(frozen=True)
class Entry:
    """What a release changed of one session; `code` leads to its page."""

    title: Bilingual
    code: str
    lines: list[Line]


@dataclass(frozen=True)
class Version:
    """A release as its readers see it."""

    number: int
    name: Bilingual
    note: Bilingual
    released_at: datetime
    entries: list[Entry]


def _versions(event: Event) -> list[Version]:
    """Put the releases into words; what not everybody may see is left out, as it is in the programme."""
    releases = releases_of(event.id)
    shown = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Session.uid, Session.code).where(
                Session.event_id == event.id, Session.visibility == Visibility.PUBLIC
            )
        )
    }
    read = {change.id: _contents(change) for release in releases for change in release.changes if change.uid in shown}
    names = names_for(event.id, event.timezone, (content for pair in read.values() for content in pair))

    def entries(release: Release) -> list[Entry]:
        found: dict[str, Entry] = {}
        for change in release.changes:
            if change.id not in read:
                continue
            before, after = read[change.id]
            entry = found.setdefault(change.uid, Entry(after.title, shown[change.uid], []))
            entry.lines.extend(lines_of([change.kind], before, after, names))
        return list(found.values())

    return [Version(one.number, one.name, one.note, one.released_at, entries(one)) for one in releases]


def _contents(change: ReleaseChange) -> tuple[Content | None, Content]:
    assert change.after is not None
    return decode(change.before) if change.before else None, decode(change.after)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show what each release changed, the latest first."""
    event = event_or_404(slug)
    return render_template("changes/index.html", versions=_versions(event))


@bp.get("/feed.atom")
def feed(slug: str) -> ResponseReturnValue:
    """Give the same as a feed (RFC 4287)."""
    event = event_or_404(slug)
    return Response(
        render_template("changes/feed.xml", versions=_versions(event), beginning=datetime.fromtimestamp(0, UTC)),
        mimetype="application/atom+xml",
    )
