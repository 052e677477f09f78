"""Errors as pages: what happened, and what to do next. Only here are sentences given their HTTP number."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import chain
from math import ceil

from flask import Flask, Response, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from lsos.db import BUSY, Busy, db, is_busy
from lsos.errors import InputError, LsosError, NotFound, Refused
from lsos.web.limits import limiter

#: Title and advice by HTTP number, for what the framework refuses by itself.
WORDS = {
    400: (_l("That did not arrive whole"), _l("Go back, reload the page and send it again.")),
    401: (_l("Please sign in"), _l("Sign in, then open this page again.")),
    403: (
        _l("This page is not for you"),
        _l("Your account may not open it. Ask the organiser of the event for a role."),
    ),
    404: (
        _l("There is no such page"),
        _l("The address may be mistyped, or the page was removed. Start from the first page."),
    ),
    405: (_l("That cannot be done here"), _l("Go back and use the buttons of the page.")),
    413: (_l("That is too large"), _l("Send a file of at most 8 MB.")),
    #: How long to wait is said when it is known.
    429: (_l("Too many tries"), ""),
    500: (
        _l("Something broke on our side"),
        _l("Nothing you typed was saved. Try again; if it happens twice, write to the organiser."),
    ),
}


def words_of(error: LsosError) -> str:
    """Put an expected error into the reader's language."""
    return str(gettext(error.message, **{name: str(value) for name, value in error.details.items()}))


#: What has fields; to look for them elsewhere costs as much as a small page does.
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def _typed() -> Iterator[str]:
    """Give every text of a request: its address, its fields, the names of its files."""
    yield request.path
    yield from chain(*request.args.listvalues())
    if request.mimetype in _FORMS:
        yield from chain(*request.form.listvalues())
        yield from (file.filename or "" for file in chain(*request.files.listvalues()))


def _until_the_next_try() -> int:
    """Count the seconds after which one more try is taken; a minute where no limit of ours was met."""
    limit = limiter.current_limit
    return max(1, ceil(limit.reset_at - time.time())) if limit is not None else 60


#: What other programs read; they get errors as they are written for programs.
API = "/api/"


def as_problem(code: int, title: str, detail: str) -> tuple[Response, int]:
    """Say an error to a program: problem details, as RFC 9457 has them."""
    said = {"type": "about:blank", "title": title, "status": code, "detail": detail, "instance": request.path}
    answer = Response(json.dumps(said, ensure_ascii=False), mimetype="application/problem+json")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Content-Language"] = str(get_locale())
    return answer, code


def page(code: int, title: str, advice: str) -> tuple[str | Response, int]:
    """Render the page of an error."""
    if request.path.startswith(API):
        return as_problem(code, title, advice)
    return render_template("error.html", code=code, title=title, advice=advice), code


def _busy(error: Busy) -> ResponseReturnValue:
    """Say it as a page, or, where not even a page can be read together, as the bare sentence."""
    again = {"Retry-After": "60"}
    try:
        db.session.rollback()
        return (*page(503, gettext("One moment, please"), words_of(error)), again)
    except SQLAlchemyError:
        return words_of(error), 503, again | {"Content-Type": "text/plain; charset=utf-8"}


def init_app(app: Flask) -> None:
    """Answer every error with a page in the reader's language."""
    app.register_error_handler(Busy, _busy)

    @app.before_request
    def refuse_nulls() -> None:
        """Refuse the one letter that no database of ours can look for; no keyboard has it."""
        if any("\x00" in text for text in _typed()):
            abort(400)

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> ResponseReturnValue:
        return page(404, gettext("Not found"), words_of(error))

    @app.errorhandler(Refused)
    @app.errorhandler(InputError)
    def refused(error: LsosError) -> ResponseReturnValue:
        return page(409, gettext("That is not possible"), words_of(error))

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> ResponseReturnValue:
        return page(
            400,
            gettext("This page was open too long"),
            gettext("For your safety it has to be loaded again. Go back, reload the page and send it once more."),
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue | HTTPException | Response:
        code = error.code or 500
        if code < 400:
            return error
        title, advice = WORDS.get(code, WORDS[400])
        headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
        if code == 429:
            seconds = _until_the_next_try()
            #: The limiter adds a second, which would make two minutes of one.
            minutes = max(1, ceil((seconds - 1) / 60))
            advice = ngettext("Wait one minute, then try again.", "Wait %(num)s minutes, then try again.", minutes)
            headers["Retry-After"] = str(seconds)
        return (*page(code, str(title), str(advice)), headers)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        if is_busy(error):
            app.logger.warning("the database was too busy at %s: %s", request.endpoint, error)
            return _busy(Busy(BUSY))
        if app.testing or app.debug:
            raise error
        app.logger.error("unexpected error at %s", request.endpoint, exc_info=error)
        g.pop("registration", None)
        return page(500, str(WORDS[500][0]), str(WORDS[500][1]))


def back_with(error: LsosError, to: str) -> ResponseReturnValue:
    """Go back to a page and say there why something was refused."""
    flash(words_of(error), "refused")
    return redirect(to)


def shown_on(error: LsosError, page: Callable[[], str]) -> ResponseReturnValue:
    """Say on a page why something was refused, with what was typed still there."""
    flash(words_of(error), "refused")
    return page(), 409
