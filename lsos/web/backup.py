"""When the data was last copied to safety, as far as the operator's backup leaves its mark."""

from datetime import UTC, datetime
from pathlib import Path


def last_backup(mark: Path) -> datetime | None:
    """Give the moment when a file was last written, or the newest of a folder; None where there is none."""
    try:
        files = [one for one in mark.iterdir() if one.is_file()] if mark.is_dir() else [mark]
        newest = max((one.stat().st_mtime for one in files), default=None)
    except OSError:
        return None
    return datetime.fromtimestamp(newest, UTC) if newest is not None else None


def days_since(moment: datetime | None, *, now: datetime) -> int | None:
    """Count the whole days since a backup; None where there was none."""
    return max((now - moment).days, 0) if moment is not None else None
