"""The public page of an event: what it tells a visitor, and the way in."""

from datetime import UTC, datetime, timedelta

from lsos.db import transaction
from lsos.events.models import Event, FocusArea, Venue, Zone
from lsos.events.rules import EventStatus, Role
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=30)


def edition(**more: object) -> Event:
    values: dict[str, object] = {
        "slug": "forum",
        "starts_on": SOON,
        "name": Bilingual("Forum Wisła", "Vistula Forum"),
        "tagline": Bilingual("O zdrowiu", "On health"),
    }
    return make.event(**(values | more))  # type: ignore[arg-type]


def area(event: Event, position: int, polish: str, english: str) -> FocusArea:
    return make.add(
        FocusArea(event_id=event.id, code=f"a{position}", name=Bilingual(polish, english), position=position)
    )


def test_a_visitor_reads_name_date_place_and_the_way_in(client: Reader):
    venue = Venue(
        code="house", name=Bilingual("Dom", "The House"), street="ul. Długa 1", city=Bilingual("Kraków", "Kraków")
    )
    edition(venue=venue, organiser=make.organisation("Klaster"))
    page = client.get("/en/events/forum/").text

    for words in ("Vistula Forum", "On health", "The House", "ul. Długa 1", "Klaster", "09:00–18:00", str(SOON.year)):
        assert words in page
    assert '<meta property="og:title" content="Vistula Forum">' in page


def test_each_focus_area_shows_its_disc_and_what_is_on_in_it(client: Reader):
    event = edition()
    first, second = area(event, 0, "Profilaktyka", "Prevention"), area(event, 1, "Terapie", "Therapies")
    make.session(event, title=Bilingual("Sen", "Sleep"), focus_area_id=first.id)
    make.session(event, title=Bilingual("RNA", "RNA today"), focus_area_id=second.id)
    page = client.get("/en/events/forum/").text

    assert "2 focus areas" in page
    assert page.index("Prevention") < page.index("Sleep") < page.index("Therapies") < page.index("RNA today")
    assert 'class="area-0"' in page
    assert 'class="area-1"' in page


def test_what_is_illustrative_is_said_to_be(client: Reader):
    event = edition(are_hours_illustrative=True)
    make.add(Zone(event_id=event.id, code="z", name=Bilingual("Strefa", "The Zone"), is_illustrative=True))
    assert "Illustrative programme" not in client.get("/en/events/forum/").text

    make.session(event, is_illustrative=True)
    page = client.get("/en/events/forum/").text
    assert "Illustrative programme" in page
    assert "illustrative hours" in page


def test_a_zone_open_to_everybody_says_so(client: Reader):
    event = edition()
    make.add(Zone(event_id=event.id, code="z", name=Bilingual("Pytania", "Questions That Matter"), is_public=True))
    page = client.get("/en/events/forum/").text
    assert page.index("Questions That Matter") < page.index("Open to everybody")


def test_before_registration_opens_the_page_says_when(client: Reader):
    edition(registration_opens_at=datetime.now(UTC) + timedelta(days=3))
    page = client.get("/en/events/forum/").text
    assert "Registration has not opened yet." in page
    assert "It opens on" in page


def test_after_registration_closed_the_page_says_so(client: Reader):
    edition(registration_closes_at=datetime.now(UTC) - timedelta(days=3))
    assert "Registration is closed. Please write to the organiser." in client.get("/en/events/forum/").text


def test_a_past_event_keeps_its_page(client: Reader):
    edition(starts_on=TODAY - timedelta(days=300))
    assert "This event is over." in client.get("/en/events/forum/").text


def test_a_cancelled_event_says_so(client: Reader):
    edition(status=EventStatus.CANCELLED)
    assert "This event was cancelled." in client.get("/en/events/forum/").text


def test_a_draft_is_seen_by_those_who_work_on_it_only(client: Reader):
    event = edition(status=EventStatus.DRAFT)
    assert client.get("/en/events/forum/").status_code == 404
    assert client.sign_in(make.person()).get("/en/events/forum/").status_code == 404
    assert client.sign_in(make.staff(Role.PROGRAMME, event)).get("/en/events/forum/").status_code == 200


def test_somebody_registered_is_led_to_their_day(client: Reader):
    event = edition()
    guest = make.registration(event)
    page = client.sign_in(guest.person).get("/en/events/forum/").text
    assert "Open my day" in page


def test_a_text_that_is_missing_is_shown_in_the_other_language_and_marked(client: Reader):
    edition(tagline=Bilingual("Tylko po polsku", ""))
    assert (
        '<span lang="pl" class="fallback" title="Not translated yet">Tylko po polsku</span>'
        in client.get("/en/events/forum/").text
    )


def test_what_an_organiser_types_is_never_markup(client: Reader):
    edition(name=Bilingual("<b>Forum</b>", "<b>Forum</b>"), tagline=Bilingual('"><script>', '"><script>'))
    page = client.get("/en/events/forum/").text
    assert "<b>Forum" not in page
    assert '"><script>' not in page


def test_an_event_with_nothing_but_a_date_has_a_page(client: Reader):
    edition(tagline=Bilingual())
    page = client.get("/pl/events/forum/")
    assert page.status_code == 200
    assert "focus area" not in page.text


def test_many_sessions_cost_as_many_questions_as_one(client: Reader):
    event = edition()
    areas = [area(event, n, "A", "A").id for n in range(4)]
    make.session(event, focus_area_id=areas[0], room_id=make.room(event).id)
    with counting() as few:
        client.get("/en/events/forum/")
    with transaction() as writing:
        writing.get_one(Event, event.id)
    for n in range(30):
        make.session(event, focus_area_id=areas[n % 4], room_id=make.room(event).id)
    with counting() as many:
        client.get("/en/events/forum/")
    assert len(many) == len(few) <= 8
