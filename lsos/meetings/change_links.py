"""Links in letters about changes: each opens one question of one reader, who answers it without signing in."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from lsos.meetings.change_models import MeetingChange
from lsos.registration.models import Registration


def _keys() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="answer to a change of a meeting")


def token_for(change: MeetingChange, reader: Registration) -> str:
    """Give the key to the question that a change puts to somebody."""
    return str(_keys().dumps([change.uid, reader.uid]))


def read_token(token: str) -> tuple[str, str] | None:
    """Give the public ids of the change and of its reader's registration; None when the key is not whole."""
    try:
        change_uid, reader_uid = _keys().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    return change_uid, reader_uid
