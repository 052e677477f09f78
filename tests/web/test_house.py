"""The live page as staff read it: who sees what, and how it is sent again."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.checkin import service
from lsos.checkin.rules import PointKind
from lsos.db import new_uid
from lsos.events.rules import Role
from lsos.web import house as page
from tests import make
from tests.counting import counting


@pytest.fixture
def event(app):
    now = datetime.now(UTC)
    event = make.event(starts_on=now.date() - timedelta(days=1), ends_on=now.date() + timedelta(days=1))
    make.point(event, PointKind.DOOR, "main")
    make.registration(event, make.person("Zofia", "Notowana"), desk_note="Paczka w biurze.")
    return event


@pytest.fixture
def at_once(monkeypatch):
    """Let every look be a reading of its own."""
    monkeypatch.setattr(page, "FRESH_FOR", 0.0)


def come(event):
    now = datetime.now(UTC)
    guest = make.registration(event)
    service.scan(event, "main", guest.badge_code, uid=new_uid(), scanned_at=now, by_id=None, now=now)


def address(event, *rest):
    return f"/en/events/{event.slug}/live/" + "".join(rest)


def test_names_are_for_those_who_look_after_people_and_for_no_screen(client, event):
    client.sign_in(make.staff(Role.OWNER, event))
    assert "Zofia Notowana" in client.get(address(event)).text
    assert "Zofia" not in client.get(address(event, "?screen=1")).text
    for role in (Role.DOOR, Role.READER):
        client.sign_in(make.staff(role, event))
        text = client.get(address(event)).text
        assert "came today" in text
        assert "Zofia" not in text
        assert "Zofia" not in client.get(address(event, "news")).text


def test_the_page_says_what_the_expectation_is(client, event):
    client.sign_in(make.staff(Role.DOOR, event))
    text = client.get(address(event)).text
    assert "50% to 90% of those with a place today: an assumption" in text
    assert "Look again" in text


def test_it_is_sent_again_only_when_something_changed(client, event, at_once):
    client.sign_in(make.staff(Role.DOOR, event))
    news = address(event, "news")
    first = client.get(news)
    again = client.get(news, headers={"If-None-Match": first.headers["ETag"]})
    #: A minute may have passed between the two.
    assert (again.status_code, again.data) == (304, b"") or again.headers["ETag"] != first.headers["ETag"]
    come(event)
    changed = client.get(news, headers={"If-None-Match": again.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != again.headers["ETag"]
    polish = client.get(news.replace("/en/", "/pl/"), headers={"If-None-Match": changed.headers["ETag"]})
    assert polish.status_code == 200


def test_one_reading_serves_all_who_look_for_some_seconds(client, event):
    client.sign_in(make.staff(Role.DOOR, event))
    client.get(address(event, "news"))
    come(event)
    with counting() as alone:
        client.get(address(event, "news"))
    assert not [one for one in alone if "FROM arrival" in str(one)]
    assert len(alone) < 8
