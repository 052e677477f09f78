"""The programme as a visitor and an attendee read it."""

from datetime import UTC, datetime, timedelta

import pytest
import vobject
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.agenda.rules import SessionRole
from lsos.agenda.stars import set_star, starred
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role, moment
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.drafting.releases import make_known

HOUR = timedelta(hours=1)
SOON = datetime.now(UTC).date() + timedelta(days=30)
AT = "/en/events/forum/programme"


def forum(**more: object) -> Event:
    values: dict[str, object] = {"slug": "forum", "starts_on": SOON, "name": Bilingual("Forum", "Forum")}
    return make.event(**(values | more))  # type: ignore[arg-type]


def talk(event: Event, title: str, hours: float = 0, **more: object) -> Session:
    begins = moment(event.starts_on, event.doors_open, event.timezone)
    return make.session(event, title=Bilingual(f"{title} PL", title), starts_at=begins + hours * HOUR, **more)  # type: ignore[arg-type]


def test_sessions_stand_in_the_order_of_time_under_their_day(client: Reader):
    event = forum()
    talk(event, "Late", 4)
    talk(event, "Tomorrow", 24)
    talk(event, "Early", 0)
    page = client.get(AT).text
    assert (
        page.index("Early")
        < page.index("Late")
        < page.index(f'id="day-{SOON + timedelta(days=1)}"')
        < page.index("Tomorrow")
    )


def test_a_session_shows_its_hours_room_and_format(client: Reader):
    event = forum()
    room = make.room(event)
    talk(event, "Sleep", 1, room_id=room.id)
    page = client.get(AT).text
    assert "10:00" in page
    assert "Session · Room" in page
    assert "times in C" in page  # CET or CEST


def test_the_programme_is_narrowed_by_focus_area(client: Reader):
    event = forum()
    one, other = make.focus_area(event), make.focus_area(event, position=1)
    talk(event, "Sleep", focus_area_id=one.id)
    talk(event, "RNA", focus_area_id=other.id)
    page = client.get(f"{AT}?area={one.code}").text
    assert "Sleep" in page
    assert "RNA" not in page


def test_the_programme_is_narrowed_by_room_and_format_together(client: Reader):
    event = forum()
    hall, lab = make.room(event), make.room(event)
    talk(event, "In the hall", room_id=hall.id)
    talk(event, "In the lab", room_id=lab.id)
    page = client.get(f"{AT}?room={lab.code}&format=focus&view=grid").text
    assert "In the lab" in page
    assert "In the hall" not in page


def test_a_filter_that_fits_nothing_is_let_go(client: Reader):
    event = forum()
    talk(event, "Sleep")
    assert "Sleep" in client.get(f"{AT}?area=no-such&room=none").text


def test_the_grid_shows_rooms_across(client: Reader):
    event = forum()
    talk(event, "Long", 0, minutes=120, room_id=make.room(event).id)
    talk(event, "Short", 0, room_id=make.room(event).id)
    talk(event, "Nowhere yet", 1)
    page = client.get(f"{AT}?view=grid").text
    assert 'rowspan="2"' in page
    assert "No room yet" in page


def test_what_is_on_now_stands_first(client: Reader):
    now = datetime.now(UTC)
    event = forum(starts_on=now.date() - timedelta(days=1), days=3)
    make.session(event, title=Bilingual("Teraz", "Going on"), starts_at=now - HOUR / 2)
    page = client.get(AT).text
    assert "Now and next" in page
    assert page.count("Going on") == 2


def test_an_empty_programme_says_what_comes_here(client: Reader):
    forum()
    page = client.get(AT)
    assert page.status_code == 200
    assert "The programme is being made." in page.text


def test_seats_are_shown_as_a_ring_where_they_are_counted(client: Reader):
    event = forum()
    talk(event, "Workshop", seats=30, signed_up=22)
    talk(event, "Packed", 2, seats=5, signed_up=5)
    page = client.get(AT).text
    assert "8 seats left of 30" in page
    assert "is-full" in page


def test_a_mixed_programme_marks_each_illustrative_session(client: Reader):
    event = forum()
    talk(event, "Real")
    talk(event, "Made up", 1, is_illustrative=True)
    page = client.get(AT).text
    assert page.index("Made up") < page.index("(illustrative)")


def test_a_session_has_a_page_with_who_speaks(client: Reader):
    event = forum()
    session = talk(event, "Sleep", abstract=Bilingual("O śnie", "On sleep"))
    make.add(SessionPerson(session_id=session.id, person_id=make.person("Ada", "Ząb").id))
    make.add(SessionPerson(session_id=session.id, person_id=make.person("Jan", "Kot").id, role=SessionRole.CHAIR))
    page = client.get(f"{AT}/{session.code}").text
    for words in ("On sleep", "Ada Ząb", "Speaker", "Jan Kot", "Chair"):
        assert words in page


def test_an_unknown_session_is_not_found(client: Reader):
    forum()
    assert client.get(f"{AT}/no-such").status_code == 404
    assert client.get(f"{AT}/no-such.ics").status_code == 404


