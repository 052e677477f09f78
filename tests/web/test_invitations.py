"""Invitations, codes and domains, as an organiser keeps them."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import service
from lsos.invitations.models import AccessCode, Invitation, OpenDomain
from lsos.invitations.rules import InvitationState
from lsos.mail import OutgoingMail
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.invitations import given

S = InvitationState
#: Far enough for a test that asks the real clock.
FAR = make.FIRST_DAY.replace(year=2999)


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=FAR)


@pytest.fixture
def kind(event: Event) -> ParticipationType:
    return make.participation_type(event, seats=3, is_light=True, name=Bilingual("Gość", "Guest"))


@pytest.fixture
def desk(client: Reader, event: Event) -> Reader:
    return client.sign_in(make.staff(Role.REGISTRATIONS, event))


def at(event: Event, more: str = "") -> str:
    return f"/en/events/{event.slug}/organise/{more}"


def states() -> dict[str, InvitationState]:
    db.session.rollback()
    return {one.address: one.state for one in db.session.scalars(select(Invitation))}


def mails() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(OutgoingMail.id)).all())


def test_an_empty_list_says_what_comes_here(desk: Reader, event: Event):
    assert "Here you invite people by name" in desk.get(at(event, "invitations")).text


def test_somebody_is_written_down_then_sent_after_the_number_is_restated(desk: Reader, kind: ParticipationType):
    data = {"type": kind.code, "language": "pl", "address": "ola@example", "given_name": "Żaneta"}
    wrong = desk.post(at(kind.event, "invitations/new"), data=data)
    assert wrong.status_code == 422
    assert 'value="Żaneta"' in wrong.text
    data["address"] = "ola@example.org"
    page = desk.post(at(kind.event, "invitations/new"), data=data, follow_redirects=True)
    assert "Nothing was sent yet." in page.text
    assert mails() == 0
    (one,) = db.session.scalars(select(Invitation)).all()
    asked = desk.post(at(kind.event, "invitations"), data={"wanted": "send", "uid": one.uid})
    assert "Send 1 invitation?" in desk.get(asked.location).text
    assert "Look at its number" in desk.post(f"{asked.location}/begin", follow_redirects=True).text
    assert mails() == 0
    done = desk.post(f"{asked.location}/begin", data={"confirmed": "1"}, follow_redirects=True)
    assert "1 letter is on its way." in done.text
    assert states() == {"ola@example.org": S.SENT}
    again = desk.post(at(kind.event, "invitations/new"), data=data)
    assert "This address is invited already." in again.text


def test_nobody_ticked_means_nobody(desk: Reader, kind: ParticipationType):
    given.invited(kind, is_sent=False)
    page = desk.post(at(kind.event, "invitations"), data={"wanted": "send", "confirmed": "0"}, follow_redirects=True)
    assert "Nobody is ticked, so nothing was done." in page.text
    assert mails() == 0


def test_a_list_is_shown_first_with_its_bad_lines_and_only_the_good_ones_are_written_down(
    desk: Reader, kind: ParticipationType
):
    given.invited(kind, "asked@example.org", is_sent=False)
    text = "E-mail;Imię\nżaneta@example.org;Żaneta\nbad;Jan\nasked@example.org;Ewa\n"
    data = {"type": kind.code, "language": "pl", "is_locked": "y"}
    file = (io.BytesIO(text.replace("żaneta@", "zaneta@").encode("cp1250")), "list.csv")
    shown = desk.post(at(kind.event, "invitations/import"), data=data | {"file": file}).text
    assert "1 person can be invited" in shown
    assert re.search(r"<td>3</td><td>“bad” is not an e-mail address\.", shown)
    assert re.search(r"<td>4</td><td>This address is invited already\.", shown)
    assert set(states()) == {"asked@example.org"}
    pasted = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.DOTALL)
    assert pasted is not None
    assert "Żaneta" in pasted[1]
    taken = desk.post(
        at(kind.event, "invitations/import"),
        data=data | {"text": pasted[1].strip(), "confirmed": "1"},
        follow_redirects=True,
    )
    assert "1 invitation is saved. Nothing was sent yet." in taken.text
    assert states()["zaneta@example.org"] is S.DRAFT
    assert mails() == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=lukasz", {"Łukasz"}),
        ("q=klinika", {"Anna"}),
        ("state=declined", {"Anna"}),
        ("state=accepted", set()),
        ("q=%25", set()),
    ],
)
def test_the_list_finds_by_name_organisation_and_state(
    desk: Reader, kind: ParticipationType, query: str, found: set[str]
):
    given.invited(kind, "a@example.org", given_name="Łukasz", family_name="Żak")
    anna = given.invited(kind, "b@example.org", given_name="Anna", family_name="Wójcik", organisation="Klinika")
    service.decline_for(kind.event_id, anna.uid, note="By telephone", by=given.by(), now=make.BEFORE)
    page = desk.get(at(kind.event, f"invitations?{query}")).text
    assert {name for name in ("Łukasz", "Anna") if name in page} == found


def test_reminding_again_within_a_day_is_refused_by_name_unless_it_is_meant(desk: Reader, kind: ParticipationType):
    one = given.invited(kind)
    db.session.rollback()

    def remind(**more: str) -> str:
        asked = desk.post(at(kind.event, "invitations"), data={"wanted": "remind", "uid": one.uid})
        return desk.post(f"{asked.location}/begin", data={"confirmed": "1"} | more, follow_redirects=True).text

    assert "1 letter is on its way." in remind()
    again = remind()
    assert "Ola Nowak" in again
    assert "This address was written to within a day." in again
    assert "1 letter is on its way." in remind(is_forced="y")


def test_an_organiser_registers_somebody_who_said_yes_by_telephone(desk: Reader, kind: ParticipationType):
    one = given.invited(kind, holds_until=make.DOORS + timedelta(days=400_000 // 2))
    address = at(kind.event, f"invitations/{one.uid}/accept")
    assert 'value="Ola"' in desk.get(address).text
    data = {"given_name": "Ola", "language": "en"}
    assert "Write a short note" in desk.post(address, data=data).text
    page = desk.post(address, data=data | {"note": "By telephone"}, follow_redirects=True)
    assert "Ola Nowak is registered and was written to." in page.text
    (registration,) = db.session.scalars(select(Registration)).all()
    assert registration.state is RegistrationState.CONFIRMED
    assert states() == {"ola@example.org": S.ACCEPTED}
    assert "By telephone" in desk.get(at(kind.event, f"invitations/{one.uid}")).text


def test_the_list_goes_out_as_a_file_that_runs_no_formula(desk: Reader, kind: ParticipationType):
    given.invited(kind, given_name="=1+1", family_name="")
    answer = desk.get(at(kind.event, "invitations/invitations.csv"))
    assert "ola@example.org,'=1+1" in answer.text


def test_many_invitations_ask_the_database_as_often_as_few(desk: Reader, kind: ParticipationType):
    given.invited(kind, "p@example.org", is_sent=False)
    with counting() as few:
        desk.get(at(kind.event, "invitations"))
    asked = [service.Asked(f"p{n}@example.org", kind.code) for n in range(120)]
    service.invite_many(kind.event_id, asked, by=given.by(), now=make.BEFORE)
    with counting() as many:
        page = desk.get(at(kind.event, "invitations")).text
    assert "Page 1 of 3" in page
    assert len(many) == len(few)


def test_a_code_is_made_changed_and_ended_and_says_who_used_it(desk: Reader, kind: ParticipationType):
    data = {"code": "forum-7", "types": kind.code, "uses_allowed": "2", "holds_seats": "y"}
    page = desk.post(at(kind.event, "codes/new"), data=data, follow_redirects=True)
    assert "The code FORUM-7 is ready to be given out." in page.text
    assert given.seats_of(kind) == (0, 2, 1)
    given.accept(kind, "code.FORUM-7")
    (code,) = db.session.scalars(select(AccessCode)).all()
    shown = desk.get(at(kind.event, f"codes/{code.uid}")).text
    assert "used 1 of 2 times" in shown
    assert ">Ola<" in shown
    wrong = desk.post(at(kind.event, f"codes/{code.uid}"), data=data | {"uses_allowed": "9"})
    assert "So many seats are not free to be held." in wrong.text
    desk.post(at(kind.event, f"codes/{code.uid}"), data={"end": "1"})
    assert given.seats_of(kind) == (1, 0, 2)


def test_a_domain_is_let_in_and_taken_off(desk: Reader, kind: ParticipationType):
    wrong = desk.post(at(kind.event, "codes/domains"), data={"type": kind.code, "domain": "uni"})
    assert wrong.status_code == 422
    data = {"type": kind.code, "domain": "@AGH.edu.pl", "skips_approval": "y"}
    assert "agh.edu.pl" in desk.post(at(kind.event, "codes/domains"), data=data, follow_redirects=True).text
    (one,) = db.session.scalars(select(OpenDomain)).all()
    desk.post(at(kind.event, f"codes/domains/{one.uid}"))
    db.session.rollback()
    assert db.session.scalars(select(OpenDomain)).all() == []
