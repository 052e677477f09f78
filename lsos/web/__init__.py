"""Pages: one module a capability, with its forms. Here they are all put on the application."""

from flask import Flask
from flask_login import LoginManager

from lsos.web import (
    account,
    badge_link,
    badges,
    design,
    door,
    edition,
    errors,
    facts,
    home,
    kpis,
    language,
    look,
    matches,
    matching,
    mine,
    myday,
    organise,
    outbox,
    outreach,
    people,
    programme,
    questions,
    registration,
    report,
    requests,
    seat_link,
    session,
    sessions,
    unsubscribe,
)
from lsos.web.limits import limiter

#: Every module with pages: its blueprint, and the addresses it answers to below /<lang>.
PAGES = (
    account.bp,
    badges.bp,
    design.bp,
    door.bp,
    edition.bp,
    facts.bp,
    home.bp,
    kpis.bp,
    matches.bp,
    matching.bp,
    mine.bp,
    myday.bp,
    organise.bp,
    outbox.bp,
    outreach.bp,
    people.bp,
    programme.bp,
    questions.bp,
    report.bp,
    registration.bp,
    requests.bp,
    seat_link.bp,
    sessions.bp,
    unsubscribe.bp,
)


def init_app(app: Flask, login: LoginManager) -> None:
    """Put languages, sign-in, limits, looks, errors and every page on the application."""
    language.init_app(app)
    session.init_app(app, login)
    limiter.init_app(app)
    look.init_app(app)
    errors.init_app(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint, url_prefix=f"{language.PREFIX}{blueprint.url_prefix or ''}")
    for blueprint in (badge_link.bp, home.root):
        app.register_blueprint(blueprint)
