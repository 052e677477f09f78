"""Times and tables as an organiser makes them."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.db import db
from lsos.events.rules import Role
from lsos.meetings import blocks, places
from tests import make

SOON = datetime.now(UTC).date() + timedelta(days=30)


class Forum:
    """An event without slots or tables, and somebody who does its matchmaking."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        self.organiser = make.staff(Role.MATCHMAKING, self.event)

    def address(self, rest=""):
        return f"/en/events/{self.event.slug}/organise/matching/places{rest}"

    def block(self, **more):
        typed = {"day": SOON.isoformat(), "starts": "10:00", "ends": "11:10", "slot_minutes": "20"}
        return typed | {"buffer_minutes": "5"} | more


@pytest.fixture
def forum(app):
    return Forum()


@pytest.fixture
def organiser(client, forum):
    return client.sign_in(forum.organiser)


def press(reader, address, **data):
    answer = reader.post(address, data=data, follow_redirects=True)
    db.session.rollback()
    return answer


def test_an_event_without_anything_gets_times_and_tables(organiser, forum):
    page = organiser.get(forum.address()).text
    assert "There are no times for meetings yet." in page
    assert "There are no tables yet." in page
    assert "Say when and where people meet" in organiser.get(forum.address().removesuffix("/places") + "/").text

    press(organiser, forum.address("/times/new"), **forum.block())
    page = press(organiser, forum.address("/tables"), first="1", last="3", room="").text
    assert "3 tables are there now." in page
    assert "3 slots of 20 minutes, 5 minutes between two" in page
    assert '<span class="figure">9</span> places are free' in page


def test_wrong_times_are_told_and_nothing_typed_is_lost(organiser, forum):
    short = organiser.post(forum.address("/times/new"), data=forum.block(ends="10:10"))
    assert short.status_code == 422
    assert "No slot fits between these times." in short.text
    assert 'value="10:10"' in short.text
    press(organiser, forum.address("/times/new"), **forum.block())
    assert (
        "Another block of time is at these hours."
        in organiser.post(forum.address("/times/new"), data=forum.block(starts="10:30", ends="12:00")).text
    )


def test_a_block_is_changed_and_taken_away(organiser, forum):
    press(organiser, forum.address("/times/new"), **forum.block())
    [uid] = [block.uid for block in blocks.blocks_of(forum.event.id)]
    assert 'value="11:10"' in organiser.get(forum.address(f"/times/{uid}")).text
    page = press(organiser, forum.address(f"/times/{uid}"), **forum.block(ends="12:00")).text
    assert "5 slots." in page
    press(organiser, forum.address(f"/times/{uid}/remove"))
    assert places.slots_of(forum.event.id) == []
    assert organiser.get(forum.address(f"/times/{uid}")).status_code == 404


def test_a_table_is_closed_and_becomes_a_stand(organiser, forum):
    host = make.organisation("Szpital Próbny")
    make.registration(forum.event, organisation_id=host.id)
    press(organiser, forum.address("/times/new"), **forum.block())
    press(organiser, forum.address("/tables"), first="5", last="5", room="")
    slots = places.slots_of(forum.event.id)
    closed = {f"closed_{SOON:%Y%m%d}": [str(slots[0].id), str(slots[2].id)]}
    page = press(organiser, forum.address("/tables/5"), room="", host=str(host.id), **closed).text
    assert "stand of Szpital Próbny · closed in 2 slots" in page
    assert list(places.open_tables(forum.event.id)) == [slots[1].id]
    shown = organiser.get(forum.address("/tables/5")).text
    assert shown.count("checked") == 2
    assert organiser.get(forum.address("/tables/6")).status_code == 404


def test_numbers_that_are_taken_and_tables_in_use_are_refused(organiser, forum):
    press(organiser, forum.address("/times/new"), **forum.block())
    press(organiser, forum.address("/tables"), first="1", last="2", room="")
    again = organiser.post(forum.address("/tables"), data={"first": "2", "last": "4", "room": ""})
    assert again.status_code == 422
    assert "There is a table 2 already." in again.text
    make.meeting(make.registration(forum.event), make.registration(forum.event), places.slots_of(forum.event.id)[0])
    assert "Meetings are at table 1 (1 of them)." in press(organiser, forum.address("/tables/1/remove")).text
    assert "Taken away." in press(organiser, forum.address("/tables/2/remove")).text


def test_the_stands_of_the_zone_are_offered(organiser, forum):
    page = press(organiser, forum.address("/stands")).text
    assert "Every organisation with a stand in the zone has a table already." in page
