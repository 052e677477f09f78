"""The pages of the indicators: what a reader sees, who gets in, and what may be typed in."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import EventKind, Role
from lsos.reporting import catalogue, queries
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.reporting import story

YEAR = datetime.now(UTC).year
PAGES = ("/en/indicators/", "/en/indicators/T9.06.b")


@pytest.fixture
def breakfast(app: Flask) -> Event:
    """Two people came to the cluster's breakfast this January."""
    catalogue.load()
    where = make.event(
        kind=EventKind.BREAKFAST, days=1, starts_on=date(YEAR, 1, 1), organiser=story.cluster(), short_name="Breakfast"
    )
    for _ in range(2):
        story.arrive(make.registration(where, organisation_id=make.organisation("Selvita").id))
    return where


@pytest.fixture
def owner(breakfast: Event) -> Person:
    """Somebody who may type figures in."""
    return make.staff(Role.OWNER)


def indicator_id(code: str) -> int:
    found = queries.indicator_by_code(code)
    assert found
    return found.id


@pytest.mark.parametrize("page", PAGES)
def test_visitors_sign_in_first_and_attendees_stay_out(client: Reader, breakfast: Event, page: str):
    assert client.get(page).status_code == 302
    assert client.sign_in(make.person()).get(page).status_code == 403
    assert client.sign_in(make.staff(Role.DOOR, breakfast)).get(page).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_staff_of_any_event_read_the_indicators(client: Reader, breakfast: Event, page: str):
    assert client.sign_in(make.staff(Role.READER, make.event())).get(page).status_code == 200


def test_only_the_cluster_s_owners_may_type_a_figure_in(client: Reader, breakfast: Event):
    for who in (make.staff(Role.READER), make.staff(Role.OWNER, make.event()), make.staff(Role.PROGRAMME, breakfast)):
        client.sign_in(who)
        assert client.post("/en/indicators/T9.17.a", data={"year": YEAR, "value": 4, "source": "x"}).status_code == 403
        assert "Note a figure" not in client.get("/en/indicators/T9.17.a").text
    client.sign_in(make.staff(Role.OWNER, breakfast))
    assert "Note a figure" in client.get("/en/indicators/T9.17.a").text


def test_the_page_of_a_year_has_every_indicator_and_the_figures_of_the_records(client: Reader, owner: Person):
    page = client.sign_in(owner).get("/en/indicators/").text
    for row in queries.indicators():
        assert f"/en/indicators/{row.code}?year={YEAR}" in page
    assert f"{YEAR}: 2; 2021: 400; target 2025: 1,200" in page
    assert "positional" not in page


def test_a_percentage_is_shown_as_printed_with_our_arithmetic_named(client: Reader, owner: Person):
    client.sign_in(owner)
    page = client.get("/en/indicators/T9.03.a").text
    assert "+25%" in page
    assert "Target as a number, by our arithmetic" in page
    assert "44 x 1.25" in page


def test_cells_that_cannot_be_compared_are_shown_as_printed_without_a_scale(client: Reader, owner: Person):
    page = client.sign_in(owner).get("/en/indicators/T9.04.b").text
    assert "28 w okresie 3 lat/ 5 projektów rocznie" in page
    assert "gauge" not in page
    ambiguous = client.get("/en/indicators/T9.10.a").text
    assert "120 / 160 / 200 rocznie" in ambiguous
    assert "target 2025: 120" not in ambiguous


def test_a_figure_leads_to_its_records(client: Reader, owner: Person, breakfast: Event):
    page = client.sign_in(owner).get("/en/indicators/T9.06.b").text
    assert f"/en/events/{breakfast.slug}/" in page
    assert "2 people came" in page
    assert "Selvita" in client.get("/en/indicators/T9.01.b").text


def test_the_year_can_be_changed_and_an_absurd_one_is_not_found(client: Reader, owner: Person):
    client.sign_in(owner)
    assert f"{YEAR - 1}: 0; 2021: 400" in client.get(f"/en/indicators/?year={YEAR - 1}").text
    assert client.get("/en/indicators/?year=12").status_code == 404
    assert client.get("/en/indicators/?year=soon").status_code == 200
    assert client.get("/en/indicators/T1.01").status_code == 404


def test_a_typed_figure_is_shown_with_its_source_author_and_date(client: Reader, owner: Person):
    client.sign_in(owner)
    data = {"year": YEAR, "value": "1,200.5", "source": "Annual report, p. 12"}
    page = client.post("/en/indicators/T9.17.a", data=data, follow_redirects=True).text
    assert "The figure is noted." in page
    assert "1,200.5" in page
    assert "Annual report, p. 12" in page
    assert "Noted by Olga Organizator" in page
    assert "typed in" in client.get("/en/indicators/").text


def test_a_number_is_read_as_the_language_writes_it(client: Reader, owner: Person):
    client.sign_in(owner).post("/pl/indicators/T9.17.a", data={"year": YEAR, "value": "1 200,5", "source": "Raport"})
    assert [row.value for row in queries.history(indicator_id("T9.17.a"))] == [1200.5]


def test_a_typed_figure_stands_beside_a_computed_one(client: Reader, owner: Person):
    client.sign_in(owner).post("/en/indicators/T9.06.b", data={"year": YEAR, "value": "900", "source": "Paper lists"})
    page = client.get("/en/indicators/T9.06.b").text
    assert "Somebody typed in 900 beside it" in page
    assert f"{YEAR}: 2; 2021: 400" in page
    assert "typed in beside it: 900 (Paper lists)" in client.get("/en/indicators/").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"value": ""}, "Type a number."),
        ({"value": "many"}, "Type a number, such as"),
        ({"value": "NaN"}, "Type a number, such as"),
        ({"value": "1e300"}, "too large"),
        ({"source": "  "}, "Say where the figure comes from."),
        ({"year": "12"}, "Type a year like 2025."),
        ({"source": "x" * 501}, "500"),
    ],
)
def test_a_wrong_field_keeps_what_was_typed_and_stores_nothing(
    client: Reader, owner: Person, wrong: dict[str, str], said: str
):
    data = {"year": str(YEAR), "value": "4711", "source": "A source to keep"} | wrong
    answer = client.sign_in(owner).post("/en/indicators/T9.17.a", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    for name, value in data.items():
        assert name in wrong or f'value="{value}"' in answer.text
    assert not queries.history(indicator_id("T9.17.a"))


def test_a_year_that_has_not_begun_is_refused_with_a_reason(client: Reader, owner: Person):
    data = {"year": YEAR + 1, "value": "4", "source": "A guess"}
    answer = client.sign_in(owner).post("/en/indicators/T9.17.a", data=data)
    assert answer.status_code == 409
    assert "has not begun yet" in answer.text
    assert 'value="A guess"' in answer.text


def test_before_the_catalogue_is_loaded_the_page_says_so(client: Reader):
    assert "once its catalogue is loaded" in client.sign_in(make.staff(Role.OWNER)).get("/en/indicators/").text


@pytest.mark.parametrize("page", ["/en/indicators/", "/en/indicators/T9.01.b", "/en/indicators/T9.06.b"])
def test_a_page_costs_the_same_queries_for_many_as_for_few(client: Reader, owner: Person, breakfast: Event, page: str):
    client.sign_in(owner)
    client.get(page)
    with counting() as few:
        client.get(page)
    for _ in range(12):
        story.arrive(make.registration(breakfast, organisation_id=make.organisation(country="DE").id))
    db.session.rollback()
    with counting() as many:
        assert client.get(page).status_code == 200
    assert len(many) == len(few)
