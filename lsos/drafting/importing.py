"""A programme from a file, into the draft: first what it would change, then all of it as one step that can be undone.

What the file says and the platform has no field for is kept beside the sessions, and our own files say it again.
"""

import gzip
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as Writing

from lsos import audit
from lsos.accounts.service import known_by_name
from lsos.db import db, new_uid, transaction
from lsos.drafting.content import Parts, decode, encode
from lsos.drafting.desk import Desk, at_the_desk
from lsos.drafting.import_matching import key_of, one_line
from lsos.drafting.import_planning import (
    MAKE,
    Choices,
    Plan,
    choices_for,
    in_language,
    known_of,
    plan_of,
    written,
)
from lsos.drafting.models import ProgrammeSource, ProgrammeUpload, SessionSource, SpeakerSource
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.service import code_beside, codes_of
from lsos.drafting.sources import facts_of_person, facts_of_programme, facts_of_session
from lsos.errors import N_, NotFound, Refused
from lsos.events.making import make_areas, make_rooms
from lsos.schedule_files.files import Reading, read
from lsos.schedule_files.model import Programme

#: So long a file waits for whoever looks at it.
WAITS: Final = timedelta(days=1)


class ImportRefusal(StrEnum):
    """Why a file is not taken into the draft, in words for the organiser."""

    CHANGED = N_("The draft was changed since you looked at it. Look once more at what the file would do.")
    GONE = N_("This file is not kept any more. Choose it once more.")


@dataclass(frozen=True)
class Look:
    """A file as it is looked at: what it holds, what its words stand for, and what it would do."""

    reading: Reading
    draft: Draft
    choices: Choices
    plan: Plan


@dataclass(frozen=True)
class Taken:
    """What came of a file."""

    new: int
    changed: int
    withdrawn: int
    #: The session of the file that begins first, of those that it brought or changed if there are any.
    first_uid: str = field(default="", compare=False)
    first_at: datetime | None = field(default=None, compare=False)


# ---- keeping the file


def keep(event_id: int, filename: str, content: bytes, *, zone: str, by: int, now: datetime) -> ProgrammeUpload:
    """Keep a file until it is taken; it takes the place of the last one of the same person.

    Raises:
        WrongFile: it holds no programme; the words name line and field.
    """
    read(content, zone=zone)
    with transaction() as session:
        session.execute(
            delete(ProgrammeUpload).where(ProgrammeUpload.event_id == event_id, ProgrammeUpload.by_id == by)
        )
        kept = ProgrammeUpload(
            event_id=event_id, by_id=by, at=now, filename=filename[:200], content=gzip.compress(content, 1)
        )
        session.add(kept)
    return kept


def forget_uploads(*, now: datetime) -> int:
    """Delete files that nobody took in time, and say how many."""
    with transaction() as session:
        gone = session.scalars(
            delete(ProgrammeUpload).where(ProgrammeUpload.at < now - WAITS).returning(ProgrammeUpload.id)
        )
        return len(gone.all())


def upload_by_uid(event_id: int, uid: str) -> ProgrammeUpload:
    """Give a file that is looked at.

    Raises:
        NotFound: it is not kept any more.
    """
    found = db.session.scalar(
        select(ProgrammeUpload).where(ProgrammeUpload.event_id == event_id, ProgrammeUpload.uid == uid)
    )
    if found is None:
        raise NotFound(ImportRefusal.GONE)
    return found


# ---- looking at it


def look(event_id: int, upload: ProgrammeUpload, asked: Choices | None, *, file_is_right: bool) -> Look:
    """Say what a file would do to the draft.

    Args:
        event_id: the event.
        upload: the file.
        asked: what the organiser chose; what is not among it is as it was chosen last, or as it seems best.
        file_is_right: where the file says otherwise than what was changed here, the file counts.
    """
    draft = draft_of(event_id)
    reading = _reading(upload, draft)
    known = known_of(draft)
    choices = choices_for(reading.programme, known, asked)
    return Look(reading, draft, choices, plan_of(reading.programme, known, choices, file_is_right=file_is_right))


def _reading(upload: ProgrammeUpload, draft: Draft) -> Reading:
    return read(gzip.decompress(upload.content), zone=draft.event.timezone)


# ---- taking it


def take(
    event_id: int,
    uid: str,
    asked: Choices,
    *,
    file_is_right: bool,
    withdraws: bool,
    seen: int,
    by: int,
    now: datetime,
) -> Taken:
    """Put a file into the draft, as one step; nothing of it is public before a release.

    Conflicts do not stop it: real programmes have some, and the editor shows them.

    Args:
        event_id: the event.
        uid: of the file.
        asked: as `look` was asked.
        file_is_right: as `look` was asked.
        withdraws: sessions of an earlier file that this one does not have leave the programme.
        seen: the number of the draft's step that was looked at.
        by: who does it.
        now: when.

    Raises:
        NotFound: the file is not kept any more.
        Refused: the draft was changed since it was looked at.
    """
    upload = upload_by_uid(event_id, uid)
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        if desk.draft.latest != seen:
            raise Refused(ImportRefusal.CHANGED)
        writing = desk.writing
        programme = _reading(upload, desk.draft).programme
        known = known_of(desk.draft)
        choices = choices_for(programme, known, asked)
        plan = plan_of(programme, known, choices, file_is_right=file_is_right)
        made, choices = _make(writing, event_id, plan, choices, now)
        uids = _put(desk, plan, made)
        gone = _withdraw(desk, plan.missing) if withdraws else 0
        cast = {key: made.get(one, one) for key, one in plan.cast.items()}
        says = [_real(row.says, made) for row in plan.rows]
        facts = [facts_of_session(programme.sessions[row.place], cast) for row in plan.rows]
        batches = [desk.batch if row.is_change else 0 for row in plan.rows]
        _remember_sessions(writing, event_id, zip(uids, batches, facts, says, strict=True))
        _remember_people(writing, event_id, programme, cast)
        _remember_choices(writing, event_id, programme, choices)
        writing.execute(delete(ProgrammeUpload).where(ProgrammeUpload.id == upload.id))
        first_at, first_uid = _first(plan, uids)
        done = Taken(len(plan.new), len(plan.changed), gone, first_uid, first_at)
        audit.record(
            writing,
            "programme.imported",
            actor_id=by,
            scope=desk.draft.event.slug,
            new=done.new,
            changed=done.changed,
            withdrawn=done.withdrawn,
        )
    return done


