"""Whatever people type is stored and shown as they typed it, or refused with a sentence; and names are found.

The forms are walked: a form or a field that is new is tested with the others, and one that cannot be is told.
"""

import ast
import csv
import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyascii import anyascii
from flask import Flask, render_template_string
from sqlalchemy import Column, Integer, MetaData, String, Table, select
from sqlalchemy.types import JSON, Enum, Text
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, Field, FileField, Form, SelectField, SelectMultipleField, StringField

import lsos.web
from lsos.accounts.models import Person
from lsos.app import create_app
from lsos.checkin.queries import search_by_name
from lsos.db import Model, db, transaction
from lsos.editions.bulk import add_rows, add_with_ids
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import reading as invitation_list
from lsos.organisations import reading as organisation_list
from lsos.organisations.models import Organisation
from lsos.organisations.queries import suggestions
from lsos.outreach.models import Campaign
from lsos.outreach.rules import LetterPurpose
from lsos.questionnaires.rules import Ask, QuestionKind, answer_problem, tidy
from lsos.registration import import_words, listing
from lsos.registration.exporting import as_csv, as_xlsx
from lsos.registration.fields import Register
from lsos.registration.import_reading import read
from lsos.registration.list_models import SearchLine
from lsos.registration.models import Registration
from lsos.registration.own_fields import OWN
from lsos.registration.queries import latest_registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import StakeholderType
from lsos.texts import Bilingual, has_controls, is_one_line, is_readable, search_key
from lsos.web.bulk import ReasonForm
from lsos.web.registration_forms import LightForm
from tests import make
from tests.conftest import Reader
from tests.databases import settings_for
from tests.naughty import NEVER, Shown, all_strings, family_names, given_names, naughty_strings, organisation_names

AHEAD = datetime.now(UTC).date() + timedelta(days=30)


def as_kept(text: str) -> str:
    """Give a text as it is kept: line ends in one way, no blanks at both ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def one_line(texts: list[str]) -> list[str]:
    """Keep those that a field of one line takes, as it takes them."""
    return [
        text.strip() for text in texts if is_one_line(text.strip()) and not has_controls(text) and is_readable(text)
    ]


def batches(texts: list[str], length: int, between: str = " ") -> list[str]:
    """Put texts together into few that are as long as a field may hold."""
    found, now = [], ""
    for text in (text for text in texts if len(text) <= length):
        if now and len(now) + len(between) + len(text) > length:
            found.append(now.strip())
            now = ""
        now = f"{now}{between}{text}" if now else text
    return [*found, now.strip()]


def why_not(page: str) -> list[str]:
    """Give the sentences with which a page refuses what was typed."""
    return re.findall(r'<p class="wrong-because"[^>]*>(.*?)</p>', page, re.DOTALL)


# ---- every form


def forms() -> list[type[Form]]:
    """Find every form of the application."""
    found = []
    for module in pkgutil.iter_modules(lsos.web.__path__, "lsos.web."):
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and issubclass(one, Form) and one.__module__ == module.name:
                found.append(one)
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Give the application without a database."""
    folder = tmp_path_factory.mktemp("pages")
    app = create_app(settings_for(f"sqlite:///{folder / 'none.db'}", folder))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def pages(alone: Flask) -> Iterator[Flask]:
    """Give the application without a database, within a request."""
    with alone.test_request_context("/en/", method="POST"):
        yield alone


def test_the_forms_are_found():
    assert len(forms()) > 60


def tried(form: Form, field: Field, text: str) -> bool:
    """Put a text into a field as a browser sends it; say whether the form takes it."""
    field.process(MultiDict({field.name: text}))
    own = getattr(type(form), f"validate_{field.short_name}", None)
    return bool(field.validate(form, [own] if own else []))


