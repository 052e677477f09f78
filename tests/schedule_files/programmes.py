"""Programmes for tests: two real ones, drawn ones, and the schemas that what we write has to meet."""

import json
import os
import shutil
import subprocess
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

import fastjsonschema
import pytest
from hypothesis import strategies as st

from lsos.schedule_files.model import Day, Link, Person, Programme, Recording, Room, Session, Track

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "programmes"
FOSDEM, CAMP = "fosdem-2014.xml.gz", "frab-camp2019.json.gz"
#: FOSDEM does not say its zone.
ZONES = {FOSDEM: "Europe/Brussels", CAMP: ""}


def real(name: str) -> Path:
    """Give a file of the data that lies beside the project; skip the test where it does not."""
    path = REAL / name
    if not path.exists():
        assert not os.environ.get("CI"), f"{path} is missing, and so is the proof that real programmes are read whole"
        pytest.skip(f"{path} does not lie beside the project")
    return path


def objections_to_xml(content: bytes) -> str:
    """Say what xmllint finds wrong by the schema of schedule.xml; nothing if it is valid."""
    schema = real("schedule.xml.xsd")
    if not shutil.which("xmllint"):
        assert not os.environ.get("CI"), "xmllint is missing, and so is the proof that schedule.xml is valid"
        pytest.skip("xmllint is not there: apt-get install libxml2-utils")
    words = ["xmllint", "--noout", "--nonet", "--schema", str(schema), "-"]
    done = subprocess.run(words, input=content, capture_output=True, check=False)
    return "" if done.returncode == 0 else done.stderr.decode()


@cache
def _json_schema():
    return fastjsonschema.compile(json.loads(real("schema.json").read_text()))


def objections_to_json(content: bytes) -> str:
    """Say what is wrong by the schema of schedule.json; nothing if it is valid."""
    try:
        _json_schema()(json.loads(content))
    except fastjsonschema.JsonSchemaException as error:
        return str(error)
    return ""


# ---- drawn

#: Every letter that can be written in a file, controls and signs of XML, JSON and CSV among them.
texts = st.text(max_size=12) | st.text("<>&\"'\\;,=+-@\r\n\t\x00\x0b ]?%:/ąż\U0001f52c", max_size=12)
plain_texts = st.text("abc dąż;\\=+-@'", max_size=10)
dates = st.dates(date(2026, 5, 1), date(2026, 5, 3)) | st.dates(date(1901, 1, 1), date(2199, 12, 31))
offsets = st.sampled_from([timezone(timedelta(minutes=minutes)) for minutes in (0, 60, 120, -300, 345, 1439)])
moments = st.builds(datetime.combine, dates, st.times(), offsets)
durations = st.timedeltas(timedelta(hours=-30), timedelta(hours=200)) | st.integers(-5, 90).map(
    lambda minutes: timedelta(minutes=minutes)
)
extras = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=2,
)
guids = st.uuids().map(str) | texts | st.just("11111111-2222-3333-4444-555555555555")
addresses = texts | st.sampled_from(
    ["https://example.org/a?b=c#d", "http://example.org", "/files/a.pdf", "ftp://example.org", "http://[", "http://a:b"]
)
numbers = texts | st.sampled_from(["7", "07", "0", "-3", "99999999999999999999"])
few = 2
people = st.builds(Person, texts, numbers, guids, texts, texts, addresses, addresses, texts, extras)
links = st.builds(Link, addresses, texts, st.sampled_from(["slides", "related", "odd"]), texts, extras)
truths = st.none() | st.booleans()
rooms = st.sampled_from(["", "Aula", "Room 2"]) | texts
sessions = st.builds(
    Session,
    title=texts,
    start=moments,
    duration=durations,
    day=st.integers(0, 3),
    room=rooms,
    guid=guids,
    id=numbers,
    code=texts | st.just("ABC123"),
    subtitle=texts,
    slug=texts | st.just("a_slug-that-fits") | st.just("A_Slug-That-Fits"),
    track=texts,
    type=texts,
    language=texts,
    abstract=texts,
    description=texts,
    url=addresses,
    logo=addresses,
    feedback_url=addresses,
    origin_url=addresses,
    video_download_url=addresses,
    persons=st.lists(people, max_size=few).map(tuple),
    links=st.lists(links, max_size=few).map(tuple),
    attachments=st.lists(links, max_size=few).map(tuple),
    recording=st.builds(Recording, texts, truths, truths, addresses, addresses),
    extra=extras,
)
programmes = st.builds(
    Programme,
    title=texts,
    acronym=texts | st.just("lsos2026"),
    subtitle=texts,
    description=texts,
    venue=texts,
    city=texts,
    version=texts,
    url=addresses,
    base_url=addresses,
    logo=addresses,
    first_day=st.none() | dates,
    last_day=st.none() | dates,
    zone=st.sampled_from(["", "UTC", "Europe/Warsaw", "America/Argentina/Buenos_Aires", "Mars/Olympus"]) | texts,
    day_change=st.none() | st.times() | st.just(time(9)),
    slot=st.none() | durations,
    days=st.lists(
        st.builds(Day, st.integers(-1, 4), dates, st.none() | moments, st.none() | moments), max_size=few
    ).map(tuple),
    rooms=st.lists(
        st.builds(Room, rooms, guids, texts, texts, texts, st.none() | st.integers(0, 2**40), addresses, extras),
        max_size=few,
    ).map(tuple),
    tracks=st.lists(
        st.builds(Track, texts, texts | st.just("life-science"), texts | st.just("#a1B2c3"), extras), max_size=few
    ).map(tuple),
    sessions=st.lists(sessions, max_size=4).map(tuple),
    extra=extras | st.fixed_dictionaries({"colors": st.dictionaries(texts, texts, max_size=2), "meta": extras}),
)
