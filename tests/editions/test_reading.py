"""An edition file is read whole, or every error in it is named with its line and field."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.editions.reading import InvalidEdition, read_edition
from lsos.errors import InputError
from lsos.paths import folder

BUNDLED = folder("data") / "lsos-2025.yaml"
TEXT = BUNDLED.read_text(encoding="utf-8")


def problems_of(tmp_path: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    file = tmp_path / "edition.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InvalidEdition) as caught:
        read_edition(file)
    assert str(caught.value).startswith(f"{file} was not imported, and nothing was changed. What to mend:\n  line ")
    return [(problem.line, problem.field, problem.sentence) for problem in caught.value.problems]


def changed(old: str, new: str, times: int = 1) -> tuple[str, int]:
    """Change the bundled edition at the first place that says so; give the new text and that place's line."""
    assert old in TEXT
    return TEXT.replace(old, new, times), TEXT[: TEXT.index(old)].count("\n") + 1


def test_the_bundled_edition_is_read_whole():
    edition = read_edition(BUNDLED)
    raw = yaml.safe_load(TEXT)
    for name in ("focus_areas", "zones", "session_formats", "stakeholder_types", "sigs", "sessions", "organisations"):
        assert len(getattr(edition, name)) == len(raw[name])
    assert edition.event.timezone == "Europe/Warsaw"
    assert edition.sessions[0].start.isoformat() == "2025-11-27T08:30:00"


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("capacity: 60", "capacity: sixty", "venue.rooms[lecture-a].capacity", "must be a whole number"),
        ("capacity: 60", "capacity: -1", "venue.rooms[lecture-a].capacity", "-1 is too little: at least 0."),
        ("kind: plenary", "kind: plenar", "venue.rooms[main-hall].kind", "Write one of: plenary, session, zone"),
        ("short_name: LSOS 2025", "short_name: 2025", "event.short_name", "Put it between quotes."),
        ("short_name: LSOS 2025", "short_nam: LSOS 2025", "event.short_nam", "Did you mean short_name?"),
        ("organiser: klsk", "organiser: kls", "event.organiser", "has the id kls. Did you mean klsk?"),
        ("organiser: klsk", "organiser: zzz", "event.organiser", "Add it there, or write another id here."),
        ("timezone: Europe/Warsaw", "timezone: Europe/Warszawa", "event.timezone", "No time zone is called"),
        ("end_date: 2025-11-28", "end_date: 2025-11-31", "event.end_date", "Write a day of the calendar"),
        ("end_date: 2025-11-28", "end_date: 20251128", "event.end_date", "Write a day of the calendar"),
        ('open: "09:00"', "open: 9", "event.day_hours.open", "Write a local time"),
        ('open: "09:00"', 'open: "18:00"', "event.day_hours.close", "close before they open"),
        ("website: https://lsos.info", "website: lsos.info", "event.website", "does not have the form"),
        ("country: PL", "country: Poland", "venue.address.country", "does not have the form"),
        ("default_group: MED", "default_group: MEDI", "stakeholder_types[hospital].default_group", "no interest group"),
        ("fa: [therapies]", "fa: [terapies]", "taxonomy.groups[biotech].tags[cell-gene-therapy].fa[1]", "therapies?"),
        ("sessions: [s-qtm]", "sessions: [s-q]", "registration.ticket_types[public].sessions[1]", "the id s-q"),
        ("slot_minutes: 20", "slot_minutes: 0", "matchmaking.slot_minutes", "at least 5"),
        ("slot_minutes: 20", "slot_minutes: 120", "matchmaking.windows[1].end", "shorter than one meeting of 120"),
        ("  tables: 20\n", "  tables: 21\n", "venue.rooms[partnering].tables", "matchmaking says 21"),
        ('start: "2025-11-27T14:00", end: "2025-11-27T17:00"}', 'start: "2025-11-27T12:00", end: "2025-11-27T17:00"}',
         "matchmaking.windows[2].start", "before the one before it ends"),
        ('start: "2025-11-27T08:30"', 'start: "2025-11-26T08:30"', "sessions[s-reg-1].start", "not a day of the event"),
        ('end: "2025-11-27T09:30"', 'end: "2025-11-27T08:00"', "sessions[s-reg-1].end", "It ends before it starts"),
        ('end: "2025-11-27T09:30"', 'end: "2025-11-28T09:30"', "sessions[s-reg-1].end", "longer than a day"),
        ("speakers: []", "speakers: [Ktoś]", "sessions[s-reg-1].speakers", "Leave this list empty"),
        ("people: []", "people: [{}]", "people", "Leave this list empty"),
        ("aliases: [KLSK,", 'aliases: ["SELVITA",', "organisations[klsk].aliases[1]", "goes by the name SELVITA too"),
        ("min: 50000, max: 250000", "min: 50000, max: 50000", "ticket_bands_eur[t2].max", "greater than the smallest"),
        ("order: 1}", "order: 0}", "funding_stages[bootstrapped].order", "Number them one after another"),
        ("required: true", "required: maybe", "registration.consents[terms].required", "true or false"),
        ("lsos_platform: [T9.06.a", "lsos_platform: [9.06", "kpis.lsos_platform[1]", "must be a text"),
        ("languages: [pl, en]", "languages: pl", "event.languages", "This must be a list"),
        ("name: {pl: \"Foyer\", en: \"Foyer\"}", "name: Foyer", "venue.rooms[foyer].name", "group of fields"),
        ("{pl: \"Foyer\", en: \"Foyer\"}", "{}", "venue.rooms[foyer].name", "in Polish (pl), in English"),
        ("schema: lsos-edition/1", "schema: pretalx/1", "schema", "LSOS reads files that say: schema: lsos-edition/1"),
        ('en: "SIG Talents"', 'en: "SIG \\0"', "sigs[talenty].en", "control character"),
        ('en: "SIG Talents"', "en: !secret x", "sigs[talenty].en", "Tags such as !secret are not used"),
    ],
)  # fmt: skip
def test_an_error_names_its_field_and_what_to_do(tmp_path, old, new, field, says):
    text, _ = changed(old, new)
    found = {(where, what) for _, where, what in problems_of(tmp_path, text)}
    assert any(where == field and says in what for where, what in found), found