def guest(event: Event, client: Reader, **more: object) -> Registration:
    found = make.registration(event, **more)  # type: ignore[arg-type]
    client.sign_in(db.session.get_one(Person, found.person_id))
    return found


def signed_up(whose: Registration) -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(SessionSignup.session_id).where(SessionSignup.registration_id == whose.id)))


def test_a_visitor_is_told_to_register_first(client: Reader):
    session = talk(forum(), "Sleep")
    assert "People registered for the event can sign up" in client.get(f"{AT}/{session.code}").text
    assert client.post(f"/en/events/forum/me/sessions/{session.code}/sign-up").status_code == 401


def test_an_attendee_signs_up_and_gives_the_place_back(client: Reader):
    event = forum()
    session, mine = talk(event, "Sleep"), guest(event, client)
    answer = client.post(f"/en/events/forum/me/sessions/{session.code}/sign-up", follow_redirects=True)
    assert "You are signed up for “Sleep”." in answer.text
    assert "Give the place back" in answer.text
    assert signed_up(mine) == [session.id]
    assert "You are signed up" in client.get(AT).text

    answer = client.post(f"/en/events/forum/me/sessions/{session.code}/leave", follow_redirects=True)
    assert "You left “Sleep”" in answer.text
    assert signed_up(mine) == []


def test_a_clash_names_what_stands_in_the_way_and_is_solved_in_one_step(client: Reader):
    event = forum()
    first, second, mine = talk(event, "First"), talk(event, "Second", 0.5), guest(event, client)
    make.signup(mine, first)
    page = client.get(f"{AT}/{second.code}").text
    assert page.index("Choose one of the two.") < page.index("First") < page.index("Leave it and sign up here")

    sign_up = f"/en/events/forum/me/sessions/{second.code}/sign-up"
    answer = client.post(sign_up, data={"instead_of": first.code}, follow_redirects=True)
    assert "You are signed up for “Second”." in answer.text
    assert "You left “First”" in answer.text
    assert signed_up(mine) == [second.id]


def test_who_finds_a_session_full_waits_sees_their_rank_and_moves_up_when_somebody_leaves(client: Reader):
    event = forum()
    session = talk(event, "Sleep", seats=1)
    first, mine = make.registration(event), guest(event, client)
    make.signup(first, session)
    at = f"/en/events/forum/me/sessions/{session.code}"
    page = client.get(f"{AT}/{session.code}").text
    assert "Wait for a seat" in page
    assert "Nobody waits yet." in page
    answer = client.post(f"{at}/wait", follow_redirects=True).text
    assert "you are the first in line" in answer
    assert "you are the first in line" in client.get("/en/events/forum/me/").text

    client.sign_in(first.person)
    client.post(f"{at}/leave")
    assert signed_up(mine) == [session.id]
    client.sign_in(mine.person)
    assert "Give the place back" in client.get(f"{AT}/{session.code}").text


@pytest.mark.any_database
def test_who_waits_stops_waiting_from_their_day(client: Reader):
    event = forum()
    session, mine = talk(event, "Sleep", seats=0), guest(event, client)
    make.waiting(mine, session)
    answer = client.post(f"/en/events/forum/me/sessions/{session.code}/stop-waiting?day=1", follow_redirects=True).text
    assert "You do not wait for “Sleep” any more." in answer
    assert "Stop waiting" not in answer


@pytest.mark.any_database
def test_who_has_something_else_at_the_time_of_a_full_session_may_wait_and_is_told_what_then(client: Reader):
    event = forum()
    first, full, mine = talk(event, "First"), talk(event, "Full", 0.5, seats=0), guest(event, client)
    make.signup(mine, first)
    page = client.get(f"{AT}/{full.code}").text
    assert page.index("keep what you have") < page.index("Wait for a seat")
    page = client.post(f"/en/events/forum/me/sessions/{full.code}/wait", follow_redirects=True).text
    assert "You wait for a seat in “Full”." in page


def test_nobody_is_asked_to_leave_a_session_for_one_that_is_full(client: Reader):
    event = forum()
    first, full, mine = talk(event, "First"), talk(event, "Full", 0.5, seats=0), guest(event, client)
    make.signup(mine, first)
    page = client.get(f"{AT}/{full.code}").text
    assert page.index("This session is full.") < page.index("At this time you have:") < page.index("First")
    assert "sign up here" not in page


def test_a_sign_up_that_the_rule_refuses_says_why(client: Reader):
    event = forum()
    full, mine = talk(event, "Packed", seats=0), guest(event, client)
    answer = client.post(f"/en/events/forum/me/sessions/{full.code}/sign-up", follow_redirects=True)
    assert "This session is full." in answer.text
    assert signed_up(mine) == []


@pytest.mark.parametrize("state", [RegistrationState.PENDING, RegistrationState.WAITLISTED])
def test_somebody_unconfirmed_is_told_that_it_is_too_early(client: Reader, state):
    event = forum()
    session = talk(event, "Sleep")
    guest(event, client, state=state)
    assert "Your registration is not confirmed" in client.get(f"{AT}/{session.code}").text


