"""Passkeys: small answers for the script that talks to the browser's keeper of keys; links and codes do without it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.accounts import passkeys as service
from lsos.accounts.passkeys import Site
from lsos.accounts.rules import PASSKEY_LIFE, PasskeyRefusal, own_path
from lsos.errors import LsosError, Refused
from lsos.web import session
from lsos.web.errors import words_of
from lsos.web.limits import SIGN_IN, limiter
from lsos.web.look import settings

bp = Blueprint("passkeys", __name__)

#: Everything else here is for people who are signed in.
OPEN = frozenset({"passkeys.ask_to_sign_in", "passkeys.sign_in"})
NAME_LENGTH = 60


@bp.before_request
def guard() -> ResponseReturnValue | None:
    """Let everybody sign in, and those who are signed in keep passkeys."""
    return None if request.endpoint in OPEN else session.signed_in()


def _site() -> Site:
    address = settings().base_url
    return Site(host=urlsplit(address).hostname or "", origin=address)


def _asked(asked: service.Asked) -> ResponseReturnValue:
    cookie["passkey"] = [asked.challenge, int((datetime.now(UTC) + PASSKEY_LIFE).timestamp())]
    return jsonify(asked.options)


def _challenge() -> str:
    """Give the challenge that was asked a while ago, and forget it: an answer to it is taken once."""
    challenge, until = cookie.pop("passkey", ["", 0])
    if not challenge or datetime.now(UTC).timestamp() >= until:
        raise Refused(PasskeyRefusal.TOO_LATE)
    return str(challenge)


def _sent() -> dict[str, Any]:
    """Give what the script sent, if it is what a script sends."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("credential"), dict):
        raise Refused(PasskeyRefusal.NOT_PROVEN)
    return sent


def _refused(refused: Refused) -> ResponseReturnValue:
    return jsonify({"why": words_of(refused)}), 422


@bp.post("/sign-in/passkey/ask")
@limiter.limit(SIGN_IN)
def ask_to_sign_in() -> ResponseReturnValue:
    """Say what the browser has to sign."""
    return _asked(service.ask_to_sign_in(_site()))


@bp.post("/sign-in/passkey")
@limiter.limit(SIGN_IN)
def sign_in() -> ResponseReturnValue:
    """Let in whose passkey signed it; the device asked its holder too, so that it counts for both factors."""
    now = datetime.now(UTC)
    try:
        sent, challenge = _sent(), _challenge()
        person = service.sign_in(sent["credential"], challenge=challenge, site=_site(), now=now)
    except Refused as refused:
        return _refused(refused)
    session.open_session(person, by_password=True, by_second_factor=True, now=now)
    return jsonify({"to": own_path(str(sent.get("next", ""))) or url_for("account.index")})


@bp.post("/account/passkeys/ask")
@limiter.limit(SIGN_IN)
def ask_to_make() -> ResponseReturnValue:
    """Say what kind of key the browser has to make."""
    return _asked(service.ask_to_make(session.signed_in_reader(), _site()))


@bp.post("/account/passkeys")
@limiter.limit(SIGN_IN)
def keep() -> ResponseReturnValue:
    """Keep the key that the browser made."""
    try:
        sent, challenge = _sent(), _challenge()
        name = " ".join(str(sent.get("name", "")).split())[:NAME_LENGTH]
        service.keep(
            session.signed_in_reader().id,
            name or gettext("Passkey"),
            sent["credential"],
            challenge=challenge,
            site=_site(),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return _refused(refused)
    flash(gettext("The passkey is kept. Next time it signs you in by itself."), "done")
    return jsonify({"to": url_for("second_factor.index")})


@bp.post("/account/passkeys/<uid>/remove")
def remove(uid: str) -> ResponseReturnValue:
    """Forget a passkey."""
    try:
        service.remove(session.signed_in_reader().id, uid)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(gettext("The passkey is forgotten."), "done")
    return redirect(url_for("second_factor.index"))
