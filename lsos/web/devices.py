"""Phones that scan by themselves, as organisers look after them: made, paired by a code, seen, revoked."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from lsos import qr
from lsos.checkin import devices as use_cases
from lsos.checkin import queries
from lsos.checkin.device_rules import PAIRS_FOR, DeviceRefusal
from lsos.checkin.devices import DeviceWish
from lsos.checkin.models import Device
from lsos.checkin.rules import Refusal
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field, options
from lsos.web.look import settings
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("devices", __name__, url_prefix="/events/<slug>/organise/devices")
bp.before_request(only(Role.REGISTRATIONS))

#: A device that has not spoken for so long may have no network, or lie in a drawer.
SILENT = timedelta(minutes=10)
#: So many scans that were seen otherwise are listed.
SHOWN = 50


class DeviceForm(PageForm):
    """What a device is called, where it scans, and what its holder may do."""

    name = name_field(
        _l("Name of the device"),
        InputRequired(_l("Give the device a name, so that it is known in the list.")),
        description=_l("As it is called among you, such as: Phone 3, Magda."),
    )
    point = SelectField(_l("Where it scans"), description=_l("Its holder may go elsewhere only if you let them."))
    may_choose_point = BooleanField(_l("Its holder may choose another point"))
    may_search = BooleanField(_l("Its holder is a supervisor: may find guests by name"))
    may_register = BooleanField(_l("Its holder may register guests who come without a registration"))
    is_kiosk = BooleanField(_l("It is a kiosk: guests scan their own badges, and nobody's name stays on the screen"))


def _form(event: Event, device: Device | None) -> DeviceForm:
    data: dict[str, object] = {}
    if device is not None:
        data = {
            "name": device.name,
            "point": device.point.code if device.point else "",
            "may_choose_point": device.may_choose_point,
            "may_search": device.may_search,
            "may_register": device.may_register,
            "is_kiosk": device.is_kiosk,
        }
    form = DeviceForm(data=data)
    points = [(point.code, plain(point.name)) for point in queries.points(event.id)]
    form.point.choices = options(("", _("its holder chooses")), *points)
    return form


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the devices: where they are, when they last spoke, what waits there, whose clock is off."""
    event = event_or_404(slug)
    return render_template(
        "devices/index.html",
        devices=use_cases.devices_of(event.id),
        otherwise=use_cases.seen_otherwise(event.id, limit=SHOWN),
        reasons=Refusal,
        form=PageForm(),
        now=datetime.now(UTC),
        SILENT=SILENT,
    )


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Show an empty form, and make a device."""
    return _edit(event_or_404(slug), None)


@bp.route("/<uid>", methods=["GET", "POST"])
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Show a device, and change it."""
    event = event_or_404(slug)
    return _edit(event, _device_or_404(event, uid))


def _device_or_404(event: Event, uid: str) -> Device:
    return use_cases.device_by_uid(event.id, uid) or abort(404)


def _edit(event: Event, device: Device | None) -> ResponseReturnValue:
    form = _form(event, device)
    if form.is_submitted() and form.validate():
        wish = DeviceWish(
            name=form.name.data or "",
            point_code=form.point.data or None,
            may_choose_point=bool(form.may_choose_point.data),
            may_search=bool(form.may_search.data),
            may_register=bool(form.may_register.data),
            is_kiosk=bool(form.is_kiosk.data),
        )
        by, now = signed_in_reader().id, datetime.now(UTC)
        try:
            saved = use_cases.save_device(event, device.uid if device else None, wish, actor_id=by, now=now)
        except LsosError as error:
            at = form.point if error.message == DeviceRefusal.KIOSK_NOWHERE else form.name
            at.errors = [*at.errors, words_of(error)]
        else:
            if device is None:
                return _code(event, saved)
            flash(_("Saved."), "done")
            return redirect(url_for(".index", slug=event.slug))
    page = render_template("devices/edit.html", form=form, device=device)
    return page, 422 if form.is_submitted() else 200


@bp.post("/<uid>/code")
def code(slug: str, uid: str) -> ResponseReturnValue:
    """Show the code that pairs a device; what was paired before is paired no more."""
    event = event_or_404(slug)
    return _code(event, _device_or_404(event, uid))


def _code(event: Event, device: Device) -> ResponseReturnValue:
    now = datetime.now(UTC)
    shown = use_cases.offer_code(event, device.uid, actor_id=signed_in_reader().id, now=now)
    address = f"{settings().base_url}{url_for('scanner.pair', code=shown)}"
    return render_template(
        "devices/code.html", device=device, code=shown, address=address, qr=qr.svg(address), until=now + PAIRS_FOR
    )


@bp.post("/<uid>/revoke")
def revoke(slug: str, uid: str) -> ResponseReturnValue:
    """Let a device in no more."""
    event = event_or_404(slug)
    device = _device_or_404(event, uid)
    use_cases.revoke(event, device.uid, actor_id=signed_in_reader().id, now=datetime.now(UTC))
    flash(_("%(name)s is let in no more.", name=device.name), "done")
    return redirect(url_for(".index", slug=slug))
