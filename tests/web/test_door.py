"""The door: what a person at the desk reads, with and without JavaScript."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from lsos.app import create_app
from lsos.checkin.models import Arrival, Scan
from lsos.checkin.points import lay_out_points
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web.limits import limiter
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.databases import settings_for


def today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(make.ZONE)).date()


@pytest.fixture
def event(app):
    """An event that is open now, whatever the hour."""
    return make.event(starts_on=today() - timedelta(days=1), days=3, doors_open=time(0), doors_close=time(23, 59))


@pytest.fixture
def door(event):
    return make.point(event, code="main", name=Bilingual("Wejście główne", "Main entrance"))


@pytest.fixture
def guest(event):
    return make.registration(event, make.person("Łucja", "Wąs"), organisation_id=make.organisation("Instytut").id)


@pytest.fixture
def desk(client: Reader, event, door) -> Reader:
    """Somebody who works at the door."""
    return client.sign_in(make.staff(Role.DOOR, event))


def address(event, point="main", language="en"):
    return f"/{language}/events/{event.slug}/door/{point}"


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def shown(answer, part):
    """Read one part of the verdict."""
    found = re.search(rf'data-part="{part}">(.*?)</', answer.text, re.DOTALL)
    assert found is not None
    return found.group(1).strip()


def tone(answer):
    found = re.search(r'id="verdict" data-tone="(\w+)"', answer.text)
    assert found is not None
    return found.group(1)


def typed(desk, event, code, point="main", **more):
    """Type a code into the page and send it, as a USB scanner does, without JavaScript."""
    return desk.post(address(event, point), data={"code": code, **more}, follow_redirects=True)


def asked(desk, event, code, point="main", **more):
    """Send a scan as the page's own script does."""
    values = {"code": code, "uid": new_uid(), **more}
    return desk.post(address(event, point), data=values, headers={"Accept": "application/json"})


def count(table):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


# ---- choosing a point


def test_the_points_are_offered_with_how_many_came(desk, event, guest):
    typed(desk, event, guest.badge_code)
    make.registration(event)
    page = text_of(desk.get(address(event, "")))
    assert "1 of 2 guests are in today." in page
    assert "Main entrance" in page


def test_an_event_without_points_gets_them_by_a_button(client, event):
    client.sign_in(make.staff(Role.DOOR, event))
    make.room(event, kind="plenary")
    assert "Make the points" in client.get(address(event, "")).text
    page = client.post(address(event, ""), follow_redirects=True)
    assert "Main entrance" in page.text
    assert "The points are ready." in page.text


# ---- the desk without JavaScript


def test_the_desk_stands_ready_with_its_field_in_focus(desk, event):
    page = desk.get(address(event))
    assert tone(page) == "idle"
    assert re.search(r'<input[^>]*autofocus[^>]*id="code"', page.text)


def test_a_typed_code_lets_the_guest_in_and_names_them(desk, event, guest):
    page = typed(desk, event, guest.badge_code)
    assert (tone(page), shown(page, "word"), shown(page, "name")) == ("go", "Welcome", "Łucja Wąs")
    assert shown(page, "about") == "Participant · Instytut"
    assert count(Arrival) == 1


def test_the_answer_is_a_page_that_can_be_loaded_again(desk, event, guest):
    answer = desk.post(address(event), data={"code": guest.badge_code})
    assert answer.status_code == 302
    for _ in range(2):
        assert shown(desk.get(answer.location), "word") == "Welcome"
    assert count(Scan) == 1


def test_a_second_scan_says_when_the_first_was(desk, event, guest):
    typed(desk, event, guest.badge_code)
    page = typed(desk, event, guest.badge_code)
    assert (tone(page), shown(page, "word")) == ("again", "Already in")
    assert re.fullmatch(r"First scanned at \d\d:\d\d: Main entrance\.", shown(page, "sentence"))


def test_the_desk_speaks_polish(desk, event, guest):
    page = desk.post(address(event, language="pl"), data={"code": guest.badge_code}, follow_redirects=True)
    assert 'lang="pl"' in page.text
    assert "Wejście główne" in page.text


