"""What organisers do with the draft: place, save, withdraw, copy, lock, undo. Nothing of it is public before a release.

Every page names as `seen` the number of the step it was made after, `Draft.latest`; what others changed since is
kept, and what both changed is refused with both values (`EditedMeanwhile`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos import texts
from lsos.agenda.rules import edit_refusal, visibility_refusal
from lsos.db import db, new_uid
from lsos.drafting.content import Content, decode, encode
from lsos.drafting.desk import Desk, EditedMeanwhile, at_the_desk, name_of
from lsos.drafting.models import DraftStep
from lsos.drafting.queries import Draft, as_step
from lsos.drafting.removing import NAMED_BY
from lsos.drafting.rules import Clash, DraftRefusal, merged, to_undo
from lsos.errors import N_, NotFound, Refused


@dataclass(frozen=True)
class Spot:
    """Where and when a session is to be; without a start it waits to be placed."""

    room_id: int | None
    starts_at: datetime | None
    #: None: as long as the session is.
    ends_at: datetime | None = None


def place(
    event_id: int,
    uid: str,
    room_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None = None,
    *,
    seen: int,
    by: int,
    now: datetime,
) -> None:
    """Put a session somewhere; without a start it waits to be placed, and keeps its length.

    Raises:
        EditedMeanwhile: somebody else moved it meanwhile.
        NotFound: the session or the room is not of this event.
        Refused: it is withdrawn or locked, its times are impossible, or a forbidden conflict would arise.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        _place(desk, uid, Spot(room_id, starts_at, ends_at), seen=seen)


def arrange(event_id: int, spots: Mapping[str, Spot], *, seen: int, by: int, now: datetime) -> list[str]:
    """Put several sessions somewhere at once, so that undoing takes all of it back; nothing is done where one fails.

    Returns:
        The uids of those that moved.

    Raises:
        EditedMeanwhile, NotFound, Refused: as of `place`.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        for uid, spot in spots.items():
            _place(desk, uid, spot, seen=seen)
        return sorted(desk.touched)


def _place(desk: Desk, uid: str, spot: Spot, *, seen: int) -> None:
    if spot.room_id is not None and all(room.id != spot.room_id for room in desk.draft.rooms):
        raise NotFound(N_("This room is not part of this event."))
    base = desk.as_seen(uid, seen)
    ends_at = spot.ends_at
    if ends_at is None and spot.starts_at is not None:
        ends_at = spot.starts_at + timedelta(minutes=base.length)
    _put(desk, uid, moved(base, spot.room_id, spot.starts_at, ends_at), seen=seen)


def moved(content: Content, room_id: int | None, starts_at: datetime | None, ends_at: datetime | None) -> Content:
    """Give a content at another place; without a start it keeps its length."""
    return replace(
        content,
        room_id=room_id,
        starts_at=starts_at,
        ends_at=ends_at if starts_at is not None else None,
        minutes=content.length if starts_at is None else content.minutes,
    )


def _put(desk: Desk, uid: str, wish: Content, *, seen: int) -> None:
    """Join a wish with what the draft says, ask the rules, and put it down."""
    there = desk.content(uid)
    after = desk.joined(uid, wish, seen=seen)
    if _spot(after) != _spot(there):
        if there.is_withdrawn and after.is_withdrawn:
            raise Refused(DraftRefusal.WITHDRAWN)
        if there.is_locked and after.is_locked:
            raise Refused(DraftRefusal.LOCKED)
    if after.code != there.code:
        if uid in desk.draft.session_ids:
            raise Refused(DraftRefusal.CODE_STAYS)
        if any(other.code == after.code for key, other in desk.draft.contents.items() if key != uid):
            raise Refused(DraftRefusal.CODE_TAKEN)
    _examine(after, signed_up=desk.draft.signed_up.get(uid, 0))
    desk.put(uid, after)


def _spot(content: Content) -> tuple[int | None, datetime | None, datetime | None]:
    return content.room_id, content.starts_at, content.ends_at


def _examine(content: Content, *, signed_up: int) -> None:
    refusal = edit_refusal(
        content.starts_at,
        content.ends_at,
        has_title=bool(content.title),
        seats=content.seats,
        signed_up=0 if content.is_withdrawn else signed_up,
    ) or visibility_refusal(content.visibility, content.audience)
    if refusal is not None:
        raise Refused(refusal)


def as_seen(event_id: int, uid: str, seen: int) -> Content | None:
    """Give what the draft said of a session when its page was made; None where that is what it says now."""
    before = db.session.scalar(
        select(DraftStep.before)
        .where(DraftStep.event_id == event_id, DraftStep.uid == uid, DraftStep.number > seen)
        .order_by(DraftStep.number)
        .limit(1)
    )
    return decode(before) if before is not None else None


def save(event_id: int, uid: str | None, wish: Content, *, seen: int, by: int, now: datetime) -> str:
    """Change all that is said of a session, or, without a uid, make a new one.

    Returns:
        Its uid.

    Raises:
        EditedMeanwhile: somebody else changed one of the same parts meanwhile.
        NotFound: the session is not of this event.
        Refused: it left the draft, a rule says no, or a forbidden conflict would arise.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        if uid is not None:
            _put(desk, uid, wish, seen=seen)
            return uid
        _examine(wish, signed_up=0)
        return _add(desk, wish)


