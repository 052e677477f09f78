"""Files as others write them, whole and broken: what is read, what is told, and the one sentence at the end."""

import gzip
import json
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsos.calendar_reading import Wrong
from lsos.schedule_files import xml_tree
from lsos.schedule_files.files import Format, Reading, read, write
from lsos.schedule_files.findings import Kind
from lsos.schedule_files.model import Day, Link, Person, Recording
from lsos.schedule_files.wrong import MOST_BYTES, WrongFile
from tests.schedule_files.programmes import texts

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIGEST_OF_NOTHING = sha256(b'""').hexdigest()[:16]
GUID = "11111111-2222-3333-4444-555555555555"

EVENT = f"""<event id="7" guid="{GUID}">
<date>2026-05-01T23:30:00+02:00</date><start>23:30</start><duration>01:00</duration><room>Aula</room>
<title>Night &amp; day</title><track>Bio</track><type>Talk</type><language>pl</language><abstract/>
<persons><person id="3" role="chair">Ewa</person></persons>
<links><link href="https://example.org/a">A</link></links>
<recording><license>CC BY</license><optout>true</optout></recording>
<rating scale="5">4</rating>
</event>"""


def xml(event: str = EVENT, *, conference: str = "", day: str = 'index="1" date="2026-05-01"') -> bytes:
    """A schedule.xml as the older programs write it, with one event in one room."""
    return f"""<?xml version="1.0"?>
<schedule><version>1.0</version><conference><title>Forum</title>{conference}</conference>
<day {day}><room name="Aula">
{event}
</room></day></schedule>""".encode()


def event(**changes: str) -> str:
    """An event of XML with other elements: an empty one leaves it out."""
    facts = {"date": "", "start": "09:00", "duration": "00:45", "title": "Opening"} | changes
    return "<event>\n" + "\n".join(f"<{name}>{value}</{name}>" for name, value in facts.items() if value) + "\n</event>"


def in_json(*events: object, **conference: object) -> bytes:
    """A schedule.json with events in one room, a line each."""
    day = {"index": 1, "date": "2026-05-01", "day_start": "2026-05-01T09:00:00+02:00",
           "day_end": "2026-05-02T04:00:00+02:00", "rooms": {"Aula": list(events)}}  # fmt: skip
    whole = {"title": "Forum", "time_zone_name": "Europe/Warsaw", "days": [day]} | conference
    return json.dumps({"schedule": {"version": "1", "conference": whole}}, indent=0).encode()


#: Names that mean something in an event, a person or a link, and in a conference.
NAMES = [
    "title", "date", "start", "duration", "end", "room", "guid", "id", "code", "persons", "links", "attachments",
    "name", "url", "do_not_record", "do_not_stream", "recording_license", "public_name", "slug", "logo", "type",
]  # fmt: skip
OF_CONFERENCES = [
    "title", "acronym", "start", "end", "day_change", "timeslot_duration", "time_zone_name", "rooms", "tracks",
    "colors", "meta", "daysCount", "url", "venue",
]  # fmt: skip

OPENING = {"title": "Opening", "date": "2026-05-01T10:00:00+02:00", "start": "10:00", "duration": "00:45"}


def kinds(reading: Reading) -> list[Kind | Wrong]:
    return [finding.kind for finding in reading.findings]


# ---- what is read


def test_all_that_an_event_of_xml_says_is_read():
    (session,) = read(xml()).programme.sessions

    assert (session.title, session.room, session.day, session.id, session.guid) == ("Night & day", "Aula", 1, "7", GUID)
    assert session.start.isoformat() == "2026-05-01T23:30:00+02:00"
    assert session.end.isoformat() == "2026-05-02T00:30:00+02:00"
    assert session.persons == (Person("Ewa", id="3", role="chair"),)
    assert session.links == (Link("https://example.org/a", "A"),)
    assert session.recording == Recording("CC BY", do_not_record=True)
    assert session.extra == {"rating": {"@scale": "5", "text": "4"}}


def test_all_that_a_conference_of_xml_says_is_read():
    told = (
        "<subtitle>S</subtitle><venue>ICE</venue><city>Kraków</city><start>2026-05-01</start><end>2026-05-02</end>"
        "<days>1</days><day_change>09:00:00</day_change><timeslot_duration>00:05:00</timeslot_duration>"
        "<time_zone_name>Europe/Warsaw</time_zone_name><track name='Bio' color='#00ff00'/><release>0.2</release>"
    )
    found = read(xml(conference=told)).programme

    assert (found.subtitle, found.venue, found.city, found.zone) == ("S", "ICE", "Kraków", "Europe/Warsaw")
    assert (found.first_day, found.last_day) == (date(2026, 5, 1), date(2026, 5, 2))
    assert (found.day_change, found.slot) == (time(9), timedelta(minutes=5))
    assert [(track.name, track.color) for track in found.tracks] == [("Bio", "#00ff00")]
    assert found.days == (Day(1, date(2026, 5, 1)),)
    assert found.extra == {"release": "0.2"}


