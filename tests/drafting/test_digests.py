"""After a release each whom it concerns gets one letter, with what changed of theirs and a calendar file."""

from datetime import timedelta
from functools import partial

import pytest
import vobject
from flask import Flask
from sqlalchemy import func, select

from lsos.agenda.models import Session, SessionStar
from lsos.agenda.rules import Visibility
from lsos.db import db, transaction
from lsos.drafting import digests
from lsos.drafting.content import Cast
from lsos.drafting.models import ReleaseDigest
from lsos.drafting.releasing import release
from lsos.drafting.rules import QUIET
from lsos.drafting.service import withdraw
from lsos.mail import OutgoingMail
from lsos.stepping import Spell
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting
from tests.drafting.releases import make_known
from tests.drafting.test_releasing import NOW, crowd
from tests.racing import race

HOUR = timedelta(hours=1)
#: When letters about what is released now leave.
LATER = NOW + QUIET


def letters() -> list[OutgoingMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def left() -> int:
    db.session.rollback()
    waiting = select(func.count()).select_from(ReleaseDigest).where(ReleaseDigest.written_at.is_(None))
    return db.session.scalar(waiting) or 0


def test_who_signed_up_hears_once_with_a_calendar_file_that_replaces_the_entry(app: Flask):
    event = make.event()
    guest = make.registration(event, make.person("Ala", "Kot", language="en"))
    talk = make.session(event, title=Bilingual("Sen", "Sleep"))
    make.signup(guest, talk)
    make_known(talk, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    assert digests.go_on(now=LATER - timedelta(seconds=1)) == 0
    assert digests.go_on(now=LATER) == 1
    assert digests.go_on(now=LATER) == 0

    [letter] = letters()
    assert (letter.to_name, letter.subject) == ("Ala Kot", "Changed: Sleep")
    assert "Thu 27 Nov, 10:00–11:00 (before: Thu 27 Nov, 09:00–10:00)" in " ".join(letter.text.split())
    #: What stays is said, too, where a session stays: a letter is read away from the programme.
    assert "Room: no room yet" in letter.text
    [file] = letter.attachments
    found = vobject.readOne(file.content.decode()).vevent
    assert (found.summary.value, found.sequence.value) == ("Sleep", "1")
    assert found.dtstart.value == make.DOORS + HOUR


@pytest.mark.any_database
def test_what_is_withdrawn_is_taken_out_of_the_calendar(app: Flask):
    event = make.event()
    guest, talk, by = make.registration(event), make.session(event), make.person().id
    make.signup(guest, talk)
    withdraw(event.id, talk.uid, seen=0, by=by, now=NOW)
    release(event.id, Bilingual("A", "B"), Bilingual(), seen=1, tells=True, by=by, now=NOW)
    digests.go_on(now=LATER)
    [letter] = letters()
    assert [(file.filename, b"METHOD:CANCEL" in file.content) for file in letter.attachments] == [
        ("cancelled.ics", True)
    ]
    assert vobject.readOne(letter.attachments[0].content.decode()).vevent.dtstart.value == make.DOORS


@pytest.mark.any_database
def test_nobody_hears_of_what_is_not_theirs_or_where_nobody_is_to_be_told(app: Flask):
    event = make.event()
    speaker = make.person("Ewa", "Lis")
    talk = make.session(event)
    make.signup(make.registration(event), talk)
    make_known(talk, tells=True, title=Bilingual("Inny", "Other"), people=(Cast(speaker.id),))
    make_known(talk, tells=False, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    digests.go_on(now=LATER)
    assert [letter.to_name for letter in letters()] == ["Ewa Lis"]


@pytest.mark.any_database
def test_who_was_erased_since_gets_no_letter_and_holds_up_nobody(app: Flask):
    event = make.event()
    gone, guest, talk = make.registration(event), make.registration(event), make.session(event)
    for one in (gone, guest):
        make.signup(one, talk)
    make_known(talk, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    with transaction() as writing:
        for address in writing.merge(gone.person).emails:
            writing.delete(address)
    assert digests.go_on(now=LATER) == 2
    assert (len(letters()), left()) == (1, 0)


@pytest.mark.any_database
def test_letters_to_many_are_written_in_steps_that_can_be_left(app: Flask):
    event = make.event()
    crowd(event, 200, 6)
    talk = db.session.scalars(select(Session).order_by(Session.id)).first()
    assert talk is not None
    make_known(talk, tells=True, starts_at=make.DOORS + 30 * HOUR, ends_at=make.DOORS + 31 * HOUR)
    assert left() == 200
    assert digests.go_on(now=LATER, spell=Spell(60, 60)) == 60
    assert left() == 140
    with counting() as statements:
        assert digests.go_on(now=LATER, spell=Spell(50, 60)) == 50
    assert len(statements) < 6 * 50
    digests.go_on(now=LATER)
    assert left() == 0


@pytest.mark.any_database
def test_releases_shortly_after_each_other_make_one_letter_of_what_changed_since_the_last(app: Flask):
    event = make.event()
    guest = make.registration(event, make.person("Ala", "Kot", language="en"))
    talk, other = (make.session(event, title=Bilingual(title, title)) for title in ("Sleep", "Waking"))
    for one in (talk, other):
        make.signup(guest, one)
    for hours in (1, 3):
        make_known(talk, tells=True, starts_at=make.DOORS + hours * HOUR, ends_at=make.DOORS + (hours + 1) * HOUR)
    make_known(other, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    #: Nobody is told of what is as it was.
    make_known(other, tells=True, starts_at=make.DOORS, ends_at=make.DOORS + HOUR)
    assert digests.go_on(now=LATER) == 1
    [letter] = letters()
    assert letter.subject == "Changed: Sleep"
    assert "12:00–13:00 (before: Thu 27 Nov, 09:00–10:00)" in " ".join(letter.text.split())
    assert (digests.go_on(now=LATER + QUIET), left()) == (0, 0)

    make_known(other, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    digests.go_on(now=LATER)
    assert [letter.subject for letter in letters()] == ["Changed: Sleep", "Changed: Waking"]


def test_workers_who_write_at_once_write_to_everybody_once(app: Flask):
    event = make.event()
    crowd(event, 12, 6)
    talk = db.session.scalars(select(Session).order_by(Session.id)).first()
    assert talk is not None
    for hours in (30, 32):
        make_known(talk, tells=True, starts_at=make.DOORS + hours * HOUR, ends_at=make.DOORS + (hours + 1) * HOUR)
    race(app, [partial(digests.go_on, now=LATER) for _ in range(3)])
    digests.go_on(now=LATER)
    assert (len(letters()), len({letter.to_address for letter in letters()}), left()) == (12, 12, 0)


@pytest.mark.any_database
def test_on_the_days_of_the_event_nobody_waits(app: Flask):
    event = make.event(starts_on=NOW.date())
    talk = make.session(event)
    make.signup(make.registration(event), talk)
    make_known(talk, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    assert digests.go_on(now=NOW) == 1


@pytest.mark.any_database
def test_whose_star_is_gone_since_is_not_told(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event)
    star = make.add(SessionStar(session_id=talk.id, registration_id=guest.id, at=NOW))
    make_known(talk, tells=True, starts_at=make.DOORS + HOUR, ends_at=make.DOORS + 2 * HOUR)
    assert left() == 1
    with transaction() as writing:
        writing.delete(writing.merge(star))
    digests.go_on(now=LATER)
    assert (letters(), left()) == ([], 0)


@pytest.mark.any_database
def test_who_waited_for_what_a_release_hides_from_them_is_told_that_they_wait_no_more(app: Flask):
    event = make.event()
    guest = make.registration(event, make.person("Ala", "Kot", language="en"))
    investors = make.participation_type(event)
    meant = make.registration(event, participation_type=investors)
    talk = make.session(event, title=Bilingual("Rozmowy", "Deals"), seats=0)
    for one in (guest, meant):
        make.waiting(one, talk)
        make.add(SessionStar(session_id=talk.id, registration_id=one.id, at=NOW))
    hides = {"visibility": Visibility.CHOSEN, "audience": (investors.id,), "title": Bilingual("Tajne", "Secret")}
    make_known(talk, tells=True, **hides)
    digests.go_on(now=LATER)
    [letter] = letters()
    assert (letter.to_name, letter.subject, letter.attachments) == ("Ala Kot", "Changed: Deals", [])
    assert "You waited for a seat in it." in letter.text
    assert "Secret" not in letter.text
