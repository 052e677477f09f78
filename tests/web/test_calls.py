"""The organisers' call list, as they read it."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.events.rules import Role
from tests import make

NOW = datetime.now(UTC)


class Forum:
    """A fund that two asked for a meeting."""

    def __init__(self):
        self.event = make.event(starts_on=NOW.date() + timedelta(days=30))
        make.meeting_grid(self.event, slots=3, tables=3)
        self.fund = make.registration(self.event, make.person("Frida", "Fundusz", email="frida@fund.example"))
        for n in range(2):
            asker = make.registration(self.event, make.person(f"Pyta{n}"))
            make.meeting_request(asker, self.fund, expires_at=NOW + timedelta(days=5))

    def address(self, rest=""):
        return f"/en/events/{self.event.slug}/organise/matching/calls/{rest}"


@pytest.fixture
def forum(app):
    return Forum()


def text(reader, forum):
    return " ".join(reader.get(forum.address()).text.split())


def test_the_list_says_whom_to_call_and_what_it_would_bring(client, forum):
    page = text(client.sign_in(make.staff(Role.OWNER, forum.event)), forum)

    assert "Frida Fundusz" in page
    assert (
        "2 people wait for the answers; 2 meetings can come of it; for 2 of them it would be the first meeting." in page
    )
    assert "mailto:frida@fund.example" in page


def test_who_may_not_open_registrations_reads_names_without_addresses(client, forum):
    page = text(client.sign_in(make.staff(Role.MATCHMAKING, forum.event)), forum)

    assert "Frida Fundusz" in page
    assert "frida@fund.example" not in page


def test_who_was_called_is_marked_and_the_mark_can_be_taken_back(client, forum):
    organiser = client.sign_in(make.staff(Role.OWNER, forum.event))

    page = organiser.post(forum.address(forum.fund.uid), data={"called": "yes"}, follow_redirects=True).text
    assert '<span class="chip good">called</span>' in page
    page = organiser.post(forum.address(forum.fund.uid), data={"called": "no"}, follow_redirects=True).text
    assert '<span class="chip good">called</span>' not in page


def test_without_open_requests_there_is_nobody_to_call(client, app):
    where = make.event()
    page = client.sign_in(make.staff(Role.OWNER, where)).get(f"/en/events/{where.slug}/organise/matching/calls/").text

    assert "Nobody is to be called." in page
