"""What must not lie in the project: hosts of registries, paths of one machine, third-party files, secrets."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


def committed() -> list[Path]:
    """Every file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True, text=True)
    return [TOP / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("lock", ["requirements.lock", "package-lock.json"])
def test_locks_pin_by_hash_and_name_no_host(lock: str):
    text = (TOP / lock).read_text()
    assert "sha256" in text or "sha512" in text
    assert not re.search(r"https?://\S*(regis|files\.|index)", text)


def test_no_file_is_large():
    #: A catalogue grows by every sentence of every page, and is read by translators, not by engineers.
    too_much = {True: 1_500_000, False: 600_000}
    assert [path.name for path in committed() if path.stat().st_size > too_much[path.suffix == ".po"]] == []


def test_every_room_says_what_it_is_for():
    for path in (TOP / "lsos").rglob("__init__.py"):
        text = path.read_text().lstrip()
        assert text.startswith('"""'), path


def test_templates_hold_no_inline_script_or_style():
    """Mails are another matter: mail programs know no style sheets."""
    for path in (TOP / "templates").rglob("*.html"):
        if "mail" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", text), path
        for tag in re.findall(r"<script\b[^>]*>", text):
            assert "nonce=" in tag, f"{path}: {tag}"
