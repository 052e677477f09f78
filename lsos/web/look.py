"""How pages are put together: headers that keep them safe, filters that write dates and texts, drawings."""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, request, url_for
from flask_babel import gettext
from markupsafe import Markup, escape
from werkzeug.routing import BuildError

from lsos import drawing, wording
from lsos.events.models import Event
from lsos.paths import folder
from lsos.settings import Settings
from lsos.texts import LANGUAGE_NAMES, Bilingual
from lsos.web import language, navigation, session

#: Nothing from elsewhere, nothing inline but what carries this answer's nonce.
_POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
#: What only a page, a picture or a script needs; JSON, which phones get with each scan, is opened as none of these.
_SHOWN = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def settings() -> Settings:
    """Give the settings of the running application."""
    found: Settings = current_app.extensions["lsos"]
    return found


def nonce() -> str:
    """Give the nonce that scripts of this answer carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    made: str = g.nonce
    return made


def content_security_policy() -> str:
    """Say what this answer, which is rendered by now, may load and run."""
    return _POLICY.format(nonce=f" 'nonce-{g.nonce}'" if "nonce" in g else "")


def secure(response: Response) -> Response:
    """Set the headers that keep a page to itself, unless it set them."""
    wanted = dict(_ALWAYS)
    if not response.is_json:
        wanted |= _SHOWN | {"Content-Security-Policy": content_security_policy()}
    if settings().is_https:
        wanted["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    said = {name.lower() for name, _ in response.headers}
    for name, value in wanted.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    if request.endpoint != "static":
        #: Who reads is asked where the page has not said it, since that may ask the database.
        if "cache-control" not in said:
            response.headers["Cache-Control"] = "no-store" if session.reader() else "no-cache"
    elif "v" in request.args and response.status_code == HTTPStatus.OK:
        #: `asset` gives another address as soon as the file is another.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@lru_cache(maxsize=256)
def _fingerprint(name: str, _changed: float) -> str:
    return hashlib.sha256((folder("static") / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Give the address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return url_for("static", filename=name, v=_fingerprint(name, (folder("static") / name).stat().st_mtime))


def link(endpoint: str, **values: Any) -> str:
    """Give the whole address of a page, also where no request is being answered, as in a mail."""
    base = urlsplit(settings().base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = language.current()
    return adapter.build(endpoint, values, force_external=True)


def switch_language() -> str:
    """Give the address of this page in the other language."""
    if request.endpoint is None or "lang" not in g or request.method not in {"GET", "HEAD"}:
        return url_for("home.index", lang=language.other())
    values = dict(request.view_args or {}) | dict(request.args.items(multi=False)) | {"lang": language.other()}
    try:
        return url_for(request.endpoint, **values)
    except BuildError:
        return url_for("home.index", lang=language.other())


def text(value: Bilingual | None) -> Markup:
    """Write an organiser's text in the reader's language; a stand-in from the other language is marked."""
    if not value:
        return Markup("")
    reading = value.read(language.current())
    if not reading.is_fallback:
        return escape(reading.text)
    return Markup('<span lang="{}" class="fallback" title="{}">{}</span>').format(
        reading.language, gettext("Not translated yet"), reading.text
    )


def plain(value: Bilingual | None) -> str:
    """Give an organiser's text in the reader's language, without marks: for titles and attributes."""
    return value.read(language.current()).text if value else ""


def _here() -> str:
    event = g.get("event")
    return event.timezone if event is not None else "Europe/Warsaw"


def _date(when: date | datetime, zone: str | None) -> date:
    return when.astimezone(ZoneInfo(zone or _here())).date() if isinstance(when, datetime) else when


def clock(moment: datetime | time, zone: str | None = None) -> str:
    """Write a time of day, 24 hours, in the event's zone."""
    return wording.clock(moment, zone or _here())


def day(when: date | datetime, zone: str | None = None) -> str:
    """Write a day with its weekday, as the language does: Thursday, 27 November 2025."""
    return wording.day(_date(when, zone))


def short_day(when: date | datetime, zone: str | None = None) -> str:
    """Write a day in short: Thu 27 Nov."""
    return wording.short_day(_date(when, zone))


def stamp(moment: datetime, zone: str | None = None) -> str:
    """Write a moment with day and time."""
    return wording.stamp(moment, zone or _here())


def weekday(when: date | datetime, zone: str | None = None) -> str:
    """Write the name of a day: Thursday."""
    return wording.weekday(_date(when, zone))


def zone_name(moment: datetime, zone: str | None = None) -> str:
    """Write what the clocks of the event's zone are called at a moment: CET."""
    return wording.zone_name(moment, zone or _here())


def real_dates(event: Event) -> str:
    """Write when an event whose dates were moved for a demonstration really was."""
    back = timedelta(days=event.moved_days)
    return wording.days_between(event.starts_on - back, event.ends_on - back)


def init_app(app: Flask) -> None:
    """Give templates their filters, globals and safe headers."""
    app.after_request(secure)
    app.jinja_env.filters |= {
        "clock": clock,
        "country": wording.country_name,
        "day": day,
        "listed": wording.listed,
        "month_day": wording.month_day,
        "month_short": wording.month_short,
        "number": wording.number,
        "percent": wording.percent,
        "plain": plain,
        "short_day": short_day,
        "stamp": stamp,
        "text": text,
        "to_digits": wording.to_digits,
        "weekday": weekday,
        "zone_name": zone_name,
    }
    app.jinja_env.globals |= {
        "asset": asset,
        "csp_nonce": nonce,
        "current_language": language.current,
        "days_between": wording.days_between,
        "language_names": LANGUAGE_NAMES,
        "draw": drawing,
        "link": link,
        "may": session.may,
        "my_registration": session.my_registration,
        "navigation": navigation.navigation,
        "other_language": language.other,
        "platform_rail": navigation.platform_rail,
        "rail": navigation.rail,
        "reach": navigation.reach,
        "reader": session.reader,
        "real_dates": real_dates,
        "switch_language": switch_language,
    }

    @app.context_processor
    def of_this_page() -> dict[str, Any]:
        return {"event": g.get("event")}
