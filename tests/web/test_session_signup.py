"""What people read before sign-up for a session opens."""

from datetime import UTC, datetime, timedelta

import pytest

from tests import make
from tests.conftest import Reader

pytestmark = pytest.mark.any_database


def test_before_sign_up_opens_the_page_says_when_it_does(client: Reader):
    now = datetime.now(UTC)
    event = make.event(slug="forum", starts_on=now.date() + timedelta(days=30))
    talk = make.session(event, seats=0, signup_opens_at=datetime(now.year + 1, 1, 9, 9, tzinfo=UTC))
    client.sign_in(make.registration(event).person)
    page = client.get(f"/en/events/forum/programme/{talk.code}").text
    assert "Sign-up for this session is not open yet." in page
    assert f"It opens on 9 Jan {now.year + 1}, 10:00." in page
    assert "Wait for a seat" not in page
