"""The account: signing in by a link or a password, one's name, addresses and password, and one's events."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from lsos.accounts import service, sessions
from lsos.accounts.models import Person
from lsos.accounts.passkeys import passkeys_of
from lsos.accounts.queries import fold_address, link_by_token, token_hash
from lsos.accounts.rules import FRESH, SignInRefusal, link_refusal, own_path
from lsos.accounts.second_factor import devices_of, has_second_factor
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.queries import second_factor_from, worked_on
from lsos.registration.queries import registrations_of_person
from lsos.texts import LANGUAGE_NAMES
from lsos.web import language, session
from lsos.web.errors import words_of
from lsos.web.forms import Needed, PageForm, PrintableName, address_field, name_field, options
from lsos.web.limits import ADDRESS, LINKS, SIGN_IN, limiter
from lsos.web.look import settings

bp = Blueprint("account", __name__)

#: Everything else here is for people who are signed in.
OPEN = frozenset({"account.sign_in", "account.ask", "account.open_link", "account.use_link"})


@bp.before_request
def guard() -> ResponseReturnValue | None:
    """Let everybody to the door, and those who are signed in to the rest."""
    return None if request.endpoint in OPEN else session.signed_in()


class LinkForm(PageForm):
    """An address to which a sign-in link goes."""

    address = address_field(_l("E-mail"))
    next = HiddenField()


class PasswordSignInForm(PageForm):
    """An address and its password."""

    address = address_field(_l("E-mail"))
    password = PasswordField(_l("Password"), [InputRequired(_l("Type your password.")), Length(max=1000)])
    next = HiddenField()


class PersonForm(PageForm):
    """How somebody is called, and in which language they are written to."""

    given_name = name_field(
        _l("Given name"), InputRequired(_l("Write the name you want to be called by.")), PrintableName()
    )
    family_name = name_field(_l("Family name"))
    language = SelectField(_l("Language of e-mails"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))


class AddressForm(PageForm):
    """Another address of the same person."""

    address = address_field(_l("New address"))


class NewPasswordForm(PageForm):
    """A new password, and the present one where there is one."""

    current = PasswordField(_l("Current password"), [Needed(), Length(max=1000)])
    new = PasswordField(_l("New password"), [InputRequired(_l("Type a new password.")), Length(max=1000)])
    next = HiddenField()


def _typed_address() -> str:
    """Give what limits count by besides the network: the address that was typed, in whichever form."""
    typed = fold_address(request.form.get("address") or request.form.get("password-address") or "")
    return f"address:{token_hash(typed)}" if typed else get_remote_address()


# ---- the door


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Offer both ways in."""
    sent_to = cookie.pop("link_sent_to", None) if "sent" in request.args else None
    return _door(sent_to=sent_to)


@bp.post("/sign-in")
@limiter.limit(SIGN_IN)
@limiter.limit(ADDRESS, key_func=_typed_address)
def ask() -> ResponseReturnValue:
    """Send a link, or take a password; either way the answer does not tell who has an account."""
    if request.form.get("way") == "password":
        return _by_password()
    form = LinkForm()
    if not form.validate():
        return _door(link=form), 422
    address = form.address.data or ""
    service.ask_for_link(
        address, next_path=own_path(form.next.data or ""), language=language.current(), now=datetime.now(UTC)
    )
    cookie["link_sent_to"] = address
    return redirect(url_for(".sign_in", sent=1))


def _by_password() -> ResponseReturnValue:
    form = PasswordSignInForm(prefix="password-")
    if not form.validate():
        return _door(password=form), 422
    try:
        person = service.sign_in_with_password(form.address.data or "", form.password.data or "")
    except Refused as refused:
        form.password.errors = [words_of(refused)]
        return _door(password=form), 422
    return _let_in(person, by_password=True, wanted=form.next.data)


def _let_in(person: Person, *, by_password: bool, wanted: str | None) -> ResponseReturnValue:
    """Let somebody in, or ask for their one-time code first."""
    now = datetime.now(UTC)
    if has_second_factor(person.id):
        session.stop_half_way(person, by_password=by_password, next_path=own_path(wanted or ""), now=now)
        return redirect(url_for("second_factor.ask"))
    session.open_session(person, by_password=by_password, now=now)
    return _onward(wanted)


