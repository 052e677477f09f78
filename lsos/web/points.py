"""Where badges are scanned, as organisers set it up: each point with who comes in, when, and how often."""

from collections import Counter
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from wtforms import BooleanField, DateTimeLocalField, IntegerField, RadioField
from wtforms.validators import NumberRange, Optional

from lsos.checkin import points as use_cases
from lsos.checkin import queries
from lsos.checkin.facts import counts_who_is_in
from lsos.checkin.models import Scan, ScanPoint
from lsos.checkin.points import BY_HAND, PointWish
from lsos.checkin.rules import PointKind, Repeat, SignUpRule
from lsos.db import db
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.queries import participation_types
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import ChipsField, PageForm, name_field, options
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("points", __name__, url_prefix="/events/<slug>/organise/points")
bp.before_request(only(Role.REGISTRATIONS))

KINDS = {
    PointKind.DOOR: _l("Door: who came in today"),
    PointKind.ROOM: _l("Room: who is at what is held there"),
    PointKind.SESSION: _l("Session"),
    PointKind.TABLES: _l("Meeting tables"),
    PointKind.ZONE: _l("Zone"),
    PointKind.MEAL: _l("Meal"),
    PointKind.STAND: _l("Stand"),
    PointKind.OTHER: _l("Other"),
}
REPEATS = {
    Repeat.DAILY: _l("Once a day"),
    Repeat.ONCE: _l("Once at the whole event"),
    Repeat.ALWAYS: _l("Each time anew"),
}
SIGN_UPS = {
    SignUpRule.IGNORED: _l("Everybody is counted"),
    SignUpRule.TOLD: _l("Everybody is counted; the desk is told who did not sign up"),
    SignUpRule.NEEDED: _l("Only those who signed up come in, where a session takes sign-ups"),
}
_AT = "%Y-%m-%dT%H:%M"


class PointForm(PageForm):
    """What a point is called, and its rule."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    kind = RadioField(
        _l("What is counted there"),
        choices=options(*((kind.value, KINDS[kind]) for kind in BY_HAND)),
        default=PointKind.OTHER.value,
        description=_l("It cannot be changed later: what was counted would mean something else."),
    )
    types = ChipsField(_l("Who comes in"), description=_l("None chosen: everybody with a valid badge."))
    opens_at = DateTimeLocalField(_l("Open from"), [Optional()], format=_AT)
    closes_at = DateTimeLocalField(_l("Open until"), [Optional()], format=_AT)
    repeat = RadioField(
        _l("How often somebody is counted"),
        choices=options(*((repeat.value, words) for repeat, words in REPEATS.items())),
        default=Repeat.DAILY.value,
    )
    sign_up = RadioField(
        _l("Sessions with sign-up"),
        choices=options(*((rule.value, words) for rule, words in SIGN_UPS.items())),
        default=SignUpRule.IGNORED.value,
    )
    has_exit = BooleanField(_l("Badges are also scanned when people leave"))
    capacity = IntegerField(
        _l("So many people fit in"),
        [Optional(), NumberRange(min=1, max=100_000, message=_l("Write a number from 1 up, or leave it empty."))],
    )


def _form(event: Event, point: ScanPoint | None) -> PointForm:
    data: dict[str, object] = {}
    if point is not None:
        data = {
            "name_pl": point.name.pl,
            "name_en": point.name.en,
            "types": [str(each.participation_type_id) for each in point.types],
            "opens_at": to_local(point.opens_at, event.timezone),
            "closes_at": to_local(point.closes_at, event.timezone),
            "repeat": point.repeat.value,
            "sign_up": point.sign_up.value,
            "has_exit": point.has_exit,
            "capacity": point.capacity,
        }
    form = PointForm(data=data)
    seats = point.room.capacity if point is not None and point.room is not None else None
    form.capacity.description = (
        _(
            "Empty: as many as the room has seats, %(seats)s. Nobody is turned away; the desk is told.",
            seats=seats,
        )
        if seats
        else _("Empty: not counted. Nobody is turned away; the desk is told.")
    )
    form.types.choices = options(
        *((str(kind.id), plain(kind.name) or kind.code) for kind in participation_types(event.id))
    )
    kind = point.kind if point is not None else None
    if kind is not None:
        del form.kind
    if kind not in {PointKind.ROOM, PointKind.SESSION}:
        del form.sign_up
    if kind is PointKind.TABLES:
        #: A meeting says itself when, how often and whom it takes.
        del form.repeat
        del form.has_exit
        del form.capacity
    return form


def _wish(event: Event, form: PointForm, point: ScanPoint | None) -> PointWish:
    return PointWish(
        name=Bilingual(form.name_pl.data or "", form.name_en.data or ""),
        kind=point.kind if point is not None else PointKind(form.kind.data),
        type_ids=frozenset(int(each) for each in form.types.data or ()),
        opens_at=from_local(form.opens_at.data, event.timezone),
        closes_at=from_local(form.closes_at.data, event.timezone),
        repeat=Repeat(form.repeat.data) if "repeat" in form else Repeat.DAILY,
        sign_up=SignUpRule(form.sign_up.data) if "sign_up" in form else SignUpRule.IGNORED,
        has_exit="has_exit" in form and bool(form.has_exit.data),
        capacity=form.capacity.data if "capacity" in form else None,
    )


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the points with their rules, those closed for good below."""
    event = event_or_404(slug)
    found = queries.points(event.id, with_closed=True)
    return render_template(
        "points/index.html",
        points=[point for point in found if point.closed_for_good_at is None],
        closed=[point for point in found if point.closed_for_good_at is not None],
        scans=_scans(event.id),
        kinds=KINDS,
        repeats=REPEATS,
        sign_ups=SIGN_UPS,
        counted=[point.id for point in found if counts_who_is_in(point)],
        form=PageForm(),
    )


