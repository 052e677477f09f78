"""Who may see and ask whom, as an organiser says it: set, read back in numbers, opened again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.rules import Role
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.registration.rights import rights_at
from lsos.texts import Bilingual
from tests import make

SOON = datetime.now(UTC).date() + timedelta(days=30)


class Forum:
    """An event with three students and two investors, and who does its matchmaking."""

    def __init__(self) -> None:
        self.event = make.event(starts_on=SOON)
        self.student, self.investor = (
            make.participation_type(self.event, name=Bilingual(name, name)) for name in ("Student", "Investor")
        )
        for kind, number in ((self.student, 3), (self.investor, 2)):
            for _ in range(number):
                make.registration(self.event, participation_type=kind)
        make.registration(self.event, participation_type=self.investor, purposes=())
        self.organiser = make.staff(Role.MATCHMAKING, self.event)
        self.address = f"/en/events/{self.event.slug}/organise/matching/rights"

    @property
    def cell(self) -> str:
        return f"{self.student.code}:{self.investor.code}"

    def read(self, client: Any) -> str:
        found: str = client.sign_in(self.organiser).get(self.address).text
        return found

    def right(self) -> Right:
        return rights_at(self.event.id).of(self.student.id, self.investor.id)


@pytest.fixture
def forum(app: Flask) -> Forum:
    return Forum()


def test_an_organiser_narrows_a_right_and_reads_whom_it_leaves(client: Any, forum: Forum):
    assert "each of them sees now: 4. People each may ask for a meeting: 4." in forum.read(client)

    client.post(forum.address, data={forum.cell: "see"})
    page = forum.read(client)
    assert forum.right() is Right.SEE
    assert "each of them sees now: 4. People each may ask for a meeting: 2." in page
    assert '<option selected value="see">' in page

    client.post(forum.address, data={forum.cell: "nothing"})
    assert "each of them sees now: 2. People each may ask for a meeting: 2." in forum.read(client)


def test_what_was_said_is_on_record_once(client: Any, forum: Forum):
    for _ in range(2):
        client.sign_in(forum.organiser).post(forum.address, data={forum.cell: "see"})

    [line] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "type_rights.changed"))
    assert (line.details or {})["rights"] == {f"{forum.student.code} > {forum.investor.code}": "see"}


def test_what_a_form_does_not_name_stays(client: Any, forum: Forum):
    make.right(forum.student, forum.investor, Right.NOTHING)
    client.sign_in(forum.organiser).post(forum.address, data={f"{forum.investor.code}:{forum.student.code}": "see"})

    assert forum.right() is Right.NOTHING


def test_a_right_that_there_is_not_is_refused_and_nothing_changes(client: Any, forum: Forum):
    answer = client.sign_in(forum.organiser).post(forum.address, data={forum.cell: "everything"})

    assert answer.status_code == 422
    assert forum.right() is Right.ASK


def test_opening_everything_is_offered_while_something_is_closed(client: Any, forum: Forum):
    offer = "Let everybody see and ask everybody"
    assert offer not in forum.read(client)
    make.right(forum.student, forum.investor, Right.SEE)
    assert offer in forum.read(client)


def test_everything_is_opened_again_at_this_event_only(client: Any, forum: Forum):
    other = Forum()
    for each in (forum, other):
        make.right(each.student, each.investor, Right.SEE)
    client.sign_in(forum.organiser).post(f"{forum.address}/reset")

    assert db.session.scalars(select(TypeRight.viewer_type_id)).all() == [other.student.id]
