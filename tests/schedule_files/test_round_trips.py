"""What is written is read back as it was, whatever it was; and what is written is valid."""

import csv
import io
import json
import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsos.schedule_files.csv_format import COLUMNS, read_csv, write_csv
from lsos.schedule_files.files import Format, read, write
from lsos.schedule_files.findings import look
from lsos.schedule_files.json_format import read_json, write_json
from lsos.schedule_files.model import Day, Link, Person, Programme, Recording, Room, Session
from lsos.schedule_files.xml_format import read_xml, write_xml
from tests.schedule_files.programmes import (
    CAMP,
    FOSDEM,
    ZONES,
    dates,
    moments,
    objections_to_json,
    objections_to_xml,
    plain_texts,
    programmes,
    real,
    truths,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@given(programmes)
@settings(SLOW, max_examples=50)
def test_any_programme_survives_xml_and_what_is_written_is_valid(programme: Programme):
    written = write_xml(programme)
    again, _ = read_xml(written)

    assert again == programme
    assert objections_to_xml(written) == ""


@given(programmes)
@settings(SLOW, max_examples=50)
def test_any_programme_survives_json_and_what_is_written_is_valid(programme: Programme):
    written = write_json(programme)
    again, _ = read_json(written)

    assert again == programme
    assert objections_to_json(written) == ""


@pytest.mark.parametrize("name", [FOSDEM, CAMP])
@pytest.mark.parametrize("kind", [Format.XML, Format.JSON])
def test_a_real_programme_is_the_same_after_import_export_and_import(name: str, kind: Format):
    first = read(real(name).read_bytes(), zone=ZONES[name])
    written = write(first.programme, kind, now=NOW)
    again = read(written)

    assert first.left_out == again.left_out == ()
    for one in fields(Programme):
        assert getattr(again.programme, one.name) == getattr(first.programme, one.name), one.name
    assert look(again.programme) == look(first.programme)
    assert (objections_to_xml if kind is Format.XML else objections_to_json)(written) == ""


def test_a_programme_survives_going_through_one_format_after_another():
    camp = read(real(CAMP).read_bytes()).programme

    assert read_json(write_json(read_xml(write_xml(camp))[0]))[0] == camp


@pytest.mark.parametrize(
    ("name", "talks", "rooms", "days", "people"), [(FOSDEM, 513, 23, 2, 487), (CAMP, 79, 2, 5, None)]
)
def test_a_real_programme_is_read_whole(name: str, talks: int, rooms: int, days: int, people: int | None):
    found = read(real(name).read_bytes(), zone=ZONES[name]).programme

    assert (len(found.sessions), len(found.rooms), len(found.days)) == (talks, rooms, days)
    assert len({session.guid or session.id for session in found.sessions}) == talks
    assert people is None or len({person.key for session in found.sessions for person in session.persons}) == people
    assert all(session.title and session.room and session.duration for session in found.sessions)


def test_sessions_of_a_real_programme_that_end_past_midnight_are_within_their_day():
    found = read(real(CAMP).read_bytes()).programme
    days = {day.index: day.date for day in found.days}

    assert any(session.end.date() > days[session.day] for session in found.sessions)
    assert look(found) == ()


@pytest.mark.parametrize(("written", "read_again"), [(write_xml, read_xml), (write_json, read_json)])
def test_what_somebody_changed_in_between_counts_more_than_what_was_kept(written, read_again):
    session = Session("Opening", datetime(2026, 5, 1, 9, tzinfo=UTC), timedelta(minutes=45), day=1, slug="Not a slug!")
    named = replace(session, persons=(Person("Ewa", role="chair"), Person("Jan")))
    programme = Programme("Forum", sessions=(named,), days=(Day(1, date(2026, 5, 1)),), venue="ICE")
    content = written(programme)
    changed, _ = read_again(content.replace(b"Jan", b"Jon"))

    assert [one.name for one in changed.sessions[0].persons] == ["Ewa", "Jon"]
    assert changed.sessions[0].slug == "Not a slug!"
    assert changed.venue == "ICE"


def test_the_same_programme_is_written_the_same_twice():
    session = Session("Opening", datetime(2026, 5, 1, 9, tzinfo=UTC), timedelta(minutes=45))
    programme = Programme("Forum", sessions=(session, session))

    assert write_xml(programme) == write_xml(programme)
    assert write_json(programme) == write_json(programme)


def test_files_of_stray_sessions_still_give_each_an_identifier_of_its_own():
    session = Session("Opening", datetime(2026, 5, 1, 9, tzinfo=UTC), timedelta(minutes=45), id="7", code="ABCDEF")
    events = json.loads(write_json(Programme("Forum", sessions=(session,) * 3)))["schedule"]["conference"]["days"][0]
    found = events["rooms"][""]

    assert [event["id"] for event in found] == [7, 1, 2]
    assert len({event["guid"] for event in found}) == len({event["slug"] for event in found}) == 3


# ---- tables

sessions_of_tables = st.builds(
    Session,
    title=plain_texts,
    start=moments,
    duration=st.integers(-100, 10_000).map(lambda seconds: timedelta(seconds=seconds)),
    day=st.integers(0, 2),
    **dict.fromkeys(("room", "subtitle", "track", "type", "language", "abstract", "description"), plain_texts),
    **dict.fromkeys(("guid", "id", "code", "slug", "url", "logo", "feedback_url", "origin_url"), plain_texts),
    persons=st.lists(
        st.builds(
            Person, plain_texts.map(str.strip).filter(bool), plain_texts.map(str.strip), role=plain_texts.map(str.strip)
        ),
        max_size=3,
    ).map(tuple),
    links=st.lists(st.builds(Link, st.just("https://example.org/a"), plain_texts.map(lambda x: " ".join(x.split()))))
    .map(lambda found: found[:2])
    .map(tuple),
    recording=st.builds(Recording, plain_texts, truths),
)


@given(
    st.builds(
        Programme,
        title=plain_texts,
        zone=st.sampled_from(["", "Europe/Warsaw"]),
        days=st.lists(dates, min_size=2, max_size=2, unique=True).map(
            lambda found: tuple(Day(place + 1, day) for place, day in enumerate(sorted(found)))
        ),
        sessions=st.lists(sessions_of_tables, min_size=1, max_size=4).map(tuple),
    )
)
@settings(SLOW, max_examples=60)
def test_what_a_table_says_is_read_back(programme: Programme):
    written = write_csv(programme)
    again, findings = read_csv(written)
    days = {day.index: day.date for day in programme.days}

    assert findings == []
    assert [replace(one, day=0) for one in again.sessions] == [replace(one, day=0) for one in programme.sessions]
    assert (again.title, again.zone) == (programme.title, programme.zone)
    found = {day.index: day.date for day in again.days}
    for was, now in zip(programme.sessions, again.sessions, strict=True):
        assert found[now.day] == (days[was.day] if was.day in days else programme.day_of(was.start))
    assert write_csv(again) == write_csv(read_csv(write_csv(again))[0])


@given(programmes)
@settings(SLOW, max_examples=30)
def test_any_programme_can_be_a_table_and_no_cell_of_it_is_a_formula(programme: Programme):
    written = write_csv(programme)
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))

    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(programme.sessions) + 1
    assert not any(re.match(r"[=+\-@\t\r]", cell) for row in rows for cell in row)
    assert len(read_csv(written)[0].sessions) == len(programme.sessions)


