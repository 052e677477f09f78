"""What lets the programme be read without a network: where it may look, and what tells it whose a page is."""

import pytest

from lsos.agenda.rules import Visibility
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.drafting.releases import make_known
from tests.web.test_programme import AT, forum, guest, talk

pytestmark = pytest.mark.any_database


def test_the_worker_sees_the_programme_and_one_page_of_an_attendee(client: Reader):
    event = forum()
    talk(event, "Sleep")
    worker = client.get("/en/events/forum/worker.js")
    assert worker.mimetype == "text/javascript"
    assert "Service-Worker-Allowed" not in worker.headers
    assert 'data-scopes="/en/events/forum/programme /en/events/forum/speakers"' in client.get(AT).text
    client.sign_in(make.person())
    assert 'data-scopes="/en/events/forum/programme /en/events/forum/speakers"' in client.get(AT).text
    guest(event, client)
    for page in (AT, "/en/events/forum/me/", "/en/events/forum/me/badge"):
        assert (
            'data-scopes="/en/events/forum/programme /en/events/forum/speakers /en/events/forum/me/"'
            in client.get(page).text
        )


def test_a_page_names_the_release_so_that_older_copies_are_thrown_away(client: Reader):
    event = forum()
    sleep = talk(event, "Sleep")
    assert 'data-release="0"' in client.get(AT).text
    make_known(sleep)
    assert 'data-release="1"' in client.get(AT).text


def test_what_is_personal_says_so_and_only_signed_out_pages_forget_it(client: Reader):
    event = forum()
    talk(event, "Sleep")
    public = client.get(AT)
    assert public.headers["Cache-Control"] == "no-cache"
    assert "js/forget.js" in public.text
    guest(event, client)
    own = client.get(AT)
    assert own.headers["Cache-Control"] == "no-store"
    assert "js/forget.js" not in own.text


def test_everything_stands_on_one_page_with_its_description(client: Reader):
    event = forum()
    talk(event, "Sleep", abstract=Bilingual("O śnie", "Of dreams"))
    make.seen_by(talk(event, "Deals", 2), Visibility.REGISTERED)
    page = client.get("/en/events/forum/programme-book").text
    assert page.index("Sleep") < page.index("Of dreams")
    assert "Deals" not in page