@pytest.mark.parametrize(
    ("change", "start", "at"),
    [
        ("", "03:59", "2026-05-02T03:59:00+02:00"),
        ("", "04:00", "2026-05-01T04:00:00+02:00"),
        ("<day_change>09:00</day_change>", "08:30", "2026-05-02T08:30:00+02:00"),
        ("<day_change>00:00</day_change>", "00:30", "2026-05-01T00:30:00+02:00"),
    ],
)
def test_where_only_a_time_stands_the_night_belongs_to_the_day_before(change: str, start: str, at: str):
    reading = read(xml(event(start=start), conference=change), zone="Europe/Warsaw")

    assert reading.programme.sessions[0].start.isoformat() == at
    assert kinds(reading) == [Kind.NO_OFFSET]


def test_the_words_of_pretalx_are_read_from_json():
    person = {"code": "AB12CD", "name": "Ewa", "public_name": "Ewa", "avatar": None, "biography": "B", "answers": [1]}
    reading = read(
        in_json(
            OPENING | {"id": 7, "code": "XYZ123", "persons": [person], "do_not_record": False, "logo": None,
                       "end": "2026-05-01T10:45:00+02:00", "answers": [{"question": 1}]},
            rooms=[{"name": "Aula", "guid": GUID, "capacity": 120}],
            tracks=[{"name": "Bio", "color": "#00ff00"}],
            colors={"primary": "#3aa57c"},
        )
    )  # fmt: skip
    (session,) = reading.programme.sessions

    assert reading.findings == ()
    assert session.persons == (Person("Ewa", code="AB12CD", biography="B", extra={"answers": [1]}),)
    assert (session.id, session.code, session.recording.do_not_record) == ("7", "XYZ123", False)
    assert session.extra == {"answers": [{"question": 1}]}
    assert (reading.programme.rooms[0].capacity, reading.programme.rooms[0].guid) == (120, GUID)
    assert reading.programme.extra == {"colors": {"primary": "#3aa57c"}}


def test_a_title_in_several_languages_gives_one_and_keeps_all():
    (session,) = read(in_json(OPENING | {"title": {"pl": "Otwarcie", "en": "Opening"}})).programme.sessions

    assert session.title == "Opening"
    assert session.extra == {"title": {"pl": "Otwarcie", "en": "Opening"}}


def test_a_room_that_stands_twice_in_a_day_of_json_keeps_all_its_sessions():
    content = in_json(OPENING).replace(b'"rooms": {', b'"rooms": {"Aula": [' + json.dumps(OPENING).encode() + b"],")

    assert len(read(content).programme.sessions) == 2


def test_a_packed_file_is_read_as_it_is_within():
    assert read(gzip.compress(xml())) == read(xml())


def test_tables_of_others_need_few_columns_in_any_order():
    content = (
        "start;Title;end;speaker;day\r\n2026-05-01 09:00;Opening;2026-05-01 09:30;Ewa;\r\n00:30;Late;;;2026-05-01\r\n"
    )
    reading = read(content.encode(), zone="Europe/Warsaw")
    (session,) = reading.programme.sessions

    assert reading.format is Format.CSV
    assert (session.start.isoformat(), session.duration) == ("2026-05-01T09:00:00+02:00", timedelta(minutes=30))
    assert session.extra == {"speaker": "Ewa"}
    assert [finding.words for finding in reading.left_out] == [
        "Line 3: the session Late is left out. Its duration is missing."
    ]


def test_a_table_in_the_letters_of_polish_windows_is_read():
    content = "title,start,duration\nŻółw,2026-05-01T09:00:00+02:00,45\n".encode("cp1250")
    (session,) = read(content).programme.sessions

    assert (session.title, session.duration) == ("Żółw", timedelta(minutes=45))


# ---- what is told, and the rest offered


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"duration": "soon"}, "Line 4: the session Opening is left out. Its duration cannot be read: soon."),
        ({"duration": ""}, "Line 4: the session Opening is left out. Its duration is missing."),
        ({"start": ""}, "Line 4: the session Opening is left out. Its date is missing."),
        ({"start": "25:00"}, "Line 4: the session Opening is left out. Its start cannot be read: 25:00."),
        ({"date": "1 May"}, "Line 4: the session Opening is left out. Its date cannot be read: 1 May."),
        ({"date": "9999-05-01"}, "Line 4: the session Opening is left out. Its date cannot be read: 9999-05-01."),
    ],
)  # fmt: skip
def test_a_broken_session_of_xml_is_named_with_its_line_and_the_rest_is_offered(changes: dict[str, str], words: str):
    reading = read(xml(event(**changes) + event(start="12:00")))

    assert [finding.words for finding in reading.left_out] == [words]
    assert len(reading.programme.sessions) == 1


