"""The programme for other programs: what any visitor may read, in both languages, and errors that programs read."""

from typing import Any

import pytest

from lsos.agenda.models import SessionPerson
from lsos.agenda.rules import Visibility
from lsos.events.rules import EventStatus, Role
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.drafting.releases import make_known
from tests.web.test_programme import forum, talk

pytestmark = pytest.mark.any_database
AT = "/api/v1/events/forum"


def read(client: Reader, path: str, **more: Any) -> dict[str, Any]:
    answer = client.get(f"{AT}{path}", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    return found


def test_a_session_says_all_in_both_languages(client: Reader):
    event = forum()
    hall, area = make.room(event, capacity=80), make.focus_area(event)
    opening = talk(
        event, "Opening", 0, room_id=hall.id, focus_area_id=area.id, abstract=Bilingual("O śnie", "On sleep"), seats=5
    )
    make.add(SessionPerson(session_id=opening.id, person_id=make.person("Ada", "Ząb", email="ada@example.org").id))
    found = read(client, f"/sessions/{opening.code}")
    assert found["title"] == {"pl": "Opening PL", "en": "Opening"}
    assert found["abstract"] == {"pl": "O śnie", "en": "On sleep"}
    assert found["starts_at"].startswith(f"{event.starts_on}T09:00:00+0")
    assert (found["room"]["code"], found["area"]["name"]) == (hall.code, {"pl": "Obszar", "en": "Area"})
    assert [(one["name"], one["role"]) for one in found["people"]] == [("Ada Ząb", "speaker")]
    assert found["pages"]["pl"].endswith(f"/pl/events/forum/programme/{opening.code}")
    assert "ada@example.org" not in str(found)
    whole = read(client, "")
    assert [(room["code"], room["capacity"]) for room in whole["rooms"]] == [(hall.code, 80)]
    assert [(one["name"], one["sessions"]) for one in whole["people"]] == [("Ada Ząb", [opening.code])]
    assert whole["release"] is None
    make_known(opening, title=Bilingual("Nowe", "Newer"))
    assert read(client, "/sessions")["release"]["number"] == 1


def test_a_list_is_narrowed_by_day_room_area_person_and_words(client: Reader):
    event = forum()
    hall, area = make.room(event), make.focus_area(event)
    first = talk(event, "Sleep", 0, room_id=hall.id, focus_area_id=area.id)
    talk(event, "Łódź", 26)
    make.add(SessionPerson(session_id=first.id, person_id=make.person("Ada", "Ząb").id))
    person = read(client, "")["people"][0]["id"]

    def titles(query: str) -> list[str]:
        return [one["title"]["en"] for one in read(client, f"/sessions?{query}")["sessions"]]

    assert titles("") == ["Sleep", "Łódź"]
    assert titles(f"day={event.days[1]}") == ["Łódź"]
    assert titles(f"room={hall.code}&area={area.code}&person={person}") == ["Sleep"]
    assert titles("q=lodz") == ["Łódź"]
    assert titles("q=zab sle") == ["Sleep"]
    assert titles("room=nowhere") == []


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        (f"{AT}/sessions?day=soon", 400, "soon is no day"),
        (f"{AT}/sessions?colour=red&lang=en", 400, "narrowed by colour"),
        (f"{AT}/sessions/none", 404, ""),
        ("/api/v1/events/none", 404, ""),
        ("/api/v1/nothing/here", 404, ""),
        ("/api/v7", 404, ""),
    ],
)
def test_errors_are_problem_details(client: Reader, path: str, code: int, words: str):
    forum()
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype) == (code, "application/problem+json")
    problem: dict[str, Any] = answer.json or {}
    assert (problem["status"], problem["instance"]) == (code, path.partition("?")[0])
    assert words in problem["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_what_cannot_be_done_is_a_problem_too(client: Reader):
    forum()
    assert client.post(f"{AT}/sessions").mimetype == "application/problem+json"
    preflight = client.options(f"{AT}/sessions")
    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "POST" not in preflight.headers["Access-Control-Allow-Methods"]


def test_it_says_no_more_than_a_visitor_may_know_whoever_asks(client: Reader):
    event = forum()
    seen, members = talk(event, "Opening"), talk(event, "Members", 2)
    make.seen_by(members, Visibility.REGISTERED)
    client.sign_in(make.staff(Role.OWNER, event))
    assert [one["code"] for one in read(client, "/sessions")["sessions"]] == [seen.code]
    assert client.get(f"{AT}/sessions/{members.code}").status_code == 404
    draft = forum(slug="draft", status=EventStatus.DRAFT)
    client.sign_in(make.staff(Role.OWNER, draft))
    assert client.get("/api/v1/events/draft").status_code == 404


def test_what_did_not_change_is_not_sent_again_and_more_sessions_cost_no_more_questions(client: Reader):
    event = forum()
    found = talk(event, "Sleep", room_id=make.room(event).id)
    tag = client.get(f"{AT}/sessions").headers["ETag"]
    assert client.get(f"{AT}/sessions", headers={"If-None-Match": tag}).status_code == 304
    make_known(found, title=Bilingual("B", "Dreams"))
    assert client.get(f"{AT}/sessions", headers={"If-None-Match": tag}).status_code == 200
    for path in ("", "/sessions"):
        with counting() as few:
            read(client, path)
        for number in range(5):
            one = talk(event, f"Talk {number}{path}", number + 1, room_id=make.room(event).id)
            make.add(SessionPerson(session_id=one.id, person_id=make.person().id))
        with counting() as many:
            read(client, path)
        assert len(many) == len(few) <= 8
