"""The released programme for other programs: what any visitor may read, in both languages, at addresses that stay.

docs/programme-api.md says what each field means. Who asks is not looked at, so that answers may be kept and shared.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from lsos.agenda.materials import materials_of
from lsos.agenda.models import Session, SessionMaterial
from lsos.agenda.rules import VISITOR
from lsos.agenda.seeing import programme_for_everybody, session_for
from lsos.db import db
from lsos.drafting.models import Release
from lsos.errors import N_, InputError
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.schedule_files.fitting import made_guid
from lsos.texts import LANGUAGES, Bilingual, search_key
from lsos.web.errors import as_problem, words_of
from lsos.web.look import link
from lsos.web.programme import speaks_of
from lsos.web.session import anyone, event_or_404
from lsos.web.timetable import local_day

#: Its addresses carry no language: every text is there in both.
bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.before_request(anyone)


@bp.before_request
def speak() -> None:
    """Say what is wrong in the language that the address asks for, else in that of the reader."""
    if request.args.get("lang") in LANGUAGES:
        g.lang = request.args["lang"]


#: What a list of sessions may be narrowed to.
FILTERS: Final = ("day", "room", "area", "format", "person", "q")


class Wrong(StrEnum):
    """What of an address cannot be asked for."""

    UNKNOWN = N_("Sessions cannot be narrowed by %(name)s. These there are: %(names)s.")
    NO_DAY = N_("%(value)s is no day. Write one such as 2026-11-26.")


def _event(slug: str) -> Event:
    event = event_or_404(slug)
    return event if event.status is not EventStatus.DRAFT else abort(404)


# ---- addresses


@bp.get("/events/<slug>")
def event(slug: str) -> ResponseReturnValue:
    """Give an event, its days, and the rooms, focus areas, formats and people of its programme."""
    found = _event(slug)
    sessions = programme_for_everybody(found.id)
    return _answer(
        {
            **_brief(found),
            "name": _both(found.name),
            "tagline": _both(found.tagline),
            "venue": {"name": _both(found.venue.name), "city": _both(found.venue.city)} if found.venue else None,
            "days": [day.isoformat() for day in found.days],
            "release": _release(found),
            "sessions": {"count": len(sessions), "url": _here(found, "/sessions")},
            "rooms": _listed((one.room for one in sessions), lambda room: {"capacity": room.capacity}),
            "areas": _listed(one.focus_area for one in sessions),
            "formats": _listed(one.format for one in sessions),
            "people": _people(sessions),
        }
    )


@bp.get("/events/<slug>/sessions")
def sessions(slug: str) -> ResponseReturnValue:
    """List the sessions that have a time, in its order; narrowed as the address asks."""
    found = _event(slug)
    asked = _asked()
    listed = [one for one in programme_for_everybody(found.id) if _is_asked_for(one, found, asked)]
    left = materials_of([one.id for one in listed])
    addresses = Addresses.of(found)
    return _answer(
        {
            "event": _brief(found),
            "release": _release(found),
            "count": len(listed),
            "sessions": [_session(one, found, addresses, left.get(one.id, [])) for one in listed],
        }
    )


@bp.get("/events/<slug>/sessions/<code>")
def session(slug: str, code: str) -> ResponseReturnValue:
    """Give one session, also one that is withdrawn or waits for a time."""
    event = _event(slug)
    found = session_for(event.id, code, VISITOR) or abort(404)
    return _answer(_session(found, event, Addresses.of(event), materials_of([found.id])[found.id]))


@bp.get("/")
@bp.get("/<path:_rest>")
def nothing(_rest: str = "") -> ResponseReturnValue:
    """Say that there is nothing at an address."""
    abort(404)


@bp.errorhandler(InputError)
def wrong(error: InputError) -> ResponseReturnValue:
    """Say what was asked for wrongly."""
    return as_problem(HTTPStatus.BAD_REQUEST, _("This cannot be asked for"), words_of(error))


# ---- what is asked for


def _asked() -> dict[str, str]:
    """Read what the list is narrowed to.

    Raises:
        InputError: it names what there is not, or no day.
    """
    unknown = sorted(set(request.args) - {*FILTERS, "lang"})
    if unknown:
        raise InputError(Wrong.UNKNOWN, name=unknown[0], names=", ".join(FILTERS))
    asked = {name: value.strip() for name, value in request.args.items() if value.strip()}
    if "day" in asked:
        try:
            asked["day"] = date.fromisoformat(asked["day"]).isoformat()
        except ValueError:
            raise InputError(Wrong.NO_DAY, value=asked["day"][:40]) from None
    return asked


def _is_asked_for(session: Session, event: Event, asked: dict[str, str]) -> bool:
    parts = {"room": session.room, "area": session.focus_area, "format": session.format}
    return (
        all(name not in asked or (part is not None and part.code == asked[name]) for name, part in parts.items())
        and ("day" not in asked or (session.starts_at is not None and _day(session.starts_at, event) == asked["day"]))
        and ("person" not in asked or any(_person_id(item.person.uid) == asked["person"] for item in session.people))
        and ("q" not in asked or speaks_of(session, search_key(asked["q"]).split()))
    )


def _day(moment: datetime, event: Event) -> str:
    return local_day(moment, event.timezone).isoformat()


# ---- what is answered


def _answer(said: dict[str, Any]) -> Response:
    """Answer with JSON, or only say that the reader's copy is still true."""
    content = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    tag = hashlib.sha256(content).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(content, mimetype="application/json")
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.after_request
def let_all_sites_read(answer: Response) -> Response:
    """Let the pages of any site read it: nothing here depends on who asks."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = "ETag"
    if request.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        answer.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


def _here(event: Event, path: str = "") -> str:
    return link("api.event", slug=event.slug) + path


@dataclass(frozen=True)
class Addresses:
    """Where sessions of an event are: building each address anew takes long enough to be felt in hundreds."""

    here: str
    pages: Mapping[str, str]

    @classmethod
    def of(cls, event: Event) -> "Addresses":
        """Take them from that of a session named CODE."""
        pages: dict[str, str] = {
            code: link("programme.session", slug=event.slug, code="CODE", lang=code).removesuffix("CODE")
            for code in LANGUAGES
        }
        return cls(_here(event, "/sessions/"), pages)

    def of_session(self, code: str) -> dict[str, Any]:
        """Give those of a session: of what says it to programs, and of its pages."""
        name = quote(code, safe="")
        return {
            "url": self.here + name,
            "pages": {language: before + name for language, before in self.pages.items()},
        }


def _both(text: Bilingual) -> dict[str, str]:
    return {"pl": text.pl, "en": text.en}


def _brief(event: Event) -> dict[str, Any]:
    return {
        "slug": event.slug,
        "url": _here(event),
        "pages": {code: link("programme.index", slug=event.slug, lang=code) for code in LANGUAGES},
        "time_zone": event.timezone,
        "starts_on": event.starts_on.isoformat(),
        "ends_on": event.ends_on.isoformat(),
    }


def _release(event: Event) -> dict[str, Any] | None:
    """Say which release this is; None where the programme was never released under a name."""
    row = db.session.execute(
        select(Release.number, Release.name, Release.released_at)
        .where(Release.event_id == event.id)
        .order_by(Release.number.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return {"number": row[0], "name": _both(row[1]), "released_at": _moment(row[2], event)}


def _moment(moment: datetime | None, event: Event) -> str | None:
    """Write a moment with the offset that the event's clocks have then."""
    return moment.astimezone(ZoneInfo(event.timezone)).isoformat(timespec="seconds") if moment else None