@pytest.mark.parametrize("kind", forms(), ids=lambda kind: f"{kind.__module__[9:]}-{kind.__name__}")
def test_each_field_keeps_what_is_typed_or_refuses_it_with_a_sentence(pages: Flask, kind: type[Form]):
    form = kind(MultiDict())
    texts = [text for text in all_strings() if not NEVER & set(text)]
    for field in form:
        if (
            isinstance(field, BooleanField | FileField | SelectField | SelectMultipleField)
            or field.type == "CSRFTokenField"
        ):
            continue
        for text in texts:
            if not tried(form, field, text):
                assert field.errors, (field.name, text)
                assert all(str(error).strip() for error in field.errors), (field.name, text)
            elif isinstance(field, StringField):
                kept = field.data or ""
                expected = {text, text.strip(), as_kept(text)}
                if isinstance(field, EmailField):
                    expected |= {one.lower() for one in expected}
                assert kept in expected, (field.name, text)
            else:
                assert field.data is None or field.data == field.data, (field.name, text)


def test_each_field_for_names_takes_all_real_ones(pages: Flask):
    """Each way to check a name is asked once for each name, whichever forms use it."""
    ways: dict[tuple[Any, ...], tuple[Form, Field]] = {}
    for kind in forms():
        form = kind(MultiDict())
        for field in form:
            if isinstance(field, StringField) and any(word in field.name for word in ("name", "organisation")):
                look = tuple(sorted((type(one).__name__, str(getattr(one, "max", ""))) for one in field.validators))
                ways.setdefault((type(field), look, "organisation" in field.name), (form, field))
    assert len(ways) > 4
    people, places = [*given_names(), *family_names()], organisation_names()
    for form, field in ways.values():
        #: What is typed of an address is no name.
        if isinstance(field, EmailField) or type(form).__name__ == "ScanForm":
            continue
        for name in [*people, *(places if "organisation" in field.name else ())]:
            assert tried(form, field, name), (type(form).__name__, field.name, name, field.errors)
            assert field.data == name


#: What makes fields for these forms, and those of organisers' questions, which have a test of their own below.
MADE_ONE_BY_ONE = {
    ("forms", "name_field"),
    ("forms", "address_field"),
    ("forms", "long_field"),
    ("own_fields", "field_of"),
    ("question_forms", "question_form"),
}
MAKERS = {"StringField", "TextAreaField", "EmailField", "URLField", "PasswordField", "SearchField", "TelField",
          "HiddenField", "name_field", "long_field", "address_field", "NumberField"}  # fmt: skip