@pytest.mark.parametrize("name", [FOSDEM, CAMP])
def test_a_real_programme_keeps_in_a_table_what_people_read(name: str):
    was = read(real(name).read_bytes(), zone=ZONES[name]).programme
    now = read(write(was, Format.CSV, now=NOW)).programme

    for one in ("title", "start", "duration", "day", "room", "track", "type", "language", "abstract", "guid", "id"):
        assert [getattr(session, one) for session in now.sessions] == [
            getattr(session, one) for session in was.sessions
        ]
    assert [[(p.id, p.name.strip()) for p in session.persons] for session in was.sessions] == [
        [(p.id, p.name) for p in session.persons] for session in now.sessions
    ]
    assert {room.name for room in now.rooms} == {room.name for room in was.rooms}


# ---- calendars


@given(programmes)
@settings(SLOW, max_examples=15)
def test_any_programme_can_be_a_calendar(programme: Programme):
    written = write(replace(programme, zone="Europe/Warsaw"), Format.ICS, now=NOW)

    assert written.count(b"BEGIN:VEVENT") == len(programme.sessions)


def test_a_calendar_says_what_people_need_to_go_there():
    session = Session(
        "Otwarcie, część 1",
        datetime(2026, 5, 1, 7, tzinfo=UTC),
        timedelta(),
        room="Aula",
        persons=(Person("Ewa"), Person("Jan")),
        abstract="Powitanie",
        url="https://example.org/1",
    )
    forum = Programme("Forum", zone="Europe/Warsaw", venue="ICE", city="Kraków", sessions=(session,))
    written = write(forum, Format.ICS, now=NOW).decode()
    event = vobject.readOne(written).vevent

    assert (event.summary.value, event.location.value) == ("Otwarcie, część 1", "Aula, ICE, Kraków")
    assert event.description.value == "Ewa, Jan\n\nPowitanie"
    assert "DTSTART;TZID=Europe/Warsaw:20260501T090000" in written
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=1)
    assert event.organizer.value == "mailto:nobody@programme.invalid"


