"""Reads of the words that organisers wrote for letters."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lsos.db import db
from lsos.letters.models import LetterWording


def own_wording(session: Session, scope: str, letter: str) -> LetterWording | None:
    """Find the latest words of an event for a letter."""
    with session.no_autoflush:
        return session.scalar(
            select(LetterWording)
            .where(LetterWording.scope == scope, LetterWording.letter == letter)
            .order_by(LetterWording.version.desc())
            .limit(1)
        )


def latest_wordings(scope: str, letters: Collection[str]) -> dict[str, LetterWording]:
    """Find the latest words of an event for several letters."""
    latest = (
        select(LetterWording.letter, func.max(LetterWording.version).label("version"))
        .where(LetterWording.scope == scope, LetterWording.letter.in_(letters))
        .group_by(LetterWording.letter)
        .subquery()
    )
    rows = db.session.scalars(
        select(LetterWording)
        .join(latest, (LetterWording.letter == latest.c.letter) & (LetterWording.version == latest.c.version))
        .where(LetterWording.scope == scope)
    )
    return {row.letter: row for row in rows}


def versions_of(scope: str, letter: str) -> list[LetterWording]:
    """List every version of an event's words for a letter, the latest first."""
    return list(
        db.session.scalars(
            select(LetterWording)
            .where(LetterWording.scope == scope, LetterWording.letter == letter)
            .order_by(LetterWording.version.desc())
            .limit(50)
        )
    )
