"""One's wishes: whom one would like to meet, whom one knows already, and whom one never meets; for oneself alone."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.accounts.rules import own_path
from lsos.errors import Refused
from lsos.meetings import limits, queries, wishes, wishing
from lsos.meetings.rules import WishGrade
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_uid
from lsos.web import session
from lsos.web.errors import back_with
from lsos.web.matches import may_open

bp = Blueprint("wishes", __name__, url_prefix="/events/<slug>")
bp.before_request(session.attendees)

#: What the buttons of "never" send.
PERSON, ORGANISATION = "person", "organisation"


@bp.get("/wishes/")
def index(slug: str) -> ResponseReturnValue:
    """Show what the reader wishes of others, and whom they never meet."""
    session.event_or_404(slug)
    me = session.attendee()
    found = wishes.wishes_of(me.id)
    return render_template(
        "wishes/index.html",
        me=me,
        groups=[(grade, [each for each in found if each.grade is grade]) for grade in WishGrade],
        avoidances=wishes.avoidances_of(me.person_id),
        most=limits.most_in_all(me.id) or 0,
        musts=sum(each.grade is WishGrade.MUST for each in found),
    )


@bp.post("/people/<uid>/wish")
def wish(slug: str, uid: str) -> ResponseReturnValue:
    """Say what the reader thinks of meeting somebody, or take it back."""
    me, other = _two(slug, uid)
    typed = request.form.get("grade", "")
    grade = WishGrade(typed) if typed in set(WishGrade) else None
    if grade is None and typed:
        abort(400)
    back = _back(slug)
    try:
        wishing.wish(me.id, other.uid, grade, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, back)
    return redirect(f"{back}#wish-{other.uid}")


@bp.post("/people/<uid>/never")
def avoid(slug: str, uid: str) -> ResponseReturnValue:
    """Never meet somebody, or nobody of their organisation."""
    me, other = _two(slug, uid)
    whom = request.form.get("whom")
    if whom not in {PERSON, ORGANISATION}:
        abort(400)
    back = _back(slug)
    try:
        wishing.avoid(me.id, other.uid, whole_organisation=whom == ORGANISATION, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, back)
    flash(gettext("Noted, and told to nobody. You can take it back under Your wishes."), "done")
    return redirect(back)


@bp.post("/wishes/never/<uid>")
def take_back(slug: str, uid: str) -> ResponseReturnValue:
    """Take a "never" back."""
    wishing.take_back(session.attendee().person_id, uid)
    flash(gettext("Taken back. You may be brought together again."), "done")
    return redirect(_back(slug))


def _two(slug: str, uid: str) -> tuple[Registration, Registration]:
    """Find the reader and whom it is about; whoever the reader may not look at does not exist for them."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    found = registration_by_uid(event.id, uid)
    other = queries.whole_registration(found.id) if found is not None else None
    if other is None or not may_open(me, other):
        abort(404)
    return me, other


def _back(slug: str) -> str:
    """Give the page that the reader came from."""
    return own_path(request.form.get("back", "")) or url_for("wishes.index", slug=slug)
