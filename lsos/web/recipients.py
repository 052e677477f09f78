"""Who gets a letter to many: found by conditions or by a saved view of the list, and seen by name before it goes."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from lsos import mail
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.outreach import queries, service
from lsos.outreach.progress import standing_of
from lsos.outreach.rules import edit_refusal, view_refusal
from lsos.registration import listing, views
from lsos.registration.fields import Register
from lsos.registration.list_models import SavedView
from lsos.registration.listing import Wanted
from lsos.web.audience import audience_form, audience_of, names_of, posted_audience_form
from lsos.web.errors import words_of
from lsos.web.list_fields import gone_from, read_address, register_for, said_in_words
from lsos.web.outreach import campaign_or_404
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.why import why_listed

bp = Blueprint("recipients", __name__, url_prefix="/events/<slug>/organise/letters/<uid>")
bp.before_request(only(Role.REGISTRATIONS))

#: So many of those whom a view shows are named before they are put on the list.
NAMED = 12


@dataclass(frozen=True)
class Seen:
    """A saved view as it stands now: what it filters by, and what of that is gone."""

    view: SavedView
    register: Register
    wanted: Wanted
    gone: list[str]


def _seen(event: Event, uid: str) -> Seen:
    view = views.view_by_uid(event.id, uid, signed_in_reader().id)
    if view is None:
        abort(404)
    register = register_for(event)
    args: MultiDict[str, str] = MultiDict(view.address)
    return Seen(view, register, read_address(args, register), gone_from(args, register))


def _look_at(seen: Seen) -> dict[str, Any]:
    """Say whom a view shows, or why nobody is chosen by it."""
    refusal = view_refusal(gone=seen.gone, has_filter=bool(seen.wanted))
    if refusal is not None:
        refused = Refused(refusal, view=seen.view.name, what=", ".join(seen.gone))
        return {"seen": seen.view, "seen_refused": words_of(refused)}
    ids = listing.page_of(seen.register, seen.wanted).ids[:NAMED]
    states = listing.counts_by_state(seen.register, seen.wanted)
    rows = listing.rows_of(ids, [one for one in (seen.register.get("name"),) if one is not None])
    return {
        "seen": seen.view,
        "seen_phrases": said_in_words(seen.wanted, seen.register),
        "seen_states": states,
        "seen_number": sum(states.values()),
        "seen_some": [row.registration.person for row in rows],
    }


@bp.get("/people")
def index(slug: str, uid: str) -> ResponseReturnValue:
    """Choose people, and see by name who is on the list."""
    event = event_or_404(slug)
    campaign = campaign_or_404(event, uid)
    names = names_of(event)
    form = audience_form(names)
    audience = audience_of(form)
    fitting = queries.count_whom(event.id, audience) if audience.states else 0
    who = request.args.get("who", "").strip()
    total = queries.count_recipients(campaign, words=who)
    last_page = max(1, -(-total // queries.PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    lines = queries.recipients(campaign, words=who, page=page)
    why = why_listed(event, names)
    return render_template(
        "outreach/people.html",
        campaign=campaign,
        stands=standing_of(campaign),
        form=form,
        audience=audience,
        chosen=list(request.args.items(multi=True)),
        fitting=fitting,
        some=queries.some_whom(event.id, audience) if fitting else [],
        lines=lines,
        refused=mail.refused_among([one.recipient.address or one.recipient.registration.person.email for one in lines]),
        why={line.recipient.id: why(line.recipient.why) for line in lines},
        views=views.views_of(event.id, signed_in_reader().id),
        counts=queries.list_counts([campaign.id])[campaign.id],
        total=total,
        who=who,
        page=page,
        last_page=last_page,
        may_edit=edit_refusal(campaign.state) is None,
        **(_look_at(_seen(event, request.args["view"])) if request.args.get("view") else {"seen": None}),
    )


@bp.post("/people")
def add(slug: str, uid: str) -> ResponseReturnValue:
    """Put everybody who fits the choice onto the list."""
    event = event_or_404(slug)
    audience = audience_of(posted_audience_form(names_of(event)))
    expected = request.form.get("expected", -1, type=int)
    try:
        new = service.add_people(event.id, uid, audience, expected=expected)
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=slug, uid=uid, **audience.as_dict()))
    _flash_added(new)
    return redirect(url_for(".index", slug=slug, uid=uid))


@bp.post("/view")
def add_view(slug: str, uid: str) -> ResponseReturnValue:
    """Put everybody whom a saved view of the list shows onto the list."""
    event = event_or_404(slug)
    seen = _seen(event, request.form.get("view", ""))
    try:
        new = service.add_listed(
            event.id,
            uid,
            seen.register,
            seen.wanted,
            view=seen.view.name,
            gone=seen.gone,
            expected=request.form.get("expected", -1, type=int),
        )
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=slug, uid=uid, view=seen.view.uid))
    _flash_added(new)
    return redirect(url_for(".index", slug=slug, uid=uid))


def _flash_added(new: int) -> None:
    flash(
        ngettext("%(num)s person was put on the list.", "%(num)s people were put on the list.", new)
        if new
        else gettext("All of them were on the list already."),
        "done",
    )


@bp.post("/ticks")
def tick(slug: str, uid: str) -> ResponseReturnValue:
    """Keep who on this page of the list is ticked; or take everybody off."""
    event = event_or_404(slug)
    try:
        if "clear" in request.form:
            service.clear_list(event.id, uid)
            flash(gettext("The list is empty."), "done")
        else:
            shown = request.form.getlist("shown", type=int)
            service.tick(event.id, uid, shown=shown, ticked=request.form.getlist("ticked", type=int))
            flash(gettext("Your ticks are kept."), "done")
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
    back: dict[str, Any] = {name: request.args[name] for name in ("who", "page") if request.args.get(name)}
    return redirect(url_for(".index", slug=slug, uid=uid, **back))
