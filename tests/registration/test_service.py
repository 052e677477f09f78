"""Registering, waiting, approving, cancelling, agreeing: as use cases."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from vobject import readOne

from lsos.accounts import service as accounts
from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Zone
from lsos.events.rules import EventStatus
from lsos.mail import OutgoingMail
from lsos.organisations.models import Affiliation, Organisation, OrganisationAlias
from lsos.registration import changing, consents, queries, service
from lsos.registration.details import Agreement, Details, ProfileDetails, details_of
from lsos.registration.mails import my_day_path
from lsos.registration.models import Capacity, ConsentText, ParticipationType, Registration
from lsos.registration.rules import ConsentKind, Direction, Purpose, RegistrationState
from lsos.registration.steps import nothing_else
from lsos.taxonomy.models import FundingStage, StakeholderType, TicketBand
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual
from tests import make
from tests.make import BEFORE

S = RegistrationState


def details(name: str = "Ola", **more: Any) -> Details:
    values = {"given_name": name, "email": f"{name.lower()}@example.org", "language": "en"} | more
    return Details(**values)


def register(kind: ParticipationType, who: Details | str = "Ola", *, by: int | None = None, **more: Any):
    whose = who if isinstance(who, Details) else details(who)
    values: dict[str, Any] = {"agreements": (), "now": BEFORE} | more
    return service.register(kind.event_id, kind.code, whose, values.pop("agreements"), by=by, **values)


def move(*where: Any, **how: Any) -> Registration:
    """Move a registration whose owner has nothing downstream."""
    return service.move(*where, release=nothing_else, **how)


def letters(address: str = "") -> list[OutgoingMail]:
    found = select(OutgoingMail).order_by(OutgoingMail.id)
    return list(db.session.scalars(found.where(OutgoingMail.to_address == address) if address else found))


def templates(address: str) -> list[str]:
    """Say which letters went to an address, by their subjects."""
    return [letter.subject for letter in letters(address)]


def taken(kind: ParticipationType) -> int:
    return db.session.scalars(
        select(Capacity.taken).where(Capacity.event_id == kind.event_id).order_by(Capacity.id)
    ).all()[0]


def whole(outcome: service.Outcome) -> Registration:
    assert outcome.registration is not None
    found = queries.whole_registration(outcome.registration.event_id, outcome.registration.uid)
    assert found is not None
    db.session.refresh(found)
    return found


def test_a_registration_keeps_all_that_was_said(app: Flask):
    event = make.event()
    kind = make.participation_type(event, seats=10)
    area = make.focus_area(event)
    zone = make.add(Zone(event_id=event.id, code="zone", name=Bilingual("Strefa", "Zone")))
    make.add(StakeholderType(code="startup", name=Bilingual("Startup", "Start-up"), default_group=InterestGroup.BIOF))
    make.add(FundingStage(code="seed", name=Bilingual("zalążkowa", "seed")))
    make.add(TicketBand(code="t1", name=Bilingual("mało", "little"), min_eur=0, max_eur=10))
    tag, other_tag = make.tag(), make.tag()
    investment, pilot = make.cooperation_type("investment"), make.cooperation_type("pilot")
    said = details(
        "Łucja",
        email="Lucja@Example.org",
        family_name="Wąs-Żółć",
        organisation="Nowa Terapia sp. z o.o.",
        job_title="CEO",
        stakeholder_type="startup",
        country="PL",
        focus_areas=frozenset({area.code}),
        zones=frozenset({zone.code}),
        dietary_needs="bez orzechów",
        accessibility_needs="wózek",
        profile=ProfileDetails(
            about=Bilingual("Robimy leki", "We make drugs"),
            tags=frozenset({tag.code, other_tag.code, "no such tag"}),
            offers=frozenset({pilot.code}),
            seeks=frozenset({investment.code}),
            stages=frozenset({"seed"}),
            ticket_bands=frozenset({"t1"}),
            trl=4,
            trl_sought=6,
        ),
    )
    made = whole(register(kind, said))
    assert made.state is S.CONFIRMED
    assert made.person.name == "Łucja Wąs-Żółć"
    assert made.person.search_key == "was-zolc lucja lucja@example.org"
    assert made.organisation is not None
    assert (made.organisation.interest_group, made.organisation.country) == (InterestGroup.BIOF, "PL")
    assert made.profile is not None
    assert [(one.direction, one.cooperation_type.code) for one in made.profile.listings] == [
        (Direction.OFFER, "pilot"),
        (Direction.SEEK, "investment"),
    ]
    kept = details_of(made)
    assert kept.profile is not None
    assert said.profile is not None
    assert kept.profile.tags == {tag.code, other_tag.code}
    assert (kept.profile.about, kept.profile.trl, kept.profile.stages) == (said.profile.about, 4, frozenset({"seed"}))
    assert (kept.email, kept.zones, kept.focus_areas) == ("lucja@example.org", said.zones, said.focus_areas)
    assert (kept.dietary_needs, kept.accessibility_needs) == ("bez orzechów", "wózek")


def test_an_organisation_is_known_again_by_any_of_its_names(app: Flask):
    kind = make.participation_type(make.event())
    known = make.organisation("Szpital Uniwersytecki w Krakowie", interest_group=InterestGroup.MED)
    make.add(OrganisationAlias(organisation_id=known.id, name="SU Kraków", folded="su krakow"))
    for n, typed in enumerate(("szpital  uniwersytecki w krakowie", "SU KRAKÓW")):
        made = whole(register(kind, details(f"P{n}", organisation=typed, interest_group=InterestGroup.BIZ)))
        assert made.organisation_id == known.id
    assert db.session.get_one(Organisation, known.id).interest_group is InterestGroup.MED


def test_a_person_stands_for_the_organisation_they_named_last(app: Flask):
    person = make.person(email="ola@example.org")
    for name in ("Pierwsza", "Druga", "Pierwsza"):
        kind = make.participation_type(make.event())
        register(kind, details(organisation=name, job_title=f"at {name}"), by=person.id)
    all_of_them = db.session.scalars(select(Affiliation).where(Affiliation.person_id == person.id)).all()
    assert len(all_of_them) == 2
    (current,) = [one for one in all_of_them if one.is_current]
    assert db.session.get_one(Organisation, current.organisation_id).name == "Pierwsza"


def test_the_letter_carries_badge_calendar_and_a_link_to_ones_day(app: Flask):
    event = make.event()
    made = whole(register(make.participation_type(event, seats=1)))
    (letter,) = letters("ola@example.org")
    assert letter.subject == "Your seat at Trial forum"
    assert letter.scope == event.slug
    assert letter.is_secret
    badge, calendar = letter.attachments
    assert (badge.cid, badge.content_type) == ("badge", "image/png")
    assert 'src="cid:badge"' in letter.html
    entry = readOne(calendar.content.decode())
    assert entry.vevent.summary.value == "Trial forum"
    assert len(entry.vevent_list) == 2

    token = letter.text.split("/en/sign-in/")[1].split()[0]
    opened = accounts.open_link(token, now=BEFORE + timedelta(days=6))
    assert opened.person.id == made.person_id
    assert opened.next_path == my_day_path(event, "en")


def test_a_day_of_the_public_session_is_the_only_one_in_its_calendar(app: Flask):
    event = make.event()
    kind = make.participation_type(event, is_light=True, days=["2025-11-28"])
    register(kind)
    entry = readOne(letters()[0].attachments[1].content.decode())
    assert [one.dtstart.value.date().isoformat() for one in entry.vevent_list] == ["2025-11-28"]


def test_the_letter_is_in_the_language_of_its_reader(app: Flask):
    kind = make.participation_type(make.event())
    with app.test_request_context("/en/"):
        app.preprocess_request()
        register(kind, details("Ola", language="pl"))
        register(kind, details("Eve", language="en"))
    polish, english = letters()
    assert "Forum na próbę" in polish.text
    assert "/pl/sign-in/" in polish.text
    assert "Trial forum" in english.text
    assert "/en/sign-in/" in english.text


def test_who_finds_no_seat_waits_and_learns_their_place(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    outcomes = [register(kind, name) for name in ("Ola", "Jan", "Eve")]
    assert [(one.state, one.rank) for one in outcomes] == [(S.CONFIRMED, None), (S.WAITLISTED, 1), (S.WAITLISTED, 2)]
    assert "number 2 on the waiting list" in letters("eve@example.org")[0].text
    assert taken(kind) == 1


def test_a_freed_seat_goes_to_whoever_waited_longest(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first, second, third = (register(kind, name) for name in ("Ola", "Jan", "Eve"))
    move(kind.event_id, whole(first).uid, S.CANCELLED, by=whole(first).person_id, now=BEFORE)

    assert [whole(one).state for one in (first, second, third)] == [S.CANCELLED, S.CONFIRMED, S.WAITLISTED]
    assert queries.waiting_rank(whole(third)) == 1
    assert taken(kind) == 1
    assert templates("jan@example.org") == ["You are on the waiting list for Trial forum", "Your seat at Trial forum"]
    assert "Thank you for telling us" in letters("ola@example.org")[-1].text


def fails(_session: Session, _registration_id: int) -> None:
    raise RuntimeError("the power went out")


def test_what_belongs_to_a_seat_is_written_with_it_or_neither_is(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    with pytest.raises(RuntimeError):
        register(kind, "Ola", also=fails)
    assert taken(kind) == 0
    assert not letters()


def test_a_seat_is_given_back_with_all_that_belongs_to_it_or_not_at_all(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    made = whole(register(kind, "Ola"))
    with pytest.raises(RuntimeError):
        service.move(kind.event_id, made.uid, S.CANCELLED, by=None, release=fails, now=BEFORE)
    assert db.session.get_one(Registration, made.id).state is S.CONFIRMED
    assert taken(kind) == 1


def test_who_waits_for_a_seat_is_given_nothing_that_belongs_to_one(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    register(kind, "Ola")
    assert register(kind, "Jan", also=fails).state is S.WAITLISTED


def test_a_type_that_shares_its_seats_waits_in_the_same_line(app: Flask):
    event = make.event()
    one = make.participation_type(event, seats=1)
    with transaction() as session:
        shared = session.scalars(select(Capacity)).one()
        other = ParticipationType(
            event_id=event.id, code="other", name=Bilingual("Inny", "Other"), capacities=[shared], position=2
        )
        session.add(other)
    register(one, "Ola")
    assert register(one, "Jan").rank == 1
    assert register(other, "Eve").rank == 2


def test_whoever_can_be_seated_is_not_held_up_by_who_waits_for_another_seat(app: Flask):
    event = make.event()
    room = make.participation_type(event, seats=5)
    with transaction() as session:
        stands = Capacity(event_id=event.id, code="stands", name=Bilingual("Stoiska", "Stands"), seats=0)
        room_seats = session.scalars(select(Capacity)).one()
        startup = ParticipationType(
            event_id=event.id, code="startup", name=Bilingual("Startup", "Start-up"), capacities=[room_seats, stands]
        )
        session.add(startup)
    assert register(startup, "Ola").state is S.WAITLISTED
    assert taken(room) == 0
    assert register(room, "Jan").state is S.CONFIRMED


def test_a_raised_capacity_is_filled_in_order(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    outcomes = [register(kind, name) for name in ("Ola", "Jan", "Eve", "Tom")]
    with transaction() as session:
        session.scalars(select(Capacity)).one().seats = 3
    assert service.fill_free_seats(kind.event_id, now=BEFORE) == 2
    assert [whole(one).state for one in outcomes] == [S.CONFIRMED] * 3 + [S.WAITLISTED]


def test_an_application_waits_for_approval_and_then_gets_a_seat(app: Flask):
    event = make.event()
    kind = make.participation_type(event, seats=1, needs_approval=True)
    organiser = make.person()
    first, second = register(kind, "Ola"), register(kind, "Jan")
    assert first.state is S.PENDING
    assert taken(kind) == 0

    assert move(event.id, whole(first).uid, S.CONFIRMED, by=organiser.id, now=BEFORE).state is S.CONFIRMED
    assert move(event.id, whole(second).uid, S.CONFIRMED, by=organiser.id, now=BEFORE).state is S.WAITLISTED
    with pytest.raises(Refused, match="All seats are taken"):
        move(event.id, whole(second).uid, S.CONFIRMED, by=organiser.id, now=BEFORE)
    assert taken(kind) == 1


def test_a_refusal_is_sent_with_its_reason_and_kept_in_the_history(app: Flask):
    event = make.event()
    organiser = make.person()
    made = whole(register(make.participation_type(event, needs_approval=True)))
    move(event.id, made.uid, S.DECLINED, by=organiser.id, reason="Too late <this> year", now=BEFORE)

    letter = letters("ola@example.org")[-1]
    assert "> Too late <this> year" in letter.text
    assert "Too late &lt;this&gt; year" in letter.html
    db.session.refresh(made)
    assert [(one.state, one.by_id, one.reason) for one in made.changes] == [
        (S.PENDING, made.person_id, ""),
        (S.DECLINED, organiser.id, "Too late <this> year"),
    ]
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.object_uid == made.uid).order_by(AuditEntry.id))
    assert [(one.action, one.actor_id, one.scope) for one in entries] == [
        ("registration.pending", made.person_id, event.slug),
        ("registration.declined", organiser.id, event.slug),
    ]


def test_a_registration_of_another_event_is_out_of_reach(app: Flask):
    made = whole(register(make.participation_type(make.event())))
    with pytest.raises(NotFound):
        move(make.event().id, made.uid, S.CANCELLED, by=None, now=BEFORE)


def test_an_address_that_is_registered_gets_a_letter_and_its_typist_the_usual_answer(app: Flask):
    kind = make.participation_type(make.event(), seats=5)
    fresh = register(kind, "Jan")
    made = whole(register(kind, details("Ola", family_name="Nowak", organisation="A")))
    again = register(kind, details("Eve", email="ola@example.org", organisation="B"))

    assert (again.state, again.rank) == (fresh.state, fresh.rank)
    assert again.registration is None
    db.session.refresh(made)
    assert made.person.name == "Ola Nowak"
    assert made.organisation is not None
    assert made.organisation.name == "A"
    assert taken(kind) == 2
    assert templates("ola@example.org")[-1] == "You are registered for Trial forum already"
    register(kind, details("Eve", email="ola@example.org"))
    assert len(letters("ola@example.org")) == 2  # not one for each try


def test_the_answer_for_a_registered_address_follows_the_seats_that_are_left(app: Flask):
    kind = make.participation_type(make.event(), seats=2)
    register(kind, "Ola")
    register(kind, "Jan")
    register(kind, "Eve")
    assert (register(kind, "Ola").state, register(kind, "Ola").rank) == (S.WAITLISTED, 2)


def test_the_same_form_sent_twice_registers_once_and_answers_alike(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = register(kind, once="form-1")
    second = register(kind, once="form-1")
    assert whole(second).id == whole(first).id
    assert second.state is S.CONFIRMED
    assert len(letters()) == 1
    assert taken(kind) == 1


def test_a_form_gone_back_to_registers_the_next_person(app: Flask):
    kind = make.participation_type(make.event())
    first, second = register(kind, "Ola", once="form-1"), register(kind, "Jan", once="form-1")
    assert whole(first).uid != whole(second).uid


def test_whoever_cancelled_may_come_back_to_the_end_of_the_line(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    ola, jan = whole(register(kind, "Ola")), whole(register(kind, "Jan"))
    move(kind.event_id, ola.uid, S.CANCELLED, by=ola.person_id, now=BEFORE)
    back = register(kind, "Ola", by=ola.person_id)
    assert (back.state, back.rank) == (S.WAITLISTED, 1)
    assert whole(back).id == ola.id
    move(kind.event_id, jan.uid, S.CANCELLED, by=jan.person_id, now=BEFORE)
    assert whole(back).state is S.CONFIRMED
    with pytest.raises(Refused, match="registered for this event already"):
        register(kind, "Ola", by=ola.person_id)


def test_a_stranger_who_types_an_address_renames_nobody_but_the_owner_does(app: Flask):
    person = make.person("Łucja", "Wąs", email="ola@example.org")
    stranger = details("Hacker", email="ola@example.org", organisation="Elsewhere")
    register(make.participation_type(make.event()), stranger)
    assert db.session.get_one(Person, person.id).name == "Łucja Wąs"
    assert db.session.scalars(select(Affiliation)).all() == []
    register(make.participation_type(make.event()), details("Lucy", family_name="Wasp"), by=person.id)
    assert db.session.get_one(Person, person.id, populate_existing=True).name == "Lucy Wasp"


@pytest.mark.parametrize(
    ("event_values", "kind_values", "sentence"),
    [
        ({"status": EventStatus.CANCELLED}, {}, "was cancelled"),
        ({"status": EventStatus.DRAFT}, {}, "not open to the public"),
        ({"registration_closes_at": BEFORE - timedelta(days=1)}, {}, "is closed"),
        ({}, {"is_by_invitation": True}, "by invitation"),
    ],
)
def test_a_closed_door_is_closed_for_every_caller(
    app: Flask, event_values: dict[str, Any], kind_values: dict[str, Any], sentence: str
):
    kind = make.participation_type(make.event(**event_values), **kind_values)
    with pytest.raises(Refused, match=sentence):
        register(kind)
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_an_invited_person_comes_in_by_invitation(app: Flask):
    kind = make.participation_type(make.event(), is_by_invitation=True)
    assert register(kind, is_invited=True).state is S.CONFIRMED


def test_a_way_to_take_part_that_does_not_exist_is_not_found(app: Flask):
    event = make.event()
    with pytest.raises(NotFound):
        service.register(event.id, "nothing", details(), (), by=None, now=BEFORE)


def test_required_terms_must_be_accepted_in_their_present_words(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    make.add(
        ConsentText(
            event_id=event.id,
            purpose="terms",
            kind=ConsentKind.ACCEPTANCE,
            wording=Bilingual("Stary", "Old"),
            is_required=True,
            is_current=False,
        )
    )
    make.add(
        ConsentText(
            event_id=event.id,
            purpose="terms",
            version=2,
            kind=ConsentKind.ACCEPTANCE,
            wording=Bilingual("Nowy", "New"),
            is_required=True,
        )
    )
    for agreements in ((), (Agreement("terms", 1),)):
        with pytest.raises(Refused, match="accept the terms"):
            register(kind, agreements=agreements)
    made = whole(register(kind, agreements=(Agreement("terms", 2), Agreement("terms", 9))))
    assert [(one.text.purpose, one.text.version) for one in made.consents] == [("terms", 2)]


def test_a_consent_is_given_and_taken_back_and_both_stay_on_record(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    make.consent_text(event, Purpose.CATALOGUE)
    made = whole(register(kind, agreements=(Agreement("catalogue", 1),)))
    assert made.purposes == {"catalogue"}

    later = BEFORE + timedelta(days=1)
    for _ in range(2):
        consents.withdraw_consent(made.id, "catalogue", by=made.person_id, now=later)
    db.session.refresh(made)
    assert made.purposes == frozenset()
    for _ in range(2):
        consents.give_consent(made.id, "catalogue", by=made.person_id, now=later)
    db.session.refresh(made)
    assert made.purposes == {"catalogue"}
    assert [(one.given_at, one.withdrawn_at) for one in made.consents] == [(BEFORE, later), (later, None)]
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("consent.")))
    assert sorted(actions) == ["consent.given", "consent.withdrawn"]


def test_accepted_terms_cannot_be_taken_back_nor_an_unknown_purpose_given(app: Flask):
    event = make.event()
    make.consent_text(event, "terms", ConsentKind.ACCEPTANCE)
    made = whole(register(make.participation_type(event), agreements=(Agreement("terms", 1),)))
    consents.withdraw_consent(made.id, "terms", by=made.person_id, now=BEFORE)
    db.session.refresh(made)
    assert made.purposes == {"terms"}
    for purpose in ("terms", "selling-everything"):
        with pytest.raises(NotFound):
            consents.give_consent(made.id, purpose, by=made.person_id, now=BEFORE)


def test_changed_answers_keep_the_offers_that_stay(app: Flask):
    event = make.event()
    for code in ("investment", "pilot", "talent"):
        make.cooperation_type(code)
    before = ProfileDetails(offers=frozenset({"investment", "pilot"}))
    made = whole(register(make.participation_type(event), details(profile=before)))
    assert made.profile is not None
    kept = {one.cooperation_type.code: one.id for one in made.profile.listings}["pilot"]

    after = ProfileDetails(offers=frozenset({"pilot", "talent"}), about=Bilingual("", "New"))
    changed = changing.change_details(
        event.id, made.uid, details(profile=after, family_name="Nowa"), by=made.person_id, now=BEFORE
    )
    assert changed.person.name == "Ola Nowa"
    assert changed.profile is not None
    offers = {one.cooperation_type.code: one.id for one in changed.profile.listings}
    assert offers.keys() == {"pilot", "talent"}
    assert offers["pilot"] == kept
    assert changed.profile.about.en == "New"
    noted = db.session.scalars(select(AuditEntry.details).filter_by(action="registration.changed")).one()
    assert noted == {"fields": ["about_en", "family_name", "offers"]}, "which answers, and not what they were"


def test_somebody_without_a_mailbox_is_registered_without_a_letter(app: Flask):
    person = make.person()
    with transaction() as session:
        session.delete(session.get_one(Person, person.id).emails[0])
    kind = make.participation_type(make.event())
    assert register(kind, by=person.id).state is S.CONFIRMED
    assert letters() == []
