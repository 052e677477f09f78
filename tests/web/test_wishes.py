"""Wishes as a person says them: one tap there and back, and "never" behind a word, each told to nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.db import db
from lsos.events.rules import Role
from lsos.meetings import wishes, wishing
from lsos.meetings.rules import WishGrade
from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from lsos.scheduling import matching
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """An event with a start-up that seeks a pilot site and a clinician who offers one."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        make.meeting_grid(self.event, slots=4, tables=2)
        pilot = make.cooperation_type()
        self.me = make.registration(
            self.event, make.person("Ola", "Startupowa"), organisation=make.organisation("Zeta Próba")
        )
        self.other = make.registration(
            self.event, make.person("Jan", "Szpitalny"), organisation=make.organisation("Szpital Próbny")
        )
        make.listing(self.me, Direction.SEEK, pilot)
        make.listing(self.other, Direction.OFFER, pilot)

    def address(self, rest):
        return f"/en/events/{self.event.slug}{rest}"

    @property
    def person(self):
        return self.address(f"/people/{self.other.uid}")


@pytest.fixture
def forum(app):
    return Forum()


def say(client, forum, grade, back=""):
    return client.sign_in(forum.me.person).post(f"{forum.person}/wish", data={"grade": grade, "back": back})


def test_a_wish_is_said_and_taken_back_by_one_tap_each(client, forum):
    answer = say(client, forum, "must", forum.person)
    assert answer.location == f"{forum.person}#wish-{forum.other.uid}"
    page = client.get(forum.person).text
    assert 'name="grade" value="" aria-pressed="true">Must meet' in page
    assert 'name="grade" value="nice" aria-pressed="false">Would be nice' in page

    say(client, forum, "", forum.person)
    assert wishes.grades_of(forum.me.id) == {}


def test_a_wish_is_said_beside_a_suggestion_and_leads_back_to_it(client, forum):
    matching.run_matching(forum.event, by=None, now=NOW, seconds=0.1)
    here = forum.address("/matches/")
    say(client, forum, "nice", here)
    page = client.get(here).text

    assert 'value="" aria-pressed="true">Would be nice' in page
    assert f'name="back" value="{here}"' in page


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org", ""])
def test_nobody_is_led_elsewhere(client, forum, back):
    assert say(client, forum, "nice", back).location.startswith(forum.address("/wishes/"))


def test_what_is_no_wish_is_refused(client, forum):
    assert say(client, forum, "perhaps").status_code == 400
    assert client.post(f"{forum.person}/never", data={"whom": "all"}).status_code == 400


def test_of_whom_one_may_not_look_at_one_wishes_nothing(client, forum):
    hidden = make.registration(forum.event, make.person("Ewa", "Ukryta"), purposes=())
    client.sign_in(forum.me.person)

    for rest in ("wish", "never"):
        answer = client.post(forum.address(f"/people/{hidden.uid}/{rest}"), data={"grade": "must", "whom": "person"})
        assert answer.status_code == 404


def test_the_list_of_wishes_has_them_all_and_takes_never_back(client, forum):
    third = make.registration(forum.event, make.person("Ewa", "Trzecia"))
    wishing.wish(forum.me.id, third.uid, WishGrade.MUST, now=NOW)
    client.sign_in(forum.me.person)
    answer = client.post(f"{forum.person}/never", data={"whom": "organisation"}, follow_redirects=True)
    assert "Noted, and told to nobody." in answer.text

    page = client.get(forum.address("/wishes/")).text
    assert "Ewa Trzecia" in page
    assert "1 of at most 12" in page
    assert "Everybody of Szpital Próbny" in page
    assert "You keep apart. Nobody but you knows of it." in client.get(forum.person).text
    assert "You keep apart from this person or their organisation." in client.get(forum.person).text

    (said,) = wishes.avoidances_of(forum.me.person_id)
    answer = client.post(forum.address(f"/wishes/never/{said.uid}"), follow_redirects=True)
    assert "You keep apart from nobody." in answer.text


def test_who_left_the_matching_is_not_among_the_wishes(client, forum):
    wishing.wish(forum.me.id, forum.other.uid, WishGrade.MUST, now=NOW)
    assert "Jan Szpitalny" in client.sign_in(forum.me.person).get(forum.address("/wishes/")).text
    for consent in db.session.get_one(Registration, forum.other.id).consents:
        consent.withdrawn_at = NOW
    db.session.commit()

    assert "Jan Szpitalny" not in client.get(forum.address("/wishes/")).text


def test_organisers_see_how_many_wishes_there_are_and_nobodys_name(client, forum):
    wishing.wish(forum.me.id, forum.other.uid, WishGrade.MUST, now=NOW)
    owner = make.staff(Role.OWNER, forum.event)
    page = client.sign_in(owner).get(forum.address("/organise/matching/")).text

    assert "wish to meet somebody is noted" in page
    assert "Jan Szpitalny" not in page


@pytest.mark.parametrize("rest", ["/wishes/", "/matches/"])
def test_many_wishes_cost_as_much_as_few(client, rest):
    def cost(number):
        forum = Forum()
        for _ in range(number):
            one, never = (
                make.registration(forum.event, make.person(), organisation=make.organisation()) for _ in range(2)
            )
            wishing.wish(forum.me.id, one.uid, WishGrade.NICE, now=NOW)
            wishing.avoid(forum.me.id, never.uid, whole_organisation=False, now=NOW)
        client.sign_in(forum.me.person)
        with counting() as sent:
            assert client.get(forum.address(rest)).status_code == 200
        return len(sent)

    cost(1)
    assert cost(2) == cost(7)
