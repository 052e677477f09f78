"""The proof of what was deleted, as it is printed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lsos import pdf
from lsos.privacy import printing
from tests import make


def test_a_proof_is_dated_as_the_calendar_of_its_event_says(app: Flask, monkeypatch: pytest.MonkeyPatch):
    printed: dict[str, Any] = {}

    def keep(_template: Path, data: dict[str, Any]) -> bytes:
        printed.update(data)
        return b""

    monkeypatch.setattr(pdf, "compile", keep)
    event = make.event(timezone="Europe/Warsaw")
    printing.proof_pdf(event, "en", now=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    assert printed["made"] == "Made on Monday, 23 November 2026"