def _add(desk: Desk, wish: Content) -> str:
    uid = new_uid()
    desk.put(uid, replace(wish, code=free_code(wish, desk.draft)))
    return uid


def free_code(wish: Content, draft: Draft) -> str:
    """Make a code for a new session from the one it wishes, or from its title, that no other session has."""
    return code_beside(wish, codes_of(draft))


def codes_of(draft: Draft) -> set[str]:
    """Name the codes that no new session gets; words of the organisers' addresses are none."""
    return {"new", "embed", *(content.code for content in (*draft.contents.values(), *draft.released.values()))}


def code_beside(wish: Content, taken: Collection[str]) -> str:
    """Make a code as `free_code` does, that is none of those taken."""
    return texts.free_code(wish.code or wish.title.en or wish.title.pl, taken, stem="session")


def withdraw(event_id: int, uid: str, *, seen: int, by: int, now: datetime) -> None:
    """Take a session out of the programme: a new one is gone, a released one is withdrawn with the next release.

    Raises:
        EditedMeanwhile: somebody else moved it meanwhile.
        NotFound, Refused: it is not in the draft of this event.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        desk.content(uid)
        if uid not in desk.draft.session_ids:
            desk.put(uid, None)
            return
        base = desk.as_seen(uid, seen)
        wish = replace(base, is_withdrawn=True, is_locked=False, room_id=None, starts_at=None, ends_at=None)
        desk.put(uid, desk.joined(uid, replace(wish, minutes=base.length), seen=seen))


def bring_back(event_id: int, uid: str, *, seen: int, by: int, now: datetime) -> None:
    """Take a withdrawn session into the programme again: where it is released, or else into the tray.

    Raises:
        NotFound, Refused: it is not in the draft of this event, or a forbidden conflict would arise.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        base = desk.as_seen(uid, seen)
        there = desk.draft.released.get(uid)
        wish = replace(base, is_withdrawn=False)
        if there is not None and not there.is_withdrawn:
            wish = replace(wish, room_id=there.room_id, starts_at=there.starts_at, ends_at=there.ends_at)
        desk.put(uid, desk.joined(uid, wish, seen=seen))


def copy_to_rooms(event_id: int, uid: str, room_ids: Sequence[int], *, by: int, now: datetime) -> list[str]:
    """Make copies of a session at the same time in other rooms, as of a break; people stay with the first.

    Returns:
        The uids of the copies; a room that has the same already gets none.

    Raises:
        NotFound: the session or a room is not of this event.
        Refused: a forbidden conflict would arise.
    """
    with at_the_desk(event_id, by=by, now=now) as desk:
        content = desk.content(uid)
        if content.is_withdrawn:
            raise Refused(DraftRefusal.WITHDRAWN)
        known = {room.id for room in desk.draft.rooms}
        if not known.issuperset(room_ids):
            raise NotFound(N_("This room is not part of this event."))
        made = []
        for room_id in dict.fromkeys(room_ids):
            copy = replace(content, room_id=room_id, people=(), is_locked=False)
            if not any(_is_same(copy, other) for other in desk.draft.contents.values()):
                made.append(_add(desk, copy))
        return made


