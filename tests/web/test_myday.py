"""My day: the next thing first, then one line through sessions and meetings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject

from lsos.accounts.models import Person
from lsos.agenda.models import SessionPerson, SessionStar
from lsos.agenda.rules import Interval
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.rules import MeetingOrigin, MeetingState
from lsos.registration.models import Registration, RegistrationChange
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web.myday import Gap, Item, line_of, with_gaps
from tests import make
from tests.conftest import Reader
from tests.counting import counting

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)
TODAY = NOW.date()
AT = "/en/events/forum/me/"


def forum(**more: Any) -> Event:
    values: dict[str, Any] = {"slug": "forum", "starts_on": TODAY + timedelta(days=30)}
    return make.event(**(values | more))


def guest(event: Event, client: Reader, **more: Any) -> Registration:
    found = make.registration(event, make.person("Ada", "Ząb"), **more)
    client.sign_in(db.session.get_one(Person, found.person_id))
    return found


def meeting(mine: Registration, other: Registration, place: int = 0) -> Meeting:
    """Arrange a meeting in one of the event's slots."""
    event = db.session.get_one(Event, mine.event_id)
    if not db.session.query(MeetingTable).count():
        make.meeting_grid(event)
    slot = db.session.query(MeetingSlot).order_by(MeetingSlot.starts_at)[place]
    table = db.session.query(MeetingTable).order_by(MeetingTable.number)[0]
    low, high = sorted((mine.id, other.id))
    return make.add(
        Meeting(
            event_id=event.id,
            origin=MeetingOrigin.MATCHING,
            state=MeetingState.SCHEDULED,
            first_id=low,
            second_id=high,
            slot_id=slot.id,
            table_id=table.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            created_at=make.BEFORE,
            participants=[MeetingParticipant(registration_id=i, slot_id=slot.id) for i in (low, high)],
        )
    )


def test_the_page_is_for_those_who_registered(client: Reader):
    forum()
    assert "/sign-in" in client.get(AT).location
    client.sign_in(make.person())
    assert client.get(AT).status_code == 302


def test_a_person_without_plans_is_shown_where_to_begin(client: Reader):
    guest(forum(), client)
    page = client.get(AT).text
    assert "Nothing is planned yet." in page
    assert "Read the programme" in page
    assert "/me/profile" in page
    assert "/me/calendar" in page


def test_whoever_waits_for_the_organiser_finds_what_they_sent(client: Reader):
    guest(forum(), client, state=RegistrationState.PENDING)
    page = client.get(AT).text
    assert "/me/profile" in page
    assert "/me/calendar" not in page


def test_the_next_thing_stands_first_and_the_day_follows(client: Reader):
    event = forum()
    mine = guest(event, client)
    begins = make.session(event).starts_at
    assert begins is not None
    for hours, title in ((3, "Later talk"), (1, "Sooner talk")):
        make.signup(mine, make.session(event, starts_at=begins + hours * HOUR, title=Bilingual(title, title)))
    page = client.get(AT).text
    assert page.index("Next") < page.index("Sooner talk") < page.index("Later talk")
    assert page.count("Sooner talk") == 2
    assert "Free for" not in page
    assert "Free until 12:00" in page


def test_what_is_on_now_is_called_now(client: Reader):
    event = forum(starts_on=TODAY - timedelta(days=1), days=3)
    mine = guest(event, client)
    make.signup(mine, make.session(event, starts_at=datetime.now(UTC) - HOUR / 2, title=Bilingual("Trwa", "Going on")))
    page = client.get(AT).text
    assert page.index(">Now<") < page.index("Going on")


def test_a_meeting_says_whom_where_and_when(client: Reader):
    event = forum()
    other = make.registration(event, make.person("Jan", "Kot"), organisation=make.organisation("Bioteka"))
    mine = guest(event, client)
    meeting(mine, other)
    page = client.get(AT).text
    for words in ("Jan Kot", "Bioteka", "table 1", "09:00", 'class="pair"'):
        assert words in page


def test_why_a_meeting_is_worth_it_is_said_in_words(client: Reader):
    event = forum()
    area = make.focus_area(event)
    other, mine = make.registration(event, make.person("Jan", "Kot")), guest(event, client)
    with transaction() as writing:
        for one in (mine, other):
            writing.get_one(Registration, one.id).focus_areas = [writing.merge(area, load=True)]
    meeting(mine, other)
    assert "You share a focus area: Area." in client.get(AT).text


def test_another_day_can_be_chosen(client: Reader):
    event = forum()
    mine = guest(event, client)
    first = make.session(event, title=Bilingual("Dziś", "First day"))
    assert first.starts_at is not None
    make.signup(mine, first)
    make.signup(
        mine, make.session(event, starts_at=first.starts_at + 24 * HOUR, title=Bilingual("Jutro", "Second day"))
    )
    page = client.get(f"{AT}?day={event.ends_on}").text
    assert page.count("Second day") == 1
    assert page.index("First day") < page.index("Second day")  # the next thing stays above
    assert client.get(f"{AT}?day=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RegistrationState.PENDING, "Your registration waits for the organiser"),
        (RegistrationState.WAITLISTED, "You are on the waiting list"),
        (RegistrationState.DECLINED, "Your registration was not accepted"),
        (RegistrationState.CANCELLED, "Your registration is cancelled"),
    ],
)
def test_a_registration_that_is_not_confirmed_says_how_it_stands(client: Reader, state, words):
    mine = guest(forum(), client, state=state)
    make.add(RegistrationChange(registration_id=mine.id, state=state, at=make.BEFORE))
    page = client.get(AT).text
    assert words in page
    assert "My badge" not in page


