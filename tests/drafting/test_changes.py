"""What a release would mean for people, from what changes and what they have."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lsos.agenda.rules import Interval
from lsos.drafting.changes import Appointment, Guest, changes_between, clashes_at, impact_of
from lsos.drafting.content import Cast, Content
from lsos.drafting.rules import ChangeKind, ReleaseRefusal, Tie, is_told, release_refusal
from lsos.texts import Bilingual

NINE = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def talk(hour: int, *people: int) -> Content:
    return Content(
        title=Bilingual("Wykład", "Talk"),
        format_id=1,
        starts_at=NINE + hour * HOUR,
        ends_at=NINE + (hour + 1) * HOUR,
        people=tuple(Cast(one) for one in people),
    )


def at(hour: int, uid: str = "meeting") -> Appointment:
    return Appointment(uid, Interval(NINE + hour * HOUR, NINE + (hour + 0.5) * HOUR))


RELEASED = {"a": talk(0, 7), "b": talk(1), "c": talk(2)}


def test_moving_a_session_counts_its_places_its_speakers_and_what_it_comes_to_lie_on():
    contents = RELEASED | {"a": talk(1, 7)}
    changes = changes_between(RELEASED, contents)
    guests = [
        Guest(1, "Ala", frozenset("a")),
        Guest(2, "Ola", frozenset("ab")),
        Guest(3, "Ela", frozenset("a"), meetings=(at(1),)),
        Guest(4, "Jan", frozenset("bc"), meetings=(at(1),)),
        Guest(7, "Ewa", frozenset("b"), speaks=frozenset("a")),
    ]
    found = impact_of(changes, RELEASED, contents, guests)
    assert (found.moved, found.signup_count, found.speaker_count) == (("a",), 3, 1)
    assert found.meetings == {"meeting"}
    assert [guest.name for guest in found.bumped] == ["Ola", "Ela", "Ewa"]
    assert [(bump.uid, bump.other, bump.meeting) for bump in found.bumps] == [
        ("a", "b", None),
        ("a", None, "meeting"),
        ("a", "b", None),
    ]


def test_a_clash_that_was_there_before_is_not_the_release_s_doing():
    contents = RELEASED | {"a": replace(talk(0, 7), room_id=3)}
    guest = Guest(1, "Ala", frozenset("a"), meetings=(at(0),))
    found = impact_of(changes_between(RELEASED, contents), RELEASED, contents, [guest])
    assert (found.moved, found.signup_count, found.bumps) == (("a",), 1, ())


def test_who_comes_to_speak_in_a_session_may_get_a_clash_too():
    contents = RELEASED | {"b": talk(1, 9)}
    changes = changes_between(RELEASED, contents)
    found = impact_of(changes, RELEASED, contents, [Guest(9, "Iga", meetings=(at(1),))])
    assert changes[0].kinds == (ChangeKind.PEOPLE,)
    assert (found.moved, [bump.meeting for bump in found.bumps]) == ((), ["meeting"])


def test_how_many_clash_at_another_time_is_what_the_impact_of_the_draft_with_that_time_says():
    draw = random.Random(7)
    for _ in range(20):
        released, contents = ({uid: talk(draw.randrange(6), draw.randrange(9)) for uid in "abcdef"} for _ in range(2))
        del released["f"]
        contents |= {"e": replace(contents["e"], starts_at=None, ends_at=None, is_withdrawn=True)}
        guests = [
            Guest(
                key,
                "Ala",
                frozenset(draw.sample("abcde", 3)),
                frozenset(uid for uid, content in released.items() if key in content.person_ids),
                tuple(at(draw.randrange(6), str(n)) for n in range(draw.randrange(3))),
            )
            for key in range(9)
        ]
        impact = impact_of(changes_between(released, contents), released, contents, guests)
        for uid in "abcdf":
            clashes = clashes_at(uid, impact, released, contents, guests)
            for hour in range(6):
                moved = contents | {uid: replace(talk(hour), people=contents[uid].people)}
                expected = impact_of(changes_between(released, moved), released, moved, guests)
                assert clashes(Interval(NINE + hour * HOUR, NINE + (hour + 1) * HOUR)) == len(expected.bumped)


def test_a_withdrawn_session_is_in_nobody_s_way():
    contents = RELEASED | {"a": replace(talk(1), starts_at=None, ends_at=None, is_withdrawn=True)}
    found = impact_of(changes_between(RELEASED, contents), RELEASED, contents, [Guest(1, "Ala", frozenset("ab"))])
    assert (found.moved, found.signup_count, found.bumps) == (("a",), 1, ())


def test_who_wants_to_be_there_is_told_of_time_and_place_and_speakers_of_their_part_too():
    assert is_told(Tie.STAR, [ChangeKind.WORDS, ChangeKind.TIME])
    assert not is_told(Tie.SIGNUP, [ChangeKind.PEOPLE, ChangeKind.WORDS])
    assert is_told(Tie.PERSON, [ChangeKind.PEOPLE])
    assert not is_told(Tie.PERSON, [ChangeKind.WORDS])


def test_a_release_is_refused_for_the_first_reason_that_holds():
    fine = {"has_name": True, "is_different": True, "is_first": False, "is_as_seen": True, "has_conflicts": False}
    assert release_refusal(**fine) is None
    assert release_refusal(**fine | {"is_different": False, "is_first": True}) is None
    assert release_refusal(**fine | {"is_different": False}) is ReleaseRefusal.NOTHING
    assert release_refusal(**fine | {"has_name": False}) is ReleaseRefusal.NO_NAME
    assert release_refusal(**fine | {"has_conflicts": True}) is ReleaseRefusal.CONFLICTS
    assert release_refusal(**fine | {"is_as_seen": False, "has_name": False}) is ReleaseRefusal.CHANGED
