"""The outbox of an event: what was written to whom, whether it went, and why not."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos import mail
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import roles_of
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.outreach import holding, timing, timing_queries
from lsos.outreach.queries import campaigns
from lsos.web.errors import words_of
from lsos.web.letter_look import as_frame, with_frame
from lsos.web.look import settings
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.why import reasons

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
    """List the letters, the newest first: those in a state, to somebody, or written together."""
    event = event_or_404(slug)
    scopes = _scopes(event)
    wish = request.args.get("state", "")
    state = MailState(wish) if wish in set(MailState) else None
    words = request.args.get("q", "").strip()
    batches = _batches(event)
    batch = request.args.get("batch", "") if request.args.get("batch", "") in batches else ""
    counts = mail.counts_listed(scopes, words=words, batch=batch or None)
    total = counts[state] if state else sum(counts.values())
    last_page = max(1, -(-total // mail.PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    return render_template(
        "outbox/index.html",
        now=datetime.now(UTC),
        letters=mail.outbox(scopes, state=state, words=words, batch=batch or None, page=page),
        counts=counts,
        everything=sum(counts.values()),
        state=state,
        words=words,
        batches=batches,
        batch=batch,
        here={key: value for key, value in (("q", words), ("batch", batch)) if value},
        page=page,
        last_page=last_page,
        has_server=bool(settings().mail_url),
        hold=mail.hold_of(event.slug),
        repeatable=_repeatable(event, state, batch) if not words else 0,
    )


def _repeatable(event: Event, state: MailState | None, batch: str) -> int:
    """Count the letters of the event itself that can be sent once more together."""
    if state not in mail.AGAIN:
        return 0
    return mail.counts_listed([event.slug], batch=batch or None)[state]


def _batches(event: Event) -> dict[str, str]:
    """Name what letters of an event were written for, together: campaigns, and letters at their time."""
    found = {one.uid: one.name for one in campaigns(event.id) if one.sent_at is not None}
    return found | {one.uid: gettext(timing.title_of(one)) for one in timing_queries.timed_letters(event.id)}


@bp.post("")
def act(slug: str) -> ResponseReturnValue:
    """Pause all sending of the event, let it go on, or send every letter in a state once more."""
    event = event_or_404(slug)
    by, now = signed_in_reader().id, datetime.now(UTC)
    match request.form.get("what"):
        case "pause":
            holding.pause(event, by=by, now=now)
            flash(gettext("Nothing of this event goes out until you let it."), "done")
        case "resume":
            holding.resume(event, by=by)
            flash(gettext("The mail of this event goes out again."), "done")
        case "again":
            return _again(event, by, now)
        case _:
            abort(400)
    return redirect(url_for(".index", slug=slug))


def _again(event: Event, by: int, now: datetime) -> ResponseReturnValue:
    """Send every letter of the list that is shown once more, where the number is still what was shown."""
    wish = request.form.get("state", "")
    batch = request.form.get("batch", "")
    state = MailState(wish) if wish in set(MailState) else abort(400)
    try:
        number = holding.send_again(
            event, state, batch=batch or None, expected=request.form.get("expected", -1, type=int), by=by, now=now
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=event.slug, state=wish, batch=batch or None))
    flash(ngettext("%(num)s letter is back in the queue.", "%(num)s letters are back in the queue.", number), "done")
    return redirect(url_for(".index", slug=event.slug, batch=batch or None))


def _letter(slug: str, uid: str) -> OutgoingMail:
    letter = mail.mail_by_uid(uid, _scopes(event_or_404(slug)))
    if letter is None:
        abort(404)
    return letter


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one letter, as far as the reader may read it."""
    letter = _letter(slug, uid)
    return with_frame(
        render_template(
            "outbox/show.html",
            letter=letter,
            now=datetime.now(UTC),
            is_open=_is_open(letter),
            has_server=bool(settings().mail_url),
            reasons=reasons(letter, event_or_404(slug)),
            may_repeat=letter.state in mail.AGAIN,
        )
    )


@bp.get("/<uid>/look")
def look(slug: str, uid: str) -> ResponseReturnValue:
    """Give the HTML of a letter, for a frame within the page."""
    letter = _letter(slug, uid)
    if not _is_open(letter):
        abort(403)
    return as_frame(letter)


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
