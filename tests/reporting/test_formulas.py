"""Every figure twice: counted by hand on a small year, and by a second, naive computation on many random ones."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.events.rules import EventKind, EventStatus
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import Direction, RegistrationState
from lsos.reporting.facts import (
    AttendanceRecord,
    EventRecord,
    ListingRecord,
    MeetingRecord,
    OrganisationRecord,
    Records,
    RegistrationRecord,
    RequestRecord,
    Year,
)
from lsos.reporting.formulas import FORMULAS

TODAY = date(2025, 12, 1)
KLSK, SELVITA, JCI, BERLIN, FUND, BANK, WARSAW, SCANBALT, LOST = range(1, 10)

ORGANISATIONS = (
    OrganisationRecord(KLSK, type="cluster", country="PL", region="PL-12", is_cluster=True, active_since=2025),
    OrganisationRecord(
        SELVITA,
        type="cro-cdmo",
        country="PL",
        region="PL-12",
        is_cluster_partner=True,
        markets=frozenset({"PL", "US"}),
        active_since=2025,
    ),
    # A partner that nobody has come from; a park is no company, so its market counts only where any entity does.
    OrganisationRecord(
        JCI, type="park", country="PL", region="PL-12", is_cluster_partner=True, markets=frozenset({"DE"})
    ),
    OrganisationRecord(BERLIN, type="sme", country="DE", active_since=2025),
    OrganisationRecord(FUND, type="vc", country="PL", region="PL-14", active_since=2024),
    OrganisationRecord(BANK, type="bank", country="PL", region="PL-12", markets=frozenset({"PL"}), active_since=2025),
    OrganisationRecord(WARSAW, type="startup", country="PL", region="PL-14", active_since=2026),
    OrganisationRecord(SCANBALT, type="cluster", country="SE", active_since=2025),
    OrganisationRecord(LOST, type="insurer", active_since=2025),
)


def an_event(number: int, kind: EventKind, organiser: int, day: date, **more) -> EventRecord:
    return EventRecord(
        number, kind, more.pop("status", EventStatus.PUBLISHED), day, more.pop("until", day), organiser, **more
    )


EVENTS = (
    an_event(1, EventKind.EDITION, KLSK, date(2025, 11, 27), until=date(2025, 11, 28)),
    an_event(2, EventKind.BREAKFAST, KLSK, date(2025, 3, 4)),
    an_event(3, EventKind.BREAKFAST, KLSK, date(2025, 3, 11), status=EventStatus.CANCELLED),
    an_event(4, EventKind.NETWORKING, KLSK, date(2025, 5, 6), status=EventStatus.DRAFT),
    an_event(5, EventKind.NETWORKING, KLSK, date(2024, 12, 30), until=date(2025, 1, 2)),
    an_event(6, EventKind.NETWORKING, KLSK, date(2025, 12, 15)),  # still to come
    an_event(7, EventKind.PARTNER_EVENT, SELVITA, date(2025, 6, 1)),
    an_event(8, EventKind.NETWORKING, JCI, date(2025, 12, 1)),  # today; somebody came
    an_event(9, EventKind.PARTNER_EVENT, BERLIN, date(2025, 6, 2)),  # not a partner
    an_event(10, EventKind.TRAINING, KLSK, date(2025, 2, 1), series_id=7),
    an_event(11, EventKind.TRAINING, KLSK, date(2025, 2, 8), series_id=7),
    an_event(12, EventKind.TRAINING, KLSK, date(2025, 9, 1)),
    an_event(13, EventKind.TRAINING, JCI, date(2025, 9, 2)),
)
CONFIRMED, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.CANCELLED
REGISTRATIONS = (
    RegistrationRecord(101, 1, 11, CONFIRMED, SELVITA),
    RegistrationRecord(102, 1, 12, CONFIRMED, BERLIN),
    RegistrationRecord(103, 1, 13, CONFIRMED, FUND),
    RegistrationRecord(104, 1, 14, CONFIRMED, KLSK),
    RegistrationRecord(105, 1, 15, CANCELLED, WARSAW),
    RegistrationRecord(106, 1, 16, CONFIRMED, SCANBALT),
    RegistrationRecord(107, 1, 17, CONFIRMED, LOST),
    RegistrationRecord(108, 1, 18, CONFIRMED, None, country="FR", is_shown=False),
    RegistrationRecord(201, 2, 11, CONFIRMED, SELVITA),  # the same person as 101
    RegistrationRecord(202, 2, 21, CONFIRMED, BANK),
    RegistrationRecord(301, 3, 13, CONFIRMED, FUND),  # at the cancelled breakfast
    RegistrationRecord(501, 5, 13, CONFIRMED, FUND),  # in the year before
    RegistrationRecord(801, 8, 31, CONFIRMED, JCI),
    RegistrationRecord(1001, 10, 11, CONFIRMED, SELVITA),
    RegistrationRecord(1101, 11, 11, CONFIRMED, SELVITA),
    RegistrationRecord(1201, 12, 14, CONFIRMED, KLSK),
)
SMALL = Records(
    year=2025,
    today=TODAY,
    events=EVENTS,
    organisations=ORGANISATIONS,
    registrations=REGISTRATIONS,
    # 102 registered and never came; 301 and 501 came where it does not count.
    attendances=tuple(AttendanceRecord(one) for one in (101, 103, 104, 106, 201, 202, 301, 501, 801, 1001, 1101, 1201)),
    listings=(
        ListingRecord(1, 101, Direction.OFFER, "rd-service"),
        ListingRecord(2, 102, Direction.SEEK, "distribution"),
        ListingRecord(3, 103, Direction.OFFER, "international"),
        ListingRecord(4, 105, Direction.SEEK, "investment"),
        ListingRecord(5, 106, Direction.OFFER, "mentoring"),
        ListingRecord(6, 108, Direction.SEEK, "talent"),
        ListingRecord(7, 201, Direction.OFFER, "rd-service"),
        ListingRecord(8, 103, Direction.SEEK, "licensing"),
    ),
    requests=(RequestRecord(102, 101, listing_id=1), RequestRecord(106, 103), RequestRecord(107, 101)),
    meetings=(
        MeetingRecord(1, 101, 102, MeetingState.HELD, "pilot"),
        MeetingRecord(2, 101, 106, MeetingState.HELD, "follow-up"),
        MeetingRecord(3, 103, 106, MeetingState.NO_SHOW),
        MeetingRecord(4, 103, 107, MeetingState.SCHEDULED),
        MeetingRecord(5, 301, 301, MeetingState.HELD, "pilot"),
    ),
)

#: Counted by hand from the lists above.
BY_HAND = {
    "T9.01.a": (7, [6 - 3]),  # all but the cluster and Warsaw, which is first seen in 2026; Selvita, JCI, the bank
    "T9.01.b": (6, []),  # Selvita, JCI (partners); Berlin and ScanBalt (met), the fund and the bank (came)
    "T9.03.a": (1, []),  # Selvita
    "T9.04.a": (3, []),  # Berlin, the fund and ScanBalt; Warsaw cancelled, and nobody knows where LOST is
    "T9.04.b": (100 / 3, [1]),  # Berlin's pilot
    "T9.06.a": (2, []),  # the edition and one breakfast
    "T9.06.b": (5, [6]),  # persons 11, 13, 14, 16, 21; person 11 came twice
    "T9.07.a": (2, []),  # Selvita's and JCI's
    "T9.08.a": (2, []),  # a series of two, and one by itself
    "T9.08.b": (2, [3]),
    "T9.15.a": (2, []),
    "T9.15.b": (1, []),
    "T9.15.c": (1, []),
    "T9.15.d": (0, []),
    "T9.17.b": (4, []),  # 1 asked about from Berlin, 2 and 5 from abroad, 3 by its kind; 6 is not shown
    "T9.18.a": (1, [1]),  # ScanBalt; Berlin beside it
    "T3.01": (7, [3]),
    "T3.03": (2, []),  # Selvita and JCI
    "T3.04": (2, [2]),  # Berlin and ScanBalt, both met
    "T8.04": (1, []),  # Berlin met Selvita
}
TWINS = {"T10.01": "T3.01", "T10.03": "T3.04", "T10.04": "T3.03", "T10.27": "T8.04"}


@pytest.mark.parametrize("code", sorted(FORMULAS))
def test_the_figure_is_the_one_counted_by_hand(code: str):
    value, parts = BY_HAND[TWINS.get(code, code)]
    figure = FORMULAS[code].compute(Year(SMALL))
    assert figure.value == pytest.approx(value)
    assert [part.value for part in figure.parts] == parts


def test_the_records_behind_a_figure_are_those_counted():
    assert [(ref.id, ref.count) for ref in FORMULAS["T9.06.b"].compute(Year(SMALL)).refs] == [(2, 2), (1, 4)]
    assert [ref.id for ref in FORMULAS["T9.06.a"].compute(Year(SMALL)).refs] == [2, 1]
    assert [ref.id for ref in FORMULAS["T9.04.b"].compute(Year(SMALL)).refs] == [BERLIN]
    assert [ref.id for ref in FORMULAS["T9.17.b"].compute(Year(SMALL)).refs] == [1, 2, 3, 5]


def test_an_event_of_today_is_held_once_somebody_has_come():
    empty = replace(SMALL, attendances=tuple(one for one in SMALL.attendances if one.registration_id != 801))
    assert FORMULAS["T9.07.a"].compute(Year(empty)).value == 1


def test_a_figure_falls_when_an_arrival_is_taken_back():
    fewer = replace(SMALL, attendances=SMALL.attendances[1:])
    assert FORMULAS["T9.06.b"].compute(Year(fewer)).parts[0].value == 5


def test_there_is_no_share_of_nobody():
    assert FORMULAS["T9.04.b"].compute(Year(replace(SMALL, listings=(), requests=()))).value is None


# ---- the second computation: slow, and written from the definitions alone


def naive(code: str, r: Records) -> float | None:
    def org(reg_id):
        for reg in regs:
            if reg.id == reg_id:
                for o in orgs:
                    if o.id == reg.organisation_id:
                        return o
        return None

    orgs = [o for o in r.organisations if not o.is_cluster]
    klsk = [o.id for o in r.organisations if o.is_cluster]
    events = [e for e in r.events if e.status == "published" and str(e.starts_on).startswith(str(r.year))]
    regs = [g for g in r.registrations if any(g.event_id == e.id for e in events)]
    arrivals = [g for g in regs if any(a.registration_id == g.id for a in r.attendances)]
    held = [e for e in events if r.today > e.ends_on or any(g.event_id == e.id for g in arrivals)]
    meetings = [
        m
        for m in r.meetings
        if m.state == "held" and all(any(g.id == one for g in regs) for one in (m.first_id, m.second_id))
    ]
    active = [
        o
        for o in orgs
        if any(g.organisation_id == o.id for g in arrivals)
        or any(org(m.first_id) == o or org(m.second_id) == o for m in meetings)
    ]
    register = [o for o in orgs if o.is_cluster_partner or (o.active_since or 9999) <= r.year]
    cooperating = [o for o in orgs if o.is_cluster_partner or o in active]
    business = ["startup", "scaleup", "sme", "corporate", "cro-cdmo", "advisory", "vc", "bank", "insurer"]
    exporting = [o for o in register if o.region == "PL-12" and [m for m in o.markets if m != "PL"]]
    outside = [o for o in orgs if o.country and (o.country != "PL" or o.region not in (None, "PL-12"))]
    interested = [
        o
        for o in outside
        if any(
            g.organisation_id == o.id
            and g.state not in ("cancelled", "declined")
            and (
                any(x.registration_id == g.id and x.direction == "seek" for x in r.listings)
                or any(q.from_id == g.id for q in r.requests)
            )
            for g in regs
        )
    ]
    started = [
        o
        for o in interested
        if any(
            m.outcome in ("cooperation", "consortium", "pilot", "investment", "license")
            and o in (org(m.first_id), org(m.second_id))
            for m in meetings
        )
    ]
    network = [
        e for e in held if e.kind in ("edition", "networking", "breakfast", "sig_meeting") and e.organiser_id in klsk
    ]
    training = [e for e in held if e.kind == "training" and e.organiser_id in klsk]
    partner_ids = [o.id for o in orgs if o.is_cluster_partner]

    def people(of):
        return len({g.person_id for g in arrivals if g.event_id in [e.id for e in of]})

    def place(reg_id):
        for g in regs:
            if g.id == reg_id:
                o = org(reg_id)
                return (o and o.country) or g.country or "PL"
        return "PL"

    shown = [
        x for x in r.listings if any(x.registration_id == g.id and g.state == "confirmed" and g.is_shown for g in regs)
    ]
    crossing = [
        x
        for x in shown
        if x.type == "international"
        or place(x.registration_id) != "PL"
        or any(q.listing_id == x.id and place(q.from_id) != "PL" for q in r.requests)
    ]
    declaring = [o for o in orgs if o.country not in (None, "PL") and any(org(x.registration_id) == o for x in shown)]
    abroad = [o for o in register if o.country not in (None, "PL")]
    crossed = [
        o
        for o in orgs
        if o.country not in (None, "PL")
        and o.type in business
        and any(
            o in (org(m.first_id), org(m.second_id))
            and any(other and other.region == "PL-12" for other in (org(m.first_id), org(m.second_id)) if other != o)
            for m in meetings
        )
    ]
    figures: dict[str, float | None] = {
        "T9.01.a": len(register),
        "T9.01.b": len(cooperating),
        "T9.03.a": len([o for o in exporting if o.type in business]),
        "T9.04.a": len(interested),
        "T9.04.b": 100 * len(started) / len(interested) if interested else None,
        "T9.06.a": len(network),
        "T9.06.b": people(network),
        "T9.07.a": len([e for e in held if e.kind != "training" and e.organiser_id in partner_ids]),
        "T9.08.a": len({e.series_id for e in training if e.series_id}) + len([e for e in training if not e.series_id]),
        "T9.08.b": people(training),
        "T9.15.a": len([o for o in cooperating if o.type in ("vc", "bank", "insurer")]),
        "T9.15.b": len([o for o in cooperating if o.type == "vc"]),
        "T9.15.c": len([o for o in cooperating if o.type == "bank"]),
        "T9.15.d": len([o for o in cooperating if o.type == "insurer"]),
        "T9.17.b": len(crossing),
        "T9.18.a": len([o for o in declaring if o.type == "cluster"]),
        "T3.01": len(register),
        "T3.03": len(exporting),
        "T3.04": len(abroad),
        "T8.04": len(crossed),
    }
    return figures[code]


DAYS = st.dates(date(2024, 12, 20), date(2025, 12, 31))
SOME = st.integers(1, 6)


@st.composite
def years(draw) -> Records:
    """A random year, small enough for everything in it to meet everything else."""
    organisations = [
        OrganisationRecord(
            one,
            type=draw(st.sampled_from([None, "vc", "bank", "insurer", "cluster", "sme", "park"])),
            country=(country := draw(st.sampled_from([None, "PL", "PL", "DE"]))),
            region=draw(st.sampled_from([None, "PL-12", "PL-14"])) if country == "PL" else None,
            is_cluster_partner=draw(st.booleans()),
            is_cluster=one == 1,
            markets=frozenset(draw(st.sets(st.sampled_from(["PL", "DE", "US"])))),
            active_since=draw(st.sampled_from([None, 2024, 2025, 2026])),
        )
        for one in range(1, draw(st.integers(2, 7)))
    ]
    ids = [one.id for one in organisations]
    events = []
    for one in range(1, draw(st.integers(1, 6))):
        day = draw(DAYS)
        events.append(
            EventRecord(
                one,
                draw(st.sampled_from(EventKind)),
                draw(st.sampled_from([EventStatus.PUBLISHED, EventStatus.PUBLISHED, *EventStatus])),
                day,
                day,
                draw(st.sampled_from([1, *ids])),
                draw(st.sampled_from([None, 1, 2])),
            )
        )
    registrations = [
        RegistrationRecord(
            one,
            draw(st.sampled_from([e.id for e in events])),
            draw(SOME),
            draw(st.sampled_from([CONFIRMED, CONFIRMED, *RegistrationState])),
            draw(st.sampled_from([None, *ids])),
            draw(st.sampled_from([None, "PL", "DE"])),
            draw(st.booleans()),
        )
        for one in range(1, draw(st.integers(1, 12)) if events else 1)
    ]
    any_registration = st.sampled_from([one.id for one in registrations] or [0])
    return Records(
        year=2025,
        today=draw(DAYS),
        events=tuple(events),
        organisations=tuple(organisations),
        registrations=tuple(registrations),
        attendances=tuple(map(AttendanceRecord, draw(st.lists(any_registration, max_size=8)))),
        listings=tuple(
            ListingRecord(
                one,
                draw(any_registration),
                draw(st.sampled_from(Direction)),
                draw(st.sampled_from(["talent", "international"])),
            )
            for one in range(1, draw(SOME))
        ),
        requests=tuple(
            RequestRecord(draw(any_registration), draw(any_registration), draw(st.sampled_from([None, 1, 2, 3])))
            for _ in range(draw(SOME))
        ),
        meetings=tuple(
            MeetingRecord(
                one,
                draw(any_registration),
                draw(any_registration),
                draw(st.sampled_from([MeetingState.HELD, *MeetingState])),
                draw(st.sampled_from([None, "pilot", "follow-up"])),
            )
            for one in range(1, draw(SOME))
        ),
    )


@given(years())
def test_every_figure_equals_a_second_naive_computation(records: Records):
    year = Year(records)
    for code, formula in FORMULAS.items():
        assert formula.compute(year).value == naive(TWINS.get(code, code), records), code


@given(years())
def test_a_count_of_records_is_the_number_of_its_records(records: Records):
    for code in ("T9.01.a", "T9.01.b", "T9.04.a", "T9.06.a", "T9.07.a", "T9.15.a", "T9.17.b", "T9.18.a", "T8.04"):
        figure = FORMULAS[code].compute(Year(records))
        assert figure.value == len(figure.refs) == len({(ref.kind, ref.id) for ref in figure.refs})


@given(years())
def test_people_are_never_more_than_attendances(records: Records):
    for code in ("T9.06.b", "T9.08.b"):
        figure = FORMULAS[code].compute(Year(records))
        assert (figure.value or 0) <= figure.parts[0].value == sum(ref.count or 0 for ref in figure.refs)