def test_no_text_field_stands_outside_of_these_forms():
    found, in_forms = set(), set()
    for path in sorted(Path(lsos.web.__path__[0]).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line in (line for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for line in node.body):
            called = (node.func for node in ast.walk(line) if isinstance(node, ast.Call))
            if not isinstance(line, ast.FunctionDef):
                in_forms |= {(path.stem, name.id) for name in called if isinstance(name, ast.Name)}
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
            if any(isinstance(call.func, ast.Name) and call.func.id in MAKERS for call in calls):
                found.add((path.stem, function.name))
    assert found - in_forms <= MADE_ONE_BY_ONE, "make these fields in a form of a module, or test them here"


@pytest.mark.parametrize("kind", [kind for kind in QuestionKind if kind is not QuestionKind.PAGE_BREAK])
def test_an_answer_to_a_question_of_any_kind_is_kept_or_refused_with_a_sentence(kind: QuestionKind):
    for text in all_strings():
        given = tidy(kind, [text])
        problem = answer_problem(Ask("q", kind), given, is_required=False)
        if problem is not None:
            assert str(problem)
        elif kind in {QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT}:
            assert given in {(), (as_kept(text),)}, text
            assert not NEVER & set("".join(given))


# ---- what comes before a form


def test_a_text_with_a_null_is_refused_at_the_door_with_a_sentence(client: Reader):
    event = make.event(starts_on=AHEAD)
    kind = make.participation_type(event, is_light=True)
    page = f"/en/events/{event.slug}/register/{kind.code}"
    answers = [
        client.post(page, data={"given_name": "a\x00b"}),
        client.post(page, data={"zones": ["fine", "a\x00b"]}),
        client.post(page, data={"given_name": "Ola", "file": (io.BytesIO(b"x"), "a\x00b.csv")}),
        client.get(page, query_string={"key": "a\x00"}),
        client.get(f"/en/events/{event.slug}/a%00b"),
    ]
    assert [answer.status_code for answer in answers] == [400] * 5
    assert all("That did not arrive whole" in answer.text for answer in answers)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"given_name=%ED%A0%80&email=ola@example.org", "application/x-www-form-urlencoded"),
        (b"given_name=%FF%FE&email=ola@example.org", "application/x-www-form-urlencoded"),
        (b"given_name=\xff\xfe&email=ola@example.org", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="given_name"\r\n\r\n\xed\xa0\x80\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_bytes_that_are_no_text_break_nothing(client: Reader, content: bytes, kind: str):
    event = make.event(starts_on=AHEAD)
    way = make.participation_type(event, is_light=True)
    answer = client.post(f"/en/events/{event.slug}/register/{way.code}", data=content, content_type=kind)
    assert answer.status_code in {302, 400, 422}
    assert "<h1" in answer.text or answer.status_code == 302
    assert all(not NEVER & set(person.name) for person in db.session.scalars(select(Person)))


# ---- storing and showing


def test_every_text_comes_back_from_every_kind_of_column(app: Flask):
    texts = [text for text in all_strings() if not NEVER & set(text)]
    texts += [*given_names(), *family_names(), *organisation_names()]
    kinds: dict[str, Any] = {}
    for table in Model.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String | Text | JSON) and not isinstance(column.type, Enum):
                kinds.setdefault(repr(column.type), column.type)
    assert {"Text()", "JSON()"} <= kinds.keys()
    columns = [Column(f"c{n}", kind, nullable=True) for n, kind in enumerate(kinds.values())]
    scratch = Table("scratch_of_texts", MetaData(), Column("id", Integer, primary_key=True), *columns)
    rows = [
        {
            column.name: text if len(text) <= (getattr(column.type, "length", None) or 10**9) else None
            for column in columns
        }
        for text in texts
    ]
    with db.engine.begin() as connection:
        scratch.create(connection)
        try:
            connection.execute(scratch.insert(), [{"id": n, **row} for n, row in enumerate(rows)])
            back = [dict(row._mapping) for row in connection.execute(select(*columns).order_by(scratch.c.id))]
        finally:
            scratch.drop(connection)
    assert back == rows


def test_every_text_is_shown_as_it_was_typed(pages: Flask):
    """In an element, an attribute, a field and a text area: a browser reads what was typed."""
    texts = [as_kept(text) for text in all_strings() if not has_controls(text)]
    texts += organisation_names()[::10] + given_names()[::10]
    page = render_template_string(
        """{% for text in texts %}<p title="{{ text }}">{{ text }}</p>
        <input name="i{{ loop.index0 }}" value="{{ text }}">
        <textarea name="t{{ loop.index0 }}">\n{{ text }}</textarea>{% endfor %}""",
        texts=texts,
    )
    shown = Shown(page.encode().decode())
    for n, text in enumerate(texts):
        assert text in shown.attributes
        assert text in shown.texts
        assert (shown.fields[f"i{n}"], shown.fields[f"t{n}"]) == (text, text)


@pytest.mark.parametrize("field", ["given_name", "about"])
def test_a_field_shows_again_what_was_typed_into_it(pages: Flask, field: str):
    """As the widgets write it, through the one macro of all fields."""
    name, kind = ("given_name", LightForm) if field == "given_name" else ("text_pl", ReasonForm)
    source = "{% from '_fields.html' import field %}{{ field(one) }}"
    for text in naughty_strings():
        if NEVER & set(text):
            continue
        form = kind(MultiDict({name: text}))
        shown = Shown(render_template_string(source, one=form[name]))
        assert as_kept(shown.fields[name]) == as_kept(text)


