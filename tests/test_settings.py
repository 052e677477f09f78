"""Settings come from the environment; a wrong one stops the start with a sentence that says what to do."""

import re
from pathlib import Path

import pytest

from lsos.settings import Settings, SettingsError, read_settings
from tests.databases import SECRET

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LSOS_{name.upper()}", raising=False)


def test_the_secret_key_is_all_that_must_be_set(monkeypatch):
    monkeypatch.setenv("LSOS_SECRET_KEY", SECRET)
    settings = read_settings()
    assert (settings.host, settings.port, settings.workers, settings.mail_worker) == ("127.0.0.1", 8000, 1, True)
    assert settings.database == f"sqlite:///{Path('var').resolve() / 'lsos.db'}"
    assert not settings.is_https


def test_without_a_secret_key_the_sentence_says_how_to_make_one():
    with pytest.raises(SettingsError, match=r"^LSOS_SECRET_KEY is not set\. .* shows how to make one\.$"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "short", "at least 32 letters"),
        ("PORT", "eight", "a whole number"),
        ("PORT", "0", "1 or more"),
        ("PORT", "70000", "65535 or less"),
        ("WORKERS", "65", "64 or less"),
        ("BASE_URL", "events.example.org", "must look like https://events.example.org, without a path"),
        ("BASE_URL", "https://example.org/lsos", "without a path"),
        ("BASE_URL", "https://example.org:http", "without a path"),
        ("MAIL_URL", "mail.example.org", "must look like smtp://"),
        ("MAIL_URL", "smtp://", "must look like smtp://"),
        ("MAIL_FROM", "LSOS", "must look like LSOS <forum@example.org>"),
        ("MAIL_WORKER", "perhaps", "1 or 0"),
        ("DATABASE_URL", "mysql://host/name", "must look like postgresql://"),
        ("RATE_LIMIT_URL", "somewhere", "must look like redis://"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_wrong(monkeypatch, name, value, says):
    monkeypatch.setenv("LSOS_SECRET_KEY", SECRET)
    monkeypatch.setenv(f"LSOS_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert re.match(rf"LSOS_{name} is wrong: it must .*\. See README.md, section Settings\.", str(caught.value))
    assert says in str(caught.value)


def test_all_wrong_settings_are_named_and_no_secret_is_repeated(monkeypatch):
    monkeypatch.setenv("LSOS_SECRET_KEY", "too-short-a-secret")
    monkeypatch.setenv("LSOS_PORT", "0")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    first, second = str(caught.value).splitlines()
    assert first.startswith("LSOS_SECRET_KEY is wrong")
    assert second.startswith("LSOS_PORT is wrong")
    assert "too-short-a-secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_the_driver_that_is_installed(scheme):
    settings = Settings(secret_key=SECRET, database_url=f"{scheme}://user:word@host/name")
    assert settings.database == "postgresql+psycopg://user:word@host/name"


def test_an_empty_setting_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("LSOS_SECRET_KEY", SECRET)
    monkeypatch.setenv("LSOS_PORT", "")
    assert read_settings().port == 8000


def test_an_address_is_kept_without_its_last_stroke():
    settings = Settings(secret_key=SECRET, base_url="https://events.example.org/")
    assert settings.base_url == "https://events.example.org"
    assert settings.is_https


def test_the_readme_names_every_setting():
    text = README.read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"LSOS_{name.upper()}" not in text]
    assert missing == []
