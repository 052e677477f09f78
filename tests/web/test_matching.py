"""The organiser's matchmaking: running, reading, moving, publishing, as an organiser sees it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.meetings.models import Meeting, MeetingSettings
from lsos.meetings.rules import MeetingState, RequestState
from lsos.registration.rules import Direction, Purpose
from lsos.scheduling import matching, publishing, runs
from lsos.scheduling.models import MatchingRun
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """An event with seekers and hospitals, and somebody who does its matchmaking."""

    def __init__(self, *, people=4, slots=3, tables=2):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables)
        pilot = make.cooperation_type("pilot-site")
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(people)]
        for n, who in enumerate(self.people):
            make.listing(who, Direction.SEEK if n % 2 else Direction.OFFER, pilot)
        self.organiser = make.staff(Role.MATCHMAKING, self.event)

    def address(self, rest="/"):
        return f"/en/events/{self.event.slug}/organise/matching{rest}"

    def has_run(self):
        """Leave a run that found nothing."""
        matching.run_matching(self.event, by=None, now=self.slots[-1].ends_at, seconds=0.01)
        return db.session.scalars(select(MatchingRun)).one()

    def meet(self, one=0, other=1, slot=0, **more):
        return make.meeting(self.people[one], self.people[other], self.slots[slot], **more)


@pytest.fixture
def forum(app):
    return Forum()


@pytest.fixture
def organiser(client, forum):
    return client.sign_in(forum.organiser)


def press(reader, address, **data):
    return reader.post(address, data=data, follow_redirects=True).text


def run_it(reader, where, **data):
    """Ask for a run, let a worker do it, and look at the page again."""
    press(reader, where.address("/run"), **data)
    db.session.rollback()
    while runs.take_up(clock=lambda: NOW):
        pass
    return reader.get(where.address()).text


def stored(row):
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def meetings(state):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Meeting).where(Meeting.state == state))


def test_the_page_says_what_will_be_matched(organiser, forum):
    make.registration(forum.event, make.person(), purposes=(Purpose.CATALOGUE,))
    page = " ".join(organiser.get(forum.address()).text.split())

    assert '<span class="figure">4</span> people take part' in page
    assert '<span class="figure">1</span> more could, with their consent' in page
    assert '<span class="figure">6</span> places: 3 slots at 2 tables' in page
    assert "Run the matching" in page


def test_a_run_leads_to_a_draft_and_figures(organiser, forum):
    page = run_it(organiser, forum)

    assert re.search(r"A draft with \d+ meetings is ready", page)
    assert "Everybody has a meeting" in page
    assert "No schedule can be worth more" in page
    assert 'aria-label="How many people have how many meetings.' in page
    assert meetings(MeetingState.SCHEDULED) == 0


def test_a_run_waits_for_a_worker_and_can_be_cancelled(organiser, forum):
    page = press(organiser, forum.address("/run"))
    assert "It waits for its turn." in page
    run = db.session.scalars(select(MatchingRun)).one()
    said = organiser.get(forum.address(f"/runs/{run.uid}/progress")).json
    assert said == {"share": 0.0, "words": "It waits for its turn.", "so_far": "", "is_over": False}

    assert "A run is under way already." in press(organiser, forum.address("/run"))
    assert "It was cancelled; nothing was changed." in press(organiser, forum.address(f"/runs/{run.uid}/cancel"))
    assert organiser.get(forum.address(f"/runs/{run.uid}/progress")).json["is_over"]
    assert organiser.get(forum.address("/runs/none/progress")).status_code == 404


def test_a_run_that_is_asked_nonsense_is_refused(organiser, forum):
    answer = organiser.post(forum.address("/run"), data={"seconds": "86400"})

    assert answer.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(MatchingRun)) == 0


def test_what_would_be_if_stands_beside_what_is(organiser, forum):
    refused = press(organiser, forum.address("/what-if"), more_tables="0", slots_a_block="0", slots_a_day="0")
    assert "Say what would be different" in refused
    assert organiser.post(forum.address("/what-if"), data={"more_tables": "many"}).status_code == 422

    press(organiser, forum.address("/what-if"), more_tables="0", slots_a_block="1", slots_a_day="0")
    db.session.rollback()
    runs.take_up(clock=lambda: NOW)
    page = organiser.get(forum.address("/what-if")).text

    assert "1 slot more in each block" in page
    assert re.search(r"\d+ meetings? (more|fewer)\.|Not one meeting more\.", page)
    assert meetings(MeetingState.PROPOSED) == 0


def test_a_draft_is_locked_and_unlocked_in_the_grid(organiser, forum):
    draft = forum.meet(state=MeetingState.PROPOSED)
    lock = forum.address(f"/meetings/{draft.uid}/lock")

    assert "the next run plans around it" in press(organiser, lock, locked="yes")
    assert stored(draft).is_locked
    picked = organiser.get(forum.address(f"/schedule?pick={draft.uid}")).text
    assert "Unlock it" in picked
    assert 'name="place"' not in picked
    assert "It is unlocked." in press(organiser, lock, locked="no")


def test_publishing_writes_to_everybody_and_throwing_away_to_nobody(organiser, forum):
    run_it(organiser, forum)
    assert "gone." in press(organiser, forum.address("/discard"))
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 0
    run_it(organiser, forum)
    drafted = meetings(MeetingState.PROPOSED)

    page = press(organiser, forum.address("/publish"))

    assert "their people get invitations." in page
    assert meetings(MeetingState.SCHEDULED) == drafted
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 2 * drafted


def test_a_draft_that_came_to_nothing_is_told(organiser, forum):
    forum.has_run()
    draft = forum.meet(state=MeetingState.PROPOSED)
    make.signup(forum.people[0], make.session(forum.event, starts_at=draft.starts_at))

    assert "1 draft was dropped" in press(organiser, forum.address("/publish"))


def test_why_wishes_were_not_met_is_said(client, app):
    forum = Forum(slots=1, tables=1)
    organiser = client.sign_in(forum.organiser)
    page = run_it(organiser, forum)

    assert "Why other good matches do not meet" in page
    assert "every table is taken whenever both are free" in page
    assert "2 people of 4 have no meeting" in page
    wishes = organiser.get(forum.address("/unmet")).text
    assert "3 pairs fit and found no place" in wishes
    assert "Every table is taken whenever both are free." in wishes


def test_two_who_agreed_read_why_no_place_was_found_once_it_is_published(client, app):
    forum = Forum(slots=1, tables=1)
    for one, other in ((0, 1), (2, 3)):
        make.meeting_request(
            forum.people[one], forum.people[other], state=RequestState.ACCEPTED, answered_at=NOW, expires_at=NOW
        )
    organiser = client.sign_in(forum.organiser)
    page = run_it(organiser, forum)
    assert "Agreed requests with a place: 1 of 2. No schedule can give more of them one." in page
    drafted = db.session.scalars(select(Meeting)).one()
    alone = next(who for who in forum.people if who.id not in (drafted.first_id, drafted.second_id))
    words = "every table was taken whenever you were both free"
    address = f"/en/events/{forum.event.slug}/meetings/"
    assert words not in client.sign_in(alone.person).get(address).text

    press(client.sign_in(forum.organiser), forum.address("/publish"))

    assert words in client.sign_in(alone.person).get(address).text


def test_an_event_without_slots_says_what_is_missing(client, app):
    where = make.event(starts_on=SOON)
    organiser = client.sign_in(make.staff(Role.MATCHMAKING, where))

    for rest in ("/", "/schedule"):
        page = organiser.get(f"/en/events/{where.slug}/organise/matching{rest}").text
        assert "This event has no slots or no tables for 1:1 meetings." in page
    assert "This event has no 1:1 meetings." in press(organiser, f"/en/events/{where.slug}/organise/matching/run")


def test_the_grid_tells_drafts_bookings_and_held_ones_apart_in_words(organiser, forum):
    forum.meet(0, 1, slot=0, state=MeetingState.PROPOSED)
    forum.meet(2, 3, slot=0, table=2)
    forum.meet(0, 3, slot=1, state=MeetingState.HELD)
    page = organiser.get(forum.address("/schedule")).text

    states = re.findall(r'<span class="state">(\w+)</span>', page)
    assert states == ["draft", "booked", "held"]
    assert "1 draft" in page
    assert "09:00" in page
    assert "Table 2" in page
    assert "Gość3 Próbny" in page


def test_each_day_has_its_own_grid(organiser, forum):
    forum.meet()
    tomorrow = forum.event.ends_on.isoformat()

    assert "Gość0" not in organiser.get(forum.address(f"/schedule?day={tomorrow}")).text
    assert "No slot lies on this day." in organiser.get(forum.address(f"/schedule?day={tomorrow}")).text
    assert "Gość0" in organiser.get(forum.address("/schedule?day=yesterday")).text


def test_many_tables_come_in_pages(client, app):
    forum = Forum(people=2, slots=1, tables=45)
    forum.meet(table=41)
    organiser = client.sign_in(forum.organiser)

    first, last = (organiser.get(forum.address(f"/schedule?page={page}")).text for page in (1, 3))
    assert "Tables 41–45" in first
    assert "Gość0" not in first
    assert "Gość0" in last
    assert organiser.get(forum.address("/schedule?page=99999")).status_code == 200


def test_a_picked_meeting_shows_where_it_can_go_and_why_not_elsewhere(organiser, forum):
    meeting = forum.meet(0, 1, slot=0)
    forum.meet(0, 3, slot=1)
    page = organiser.get(forum.address(f"/schedule?pick={meeting.uid}")).text

    assert "Gość0 Próbny is not free then." in page
    possible = re.findall(r'name="place" value="([^"]+)"', page)
    at = [slot.starts_at.isoformat() for slot in forum.slots]
    assert possible == [f"{at[0]}|2", f"{at[2]}|1", f"{at[2]}|2"]


def test_a_press_on_a_place_moves_the_meeting_there(organiser, forum):
    meeting = forum.meet()
    place = f"{forum.slots[2].starts_at.isoformat()}|2"
    page = press(organiser, forum.address(f"/meetings/{meeting.uid}/move"), place=place, page="1")

    assert "Moved. Both get a letter that moves it in the calendar." in page
    assert stored(meeting).slot_id == forum.slots[2].id
    assert stored(meeting).table.number == 2


def test_the_form_moves_to_the_lowest_free_table(organiser, forum):
    draft = forum.meet(state=MeetingState.PROPOSED, table=2)
    place = forum.slots[1].starts_at.isoformat()
    page = press(organiser, forum.address(f"/meetings/{draft.uid}/move"), place=place)

    assert "The draft is moved." in page
    assert stored(draft).table.number == 1


def test_a_place_that_is_taken_is_said_and_the_meeting_stays_picked(organiser, forum):
    meeting = forum.meet(0, 1, slot=0)
    forum.meet(2, 3, slot=1, table=1)
    place = f"{forum.slots[1].starts_at.isoformat()}|1"
    page = press(organiser, forum.address(f"/meetings/{meeting.uid}/move"), place=place)

    assert "Another meeting is at this table then." in page
    assert 'id="picked"' in page


@pytest.mark.parametrize("place", ["", "|", "now|1", "2026-01-01T10:00:00+00:00|x", "2026-01-01T10:00:00+00:00|²"])
def test_a_place_that_is_none_is_refused(organiser, forum, place):
    meeting = forum.meet()

    assert organiser.post(forum.address(f"/meetings/{meeting.uid}/move"), data={"place": place}).status_code == 400


def test_an_organiser_cancels_and_takes_drafts_out(organiser, forum):
    meeting, draft = forum.meet(0, 1), forum.meet(2, 3, table=2, state=MeetingState.PROPOSED)

    cancelled = press(organiser, forum.address(f"/meetings/{meeting.uid}/cancel"))
    assert "The meeting is cancelled. Both of its people are told." in cancelled
    assert "The draft is taken out." in press(organiser, forum.address(f"/meetings/{draft.uid}/cancel"))
    assert meetings(MeetingState.PROPOSED) == 0


def test_meetings_of_other_events_cannot_be_touched(organiser, forum):
    elsewhere = Forum()
    meeting = elsewhere.meet()

    for what in ("move", "cancel"):
        address = forum.address(f"/meetings/{meeting.uid}/{what}")
        data = {"place": elsewhere.slots[1].starts_at.isoformat()}
        assert organiser.post(address, data=data).status_code == 404
    assert stored(meeting).state is MeetingState.SCHEDULED


@pytest.mark.parametrize("held", [Role.DOOR, Role.READER, Role.PROGRAMME])
def test_only_who_does_the_matchmaking_comes_here(client, forum, held):
    stranger = make.staff(held, forum.event)

    assert client.sign_in(stranger).get(forum.address()).status_code == 403
    assert client.sign_in(stranger).post(forum.address("/run")).status_code == 403


def test_the_grid_costs_the_same_for_many_meetings_as_for_few(client, app):
    def cost(number):
        forum = Forum(people=2 * number, slots=2, tables=number)
        for n in range(number):
            forum.meet(2 * n, 2 * n + 1, table=n + 1)
        organiser = client.sign_in(forum.organiser)
        with counting() as sent:
            organiser.get(forum.address("/schedule"))
            organiser.get(forum.address())
        return len(sent)

    assert cost(1) == cost(6)


# ---- limits


def test_the_limits_of_the_event_are_set_on_one_page(organiser, forum):
    page = press(
        organiser, forum.address("/requests"), mode="later", max_per_person="9", max_per_day="4", max_open_requests="6"
    )
    assert "Saved." in page
    db.session.rollback()
    settings = db.session.get_one(MeetingSettings, forum.event.id)
    assert (settings.max_per_person, settings.max_per_day, settings.max_open_requests) == (9, 4, 6)

    kept = organiser.post(
        forum.address("/requests"), data={"mode": "later", "max_per_person": "0", "max_open_requests": "6"}
    )
    assert kept.status_code == 422
    assert "Choose a number from 1 to 1000." in kept.text


def test_the_page_says_how_far_publishing_is_and_what_came_of_it(organiser, forum):
    run = forum.has_run()
    forum.meet(state=MeetingState.PROPOSED)
    run.publishing_since, run.published = NOW, 3
    db.session.commit()

    assert "Gone through: 3 of 4." in organiser.get(forum.address()).text
    publishing.go_on(now=NOW)
    assert "4 meetings were published on" in organiser.get(forum.address()).text
