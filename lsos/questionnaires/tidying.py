"""What is done by itself, time and again: drafts, files and seats that nobody owns any more go."""

from datetime import datetime
from pathlib import Path

from lsos.questionnaires.answering import delete_loose_files, release_options_of_absent
from lsos.questionnaires.drafts import delete_expired_drafts


def tidy(data_dir: Path, *, now: datetime) -> None:
    """Delete drafts and files whose time is over, and give back the seats of options of who does not come."""
    delete_expired_drafts(now=now)
    delete_loose_files(data_dir, now=now)
    release_options_of_absent()
