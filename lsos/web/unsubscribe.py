"""The end of news: a link in each such letter, for its reader and for their mail program; nobody signs in for it."""

from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lsos.outreach import ending
from lsos.web.limits import LINKS, limiter
from lsos.web.session import anyone

bp = Blueprint("unsubscribe", __name__, url_prefix="/no-more-news")
bp.before_request(anyone)


@bp.get("/<token>")
@limiter.limit(LINKS)
def ask(token: str) -> ResponseReturnValue:
    """Ask whether the news is to end; a mail scanner that opens the link ends nothing."""
    found = ending.read(token)
    if found is None:
        return render_template("unsubscribe/index.html", found=None, is_done=False), 404
    return render_template("unsubscribe/index.html", found=found, is_done=False)


@bp.post("/<token>")
@limiter.limit(LINKS)
def end(token: str) -> ResponseReturnValue:
    """End the news: by the button, or by a mail program, which sends neither cookie nor token (RFC 8058)."""
    found = ending.read(token)
    if found is None:
        return render_template("unsubscribe/index.html", found=None, is_done=False), 404
    ending.end_news(found, now=datetime.now(UTC))
    if request.form.get("List-Unsubscribe") == "One-Click":
        return "", 200
    return render_template("unsubscribe/index.html", found=found, is_done=True)
