"""Letters about kept searches: to who asked, once a day at most, each offer once, nothing that is not to be seen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.errors import NotFound
from lsos.mail import OutgoingMail
from lsos.market import news, service
from lsos.market.models import SavedSearch
from lsos.market.rules import Wanted, Written
from lsos.meetings.models import Avoidance
from lsos.registration.models import Listing, Registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from lsos.web.market import unseen_by
from tests import make
from tests.racing import race

NOW = make.BEFORE
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PILOT = Wanted(kinds=("pilot-site",))


class Market:
    """Somebody who keeps a search and hears of it, and somebody who offers."""

    def __init__(self):
        self.event = make.event()
        self.pilot = make.cooperation_type("pilot-site")
        self.me = make.registration(self.event, make.person("Ola", "Pytająca", email="ola@example.org"))
        self.other = make.registration(self.event, make.person("Jan"), organisation=make.organisation("Szpital Próbny"))
        self.search = self.keep("Piloty")

    def keep(self, name, wanted=PILOT, *, at=NOW, is_told=True):
        kept = service.keep_search(self.me.id, name, wanted, now=at)
        return news.tell(self.me.id, kept.uid, is_told=is_told, now=at)

    def offer(self, title="A ward in Łódź", *, at=NOW + HOUR, by=None, **more):
        made = Written(direction=Direction.OFFER, kind="pilot-site", title=("", title), **more)
        return service.write((by or self.other).id, None, made, now=at)

    def work(self, at):
        return news.write_due(unseen=unseen_by, end_address=lambda token, language: f"/{language}/{token}", now=at)

    def letters(self):
        db.session.rollback()
        written = select(OutgoingMail).where(OutgoingMail.letter == "market_news").order_by(OutgoingMail.id)
        return list(db.session.scalars(written))


@pytest.fixture
def market(app):
    return Market()


def test_a_letter_names_what_is_new_and_where_it_ends(market):
    market.offer("A ward in Łódź")

    assert market.work(NOW + DAY + HOUR) == 1
    [letter] = market.letters()
    assert letter.to_address == "ola@example.org"
    assert "A ward in Łódź · Szpital Próbny" in letter.text
    assert "Piloty" in letter.text
    assert letter.unsubscribe.startswith(f"/{letter.language}/")
    assert letter.unsubscribe in letter.text


def test_nothing_is_written_before_a_day_is_over_nor_without_news(market):
    assert market.work(NOW + DAY + HOUR) == 0
    market.offer(at=NOW + DAY + 2 * HOUR)

    assert market.work(NOW + DAY + 3 * HOUR) == 0
    assert market.work(NOW + 2 * DAY + 3 * HOUR) == 1


def test_an_offer_is_told_once_and_one_letter_comes_a_day(market):
    market.offer()
    assert market.work(NOW + DAY + HOUR) == 1
    market.offer("Another", at=NOW + DAY + 2 * HOUR)

    assert market.work(NOW + DAY + 3 * HOUR) == 0
    assert market.work(NOW + 2 * DAY + 2 * HOUR) == 1
    assert [letter.text.count("A ward in Łódź") for letter in market.letters()] == [1, 0]


def test_what_was_made_in_the_last_minutes_waits_for_the_next_letter(market):
    at = NOW + DAY + HOUR
    market.offer(at=at - timedelta(minutes=1))

    assert market.work(at) == 0
    assert market.work(at + DAY + HOUR) == 1


def test_two_searches_that_find_the_same_make_one_letter_that_names_it_once(market):
    market.keep("Wszystko", Wanted(direction=Direction.OFFER), at=NOW + timedelta(minutes=30))
    market.offer()

    assert market.work(NOW + DAY + HOUR) == 1
    [letter] = market.letters()
    assert letter.text.count("A ward in Łódź") == 1


def test_only_some_of_many_are_named_and_the_others_counted(market):
    for number in range(news.NAMED + 2):
        market.offer(f"Ward {number}")

    market.work(NOW + DAY + HOUR)
    [letter] = market.letters()
    assert sum(f"Ward {number}" in letter.text for number in range(news.NAMED + 2)) == news.NAMED


def test_a_search_that_nobody_asked_letters_about_writes_none(market):
    news.tell(market.me.id, market.search.uid, is_told=False, now=NOW)
    market.offer()

    assert market.work(NOW + DAY + HOUR) == 0


def test_what_one_has_looked_at_is_no_news(market):
    market.offer()
    service.see_search(market.me.id, market.search.uid, now=NOW + 2 * HOUR)

    assert market.work(NOW + DAY + HOUR) == 0


def avoid(market):
    make.add(Avoidance(owner_id=market.me.person_id, person_id=market.other.person_id, at=NOW))


def hide(market):
    for consent in db.session.get_one(Registration, market.other.id).consents:
        if consent.text.purpose == Purpose.CATALOGUE.value:
            consent.withdrawn_at = NOW
    db.session.commit()


def close(market):
    listing = db.session.scalars(select(Listing)).one()
    service.close(market.other.id, listing.uid, now=NOW + 2 * HOUR)


def lose_seat(market):
    db.session.get_one(Registration, market.me.id).state = RegistrationState.CANCELLED
    db.session.commit()


@pytest.mark.parametrize("change", [avoid, hide, close, lose_seat])
def test_what_the_reader_would_not_see_in_the_market_is_in_no_letter(market, change):
    market.offer()
    change(market)

    assert market.work(NOW + DAY + HOUR) == 0
    assert market.letters() == []


def test_ones_own_offers_are_no_news(market):
    market.offer(by=market.me)

    assert market.work(NOW + DAY + HOUR) == 0


def test_after_the_event_nobody_is_written_to(market):
    after = make.FIRST_DAY + timedelta(days=30)
    at = NOW + (after - NOW.date())
    market.offer(at=at - DAY)

    assert market.work(at + HOUR) == 0


def test_the_link_in_a_letter_ends_all_of_them_and_keeps_the_searches(market):
    market.keep("Drugie", at=NOW)
    token = news.end_token(db.session.get_one(Registration, market.me.id))
    found = news.read_end_token(token)
    assert found is not None
    news.end_all(found)
    news.end_all(found)
    market.offer()

    assert market.work(NOW + DAY + HOUR) == 0
    assert len(db.session.scalars(select(SavedSearch)).all()) == 2
    assert news.read_end_token(token + "x") is None


def test_nobody_asks_for_letters_about_the_search_of_another(market):
    with pytest.raises(NotFound):
        news.tell(market.other.id, market.search.uid, is_told=True, now=NOW)


def test_of_many_workers_one_writes(app, market):
    market.offer()
    done = race(app, [lambda: market.work(NOW + DAY + HOUR)] * 8)

    assert sorted(done) == [0] * 7 + [1]
    assert len(market.letters()) == 1
