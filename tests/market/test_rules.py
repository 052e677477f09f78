"""What the market decides: who may look and write, and how a search stands in an address."""

import pytest

from lsos.market.rules import (
    LISTINGS_AT_MOST,
    SEARCHES_AT_MOST,
    ListingRefusal,
    LookRefusal,
    SearchRefusal,
    Wanted,
    listing_refusal,
    look_refusal,
    search_refusal,
    wanted_of,
)
from lsos.registration.rules import Direction, RegistrationState


@pytest.mark.parametrize(
    ("state", "has_matchmaking", "refusal"),
    [
        (RegistrationState.CONFIRMED, True, None),
        (RegistrationState.PENDING, True, LookRefusal.NOT_CONFIRMED),
        (RegistrationState.CONFIRMED, False, LookRefusal.NO_MATCHMAKING),
        (RegistrationState.PENDING, False, LookRefusal.NO_MATCHMAKING),
    ],
)
def test_who_has_a_seat_and_meetings_looks_around(state, has_matchmaking, refusal):
    assert look_refusal(state, has_matchmaking=has_matchmaking) is refusal


@pytest.mark.parametrize(
    ("state", "facts", "refusal"),
    [
        (RegistrationState.PENDING, {}, None),
        (RegistrationState.CANCELLED, {}, ListingRefusal.NO_PART),
        (RegistrationState.CONFIRMED, {"has_matchmaking": False}, ListingRefusal.NO_MATCHMAKING),
        (RegistrationState.CONFIRMED, {"has_title": False, "others": LISTINGS_AT_MOST}, ListingRefusal.NO_TITLE),
        (RegistrationState.CONFIRMED, {"lacks_organisation": True}, ListingRefusal.NO_ORGANISATION),
        (RegistrationState.CONFIRMED, {"others": LISTINGS_AT_MOST}, ListingRefusal.TOO_MANY),
        (RegistrationState.CONFIRMED, {"others": LISTINGS_AT_MOST - 1}, None),
    ],
)
def test_an_offer_needs_a_title_and_a_place(state, facts, refusal):
    assert listing_refusal(state, **{"has_matchmaking": True, **facts}) is refusal


@pytest.mark.parametrize(
    ("name", "is_taken", "others", "refusal"),
    [
        ("Funds", False, 0, None),
        ("", False, 0, SearchRefusal.NO_NAME),
        ("x" * 61, False, 0, SearchRefusal.TOO_LONG),
        ("Funds", True, SEARCHES_AT_MOST, SearchRefusal.NAME_TAKEN),
        ("Funds", False, SEARCHES_AT_MOST, SearchRefusal.TOO_MANY),
    ],
)
def test_a_search_has_a_name_of_its_own(name, is_taken, others, refusal):
    assert search_refusal(name, is_taken=is_taken, others=others) is refusal


def test_a_search_is_read_back_from_its_address():
    wanted = Wanted("łódzki  pilot", Direction.SEEK, kinds=("pilot-site",), tags=("a", "b"), trl_from=3, trl_to=9)

    assert wanted_of(wanted.as_query()) == Wanted(
        "łódzki pilot", Direction.SEEK, kinds=("pilot-site",), tags=("a", "b"), trl_from=3, trl_to=9
    )


@pytest.mark.parametrize(
    "query", [{}, {"side": "both"}, {"trl_from": "12"}, {"trl_to": "²"}, {"q": "  "}, {"more": "x"}, {"kind": [""]}]
)
def test_what_cannot_be_read_asks_nothing(query):
    assert not wanted_of(query)
