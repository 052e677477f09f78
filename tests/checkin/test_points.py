"""Points: made from house and programme by themselves, set up by organisers, closed and taken away."""

from datetime import timedelta

import pytest

from lsos.checkin import points, queries
from lsos.checkin.models import SessionAttendance
from lsos.checkin.points import PointRefusal, PointWish
from lsos.checkin.rules import Direction, PointKind, Refusal, Repeat, ScanResult, SignUpRule, UndoReason
from lsos.checkin.service import scan, undo
from lsos.db import db, new_uid, transaction
from lsos.drafting.removing import remove, uses_of
from lsos.errors import NotFound, Refused
from lsos.events.models import Event, Room
from lsos.events.rules import EventStatus
from lsos.texts import Bilingual
from tests import make
from tests.racing import race

HOUR = timedelta(hours=1)
LUNCH = PointWish(Bilingual("Obiad", "Lunch"), PointKind.MEAL)


def at(event, point, guest, after=timedelta(), **more):
    when = make.DOORS + after
    return scan(event, point.code, guest.badge_code, uid=new_uid(), scanned_at=when, by_id=None, now=when, **more)


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def organiser(event):
    return make.person("Ada", "Organizator")


def save(event, organiser, wish=LUNCH, code=None):
    return points.save_point(event, code, wish, actor_id=organiser.id)


# ---- made by themselves


def test_rooms_tables_and_sessions_without_a_room_get_points_once(event):
    room = make.room(event)
    make.room(event, kind="networking")
    make.meeting_grid(event)
    walk = make.session(event, takes_signups=True, starts_at=make.DOORS)
    make.session(event, takes_signups=True, starts_at=make.DOORS, room_id=room.id)
    made = points.lay_out_points(event, by_id=None)
    kinds = [point.kind for point in made]
    assert kinds == [PointKind.DOOR, PointKind.TABLES, PointKind.ROOM, PointKind.SESSION]
    assert made[-1].session_id == walk.id
    assert points.lay_out_points(event, by_id=None) == made


def test_a_point_closed_for_good_is_not_made_anew(event, organiser):
    [door] = points.lay_out_points(event, by_id=None)
    points.close_point(event, door.code, actor_id=organiser.id, now=make.DOORS)
    assert points.lay_out_points(event, by_id=None) == []


def in_order(event):
    return [point.code for point in queries.points(event.id)]


def test_the_worker_makes_points_and_those_of_rooms_that_come_later_but_none_that_was_closed_or_taken_away(
    event, organiser
):
    near = make.DOORS - timedelta(days=2)
    make.room(event)
    assert points.lay_out_due(now=make.DOORS - timedelta(days=4)) == 0, "it is far, and has no programme yet"
    assert (points.lay_out_due(now=near), points.lay_out_due(now=near)) == (2, 0)
    door, hall = queries.points(event.id)
    points.close_point(event, door.code, actor_id=organiser.id, now=near)
    points.remove_point(event, hall.code, actor_id=organiser.id)
    assert points.lay_out_due(now=near) == 0
    later = make.room(event)
    assert points.lay_out_due(now=near) == 1
    assert [point.room_id for point in queries.points(event.id)] == [later.id]
    assert [point.code for point in points.lay_out_points(event, by_id=organiser.id)] == [
        f"room-{later.code}",
        hall.code,
    ], "who asks for them has them again"


def test_a_programme_that_is_known_has_its_points_at_once_and_one_that_is_over_none(app):
    ahead, over, draft = make.event(), make.event(), make.event(status=EventStatus.DRAFT)
    for each in (ahead, over, draft):
        make.session(each, takes_signups=True, starts_at=make.DOORS, room_id=make.room(each).id)
    over_id = over.id
    with transaction() as session:
        gone = session.get_one(Event, over_id)
        gone.starts_on = gone.ends_on = make.FIRST_DAY - timedelta(days=300)
    assert points.lay_out_due(now=make.BEFORE) == 2
    assert [len(queries.points(each)) for each in (ahead.id, over_id, draft.id)] == [2, 0, 0]


