"""One's own certificate of attendance: whether there is one, what it says, and the file in either language."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lsos.certificates import queries, service
from lsos.certificates.printing import Sheet
from lsos.certificates.queries import Holder
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.texts import LANGUAGE_NAMES
from lsos.web.certificate_files import as_pdf, file_name, language_or_404
from lsos.web.errors import words_of
from lsos.web.session import attendee, attendees, event_or_404, page_event
from lsos.web.sheets import file_answer

bp = Blueprint("my_certificate", __name__, url_prefix="/events/<slug>/me/certificate")
bp.before_request(attendees)


def ready_for(event: Event, mine: Registration, *, now: datetime) -> Holder | None:
    """Give the reader's certificate where they get one now; nothing is asked while nobody can."""
    if now < queries.over_at(event) or not queries.is_given(event.id):
        return None
    holder = queries.holder_of(mine, now=now)
    return holder if holder.refusal is None else None


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show whether there is a certificate, and what it says."""
    event, mine = event_or_404(slug), attendee()
    return render_template(
        "certificates/mine.html",
        of=event,
        holder=queries.holder_of(mine, now=datetime.now(UTC)),
        known=queries.settings_of(event.id),
        languages=LANGUAGE_NAMES,
        token="",
    )


@bp.get("/<spoken>.pdf")
def pdf(slug: str, spoken: str) -> ResponseReturnValue:
    """Give the certificate in a language; its number stays the same each time."""
    event, mine, wanted = event_or_404(slug), attendee(), language_or_404(spoken)
    now = datetime.now(UTC)
    try:
        holder = service.take(mine.id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=slug))
    content = as_pdf(event, [Sheet(holder, wanted)], now=now)
    return file_answer(file_name(event, holder, wanted), content, "application/pdf")


@bp.app_template_global()
def gives_certificates() -> bool:
    """Say whether the event of the page is over and gives certificates, so that one's own pages lead there."""
    event = page_event()
    return datetime.now(UTC) >= queries.over_at(event) and queries.is_given(event.id)
