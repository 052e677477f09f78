"""The figures of a participation report, counted by hand; and how they are put into words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.contacts import leads
from lsos.contacts import service as contacts
from lsos.contacts.leads import Sent
from lsos.contacts.models import Lead
from lsos.contacts.rules import Word
from lsos.db import db, new_uid
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.meetings.rules import MeetingState, RequestState
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.reporting import prose
from lsos.reporting.document import Document
from lsos.reporting.participation import OTHER, UNKNOWN, Stage, groups_of, report
from lsos.reporting.rules import LEAST, too_small
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting
from tests.reporting import story

AFTER = datetime(2025, 12, 1, 12, tzinfo=UTC)
BEFORE = make.BEFORE


def at(hours: int, minutes: int = 0, *, day: date = make.FIRST_DAY) -> datetime:
    return moment(day, time(hours, minutes), make.ZONE)


@pytest.fixture
def forum(app: Flask) -> Event:
    """Twelve registered, ten with a place, eight came; six requests, three meetings, two held."""
    where = make.event(name=Bilingual("Forum", "Forum"))
    area = make.focus_area(where, position=1)
    company = make.organisation(
        "Bio",
        interest_group=InterestGroup.BIOF,
        country="PL",
        is_cluster_partner=True,
        stakeholder_type=story.stakeholder("sme"),
    )
    hospital = make.organisation(
        "Szpital", interest_group=InterestGroup.MED, country="DE", stakeholder_type=story.stakeholder("hospital")
    )
    kind = make.participation_type(where, name=Bilingual("Uczestnik", "Participant"))
    people: list[Registration] = []
    for number in range(10):
        people.append(
            make.registration(
                where,
                participation_type=kind,
                organisation_id=(company if number < 5 else hospital).id,
                focus_areas=[area] if number < 6 else [],
            )
        )
    make.registration(where, participation_type=kind, state=RegistrationState.CANCELLED)
    make.registration(where, participation_type=kind, state=RegistrationState.WAITLISTED)
    for number, guest in enumerate(people[:8]):
        story.arrive(guest, at=at(9, 5 * number))
    story.arrive(people[0], day=make.FIRST_DAY + timedelta(days=1), at=at(9, day=make.FIRST_DAY + timedelta(days=1)))
    talk = make.session(where, title=Bilingual("Wykład", "Talk"), seats=3)
    for guest in people[:3]:
        make.signup(guest, talk)
    slots = make.meeting_grid(where)
    for other in people[1:4]:
        story.ask(people[0], other, state=RequestState.ACCEPTED)
    story.ask(people[4], people[5], state=RequestState.DECLINED)
    story.ask(people[4], people[6])
    story.ask(people[4], people[7])
    story.meet(people[0], people[1], slot=slots[0])
    story.meet(people[0], people[6], slot=slots[1], came_of_it="pilot")
    story.meet(people[2], people[9], slot=slots[0], state=MeetingState.NO_SHOW)
    story.meet(people[3], people[4], state=MeetingState.CANCELLED)
    return where


def test_the_figures_are_those_counted_by_hand(forum: Event):
    found = report(forum, now=AFTER)
    assert (found.registered, found.placed, found.came, found.waiting, found.cancelled) == (12, 10, 8, 1, 1)
    assert found.show_up_rate == 0.8
    assert (found.organisations_placed, found.organisations_came, found.partners_came, found.countries) == (2, 2, 1, 2)
    assert [(day.day, day.came) for day in found.days] == [(date(2025, 11, 27), 8), (date(2025, 11, 28), 1)]
    assert found.on_several_days == 1
    assert found.signups == found.people_signed_up == 3
    assert [(one.title.en, one.signed_up, one.seats) for one in found.sessions] == [("Talk", 3, 3)]
    assert [(one.key, one.placed, one.came) for one in found.by_interest_group] == [("BioF", 5, 5), ("MED", 5, 3)]
    assert [(one.key, one.placed, one.came) for one in found.by_country] == [("DE", 5, 3), ("PL", 5, 5)]
    assert [one.placed for one in found.by_focus_area] == [10]  # four chose none: too few to be shown, so all join


def test_the_meetings_are_those_counted_by_hand(forum: Event):
    m = report(forum, now=AFTER).meetings
    assert (m.asked, m.accepted, m.declined) == (6, 3, 1)
    assert (m.arranged, m.held, m.missed, m.by_matching) == (3, 2, 1, 3)
    assert (m.people_arranged, m.people_held, m.organisations_held) == (5, 3, 2)
    assert (m.with_known_groups, m.across_groups) == (2, 1)
    assert [(slot.arranged, slot.held) for slot in m.slots] == [(2, 1), (1, 1)]
    assert [(one.name.en, one.meetings) for one in m.outcomes] == [("pilot", 1)]


def test_arrivals_are_counted_by_half_hours_of_the_event_s_own_clock(forum: Event):
    bins = [(one.starts_at.strftime("%d %H:%M"), one.arrivals) for one in report(forum, now=AFTER).arrivals]
    assert bins == [("27 09:00", 6), ("27 09:30", 2), ("28 09:00", 1)]


def test_whoever_came_had_a_place_even_if_it_was_cancelled_later(forum: Event):
    guest = db.session.query(Registration).filter_by(event_id=forum.id).order_by(Registration.id).first()
    assert guest
    guest.state = RegistrationState.CANCELLED
    db.session.commit()
    found = report(forum, now=AFTER)
    assert (found.placed, found.came, found.cancelled) == (10, 8, 1)


def test_newcomers_are_counted_only_where_somebody_came_earlier(forum: Event):
    assert report(forum, now=AFTER).newcomers is None
    earlier = make.event(starts_on=date(2025, 3, 1))
    someone = db.session.query(Registration).filter_by(event_id=forum.id).order_by(Registration.id).first()
    assert someone
    story.arrive(make.registration(earlier, db.session.get_one(Person, someone.person_id)), at=at(9))
    story.arrive(make.registration(make.event(starts_on=date(2026, 3, 1))), at=at(9))
    cancelled = make.event(starts_on=date(2025, 4, 1), status=EventStatus.CANCELLED)
    other = db.session.query(Registration).filter_by(event_id=forum.id).order_by(Registration.id).all()[1]
    story.arrive(make.registration(cancelled, db.session.get_one(Person, other.person_id)), at=at(9))
    assert report(forum, now=AFTER).newcomers == 7


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (at(8, 59), Stage.BEFORE),
        (at(9), Stage.DURING),
        (at(18, day=make.FIRST_DAY + timedelta(days=1)), Stage.DURING),
        (at(18, 1, day=make.FIRST_DAY + timedelta(days=1)), Stage.AFTER),
    ],
)
def test_the_stage_follows_the_doors(forum: Event, now: datetime, stage: Stage):
    assert report(forum, now=now).stage is stage


def test_a_figure_is_made_of_as_many_queries_for_many_people_as_for_few(forum: Event):
    with counting() as few:
        report(forum, now=AFTER)
    for number in range(12):
        story.arrive(make.registration(forum, organisation_id=make.organisation().id), at=at(10, number))
    db.session.rollback()
    with counting() as many:
        assert report(forum, now=AFTER).came == 20
    assert len(many) == len(few) < 24


# ---- small groups


def test_a_group_too_small_joins_the_next_one_when_it_would_stay_alone():
    groups = {"a": set(range(20)), "b": set(range(20, 30)), "c": {30, 31}}
    assert too_small(groups) == {"b", "c"}
    assert too_small({"a": set(range(20)), "b": {20, 21, 22}, "c": {30, 31}}) == {"b", "c"}
    assert too_small({"a": set(range(5))}) == frozenset()


MEMBERS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", UNKNOWN]), st.sets(st.integers(0, 40), min_size=1), max_size=6
)


@given(MEMBERS, st.sets(st.integers(0, 40)))
def test_no_group_is_so_small_that_somebody_could_be_picked_out(members: dict[object, set[int]], came: set[int]):
    everybody: set[int] = set().union(*members.values())
    groups = groups_of(members, came)
    for group in groups:
        assert group.placed >= min(LEAST, len(everybody))
        assert group.came <= group.placed


@given(MEMBERS)
def test_nobody_is_lost_when_groups_are_joined(members: dict[object, set[int]]):
    groups = groups_of(members, set())
    joined = too_small(members)
    shown = {str(key): len(ids) for key, ids in members.items() if key not in joined}
    assert {group.key: group.placed for group in groups if group.key != OTHER} == shown
    together: set[int] = set().union(*(members[key] for key in joined))
    assert sum(group.placed for group in groups if group.key == OTHER) == len(together)


@given(MEMBERS)
def test_the_largest_group_comes_first_and_those_who_said_nothing_last(members: dict[object, set[int]]):
    groups = groups_of(members, set())
    named = [group.placed for group in groups if group.key not in {OTHER, UNKNOWN}]
    assert named == sorted(named, reverse=True)
    rest = [group.key for group in groups[len(named) :]]
    assert rest == [key for key in (OTHER, UNKNOWN) if key in rest]


# ---- in words


def words(event: Event, *, now: datetime = AFTER, language: str = "en") -> Document:
    with force_locale(language):
        return prose.write(report(event, now=now))


def titles(document: Document) -> dict[str, str]:
    return {section.key: section.title for section in document.sections}


def test_a_title_states_the_finding(forum: Event):
    found = titles(words(forum))
    assert found["people"] == "8 people came, 80% of those with a place"
    assert found["meetings"] == "2 1:1 meetings took place, 67% of those arranged"
    assert found["arrivals"] == "The door was busiest on Thu 27 Nov from 09:00: 6 arrivals in half an hour"
    assert found["sessions"] == "The most wanted session: Talk, with 3 sign-ups"
    assert found["countries"].startswith("People came from 2 countries; the largest group: Germany, 50%")


def test_one_of_something_is_said_in_the_singular(app: Flask):
    where = make.event(days=1)
    story.arrive(make.registration(where))
    document = words(where)
    assert titles(document)["people"] == "1 person came, 100% of those with a place"
    assert document.sections[0].paragraphs[0] == "1 person registered. 1 of them got a place."


def test_before_the_event_the_report_speaks_of_places(forum: Event, app: Flask):
    where = make.event()
    make.registration(where)
    document = words(where, now=BEFORE)
    assert titles(document)["people"] == "1 person has a place"
    assert "arrivals" not in titles(document)
    assert document.notices == ("The event has not begun. Figures will change until it is over.",)


def test_during_the_event_the_report_says_so_far(forum: Event):
    document = words(forum, now=at(12))
    assert titles(document)["people"] == "8 people have come so far, 80% of those with a place"
    assert document.notices == ("The event is under way. Figures will change until it is over.",)


def test_without_registrations_the_report_says_what_comes_here(app: Flask):
    document = words(make.event())
    assert not document.sections
    assert not document.key_figures
    assert "Nobody has registered yet. The report fills as people register, come and meet." in document.notices


def test_a_cancelled_event_says_that_its_figures_count_nowhere(app: Flask):
    assert "cancelled" in words(make.event(status=EventStatus.CANCELLED)).notices[0]


def test_a_demonstration_says_that_its_figures_are_not_real(app: Flask):
    assert "invented" in words(make.event(moved_days=3)).demonstration
    assert words(make.event()).demonstration == ""


def test_every_section_has_a_chart_said_in_words_and_a_table(forum: Event):
    for section in words(forum).sections:
        assert section.table.rows
        assert section.charts
        for chart in section.charts:
            assert chart.alt
            assert 'role="img"' in chart.picture
        assert all(len(cells) == len(section.table.columns) for cells in section.table.written())


def test_organisers_texts_are_in_the_language_of_the_report(forum: Event):
    polish = words(forum, language="pl")
    assert "Wykład" in titles(polish)["sessions"]
    assert ("27–28 listopada 2025") in [value for _name, value in polish.facts]
    assert "Niemcy" in titles(polish)["countries"]


def test_a_day_that_has_not_begun_is_not_said_to_be_empty(app: Flask):
    where = make.event()
    story.arrive(make.registration(where))
    assert [(one.day.day, one.came) for one in report(where, now=at(12)).days] == [(27, 1)]
    assert [(one.day.day, one.came) for one in report(where, now=AFTER).days] == [(27, 1), (28, 0)]


# ---- contacts


def exchange(one: Registration, other: Registration) -> None:
    """Let two scan each other's badges."""
    contacts.scan(one.id, other.badge_code, now=at(12))
    contacts.scan(other.id, one.badge_code, now=at(12))


