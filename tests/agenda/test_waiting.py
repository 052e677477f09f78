"""The line before a full session: who gets a free seat, who is asked, and what a crowd cannot break."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lsos.agenda import waiting
from lsos.agenda.models import Session, SessionSignup, SessionWaiting
from lsos.agenda.places import Meetings
from lsos.agenda.queries import signups_of
from lsos.agenda.rules import Interval, SignupRefusal, Turn, Visibility, WaitRefusal, turn_of, wait_refusal
from lsos.agenda.service import leave, no_meetings, sign_up
from lsos.agenda.waiting_queries import Wait, waits_of
from lsos.chores import count_troubles
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import MailAttachment, OutgoingMail
from lsos.registration import service as registrations
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web.leaving import release_time
from tests import make
from tests.racing import race

HOUR = timedelta(hours=1)
NOW = make.BEFORE
R = SignupRefusal


@pytest.mark.parametrize(
    ("refusal", "wait", "turn"),
    [
        (R.FULL, None, Turn.WAITS),
        (None, WaitRefusal.SEATS_LEFT, Turn.TAKES),
        (R.CLASH, R.CLASH, Turn.PASSES),
        (R.MEETING, R.MEETING, Turn.PASSES),
        (R.NOT_OPEN, R.NOT_OPEN, Turn.WAITS),
        (R.OVER, R.OVER, Turn.GOES),
        (R.NO_SIGNUP, R.NO_SIGNUP, Turn.GOES),
        (R.NOT_CONFIRMED, R.NOT_CONFIRMED, Turn.GOES),
        (R.WRONG_DAY, R.WRONG_DAY, Turn.GOES),
        (R.NOT_FOR_YOU, R.NOT_FOR_YOU, Turn.GOES),
    ],
)
def test_what_keeps_somebody_out_says_whether_they_wait(refusal: SignupRefusal | None, wait: object, turn: Turn):
    assert wait_refusal(refusal) is wait
    assert turn_of(refusal) is turn


def full(event: Event, *, seats: int = 1, **more: object) -> tuple[Session, list[Registration]]:
    """Make a session whose seats are all taken."""
    talk = make.session(event, seats=seats, **more)  # type: ignore[arg-type]
    inside = [make.registration(event) for _ in range(seats)]
    for one in inside:
        make.signup(one, talk)
    return talk, inside


def inside(what: Session) -> list[int]:
    """Give who has a place in a session, once its counter was compared."""
    db.session.rollback()
    db.session.expire_all()
    found = db.session.scalars(select(SessionSignup).where(SessionSignup.session_id == what.id)).all()
    counted = db.session.execute(select(Session.signed_up, Session.seats).where(Session.id == what.id)).one()
    assert counted.signed_up == len(found)
    assert counted.seats is None or counted.signed_up <= counted.seats
    return [place.registration_id for place in found]


def line(what: Session) -> list[int]:
    db.session.rollback()
    rows = select(SessionWaiting.registration_id).where(SessionWaiting.session_id == what.id)
    return list(db.session.scalars(rows.order_by(SessionWaiting.id)))


def letters() -> Sequence[tuple[str, str]]:
    rows = select(OutgoingMail.letter, OutgoingMail.to_name).order_by(OutgoingMail.id)
    return [(letter, name) for letter, name in db.session.execute(rows)]


def hand_on(*, meetings: Meetings = no_meetings, with_asked: bool = False) -> int:
    return waiting.hand_on(meetings=meetings, with_asked=with_asked, now=NOW)


def test_who_finds_a_session_full_waits_and_knows_their_rank(app: Flask):
    event = make.event()
    talk, _ = full(event)
    first, second = make.registration(event), make.registration(event)
    for one in (first, second, first):
        waiting.wait(one.id, talk.id, now=NOW)
    assert line(talk) == [first.id, second.id]
    assert waits_of(second.id, now=NOW) == [Wait(talk, rank=2, is_asked=False)]
    waiting.stop_waiting(first.id, talk.id)
    assert waits_of(second.id, now=NOW) == [Wait(talk, rank=1, is_asked=False)]


@pytest.mark.any_database
def test_nobody_waits_where_a_seat_is_free(app: Flask):
    event = make.event()
    talk, late = make.session(event, seats=1), make.registration(event)
    with pytest.raises(Refused) as refused:
        waiting.wait(late.id, talk.id, now=NOW)
    assert refused.value.reason == "seats_left"


@pytest.mark.any_database
def test_who_may_not_know_of_a_session_neither_comes_into_its_line_nor_gets_its_seat(app: Flask):
    event = make.event()
    talk, (inside,) = full(event)
    early, late = make.registration(event), make.registration(event)
    make.waiting(early, talk)
    make.seen_by(talk, Visibility.CHOSEN, make.participation_type(event))
    with pytest.raises(Refused) as refused:
        waiting.wait(late.id, talk.id, now=NOW)
    assert refused.value.reason == "not_for_you"
    leave(inside.id, talk.id, now=NOW)
    waiting.hand_on(meetings=no_meetings, now=NOW)
    assert (signups_of(early.id), waits_of(early.id, now=NOW)) == ([], [])


def test_a_free_seat_goes_to_the_first_in_line_with_a_letter_and_to_nobody_before_them(app: Flask):
    event = make.event()
    talk, (had,) = full(event, title=Bilingual("Sen", "Sleep"))
    first, second, new = (make.registration(event, make.person(name)) for name in ("Ala", "Ela", "Ola"))
    make.waiting(first, talk), make.waiting(second, talk)
    leave(had.id, talk.id, now=NOW)
    with pytest.raises(Refused) as refused:
        sign_up(new.id, talk.id, meetings=no_meetings, now=NOW)
    assert refused.value.reason == "full"

    assert hand_on() == 1
    assert hand_on() == 0
    assert (inside(talk), line(talk)) == ([first.id], [second.id])
    assert letters() == [("session_place", first.person.name)]
    mail = db.session.scalars(select(OutgoingMail)).one()
    assert f"/programme/{talk.code}" in mail.text
    entry = db.session.scalars(select(MailAttachment.content)).one()
    assert f"{talk.uid}@session.lsos".encode() in entry


def test_who_has_something_else_then_is_asked_once_and_the_seat_goes_to_the_next(app: Flask):
    event = make.event()
    talk, (had,) = full(event)
    other = make.session(event, starts_at=make.DOORS + HOUR / 2, title=Bilingual("Inne", "Elsewhere"))
    busy, meets, free = (make.registration(event, make.person(name)) for name in ("Ala", "Ela", "Ola"))
    make.signup(busy, other)
    for one in (busy, meets, free):
        make.waiting(one, talk)
    leave(had.id, talk.id, now=NOW)
    meeting = Interval(make.DOORS, make.DOORS + HOUR / 3)
    hand_on(meetings=lambda one: [meeting] if one == meets.id else [])

    assert (inside(talk), line(talk)) == ([free.id], [busy.id, meets.id])
    assert letters() == [
        ("session_choice", busy.person.name),
        ("session_choice", meets.person.name),
        ("session_place", free.person.name),
    ]
    #: The session was full again since: it is their turn with the next seat, too, but they are written to once a day.
    assert not waits_of(busy.id, now=NOW)[0].is_asked
    leave(free.id, talk.id, now=NOW)
    hand_on(meetings=lambda one: [meeting] if one == meets.id else [])
    assert waits_of(busy.id, now=NOW)[0].is_asked
    assert len(letters()) == 3


def test_who_was_asked_holds_up_nobody_and_takes_the_seat_by_leaving_the_other(app: Flask):
    event = make.event()
    talk, (had,) = full(event)
    other, asked = make.session(event), make.registration(event)
    make.signup(asked, other)
    make.waiting(asked, talk)
    leave(had.id, talk.id, now=NOW)
    hand_on()
    assert waits_of(asked.id, now=NOW) == [Wait(talk, rank=1, is_asked=True)]
    assert (hand_on(), hand_on(with_asked=True)) == (0, 0)

    sign_up(asked.id, talk.id, instead_of=[other.id], meetings=no_meetings, now=NOW)
    assert (inside(talk), line(talk), inside(other)) == ([asked.id], [], [])


@pytest.mark.any_database
def test_who_was_asked_and_gave_the_other_thing_up_gets_the_seat_by_itself(app: Flask):
    event = make.event()
    talk, (had,) = full(event)
    other, asked = make.session(event), make.registration(event)
    make.signup(asked, other)
    make.waiting(asked, talk)
    leave(had.id, talk.id, now=NOW)
    hand_on()
    leave(asked.id, other.id, now=NOW)
    assert hand_on(with_asked=True) == 1
    assert inside(talk) == [asked.id]


@pytest.mark.any_database
def test_a_cancelled_registration_frees_its_seats_and_its_places_in_line(app: Flask):
    event = make.event()
    talk, (had,) = full(event)
    other, _ = full(event, starts_at=make.DOORS + 2 * HOUR)
    first = make.registration(event)
    make.waiting(had, other), make.waiting(first, talk)
    cancelled = RegistrationState.CANCELLED
    release = release_time(actor_id=had.person_id, now=NOW)
    registrations.move(event.id, had.uid, cancelled, by=had.person_id, release=release, now=NOW)
    hand_on()
    assert (inside(talk), line(other)) == ([first.id], [])


@pytest.mark.any_database
def test_more_seats_go_to_who_waits_in_order_and_no_further(app: Flask):
    event = make.event()
    talk, _ = full(event)
    guests = [make.registration(event) for _ in range(4)]
    for one in guests:
        make.waiting(one, talk)
    with transaction() as writing:
        writing.execute(update(Session).where(Session.id == talk.id).values(seats=3))
    assert hand_on() == 2
    assert set(inside(talk)) >= {guests[0].id, guests[1].id}
    assert line(talk) == [guests[2].id, guests[3].id]


@pytest.mark.any_database
def test_one_who_cannot_be_served_holds_up_nobody(app: Flask):
    event = make.event()
    talk, (had,) = full(event)
    broken, next_one = make.registration(event), make.registration(event)
    make.waiting(broken, talk), make.waiting(next_one, talk)
    leave(had.id, talk.id, now=NOW)

    def meetings(registration_id: int) -> Sequence[Interval]:
        if registration_id == broken.id:
            raise RuntimeError
        return ()

    assert hand_on(meetings=meetings) == 1
    assert (inside(talk), line(talk)) == ([next_one.id], [broken.id])
    assert count_troubles() == 1
    waiting.stop_waiting(broken.id, talk.id)
    hand_on(with_asked=True)
    assert count_troubles() == 0


def test_of_many_for_the_last_seat_one_gets_it_and_all_others_can_wait(app: Flask):
    event = make.event()
    talk_id = (talk := make.session(event, seats=1)).id
    guests = [make.registration(event).id for _ in range(6)]

    def want(guest: int) -> str:
        try:
            sign_up(guest, talk_id, meetings=no_meetings, now=NOW)
        except Refused:
            waiting.wait(guest, talk_id, now=NOW)
            return "waits"
        return "in"

    ends = race(app, [partial(want, guest) for guest in guests])
    assert sorted(ends) == ["in", *["waits"] * 5]
    assert {*inside(talk), *line(talk)} == set(guests)


def test_many_who_leave_come_and_are_moved_up_at_the_same_time_lose_no_seat_and_take_none_twice(app: Flask):
    event = make.event()
    talk, had = full(event, seats=4)
    other = make.session(event, seats=4, starts_at=make.DOORS + HOUR / 2)
    in_line = [make.registration(event) for _ in range(4)]
    for one in in_line:
        make.waiting(one, talk)
    make.signup(in_line[0], other)
    new = [make.registration(event).id for _ in range(2)]
    talk_id, other_id = talk.id, other.id
    leaving, swapping = [one.id for one in had[:2]], [one.id for one in had[2:]]
    race(
        app,
        [
            *(lambda g=g: leave(g, talk_id, now=NOW) for g in leaving),
            *(lambda g=g: sign_up(g, other_id, instead_of=[talk_id], meetings=no_meetings, now=NOW) for g in swapping),
            *(lambda g=g: sign_up(g, talk_id, meetings=no_meetings, now=NOW) for g in new),
            *[hand_on] * 3,
        ],
    )
    hand_on()
    #: The first in line has something else; the other three have their seats, and one is free for whoever comes.
    now_in = inside(talk)
    assert {one.id for one in in_line[1:]} <= set(now_in)
    assert len(now_in) == 3 + len(set(now_in) & set(new))
    assert line(talk) == [in_line[0].id]
    assert len(inside(other)) == 3
    assert db.session.scalar(select(func.count()).where(OutgoingMail.letter == "session_place")) == 3
    assert [len(signups_of(one)) for one in swapping] == [1, 1]
