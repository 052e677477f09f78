"""The team of an event, as its owner keeps it; and, for the whole platform, which roles need a second factor."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from lsos.accounts.rules import WritingRefusal
from lsos.errors import LsosError, Refused
from lsos.events import team as service
from lsos.events.models import RoleGrant
from lsos.events.queries import second_factor_rules, team_of
from lsos.events.rules import ROLE_NAMES, Role
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, address_field, name_field, options
from lsos.web.limits import ADDRESS, limiter
from lsos.web.session import event_or_404, only, only_everywhere, signed_in_reader

bp = Blueprint("team", __name__, url_prefix="/events/<slug>/organise/team")
bp.before_request(only(Role.OWNER))
security = Blueprint("security", __name__, url_prefix="/security")
security.before_request(only_everywhere(Role.OWNER))


class InviteForm(PageForm):
    """Somebody new on the team."""

    address = address_field(_l("E-mail"), is_own=False)
    name = name_field(_l("Name"))
    role = SelectField(_l("Role"), [InputRequired()])
    until = DateField(_l("Until, that day included"), [Optional()])


def _role(value: str | None) -> Role:
    if value not in {role.value for role in Role}:
        abort(400)
    return Role(value)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show who holds which role, and invite somebody."""
    event = event_or_404(slug)
    last_day = event.ends_on if event.ends_on >= datetime.now(UTC).date() else None
    return _page(slug, _form(formdata=None, role=Role.DOOR.value, until=last_day))


def _form(**more: Any) -> InviteForm:
    form = InviteForm(**more)
    form.role.choices = options(*((role.value, gettext(words)) for role, words in ROLE_NAMES.items()))
    return form


def _page(slug: str, form: InviteForm) -> str:
    event = event_or_404(slug)
    members: dict[int, list[RoleGrant]] = {}
    for grant in team_of(event.id):
        members.setdefault(grant.person_id, []).append(grant)
    return render_template(
        "team/index.html",
        form=form,
        members=list(members.values()),
        role_names=ROLE_NAMES,
        today=datetime.now(UTC).date(),
    )


@bp.post("")
@limiter.limit(ADDRESS, key_func=lambda: f"invite:{signed_in_reader().id}:{request.form.get('address', '').lower()}")
def invite(slug: str) -> ResponseReturnValue:
    """Give somebody a role and write to them."""
    event = event_or_404(slug)
    form = _form()
    if not form.validate():
        return _page(slug, form), 422
    try:
        person = service.invite(
            event.id,
            form.address.data or "",
            form.name.data or "",
            _role(form.role.data),
            until=form.until.data,
            language=language.current(),
            next_path=url_for("organise.index", slug=slug),
            by=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        field = form.address if refused.message == WritingRefusal.ERASED else form.until
        field.errors = [words_of(refused)]
        return _page(slug, form), 422
    flash(gettext("%(name)s is on the team now and was written to.", name=person.name), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/give")
def give(slug: str, uid: str) -> ResponseReturnValue:
    """Give somebody of the team another role, or another last day."""
    event = event_or_404(slug)
    role = _role(request.form.get("role"))
    try:
        until = date.fromisoformat(request.form["until"]) if request.form.get("until") else None
    except ValueError:
        flash(gettext("This is not a day. It looks like 2026-11-27."), "refused")
        return redirect(url_for(".index", slug=slug))
    try:
        service.give(event.id, uid, role, until=until, by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(gettext("The role is saved."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<uid>/take")
def take(slug: str, uid: str) -> ResponseReturnValue:
    """Take a role back."""
    event = event_or_404(slug)
    role = _role(request.form.get("role"))
    try:
        service.take_back(event.id, uid, role, by=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(gettext("The role is withdrawn."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- the whole platform


class SecondFactorForm(PageForm):
    """From which day each role needs a second factor; an empty day asks for none."""

    owner = DateField(_l(ROLE_NAMES[Role.OWNER]), [Optional()])
    registrations = DateField(_l(ROLE_NAMES[Role.REGISTRATIONS]), [Optional()])
    programme = DateField(_l(ROLE_NAMES[Role.PROGRAMME]), [Optional()])
    matchmaking = DateField(_l(ROLE_NAMES[Role.MATCHMAKING]), [Optional()])
    door = DateField(_l(ROLE_NAMES[Role.DOOR]), [Optional()])
    reader = DateField(_l(ROLE_NAMES[Role.READER]), [Optional()])


@security.get("")
def rules() -> ResponseReturnValue:
    """Show which roles need a second factor, and from when."""
    held = {role.value: day for role, day in second_factor_rules().items()}
    return render_template("team/second_factor.html", form=SecondFactorForm(formdata=None, data=held))


@security.post("")
def set_rules() -> ResponseReturnValue:
    """Store which roles need a second factor."""
    form = SecondFactorForm()
    if not form.validate():
        return render_template("team/second_factor.html", form=form), 422
    wanted = {role: form[role.value].data for role in Role if form[role.value].data}
    service.ask_for_second_factor(wanted, by=signed_in_reader().id)
    flash(gettext("Saved. Those it concerns see it in their accounts."), "done")
    return redirect(url_for(".rules"))
