"""A release that shows a session to fewer people hides it from the others at once, at every door."""

import re

import pytest

from lsos.agenda.models import Session, SessionPerson
from lsos.agenda.rules import Visibility
from lsos.agenda.stars import set_star, starred
from lsos.agenda.waiting_queries import waits_of
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.drafting.releases import make_known, put_in_draft
from tests.web.test_programme import forum, talk

pytestmark = pytest.mark.any_database
AT = "/en/events/forum"
#: Where sessions are read, by people and by programs; the first three only by who has registered.
OWN = ("me/", "me/calendar.ics", "programme?mine=1")
DOORS = (
    "programme",
    "programme?view=grid",
    "programme?q=deals",
    "programme-book",
    "programme.ics",
    "schedule.xml",
    "schedule.json",
    "programme.csv",
    "embed/programme",
    "speakers",
    "changes",
    "changes/feed.atom",
    "/api/v1/events/forum/sessions",
)


def says(client: Reader, door: str) -> bool:
    answer = client.get(door if door.startswith("/") else f"{AT}/{door}")
    assert answer.status_code == 200, door
    #: What was searched for stands in its field.
    return "Deals" in re.sub(r"\r?\n ", "", answer.text)


def hidden() -> tuple[Session, dict[str, Registration]]:
    """Make a session that everybody sees, with people who have something of it, and show it to investors alone."""
    event = forum()
    deals = talk(event, "Deals", seats=1)
    make.add(SessionPerson(session_id=deals.id, person_id=make.person().id))
    talk(event, "Open", 2)
    people = {name: make.registration(event) for name in ("inside", "waiting")}
    investors = make.participation_type(event)
    people["investor"] = make.registration(event, participation_type=investors)
    make.signup(people["inside"], deals)
    for name in ("waiting", "investor"):
        make.waiting(people[name], deals)
        set_star(people[name].id, deals.id, is_on=True, now=make.BEFORE)
    make_known(deals, abstract=Bilingual("O umowach", "How to agree"))
    put_in_draft(deals, visibility=Visibility.CHOSEN, audience=(investors.id,))
    return deals, people


def test_who_may_not_see_a_session_any_more_finds_it_nowhere_and_who_has_a_place_keeps_it(client: Reader):
    deals, people = hidden()
    assert [door for door in DOORS if says(client, door)] == list(DOORS)
    client.sign_in(people["waiting"].person)
    assert [door for door in OWN if says(client, door)] == ["me/", "programme?mine=1"]
    make_known(deals)

    assert [door for door in (*OWN, *DOORS) if says(client, door)] == []
    assert client.get(f"{AT}/programme/{deals.code}").status_code == 404
    assert client.get(f"{AT}/programme/{deals.code}.ics").status_code == 404
    assert client.post(f"{AT}/me/sessions/{deals.code}/wait").status_code == 404
    assert starred(people["waiting"].id) == frozenset()
    assert waits_of(people["waiting"].id, now=make.BEFORE) == []
    assert len(starred(people["investor"].id)) == len(waits_of(people["investor"].id, now=make.BEFORE)) == 1

    client.sign_in(people["inside"].person)
    assert [door for door in (*OWN, "programme", "programme-book") if not says(client, door)] == []
    assert client.get(f"{AT}/programme/{deals.code}").status_code == 200


def test_before_the_release_its_maker_reads_from_whom_the_session_goes(client: Reader):
    deals, _people = hidden()
    client.sign_in(make.staff(Role.PROGRAMME))
    page = client.get(f"{AT}/organise/release").text
    assert "Who will not see it any more" in page
    assert "Others may see it than before." in page
    assert "Only what organisers see changes." not in page
    assert "One person has signed up, keeps the place and goes on seeing it." in page
    assert "One person waits for a seat, and leaves the line." in page
    assert "One person marked it with a star, and loses the star." in page
    make_known(deals)
    assert "Who will not see it any more" not in client.get(f"{AT}/organise/release").text
