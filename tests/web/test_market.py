"""The market as a participant walks through it: look, write, ask for a meeting about it, keep a search."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.db import db
from lsos.market import news
from lsos.market.models import SavedSearch
from lsos.meetings.models import Avoidance, MeetingRequest
from lsos.registration.models import Listing
from lsos.registration.rules import Direction, Purpose, RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting

SOON = datetime.now(UTC).date() + timedelta(days=30)
WARD = Bilingual("Oddział na pilotaż", "A ward for a pilot")


class Forum:
    """An event at which a hospital offers a ward, and a start-up looks around."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        make.meeting_grid(self.event, slots=4, tables=2)
        self.pilot = make.cooperation_type("pilot-site")
        self.me = make.registration(
            self.event, make.person("Ola", "Startupowa"), organisation=make.organisation("Zeta Próba")
        )
        self.other = make.registration(
            self.event, make.person("Jan", "Szpitalny"), organisation=make.organisation("Szpital Próbny")
        )
        self.mine = make.listing(self.me, Direction.SEEK, self.pilot)
        self.ward = make.listing(self.other, Direction.OFFER, self.pilot, title=WARD, details=Bilingual("Od wiosny."))

    def address(self, rest):
        return f"/en/events/{self.event.slug}{rest}"


@pytest.fixture
def forum(app):
    return Forum()


def read(client, who, address, status=200):
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == status, answer.location
    return answer.text


def test_an_offer_is_found_read_and_asked_about(client, forum):
    page = read(client, forum.me, forum.address("/market/?q=oddzial&side=offer"))
    assert "A ward for a pilot" in page
    assert "Szpital Próbny" in page
    address = forum.address(f"/market/listings/{forum.ward.uid}")
    page = read(client, forum.me, address)
    assert "Od wiosny." in page
    assert "It meets what you seek:" in page
    client.post(forum.address(f"/meetings/ask/{forum.other.uid}"), data={"message": "When?", "listing": forum.ward.uid})
    assert db.session.query(MeetingRequest).one().listing_id == forum.ward.id
    assert "You asked; the answer is open" in read(client, forum.me, address)


def test_a_request_is_written_seen_closed_and_deleted(client, forum):
    client.sign_in(forum.me.person)
    new = forum.address("/me/market/new")
    refused = client.post(new, data={"direction": "seek", "kind": "pilot-site", "details_en": "For eight weeks"})
    assert refused.status_code == 422
    assert "Give it a title, in Polish or in English" in refused.text
    assert "For eight weeks" in refused.text
    client.post(new, data={"direction": "seek", "kind": "pilot-site", "title_en": "A clinic"})
    made = db.session.query(Listing).filter_by(title_en="A clinic").one()
    page = client.get(forum.address("/me/market/")).text
    assert "The Polish words are missing" in page
    client.post(forum.address(f"/me/market/{made.uid}/close"))
    assert read(client, forum.other, forum.address(f"/market/listings/{made.uid}"), 404)
    assert "A clinic" not in read(client, forum.other, forum.address("/market/"))
    client.sign_in(forum.me.person)
    client.post(forum.address(f"/me/market/{made.uid}/delete"))
    assert db.session.query(Listing).filter_by(title_en="A clinic").count() == 0


def test_a_search_is_kept_and_opened_again(client, forum):
    client.sign_in(forum.me.person)
    client.post(forum.address("/market/searches"), data={"q": "ward", "side": "offer", "name": "Wards"})
    page = client.get(forum.address("/market/searches")).text
    assert "Wards" in page
    assert "1 offer or request" in page


def test_a_name_that_another_search_has_is_refused_and_stays_typed(client, forum):
    client.sign_in(forum.me.person)
    for name in ("Wards", "Labs"):
        client.post(forum.address("/market/searches"), data={"q": name, "name": name})
    uid = db.session.query(SavedSearch).filter_by(name="Labs").one().uid
    answer = client.post(forum.address(f"/market/searches/{uid}"), data={"name": " Wards "})
    assert answer.status_code == 409
    assert "You keep a search of this name already." in answer.text
    assert 'value=" Wards "' in answer.text


