"""What a session leaves behind: recordings, slides and files, seen by whoever may see the session."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.agenda.models import Session, SessionMaterial
from lsos.agenda.rules import MaterialKind, material_refusal
from lsos.db import db, new_uid, transaction
from lsos.errors import Refused
from lsos.questionnaires.file_rules import FILE_KINDS, file_kind_of, file_problem
from lsos.texts import Bilingual

TAKEN = tuple(FILE_KINDS)
#: What a request carries; what is larger, such as a recording, is linked.
MEGABYTES = 7
#: Bytes are written a moment before the row that names them.
LOOSE_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Sent:
    """A file as a browser sends it."""

    name: str
    content: bytes


def materials_of(session_ids: Collection[int]) -> dict[int, list[SessionMaterial]]:
    """Give what sessions left behind, in the order in which it was added, by the id of the session."""
    found: dict[int, list[SessionMaterial]] = defaultdict(list)
    rows = select(SessionMaterial).where(SessionMaterial.session_id.in_(session_ids)).order_by(SessionMaterial.id)
    for one in db.session.scalars(rows):
        found[one.session_id].append(one)
    return found


def material_of(session_id: int, uid: str) -> SessionMaterial | None:
    """Find one thing that a session left behind."""
    return db.session.scalar(
        select(SessionMaterial).where(SessionMaterial.session_id == session_id, SessionMaterial.uid == uid)
    )


def add(
    session_id: int,
    kind: MaterialKind,
    title: Bilingual,
    *,
    url: str,
    sent: Sent | None,
    data_dir: Path,
    by: int,
    now: datetime,
) -> str:
    """Add a link or a file, which is seen at once; says its uid.

    Only what its first bytes say it is comes in; it gets a name of ours on the disk, and nothing ever runs it.

    Raises:
        Refused: `material_refusal` gave a reason, or a `FileProblem`.
    """
    refusal = material_refusal(url, has_file=sent is not None)
    if refusal is not None:
        raise Refused(refusal)
    made = SessionMaterial(uid=new_uid(), session_id=session_id, kind=kind, title=title, url=url, added_at=now)
    if sent is not None:
        problem = file_problem(sent.name, sent.content, allowed=TAKEN, megabytes=MEGABYTES)
        if problem is not None:
            kinds = ", ".join(FILE_KINDS[code].name for code in TAKEN)
            raise Refused(problem, megabytes=MEGABYTES, kinds=kinds)
        made.name = sent.name[-200:]
        made.content_type = FILE_KINDS[file_kind_of(sent.name, TAKEN) or TAKEN[0]].content_type
        made.size, made.sha256 = len(sent.content), hashlib.sha256(sent.content).hexdigest()
        place = file_path(data_dir, made.uid)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_bytes(sent.content)
    with transaction() as writing:
        writing.add(made)
        _note(writing, "session.material_added", session_id, by)
    return made.uid


def remove(session_id: int, uid: str, *, by: int) -> None:
    """Take a link or a file away; its bytes go with the next tidying up. What is gone already stays gone."""
    with transaction() as writing:
        found = writing.scalar(
            select(SessionMaterial).where(SessionMaterial.session_id == session_id, SessionMaterial.uid == uid)
        )
        if found is None:
            return
        writing.delete(found)
        _note(writing, "session.material_removed", session_id, by)


def _note(writing: Writing, action: str, session_id: int, by: int) -> None:
    what = writing.scalars(select(Session).where(Session.id == session_id).options(joinedload(Session.event))).one()
    audit.record(writing, action, actor_id=by, scope=what.event.slug, object_uid=what.uid)


def file_path(data_dir: Path, uid: str) -> Path:
    """Say where the bytes of a file lie."""
    return data_dir / "sessions" / uid


def delete_loose_files(data_dir: Path, *, now: datetime) -> int:
    """Delete the bytes of files that nothing names any more; says how many."""
    known = set(db.session.scalars(select(SessionMaterial.uid)))
    db.session.rollback()
    begun = (now - LOOSE_LIFE).timestamp()
    loose = [
        place
        for place in sorted(file_path(data_dir, "").glob("*"))
        if place.name not in known and place.stat().st_mtime < begun
    ]
    for place in loose:
        place.unlink(missing_ok=True)
    return len(loose)