def test_the_line_is_the_one_the_field_stands_on(tmp_path):
    text, line = changed("capacity: 40", "capacity: forty")
    assert problems_of(tmp_path, text) == [(line, "venue.rooms[lecture-b].capacity", "This must be a whole number.")]


def test_a_missing_field_is_named_at_the_group_that_lacks_it(tmp_path):
    text, line = changed("  timezone: Europe/Warsaw\n", "")
    (found,) = problems_of(tmp_path, text)
    assert found == (
        TEXT[: TEXT.index("  id: lsos-2025")].count("\n") + 1,
        "event.timezone",
        "This field is missing. Add it.",
    )
    assert line > found[0]


def test_all_errors_are_named_at_once_in_the_order_of_their_lines(tmp_path):
    text = (
        TEXT.replace("room: cafe", "room: caffe")
        .replace("capacity: 40", "capacity: forty")
        .replace("id: green\n", "id: g\n")
    )
    found = problems_of(tmp_path, text)
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)
    fields = [field for _, field, _ in found]
    assert "venue.rooms[lecture-b].capacity" in fields
    assert fields.count("sessions[s-lunch-1].room") == 1
    assert "sessions[s-green].focus_area" in fields


def test_a_code_and_a_key_stand_once(tmp_path):
    text, line = changed("{id: lecture-b, ", "{id: lecture-a, ")
    assert (line, "venue.rooms[lecture-a].id") in {(n, field) for n, field, _ in problems_of(tmp_path, text)}
    text, line = changed("  format: in_person\n", "  format: in_person\n  format: in_person\n")
    assert problems_of(tmp_path, text) == [
        (line + 1, "event.format", "format stands here a second time. Remove one of the two.")
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "The file is empty."),
        ("# only a remark\n", 1, "The file is empty."),
        ("schema: lsos-edition/1\nevent: [\n", 3, "This is not YAML"),
        ("event:\n\t- x", 2, "This is not YAML"),
        ("a: &one 1\nb: *one\n", 2, "Aliases"),
        ("{[a]: b}", 1, "A field's name must be a word"),
        (b"schema: x\nname: \xff", 2, "Save the file as UTF-8"),
        (b"schema: x\nname: \x01", 2, "control character"),
        ("[" * 5000, 1, "nested too deeply"),
        ("--- 1\n--- 2\n", 2, "This is not YAML"),
    ],
)
def test_what_is_no_document_is_told_with_its_line(tmp_path, text, line, says):
    ((found, field, sentence),) = problems_of(tmp_path, text)
    assert (found, field) == (line, "")
    assert says in sentence


def test_a_document_of_another_shape_is_told(tmp_path):
    assert "group of fields" in problems_of(tmp_path, "- a\n- b\n")[0][2]


def test_yaml_words_are_read_as_people_mean_them(tmp_path):
    file = tmp_path / "edition.yaml"
    file.write_text(
        TEXT.replace("country: PL", "country: NO").replace('open: "09:00"', "open: 09:00"), encoding="utf-8"
    )
    edition = read_edition(file)
    assert edition.venue.address.country == "NO"
    assert edition.event.day_hours.open.hour == 9


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_edition(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_edition(tmp_path)
    (tmp_path / "large").write_bytes(b"#" * 5_000_000)
    with pytest.raises(InputError, match="too large"):
        read_edition(tmp_path / "large")


RAW = yaml.load(TEXT, Loader=yaml.BaseLoader)
for name in ("session_formats", "stakeholder_types", "sigs", "cooperation_types", "sessions", "organisations"):
    del RAW[name][3:]
for group in RAW["taxonomy"]["groups"]:
    del group["tags"][1:]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(raw: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """List every place in a document."""
    below = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    return [path, *(place for key, value in below for place in places(value, (*path, key)))]


@settings(max_examples=50, deadline=None)
@given(place=st.sampled_from(places(RAW)[1:]), junk=JUNK)
def test_whatever_stands_anywhere_is_told_with_its_line(tmp_path_factory, place, junk):
    raw = copy.deepcopy(RAW)
    here = raw
    for step in place[:-1]:
        here = here[step]
    here[place[-1]] = junk
    file = tmp_path_factory.mktemp("junk") / "edition.yaml"
    file.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InvalidEdition) as caught:  # the dump quotes every number, which no field takes
        read_edition(file)
    assert all(problem.line >= 1 and problem.sentence for problem in caught.value.problems)
