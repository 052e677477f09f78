"""Leads at a stand: one visitor once, whoever scans and however often it is sent, and no more than consent allows."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.contacts import leads, service
from lsos.contacts.leads import Noted, SeenLead, Sent, stand_of
from lsos.contacts.models import Lead, LeadEntry
from lsos.contacts.queries import figures
from lsos.contacts.rules import LeadRefusal, LeadState, Warmth, Word
from lsos.contacts.uniting import settle_contacts, settle_leads
from lsos.db import db, new_uid, transaction
from lsos.errors import NotFound
from lsos.events.models import Event
from lsos.meetings.models import Avoidance
from lsos.organisations.models import Organisation
from lsos.registration import consents
from lsos.registration.models import Registration
from lsos.registration.rules import Purpose, RegistrationState
from tests import make
from tests.make import DOORS
from tests.racing import race

NOON = DOORS + timedelta(hours=3)


class Stand:
    """A start-up let in at an event, two of its team, and a visitor."""

    def __init__(self) -> None:
        self.event: Event = make.event()
        self.organisation: Organisation = make.organisation("Nowy Lek")
        team: dict[str, Any] = {"organisation_id": self.organisation.id}
        self.ola: Registration = make.registration(self.event, make.person("Ola", "Nowak"), **team)
        self.jan: Registration = make.registration(self.event, make.person("Jan", "Kos"), **team)
        self.visitor: Registration = make.registration(
            self.event, make.person("Ewa", "Gość"), organisation_id=make.organisation("Szpital").id, job_title="Lekarz"
        )
        leads.let_in(
            self.event.id, self.event.slug, self.organisation.uid, is_in=True, by=self.ola.person_id, now=DOORS
        )

    def send(self, who: Registration, *sent: Sent) -> list[Noted]:
        return leads.take_in(who.id, sent, phone_now=NOON, now=NOON)

    def scan(self, who: Registration | None = None, **more: Any) -> SeenLead:
        (noted,) = self.send(who or self.ola, Sent(new_uid(), self.visitor.badge_code, NOON, **more))
        assert noted.lead is not None, noted.refused
        return noted.lead

    def seen(self) -> SeenLead:
        db.session.rollback()
        db.session.expire_all()
        (found,) = leads.leads_of(db.session.get_one(Registration, self.jan.id), self.organisation)
        return found


@pytest.fixture
def stand(app: Flask) -> Stand:
    return Stand()


def agree(whose: Registration) -> None:
    consents.give_consent(whose.id, Purpose.STAND_SCANS, by=whose.person_id, now=NOON)


def take_back(whose: Registration) -> None:
    consents.withdraw_consent(whose.id, Purpose.STAND_SCANS, by=whose.person_id, now=NOON)


def test_who_has_not_agreed_is_what_the_badge_says_and_becomes_whole_when_they_agree(stand: Stand):
    found = stand.scan(note="Asked for a trial", warmth=Warmth.HOT)
    assert (found.state, found.name, found.organisation) == (LeadState.NOT_AGREED, "Ewa Gość", "Szpital")
    assert found.reach is None
    visitor = db.session.get_one(Registration, stand.visitor.id)
    (asks,) = leads.stands_of_visitor(visitor)
    assert asks.is_open
    leads.answer_stand(asks.lead.uid, by=visitor.id, word=Word.YES, now=NOON)
    whole = stand.seen()
    assert whole.state is LeadState.WHOLE
    assert whole.reach is not None
    assert (whole.reach.email, whole.reach.job_title) == (visitor.person.email, "Lekarz")
    assert [entry.note for entry in whole.entries] == ["Asked for a trial"]
    assert whole.scanned_by == ["Ola Nowak"]


def test_a_consent_beforehand_makes_it_whole_at_once_and_its_end_ends_it_at_once(stand: Stand):
    agree(stand.visitor)
    assert stand.scan(note="Secret").state is LeadState.WHOLE
    take_back(stand.visitor)
    found = stand.seen()
    assert (found.state, found.name, found.organisation, found.entries, found.reach) == (
        LeadState.WITHDRAWN,
        "",
        "",
        [],
        None,
    )
    assert figures(stand.event.id).whole_leads == 0
    agree(stand.visitor)
    assert stand.seen().state is LeadState.WHOLE


def test_a_yes_to_one_stand_can_be_taken_back_and_whoever_is_erased_is_gone(stand: Stand):
    uid = stand.scan().lead.uid
    for word, state in ((Word.NO, LeadState.NOT_AGREED), (Word.YES, LeadState.WHOLE), (Word.BACK, LeadState.WITHDRAWN)):
        leads.answer_stand(uid, by=stand.visitor.id, word=word, now=NOON)
        assert stand.seen().state is state
    leads.answer_stand(uid, by=stand.visitor.id, word=Word.YES, now=NOON)
    with transaction() as session:
        session.get_one(Registration, stand.visitor.id).erased_at = NOON
    assert stand.seen().state is LeadState.WITHDRAWN


def test_only_the_visitor_answers_for_themselves(stand: Stand):
    uid = stand.scan().lead.uid
    with pytest.raises(NotFound):
        leads.answer_stand(uid, by=stand.jan.id, word=Word.YES, now=NOON)


def test_a_team_has_each_visitor_once_with_all_that_it_noted(stand: Stand):
    stand.scan(stand.ola, note="One", warmth=Warmth.COLD)
    stand.scan(stand.jan, note="Two", warmth=Warmth.HOT)
    found = stand.seen()
    assert [entry.note for entry in found.entries] == ["One", "Two"]
    assert found.scanned_by == ["Ola Nowak", "Jan Kos"]
    assert found.lead.warmth is Warmth.HOT


@pytest.mark.each_database
def test_what_is_sent_many_times_at_once_is_one(app: Flask, stand: Stand):
    pieces = [Sent(new_uid(), stand.visitor.badge_code, NOON, note=str(n)) for n in range(3)]
    calls = [
        partial(leads.take_in, who.id, [piece], phone_now=NOON, now=NOON)
        for who in (stand.ola, stand.jan)
        for piece in pieces
        for _ in range(2)
    ]
    assert all(not one.refused for result in race(app, calls) for one in result)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Lead.id))) == 1
    assert db.session.scalar(select(func.count(LeadEntry.id))) == 3


def test_what_a_phone_kept_longest_does_not_undo_what_was_said_since(stand: Stand):
    stand.scan(warmth=Warmth.HOT)
    old = Sent(new_uid(), stand.visitor.badge_code, NOON - timedelta(hours=1), warmth=Warmth.COLD)
    stand.send(stand.jan, old)
    assert stand.seen().lead.warmth is Warmth.HOT


def test_a_clock_that_is_off_is_put_right(stand: Stand):
    ahead = NOON + timedelta(hours=5)
    leads.take_in(stand.ola.id, [Sent(new_uid(), stand.visitor.badge_code, ahead)], phone_now=ahead, now=NOON)
    assert stand.seen().lead.scanned_at == NOON


@pytest.mark.parametrize("what", ["unknown", "colleague", "cancelled", "no stand"])
def test_one_that_makes_no_lead_says_why_and_holds_up_no_other(stand: Stand, what: str):
    gone = make.registration(stand.event, make.person(), state=RegistrationState.CANCELLED)
    bad = {
        "unknown": (stand.ola, "NOBODY", LeadRefusal.UNKNOWN),
        "colleague": (stand.ola, stand.jan.badge_code, LeadRefusal.COLLEAGUE),
        "cancelled": (stand.ola, gone.badge_code, LeadRefusal.UNKNOWN),
        "no stand": (stand.visitor, stand.jan.badge_code, LeadRefusal.NO_STAND),
    }
    who, code, why = bad[what]
    first, second = stand.send(who, Sent(new_uid(), code, NOON), Sent(new_uid(), stand.visitor.badge_code, NOON))
    assert first.refused == why
    assert (second.lead is not None) is (who is stand.ola)


def test_a_stand_of_whom_somebody_never_meets_is_answered_by_nobody(stand: Stand):
    agree(stand.visitor)
    make.add(Avoidance(owner_id=stand.visitor.person_id, organisation_id=stand.organisation.id, at=DOORS))
    assert stand.scan().state is LeadState.NOT_AGREED
    assert leads.stands_of_visitor(db.session.get_one(Registration, stand.visitor.id)) == []


def test_a_stand_that_is_ended_collects_no_more_and_another_organisation_reads_nothing(stand: Stand):
    uid = stand.scan().lead.uid
    stranger = db.session.get_one(Registration, stand.visitor.id)
    with pytest.raises(NotFound):
        leads.lead_of(stranger, uid)
    leads.let_in(stand.event.id, "", stand.organisation.uid, is_in=False, by=stand.ola.person_id, now=NOON)
    assert stand_of(db.session.get_one(Registration, stand.ola.id)) is None
    with pytest.raises(NotFound):
        leads.lead_of(db.session.get_one(Registration, stand.ola.id), uid)


def test_following_up_is_said_once_for_the_team(stand: Stand):
    uid = stand.scan().lead.uid
    leads.follow_up(uid, by=stand.jan.id, is_done=True, now=NOON)
    assert stand.seen().lead.followed_up_by_id == stand.jan.id
    leads.follow_up(uid, by=stand.ola.id, is_done=False, now=NOON)
    assert stand.seen().lead.followed_up_at is None


def test_when_two_visitors_or_two_organisations_are_one_nothing_noted_is_lost(stand: Stand):
    stand.scan(note="One")
    twin = make.registration(stand.event, make.person("Ewa", "Gość"))
    stand.send(stand.jan, Sent(new_uid(), twin.badge_code, NOON, note="Two"))
    service.scan(twin.id, stand.ola.badge_code, now=NOON)
    service.scan(stand.visitor.id, stand.ola.badge_code, now=NOON)
    service.scan(stand.ola.id, twin.badge_code, now=NOON)
    with transaction() as session:
        settle_contacts(session, keep=stand.visitor.id, lose=twin.id)
    assert sorted(entry.note for entry in stand.seen().entries) == ["One", "Two"]
    assert figures(stand.event.id).exchanged == 1
    other = make.organisation("Nowy Lek SA")
    with transaction() as session:
        session.get_one(Registration, stand.jan.id).organisation_id = other.id
    leads.let_in(stand.event.id, "", other.uid, is_in=True, by=stand.ola.person_id, now=NOON)
    stand.send(stand.jan, Sent(new_uid(), stand.visitor.badge_code, NOON, note="Three"))
    with transaction() as session:
        settle_leads(session, keep=stand.organisation.id, lose=other.id)
    assert sorted(entry.note for entry in stand.seen().entries) == ["One", "Three", "Two"]
