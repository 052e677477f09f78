"""Calendar files of other programs: what can be read is read, and what cannot is named."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.calendar_file import CalendarEntry, CalendarPerson, write
from lsos.calendar_reading import LARGEST, read
from lsos.errors import InputError
from tests.shared import shared_file

WARSAW = "Europe/Warsaw"
START = datetime(2025, 11, 27, 10, 40, tzinfo=UTC)


def calendar(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()


def entry(*lines: str) -> list[str]:
    return ["BEGIN:VEVENT", "UID:1@example.org", *lines, "END:VEVENT"]


def test_what_we_write_is_read_as_it_was():
    written = CalendarEntry(
        uid="m1@example.org",
        sequence=0,
        summary="Łucja; stół 12, strefa 1:1 \\ 2",
        starts_at=START,
        ends_at=START + timedelta(minutes=20),
        zone=WARSAW,
        stamp=START,
        organizer=CalendarPerson("LSOS", "lsos@example.org"),
        location="Manggha, ul. Konopnickiej 26",
        description="Pierwszy wiersz\ndrugi " + "ą" * 100,
    )
    reading = read(write([written]), zone="America/New_York")
    assert not reading.problems
    [found] = reading.entries
    for name in ("uid", "summary", "starts_at", "ends_at", "location", "description"):
        assert getattr(found, name) == getattr(written, name)


def test_a_time_without_a_zone_is_meant_where_the_event_is():
    [found] = read(calendar(*entry("DTSTART:20251127T114000", "DURATION:PT20M")), zone=WARSAW).entries
    assert (found.starts_at, found.ends_at) == (START, START + timedelta(minutes=20))


def test_a_whole_day_reaches_from_midnight_to_midnight():
    [found] = read(calendar(*entry("DTSTART;VALUE=DATE:20251127")), zone=WARSAW).entries
    assert found.is_whole_days
    assert (found.starts_at, found.ends_at) == (
        datetime(2025, 11, 26, 23, tzinfo=UTC),
        datetime(2025, 11, 27, 23, tzinfo=UTC),
    )


def test_a_zone_that_the_file_describes_itself_is_believed():
    zone = [
        *("BEGIN:VTIMEZONE", "TZID:Ours", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
        *("TZOFFSETFROM:+0300", "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE"),
    ]
    [found] = read(calendar(*zone, *entry("DTSTART;TZID=Ours:20251127T134000")), zone=WARSAW).entries
    assert found.starts_at == START


def test_one_broken_entry_is_named_by_its_line_and_costs_no_other():
    good, bad = entry("DTSTART:20251127T104000Z"), entry("DTSTART:someday")
    reading = read(calendar(*good, *bad, *good), zone=WARSAW)
    assert reading.found == 3
    assert [found.line for found in reading.entries] == [3, 11]
    [problem] = reading.problems
    assert problem.kind % problem.details == "Line 7: this entry has no start that can be read, so it is left out."


def test_a_line_that_says_nothing_is_passed_over():
    [found] = read(calendar(*entry("Sorry, I cannot come", "DTSTART:20251127T104000Z")), zone=WARSAW).entries
    assert found.starts_at == START


def test_an_alarm_does_not_speak_for_its_entry():
    alarm = ["BEGIN:VALARM", "DESCRIPTION:Ring", "TRIGGER:-PT5M", "END:VALARM"]
    [found] = read(calendar(*entry("DTSTART:20251127T104000Z", *alarm)), zone=WARSAW).entries
    assert found.description == ""


def test_an_entry_that_does_not_end_is_named_and_read():
    lines = ["BEGIN:VEVENT", "UID:1", "DTSTART:20251127T104000Z", *entry("DTSTART:20251127T104000Z")]
    reading = read(calendar(*lines), zone=WARSAW)
    assert (reading.found, len(reading.entries)) == (2, 2)
    assert [problem.line for problem in reading.problems] == [3]


def test_what_is_no_calendar_is_refused_in_words():
    with pytest.raises(InputError, match="not a calendar file"):
        read(b"name,address\nx,y\n", zone=WARSAW)


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(InputError, match="5 megabytes"):
        read(b" " * (LARGEST + 1), zone=WARSAW)


def test_every_file_of_the_test_suites_of_three_libraries_is_read_and_counted():
    expected = csv.DictReader(io.StringIO(shared_file("ics", "expected.csv").decode()))
    archives = {
        name: zipfile.ZipFile(io.BytesIO(shared_file("ics", f"{name}.zip")))
        for name in ("icalendar", "icaljs", "libical")
    }
    wrong = []
    for row in expected:
        try:
            found = read(archives[row["archive"]].read(row["file"]), zone=WARSAW).found
        except InputError:
            found = 0
        if found != int(row["vevent"]):
            wrong.append((row["file"], found, row["vevent"]))
    assert not wrong


@given(
    st.lists(
        st.sampled_from(
            [*entry("DTSTART:20251127T104000Z"), "SUMMARY:a\r\n folded", "DTSTART;TZID=:x", "\x00", "RRULE:FREQ=ALWAYS"]
        )
    )
)
def test_no_order_of_lines_makes_it_fail(lines):
    reading = read(calendar(*lines), zone=WARSAW)
    assert len(reading.entries) <= reading.found == sum(line == "BEGIN:VEVENT" for line in lines)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(noise):
    read(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + noise, zone=WARSAW)
