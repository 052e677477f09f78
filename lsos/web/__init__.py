"""Pages: one module a capability, with its forms. Here they are all put on the application."""

from flask import Flask
from flask_login import LoginManager

from lsos.web import (
    account,
    badge_link,
    badges,
    bulk,
    codes,
    delegation,
    delegations,
    design,
    door,
    door_questions,
    edition,
    errors,
    facts,
    files,
    form_pages,
    home,
    invitations,
    invited,
    kpis,
    language,
    letter_words,
    look,
    matches,
    matching,
    mine,
    my_answers,
    myday,
    organisation_list,
    organisations,
    organise,
    outbox,
    outreach,
    passkeys,
    people,
    persons,
    programme,
    questions,
    registration,
    report,
    requests,
    seat_link,
    seats,
    second_factor,
    session,
    sessions,
    suggestions,
    team,
    timed,
    unsubscribe,
    walk_ins,
    ways,
)
from lsos.web.limits import limiter

#: Every module with pages: its blueprint, and the addresses it answers to below /<lang>.
PAGES = (
    account.bp,
    badges.bp,
    bulk.bp,
    codes.bp,
    delegation.bp,
    delegations.bp,
    design.bp,
    door.bp,
    door_questions.bp,
    edition.bp,
    facts.bp,
    form_pages.bp,
    files.bp,
    home.bp,
    invitations.bp,
    invited.bp,
    kpis.bp,
    matches.bp,
    matching.bp,
    mine.bp,
    my_answers.bp,
    myday.bp,
    organisation_list.bp,
    organisations.bp,
    organise.bp,
    outbox.bp,
    outreach.bp,
    passkeys.bp,
    people.bp,
    persons.bp,
    programme.bp,
    questions.bp,
    report.bp,
    registration.bp,
    requests.bp,
    seat_link.bp,
    seats.bp,
    second_factor.bp,
    sessions.bp,
    suggestions.bp,
    team.bp,
    team.security,
    letter_words.bp,
    timed.bp,
    unsubscribe.bp,
    walk_ins.bp,
    ways.bp,
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