def test_a_broken_session_of_json_is_named_with_its_line_and_the_rest_is_offered():
    content = in_json(OPENING, OPENING | {"title": "Broken", "duration": "?"}, "no session", OPENING)
    reading = read(content)
    lines = content.decode().splitlines()

    assert len(reading.programme.sessions) == 2
    first, second = reading.left_out
    assert first.kind is Kind.LEFT_OUT_UNREADABLE
    assert lines[int(str(first.details["line"]))] == '"title": "Broken",'
    assert lines[int(str(second.details["line"])) - 1] == '"no session",'
    assert second.words.endswith(": what stands there is no session, so it is left out.")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (xml(event(date="2026-05-01T09:00:00+02:00", start="10:00")), Kind.START_AT_ODDS),
        (xml(event(room="Another")), Kind.ROOM_AT_ODDS),
        (in_json(OPENING | {"end": "2026-05-01T12:00:00+02:00"}), Kind.END_AT_ODDS),
        (xml(day='index="1" date="first"'), Kind.DAY_UNREADABLE),
        (xml(day='date="2026-05-01"'), Kind.DAY_REPEATED),
        (in_json(OPENING, time_zone_name="Mars/Olympus"), Kind.UNKNOWN_ZONE),
        (in_json(OPENING | {"date": "2026-05-01T10:00:00+05:00"}), Kind.OFFSET_AT_ODDS),
        (in_json(OPENING | {"date": "2026-05-01T10:00:00"}), Kind.NO_OFFSET),
    ],
)
def test_what_is_at_odds_in_a_file_is_told_and_nothing_is_lost(content: bytes, kind: Kind):
    reading = read(content)

    assert kind in kinds(reading)
    assert len(reading.programme.sessions) == 1
    assert reading.left_out == ()
    for way in (Format.XML, Format.JSON):
        assert read(write(reading.programme, way, now=NOW)).programme == reading.programme


# ---- what cannot be read


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\x00\x01\x02", "Line 1: this is neither XML, JSON nor a table."),
        (b"<schedule>\n<conference>\n", "Line 3: this is no XML that can be read: no element found."),
        (b"<rss/>", "Line 1: this is no programme. It begins with <rss>, not with <schedule>."),
        (b"<schedule/>", "Line 1, conference: the element is missing."),
        (b'<?xml version="1.0" encoding="k"?><a/>', "Line 1: the file names a set of letters that is not known."),
        (b'{"schedule":\n 1}', "Line 1, schedule: an object is missing here."),
        (b'{"schedule":\n{"conference": []}}', "Line 2, conference: an object is missing here."),
        (b'{"schedule":\n{"conference": {}}}', "Line 2, schedule.conference.days: a list is missing here."),
        (b'{"schedule":{"conference":{"days": [\n7]}}}', "Line 2, schedule.conference.days[0]: a day is missing here."),
        (b'{"schedule":\n,}', "Line 2, column 1: this is no JSON that can be read: Expecting value."),
        (b"[1]", "Line 1, schedule: an object is missing here."),
        (b"[" * 100_000, "The file is nested too deeply, or holds a number with too many digits."),
        (b'{"a": NaN}', "NaN stands for a number, which is no JSON."),
        (b'{"a": 1,\n "a": 2}', "a: the name stands twice in one object, with two values."),
        (b'{\n"\xff"}', "Line 2: the file is not text in UTF-8."),
        (b"title,start\na,b", "Line 1: the column duration is missing."),
        (b"name,when", "Line 1: the column title is missing."),
        (b"title,title,start,end", "Line 1: there are two columns title."),
        (b'title,start,end\n"a', "Line 2: this is no table that can be read: unexpected end of data."),
        (b"title,start,end\na,\n\x81", "Line 3: the file is not text in UTF-8."),
        (gzip.compress(b"a", mtime=0)[:-9], None),
        (b"\x1f\x8bno", "The file is packed, and damaged."),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_programme_gets_one_sentence_with_the_place(content: bytes, words: str | None):
    with pytest.raises(WrongFile) as refused:
        read(content)
    assert words is None or str(refused.value) == words


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://localhost:9/"> %a;',
        "",
    ],
)
def test_a_document_type_is_refused_before_anything_is_expanded_or_fetched(declared: str):
    content = f"<?xml version='1.0'?>\n<!DOCTYPE schedule [{declared}]>\n<schedule><conference/>&b;</schedule>"
    with pytest.raises(WrongFile, match=r"Line 2: the file declares a document type"):
        read(content.encode())


