"""The end of letters about kept searches: a link in each, for its reader and for mail programs, without signing in."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lsos.market import news
from lsos.web.limits import LINKS, limiter
from lsos.web.look import link
from lsos.web.session import anyone

bp = Blueprint("market_news", __name__, url_prefix="/no-more-market-news")
bp.before_request(anyone)


def end_address(token: str, language: str) -> str:
    """Give the address of this page, for a letter and for the programs that read it."""
    return link("market_news.ask", lang=language, token=token)


@bp.get("/<token>")
@limiter.limit(LINKS)
def ask(token: str) -> ResponseReturnValue:
    """Ask whether the letters are to end; a mail scanner that opens the link ends nothing."""
    found = news.read_end_token(token)
    return render_template("unsubscribe/market_news.html", owner=found, is_done=False), 200 if found else 404


@bp.post("/<token>")
@limiter.limit(LINKS)
def end(token: str) -> ResponseReturnValue:
    """End the letters: by the button, or by a mail program, which sends neither cookie nor token (RFC 8058)."""
    found = news.read_end_token(token)
    if found is None:
        return render_template("unsubscribe/market_news.html", owner=None, is_done=False), 404
    news.end_all(found)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return "", 200
    return render_template("unsubscribe/market_news.html", owner=found, is_done=True)
