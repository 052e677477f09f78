"""The design page: every colour, size and component on one page, so that they are looked at together."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lsos.web.session import anyone

bp = Blueprint("design", __name__, url_prefix="/design")
bp.before_request(anyone)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the design language."""
    return render_template("design/index.html")
