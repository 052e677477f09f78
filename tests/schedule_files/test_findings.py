"""What is wrong in a programme is found, told in words, and nothing else is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.calendar_reading import Wrong
from lsos.schedule_files.findings import MOST_OF_A_KIND, Kind, look
from lsos.schedule_files.model import Day, Person, Programme, Session

SUMMER = timezone(timedelta(hours=2))
NINE = datetime(2026, 5, 1, 9, tzinfo=SUMMER)
DAY = Day(1, date(2026, 5, 1))


def session(title: str = "Opening", **changes) -> Session:
    facts: dict[str, Any] = {"start": NINE, "duration": timedelta(hours=1), "day": 1, "room": "Aula"} | changes
    return Session(title, **facts)


def told(*sessions: Session, **changes) -> list[tuple[Kind | Wrong, str]]:
    facts: dict[str, Any] = {"zone": "Europe/Warsaw", "days": (DAY,)} | changes
    return [(one.kind, one.words) for one in look(Programme("Forum", sessions=sessions, **facts))]


def test_a_sound_programme_has_no_findings():
    assert told(session(), session("Second", start=NINE + timedelta(hours=1))) == []


def test_a_room_used_twice_at_once_is_told_once():
    later = session("Second", start=NINE + timedelta(minutes=30))
    assert told(later, session()) == [
        (Kind.ROOM_TWICE, "Opening and Second are in the room Aula at the same time, 2026-05-01 09:30.")
    ]


def test_somebody_in_two_places_at_once_is_told_by_what_identifies_them():
    one = session(persons=(Person("Ewa", id="3"),))
    other = session("Second", room="B", persons=(Person("Ewa Nowak", id="3"),))
    namesake = session("Third", room="C", persons=(Person("Ewa", id="4"),))
    assert told(one, other, namesake) == [
        (Kind.PERSON_TWICE, "Ewa is in Opening and in Second at the same time, 2026-05-01 09:00.")
    ]


def test_a_session_outside_its_day_is_told():
    day = replace(DAY, starts_at=NINE, ends_at=NINE + timedelta(hours=8))
    late = session(start=NINE + timedelta(hours=7, minutes=30))
    words = (
        "Opening, from 2026-05-01 16:30 to 2026-05-01 17:30, is outside its day, "
        "which is from 2026-05-01 09:00 to 2026-05-01 17:00."
    )
    assert told(late, days=(day,)) == [(Kind.OUTSIDE_DAY, words)]


def test_a_date_at_odds_with_its_day_is_told_and_the_night_is_not():
    night, next_day = session(start=NINE + timedelta(hours=18)), session("Next", start=NINE + timedelta(hours=19))
    assert told(night, next_day) == [(Kind.DAY_AT_ODDS, "Next, 2026-05-02 04:00, stands under the day 2026-05-01.")]


def test_sessions_without_room_time_title_or_day_are_told():
    found = told(
        session("No room", room=" "),
        session("No time", duration=timedelta()),
        session("Backwards", duration=-timedelta(minutes=5), room="B"),
        session("", room="C"),
        session("No day", room="D", day=0),
    )
    assert [kind for kind, _ in found] == [
        Kind.NO_TITLE, Kind.NO_ROOM, Kind.NO_LENGTH, Kind.NEGATIVE_LENGTH, Kind.NO_DAY
    ]  # fmt: skip
    assert found[0][1] == "The session at 2026-05-01 09:00 in the room C has no title."


def test_the_same_identifier_twice_is_told():
    assert told(session(id="7"), session("Second", room="B", id="7")) == [
        (Kind.SAME_ID, "Opening and Second have the same id: 7.")
    ]


def test_zones_and_offsets_that_cannot_be_are_told():
    assert told(zone="") == [(Kind.NO_ZONE, "The programme names no time zone.")]
    assert told(zone="Mars/Olympus") == [(Kind.UNKNOWN_ZONE, "There is no time zone Mars/Olympus.")]
    assert told(session(start=NINE.replace(tzinfo=UTC))) == [
        (
            Kind.OFFSET_AT_ODDS,
            "Opening is at 2026-05-01 09:00+00:00, but clocks in Europe/Warsaw then show 2026-05-01 11:00.",
        )
    ]


def test_of_each_kind_so_many_are_told_and_that_there_are_more():
    found = told(*(session(str(number)) for number in range(60)))

    assert [kind for kind, _ in found] == [Kind.ROOM_TWICE] * MOST_OF_A_KIND + [Kind.MORE]


@given(
    st.lists(
        st.builds(
            session,
            start=st.integers(0, 12).map(lambda step: NINE + timedelta(minutes=15 * step)),
            duration=st.integers(-1, 4).map(lambda step: timedelta(minutes=15 * step)),
            room=st.sampled_from(["", "Aula", "B"]),
            persons=st.lists(st.sampled_from([Person("Ewa"), Person("Jan", id="3")]), unique=True).map(tuple),
        ),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_clashes_are_exactly_those_that_comparing_all_with_all_finds(sessions: list[Session]):
    found = look(Programme(sessions=tuple(sessions), days=(DAY,)))
    long = [(at, one) for at, one in enumerate(sessions) if one.duration > timedelta()]
    together = [
        (pair, one, other)
        for pair in combinations(long, 2)
        for (_, one), (_, other) in [pair]
        if one.start < other.end and other.start < one.end
    ]

    assert sorted(tuple(sorted(one.sessions)) for one in found if one.kind is Kind.ROOM_TWICE) == sorted(
        (pair[0][0], pair[1][0]) for pair, one, other in together if one.room and one.room == other.room
    )
    assert sorted(tuple(sorted(one.sessions)) for one in found if one.kind is Kind.PERSON_TWICE) == sorted(
        (pair[0][0], pair[1][0])
        for pair, one, other in together
        for _ in {person.key for person in one.persons} & {person.key for person in other.persons}
    )