def test_of_two_workers_at_once_one_makes_each_point(app, event):
    for _ in range(3):
        make.room(event)

    def working():
        return points.lay_out_due(now=make.DOORS)

    race(app, [working] * 6)
    db.session.rollback()
    assert len(queries.points(event.id)) == 4


def test_organisers_put_points_in_order(event, organiser):
    for name in "abc":
        save(event, organiser, PointWish(Bilingual(name, name)))
    first, second, third = in_order(event)
    points.move_point(event, third, -1, actor_id=organiser.id)
    assert in_order(event) == [first, third, second]
    for code, by in ((first, -1), (second, 1)):
        points.move_point(event, code, by, actor_id=organiser.id)
    assert in_order(event) == [first, third, second], "nothing is before the first, or behind the last"
    make.room(event)
    points.lay_out_points(event, by_id=None)
    assert in_order(event)[:3] == [first, third, second]


# ---- set up


def test_a_point_is_added_with_a_code_of_its_own_and_changed(event, organiser):
    one, other = save(event, organiser), save(event, organiser)
    assert (one.code, other.code) == ("lunch", "lunch-2")
    kind = make.participation_type(event)
    save(event, organiser, PointWish(Bilingual("Kolacja", "Dinner"), PointKind.DOOR, frozenset({kind.id})), one.code)
    db.session.rollback()
    [changed] = [point for point in queries.points(event.id) if point.code == "lunch"]
    assert (changed.name.en, changed.kind, [each.participation_type_id for each in changed.types]) == (
        "Dinner",
        PointKind.MEAL,
        [kind.id],
    )


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (PointWish(Bilingual("", "")), PointRefusal.NO_NAME),
        (
            PointWish(Bilingual("", "Bar"), opens_at=make.DOORS + HOUR, closes_at=make.DOORS),
            PointRefusal.ENDS_TOO_EARLY,
        ),
        (PointWish(Bilingual("", "Bar"), capacity=0), PointRefusal.NO_PLACE),
    ],
)
def test_a_point_that_cannot_be_is_refused_with_the_reason(event, organiser, wish, reason):
    with pytest.raises(Refused) as refused:
        save(event, organiser, wish)
    assert refused.value.message == reason
    with pytest.raises(NotFound):
        save(event, organiser, LUNCH, "elsewhere")


def test_a_point_with_scans_is_closed_instead_of_taken_away(event, organiser):
    lunch, guest = save(event, organiser), make.registration(event)
    at(event, lunch, guest)
    with pytest.raises(Refused) as refused:
        points.remove_point(event, lunch.code, actor_id=organiser.id)
    assert refused.value.message == PointRefusal.SCANNED
    points.close_point(event, lunch.code, actor_id=organiser.id, now=make.DOORS)
    assert queries.points(event.id) == []
    assert at(event, lunch, make.registration(event)).result is ScanResult.ADMITTED, "a phone kept it until now"
    bar = save(event, organiser, PointWish(Bilingual("Bar", "")))
    points.remove_point(event, bar.code, actor_id=organiser.id)
    assert queries.points(event.id) == []


def test_of_many_who_add_points_at_once_each_gets_a_code(app, event, organiser):
    event_id, by = event.id, organiser.id

    def adding():
        return points.save_point(db.session.get_one(Event, event_id), None, LUNCH, actor_id=by)

    race(app, [adding] * 8)
    db.session.rollback()
    assert len({point.code for point in queries.points(event.id)}) == 8


# ---- what their rules do


