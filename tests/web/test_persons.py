"""People of all events, as those who look after the platform read them."""

import io

import pytest
from pypdf import PdfReader

from lsos.accounts.models import Person
from lsos.agenda.hats import hats_by_event, hats_of
from lsos.agenda.models import SessionPerson
from lsos.agenda.rules import SessionRole
from lsos.badges.printing import document
from lsos.badges.queries import cards
from lsos.db import db
from lsos.events.hats import give_hats
from lsos.events.rules import HatKind, Role
from tests import make
from tests.conftest import Reader
from tests.counting import counting

AT = "/en/people"


@pytest.fixture
def desk(client: Reader) -> Reader:
    return client.sign_in(make.staff(Role.OWNER))


def test_a_person_is_found_without_accents_and_shown_with_every_hat(desk: Reader):
    event = make.event()
    who = make.person("Łukasz", "Żak", email="lz@example.org")
    make.registration(event, who)
    make.add(SessionPerson(session_id=make.session(event).id, person_id=who.id, role=SessionRole.CHAIR))
    assert "Łukasz Żak" in desk.get(f"{AT}?q=lukasz zak").text

    data = {"hat": ["mentor", "founder", "speaker", "king"]}
    page = desk.post(f"{AT}/{who.uid}/hats/{event.slug}", data=data, follow_redirects=True).text
    assert "The roles of Łukasz Żak are saved." in page
    hats = (HatKind.CHAIR, HatKind.FOUNDER, HatKind.MENTOR)
    assert hats_of(event.id, [who.id]) == {who.id: hats}
    assert hats_by_event(who.id) == {event.id: hats}
    desk.post(f"{AT}/{who.uid}/hats/{event.slug}", data={"hat": ["mentor"]})
    assert hats_of(event.id, [who.id])[who.id] == (HatKind.CHAIR, HatKind.MENTOR)


def test_hats_cost_one_statement_for_however_many(desk: Reader):
    event = make.event()
    with counting() as statements:
        assert hats_of(event.id, [make.staff(Role.DOOR).id]) == {}
    mine = [statement for statement in statements if "session_person" in statement]
    assert len(mine) == 1


def test_two_records_are_compared_and_merged(desk: Reader):
    event = make.event()
    into, gone = make.person("Jan", "Kos", email="jan.kos@uj.pl"), make.person("Jan", "Kos", email="jankos@wp.pl")
    mine, other = make.registration(event, into), make.registration(event, gone)
    assert "the same name; addresses that are the same before the @" in desk.get(f"{AT}/duplicates").text
    page = desk.get(f"{AT}/{into.uid}/merge?other={gone.uid}").text
    assert "Registered twice: which one stays?" in page
    assert f'value="{mine.uid}" checked' in page
    assert desk.get(f"{AT}/{into.uid}/merge?q=kos").text.count("Compare") == 1

    unseen = desk.post(f"{AT}/{into.uid}/merge", data={"other": gone.uid}, follow_redirects=True)
    assert "has changed meanwhile" in unseen.text
    data = {"other": gone.uid, "from-email": "gone", f"stays-{event.slug}": other.uid}
    answer = desk.post(f"{AT}/{into.uid}/merge", data=data, follow_redirects=True)
    assert "The two records are one now: Jan Kos." in answer.text
    assert desk.get(f"{AT}/{gone.uid}").location.endswith(into.uid)
    assert db.session.get_one(Person, into.id, populate_existing=True).email == "jankos@wp.pl"
    assert desk.get(f"{AT}/{gone.uid}/merge").status_code == 302
    assert desk.get(f"{AT}/nobody").status_code == 404


def test_hats_are_a_column_and_a_filter_of_the_list_and_stand_on_the_badge(desk: Reader):
    event = make.event()
    mentor, other = make.registration(event), make.registration(event)
    give_hats(event, mentor.person_id, [HatKind.MENTOR, HatKind.FOUNDER], by=make.staff(Role.OWNER).id)
    people = f"/en/events/{event.slug}/organise/people"
    page = desk.get(f"{people}?hat=mentor&col=name&col=hat").text
    assert "founder, mentor" in page
    assert mentor.uid in page
    assert other.uid not in page
    assert mentor.uid not in desk.get(f"{people}?hat=juror").text
    assert mentor.uid not in desk.get(f"{people}?hat=-").text
    assert "mentor" in desk.get(f"{people}/{mentor.uid}").text
    hats = hats_of(event.id, [mentor.person_id, other.person_id])
    assert set(hats) == {mentor.person_id}
    with document(event, cards(event), base_url="https://x.org") as made:
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(made.pdf())).pages]
    words = {"pl": "mentor", "en": "founder · mentor"}[mentor.person.language]
    assert sum(words in text for text in pages) == 1
