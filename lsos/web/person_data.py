"""Somebody's data, as an owner of the platform looks after it for them: handed out, or erased, because they asked."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from lsos.accounts.models import Person
from lsos.errors import LsosError, Refused
from lsos.events.rules import Role
from lsos.merging.people import person_or_forward
from lsos.privacy import proof, service
from lsos.privacy.rules import COOLING_OFF, ErasureRefusal
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field
from lsos.web.leaving import release_time
from lsos.web.privacy import archive_of
from lsos.web.session import only_everywhere, signed_in_reader

bp = Blueprint("person_data", __name__, url_prefix="/people")
bp.before_request(only_everywhere(Role.OWNER))


class BeginForm(PageForm):
    """How they asked, and their name typed again."""

    reason = name_field(_l("How and when did they ask?"), InputRequired(_l(ErasureRefusal.NO_REASON)), max_length=200)
    typed = name_field(_l("Type their name again"), InputRequired(_l("Type it here.")), max_length=260)


@bp.get("/erasures")
def erasures() -> ResponseReturnValue:
    """List the erasures that are under way, and the proof of those that were carried out."""
    return render_template(
        "privacy/erasures.html",
        wishes=service.under_way(),
        lines=[line for line in proof.lines(scope="") if line.what == proof.PERSON],
        broken=proof.broken(),
        now=datetime.now(UTC),
    )


def _person(uid: str) -> Person:
    person, is_forwarded = person_or_forward(uid)
    if person is None or is_forwarded:
        abort(404)
    return person


@bp.get("/<uid>/data")
def show(uid: str) -> ResponseReturnValue:
    """Offer to hand somebody's data out, and to begin its erasure."""
    return _page(_person(uid), BeginForm(formdata=None))


def _page(person: Person, form: BeginForm) -> str:
    seen = service.outlook(person.id, now=datetime.now(UTC))
    is_refused = seen.refusal is not None and seen.refusal is not ErasureRefusal.ALREADY
    return render_template(
        "privacy/person.html",
        person=person,
        form=form,
        seen=seen,
        wish=service.open_request(person.id),
        why_not=gettext(seen.refusal.value, **seen.details) if is_refused and seen.refusal else "",
        days=COOLING_OFF.days,
    )


@bp.post("/<uid>/data/export")
def export(uid: str) -> ResponseReturnValue:
    """Give everything that is held on somebody, to be sent to them."""
    return archive_of(_person(uid), by=signed_in_reader().id)


@bp.post("/<uid>/data/erasure")
def begin(uid: str) -> ResponseReturnValue:
    """Begin the erasure of somebody who asked for it."""
    person, form = _person(uid), BeginForm()
    by, now = signed_in_reader().id, datetime.now(UTC)
    if not form.validate():
        return _page(person, form), 422
    try:
        service.begin_for(
            uid,
            retyped=form.typed.data or "",
            reason=form.reason.data or "",
            by=by,
            release=release_time(actor_id=by, now=now),
            now=now,
        )
    except Refused as refused:
        wrong = form.reason if refused.reason == "no_reason" else form.typed
        wrong.errors = [words_of(refused)]
        return _page(person, form), 422
    flash(gettext("Begun. They were written to, and can take it back until the day below."), "done")
    return redirect(url_for(".show", uid=uid))


@bp.post("/<uid>/data/erasure/take-back")
def take_back(uid: str) -> ResponseReturnValue:
    """Take it back for them."""
    wish = service.open_request(_person(uid).id)
    if wish is not None:
        try:
            service.take_back(wish.uid, by=signed_in_reader().id, now=datetime.now(UTC))
        except LsosError as refused:
            flash(words_of(refused), "refused")
        else:
            flash(gettext("Taken back. The data stays as it is."), "done")
    return redirect(url_for(".show", uid=uid))
