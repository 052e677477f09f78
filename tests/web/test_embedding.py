"""The programme within another web site."""

import pytest

from lsos.agenda.embedding import sites_of
from lsos.agenda.rules import Visibility, origin_of
from lsos.events.rules import Role
from tests import make
from tests.conftest import Reader
from tests.web.test_programme import AT, forum, talk

EMBEDDED = "/en/events/forum/embed/programme"
DESK = "/en/events/forum/organise/agenda/embed"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://lifescience.pl", "https://lifescience.pl"),
        ("  lifescience.pl/aktualnosci?a=b#c ", "https://lifescience.pl"),
        ("http://LOCALHOST:8080/x", "http://localhost:8080"),
        ("https://żółw.example", "https://xn--w-uga1v8h.example"),
        ("lifescience", None),
        ("https://lifescience/programme", None),
        ("*.lifescience.pl", None),
        ("https://*", None),
        ("https://a.pl; script-src *", None),
        ("https://a.pl https://b.pl", None),
        ("https://user@a.pl", None),
        ("javascript://a.pl", None),
        ("https://a.pl:99999", None),
        ("https://", None),
        ("'self'", None),
        ("https://a.pl\r\nX: y", None),
    ],
)
def test_an_address_names_one_site_or_none(address: str, origin: str | None):
    assert origin_of(address) == origin


def policy(client: Reader, way: str) -> str:
    return client.get(way).headers["Content-Security-Policy"]


def test_only_this_page_stands_in_the_sites_that_are_named_and_in_no_other(client: Reader):
    event = forum()
    talk(event, "Sleep")
    assert "frame-ancestors 'self';" in policy(client, EMBEDDED)
    client.sign_in(make.staff(Role.PROGRAMME, event))
    answer = client.post(DESK, data={"sites": "https://lifescience.pl/\nwww.example.org\n\nhttps://lifescience.pl"})
    assert answer.status_code == 302
    assert sites_of(event.id) == ["https://lifescience.pl", "https://www.example.org"]
    assert "frame-ancestors 'self' https://lifescience.pl https://www.example.org;" in policy(client, EMBEDDED)
    for way in (AT, DESK, f"{AT}?embed=1"):
        assert "frame-ancestors 'none'" in policy(client, way)
    page = client.get(DESK).text
    for lang in ("pl", "en"):
        assert (
            f"src=&#34;{client.application.extensions['lsos'].base_url}/{lang}/events/forum/embed/programme&#34;"
            in page
        )

    wrong = client.post(DESK, data={"sites": "https://example.org\n*"})
    assert wrong.status_code == 422
    assert "“*” is no address of a web site." in wrong.text
    client.post(DESK, data={"sites": ""})
    assert sites_of(event.id) == []


@pytest.mark.any_database
def test_another_site_shows_what_a_visitor_sees_whoever_reads(client: Reader):
    event = forum()
    area = make.focus_area(event)
    talk(event, "Open", focus_area_id=area.id)
    talk(event, "Other", 24)
    make.seen_by(talk(event, "Deals", 2), Visibility.REGISTERED)
    client.sign_in(make.staff(Role.OWNER, event))
    page = client.get(EMBEDDED).text
    assert "Open" in page
    assert "Other" in page
    assert "Deals" not in page
    assert "<form" not in page
    assert "<script" not in page
    assert "Other" not in client.get(EMBEDDED, query_string={"area": area.code}).text
