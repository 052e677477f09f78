"""The live board: how a meeting stands, and what staff read of a slot."""

from datetime import timedelta

import pytest

from lsos.checkin import live_queries, service
from lsos.checkin.live_rules import Standing, minutes_late, standing
from lsos.checkin.rules import PointKind
from lsos.db import new_uid
from lsos.meetings.rules import MeetingState
from tests import make

DUE = make.DOORS


@pytest.mark.parametrize(
    ("minutes", "present", "facts", "found"),
    [
        (0, (), {}, Standing.BEGINNING),
        (4, (1,), {}, Standing.BEGINNING),
        (5, (1,), {}, Standing.LATE),
        (5, (), {}, Standing.NOBODY),
        (5, (1, 2), {}, Standing.RUNNING),
        (5, (), {"is_held": True}, Standing.RUNNING),
        (5, (1,), {"is_off": True}, Standing.OFF),
        (5, (1, 2), {"is_off": True}, Standing.RUNNING),
    ],
)
def test_how_a_meeting_stands(minutes, present, facts, found):
    now = DUE + timedelta(minutes=minutes)
    asked = {"is_held": False, "is_off": False} | facts
    assert standing(due_at=DUE, present=present, expected=(1, 2), now=now, **asked) is found
    assert minutes_late(DUE, now) == minutes


class Scene:
    """Three tables in two rooms; two meetings run, one is ahead."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=2, tables=3)
        make.point(self.event, PointKind.DOOR, "main")
        make.point(self.event, PointKind.TABLES, "tables")
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(4)]
        one, two, three, four = self.people
        self.first = make.meeting(one, two, self.slots[0])
        self.second = make.meeting(three, four, self.slots[0], table=2)
        self.ahead = make.meeting(one, three, self.slots[1])

    def scan(self, who, point="tables", minutes=1):
        at = DUE + timedelta(minutes=minutes)
        service.scan(self.event, point, who.badge_code, uid=new_uid(), scanned_at=at, by_id=None, now=at)

    def board(self, minutes=6, **more):
        return live_queries.board(self.event, now=DUE + timedelta(minutes=minutes), **more)


def test_who_is_missing_is_looked_for_with_where_they_should_be_and_whether_they_came_in(app):
    scene = Scene()
    scene.scan(scene.people[0])
    scene.scan(scene.people[1], "main")

    board = scene.board()

    assert [(one.meeting.id, one.standing) for one in board.tables] == [
        (scene.first.id, Standing.LATE),
        (scene.second.id, Standing.NOBODY),
    ]
    assert [(each.person.id, each.is_in_house) for each in board.wanted] == [
        (scene.people[1].id, True),
        (scene.people[2].id, False),
        (scene.people[3].id, False),
    ]
    assert [table.number for table in board.empty] == [3]
    assert [one.id for one in board.ahead] == [scene.ahead.id]
    assert (board.count("late"), board.count("running")) == (1, 0)


def test_before_five_minutes_nobody_is_looked_for(app):
    board = Scene().board(minutes=4)
    assert board.wanted == []
    assert board.count("beginning") == 2


def test_a_meeting_agreed_on_the_spot_counts_from_then(app):
    scene = Scene()
    late = make.registration(scene.event), make.registration(scene.event)
    make.meeting(*late, slot=scene.slots[0], table=3, created_at=DUE + timedelta(minutes=9))
    board = scene.board(minutes=12)
    assert {one.meeting.table.number: one.standing for one in board.tables}[3] is Standing.BEGINNING


def test_between_slots_and_after_the_last_the_board_says_so(app):
    scene = Scene()
    between = scene.board(minutes=21)
    assert (between.slot, between.following.id, between.empty) == (None, scene.slots[1].id, [])
    after = scene.board(minutes=50)
    assert (after.slot, after.following) == (None, None)


def test_a_room_shows_its_own_tables_and_no_show_is_not_looked_for(app):
    scene = Scene()
    room = make.room(scene.event)
    assert scene.board(room_id=room.id).tables == []
    make.meeting(
        make.registration(scene.event),
        make.registration(scene.event),
        scene.slots[0],
        table=3,
        state=MeetingState.NO_SHOW,
    )
    assert scene.board().count("off") == 1
    assert len(scene.board().wanted) == 4


def test_a_scan_changes_the_stamp_and_looking_does_not(app):
    scene = Scene()
    before = live_queries.stamp(scene.event)
    assert live_queries.stamp(scene.event) == before
    scene.scan(scene.people[0])
    assert live_queries.stamp(scene.event) != before
