"""The dated proof of what was deleted: lines that are only ever added, each sealed together with the one before."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lsos.db import db, is_sqlite
from lsos.privacy.models import Deletion

#: A whole person, on their own word; every other line is about a class of data of one event.
PERSON = "person"


def note(
    session: Session,
    what: str,
    number: int,
    *,
    scope: str = "",
    days: int | None = None,
    by: int | None = None,
    now: datetime,
) -> Deletion:
    """Add a line, as part of the deletion that it is about."""
    if not is_sqlite(session):
        #: Two that delete at once write one after the other, since each line is sealed with the one before.
        session.execute(text("LOCK TABLE deletion IN SHARE ROW EXCLUSIVE MODE"))
    last = session.scalar(select(Deletion.seal).order_by(Deletion.id.desc()).limit(1))
    line = Deletion(at=now.replace(microsecond=0), scope=scope, what=what, days=days, number=number, by_id=by)
    line.seal = _seal(line, last or "")
    session.add(line)
    session.flush()
    return line


def _seal(line: Deletion, before: str) -> str:
    said = [line.at.astimezone(UTC).isoformat(), line.scope, line.what, line.days, line.number, line.by_id, before]
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, "\n".join(map(str, said)).encode(), hashlib.sha256).hex()


def lines(scope: str | None = None) -> list[Deletion]:
    """List the lines of one event, or all, the latest first."""
    wanted = select(Deletion).order_by(Deletion.id.desc())
    return list(db.session.scalars(wanted if scope is None else wanted.where(Deletion.scope == scope)))


def broken() -> Deletion | None:
    """Find the first line that is not as it was written, or that follows one that is gone; None: the proof is whole."""
    return first_broken(db.session.scalars(select(Deletion).order_by(Deletion.id)).all())


def first_broken(written: Sequence[Deletion]) -> Deletion | None:
    """Find the first of these lines, in their order, whose seal does not fit."""
    before = ""
    for line in written:
        if not hmac.compare_digest(line.seal, _seal(line, before)):
            return line
        before = line.seal
    return None
