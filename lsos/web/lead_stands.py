"""Which organisations collect leads at an event, for organisers: how many, and of whom nothing."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.contacts import leads
from lsos.contacts.queries import figures
from lsos.contacts.rules import counted_safely
from lsos.errors import LsosError
from lsos.events.rules import Role
from lsos.reporting.rules import LEAST
from lsos.web import session
from lsos.web.errors import back_with

bp = Blueprint("lead_stands", __name__, url_prefix="/events/<slug>/organise/stands")
bp.before_request(session.only(Role.REGISTRATIONS))


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show the stands and how many contacts were exchanged; no number so small that it tells of somebody."""
    event = session.event_or_404(slug)
    counted = figures(event.id)
    return render_template(
        "leads/stands.html",
        stands=[(one, counted_safely(number, least=LEAST), let) for one, number, let in leads.stands_at(event.id)],
        others=leads.organisations_without(event.id),
        contacts=counted_safely(counted.contacts, least=LEAST),
        leads=counted_safely(counted.leads, least=LEAST),
        whole=counted_safely(counted.whole_leads, least=LEAST),
        least=LEAST,
    )


@bp.post("/")
def save(slug: str) -> ResponseReturnValue:
    """Let an organisation collect leads, or take that back."""
    event, here = session.event_or_404(slug), url_for(".index", slug=slug)
    is_in = request.form.get("do") != "end"
    try:
        one = leads.let_in(
            event.id,
            event.slug,
            request.form.get("organisation", ""),
            is_in=is_in,
            by=session.signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except LsosError as error:
        return back_with(error, here)
    if is_in:
        flash(gettext("%(name)s collects leads now: its people find it on My day.", name=one.name), "done")
    else:
        flash(gettext("%(name)s collects no more leads. What it collected stays.", name=one.name), "done")
    return redirect(here)