def _scans(event_id: int) -> Counter[int]:
    rows = db.session.execute(
        select(Scan.point_id, func.count()).where(Scan.event_id == event_id).group_by(Scan.point_id)
    )
    return Counter({row[0]: row[1] for row in rows})


@bp.post("/missing")
def add_missing(slug: str) -> ResponseReturnValue:
    """Make the points that follow from rooms, sessions and tables and are not there yet."""
    event = event_or_404(slug)
    before = len(queries.points(event.id, with_closed=True))
    use_cases.lay_out_points(event, by_id=signed_in_reader().id)
    made = len(queries.points(event.id, with_closed=True)) - before
    flash(_("Made: %(count)s.", count=made) if made else _("Every room, session and table has its point."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Show an empty form, and add a point."""
    return _edit(event_or_404(slug), None)


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show a point, and change it."""
    event = event_or_404(slug)
    return _edit(event, _point_or_404(event, code))


def _point_or_404(event: Event, code: str) -> ScanPoint:
    found = next((point for point in queries.points(event.id, with_closed=True) if point.code == code), None)
    return found or abort(404)


def _edit(event: Event, point: ScanPoint | None) -> ResponseReturnValue:
    form = _form(event, point)
    if form.is_submitted() and form.validate():
        wish = _wish(event, form, point)
        try:
            use_cases.save_point(event, point.code if point else None, wish, actor_id=signed_in_reader().id)
        except LsosError as error:
            at = form.closes_at if wish.name else form.name_pl
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".index", slug=event.slug))
    page = render_template(
        "points/edit.html",
        form=form,
        point=point,
        kinds=KINDS,
        is_used=point is not None and _scans(event.id)[point.id] > 0,
    )
    return page, 422 if form.is_submitted() else 200


@bp.post("/<code>/earlier")
def earlier(slug: str, code: str) -> ResponseReturnValue:
    """Put a point one place earlier in the order in which the door lists them."""
    return _move(slug, code, -1)


@bp.post("/<code>/later")
def later(slug: str, code: str) -> ResponseReturnValue:
    """Put a point one place later."""
    return _move(slug, code, 1)


def _move(slug: str, code: str, by: int) -> ResponseReturnValue:
    event = event_or_404(slug)
    _point_or_404(event, code)
    use_cases.move_point(event, code, by, actor_id=signed_in_reader().id)
    return redirect(url_for(".index", slug=slug, _anchor=f"p-{code}"))


@bp.post("/<code>/close")
def close(slug: str, code: str) -> ResponseReturnValue:
    """Offer a point at the door no more."""
    return _close(slug, code, datetime.now(UTC))


@bp.post("/<code>/open")
def reopen(slug: str, code: str) -> ResponseReturnValue:
    """Offer a point at the door again."""
    return _close(slug, code, None)


def _close(slug: str, code: str, now: datetime | None) -> ResponseReturnValue:
    event = event_or_404(slug)
    _point_or_404(event, code)
    use_cases.close_point(event, code, actor_id=signed_in_reader().id, now=now)
    flash(_("Closed for good.") if now else _("Open again."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/<code>/remove")
def remove(slug: str, code: str) -> ResponseReturnValue:
    """Take away a point at which nobody was scanned."""
    event = event_or_404(slug)
    _point_or_404(event, code)
    try:
        use_cases.remove_point(event, code, actor_id=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".edit", slug=slug, code=code))
    flash(_("Taken away."), "done")
    return redirect(url_for(".index", slug=slug))
