"""What is read of slots, tables, requests and meetings, and that it costs the same for many as for few."""

from datetime import timedelta

import pytest

from lsos.agenda.models import SessionPerson
from lsos.db import db
from lsos.meetings import places, queries
from lsos.meetings.models import BlockedSlot, Suggestion
from lsos.meetings.portraits import fits, portraits
from lsos.meetings.rules import MeetingState, RequestState
from lsos.registration.models import Registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from tests import make
from tests.counting import counting


def guests(where, number):
    return [make.registration(where, make.person(f"Gość{n}", "Próbny")) for n in range(number)]


def starts(slots):
    return [slot.starts_at for slot in slots]


def test_a_slot_is_free_unless_a_session_a_block_or_a_meeting_takes_it(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=5)
    one, other = guests(where, 2)
    make.signup(one, make.session(where, starts_at=slots[0].starts_at, minutes=20))
    make.add(BlockedSlot(registration_id=one.id, slot_id=slots[1].id))
    make.meeting(one, other, slots[2])

    free = places.free_slots(where.id, [one.id, other.id])

    assert starts(free[one.id]) == starts(slots[3:])
    assert starts(free[other.id]) == starts(slots[:2] + slots[3:])


def test_a_session_that_touches_a_slot_by_a_minute_takes_it(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=3)
    who = make.registration(where)
    make.signup(who, make.session(where, starts_at=slots[1].ends_at - timedelta(minutes=1)))

    assert starts(places.free_slots(where.id, [who.id])[who.id]) == starts(slots[:1])


def test_who_speaks_in_a_session_is_not_free_then(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=3)
    who = make.registration(where)
    talk = make.session(where, starts_at=slots[0].starts_at, minutes=20)
    make.add(SessionPerson(session_id=talk.id, person_id=who.person_id))

    assert starts(places.free_slots(where.id, [who.id])[who.id]) == starts(slots[1:])


def test_who_comes_on_one_day_is_free_on_that_day_only(app):
    where = make.event(days=2)
    slots = make.meeting_grid(where, slots=2)
    second_day = make.participation_type(where, days=[str(where.ends_on)])
    first_day = make.participation_type(where, days=[str(where.starts_on)])
    late = make.registration(where, participation_type=second_day)
    early = make.registration(where, participation_type=first_day)

    free = places.free_slots(where.id, [late.id, early.id])

    assert free[late.id] == []
    assert starts(free[early.id]) == starts(slots)


def test_a_draft_takes_a_slot_only_where_drafts_count(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=2)
    one, other = guests(where, 2)
    make.meeting(one, other, slots[0], state=MeetingState.PROPOSED)

    assert starts(places.free_slots(where.id, [one.id])[one.id]) == starts(slots)
    assert starts(places.free_slots(where.id, [one.id], with_drafts=True)[one.id]) == starts(slots[1:])


def test_a_slot_that_is_over_is_not_offered(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=2)
    who = make.registration(where)

    free = places.free_slots(where.id, [who.id], now=slots[0].starts_at)

    assert starts(free[who.id]) == starts(slots[1:])


def test_two_people_are_offered_common_slots_at_the_lowest_free_table(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=3, tables=2)
    one, other, third, fourth, fifth, sixth = guests(where, 6)
    make.meeting(third, fourth, slots[0], table=1)
    make.meeting(third, fifth, slots[1], table=1)
    make.meeting(fourth, sixth, slots[1], table=2)

    free = places.common_places(where.id, one.id, other.id, now=make.BEFORE)

    assert [(place.slot.id, place.table.number) for place in free] == [(slots[0].id, 2), (slots[2].id, 1)]


def test_somebodys_meetings_are_the_real_ones_in_the_order_of_time(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=3)
    one, other, third = guests(where, 3)
    late = make.meeting(one, other, slots[2])
    held = make.meeting(one, third, slots[0], state=MeetingState.HELD)
    make.meeting(one, make.registration(where), slots[1], state=MeetingState.PROPOSED)

    assert [meeting.id for meeting in queries.meetings_of(one.id)] == [held.id, late.id]
    assert [interval.starts_at for interval in queries.meeting_intervals(one.id)] == [
        slots[0].starts_at,
        slots[2].starts_at,
    ]


def test_the_load_of_somebody_counts_open_requests_meetings_and_free_slots(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=4)
    one, other, third, fourth = guests(where, 4)
    make.meeting_request(other, one)
    make.meeting_request(third, one, expires_at=make.BEFORE)
    make.meeting_request(fourth, one, state=RequestState.DECLINED)
    make.meeting(one, fourth, slots[0])

    load = places.loads(where.id, [one.id], now=make.BEFORE)[one.id]

    assert (load.open_requests, load.meetings, load.free_slots) == (1, 1, 3)


