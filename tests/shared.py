"""The data that lies beside the project: never copied into it, and not there everywhere."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def shared_file(folder: str, file: str) -> bytes:
    """Read a file that lies beside the project; a test without it says so, and fails where all must run."""
    path = SHARED / folder / file
    if not path.exists():
        reason = f"{file} is not at ../shared/data/{folder}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path.read_bytes()