def test_somebody_on_the_waiting_list_reads_their_place(client: Reader):
    event = forum()
    for _ in range(3):
        mine = guest(event, client, state=RegistrationState.WAITLISTED)
        make.add(RegistrationChange(registration_id=mine.id, state=RegistrationState.WAITLISTED, at=make.BEFORE))
    assert "You are number 3 in line." in client.get(AT).text


def test_open_requests_are_announced(client: Reader):
    event = forum()
    mine = guest(event, client)
    for _ in range(2):
        other = make.registration(event)
        low, high = sorted((mine.id, other.id))
        make.add(
            MeetingRequest(
                event_id=event.id,
                from_id=other.id,
                to_id=mine.id,
                low_id=low,
                high_id=high,
                asked_at=NOW,
                expires_at=NOW + 72 * HOUR,
            )
        )
    assert "2 requests for meetings wait for your answer." in client.get(AT).text


def test_after_the_event_the_page_says_thank_you(client: Reader):
    guest(forum(starts_on=TODAY - timedelta(days=60)), client)
    assert "The event is over." in client.get(AT).text


def test_ones_own_calendar_holds_the_event_the_sessions_and_the_meetings(client: Reader):
    event = forum(name=Bilingual("Forum", "The Forum"))
    other, mine = make.registration(event, make.person("Jan", "Kot")), guest(event, client)
    talk = make.session(event, starts_at=moment(event.starts_on, event.doors_close, event.timezone) - 2 * HOUR)
    make.signup(mine, talk)
    #: What one speaks in oneself is there without a sign-up, and once.
    for one in (talk, make.session(event, title=Bilingual("Wykład", "Talk"))):
        make.add(SessionPerson(session_id=one.id, person_id=mine.person_id))
    met = meeting(mine, other)
    answer = client.get("/en/events/forum/me/calendar.ics")
    found = {entry.uid.value: entry.summary.value for entry in vobject.readOne(answer.text).vevent_list}
    assert sorted(found.values()) == ["Meeting with Jan Kot", "Session", "Talk", "The Forum"]
    assert any(uid.startswith(met.uid) for uid in found)
    assert "@example.org" not in answer.text.replace("\r\n ", "").replace(mine.person.email, "")


def at(start: float, end: float) -> Item:
    return Item(Interval(make.DOORS + start * HOUR, make.DOORS + end * HOUR))


def test_free_time_is_shown_between_two_things_when_it_is_worth_it():
    line = with_gaps([at(0, 1), at(1.25, 2), at(3, 4)])
    assert [gap.minutes for gap in line if isinstance(gap, Gap)] == [60]
    assert with_gaps([]) == []
    assert len(with_gaps([at(0, 2), at(1, 3)])) == 2


def test_what_is_wished_for_takes_no_time_and_says_what_it_clashes_with():
    morning, noon, wish = at(0, 1), at(2, 3), replace(at(0.5, 2.5), is_wish=True)
    names = {morning.when: "Morning", noon.when: "Noon"}
    line = line_of([morning, noon], [wish], lambda item: names[item.when])
    assert [(type(one), one.when.starts_at) for one in line] == [
        (Item, morning.when.starts_at),
        (Item, wish.when.starts_at),
        (Gap, morning.when.ends_at),
        (Item, noon.when.starts_at),
    ]
    assert line[1] == replace(wish, beside=("Morning", "Noon"))
    assert line[0] == morning


def test_stars_waiting_places_and_two_things_at_once_stand_in_the_line_of_the_day(client: Reader):
    event = forum()
    mine = guest(event, client)
    taken, starred, full = (
        make.session(event, title=Bilingual(word, word), seats=0 if word == "Full" else None)
        for word in ("Taken", "Starred", "Full")
    )
    make.signup(mine, taken)
    make.add(SessionStar(session_id=starred.id, registration_id=mine.id, at=NOW))
    make.waiting(mine, full)
    page = client.get(AT).text
    assert page.count("At the same time: Taken") == 2
    assert "You wait, first in line" in page
    assert page.index("Stop waiting") > page.index("Starred")


def test_a_full_day_costs_as_many_questions_as_a_short_one(client: Reader):
    event = forum()
    mine = guest(event, client)
    meeting(mine, make.registration(event))
    make.signup(mine, make.session(event, starts_at=make.DOORS))
    with counting() as few:
        client.get(AT)
    for place in (1, 2, 3):
        meeting(mine, make.registration(event, organisation=make.organisation()), place)
    for n in range(10):
        make.signup(mine, make.session(event, starts_at=make.DOORS + n * HOUR, room_id=make.room(event).id))
    with counting() as many:
        client.get(AT)
    assert len(many) == len(few)


def test_before_the_event_one_is_asked_whether_one_still_comes_until_one_has_said_so(client: Reader):
    event = forum(starts_on=TODAY + timedelta(days=5))
    mine = guest(event, client)
    assert "Are you still coming?" in client.get(AT).text
    assert "We look forward to seeing you" in client.post(AT + "coming", follow_redirects=True).text
    assert "Are you still coming?" not in client.get(AT).text
    db.session.rollback()
    assert db.session.get_one(Registration, mine.id, populate_existing=True).reconfirmed_at is not None
    make.registration(make.event(slug="later", starts_on=TODAY + timedelta(days=60)), mine.person)
    assert "Are you still coming?" not in client.get("/en/events/later/me/").text
