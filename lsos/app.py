"""The application: the one room that knows all the others."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

import lsos.models  # noqa: F401  # every table is known before the first session
from lsos import web
from lsos.agenda.waiting_queries import planned_by
from lsos.db import attach, db, migrate
from lsos.drafting.queries import add_asker
from lsos.paths import folder
from lsos.proposals import confirming
from lsos.registration import mails, steps
from lsos.settings import Settings, read_settings
from lsos.zone import feedback, following

csrf = CSRFProtect()
login = LoginManager()


class Site(Flask):
    """A Flask application whose functions are all plain ones: none is awaited, so it is not asked of each."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function as it is."""
        return func


class Cookies(SecureCookieSessionInterface):
    """Cookies of one application, signed by what is made once: its key is said at the start."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Give what signs them."""
        self._signer = self._signer or super().get_signing_serializer(app)
        return self._signer


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from settings; without any, from the environment.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = settings or read_settings()
    app = Site("lsos", template_folder=str(folder("templates")), static_folder=str(folder("static")))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        SESSION_COOKIE_NAME="lsos",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_https,
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 14,
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        #: A form may stay open for as long as the session lives; nothing typed is lost to a clock.
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_DEFAULT_TIMEZONE="UTC",
        BABEL_TRANSLATION_DIRECTORIES=str(folder("lsos") / "translations"),
        RATELIMIT_STORAGE_URI=settings.rate_limit_url,
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_HEADERS_ENABLED=True,
    )
    app.session_interface = Cookies()
    app.extensions["lsos"] = settings
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    if settings.database.startswith("sqlite:///") and not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    attach(app)
    migrate.init_app(app, db, directory=str(folder("migrations")))
    csrf.init_app(app)
    #: A mail program that ends news by one click has neither page nor cookie; what it holds is the link's own token.
    csrf.exempt("lsos.web.unsubscribe.end")
    csrf.exempt("lsos.web.market_news.end")
    #: Their cookie goes along with nothing that another site sends, and what they take is JSON, which no form sends.
    csrf.exempt("lsos.web.scanner.take")
    #: It takes JSON only, which no page of another site can send with a cookie.
    csrf.exempt("lsos.web.leads.take")
    csrf.exempt("lsos.web.scanner.undo")
    login.init_app(app)
    web.init_app(app, login)
    steps.add_follower(following.follow)
    mails.add_to_decisions(feedback.for_letter)
    mails.add_plan(planned_by)
    add_asker(confirming.unconfirmed_of)
    return app


def engine_options(settings: Settings) -> dict[str, object]:
    """Give each thread a connection; the driver's own timeouts do the rest."""
    if settings.database.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}}
    return {"pool_size": settings.threads, "max_overflow": 2, "pool_pre_ping": True}
