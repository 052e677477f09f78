"""A call from registering to the stand: applications follow their registrations by whichever door, and so do places."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.registration import bulk, importing, seats, service
from lsos.registration.import_reading import read
from lsos.registration.import_words import heads_of
from lsos.registration.import_writing import write_next
from lsos.registration.list_models import StepState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.retyping import change_type
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from lsos.zone import applying, deciding, places
from lsos.zone.applying import Content, Needs
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneCall
from lsos.zone.places import Wish
from lsos.zone.queries import unfilled
from lsos.zone.rules import (
    ApplicationState,
    CallRefusal,
    Decision,
    DecisionRefusal,
    EditRefusal,
    Gap,
    NeedsRefusal,
    PlaceRefusal,
)
from tests import make
from tests.invitations.test_transfers import offered, taking
from tests.zone import given

S = ApplicationState
NOW = given.NOW


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def kind(event: Event) -> ParticipationType:
    return given.kind(event, seats=2)


@pytest.fixture
def call(event: Event, kind: ParticipationType) -> ZoneCall:
    return given.call(event, kind)


def decide(event: Event, call: ZoneCall, decision: Decision, *whom: ZoneApplication) -> str:
    action = deciding.decide(
        event.id,
        call.uid,
        [one.uid for one in whom],
        decision,
        reason=Bilingual("Bo tak", "Because"),
        feedback=Bilingual("Brawo", "Well done"),
        by=make.person().id,
        now=NOW,
    )
    bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    return action.uid


def cancel(event: Event, mine: Registration) -> None:
    service.move(event.id, mine.uid, RegistrationState.CANCELLED, by=mine.person_id, release=nothing_else, now=NOW)


def letters() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail.letter).order_by(OutgoingMail.id)))


def held(kind: type[Stand] | type[PitchSlot]) -> Sequence[int | None]:
    db.session.rollback()
    return db.session.scalars(select(kind.application_id).order_by(kind.id)).all()


def test_each_is_told_of_a_stand_and_pitch_once_and_again_when_they_change(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    by = make.person().id
    first, second = (given.application(event, kind) for _ in range(2))
    decide(event, call, Decision.ACCEPT, first, second)
    places.add_stands(event.id, call.uid, ["A1", "A2"], Bilingual(), Bilingual(), by=by)

    def tell(*whom: str) -> int:
        return places.tell(event.id, call.uid, whom, by=by, now=NOW)

    with pytest.raises(Refused, match="have been told already"):
        tell(first.uid, second.uid)
    places.assign_free(event.id, call.uid, [first.id], by=by)
    with pytest.raises(Refused, match="Nobody was chosen"):
        tell()
    assert tell(first.uid) == 1
    assert tell(first.uid, second.uid) == 1
    stands = {one.code: one.uid for one in db.session.scalars(select(Stand))}
    for code in ("", "A1"):
        places.assign(event.id, call.uid, {first.uid: Wish(stands.get(code, ""))}, by=by)
        assert tell(first.uid, second.uid) == 1
    written = db.session.scalars(
        select(OutgoingMail.text).where(OutgoingMail.letter == "zone_places").order_by(OutgoingMail.id)
    ).all()
    assert [("Stand: A1" in text, "Stand: A2" in text) for text in written] == [
        (True, False),
        (False, True),
        (False, False),
        (True, False),
    ]


def test_whoever_registers_has_a_draft_and_one_letter_that_leads_to_it(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    mine = given.register(event, kind)
    assert given.of(mine).state is S.DRAFT
    assert letters() == ["zone_apply"]


def test_who_registered_before_the_call_can_apply_once_there_is_one(event: Event, kind: ParticipationType):
    mine = given.register(event, kind)
    given.call(event, kind)
    assert given.of(mine).state is S.DRAFT
    assert letters() == ["registration_pending"]


def test_a_draft_keeps_what_is_missing_and_is_sent_once_it_is_whole(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    mine = given.register(event, kind)
    half = Content(one_liner=Bilingual("Krótko", ""), trl=4)
    assert applying.save(mine.id, half, sends=True, by=mine.person_id, now=NOW) == [Gap.PITCH, Gap.STAGE]
    kept = given.of(mine)
    assert (kept.state, kept.one_liner.pl) == (S.DRAFT, "Krótko")

    assert applying.save(mine.id, given.CONTENT, sends=True, by=mine.person_id, now=NOW) == []
    sent = given.of(mine)
    assert sent.state is S.SENT
    assert sent.registration.profile is not None
    assert [stage.code for stage in sent.registration.profile.stages] == ["seed"]
    assert sent.registration.profile.trl == 6

    assert applying.save(mine.id, half, sends=False, by=mine.person_id, now=NOW) == [Gap.PITCH, Gap.STAGE]
    assert given.of(mine).pitch == given.CONTENT.pitch
    assert letters() == ["zone_apply", "zone_sent"]


def test_nobody_sends_after_the_call_is_closed(event: Event, kind: ParticipationType, call: ZoneCall):
    mine = given.register(event, kind)
    with pytest.raises(Refused) as refused:
        applying.save(mine.id, given.CONTENT, sends=True, by=mine.person_id, now=given.CLOSES)
    assert refused.value.message == EditRefusal.CLOSED


def test_decisions_move_application_and_registration_and_who_is_next_moves_up(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    first, second, third = (given.application(event, kind) for _ in range(3))
    draft = given.application(event, kind, is_sent=False)
    seen = deciding.outlook(call, [one.uid for one in (third, first, second, draft)], Decision.ACCEPT)
    assert [one.id for one in seen.able] == [third.id, first.id, second.id]
    assert [(one.id, why) for one, why in seen.refused] == [(draft.id, DecisionRefusal.NOT_SENT)]
    assert (seen.seats, seen.will_wait) == (2, 1)

    decide(event, call, Decision.ACCEPT, third, first, second, draft)
    assert [given.state(one) for one in (third, first, second, draft)] == [S.ACCEPTED, S.ACCEPTED, S.WAITING, S.DRAFT]
    assert given.of(third.registration).feedback.en == "Well done"
    assert given.of(third.registration).decided_by_id is not None

    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=make.person().id)
    places.add_slots(event.id, call.uid, make.DOORS, number=1, pause_minutes=0, room_code="", by=make.person().id)
    assert places.assign_free(event.id, call.uid, [first.id, third.id], by=make.person().id) == (1, 1)
    assert held(Stand) == held(PitchSlot) == [first.id]

    cancel(event, first.registration)
    assert held(Stand) == held(PitchSlot) == [None]
    assert [given.state(one) for one in (first, second)] == [S.WITHDRAWN, S.ACCEPTED]


def test_an_acceptance_taken_back_leaves_the_application_sent_and_its_stand_free(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    one = given.application(event, kind)
    action = decide(event, call, Decision.ACCEPT, one)
    by = make.person().id
    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=by)
    places.assign_free(event.id, call.uid, [], by=by)
    assert bulk.undo(event.id, action, by=by, now=NOW + timedelta(minutes=1)) == {StepState.UNDONE: 1}
    assert given.state(one) is S.SENT
    assert given.of(one.registration).decided_at is None
    assert held(Stand) == [None]
    assert letters() == ["zone_apply", "zone_sent"]


def test_who_was_accepted_is_not_declined_and_who_withdrew_begins_anew(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    one, other = given.application(event, kind), given.application(event, kind)
    decide(event, call, Decision.ACCEPT, one)
    with pytest.raises(Refused) as refused:
        decide(event, call, Decision.DECLINE, one)
    assert refused.value.message == DecisionRefusal.NOBODY

    mine = other.registration
    cancel(event, mine)
    assert given.state(other) is S.WITHDRAWN
    service.move(event.id, mine.uid, RegistrationState.PENDING, by=None, release=nothing_else, now=NOW)
    again = given.of(mine)
    assert (again.state, again.sent_at, again.pitch) == (S.DRAFT, None, given.CONTENT.pitch)


def test_whoever_changes_to_another_way_withdraws(event: Event, kind: ParticipationType, call: ZoneCall):
    one = given.application(event, kind)
    plain = make.participation_type(event)
    with transaction() as session:
        seats.lock(session, event.id)
        whose = session.get_one(Registration, one.registration_id)
        to = session.get_one(ParticipationType, plain.id)
        change_type(session, whose, to, by=None, now=NOW)
    assert given.state(one) is S.WITHDRAWN


def test_a_seat_handed_on_to_a_colleague_takes_application_and_stand_along(
    event: Event, kind: ParticipationType, call: ZoneCall
):
    one = given.application(event, kind)
    giver = one.registration
    decide(event, call, Decision.ACCEPT, one)
    by = make.person().id
    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=by)
    places.assign_free(event.id, call.uid, [], by=by)
    taker = taking(kind, offered(giver))().registration
    assert taker is not None
    theirs = given.of(taker)
    assert (theirs.id, theirs.state, held(Stand)) == (one.id, S.ACCEPTED, [one.id])
    assert theirs.registration.profile is not None
    assert theirs.registration.profile.trl == 6


def test_only_who_is_accepted_says_what_the_stand_needs(event: Event, kind: ParticipationType, call: ZoneCall):
    one = given.application(event, kind)
    mine = one.registration
    with pytest.raises(Refused) as refused:
        applying.fill_needs(mine.id, Needs(), by=mine.person_id, now=NOW)
    assert refused.value.message == NeedsRefusal.NOT_ACCEPTED
    decide(event, call, Decision.ACCEPT, one)
    assert unfilled(event.id).number == 1
    applying.fill_needs(mine.id, Needs(needs_power=True), by=mine.person_id, now=NOW)
    assert unfilled(event.id).number == 0


def test_places_change_hands_and_none_is_given_twice(event: Event, kind: ParticipationType, call: ZoneCall):
    one, other = given.application(event, kind), given.application(event, kind)
    decide(event, call, Decision.ACCEPT, one, other)
    by = make.person().id
    places.add_stands(event.id, call.uid, ["A1", "A2"], Bilingual(), Bilingual(), by=by)
    first, second = db.session.scalars(select(Stand.uid).order_by(Stand.id))
    places.assign(event.id, call.uid, {one.uid: Wish(first), other.uid: Wish(second)}, by=by)
    places.assign(event.id, call.uid, {one.uid: Wish(second), other.uid: Wish(first)}, by=by)
    assert held(Stand) == [other.id, one.id]
    with pytest.raises(Refused) as refused:
        places.assign(event.id, call.uid, {one.uid: Wish(first), other.uid: Wish(first)}, by=by)
    assert refused.value.message == PlaceRefusal.STAND_TWICE
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(Stand).values(application_id=one.id))


def test_pitches_of_a_call_are_never_two_at_once(event: Event, call: ZoneCall):
    by = make.person().id
    assert places.add_slots(event.id, call.uid, make.DOORS, number=3, pause_minutes=1, room_code="", by=by) == 3
    with pytest.raises(Refused) as refused:
        places.add_slots(
            event.id, call.uid, make.DOORS + timedelta(minutes=4), number=1, pause_minutes=0, room_code="", by=by
        )
    assert refused.value.message == PlaceRefusal.OVERLAP


def test_a_way_to_take_part_belongs_to_one_call_and_is_approved(event: Event, kind: ParticipationType, call: ZoneCall):
    open_to_all = make.participation_type(event)
    with pytest.raises(Refused) as refused:
        given.call(event, open_to_all)
    assert refused.value.message == CallRefusal.TYPE_UNAPPROVED
    given.application(event, kind)
    with pytest.raises(Refused) as refused:
        given.call(event, given.kind(event))
    assert refused.value.message == CallRefusal.HAS_APPLICATIONS


def test_a_file_whose_people_are_not_written_to_begins_applications_in_silence(event: Event, call: ZoneCall):
    assert call.opens_at <= NOW < call.closes_at
    (of_call,) = db.session.scalars(select(ParticipationType.code)).all()
    content = f"email,given_name,type\nola@example.org,Ola,{of_call}\n"
    for letters in (False, True):
        lines = read("x.csv", content.replace("ola", f"ola{letters}").encode(), heads_of(event)).lines
        kept = importing.keep(event.id, "x.csv", lines, by=None, now=NOW)
        importing.set_source(event.id, kept.uid, "by hand", writes_letters=letters)
        assert write_next(event.id, kept.uid, release=nothing_else, now=NOW).outcomes == {"new": 1}
        written = db.session.scalars(select(OutgoingMail.to_address)).all()
        assert written == (["olatrue@example.org"] if letters else [])
    assert len(db.session.scalars(select(ZoneApplication)).all()) == 2