def _term(part: Any) -> dict[str, Any] | None:
    """Name a room, a focus area, a zone or a format by its code and in both languages."""
    return {"code": part.code, "name": _both(part.name)} if part is not None else None


def _listed(parts: Iterable[Any], more: Callable[[Any], dict[str, Any]] = lambda _part: {}) -> list[dict[str, Any]]:
    """List what sessions name, each once, in its order."""
    found = {part.id: part for part in parts if part is not None}
    ordered = sorted(found.values(), key=lambda part: (part.position, part.id))
    return [{"code": part.code, "name": _both(part.name), **more(part)} for part in ordered]


def _person_id(uid: str) -> str:
    """Give an id of somebody that stays, and leads to no other page."""
    return made_guid("person", uid)


def _people(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in sessions:
        for item in one.people:
            key = _person_id(item.person.uid)
            person = found.setdefault(key, {"id": key, "name": item.person.name, "sessions": []})
            if one.code not in person["sessions"]:
                person["sessions"].append(one.code)
    return sorted(found.values(), key=lambda person: (search_key(person["name"]), person["id"]))


def _session(one: Session, event: Event, addresses: Addresses, left: Iterable[SessionMaterial]) -> dict[str, Any]:
    when = one.when
    return {
        "code": one.code,
        **addresses.of_session(one.code),
        "title": _both(one.title),
        "abstract": _both(one.abstract),
        "starts_at": _moment(one.starts_at, event),
        "ends_at": _moment(one.ends_at, event),
        "minutes": round((when.ends_at - when.starts_at).total_seconds() / 60) if when else one.minutes,
        "day": _day(when.starts_at, event) if when else None,
        "is_withdrawn": one.withdrawn_at is not None,
        "room": _term(one.room),
        "area": _term(one.focus_area),
        "zone": _term(one.zone),
        "format": _term(one.format),
        "languages": list(one.languages),
        "people": [
            {"id": _person_id(item.person.uid), "name": item.person.name, "role": item.role.value}
            for item in one.people
        ],
        "takes_signups": one.takes_signups,
        "seats": one.seats,
        "is_open_to_public": one.is_public,
        "materials": [
            {
                "kind": item.kind.value,
                "title": _both(item.title),
                "url": item.url or link("material.take", slug=event.slug, code=one.code, uid=item.uid),
            }
            for item in left
        ],
    }
