"""People of the programme, and the programme day by day."""

from datetime import timedelta

import pytest

from lsos.agenda.models import SessionPerson
from lsos.agenda.rules import SessionRole, Visibility
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.web.test_programme import AT, SOON, forum, talk

pytestmark = pytest.mark.any_database
PEOPLE = "/en/events/forum/speakers"


def test_speakers_stand_by_family_name_with_their_sessions(client: Reader):
    event = forum()
    first, second = talk(event, "Sleep"), talk(event, "RNA", 2)
    zab, kot, fox = make.person("Ada", "Ząb"), make.person("Jan", "Kot"), make.person("Ida", "(Rys)")
    for session, person, role in (
        (first, zab, SessionRole.SPEAKER),
        (first, kot, SessionRole.CHAIR),
        (first, fox, SessionRole.SPEAKER),
        (second, zab, SessionRole.CHAIR),
        (second, zab, SessionRole.SPEAKER),
    ):
        make.add(SessionPerson(session_id=session.id, person_id=person.id, role=role))
    page = client.get(PEOPLE).text
    assert "3 people speak or chair." in page
    assert page.index("Jan Kot") < page.index("(chair)") < page.index("Ida (Rys)") < page.index("Ada Ząb")
    assert page.count("(chair)") == 1
    theirs = client.get(f"{PEOPLE}/{zab.uid}").text
    assert theirs.index("Sleep") < theirs.index("RNA")
    assert f'href="{PEOPLE}/{zab.uid}"' in client.get(AT).text


def test_whoever_is_only_in_hidden_sessions_has_no_page(client: Reader):
    event = forum()
    hidden, person = talk(event, "Deals"), make.person("Ada", "Ząb")
    make.add(SessionPerson(session_id=hidden.id, person_id=person.id))
    make.seen_by(hidden, Visibility.REGISTERED)
    assert "Ada" not in client.get(PEOPLE).text
    assert client.get(f"{PEOPLE}/{person.uid}").status_code == 404
    assert client.get(f"{PEOPLE}/{make.person().uid}").status_code == 404


def test_the_programme_is_narrowed_to_a_day(client: Reader):
    event = forum()
    talk(event, "Today")
    talk(event, "Tomorrow", 24)
    page = client.get(AT, query_string={"day": (SOON + timedelta(days=1)).isoformat(), "view": "grid"}).text
    assert "Tomorrow" in page
    assert "Today" not in page
    assert "Today" in client.get(AT, query_string={"day": "2001-01-01"}).text


def test_many_speakers_cost_as_many_questions_as_a_few(client: Reader):
    event = forum()

    def more(count: int) -> None:
        for hours in range(count):
            make.add(SessionPerson(session_id=talk(event, "Talk", hours).id, person_id=make.person().id))

    more(2)
    with counting() as few:
        client.get(PEOPLE)
    more(6)
    with counting() as many:
        assert client.get(PEOPLE).status_code == 200
    assert len(many) == len(few) <= 5
