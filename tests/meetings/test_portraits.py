"""People as the matching sees them: what an offer or request says itself, and the profile for what it leaves open."""

import pytest

from lsos.db import db
from lsos.meetings.portraits import portraits
from lsos.registration.models import Profile, Registration
from lsos.registration.rules import Direction
from lsos.taxonomy.models import FundingStage, TicketBand
from lsos.texts import Bilingual
from tests import make

OFFER, SEEK = Direction.OFFER, Direction.SEEK


def profile_of(who: Registration) -> Profile:
    profile = db.session.get_one(Registration, who.id).profile
    assert profile is not None
    return profile


def portrait_of(who):
    return portraits([who.id])[who.id]


def stage(position):
    return make.add(FundingStage(code=f"stage-{position}", position=position, name=Bilingual("etap", "stage")))


def band(position):
    return make.add(
        TicketBand(code=f"band-{position}", position=position, name=Bilingual("kwota", "sum"), min_eur=position)
    )


def test_the_subjects_and_areas_of_an_offer_join_those_of_its_owner(app):
    where = make.event()
    own, named = make.focus_area(where), make.focus_area(where)
    who = make.registration(where, focus_areas=[own])
    gene, cell = make.tag("genomics"), make.tag("cells")
    profile_of(who).tags = [gene]
    db.session.commit()
    make.listing(who, OFFER, make.cooperation_type("pilot-site"), focus_area_id=named.id, tags=[cell])

    assert portrait_of(who).tags == {"genomics", "cells"}
    assert portrait_of(who).focus_areas == {own.code, named.code}


def test_a_closed_offer_says_nothing(app):
    where = make.event()
    who = make.registration(where)
    more = {"tags": [make.tag("cells")], "focus_area_id": make.focus_area(where).id, "trl": 9, "is_closed": True}
    make.listing(who, OFFER, make.cooperation_type("pilot-site"), **more)

    found = portrait_of(who)
    assert (found.tags, found.focus_areas, found.trl, found.offers) == (set(), set(), None, set())


def test_stages_and_sums_are_those_of_the_request_for_money_and_else_of_the_profile(app):
    where = make.event()
    who = make.registration(where)
    early, small, later, other = stage(1), band(1), [stage(3), stage(4)], stage(7)
    profile_of(who).stages, profile_of(who).ticket_bands = [early], [small]
    db.session.commit()
    money, pilot = make.cooperation_type("investment"), make.cooperation_type("pilot-site")
    make.listing(who, SEEK, pilot, stages=[other])
    before = portrait_of(who)
    make.listing(who, SEEK, money, stages=later)
    after = portrait_of(who)

    assert (before.stages, before.tickets) == ({1}, {1})
    assert (after.stages, after.tickets) == ({3, 4}, {1})


@pytest.mark.parametrize(
    ("own", "offers", "brought"),
    [
        (None, [], None),
        (6, [], 6),
        (6, [None], 6),
        (6, [3], 3),
        (6, [3, None], 6),
        (None, [3, 8], 8),
        (None, [None, 2], 2),
    ],
)
def test_the_readiness_that_is_brought_is_the_best_of_the_offers(app, own, offers, brought):
    who = make.registration(make.event())
    profile_of(who).trl = own
    db.session.commit()
    for level in offers:
        make.listing(who, OFFER, make.cooperation_type(), trl=level)

    assert portrait_of(who).trl == brought


@pytest.mark.parametrize(
    ("own", "requests", "wanted"),
    [
        (None, [], None),
        (6, [], 6),
        (6, [None], 6),
        (6, [3], 3),
        (6, [8, None], 6),
        (None, [5, 8], 5),
        (None, [5, None], None),
    ],
)
def test_the_readiness_that_is_wanted_is_the_least_of_the_requests_and_none_where_one_leaves_it_open(
    app, own, requests, wanted
):
    who = make.registration(make.event())
    profile_of(who).trl_sought = own
    db.session.commit()
    for level in requests:
        make.listing(who, SEEK, make.cooperation_type(), trl=level)

    assert portrait_of(who).trl_sought == wanted
