"""Paths that stay ours, passwords that are taken, links that open."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.accounts.rules import (
    PASSWORD_LENGTH_AT_MOST,
    PasswordRefusal,
    SignInRefusal,
    link_refusal,
    own_path,
    password_refusal,
)
from tests.make import DOORS


@pytest.mark.parametrize(
    "path",
    ["/", "/pl/", "/en/events/lsos-2025/me/?day=2", "/en/events/a/people?q=%C5%81ucja&type=x", "/pl/account#you"],
)
def test_a_path_of_ours_is_given_back(path: str):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "account",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example",
        " /pl/",
        "/pl/ x",
        "javascript:alert(1)",
        "/pl/\x00",
        "/\x7f/evil.example",
    ],
)
def test_what_could_lead_elsewhere_is_dropped(path: str):
    assert own_path(path) == ""


@given(st.text())
def test_whatever_is_given_back_begins_with_one_slash_only(text: str):
    path = own_path(text)
    assert path in {"", text}
    assert path == "" or (path[0] == "/" and path[1:2] not in {"/", "\\"})


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordRefusal.TOO_SHORT),
        ("a" * 9, PasswordRefusal.TOO_SHORT),
        ("a" * 10, None),
        ("zażółć gęślą jaźń", None),
        ("x" * PASSWORD_LENGTH_AT_MOST, None),
        ("x" * (PASSWORD_LENGTH_AT_MOST + 1), PasswordRefusal.TOO_LONG),
        ("Ola@Example.org", PasswordRefusal.SAME_AS_ADDRESS),
    ],
)
def test_only_length_and_the_own_address_speak_against_a_password(password: str, refusal: PasswordRefusal | None):
    assert password_refusal(password, addresses=["ola@example.org"]) is refusal


@pytest.mark.parametrize(
    ("used", "minutes_left", "refusal"),
    [
        (False, 1, None),
        (False, 0, SignInRefusal.LINK_EXPIRED),
        (False, -1, SignInRefusal.LINK_EXPIRED),
        (True, 1, SignInRefusal.LINK_USED),
        (True, -1, SignInRefusal.LINK_USED),
    ],
)
def test_a_link_opens_once_and_before_it_expires(used: bool, minutes_left: int, refusal: SignInRefusal | None):
    expires_at = DOORS + timedelta(minutes=minutes_left)
    assert link_refusal(used_at=DOORS if used else None, expires_at=expires_at, now=DOORS) is refusal
