"""Codes that open kinds of participation, and domains whose addresses do: made, changed, ended, with who used them."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateTimeLocalField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import codes, queries
from lsos.invitations.codes import Wanted
from lsos.invitations.models import AccessCode
from lsos.invitations.rules import CODE_LENGTH, USES_AT_MOST
from lsos.registration.queries import participation_types
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import ChipsField, PageForm, name_field, options
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("codes", __name__, url_prefix="/events/<slug>/organise/codes")
bp.before_request(only(Role.REGISTRATIONS))


class CodeForm(PageForm):
    """What a code opens, how often and until when."""

    code = name_field(_l("Code"), max_length=CODE_LENGTH)
    label = name_field(_l("Who it is for"))
    types = ChipsField(
        _l("What it opens"), [InputRequired(_l("Choose at least one kind of participation that the code opens."))]
    )
    uses_allowed = IntegerField(
        _l("How many people may use it"),
        [
            InputRequired(_l("Write a number.")),
            NumberRange(1, USES_AT_MOST, message=_l("Write a number from 1 to 100,000.")),
        ],
    )
    valid_until = DateTimeLocalField(_l("Valid until"), [Optional()], format="%Y-%m-%dT%H:%M")
    skips_approval = BooleanField(_l("Whoever uses it needs no approval"))
    holds_seats = BooleanField(_l("Keep a seat for each use that is left"))


class DomainForm(PageForm):
    """A domain, and what its addresses may do."""

    type = SelectField(_l("Kind of participation"), [InputRequired(_l("Choose one."))])
    domain = name_field(_l("Domain"), InputRequired(_l("Write a domain, such as agh.edu.pl.")), max_length=254)
    opens = BooleanField(_l("Its addresses may take part, even where it is by invitation"), default=True)
    skips_approval = BooleanField(_l("Its addresses need no approval"))


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the codes and the domains."""
    return _index(event_or_404(slug), None)


def _index(event: Event, form: DomainForm | None) -> str:
    form = form or DomainForm(formdata=None)
    return render_template(
        "codes/index.html",
        codes=queries.codes(event.id),
        domains=queries.domains(event.id),
        form=_with_types(form, event),
        now=datetime.now(UTC),
    )


def _with_types(form: Any, event: Event) -> Any:
    field = form.types if isinstance(form, CodeForm) else form.type
    field.choices = options(*((kind.code, plain(kind.name)) for kind in participation_types(event.id)))
    return form


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Make a code."""
    event = event_or_404(slug)
    form = _with_types(CodeForm(data={"uses_allowed": 10}), event)
    if form.is_submitted() and form.validate():
        try:
            made = codes.make_code(event.id, _wanted(form, event), by=signed_in_reader().id, now=datetime.now(UTC))
        except Refused as refused:
            _put(form, refused)
        else:
            flash(_("The code %(code)s is ready to be given out.", code=made.code), "done")
            return redirect(url_for(".show", slug=slug, uid=made.uid))
    page = render_template("codes/edit.html", form=form, code=None)
    return (page, 422) if form.is_submitted() else page


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show a code, who used it, and the form to change it."""
    event = event_or_404(slug)
    code = _code(event, uid)
    return _show(code, _with_types(CodeForm(formdata=None, data=_as_typed(code, event)), event))


def _code(event: Event, uid: str) -> AccessCode:
    return queries.code_by_uid(event.id, uid) or abort(404)


def _show(code: AccessCode, form: CodeForm) -> str:
    return render_template("codes/show.html", code=code, uses=queries.uses_of(code.id), form=form)


@bp.post("/<uid>")
def change(slug: str, uid: str) -> ResponseReturnValue:
    """Change a code, or end it."""
    event = event_or_404(slug)
    code = _code(event, uid)
    by, now = signed_in_reader().id, datetime.now(UTC)
    if request.form.get("end"):
        codes.end_code(event.id, uid, by=by, now=now)
        flash(_("The code is ended. Whoever registered with it stays registered."), "done")
        return redirect(url_for(".show", slug=slug, uid=uid))
    form = _with_types(CodeForm(data={"code": code.code}), event)
    if not form.validate():
        return _show(code, form), 422
    try:
        codes.change_code(event.id, uid, _wanted(form, event), by=by, now=now)
    except Refused as refused:
        _put(form, refused)
        return _show(_code(event, uid), form), 422
    flash(_("Saved."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _wanted(form: CodeForm, event: Event) -> Wanted:
    return Wanted(
        code=form.code.data or "",
        label=form.label.data or "",
        type_codes=form.types.data or [],
        uses_allowed=form.uses_allowed.data or 1,
        skips_approval=bool(form.skips_approval.data),
        valid_until=from_local(form.valid_until.data, event.timezone),
        holds_seats=bool(form.holds_seats.data),
    )


def _as_typed(code: AccessCode, event: Event) -> dict[str, Any]:
    return {
        "code": code.code,
        "label": code.label,
        "types": [kind.code for kind in code.types],
        "uses_allowed": code.uses_allowed,
        "valid_until": to_local(code.valid_until, event.timezone),
        "skips_approval": code.skips_approval,
        "holds_seats": code.seats_held > 0,
    }


def _put(form: CodeForm, refused: Refused) -> None:
    """Put a refusal at the field it speaks of."""
    fields = {
        "taken": form.code,
        "wrong_letters": form.code,
        "fewer_than_used": form.uses_allowed,
        "until_in_the_past": form.valid_until,
        "holds_many_types": form.types,
        "no_seat": form.holds_seats,
        "not_counted": form.holds_seats,
    }
    at = fields.get(refused.reason or "", form.types)
    at.errors = [*at.errors, words_of(refused)]


# ---- domains


@bp.post("/domains")
def open_domain(slug: str) -> ResponseReturnValue:
    """Open a kind of participation to a domain."""
    event = event_or_404(slug)
    form = _with_types(DomainForm(), event)
    if not form.validate():
        return _index(event, form), 422
    try:
        found = codes.open_to_domain(
            event.id,
            form.type.data,
            form.domain.data or "",
            opens=bool(form.opens.data),
            skips_approval=bool(form.skips_approval.data),
            by=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        form.domain.errors = [words_of(refused)]
        return _index(event, form), 422
    flash(_("Addresses of %(domain)s are let in that way.", domain=found.domain), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/domains/<uid>")
def close_domain(slug: str, uid: str) -> ResponseReturnValue:
    """Take a domain off the list."""
    event = event_or_404(slug)
    codes.close_to_domain(event.id, uid, by=signed_in_reader().id)
    flash(_("The domain is taken off. Whoever registered that way stays registered."), "done")
    return redirect(url_for(".index", slug=slug))