def _is_same(one: Content, other: Content) -> bool:
    return (one.title, one.format_id, *_spot(one)) == (other.title, other.format_id, *_spot(other))


def lock(event_id: int, uid: str, is_locked: bool, *, by: int, now: datetime) -> None:
    """Keep a session where it is, or let it move again.

    Raises:
        NotFound, Refused: it is not in the draft of this event.
    """
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        desk.put(uid, replace(desk.content(uid), is_locked=is_locked))


def discard(event_id: int, uids: Collection[str], *, by: int, now: datetime) -> list[str]:
    """Take sessions back to what is released, new ones out of the draft; undoing brings them again.

    Returns:
        The uids of those that changed.
    """
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        for uid in uids:
            if uid in desk.draft.contents:
                desk.put(uid, desk.draft.released.get(uid))
        return sorted(desk.touched)


def undo(event_id: int, *, by: int, now: datetime) -> list[str]:
    """Take back what somebody did last, all that was done at once; what others changed since stays.

    Where others changed all of the same since, it is what they did before that.

    Returns:
        The uids of the sessions that changed.

    Raises:
        EditedMeanwhile: somebody else changed the same parts since, of all that they did.
        Refused: there is nothing to undo.
    """
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        every = select(DraftStep).where(DraftStep.event_id == event_id, DraftStep.by_id == by)
        batch = to_undo([as_step(step) for step in desk.writing.scalars(every)], by, desk.draft.parts_of)
        if batch is None:
            raise Refused(DraftRefusal.NOTHING_TO_UNDO)
        steps = desk.writing.scalars(
            select(DraftStep)
            .where(DraftStep.event_id == event_id, DraftStep.batch == batch)
            .order_by(DraftStep.number.desc())
            .options(joinedload(DraftStep.by))
        )
        for step in steps.all():
            _undo(desk, step)
        _leave_out_gone(desk)
        return sorted(desk.touched)


def _leave_out_gone(desk: Desk) -> None:
    """Leave out what a change brings back that was taken away meanwhile: a room, a focus area, a zone."""
    for kind, part in NAMED_BY.items():
        named = {uid: getattr(desk.draft.contents[uid], part) for uid in desk.touched & desk.draft.contents.keys()}
        there = set(desk.writing.scalars(select(kind.id).where(kind.id.in_(set(named.values()) - {None}))))
        for uid, one in named.items():
            if one is not None and one not in there:
                desk.put(uid, _without(desk.draft.contents[uid], part))


def _without(content: Content, part: str) -> Content:
    return decode(encode(content) | {part: None})


def _undo(desk: Desk, step: DraftStep) -> None:
    current = desk.draft.contents.get(step.uid)
    if step.after is None and step.before is not None and current is None:
        desk.put(step.uid, decode(step.before), undoes=step.batch)
        return
    if step.after is None or current is None:
        raise Refused(DraftRefusal.GONE, name=name_of((desk.steps_since(step.uid, step.number) or [step])[-1]))
    now = encode(current)
    if step.before is None:
        later = desk.steps_since(step.uid, step.number)
        if now != step.after:
            clash = Clash("title_en", None, now["title_en"], name_of(later[-1]), later[-1].at)
            raise EditedMeanwhile([clash], desk.draft.latest)
        gone = replace(current, is_withdrawn=True, is_locked=False, room_id=None, starts_at=None, ends_at=None)
        desk.put(step.uid, gone if step.uid in desk.draft.session_ids else None, undoes=step.batch)
        return
    found = merged(step.after, step.before, now)
    if found.clashes:
        later = desk.steps_since(step.uid, step.number)
        last = (later or [step])[-1]
        clashes = [Clash(part, step.before.get(part), now.get(part), name_of(last), last.at) for part in found.clashes]
        raise EditedMeanwhile(clashes, desk.draft.latest)
    desk.put(step.uid, decode(found.parts), undoes=step.batch)
