"""What lets the programme be read without a network: a worker of the browser that sees its pages and no others."""

import json

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from lsos.paths import folder
from lsos.web.look import asset
from lsos.web.session import anyone, event_or_404

bp = Blueprint("offline", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)


#: What the page needs that the worker fetches by itself, as a visitor.
_STYLES = ("css/base.css", "css/programme.css", "js/forget.js", "js/offline.js")


@bp.get("/worker.js")
def worker(slug: str) -> ResponseReturnValue:
    """Give the worker, told where the pages are that it keeps; from here it may see nothing beyond the event."""
    event_or_404(slug)
    where = {
        "programme": url_for("programme.index", slug=slug),
        "book": url_for("programme.book", slug=slug),
        "day": url_for("myday.index", slug=slug),
        "static": url_for("static", filename=""),
        "styles": [asset(name) for name in _STYLES],
    }
    code = (folder("static") / "js" / "offline-worker.js").read_text(encoding="utf-8")
    return Response(f"const WHERE = {json.dumps(where)};\n{code}", mimetype="text/javascript")
