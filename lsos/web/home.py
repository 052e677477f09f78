"""The first page: what comes next, and what was."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.events.models import Event
from lsos.events.queries import past_events, public_events
from lsos.events.rules import KIND_NAMES
from lsos.web import language
from lsos.web.session import anyone

root = Blueprint("root", __name__)
bp = Blueprint("home", __name__)
bp.before_request(anyone)


@root.get("/")
def start() -> ResponseReturnValue:
    """Lead to the first page in the reader's language."""
    return redirect(url_for("home.index", lang=language.preferred()))


def kind_name(event: Event) -> str:
    """Say what kind of event this is."""
    return str(gettext(KIND_NAMES[event.kind]))


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the events to come and those that are over."""
    today = datetime.now(UTC).date()
    return render_template(
        "home/index.html",
        coming=public_events(today=today),
        past=past_events(today=today),
        today=today,
        kind_name=kind_name,
    )