def test_a_search_under_a_taken_name_is_shown_once_more_with_what_was_typed(client, forum):
    client.sign_in(forum.me.person)
    client.post(forum.address("/market/searches"), data={"q": "ward", "name": "Wards"})
    answer = client.post(forum.address("/market/searches"), data={"q": "clinic", "name": "Wards"})
    assert answer.status_code == 409
    assert "You keep a search of this name already." in answer.text
    assert 'value="Wards"' in answer.text
    assert 'value="clinic"' in answer.text


def test_letters_about_a_search_are_asked_for_and_ended_where_it_stands(client, forum):
    client.sign_in(forum.me.person)
    client.post(forum.address("/market/searches"), data={"q": "ward", "name": "Wards"})
    uid = db.session.query(SavedSearch).one().uid
    address = forum.address(f"/market/searches/{uid}/letters")
    page = client.post(address, data={"told": "yes"}, follow_redirects=True).text
    assert "At most once a day a letter tells you what is new in “Wards”." in page
    assert "letters, at most one a day" in page
    page = client.post(address, data={"told": "no"}, follow_redirects=True).text
    assert "letters, at most one a day" not in page


def test_the_link_in_such_a_letter_ends_them_without_signing_in(client, forum):
    client.sign_in(forum.me.person)
    client.post(forum.address("/market/searches"), data={"q": "ward", "name": "Wards"})
    uid = db.session.query(SavedSearch).one().uid
    client.post(forum.address(f"/market/searches/{uid}/letters"), data={"told": "yes"})
    stranger = client.application.test_client()
    address = f"/en/no-more-market-news/{news.end_token(forum.me)}"
    assert "Shall these letters end?" in stranger.get(address).text
    assert stranger.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.rollback()
    assert db.session.query(SavedSearch).one().told_until is None
    assert stranger.get("/en/no-more-market-news/broken").status_code == 404


def test_who_did_not_agree_has_no_seat_or_is_avoided_is_not_in_the_list(client, forum):
    hidden = make.registration(forum.event, make.person(), purposes=(Purpose.MATCHMAKING,))
    waiting = make.registration(forum.event, make.person(), state=RegistrationState.PENDING)
    for whose, title in ((hidden, "Hidden one"), (waiting, "Pending one")):
        one = make.listing(whose, Direction.OFFER, forum.pilot, title=Bilingual(en=title))
        read(client, forum.me, forum.address(f"/market/listings/{one.uid}"), 404)
    make.add(Avoidance(owner_id=forum.me.person_id, person_id=forum.other.person_id, at=datetime.now(UTC)))
    page = read(client, forum.me, forum.address("/market/"))
    for title in ("Hidden one", "Pending one", "A ward for a pilot"):
        assert title not in page
    assert "Your registration is not confirmed yet" in read(client, waiting, forum.address("/market/"))


def test_an_organisation_shows_its_visible_people_and_what_they_bring(client, forum):
    house = forum.other.organisation
    make.registration(forum.event, make.person("Ewa", "Niewidoczna"), organisation=house, purposes=())
    page = read(client, forum.me, forum.address(f"/market/organisations/{house.uid}"))
    assert "Jan Szpitalny" in page
    assert "A ward for a pilot" in page
    assert "Niewidoczna" not in page


def test_the_list_costs_the_same_for_few_and_for_many(client, forum):
    def cost():
        client.get(forum.address("/market/?q=ward"))
        with counting() as statements:
            assert client.get(forum.address("/market/?q=ward")).status_code == 200
        return len(statements)

    client.sign_in(forum.me.person)
    few = cost()
    for _ in range(12):
        who = make.registration(forum.event, make.person(), organisation=make.organisation())
        make.listing(who, Direction.OFFER, forum.pilot, title=WARD)
    assert cost() == few
