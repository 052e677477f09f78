"""What the QR code on a meeting table leads to: the page where those who sit there say so."""

from flask import Blueprint, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lsos.checkin.queries import event_with_table
from lsos.checkin.rules import badge_code_of
from lsos.texts import LANGUAGES
from lsos.web import session
from lsos.web.limits import LOOK_UP, limiter

#: Its addresses carry no language: they are printed once, for readers of both.
bp = Blueprint("table_link", __name__)
bp.before_request(session.anyone)


@bp.get("/t/<code>")
@bp.get("/T/<code>")
@limiter.limit(LOOK_UP)
def open(code: str) -> ResponseReturnValue:  # noqa: A001  # the endpoint's name
    """Lead to the page of this table, in the reader's language."""
    if request.args.get("lang") in LANGUAGES:
        g.lang = request.args["lang"]
    code = badge_code_of(code)[:16]
    slug = event_with_table(code)
    if slug is None:
        abort(404)
    return redirect(url_for("at_table.index", slug=slug, code=code))
