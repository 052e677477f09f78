"""Every door through which somebody causes a letter to an address that they typed asks whether it may be written to."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import lsos
from lsos.accounts import erased
from lsos.accounts.models import Person
from lsos.accounts.queries import fold_address
from lsos.accounts.rules import WritingRefusal
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events import team
from lsos.events.rules import Role
from lsos.invitations import claims, delegations
from lsos.invitations import service as invitations
from lsos.invitations.delegations import Manager
from lsos.invitations.reading import Person as Named
from lsos.invitations.rules import ClaimState
from lsos.invitations.service import Asked
from lsos.mail import OutgoingMail
from lsos.proposals import reviewing, writing
from lsos.registration import importing, service, transfers, walk_ins
from lsos.registration.details import Details
from lsos.registration.import_reading import Line
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.steps import nothing_else
from lsos.registration.transfers import Colleague
from lsos.zone import jury_service
from tests import make
from tests.invitations import given
from tests.make import BEFORE
from tests.proposals import given as proposed

GONE = "lucja@example.org"
#: As somebody types it who knows it well.
TYPED = "Lucja@Example.org"


@pytest.fixture
def kind(app: Flask) -> ParticipationType:
    with transaction() as session:
        erased.remember(session, [GONE], now=BEFORE)
    return make.participation_type(make.event(), seats=20)


def seated(kind: ParticipationType, name: str = "Ola") -> Registration:
    who = Details(name, f"{name.lower()}@example.org", "en")
    found = service.register(kind.event_id, kind.code, who, (), by=None, now=BEFORE).registration
    assert found is not None
    return found


# ---- the doors: each causes a letter to an address, and gives the reasons for which it did not


def invite(kind: ParticipationType, address: str) -> list[str]:
    invitations.invite(kind.event_id, Asked(address=address, type_code=kind.code), by=1, now=BEFORE)
    return []


def invite_many(kind: ParticipationType, address: str) -> list[str]:
    asked = [Asked(address=address, type_code=kind.code)]
    return [why for _, why in invitations.invite_many(kind.event_id, asked, by=1, now=BEFORE).refused]


def change_invitation(kind: ParticipationType, address: str) -> list[str]:
    before = Asked(address="jan@example.org", type_code=kind.code)
    draft = invitations.invite(kind.event_id, before, by=1, now=BEFORE)
    after = Asked(address=address, type_code=kind.code)
    invitations.change(kind.event_id, draft.uid, after, by=1, now=BEFORE)
    return []


def found_delegation(kind: ParticipationType, address: str) -> list[str]:
    given.delegation(kind, managers=[Manager(address)])
    return []


def add_manager(kind: ParticipationType, address: str) -> list[str]:
    made = given.delegation(kind)
    delegations.add_manager(kind.event_id, made.uid, Manager(address), by=1, now=BEFORE)
    return []


def offer_seats(kind: ParticipationType, address: str) -> list[str]:
    made = given.delegation(kind)
    done = claims.send_links(kind.event_id, made.uid, [Named(1, fold_address(address))], by=None, now=BEFORE)
    return [why for _, why in done.refused]


def swap_delegate(kind: ParticipationType, address: str) -> list[str]:
    made = given.delegation(kind)
    claims.send_links(kind.event_id, made.uid, [Named(1, "ola@example.org", "Ola")], by=None, now=BEFORE)
    link = given.token("delegation-seat", "ola@example.org")
    given.accepting(kind, f"claim.{link}")()
    (claim,) = delegations.claims_of(db.session(), made)
    assert claim.state is ClaimState.CLAIMED
    instead = Named(1, fold_address(address))
    claims.swap(kind.event_id, made.uid, claim.uid, instead, release=nothing_else, by=None, now=BEFORE)
    return []


def invite_juror(kind: ParticipationType, address: str) -> list[str]:
    jury_service.invite_juror(kind.event_id, address, "Łucja", language="pl", by=1, now=BEFORE)
    return []


def invite_to_team(kind: ParticipationType, address: str) -> list[str]:
    how: dict[str, Any] = {"until": None, "language": "pl", "next_path": "/", "by": 1, "now": BEFORE}
    team.invite(kind.event_id, address, "Łucja", Role.DOOR, **how)
    return []


def hand_seat_on(kind: ParticipationType, address: str) -> list[str]:
    giver = seated(kind)
    by = giver.person_id
    transfers.offer(kind.event_id, giver.uid, Colleague(address, "Ł"), is_of_delegation=False, by=by, now=BEFORE)
    return []


def bring_list(kind: ParticipationType, address: str) -> list[str]:
    cells = {"email": address, "given_name": "Łucja", "type": kind.code}
    (plan,) = importing.plans(kind.event, [Line(2, cells)], source="")
    return [str(problem) for _, problem in plan.problems]


def name_speaker(kind: ParticipationType, address: str) -> list[str]:
    proposed.call(kind.event)
    author = make.person("Ola")
    one = proposed.proposal(kind.event, author)
    writing.add_speaker(kind.event_id, one.uid, address, "Łucja Wąs", by=author.id, now=BEFORE)
    return []


def add_reviewer(kind: ParticipationType, address: str) -> list[str]:
    proposed.call(kind.event)
    reviewing.add_reviewer(kind.event_id, address, "Łucja Wąs", language="pl", by=make.person("Ola").id, now=BEFORE)
    return []


DOORS = (
    invite,
    invite_many,
    change_invitation,
    found_delegation,
    add_manager,
    offer_seats,
    swap_delegate,
    invite_juror,
    invite_to_team,
    hand_seat_on,
    bring_list,
    name_speaker,
    add_reviewer,
)
Door = Callable[[ParticipationType, str], list[str]]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_door_writes_to_whom_had_everything_erased(kind: ParticipationType, door: Door):
    try:
        said = door(kind, TYPED)
    except Refused as refused:
        said = [refused.message]
    db.session.rollback()
    assert said == [WritingRefusal.ERASED]
    assert db.session.scalar(select(func.count()).where(func.lower(OutgoingMail.to_address) == GONE)) == 0
    assert db.session.scalar(select(func.count()).select_from(Person).where(Person.given_name == "Łucja")) == 0


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_door_is_open_to_anybody_else(kind: ParticipationType, door: Door):
    assert door(kind, "Zoe@Example.org") == []


def test_who_comes_back_by_themselves_is_written_to_again(kind: ParticipationType):
    at_door = walk_ins.WalkIn(Details("Łucja", TYPED, "pl"), kind.code, "", accepts_terms=True)
    walk_ins.register_at_door(kind.event_id, at_door, by=1, is_organiser=True, now=BEFORE)
    assert invite_to_team(kind, TYPED) == []
    with transaction() as session:
        erased.remember(session, ["jan@example.org", "ewa@example.org"], now=BEFORE)
    make.person("Jan", email="jan@example.org")
    assert erased.erased_among(db.session(), ["Jan@example.org", "ewa@example.org"]) == {"ewa@example.org"}


#: Whoever writes letters, and why they need not ask: nobody types the address, or its door is above.
WRITERS = {
    "accounts/letters.py": "whomever its callers write to, which are here too",
    "accounts/service.py": "one's own address, and that of whoever signs in",
    "agenda/mails.py": "people who wait for a seat in a session",
    "contacts/evening.py": "people whose badge was scanned",
    "certificates/writing.py": "people whose badge was scanned",
    "checkin/paper_making.py": "the team of an event, once it is on it",
    "drafting/digests.py": "people who have a session, signed up for it or marked it",
    "events/team.py": "above",
    "invitations/mails.py": "above",
    "market/news.py": "people who keep a search of the market",
    "meetings/mails.py": "people of meetings",
    "outreach/letters.py": "people who registered",
    "outreach/timing.py": "people who registered or are invited",
    "outreach/wording.py": "oneself, to try it",
    "proposals/mails.py": "above, and one's own address, for a proposal that one begins",
    "privacy/service.py": "whoever is to be erased",
    "questionnaires/drafts.py": "one's own address, for a form that one began",
    "registration/mails.py": "people who registered, and those who have an application to the zone",
    "registration/transfer_mails.py": "above",
    "zone/jury_mails.py": "above, and jurors",
}


def test_whoever_writes_letters_is_known_so_that_no_new_door_is_forgotten():
    rooms = Path(lsos.__file__).parent
    found = {
        str(path.relative_to(rooms))
        for path in rooms.rglob("*.py")
        if path.parent.name != "mail"
        and re.search(r"\b(mail\.(enqueue|compose)|write_with_link)\(", path.read_text(encoding="utf-8"))
    }
    assert found == set(WRITERS), "does somebody type the address? Then its door belongs to DOORS"
