"""Where people are shown to others: each place asks for its purpose, and what is taken back holds at once."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.events.rules import Role
from lsos.meetings import queries as meetings
from lsos.outreach.queries import agreed_to_news
from lsos.registration import consents
from lsos.registration.models import Registration
from lsos.registration.rules import Purpose, RegistrationState
from lsos.registration.showing import PLACES, Place, for_partners, may_show, places_of, shown_in
from tests import make
from tests.conftest import Reader

NOW = datetime.now(UTC)


def _shown(place: Place, whose: Registration) -> tuple[bool, bool]:
    """Say it of one, and in SQL."""
    db.session.expire_all()
    one = db.session.get_one(Registration, whose.id)
    found = db.session.scalar(select(Registration.id).where(Registration.id == whose.id, shown_in(place)))
    return may_show(place, one), found is not None


@pytest.mark.any_database
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_place_shows_who_agreed_to_its_purpose_until_they_take_it_back(app: Flask, place: Place, purpose: Purpose):
    mine = make.registration(purposes=(purpose,))
    is_its_own = PLACES[place].purpose is purpose
    assert _shown(place, mine) == (is_its_own, is_its_own)
    consents.withdraw_consent(mine.id, purpose, by=mine.person_id, now=NOW)
    assert _shown(place, mine) == (False, False)
    consents.give_consent(mine.id, purpose, by=mine.person_id, now=NOW)
    assert _shown(place, mine) == (is_its_own, is_its_own)


def test_who_has_no_seat_is_shown_nowhere_and_who_is_erased_not_even_in_news(app: Flask):
    everything = tuple(Purpose)
    waits = make.registration(state=RegistrationState.WAITLISTED, purposes=everything)
    assert {place for place in Place if all(_shown(place, waits))} == {Place.NEWS}
    mine = make.registration(purposes=everything)
    assert all(all(_shown(place, mine)) for place in Place)
    with transaction() as session:
        session.get_one(Registration, mine.id).erased_at = NOW
    assert not any(any(_shown(place, mine)) for place in Place)


@pytest.mark.any_database
def test_every_place_that_shows_people_asks_here(app: Flask):
    """The questions of matchmaking and of news are the same as these."""
    agrees, agrees_not = make.registration(purposes=tuple(Purpose)), make.registration(purposes=())
    for one, expected in ((agrees, True), (agrees_not, False)):
        assert meetings.is_visible(one) is expected
        assert meetings.takes_part(one) is expected
        wanted = select(Registration.id).where(Registration.id == one.id, agreed_to_news())
        assert (db.session.scalar(wanted) is not None) is expected


def test_a_consent_taken_back_says_when_until_it_is_given_again(client: Reader):
    mine = make.registration(purposes=(Purpose.NEWSLETTER,))
    client.sign_in(mine.person)
    assert "withdrawn on" not in client.get("/en/account/data").text
    consents.withdraw_consent(mine.id, Purpose.NEWSLETTER, by=mine.person_id, now=NOW)
    assert "withdrawn on" in client.get("/en/account/data").text
    consents.give_consent(mine.id, Purpose.NEWSLETTER, by=mine.person_id, now=NOW)
    assert "withdrawn on" not in client.get("/en/account/data").text


@pytest.mark.any_database
@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_says_where_it_is_applied(purpose: Purpose):
    assert places_of(purpose)


def test_the_file_for_partners_has_who_agreed_and_nobody_else(client: Reader):
    event = make.event()
    agrees = make.registration(event, make.person("Anna", "Tak"), purposes=(Purpose.SHARE_WITH_PARTNERS,))
    make.registration(event, make.person("Bogdan", "Nie"))
    back = make.registration(event, make.person("Cezary", "Cofnął"), purposes=(Purpose.SHARE_WITH_PARTNERS,))
    consents.withdraw_consent(back.id, Purpose.SHARE_WITH_PARTNERS, by=back.person_id, now=NOW)
    assert [one.id for one, _consent in for_partners(event.id)] == [agrees.id]

    owner = make.staff(Role.OWNER, event)
    page = client.sign_in(owner).get(f"/en/events/{event.slug}/organise/partner-file").text
    assert "1 person with a seat agreed" in page
    answer = client.post(f"/en/events/{event.slug}/organise/partner-file", data={"partner": "Fundacja", "kind": "csv"})
    text = answer.data.decode()
    assert "Anna,Tak" in text
    assert "I agree,1," in text, "with the words they agreed to and since when"
    assert "Bogdan" not in text
    assert "Cezary" not in text
