"""The page on which an owner keeps the team."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lsos.db import db
from lsos.events.models import SecondFactorRule
from lsos.events.queries import roles_of
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from tests import make
from tests.conftest import Reader
from tests.counting import counting

SOON = datetime.now(UTC).date() + timedelta(days=7)


def test_an_owner_invites_changes_and_takes_back(client: Reader):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    client.sign_in(owner)
    at = f"/en/events/{event.slug}/organise/team"
    data = {"address": "ewa@example.org", "name": "Ewa Lis", "role": "door", "until": SOON.isoformat()}
    page = client.post(at, data=data, follow_redirects=True).text
    assert "Ewa Lis is on the team now and was written to." in page
    assert f'value="{SOON.isoformat()}"' in page
    assert db.session.scalars(select(OutgoingMail.to_address)).one() == "ewa@example.org"
    uid = page.partition("/organise/team/")[2].partition("/")[0]
    assert (
        "Choose a later one"
        in client.post(f"{at}/{uid}/give", data={"role": "door", "until": "2001-01-01"}, follow_redirects=True).text
    )
    assert (
        "not a day"
        in client.post(f"{at}/{uid}/give", data={"role": "door", "until": "soon"}, follow_redirects=True).text
    )
    assert client.post(f"{at}/{uid}/give", data={"role": "king"}).status_code == 400
    for role in ("door", "owner"):
        client.post(f"{at}/{owner.uid}/take", data={"role": role})
    assert roles_of(owner.id, event.id) == {Role.OWNER}


def test_an_invitation_that_cannot_go_keeps_what_was_typed(client: Reader):
    event = make.event()
    client.sign_in(make.staff(Role.OWNER, event))
    data = {"address": "nobody", "name": "Kept <b>", "role": "door", "until": "2001-01-01"}
    answer = client.post(f"/en/events/{event.slug}/organise/team", data=data)
    assert answer.status_code == 422
    assert "Kept &lt;b&gt;" in answer.text


def test_the_page_costs_the_same_for_many(client: Reader):
    event = make.event()
    client.sign_in(make.staff(Role.OWNER, event))

    def cost() -> int:
        with counting() as statements:
            client.get(f"/en/events/{event.slug}/organise/team")
        return len(statements)

    few = cost()
    for _ in range(12):
        make.staff(Role.DOOR, event)
    assert cost() == few


def test_an_owner_of_all_events_says_which_roles_need_codes(client: Reader):
    client.sign_in(make.staff(Role.OWNER))
    later = (SOON + timedelta(days=7)).isoformat()
    page = client.post("/en/security", data={"door": later, "owner": ""}, follow_redirects=True).text
    assert f'value="{later}"' in page
    assert db.session.scalars(select(SecondFactorRule.role)).all() == [Role.DOOR]
    assert client.post("/en/security", data={"door": "soon"}).status_code == 422
