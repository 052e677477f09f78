"""The table at which a draft is changed: one writer at a time for each event, every change a step."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload

from lsos.db import transaction
from lsos.drafting.conflicts import forbidden_anew
from lsos.drafting.content import Content, Parts, decode, encode
from lsos.drafting.models import DraftSession, DraftStep
from lsos.drafting.queries import Draft, draft_of, overlays_of
from lsos.drafting.rules import Clash, DraftRefusal, Merged, merged
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event

NO_SESSION = N_("This session is not part of this event.")


class EditedMeanwhile(Refused):
    """Somebody else changed the same part of a session since the page was made; nothing was written.

    Attributes:
        clashes: the parts, with both values, who and when.
        latest: what the form posts as `seen` once its reader has looked at them.
        content: what was wished, with all that others changed and the wish left alone; None where nothing was typed.
    """

    def __init__(self, clashes: list[Clash], latest: int, content: Content | None = None) -> None:
        super().__init__(DraftRefusal.CHANGED, name=clashes[0].by)
        self.clashes = clashes
        self.latest = latest
        self.content = content


@dataclass
class Desk:
    """A draft that is being changed; what is put here is written when the desk is left."""

    writing: Writing
    draft: Draft
    by_id: int
    now: datetime
    overlays: dict[str, DraftSession]
    before: Draft = field(init=False)
    number: int = field(init=False)
    batch: int = field(init=False)
    touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.before = self.draft
        self.number = self.draft.latest
        self.batch = self.number + 1

    def content(self, uid: str) -> Content:
        """Give what the draft says of a session.

        Raises:
            NotFound: it never was in the draft.
            Refused: it was taken out.
        """
        found = self.draft.contents.get(uid)
        if found is not None:
            return found
        steps = self.steps_since(uid, 0)
        if not steps:
            raise NotFound(NO_SESSION)
        raise Refused(DraftRefusal.GONE, name=name_of(steps[-1]))

    def steps_since(self, uid: str, seen: int) -> list[DraftStep]:
        """List what was done to a session after a step."""
        return list(
            self.writing.scalars(
                select(DraftStep)
                .where(DraftStep.event_id == self.draft.event.id, DraftStep.uid == uid, DraftStep.number > seen)
                .order_by(DraftStep.number)
                .options(joinedload(DraftStep.by))
            )
        )

    def as_seen(self, uid: str, seen: int) -> Content:
        """Give what the draft said of a session when its page was made."""
        steps = self.steps_since(uid, seen)
        before = steps[0].before if steps else None
        return decode(before) if before is not None else self.content(uid)

    def joined(self, uid: str, wish: Content, *, seen: int) -> Content:
        """Put what a wish changes of what its page showed onto what the draft says now.

        Raises:
            EditedMeanwhile: both changed the same part.
        """
        current = encode(self.content(uid))
        base = encode(self.as_seen(uid, seen))
        wished = encode(wish)
        found = merged(base, wished, current)
        if found.clashes:
            clashes = self._clashes(uid, found, wished, current, seen)
            raise EditedMeanwhile(clashes, self.draft.latest, decode(found.parts))
        return decode(found.parts)

    def _clashes(self, uid: str, found: Merged, wished: Parts, current: Parts, seen: int) -> list[Clash]:
        steps = self.steps_since(uid, seen)
        clashes = []
        for part in found.clashes:
            changed = [step for step in steps if (step.before or {}).get(part) != (step.after or {}).get(part)]
            last = (changed or steps)[-1]
            clashes.append(Clash(part, wished.get(part), current.get(part), name_of(last), last.at))
        return clashes

    def put(self, uid: str, after: Content | None, *, undoes: int | None = None) -> None:
        """Change one session; without a content it leaves the draft, which only a new one can."""
        before = self.draft.contents.get(uid)
        if before == after:
            return
        self.number += 1
        self.writing.add(
            DraftStep(
                event_id=self.draft.event.id,
                number=self.number,
                batch=self.batch,
                uid=uid,
                before=encode(before) if before else None,
                after=encode(after) if after else None,
                by_id=self.by_id,
                at=self.now,
                undoes=undoes,
            )
        )
        self.draft = self.draft.having(uid, after)
        self.touched.add(uid)
        overlay = self.overlays.get(uid)
        if after is None or after == self.draft.released.get(uid):
            if overlay is not None:
                self.writing.delete(self.overlays.pop(uid))
        elif overlay is not None:
            overlay.content = encode(after)
        else:
            self.overlays[uid] = DraftSession(
                uid=uid,
                event_id=self.draft.event.id,
                session_id=self.draft.session_ids.get(uid),
                content=encode(after),
            )
            self.writing.add(self.overlays[uid])

    def refuse_forbidden(self) -> None:
        """Refuse what creates a conflict that is forbidden.

        Raises:
            Refused: with the first of them in words.
        """
        found = forbidden_anew(self.before, self.draft, frozenset(self.touched)) if self.touched else []
        if found:
            raise Refused(DraftRefusal.FORBIDDEN, conflict=found[0].words)


def name_of(step: DraftStep) -> str:
    """Say who made a step; somebody who was erased has no name any more."""
    return step.by.name if step.by else "–"


def lock_draft(writing: Writing, event_id: int) -> None:
    """Keep others from changing or releasing the draft of an event until this change is written."""
    found = writing.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True)).first()
    if found is None:
        raise NotFound(N_("There is no such event."))


@contextmanager
def at_the_desk(event_id: int, *, by: int, now: datetime, may_break: bool = False) -> Iterator[Desk]:
    """Change a draft in one transaction; `may_break` lets it come back to what is forbidden, as undoing does.

    Raises:
        Refused: a conflict that is forbidden would arise.
    """
    with transaction() as writing:
        lock_draft(writing, event_id)
        desk = Desk(writing, draft_of(event_id), by, now, {one.uid: one for one in overlays_of(event_id)})
        yield desk
        if not may_break:
            desk.refuse_forbidden()
