"""The first question of a meeting: what it is made of, and what goes first."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask_babel import force_locale

from lsos.db import transaction
from lsos.matchmaking.model import Reason, ReasonKind
from lsos.meetings.ice_breaker import AskedFor, Opening, asked_for, first_question
from lsos.meetings.models import Meeting
from lsos.meetings.words import Vocabulary
from lsos.registration.models import Listing
from lsos.registration.rules import Direction
from lsos.texts import Bilingual
from tests import make

PILOT = Bilingual("pilotaż w szpitalu", "pilot in a hospital")
NAMES = Vocabulary(
    cooperation={"pilot": PILOT},
    tags={"sleep": Bilingual("sen", "sleep")},
    focus_areas={"health": Bilingual("zdrowie", "health")},
)
OFFERED = Reason(ReasonKind.OFFER_MEETS_SEEK, "for_a", ("pilot",), 0.5)
SOUGHT = Reason(ReasonKind.OFFER_MEETS_SEEK, "for_b", ("pilot",), 0.5)
BOTH = Reason(ReasonKind.SAME_COOPERATION, "both", ("pilot",), 0.4)
TAGS = Reason(ReasonKind.SHARED_TAGS, "both", ("sleep",), 0.2)
AREA = Reason(ReasonKind.SHARED_FOCUS_AREAS, "both", ("health",), 0.1)


@pytest.mark.parametrize(
    ("told", "reasons", "said"),
    [
        (None, [AREA, TAGS, SOUGHT, OFFERED], "“You offer: pilot in a hospital. What would we need to begin?”"),
        (None, [AREA, SOUGHT], "“You are looking for: pilot in a hospital. What matters most to you in it?”"),
        (None, [AREA, BOTH], "“We both want: pilot in a hospital. What is still missing for you?”"),
        (None, [AREA, TAGS], "“We both work on: sleep. What are you working on at the moment?”"),
        (None, [AREA], "“We share a focus area: health. What brought you to it?”"),
        (AskedFor(Direction.OFFER, True, PILOT), [OFFERED], Opening.WE_OFFER % {"what": "pilot in a hospital"}),
        (AskedFor(Direction.SEEK, True, PILOT), [], Opening.WE_SEEK % {"what": "pilot in a hospital"}),
        (AskedFor(Direction.OFFER, False, PILOT), [], Opening.THEY_OFFER % {"what": "pilot in a hospital"}),
        (AskedFor(Direction.OFFER, True, PILOT, "pilot"), [BOTH], Opening.BOTH_WANT % {"what": "pilot in a hospital"}),
        (AskedFor(Direction.OFFER, True, PILOT), [BOTH], Opening.WE_OFFER % {"what": "pilot in a hospital"}),
        (AskedFor(Direction.SEEK, False, PILOT), [], Opening.THEY_SEEK % {"what": "pilot in a hospital"}),
    ],
)
def test_what_the_meeting_was_asked_for_goes_first_then_what_fits_best(app, told, reasons, said):
    with force_locale("en"):
        assert first_question(told, reasons, NAMES) == said


@pytest.mark.parametrize("kind", [kind for kind in ReasonKind if kind.is_against or kind.is_learned])
def test_what_speaks_against_or_was_learned_from_answers_makes_no_question(app, kind):
    assert first_question(None, [Reason(kind, "for_a", ("pilot",), 0.1)], NAMES) == ""


def test_a_full_stop_at_the_end_of_a_title_does_not_stand_twice(app):
    told = AskedFor(Direction.OFFER, False, Bilingual("Sen.", "Sleep lab."))
    with force_locale("en"):
        assert first_question(told, [], NAMES) == Opening.THEY_OFFER % {"what": "Sleep lab"}


def test_of_what_a_meeting_was_asked_for_each_side_knows_whose_it_is_while_it_is_open(app):
    event = make.event()
    slots = make.meeting_grid(event)
    ola, jan = (make.registration(event, make.person(name)) for name in ("Ola", "Jan"))
    listing = make.listing(jan, Direction.OFFER, make.cooperation_type("pilot"), title=Bilingual("Łóżka", "Beds"))
    asked = make.meeting_request(ola, jan, listing_id=listing.id)
    meeting = make.meeting(ola, jan, slots[0], request_id=asked.id)

    assert asked_for(meeting, ola.id) == AskedFor(Direction.OFFER, False, Bilingual("Łóżka", "Beds"))
    assert asked_for(meeting, jan.id) == AskedFor(Direction.OFFER, True, Bilingual("Łóżka", "Beds"))
    with transaction() as session:
        session.get_one(Listing, listing.id).is_closed = True
    assert asked_for(meeting, ola.id) is None
    bare = cast("Meeting", cast("Any", SimpleNamespace(request=None)))
    assert asked_for(bare, ola.id) is None
