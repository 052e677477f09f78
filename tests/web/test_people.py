"""The organiser's list of people, as an organiser reads it."""

import csv
import io
import re
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
from lsos.mail import OutgoingMail
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import Direction, RegistrationState
from lsos.web.sheets import safe
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


def decide(desk: Reader, event: Event, wanted: str, *whom: Registration, **more: Any) -> str:
    data = {"wanted": wanted, "uid": [one.uid for one in whom]} | more
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
    assert (found == set()) == ("Nobody fits." in page)


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


def test_those_who_are_ticked_are_approved_until_the_seats_end(desk: Reader, event: Event):
    kind = make.participation_type(event, seats=1, needs_approval=True)
    people = [make.registration(event, state=S.PENDING, participation_type=kind) for _ in range(2)]
    page = decide(desk, event, "confirmed", *people)
    assert "1 person has a seat now and was written to." in page
    assert "No seat is left, so 1 person went onto the waiting list." in page
    assert [state(one) for one in people] == [S.CONFIRMED, S.WAITLISTED]


def test_what_cannot_be_done_is_said_by_name_and_the_rest_is_done(desk: Reader, event: Event):
    pending = make.registration(event, state=S.PENDING)
    gone = make.registration(event, make.person("Łucja", "Odeszła"), state=S.CANCELLED)
    page = decide(desk, event, "declined", gone, pending, reason="No room")
    assert "Łucja Odeszła: A registration in this state cannot be changed that way." in page
    assert "1 person was declined and written to." in page
    assert (state(pending), state(gone)) == (S.DECLINED, S.CANCELLED)
    letter = db.session.scalars(select(OutgoingMail)).one()
    assert "> No room" in letter.text


def test_with_nobody_ticked_nothing_happens(desk: Reader, event: Event):
    one = make.registration(event, state=S.PENDING)
    page = decide(desk, event, "confirmed")
    assert "Nobody is ticked, so nothing was changed." in page
    assert state(one) is S.PENDING


def test_nobody_of_another_event_is_decided_on(desk: Reader, event: Event):
    other = make.registration(make.event(), state=S.PENDING)
    assert "There is no such registration at this event." in decide(desk, event, "confirmed", other)
    assert state(other) is S.PENDING


def test_a_decision_that_does_not_exist_is_not_taken(desk: Reader, event: Event):
    one = make.registration(event)
    assert desk.post(at(event), data={"wanted": "promoted", "uid": one.uid}).status_code == 400
    answer = desk.post(at(event), data={"wanted": "cancelled", "uid": one.uid, "reason": "x" * 501})
    assert answer.status_code == 422
    assert "x" * 501 in answer.text
    assert re.search(rf'value="{one.uid}"[^>]*checked', answer.text)
    assert state(one) is S.CONFIRMED


def test_the_sessions_of_somebody_who_is_cancelled_are_free_again(desk: Reader, event: Event):
    one = make.registration(event)
    far = make.DOORS.replace(year=2099)
    make.signup(one, make.session(event, starts_at=far, seats=1))
    assert "1 registration is cancelled" in decide(desk, event, "cancelled", one)
    assert db.session.scalars(select(SessionSignup)).all() == []


def test_seats_are_shown_and_free_ones_handed_on(desk: Reader, event: Event):
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


def test_a_decision_on_one_page_leads_back_to_it(desk: Reader, event: Event):
    one = make.registration(event, state=S.PENDING)
    answer = desk.post(at(event, "?back=person"), data={"wanted": "confirmed", "uid": one.uid})
    assert answer.location == at(event, f"/{one.uid}")


def test_after_a_decision_the_filters_stay(desk: Reader, event: Event):
    one = make.registration(event, state=S.PENDING)
    answer = desk.post(at(event, "?state=pending&q=was"), data={"wanted": "confirmed", "uid": one.uid})
    assert answer.location == at(event, "?q=was&state=pending")


def table(desk: Reader, event: Event, query: str = "") -> list[dict[str, str]]:
    answer = desk.get(at(event, f"/people.csv{query}"))
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_list_as_a_file_says_what_each_agreed_to(desk: Reader, event: Event):
    make.registration(event, make.person("Łukasz", "Żak", email="lz@example.org"), purposes=("catalogue",))
    make.registration(event, make.person("Anna", "Nowak"), purposes=("catalogue", "newsletter"), state=S.PENDING)
    rows = table(desk, event)
    assert [row["Given name"] for row in rows] == ["Anna", "Łukasz"]
    assert rows[1]["E-mail"] == "lz@example.org"
    assert [row["Consent newsletter: I agree"] for row in rows] == ["yes", "no"]
    assert len(table(desk, event, "?state=pending")) == 1
    entries = db.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "registrations.exported")).all()
    assert [entry["rows"] for entry in entries] == [2, 1]


def test_no_cell_of_the_file_is_a_formula(desk: Reader, event: Event):
    make.registration(
        event,
        make.person("=HYPERLINK(A1)", "@SUM(1)"),
        organisation=make.organisation("+48 12"),
        job_title="-1+1",
        dietary_needs="\tcmd",
    )
    (row,) = table(desk, event)
    assert row["Given name"] == "'=HYPERLINK(A1)"
    assert row["Family name"] == "'@SUM(1)"
    assert row["Organisation"] == "'+48 12"
    assert row["Job title"] == "'-1+1"
    assert row["Food"] == "'\tcmd"


@pytest.mark.parametrize(
    ("value", "written"),
    [("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "'\ra"), ("a=1", "a=1")],
)
def test_only_what_begins_like_a_formula_is_marked(value: str, written: str):
    assert safe(value) == written
    assert safe(None) == ""
    assert safe(4) == "4"


def test_the_file_costs_the_same_for_two_and_for_forty(desk: Reader, event: Event):
    for _ in range(2):
        make.listing(make.registration(event), Direction.OFFER, make.cooperation_type("pilot"))
    with counting() as few:
        desk.get(at(event, "/people.csv"))
    for _ in range(38):
        make.listing(make.registration(event), Direction.OFFER, make.cooperation_type("pilot"))
    with counting() as many:
        desk.get(at(event, "/people.csv"))
    assert len(many) == len(few)


@pytest.mark.parametrize("role", [Role.READER, Role.DOOR, Role.PROGRAMME])
def test_other_roles_do_not_see_the_people(client: Reader, event: Event, role: Role):
    client.sign_in(make.staff(role, event))
    for page in ("", "/people.csv", "/someone"):
        assert client.get(at(event, page)).status_code == 403


def test_a_letter_that_no_database_knows_is_refused_everywhere(desk: Reader, event: Event):
    for path in (at(event, "?q=%00"), at(event, "/%00"), "/en/events/%00/organise/people"):
        assert desk.get(path).status_code == 400
    assert desk.post(at(event), data={"wanted": "confirmed", "uid": "a\x00b"}).status_code == 400


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