def test_an_expired_request_leaves_the_inbox_without_anybody_doing_anything(app):
    where = make.event()
    one, other, third = guests(where, 3)
    make.meeting_request(other, one, expires_at=make.BEFORE + timedelta(hours=1))
    stays = make.meeting_request(third, one)

    assert [r.id for r in queries.inbox(one.id, now=make.BEFORE + timedelta(hours=1))] == [stays.id]


def test_an_accepted_request_waits_until_it_has_a_meeting(app):
    where = make.event()
    slots = make.meeting_grid(where)
    one, other, third = guests(where, 3)
    waits = make.meeting_request(one, other, state=RequestState.ACCEPTED)
    placed = make.meeting_request(third, one, state=RequestState.ACCEPTED)
    make.meeting(third, one, slots[0], request_id=placed.id)

    assert [request.id for request in queries.waiting_for_time(one.id)] == [waits.id]
    assert [request.id for request in queries.unplaced_requests(where.id)] == [waits.id]


@pytest.mark.parametrize(
    ("state", "purposes", "has_matchmaking"),
    [
        (RegistrationState.CONFIRMED, (Purpose.CATALOGUE, Purpose.MATCHMAKING), True),
        (RegistrationState.CONFIRMED, (Purpose.MATCHMAKING,), True),
        (RegistrationState.CONFIRMED, (Purpose.CATALOGUE,), True),
        (RegistrationState.CONFIRMED, (), True),
        (RegistrationState.CANCELLED, (Purpose.CATALOGUE, Purpose.MATCHMAKING), True),
        (RegistrationState.PENDING, (Purpose.CATALOGUE, Purpose.MATCHMAKING), True),
        (RegistrationState.CONFIRMED, (Purpose.CATALOGUE, Purpose.MATCHMAKING), False),
    ],
)
def test_lists_and_the_rules_agree_on_who_takes_part_and_who_is_seen(app, state, purposes, has_matchmaking):
    where = make.event()
    kind = make.participation_type(where, has_matchmaking=has_matchmaking)
    who = make.registration(where, state=state, purposes=purposes, participation_type=kind)
    who = db.session.get_one(Registration, who.id)

    assert (who.id in queries.taking_part(where.id)) is queries.takes_part(who)
    assert (who in queries.catalogue(where.id)[0]) is queries.is_visible(who)


def test_a_consent_that_was_taken_back_counts_no_more(app):
    where = make.event()
    who = make.registration(where)
    for consent in who.consents:
        consent.withdrawn_at = make.BEFORE
    db.session.commit()

    assert queries.taking_part(where.id) == []
    assert queries.catalogue(where.id) == ([], 0)


def test_the_catalogue_finds_by_name_and_organisation_without_polish_letters(app):
    where = make.event()
    lucja = make.registration(where, make.person("Łucja", "Wąs"), organisation=make.organisation("Ryvu Próba"))
    make.registration(where, make.person("Jan", "Nowak"))

    assert [who.id for who in queries.catalogue(where.id, words="lucja was")[0]] == [lucja.id]
    assert [who.id for who in queries.catalogue(where.id, words="RYVU łucja")[0]] == [lucja.id]
    assert queries.catalogue(where.id, words="%")[1] == 0


def test_nobody_is_found_by_a_mail_address(app):
    where = make.event()
    make.registration(where, make.person("Jan", "Nowak", email="secret-address@example.org"))

    assert queries.catalogue(where.id, words="secret-address")[1] == 0
    assert queries.catalogue(where.id, words="nowak example")[1] == 0


def test_the_catalogue_comes_in_pages(app):
    where = make.event()
    for letter in "ABCDE":
        make.registration(where, make.person("Gość", f"{letter}ski"))

    found, total = queries.catalogue(where.id, limit=2, offset=2)

    assert total == 5
    assert [who.person.family_name for who in found] == ["Cski", "Dski"]


def test_suggestions_leave_out_who_has_left_the_matching(app):
    where = make.event()
    one, other, third = guests(where, 3)
    for rank, who in enumerate((other, third), start=1):
        make.add(
            Suggestion(
                registration_id=one.id, other_id=who.id, rank=rank, score=0.5, score_for_me=0.5, score_for_other=0.5
            )
        )
    other.state = RegistrationState.CANCELLED
    db.session.commit()

    found, total = queries.suggestions_of(one.id)

    assert [suggestion.other_id for suggestion in found] == [third.id]
    assert total == 1


