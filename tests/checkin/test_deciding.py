"""What a scan means: who may come in where, who is counted already, who goes, and what was decided on a phone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.checkin.deciding import (
    MINUTE,
    Day,
    Decision,
    EventFacts,
    GuestFacts,
    MeetingFacts,
    Need,
    Past,
    PointFacts,
    SessionFacts,
    Told,
    decide,
    settle,
)
from lsos.checkin.rules import Direction, PointKind, Refusal, Repeat, ScanResult, SignUpRule
from lsos.registration.rules import RegistrationState

HOUR = 60 * MINUTE
NIGHT = 24 * HOUR
NINE = 9 * HOUR
TOMORROW = NIGHT + NINE
EVENT = EventFacts(
    opens=NINE, closes=NIGHT + 18 * HOUR, days=[Day("2025-11-27", 0, NIGHT), Day("2025-11-28", NIGHT, 2 * NIGHT)]
)
GUEST = GuestFacts(RegistrationState.CONFIRMED, "startup")
DOOR = PointFacts("main", PointKind.DOOR)
ROOM = PointFacts("hall", PointKind.ROOM)
LUNCH = PointFacts("lunch", PointKind.MEAL)
TALK, NEXT = SessionFacts(1, NINE, NINE + HOUR), SessionFacts(2, NINE + HOUR, NINE + 2 * HOUR)
SEAT = SessionFacts(3, NINE, NINE + HOUR, takes_signups=True)
EXIT = Direction.EXIT


def came(at=NINE, point=DOOR, direction=Direction.ENTRY, **more):
    return Past(f"{at}{direction}", at, point.scope, point.code, direction, **more)


def judge(point=DOOR, guest=GUEST, *past, at=NINE, **how):
    return decide(EVENT, point, guest, past, at=at, **how)


@pytest.mark.parametrize(
    ("point", "guest", "at", "reason"),
    [
        (DOOR, None, NINE, Refusal.UNKNOWN),
        (DOOR, replace(GUEST, state=RegistrationState.CANCELLED), NINE, Refusal.CANCELLED),
        (DOOR, replace(GUEST, state=RegistrationState.CANCELLED, was_handed_on=True), NINE, Refusal.HANDED_ON),
        (DOOR, replace(GUEST, state=RegistrationState.PENDING), NINE, Refusal.PENDING),
        (DOOR, replace(GUEST, state=RegistrationState.WAITLISTED), NINE, Refusal.WAITLISTED),
        (DOOR, replace(GUEST, state=RegistrationState.DECLINED), NINE, Refusal.DECLINED),
        (DOOR, replace(GUEST, is_revoked=True), NINE, Refusal.REVOKED),
        (DOOR, GUEST, NINE - 1, Refusal.TOO_EARLY),
        (DOOR, GUEST, EVENT.closes + 1, Refusal.OVER),
        (DOOR, replace(GUEST, days=["2025-11-28"]), NINE, Refusal.WRONG_DAY),
        (replace(LUNCH, opens=NINE + HOUR), GUEST, NINE, Refusal.TOO_EARLY),
        (replace(LUNCH, closes=NINE + HOUR), GUEST, NINE + 2 * HOUR, Refusal.CLOSED),
        (replace(LUNCH, admits=["investor"]), GUEST, NINE, Refusal.WRONG_TYPE),
        (replace(ROOM, kind=PointKind.SESSION, sessions=[NEXT]), GUEST, NINE, Refusal.NO_SESSION),
        (replace(ROOM, sessions=[SEAT], sign_up=SignUpRule.NEEDED), GUEST, NINE, Refusal.NOT_SIGNED_UP),
        (PointFacts("tables", PointKind.TABLES), GUEST, NINE, Refusal.NO_MEETING),
        #: What the guest can do something about is told first.
        (DOOR, replace(GUEST, state=RegistrationState.CANCELLED), NINE - 1, Refusal.CANCELLED),
        (DOOR, replace(GUEST, days=["2025-11-28"]), NINE - 1, Refusal.TOO_EARLY),
    ],
)
def test_a_scan_that_counts_nothing_says_why(point, guest, at, reason):
    decided = judge(point, guest, at=at)
    assert (decided.result, decided.reason) == (ScanResult.REFUSED, reason)


@pytest.mark.parametrize(
    ("point", "guest", "at"),
    [
        (DOOR, GUEST, NINE),
        (DOOR, GUEST, EVENT.closes),
        (DOOR, replace(GUEST, days=["2025-11-28"]), TOMORROW),
        #: Who handed a seat on and has one again comes in.
        (DOOR, replace(GUEST, was_handed_on=True), NINE),
        (replace(LUNCH, opens=NINE - HOUR), GUEST, NINE - HOUR),
        (replace(LUNCH, admits=["investor", "startup"]), GUEST, NINE),
    ],
)
def test_whoever_is_expected_comes_in(point, guest, at):
    assert judge(point, guest, at=at) == Decision(ScanResult.ADMITTED)


@pytest.mark.parametrize("state", RegistrationState)
def test_only_confirmed_people_come_in(state):
    is_in = judge(DOOR, replace(GUEST, state=state)).result is ScanResult.ADMITTED
    assert is_in == (state is RegistrationState.CONFIRMED)


# ---- once, and once more


def test_who_came_in_at_one_door_is_in_at_every_door():
    before = came(point=PointFacts("north", PointKind.DOOR))
    assert judge(DOOR, GUEST, before, at=NINE + 2 * MINUTE) == Decision(ScanResult.AGAIN, first=before)


def test_who_came_in_at_a_door_was_not_at_lunch_yet():
    assert judge(LUNCH, GUEST, came()).result is ScanResult.ADMITTED


@pytest.mark.parametrize(
    ("repeat", "same_day", "next_day"),
    [
        (Repeat.DAILY, ScanResult.AGAIN, ScanResult.ADMITTED),
        (Repeat.ONCE, ScanResult.AGAIN, ScanResult.AGAIN),
        (Repeat.ALWAYS, ScanResult.ADMITTED, ScanResult.ADMITTED),
    ],
)
def test_a_point_counts_somebody_once_a_day_or_once_or_always(repeat, same_day, next_day):
    point = replace(LUNCH, repeat=repeat)
    before = came(point=point)
    assert judge(point, GUEST, before, at=NINE + HOUR).result is same_day
    assert judge(point, GUEST, before, at=TOMORROW).result is next_day


def test_whoever_left_comes_in_again_and_the_first_of_a_stay_is_named():
    into, out, back = came(NINE), came(NINE + HOUR, direction=EXIT), came(NINE + 2 * HOUR)
    again = came(NINE + 2 * HOUR + MINUTE)
    assert judge(DOOR, GUEST, into, out, at=NINE + 2 * HOUR).result is ScanResult.ADMITTED
    assert judge(DOOR, GUEST, again, back, out, into, at=NINE + 3 * HOUR).first == back


def test_a_scan_sent_late_is_seen_where_its_time_puts_it():
    into, out = came(NINE + HOUR), came(NINE + 2 * HOUR, direction=EXIT)
    assert judge(DOOR, GUEST, into, out, at=NINE + 90 * MINUTE).first == into
    assert judge(DOOR, GUEST, into, at=NINE).first == into, "one coming in, seen at two doors"
    assert judge(DOOR, GUEST, out, at=NINE).result is ScanResult.ADMITTED, "who left had come"


def test_whoever_leaves_is_counted_out_and_nobody_is_kept_from_leaving():
    cancelled = replace(GUEST, state=RegistrationState.CANCELLED)
    assert judge(DOOR, cancelled, came(), at=NINE + HOUR, direction=EXIT).result is ScanResult.LEFT
    assert judge(DOOR, GUEST, at=NINE, direction=EXIT) == Decision(ScanResult.AGAIN, Refusal.NOT_INSIDE)
    gone = came(NINE + HOUR, direction=EXIT)
    twice = judge(DOOR, GUEST, came(), gone, at=NINE + 2 * HOUR, direction=EXIT)
    assert twice == Decision(ScanResult.AGAIN, Refusal.NOT_INSIDE, first=gone)
    assert judge(DOOR, GUEST, came(), at=TOMORROW, direction=EXIT).reason is Refusal.NOT_INSIDE, "of yesterday"


# ---- sessions


@pytest.mark.parametrize(
    ("minutes", "session"), [(-16, None), (-15, 1), (0, 1), (44, 1), (45, 1), (59, 1), (60, 2), (119, 2), (120, None)]
)
def test_a_room_counts_for_the_session_that_runs_or_is_about_to(minutes, session):
    room = replace(ROOM, sessions=[TALK, NEXT], opens=0)
    assert judge(room, at=NINE + minutes * MINUTE).session == session


def test_whoever_sat_through_one_session_is_counted_for_the_next_before_it_begins():
    room = replace(ROOM, sessions=[TALK, NEXT])
    before = came(point=room, session=1)
    assert judge(room, GUEST, before, at=NINE + 50 * MINUTE).session == 2
    assert judge(room, GUEST, before, at=NINE + 30 * MINUTE).result is ScanResult.AGAIN


def test_of_two_sessions_it_is_the_one_signed_up_for():
    room = replace(ROOM, sessions=[TALK, NEXT])
    assert judge(room, replace(GUEST, signed_up=[2]), at=NINE + 50 * MINUTE).session == 2


def test_who_did_not_sign_up_comes_in_where_that_is_only_said():
    room = replace(ROOM, sessions=[SEAT], sign_up=SignUpRule.TOLD)
    assert judge(room).needs == (Need.NOT_SIGNED_UP,)
    assert judge(room, replace(GUEST, signed_up=[3])).needs == ()
    assert judge(replace(room, sign_up=SignUpRule.IGNORED)).needs == ()
    assert judge(replace(room, sessions=[TALK], sign_up=SignUpRule.NEEDED)).result is ScanResult.ADMITTED


def test_the_desk_is_told_of_a_note_and_of_what_is_to_be_asked():
    told = judge(DOOR, replace(GUEST, has_note=True, has_questions=True))
    assert told == Decision(ScanResult.ADMITTED, needs=(Need.NOTE, Need.QUESTIONS))


# ---- tables

TABLES = PointFacts("tables", PointKind.TABLES)


def meeting(minutes, number=1, **more):
    begins = NINE + minutes * MINUTE
    return MeetingFacts(number, begins, begins + 20 * MINUTE, **more)


@pytest.mark.parametrize(
    ("meetings", "minutes", "expected"),
    [
        ([meeting(30)], 0, None),
        ([meeting(30)], 20, 1),
        ([meeting(30)], 49, 1),
        ([meeting(30)], 50, None),
        #: One that runs goes before the next, which has not begun.
        ([meeting(0), meeting(25, 2)], 17, 1),
        ([meeting(0), meeting(25, 2)], 20, 2),
        #: One that was held gives way.
        ([meeting(0, is_held=True), meeting(25, 2)], 17, 2),
        ([meeting(0, is_held=True), meeting(60, 2)], 17, 1),
        ([meeting(25), meeting(0, 2)], 17, 2),
    ],
)
def test_a_scan_is_for_the_meeting_that_runs_or_is_about_to(meetings, minutes, expected):
    assert judge(TABLES, replace(GUEST, meetings=meetings), at=NINE + minutes * MINUTE).meeting == expected


def test_somebody_is_present_once_and_at_their_own_table_only():
    guest = replace(GUEST, meetings=[meeting(0, table=4)])
    assert judge(TABLES, guest, table=4).result is ScanResult.PRESENT
    assert judge(TABLES, guest, table=5).reason is Refusal.OTHER_TABLE
    marked = came(point=TABLES, meeting=1)
    assert judge(TABLES, guest, marked) == Decision(ScanResult.AGAIN, first=marked, meeting=1)


# ---- decided on a phone before

LET_IN, SENT_AWAY = Told(ScanResult.ADMITTED), Told(ScanResult.REFUSED, Refusal.WRONG_DAY)


@pytest.mark.parametrize(
    ("decided", "told", "expected"),
    [
        (Decision(ScanResult.ADMITTED), None, Decision(ScanResult.ADMITTED)),
        (Decision(ScanResult.ADMITTED), LET_IN, Decision(ScanResult.ADMITTED)),
        (Decision(ScanResult.ADMITTED), SENT_AWAY, Decision(ScanResult.REFUSED, Refusal.WRONG_DAY)),
        (Decision(ScanResult.AGAIN), LET_IN, Decision(ScanResult.AGAIN)),
        (Decision(ScanResult.REFUSED, Refusal.CANCELLED), LET_IN, Decision(ScanResult.ADMITTED, Refusal.CANCELLED)),
        (Decision(ScanResult.REFUSED, Refusal.UNKNOWN), LET_IN, Decision(ScanResult.REFUSED, Refusal.UNKNOWN)),
        (
            Decision(ScanResult.REFUSED, Refusal.NO_SESSION),
            Told(ScanResult.ADMITTED, session=5),
            Decision(ScanResult.ADMITTED, Refusal.NO_SESSION, session=5),
        ),
    ],
)
def test_who_was_let_in_is_in_who_was_sent_away_is_not_and_nobody_is_counted_twice(decided, told, expected):
    assert settle(decided, told) == expected


# ---- whatever happens

moments = st.integers(NINE, NINE + 4 * HOUR)
movements = st.lists(st.tuples(moments, st.sampled_from(Direction)), max_size=8)


@given(movements, st.randoms())
def test_the_order_in_which_scans_are_known_changes_nothing(moves, chance):
    past = [came(at, direction=direction) for at, direction in dict(moves).items()]
    mixed = chance.sample(past, k=len(past))
    assert judge(DOOR, GUEST, *past, at=NINE + HOUR) == judge(DOOR, GUEST, *mixed, at=NINE + HOUR)


@given(movements)
def test_however_somebody_comes_and_goes_they_are_never_in_twice(moves):
    past: list[Past] = []
    for at, direction in sorted(moves):
        decided = judge(DOOR, GUEST, *past, at=at, direction=direction)
        if decided.result in {ScanResult.ADMITTED, ScanResult.LEFT}:
            past.append(came(at, direction=direction))
        inside = sum(1 if each.direction is Direction.ENTRY else -1 for each in past)
        assert inside in {0, 1}


@given(st.permutations([NINE + n * MINUTE for n in range(4)]))
def test_of_scans_of_one_coming_in_one_counts_in_whatever_order_they_arrive(times):
    past: list[Past] = []
    for at in times:
        if judge(DOOR, GUEST, *past, at=at).result is ScanResult.ADMITTED:
            past.append(came(at))
    assert len(past) == 1
