"""The call for proposals, as everybody reads it, and the way in for those who are not signed in."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from wtforms.validators import InputRequired

from lsos.accounts.models import Person
from lsos.accounts.queries import fold_address, token_hash
from lsos.errors import Refused
from lsos.proposals import ways_in
from lsos.proposals.models import ProposalCall
from lsos.proposals.queries import call_of, mine_of, public_bio
from lsos.proposals.rules import window_refusal
from lsos.texts import Bilingual
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, PrintableName, address_field, name_field
from lsos.web.limits import ADDRESS, LINKS, REGISTER, limiter
from lsos.web.look import settings
from lsos.web.session import anyone, event_or_404, open_session, page_event, reader

bp = Blueprint("proposals", __name__, url_prefix="/events/<slug>/proposals")
bp.before_request(anyone)


class WayInForm(PageForm):
    """Who wants to propose something, and where the link goes."""

    name = name_field(_l("Your name"), InputRequired(_l("Write the name you want to be called by.")), PrintableName())
    address = address_field(_l("E-mail"))


def call_or_404(event_id: int) -> ProposalCall:
    """Give the call of the event of this page."""
    return call_of(event_id) or abort(404)


def _typed_address() -> str:
    typed = fold_address(request.form.get("address") or "")
    return f"address:{token_hash(typed)}" if typed else get_remote_address()


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Say what is wanted and until when; lead whoever is signed in to their proposals, and others to the way in."""
    event_or_404(slug)
    sent_to = cookie.pop("proposal_link_to", None) if "sent" in request.args else None
    return _page(WayInForm(formdata=None), sent_to=sent_to)


def _page(form: WayInForm, *, sent_to: str | None = None) -> str:
    event, now = page_event(), datetime.now(UTC)
    call, person = call_or_404(event.id), reader()
    refusal = window_refusal(opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    return render_template(
        "proposals/call.html",
        call=call,
        form=form,
        refusal=gettext(refusal) if refusal else "",
        is_early=now < call.opens_at,
        mine=mine_of(event.id, person.id) if person else (),
        person=person,
        sent_to=sent_to,
        has_mail_server=bool(settings().mail_url),
    )


@bp.post("")
@limiter.limit(REGISTER)
@limiter.limit(ADDRESS, key_func=_typed_address)
def ask(slug: str) -> ResponseReturnValue:
    """Send a link to an address; the answer does not tell who has an account."""
    event, now = event_or_404(slug), datetime.now(UTC)
    call = call_or_404(event.id)
    form = WayInForm()
    if not form.validate():
        return _page(form), 422
    refusal = window_refusal(opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    if refusal is not None:
        flash(gettext(refusal), "refused")
        return _page(form), 409
    address = form.address.data or ""
    ways_in.ask_for_way_in(event, address, form.name.data or "", language=language.current(), now=now)
    cookie["proposal_link_to"] = address
    return redirect(url_for(".index", slug=slug, sent=1))


@bp.get("/begin/<key>")
@limiter.limit(LINKS)
def begin(slug: str, key: str) -> ResponseReturnValue:
    """Show one button: the programs that look at every link in a mail press none."""
    event_or_404(slug)
    refusal = ways_in.key_refusal(key, now=datetime.now(UTC))
    page = render_template("proposals/begin.html", key=key, reason=gettext(refusal) if refusal else "")
    return (page, 410) if refusal else page


@bp.post("/begin/<key>")
@limiter.limit(LINKS)
def go(slug: str, key: str) -> ResponseReturnValue:
    """Let whoever holds the key in, and lead them to their proposals."""
    event, now = event_or_404(slug), datetime.now(UTC)
    there = url_for("my_proposals.index", slug=slug)
    try:
        person = ways_in.open_way_in(event, key, now=now)
    except Refused as refused:
        if refused.message != ways_in.KNOWN:
            return render_template("proposals/begin.html", key=key, reason=words_of(refused)), 410
        if reader() is not None:
            return redirect(there)
        flash(words_of(refused), "refused")
        return redirect(url_for("account.sign_in", next=there))
    open_session(person, by_password=False, now=now)
    return redirect(there)


@bp.app_template_global()
def bio_of(person: Person) -> Bilingual | None:
    """Give what somebody who speaks at the event of the page lets everybody read of who they are."""
    return public_bio(page_event().id, person.id)


@bp.app_template_global()
def open_call() -> ProposalCall | None:
    """Give the call of the event of the page while one can propose something."""
    if "open_call" not in g:
        found = call_of(page_event().id)
        now = datetime.now(UTC)
        g.open_call = found if found is not None and found.opens_at <= now < found.closes_at else None
    call: ProposalCall | None = g.open_call
    return call
