"""The indicators of a year, from real rows."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventKind, EventStatus, Role
from lsos.registration.models import Consent
from lsos.registration.rules import Direction, RegistrationState
from lsos.reporting import catalogue, kpis, queries, service
from lsos.reporting.formulas import FORMULAS
from lsos.reporting.kpis import Result
from tests import make
from tests.counting import counting
from tests.reporting import story

TODAY = date(2025, 12, 1)
NOW = datetime(2025, 12, 1, 12, tzinfo=UTC)


def results(year: int = 2025) -> dict[str, Result]:
    return {one.indicator.code: one for one in kpis.compute(year, today=TODAY)}


def value(code: str) -> float | None:
    return results()[code].value


def klsk_event(kind: EventKind, day: date, **more) -> Event:
    return make.event(kind=kind, days=1, starts_on=day, organiser=story.cluster(), **more)


def a_small_year() -> dict[str, Event]:
    """An edition, two breakfasts (one cancelled), a partner's meeting; five people of five organisations."""
    catalogue.load()
    edition = klsk_event(EventKind.EDITION, date(2025, 11, 27))
    breakfast = klsk_event(EventKind.BREAKFAST, date(2025, 3, 4))
    klsk_event(EventKind.BREAKFAST, date(2025, 3, 11), status=EventStatus.CANCELLED)
    klsk_event(EventKind.NETWORKING, date(2025, 3, 18), status=EventStatus.DRAFT)
    klsk_event(EventKind.NETWORKING, date(2025, 12, 9))
    here = {"country": "PL", "region": "PL-12"}
    selvita = make.organisation(
        "Selvita", is_cluster_partner=True, stakeholder_type=story.stakeholder("cro-cdmo"), markets=["PL", "US"], **here
    )
    fund = make.organisation("Fundusz", stakeholder_type=story.stakeholder("vc"), country="PL", region="PL-14")
    cebr = make.organisation("CEBR", stakeholder_type=story.stakeholder("cluster"), country="BE")
    berlin = make.organisation("Berlin Bio", stakeholder_type=story.stakeholder("sme"), country="DE")
    partners = make.event(kind=EventKind.PARTNER_EVENT, days=1, starts_on=date(2025, 6, 1), organiser=selvita)

    anna, jan, ewa, tom, ola = (make.person(given_name=name) for name in ("Anna", "Jan", "Ewa", "Tom", "Ola"))
    at_edition = [
        make.registration(edition, who, organisation_id=organisation.id)
        for who, organisation in ((anna, selvita), (jan, fund), (ewa, cebr), (tom, berlin))
    ]
    make.registration(edition, ola, state=RegistrationState.CANCELLED, organisation_id=fund.id)
    again = make.registration(breakfast, anna, organisation_id=selvita.id)
    for who in (*at_edition[:3], again):
        story.arrive(who)
    what = make.cooperation_type("pilot-site")
    make.listing(at_edition[2], Direction.OFFER, what)
    sought = make.listing(at_edition[3], Direction.SEEK, what)
    make.listing(at_edition[0], Direction.OFFER, what)
    story.ask(at_edition[1], at_edition[3], about=sought)
    story.meet(at_edition[0], at_edition[3], came_of_it="pilot")
    return {"edition": edition, "breakfast": breakfast, "partners": partners}


def test_the_figures_of_a_small_year_are_those_counted_by_hand(app: Flask):
    a_small_year()
    found = results()
    by_hand = {
        "T9.01.a": 4,
        "T9.01.b": 4,
        "T9.03.a": 1,
        "T9.04.a": 2,  # the fund asked, Berlin seeks
        "T9.04.b": 50,  # Berlin's meeting became a pilot
        "T9.06.a": 2,
        "T9.06.b": 3,  # Anna came twice
        "T9.07.a": 1,
        "T9.08.a": 0,
        "T9.15.b": 1,
        "T9.17.b": 2,
        "T9.18.a": 1,
        "T8.04": 1,
        "T10.03": 2,
    }
    assert {code: found[code].value for code in by_hand} == by_hand
    attendances = found["T9.06.b"].figure
    assert attendances
    assert attendances.parts[0].value == 4


def test_every_formula_belongs_to_an_indicator_of_the_catalogue(app: Flask):
    catalogue.load()
    assert set(FORMULAS) <= set(results())


def test_a_year_without_events_has_figures_of_nought(app: Flask):
    a_small_year()
    assert kpis.compute_one(queries.indicator_by_code("T9.06.b"), 2023, today=TODAY).value == 0  # type: ignore[arg-type]