def test_a_calendar_of_a_real_programme_is_read_by_another_library_as_it_was():
    camp = read(real(CAMP).read_bytes()).programme
    events = vobject.readOne(write(camp, Format.ICS, now=NOW).decode()).vevent_list

    assert [(one.uid.value, one.dtstart.value, one.dtend.value) for one in events] == [
        (session.guid, session.start, session.end) for session in camp.sessions
    ]
    assert [one.summary.value for one in events] == [" ".join(session.title.split()) for session in camp.sessions]


def test_a_calendar_is_read_back_as_what_it_shows():
    camp = read(real(CAMP).read_bytes()).programme
    found = read(write(camp, Format.ICS, now=NOW), zone=camp.zone)

    assert found.format is Format.ICS
    assert not found.left_out
    assert [(one.guid, one.start, one.duration, one.day) for one in found.programme.sessions] == [
        (one.guid, one.start, one.duration, one.day) for one in camp.sessions
    ]
    assert len(found.programme.days) == len(camp.days)


def test_what_is_cancelled_or_broken_in_a_calendar_is_left_out_and_named():
    entries = [
        ["SUMMARY:Stays", "DTSTART:20260501T070000Z", "DURATION:PT1H", "LOCATION:Aula", "RRULE:FREQ=DAILY;COUNT=2"],
        ["SUMMARY:Goes", "DTSTART:20260501T090000Z", "STATUS:CANCELLED"],
        ["SUMMARY:Nowhen"],
    ]
    lines = [line for entry in entries for line in ("BEGIN:VEVENT", *entry, "END:VEVENT")]
    found = read("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode(), zone="Europe/Warsaw")

    [session] = found.programme.sessions
    assert (session.room, session.start.isoformat()) == ("Aula", "2026-05-01T09:00:00+02:00")
    assert session.extra == {"rrule": "FREQ=DAILY;COUNT=2"}
    assert [one.words for one in found.left_out] == [
        "Line 14: this entry has no start that can be read, so it is left out.",
        "Line 9: Goes is cancelled, so it is left out.",
    ]


def test_roles_of_people_are_in_json_for_everybody():
    session = Session(
        "Opening", datetime(2026, 5, 1, 9, tzinfo=UTC), timedelta(1), persons=(Person("E", role="chair"),)
    )
    day = json.loads(write_json(Programme(sessions=(session,))))["schedule"]["conference"]["days"][0]

    assert day["rooms"][""][0]["persons"] == [{"name": "E", "role": "chair"}]


def test_rooms_keep_their_facts():
    room = Room("Aula", capacity=120, description="Ground floor", extra={"features": {"recording": "unknown"}})
    forum = Programme("Forum", rooms=(Room("B"), room))
    written = write_json(forum)

    assert json.loads(written)["schedule"]["conference"]["rooms"][1]["capacity"] == 120
    assert read_json(written)[0] == read_xml(write_xml(forum))[0] == forum
