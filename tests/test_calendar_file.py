"""Calendar files are read back by another library than the one that wrote them."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject

from lsos.calendar_file import CalendarEntry, CalendarPerson, folded, write
from tests.shared import shared_file

START = datetime(2025, 11, 27, 10, 40, tzinfo=UTC)
HOST = CalendarPerson("LSOS", "lsos@example.org")
GUEST = CalendarPerson("Łucja Wąs", "lucja@example.org")


def entry(**more):
    values: dict[str, Any] = {
        "uid": "m1@example.org",
        "sequence": 0,
        "summary": "Spotkanie: Łucja Wąs; stół 12, strefa 1:1",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=20),
        "zone": "Europe/Warsaw",
        "stamp": START,
        "organizer": HOST,
        "attendees": (GUEST,),
    }
    return CalendarEntry(**(values | more))


def test_another_library_reads_the_same_entry_back():
    read = vobject.readOne(write([entry()], method="REQUEST").decode())
    assert read.vevent.summary.value == "Spotkanie: Łucja Wąs; stół 12, strefa 1:1"
    assert read.vevent.dtstart.value == START
    assert read.vevent.attendee.value == "mailto:lucja@example.org"
    assert read.method.value == "REQUEST"


def test_lines_end_as_the_standard_says_and_are_short_enough():
    lines = write([entry(description="ą" * 300)]).split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    assert all(line.decode() is not None for line in lines)


def test_each_zone_that_is_used_is_described():
    written = write([entry()]).decode()
    assert "BEGIN:VTIMEZONE" in written
    assert "TZID=Europe/Warsaw" in written


def test_a_cancellation_says_so():
    assert "STATUS:CANCELLED" in write([entry(sequence=1)], method="CANCEL").decode()


@pytest.mark.parametrize(("method", "rings"), [("PUBLISH", True), ("REQUEST", True), ("CANCEL", False)])
def test_another_library_reads_when_it_rings_and_a_cancellation_never_does(method, rings):
    read = vobject.readOne(write([entry(alarm=timedelta(minutes=30))], method=method).decode())
    alarms = read.vevent.contents.get("valarm", [])
    assert [each.trigger.value for each in alarms] == ([timedelta(minutes=-30)] if rings else [])
    if rings:
        assert alarms[0].action.value == "DISPLAY"
        assert alarms[0].description.value == "Spotkanie: Łucja Wąs; stół 12, strefa 1:1"
    assert "valarm" not in vobject.readOne(write([entry()], method=method).decode()).vevent.contents


def test_an_invitation_without_guests_is_an_error():
    with pytest.raises(ValueError, match="guests"):
        write([entry(attendees=())], method="REQUEST")


#: How often a property may stand, as libical's table says it. An end and a length exclude each other: we write ends.
OFTEN = {
    "ZERO": (0, 0),
    "ONE": (1, 1),
    "ZEROORONE": (0, 1),
    "ONEEXCLUSIVE": (0, 1),
    "ZEROPLUS": (0, 99),
    "ONEPLUS": (1, 99),
}


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_each_property_stands_as_often_as_its_method_allows(method):
    table = csv.reader(shared_file("ics", "ical-restrictions.csv").decode().splitlines())
    rules = {
        row[2]: OFTEN[row[4].split("#")[0].strip()]
        for row in table
        if row[:2] == [method, "VEVENT"] and row[3] == "NONE" and row[2] != "NONE"
    }
    written = write([entry(description="a", location="b", url="https://example.org/")], method=method)
    [event] = icalendar.Calendar.from_ical(written).walk("VEVENT")
    held = Counter(name.replace("-", "") for name, _ in event.property_items(recursive=False))
    del held["BEGIN"], held["END"]
    assert held.keys() <= rules.keys()
    assert {name: held[name] for name, (least, most) in rules.items() if not least <= held[name] <= most} == {}


@pytest.mark.parametrize("start", range(64, 78))
def test_a_line_is_folded_neither_within_a_letter_nor_within_an_escape(start: int):
    line = "x" * start + "ł\\,^n" * 30
    parts = [part.decode() for part in folded(line).split(b"\r\n ")]
    assert "".join(parts) == line
    assert not any(part.endswith(("\\", "^")) for part in parts)
    assert 68 < max(len(part.encode()) for part in parts) < 75
