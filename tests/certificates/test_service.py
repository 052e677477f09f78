"""Certificates issued once, taken, revoked, checked, merged, and told of by letter."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from lsos.audit import AuditEntry
from lsos.certificates import queries, service, writing
from lsos.certificates.models import Certificate
from lsos.certificates.rules import CertificateRefusal, Content, Sending, Standing
from lsos.checkin.attendance import days_present
from lsos.db import db, new_code, transaction
from lsos.errors import Refused
from lsos.events.rules import moment
from lsos.mail import OutgoingMail
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.certificates.staged import AFTER, WISH, House
from tests.counting import counting
from tests.racing import race


@pytest.fixture
def house(app):
    return House()


def _number(who):
    return db.session.scalar(select(Certificate.number).where(Certificate.registration_id == who.id))


def test_a_certificate_says_days_sessions_and_hours(house):
    ada = queries.holder_of(house.ada, now=AFTER)
    assert ada.refusal is None
    assert list(ada.days) == [make.FIRST_DAY]
    assert [one.session.id for one in ada.sessions] == [one.id for one in house.sessions]
    assert ada.minutes == 120


def test_a_scan_at_a_session_is_being_there_as_one_at_the_door_is(house):
    assert days_present(house.event) == {house.ada.id: [make.FIRST_DAY], house.ewa.id: [make.FIRST_DAY]}
    assert days_present(house.event, [house.jan.id]) == {}


def test_who_gets_one_is_listed_with_who_does_not(house):
    found = {one.registration.id: one.refusal for one in queries.holders(house.event, now=AFTER)}
    assert found == {house.ada.id: None, house.ewa.id: None}
    assert queries.holder_of(house.jan, now=AFTER).refusal is CertificateRefusal.NEVER_CAME
    early = queries.over_at(house.event) - timedelta(minutes=1)
    assert queries.holder_of(house.ada, now=early).refusal is CertificateRefusal.NOT_OVER


def test_they_are_listed_as_a_polish_directory_lists_them(house):
    for family in ("Zięba", "Łoś", "Lis", "Ćwik"):
        house.scan(make.registration(house.event, make.person("Jan", family)), 5, "main")
    found = [one.registration.person.family_name for one in queries.holders(house.event, now=AFTER)]
    assert found == ["Ćwik", "Lis", "Łoś", "Próbna", "Próbna", "Zięba"]


def test_certificates_of_presence_tell_no_sessions(house):
    service.save_settings(house.event.id, replace(WISH, content=Content.PRESENCE), by=house.owner.id)
    assert queries.holder_of(house.ada, now=AFTER).sessions == ()


def test_the_number_stays_at_every_download_and_the_first_is_noted(house):
    first = service.take(house.ada.id, now=AFTER)
    again = service.take(house.ada.id, now=AFTER + timedelta(days=1))
    assert first.certificate is not None
    assert again.certificate is not None
    assert len(first.certificate.number) == 12
    assert again.certificate.number == first.certificate.number
    assert again.certificate.downloaded_at == AFTER


@pytest.mark.parametrize("who", ["jan", "ada"])
def test_whoever_gets_none_takes_none(app, who):
    house = House(wish=None) if who == "ada" else House()
    with pytest.raises(Refused):
        service.take(getattr(house, who).id, now=AFTER)
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0


def test_many_downloads_at_once_give_one_number(app, house):
    ada = house.ada.id
    taken = race(app, [lambda: _taken(ada)] * 8)
    assert len(set(taken)) == 1
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 1


def _taken(registration_id):
    found = service.take(registration_id, now=AFTER).certificate
    return found.number if found else None


def test_printing_all_at_once_with_downloads_gives_one_number_each(app, house):
    event_id, ada, by = house.event.id, house.ada.id, house.owner.id

    def printed():
        event = db.session.get_one(type(house.event), event_id)
        return {
            one.registration.id: one.certificate.number
            for one in service.issue_to(event, None, by=by, now=AFTER)
            if one.certificate
        }[ada]

    assert len(set(race(app, [printed, lambda: _taken(ada)] * 3))) == 1


@pytest.mark.each_database
def test_the_database_keeps_one_certificate_a_registration_and_numbers_apart(house):
    service.take(house.ada.id, now=AFTER)
    number = _number(house.ada)
    for wrong in (
        {"registration_id": house.ada.id, "number": new_code(12)},
        {"registration_id": house.ewa.id, "number": number},
    ):
        with pytest.raises(IntegrityError), transaction() as session:
            session.add(Certificate(issued_at=AFTER, **wrong))


def test_organisers_print_those_who_were_ticked_and_it_is_on_record(house):
    found = service.issue_to(house.event, [house.ewa.id, house.jan.id], by=house.owner.id, now=AFTER)
    assert [one.registration.id for one in found] == [house.ewa.id]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "certificates.printed")).one()
    assert entry.details == {"number": 1}
    with pytest.raises(Refused, match="No badge was scanned"):
        service.issue_to(house.event, [house.jan.id], by=house.owner.id, now=AFTER)


# ---- numbers that are checked


def _standing(number):
    checked = queries.check(number, now=AFTER)
    return checked.standing if checked else None


def test_a_number_proves_what_stands_now(house):
    service.take(house.ada.id, now=AFTER)
    number = _number(house.ada)
    checked = queries.check(number, now=AFTER)
    assert checked is not None
    assert (checked.standing, checked.holder.minutes) == (Standing.GENUINE, 120)
    assert queries.check("2" * 12, now=AFTER) is None
    service.save_settings(house.event.id, replace(WISH, is_given=False), by=house.owner.id)
    assert _standing(number) is Standing.GENUINE


def test_a_revoked_certificate_says_so_and_counts_again_under_its_number(house):
    service.take(house.ada.id, now=AFTER)
    number, who = _number(house.ada), (house.event.id, house.ada.uid)
    with pytest.raises(Refused, match="Write why"):
        service.revoke(*who, "  ", by=house.owner.id, now=AFTER)
    service.revoke(*who, "Lent her badge", by=house.owner.id, now=AFTER)
    assert _standing(number) is Standing.REVOKED
    with pytest.raises(Refused, match="revoked"):
        service.take(house.ada.id, now=AFTER)
    with pytest.raises(Refused, match="already"):
        service.revoke(*who, "Again", by=house.owner.id, now=AFTER)
    service.restore(*who, by=house.owner.id, now=AFTER)
    assert (_standing(number), _number(house.ada)) == (Standing.GENUINE, number)
    with pytest.raises(Refused, match="not revoked"):
        service.restore(*who, by=house.owner.id, now=AFTER)
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in actions if one.startswith("certificate.")] == ["certificate.revoked", "certificate.restored"]


def test_whoever_is_erased_or_cancelled_is_not_vouched_for(house):
    service.issue_to(house.event, None, by=house.owner.id, now=AFTER)
    for who, values in ((house.ada, {"erased_at": AFTER}), (house.ewa, {"state": RegistrationState.CANCELLED})):
        with transaction() as session:
            session.execute(update(Registration).where(Registration.id == who.id).values(**values))
    assert _standing(_number(house.ada)) is Standing.ERASED
    assert _standing(_number(house.ewa)) is Standing.WITHDRAWN


def test_both_numbers_of_two_who_are_one_lead_to_the_same(house):
    service.issue_to(house.event, None, by=house.owner.id, now=AFTER)
    lost, kept = _number(house.ewa), _number(house.ada)
    with transaction() as session:
        service.lead_on(session, house.ewa.id, house.ada.id)
        session.get_one(Registration, house.ewa.id).state = RegistrationState.CANCELLED
    for number in (lost, kept):
        checked = queries.check(number, now=AFTER)
        assert checked is not None
        assert checked.standing is Standing.GENUINE
        assert checked.holder.registration.id == house.ada.id
    service.revoke(house.event.id, house.ada.uid, "Wrong", by=house.owner.id, now=AFTER)
    assert {_standing(lost), _standing(kept)} == {Standing.REVOKED}


def test_where_one_of_two_has_a_certificate_it_is_the_others(house):
    service.take(house.ewa.id, now=AFTER)
    number = _number(house.ewa)
    with transaction() as session:
        service.lead_on(session, house.ewa.id, house.ada.id)
    assert (_number(house.ada), _number(house.ewa)) == (number, None)


# ---- letters


def _letters():
    db.session.rollback()
    return db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.letter == writing.LETTER).order_by(OutgoingMail.to_address)
    ).all()


def test_the_letter_goes_once_to_each_who_gets_one_in_the_morning_after(house):
    morning = moment(house.event.ends_on + timedelta(days=1), time(9), make.ZONE)
    assert writing.write_due(now=morning - timedelta(seconds=1)) == 0
    assert writing.write_due(now=morning) == 2
    assert writing.write_due(now=morning + timedelta(days=1)) == 0
    assert [one.to_address for one in _letters()] == ["ada@example.org", "ewa@example.org"]
    assert writing.counts(house.event.id) == (2, 0)


def test_by_hand_letters_wait_for_the_button(house):
    service.save_settings(house.event.id, replace(WISH, sending=Sending.BY_HAND), by=house.owner.id)
    assert writing.write_due(now=AFTER) == 0
    early = queries.over_at(house.event) - timedelta(hours=1)
    with pytest.raises(Refused, match="when the event is over"):
        service.let_letters_go(house.event.id, by=house.owner.id, now=early)
    service.let_letters_go(house.event.id, by=house.owner.id, now=AFTER)
    assert writing.write_due(now=AFTER) == 2


def test_whoever_is_counted_later_gets_the_letter_later_and_the_revoked_none(house):
    service.revoke(house.event.id, house.ewa.uid, "Wrong badge", by=house.owner.id, now=AFTER)
    assert writing.write_due(now=AFTER) == 1
    house.scan(house.jan, 10)
    assert writing.write_due(now=AFTER) == 1
    assert [one.to_address for one in _letters()] == ["ada@example.org", "jan@example.org"]


def test_many_workers_write_each_letter_once(app, house):
    race(app, [lambda: writing.write_due(now=AFTER)] * 4)
    assert [one.to_address for one in _letters()] == ["ada@example.org", "ewa@example.org"]


def test_all_are_read_in_as_many_statements_as_one(house):
    def asked():
        db.session.rollback()
        db.session.expire_all()
        with counting() as statements:
            queries.holders(house.event, now=AFTER)
        return len(statements)

    few = asked()
    for n in range(8):
        house.scan(make.registration(house.event), n + 10)
    assert asked() == few
