"""A guest of the public session asks for a way to take part that the organiser approves, and keeps their seat."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.registration import service, upgrades
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState as S
from lsos.registration.steps import nothing_else
from tests import make
from tests.make import BEFORE


def seats_of(kind: ParticipationType) -> tuple[int, int]:
    db.session.rollback()
    found = db.session.get_one(Capacity, kind.capacities[0].id, populate_existing=True)
    return found.taken, found.held


def fresh(one: Registration) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, one.id, populate_existing=True)


def last_letter() -> str:
    db.session.rollback()
    return db.session.scalars(select(OutgoingMail.subject).order_by(OutgoingMail.id.desc())).first() or ""


@pytest.fixture
def kinds(app: Flask) -> tuple[ParticipationType, ParticipationType]:
    event = make.event()
    public = make.participation_type(event, seats=5, is_light=True)
    return public, make.participation_type(event, seats=1, needs_approval=True)


@pytest.fixture
def guest(kinds: tuple[ParticipationType, ParticipationType]) -> Registration:
    who = Details("Ola", "ola@example.org", "en")
    found = service.register(kinds[0].event_id, kinds[0].code, who, (), by=None, now=BEFORE).registration
    assert found is not None
    return found


def asked(guest: Registration, kind: ParticipationType) -> service.Outcome:
    who = Details("Ola", "ola@example.org", "en", family_name="Lis", job_title="CEO")
    later = BEFORE + timedelta(hours=1)
    return service.register(kind.event_id, kind.code, who, (), by=guest.person_id, once="more", now=later)


def test_they_stay_a_guest_with_their_seat_and_badge_until_the_organiser_approves(kinds, guest: Registration):
    public, forum = kinds
    outcome = asked(guest, forum)
    assert (outcome.state, outcome.keeps_seat) == (S.PENDING, True)
    kept = fresh(guest)
    assert (kept.state, kept.participation_type_id, kept.badge_code) == (S.CONFIRMED, public.id, guest.badge_code)
    assert (seats_of(public), seats_of(forum)) == ((1, 0), (0, 0))
    assert last_letter().startswith("We have your request")

    upgrades.approve(forum.event_id, guest.uid, by=make.person().id, now=BEFORE)
    kept = fresh(guest)
    assert (kept.state, kept.participation_type_id, kept.job_title) == (S.CONFIRMED, forum.id, "CEO")
    assert (seats_of(public), seats_of(forum)) == ((0, 0), (1, 0))
    assert upgrades.count_wishes(forum.event_id) == 0


def test_declined_they_remain_a_guest_and_are_told(kinds, guest: Registration):
    public, forum = kinds
    asked(guest, forum)
    upgrades.decline(forum.event_id, guest.uid, reason="Full house", by=make.person().id, now=BEFORE)
    assert (fresh(guest).state, fresh(guest).participation_type_id) == (S.CONFIRMED, public.id)
    assert last_letter().startswith("You come to the public session")
    with pytest.raises(NotFound):
        upgrades.approve(forum.event_id, guest.uid, by=make.person().id, now=BEFORE)


def test_while_every_seat_is_taken_the_wish_stays(kinds, guest: Registration):
    public, forum = kinds
    asked(guest, forum)
    forum.capacities[0].seats = 0
    db.session.commit()
    with pytest.raises(Refused, match="All seats are taken"):
        upgrades.approve(forum.event_id, guest.uid, by=make.person().id, now=BEFORE)
    assert upgrades.count_wishes(forum.event_id) == 1
    assert seats_of(public) == (1, 0)


def test_who_cancels_asks_for_nothing_any_more(kinds, guest: Registration):
    public, forum = kinds
    asked(guest, forum)
    service.move(public.event_id, guest.uid, S.CANCELLED, by=guest.person_id, release=nothing_else, now=BEFORE)
    assert upgrades.count_wishes(public.event_id) == 0
    assert seats_of(public) == (0, 0)
