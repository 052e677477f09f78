"""The draft lies over what is released, changes in steps that can be undone, and loses nobody's edits."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.agenda.models import Session
from lsos.agenda.rules import SessionRole
from lsos.db import db, transaction
from lsos.drafting.conflicts import Found, conflicts_of
from lsos.drafting.content import Cast, Content
from lsos.drafting.desk import EditedMeanwhile
from lsos.drafting.merging import settle_drafts
from lsos.drafting.models import DraftSession
from lsos.drafting.queries import Buffers, Draft, draft_of, released_differences
from lsos.drafting.service import (
    Spot,
    arrange,
    bring_back,
    copy_to_rooms,
    discard,
    lock,
    place,
    save,
    undo,
    withdraw,
)
from lsos.drafting.severities import set_severities
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from tests import make
from tests.racing import race

NOW = make.BEFORE
HOUR = timedelta(hours=1)


def fresh(event: Event) -> Draft:
    db.session.rollback()
    return draft_of(event.id)


def said(event: Event) -> dict[str, Content]:
    return dict(fresh(event).contents)


def refused(call: Callable[[], object]) -> str | None:
    with pytest.raises(Refused) as found:
        call()
    return found.value.reason


def two_of_us(event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    ola, jan = make.person("Ola", "Nowak"), make.person("Jan", "Kowal")
    return {"by": ola.id, "now": NOW}, {"by": jan.id, "now": NOW}


@pytest.mark.any_database
def test_the_draft_lies_over_what_is_released(app: Flask):
    event = make.event()
    talk, room, (ola, _) = make.session(event), make.room(event), two_of_us(event)
    place(event.id, talk.uid, room.id, make.DOORS + HOUR, seen=0, **ola)
    draft = fresh(event)

    assert draft.contents[talk.uid].starts_at == make.DOORS + HOUR
    assert draft.contents[talk.uid].ends_at == make.DOORS + 2 * HOUR
    assert draft.latest == 1
    assert released_differences(draft) == {talk.uid: ["room_id", "starts_at", "ends_at"]}
    assert db.session.get_one(Session, talk.id).starts_at == make.DOORS
    undo(event.id, **ola)
    assert released_differences(fresh(event)) == {}
    assert db.session.scalar(select(func.count()).select_from(DraftSession)) == 0


@pytest.mark.any_database
def test_a_new_session_has_a_code_of_its_own_and_can_be_taken_out(app: Flask):
    event = make.event()
    first, (ola, _) = make.session(event), two_of_us(event)
    wish = Content(title=Bilingual("Łąka", "Żółty talk"), format_id=first.format_id, minutes=45)
    one = save(event.id, None, wish, seen=0, **ola)
    two = save(event.id, None, wish, seen=1, **ola)
    draft = said(event)
    assert [draft[uid].code for uid in (one, two)] == ["zolty-talk", "zolty-talk-2"]
    assert draft[one].length == 45
    withdraw(event.id, one, seen=2, **ola)
    assert one not in said(event)
    undo(event.id, **ola)
    assert said(event)[one] == draft[one]


@pytest.mark.any_database
def test_two_organisers_lose_nothing(app: Flask):
    event = make.event()
    talk, (ola, jan) = make.session(event), two_of_us(event)
    there = said(event)[talk.uid]
    save(event.id, talk.uid, replace(there, title=Bilingual("Inny", there.title.en)), seen=0, **ola)
    save(event.id, talk.uid, replace(there, title=Bilingual(there.title.pl, "Other")), seen=0, **jan)
    assert said(event)[talk.uid].title == Bilingual("Inny", "Other")
    with pytest.raises(EditedMeanwhile) as found:
        save(event.id, talk.uid, replace(there, title=Bilingual("Jeszcze inny", "Session")), seen=0, **jan)
    [clash] = found.value.clashes
    assert (clash.part, clash.mine, clash.theirs, clash.by) == ("title_pl", "Jeszcze inny", "Inny", "Ola Nowak")
    assert found.value.latest == 2
    assert said(event)[talk.uid].title == Bilingual("Inny", "Other")


@pytest.mark.any_database
def test_undoing_leaves_what_others_changed_since(app: Flask):
    event = make.event()
    talk, room, (ola, jan) = make.session(event), make.room(event), two_of_us(event)
    there = said(event)[talk.uid]
    place(event.id, talk.uid, room.id, make.DOORS + HOUR, seen=0, **ola)
    save(event.id, talk.uid, replace(there, title=Bilingual("Inny", "Other")), seen=0, **jan)
    undo(event.id, **ola)
    assert said(event)[talk.uid] == replace(there, title=Bilingual("Inny", "Other"))
    place(event.id, talk.uid, room.id, make.DOORS + HOUR, seen=3, **ola)
    place(event.id, talk.uid, None, None, seen=4, **jan)
    with pytest.raises(EditedMeanwhile, match="Jan Kowal"):
        undo(event.id, **ola)


def forbid(event: Event, by: int, *kinds: str, buffers: Buffers | None = None) -> None:
    set_severities(event.id, dict.fromkeys(kinds, Severity.FORBID), buffers or Buffers(), actor_id=by)


@pytest.mark.any_database
def test_two_sessions_change_places_one_after_the_other(app: Flask):
    event = make.event()
    rooms, (ola, _) = [make.room(event) for _ in range(2)], two_of_us(event)
    one, other = (make.session(event, room_id=room.id) for room in rooms)
    place(event.id, one.uid, rooms[1].id, make.DOORS, seen=0, **ola)
    assert [(each.kind, each.stops_release) for each in stopping(event)] == [("room_taken", True)]
    place(event.id, other.uid, rooms[0].id, make.DOORS, seen=1, **ola)
    assert stopping(event) == []
    draft = said(event)
    assert [draft[uid].room_id for uid in (one.uid, other.uid)] == [rooms[1].id, rooms[0].id]


def stopping(event: Event) -> list[Found]:
    return [each for each in conflicts_of(fresh(event)) if each.stops_release]


@pytest.mark.any_database
def test_what_is_forbidden_does_not_arise(app: Flask):
    event = make.event()
    room, (ola, _) = make.room(event), two_of_us(event)
    forbid(event, ola["by"], "room_taken")
    talk, other = make.session(event, room_id=room.id), make.session(event, starts_at=make.DOORS + 2 * HOUR)
    assert refused(lambda: place(event.id, other.uid, room.id, make.DOORS, seen=0, **ola)) == "forbidden"
    lock(event.id, talk.uid, True, **ola)
    assert refused(lambda: place(event.id, talk.uid, None, None, seen=1, **ola)) == "locked"
    withdraw(event.id, talk.uid, seen=1, **ola)
    place(event.id, other.uid, room.id, make.DOORS, seen=2, **ola)
    assert refused(lambda: bring_back(event.id, talk.uid, seen=3, **ola)) == "forbidden"


@pytest.mark.any_database
def test_too_little_time_between_two_sessions_is_found_where_the_organiser_asks_for_some(app: Flask):
    event = make.event()
    room, (ola, _) = make.room(event), two_of_us(event)
    make.session(event, room_id=room.id)
    other = make.session(event, starts_at=make.DOORS + 3 * HOUR)
    forbid(event, ola["by"], "room_buffer", buffers=Buffers(room=15))
    ten_past = make.DOORS + HOUR + timedelta(minutes=10)
    assert refused(lambda: place(event.id, other.uid, room.id, ten_past, seen=0, **ola)) == "forbidden"
    place(event.id, other.uid, room.id, ten_past + timedelta(minutes=5), seen=0, **ola)


@pytest.mark.any_database
def test_a_break_is_copied_to_rooms_that_do_not_have_it(app: Flask):
    event = make.event()
    rooms, (ola, _) = [make.room(event) for _ in range(3)], two_of_us(event)
    pause = make.session(event, room_id=rooms[0].id)
    made = copy_to_rooms(event.id, pause.uid, [room.id for room in rooms], **ola)
    assert {said(event)[uid].room_id for uid in made} == {rooms[1].id, rooms[2].id}
    assert copy_to_rooms(event.id, pause.uid, [room.id for room in rooms], **ola) == []
    undo(event.id, **ola)
    assert set(said(event)) == {pause.uid}


def something(choose: random.Random, event: Event, room_ids: list[int], me: dict[str, Any]) -> None:
    """Do to a draft what an organiser may do, at random."""
    draft = fresh(event)
    uid = choose.choice(list(draft.contents))
    content = draft.contents[uid]
    seen: dict[str, Any] = {"seen": draft.latest}
    start = make.DOORS + choose.randrange(8) * HOUR
    some = list(draft.contents)[:2]
    do: list[Callable[[], object]] = [
        lambda: place(event.id, uid, choose.choice(room_ids), start, **seen, **me),
        lambda: place(event.id, uid, None, None, **seen, **me),
        lambda: save(event.id, uid, replace(content, title=Bilingual("a", str(start))), **seen, **me),
        lambda: save(event.id, None, replace(content, room_id=None, people=()), **seen, **me),
        lambda: withdraw(event.id, uid, **seen, **me),
        lambda: bring_back(event.id, uid, **seen, **me),
        lambda: lock(event.id, uid, not content.is_locked, **me),
        lambda: discard(event.id, some, **me),
        lambda: copy_to_rooms(event.id, uid, room_ids, **me),
        lambda: arrange(event.id, {key: Spot(room_ids[n], start) for n, key in enumerate(some)}, **seen, **me),
    ]
    choose.choice(do)()


@pytest.mark.any_database
@pytest.mark.parametrize("seed", range(3))
def test_undoing_everything_leads_back_to_where_it_was(app: Flask, seed: int):
    event = make.event()
    choose = random.Random(seed)
    room_ids, (ola, _) = [make.room(event).id for _ in range(3)], two_of_us(event)
    for n in range(4):
        make.session(event, room_id=room_ids[n % 3], starts_at=make.DOORS + n * HOUR)
    states = [said(event)]
    for _ in range(12):
        try:
            something(choose, event, room_ids, ola)
        except Refused:
            assert said(event) == states[-1]
            continue
        if said(event) != states[-1]:
            states.append(said(event))
    assert len(states) > 3
    for state in reversed(states[:-1]):
        undo(event.id, **ola)
        assert said(event) == state
    assert refused(lambda: undo(event.id, **ola)) == "nothing_to_undo"


@pytest.mark.any_database
def test_a_draft_follows_a_record_that_is_merged_into_another(app: Flask):
    event = make.event()
    talk, stays, goes, (ola, _) = make.session(event), make.person(), make.person(), two_of_us(event)
    cast = (Cast(goes.id), Cast(stays.id), Cast(goes.id, SessionRole.CHAIR))
    save(event.id, talk.uid, replace(said(event)[talk.uid], people=cast), seen=0, **ola)
    with transaction() as writing:
        settle_drafts(writing, gone=goes.id, into=stays.id)
    assert said(event)[talk.uid].people == (Cast(stays.id), Cast(stays.id, SessionRole.CHAIR))


def test_of_two_who_move_one_session_at_once_one_is_told(app: Flask):
    event = make.event()
    where, uid = event.id, make.session(event).uid
    room_ids, us = [make.room(event).id for _ in range(2)], two_of_us(event)
    results = race(
        app,
        [
            partial(place, where, uid, room_id, make.DOORS, seen=0, **me)
            for room_id, me in zip(room_ids, us, strict=True)
        ],
    )
    assert [type(result) for result in results if result is not None] == [EditedMeanwhile]
    draft = fresh(event)
    assert draft.latest == 1
    assert draft.contents[uid].room_id == room_ids[results.index(None)]


def test_of_two_who_take_one_place_at_once_one_is_refused(app: Flask):
    event = make.event()
    where, uids = event.id, [make.session(event).uid for _ in range(2)]
    room_id, us = make.room(event).id, two_of_us(event)
    forbid(event, us[0]["by"], "room_taken")
    results = race(
        app, [partial(place, where, uid, room_id, make.DOORS, seen=0, **me) for uid, me in zip(uids, us, strict=True)]
    )
    assert [result.reason for result in results if result is not None] == ["forbidden"]


def test_many_who_change_different_things_at_once_lose_nothing(app: Flask):
    event = make.event()
    where, uids, us = event.id, [make.session(event).uid for _ in range(4)], two_of_us(event)
    there, new = said(event), Bilingual("Nowy", "New")
    wishes = [
        (uid, me, wish)
        for uid in uids
        for me, wish in zip(us, (replace(there[uid], title=new), replace(there[uid], abstract=new)), strict=True)
    ]
    results = race(app, [partial(save, where, uid, wish, seen=0, **me) for uid, me, wish in wishes])
    assert all(isinstance(result, str) for result in results)
    draft = fresh(event)
    assert draft.latest == 8
    assert {draft.contents[uid].title for uid in uids} == {draft.contents[uid].abstract for uid in uids} == {new}
