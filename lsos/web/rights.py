"""Who may see and ask whom, by kinds of participation, for the organiser of the matchmaking."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms import Field, SelectField

from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.models import ParticipationType
from lsos.registration.queries import participation_types
from lsos.registration.right_rules import Right
from lsos.registration.right_setting import Reach, open_all, reach_of, set_rights
from lsos.registration.rights import rights_at
from lsos.web import session
from lsos.web.forms import PageForm, options
from lsos.wording import plain

bp = Blueprint("rights", __name__, url_prefix="/events/<slug>/organise/matching/rights")
bp.before_request(session.only(Role.MATCHMAKING))


@dataclass(frozen=True)
class Row:
    """One kind of participation with what its people may do about each kind, and whom they reach as things stand."""

    kind: ParticipationType
    cells: list[Field]
    reach: Reach


def _kinds(event: Event) -> list[ParticipationType]:
    """List the kinds whose people are shown and look around: whoever comes to public sessions only does neither."""
    return [kind for kind in participation_types(event.id) if not kind.is_light]


def _name(viewer: ParticipationType, other: ParticipationType) -> str:
    return f"{viewer.code}:{other.code}"


def _form(event: Event, kinds: list[ParticipationType]) -> PageForm:
    there = rights_at(event.id)
    fields: dict[str, Any] = {}
    data: dict[str, str] = {}
    for viewer in kinds:
        for other in kinds:
            choices = options(
                (Right.ASK.value, gettext("see and ask")),
                (Right.SEE.value, gettext("only see")),
                (Right.NOTHING.value, gettext("neither see nor ask")),
            )
            fields[_name(viewer, other)] = SelectField(plain(other.name), choices=choices)
            data[_name(viewer, other)] = there.of(viewer.id, other.id).value
    made: PageForm = type("RightsForm", (PageForm,), fields)(data=data)
    return made


@bp.route("", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show and set how far people of each kind of participation may go with those of each other."""
    event = session.event_or_404(slug)
    kinds = _kinds(event)
    form = _form(event, kinds)
    status = 200
    if form.is_submitted():
        if form.validate():
            wanted = {(one.code, other.code): Right(form[_name(one, other)].data) for one in kinds for other in kinds}
            _tell(set_rights(event.id, wanted, by=session.signed_in_reader().id))
            return redirect(url_for(".edit", slug=slug))
        status = 422
    reach = reach_of(event.id, kinds)
    rows = [Row(one, [form[_name(one, other)] for other in kinds], reach[one.code]) for one in kinds]
    is_narrowed = any(cell.object_data != Right.ASK for row in rows for cell in row.cells)
    return render_template("matching/rights.html", form=form, rows=rows, is_narrowed=is_narrowed), status


@bp.post("/reset")
def reset(slug: str) -> ResponseReturnValue:
    """Let everybody see and ask everybody again."""
    event = session.event_or_404(slug)
    _tell(open_all(event.id, by=session.signed_in_reader().id))
    return redirect(url_for(".edit", slug=slug))


def _tell(has_changed: bool) -> None:
    if has_changed:
        flash(gettext("Saved. It holds from now on; what people asked and agreed before stays."), "done")
    else:
        flash(gettext("Nothing was different, so nothing was changed."), "done")
