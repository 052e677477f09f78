"""The words on one's own badge: put right, or found right, until organisers freeze them."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.badges import queries, service
from lsos.badges.service import WrongWords
from lsos.errors import Refused
from lsos.registration.queries import whole_registration
from lsos.registration.rules import RegistrationState
from lsos.web.badge_words import WordsForm, as_typed
from lsos.web.errors import words_of
from lsos.web.session import attendee, attendees, event_or_404

bp = Blueprint("my_badge", __name__, url_prefix="/events/<slug>/me/badge")
bp.before_request(attendees)


@bp.route("/words", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show the words on the reader's badge, and keep them as they say."""
    event = event_or_404(slug)
    mine = whole_registration(event.id, attendee().uid)
    if mine is None or mine.state is not RegistrationState.CONFIRMED:
        return redirect(url_for("mine.badge", slug=slug))
    words = queries.words_of(mine, queries.kept_words(mine.id))
    form = WordsForm(data=as_typed(words))
    is_frozen = queries.is_frozen(event.id)
    if request.method == "POST" and form.validate():
        try:
            service.put_right(event.id, mine.uid, form.words(), by=mine.person_id, now=datetime.now(UTC))
        except WrongWords as wrong:
            form.put(wrong)
        except Refused as refused:
            form.given_name.errors = [words_of(refused)]
        else:
            flash(_("Thank you. This is how your badge is printed."), "done")
            return redirect(url_for("mine.badge", slug=slug))
    page = render_template("mine/badge_words.html", form=form, is_frozen=is_frozen)
    return page, 422 if request.method == "POST" else 200


@bp.post("/approve")
def approve(slug: str) -> ResponseReturnValue:
    """Keep that the reader says their badge is right, of the words that they saw."""
    event = event_or_404(slug)
    mine = attendee()
    mark = request.form.get("mark", "")
    try:
        service.approve(event.id, mine.uid, mark, by=mine.person_id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Thank you. This is how your badge is printed."), "done")
    return redirect(url_for("mine.badge", slug=slug))
