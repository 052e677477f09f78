"""The organiser's overview: figures from the database, and each thing left to do with the way to it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lsos.agenda.models import Session
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.drafting.content import Cast, Content
from lsos.drafting.queries import Buffers, draft_of
from lsos.drafting.severities import set_severities
from lsos.events.models import Event
from lsos.events.rules import EventStatus, Role
from lsos.mail import MailState, OutgoingMail
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from tests import make
from tests.conftest import Reader
from tests.counting import counting

NOW = datetime.now(UTC)
AT = "/en/events/forum/organise/"


def forum(**more: Any) -> Event:
    values: dict[str, Any] = {
        "slug": "forum",
        "starts_on": NOW.date() + timedelta(days=30),
        "name": Bilingual("Forum", "Forum"),
    }
    return make.event(**(values | more))


def boss(client: Reader, event: Event, role: Role = Role.OWNER) -> Reader:
    return client.sign_in(make.staff(role, event))


def fresh(event: Event) -> Event:
    db.session.expire_all()
    return db.session.get_one(Event, event.id)


def test_the_chapters_follow_the_story(client: Reader):
    page = boss(client, forum()).get(AT).text
    story = page[page.index('class="story"') :]
    places = [story.index(title) for title in ("Event", "People", "Agenda", "Matchmaking", "Door", "Mail", "Report")]
    assert places == sorted(places)


def test_only_those_who_work_on_the_event_get_in(client: Reader):
    event = forum()
    assert "/sign-in" in client.get(AT).location
    assert client.sign_in(make.person()).get(AT).status_code == 403
    assert boss(client, make.event()).get(AT).status_code == 403
    assert boss(client, event, Role.DOOR).get(AT).status_code == 403
    assert boss(client, event, Role.READER).get(AT).status_code == 200


def test_figures_come_from_the_database(client: Reader):
    event = forum()
    for _ in range(3):
        make.registration(event)
    talk = make.session(event)
    make.signup(make.registration(event), talk)
    page = boss(client, event).get(AT).text
    flat = " ".join(page.split())
    assert '<b class="figure">4</b> people confirmed' in flat
    assert '<b class="figure">1</b> session' in flat
    assert '<b class="figure">1</b> sign-up' in flat


def test_what_is_left_to_do_is_told_with_its_number_and_the_way_there(client: Reader):
    event = forum(status=EventStatus.DRAFT, tagline=Bilingual("Tylko po polsku", ""))
    for _ in range(2):
        make.registration(event, state=RegistrationState.PENDING)
    make.session(event, title=Bilingual("Bez sali", ""))
    make.add(
        OutgoingMail(
            key="k",
            scope="forum",
            to_address="a@example.org",
            language="pl",
            subject="s",
            text="t",
            html="h",
            state=MailState.FAILED,
            next_try_at=NOW,
            created_at=NOW,
        )
    )
    page = " ".join(boss(client, event).get(AT).text.split())
    for words in (
        "Publish the event",
        "no venue is set",
        "Translate one text of the event.",
        "Decide on 2 registrations that have waited for approval for more than three days.",
        "Give one session a room.",
        "Translate the texts of one session.",
        "Look after one e-mail that could not be sent.",
        "there is no door yet",
    ):
        assert words in page
    assert page.index("Urgent today") < page.index("Publish the event") < page.index("Due soon")
    assert 'people?approval=first&amp;sort=registered">Decide</a>' in page
    assert "things are in order" in page


def test_a_matching_that_never_ran_is_left_to_do(client: Reader):
    event = forum()
    make.meeting_grid(event)
    make.registration(event)
    assert "nobody has been matched yet" not in boss(client, event).get(AT).text
    make.registration(event)
    assert "nobody has been matched yet" in client.get(AT).text


def test_the_overview_costs_the_same_for_twelve_and_for_many(client: Reader):
    event = forum()
    make.registration(event)
    make.session(event, room_id=make.room(event).id)
    boss(client, event)
    with counting() as few:
        client.get(AT)
    for _ in range(12):
        make.registration(event)
        make.session(event, room_id=make.room(event).id, focus_area_id=make.focus_area(event).id)
    with counting() as many:
        client.get(AT)
    assert len(many) == len(few)


def test_the_agenda_lists_sessions_with_what_they_lack(client: Reader):
    event = forum()
    room = make.room(event, capacity=10)
    make.session(event, title=Bilingual("Cała", "Whole"), room_id=make.room(event).id)
    make.session(event, title=Bilingual("Ciasna", "Crowded"), room_id=room.id, seats=11)
    make.session(event, title=Bilingual("Zderzona", "Clashing"), room_id=room.id)
    make.add(Session(event_id=event.id, code="later", title=Bilingual("", "Unplaced"), format_id=1))
    boss(client, event)

    page = client.get(f"{AT}agenda").text
    for words in (
        "Whole",
        "More seats than the room has",
        "Another session is in this room",
        "Without a time",
        "Unplaced",
    ):
        assert words in page
    assert "3 of them are incomplete." in page

    page = client.get(f"{AT}agenda?missing=1").text
    assert "Whole" not in page
    assert "Crowded" in page


def sent(event: Event, **more: str) -> dict[str, str]:
    return {
        "title_pl": "Sen",
        "title_en": "Sleep",
        "format": "focus",
        "starts_at": f"{event.starts_on}T10:00",
        "ends_at": f"{event.starts_on}T11:30",
        "room": "",
        "focus_area": "",
        "zone": "",
        "seats": "",
        "seen": "0",
    } | more


def drafted(event: Event, uid: str) -> Content:
    db.session.rollback()
    return draft_of(event.id).contents[uid]


def test_a_session_is_changed_in_the_draft_and_nobody_reads_it_yet(client: Reader):
    event = forum()
    talk, room, area = make.session(event), make.room(event, equipment=["piano", "TV"]), make.focus_area(event)
    ola = make.person("Ola", "Kot")
    partner = make.organisation("Klinika")
    boss(client, event, Role.PROGRAMME)
    data = sent(event, room=room.code, focus_area=area.code, seats="40", abstract_en="On sleep", equipment="piano, TV")
    people = {"speakers": f"Ola <{ola.email.upper()}>", "partners": "klinika", "languages": "pl", "takes_signups": "y"}
    assert client.post(f"{AT}agenda/{talk.code}", data=data | people).status_code == 302

    now = drafted(event, talk.uid)
    assert (now.title, now.seats, now.room_id, now.focus_area_id) == (Bilingual("Sen", "Sleep"), 40, room.id, area.id)
    assert now.when is not None
    assert now.when.ends_at - now.when.starts_at == timedelta(minutes=90)
    assert (now.people, now.partners, now.languages) == ((Cast(ola.id),), (partner.id,), ("pl",))
    assert now.equipment == ("TV", "piano")
    assert db.session.get_one(Session, talk.id).title == Bilingual("Sesja", "Session")
    page = " ".join(client.get(f"{AT}agenda/{talk.code}").text.split())
    assert "Not released yet" in page
    assert "<del>Session</del>" in page
    assert "Other in the draft" in client.get(f"{AT}agenda").text
    assert client.post(f"{AT}agenda/{talk.code}", data=data | people | {"seen": "1"}).status_code == 302
    assert draft_of(event.id).latest == 1


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ends_at": "2030-01-01T09:00", "starts_at": "2030-01-01T10:00"}, "The session ends before it starts."),
        ({"ends_at": ""}, "both a start and an end"),
        ({"seats": "-1"}, "Write a number of seats, or nothing."),
        ({"seats": "many"}, "Not a valid integer value."),
        ({"title_pl": "", "title_en": " "}, "a title in at least one language"),
        ({"room": "no-such"}, "Not a valid choice."),
        ({"starts_at": "tomorrow"}, "Not a valid datetime value."),
        ({"speakers": "Nobody <nobody@example.org>"}, "Nobody here has this address"),
        ({"partners": "Nowhere Inc"}, "No organisation here has this name"),
    ],
)
def test_a_wrong_edit_says_why_and_keeps_what_was_typed(client: Reader, wrong, words):
    event = forum()
    talk = make.session(event)
    answer = boss(client, event).post(f"{AT}agenda/{talk.code}", data=sent(event, abstract_pl="Zostaje", **wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Zostaje" in answer.text
    assert drafted(event, talk.uid).title == Bilingual("Sesja", "Session")


@pytest.mark.any_database
def test_seats_cannot_fall_below_those_who_signed_up(client: Reader):
    event = forum()
    talk = make.session(event, seats=5)
    make.signup(make.registration(event), talk)
    answer = boss(client, event).post(f"{AT}agenda/{talk.code}", data=sent(event, seats="0"))
    assert answer.status_code == 422
    assert "More people have signed up" in answer.text


@pytest.mark.any_database
def test_a_room_is_not_taken_twice_where_that_is_forbidden(client: Reader):
    event = forum()
    set_severities(event.id, {"room_taken": Severity.FORBID}, Buffers(), actor_id=make.person().id)
    room = make.room(event)
    begins = make.session(event).starts_at
    assert begins is not None
    make.session(event, starts_at=begins + timedelta(hours=1), room_id=room.id)
    talk = make.session(event)
    answer = boss(client, event).post(f"{AT}agenda/{talk.code}", data=sent(event, room=room.code))
    assert answer.status_code == 422
    assert "at the same time" in answer.text


@pytest.mark.any_database
def test_who_saves_second_reads_both_and_loses_nothing(client: Reader):
    event = forum()
    talk = make.session(event)
    boss(client, event).post(f"{AT}agenda/{talk.code}", data=sent(event, abstract_pl="Ich opis"))
    mine = sent(event, title_en="Dreams", abstract_en="My words")
    answer = boss(client, event).post(f"{AT}agenda/{talk.code}", data=mine)
    assert answer.status_code == 409
    page = " ".join(answer.text.split())
    for words in ("You: Dreams", "Olga Organizator", ": Sleep", "My words", "Ich opis"):
        assert words in page, words
    assert drafted(event, talk.uid).title.en == "Sleep"
    again = mine | {"abstract_pl": "Ich opis", "seen": "1"}
    assert client.post(f"{AT}agenda/{talk.code}", data=again).status_code == 302
    now = drafted(event, talk.uid)
    assert (now.title.en, now.abstract) == ("Dreams", Bilingual("Ich opis", "My words"))


@pytest.mark.any_database
def test_a_session_is_made_withdrawn_and_brought_back(client: Reader):
    event = forum()
    talk = make.session(event)
    boss(client, event)
    made = client.post(f"{AT}agenda/new", data=sent(event, title_en="Brand new"))
    assert made.location.endswith("/organise/agenda/brand-new")
    assert "Brand new" in client.get(f"{AT}agenda").text
    assert client.post(f"{AT}agenda/new", data=sent(event, title_en="", title_pl="")).status_code == 422
    client.post(f"{AT}agenda/brand-new/withdraw")
    assert client.get(f"{AT}agenda/brand-new").status_code == 404
    client.post(f"{AT}agenda/{talk.code}/withdraw")
    assert drafted(event, talk.uid).is_withdrawn
    assert "Bring it back" in client.get(f"{AT}agenda/{talk.code}").text
    client.post(f"{AT}agenda/{talk.code}/back")
    assert drafted(event, talk.uid).starts_at == talk.starts_at


def test_what_was_typed_is_kept_when_somebody_took_the_session_out_meanwhile(client: Reader):
    event = forum()
    talk = make.session(event)
    boss(client, event)
    client.post(f"{AT}agenda/new", data=sent(event, title_en="Brand new"))
    client.post(f"{AT}agenda/brand-new/withdraw")
    late = client.post(f"{AT}agenda/brand-new", data=sent(event, title_en="Typed late"))
    assert late.status_code == 409
    assert 'value="Typed late"' in late.text
    assert f'action="{AT}agenda/new"' in late.text
    before = draft_of(event.id).latest
    client.post(f"{AT}agenda/{talk.code}/withdraw")
    words = sent(event, title_en="Typed late", seen=str(before))
    refused = client.post(f"{AT}agenda/{talk.code}", data=words)
    assert 'value="Typed late"' in refused.text
    assert "Bring it back and save" in refused.text
    client.post(f"{AT}agenda/{talk.code}", data=words | {"back": "1", "seen": str(before + 1)})
    now = drafted(event, talk.uid)
    assert (now.title.en, now.is_withdrawn, now.length) == ("Typed late", False, 90)


def test_a_reader_sees_the_agenda_and_changes_nothing(client: Reader):
    event = forum()
    talk = make.session(event)
    boss(client, event, Role.READER)
    page = client.get(f"{AT}agenda").text
    assert f"organise/agenda/{talk.code}" not in page
    assert client.get(f"{AT}agenda/{talk.code}").status_code == 403
    assert client.get(f"{AT}event").status_code == 403


def facts(**more: str) -> dict[str, str]:
    return {
        "name_pl": "Forum",
        "name_en": "Forum",
        "tagline_pl": "",
        "tagline_en": "",
        "website": "",
        "registration_opens_at": "",
        "registration_closes_at": "",
        "status": "published",
    } | more


def test_an_owner_changes_the_facts_and_publishes(client: Reader):
    event = forum(status=EventStatus.DRAFT)
    data = facts(name_en="New name", website="https://example.org", registration_opens_at="2030-07-01T09:00")
    assert boss(client, event).post(f"{AT}event", data=data).status_code == 302

    now = fresh(event)
    assert (now.name.en, now.website, now.status) == ("New name", "https://example.org", EventStatus.PUBLISHED)
    assert now.registration_opens_at == datetime(2030, 7, 1, 7, 0, tzinfo=UTC)  # nine in Kraków, in summer
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.action == "event.edited"
    assert set(entry.details["parts"]) == {"name", "website", "status", "registration_opens_at"}


def test_facts_sent_unchanged_change_nothing(client: Reader):
    event = forum()
    answer = boss(client, event).post(f"{AT}event", data=facts(), follow_redirects=True)
    assert "nothing was changed" in answer.text
    assert db.session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"website": "javascript:alert(1)"}, "This is not a web address."),
        ({"name_pl": "", "name_en": ""}, "Give the event a name"),
        (
            {"registration_opens_at": "2030-01-02T00:00", "registration_closes_at": "2030-01-01T00:00"},
            "Registration closes before it opens.",
        ),
        ({"status": "archived"}, "Not a valid choice"),
    ],
)
def test_wrong_facts_say_why(client: Reader, wrong, words):
    event = forum()
    answer = boss(client, event).post(f"{AT}event", data=facts(**wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert fresh(event).website == ""


def test_the_rail_shows_only_what_the_reader_may_open(client: Reader):
    event = forum()
    page = boss(client, event, Role.READER).get(AT).text
    rail = page[page.index('class="rail"') : page.index('class="story"')]
    for address in ("organise/", "organise/agenda"):
        assert f"/en/events/forum/{address}" in rail
    assert "organise/matching" not in rail
    assert 'aria-current="page"' in rail


def test_pages_beside_the_rail_belong_to_organise(client: Reader):
    event = forum()
    talk = make.session(event)
    boss(client, event)
    for way, rail in (("", "Event"), ("event", "Event"), ("agenda", "Agenda"), (f"agenda/{talk.code}", "Agenda")):
        page = client.get(AT + way).text
        current = re.findall(r'aria-current="page"\s*>\s*([^<]+?)\s*<', page)
        assert current == ["Organise", rail], way
