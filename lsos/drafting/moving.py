"""A demonstration is moved to other days: its draft moves along."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Writing

from lsos.drafting.content import decode, encode
from lsos.drafting.models import DraftSession


def shift_draft(writing: Writing, event_id: int, later: Callable[[datetime], datetime]) -> None:
    """Move what the draft of an event says otherwise than what is released, as part of another change."""

    def moved(at: datetime | None) -> datetime | None:
        return None if at is None else later(at)

    for row in writing.scalars(select(DraftSession).where(DraftSession.event_id == event_id)):
        content = decode(row.content)
        row.content = encode(
            replace(
                content,
                starts_at=moved(content.starts_at),
                ends_at=moved(content.ends_at),
                signup_opens_at=moved(content.signup_opens_at),
            )
        )