def test_the_programme_can_be_put_into_a_calendar(client: Reader):
    event = forum()
    talk(event, "Sleep", room_id=make.room(event).id)
    talk(event, "RNA", 2)
    answer = client.get(f"{AT}.ics")
    assert answer.mimetype == "text/calendar"
    found = vobject.readOne(answer.text)
    assert [entry.summary.value for entry in found.vevent_list] == ["Sleep", "RNA"]
    assert len({entry.uid.value for entry in found.vevent_list}) == 2
    one = talk(event, "One", 5)
    assert client.get(f"{AT}/{one.code}.ics").text.count("BEGIN:VEVENT") == 1


def test_a_changed_session_replaces_itself_in_a_calendar(client: Reader):
    event = forum()
    session = talk(event, "Sleep")
    way = f"{AT}/{session.code}.ics"
    before = vobject.readOne(client.get(way).text).vevent
    make_known(session, seats=10)
    after = vobject.readOne(client.get(way).text).vevent
    assert after.uid.value == before.uid.value
    assert (before.sequence.value, after.sequence.value) == ("0", "1")


def test_a_large_programme_costs_as_many_questions_as_a_small_one(client: Reader):
    event = forum()
    guest(event, client)
    speakers = [make.person().id for _ in range(3)]

    def more(count: int) -> None:
        for n in range(count):
            session = talk(
                event, f"Talk {n}", n % 20, room_id=make.room(event).id, focus_area_id=make.focus_area(event).id
            )
            make.add(SessionPerson(session_id=session.id, person_id=speakers[n % 3]))

    more(2)
    for way in (AT, f"{AT}?view=grid", f"{AT}.ics"):
        with counting() as few:
            client.get(way)
        more(6)
        with counting() as many:
            assert client.get(way).status_code == 200
        assert len(many) == len(few) <= 14


# ---- finding


@pytest.mark.parametrize("words", ["sen", "SEN zaby", "malgorzata", "dreams"])
def test_words_are_found_in_titles_texts_and_names_however_they_are_typed(client: Reader, words: str):
    event = forum()
    found = make.session(
        event, title=Bilingual("Sen żaby", "Sleep"), abstract=Bilingual("", "Of dreams"), starts_at=make.DOORS
    )
    make.add(SessionPerson(session_id=found.id, person_id=make.person("Małgorzata", "Wąs").id))
    talk(event, "Other", 2)
    page = client.get(AT, query_string={"q": words}).text
    assert "Sleep" in page
    assert f'id="s-{found.code}"' in page
    assert page.count('id="s-') == 1


def test_what_is_not_found_is_said_with_the_way_back(client: Reader):
    talk(forum(), "Sleep")
    page = client.get(AT, query_string={"q": "<b>nothing</b>"}).text
    assert "Nothing found for “&lt;b&gt;nothing&lt;/b&gt;”." in page
    assert "Show the whole programme" in page


# ---- stars


def test_a_visitor_sees_no_stars(client: Reader):
    talk(forum(), "Sleep")
    assert 'class="star"' not in client.get(AT).text


def test_a_star_is_set_and_taken_back_and_takes_no_seat(client: Reader):
    event = forum()
    session, mine = talk(event, "Sleep", seats=1), guest(event, client)
    star = f"/en/events/forum/me/sessions/{session.code}/star"
    answer = client.post(star, data={"star": "on"}, query_string={"view": "grid", "q": "sle"})
    assert answer.location == f"/en/events/forum/programme?q=sle&view=grid#s-{session.code}"
    client.post(star, data={"star": "on"})
    assert starred(mine.id) == {session.id}
    assert 'aria-pressed="true"' in client.get(AT).text
    assert signed_up(mine) == []

    client.post(star, data={"star": "off"})
    client.post(star, data={"star": "off"})
    assert starred(mine.id) == frozenset()


def test_ones_own_programme_is_what_one_marked_and_signed_up_for(client: Reader):
    event = forum()
    marked, booked, mine = talk(event, "Marked"), talk(event, "Booked", 2), guest(event, client)
    talk(event, "Neither", 4)
    assert "You have no sessions yet." in client.get(AT, query_string={"mine": 1}).text
    set_star(mine.id, marked.id, is_on=True, now=make.BEFORE)
    make.signup(mine, booked)
    page = client.get(AT, query_string={"mine": 1}).text
    assert "Marked" in page
    assert "Booked" in page
    assert page.count('id="s-') == 2


def test_organisers_see_how_many_marked_a_session(client: Reader):
    event = forum()
    session = talk(event, "Sleep")
    for _ in range(3):
        set_star(make.registration(event).id, session.id, is_on=True, now=make.BEFORE)
    client.sign_in(make.staff(Role.PROGRAMME, event))
    assert '<td class="number" data-label="Stars">3</td>' in client.get("/en/events/forum/organise/agenda").text
