"""Seats, for organisers: how they add up, who is behind each number, and the line of those who wait."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from lsos.drawing import Slice
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import kinds, waiting
from lsos.registration.kind_queries import (
    BESIDE,
    LISTED,
    PAGE_LENGTH,
    SUMMED,
    Account,
    Part,
    accounts,
    capacity_by_code,
    kinds_with_seats,
    people_of,
)
from lsos.registration.kind_rules import OFFER_HOURS_AT_MOST, SEATS_AT_MOST, CapacityRefusal
from lsos.registration.models import Capacity
from lsos.registration.waiting_queries import line_of
from lsos.registration.waiting_rules import EntryState
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, PageForm, name_field, options
from lsos.web.navigation import reach
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("seats", __name__, url_prefix="/events/<slug>/organise/seats")
bp.before_request(only(Role.REGISTRATIONS))

PRIORITY_AT_MOST = 100


class CapacityForm(PageForm):
    """Seats of one kind."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    seats = IntegerField(
        _l("How many seats"),
        [
            InputRequired(_l("Write a number of seats.")),
            NumberRange(0, SEATS_AT_MOST, _l("Write a number from 0 to 100,000.")),
        ],
    )
    kinds = ChipsField(_l("Who the seats are for"))
    offer_hours = IntegerField(
        _l("Hours to answer an offer"),
        [
            InputRequired(_l("Write a number of hours.")),
            NumberRange(1, OFFER_HOURS_AT_MOST, _l("Write a number from 1 to 720.")),
        ],
    )
    lets_smaller_pass = BooleanField(_l("Smaller groups may pass a larger one that does not fit yet"))


class PriorityForm(PageForm):
    """Where somebody stands on the waiting list, and why."""

    priority = IntegerField(
        _l("Priority"),
        [
            InputRequired(_l("Write a number; 0 is the usual one.")),
            NumberRange(-PRIORITY_AT_MOST, PRIORITY_AT_MOST, _l("Write a number from -100 to 100.")),
        ],
    )
    reason = name_field(_l("Reason"), max_length=500)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show how the seats add up, capacity by capacity."""
    event = event_or_404(slug)
    found = accounts(event.id)
    return render_template(
        "seats/index.html",
        accounts=found,
        summed=SUMMED,
        beside=BESIDE,
        slices={one.capacity.code: _slices(one) for one in found},
        ways=_ways_to(event, found),
        uncounted=[kind for kind in kinds_with_seats(event.id) if not kind.capacities],
    )


def _slices(one: Account) -> list[Slice]:
    """Give the parts that add up, as the bar draws them."""
    return [Slice(part.value, one.numbers[part]) for part in SUMMED]


def _ways_to(event: Event, found: list[Account]) -> dict[tuple[str, str], str]:
    """Give the addresses of the lists behind the numbers that are not nought, by capacity and part."""
    elsewhere = {Part.DELEGATION: reach("delegations.index"), Part.INVITED: reach("invitations.index")}
    ways = {}
    for one in found:
        code = one.capacity.code
        for part, number in one.numbers.items():
            address = elsewhere.get(part)
            if part is Part.WAITING:
                address = url_for(".line", slug=event.slug, code=code)
            elif part in LISTED:
                address = url_for(".people", slug=event.slug, code=code, part=part.value)
            if number and address:
                ways[code, part.value] = address
    return ways


# ---- making and changing


@bp.route("/new", methods=["GET", "POST"])
def make(slug: str) -> ResponseReturnValue:
    """Make seats of a new kind."""
    event = event_or_404(slug)
    return _edit(event, None, _form(event, None))


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Change seats; raising their number hands them on at once."""
    event = event_or_404(slug)
    found = _capacity(event, code)
    return _edit(event, found, _form(event, found))


def _capacity(event: Event, code: str) -> Capacity:
    return capacity_by_code(event.id, code) or abort(404)


def _form(event: Event, found: Capacity | None) -> CapacityForm:
    all_kinds = kinds_with_seats(event.id)
    data: dict[str, Any] = {"offer_hours": 48}
    if found is not None:
        data = {
            "name_pl": found.name.pl,
            "name_en": found.name.en,
            "seats": found.seats,
            "offer_hours": found.offer_hours,
            "lets_smaller_pass": found.lets_smaller_pass,
            "kinds": [kind.code for kind in all_kinds if found in kind.capacities],
        }
    form = CapacityForm(data=data)
    form.kinds.choices = options(*((kind.code, plain(kind.name) or kind.code) for kind in all_kinds))
    return form


