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
    for row in writing.scalars(select(DraftSession).where(DraftSession.event_id == event_id)):
        content = decode(row.content)
        when = content.when
        if when is not None:
            moved = replace(content, starts_at=later(when.starts_at), ends_at=later(when.ends_at))
            row.content = encode(moved)
