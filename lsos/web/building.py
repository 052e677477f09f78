"""Build it for me: the draft gets places for what waits, or is built anew around what is locked, and says what it did.

A search takes seconds; the script of the page reads how far it is, line by line, while it waits.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread

from flask import Blueprint, Response, abort, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos.drafting.building import SECONDS, Built, building_problem, told
from lsos.drafting.conflicts import conflicts_of
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.service import Spot, arrange
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.timetabling.building import Answer, Mode, Progress, build
from lsos.timetabling.problem import Problem
from lsos.web.editor_sheet import title_of, where_words
from lsos.web.errors import words_of
from lsos.web.look import clock, plain, short_day
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import percent

bp = Blueprint("building", __name__, url_prefix="/events/<slug>/organise/editor/build")
bp.before_request(only(Role.PROGRAMME))

LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Row:
    """A session that moved, in words."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Left:
    """A session without a place, in words, with the way to its form."""

    uid: str
    title: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What building did, or why it did nothing."""

    refused: str = ""
    rows: tuple[Row, ...] = ()
    left_out: tuple[Left, ...] = ()
    headline: str = ""
    #: How the programme is now, each a sentence.
    facts: tuple[str, ...] = ()


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Say what there is to place, and offer the two ways."""
    return render_template("editor/build.html", outcome=None, **_facts(draft_of(event_or_404(slug).id)))


def _facts(draft: Draft) -> dict[str, int]:
    there = [content for content in draft.contents.values() if not content.is_withdrawn]
    talks = [content for content in there if content.takes_signups]
    return {
        "waiting": sum(content.when is None for content in talks),
        "movable": sum(not content.is_locked for content in talks),
        "locked": sum(content.is_locked for content in talks),
        "stopping": sum(each.stops_release for each in conflicts_of(draft)),
    }


@bp.post("/")
def run(slug: str) -> ResponseReturnValue:
    """Build the draft; without the script, the page comes when it is done."""
    event = event_or_404(slug)
    try:
        mode = Mode(request.form.get("mode", ""))
    except ValueError:
        abort(400)
    draft = draft_of(event.id)
    problem = building_problem(draft)
    if request.accept_mimetypes.best == LINES:
        return Response(stream_with_context(_lines(event, draft, problem, mode)), mimetype=LINES)
    outcome = _settle(event, draft, problem, build(problem, mode, seconds=SECONDS[mode]), mode)
    return render_template("editor/build.html", outcome=outcome, **_facts(draft_of(event.id)))


def _lines(event: Event, draft: Draft, problem: Problem, mode: Mode) -> Iterator[str]:
    """Tell how far the search is, then what came of it; whoever leaves the page ends it, and nothing changes."""
    said: SimpleQueue[Progress | Answer | Exception] = SimpleQueue()
    is_left = Flag()

    def search() -> None:
        try:
            said.put(build(problem, mode, seconds=SECONDS[mode], progress=said.put, stop=is_left.is_set))
        except Exception as error:  # noqa: BLE001  # raised where it is read
            said.put(error)

    thread = Thread(target=search, daemon=True)
    thread.start()
    try:
        while isinstance(step := said.get(), Progress):
            words = _("%(placed)s of %(all)s sessions have a place.", placed=step.placed, all=step.sessions)
            yield json.dumps({"share": step.share, "words": words}) + "\n"
    finally:
        is_left.set()
        thread.join()
    if isinstance(step, Exception):
        raise step
    outcome = _settle(event, draft, problem, step, mode)
    html = render_template("editor/_built.html", outcome=outcome, **_facts(draft_of(event.id)))
    yield json.dumps({"html": html}) + "\n"


def _settle(event: Event, draft: Draft, problem: Problem, answer: Answer, mode: Mode) -> Outcome:
    """Put what was found into the draft, all at once, and say what that was."""
    built = told(draft, problem, answer)
    rows = tuple(
        Row(title_of(each.before), where_words(draft, each.before), _place_words(draft, each.before.length, each.spot))
        for each in built.moved
    )
    left_out = tuple(Left(each.uid, title_of(draft.contents[each.uid]), each.why) for each in built.left_out)
    try:
        arrange(event.id, built.spots, seen=draft.latest, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as error:
        return Outcome(refused=_("Nothing was changed. %(why)s Build it again.", why=words_of(error)))
    return Outcome(rows=rows, left_out=left_out, headline=_headline(built, mode), facts=tuple(_now(built)))


def _place_words(draft: Draft, minutes: int, spot: Spot) -> str:
    if spot.starts_at is None:
        return str(_("not placed yet"))
    room = next((room for room in draft.rooms if room.id == spot.room_id), None)
    at = spot.starts_at
    return f"{short_day(at)}, {clock(at)}–{clock(at + timedelta(minutes=minutes))}, {plain(room.name) if room else ''}"


def _headline(built: Built, mode: Mode) -> str:
    if not built.moved and built.left_out and mode is Mode.FILL:
        return str(_("No place was found, so nothing was changed."))
    if not built.moved:
        return str(_("Nothing had to move: this is the best that was found."))
    return str(ngettext("%(num)s session has a new place.", "%(num)s sessions have a new place.", len(built.moved)))


def _now(built: Built) -> Iterator[str]:
    """Say how the programme is now: how far from what is released, and how far its focus areas keep to their rooms."""
    if built.released:
        yield ngettext(
            "%(num)s session is elsewhere than it is released.",
            "%(num)s sessions are elsewhere than they are released.",
            built.released,
        )
    before, after = built.together or (0.0, 0.0)
    if before != after:
        yield _(
            "%(after)s of the sessions are in the main room of their focus area that day; before, %(before)s were.",
            after=percent(after),
            before=percent(before),
        )
