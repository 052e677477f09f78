"""Somebody who is invited, has a code, or an address of a domain, as they go through the pages."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.invitations import claims, codes
from lsos.invitations.codes import Wanted
from lsos.invitations.models import AccessCode, Invitation
from lsos.invitations.reading import Person
from lsos.invitations.rules import InvitationState
from lsos.mail import OutgoingMail
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.invitations import given
from tests.make import BEFORE

S = InvitationState


@pytest.fixture
def kind(app: Flask) -> ParticipationType:
    """A kind of participation by invitation only, with one seat, asking for little."""
    return make.participation_type(
        make.event(starts_on=make.FIRST_DAY.replace(year=2999)), seats=1, is_light=True, is_by_invitation=True
    )


def at(kind: ParticipationType, more: str) -> str:
    return f"/en/events/{kind.event.slug}/{more}"


def state(invitation: Invitation) -> InvitationState:
    db.session.rollback()
    return db.session.get_one(Invitation, invitation.id, populate_existing=True).state


def registrations() -> list[Registration]:
    db.session.rollback()
    return list(db.session.scalars(select(Registration)))


def test_an_invitation_is_opened_accepted_and_used_up(client: Reader, kind: ParticipationType):
    invitation = given.invited(kind, line=Bilingual("Bez Pani nie zaczynamy.", "We do not begin without you."))
    token = given.token("invitation", "ola@example.org")
    page = client.get(at(kind, f"invitation/{token}"))
    assert "Ola, you are invited" in page.text
    assert "We do not begin without you." in page.text
    assert state(invitation) is S.SENT  # looking changes nothing: mail scanners look too

    client.post(at(kind, f"invitation/{token}/opened"))
    assert state(invitation) is S.OPENED

    way = f"register/{kind.code}?entry=invitation.{token}"
    form = client.get(at(kind, way)).text
    assert 'value="Ola"' in form
    assert 'name="email"' not in form  # the address is known
    thanks = client.post(at(kind, way), data={"given_name": "Ola", "language": "en"}, follow_redirects=True)
    assert "Your seat is confirmed" in thanks.text
    assert state(invitation) is S.ACCEPTED
    (one,) = registrations()
    assert one.person.email == "ola@example.org"
    assert "was accepted already" in client.get(at(kind, f"invitation/{token}")).text


def test_what_is_by_invitation_stays_closed_without_one(client: Reader, kind: ParticipationType):
    answer = client.post(
        at(kind, f"register/{kind.code}"), data={"given_name": "Ola", "email": "o@example.org", "language": "en"}
    )
    assert answer.status_code == 302
    answer = client.get(at(kind, f"register/{kind.code}?entry=invitation.nothing"), follow_redirects=True)
    assert "This link is not complete." in answer.text
    assert registrations() == []


def test_a_seat_that_is_kept_is_given_back_when_somebody_declines(client: Reader, kind: ParticipationType):
    invitation = given.invited(kind, holds_until=make.DOORS)
    assert given.seats_of(kind) == (0, 1, 0)
    token = given.token("invitation", "ola@example.org")
    page = client.post(at(kind, f"invitation/{token}/decline"), data={"reason": "Urlop"}, follow_redirects=True)
    assert "Thank you for telling us." in page.text
    assert state(invitation) is S.DECLINED
    assert given.seats_of(kind) == (0, 0, 1)


def test_a_declined_invitation_to_what_is_open_to_everybody_says_so(client: Reader, kind: ParticipationType):
    db.session.get_one(ParticipationType, kind.id).is_by_invitation = False
    db.session.commit()
    given.invited(kind)
    token = given.token("invitation", "ola@example.org")
    page = client.post(at(kind, f"invitation/{token}/decline"), data={"reason": ""}, follow_redirects=True)
    assert "This invitation was declined." in page.text
    assert "None" not in page.text


def test_a_locked_invitation_is_refused_to_somebody_else_who_is_signed_in(client: Reader, kind: ParticipationType):
    given.invited(kind)
    token = given.token("invitation", "ola@example.org")
    client.sign_in(make.person("Jan", "Inny"))
    assert "for another address than yours" in client.get(at(kind, f"invitation/{token}")).text
    assert "Sign out and open it again" in client.get(at(kind, f"invitation/{token}")).text
    client.post(
        at(kind, f"register/{kind.code}?entry=invitation.{token}"), data={"given_name": "Jan", "language": "en"}
    )
    assert registrations() == []


def test_an_open_invitation_takes_whoever_holds_the_link(client: Reader, kind: ParticipationType):
    given.invited(kind, is_locked=False)
    token = given.token("invitation", "ola@example.org")
    client.sign_in(make.person("Jan", "Inny"))
    client.post(
        at(kind, f"register/{kind.code}?entry=invitation.{token}"), data={"given_name": "Jan", "language": "en"}
    )
    assert [one.person.given_name for one in registrations()] == ["Jan"]


def test_a_code_opens_what_it_is_for_and_counts_its_uses(client: Reader, kind: ParticipationType):
    wanted = Wanted("forum-25", "Fundusz", [kind.code], 1)
    made = codes.make_code(kind.event_id, wanted, by=given.by(), now=BEFORE)
    assert "Do you have a code?" in client.get(at(kind, "register")).text
    wrong = client.post(at(kind, "code"), data={"code": "FORUM-26"})
    assert wrong.status_code == 422
    assert "There is no such code at this event." in wrong.text
    assert 'value="FORUM-26"' in wrong.text

    chosen = client.post(at(kind, "code"), data={"code": " forum 25 "}, follow_redirects=True)
    assert "The code FORUM-25 is entered." in chosen.text
    assert "Open to you by your invitation or code." in chosen.text
    (way,) = re.findall(r'href="([^"]*entry=code\.FORUM25[^"]*)"', chosen.text.split('class="ways"')[1])
    client.post(way, data={"given_name": "Ola", "email": "ola@example.org", "language": "en"})
    assert len(registrations()) == 1
    db.session.expire_all()
    assert db.session.get_one(AccessCode, made.id).uses == 1
    again = client.get(at(kind, "code/forum-25"), follow_redirects=True)
    assert "This code was used as often as it may be." in again.text


def test_an_address_of_a_domain_gets_in_by_a_link_to_it(client: Reader, kind: ParticipationType):
    codes.open_to_domain(
        kind.event_id, kind.code, "@AGH.edu.pl", opens=True, skips_approval=True, by=given.by(), now=BEFORE
    )
    ways = client.get(at(kind, "register")).text
    assert "Open to addresses of agh.edu.pl." in ways
    assert f"address/{kind.code}" in ways
    assert "Please write to the organiser" not in ways  # a confirmed address is all that is lacking
    refused = client.post(at(kind, f"address/{kind.code}"), data={"address": "ola@xagh.edu.pl"})
    assert "not open to addresses of that domain" in refused.text
    client.post(at(kind, f"address/{kind.code}"), data={"address": "ola@student.agh.edu.pl"})
    assert given.seats_of(kind) == (0, 0, 1)  # nothing is taken before the link is opened
    text = db.session.scalars(select(OutgoingMail.text)).one()
    found = re.search(r"https?://[^/]+(/\S+entry=\S+)", text)
    assert found is not None
    page = client.post(found[1], data={"given_name": "Ola", "language": "en"}, follow_redirects=True)
    assert "Your seat is confirmed" in page.text
    (one,) = registrations()
    assert one.state is RegistrationState.CONFIRMED
    assert one.person.emails[0].verified_at is not None


# ---- who is registered already


@pytest.fixture
def forum(app: Flask) -> ParticipationType:
    """A kind of participation with seats enough, which a delegation and invitations are for."""
    return make.participation_type(make.event(starts_on=make.FIRST_DAY.replace(year=2999)), seats=5, is_light=True)


def offered(kind: ParticipationType, address: str = "ola@example.org") -> str:
    """Give the link by which a delegation offers somebody a seat."""
    one = given.delegation(kind, 2)
    claims.send_links(kind.event_id, one.uid, [Person(1, address)], language="en", by=None, now=BEFORE)
    return at(kind, f"claim/{given.token('delegation-seat', address)}")


def ola(kind: ParticipationType, state: RegistrationState = RegistrationState.CONFIRMED) -> Registration:
    return make.registration(
        kind.event, make.person("Ola", email="ola@example.org"), participation_type=kind, state=state
    )


def test_who_is_registered_is_told_so_before_a_seat_is_offered_and_leaves_it_with_one_button(
    client: Reader, forum: ParticipationType
):
    mine, link = ola(forum), offered(forum)
    client.sign_in(mine.person)
    page = client.get(link).text
    assert "You are registered for this event already" in page
    assert "Take the seat" not in page
    left = client.post(f"{link}/decline", data={"reason": ""}, follow_redirects=True)
    assert "The seat goes to a colleague." in left.text


def test_a_link_that_went_to_a_registered_address_says_so_without_signing_in(client: Reader, forum: ParticipationType):
    ola(forum)
    page = client.get(offered(forum)).text
    assert "ola@example.org is registered for this event already" in page
    assert "Leave it to a colleague" in page
    assert "Take part with your own" in page  # whoever it was handed on to may still use it


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RegistrationState.WAITLISTED, "With this seat you need not wait"),
        (RegistrationState.PENDING, "With this seat you need none"),
    ],
)
def test_who_waits_is_told_what_the_seat_spares_them_once_they_are_known(
    client: Reader, forum: ParticipationType, state: RegistrationState, words: str
):
    mine, link = ola(forum, state), offered(forum)
    stranger = client.get(link).text
    assert "ola@example.org is known at this event already. Sign in first" in stranger
    assert words not in stranger
    assert "Take the seat" not in stranger
    client.sign_in(mine.person)
    page = client.get(link).text
    assert words in page
    assert "Take the seat" in page
    form = at(forum, f"register/{forum.code}?entry=claim.{link.rpartition('/')[2]}")
    client.post(form, data={"given_name": "Ola", "language": "en"})
    assert [one.state for one in registrations()] == [RegistrationState.CONFIRMED]


def test_an_organisers_no_stands_on_the_page_of_the_link_and_only_for_whom_it_concerns(
    client: Reader, forum: ParticipationType
):
    mine, link = ola(forum, RegistrationState.DECLINED), offered(forum)
    assert "declined your registration" not in client.get(link).text
    client.sign_in(mine.person)
    assert "The organiser declined your registration." in client.get(link).text


def test_who_registered_after_they_were_invited_is_told_so_on_the_invitation(client: Reader, forum: ParticipationType):
    invitation = given.invited(forum, holds_until=make.DOORS)
    link = at(forum, f"invitation/{given.token('invitation', 'ola@example.org')}")
    ola(forum)
    page = client.get(link).text  # it is for that address alone, so whoever opens it is its owner
    assert "You are registered for this event already" in page
    assert "Accept the invitation" not in page
    client.post(f"{link}/decline", data={"reason": ""})
    assert state(invitation) is S.DECLINED


def test_nobody_is_told_of_anybody_who_is_not_registered(client: Reader, forum: ParticipationType):
    page = client.get(offered(forum)).text
    assert "Take the seat" in page
    assert "at this event already" not in page
