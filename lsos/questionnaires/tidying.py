"""What is done by itself, time and again: drafts, files and seats that nobody owns any more go."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from lsos import chores
from lsos.chores import Work
from lsos.questionnaires.answering import delete_loose_files, release_options_of_absent
from lsos.questionnaires.drafts import delete_expired_drafts


def tidy(data_dir: Path, *, now: datetime) -> int:
    """Delete drafts and files whose time is over, and give back the seats of options of who does not come.

    Returns:
        How many were deleted and given back.
    """
    parts: dict[str, Callable[[], int]] = {
        "drafts": lambda: delete_expired_drafts(now=now),
        "files": lambda: delete_loose_files(data_dir, now=now),
        "options": release_options_of_absent,
    }
    return sum(chores.attempt(Work.FORMS, do, key=key, now=now) for key, do in parts.items())
