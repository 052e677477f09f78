"""The language of a page stands first in its address, so that an address read aloud leads to the same words."""

from typing import Any

from babel import Locale
from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_locale, refresh

from lsos.texts import LANGUAGES, OTHER, Language

#: What every page's address begins with.
PREFIX = f"/<any({', '.join(LANGUAGES)}):lang>"
babel = Babel()
#: Made once: every page asks for one of them.
_LOCALES = {language: Locale(language) for language in LANGUAGES}


def init_app(app: Flask) -> None:
    """Read the language from the address, and put it into every address that is made."""
    babel.init_app(app, locale_selector=_of_page)

    @app.url_value_preprocessor
    def take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values is not None and "lang" in values:
            g.lang = values.pop("lang")
            refresh()

    @app.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = current()

    @app.after_request
    def remember(response: Any) -> Any:
        if "lang" in g and session.get("lang") not in {None, g.lang}:
            session["lang"] = g.lang
        return response


def _of_page() -> Locale:
    """Give the language of this page: from its address, else what the reader's browser asks for."""
    if "lang" not in g:
        g.lang = preferred()
    return _LOCALES[g.lang]


def current() -> Language:
    """Give the language that is spoken now: the page's, or within a mail the one of its reader."""
    spoken = get_locale()
    return "en" if spoken is not None and spoken.language == "en" else "pl"


def preferred() -> Language:
    """Guess a reader's language where no page answers: by the address, else the browser's wish, else Polish."""
    if not has_request_context():
        return "pl"
    first = request.path.split("/", 2)[1]
    if first in LANGUAGES:
        return "en" if first == "en" else "pl"
    return "en" if request.accept_languages.best_match(LANGUAGES) == "en" else "pl"


def other() -> Language:
    """Give the language one may switch to."""
    return OTHER[current()]


def locale() -> Locale:
    """Give the locale by which dates and numbers are written now."""
    return get_locale() or Locale.parse(current())
