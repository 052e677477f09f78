"""One-time codes: asked for at the door, and set up, named and taken away in the account; all without JavaScript."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from lsos import qr
from lsos.accounts import second_factor as service
from lsos.accounts import totp
from lsos.accounts.models import Person, TotpDevice
from lsos.accounts.passkeys import passkeys_of
from lsos.accounts.rules import own_path
from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.queries import second_factor_from
from lsos.web import session
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, PrintableName, name_field, strip
from lsos.web.limits import CODES, SIGN_IN, limiter

bp = Blueprint("second_factor", __name__)

#: Everything else here is for people who are signed in.
OPEN = frozenset({"second_factor.ask", "second_factor.check"})


@bp.before_request
def guard() -> ResponseReturnValue | None:
    """Let those through who are signed in, or are half way."""
    return None if request.endpoint in OPEN else session.signed_in()


class CodeForm(PageForm):
    """A one-time code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Type the code that your device shows.")), Length(max=40)],
        filters=[strip],
        render_kw={"inputmode": "text", "autocapitalize": "characters", "spellcheck": "false"},
    )


class DeviceForm(PageForm):
    """What a device is called."""

    name = name_field(
        _l("Name of the device"),
        InputRequired(_l("Give it a name, such as “my phone”.")),
        PrintableName(),
        max_length=60,
    )


def _whose_codes() -> str:
    """Count tries for the person they are for, wherever they come from."""
    half = session.half_way(now=datetime.now(UTC))
    person = session.reader()
    whose = half.person_id if half else person.id if person else None
    return f"codes:{whose}" if whose is not None else get_remote_address()


# ---- at the door


@bp.get("/sign-in/code")
def ask() -> ResponseReturnValue:
    """Ask for the code of somebody who gave the first factor."""
    if session.half_way(now=datetime.now(UTC)) is None:
        return redirect(url_for("account.sign_in"))
    return render_template("account/code.html", form=CodeForm(formdata=None))


@bp.post("/sign-in/code")
@limiter.limit(SIGN_IN)
@limiter.limit(CODES, key_func=_whose_codes)
def check() -> ResponseReturnValue:
    """Let somebody in whose code is right."""
    now = datetime.now(UTC)
    half = session.half_way(now=now)
    if half is None:
        flash(gettext("That took too long. Please begin again."), "refused")
        return redirect(url_for("account.sign_in"))
    form = CodeForm()
    if not form.validate():
        return render_template("account/code.html", form=form), 422
    try:
        was_on_paper = service.check_code(half.person_id, form.code.data or "", now=now)
    except Refused as refused:
        form.code.errors = [words_of(refused)]
        return render_template("account/code.html", form=form), 422
    person = db.session.get_one(Person, half.person_id)
    session.open_session(person, by_password=half.by_password, by_second_factor=True, now=now)
    if was_on_paper:
        flash(gettext("That recovery code is used up now. Cross it out, or make new ones."), "done")
        return redirect(url_for(".index"))
    return redirect(own_path(half.next_path) or url_for("account.index"))


# ---- in the account


@bp.get("/account/second-factor")
def index() -> ResponseReturnValue:
    """Show the devices, and how to add one."""
    wanted = own_path(request.args.get("next", ""))
    if wanted:
        cookie["after_second_factor"] = wanted
    return _devices(DeviceForm(formdata=None))


def _devices(form: DeviceForm) -> str:
    person = session.signed_in_reader()
    return render_template(
        "account/second_factor.html",
        form=form,
        devices=service.devices_of(person.id),
        codes_left=service.recovery_codes_left(person.id),
        code_from=second_factor_from(person.id),
        passkeys=passkeys_of(person.id),
    )


@bp.post("/account/second-factor")
def begin() -> ResponseReturnValue:
    """Begin to set up a device."""
    form = DeviceForm()
    if not form.validate():
        return _devices(form), 422
    try:
        device = service.begin_device(session.signed_in_reader().id, form.name.data or "", now=datetime.now(UTC))
    except Refused as refused:
        form.name.errors = [words_of(refused)]
        return _devices(form), 422
    return redirect(url_for(".device", uid=device.uid))


@bp.get("/account/second-factor/<uid>")
def device(uid: str) -> ResponseReturnValue:
    """Show what the app has to read, and ask for its first code."""
    found = service.device_by_uid(session.signed_in_reader().id, uid)
    if found.confirmed_at is not None:
        return redirect(url_for(".index"))
    return _device_page(found, CodeForm(formdata=None))


def _device_page(found: TotpDevice, form: CodeForm) -> str:
    secret = service.secret_of(found)
    address = totp.address_of(secret, session.signed_in_reader().email)
    return render_template(
        "account/device.html",
        device=found,
        form=form,
        picture=qr.svg(address, label=gettext("QR code for your app")),
        secret=totp.written_secret(secret),
    )


@bp.post("/account/second-factor/<uid>")
@limiter.limit(CODES, key_func=_whose_codes)
def confirm(uid: str) -> ResponseReturnValue:
    """Take the first code of a device; the first device comes with codes on paper."""
    person, opened = session.signed_in_reader(), session.this_session()
    found = service.device_by_uid(person.id, uid)
    form = CodeForm()
    if not form.validate() or opened is None:
        return _device_page(found, form), 422
    try:
        codes = service.confirm_device(
            person.id, uid, form.code.data or "", session_id=opened.id, now=datetime.now(UTC)
        )
    except Refused as refused:
        form.code.errors = [words_of(refused)]
        return _device_page(service.device_by_uid(person.id, uid), form), 422
    if not codes:
        flash(gettext("The device is set up."), "done")
        return redirect(url_for(".index"))
    return _paper(codes)


def _paper(codes: list[str]) -> str:
    onward = own_path(cookie.pop("after_second_factor", "")) or url_for("account.index")
    return render_template("account/recovery_codes.html", codes=codes, onward=onward)


@bp.post("/account/second-factor/codes")
def new_codes() -> ResponseReturnValue:
    """Make new codes on paper and show them, this once."""
    person = session.signed_in_reader()
    if not service.has_second_factor(person.id):
        return redirect(url_for(".index"))
    return _paper(service.new_recovery_codes(person.id))


@bp.post("/account/second-factor/<uid>/remove")
def remove(uid: str) -> ResponseReturnValue:
    """Take a device away."""
    try:
        is_left = service.remove_device(session.signed_in_reader().id, uid)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".index"))
    if is_left:
        flash(gettext("The device is removed."), "done")
    else:
        flash(gettext("The device is removed. You sign in without codes from now on."), "done")
    return redirect(url_for(".index"))
