"""The next meeting on the day: first on the page, with who, where, why and a question to begin with."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.db import transaction
from lsos.meetings.models import MeetingParticipant, MeetingSlot, MeetingTable
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import Direction
from lsos.texts import Bilingual
from lsos.web.next_meeting import minutes_until
from tests import make
from tests.counting import counting

MINUTE = timedelta(minutes=1)


class Forum:
    """An event that goes on, and two who meet at it."""

    def __init__(self):
        #: Pages go by the real clock; where the event is, it is about noon.
        self.now = datetime.now(UTC)
        noon_there = f"Etc/GMT{self.now.hour - 12:+d}"
        self.event = make.event(slug="forum", starts_on=self.now.date(), timezone=noon_there)
        make.meeting_grid(self.event, slots=1)
        self.ola, self.jan, self.ewa = (
            make.registration(
                self.event, make.person(name, "Próbny"), organisation=make.organisation(firm), job_title=job
            )
            for name, firm, job in (("Ola", "Bio", "Prezeska"), ("Jan", "Lab", "Dyrektor"), ("Ewa", "Sen", "Lekarka"))
        )
        self.pilot = make.cooperation_type("pilot")
        make.listing(self.ola, Direction.SEEK, self.pilot)
        make.listing(self.jan, Direction.OFFER, self.pilot)

    def meet(self, minutes, one=None, other=None, **more):
        """Let two meet so many minutes from now."""
        begins = self.now + minutes * MINUTE
        slot = make.add(MeetingSlot(event_id=self.event.id, starts_at=begins, ends_at=begins + 20 * MINUTE))
        return make.meeting(one or self.ola, other or self.jan, slot, **more)

    def page(self, client, who=None, lang="en"):
        answer = client.sign_in((who or self.ola).person).get(f"/{lang}/events/forum/me/")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def forum(app):
    return Forum()


def card(page):
    """Give the card, which is the first section of the page."""
    start = page.index("<section", page.index("<h1"))
    found = page[start : page.index("</section>", start)]
    assert "next-meeting" in found, found
    return found


def test_it_stands_first_with_who_where_why_and_a_question(client, forum):
    make.meeting_request(forum.ewa, forum.ola, expires_at=forum.now + timedelta(hours=3))
    foyer = make.room(forum.event)
    with transaction() as session:
        table = session.query(MeetingTable).filter_by(event_id=forum.event.id, number=1).one()
        table.room_id = foyer.id
        table.host_organisation_id = forum.jan.organisation_id
    forum.meet(25)
    told = card(forum.page(client))
    for words in (
        "Next meeting, in 25 minutes",
        "table 1, Room, stand of Lab",
        "Jan Próbny",
        "Dyrektor, Lab",
        "You seek: pilot. Jan Próbny offers it.",
        "“You offer: pilot. What would we need to begin?”",
        "Open the meeting",
        "I cannot come",
    ):
        assert words in told, words


def test_whom_either_side_brings_stands_there_and_may_stay_away(client, forum):
    met = forum.meet(25)
    make.add(
        MeetingParticipant(meeting_id=met.id, registration_id=forum.ewa.id, slot_id=met.slot_id, beside_id=forum.jan.id)
    )
    assert "Also there: Ewa Próbny, Lekarka, Sen" in card(forum.page(client))
    of_ewa = card(forum.page(client, forum.ewa))
    assert "Ola Próbny" in of_ewa
    assert "Also there: Jan Próbny" in of_ewa
    assert "#leave" in of_ewa


def test_one_that_goes_on_says_so_and_how_to_be_noted_as_being_there(client, forum):
    forum.meet(-5)
    told = card(forum.page(client))
    assert "Your meeting now" in told
    assert "Scan the code on the table" in told
    assert "I cannot come" not in told


@pytest.mark.parametrize(("minutes", "is_there"), [(3, True), (9, True), (12, False)])
def test_from_ten_minutes_before_one_can_say_that_one_is_there(client, forum, minutes, is_there):
    forum.meet(minutes)
    assert ("Scan the code on the table" in card(forum.page(client))) is is_there


def test_one_that_is_hours_away_behind_something_else_is_told_in_a_line(client, forum):
    forum.meet(190)
    soon = make.session(forum.event, starts_at=forum.now + 30 * MINUTE, title=Bilingual("Sen", "Sleep"))
    make.signup(forum.ola, soon)
    page = forum.page(client)
    told = card(page)
    assert "Next meeting, in 3 h 10 min" in told
    assert "Jan Próbny" in told
    assert "To break the ice" not in told
    assert "Next, in 30 minutes" in page
    assert page.index("Next meeting") < page.index("Next, in 30 minutes")


def test_what_comes_after_it_is_told_once_and_below(client, forum):
    forum.meet(30)
    forum.meet(60, other=forum.ewa)
    page = forum.page(client)
    assert "Jan" in card(page)
    assert page.index("Next meeting, in 30 minutes") < page.index("After that")
    assert page.count("Open the meeting") == 2


def test_one_that_is_over_or_did_not_take_place_is_not_the_next(client, forum):
    forum.meet(-40)
    forum.meet(-5, other=forum.ewa, state=MeetingState.NO_SHOW)
    page = forum.page(client)
    assert 'id="next-meeting"' not in page


def test_a_meeting_of_another_day_stands_where_the_next_thing_stands(client, forum):
    forum.meet(24 * 60)
    page = forum.page(client)
    assert "Next meeting" in page
    assert "on-top" not in page
    assert "I cannot come" not in page


def test_it_costs_the_same_with_many_meetings_as_with_one(client, forum):
    forum.meet(25)
    with counting() as few:
        forum.page(client)
    for n in range(1, 6):
        other = make.registration(forum.event, organisation=make.organisation())
        met = forum.meet(25 + 30 * n, other=other)
        beside = make.registration(forum.event)
        make.add(
            MeetingParticipant(meeting_id=met.id, registration_id=beside.id, slot_id=met.slot_id, beside_id=other.id)
        )
    with counting() as many:
        forum.page(client)
    assert len(many) == len(few)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 1), (60, 1), (690, 12), (720, 12), (-30, 0), (-60, -1)])
def test_a_minute_that_has_begun_counts(seconds, minutes):
    assert minutes_until(make.BEFORE + timedelta(seconds=seconds), make.BEFORE) == minutes
