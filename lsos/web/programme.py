"""The public programme: by day and hour, by room, by person, and one session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lsos.agenda.materials import materials_of
from lsos.agenda.models import Session
from lsos.agenda.queries import signups_of
from lsos.agenda.stars import starred
from lsos.agenda.waiting_queries import waiting_in, waits_of
from lsos.events.models import Event
from lsos.texts import search_key
from lsos.web import timetable
from lsos.web.look import plain, short_day
from lsos.web.seeing import programme_here, session_or_404
from lsos.web.session import anyone, event_or_404, my_registration
from lsos.web.signing_up import standing
from lsos.web.timetable import local_day

bp = Blueprint("programme", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)

#: What the programme may be narrowed to: the word in the address, and what of a session it speaks of.
PARTS = ("area", "format", "room")
FILTERS = (*PARTS, "day")


@dataclass(frozen=True)
class Choice:
    """One value of a filter, and the address that chooses it, or lets go of it when it is chosen."""

    label: str
    address: str
    is_current: bool
    position: int = 0


def _code(session: Session, name: str) -> str | None:
    if name == "day":
        return local_day(session.starts_at, session.event.timezone).isoformat() if session.starts_at else None
    part = {"area": session.focus_area, "format": session.format, "room": session.room}[name]
    return part.code if part else None


def _chosen(sessions: Iterable[Session]) -> dict[str, str]:
    """Read from the address what the programme is narrowed to; what no session has is not asked for."""
    found = {}
    for name in FILTERS:
        wish = request.args.get(name, "")
        if wish and any(_code(session, name) == wish for session in sessions):
            found[name] = wish
    return found


def _choices(event: Event, sessions: Iterable[Session], chosen: dict[str, str], name: str) -> list[Choice]:
    """List the values of a filter that occur, in their order."""
    parts = {
        part.code: part
        for session in sessions
        if (part := {"area": session.focus_area, "format": session.format, "room": session.room}[name])
    }
    kept = {key: value for key, value in kept_of(chosen).items() if key != name}
    listed = []
    for part in sorted(parts.values(), key=lambda part: (part.position, part.id)):
        is_current = chosen.get(name) == part.code
        wish = kept if is_current else kept | {name: part.code}
        address = url_for("programme.index", slug=event.slug, **wish)
        listed.append(Choice(plain(part.name), address, is_current, part.position))
    return listed


def _day_choices(event: Event, every_day: Iterable[timetable.Day], chosen: dict[str, str]) -> list[Choice]:
    """List the days, as `_choices` lists what else the programme may be narrowed to."""
    kept = {key: value for key, value in kept_of(chosen).items() if key != "day"}
    listed = []
    for one in every_day:
        is_current = chosen.get("day") == one.day.isoformat()
        wish = kept if is_current else kept | {"day": one.day.isoformat()}
        listed.append(Choice(short_day(one.day), url_for("programme.index", slug=event.slug, **wish), is_current))
    return listed


def kept_of(chosen: dict[str, str]) -> dict[str, Any]:
    """Give what links to the programme keep of this address: what it is narrowed to, and how it is read."""
    words = request.args.get("q", "").strip()
    return {
        **chosen,
        **({"q": words} if words else {}),
        **({"mine": "1"} if request.args.get("mine") else {}),
        **({"view": "grid"} if request.args.get("view") == "grid" else {}),
    }


def _ways(event: Event, kept: dict[str, Any]) -> dict[str, str]:
    """Give the addresses of what is shown, but by hour, by room, or only what is the reader's own (or again all)."""
    bare = {key: value for key, value in kept.items() if key != "view"}
    mine = {key: value for key, value in kept.items() if key != "mine"} if "mine" in kept else kept | {"mine": "1"}
    ways = {"list": bare, "grid": bare | {"view": "grid"}, "mine": mine}
    return {name: url_for("programme.index", slug=event.slug, **values) for name, values in ways.items()}


def speaks_of(session: Session, words: Iterable[str]) -> bool:
    """Say whether every word stands in a session: in its texts, its people's names, room, format or subject."""
    parts = [session.title, session.abstract, session.format.name]
    parts += [part.name for part in (session.focus_area, session.room) if part]
    texts = [text for part in parts for text in (part.pl, part.en)]
    searched = search_key(*texts, *(item.person.name for item in session.people), at_most=None)
    return all(word in searched for word in words)


@bp.get("/programme")
def index(slug: str) -> ResponseReturnValue:
    """Show the whole programme by day, or a part of it."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    sessions = programme_here(event)
    chosen = _chosen(sessions)
    kept = kept_of(chosen)
    registration = my_registration()
    mine = {place.session_id for place in signups_of(registration.id)} if registration else set[int]()
    stars = starred(registration.id) if registration else None
    words = search_key(kept.get("q", "")).split()
    every_day = timetable.days(sessions, event.timezone)
    shown = [
        session
        for session in sessions
        if all(_code(session, name) == chosen[name] for name in chosen)
        and ("mine" not in kept or session.id in mine or session.id in (stars or ()))
        and (not words or speaks_of(session, words))
    ]
    return render_template(
        "programme/index.html",
        days=timetable.days(shown, event.timezone),
        every_day=every_day,
        around=timetable.around(sessions, now, event.timezone),
        today=timetable.local_day(now, event.timezone),
        choices={name: _choices(event, sessions, chosen, name) for name in PARTS}
        | {"day": _day_choices(event, every_day, chosen)},
        chosen=chosen,
        view="grid" if request.args.get("view") == "grid" else "list",
        mine=mine,
        stars=stars,
        waits={wait.session.id: wait for wait in waits_of(registration.id, now=now)} if registration else {},
        waiting=waiting_in(event.id),
        now=now,
        kept=kept,
        ways=_ways(event, kept),
        is_illustrative=any(session.is_illustrative for session in sessions),
        marks_each=len({session.is_illustrative for session in sessions}) > 1,
    )


@bp.get("/programme-book")
def book(slug: str) -> ResponseReturnValue:
    """Show every session with its description on one page, to print and to keep."""
    event = event_or_404(slug)
    return render_template("programme/book.html", days=timetable.days(programme_here(event), event.timezone))


@bp.get("/programme/<code>")
def session(slug: str, code: str) -> ResponseReturnValue:
    """Show one session, and to attendees whether they may sign up, or what stands in the way."""
    event = event_or_404(slug)
    found = session_or_404(event, code)
    now = datetime.now(UTC)
    registration = my_registration()
    stars = starred(registration.id) if registration else None
    is_over = found.when is not None and found.when.ends_at <= now
    return render_template(
        "programme/session.html",
        session=found,
        registration=registration,
        stars=stars,
        is_over=is_over,
        materials=materials_of([found.id])[found.id],
        signing=standing(registration, found, now=now) if registration else None,
    )
