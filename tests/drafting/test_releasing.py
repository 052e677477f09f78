"""A release makes the sessions what the draft says, all at once, and names what changed."""

import random
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import insert, select

from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.agenda.queries import programme, revisions
from lsos.agenda.rules import SessionRole
from lsos.agenda.service import no_meetings, sign_up
from lsos.db import db, new_uid, transaction
from lsos.drafting.content import Cast, Content
from lsos.drafting.models import DraftSession, Release, ReleaseChange, ReleaseDigest
from lsos.drafting.queries import draft_of, released_differences
from lsos.drafting.releasing import Stopped, release
from lsos.drafting.rules import ChangeKind
from lsos.drafting.service import Spot, arrange, place, save, undo, withdraw
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting
from tests.racing import race

NOW = make.BEFORE
HOUR = timedelta(hours=1)
NAME = Bilingual("Druga wersja", "Second version")


def let_out(event: Event, by: int, *, tells: bool = True) -> Release:
    db.session.rollback()
    seen = draft_of(event.id).latest
    return release(event.id, NAME, Bilingual(), seen=seen, tells=tells, by=by, now=NOW)


def kinds(made: Release) -> dict[str, list[ChangeKind]]:
    found: dict[str, list[ChangeKind]] = {}
    rows = select(ReleaseChange).where(ReleaseChange.release_id == made.id).order_by(ReleaseChange.id)
    for change in db.session.scalars(rows):
        found.setdefault(change.uid, []).append(change.kind)
    return found


def test_a_release_makes_everything_known_at_once(app: Flask):
    event = make.event()
    ola, room, guest = make.person(), make.room(event), make.registration(event)
    me: dict[str, Any] = {"by": ola.id, "now": NOW}
    moved, gone, same = (make.session(event, seats=5) for _ in range(3))
    for what in (moved, gone, same):
        make.signup(guest, what)
    place(event.id, moved.uid, room.id, make.DOORS + 3 * HOUR, seen=0, **me)
    withdraw(event.id, gone.uid, seen=1, **me)
    chair = Cast(ola.id, SessionRole.CHAIR)
    wish = Content(title=Bilingual("Nowa", "Fresh"), format_id=same.format_id, people=(chair,))
    new = save(event.id, None, wish, seen=2, **me)
    made = let_out(event, ola.id)

    assert kinds(made) == {
        moved.uid: [ChangeKind.TIME, ChangeKind.ROOM],
        gone.uid: [ChangeKind.WITHDRAWN],
        new: [ChangeKind.NEW],
    }
    rows = {row.uid: row for row in db.session.scalars(select(Session))}
    assert (rows[moved.uid].starts_at, rows[moved.uid].room_id) == (make.DOORS + 3 * HOUR, room.id)
    assert rows[new].code == "fresh"
    assert [(one.person_id, one.role) for one in rows[new].people] == [(ola.id, SessionRole.CHAIR)]
    assert rows[gone.uid].withdrawn_at == NOW
    assert rows[gone.uid].signed_up == 0
    assert rows[moved.uid].signed_up == 1
    assert [session.uid for session in programme(event.id)] == [same.uid, moved.uid]
    assert revisions(event.slug) == {moved.uid: 1, gone.uid: 1}
    assert db.session.scalars(select(DraftSession)).all() == []
    assert released_differences(draft_of(event.id)) == {}
    assert set(made.snapshot) == {moved.uid, same.uid, new}
    told = {one.person_id: one.about for one in db.session.scalars(select(ReleaseDigest))}
    assert told == {guest.person_id: {moved.uid: "signup", gone.uid: "signup"}, ola.id: {new: "person"}}


@pytest.mark.any_database
def test_after_a_release_the_last_step_can_still_be_taken_back_and_released_again(app: Flask):
    event = make.event()
    ola, talk = make.person(), make.session(event)
    place(event.id, talk.uid, None, make.DOORS + HOUR, seen=0, by=ola.id, now=NOW)
    withdraw(event.id, talk.uid, seen=1, by=ola.id, now=NOW)
    let_out(event, ola.id)
    undo(event.id, by=ola.id, now=NOW)
    again = let_out(event, ola.id)
    assert (again.number, kinds(again)) == (2, {talk.uid: [ChangeKind.BACK]})
    assert db.session.get_one(Session, talk.id).withdrawn_at is None
    assert db.session.get_one(Session, talk.id).starts_at == make.DOORS + HOUR


@pytest.mark.any_database
def test_a_new_session_gets_another_code_where_an_import_has_brought_its_own_since(app: Flask):
    event = make.event()
    ola, there = make.person(), make.session(event)
    wish = Content(title=Bilingual("Sen", "Sleep"), format_id=there.format_id)
    new = save(event.id, None, wish, seen=0, by=ola.id, now=NOW)
    with transaction() as writing:
        writing.get_one(Session, there.id).code = "sleep"
    let_out(event, ola.id)
    codes = {row.uid: row.code for row in db.session.scalars(select(Session))}
    assert codes == {there.uid: "sleep", new: "sleep-2"}


