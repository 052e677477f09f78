"""The organiser's list of people, as an organiser reads it."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.agenda.models import SessionSignup
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.exporting import safe, unsafe
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import Direction, RegistrationState
from tests import make
from tests.conftest import Reader
from tests.counting import counting

S = RegistrationState


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def organiser(event: Event) -> Person:
    return make.staff(Role.REGISTRATIONS, event)


@pytest.fixture
def desk(client: Reader, organiser: Person) -> Reader:
    return client.sign_in(organiser)


def at(event: Event, more: str = "") -> str:
    return f"/en/events/{event.slug}/organise/people{more}"


def state(one: Registration) -> RegistrationState:
    return db.session.get_one(Registration, one.id, populate_existing=True).state


def decide(desk: Reader, event: Event, wanted: str, whom: Registration, **more: Any) -> str:
    data = {"wanted": wanted, "uid": whom.uid} | more
    return desk.post(at(event), data=data, follow_redirects=True).text


def test_an_empty_list_says_what_comes_here(desk: Reader, event: Event):
    assert "People appear here as they register." in desk.get(at(event)).text


def test_the_list_shows_who_is_there_and_counts_them_by_state(desk: Reader, event: Event):
    make.registration(event, make.person("Łukasz", "Żak"))
    make.registration(event, make.person("Anna", "Nowak"), state=S.PENDING)
    make.registration(make.event(), make.person("Obcy", "Człowiek"))
    page = desk.get(at(event)).text
    assert page.index("Anna Nowak") < page.index("Łukasz Żak")
    assert "Obcy" not in page
    assert "Everybody <strong>2</strong>" in page
    assert "Confirmed <strong>1</strong>" in page
    assert "Waiting for approval <strong>1</strong>" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=lukasz", {"Łukasz Żak"}),
        ("q=ŻAK+lukasz", {"Łukasz Żak"}),
        ("q=zdrowie", {"Anna Nowak"}),
        ("q=nobody", set()),
        ("q=%25", set()),
        ("state=pending", {"Anna Nowak"}),
        ("state=pending&q=lukasz", set()),
        ("state=nonsense", {"Łukasz Żak", "Anna Nowak"}),
        ("state=pending&state=confirmed", {"Łukasz Żak", "Anna Nowak"}),
        ("organisation=zdr", {"Anna Nowak"}),
        ("organisation=-", {"Łukasz Żak"}),
        ("area=-", {"Anna Nowak"}),
        ("registered-from=2199-01-01", set()),
        ("registered=..2999-01-01", {"Łukasz Żak", "Anna Nowak"}),
        ("registered-from=nonsense", {"Łukasz Żak", "Anna Nowak"}),
        ("arrived=yes", set()),
        ("arrived=no", {"Łukasz Żak", "Anna Nowak"}),
        ("consent-catalogue=yes", {"Łukasz Żak", "Anna Nowak"}),
        ("profile=yes", set()),
        ("label=vip", set()),
        ("trl-from=1&tags=x&session=x&country=PL&language=pl", set()),
        ("type=investor", {"Anna Nowak"}),
        ("area=green", {"Łukasz Żak"}),
        ("area=green&type=investor", set()),
    ],
)
def test_words_and_filters_narrow_the_list(desk: Reader, event: Event, query: str, found: set[str]):
    green = make.focus_area(event)
    usual, investor = make.participation_type(event), make.participation_type(event)
    with transaction() as session:
        session.merge(green).code = "green"
        session.merge(investor).code = "investor"
    one = make.registration(event, make.person("Łukasz", "Żak"), participation_type=usual)
    with transaction() as session:
        session.get_one(Registration, one.id).focus_areas = [session.merge(green)]
    make.registration(
        event,
        make.person("Anna", "Nowak"),
        state=S.PENDING,
        participation_type=investor,
        organisation=make.organisation("Zdrowie Plus"),
    )
    page = desk.get(at(event, f"?{query}")).text
    assert {name for name in ("Łukasz Żak", "Anna Nowak") if f">{name}</a>" in page} == found
    assert (found == set()) == ("Nobody matches." in page)


def test_fifty_stand_on_a_page(desk: Reader, event: Event):
    for n in range(53):
        make.registration(event, make.person("Osoba", f"{n:02}"))
    page = desk.get(at(event)).text
    assert page.count('name="uid"') == 50
    assert "Page 1 of 2" in page
    assert desk.get(at(event, "?page=2&q=osoba")).text.count('name="uid"') == 3
    assert desk.get(at(event, "?page=77")).text.count('name="uid"') == 3


def test_the_list_costs_the_same_for_two_and_for_forty(desk: Reader, event: Event):
    area = make.focus_area(event)

    def add(number: int) -> None:
        for _ in range(number):
            one = make.registration(event, organisation=make.organisation())
            with transaction() as session:
                session.get_one(Registration, one.id).focus_areas = [session.merge(area)]

    add(2)
    with counting() as few:
        desk.get(at(event))
    add(38)
    with counting() as many:
        desk.get(at(event))
    assert len(many) == len(few)


def test_nobody_of_another_event_is_decided_on(desk: Reader, event: Event):
    other = make.registration(make.event(), state=S.PENDING)
    assert desk.post(at(event), data={"wanted": "confirmed", "uid": other.uid}).status_code == 302
    assert state(other) is S.PENDING


def test_a_decision_that_does_not_exist_is_not_taken(desk: Reader, event: Event):
    one = make.registration(event)
    assert desk.post(at(event), data={"wanted": "promoted", "uid": one.uid}).status_code == 400
    answer = desk.post(at(event), data={"wanted": "cancelled", "uid": one.uid, "reason": "x" * 501})
    assert answer.status_code == 422
    assert "x" * 501 in answer.text
    assert state(one) is S.CONFIRMED


def test_the_sessions_of_somebody_who_is_cancelled_are_free_again(desk: Reader, event: Event):
    one = make.registration(event)
    far = make.DOORS.replace(year=2099)
    make.signup(one, make.session(event, starts_at=far, seats=1))
    assert "The registration is cancelled" in decide(desk, event, "cancelled", one)
    assert db.session.scalars(select(SessionSignup)).all() == []


def test_seats_are_shown_and_free_ones_handed_on(desk: Reader, event: Event):
    with transaction() as session:
        ahead = session.get_one(Event, event.id)
        ahead.starts_on = ahead.ends_on = date(2099, 11, 27)
    kind = make.participation_type(event, seats=1)
    waiting = make.registration(event, state=S.WAITLISTED, participation_type=kind)
    page = desk.get(at(event)).text
    assert "0 of 1 taken" in page
    assert "Seats are free while people wait" in page
    page = desk.post(at(event, "/seats"), follow_redirects=True).text
    assert "1 person has a seat now" in page
    assert state(waiting) is S.CONFIRMED
    assert db.session.scalars(select(Capacity.taken)).one() == 1
    assert "Nobody who waits fits" in desk.post(at(event, "/seats"), follow_redirects=True).text


def test_one_registration_is_shown_whole(desk: Reader, event: Event, organiser: Person):
    one = make.registration(
        event,
        make.person("Łucja", "Wąs", email="lucja@example.org"),
        state=S.PENDING,
        organisation=make.organisation("Nowa Terapia"),
        dietary_needs="bez orzechów",
    )
    decide(desk, event, "declined", one, reason="Brak miejsc")
    page = desk.get(at(event, f"/{one.uid}")).text
    for words in ("Łucja Wąs", "lucja@example.org", "Nowa Terapia", "bez orzechów", one.badge_code, "Brak miejsc"):
        assert words in page
    assert f"by {organiser.name}" in page
    assert "I agree" in page
    assert "Your application for Trial forum" in page or "Forum na próbę" in page
    assert "Let in after all" in page
    assert desk.get(at(event, "/nobody")).status_code == 404


def test_a_decision_leads_back_to_whom_it_is_about(desk: Reader, event: Event):
    one = make.registration(event, state=S.PENDING)
    answer = desk.post(at(event), data={"wanted": "confirmed", "uid": one.uid})
    assert answer.location == at(event, f"/{one.uid}")


def table(desk: Reader, event: Event, query: str = "") -> list[dict[str, str]]:
    columns = "".join(f"&columns={code}" for code in COLUMNS)
    answer = desk.get(at(event, f"/files/people?kind=csv&words=en&mark=y{columns}{query}"))
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


COLUMNS = (
    "uid",
    "given_name",
    "family_name",
    "email",
    "organisation",
    "job_title",
    "dietary_needs",
    "consent-newsletter",
)


def test_the_list_as_a_file_says_what_each_agreed_to(desk: Reader, event: Event):
    make.registration(event, make.person("Łukasz", "Żak", email="lz@example.org"), purposes=("catalogue",))
    make.registration(event, make.person("Anna", "Nowak"), purposes=("catalogue", "newsletter"), state=S.PENDING)
    rows = table(desk, event)
    assert [row["Given name [given_name]"] for row in rows] == ["Anna", "Łukasz"]
    assert rows[1]["E-mail [email]"] == "lz@example.org"
    assert [row["Consent: I agree [consent-newsletter]"] for row in rows] == ["yes", "no"]
    assert len(table(desk, event, "&state=pending")) == 1
    exported = select(AuditEntry.details).where(AuditEntry.action == "registrations.exported").order_by(AuditEntry.id)
    assert [entry["rows"] for entry in db.session.scalars(exported)] == [2, 1]


def test_no_cell_of_the_file_is_a_formula(desk: Reader, event: Event):
    make.registration(
        event,
        make.person("=HYPERLINK(A1)", "@SUM(1)"),
        organisation=make.organisation("+48 12"),
        job_title="-1+1",
        dietary_needs="\tcmd",
    )
    (row,) = table(desk, event)
    assert row["Given name [given_name]"] == "'=HYPERLINK(A1)"
    assert row["Family name [family_name]"] == "'@SUM(1)"
    assert row["Organisation [organisation]"] == "'+48 12"
    assert row["Job title [job_title]"] == "'-1+1"
    assert row["Dietary needs [dietary_needs]"] == "'\tcmd"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("\ra", "'\ra"),
        ("a=1", "a=1"),
        ("'=1", "''=1"),
        ("'s Hertog", "'s Hertog"),
    ],
)
def test_only_what_begins_like_a_formula_is_marked(value: str, written: str):
    assert safe(value) == written
    assert unsafe(written) == value
    assert safe(None) == ""
    assert safe(4) == "4"


def test_the_file_costs_the_same_for_two_and_for_forty(desk: Reader, event: Event):
    for _ in range(2):
        make.listing(make.registration(event), Direction.OFFER, make.cooperation_type("pilot"))
    with counting() as few:
        desk.get(at(event, "/files/people?kind=xlsx&words=pl&columns=uid&columns=offers&columns=tags&columns=label"))
    for _ in range(38):
        make.listing(make.registration(event), Direction.OFFER, make.cooperation_type("pilot"))
    with counting() as many:
        desk.get(at(event, "/files/people?kind=xlsx&words=pl&columns=uid&columns=offers&columns=tags&columns=label"))
    assert len(many) == len(few)


@pytest.mark.parametrize("role", [Role.READER, Role.DOOR, Role.PROGRAMME])
def test_other_roles_do_not_see_the_people(client: Reader, event: Event, role: Role):
    client.sign_in(make.staff(role, event))
    for page in ("", "/files/export", "/files/people", "/files/import", "/many/reasons", "/someone"):
        assert client.get(at(event, page)).status_code == 403


def test_a_letter_that_no_database_knows_is_refused_everywhere(desk: Reader, event: Event):
    for path in (at(event, "?q=%00"), at(event, "/%00"), "/en/events/%00/organise/people"):
        assert desk.get(path).status_code == 400
    assert desk.post(at(event), data={"wanted": "confirmed", "uid": "a\x00b", "reason": ""}).status_code == 400


def test_one_registration_costs_the_same_whatever_it_holds(desk: Reader, event: Event):
    one = make.registration(event)
    with counting() as few:
        desk.get(at(event, f"/{one.uid}"))
    for n in range(8):
        make.listing(one, Direction.OFFER, make.cooperation_type(f"kind-{n}"))
    decide(desk, event, "cancelled", one)
    decide(desk, event, "confirmed", one)
    with counting() as many:
        desk.get(at(event, f"/{one.uid}"))
    assert len(many) <= len(few) + 3  # what is empty is not looked into any further
