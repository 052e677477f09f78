"""Delegations, as organisers keep them and as whoever looks after one uses its page."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import queries
from lsos.invitations.models import Delegation
from lsos.registration.models import ParticipationType
from lsos.registration.rules import RegistrationState
from tests import make
from tests.conftest import Reader
from tests.invitations import given

#: Far enough for a test that asks the real clock.
FAR = make.FIRST_DAY.replace(year=2999)


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=FAR)


@pytest.fixture
def kind(event: Event) -> ParticipationType:
    return make.participation_type(event, seats=5, is_light=True)


def organise(event: Event, more: str = "") -> str:
    return f"/en/events/{event.slug}/organise/delegations{more}"


def own_page(one: Delegation, more: str = "", *, key: str = "") -> str:
    return f"/en/events/{one.event.slug}/delegation/{key or one.uid}{more}"


def test_an_organiser_keeps_seats_changes_their_number_and_ends_the_delegation(client: Reader, kind: ParticipationType):
    event = kind.event
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    assert "Keep seats for a company" in client.get(organise(event)).text
    data = {
        "organisation": "Źródło S.A.", "seats": "9", "type": kind.code, "address": "maria@example.org", "language": "pl"
    }  # fmt: skip
    wrong = client.post(organise(event, "/new"), data=data)
    assert "So many seats are not free." in wrong.text
    assert "Źródło S.A." in wrong.text
    page = client.post(organise(event, "/new"), data=data | {"seats": "3"}, follow_redirects=True).text
    assert "3 seats are kept for Źródło S.A., and maria@example.org was written to." in page
    (one,) = queries.delegations(event.id)
    client.post(organise(event, f"/{one.uid}"), data={"seats": "4"})
    assert given.seats_of(kind) == (0, 4, 1)
    person = {"given_name": "Ola", "address": "ola@example.org", "language": "en"}
    client.post(own_page(one, "/links"), data=person)
    page = client.get(organise(event, f"/{one.uid}/end")).text
    assert "1 link opens nothing any more." in page
    assert "4 free seats go back." in page
    client.post(organise(event, f"/{one.uid}/end"))
    assert given.seats_of(kind) == (0, 0, 5)


def test_the_page_of_a_delegation_opens_by_its_link_or_to_who_looks_after_it_and_to_nobody_else(
    client: Reader, kind: ParticipationType
):
    one = given.delegation(kind)
    link = given.token("delegation-manager", "manager@example.org")
    assert client.get(own_page(one, key=link)).status_code == 200
    assert "/sign-in?" in (client.get(own_page(one)).location or "")
    assert client.get(own_page(one, key=link[:-1] + "x")).status_code == 404
    client.sign_in(make.person("Jan", "Inny"))
    assert client.get(own_page(one)).status_code == 403
    manager = make.person("Maria", email="manager@example.org")
    client.sign_in(manager)
    assert client.get(own_page(one)).status_code == 200
    make.registration(kind.event, manager)
    assert f"/delegation/{one.uid}" in client.get(f"/en/events/{kind.event.slug}/me/").text
    client.sign_in(make.staff(Role.REGISTRATIONS, kind.event))
    client.post(organise(kind.event, f"/{one.uid}/managers/remove"), data={"address": "manager@example.org"})
    assert client.get(own_page(one, key=link)).status_code == 404


def test_a_manager_promises_seats_sees_who_comes_swaps_and_gives_back(client: Reader, kind: ParticipationType):
    one = given.delegation(kind, 4)
    key = given.token("delegation-manager", "manager@example.org")
    person = {"given_name": "Ola", "address": "ola@example.org", "language": "en"}
    page = client.post(own_page(one, "/links", key=key), data=person, follow_redirects=True).text
    assert "1 link is on its way." in page
    assert "no answer yet" in page

    lines = {"list-language": "pl", "list-text": "Jan Kos <jan@example.org>\nnobody\nola@example.org"}
    shown = client.post(own_page(one, "/list", key=key), data=lines).text
    assert "Send 1 link?" in shown
    assert "Line 2: “nobody” is not an e-mail address." in shown
    assert "Line 3: This address has a link or a seat of this delegation already." in shown
    client.post(own_page(one, "/list", key=key), data=lines | {"confirmed": "1"})
    assert given.letters("jan@example.org")

    claim = given.token("delegation-seat", "ola@example.org")
    assert "Klinika Zdrowia" in client.get(f"/en/events/{one.event.slug}/claim/{claim}").text
    form = f"/en/events/{one.event.slug}/register/{kind.code}?entry=claim.{claim}"
    thanks = client.post(form, data=person | {"email": "ola@example.org"}, follow_redirects=True)
    assert "Your seat is confirmed" in thanks.text
    page = client.get(own_page(one, key=key)).text
    (swap,) = re.findall(r'href="([^"]*/swap/[^"]*)"', page)

    assert "is cancelled, with sessions and meetings" in client.get(swap).text
    swapped = client.post(swap, data={"address": "ewa@example.org", "language": "en"}, follow_redirects=True).text
    assert "The seat is kept for ewa@example.org now, and both were written to." in swapped
    assert given.letters("ola@example.org")[-1].endswith("is cancelled")

    back = client.post(own_page(one, "/back", key=key), data={"back-number": "9"})
    assert back.status_code == 409
    assert "no more than are free" in back.text
    client.post(own_page(one, "/back", key=key), data={"back-number": "2"})
    assert given.seats_of(kind) == (0, 2, 3)


def test_a_manager_reminds_only_who_is_ticked_after_the_number_is_restated(client: Reader, kind: ParticipationType):
    one = given.delegation(kind)
    key = given.token("delegation-manager", "manager@example.org")
    for name in ("ola", "jan"):
        client.post(own_page(one, "/links", key=key), data={"address": f"{name}@example.org", "language": "en"})
    ola = next(each for each in queries.claims(one.id) if each.address == "ola@example.org")
    do = own_page(one, "/links/do", key=key)
    nobody = client.post(do, data={"wanted": "remind"}, follow_redirects=True).text
    assert "Nobody is ticked, so nothing was done." in nobody
    assert "Remind 1 person?" in client.post(do, data={"wanted": "remind", "uid": ola.uid}).text
    client.post(do, data={"wanted": "remind", "uid": ola.uid, "confirmed": "1", "is_forced": "y"})
    assert len(given.letters("ola@example.org")) == 2
    assert len(given.letters("jan@example.org")) == 1


def test_a_manager_sees_who_is_registered_already_and_of_nobody_else_what_they_have(
    client: Reader, kind: ParticipationType
):
    one = given.delegation(kind)
    key = given.token("delegation-manager", "manager@example.org")
    for name, state in (("ola", RegistrationState.CONFIRMED), ("jan", RegistrationState.WAITLISTED)):
        client.post(own_page(one, "/links", key=key), data={"address": f"{name}@example.org", "language": "en"})
        who = make.person(name.title(), email=f"{name}@example.org")
        make.registration(one.event, who, participation_type=kind, state=state)
    page = client.get(own_page(one, key=key)).text
    assert page.count("registered already</span>") == 1
    assert "withdraw their link, and the seat is free for somebody else" in page
    assert page.index("ola@example.org") < page.index("registered already</span>") < page.index("jan@example.org")
    both = [each.uid for each in queries.claims(one.id)]
    do = {"wanted": "remind", "uid": both, "confirmed": "2", "is_forced": "y"}
    told = client.post(own_page(one, "/links/do", key=key), data=do, follow_redirects=True).text
    assert "1 letter is on its way." in told
    assert "This person is registered already and needs no seat of yours." in told
    client.sign_in(make.staff(Role.REGISTRATIONS, kind.event))
    assert "registered already</span>" in client.get(organise(kind.event, f"/{one.uid}")).text


def test_a_copied_link_is_shown_once_and_takes_a_seat(client: Reader, kind: ParticipationType):
    one = given.delegation(kind)
    key = given.token("delegation-manager", "manager@example.org")
    page = client.post(own_page(one, "/copy", key=key)).text
    found = re.search(r"https?://[^/]+(/en/events/[^<]+/claim/[\w-]+)", page)
    assert found is not None
    assert "A seat is kept for you" in client.get(found[1]).text
    assert found[1] not in client.get(own_page(one, key=key)).text


def test_a_delegation_of_one_event_is_not_found_at_another(client: Reader, kind: ParticipationType):
    one = given.delegation(kind)
    key = given.token("delegation-manager", "manager@example.org")
    elsewhere = make.event(starts_on=FAR)
    assert client.get(f"/en/events/{elsewhere.slug}/delegation/{key}").status_code == 404
    client.sign_in(make.staff(Role.OWNER, elsewhere))
    assert client.get(organise(elsewhere, f"/{one.uid}")).status_code == 404
    assert db.session.scalars(select(Delegation)).one().uid == one.uid