def test_a_cancelled_guest_is_stopped_by_name_with_what_to_do(desk, event):
    gone = make.registration(event, make.person("Cezary", "Cofnięty"), state=RegistrationState.CANCELLED)
    page = typed(desk, event, gone.badge_code)
    assert (tone(page), shown(page, "name")) == ("stop", "Cezary Cofnięty")
    assert shown(page, "sentence") == "This registration was cancelled. Please send the guest to the help desk."


def test_an_unknown_code_is_shown_as_it_was_read(desk, event):
    page = typed(desk, event, "<b>nobody</b>")
    assert (tone(page), shown(page, "word")) == ("stop", "Unknown")
    assert "<b>nobody" not in page.text


def test_nothing_typed_is_said_so_and_nothing_is_stored(desk, event):
    answer = desk.post(address(event), data={"code": "  "})
    assert answer.status_code == 422
    assert "Scan or type the code on the badge." in answer.text
    assert count(Scan) == 0


def test_one_page_sent_twice_is_one_scan_and_two_codes_from_it_are_two(desk, event, guest):
    other = make.registration(event)
    for code in (guest.badge_code, guest.badge_code, other.badge_code):
        typed(desk, event, code, ticket="the-same-page")
    assert count(Scan) == 2
    assert count(Arrival) == 2


def test_the_last_scans_stand_below(desk, event, guest):
    for code in (guest.badge_code, guest.badge_code, "NOBODY", *"ABCD"):
        typed(desk, event, code)
    page = desk.get(address(event))
    assert page.text.count("data-uid=") == 5
    assert "NOBODY" in page.text
    assert "Łucja" not in page.text


def test_before_the_doors_open_the_desk_says_so(client, app):
    later = make.event(starts_on=today() + timedelta(days=2))
    make.point(later, code="main")
    client.sign_in(make.staff(Role.DOOR, later))
    assert "The doors are not open yet." in client.get(address(later)).text
    page = typed(client, later, make.registration(later).badge_code)
    assert shown(page, "word") == "Not yet"


# ---- the desk with JavaScript


def test_the_page_itself_is_answered_in_json_with_the_same_words(desk, event, guest):
    answer = asked(desk, event, f"HTTPS://X.ORG/B/{guest.badge_code}").get_json()
    assert (answer["tone"], answer["word"], answer["name"]) == ("go", "Welcome", "Łucja Wąs")
    assert (answer["count"], answer["can_undo"]) == (1, True)


def test_a_scan_sent_again_is_answered_again_and_counted_once(desk, event, guest):
    uid = new_uid()
    answers = [asked(desk, event, guest.badge_code, uid=uid).get_json() for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert count(Scan) == 1


def test_a_kept_scan_counts_for_the_time_it_was_made(desk, event, guest):
    asked(desk, event, guest.badge_code, waited_ms=90 * 60 * 1000)
    at = db.session.scalars(select(Arrival.at)).one()
    assert timedelta(minutes=89) < datetime.now(UTC) - at < timedelta(minutes=91)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uid": "x"},
        {"uid": "x" * 23},
        {"uid": "a b" * 7},
        {"waited_ms": "-1"},
        {"waited_ms": "1e9"},
        {"code": "x" * 501},
    ],
)
def test_a_scan_that_is_not_well_formed_is_refused_in_json(desk, event, guest, wrong):
    answer = asked(desk, event, **{"code": guest.badge_code, **wrong})
    assert answer.status_code == 422
    assert answer.get_json()["error"]
    assert count(Scan) == 0


def test_a_point_of_another_event_is_not_found(desk, event):
    assert asked(desk, event, "X", point="nowhere").status_code == 404


# ---- meetings