def test_a_meal_is_counted_once_a_day_for_those_whom_it_is_for(event, organiser):
    kind = make.participation_type(event)
    lunch = save(event, organiser, PointWish(LUNCH.name, PointKind.MEAL, frozenset({kind.id})))
    theirs, others = (
        make.registration(event, participation_type=one) for one in (kind, make.participation_type(event))
    )
    assert at(event, lunch, theirs).result is ScanResult.ADMITTED
    again = at(event, lunch, theirs, HOUR)
    assert (again.result, again.first_at, again.first_point) == (ScanResult.AGAIN, make.DOORS, LUNCH.name)
    assert at(event, lunch, theirs, 24 * HOUR).result is ScanResult.ADMITTED
    assert at(event, lunch, others).reason is Refusal.WRONG_TYPE
    assert queries.arrivals(event.id) == []


def test_people_go_out_and_come_in_again(event, organiser):
    zone = save(event, organiser, PointWish(Bilingual("Strefa", "Zone"), PointKind.ZONE, has_exit=True))
    guest = make.registration(event)
    ways = [at(event, zone, guest, n * HOUR, direction=way).result for n, way in enumerate([*Direction, *Direction])]
    assert ways == [ScanResult.ADMITTED, ScanResult.LEFT] * 2
    assert at(event, zone, guest, 5 * HOUR, direction=Direction.EXIT).reason is Refusal.NOT_INSIDE


def test_whoever_comes_in_a_second_time_that_day_arrived_once(event, organiser):
    door = save(event, organiser, PointWish(Bilingual("Drzwi", "Door"), PointKind.DOOR, has_exit=True))
    guest = make.registration(event)
    first = at(event, door, guest)
    at(event, door, guest, HOUR, direction=Direction.EXIT)
    assert at(event, door, guest, 2 * HOUR).result is ScanResult.ADMITTED
    [arrival] = queries.arrivals(event.id)
    assert arrival.at == make.DOORS
    undo(event, first.uid, uid=new_uid(), reason=UndoReason.MISTAKE, by_id=None, now=make.DOORS + 3 * HOUR)
    db.session.rollback()
    [arrival] = queries.arrivals(event.id)
    assert arrival.at == make.DOORS + 2 * HOUR, "another scan of that day proves that they came"


def test_a_room_counts_for_the_session_in_it_and_says_who_did_not_sign_up(event, organiser):
    room = make.room(event)
    talk = make.session(event, starts_at=make.DOORS, takes_signups=True, room_id=room.id)
    point = points.lay_out_points(event, by_id=None)[-1]
    assert point.room_id == room.id
    signed_up, other = make.registration(event), make.registration(event)
    make.signup(signed_up, talk)
    counted = at(event, point, signed_up)
    assert (counted.result, counted.session) == (ScanResult.ADMITTED, talk.title)
    for rule, result in ((SignUpRule.NEEDED, ScanResult.REFUSED), (SignUpRule.TOLD, ScanResult.ADMITTED)):
        save(event, organiser, PointWish(point.name, sign_up=rule), point.code)
        assert at(event, point, other).result is result
    db.session.rollback()
    there = db.session.query(SessionAttendance).filter_by(session_id=talk.id).all()
    assert {each.registration_id for each in there} == {signed_up.id, other.id}


def test_attendance_taken_back_is_gone_and_counts_once_more(event):
    room = make.room(event)
    make.session(event, starts_at=make.DOORS, takes_signups=True, room_id=room.id)
    point, guest = points.lay_out_points(event, by_id=None)[-1], make.registration(event)
    first = at(event, point, guest)
    undo(event, first.uid, uid=new_uid(), reason=UndoReason.OTHER_GUEST, by_id=None, now=make.DOORS)
    assert db.session.query(SessionAttendance).count() == 0
    assert at(event, point, guest, HOUR / 4).result is ScanResult.ADMITTED
    assert db.session.query(SessionAttendance).count() == 1


def test_of_many_scans_of_one_badge_at_a_session_one_counts(app, event):
    room = make.room(event)
    make.session(event, starts_at=make.DOORS, takes_signups=True, room_id=room.id)
    point, guest = points.lay_out_points(event, by_id=None)[-1], make.registration(event)
    event_id, code, badge = event.id, point.code, guest.badge_code

    def scanning():
        here = db.session.get_one(Event, event_id)
        return scan(here, code, badge, uid=new_uid(), scanned_at=make.DOORS, by_id=None, now=make.DOORS)

    verdicts = race(app, [scanning] * 20)
    assert sorted(each.result for each in verdicts) == [ScanResult.ADMITTED] + [ScanResult.AGAIN] * 19
    assert len({each.first_at for each in verdicts}) == 1
    db.session.rollback()
    assert db.session.query(SessionAttendance).count() == 1