# ---- whole pages


@pytest.fixture
def event(app: Flask) -> Event:
    make.add(StakeholderType(code="startup", name=Bilingual("Startup", "Start-up")))
    return make.event(starts_on=AHEAD)


def test_the_form_of_a_registration_keeps_and_shows_every_string(client: Reader, event: Event):
    kind = make.participation_type(event)
    lines, longs = one_line(all_strings()), [as_kept(text) for text in all_strings() if not has_controls(text)]
    #: So that every string goes through a field of one line and through one of several within few forms.
    fields = {
        "family_name": batches(lines[0::8], 120),
        "job_title": batches(lines[1::8], 120),
        "dietary_needs": batches([*lines[2::8], *lines[3::8], *lines[4::8]], 500),
        "accessibility_needs": batches([*lines[5::8], *lines[6::8], *lines[7::8]], 500),
        "about_pl": batches(longs[::2], 1500, "\n"),
        "about_en": batches(longs[1::2], 1500, "\n"),
    }
    for number in range(max(map(len, fields.values()))):
        typed = {name: texts[number % len(texts)] for name, texts in fields.items()}
        whole = typed | {
            "once": f"form-{number}",
            "given_name": "Ola",
            "email": f"ola{number}@example.org",
            "language": "en",
            "organisation": "Nowa Terapia",
            "stakeholder_type": "startup",
            "country": "PL",
            "interest_group": "BioF",
            "trl": "",
            "trl_sought": "",
        }
        answer = client.post(f"/en/events/{event.slug}/register/{kind.code}", data=whole)
        assert answer.status_code == 302, why_not(answer.text)
    people = db.session.scalars(select(Person).order_by(Person.id)).all()
    client.sign_in(people[-1])
    for number, person in enumerate(one for one in people if one.given_name == "Ola"):
        typed = {name: texts[number % len(texts)] for name, texts in fields.items()}
        said = latest_registration(person.id)
        assert said is not None
        assert said.profile is not None
        stored = {
            "family_name": person.family_name,
            "job_title": said.job_title,
            "dietary_needs": said.dietary_needs,
            "accessibility_needs": said.accessibility_needs,
            "about_pl": said.profile.about.pl,
            "about_en": said.profile.about.en,
        }
        assert stored == typed
        if number % 12 == 0:
            client.sign_in(person)
            shown = Shown(client.get(f"/en/events/{event.slug}/me/profile").text)
            assert {name: as_kept(shown.fields[name]) for name in typed} == typed


def test_the_form_of_an_organisation_keeps_and_shows_every_string(client: Reader, event: Event):
    client.sign_in(make.staff(Role.REGISTRATIONS))
    lines = one_line(all_strings())
    names, cities = batches(lines, 200), batches(lines, 120)
    for number in range(0, len(cities), 3):
        typed = {"name": f"{number} {names[number % len(names)]}"[:200].strip(), "city": cities[number]}
        answer = client.post("/en/organisations/new", data=typed)
        assert answer.status_code == 302, why_not(answer.text)
        one = db.session.scalars(select(Organisation).order_by(Organisation.id.desc())).first()
        assert one is not None
        assert (one.name, one.city) == (typed["name"], typed["city"])
        if number % 9 == 0:
            shown = Shown(client.get(f"/en/organisations/{one.uid}/edit").text)
            assert {name: shown.fields[name] for name in typed} == typed
            assert typed["name"] in Shown(client.get(f"/en/organisations/{one.uid}").text).texts