def _door(
    *, link: LinkForm | None = None, password: PasswordSignInForm | None = None, sent_to: str | None = None
) -> str:
    wanted = own_path(request.args.get("next", ""))
    return render_template(
        "account/sign_in.html",
        link=link or LinkForm(formdata=None, next=wanted),
        password=password or PasswordSignInForm(formdata=None, prefix="password-", next=wanted),
        is_by_password=password is not None,
        sent_to=sent_to,
        has_mail_server=bool(settings().mail_url),
    )


def _onward(wanted: str | None) -> ResponseReturnValue:
    """Go where the reader wanted to, if that is a page of ours, else to the account."""
    return redirect(own_path(wanted or "") or url_for("account.index"))


@bp.get("/sign-in/<token>")
@limiter.limit(LINKS)
def open_link(token: str) -> ResponseReturnValue:
    """Show one button: the programs that look at every link in a mail press none."""
    link = link_by_token(token)
    reader = session.reader()
    if link is not None and reader is not None and link.person_id == reader.id:
        return _onward(link.next_path)
    if link is None:
        return _closed(SignInRefusal.LINK_UNKNOWN)
    refusal = link_refusal(used_at=link.used_at, expires_at=link.expires_at, now=datetime.now(UTC))
    if refusal is not None:
        return _closed(refusal)
    return render_template("account/link.html", token=token)


@bp.post("/sign-in/<token>")
@limiter.limit(LINKS)
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up and let its person in."""
    try:
        opened = service.open_link(token, now=datetime.now(UTC))
    except Refused as refused:
        return _closed(refused.message)
    return _let_in(opened.person, by_password=False, wanted=opened.next_path)


def _closed(reason: str) -> ResponseReturnValue:
    return render_template("account/link.html", token="", reason=gettext(reason), link=LinkForm(formdata=None)), 410


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session, and lead back to where something waits for somebody else."""
    session.close_session()
    flash(gettext("You are signed out."), "done")
    return redirect(own_path(request.form.get("next", "")) or url_for("home.index"))


@bp.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of the reader, this one too."""
    service.sign_out_everywhere(session.signed_in_reader().id, now=datetime.now(UTC))
    session.forget_session()
    flash(gettext("You are signed out on every device."), "done")
    return redirect(url_for("home.index"))


@bp.post("/account/sessions/others")
def end_other_sessions() -> ResponseReturnValue:
    """End every session of the reader but this one."""
    here = session.this_session()
    ended = sessions.end_others(session.signed_in_reader().id, but=here.id if here else None)
    flash(ngettext("%(num)s other device is signed out.", "%(num)s other devices are signed out.", ended), "done")
    return redirect(url_for(".index", _anchor="devices"))


@bp.post("/account/sessions/<uid>/end")
def end_session(uid: str) -> ResponseReturnValue:
    """End one session of the reader; this one too, if that is the one."""
    here = session.this_session()
    try:
        ended = sessions.end(session.signed_in_reader().id, uid)
    except NotFound as gone:
        return _back_to_account(gone)
    if here is not None and here.uid == uid:
        session.forget_session()
        flash(gettext("You are signed out."), "done")
        return redirect(url_for("home.index"))
    flash(
        gettext("Signed out: %(device)s.", device=ended.device or gettext("an unknown device")),
        "done",
    )
    return redirect(url_for(".index", _anchor="devices"))


# ---- the account


@bp.get("/account")
def index() -> ResponseReturnValue:
    """Show the reader's events and what is known of them."""
    return _account()


def _account(**forms: Any) -> str:
    person = session.signed_in_reader()
    shown: dict[str, Any] = {
        "form": PersonForm(formdata=None, obj=person),
        "new_address": AddressForm(formdata=None, prefix="new-"),
    }
    return render_template(
        "account/index.html",
        person=person,
        registrations=registrations_of_person(person.id),
        worked_on=worked_on(person.id),
        sessions=sessions.sessions_of(person.id, now=datetime.now(UTC)),
        this_session=session.this_session(),
        devices=devices_of(person.id),
        passkeys=passkeys_of(person.id),
        code_from=second_factor_from(person.id),
        **(shown | forms),
    )


@bp.post("/account")
def rename() -> ResponseReturnValue:
    """Store the reader's name and language."""
    form = PersonForm()
    if not form.validate():
        return _account(form=form), 422
    service.rename(
        session.signed_in_reader().id, form.given_name.data or "", form.family_name.data or "", form.language.data
    )
    flash(gettext("Your name and language are saved."), "done")
    return redirect(url_for(".index"))


