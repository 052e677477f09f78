"""Badges: how many, what does not fit, a look before printing, and the pages to print."""

import io
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lsos.agenda.hats import hats_of
from lsos.checkin import badges, queries, service
from lsos.checkin.badges import Field, Layout
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.web import session
from lsos.web.look import settings

bp = Blueprint("badges", __name__, url_prefix="/events/<slug>/organise/badges")
bp.before_request(session.only(Role.REGISTRATIONS))

FIELD_WORDS = {
    Field.GIVEN: _l("Given name"),
    Field.FAMILY: _l("Family name"),
    Field.ORGANISATION: _l("Organisation"),
    Field.JOB: _l("Job title"),
    Field.PARTICIPATION: _l("Participation"),
    Field.HATS: _l("Roles"),
}
#: Texts that do not fit well, shown at most; the rest is counted.
SHOWN = 40
#: From so many badges on they are printed by a process of its own.
LONG = 60


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what can be printed, how it will look, and which texts do not fit."""
    event = session.event_or_404(slug)
    owners = queries.badge_registrations(event.id)
    last = queries.last_printing(event.slug)
    tight = badges.tight(owners, _hats(event, owners))
    words = request.args.get("q", "").strip()[:100]
    found = queries.search_by_name(event.id, words) if words else []
    return render_template(
        "badges/index.html",
        count=len(owners),
        last=last,
        new=queries.badge_count(event.id, since=last) if last else 0,
        sample=owners[0] if owners else None,
        worst=_worst(owners, tight),
        tight=tight[:SHOWN],
        tight_count=len(tight),
        field_words=FIELD_WORDS,
        layouts=Layout,
        words=words,
        found=[owner for owner in found if owner.state is RegistrationState.CONFIRMED],
    )


def _hats(event: Event, owners: list[Registration]) -> badges.Hats:
    return hats_of(event.id, [owner.person_id for owner in owners])


def _worst(owners: list[Registration], tight: list[badges.Tight]) -> Registration | None:
    """Choose the badge that shows the worst: one that does not fit, else the one with the longest name."""
    if tight:
        return tight[0].registration
    return max(owners, key=lambda owner: len(owner.person.name), default=None)


def _layout() -> Layout:
    try:
        return Layout(request.args.get("layout", Layout.A6))
    except ValueError:
        abort(404)


def _since() -> datetime | None:
    """Read the moment after which a registration counts as new."""
    text = request.args.get("since", "")
    try:
        since = datetime.fromisoformat(text) if text else None
    except ValueError:
        abort(404)
    if since is not None and since.tzinfo is None:
        abort(404)
    return since


def _owners(event: Event) -> list[Registration]:
    """Find whose badges are meant: everybody's, those new since a moment, or one person's."""
    return queries.badge_registrations(event.id, since=_since(), uid=request.args.get("who"))


@bp.post("/badges.pdf")
def pdf(slug: str) -> ResponseReturnValue:
    """Print badges: all, those new since a moment, or one; that they were printed is written down."""
    event = session.event_or_404(slug)
    layout = _layout()
    owners = _owners(event)
    if not owners:
        flash(gettext("There is no such badge to print. Badges are for confirmed registrations."), "refused")
        return redirect(url_for(".index", slug=slug))
    hats = _hats(event, owners)
    with badges.document(event, owners, layout=layout, base_url=settings().base_url, hats=hats) as made:
        printed = made.long_pdf() if len(owners) > LONG else made.pdf()
    who = request.args.get("who")
    service.note_printing(
        event, count=len(owners), layout=layout.value, one_uid=who, by_id=session.signed_in_reader().id
    )
    name = f"badges-{event.slug}-{layout.value}.pdf"
    return send_file(io.BytesIO(printed), mimetype="application/pdf", download_name=name)


@bp.get("/preview.png")
def preview(slug: str) -> ResponseReturnValue:
    """Draw a badge, or a sheet of four, exactly as it is printed."""
    event = session.event_or_404(slug)
    layout = _layout()
    owners = _owners(event)[: 4 if layout is Layout.A4 else 1]
    if not owners:
        abort(404)
    hats = _hats(event, owners)
    with badges.document(event, owners, layout=layout, base_url=settings().base_url, hats=hats) as made:
        (picture,) = made.pictures(dots_per_inch=120 if layout is Layout.A4 else 170)
    return send_file(io.BytesIO(picture), mimetype="image/png")
