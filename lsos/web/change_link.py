"""A question about another time, by the link in its letter and without signing in.

Opening the link shows buttons only, since mail scanners open links; pressing one answers.
"""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lsos.errors import LsosError
from lsos.meetings import changing
from lsos.meetings.change_links import read_token
from lsos.meetings.change_queries import OwnChange, change_for_reader
from lsos.web.errors import back_with
from lsos.web.limits import LINKS, limiter
from lsos.web.meeting_changes import outcome_of, said_yes
from lsos.web.session import anyone

bp = Blueprint("change_link", __name__, url_prefix="/another-time")
bp.before_request(anyone)


def _seen(token: str) -> OwnChange:
    names = read_token(token)
    return (change_for_reader(*names) if names else None) or abort(404)


@bp.get("/<token>")
@limiter.limit(LINKS)
def show(token: str) -> ResponseReturnValue:
    """Say which meeting would move, from when to when and why, with a yes and a no."""
    seen = _seen(token)
    is_open = seen.change.is_open and seen.change.expires_at > datetime.now(UTC)
    return render_template("meeting_changes/by_link.html", token=token, seen=seen, is_open=is_open)


@bp.post("/<token>")
@limiter.limit(LINKS)
def answer(token: str) -> ResponseReturnValue:
    """Say yes or no, as the pressed button does."""
    seen = _seen(token)
    here = url_for(".show", token=token)
    try:
        changed = changing.answer(seen.change.uid, by=seen.me, says_yes=said_yes(), now=datetime.now(UTC))
    except LsosError as refused:
        return back_with(refused, here)
    flash(*outcome_of(changed))
    return redirect(here)
