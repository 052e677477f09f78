"""Exchanging contacts: both agree or nobody has anything, whoever is first, and never is said to nobody."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from lsos.contacts import evening, service
from lsos.contacts.models import ContactExchange, ContactNote
from lsos.contacts.queries import asking, figures, one_met, people_met
from lsos.contacts.rules import ContactRefusal, Seen, Warmth, Word
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.models import Avoidance
from lsos.meetings.rules import MeetingState
from lsos.registration import consents
from lsos.registration.models import ConsentText, Registration
from lsos.registration.rules import Purpose, RegistrationState
from tests import make
from tests.make import DOORS
from tests.racing import race

NOON = DOORS + timedelta(hours=3)
EVENING = DOORS + timedelta(hours=10)


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


def guest(event: Event, given: str = "Ola", family: str = "Nowak", **more: Any) -> Registration:
    return make.registration(event, make.person(given, family), **more)


def fresh(one: Registration) -> Registration:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Registration, one.id)


def seen(me: Registration, other: Registration) -> Seen | None:
    found = one_met(fresh(me), fresh(other), now=NOON)
    return found.seen if found else None


def rows() -> int:
    return db.session.scalar(select(func.count(ContactExchange.id))) or 0


def never(owner: Registration, person: Registration) -> None:
    make.add(Avoidance(owner_id=owner.person_id, person_id=person.person_id, at=DOORS))


def test_a_scan_asks_and_a_yes_gives_both_the_contact(event: Event):
    ola, jan = guest(event), guest(event, "Jan", "Kos", job_title="CTO")
    asked = service.scan(ola.id, jan.badge_code, now=NOON)
    assert asked.seen is Seen.ASKED
    assert seen(ola, jan) is Seen.ASKED
    met = one_met(fresh(ola), fresh(jan), now=NOON)
    assert met is not None
    assert met.reach is None
    (waiting,) = asking(fresh(jan))
    service.answer(waiting.uid, by=jan.id, is_yes=True, now=NOON)
    for me, other in ((ola, jan), (jan, ola)):
        met = one_met(fresh(me), fresh(other), now=NOON)
        assert met is not None
        assert met.seen is Seen.EXCHANGED
        assert met.reach is not None
        assert met.reach.email == other.person.email
    assert figures(event.id).exchanged == 1


def test_a_no_is_told_to_nobody_and_can_become_a_yes(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    service.scan(ola.id, jan.badge_code, now=NOON)
    (waiting,) = asking(fresh(jan))
    service.answer(waiting.uid, by=jan.id, is_yes=False, now=NOON)
    assert seen(ola, jan) is Seen.ASKED
    assert asking(fresh(jan)) == []
    assert service.scan(ola.id, jan.badge_code, now=NOON).seen is Seen.ASKED
    assert asking(fresh(jan)) == []
    assert service.scan(jan.id, ola.badge_code, now=NOON).seen is Seen.EXCHANGED


def test_who_scan_each_other_have_each_others_contact_in_one_row(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    service.scan(ola.id, jan.badge_code, now=NOON)
    service.scan(ola.id, jan.badge_code, now=NOON)
    assert service.scan(jan.id, ola.badge_code, now=NOON).seen is Seen.EXCHANGED
    assert rows() == 1


@pytest.mark.each_database
def test_all_scan_all_at_once_and_each_pair_is_one_exchange(app: Flask, event: Event):
    people = [guest(event, f"P{n}") for n in range(4)]
    pairs = [(one.id, other.badge_code) for one in people for other in people if one is not other]
    calls = [partial(service.scan, me, code, now=NOON) for me, code in [*pairs, *pairs]]
    results = race(app, calls)
    assert all(isinstance(one, service.Asked) for one in results), results
    db.session.rollback()
    assert rows() == 6
    assert db.session.scalar(select(func.count()).where(ContactExchange.exchanged_at.is_not(None))) == 6
    assert figures(event.id).exchanged == 6


@pytest.mark.each_database
def test_an_answer_and_a_taking_back_at_once_leave_no_contact_without_consent(app: Flask, event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    uid = service.scan(ola.id, jan.badge_code, now=NOON).exchange.uid
    race(
        app,
        [
            partial(service.answer, uid, by=jan.id, is_yes=True, now=NOON),
            partial(service.take_back, uid, by=ola.id, now=NOON),
        ],
    )
    db.session.rollback()
    row = db.session.scalars(select(ContactExchange)).one()
    assert row.said(ola.id) is Word.BACK
    assert row.exchanged_at is None


@pytest.mark.each_database
@pytest.mark.parametrize("word", [Word.SILENT, Word.NO, Word.BACK])
def test_the_database_refuses_a_contact_to_which_one_does_not_agree(event: Event, word: Word):
    ola, jan = guest(event), guest(event, "Jan")
    service.scan(ola.id, jan.badge_code, now=NOON)
    service.scan(jan.id, ola.badge_code, now=NOON)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(ContactExchange).values(high_said=word))


def test_a_standing_consent_answers_by_itself_and_ends_what_rests_on_it(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    consents.give_consent(jan.id, Purpose.EXCHANGE_CONTACTS, by=jan.person_id, now=NOON)
    assert service.scan(ola.id, jan.badge_code, now=NOON).seen is Seen.EXCHANGED
    assert seen(jan, ola) is Seen.EXCHANGED
    consents.withdraw_consent(jan.id, Purpose.EXCHANGE_CONTACTS, by=jan.person_id, now=NOON)
    for me, other in ((ola, jan), (jan, ola)):
        met = one_met(fresh(me), fresh(other), now=NOON)
        assert met is not None
        assert met.seen is Seen.ENDED
        assert met.reach is None


def test_the_words_of_the_platform_are_stored_once_for_an_event(event: Event):
    for one in (guest(event), guest(event, "Jan")):
        consents.give_consent(one.id, Purpose.EXCHANGE_CONTACTS, by=one.person_id, now=NOON)
        consents.give_consent(one.id, Purpose.EXCHANGE_CONTACTS, by=one.person_id, now=NOON)
    wanted = select(func.count()).where(ConsentText.purpose == Purpose.EXCHANGE_CONTACTS)
    assert db.session.scalar(wanted) == 1
    assert Purpose.EXCHANGE_CONTACTS in fresh(one).purposes


@pytest.mark.parametrize("who_never", ["asked", "asker"])
def test_whom_somebody_never_meets_sees_only_that_they_do_not_answer(event: Event, who_never: str):
    ola, jan = guest(event), guest(event, "Jan")
    consents.give_consent(jan.id, Purpose.EXCHANGE_CONTACTS, by=jan.person_id, now=NOON)
    never(*((jan, ola) if who_never == "asked" else (ola, jan)))
    asked = service.scan(ola.id, jan.badge_code, now=NOON)
    assert asked.seen is Seen.ASKED
    assert asking(fresh(jan)) == []
    assert seen(jan, ola) is None
    with pytest.raises(Refused) as refused:
        service.answer(asked.exchange.uid, by=jan.id, is_yes=True, now=NOON)
    assert refused.value.message == ContactRefusal.NOT_ASKED
    assert service.scan(jan.id, ola.badge_code, now=NOON).seen is Seen.ASKED
    assert figures(event.id).exchanged == 0


def test_taking_back_ends_it_for_both_and_both_can_begin_anew(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    service.scan(ola.id, jan.badge_code, now=NOON)
    uid = service.scan(jan.id, ola.badge_code, now=NOON).exchange.uid
    service.take_back(uid, by=jan.id, now=NOON)
    assert seen(ola, jan) is seen(jan, ola) is Seen.ENDED
    service.scan(ola.id, jan.badge_code, now=NOON)
    assert seen(ola, jan) is Seen.ENDED, "who took it back is not asked again"
    assert asking(fresh(jan)) == []
    assert service.scan(jan.id, ola.badge_code, now=NOON).seen is Seen.EXCHANGED
    assert figures(event.id).exchanged == 1


def test_strangers_can_neither_answer_nor_take_back(event: Event):
    ola, jan, ewa = guest(event), guest(event, "Jan"), guest(event, "Ewa")
    uid = service.scan(ola.id, jan.badge_code, now=NOON).exchange.uid
    for act in (partial(service.answer, is_yes=True), service.take_back):
        with pytest.raises(NotFound):
            act(uid, by=ewa.id, now=NOON)


@pytest.mark.parametrize("state", [RegistrationState.CANCELLED, RegistrationState.PENDING])
def test_only_badges_of_who_comes_to_this_event_ask_anybody(event: Event, state: RegistrationState):
    ola = guest(event)
    gone = guest(event, "Jan", state=state)
    elsewhere = guest(make.event(), "Ewa")
    for code, why in (
        (gone.badge_code, ContactRefusal.UNKNOWN),
        (elsewhere.badge_code, ContactRefusal.UNKNOWN),
        (ola.badge_code, ContactRefusal.OWN),
        ("NOBODY", ContactRefusal.UNKNOWN),
    ):
        with pytest.raises(Refused) as refused:
            service.scan(ola.id, code, now=NOON)
        assert refused.value.message == why
    with pytest.raises(Refused):
        service.scan(gone.id, ola.badge_code, now=NOON)


def test_a_card_says_what_goes_along_and_holds_at_once(event: Event):
    ola, jan = guest(event), guest(event, "Jan", job_title="CTO")
    service.scan(ola.id, jan.badge_code, now=NOON)
    service.scan(jan.id, ola.badge_code, now=NOON)
    service.save_card(jan.id, phone="+48 600 000 000", gives_email=False, gives_job=False)
    met = one_met(fresh(ola), fresh(jan), now=NOON)
    assert met is not None
    assert met.reach is not None
    assert (met.reach.email, met.reach.phone, met.reach.job_title) == ("", "+48 600 000 000", "")


def test_people_of_meetings_and_of_badges_are_one_list(event: Event):
    ola, jan, ewa = guest(event), guest(event, "Jan"), guest(event, "Ewa")
    slots = make.meeting_grid(event)
    held = make.meeting(ola, jan, slots[0], state=MeetingState.HELD)
    service.scan(ola.id, jan.badge_code, now=NOON)
    service.scan(ola.id, ewa.badge_code, now=NOON)
    met = people_met(fresh(ola), now=NOON)
    assert sorted(one.other.person.given_name for one in met) == ["Ewa", "Jan"]
    (of_jan,) = [one for one in met if one.other.id == jan.id]
    assert [one.id for one in of_jan.meetings] == [held.id]
    assert of_jan.reach is None
    for who, phone in ((ola, ""), (jan, "+48 1")):
        make.add(
            MeetingFeedback(
                meeting_id=held.id, registration_id=who.id, wants_contact=True, phone=phone, private_note=""
            )
        )
    (of_jan,) = [one for one in people_met(fresh(ola), now=NOON) if one.other.id == jan.id]
    assert of_jan.seen is Seen.EXCHANGED
    assert of_jan.reach is not None
    assert of_jan.reach.phone == "+48 1"
    assert (figures(event.id).exchanged, figures(event.id).after_meetings) == (0, 1)


def test_a_note_is_its_writers_and_an_empty_one_is_none(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    service.scan(ola.id, jan.badge_code, now=NOON)
    service.keep_note(ola.id, jan.id, text="Ask about the trial", warmth=Warmth.HOT)
    met = one_met(fresh(ola), fresh(jan), now=NOON)
    assert met is not None
    assert (met.note, met.warmth) == ("Ask about the trial", Warmth.HOT)
    other = one_met(fresh(jan), fresh(ola), now=NOON)
    assert other is not None
    assert other.note == ""
    service.keep_note(ola.id, jan.id, text="", warmth=None)
    assert db.session.scalar(select(func.count()).select_from(ContactNote)) == 0


def test_one_letter_in_the_evening_gathers_who_asks(event: Event):
    ola, jan, ewa, iga = (guest(event, name) for name in ("Ola", "Jan", "Ewa", "Iga"))
    never(jan, iga)
    for one in (ola, ewa, iga):
        service.scan(one.id, jan.badge_code, now=NOON)
    never(ewa, ola)
    service.scan(ola.id, ewa.badge_code, now=NOON)
    evening.write_due(now=NOON)
    assert db.session.scalars(select(OutgoingMail)).all() == []
    for _ in range(2):
        evening.write_due(now=EVENING)
    (letter,) = db.session.scalars(select(OutgoingMail)).all()
    assert letter.to_address == jan.person.email
    assert "2" in letter.subject
    assert "Ewa" in letter.text
    assert "Iga" not in letter.text


def test_who_has_answered_gets_no_letter(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    uid = service.scan(ola.id, jan.badge_code, now=NOON).exchange.uid
    service.answer(uid, by=jan.id, is_yes=False, now=NOON)
    evening.write_due(now=EVENING)
    assert db.session.scalars(select(OutgoingMail)).all() == []


def test_long_after_the_event_nobody_is_asked(event: Event):
    ola, jan = guest(event), guest(event, "Jan")
    with pytest.raises(Refused):
        service.scan(ola.id, jan.badge_code, now=DOORS + timedelta(days=40))
    assert event.ends_on < date(2026, 1, 1)
