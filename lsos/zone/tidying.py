"""What is done by itself, time and again: bytes of files that belong to no application any more go."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from lsos.db import db
from lsos.zone.applying import file_path
from lsos.zone.models import ZoneFile

#: Bytes are written a moment before the row that names them.
LOOSE_LIFE = timedelta(hours=1)


def delete_loose_files(data_dir: Path, *, now: datetime) -> int:
    """Delete the bytes of files that nothing names any more; says how many."""
    known = set(db.session.scalars(select(ZoneFile.uid)))
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
