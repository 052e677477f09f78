"""The ways at the top and in the rail: where a reader is, is marked."""

import pytest
from flask import Flask

from lsos.web.navigation import BELONGS_TO, ORGANISERS
from tests import make
from tests.conftest import Reader


def test_every_page_beside_the_rail_belongs_to_one_of_its_ways(app: Flask):
    parts = {
        rule.endpoint.partition(".")[0]
        for rule in app.url_map.iter_rules()
        if "/events/<slug>/organise" in rule.rule and "GET" in (rule.methods or ())
    }
    assert "people" in parts
    assert parts <= ORGANISERS
    assert {BELONGS_TO.get(part, f"{part}.index") for part in parts} <= set(app.view_functions)


@pytest.mark.any_database
@pytest.mark.parametrize(("is_light", "ways"), [(False, True), (True, False)])
def test_a_guest_of_the_public_session_has_no_way_to_meetings(client: Reader, is_light: bool, ways: bool):
    event = make.event()
    kind = make.participation_type(event, is_light=is_light)
    client.sign_in(make.registration(event, make.person(), participation_type=kind).person)
    page = client.get(f"/en/events/{event.slug}/programme").text
    assert (f"/en/events/{event.slug}/meetings/" in page) is ways
    assert f"/en/events/{event.slug}/me/" in page
