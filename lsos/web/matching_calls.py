"""The organisers' call list: the people whose answers unlock most, and who was called."""

from datetime import UTC, datetime
from math import ceil

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from lsos.errors import LsosError
from lsos.events.rules import Role
from lsos.scheduling import calls
from lsos.scheduling.call_rules import Unlocked
from lsos.web import session
from lsos.web.errors import back_with
from lsos.web.navigation import reach

bp = Blueprint("matching_calls", __name__, url_prefix="/events/<slug>/organise/matching/calls")
bp.before_request(session.only(Role.MATCHMAKING))

#: So many people are on a page: an afternoon at the telephone.
CALLS_AT_ONCE = 25


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """List whom to call, with what their answers would bring."""
    event = session.event_or_404(slug)
    found = calls.call_list(event.id, now=datetime.now(UTC))
    typed = request.args.get("page", "1")
    pages = max(ceil(len(found) / CALLS_AT_ONCE), 1)
    page = min(max(int(typed), 1), pages) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 1
    return render_template(
        "matching/calls.html",
        calls=[(one, why_call(one.unlocks)) for one in found[(page - 1) * CALLS_AT_ONCE : page * CALLS_AT_ONCE]],
        total=len(found),
        page=page,
        pages=pages,
        may_open=reach("people.index") is not None,
    )


def why_call(unlocks: Unlocked) -> str:
    """Say what the answers of somebody would bring."""
    waits = ngettext("%(num)s person waits for the answer", "%(num)s people wait for the answers", unlocks.waiting)
    meetings = ngettext("%(num)s meeting can come of it", "%(num)s meetings can come of it", unlocks.meetings)
    said = [waits, meetings]
    if unlocks.firsts:
        said.append(
            ngettext(
                "for %(num)s of them it would be the first meeting",
                "for %(num)s of them it would be the first meeting",
                unlocks.firsts,
            )
        )
    return "; ".join(said) + "."


@bp.post("/<uid>")
def mark(slug: str, uid: str) -> ResponseReturnValue:
    """Note that somebody was called, or take that back."""
    event = session.event_or_404(slug)
    here = url_for(".index", slug=slug)
    try:
        calls.mark(
            event,
            uid,
            was_called=request.form.get("called") == "yes",
            by=session.signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except LsosError as error:
        return back_with(error, here)
    return redirect(here)