#: Ids that stand for what is yet to be made -> ids of what was made.
Made = dict[int, int]


def _make(writing: Writing, event_id: int, plan: Plan, choices: Choices, now: datetime) -> tuple[Made, Choices]:
    """Make rooms, focus areas and people; the choices then name them."""
    rooms = make_rooms(writing, event_id, list(plan.rooms.values()))
    areas = make_areas(writing, event_id, [in_language(choices.language, name) for name in plan.areas.values()])
    people = [
        known_by_name(one_line(person.name), language=choices.language, now=now) for person in plan.people.values()
    ]
    writing.add_all(people)
    writing.flush()
    made = {stands: room.id for stands, room in zip(plan.rooms, rooms, strict=True)}
    made |= {stands: area.id for stands, area in zip(plan.areas, areas, strict=True)}
    made |= {stands: person.id for stands, person in zip(plan.people, people, strict=True)}
    codes = iter(room.code for room in rooms)
    of_rooms = {name: next(codes) if what == MAKE else what for name, what in choices.rooms.items()}
    codes = iter(f"area:{area.code}" for area in areas)
    of_tracks = {name: next(codes) if what == MAKE else what for name, what in choices.tracks.items()}
    return made, replace(choices, rooms=of_rooms, tracks=of_tracks)


def _real(parts: Parts, made: Made) -> Parts:
    """Name what was made by its id."""
    found = dict(parts)
    for name in ("room_id", "focus_area_id"):
        if found.get(name) in made:
            found[name] = made[found[name]]
    if "people" in found:
        found["people"] = [[made.get(person_id, person_id), role] for person_id, role in found["people"]]
    return found


def _put(desk: Desk, plan: Plan, made: Made) -> list[str]:
    """Write the sessions into the draft, and give their uids in the order of the file."""
    codes = codes_of(desk.draft)
    uids = []
    for row in plan.rows:
        uid = row.uid or new_uid()
        uids.append(uid)
        if row.is_change:
            content = decode(_real(encode(row.after), made))
            if row.uid is None:
                content = replace(content, code=code_beside(content, codes))
                codes.add(content.code)
            desk.put(uid, content)
    return uids


def _first(plan: Plan, uids: Sequence[str]) -> tuple[datetime | None, str]:
    """Find what of a file begins first, by its time and uid; `uids` are in the order of the file."""
    timed = [
        (not row.is_change, row.after.starts_at, uid)
        for row, uid in zip(plan.rows, uids, strict=True)
        if row.after.starts_at is not None
    ]
    _is_old, first_at, uid = min(timed, default=(True, None, ""))
    return first_at, uid


def _withdraw(desk: Desk, uids: Collection[str]) -> int:
    """Take sessions out: new ones are gone, released ones are withdrawn with the next release."""
    for uid in uids:
        there = desk.content(uid)
        gone = replace(
            there, is_withdrawn=True, is_locked=False, room_id=None, starts_at=None, ends_at=None, minutes=there.length
        )
        desk.put(uid, gone if uid in desk.draft.session_ids else None)
    return len(uids)


# ---- what the file says besides


def _remember_sessions(writing: Writing, event_id: int, said: Iterable[tuple[str, int, dict[str, Any], Parts]]) -> None:
    """Keep what the file says of each session: its uid, the step it came with (0: it changed nothing), and that."""
    rows = [
        {"event_id": event_id, "uid": uid, "batch": batch, "facts": facts, "parts": parts}
        for uid, batch, facts, parts in said
    ]
    before = set(writing.scalars(select(SessionSource.uid).where(SessionSource.event_id == event_id)))
    replaced = [row["uid"] for row in rows if row["uid"] in before]
    for begin in range(0, len(replaced), 500):
        some = replaced[begin : begin + 500]
        writing.execute(delete(SessionSource).where(SessionSource.uid.in_(some)))
    if rows:
        writing.execute(insert(SessionSource), rows)


def _remember_people(writing: Writing, event_id: int, programme: Programme, ids: Mapping[str, int]) -> None:
    known = {one.key: one for one in writing.scalars(select(SpeakerSource).where(SpeakerSource.event_id == event_id))}
    said = {key_of(person): person for session in reversed(programme.sessions) for person in session.persons}
    for key, person_id in ids.items():
        facts = facts_of_person(said[key])
        if key in known:
            known[key].person_id, known[key].facts = person_id, facts
        else:
            writing.add(SpeakerSource(event_id=event_id, person_id=person_id, key=key, facts=facts))


def _remember_choices(writing: Writing, event_id: int, programme: Programme, choices: Choices) -> None:
    there = writing.get(ProgrammeSource, event_id)
    kept = written(choices)
    if there is None:
        writing.add(ProgrammeSource(event_id=event_id, facts=facts_of_programme(programme), choices=kept))
        return
    for name in ("rooms", "tracks", "kinds"):
        kept[name] = there.choices.get(name, {}) | kept[name]
    there.facts, there.choices = facts_of_programme(programme), kept