def test_an_hour_of_its_own_opens_and_closes_a_point(event, organiser):
    wish = PointWish(LUNCH.name, PointKind.MEAL, opens_at=make.DOORS + HOUR, closes_at=make.DOORS + 2 * HOUR)
    lunch, guest = save(event, organiser, wish), make.registration(event)
    assert at(event, lunch, guest).reason is Refusal.TOO_EARLY
    assert at(event, lunch, guest, 3 * HOUR).reason is Refusal.CLOSED
    assert at(event, lunch, guest, HOUR).result is ScanResult.ADMITTED


def test_what_may_be_counted_each_time_is(event, organiser):
    coffee = save(event, organiser, PointWish(Bilingual("Kawa", "Coffee"), PointKind.MEAL, repeat=Repeat.ALWAYS))
    guest = make.registration(event)
    assert [at(event, coffee, guest).result for _ in range(3)] == [ScanResult.ADMITTED] * 3


def test_the_desk_is_told_when_all_places_are_taken_and_turns_nobody_away(event, organiser):
    zone = save(event, organiser, PointWish(Bilingual("Strefa", "Zone"), PointKind.ZONE, has_exit=True, capacity=2))
    guests = [make.registration(event) for _ in range(4)]
    told = [at(event, zone, guest, timedelta(minutes=n)) for n, guest in enumerate(guests[:3])]
    assert [each.result for each in told] == [ScanResult.ADMITTED] * 3
    assert [each.needs for each in told] == [(), (), ("full",)]
    assert told[2].fits == 2
    for guest in guests[:2]:
        at(event, zone, guest, HOUR, direction=Direction.EXIT)
    assert at(event, zone, guests[3], HOUR * 2).needs == ()


def test_a_room_has_as_many_places_as_seats_and_is_empty_after_each_session(event, organiser):
    room = make.room(event, capacity=1)
    for hour in (0, 1):
        make.session(event, starts_at=make.DOORS + hour * HOUR, room_id=room.id)
    [point] = [one for one in points.lay_out_points(event, by_id=None) if one.room_id == room.id]
    assert point.fits == 1
    assert at(event, point, make.registration(event)).needs == ()
    assert at(event, point, make.registration(event), HOUR / 2).needs == ("full",)
    assert at(event, point, make.registration(event), HOUR + HOUR / 12).needs == ()
    save(event, organiser, PointWish(point.name, capacity=40), point.code)
    assert at(event, point, make.registration(event), HOUR + HOUR / 6).needs == ()


def test_the_desk_reads_the_note_of_a_guest(event, organiser):
    door = save(event, organiser, PointWish(Bilingual("Drzwi", "Door"), PointKind.DOOR))
    verdict = at(event, door, make.registration(event, desk_note="Proszę zadzwonić do biura."))
    assert verdict.guest is not None
    assert (verdict.needs, verdict.guest.note) == (("note",), "Proszę zadzwonić do biura.")


def test_a_room_goes_with_its_point_unless_somebody_was_scanned_there(event, organiser):
    for is_used in (False, True):
        room = make.room(event)
        [point] = [one for one in points.lay_out_points(event, by_id=None) if one.room_id == room.id]
        code = point.code
        if not is_used:
            remove(Room, event, room.code, actor_id=organiser.id)
            db.session.rollback()
            assert queries.point_by_code(event.id, code) is None
            continue
        at(event, point, make.registration(event))
        assert uses_of(Room, [room.id])[room.id] == {"scan_point": 1}
        with pytest.raises(Refused):
            remove(Room, event, room.code, actor_id=organiser.id)
