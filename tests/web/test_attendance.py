"""Who was where, as organisers and guests read it."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.checkin import service
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.reporting import participation
from lsos.reporting.records import records_of
from tests import make


class Past:
    """A session that ended an hour ago: one signed up and came, one did not, one came without."""

    def __init__(self):
        self.now = datetime.now(UTC).replace(microsecond=0)
        day = self.now.date()
        self.event = make.event(starts_on=day - timedelta(days=1), ends_on=day + timedelta(days=1))
        room = make.room(self.event)
        make.point(self.event, PointKind.ROOM, "hall", room_id=room.id)
        began = self.now - timedelta(hours=2)
        self.session = make.session(self.event, starts_at=began, room_id=room.id)
        self.ada, self.ewa, self.jan = (
            make.registration(self.event, make.person(name, "=Próbny")) for name in ("Ada", "Ewa", "Jan")
        )
        for who in (self.ada, self.ewa):
            make.signup(who, self.session)
        for who in (self.ada, self.jan):
            at = began + timedelta(minutes=5)
            service.scan(self.event, "hall", who.badge_code, uid=new_uid(), scanned_at=at, by_id=None, now=at)


@pytest.fixture
def past(app):
    return Past()


def address(past, rest=""):
    return f"/en/events/{past.event.slug}/organise/attendance{rest}"


def test_organisers_see_what_became_of_sign_ups(client, past):
    client.sign_in(make.staff(Role.REGISTRATIONS, past.event))
    page = client.get(address(past)).text
    assert "1 did not come (50%)" in page
    session = client.get(address(past, f"/sessions/{past.session.code}")).text
    for words in ("Signed up and came: 1", "Came without signing up: 1", "Signed up and did not come: 1"):
        assert words in session


def test_files_of_a_session_and_of_all_people_are_put_on_record_and_never_run(client, past):
    client.sign_in(make.staff(Role.REGISTRATIONS, past.event))
    answer = client.get(address(past, f"/sessions/{past.session.code}.csv"))
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row[0], row[1], row[4]) for row in rows[1:]] == [
        ("'=Próbny", "Ada", "Signed up and came"),
        ("'=Próbny", "Ewa", "Signed up and did not come"),
        ("'=Próbny", "Jan", "Came without signing up"),
    ]
    people = client.get(address(past, "/people.csv"))
    assert [row[-2] for row in csv.reader(io.StringIO(people.data.decode("utf-8-sig")))][1:] == ["1", "0", "1"]
    assert client.get(address(past, "/people.xlsx")).data[:2] == b"PK"
    assert client.get(address(past, "/people.exe")).status_code == 404
    said = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "attendance.exported").order_by(AuditEntry.id)
    )
    assert [(one.details["what"], one.details["rows"]) for one in said] == [
        ("session", 3),
        ("people", 3),
        ("people", 3),
    ]


def test_the_list_of_people_is_filtered_by_who_was_there_and_who_was_not(client, past):
    client.sign_in(make.staff(Role.REGISTRATIONS, past.event))
    people = f"/en/events/{past.event.slug}/organise/people"

    def shown(asked):
        text = client.get(f"{people}?{asked}={past.session.code}").text
        return [name for name in ("Ada", "Ewa", "Jan") if f"{name} =Próbny" in text]

    assert (shown("attended"), shown("missed")) == (["Ada", "Jan"], ["Ewa"])


def test_guests_see_on_their_day_where_they_were(client, past):
    client.sign_in(past.jan.person)
    day = past.session.starts_at.astimezone().date()
    page = client.get(f"/en/events/{past.event.slug}/me/?day={day}").text
    if "You were there" not in page:
        page = client.get(f"/en/events/{past.event.slug}/me/?day={day + timedelta(days=1)}").text
    assert "You were there" in page


def test_report_and_indicators_count_attendance(past):
    [counted] = participation.report(past.event, now=past.now).sessions
    assert (counted.signed_up, counted.came, counted.missed) == (2, 2, 1)
    #: A check-in at a session is one at the event, as the catalogue says.
    records = records_of(past.event.starts_on.year, today=past.now.date())
    assert {one.registration_id for one in records.attendances} == {past.ada.id, past.jan.id}
