"""Delegations as organisers keep them: seats for an organisation, who looks after them, until when, with figures."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import DateTimeLocalField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import delegations, queries
from lsos.invitations.delegations import Manager
from lsos.invitations.models import Delegation
from lsos.invitations.rules import SEATS_AT_MOST
from lsos.organisations.queries import known_names
from lsos.registration.queries import participation_types
from lsos.texts import LANGUAGE_NAMES
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import PageForm, PrintableName, address_field, long_field, name_field, options
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("delegations", __name__, url_prefix="/events/<slug>/organise/delegations")
bp.before_request(only(Role.REGISTRATIONS))


def _seats_field() -> IntegerField:
    words = _l("Write a number from 1 to 1,000.")
    return IntegerField(_l("Seats"), [InputRequired(words), NumberRange(1, SEATS_AT_MOST, message=words)])


class TermsForm(PageForm):
    """How many seats a delegation has, and until when it keeps them."""

    seats = _seats_field()
    until = DateTimeLocalField(_l("Kept until"), [Optional()], format="%Y-%m-%dT%H:%M")
    note = long_field(_l("Note for organisers"), length=NEEDS_LENGTH)


class ManagerForm(PageForm):
    """Somebody who looks after the seats."""

    address = address_field(_l("E-mail"), is_own=False)
    name = name_field(_l("Name"))
    language = SelectField(_l("Language of the letter"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))


class NewForm(TermsForm):
    """A delegation that is to be, with the first person who looks after it."""

    organisation = name_field(
        _l("Organisation"),
        InputRequired(_l("Write the name of the organisation.")),
        PrintableName(),
        render_kw={"list": "known-organisations", "autocomplete": "off"},
    )
    type = SelectField(_l("Its people come as"), [InputRequired(_l("Choose one."))])
    address = address_field(_l("Manager's e-mail"), is_own=False)
    name = name_field(_l("Their name"))
    language = SelectField(_l("Language of the letter"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the delegations with their figures, and the sum of all."""
    event = event_or_404(slug)
    found = queries.delegations(event.id)
    return render_template(
        "delegations/index.html",
        delegations=found,
        seats=sum(one.seats for one in found),
        claimed=sum(one.claimed for one in found),
        sent=sum(one.sent for one in found),
        free=sum(one.free for one in found),
    )


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Hold seats for an organisation, and write to whoever looks after them."""
    event = event_or_404(slug)
    form = NewForm(data={"language": language.current()})
    form.type.choices = options(*((kind.code, plain(kind.name)) for kind in participation_types(event.id)))
    if form.is_submitted() and form.validate():
        try:
            made = delegations.found(
                event.id,
                form.organisation.data or "",
                form.type.data,
                form.seats.data or 0,
                until=from_local(form.until.data, event.timezone),
                note=form.note.data or "",
                managers=[Manager(form.address.data or "", form.name.data or "", form.language.data)],
                by=signed_in_reader().id,
                now=datetime.now(UTC),
            )
        except Refused as refused:
            at = form.until if refused.reason == "until_in_the_past" else form.seats
            at.errors = [*at.errors, words_of(refused)]
        else:
            words = ngettext(
                "%(num)s seat is kept for %(organisation)s, and %(address)s was written to.",
                "%(num)s seats are kept for %(organisation)s, and %(address)s was written to.",
                made.seats,
                organisation=form.organisation.data,
                address=form.address.data,
            )
            flash(words, "done")
            return redirect(url_for(".show", slug=slug, uid=made.uid))
    page = render_template("delegations/new.html", form=form, suggestions=known_names())
    return (page, 422) if form.is_submitted() else page


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one delegation: its figures, its terms, and who looks after it."""
    event = event_or_404(slug)
    return _show(_delegation(event, uid), event)


def _delegation(event: Event, uid: str) -> Delegation:
    return queries.delegation_by_uid(event.id, uid) or abort(404)


def _show(
    delegation: Delegation, event: Event, *, terms: TermsForm | None = None, manager: ManagerForm | None = None
) -> str:
    typed = {
        "seats": delegation.seats,
        "until": to_local(delegation.until, event.timezone),
        "note": delegation.note,
    }
    found = queries.claims(delegation.id)
    return render_template(
        "delegations/show.html",
        delegation=delegation,
        claims=found,
        without_need=queries.without_need(delegation, found),
        terms=terms or TermsForm(formdata=None, data=typed),
        manager=manager or ManagerForm(formdata=None, prefix="new-", data={"language": language.current()}),
    )


@bp.post("/<uid>")
def change(slug: str, uid: str) -> ResponseReturnValue:
    """Change how many seats it has, and until when."""
    event = event_or_404(slug)
    form = TermsForm()
    if not form.validate():
        return _show(_delegation(event, uid), event, terms=form), 422
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        delegations.change(
            event.id,
            uid,
            form.seats.data or 0,
            until=from_local(form.until.data, event.timezone),
            note=form.note.data or "",
            by=by,
            now=now,
        )
    except Refused as refused:
        at = form.until if refused.reason == "until_in_the_past" else form.seats
        at.errors = [words_of(refused)]
        return _show(_delegation(event, uid), event, terms=form), 422
    flash(_("Saved."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/<uid>/managers")
def add_manager(slug: str, uid: str) -> ResponseReturnValue:
    """Let one more person look after the seats."""
    event = event_or_404(slug)
    form = ManagerForm(prefix="new-")
    if not form.validate():
        return _show(_delegation(event, uid), event, manager=form), 422
    manager = Manager(form.address.data or "", form.name.data or "", form.language.data)
    try:
        delegations.add_manager(event.id, uid, manager, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("We wrote a link to %(address)s.", address=manager.address), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/<uid>/managers/remove")
def remove_manager(slug: str, uid: str) -> ResponseReturnValue:
    """Let somebody look after the seats no more."""
    event = event_or_404(slug)
    delegations.remove_manager(event.id, uid, request.form.get("address", ""), by=signed_in_reader().id)
    flash(_("Their links open the delegation no more."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.route("/<uid>/end", methods=["GET", "POST"])
def end(slug: str, uid: str) -> ResponseReturnValue:
    """Say what goes when a delegation ends, and end it."""
    event = event_or_404(slug)
    delegation = _delegation(event, uid)
    if request.method == "GET":
        unclaimed = delegation.seats - delegation.claimed
        return render_template("delegations/end.html", delegation=delegation, unclaimed=unclaimed)
    try:
        delegations.end(event.id, uid, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("The delegation has ended. Whoever has a seat keeps it."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))
