"""One's meetings: answering, moving, cancelling and reporting, as a person reads and presses it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.meetings import requesting
from lsos.meetings.models import Meeting, MeetingRequest, RequestNote, Suggestion
from lsos.meetings.rules import MeetingState, RequestState
from lsos.registration.rules import Direction
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)
#: Pages go by the real clock.
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """An event with people who may meet."""

    def __init__(self, *, starts_on=SOON, slots=3, tables=2, people=3):
        self.event = make.event(starts_on=starts_on)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables)
        names = ["Ola", "Jan", "Ewa", "Leo"]
        self.people = [
            make.registration(self.event, make.person(names[n], "Próbny"), job_title="badacz") for n in range(people)
        ]
        self.me, self.other, *_ = self.people

    def address(self, rest="/"):
        return f"/en/events/{self.event.slug}/meetings{rest}"

    def ask(self, one, other, **more):
        return requesting.ask(one.id, other.uid, now=NOW, **more)

    def meet(self, **more):
        return make.meeting(self.me, self.other, self.slots[0], **more)


@pytest.fixture
def forum(app):
    return Forum()


def read(client, who, address):
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == 200
    return answer.text


def press(client, who, address, **data):
    return client.sign_in(who.person).post(address, data=data, follow_redirects=True)


def stored(row):
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


# ---- asking


def test_asking_from_the_profile_sends_the_message(client, forum):
    answer = press(client, forum.me, forum.address(f"/ask/{forum.other.uid}"), message="Let us talk.", listing="")

    assert "Your request went to Jan Próbny." in answer.text
    assert "You asked; the answer is open" in answer.text
    assert db.session.scalars(select(MeetingRequest.message)).all() == ["Let us talk."]


def test_a_message_that_is_too_long_is_kept_and_nothing_is_sent(client, forum):
    long = "słowo " * 200
    answer = press(client, forum.me, forum.address(f"/ask/{forum.other.uid}"), message=long, listing="")

    assert answer.status_code == 422
    assert "One answer needs another look." in answer.text
    assert long.strip() in answer.text
    assert db.session.scalars(select(MeetingRequest.id)).all() == []


def test_asking_twice_says_why_not(client, forum):
    forum.ask(forum.me, forum.other)
    answer = press(client, forum.me, forum.address(f"/ask/{forum.other.uid}"), message="", listing="")

    assert "A request or a meeting between you two is already under way." in answer.text


def test_nobody_unknown_is_asked(client, forum):
    assert client.sign_in(forum.me.person).post(forum.address("/ask/nobody")).status_code == 404


# ---- answering


def test_the_inbox_stands_in_the_order_of_fit_with_reasons(client, forum):
    pilot = make.cooperation_type("pilot-site")
    make.listing(forum.me, Direction.SEEK, pilot)
    make.listing(forum.people[2], Direction.OFFER, pilot)
    forum.ask(forum.other, forum.me, message="Dzień dobry")
    forum.ask(forum.people[2], forum.me)

    page = read(client, forum.me, forum.address())

    assert "2 requests wait for your answer" in page
    assert page.index("Ewa Próbny") < page.index("Jan Próbny")
    assert "You seek: pilot-site. Ewa Próbny offers it." in page
    assert "Dzień dobry" in page


def test_accepting_says_when_and_where(client, forum):
    request = forum.ask(forum.other, forum.me)
    answer = press(client, forum.me, forum.address(f"/requests/{request.uid}/answer"), answer="accept")

    assert re.search(r"You meet: Jan Próbny, \w{3} \d+ \w{3,4}, 09:00, table 1\.", answer.text)
    assert "Table 1" in answer.text


def test_accepting_without_a_place_says_why_and_keeps_it(client, app):
    forum = Forum(tables=0)
    request = forum.ask(forum.other, forum.me)
    answer = press(client, forum.me, forum.address(f"/requests/{request.uid}/answer"), answer="accept")

    assert "Every table is taken whenever you two are both free." in answer.text
    assert "Agreed, without a time" in answer.text
    again = press(client, forum.me, forum.address(f"/requests/{request.uid}/time"))
    assert "Every table is taken whenever you two are both free." in again.text


def test_declining_is_told_to_the_other(client, forum):
    request = forum.ask(forum.other, forum.me)
    answer = press(client, forum.me, forum.address(f"/requests/{request.uid}/answer"), answer="decline")

    assert "You declined. Jan Próbny is told." in answer.text
    assert "declined" in read(client, forum.other, forum.address())


def test_somebody_elses_request_is_not_answered(client, forum):
    request = forum.ask(forum.other, forum.me)
    answer = press(client, forum.people[2], forum.address(f"/requests/{request.uid}/answer"), answer="accept")

    assert "This request was not sent to you." in answer.text
    assert stored(request).state is RequestState.OPEN


@pytest.mark.parametrize("data", [{}, {"answer": "maybe"}])
def test_an_answer_is_yes_or_no(client, forum, data):
    request = forum.ask(forum.other, forum.me)
    address = forum.address(f"/requests/{request.uid}/answer")

    assert client.sign_in(forum.me.person).post(address, data=data).status_code == 400


def written(request):
    """Name the field in which something is written about a request, as the page does."""
    return f"{request.uid}-text"


def test_a_question_is_put_before_the_answer_and_the_asker_answers_it(client, forum):
    request = forum.ask(forum.other, forum.me)
    address = forum.address(f"/requests/{request.uid}/note")
    page = read(client, forum.me, forum.address())
    assert f'name="{written(request)}"' in page
    assert "data-keys hidden" in page

    asked = press(client, forum.me, address, **{written(request): "Which phase <1>?"})
    assert "Your question went to Jan Próbny." in asked.text
    assert "You asked something, and wait for the reply" in asked.text
    assert "Which phase &lt;1&gt;?" in read(client, forum.other, forum.address())
    assert "1 question about a request of yours" in read(client, forum.other, forum.address())

    told = press(client, forum.other, address, **{written(request): "Phase two."})
    assert "Your reply went to Ola Próbny, who can decide now." in told.text
    back = read(client, forum.me, forum.address())
    assert "1 request waits for your answer" in back
    assert "Phase two." in back


@pytest.mark.parametrize(("words", "why"), [("", "Write something first."), ("słowo " * 200, "longer than 600")])
def test_a_note_that_is_empty_or_too_long_is_kept_and_not_sent(client, forum, words, why):
    request = forum.ask(forum.other, forum.me)
    answer = press(client, forum.me, forum.address(f"/requests/{request.uid}/note"), **{written(request): words})

    assert answer.status_code == 422
    assert why in answer.text
    assert words.strip() in answer.text
    assert db.session.scalars(select(RequestNote.id)).all() == []


def test_who_waits_for_a_reply_comes_last_in_the_inbox_whatever_the_fit(client, forum):
    pilot = make.cooperation_type("pilot-site")
    make.listing(forum.me, Direction.SEEK, pilot)
    offer = make.listing(forum.people[2], Direction.OFFER, pilot)
    forum.ask(forum.other, forum.me)
    best = forum.ask(forum.people[2], forum.me, listing_uid=offer.uid)
    page = read(client, forum.me, forum.address())
    assert page.index("Ewa Próbny") < page.index("Jan Próbny")
    assert "Ewa Próbny offers: pilot-site" in page

    requesting.write_note(best.uid, "Where?", by=forum.me.id, now=NOW)
    page = read(client, forum.me, forum.address())
    assert page.index("Jan Próbny") < page.index("Ewa Próbny")


def test_who_asks_sees_how_many_requests_are_left_and_why_there_are_none(client, app):
    forum = Forum()
    requesting.set_limits(forum.event.id, {"max_open_requests": 1}, by=forum.me.person_id)
    profile = f"/en/events/{forum.event.slug}/people/{forum.other.uid}"
    for rank, other in enumerate((forum.other, forum.people[2]), 1):
        row = {"registration_id": forum.me.id, "other_id": other.id, "rank": rank}
        make.add(Suggestion(**row, score=0.5, score_for_me=0.5, score_for_other=0.5))
    assert "1 of 1 requests left: an answer gives one back." in read(client, forum.me, profile)

    forum.ask(forum.me, forum.people[2])
    assert "As many requests of yours wait for an answer as may be open at once." in read(client, forum.me, profile)
    lists = read(client, forum.me, f"/en/events/{forum.event.slug}/matches/")
    assert "1 request of yours is open, as many as may be." in lists
    assert "Send the request" not in lists


def test_who_asks_once_too_often_reads_why_and_what_they_wrote(client, app):
    forum = Forum()
    requesting.set_limits(forum.event.id, {"max_open_requests": 1}, by=forum.me.person_id)
    forum.ask(forum.me, forum.people[2])
    answer = press(client, forum.me, forum.address(f"/ask/{forum.other.uid}"), message="O pilotażu.", listing="")

    assert answer.status_code == 409
    assert "As many requests of yours wait for an answer as may be open at once." in answer.text
    assert "O pilotażu." in answer.text


def test_a_request_is_taken_back(client, forum):
    request = forum.ask(forum.me, forum.other)
    answer = press(client, forum.me, forum.address(f"/requests/{request.uid}/withdraw"))

    assert "The request is withdrawn." in answer.text
    assert stored(request).state is RequestState.WITHDRAWN


def test_a_request_that_is_not_there_is_a_page_that_is_not_there(client, forum):
    address = forum.address("/requests/no-such/answer")

    assert client.sign_in(forum.me.person).post(address, data={"answer": "accept"}).status_code == 404


# ---- meetings


def test_a_meeting_shows_time_table_and_an_ice_breaker(client, forum):
    pilot = make.cooperation_type("pilot-site")
    make.listing(forum.me, Direction.SEEK, pilot)
    make.listing(forum.other, Direction.OFFER, pilot)
    meeting = forum.meet(table=2)

    both = read(client, forum.me, forum.address()) + read(client, forum.me, forum.address(f"/{meeting.uid}"))

    assert both.count("Table 2") == 2
    assert both.count("You seek: pilot-site. Jan Próbny offers it.") == 2
    assert both.count("“You offer: pilot-site. What would we need to begin?”") == 1
    assert "09:00–09:20" in both
    assert forum.other.person.email not in both


def test_cancelling_frees_the_time_and_tells_the_other(client, forum):
    meeting = forum.meet()
    answer = press(client, forum.me, forum.address(f"/{meeting.uid}/cancel"))

    assert "The meeting is cancelled. Jan Próbny is told." in answer.text
    assert "This meeting was cancelled." in read(client, forum.me, forum.address(f"/{meeting.uid}"))


def test_others_meetings_and_drafts_do_not_exist(client, forum):
    meeting = forum.meet()
    draft = make.meeting(forum.me, forum.people[2], forum.slots[1], state=MeetingState.PROPOSED)

    assert client.sign_in(forum.people[2].person).get(forum.address(f"/{meeting.uid}")).status_code == 404
    assert client.sign_in(forum.me.person).get(forum.address(f"/{draft.uid}")).status_code == 404
    assert client.sign_in(forum.people[2].person).post(forum.address(f"/{meeting.uid}/cancel")).status_code == 404
    assert stored(meeting).state is MeetingState.SCHEDULED


def test_an_empty_page_leads_on(client, forum):
    page = read(client, forum.me, forum.address())

    assert "No meetings yet." in page
    assert "See people to meet" in page


def test_the_page_costs_the_same_for_many_meetings_as_for_few(client, app):
    def cost(number):
        where = make.event(starts_on=SOON)
        slots = make.meeting_grid(where, slots=number, tables=2)
        me = make.registration(where, make.person())
        for place in range(number):
            make.meeting(me, make.registration(where, make.person()), slots[place])
            request = make.meeting_request(
                make.registration(where, make.person()), me, asked_at=NOW, expires_at=NOW + timedelta(days=1)
            )
            requesting.write_note(request.uid, "Which phase?", by=me.id, now=NOW)
        with counting() as sent:
            read(client, me, f"/en/events/{where.slug}/meetings/")
        return len(sent)

    assert cost(2) == cost(7)


def test_what_people_write_is_shown_as_they_wrote_it(client, forum):
    forum.ask(forum.other, forum.me, message="<b>bold</b> & so on")
    page = read(client, forum.me, forum.address())

    assert "&lt;b&gt;bold&lt;/b&gt; &amp; so on" in page
    assert db.session.scalars(select(Meeting.id)).all() == []
