"""One-time codes of an app (RFC 6238): pure sums over a secret and the time."""

import hashlib
import hmac
import re
import struct
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

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
    """Give the code of a step (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


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
    label = quote(f"{ISSUER}:{holder}", safe="")
    asked = urlencode({"secret": b32encode(secret).decode().rstrip("="), "issuer": ISSUER})
    return f"otpauth://totp/{label}?{asked}"
