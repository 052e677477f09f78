"""At a table by its code: who is marked, where, and what two of them make of a meeting."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lsos.checkin import queries, service, table_signs
from lsos.checkin.models import MeetingPresence
from lsos.checkin.rules import PointKind, Refusal, ScanResult, is_overdue
from lsos.db import db, new_uid
from lsos.errors import NotFound
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.places import tables_of
from lsos.meetings.rules import MeetingState
from lsos.texts import Bilingual
from tests import make


class Scene:
    """Two people with a meeting at the first of two tables, as it begins."""

    def __init__(self, *, is_scanned=True):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event)
        if is_scanned:
            make.point(self.event, PointKind.TABLES, "tables")
        self.one, self.other = (make.registration(self.event, make.person(n, "Próbny")) for n in ("Ola", "Jan"))
        self.meeting = make.meeting(self.one, self.other, self.slots[0])
        self.first, self.second = tables_of(self.event.id)

    def sit(self, who, table=None, **more):
        at = more.pop("now", self.meeting.starts_at)
        return service.sit_at(self.event, table or self.first, who, uid=new_uid(), now=at)

    def state(self):
        return db.session.scalar(select(Meeting.state).where(Meeting.id == self.meeting.id))


def test_both_say_with_their_phones_that_they_are_there_and_the_meeting_is_held(app):
    scene = Scene()
    assert scene.sit(scene.one).missing == ("Jan Próbny",)
    assert scene.state() is MeetingState.SCHEDULED

    assert scene.sit(scene.other).missing == ()
    assert scene.state() is MeetingState.HELD
    assert scene.sit(scene.one).result is ScanResult.AGAIN
    assert len(db.session.scalars(select(MeetingPresence)).all()) == 2


@pytest.mark.any_database
def test_one_phone_and_one_badge_at_the_desk_are_as_good(app):
    scene = Scene()
    scene.sit(scene.one)
    service.scan(
        scene.event, "tables", scene.other.badge_code, uid=new_uid(),
        scanned_at=scene.meeting.starts_at, by_id=None, now=scene.meeting.starts_at,
    )  # fmt: skip
    assert scene.state() is MeetingState.HELD


@pytest.mark.any_database
def test_another_table_or_another_hour_marks_nothing(app):
    scene = Scene()
    wrong = scene.sit(scene.one, scene.second)
    late = scene.sit(scene.one, now=scene.meeting.ends_at)

    assert (wrong.result, wrong.reason) == (ScanResult.REFUSED, Refusal.OTHER_TABLE)
    assert (late.result, late.reason) == (ScanResult.REFUSED, Refusal.NO_MEETING)
    assert queries.present_ids(scene.meeting.id) == set()


@pytest.mark.any_database
def test_where_nobody_is_scanned_at_tables_the_code_says_so(app):
    scene = Scene(is_scanned=False)
    with pytest.raises(NotFound):
        scene.sit(scene.one)


def test_whoever_sits_alone_for_five_minutes_may_look_for_somebody_else():
    begin, end = make.DOORS, make.DOORS + timedelta(minutes=20)

    def overdue(minutes, present):
        return is_overdue(begin, end, present=present, me=1, now=begin + timedelta(minutes=minutes))

    assert [overdue(minutes, {1}) for minutes in (4, 5, 19, 20)] == [False, True, True, False]
    assert not overdue(10, {2})
    assert not overdue(10, {1, 2})
    assert not overdue(10, set())


@pytest.mark.any_database
def test_a_sign_shows_number_code_and_both_languages(app):
    event = make.event(name=Bilingual("Forum", "The forum"))
    make.meeting_grid(event, tables=3)
    tables = tables_of(event.id)
    codes = {table.code for table in db.session.scalars(select(MeetingTable))}
    assert len(codes) == 3
    with (
        app.test_request_context(),
        table_signs.document(
            event, tables, layout=table_signs.Layout.A4, base_url="https://example.org", language="pl"
        ) as made,
    ):
        assert made.pdf().startswith(b"%PDF")
        assert len(made.pictures(dots_per_inch=20)) == 2