@pytest.mark.any_database
def test_what_stops_a_release_is_listed_and_nothing_is_released(app: Flask):
    event = make.event()
    ola, room = make.person(), make.room(event)
    make.session(event, room_id=room.id, title=Bilingual("Jeden", "One"))
    make.session(event, room_id=room.id, title=Bilingual("Dwa", "Two"))
    with pytest.raises(Stopped) as stopped:
        let_out(event, ola.id)
    with force_locale("en"):
        said = [(found.kind, found.words) for found in stopped.value.conflicts]
    assert said == [("room_taken", "Jeden and Dwa are in Sala at the same time.")]
    assert db.session.scalars(select(Release)).all() == []


@pytest.mark.any_database
def test_what_nobody_has_looked_at_is_not_released(app: Flask):
    event = make.event()
    ola, talk = make.person(), make.session(event)
    place(event.id, talk.uid, None, make.DOORS + HOUR, seen=0, by=ola.id, now=NOW)
    with pytest.raises(Refused) as refused:
        release(event.id, NAME, Bilingual(), seen=0, tells=False, by=ola.id, now=NOW)
    assert refused.value.reason == "changed"


def test_whoever_signs_up_while_a_session_is_withdrawn_does_not_keep_a_place_in_it(app: Flask):
    event = make.event()
    where, ola, talk = event.id, make.person().id, make.session(event, seats=3)
    guest_ids, talk_id = [make.registration(event).id for _ in range(3)], talk.id
    withdraw(where, talk.uid, seen=0, by=ola, now=NOW)
    out = partial(release, where, NAME, Bilingual(), seen=1, tells=True, by=ola, now=NOW)
    results = race(app, [out, *(partial(sign_up, one, talk_id, meetings=no_meetings, now=NOW) for one in guest_ids)])
    assert isinstance(results[0], Release)
    db.session.rollback()
    places = db.session.scalars(select(SessionSignup).where(SessionSignup.session_id == talk_id)).all()
    assert len(places) == db.session.get_one(Session, talk_id).signed_up == 0


def crowd(event: Event, people: int, sessions: int) -> None:
    """Fill an event with sessions that have speakers, and people who signed up for many of them."""
    choose = random.Random(people)
    rooms = [make.room(event).id for _ in range(6)]
    kind = make.participation_type(event).id
    made = [
        make.session(
            event, room_id=rooms[n % 6], starts_at=make.DOORS + (n // 6) * HOUR, title=Bilingual("Sesja", f"Talk {n}")
        ).id
        for n in range(sessions)
    ]
    with transaction() as writing:
        ids = writing.scalars(
            insert(Person).returning(Person.id),
            [{"uid": new_uid(), "given_name": "Ola", "family_name": f"{n}", "created_at": NOW} for n in range(people)],
        ).all()
        writing.execute(
            insert(EmailAddress),
            [{"person_id": one, "address": f"ola-{one}@example.org", "is_primary": True} for one in ids],
        )
        registrations = writing.scalars(
            insert(Registration).returning(Registration.id),
            [
                {
                    "uid": new_uid(),
                    "event_id": event.id,
                    "person_id": one,
                    "participation_type_id": kind,
                    "state": "confirmed",
                    "registered_at": NOW,
                    "badge_code": new_uid()[:10],
                }
                for one in ids
            ],
        ).all()
        writing.execute(
            insert(SessionSignup),
            [
                {"session_id": session, "registration_id": one, "at": NOW}
                for one in registrations
                for session in choose.sample(made, 6)
            ],
        )
        writing.execute(
            insert(SessionPerson),
            [{"session_id": session, "person_id": one, "position": 0} for session, one in zip(made, ids, strict=False)],
        )


def test_a_release_asks_as_much_for_1200_people_and_60_sessions_as_for_a_few(app: Flask):
    spent, asked = {}, {}
    ola = make.person().id
    for people, sessions in ((12, 12), (1200, 60)):
        event = make.event()
        crowd(event, people, sessions)
        draft = draft_of(event.id)
        moved = list(draft.contents)[:: sessions // 6]
        spots = {
            uid: Spot(draft.contents[uid].room_id, make.DOORS + timedelta(days=1, hours=n))
            for n, uid in enumerate(moved)
        }
        arrange(event.id, spots, seen=draft.latest, by=ola, now=NOW)
        begun = monotonic()
        with counting() as statements:
            made = let_out(event, ola)
        spent[people], asked[people] = monotonic() - begun, len(statements)
        assert len(kinds(made)) == 6
    assert asked[1200] == asked[12]
    assert asked[1200] < 80
    assert spent[1200] < 2
