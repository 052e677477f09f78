"""The jurors of an event, for organisers: who they are, what they know, how far they are, and letters to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from lsos.accounts.models import Person
from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.models import FocusArea
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.web import language
from lsos.web.errors import back_with, words_of
from lsos.web.forms import ChipsField, PageForm, address_field, name_field, options
from lsos.web.jury import call_or_404
from lsos.web.limits import ADDRESS, limiter
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain
from lsos.zone import jury_service as service
from lsos.zone.jury_queries import Board, load, people_like
from lsos.zone.jury_rules import Progress

bp = Blueprint("jury_people", __name__, url_prefix="/events/<slug>/organise/jury/<call>/jurors")
bp.before_request(only(Role.REGISTRATIONS))


class InviteForm(PageForm):
    """A juror by their address."""

    address = address_field(_l("E-mail"), is_own=False)
    name = name_field(_l("Name"))


class AreasForm(PageForm):
    """What a juror knows well."""

    areas = ChipsField(_l("Focus areas"))


@dataclass(frozen=True)
class Line:
    """One juror, and how far they are."""

    person: Person
    progress: Progress
    conflicts: int
    areas: Sequence[FocusArea]
    form: AreasForm


@bp.get("")
def index(slug: str, call: str) -> ResponseReturnValue:
    """Show the jurors, and how far each is."""
    return _page(slug, call, InviteForm(formdata=None))


def _page(slug: str, call: str, form: InviteForm) -> str:
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    words = request.args.get("q", "")
    return render_template(
        "jury/jurors.html",
        call=board.call,
        form=form,
        lines=_lines(board, focus_areas(event.id)),
        words=words,
        found=people_like(event.id, words),
    )


def _lines(board: Board, areas: Sequence[FocusArea]) -> list[Line]:
    lines = []
    for juror in board.jurors:
        known = board.juror_areas[juror.id]
        form = AreasForm(
            formdata=None, prefix=f"{juror.uid}-", data={"areas": [one.code for one in areas if one.id in known]}
        )
        form.areas.choices = options(*((one.code, plain(one.name)) for one in areas))
        lines.append(
            Line(
                person=juror,
                progress=board.progress_of(juror.id),
                conflicts=sum(board.conflict(one.id, juror.id) is not None for one in board.applications),
                areas=[one for one in areas if one.id in known],
                form=form,
            )
        )
    return lines


@bp.post("/invite")
@limiter.limit(ADDRESS, key_func=lambda: f"juror:{signed_in_reader().id}:{request.form.get('address', '').lower()}")
def invite(slug: str, call: str) -> ResponseReturnValue:
    """Make the holder of an address a juror, and write to them."""
    event = event_or_404(slug)
    call_or_404(event, call)
    form = InviteForm()
    if not form.validate():
        return _page(slug, call, form), 422
    try:
        person = service.invite_juror(
            event.id,
            form.address.data or "",
            form.name.data or "",
            language=language.current(),
            by=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        form.address.errors = [words_of(refused)]
        return _page(slug, call, form), 422
    flash(_("%(name)s is a juror now and was written to.", name=person.name), "done")
    return redirect(url_for(".index", slug=slug, call=call))


@bp.post("/<uid>/make")
def make(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Make somebody who takes part a juror; nobody is written to yet."""
    event, back = event_or_404(slug), url_for(".index", slug=slug, call=call)
    call_or_404(event, call)
    try:
        person = service.make_juror(event.id, uid, by=signed_in_reader().id)
    except LsosError as error:
        return back_with(error, back)
    flash(_("%(name)s is a juror now. Nobody was written to yet.", name=person.name), "done")
    return redirect(back)


@bp.post("/<uid>/dismiss")
def dismiss(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Take the juror's hat from somebody."""
    event, back = event_or_404(slug), url_for(".index", slug=slug, call=call)
    call_or_404(event, call)
    try:
        person = service.dismiss_juror(event.id, uid, by=signed_in_reader().id)
    except LsosError as error:
        return back_with(error, back)
    flash(_("%(name)s is no juror any more. Reviews that were sent stay and count.", name=person.name), "done")
    return redirect(back)


@bp.post("/<uid>/areas")
def areas(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Store what a juror knows well."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    juror = next((one for one in board.jurors if one.uid == uid), None) or abort(404)
    form = AreasForm(prefix=f"{juror.uid}-")
    form.areas.choices = options(*((one.code, plain(one.name)) for one in focus_areas(event.id)))
    if not form.validate():
        abort(400)
    service.set_areas(event.id, juror.id, form.areas.data or [])
    flash(_("Saved. It counts when applications are shared out."), "done")
    return redirect(url_for(".index", slug=slug, call=call))


@bp.get("/remind")
def whom(slug: str, call: str) -> ResponseReturnValue:
    """Name whom a reminder would go to, before it does."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    chosen = set(request.args.getlist("to"))
    if "left" in request.args:
        chosen = {one.uid for one in board.jurors if board.progress_of(one.id).missing}
    if not chosen:
        flash(_("Nobody was chosen, so nobody was written to."), "refused")
        return redirect(url_for(".index", slug=slug, call=call))
    named = [(one, board.progress_of(one.id)) for one in board.jurors if one.uid in chosen]
    return render_template(
        "jury/remind.html",
        call=board.call,
        jury=board.jury,
        too_late=_(service.TOO_LATE) if board.jury.is_over(datetime.now(UTC)) else "",
        busy=[(one, done) for one, done in named if done.missing],
        idle=[one for one, done in named if not done.missing],
    )


@bp.post("/remind")
def remind(slug: str, call: str) -> ResponseReturnValue:
    """Write to the jurors who were named."""
    event, back = event_or_404(slug), url_for(".index", slug=slug, call=call)
    try:
        number = service.remind(
            call_or_404(event, call).id,
            set(request.form.getlist("to")),
            by=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(back)
    flash(ngettext("%(num)s juror was written to.", "%(num)s jurors were written to.", number), "done")
    return redirect(back)
