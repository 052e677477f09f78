"""Two records of one human being become one: drafts that name the one that goes name the other."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session as Writing

from lsos.drafting.content import decode, encode
from lsos.drafting.desk import lock_draft
from lsos.drafting.models import DraftSession


def settle_drafts(writing: Writing, *, gone: int, into: int) -> None:
    """Let drafts name the record that stays; who is in a session twice by that is in it once."""
    for event_id in writing.scalars(select(DraftSession.event_id).distinct().order_by(DraftSession.event_id)).all():
        lock_draft(writing, event_id)
        for row in writing.scalars(select(DraftSession).where(DraftSession.event_id == event_id)):
            content = decode(row.content)
            if gone in content.person_ids:
                people = [replace(one, person_id=into) if one.person_id == gone else one for one in content.people]
                row.content = encode(replace(content, people=tuple(dict.fromkeys(people))))
    writing.flush()