def test_a_question_keeps_and_shows_every_string(client: Reader, event: Event):
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    here = f"/en/events/{event.slug}/organise/questions"
    labels = batches(one_line(all_strings()), 200)
    helps = batches([as_kept(text) for text in all_strings() if not has_controls(text)], 400, "\n")
    for number in range(0, len(helps), 5):
        typed = {
            "label_pl": labels[number % len(labels)],
            "label_en": labels[-1 - number % len(labels)],
            "help_en": helps[number],
        }
        answer = client.post(
            f"{here}/new", data=typed | {"kind": "short_text", "code": f"q{number}", "need": "optional"}
        )
        assert answer.status_code == 302, why_not(answer.text)
    page = client.get(here)
    edits = sorted({one for one in Shown(page.text).attributes if one.startswith(here) and one.endswith("/edit")})
    found = [Shown(client.get(one).text).fields for one in edits] or [Shown(page.text).fields]
    shown = {as_kept(fields.get("help_en", "")) for fields in found}
    assert {helps[number] for number in range(0, len(helps), 5)} <= shown


def test_the_words_of_a_letter_keep_every_string(client: Reader, event: Event):
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    one = make.add(
        Campaign(
            event_id=event.id,
            name="Lunch",
            purpose=LetterPurpose.ORGANISATIONAL,
            subject=Bilingual("Obiad", "Lunch"),
            body=Bilingual("Dzień dobry", "Hello"),
            created_at=make.BEFORE,
        )
    )
    here = f"/en/events/{event.slug}/organise/letters/{one.uid}/words"
    #: Braces name values, and brackets links: what means nothing there is refused, as tests/letters says.
    plain = [text for text in all_strings() if not has_controls(text) and not set("{}[]") & set(text)]
    for text in batches([as_kept(text) for text in plain], 3000, "\n\n"):
        subject = batches(one_line(plain), 150)[len(text) % 40]
        typed = {"subject_pl": subject, "subject_en": subject, "body_pl": text, "body_en": text}
        answer = client.post(here, data=typed | {"name": subject[:100].strip(), "purpose": "organisational"})
        assert answer.status_code == 302, why_not(answer.text)
        fields = Shown(client.get(here).text).fields
        assert {name: as_kept(fields[name]) for name in typed} == typed


# ---- files there and back


def table_rows() -> list[str]:
    return one_line(all_strings())


def test_every_string_goes_into_a_file_and_comes_back(event: Event):
    rows = [["E-mail", "Given name [given_name]", "about_en"]]
    texts = [as_kept(text) for text in all_strings() if not has_controls(text) and len(text) < 30_000]
    rows += [[f"n{n}@example.org", "N", text] for n, text in enumerate(texts)]
    heads = import_words.heads_of(event)
    for name, content in (("x.csv", as_csv(rows)), ("x.xlsx", as_xlsx(rows, name="x"))):
        back = [line.cells["about_en"] for line in read(name, content, heads).lines]
        assert back == texts, name


def test_lists_of_organisations_and_invitations_take_every_string_or_name_the_line(pages: Flask):
    texts = [" ".join(text.split()) for text in all_strings() if "\x00" not in text]
    texts = [text for text in texts if text]
    written = io.StringIO()
    csv.writer(written).writerows([["name", "city"], *([f"{n}. {text}", text] for n, text in enumerate(texts))])
    listed = organisation_list.read(written.getvalue(), types={})
    for line in listed.lines:
        assert line.facts.city in texts
        assert not has_controls(line.facts.name)
    assert len(listed.lines) + len(listed.bad) == len(texts)
    assert all(str(bad.problem) for bad in listed.bad)

    written = io.StringIO()
    head = ["e-mail", "given name", "organisation"]
    csv.writer(written).writerows([head, *([f"n{n}@example.org", text, text] for n, text in enumerate(texts))])
    invited = invitation_list.read(written.getvalue(), types={})
    for person in invited.people:
        assert person.given_name in texts
        assert not has_controls(person.given_name + person.organisation)
    assert len(invited.people) + len(invited.bad) == len(texts)


