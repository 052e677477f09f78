"""What organisers print of the meetings: plans for people and tables, lists for the desk."""

import io
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from lsos.events.rules import Role
from lsos.meetings import paper
from lsos.meetings.paper import Paper
from lsos.texts import LANGUAGE_NAMES, LANGUAGES, Language
from lsos.web import language, session
from lsos.web.look import link

bp = Blueprint("papers", __name__, url_prefix="/events/<slug>/organise/matching/print")
bp.before_request(session.only(Role.MATCHMAKING))

#: From so many pages on a paper is printed by a process of its own.
LONG = 40
#: What is sent where each plan is to be in the language of its owner.
OWN = "own"


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what can be printed, what for, and how many pages it takes."""
    event = session.event_or_404(slug)
    pages = paper.pages(event)
    return render_template(
        "papers/index.html",
        papers=[(one, paper.NAMES[one], paper.USES[one], pages[one]) for one in Paper],
        is_anything=any(one.number for one in pages.values()),
        languages=LANGUAGE_NAMES,
        spoken=language.current(),
        own=OWN,
        with_own=Paper.SCHEDULES,
    )


@bp.post("/<kind>.pdf")
def pdf(slug: str, kind: str) -> ResponseReturnValue:
    """Print one paper; that it was taken is written down."""
    event = session.event_or_404(slug)
    wanted, spoken, is_own = _wanted(kind)
    number = paper.pages(event)[wanted].number
    if not number:
        flash(gettext("There is nothing to print before meetings are published."), "refused")
        return redirect(url_for(".index", slug=slug))
    now = datetime.now(UTC)
    with paper.document(
        event, wanted, language=spoken, live=live_addresses(slug), now=now, each_their_own=is_own
    ) as made:
        printed = made.long_file() if number > LONG else io.BytesIO(made.pdf())
    paper.note_printing(event, wanted, pages=number, by_id=session.signed_in_reader().id)
    return send_file(printed, mimetype="application/pdf", download_name=f"{slug}-{wanted.value}-{spoken}.pdf")


def _wanted(kind: str) -> tuple[Paper, Language, bool]:
    """Read what is to be printed, in which language, and whether in that of each owner."""
    said = request.form.get("language", "")
    found = next((one for one in Paper if one.value == kind), None)
    is_own = said == OWN and found is Paper.SCHEDULES
    if found is None or not (is_own or said in LANGUAGES):
        abort(404)
    if is_own:
        return found, language.current(), True
    return found, "pl" if said == "pl" else "en", False


def live_addresses(slug: str) -> dict[Language, str]:
    """Give the address of everybody's own plan, as a camera reads it: it opens the page of whoever is signed in."""
    found: dict[Language, str] = {}
    for each in LANGUAGES:
        with force_locale(each):
            found[each] = link("myday.index", slug=slug)
    return found