@bp.post("/account/addresses")
@limiter.limit(SIGN_IN)
@limiter.limit(ADDRESS, key_func=lambda: f"address:{token_hash(fold_address(request.form.get('new-address', '')))}")
def add_address() -> ResponseReturnValue:
    """Write to a new address, so that its owner can prove it."""
    form = AddressForm(prefix="new-")
    if not form.validate():
        return _account(new_address=form), 422
    address = form.address.data or ""
    try:
        service.ask_to_add_address(session.signed_in_reader().id, address, now=datetime.now(UTC))
    except Refused as refused:
        form.address.errors = [words_of(refused)]
        return _account(new_address=form), 422
    flash(
        gettext(
            "We wrote to %(address)s. Open the link in that letter to add the address. "
            "If no letter comes, the address has an account of its own.",
            address=address,
        ),
        "done",
    )
    return redirect(url_for(".index"))


@bp.get("/account/addresses/<token>")
def verify(token: str) -> ResponseReturnValue:
    """Show which address a link adds, with one button."""
    person = session.signed_in_reader()
    try:
        address = service.read_address_link(person, token, now=datetime.now(UTC))
    except Refused as refused:
        return _back_to_account(refused)
    return render_template("account/verify.html", address=address, person=person)


@bp.post("/account/addresses/<token>")
def add_verified(token: str) -> ResponseReturnValue:
    """Add the address that the link proves."""
    try:
        address = service.add_address(session.signed_in_reader(), token, now=datetime.now(UTC))
    except Refused as refused:
        return _back_to_account(refused)
    flash(gettext("%(address)s is yours now. You can sign in with it.", address=address), "done")
    return redirect(url_for(".index"))


@bp.post("/account/addresses/primary")
def make_primary() -> ResponseReturnValue:
    """Send the reader's mail to another of their addresses."""
    try:
        service.make_primary(session.signed_in_reader().id, request.form.get("address", ""))
    except Refused as refused:
        return _back_to_account(refused)
    flash(gettext("Mail goes to this address from now on."), "done")
    return redirect(url_for(".index"))


@bp.post("/account/addresses/remove")
def remove_address() -> ResponseReturnValue:
    """Take an address away."""
    try:
        service.remove_address(session.signed_in_reader().id, request.form.get("address", ""))
    except Refused as refused:
        return _back_to_account(refused)
    flash(gettext("The address is removed."), "done")
    return redirect(url_for(".index"))


def _back_to_account(refused: LsosError) -> ResponseReturnValue:
    flash(words_of(refused), "refused")
    return redirect(url_for("account.index"))


# ---- the password


def _must_give_current(person: Person) -> bool:
    """Say whether a new password needs the present one; a link opened just now stands in for it."""
    if person.password_hash is None:
        return False
    opened = session.this_session()
    return opened is None or opened.by_password or datetime.now(UTC) - opened.created_at > FRESH


@bp.get("/account/password")
def password() -> ResponseReturnValue:
    """Ask for a new password."""
    form = NewPasswordForm(formdata=None, next=own_path(request.args.get("next", "")))
    return _password_page(form)


def _password_page(form: NewPasswordForm) -> str:
    person = session.signed_in_reader()
    return render_template("account/password.html", form=form, person=person, needs_current=_must_give_current(person))


@bp.post("/account/password")
@limiter.limit(SIGN_IN)
def set_password() -> ResponseReturnValue:
    """Store a new password and keep the reader in; every other session ends."""
    form = NewPasswordForm()
    if not form.validate():
        return _password_page(form), 422
    person = session.signed_in_reader()
    opened = session.this_session()
    has_second = opened is not None and opened.by_second_factor
    current = (form.current.data or "") if _must_give_current(person) else None
    try:
        person = service.set_password(person.id, form.new.data or "", current=current, now=datetime.now(UTC))
    except Refused as refused:
        wrong: StringField = form.current if refused.reason == "wrong_current" else form.new
        wrong.errors = [words_of(refused)]
        return _password_page(form), 422
    session.open_session(person, by_password=True, by_second_factor=has_second, now=datetime.now(UTC))
    flash(gettext("Your password is saved. Other devices are signed out."), "done")
    return _onward(form.next.data)
