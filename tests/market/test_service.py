"""Offers and requests as their owners keep them, and what others find of them."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.market import queries, service
from lsos.market.rules import ListingRefusal, SearchRefusal, TakeOverRefusal, Wanted, Written
from lsos.registration.changing import change_details
from lsos.registration.details import details_of
from lsos.registration.models import Listing, Registration
from lsos.registration.queries import whole_registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting
from tests.racing import race

LATER = make.BEFORE + timedelta(days=1)


class Market:
    """An event with somebody who looks around and somebody who offers."""

    def __init__(self):
        self.event = make.event()
        self.pilot = make.cooperation_type("pilot-site")
        self.me = make.registration(self.event, make.person("Ola", "Pytająca"))
        self.other = make.registration(
            self.event, make.person("Jan", "Dający"), organisation=make.organisation("Szpital Próbny"), country="PL"
        )

    def write(self, uid=None, *, by=None, **more):
        values = {"direction": Direction.OFFER, "kind": "pilot-site", "title": ("Oddział w Łodzi", "A ward in Łódź")}
        return service.write((by or self.other).id, uid, Written(**(values | more)), now=LATER)

    def found(self, **wanted):
        return [one.uid for one in queries.search(self.event.id, Wanted(**wanted))[0]]


@pytest.fixture
def market(app):
    return Market()


def test_one_may_offer_two_pilots_and_each_is_found_by_its_words(market):
    one = market.write()
    two = market.write(title=("", "Telemedicine"), details=("Dla żółwi", ""))

    assert market.found(words="lodz oddział") == [one.uid]
    assert market.found(words="zolwi") == [two.uid]
    assert set(market.found(words="szpital pilot-site")) == {one.uid, two.uid}
    assert market.found(words="Dający") == []


@pytest.mark.any_database
def test_an_offer_without_a_title_is_refused(market):
    with pytest.raises(Refused) as refused:
        market.write(title=("", ""))
    assert refused.value.message == ListingRefusal.NO_TITLE


@pytest.mark.any_database
def test_nobody_changes_closes_or_deletes_what_is_anothers(market):
    one = market.write()
    for step in (
        lambda: market.write(one.uid, by=market.me),
        lambda: service.close(market.me.id, one.uid, now=LATER),
        lambda: service.delete(market.me.id, one.uid),
    ):
        with pytest.raises(NotFound):
            step()


def test_what_it_leaves_open_its_profile_says(market):
    tag, own = make.tag("kardiologia"), make.tag("onkologia")
    area = make.focus_area(market.event)
    owner = db.session.get_one(Registration, market.other.id)
    assert owner.profile is not None
    owner.profile.tags, owner.profile.trl, owner.focus_areas = [tag], 5, [area]
    db.session.commit()
    silent = market.write()
    says = market.write(tags=frozenset({"onkologia"}), trl=8)

    assert market.found(tags=(tag.code,)) == [silent.uid]
    assert market.found(tags=(own.code,)) == [says.uid]
    assert market.found(trl_from=4, trl_to=6) == [silent.uid]
    assert market.found(trl_from=8) == [says.uid]
    assert set(market.found(areas=(area.code,), countries=("PL",))) == {silent.uid, says.uid}
    assert market.found(direction=Direction.SEEK) == []


def test_only_what_is_open_and_agreed_to_be_seen_is_found(market):
    closed, opened = market.write(), market.write()
    service.close(market.other.id, closed.uid, now=LATER)
    hidden = make.registration(market.event, make.person(), purposes=(Purpose.MATCHMAKING,))
    unseen = market.write(by=hidden)

    assert market.found() == [opened.uid]
    for uid in (closed.uid, opened.uid, unseen.uid):
        one = queries.listing_by_uid(market.event.id, uid)
        assert one is not None
        assert queries.is_shown(one) is (uid == opened.uid)
    service.reopen(market.other.id, closed.uid, now=LATER)
    assert set(market.found()) == {opened.uid, closed.uid}


def test_ticks_of_the_registration_form_leave_what_has_a_title(market):
    seek = make.cooperation_type("licensing")
    ticked = make.listing(market.other, Direction.SEEK, seek)
    titled = market.write()
    whole = whole_registration(market.event.id, market.other.uid)
    assert whole is not None
    details = details_of(whole)
    assert details.profile is not None
    assert details.profile.offers == {"pilot-site"}
    assert details.profile.seeks == {"licensing"}

    change_details(market.event.id, market.other.uid, details, by=market.other.person_id, now=LATER)
    assert {one.uid for one in queries.listings_of(market.other.id)} == {ticked.uid, titled.uid}


def test_the_list_costs_the_same_for_few_and_for_many(market):
    def cost():
        db.session.expire_all()
        with counting() as statements:
            found, _ = queries.search(market.event.id, Wanted(words="oddzial"))
            assert all(queries.areas_of(one) is not None and queries.tags_of(one) is not None for one in found)
            assert all(one.profile.registration.person.name for one in found)
        return len(statements)

    market.write()
    few = cost()
    for _ in range(5):
        market.write(by=make.registration(market.event, make.person(), organisation=make.organisation()))
    assert cost() == few


def test_a_search_says_what_is_new_since_one_looked(market):
    market.write()
    kept = service.keep_search(market.me.id, "  Piloty ", Wanted(words="oddział"), now=LATER + timedelta(hours=1))
    service.write(
        market.other.id,
        None,
        Written(Direction.OFFER, "pilot-site", ("Drugi oddział", "")),
        now=LATER + timedelta(hours=2),
    )

    [one] = queries.kept_of(market.event.id, market.me.id)
    assert (one.search.name, one.total, one.new) == ("Piloty", 2, 1)
    assert service.see_search(market.me.id, kept.uid, now=LATER + timedelta(hours=3)) == Wanted(words="oddział")
    [one] = queries.kept_of(market.event.id, market.me.id)
    assert (one.total, one.new) == (2, 0)


@pytest.mark.any_database
def test_two_searches_of_one_person_have_two_names(market):
    one = service.keep_search(market.me.id, "A", Wanted(words="a"), now=LATER)
    other = service.keep_search(market.me.id, "B", Wanted(words="b"), now=LATER)
    service.rename_search(market.me.id, one.uid, "A")
    with pytest.raises(Refused) as refused:
        service.rename_search(market.me.id, other.uid, "A")
    assert refused.value.message == SearchRefusal.NAME_TAKEN
    with pytest.raises(NotFound):
        service.delete_search(market.other.id, one.uid)


def test_a_kind_is_ticked_once_and_emptied_rows_do_not_clash(market):
    one, two = market.write(), market.write()
    make.listing(market.other, Direction.OFFER, market.pilot)
    with pytest.raises(IntegrityError):
        make.listing(market.other, Direction.OFFER, market.pilot)
    db.session.rollback()
    for uid in (one.uid, two.uid):
        row = db.session.query(Listing).filter_by(uid=uid).one()
        row.title, row.is_closed = Bilingual(), True
    db.session.commit()


# ---- taken over


class House:
    """An organisation with somebody who left and colleagues who stay."""

    def __init__(self):
        self.event = make.event()
        make.cooperation_type("pilot-site")
        self.house = make.organisation("Szpital Próbny")
        self.gone = make.registration(self.event, make.person("Odszedł"), organisation=self.house)
        self.stays = [make.registration(self.event, make.person(f"Jest{n}"), organisation=self.house) for n in range(3)]
        self.ward = self.write(self.gone)

    def write(self, by, *, is_of_organisation=True):
        made = Written(
            direction=Direction.OFFER,
            kind="pilot-site",
            title=("Oddział", "A ward"),
            is_of_organisation=is_of_organisation,
        )
        return service.write(by.id, None, made, now=LATER)

    def leave(self):
        db.session.get_one(Registration, self.gone.id).state = RegistrationState.CANCELLED
        db.session.commit()

    def left_for(self, who):
        return [one.uid for one in queries.left_behind(db.session.get_one(Registration, who.id))]


@pytest.fixture
def house(app):
    return House()


def test_what_a_colleague_left_behind_is_taken_over_and_stands_in_the_market_again(house):
    house.leave()
    assert queries.search(house.event.id, Wanted())[1] == 0
    assert house.left_for(house.stays[0]) == [house.ward.uid]

    service.take_over(house.stays[0].id, house.ward.uid, now=LATER)

    [found], _total = queries.search(house.event.id, Wanted())
    assert found.profile.registration_id == house.stays[0].id
    assert house.left_for(house.stays[1]) == []
    service.close(house.stays[0].id, house.ward.uid, now=LATER)


def test_what_somebody_still_looks_after_or_wrote_in_their_own_name_is_not_taken_over(house):
    with pytest.raises(Refused) as refused:
        service.take_over(house.stays[0].id, house.ward.uid, now=LATER)
    assert refused.value.message == TakeOverRefusal.NOT_LEFT

    own = house.write(house.gone, is_of_organisation=False)
    house.leave()
    assert house.left_for(house.stays[0]) == [house.ward.uid]
    with pytest.raises(Refused):
        service.take_over(house.stays[0].id, own.uid, now=LATER)


def test_nobody_of_another_organisation_event_or_without_one_takes_it_over(house):
    house.leave()
    strangers = [
        make.registration(house.event, make.person(), organisation=make.organisation("Inny Szpital")),
        make.registration(make.event(), make.person(), organisation=house.house),
        make.registration(house.event, make.person()),
    ]
    for who in strangers:
        assert house.left_for(who) == []
        with pytest.raises(NotFound):
            service.take_over(who.id, house.ward.uid, now=LATER)


def test_who_does_not_take_part_takes_nothing_over(house):
    house.leave()
    db.session.get_one(Registration, house.stays[0].id).state = RegistrationState.DECLINED
    db.session.commit()

    with pytest.raises(Refused) as refused:
        service.take_over(house.stays[0].id, house.ward.uid, now=LATER)
    assert refused.value.message == ListingRefusal.NO_PART


def test_of_colleagues_who_take_it_over_at_once_one_has_it(app, house):
    house.leave()
    uid = house.ward.uid
    done = race(app, [partial(service.take_over, who.id, uid, now=LATER) for who in house.stays])

    assert sum(isinstance(each, Listing) for each in done) == 1
    assert sum(isinstance(each, Refused) for each in done) == 2