def test_the_tables_ask_for_the_other_badge_and_then_say_held(desk, event, guest):
    make.point(event, PointKind.TABLES, code="tables")
    other = make.registration(event, make.person("Jan", "Kos"))
    (slot,) = make.meeting_grid(event, slots=1, tables=1)
    slot.starts_at, slot.ends_at = datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=20)
    db.session.commit()
    make.meeting(guest, other, slot)

    page = typed(desk, event, guest.badge_code, "tables")
    assert (tone(page), shown(page, "word")) == ("part", "Present")
    assert shown(page, "sentence").endswith("Now scan the badge of Jan Kos.")
    page = typed(desk, event, other.badge_code, "tables")
    assert (tone(page), shown(page, "word")) == ("go", "Held")
    assert shown(typed(desk, event, guest.badge_code, "tables"), "word") == "Held"


def test_the_next_meeting_is_told_at_the_door(desk, event, guest):
    other = make.registration(event, make.person("Jan", "Kos"))
    (slot,) = make.meeting_grid(event, slots=1, tables=1)
    slot.starts_at = datetime.now(UTC) + timedelta(days=1)
    slot.ends_at = slot.starts_at + timedelta(minutes=20)
    db.session.commit()
    make.meeting(guest, other, slot)
    words = shown(typed(desk, event, guest.badge_code), "next")
    assert re.fullmatch(r"Next meeting: \w{3} \d{1,2} \w+, \d\d:\d\d, table 1, with Jan Kos\.", words)


def test_without_a_meeting_now_nobody_is_stopped_in_red(desk, event, guest):
    make.point(event, PointKind.TABLES, code="tables")
    page = typed(desk, event, guest.badge_code, "tables")
    assert (tone(page), shown(page, "word")) == ("again", "No meeting")


# ---- taking back


def taken_back(desk, event, uid, **more):
    values = {"undo-scan": uid, "undo-uid": new_uid(), "undo-reason": "STAYED_OUT"} | more
    return desk.post(address(event, "main/undo"), data=values, follow_redirects=True)


def last_uid():
    db.session.rollback()
    return db.session.scalars(select(Scan.uid).order_by(Scan.id.desc())).first()


def test_the_last_scan_can_be_taken_back_with_a_reason(desk, event, guest):
    page = typed(desk, event, guest.badge_code)
    assert "The guest did not come in" in page.text
    page = taken_back(desk, event, last_uid())
    assert (tone(page), shown(page, "word")) == ("undone", "Withdrawn")
    assert count(Arrival) == 0


def test_what_cannot_be_taken_back_says_why(desk, event):
    page = typed(desk, event, "NOBODY")
    assert re.search(r'<details class="undo"[^>]*hidden', page.text)
    page = taken_back(desk, event, last_uid())
    assert "This scan changed nothing, so there is nothing to take back." in page.text


def test_taking_back_without_a_reason_of_ours_is_refused(desk, event, guest):
    typed(desk, event, guest.badge_code)
    uid = last_uid()
    for wrong in ({"undo-reason": "BECAUSE"}, {"undo-scan": ""}, {"undo-uid": "x"}):
        assert taken_back(desk, event, uid, **wrong).status_code == 400
    assert count(Arrival) == 1


# ---- by name


def test_only_those_who_may_see_registrations_search_by_name(desk, event, guest):
    assert "Find by name" not in desk.get(address(event)).text
    assert desk.get(address(event, "main/search?q=wąs")).status_code == 403


def test_a_guest_without_a_badge_is_found_and_checked_in(client, event, door, guest):
    client.sign_in(make.staff(Role.OWNER, event))
    assert "Find by name" in client.get(address(event)).text
    page = client.get(address(event, "main/search?q=WAS"))
    assert "Łucja Wąs" in page.text
    code = re.search(r'name="code" value="(\w+)"', page.text)
    assert code is not None
    assert shown(typed(client, event, code.group(1)), "word") == "Welcome"
    assert "Nobody of this event is called that." in client.get(address(event, "main/search?q=Zzz")).text


# ---- who gets in, and how fast


def test_signed_out_staff_are_led_to_sign_in_and_back(client, event, door, guest):
    for rest in ("main", "main/search?q=x", f"badge/{guest.badge_code}"):
        assert "/sign-in?next=" in client.get(address(event, rest)).location