def collect(me: Registration, visitors: Sequence[Registration]) -> None:
    """Let a team at a stand scan visitors."""
    assert me.organisation is not None
    leads.let_in(me.event_id, "", me.organisation.uid, is_in=True, by=me.person_id, now=at(12))
    sent = [Sent(new_uid(), one.badge_code, at(12)) for one in visitors]
    leads.take_in(me.id, sent, phone_now=at(12), now=at(12))


def test_contacts_are_told_once_there_are_so_many_that_nobody_can_be_picked_out(forum: Event):
    people = db.session.scalars(
        select(Registration).where(Registration.state == RegistrationState.CONFIRMED).order_by(Registration.id)
    ).all()
    for other in people[1:4]:
        exchange(people[0], other)
    assert report(forum, now=AFTER).contacts.pairs is None
    assert report(forum, now=AFTER).contacts.people is None
    assert "contacts" not in titles(words(forum))
    exchange(people[0], people[4])
    exchange(people[1], people[2])
    found = report(forum, now=AFTER).contacts
    assert (found.pairs, found.people, found.leads) == (5, 5, 0)
    document = words(forum)
    assert titles(document)["contacts"] == "5 pairs of people exchanged contacts"
    (section,) = [one for one in document.sections if one.key == "contacts"]
    assert section.paragraphs == ("5 people have at least one contact from the event.",)
    assert titles(words(forum, language="pl"))["contacts"] == "5 par osób wymieniło się kontaktami"


def test_leads_are_told_without_those_few_who_did_not_agree(forum: Event):
    people = db.session.scalars(
        select(Registration).where(Registration.state == RegistrationState.CONFIRMED).order_by(Registration.id)
    ).all()
    collect(people[0], people[5:10])
    found = report(forum, now=AFTER).contacts
    assert (found.leads, found.agreed, found.stands) == (5, 0, 1)
    document = words(forum)
    assert titles(document)["contacts"] == "Teams at stands noted 5 leads"
    for lead in db.session.scalars(select(Lead).order_by(Lead.id)).all()[:4]:
        leads.answer_stand(lead.uid, by=lead.registration_id, word=Word.YES, now=at(12))
    assert report(forum, now=AFTER).contacts.agreed is None, "four agreed, and one did not"
    (last,) = db.session.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).all()
    leads.answer_stand(last.uid, by=last.registration_id, word=Word.YES, now=at(12))
    assert report(forum, now=AFTER).contacts.agreed == 5
