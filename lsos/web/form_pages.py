"""The further pages of a registration form that has own questions, and the way back to one that was left."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.questionnaires import drafts
from lsos.registration.models import ParticipationType
from lsos.web import asking, registration
from lsos.web.asking import Whole
from lsos.web.errors import words_of
from lsos.web.limits import REGISTER, limiter
from lsos.web.look import settings
from lsos.web.own_questions import Own
from lsos.web.session import anyone, event_or_404, reader

bp = Blueprint("form_pages", __name__, url_prefix="/events/<slug>/register")
bp.before_request(anyone)


def address_of(event: Event, kind: ParticipationType, number: int) -> str:
    """Give the address of a page of the form."""
    #: What the reader holds goes with them; without it nothing is written.
    entry = request.args.get("entry") or None
    if number <= 1:
        return url_for("registration.register", slug=event.slug, code=kind.code, entry=entry)
    return url_for("form_pages.page", slug=event.slug, code=kind.code, number=number, entry=entry)


@bp.get("/<code>/page/<int:number>")
def page(slug: str, code: str, number: int) -> ResponseReturnValue:
    """Show a further page of the form, as it was typed before."""
    event, kind, pages = _begun(slug, code)
    if pages is None or number > pages.last:
        return redirect(address_of(event, kind, 1))
    return _page(kind, pages.page(number, now=datetime.now(UTC), is_sent=False))


@bp.post("/<code>/page/<int:number>")
@limiter.limit(REGISTER)
def send(slug: str, code: str, number: int) -> ResponseReturnValue:
    """Keep what was typed on a page and go on, go back, stop here, or send the whole form."""
    event, kind, pages = _begun(slug, code)
    if pages is None or not 1 < number <= pages.last:
        return redirect(address_of(event, kind, 1))
    now = datetime.now(UTC)
    own = pages.page(number, now=now, is_sent=True)
    is_right = own.validate(now=now, data_dir=settings().data_dir)
    pages = pages.with_page(own)
    asking.keep(kind, pages.typed)
    if "back" in request.form:
        return redirect(address_of(event, kind, number - 1))
    if asking.wants_to_stop():
        asking.promise(kind, to=_first(pages, "email"), name=_first(pages, "given_name"))
        return redirect(address_of(event, kind, number))
    if not is_right:
        return _page(kind, own), 422
    if own.goes_on:
        return redirect(address_of(event, kind, number + 1))
    return _finish(event, kind, pages, own)


def _begun(slug: str, code: str) -> tuple[Event, ParticipationType, Whole | None]:
    """Give the form that the reader has begun, if they have."""
    event, kind = registration.way(slug, code)
    before = asking.draft(kind)
    return event, kind, asking.whole(event, kind, before.typed) if before is not None else None


def _first(pages: Whole, name: str) -> str:
    found = pages.typed.get(name) or [""]
    return found[0].strip()


def _page(kind: ParticipationType, own: Own) -> str:
    return render_template(
        "registration/page.html", kind=kind, own=own, needs_approval=registration.asks_for_approval(own.event, kind)
    )


def _finish(event: Event, kind: ParticipationType, pages: Whole, own: Own) -> ResponseReturnValue:
    """Check every page once more, since things change while forms lie, and register."""
    now = datetime.now(UTC)
    for number in range(1, pages.last):
        if not pages.page(number, now=now, is_sent=False).validate(now=now, data_dir=None):
            flash(gettext("Something on this page needs another look. Then continue."), "refused")
            return redirect(address_of(event, kind, number))
    form = registration.form_of(event, kind, typed=MultiDict(pages.typed))
    if not form.validate():
        flash(gettext("Something on this page needs another look. Then continue."), "refused")
        return redirect(address_of(event, kind, 1))
    try:
        answer = registration.finish(event, kind, form, pages.replies(), now=now)
    except Refused as refused:
        if not own.show(refused):
            flash(words_of(refused), "refused")
        return _page(kind, own), 409
    return answer


@bp.post("/<code>/discard")
def discard(slug: str, code: str) -> ResponseReturnValue:
    """Throw away what was typed, and begin anew."""
    event, kind = registration.way(slug, code)
    asking.forget(kind)
    return redirect(address_of(event, kind, 1))


@bp.get("/continue/<token>")
def resume(slug: str, token: str) -> ResponseReturnValue:
    """Show the way back to a form; opening a link changes nothing, since programs that look after mail open links."""
    event = event_or_404(slug)
    draft = drafts.draft_by_token(token, now=datetime.now(UTC))
    kind = draft.participation_type if draft is not None else None
    if kind is not None and kind.event_id != event.id:
        abort(404)
    page = render_template("registration/resume.html", draft=draft, kind=kind)
    return page if draft is not None else (page, 404)


@bp.post("/continue/<token>")
def go_on(slug: str, token: str) -> ResponseReturnValue:
    """Let this browser go on with the form."""
    event = event_or_404(slug)
    draft = drafts.draft_by_token(token, now=datetime.now(UTC))
    if draft is None or draft.participation_type.event_id != event.id:
        return redirect(url_for("form_pages.resume", slug=slug, token=token))
    if reader() is not None:
        #: What is kept for a person is theirs; what they began before they signed in comes along.
        asking.keep(draft.participation_type, dict(draft.typed))
    else:
        asking.remember(draft.participation_type_id, token)
    return redirect(address_of(event, draft.participation_type, 1))