def test_attendees_and_other_events_staff_have_no_door(client, event, door, guest):
    assert "/sign-in" in client.get(address(event)).location
    client.sign_in(db.session.get_one(Registration, guest.id).person)
    assert client.get(address(event)).status_code == 403
    client.sign_in(make.staff(Role.DOOR, make.event()))
    assert asked(client, event, "X").status_code == 403


def test_scans_are_limited_by_person(database, event, door, tmp_path):
    server = create_app(settings_for(database.url, tmp_path, rate_limits=True))
    server.config["WTF_CSRF_ENABLED"] = False
    limiter.reset()
    try:
        hasty, calm = (Reader(server, server.response_class).sign_in(make.staff(Role.DOOR, event)) for _ in range(2))
        left = [int(asked(reader, event, "X").headers["X-RateLimit-Remaining"]) for reader in (hasty, hasty, calm)]
    finally:
        limiter.enabled = False
        with server.app_context():
            db.engine.dispose()
    assert left == [239, 238, 239]


def test_the_desk_costs_the_same_for_few_and_for_many(desk, event, door):
    lay_out_points(event, by_id=None)
    paths = [address(event), address(event, "")]
    asked(desk, event, make.registration(event).badge_code)
    few = [len(statements(desk, path)) for path in paths]
    for _ in range(12):
        asked(desk, event, make.registration(event).badge_code)
    assert [len(statements(desk, path)) for path in paths] == few


def statements(desk, path):
    with counting() as made:
        assert desk.get(path).status_code == 200
    return made


# ---- what a badge's QR code leads to


def link(code):
    return f"/b/{code.lower()}"


def test_a_stranger_learns_nothing_from_a_badge(client, event, guest):
    pages = [
        client.get(link(code), headers={"Accept-Language": "en"}).text for code in (guest.badge_code, "NOBODY2345")
    ]
    stripped = [re.sub(r'nonce="[^"]+"|next=[^"]+|href="[^"]*/[bB]/[^"]*"', "", page) for page in pages]
    assert stripped[0] == stripped[1]
    assert "Łucja" not in pages[0]
    assert event.name.en not in pages[0]


def test_another_guest_reads_what_stands_on_the_badge_and_no_more(client, event, guest):
    client.sign_in(make.registration(event, make.person("Jan", "Kos"), purposes=()).person)
    page = client.get(link(guest.badge_code), headers={"Accept-Language": "en"}, follow_redirects=True)
    assert "Łucja Wąs" in page.text
    assert guest.person.email not in page.text


def test_a_guest_of_another_event_learns_nothing(client, event, guest):
    client.sign_in(make.registration(make.event(), make.person("Jan", "Kos")).person)
    page = client.get(link(guest.badge_code), headers={"Accept-Language": "en"})
    assert "hand it in at the registration desk" in page.text
    assert "Łucja" not in page.text


def test_the_owner_is_led_to_the_own_page(client, event, guest):
    client.sign_in(db.session.get_one(Registration, guest.id).person)
    assert f"/events/{event.slug}/me/" in client.get(link(guest.badge_code)).location


@pytest.mark.parametrize("letter", ["b", "B"])
def test_door_staff_are_led_to_a_check_that_waits_for_a_tap(desk, event, guest, letter):
    page = desk.get(f"/{letter}/{guest.badge_code}", headers={"Accept-Language": "en"}, follow_redirects=True)
    assert "Łucja Wąs" in page.text
    assert "Main entrance" in page.text
    assert count(Scan) == 0


def test_staff_of_another_event_are_strangers(client, event, guest):
    client.sign_in(make.staff(Role.DOOR, make.event()))
    assert "Łucja" not in client.get(link(guest.badge_code), follow_redirects=True).text


def test_the_kind_word_is_there_in_the_other_language(client):
    assert 'lang="pl"' in client.get("/b/NOBODY?lang=pl", headers={"Accept-Language": "en"}).text


def test_a_check_of_a_code_that_is_nobodys_says_so(desk, event):
    answer = desk.get(address(event, "badge/NOBODY"))
    assert answer.status_code == 404
    assert "No badge of this event has this code." in answer.text
