"""Two records of one human being become one, and nothing of either is lost."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import person_by_email
from lsos.accounts.sessions import sessions_of
from lsos.agenda.models import SessionPerson
from lsos.audit import AuditEntry
from lsos.checkin.models import Arrival, Scan
from lsos.checkin.rules import ScanResult
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import RoleGrant
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.merging import people
from lsos.merging.people import Wish, likely_duplicates, merge, person_or_forward, preview
from lsos.organisations.models import Affiliation
from lsos.privacy.models import ErasureRequest
from lsos.privacy.rules import ErasureState
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import RegistrationState as S
from lsos.web.leaving import release_time
from tests import make
from tests.make import BEFORE


def merged(into: Person, gone: Person, by: Person, **wish: Any) -> Person:
    release = release_time(actor_id=by.id, now=BEFORE)
    return merge(into.uid, gone.uid, Wish(**wish), release=release, by=by.id, now=BEFORE)


@pytest.fixture
def organiser(app: Flask) -> Person:
    return make.staff(Role.OWNER)


def fresh(row: Any) -> Any:
    return db.session.get_one(type(row), row.id, populate_existing=True)


def test_what_hung_on_the_one_hangs_on_the_other(organiser: Person):
    into, gone = make.person("Jan", "Kos", email="jan@uj.pl"), make.person("Jan", "Kos", email="jan@wp.pl")
    event = make.event()
    talk = make.session(event)
    make.add(SessionPerson(session_id=talk.id, person_id=gone.id))
    make.role(gone, Role.DOOR, event)
    make.role(into, Role.DOOR, event)
    make.role(gone, Role.READER)
    firm = make.organisation()
    make.add(Affiliation(person_id=into.id, organisation_id=firm.id))
    make.add(Affiliation(person_id=gone.id, organisation_id=firm.id))
    make.add(Affiliation(person_id=gone.id, organisation_id=make.organisation().id, is_current=False))
    mine = make.registration(event, gone)
    make.session_key(gone)

    merged(into, gone, organiser, from_gone=frozenset({"email"}))

    assert fresh(mine).person_id == into.id
    assert [one.person_id for one in db.session.scalars(select(SessionPerson))] == [into.id]
    roles = {(one.role, one.event_id) for one in db.session.scalars(select(RoleGrant).filter_by(person_id=into.id))}
    assert roles == {(Role.DOOR, event.id), (Role.READER, None)}
    assert len(db.session.scalars(select(Affiliation).filter_by(person_id=into.id)).all()) == 2
    found = person_by_email("jan@wp.pl")
    assert found is not None
    assert (found.id, found.email) == (into.id, "jan@wp.pl")
    assert sessions_of(gone.id, now=BEFORE) == []
    assert "jan@wp.pl" in found.search_key
    assert db.session.scalars(select(EmailAddress).filter_by(person_id=gone.id)).all() == []


def test_the_public_id_of_the_record_that_went_leads_on_and_the_record_says_why(organiser: Person):
    into, gone = make.person(), make.person("Other", "Name")
    merged(into, gone, organiser, from_gone=frozenset({"given_name"}))
    found, is_forwarded = person_or_forward(gone.uid)
    assert found is not None
    assert (found.id, found.given_name, is_forwarded) == (into.id, "Other", True)
    entry = db.session.scalars(select(AuditEntry).filter_by(action="person.merged")).one()
    assert (entry.actor_id, entry.object_uid) == (organiser.id, into.uid)
    assert entry.details["gone"] == gone.uid
    assert entry.details["taken_from_gone"] == ["given_name"]
    with pytest.raises(Refused, match="merged meanwhile"):
        preview(into.uid, gone.uid)
    with pytest.raises(Refused, match="one record already"):
        preview(into.uid, into.uid)


@pytest.mark.parametrize("whose", ["into", "gone", "both"])
def test_who_is_to_be_erased_is_not_merged_since_the_other_record_would_go_too(organiser: Person, whose: str):
    into, gone = make.person("Jan", "Kos"), make.person("Jan", "Kos", email="jan@wp.pl")
    asking = {"into": [into], "gone": [gone], "both": [into, gone]}[whose]
    wishes = [
        ErasureRequest(person_id=one.id, state=ErasureState.CONFIRMED, asked_at=BEFORE, due_at=BEFORE) for one in asking
    ]
    for wish in wishes:
        make.add(wish)
    for attempt in (lambda: preview(into.uid, gone.uid), lambda: merged(into, gone, organiser)):
        with pytest.raises(Refused, match="is to be erased"):
            attempt()
    assert fresh(gone).search_key
    for wish in wishes:
        wish.state = ErasureState.TAKEN_BACK
    db.session.commit()
    merged(into, gone, organiser)
    assert {one.person_id for one in db.session.scalars(select(ErasureRequest))} == {into.id}


def test_of_somebody_who_was_erased_nothing_is_merged(organiser: Person):
    into, gone = make.person(), make.person()
    gone.erased_at = BEFORE
    db.session.commit()
    with pytest.raises(Refused, match="was erased"):
        preview(into.uid, gone.uid)


def test_of_two_registrations_for_one_event_one_stays_and_its_seat_goes_on(organiser: Person):
    event = make.event()
    kind = make.participation_type(event, seats=2)
    into, gone = make.person(), make.person()
    mine = make.registration(event, into, participation_type=kind)
    other = make.registration(event, gone, participation_type=kind)
    with transaction() as session:
        session.get_one(Capacity, kind.capacities[0].id).taken = 2
    make.signup(mine, make.session(event))

    seen = preview(into.uid, gone.uid)
    (clash,) = seen.clashes
    assert clash.proposed == mine.uid
    assert clash.places == {mine.id: 1}
    letters = db.session.query(OutgoingMail).count()

    with pytest.raises(Refused, match="changed meanwhile"):
        merged(into, gone, organiser)
    merged(into, gone, organiser, staying={event.slug: other.uid})

    assert (fresh(other).person_id, fresh(other).state) == (into.id, S.CONFIRMED)
    assert (fresh(mine).person_id, fresh(mine).state) == (gone.id, S.CANCELLED)
    assert fresh(kind.capacities[0]).taken == 1
    assert db.session.query(OutgoingMail).count() == letters
    assert db.session.query(Person).count() == 3


def test_somebody_scanned_under_both_has_come_once_a_day(organiser: Person):
    event = make.event()
    door = make.point(event)
    into, gone = make.person(), make.person()
    mine, other = make.registration(event, into), make.registration(event, gone)
    for registration, days in ((mine, event.days[:1]), (other, event.days)):
        for day in days:
            scan = make.add(
                Scan(event_id=event.id, point_id=door.id, code=registration.badge_code, registration_id=registration.id,
                     result=ScanResult.ADMITTED, scanned_at=BEFORE, received_at=BEFORE)
            )  # fmt: skip
            make.add(Arrival(event_id=event.id, registration_id=registration.id, day=day, at=BEFORE, scan_id=scan.id))
    (clash,) = preview(into.uid, gone.uid).clashes
    assert clash.proposed == other.uid
    merged(into, gone, organiser, staying={event.slug: mine.uid})
    arrivals = db.session.scalars(select(Arrival).order_by(Arrival.day)).all()
    assert [(one.registration_id, one.day) for one in arrivals] == [(mine.id, day) for day in event.days]
    assert db.session.query(Scan).filter_by(registration_id=other.id).count() == 2


def test_likely_duplicates_leave_merged_records_out(organiser: Person):
    one, other = make.person("Zofia", "Mak", email="zofia.mak@uj.pl"), make.person("Zofia", "MĄK", email="zmak@wp.pl")
    (pair,) = likely_duplicates()
    assert {pair.one.id, pair.other.id} == {one.id, other.id}
    merged(one, other, organiser)
    assert likely_duplicates() == []
    assert [person.id for person in people.find_people("zofia mak")[0]] == [one.id]


def test_a_registration_that_was_cancelled_before_is_left_as_it_is(organiser: Person):
    event = make.event()
    into, gone = make.person(), make.person()
    old = make.registration(event, into, state=S.CANCELLED)
    now = make.registration(event, gone)
    (clash,) = preview(into.uid, gone.uid).clashes
    assert clash.proposed == now.uid
    merged(into, gone, organiser, staying={event.slug: now.uid})
    assert [one.uid for one in db.session.scalars(select(Registration).filter_by(person_id=into.id))] == [now.uid]
    assert fresh(old).person_id == gone.id
    assert fresh(old).changes == []
