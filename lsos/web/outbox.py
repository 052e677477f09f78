"""The outbox of an event: what was written to whom, whether it went, and why not."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos import mail
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import roles_of
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.web.errors import words_of
from lsos.web.look import settings
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("outbox", __name__, url_prefix="/events/<slug>/organise/mail")
bp.before_request(only(Role.REGISTRATIONS))


def _scopes(event: Event) -> list[str]:
    """Say whose mails the reader sees: the event's, and the platform's own for owners of all events."""
    everywhere = roles_of(signed_in_reader().id, None)
    return [event.slug, ""] if Role.OWNER in everywhere else [event.slug]


def _is_open(letter: OutgoingMail) -> bool:
    """Say whether organisers may read a letter: a secret one only where no server could have sent it."""
    return not letter.is_secret or not settings().mail_url


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the letters, the newest first."""
    event = event_or_404(slug)
    scopes = _scopes(event)
    wish = request.args.get("state", "")
    state = MailState(wish) if wish in set(MailState) else None
    counts = mail.counts_by_state(*scopes)
    total = counts[state] if state else sum(counts.values())
    last_page = max(1, -(-total // mail.PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    return render_template(
        "outbox/index.html",
        letters=mail.outbox(scopes, state=state, page=page),
        counts=counts,
        everything=sum(counts.values()),
        state=state,
        page=page,
        last_page=last_page,
        has_server=bool(settings().mail_url),
    )


def _letter(slug: str, uid: str) -> OutgoingMail:
    letter = mail.mail_by_uid(uid, _scopes(event_or_404(slug)))
    if letter is None:
        abort(404)
    return letter


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one letter, as far as the reader may read it."""
    letter = _letter(slug, uid)
    return render_template(
        "outbox/show.html", letter=letter, is_open=_is_open(letter), has_server=bool(settings().mail_url)
    )


@bp.get("/<uid>/files/<int:number>")
def file(slug: str, uid: str, number: int) -> ResponseReturnValue:
    """Give a file that goes with a letter; browsers keep it and never show it as a page of ours."""
    letter = _letter(slug, uid)
    if not _is_open(letter):
        abort(403)
    if not 1 <= number <= len(letter.attachments):
        abort(404)
    found = letter.attachments[number - 1]
    answer = Response(found.content, mimetype=found.content_type.partition(";")[0])
    answer.headers.set("Content-Disposition", "attachment", filename=found.filename)
    return answer


@bp.post("/<uid>/again")
def again(slug: str, uid: str) -> ResponseReturnValue:
    """Send a letter once more."""
    event = event_or_404(slug)
    try:
        mail.try_again(uid, scopes=_scopes(event), now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(gettext("The letter is back in the queue."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))
