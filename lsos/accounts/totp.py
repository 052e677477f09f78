"""One-time codes of an app (RFC 6238), of a secret and the time."""

import hashlib
import hmac
import re
from base64 import b32encode
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

#: What every app takes without being asked: SHA-1, six digits, half a minute.
DIGITS = 6
STEP_SECONDS = 30
#: Clocks of phones go wrong by so many steps.
DRIFT = 1
ISSUER = "LSOS"


def secret_of(seed: str, platform_key: str) -> bytes:
    """Make a device's secret of what is stored of it and of the platform's own key.

    Whoever reads the database alone cannot make codes.
    """
    return hmac.digest(platform_key.encode(), f"one-time codes {seed}".encode(), hashlib.sha256)[:20]


def step_at(moment: datetime) -> int:
    """Count the steps since 1970."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Give the code of a step."""
    return _codes(secret).generate(step * STEP_SECONDS).decode()


def plain_code(typed: str) -> str:
    """Take out the blanks and dashes that apps and people put in."""
    return re.sub(r"[\s-]", "", typed)


def matching_step(secret: bytes, typed: str, *, now: datetime) -> int | None:
    """Find the step near now whose code was typed; None where there is none."""
    code = plain_code(typed)
    here = step_at(now)
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    steps = range(here - DRIFT, here + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step), code)), None)


def written_secret(secret: bytes) -> str:
    """Write a secret as it is typed into an app, in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def address_of(secret: bytes, holder: str) -> str:
    """Give what the QR code says to an app (Key URI Format)."""
    return _codes(secret).get_provisioning_uri(holder, ISSUER)


def _codes(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - the apps know no other digest for sure
