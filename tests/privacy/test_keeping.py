"""What its time is over for goes, with a line of proof; the figures stay as they were."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.editions.demo import fill
from lsos.editions.importing import import_edition
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.paths import folder
from lsos.privacy import keeping, proof
from lsos.privacy.models import Deletion
from lsos.privacy.rules import QUESTION_PREFIX, DataClass
from lsos.questionnaires.models import Answer
from lsos.registration.list_models import InternalNote
from lsos.registration.models import Profile, Registration
from lsos.registration.rules import Purpose
from lsos.reporting import kpis, participation
from lsos.reporting.catalogue import load
from tests import make
from tests.asking import ask

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AFTER = NOW + timedelta(days=6 * 365)


def _figures(event: Event) -> tuple[object, ...]:
    """Compute all that reports say: of the event, and of its year."""
    db.session.expire_all()
    report = replace(participation.report(event, now=LONG_AFTER), made_at=LONG_AFTER)
    year = kpis.compute(event.starts_on.year, today=LONG_AFTER.date())
    return report, [(one.indicator.code, one.figure) for one in year]


def test_figures_are_the_same_after_everything_that_is_due_was_deleted(app: Flask, tmp_path: Path):
    load()
    first = date(2026, 4, 20)
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=first, now=NOW)
    fill(event, people=16, seed=5, now=NOW)
    before = _figures(event)

    lines = keeping.run_all(data_dir=tmp_path, now=LONG_AFTER)

    assert {line.what for line in lines} >= {DataClass.NEEDS, DataClass.PROFILES, DataClass.REGISTRATIONS}
    assert _figures(event) == before
    named = select(Person.given_name).join(Registration).where(Registration.erased_at.is_not(None)).distinct()
    assert set(db.session.scalars(named)) == {"…"}
    kept = db.session.scalars(select(Registration).where(Registration.erased_at.is_(None))).all()
    assert kept
    agree = {one.person_id for one in kept if Purpose.NEWSLETTER in one.purposes}
    assert {one.person_id for one in kept} == agree, "of the others nothing of that year is left"
    assert keeping.run_all(data_dir=tmp_path, now=LONG_AFTER) == []
    assert proof.broken() is None


def _over(*, days_ago: int) -> Event:
    return make.event(days=1, starts_on=NOW.date() - timedelta(days=days_ago))


def _note_about(whose: Registration) -> InternalNote:
    return make.add(InternalNote(registration_id=whose.id, at=NOW, text="Asked for a table by the window."))


def _what_goes(event: Event) -> dict[str, int]:
    return {one.what: one.goes_today for one in keeping.kept(event, now=NOW) if one.goes_today}


def test_an_event_keeps_what_it_chose_for_as_long_as_it_chose_and_the_rest_as_proposed(app: Flask, tmp_path: Path):
    event = _over(days_ago=20)
    whose = make.registration(event, dietary_needs="no nuts")
    _note_about(whose)
    assert _what_goes(event) == {DataClass.NEEDS: 1}
    owner = make.staff(Role.OWNER, event)
    keeping.set_rules(event.id, {DataClass.NEEDS: None, DataClass.NOTES: 19}, by=owner.id)
    assert _what_goes(event) == {DataClass.NOTES: 1}

    with pytest.raises(Refused, match="1 by now"):
        keeping.run(event, expected=2, data_dir=tmp_path, by=owner.id, now=NOW)
    lines = keeping.run(event, expected=1, data_dir=tmp_path, by=owner.id, now=NOW)

    assert [(line.what, line.number, line.days, line.by_id) for line in lines] == [(DataClass.NOTES, 1, 19, owner.id)]
    assert db.session.scalar(select(func.count(InternalNote.id))) == 0
    assert db.session.get_one(Registration, whose.id).dietary_needs == "no nuts"


def test_letters_of_no_event_say_nothing_after_a_month(app: Flask, tmp_path: Path):
    with transaction() as session:
        for days in (29, 31):
            made = NOW - timedelta(days=days)
            values = {"to_address": "ola@example.org", "language": "pl", "subject": "A", "text": "B", "html": "C"}
            session.add(OutgoingMail(key=f"k{days}", created_at=made, next_try_at=made, state=MailState.SENT, **values))
    keeping.run_all(data_dir=tmp_path, now=NOW)
    letters = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.created_at)).all()
    assert [(one.to_address, one.text) for one in letters] == [("", ""), ("ola@example.org", "B")]
    assert [(line.number, line.days) for line in proof.lines("")] == [(1, 30)]


def test_each_question_may_have_a_time_of_its_own(app: Flask, tmp_path: Path):
    event = _over(days_ago=100)
    asked = {code: ask(event, code) for code in ("shirt", "allergy")}
    whose = make.registration(event)
    for question in asked.values():
        version = question.current.id
        values = {"registration_id": whose.id, "question_id": question.id, "version_id": version}
        make.add(Answer(given=["yes"], at=NOW, **values))
    own = QUESTION_PREFIX + asked["allergy"].uid
    keeping.set_rules(event.id, {own: 7}, by=whose.person_id)

    keeping.run(event, data_dir=tmp_path, by=None, now=NOW)

    assert db.session.scalars(select(Answer.question_id)).all() == [asked["shirt"].id]
    assert [line.what for line in proof.lines(event.slug)] == [own]


def test_profiles_of_people_who_want_to_hear_from_us_stay_until_they_take_that_back(app: Flask, tmp_path: Path):
    event = _over(days_ago=200)
    wants = make.registration(event, purposes=(Purpose.CATALOGUE, Purpose.NEWSLETTER))
    wants_not = make.registration(event)
    with transaction() as session:
        session.execute(update(Profile).values(trl=4))
    keeping.run(event, data_dir=tmp_path, by=None, now=NOW)
    by_owner = dict(db.session.execute(select(Profile.registration_id, Profile.trl)).all())
    assert by_owner == {wants.id: 4, wants_not.id: None}


def test_a_registration_waits_for_the_others_of_its_owner_and_year_so_that_a_year_counts_them_once(
    app: Flask, tmp_path: Path
):
    who = make.person("Bogumiła", "Wąż")
    spring = make.event(days=1, starts_on=date(2020, 3, 3))
    autumn = make.event(days=1, starts_on=date(2020, 11, 3))
    first, second = (make.registration(one, who) for one in (spring, autumn))
    now = datetime(2023, 5, 1, 12, tzinfo=UTC)
    assert keeping.run(spring, data_dir=tmp_path, by=None, now=now) == []
    told = next(one for one in keeping.kept(spring, now=now) if one.what == DataClass.REGISTRATIONS)
    assert (told.is_due, told.number, told.waiting) == (True, 0, 1)
    later = datetime(2024, 1, 5, 12, tzinfo=UTC)
    keeping.run_all(data_dir=tmp_path, now=later)
    db.session.expire_all()
    owners = {db.session.get_one(Registration, one.id).person_id for one in (first, second)}
    assert owners == {who.id}, "nothing else needed the account, so that it became the shell"
    assert db.session.get_one(Person, who.id).name == "…"


@pytest.mark.parametrize("change", [update(Deletion).values(number=1), delete(Deletion)])
def test_the_database_refuses_to_change_the_proof(app: Flask, change):
    with transaction() as session:
        proof.note(session, DataClass.NOTES, 7, now=NOW)
    with pytest.raises(DatabaseError, match="only ever added"), transaction() as session:
        session.execute(change)


@pytest.mark.any_database
def test_a_line_of_the_proof_that_was_changed_or_taken_out_is_seen(app: Flask):
    with transaction() as session:
        written = [proof.note(session, DataClass.NOTES, number, now=NOW) for number in (3, 4, 5)]
    assert proof.first_broken(written) is None
    assert proof.first_broken([written[0], written[2]]) is written[2]
    db.session.expunge_all()
    written[1].number = 40
    assert proof.first_broken(written) is written[1]