def test_suggestions_are_filtered_by_focus_area(app):
    where = make.event()
    area = make.focus_area(where)
    one = make.registration(where)
    inside, outside = make.registration(where, focus_areas=[area]), make.registration(where)
    for rank, who in enumerate((outside, inside), start=1):
        make.add(
            Suggestion(
                registration_id=one.id, other_id=who.id, rank=rank, score=0.5, score_for_me=0.5, score_for_other=0.5
            )
        )

    found, total = queries.suggestions_of(one.id, area_id=area.id)

    assert [suggestion.other_id for suggestion in found] == [inside.id]
    assert total == 1


def test_a_portrait_carries_what_the_profile_says(app):
    where = make.event()
    area, pilot, gene = make.focus_area(where), make.cooperation_type("pilot-site"), make.tag("genomics")
    who = make.registration(where, focus_areas=[area])
    assert who.profile is not None
    make.listing(who, Direction.SEEK, pilot)
    who.profile.tags = [gene]
    who.profile.trl, who.profile.trl_sought = 6, 4
    db.session.commit()

    portrait = portraits([who.id])[who.id]

    assert portrait.seeks == {"pilot-site"}
    assert portrait.offers == frozenset()
    assert portrait.tags == {"genomics"}
    assert portrait.focus_areas == {area.code}
    assert (portrait.trl, portrait.trl_sought) == (6, 4)


def test_an_offer_that_meets_a_need_is_found_from_both_sides(app):
    where = make.event()
    pilot = make.cooperation_type("pilot-site")
    seeker, hospital = guests(where, 2)
    make.listing(seeker, Direction.SEEK, pilot)
    make.listing(hospital, Direction.OFFER, pilot)

    there = fits(where.id, seeker.id, [hospital.id])[hospital.id]
    back = fits(where.id, hospital.id, [seeker.id])[seeker.id]

    assert there.fused == back.fused > 0
    assert there.reasons[0].side == "for_a"
    assert back.reasons[0].side == "for_b"


def test_the_grid_of_a_day_has_drafts_and_real_meetings_of_that_day(app):
    where = make.event(days=2)
    slots = make.meeting_grid(where, slots=2, tables=2)
    one, other, third, fourth = guests(where, 4)
    real = make.meeting(one, other, slots[0], table=2)
    draft = make.meeting(third, fourth, slots[1], state=MeetingState.PROPOSED)

    grid = queries.schedule_grid(where.id, day=where.starts_on, zone=where.timezone)
    tomorrow = queries.schedule_grid(where.id, day=where.ends_on, zone=where.timezone)

    assert {place: meeting.id for place, meeting in grid.cells.items()} == {
        (slots[0].id, grid.tables[1].id): real.id,
        (slots[1].id, grid.tables[0].id): draft.id,
    }
    assert tomorrow.slots == []


def test_reads_cost_as_many_statements_for_many_people_as_for_few(app):
    def cost(number):
        where = make.event()
        slots = make.meeting_grid(where, slots=number, tables=number)
        people = guests(where, number)
        me = people[0]
        for place, who in enumerate(people[1:]):
            make.meeting_request(who, me)
            make.meeting(me, who, slots[place], table=place + 1)
            make.add(
                Suggestion(
                    registration_id=me.id,
                    other_id=who.id,
                    rank=place + 1,
                    score=0.5,
                    score_for_me=0.5,
                    score_for_other=0.5,
                )
            )
        ids = [who.id for who in people]
        event_id, day, zone = where.id, where.starts_on, where.timezone
        db.session.expunge_all()
        with counting() as sent:
            for meeting in queries.meetings_of(ids[0]):
                assert meeting.other(ids[0]).role
            for request in queries.inbox(ids[0], now=make.BEFORE):
                assert request.asker.role
                assert queries.takes_part(request.asker)
            for suggestion in queries.suggestions_of(ids[0])[0]:
                assert suggestion.other.person.name
                assert queries.is_visible(suggestion.other)
            for who in queries.catalogue(event_id)[0]:
                assert who.role
            places.loads(event_id, ids, now=make.BEFORE)
            queries.outlook(event_id, now=make.BEFORE)
            fits(event_id, ids[0], ids[1:])
            for meeting in queries.schedule_grid(event_id, day=day, zone=zone).cells.values():
                assert meeting.first.role
                assert meeting.second.role
        return len(sent)

    assert cost(3) == cost(9)
