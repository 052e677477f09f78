"""Strings that break what is not written with care; without their list a test says why it did not run."""

import json
import os
from pathlib import Path

import pytest

LIST = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "naughty_strings" / "blns.json"


def naughty_strings() -> list[str]:
    """Give every string of the Big List of Naughty Strings."""
    if not LIST.exists():
        reason = "the Big List of Naughty Strings is not at ../shared/data/naughty_strings/blns.json"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return [str(text) for text in json.loads(LIST.read_text(encoding="utf-8"))]
