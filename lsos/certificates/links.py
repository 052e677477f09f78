"""Links in letters: each opens one certificate, for its owner, without signing in."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def _keys() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="certificate of attendance")


def token_for(registration_uid: str) -> str:
    """Give the key to the certificate of a registration."""
    return str(_keys().dumps(registration_uid))


def read_token(token: str) -> str | None:
    """Give the public id of the registration; None when the key is not whole."""
    try:
        found = _keys().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    return found if isinstance(found, str) else None
