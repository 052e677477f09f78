"""Meeting on the spot as two people read and press it, each on their own phone."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.checkin import service
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid, transaction
from lsos.meetings.models import Avoidance, Meeting, MeetingSlot, Suggestion
from lsos.meetings.places import tables_of
from lsos.meetings.rules import MeetingOrigin
from tests import make


class Now:
    """Two people who came in today, and a slot that began two minutes ago."""

    def __init__(self):
        #: Pages go by the real clock.
        self.moment = datetime.now(UTC)
        today, one = self.moment.date(), timedelta(days=1)
        self.event = make.event(starts_on=today - one, ends_on=today + one)
        slots = make.meeting_grid(self.event, slots=1)
        with transaction() as session:
            slot = session.get_one(MeetingSlot, slots[0].id)
            slot.starts_at, slot.ends_at = self.moment - timedelta(minutes=2), self.moment + timedelta(minutes=18)
        make.point(self.event, PointKind.DOOR, "main")
        self.me, self.other = (make.registration(self.event, make.person(n, "Próbny")) for n in ("Ola", "Jan"))
        for who in (self.me, self.other):
            self.comes_in(who)
        self.table = tables_of(self.event.id)[1]
        self.at = f"/en/events/{self.event.slug}/now/"

    def comes_in(self, who):
        service.scan(
            self.event, "main", who.badge_code, uid=new_uid(), scanned_at=self.moment, by_id=None, now=self.moment
        )


@pytest.fixture
def now(app):
    return Now()


def the_meeting():
    db.session.rollback()
    return db.session.query(Meeting).one_or_none()


def test_scanning_a_badge_leads_to_its_owner_and_one_button_asks(client, now):
    client.sign_in(now.me.person)
    found = client.get(f"/b/{now.other.badge_code}?lang=en")
    assert f"{now.at}with/{now.other.badge_code}" in client.get(found.location).text
    page = client.get(f"{now.at}with/{now.other.badge_code}").text
    assert "Jan Próbny" in page
    told = client.post(f"{now.at}ask/{now.other.uid}", follow_redirects=True).text
    assert "Jan Próbny is asked now and has five minutes to answer." in told
    assert "You asked Jan Próbny to meet now" in told


def test_the_other_reads_it_on_my_day_says_yes_and_both_meet(client, now):
    client.sign_in(now.me.person)
    client.post(f"{now.at}ask/{now.other.uid}")
    client.sign_in(now.other.person)
    page = client.get(f"/en/events/{now.event.slug}/me/").text
    assert "Ola Próbny would like to meet you now" in page
    address = _address(page)

    told = client.post(address, data={"answer": "yes"}, follow_redirects=True).text

    assert "You meet now: Ola Próbny" in told
    assert the_meeting().origin is MeetingOrigin.WALK_UP
    client.sign_in(now.me.person)
    assert "Jan Próbny said yes" in client.get(f"{now.at}news").text


def _address(page):
    """Find where the answer goes."""
    addresses = [part.partition('"')[0] for part in page.split('action="')[1:]]
    return next(address for address in addresses if address.endswith("/answer"))


def test_a_no_is_told_and_leads_to_another_time(client, now):
    client.sign_in(now.me.person)
    client.post(f"{now.at}ask/{now.other.uid}")
    client.sign_in(now.other.person)
    address = _address(client.get(now.at).text)
    assert client.post(address, data={"answer": "perhaps"}).status_code == 400
    assert "You said that you cannot now." in client.post(address, data={"answer": "no"}, follow_redirects=True).text
    client.sign_in(now.me.person)
    page = client.get(now.at).text
    assert "Jan Próbny cannot meet now" in page
    assert "Ask for another time" in page
    assert the_meeting() is None


def test_two_at_a_free_table_both_say_yes_by_its_code(client, now):
    at_table = f"/en/events/{now.event.slug}/tables/{now.table.code}/"
    client.sign_in(now.me.person)
    assert "You sit here together?" in client.get(at_table).text
    told = client.post(
        f"{now.at}badge", data={"code": now.other.badge_code.lower(), "table": now.table.code}, follow_redirects=True
    ).text
    assert "has five minutes to answer" in told

    client.sign_in(now.other.person)
    page = client.get(at_table).text
    assert "Waits at table 2" in page
    client.post(_address(page), data={"answer": "yes"})
    assert the_meeting().table_id == now.table.id


def test_a_code_that_is_nobodys_keeps_what_was_typed(client, now):
    client.sign_in(now.me.person)
    answer = client.post(f"{now.at}badge", data={"code": "NOSUCHCODE", "table": now.table.code})
    assert answer.status_code == 422
    assert "NOSUCHCODE" in answer.text
    assert now.table.code in answer.text
    assert client.get(f"{now.at}with/NOSUCHCODE").status_code == 404


def test_what_the_page_shows_already_is_not_sent_again(client, now):
    client.sign_in(now.me.person)
    first = client.get(f"{now.at}news")
    again = client.get(f"{now.at}news", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    client.post(f"{now.at}ask/{now.other.uid}")
    assert client.get(f"{now.at}news", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_who_is_here_free_and_fits_is_named_and_can_be_asked_at_once(client, now):
    make.add(
        Suggestion(
            registration_id=now.me.id, other_id=now.other.id, rank=1, score=0.8, score_for_me=0.8, score_for_other=0.8
        )
    )
    client.sign_in(now.me.person)
    assert "Jan Próbny" in client.get(now.at).text
    assert "Ask to meet now" in client.get(f"/en/events/{now.event.slug}/people/{now.other.uid}").text


def test_who_is_not_here_or_takes_no_part_is_told_what_to_do(client, now):
    away = make.registration(now.event, make.person("Ewa", "Nieobecna"))
    client.sign_in(away.person)
    assert "once your badge was scanned at the door today" in client.get(now.at).text
    alone = make.registration(now.event, make.person("Adam", "Samotny"), purposes=())
    client.sign_in(alone.person)
    assert "Switch them on under Consents" in client.get(now.at).text
    assert client.get(f"{now.at}with/{now.me.badge_code}").status_code == 404
    page = client.get(f"/b/{now.me.badge_code}?lang=en", follow_redirects=True).text
    assert "Exchange contacts" in page
    assert "sit down together" not in page


def test_who_is_never_to_be_met_reads_what_a_stranger_reads_and_nobody_is_asked(client, now):
    stranger = make.registration(now.event, make.person("Iga", "Obca"))
    now.comes_in(stranger)
    make.add(Avoidance(owner_id=now.other.person_id, person_id=now.me.person_id, at=now.moment))

    def told(who):
        client.sign_in(who.person)
        asked = client.post(f"{now.at}ask/{now.other.uid}", follow_redirects=True).text
        return "Jan Próbny is asked now" in asked, "Take it back" in client.get(f"{now.at}news").text

    assert told(now.me) == told(stranger) == (True, True)
    client.sign_in(now.other.person)
    page = client.get(now.at).text
    assert "Iga Obca would like to meet you now" in page
    assert "Ola Próbny" not in page
