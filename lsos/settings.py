"""Settings: read once from the environment, typed, and refused with a sentence when wrong."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lsos.errors import N_, LsosError


class SettingsError(LsosError):
    """A setting is missing or wrong; the start stops here."""


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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("base_url")
    @classmethod
    def _has_scheme_and_host(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
            raise ValueError("must look like https://events.example.org, without a path")
        return value.rstrip("/")

    @field_validator("mail_url")
    @classmethod
    def _is_smtp(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname):
            raise ValueError("must look like smtp://user:password@host:587 or smtps://host:465")
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
        SettingsError: one is missing or wrong; the sentence names it and says what to do.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        first = error.errors()[0]
        name = "LSOS_" + str(first["loc"][0]).upper()
        if first["type"] == "missing":
            if name == "LSOS_SECRET_KEY":
                message = N_(
                    "LSOS_SECRET_KEY is not set. Sessions are signed with it; "
                    "README.md, section Settings, shows how to make one."
                )
                raise SettingsError(message) from None
            raise SettingsError(N_("%(name)s is not set. See README.md, section Settings."), name=name) from None
        raise SettingsError(
            N_("%(name)s is wrong: %(why)s. See README.md, section Settings."), name=name, why=first["msg"]
        ) from None
