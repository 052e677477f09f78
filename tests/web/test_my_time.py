"""One's time for meetings: slots kept free, and what one wishes for the days, as a person reads and presses it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from lsos.matchmaking.days import Half
from lsos.meetings import places, service
from lsos.meetings.direct_rules import Bookable, MeetingMode
from lsos.meetings.preferences import Preference, preference_of
from lsos.meetings.preferring import save_preference
from lsos.meetings.rules import RequestState
from tests import make

NOW = datetime.now(UTC)
#: Pages go by the real clock.
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """An event with two people who may meet."""

    def __init__(self, *, slots=4, mode=MeetingMode.LATER):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=2, mode=mode)
        self.me, self.other = (make.registration(self.event, make.person(name)) for name in ("Ola", "Jan"))

    def address(self, rest=""):
        return f"/en/events/{self.event.slug}/my-time{rest}"


@pytest.fixture
def forum(app):
    return Forum()


def read(client, who, address):
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == 200
    return answer.text


def press(client, who, address, **data):
    return client.sign_in(who.person).post(address, data=data, follow_redirects=True)


# ---- slots


def test_a_slot_is_kept_free_and_opened_again(client, forum):
    at = forum.slots[1].starts_at.isoformat()
    kept = press(client, forum.me, forum.address("/slots"), block=at)
    assert "kept free" in kept.text
    assert len(places.free_slots(forum.event.id, [forum.me.id])[forum.me.id]) == 3

    opened = press(client, forum.me, forum.address("/slots"), open=at)
    assert "kept free" not in opened.text


def test_a_slot_with_a_meeting_is_not_kept_free(client, forum):
    meeting = make.meeting(forum.me, forum.other, forum.slots[0])
    answer = press(client, forum.me, forum.address("/slots"), block=meeting.starts_at.isoformat())

    assert "You have a meeting at this time. Move or cancel it first." in answer.text


def test_every_slot_says_what_it_is_used_for(client, forum):
    make.meeting(forum.me, forum.other, forum.slots[0])
    make.signup(forum.me, make.session(forum.event, starts_at=forum.slots[1].starts_at, minutes=20))
    service.block_slot(forum.me.id, forum.slots[2].starts_at, now=NOW)

    page = read(client, forum.me, forum.address())
    uses = re.findall(r'class="slot (\w+)"', page)

    assert uses == ["meeting", "session", "blocked", "free"]


# ---- wishes


def test_wishes_for_the_days_are_kept_and_shown_again(client, forum):
    told = {"half": "morning", "rest_after": "3", "compact": "y", "keeps_lunch": "y", "evening_letter": "y"}
    answer = press(client, forum.me, forum.address(), **told)

    assert "Saved." in answer.text
    assert preference_of(forum.me.id) == Preference(half=Half.MORNING, rest_after=3, compact=True, keeps_lunch=True)
    assert 'value="3" selected' in answer.text or 'selected value="3"' in answer.text


def test_limits_of_ones_own_are_kept_and_nonsense_is_refused_with_what_was_typed(client, forum):
    press(client, forum.me, forum.address(), half="", rest_after="", most_meetings="5", most_a_day="2")
    assert preference_of(forum.me.id) == Preference(most_meetings=5, most_a_day=2, evening_letter=False)

    wrong = client.sign_in(forum.me.person).post(
        forum.address(), data={"half": "", "rest_after": "", "most_meetings": "0", "most_a_day": "2"}
    )
    assert wrong.status_code == 422
    assert "Choose a number from 1 to 1000." in wrong.text
    assert preference_of(forum.me.id).most_meetings == 5


def test_a_wish_that_is_not_on_offer_is_refused(client, forum):
    answer = client.sign_in(forum.me.person).post(forum.address(), data={"half": "night", "rest_after": "3"})

    assert answer.status_code == 422
    assert "One answer needs another look." in answer.text
    assert preference_of(forum.me.id) == Preference()


def test_who_may_book_is_asked_only_where_times_are_booked_at_once(client, app):
    later, now = Forum(), Forum(mode=MeetingMode.NOW)
    assert "Who may book a time with me at once" not in read(client, later.me, later.address())
    assert "Who may book a time with me at once" in read(client, now.me, now.address())

    press(client, now.me, now.address(), half="", rest_after="", bookable="nobody")
    assert preference_of(now.me.id).bookable is Bookable.NOBODY


def test_what_is_not_asked_stays_as_it_was(client, forum):
    save_preference(forum.me.id, Preference(bookable=Bookable.WISHED))
    press(client, forum.me, forum.address(), half="afternoon", rest_after="", evening_letter="y")
    assert preference_of(forum.me.id) == Preference(bookable=Bookable.WISHED, half=Half.AFTERNOON)


def test_how_one_is_reminded_is_ones_own_choice(client, forum):
    page = read(client, forum.me, forum.address())
    assert page.count("10 minutes before") == 2
    assert re.search(r'<option selected value="10">', page)

    press(client, forum.me, forum.address(), half="", rest_after="", alarm_minutes="0", letter_minutes="30")
    assert preference_of(forum.me.id) == Preference(alarm_minutes=0, letter_minutes=30, evening_letter=False)
    assert re.search(r'<option selected value="30">', read(client, forum.me, forum.address()))

    wrong = client.sign_in(forum.me.person).post(forum.address(), data={"half": "", "letter_minutes": "7"})
    assert wrong.status_code == 422
    assert preference_of(forum.me.id).letter_minutes == 30


# ---- what it costs


def agree(forum):
    """Let the two have agreed, with the other free in one slot only."""
    make.meeting_request(forum.me, forum.other, state=RequestState.ACCEPTED)
    for slot in forum.slots[1:]:
        service.block_slot(forum.other.id, slot.starts_at, now=NOW)


def kept_by(forum):
    return 4 - len(places.free_slots(forum.event.id, [forum.me.id])[forum.me.id])


def test_what_it_costs_is_said_before_a_slot_is_kept_free_and_asked_once(client, forum):
    agree(forum)
    at = forum.slots[0].starts_at.isoformat()
    asked = press(client, forum.me, forum.address("/slots"), block=at)
    assert "This removes 1 of 1 possible meeting." in asked.text
    assert f"You agreed to meet {forum.other.person.name}" in asked.text
    assert kept_by(forum) == 0

    press(client, forum.me, forum.address("/slots"), block=at, sure="yes")
    assert kept_by(forum) == 1


def test_a_slot_that_costs_nothing_is_kept_free_at_once(client, forum):
    agree(forum)
    press(client, forum.me, forum.address("/slots"), block=forum.slots[2].starts_at.isoformat())
    assert kept_by(forum) == 1


def test_a_whole_morning_is_kept_free_and_opened_in_one_press(client, forum):
    morning = f"{SOON.isoformat()}:morning"
    kept = press(client, forum.me, forum.address("/slots"), block=morning)
    assert "4 slots are kept free." in kept.text
    assert "Open the morning" in kept.text
    assert kept_by(forum) == 4

    press(client, forum.me, forum.address("/slots"), open=morning)
    assert kept_by(forum) == 0


def test_a_whole_day_asks_once_too_and_a_part_there_is_not_is_refused(client, forum):
    agree(forum)
    day = f"{SOON.isoformat()}:day"
    asked = press(client, forum.me, forum.address("/slots"), block=day)
    assert "This removes 1 of 1 possible meeting." in asked.text
    assert asked.text.count('name="block"') == 4
    assert client.sign_in(forum.me.person).post(forum.address("/slots"), data={"block": "x:night"}).status_code == 400
