"""A guest of the public session asks for a way to take part that the organiser approves, and keeps their seat."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.registration import bulk, service, upgrades
from lsos.registration.bulk_rules import UndoRefusal
from lsos.registration.details import Details
from lsos.registration.list_models import BulkAction, BulkKind, BulkStep, StepState
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import MoveRefusal
from lsos.registration.rules import RegistrationState as S
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
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


# ---- many at once


@pytest.fixture
def guests(kinds: tuple[ParticipationType, ParticipationType]) -> list[Registration]:
    """Make three guests who ask for more, where there is one seat of it, and one who asks for nothing."""
    public, forum = kinds
    made = []
    for name in ("Ola", "Jan", "Ewa", "Leon"):
        who = Details(name, f"{name.lower()}@example.org", "en")
        found = service.register(public.event_id, public.code, who, (), by=None, now=BEFORE).registration
        assert found is not None
        made.append(found)
        if name != "Leon":
            more = Details(name, f"{name.lower()}@example.org", "en", family_name="Lis")
            by = found.person_id
            service.register(forum.event_id, forum.code, more, (), by=by, once=f"more-{name}", now=BEFORE)
    return made


def decided(kind: BulkKind, guests: list[Registration], boss: int, reason: Bilingual = bulk.NO_REASON) -> str:
    event_id = guests[0].event_id
    chosen = bulk.choose(event_id, [one.uid for one in guests], by=boss, now=BEFORE)
    action = bulk.begin(event_id, chosen.uid, kind, by=boss, reason=reason, now=BEFORE)
    assert bulk.proceed(event_id, action.uid, release=nothing_else, now=BEFORE) == 0
    return action.uid


def outcomes(uid: str) -> list[tuple[StepState, str]]:
    db.session.rollback()
    steps = select(BulkStep).join(BulkStep.action).where(BulkAction.uid == uid).order_by(BulkStep.id)
    return [(one.state, one.why) for one in db.session.scalars(steps.execution_options(populate_existing=True))]


def test_many_requests_are_approved_first_come_first_served_and_each_refusal_has_its_reason(kinds, guests):
    public, forum = kinds
    uid = decided(BulkKind.APPROVE_WISH, guests, make.person().id)
    done, refused = (StepState.DONE, ""), StepState.REFUSED
    full, nothing = (refused, MoveRefusal.NO_SEAT.value), (refused, upgrades.NO_WISH)
    assert outcomes(uid) == [done, full, full, nothing]
    assert (seats_of(public), seats_of(forum)) == ((3, 0), (1, 0))
    assert upgrades.count_wishes(forum.event_id) == 2, "who was refused still asks"


@pytest.mark.parametrize("kind", [BulkKind.APPROVE_WISH, BulkKind.DECLINE_WISH])
def test_a_decision_on_requests_is_taken_back_whole_while_its_letters_wait(kinds, guests, kind: BulkKind):
    public, forum = kinds
    boss, before = make.person().id, [fresh(one).participation_type_id for one in guests]
    written = db.session.scalar(select(func.count()).select_from(OutgoingMail)) or 0
    uid = decided(kind, guests[:1], boss, reason=Bilingual("Bo tak", "Full house"))
    assert upgrades.count_wishes(forum.event_id) == 2
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == written + 1
    assert "Full house" in (
        db.session.scalar(select(OutgoingMail.text).order_by(OutgoingMail.id.desc()).limit(1)) or ""
    )
    assert bulk.undo(forum.event_id, uid, by=boss, now=BEFORE)[StepState.UNDONE] == 1
    assert [fresh(one).participation_type_id for one in guests] == before
    assert (seats_of(public), seats_of(forum)) == ((4, 0), (0, 0))
    wish = upgrades.wish_of(guests[0].id)
    assert wish is not None
    assert (wish.participation_type_id, wish.asked_at) == (forum.id, BEFORE)
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == written, "no letter goes out"


def test_a_request_that_was_made_again_since_stays_as_it_is(kinds, guests):
    forum = kinds[1]
    boss = make.person().id
    later = BEFORE + timedelta(minutes=1)
    uid = decided(BulkKind.DECLINE_WISH, guests[:1], boss)
    more = Details("Ola", "ola@example.org", "en", family_name="Lis")
    service.register(forum.event_id, forum.code, more, (), by=guests[0].person_id, once="again", now=later)
    bulk.undo(forum.event_id, uid, by=boss, now=BEFORE)
    assert outcomes(uid) == [(StepState.KEPT, UndoRefusal.CHANGED_SINCE.value)]


def test_the_list_offers_to_decide_on_requests_where_there_are_some(client: Reader, kinds, guests):
    event = guests[0].event
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    at = f"/en/events/{event.slug}/organise/people"
    page = client.get(f"{at}?wish=yes").text
    assert page.index('value="approve_wish"') < page.index('value="approve"')
    choice = {"uid": [one.uid for one in guests[:2]], "do": "approve_wish"}
    confirm = client.post(f"{at}/many/?wish=yes", data=choice, follow_redirects=True)
    assert "Approve the requests of 2 guests" in confirm.text
    done = client.post(confirm.request.full_path, data={"reason": ""}, follow_redirects=True).text
    assert "1 guest has the seat they asked for." in done
    assert MoveRefusal.NO_SEAT.value in done
    assert "Nobody is ticked" in client.post(f"{at}/many/", data={"do": "approve_wish"}, follow_redirects=True).text
    for one in guests:
        upgrades.withdraw(event.id, one.uid, by=one.person_id)
    assert 'value="approve_wish"' not in client.get(at).text
