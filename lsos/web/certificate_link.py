"""One's certificate, by the link in its letter and without signing in; opening the page takes nothing."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lsos.certificates import queries, service
from lsos.certificates.links import read_token
from lsos.certificates.printing import Sheet
from lsos.errors import Refused
from lsos.registration.models import Registration
from lsos.texts import LANGUAGE_NAMES
from lsos.web.certificate_files import as_pdf, file_name, language_or_404
from lsos.web.errors import words_of
from lsos.web.limits import LINKS, limiter
from lsos.web.session import anyone
from lsos.web.sheets import file_answer

bp = Blueprint("certificate_link", __name__, url_prefix="/my-certificate")
bp.before_request(anyone)


def _registration(token: str) -> Registration:
    """Find whose certificate it is; a record that was erased is nobody's."""
    uid = read_token(token)
    found = queries.registration_by_uid(uid) if uid else None
    if found is None or found.erased_at is not None:
        abort(404)
    return found


@bp.get("/<token>")
@limiter.limit(LINKS)
def show(token: str) -> ResponseReturnValue:
    """Show what the certificate says, with a button for each language."""
    mine = _registration(token)
    return render_template(
        "certificates/mine.html",
        of=mine.event,
        holder=queries.holder_of(mine, now=datetime.now(UTC)),
        known=queries.settings_of(mine.event_id),
        languages=LANGUAGE_NAMES,
        token=token,
    )


@bp.get("/<token>/<spoken>.pdf")
@limiter.limit(LINKS)
def pdf(token: str, spoken: str) -> ResponseReturnValue:
    """Give the certificate in a language."""
    mine, wanted, now = _registration(token), language_or_404(spoken), datetime.now(UTC)
    try:
        holder = service.take(mine.id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".show", token=token))
    event = holder.registration.event
    content = as_pdf(event, [Sheet(holder, wanted)], now=now)
    return file_answer(file_name(event, holder, wanted), content, "application/pdf")
