"""One's own data: everything in one file, consents of all events, and erasure in two steps."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from lsos.accounts.models import Person
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.queries import event_by_slug
from lsos.privacy import exporting, service
from lsos.privacy.models import ErasureRequest
from lsos.privacy.rules import COOLING_OFF, ErasureRefusal, ErasureState, is_retyped
from lsos.registration import consents as agreeing
from lsos.registration.queries import registration_of
from lsos.registration.showing import WITHOUT_CONSENT, consents_of_person
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, strip
from lsos.web.leaving import release_time
from lsos.web.limits import LINKS, limiter
from lsos.web.look import settings
from lsos.web.session import anyone, signed_in, signed_in_reader
from lsos.web.sheets import file_answer

bp = Blueprint("privacy", __name__, url_prefix="/account/data")
bp.before_request(signed_in)
#: The link in letters about an erasure, for whoever cannot sign in any more.
link = Blueprint("erasure", __name__, url_prefix="/erasure")
link.before_request(anyone)

#: What the buttons behind the link say.
CONFIRM, KEEP = "confirm", "no"
#: Archives asked for by one person; making one reads every table.
EXPORTS = "6 per hour; 20 per day"


class RetypeForm(PageForm):
    """One's address typed again, so that nothing is erased by a slip of the hand."""

    typed = StringField(_l("Your e-mail address"), [InputRequired(_l("Type it here.")), Length(max=254)], [strip])


@bp.get("")
def index() -> ResponseReturnValue:
    """Show what can be done with one's data, and what one agreed to, event by event."""
    person = signed_in_reader()
    return render_template(
        "privacy/index.html",
        person=person,
        wish=service.open_request(person.id),
        consents=consents_of_person(person.id),
        without_consent=WITHOUT_CONSENT,
    )


@bp.post("/consents/<slug>")
def consent(slug: str) -> ResponseReturnValue:
    """Give a consent for one event, or take it back; it holds from then on."""
    person, now, purpose = signed_in_reader(), datetime.now(UTC), request.form.get("purpose", "")
    event = event_by_slug(slug)
    mine = registration_of(event.id, person.id) if event is not None else None
    if mine is None:
        abort(404)
    try:
        if request.form.get("give"):
            agreeing.give_consent(mine.id, purpose, by=person.id, now=now)
            flash(gettext("Thank you. It applies from now on."), "done")
        else:
            agreeing.withdraw_consent(mine.id, purpose, by=person.id, now=now)
            flash(gettext("Withdrawn. It no longer applies."), "done")
    except LsosError as error:
        flash(words_of(error), "refused")
    return redirect(url_for(".index", _anchor="consents"))


@bp.post("/export")
@limiter.limit(EXPORTS, key_func=lambda: f"export:{signed_in_reader().id}")
def export() -> ResponseReturnValue:
    """Give everything that is held on the reader as one file."""
    person = signed_in_reader()
    return archive_of(person, by=person.id)


def archive_of(person: Person, *, by: int) -> ResponseReturnValue:
    """Answer with everything that is held on somebody, and put on record who got it."""
    now = datetime.now(UTC)
    exporting.note_export(person.id, by=by)
    is_own = by == person.id
    made = exporting.gather(person.id, language.current() if is_own else person.language, now=now, is_own=is_own)
    content = exporting.as_archive(made, data_dir=settings().data_dir)
    return file_answer(f"lsos-data-{now:%Y-%m-%d}.zip", content, "application/zip")


# ---- erasure, signed in


@bp.get("/erasure")
def erasure() -> ResponseReturnValue:
    """Say what an erasure does, and where it stands."""
    return _erasure_page(RetypeForm(formdata=None))


def _erasure_page(form: RetypeForm) -> str:
    person, now = signed_in_reader(), datetime.now(UTC)
    seen = service.outlook(person.id, now=now)
    return render_template(
        "privacy/erasure.html",
        person=person,
        form=form,
        wish=service.open_request(person.id),
        seen=seen,
        why_not=gettext(seen.refusal.value, **seen.details)
        if seen.refusal not in {None, ErasureRefusal.ALREADY} and seen.refusal is not None
        else "",
        days=COOLING_OFF.days,
        states=ErasureState,
    )


@bp.post("/erasure")
@limiter.limit("5 per hour", key_func=lambda: f"erasure:{signed_in_reader().id}")
def ask() -> ResponseReturnValue:
    """Take down that the reader wants to be erased, and write to them."""
    try:
        service.ask(signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for(".erasure"))


@bp.post("/erasure/confirm")
def confirm() -> ResponseReturnValue:
    """Confirm it, once the address was typed again."""
    person = signed_in_reader()
    wish = service.open_request(person.id)
    if wish is None:
        flash(gettext(ErasureRefusal.NOT_ASKED), "refused")
        return redirect(url_for(".erasure"))
    form = RetypeForm()
    if form.validate() and not is_retyped(form.typed.data or "", person.email):
        form.typed.errors = [gettext(ErasureRefusal.RETYPE, address=person.email)]
    if form.errors:
        return _erasure_page(form), 422
    _confirm(wish)
    return redirect(url_for(".erasure"))


def _confirm(wish: ErasureRequest) -> None:
    now, by = datetime.now(UTC), wish.person_id
    try:
        service.confirm(wish.uid, by=by, release=release_time(actor_id=by, now=now), now=now)
    except LsosError as refused:
        flash(words_of(refused), "refused")
    else:
        flash(gettext("Confirmed. Until the day below you can take it back."), "done")


@bp.post("/erasure/take-back")
def take_back() -> ResponseReturnValue:
    """Take it back."""
    wish = service.open_request(signed_in_reader().id)
    if wish is not None:
        _take_back(wish)
    return redirect(url_for(".index"))


def _take_back(wish: ErasureRequest) -> None:
    try:
        service.take_back(wish.uid, by=wish.person_id, now=datetime.now(UTC))
    except (NotFound, Refused) as refused:
        flash(words_of(refused), "refused")
    else:
        flash(gettext("Taken back. Your data stays as it is."), "done")


# ---- erasure, by the link in the letter


@link.get("/<token>")
@limiter.limit(LINKS)
def show(token: str) -> ResponseReturnValue:
    """Show where an erasure stands, with a button; a mail scanner that opens the link changes nothing."""
    wish = service.request_by_token(token)
    if wish is None:
        return render_template("privacy/link.html", wish=None, states=ErasureState), 404
    return _link_page(wish, token)


def _link_page(wish: ErasureRequest, token: str) -> str:
    return render_template(
        "privacy/link.html",
        wish=wish,
        token=token,
        seen=service.outlook(wish.person_id, now=datetime.now(UTC)),
        days=COOLING_OFF.days,
        states=ErasureState,
    )


@link.post("/<token>")
@limiter.limit(LINKS)
def answer(token: str) -> ResponseReturnValue:
    """Confirm an erasure, or take it back, as the pressed button says; what says neither changes nothing."""
    wish = service.request_by_token(token)
    if wish is None:
        return render_template("privacy/link.html", wish=None, states=ErasureState), 404
    pressed = request.form.get("answer")
    if pressed not in {CONFIRM, KEEP}:
        flash(gettext("Nothing was changed. Press one of the buttons to say what you want."), "refused")
        return _link_page(wish, token), 422
    if pressed == CONFIRM:
        _confirm(wish)
        #: The letter that went out now has a link of its own, and this one opens nothing any more.
        return render_template(
            "privacy/link.html", wish=service.open_request(wish.person_id), token="", states=ErasureState, seen=None
        )
    _take_back(wish)
    return redirect(url_for(".show", token=token))
