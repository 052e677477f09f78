"""Words put right and approved, badges replaced, designs by kind of participation."""

from datetime import timedelta

import pytest

from lsos.badges import queries, service
from lsos.badges.rules import ReadyMade, ready_made
from lsos.badges.service import Wish, WrongWords
from lsos.badges.word_rules import Approval, Words
from lsos.checkin.models import ReplacedBadge
from lsos.checkin.queries import replaced_badges
from lsos.checkin.rules import Refusal, ScanResult
from lsos.checkin.service import replace_badge, scan
from lsos.db import db, new_uid
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.racing import race

NOW = make.DOORS - timedelta(days=2)


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def guest(event):
    return make.registration(event, make.person("Łucja", "Wąs"), organisation=make.organisation("Ogród"), job_title="x")


def card(event, guest):
    return queries.cards(event, uid=guest.uid)[0]


def right(event, guest, *, by, **words):
    base = Words("Łucja", "Wąs", "Ogród", "x")
    service.put_right(event.id, guest.uid, Words(**(vars(base) | words)), by=by, now=NOW)


def test_words_put_right_stand_on_the_badge_and_nowhere_else(event, guest):
    desk = make.person()
    right(event, guest, by=desk.id, family_name="Wąs-Nowak", organisation="")
    assert card(event, guest).words == Words("Łucja", "Wąs-Nowak", "", "x")
    assert card(event, guest).is_corrected
    assert db.session.get_one(Registration, guest.id).person.family_name == "Wąs"
    right(event, guest, by=desk.id)
    assert not card(event, guest).is_corrected


def test_what_was_not_put_right_goes_on_following_the_registration(event, guest):
    right(event, guest, by=make.person().id, family_name="Wąs-Nowak")
    db.session.get_one(Registration, guest.id).job_title = "Dyrektorka"
    db.session.commit()
    assert card(event, guest).words == Words("Łucja", "Wąs-Nowak", "Ogród", "Dyrektorka")


def test_an_approval_falls_when_the_words_change(event, guest):
    assert card(event, guest).approval is Approval.OPEN
    service.approve(event.id, guest.uid, card(event, guest).words.mark(), by=guest.person_id, now=NOW)
    assert card(event, guest).approval is Approval.APPROVED
    right(event, guest, by=make.person().id, job_title="y")
    assert card(event, guest).approval is Approval.FALLEN


def test_words_that_changed_meanwhile_are_not_approved_unseen(event, guest):
    seen = card(event, guest).words.mark()
    right(event, guest, by=make.person().id, job_title="y")
    with pytest.raises(Refused):
        service.approve(event.id, guest.uid, seen, by=guest.person_id, now=NOW)
    assert card(event, guest).approval is Approval.OPEN


def test_when_they_are_frozen_the_desk_puts_words_right_and_the_owner_does_not(event, guest):
    staff = make.person()
    service.freeze(event.id, on=True, by=staff.id, now=NOW)
    with pytest.raises(Refused) as refused:
        right(event, guest, by=guest.person_id, job_title="y")
    assert refused.value.reason == "frozen"
    right(event, guest, by=staff.id, job_title="y")
    service.freeze(event.id, on=False, by=staff.id, now=NOW)
    right(event, guest, by=guest.person_id, job_title="z")
    assert card(event, guest).approval is Approval.APPROVED


@pytest.mark.parametrize("words", [{"given_name": " ", "family_name": ""}, {"job_title": "x" * 121}])
def test_words_that_cannot_be_printed_are_refused(event, guest, words):
    with pytest.raises(WrongWords) as wrong:
        right(event, guest, by=guest.person_id, **words)
    assert set(wrong.value.wrongs) <= set(words)


def test_there_is_nothing_to_put_right_without_a_badge(event):
    guest = make.registration(event, state=RegistrationState.PENDING)
    with pytest.raises(Refused):
        right(event, guest, by=guest.person_id)


# ---- designs


def test_each_kind_of_participation_has_its_design_and_one_at_most(event):
    kind, other = make.participation_type(event), make.participation_type(event)
    assert queries.layouts(event.id).of(kind.id).design == ready_made(ReadyMade.A6)
    first = service.make_design(event.id, "All", ready_made(ReadyMade.A6), by=None, now=NOW)
    second = service.make_design(event.id, "Some", ready_made(ReadyMade.A7), by=None, now=NOW)
    third = service.make_design(event.id, "Few", ready_made(ReadyMade.CARD), by=None, now=NOW)
    for uid, which in ((second, ReadyMade.A7), (third, ReadyMade.CARD)):
        service.change_design(event.id, uid, Wish("Name", ready_made(which), [kind.code], version=1), by=None, now=NOW)
    layouts = queries.layouts(event.id)
    assert layouts.of(kind.id).uid == third
    assert layouts.of(other.id).uid == first
    service.remove_design(event.id, third, by=None)
    assert queries.layouts(event.id).of(kind.id).uid == first
    with pytest.raises(Refused):
        service.remove_design(event.id, first, by=None)


def test_versions_count_changes_and_the_printed_one_is_known(event, guest):
    uid = service.make_design(event.id, "All", ready_made(ReadyMade.A6), by=None, now=NOW)
    a7 = Wish("All", ready_made(ReadyMade.A7), is_default=True, version=1)
    layouts = [queries.layouts(event.id).default]
    service.note_printing(event, layouts, count=1, paper="cards", one_uid=None, by_id=None)
    assert service.change_design(event.id, uid, a7, by=None, now=NOW) == 2
    with pytest.raises(Refused) as refused:
        service.change_design(event.id, uid, a7, by=None, now=NOW)
    assert refused.value.reason == "changed"
    (row,) = queries.designs(event.id)
    assert (row.version, row.printed_version) == (2, 1)


# ---- lost badges


def at_the_door(event, code):
    return scan(event, "main", code, uid=new_uid(), scanned_at=make.DOORS, by_id=None, now=make.DOORS)


def test_a_replaced_badge_is_refused_with_its_reason_and_the_new_one_lets_in(event, guest):
    make.point(event, code="main")
    old = guest.badge_code
    new = replace_badge(event, guest.uid, instead_of=old, by_id=None, now=NOW)
    refused = at_the_door(event, old)
    assert (refused.result, refused.reason) == (ScanResult.REFUSED, Refusal.REVOKED)
    assert at_the_door(event, new).result is ScanResult.ADMITTED
    assert replaced_badges(event.id) == [(guest.id, old)]


def test_asked_for_twice_instead_of_the_same_code_it_is_done_once(event, guest):
    old = guest.badge_code
    new = replace_badge(event, guest.uid, instead_of=old, by_id=None, now=NOW)
    assert replace_badge(event, guest.uid, instead_of=old, by_id=None, now=NOW) == new
    assert len(replaced_badges(event.id)) == 1


@pytest.mark.each_database
def test_two_desks_that_replace_one_badge_at_once_give_one_new_code(app):
    event = make.event()
    guest = make.registration(event)
    event_id, uid, old = event.id, guest.uid, guest.badge_code

    def replace() -> str:
        return replace_badge(db.session.get_one(Event, event_id), uid, instead_of=old, by_id=None, now=NOW)

    codes = race(app, [replace] * 4)
    assert len(set(codes)) == 1
    assert db.session.query(ReplacedBadge).count() == 1