def test_a_document_type_elsewhere_is_refused_as_well():
    with pytest.raises(WrongFile, match="declares a document type"):
        read(b'<!DOCTYPE schedule SYSTEM "http://localhost:9/a.dtd"><schedule/>')


@pytest.mark.parametrize("content", [b"<a>" * (xml_tree.DEEPEST + 1), b"<a>" + b"<b/>" * 50 + b"</a>"])
def test_xml_deeper_or_with_more_elements_than_programmes_have_is_refused(content: bytes, monkeypatch):
    monkeypatch.setattr(xml_tree, "MOST_ELEMENTS", 50)
    with pytest.raises(WrongFile, match="more elements, or deeper ones"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        xml().replace(b"</schedule>", b"<day date='2026-05-01'/>" * 100 + b"</schedule>"),
        xml(day='index="1" date="2026-05-01"').replace(
            b"</day>", b"".join(b"<room name='%d'/>" % number for number in range(401)) + b"</day>"
        ),
        b"title,start,duration\n" + b"a,2026-05-01T09:00,5\n" * 5_001,
    ],
)
def test_a_file_with_more_than_programmes_have_is_refused(content: bytes):
    with pytest.raises(WrongFile, match="more days, rooms or sessions than programmes do"):
        read(content)


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress])
def test_a_file_that_is_too_large_is_refused_packed_or_not(pack):
    with pytest.raises(WrongFile, match="larger than 16 MB"):
        read(pack(b" " * (MOST_BYTES + 1)))


# ---- what was kept beside


@pytest.mark.parametrize(
    "kept",
    [
        "7", "[]",
        '{"sessions": 7}', '{"order": [7]}', '{"programme": {"venue": 7}}', '{"programme": {"nothing": ["", 1]}}',
        f'{{"programme": {{"venue": ["{DIGEST_OF_NOTHING}", 7]}}}}', "{", '{"sessions": {"": 7}, "programme": 3}',
    ],
)  # fmt: skip
def test_what_was_kept_and_cannot_be_read_is_told_and_harms_nothing(kept: str):
    content = xml().replace(b"</schedule>", f"<?lsos-programme {kept}?></schedule>".encode())
    reading = read(content)

    assert reading.programme == read(xml()).programme
    assert Kind.EXTRA_UNREADABLE in kinds(reading)


@pytest.mark.parametrize("value", ['"0001-01-01T00:00:00+00:00"', '"2026-05-01T09:00:00"', '"9999-12-31T23:59:59Z"'])
def test_a_kept_moment_beyond_all_sense_is_not_taken(value: str):
    session = read(xml()).programme.sessions[0]
    written = write(read(xml(event())).programme, Format.JSON, now=NOW)
    document = json.loads(written)
    kept = document["schedule"]["conference"]["meta"]["lsos"]["sessions"]
    for changes in kept.values():
        changes["start"] = ["", json.loads(value)]

    assert session.start.tzinfo is not None
    again = read(json.dumps(document).encode())
    assert again.programme == read(xml(event())).programme


# ---- anything

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
    | st.sampled_from(["2026-05-01T10:00:00+02:00", "2026-05-01", "10:00", "00:45", "-00:10", "UTC", "99999:99"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts | st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), anything, max_size=8) | anything, max_size=2),
    st.dictionaries(st.sampled_from(OF_CONFERENCES), anything, max_size=5),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_json_is_read_or_refused_with_a_sentence_and_then_survives(
    events: list[Any], more: dict[str, Any]
):
    whole = [OPENING | event if isinstance(event, dict) else event for event in events]
    try:
        found = read(in_json(*whole, **more)).programme
    except WrongFile:
        return
    for way in (Format.XML, Format.JSON):
        assert read(write(found, way, now=NOW)).programme == found


@given(st.binary(max_size=60), st.integers(0, 1000), st.integers(0, 40))
@settings(deadline=None, max_examples=60)
def test_a_file_that_was_damaged_anywhere_is_read_or_refused_with_a_sentence(put: bytes, at: int, gone: int):
    for content in (xml(), in_json(OPENING), write(read(xml()).programme, Format.CSV, now=NOW)):
        damaged = content[: at % len(content)] + put + content[at % len(content) + gone :]
        with suppress(WrongFile):
            read(damaged)
