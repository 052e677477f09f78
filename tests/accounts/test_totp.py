"""One-time codes as the standard gives them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from lsos.accounts.rules import device_words
from lsos.accounts.totp import address_of, code_at, matching_step, secret_of, step_at, written_secret

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_rfc_6238(seconds: int, code: str):
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code_at(RFC_SECRET, step_at(moment)) == code
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", now=moment) == step_at(moment)


def test_a_clock_may_be_half_a_minute_wrong_and_no_more():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    code = code_at(RFC_SECRET, step_at(now))
    assert matching_step(RFC_SECRET, code, now=now + timedelta(seconds=30)) == step_at(now)
    assert matching_step(RFC_SECRET, code, now=now - timedelta(seconds=30)) == step_at(now)
    assert matching_step(RFC_SECRET, code, now=now + timedelta(seconds=60)) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-"])
def test_what_is_no_code_matches_nothing(typed: str):
    assert matching_step(RFC_SECRET, typed, now=datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_secret_needs_the_platforms_key():
    assert secret_of("seed", "key") != secret_of("seed", "other key") != secret_of("seed 2", "key")
    assert len(secret_of("seed", "key")) == 20


def test_an_app_reads_the_address_and_people_the_letters():
    address = urlsplit(address_of(RFC_SECRET, "ola@x.pl"))
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/LSOS:ola@x.pl")
    assert (asked["secret"], asked["issuer"]) == (["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], ["LSOS"])
    assert written_secret(RFC_SECRET).startswith("GEZD GNBV ")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile",
            "Chrome, Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_call_it(user_agent: str, words: str):
    assert device_words(user_agent) == words