#: Which field an answer of the rules belongs to.
_FIELDS = {
    CapacityRefusal.NO_NAME: "name_pl",
    CapacityRefusal.TOO_FEW: "seats",
    CapacityRefusal.HELD: "kinds",
    CapacityRefusal.NO_ROOM: "kinds",
}


def _edit(event: Event, found: Capacity | None, form: CapacityForm) -> ResponseReturnValue:
    if not form.is_submitted():
        return render_template("seats/edit.html", form=form, capacity=found)
    if form.validate():
        wish = kinds.CapacityFacts(
            name=Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            seats=form.seats.data or 0,
            offer_hours=form.offer_hours.data or 1,
            lets_smaller_pass=bool(form.lets_smaller_pass.data),
        )
        code, chosen = found.code if found else None, form.kinds.data or []
        by, now = signed_in_reader().id, datetime.now(UTC)
        try:
            _saved, moved = kinds.save_capacity(event.id, code, wish, kinds=chosen, by=by, now=now)
        except Refused as error:
            at = form[_FIELDS[CapacityRefusal(error.message)]]
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            if moved:
                words = ngettext(
                    "%(num)s place in line got its seats, or an offer, at once.",
                    "%(num)s places in line got their seats, or an offer, at once.",
                    moved,
                )
                flash(words, "done")
            return redirect(url_for(".index", slug=event.slug))
    return render_template("seats/edit.html", form=form, capacity=found), 422


@bp.post("/<code>/delete")
def delete(slug: str, code: str) -> ResponseReturnValue:
    """Take seats away that nobody has."""
    event = event_or_404(slug)
    try:
        kinds.delete_capacity(event.id, code, by=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".index", slug=slug))
    flash(_("These seats are gone."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- who is behind a number


@bp.get("/<code>/people/<part>")
def people(slug: str, code: str, part: str) -> ResponseReturnValue:
    """List the people behind one number."""
    event = event_or_404(slug)
    found = _capacity(event, code)
    if part not in {one.value for one in LISTED}:
        abort(404)
    page = max(request.args.get("page", 1, type=int), 1)
    listed, total = people_of(found.id, Part(part), page=page)
    return render_template(
        "seats/people.html",
        capacity=found,
        part=Part(part),
        people=listed,
        total=total,
        page=page,
        last_page=max(1, -(-total // PAGE_LENGTH)),
        here={"slug": slug, "code": code, "part": part},
    )


@bp.get("/<code>/line")
def line(slug: str, code: str) -> ResponseReturnValue:
    """Show who waits for these seats, in order."""
    return _line(event_or_404(slug), code)


def _line(event: Event, code: str, wrong: PriorityForm | None = None, uid: str = "") -> str:
    found = _capacity(event, code)
    entries = line_of(found.id)
    offered = [entry for entry in entries if entry.state is EntryState.OFFERED]
    return render_template(
        "seats/line.html",
        capacity=found,
        offered=offered,
        standing=[entry for entry in entries if entry.state is EntryState.WAITING],
        needs_more=any(found in kind.capacities and len(kind.capacities) > 1 for kind in kinds_with_seats(event.id)),
        form=wrong or PriorityForm(formdata=None),
        wrong_uid=uid,
    )


@bp.post("/<code>/line/<uid>")
def prioritise(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Move somebody forward or back, with a reason."""
    event = event_or_404(slug)
    form = PriorityForm()
    if form.validate():
        by, now = signed_in_reader().id, datetime.now(UTC)
        priority, reason = form.priority.data or 0, form.reason.data or ""
        try:
            entry = waiting.prioritise(event.id, uid, priority=priority, reason=reason, by=by, now=now)
        except Refused as error:
            form.reason.errors = [*form.reason.errors, words_of(error)]
        else:
            flash(_("%(name)s was moved.", name=entry.registration.person.name), "done")
            return redirect(url_for(".line", slug=slug, code=code))
    return _line(event, code, form, uid), 422
