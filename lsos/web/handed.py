"""A seat that a colleague hands on, as the one it is offered to sees it: one button for yes, one for no."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.invitations import entries
from lsos.invitations.rules import pass_refusal
from lsos.registration import transfers
from lsos.registration.rules import HeldFor
from lsos.web.entries import entrance
from lsos.web.errors import words_of
from lsos.web.forms import PageForm
from lsos.web.limits import LINKS, limiter
from lsos.web.session import anyone, event_or_404, reader

bp = Blueprint("handed", __name__, url_prefix="/events/<slug>/seat-from")
bp.before_request(anyone)


class NoForm(PageForm):
    """No, thank you."""


@bp.get("/<token>")
@limiter.limit(LINKS)
def show(slug: str, token: str) -> ResponseReturnValue:
    """Show who hands on a seat at what; looking changes nothing."""
    return _page(event_or_404(slug), token, NoForm(formdata=None))


def _page(event: Event, token: str, form: NoForm) -> str:
    now = datetime.now(UTC)
    entry = entries.transfer_entry(event.id, token, now)
    if entry.transfer is None:
        abort(404)
    kind = entry.transfer.giver.participation_type
    person = reader()
    addresses = [one.address for one in person.emails if one.verified_at is not None] if person else None
    #: Who cannot use the link is told so, even where they could register without it.
    refusal = pass_refusal(entry.held, kind.code, addresses=addresses)
    refusal = refusal or entrance(kind, person, entry=entry, now=now).opening.refusal
    return render_template(
        "handing/handed.html",
        transfer=entry.transfer,
        giver=entry.transfer.giver.person.name,
        kind=kind,
        token=token,
        form=form,
        is_answered=entry.held.refusal is not None,
        is_reviewed=entry.holding is HeldFor.REVIEW,
        refusal=_(refusal) if refusal is not None else None,
    )


@bp.post("/<token>/decline")
@limiter.limit(LINKS)
def decline(slug: str, token: str) -> ResponseReturnValue:
    """Say no; the giver keeps the seat and is told."""
    event = event_or_404(slug)
    form = NoForm()
    if not form.validate():
        return _page(event, token, form), 422
    try:
        transfers.decline(event.id, token, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Thank you for telling us. The seat stays with who offered it, and you get no more letters."), "done")
    return redirect(url_for(".show", slug=slug, token=token))
