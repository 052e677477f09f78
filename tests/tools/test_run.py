"""`make run` prepares a demonstration, says how to look at it, serves it, and keeps it the next time."""

import os
import re
import runpy
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import answers, free_port, until

TOP = Path(__file__).resolve().parents[2]


def start(data: Path, **more: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LSOS_")}
    environment |= {"LSOS_DATA_DIR": str(data), "PEOPLE": "25", **more}
    return subprocess.Popen(
        [sys.executable, "tools/run.py"],
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(process: subprocess.Popen[str], port: int) -> str:
    """Wait until it serves, stop it, and give what it said."""
    try:
        until(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/en/"), "the server", 180)
    finally:
        process.send_signal(signal.SIGINT)
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0, words
    return words


def test_a_first_run_tells_all_and_a_second_keeps_it(tmp_path):
    port = free_port()
    first = told(start(tmp_path, PORT=str(port)), port)
    here = f"http://127.0.0.1:{port}"
    for address in (
        f"{here}/en/events/lsos-2025/",
        f"{here}/pl/events/lsos-2025/",
        f"{here}/en/sign-in",
        f"{here}/en/events/lsos-2025/organise/",
        f"{here}/en/events/lsos-2025/me/",
        f"{here}/en/events/lsos-2025/door/",
        f"{here}/en/events/lsos-2025/review",
        f"{here}/en/events/lsos-2025/organise/mail",
    ):
        assert address in first
    assert "so that it can be tried now" in first
    passwords = re.findall(r"\w+@example\.org +((?:\w{4}-){3}\w{4})", first)
    assert len(passwords) == 4
    assert "Ctrl-C" in first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600

    second = told(start(tmp_path, PORT=str(port), DATES="real"), port)
    assert re.findall(r"\w+@example\.org +((?:\w{4}-){3}\w{4})", second) == passwords
    assert "2025-11-27 to 2025-11-28, its real dates" in second
    assert "Finding whom they should meet" in first
    assert "Finding whom they should meet" not in second


@pytest.mark.parametrize(("name", "value"), [("DATES", "tomorrow"), ("PEOPLE", "many")])
def test_a_wrong_wish_is_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"^{name}={value} is no.*"):
        runpy.run_path(str(TOP / "tools" / "run.py"), run_name="tools.run")["run"]()


def test_a_taken_port_is_told_before_anything_is_done(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = start(tmp_path, PORT=str(other.getsockname()[1]))
        words, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "PORT=8001 make run" in words
    assert not (tmp_path / "lsos.db").exists()
