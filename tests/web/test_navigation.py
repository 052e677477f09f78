"""The ways at the top and in the rail: where a reader is, is marked."""

from flask import Flask

from lsos.web.navigation import BELONGS_TO, ORGANISERS


def test_every_page_beside_the_rail_belongs_to_one_of_its_ways(app: Flask):
    parts = {
        rule.endpoint.partition(".")[0]
        for rule in app.url_map.iter_rules()
        if "/events/<slug>/organise" in rule.rule and "GET" in (rule.methods or ())
    }
    assert "people" in parts
    assert parts <= ORGANISERS
    assert {BELONGS_TO.get(part, f"{part}.index") for part in parts} <= set(app.view_functions)
