"""Is a certificate genuine? Whoever has its number sees what stands on it and no more; open to everybody."""

from datetime import UTC, datetime

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lsos.certificates import queries
from lsos.certificates.printing import in_total
from lsos.certificates.rules import NUMBER_LETTERS, Standing, grouped, number_of
from lsos.texts import LANGUAGES
from lsos.web.limits import LOOK_UP, limiter
from lsos.web.session import anyone

bp = Blueprint("certificate_check", __name__, url_prefix="/certificates")
bp.before_request(anyone)
#: What QR codes say carries no language: it is printed once, for readers of both.
open_bp = Blueprint("certificate_code", __name__)
open_bp.before_request(anyone)

#: Longer than any number, also with blanks and hyphens, or a whole address.
TYPED_LENGTH = 200


@open_bp.get("/v/<number>")
@open_bp.get("/V/<number>")
@limiter.limit(LOOK_UP)
def open(number: str) -> ResponseReturnValue:  # noqa: A001  # the endpoint's name
    """Lead from the code on paper to the check, in the reader's language."""
    if request.args.get("lang") in LANGUAGES:
        g.lang = request.args["lang"]
    return redirect(url_for("certificate_check.show", number=number_of(number)[:NUMBER_LETTERS] or "-"))


@bp.get("")
@limiter.limit(LOOK_UP)
def index() -> ResponseReturnValue:
    """Ask for a number, and say what one that was typed proves."""
    typed = request.args.get("number", "")[:TYPED_LENGTH]
    return _page(typed) if typed.strip() else render_template("certificates/check.html", typed="", checked=None)


@bp.get("/<number>")
@limiter.limit(LOOK_UP)
def show(number: str) -> ResponseReturnValue:
    """Say what the number in the address proves."""
    return _page(number[:TYPED_LENGTH])


def _page(typed: str) -> ResponseReturnValue:
    number = number_of(typed)
    checked = queries.check(number, now=datetime.now(UTC)) if len(number) == NUMBER_LETTERS else None
    known = queries.settings_of(checked.event.id) if checked is not None else None
    is_shown = checked is not None and checked.standing is Standing.GENUINE
    holder = checked.holder if checked is not None and is_shown else None
    answer = make_response(
        render_template(
            "certificates/check.html",
            typed=typed.strip(),
            number=grouped(number),
            is_too_short=len(number) < NUMBER_LETTERS,
            is_too_long=len(number) > NUMBER_LETTERS,
            letters=NUMBER_LETTERS,
            checked=checked,
            holder=holder,
            total=in_total(known, holder.minutes) if known and holder and holder.sessions else "",
        ),
        404 if checked is None else 200,
    )
    #: It names somebody to whoever has the number, and to no machine that collects pages.
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "no-store"
    return answer
