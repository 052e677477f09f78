"""Settings: read once from the environment, typed, and refused with a sentence when wrong."""

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from lsos.errors import N_, LsosError


class SettingsError(LsosError):
    """A setting is missing or wrong; the start stops here."""


_DATABASES: Final = ("sqlite", "postgres", "postgresql", "postgresql+psycopg")
_COUNTERS: Final = (
    "memory",
    "redis",
    "rediss",
    "redis+unix",
    "redis+cluster",
    "redis+sentinel",
    "memcached",
    "mongodb",
)


def _parts(address: str) -> SplitResult | None:
    """Take an address apart; None when it is none, such as one whose port is no number."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


class Settings(BaseSettings):
    """Everything that differs from one installation to the next; README.md, section Settings, names each."""

    model_config = SettingsConfigDict(env_prefix="LSOS_", extra="ignore", env_ignore_empty=True, frozen=True)

    secret_key: Annotated[str, Field(min_length=32)]
    data_dir: Path = Path("var")
    #: Empty means the embedded SQLite file in `data_dir`.
    database_url: str = ""
    #: The address people type; links in mails and QR codes begin with it.
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    #: smtp://user:password@host:port, smtps:// for TLS from the start; empty keeps mails readable in the outbox page.
    mail_url: str = ""
    mail_from: str = "LSOS <no-reply@localhost>"
    #: Send mail from inside `lsos serve`; switch off when `lsos worker` runs by itself.
    mail_worker: bool = True
    #: Organisers and door staff must sign in with a password as well as own the address.
    staff_password_required: bool = False
    #: Where sign-in and look-up limits are counted; a redis:// address when several processes serve.
    rate_limit_url: str = "memory://"
    rate_limits: bool = True
    #: How many reverse proxies in front set X-Forwarded-*; 0 trusts none.
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    #: Forms that were begun and not sent are kept so long.
    draft_days: Annotated[int, Field(ge=1, le=90)] = 14
    #: The file that the operator's backup writes last, or the folder of its files: the cockpit reads how old it is.
    backup_mark: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("base_url")
    @classmethod
    def _has_scheme_and_host(cls, value: str) -> str:
        parts = _parts(value)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("it must look like https://events.example.org, without a path")
        return value.rstrip("/")

    @field_validator("mail_url")
    @classmethod
    def _is_smtp(cls, value: str) -> str:
        parts = _parts(value)
        if value and (parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("it must look like smtp://user:password@host:587 or smtps://host:465")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        _, address = parseaddr(value)
        name, _, domain = address.rpartition("@")
        if not name or not domain or "\n" in value:
            raise ValueError("it must look like LSOS <forum@example.org>")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        parts = _parts(value)
        if value and (parts is None or parts.scheme not in _DATABASES):
            raise ValueError("it must look like postgresql://user:password@host/name, or be left out for SQLite")
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def _is_counter(cls, value: str) -> str:
        parts = _parts(value)
        if parts is None or parts.scheme not in _COUNTERS:
            raise ValueError("it must look like redis://host:6379, or be left out")
        return value

    @property
    def database(self) -> str:
        """Give the SQLAlchemy address of the database."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.resolve() / 'lsos.db'}"
        for plain in ("postgres://", "postgresql://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def is_https(self) -> bool:
        """Say whether browsers reach us over TLS, so that cookies may insist on it."""
        return self.base_url.startswith("https://")


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: some are missing or wrong; a sentence for each names it and says what to do.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        wrongs = [_wrong(one) for one in error.errors()]
    if len(wrongs) == 1:
        raise wrongs[0]
    raise SettingsError("%(all)s", all="\n".join(map(str, wrongs)))


_REASONS: Final = {
    "string_too_short": N_("it must have at least %(min_length)s letters"),
    "int_parsing": N_("it must be a whole number"),
    "int_type": N_("it must be a whole number"),
    "greater_than_equal": N_("it must be %(ge)s or more"),
    "less_than_equal": N_("it must be %(le)s or less"),
    "bool_parsing": N_("it must be 1 or 0"),
    "bool_type": N_("it must be 1 or 0"),
    "literal_error": N_("it must be one of %(expected)s"),
}


def _wrong(error: ErrorDetails) -> SettingsError:
    """Put what is wrong with one setting into a sentence; its value, which may be a secret, is not repeated."""
    name = "LSOS_" + str(error["loc"][0]).upper()
    if error["type"] == "missing" and name == "LSOS_SECRET_KEY":
        return SettingsError(
            N_(
                "LSOS_SECRET_KEY is not set. Sessions are signed with it; "
                "README.md, section Settings, shows how to make one."
            )
        )
    if error["type"] == "missing":
        return SettingsError(N_("%(name)s is not set. See README.md, section Settings."), name=name)
    context = error.get("ctx", {})
    why = (
        str(context["error"]) if error["type"] == "value_error" else _REASONS.get(error["type"], error["msg"]) % context
    )
    return SettingsError(N_("%(name)s is wrong: %(why)s. See README.md, section Settings."), name=name, why=why)
