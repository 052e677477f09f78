"""One badge at the desk: printed at once with words put right, or replaced by one with a new code."""

import io
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.badges import queries, service
from lsos.badges.printing import Card, Setting
from lsos.badges.service import WrongWords
from lsos.checkin.service import replace_badge
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.web import session
from lsos.web.badge_words import WordsForm, as_typed
from lsos.web.badges import picture_of, printed
from lsos.web.errors import words_of

bp = Blueprint("badge_desk", __name__, url_prefix="/events/<slug>/door/badges/<uid>")
bp.before_request(session.only(Role.DOOR, Role.REGISTRATIONS))


def _card(event: Event, uid: str) -> Card:
    cards = queries.cards(event, uid=uid)
    return cards[0] if cards else abort(404)


@bp.get("")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show a badge, and the form for the words on it."""
    event = session.event_or_404(slug)
    card = _card(event, uid)
    return _page(card, WordsForm(formdata=None, data=as_typed(card.words)))


def _page(card: Card, form: WordsForm) -> str:
    return render_template("badges/desk.html", card=card, form=form, kept=queries.kept_words(card.registration.id))


@bp.post("")
def put_right(slug: str, uid: str) -> ResponseReturnValue:
    """Keep the words as they shall stand on the badge; print it at once where that is wanted."""
    event = session.event_or_404(slug)
    card = _card(event, uid)
    form = WordsForm()
    if not form.validate():
        return _page(card, form), 422
    by = session.signed_in_reader().id
    try:
        service.put_right(event.id, uid, form.words(), by=by, now=datetime.now(UTC))
    except WrongWords as wrong:
        form.put(wrong)
        return _page(card, form), 422
    except Refused as refused:
        form.given_name.errors = [words_of(refused)]
        return _page(card, form), 422
    if not request.form.get("print"):
        flash(_("Kept: the badge says so from now on. The registration stays as it is."), "done")
        return redirect(url_for(".show", slug=slug, uid=uid))
    card = _card(event, uid)
    made = printed(event, [card], Setting())
    service.note_printing(event, [card.layout], count=1, paper="cards", one_uid=uid, by_id=by)
    return send_file(io.BytesIO(made), mimetype="application/pdf", download_name=f"badge-{event.slug}.pdf")


@bp.get("/badge.png")
def preview(slug: str, uid: str) -> ResponseReturnValue:
    """Draw the badge exactly as it is printed."""
    event = session.event_or_404(slug)
    answer = send_file(io.BytesIO(picture_of(event, [_card(event, uid)])), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.post("/replace")
def replace(slug: str, uid: str) -> ResponseReturnValue:
    """Give the badge a new code; the old one opens nothing any more."""
    event = session.event_or_404(slug)
    before = request.form.get("code", "")
    by, now = session.signed_in_reader().id, datetime.now(UTC)
    try:
        code = replace_badge(event, uid, instead_of=before, by_id=by, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for("door.index", slug=slug))
    flash(
        _("The new code is %(code)s. The old badge opens nothing any more; print the new one now.", code=code), "done"
    )
    return redirect(url_for(".show", slug=slug, uid=uid))
