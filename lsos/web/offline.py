"""What lets the programme be read without a network: a worker of the browser that sees its pages and no others."""

import json
from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from lsos.db import db
from lsos.drafting.models import Release
from lsos.events.models import Event
from lsos.paths import folder
from lsos.web.session import anyone, event_or_404, my_registration, reader

bp = Blueprint("offline", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)


#: What style sheets ask for, which no page names: the worker keeps it all, also letters that no page needed so far.
_STYLES = ("css/tokens.css", "vendor/lato/*-normal.woff2")


def _asked_by_styles() -> list[str]:
    """Give addresses as the style sheets write them: without a fingerprint."""
    static = folder("static")
    found = sorted(path.relative_to(static) for pattern in _STYLES for path in static.glob(pattern))
    return [url_for("static", filename=path.as_posix()) for path in found]


@bp.get("/worker.js")
def worker(slug: str) -> ResponseReturnValue:
    """Give the worker, told where the pages are that it keeps; from here it may see nothing beyond the event."""
    event_or_404(slug)
    where = {
        "programme": url_for("programme.index", slug=slug),
        "book": url_for("programme.book", slug=slug),
        "people": url_for("speakers.index", slug=slug),
        "day": url_for("myday.index", slug=slug),
        "badge": url_for("mine.badge", slug=slug),
        "signIn": url_for("account.sign_in"),
        "static": url_for("static", filename=""),
        "styles": _asked_by_styles(),
    }
    code = (folder("static") / "js" / "offline-worker.js").read_text(encoding="utf-8")
    return Response(f"const WHERE = {json.dumps(where)};\n{code}", mimetype="text/javascript")


@dataclass(frozen=True)
class Copies:
    """What a page tells the worker that keeps copies."""

    worker: str
    #: Where it looks, with blanks between.
    scopes: str
    #: Whose the page is; nobody's for a visitor.
    whose: str
    #: The reader has pages of their own here.
    has_day: bool
    #: The number of the last release: with another one every copy is old.
    release: int


@bp.app_template_global("copies")
def copies_of(event: Event) -> Copies:
    """Say what the worker has to know of the reader and of the programme."""
    person, mine = reader(), my_registration()
    scopes = [url_for("programme.index", slug=event.slug), url_for("speakers.index", slug=event.slug)]
    scopes += [url_for("myday.index", slug=event.slug)] if mine else []
    return Copies(
        worker=url_for("offline.worker", slug=event.slug),
        scopes=" ".join(scopes),
        whose=person.uid if person else "",
        has_day=mine is not None,
        release=db.session.scalar(select(func.max(Release.number)).where(Release.event_id == event.id)) or 0,
    )