# ---- names are found and shown


def people_called(event: Event, names: list[tuple[str, str]], organisation: int | None = None) -> list[int]:
    """Register people by these names, many at once."""
    kind = make.participation_type(event)
    now = datetime.now(UTC)
    with transaction() as session:
        ids = add_with_ids(
            session,
            Person,
            [
                {"given_name": given, "family_name": family, "search_key": search_key(family, given), "created_at": now}
                for given, family in names
            ],
        )
        add_rows(
            session,
            Registration,
            [
                {
                    "event_id": event.id,
                    "person_id": one,
                    "participation_type_id": kind.id,
                    "organisation_id": organisation,
                    "state": RegistrationState.CONFIRMED,
                    "registered_at": now,
                }
                for one in ids
            ],
        )
    return ids


def as_typed(name: str) -> str:
    """Write a name as somebody does who has no other keyboard: in ASCII, small."""
    return str(anyascii(name)).lower()


def test_every_name_is_found_by_its_plain_small_letters(client: Reader, event: Event):
    given, family = given_names(), family_names()
    names = [(one, family[n % len(family)]) for n, one in enumerate(given)]
    names += [(given[n % len(given)], one) for n, one in enumerate(family)]
    people_called(event, [("Łukasz", "Źdźbło"), *names])
    register = Register(event, {one.code: one for one in OWN})

    #: What is looked for stands in what is looked through, for all of them.
    rows = select(Registration.person_id, SearchLine.words).join(
        Registration, Registration.id == SearchLine.registration_id
    )
    words = {row[0]: row[1] for row in db.session.execute(rows)}
    for person in db.session.scalars(select(Person).where(Person.id.in_(words))):
        for word in search_key(as_typed(person.name)).split():
            assert word in words[person.id], person.name
            assert word in person.search_key, person.name

    #: And the questions themselves find them, for one of each forty.
    assert [row.person.name for row in search_by_name(event.id, "lukasz zdzblo")] == ["Łukasz Źdźbło"]
    for one in names[::40]:
        typed = as_typed(" ".join(one))
        found = listing.ids_of(register, listing.Wanted(words=typed))
        people = db.session.scalars(select(Registration).where(Registration.id.in_(found))).all()
        assert one in {(each.person.given_name, each.person.family_name) for each in people}, one
        assert one in {
            (each.person.given_name, each.person.family_name) for each in search_by_name(event.id, typed, limit=50)
        }, one

    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    page = client.get(f"/en/events/{event.slug}/organise/people?q=lukasz+zdzblo").text
    assert "Łukasz Źdźbło" in Shown(page).texts


def test_every_organisation_is_suggested_by_its_plain_small_letters(client: Reader):
    names = [name for name in organisation_names() if search_key(name)]
    with transaction() as session:
        rows = [{"name": name, "search_key": search_key(name), "created_at": make.BEFORE} for name in names]
        add_rows(session, Organisation, rows)
    keys = {row[0]: row[1] for row in db.session.execute(select(Organisation.name, Organisation.search_key))}
    for name in names:
        assert search_key(as_typed(name)) in keys[name]
    for name in [name for name in names if not name.isascii()][::60]:
        assert name in [one.name for one in suggestions(as_typed(name))], name
    found = client.get("/en/suggest/organisations", query_string={"q": "lodz university"}).json
    assert all("odz" in search_key(one["name"]) for one in found or [])


def test_every_string_is_shown_in_the_list_of_people_as_it_was_typed(client: Reader, event: Event):
    texts = one_line(naughty_strings())
    people_called(event, [(text, "") for text in texts])
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    shown: set[str] = set()
    for page in range(1, -(-len(texts) // listing.PAGE_LENGTH) + 1):
        answer = client.get(f"/en/events/{event.slug}/organise/people?page={page}")
        assert answer.status_code == 200
        shown |= Shown(answer.text).texts
    assert set(texts) <= shown