def test_a_profile_that_its_owner_hides_declares_nothing(app: Flask):
    a_small_year()
    with db.session.begin_nested():
        for consent in db.session.query(Consent):
            consent.withdrawn_at = make.DOORS
    db.session.commit()
    assert value("T9.17.b") == 0
    assert value("T9.18.a") == 0


def test_what_nobody_can_compute_waits_for_a_typed_value(app: Flask):
    catalogue.load()
    assert value("T9.17.a") is None
    by = make.person()
    service.note_value("T9.17.a", year=2025, value=4, source="Annual report, p. 12", by=by, now=NOW)
    one = results()["T9.17.a"]
    assert one.figure is None
    assert one.value == 4
    assert one.typed
    assert (one.typed.source, one.typed.by) == ("Annual report, p. 12", by)


def test_a_typed_value_stands_beside_a_computed_one_and_never_in_its_place(app: Flask):
    a_small_year()
    service.note_value("T9.06.a", year=2025, value=61, source="Paper lists", by=make.person(), now=NOW)
    one = results()["T9.06.a"]
    assert one.value == 2
    assert one.typed
    assert one.typed.value == 61


def test_the_newest_typed_value_counts_and_the_others_stay_readable(app: Flask):
    catalogue.load()
    by = make.person()
    for minute, number in enumerate((4, 5)):
        now = NOW.replace(minute=minute)
        service.note_value("T9.17.a", year=2025, value=number, source="Report", by=by, now=now)
    indicator = queries.indicator_by_code("T9.17.a")
    assert indicator
    assert value("T9.17.a") == 5
    assert [row.value for row in queries.history(indicator.id)] == [5, 4]


def test_the_same_figure_sent_twice_is_noted_once(app: Flask):
    catalogue.load()
    by = make.person()
    for minute in (0, 1):
        now = NOW.replace(minute=minute)
        service.note_value("T9.17.a", year=2025, value=4, source=" Report ", by=by, now=now)
    indicator = queries.indicator_by_code("T9.17.a")
    assert indicator
    assert len(queries.history(indicator.id)) == 1


def test_a_figure_needs_a_source_and_a_year_that_has_begun(app: Flask):
    catalogue.load()
    by = make.person()
    with pytest.raises(Refused, match="where the figure comes from"):
        service.note_value("T9.17.a", year=2025, value=4, source="  ", by=by, now=NOW)
    with pytest.raises(Refused, match="not begun"):
        service.note_value("T9.17.a", year=2026, value=4, source="Guess", by=by, now=NOW)
    with pytest.raises(NotFound):
        service.note_value("T9.99.z", year=2025, value=4, source="Report", by=by, now=NOW)


def test_the_records_behind_a_figure_say_where_they_were_seen(app: Flask):
    events = a_small_year()
    figure = results()["T9.06.b"].figure
    assert figure
    assert {(one.event.slug, one.count) for one in kpis.behind(figure.refs, 2025) if one.event} == {
        (events["edition"].slug, 3),
        (events["breakfast"].slug, 1),
    }
    partners = results()["T9.01.b"].figure
    assert partners
    selvita = next(
        one for one in kpis.behind(partners.refs, 2025) if one.organisation and one.organisation.name == "Selvita"
    )
    assert [(event.slug, count) for event, count in selvita.seen_at] == [
        (events["breakfast"].slug, 1),
        (events["edition"].slug, 1),
    ]


def test_years_are_those_with_events_or_typed_values_and_this_one(app: Flask):
    a_small_year()
    service.note_value("T9.17.a", year=2021, value=4, source="Strategy", by=make.person(), now=NOW)
    assert queries.years(today=date(2026, 1, 5)) == [2026, 2025, 2021]


def test_the_cluster_s_staff_are_those_of_the_platform_and_of_its_own_events(app: Flask):
    ours = klsk_event(EventKind.EDITION, date(2025, 11, 27))
    theirs = make.event()
    assert queries.cluster_roles(make.staff(Role.OWNER, ours).id) == {Role.OWNER}
    assert queries.cluster_roles(make.staff(Role.READER).id) == {Role.READER}
    assert queries.cluster_roles(make.staff(Role.OWNER, theirs).id) == frozenset()


def test_a_large_year_costs_as_many_queries_as_a_small_one(app: Flask):
    events = a_small_year()
    db.session.rollback()
    with counting() as few:
        kpis.compute(2025, today=TODAY)
    for number in range(15):
        organisation = make.organisation(country="DE", is_cluster_partner=True)
        who = make.registration(events["edition"], organisation_id=organisation.id)
        story.arrive(who, at=make.DOORS.replace(minute=number))
    db.session.rollback()
    with counting() as many:
        assert {one.indicator.code: one.value for one in kpis.compute(2025, today=TODAY)}["T9.06.b"] == 18
    assert len(many) == len(few) < 12
