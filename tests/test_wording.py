"""Numbers, dates and lists as each language writes them."""

from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from flask_babel import force_locale

from lsos import wording
from lsos.texts import Bilingual


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["27–28 November 2025", "Thu 27 Nov", "12,345.5", "46%", "a, b and c", "Poland", "yes"]),
        ("pl", ["27–28 listopada 2025", "czw. 27 lis", "12\xa0345,5", "46%", "a, b i c", "Polska", "tak"]),
    ],
)
def test_the_same_facts_are_written_as_each_language_does(app: Flask, language: str, written: list[str]):
    with force_locale(language):
        assert [
            wording.days_between(date(2025, 11, 27), date(2025, 11, 28)),
            wording.short_day(date(2025, 11, 27)),
            wording.number(12345.5, 1),
            wording.percent(0.456),
            wording.listed(["a", "b", "c"]),
            wording.country_name("PL"),
            wording.plain(Bilingual("tak", "yes")),
        ] == written


def test_a_moment_is_written_as_the_clocks_of_its_place_show_it(app: Flask):
    with force_locale("en"):
        assert wording.clock(datetime(2025, 11, 27, 8, 30, tzinfo=UTC), "Europe/Warsaw") == "09:30"
        assert wording.stamp(datetime(2025, 7, 1, 22, 5, tzinfo=UTC), "Europe/Warsaw") == "2 Jul 2025, 00:05"
        assert wording.clock(time(9), "Europe/Warsaw") == "09:00"


def test_what_is_not_known_is_a_dash(app: Flask):
    assert wording.number(None) == wording.percent(None) == "–"


def test_a_span_of_days_says_each_thing_once(app: Flask):
    with force_locale("en"):
        assert wording.days_between(date(2025, 11, 27), date(2025, 11, 27)) == "Thursday, 27 November 2025"
        assert wording.days_between(date(2025, 11, 30), date(2025, 12, 1)) == "30 November – 1 December 2025"
        assert wording.days_between(date(2025, 12, 31), date(2026, 1, 1)) == "31 December 2025 – 1 January 2026"
