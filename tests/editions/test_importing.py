"""Importing an edition brings all of it in, once; a second time it updates what is there."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionSignup
from lsos.audit import AuditEntry
from lsos.checkin.models import Arrival, ScanPoint
from lsos.checkin.rules import PointKind
from lsos.checkin.service import scan
from lsos.db import Model, db, transaction
from lsos.editions.importing import import_edition
from lsos.editions.reading import InvalidEdition
from lsos.errors import Refused
from lsos.events.models import Event, FocusArea, Room, Series
from lsos.events.rules import EventKind, EventStatus, moment
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import Meeting, MeetingSettings, MeetingSlot, MeetingTable
from lsos.meetings.rules import MeetingOrigin
from lsos.organisations.models import Organisation
from lsos.organisations.queries import organisation_by_name
from lsos.organisations.service import new_organisation
from lsos.paths import folder
from lsos.registration.models import Capacity, ConsentText, ParticipationType, Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.registration.rights import rights_at
from lsos.registration.rules import ConsentKind
from lsos.taxonomy.models import CooperationType, Tag, TicketBand, TrlLevel
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual
from tests import make

BUNDLED = folder("data") / "lsos-2025.yaml"
NOW = datetime(2025, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def edition(app: Flask) -> Event:
    return import_edition(BUNDLED, now=NOW)


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., Path]:
    """Give the bundled edition with some words replaced."""

    def rewrite(*changes: tuple[str, str]) -> Path:
        text = BUNDLED.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "edition.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return rewrite


def count(kind: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def counts() -> dict[str, int]:
    kinds = [mapper.class_ for mapper in Model.registry.mappers]
    return {kind.__name__: count(kind) for kind in kinds if kind is not AuditEntry}


def by_code(kind: Any, code: str) -> Any:
    return db.session.scalars(select(kind).where(kind.code == code)).one()


def test_the_event_comes_in_as_the_file_says(edition):
    assert (edition.slug, edition.kind, edition.status) == ("lsos-2025", EventKind.EDITION, EventStatus.PUBLISHED)
    assert (edition.starts_on, edition.ends_on, edition.moved_days) == (date(2025, 11, 27), date(2025, 11, 28), 0)
    assert edition.organiser.name == "Fundacja Klaster LifeScience Kraków"
    assert edition.venue is not None
    assert edition.venue.street == "ul. Konopnickiej 26"
    assert edition.are_hours_illustrative
    series = db.session.scalars(select(Series)).one()
    assert (series.name.pl, edition.series) == ("Life Science Open Space", series)
    #: The house opens at nine, but registration begins before.
    assert (edition.doors_open, edition.doors_close) == (time(8, 30), time(17, 30))


def test_every_list_of_the_file_comes_in(edition):
    assert (
        counts()
        | {
            "Session": 24,
            "Room": 7,
            "FocusArea": 4,
            "Zone": 3,
            "SessionFormat": 13,
            "StakeholderType": 24,
            "Sig": 15,
            "CooperationType": 17,
            "FundingStage": 8,
            "TicketBand": 6,
            "TrlLevel": 9,
            "MeetingOutcome": 7,
            "ParticipationType": 7,
            "ConsentText": 7,
            "Organisation": 20,
            "Person": 0,
        }
        == counts()
    )
    tag = by_code(Tag, "oncology")
    areas = db.session.scalars(select(FocusArea).where(FocusArea.tags.contains(tag)).order_by(FocusArea.position))
    assert [area.code for area in areas] == ["prevention", "therapies"]
    band = by_code(TicketBand, "t6")
    assert (band.min_eur, band.max_eur) == (10_000_000, None)
    assert by_code(TrlLevel, "trl-9").position == 9
    symmetric = db.session.scalars(select(CooperationType.code).where(CooperationType.is_symmetric)).all()
    assert sorted(symmetric) == ["international", "rd-consortium"]


def test_organisations_keep_their_names_and_what_is_only_suggested_is_marked(edition):
    sano = organisation_by_name("SANO")
    assert sano is not None
    assert sano.interest_group is InterestGroup.RD
    assert sano.is_classification_illustrative
    assert sano.is_cluster_partner
    assert not sano.is_invented
    assert (sano.country, sano.region) == (None, None)
    network = organisation_by_name("ScanBalt")
    assert network is not None
    assert not network.is_cluster_partner


def test_sessions_stand_at_local_times_with_the_seats_of_their_rooms(edition):
    talk = by_code(Session, "s-prev")
    assert talk.starts_at == moment(date(2025, 11, 27), time(11, 15), "Europe/Warsaw")
    assert (talk.room.code, talk.focus_area.code, talk.seats) == ("main-hall", "prevention", 200)
    assert talk.is_illustrative
    assert by_code(Session, "s-workshop").seats == 30
    lunch = by_code(Session, "s-lunch-1")
    assert (lunch.takes_signups, lunch.seats) == (False, None)
    assert by_code(Session, "s-qtm").is_public


def test_ways_to_take_part_come_with_seats_that_they_share_or_have_alone(edition):
    kinds = {kind.code: kind for kind in db.session.scalars(select(ParticipationType))}
    assert kinds["public"].is_light
    assert kinds["public"].days == ["2025-11-28"]
    assert not kinds["participant"].is_light
    assert kinds["startup"].needs_approval
    assert kinds["speaker"].is_by_invitation
    assert not kinds["media"].has_matchmaking
    seats = {code: [(c.code, c.seats) for c in kind.capacities] for code, kind in kinds.items()}
    assert seats["participant"] == [("forum", 200 + 60 + 40 + 120 + 48)]
    assert seats["startup"] == [*seats["participant"], ("startup-scaleup", 30)]
    assert seats["public"] == [("public", 200)]


def test_terms_are_accepted_notices_read_and_the_rest_may_be_refused(edition):
    kinds = {text.purpose: (text.kind, text.is_required) for text in db.session.scalars(select(ConsentText))}
    assert kinds["terms"] == (ConsentKind.ACCEPTANCE, True)
    assert kinds["privacy-notice"] == (ConsentKind.ACKNOWLEDGEMENT, True)
    assert kinds["catalogue"] == (ConsentKind.CONSENT, False)


def test_windows_become_slots_with_breaks_and_the_meeting_room_gets_its_tables(edition):
    settings = db.session.get_one(MeetingSettings, edition.id)
    assert (settings.slot_minutes, settings.buffer_minutes, settings.max_per_person) == (20, 5, 12)
    slots = db.session.scalars(select(MeetingSlot).order_by(MeetingSlot.starts_at)).all()
    assert len(slots) == 3 + 7 + 6 + 3
    first_day = date(2025, 11, 27)
    assert slots[0].starts_at == moment(first_day, time(11, 30), "Europe/Warsaw")
    assert slots[1].starts_at - slots[0].ends_at == timedelta(minutes=5)
    assert slots[2].ends_at == moment(first_day, time(12, 40), "Europe/Warsaw")
    tables = db.session.scalars(select(MeetingTable).order_by(MeetingTable.number)).all()
    assert [table.number for table in tables] == list(range(1, 21))
    assert {table.room.code for table in tables if table.room} == {"partnering"}


def test_badges_are_scanned_at_the_entrance_in_rooms_of_sessions_and_at_the_tables(edition):
    points = db.session.scalars(select(ScanPoint).order_by(ScanPoint.position)).all()
    assert [(point.code, point.kind) for point in points] == [
        ("main", PointKind.DOOR),
        ("main-hall", PointKind.ROOM),
        ("lecture-a", PointKind.ROOM),
        ("lecture-b", PointKind.ROOM),
        ("gallery", PointKind.ROOM),
        ("tables", PointKind.TABLES),
    ]
    assert points[0].name.en == "Entrance: Foyer"


def test_a_second_import_adds_nothing(edition):
    before = counts()
    again = import_edition(BUNDLED, now=NOW)
    assert again.id == edition.id
    assert counts() == before
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions == ["event.imported", "event.imported"]


def test_a_changed_file_updates_and_registrations_stay(edition, rewritten):
    kind = by_code(ParticipationType, "participant")
    guest = make.registration(edition, participation_type=kind)
    make.signup(guest, by_code(Session, "s-prev"))
    file = rewritten(
        ("Future of Prevention: focus session", "Prevention, at length"),
        ('start: "2025-11-27T11:15", end: "2025-11-27T13:00"', 'start: "2025-11-27T11:20", end: "2025-11-27T13:00"'),
        ("capacity: 40", "capacity: 41"),
    )
    import_edition(file, now=NOW)
    talk = by_code(Session, "s-prev")
    assert talk.title.en == "Prevention, at length"
    assert talk.starts_at == moment(date(2025, 11, 27), time(11, 20), "Europe/Warsaw")
    assert by_code(Room, "lecture-b").capacity == 41
    assert (count(Registration), count(SessionSignup), count(Session)) == (1, 1, 24)


def test_seats_never_fall_below_those_taken_and_an_organisers_number_stays(edition, rewritten):
    with transaction() as session:
        session.get_one(Session, by_code(Session, "s-workshop").id).signed_up = 25
        session.get_one(Capacity, by_code(Capacity, "forum").id).seats = 500
    import_edition(rewritten(("capacity: 30,", "capacity: 10,")), now=NOW)
    assert by_code(Session, "s-workshop").seats == 25
    assert by_code(Capacity, "forum").seats == 500


def test_words_somebody_agreed_to_are_kept_beside_the_new_ones(edition, rewritten):
    make.registration(edition, participation_type=by_code(ParticipationType, "participant"), purposes=("newsletter",))
    file = rewritten(("Cluster newsletter", "Our newsletter"), ("I want meeting suggestions", "Suggest meetings to me"))
    import_edition(file, now=NOW)
    texts = db.session.scalars(select(ConsentText).order_by(ConsentText.purpose, ConsentText.version)).all()
    found = [(t.version, t.wording.en, t.is_current) for t in texts if t.purpose in {"newsletter", "matchmaking"}]
    assert found == [
        (1, "Suggest meetings to me", True),
        (1, "Cluster newsletter", False),
        (2, "Our newsletter", True),
    ]


def test_an_organisation_that_people_typed_before_is_the_one_the_file_names(app):
    typed = make.add(new_organisation("selvita", now=NOW))
    import_edition(BUNDLED, now=NOW)
    selvita = by_code(Organisation, "selvita")
    assert (selvita.id, selvita.name) == (typed.id, "Selvita")
    assert count(Organisation) == 20


def test_unused_slots_and_tables_follow_the_file(edition, rewritten):
    file = rewritten(
        ("  slot_minutes: 20", "  slot_minutes: 30"), ("  tables: 20\n", "  tables: 8\n"), ("tables: 20,", "tables: 8,")
    )
    import_edition(file, now=NOW)
    assert count(MeetingTable) == 8
    slots = db.session.scalars(select(MeetingSlot).order_by(MeetingSlot.starts_at)).all()
    assert {slot.ends_at - slot.starts_at for slot in slots} == {timedelta(minutes=30)}
    assert slots[1].starts_at - slots[0].starts_at == timedelta(minutes=35)


def test_slots_with_meetings_are_not_taken_away(edition, rewritten):
    guests = sorted(make.registration(edition).id for _ in range(2))
    slot = db.session.scalars(select(MeetingSlot).order_by(MeetingSlot.starts_at.desc())).first()
    table = db.session.scalars(select(MeetingTable)).first()
    assert slot is not None
    assert table is not None
    make.add(
        Meeting(
            event_id=edition.id,
            origin=MeetingOrigin.REQUEST,
            first_id=guests[0],
            second_id=guests[1],
            slot_id=slot.id,
            table_id=table.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            created_at=NOW,
        )
    )
    before = counts()
    with pytest.raises(Refused, match=r"slots that the file no longer has \(1 of them\)"):
        import_edition(rewritten(('end: "2025-11-28T15:30"}', 'end: "2025-11-28T14:40"}')), now=NOW)
    assert counts() == before


def test_a_wrong_file_changes_nothing(app, rewritten):
    with pytest.raises(InvalidEdition):
        import_edition(rewritten(("room: cafe", "room: caffe")), now=NOW)
    assert set(counts().values()) == {0}


def test_moved_to_another_day_everything_goes_along_at_the_same_local_times(app):
    event = import_edition(BUNDLED, move_first_day_to=date(2026, 7, 1), now=NOW)
    assert (event.starts_on, event.ends_on) == (date(2026, 7, 1), date(2026, 7, 2))
    assert event.moved_days == (date(2026, 7, 1) - date(2025, 11, 27)).days
    #: In July clocks stand two hours before UTC, in November one.
    assert by_code(Session, "s-prev").starts_at == datetime(2026, 7, 1, 9, 15, tzinfo=UTC)
    assert min(db.session.scalars(select(MeetingSlot.starts_at))) == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert by_code(ParticipationType, "public").days == ["2026-07-02"]


@pytest.mark.parametrize(("clock", "opens"), [("03:40", "03:00"), ("11:00", "08:30"), ("23:00", "08:30")])
def test_moved_to_today_the_doors_can_be_tried_at_once_however_early_it_is(app, clock, opens):
    now = datetime.combine(date(2026, 7, 1), time.fromisoformat(clock), ZoneInfo("Europe/Warsaw"))
    event = import_edition(BUNDLED, move_first_day_to=date(2026, 7, 1), now=now)
    assert event.doors_open == time.fromisoformat(opens)


def test_imported_again_with_other_dates_the_event_moves_whole(edition):
    before = counts()
    moved = import_edition(BUNDLED, move_first_day_to=date(2026, 3, 28), now=NOW)
    assert counts() == before
    #: The second day is the one on which clocks go forward.
    assert by_code(Session, "s-open").starts_at == datetime(2026, 3, 28, 8, 30, tzinfo=UTC)
    assert by_code(Session, "s-health").starts_at == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    back = import_edition(BUNDLED, now=NOW)
    assert (moved.id, back.moved_days) == (back.id, 0)
    assert by_code(Session, "s-health").starts_at == moment(date(2025, 11, 28), time(9), "Europe/Warsaw")


def test_an_event_that_people_have_come_to_is_not_moved_by_a_file(edition):
    guest = make.registration(edition, participation_type=by_code(ParticipationType, "participant"))
    with transaction() as session:
        session.get_one(Person, guest.person_id).is_invented = False
    at = moment(edition.starts_on, time(9), edition.timezone)
    scan(edition, "main", guest.badge_code, uid="one", scanned_at=at, by_id=None, now=at)
    with pytest.raises(Refused, match="People have come in to lsos-2025 already"):
        import_edition(BUNDLED, move_first_day_to=date(2026, 7, 1), now=NOW)
    assert count(Arrival) == 1
    assert import_edition(BUNDLED, now=NOW).starts_on == date(2025, 11, 27)
    assert count(Arrival) == 1


def test_a_file_words_a_way_to_take_part_and_leaves_its_seats_to_the_organiser(edition, rewritten):
    with transaction() as session:
        kind = session.get_one(ParticipationType, by_code(ParticipationType, "investor").id)
        kind.letter = Bilingual("Do zobaczenia", "See you")
        kind.capacities = [*kind.capacities, by_code(Capacity, "startup-scaleup")]
    file = rewritten(
        ("{id: investor, ", '{id: investor, description: {pl: "Szukasz spółek", en: "You look for companies"}, ')
    )
    import_edition(file, now=NOW)
    db.session.rollback()
    db.session.expire_all()
    found = by_code(ParticipationType, "investor")
    assert found.description == Bilingual("Szukasz spółek", "You look for companies")
    assert found.letter == Bilingual("Do zobaczenia", "See you")
    assert {one.code for one in found.capacities} == {"forum", "startup-scaleup"}


def test_a_file_says_who_may_ask_whom_and_leaves_the_rest_to_the_organiser(edition, rewritten):
    investor, startup, media = (by_code(ParticipationType, code) for code in ("investor", "startup", "media"))
    with transaction() as session:
        session.add(TypeRight(viewer_type_id=investor.id, other_type_id=media.id, right=Right.SEE))
        session.add(TypeRight(viewer_type_id=startup.id, other_type_id=media.id, right=Right.SEE))
    said = "rights: [{towards: startup, may: see}, {towards: investor, may: nothing}, {towards: media, may: ask}], "
    for _ in range(2):
        import_edition(rewritten(("{id: investor, ", "{id: investor, " + said)), now=NOW)

    assert rights_at(edition.id).narrowed == {
        (investor.id, startup.id): Right.SEE,
        (investor.id, investor.id): Right.NOTHING,
        (startup.id, media.id): Right.SEE,
    }


def test_a_file_limits_meetings_and_requests_and_leaves_the_rest_to_the_organiser(edition, rewritten):
    with transaction() as session:
        settings = session.get_one(MeetingSettings, edition.id)
        settings.mode, settings.max_open_requests = MeetingMode.NOW, 4
    import_edition(
        rewritten(
            ("{id: investor, ", "{id: investor, max_open_requests: 25, max_meetings: 30, "),
            (
                "  max_meetings_per_person:",
                "  request_hours: 24\n  max_meetings_per_day: 6\n  max_meetings_per_person:",
            ),
        ),
        now=NOW,
    )
    db.session.expire_all()

    investor = by_code(ParticipationType, "investor")
    assert (investor.max_open_requests, investor.max_meetings, investor.max_meetings_a_day) == (25, 30, None)
    settings = db.session.get_one(MeetingSettings, edition.id)
    assert (settings.request_hours, settings.max_per_day) == (24, 6)
    assert (settings.mode, settings.max_open_requests) == (MeetingMode.NOW, 4)


def test_a_right_towards_what_there_is_not_changes_nothing(app, rewritten):
    file = rewritten(("{id: investor, ", "{id: investor, rights: [{towards: nobody, may: see}], "))
    with pytest.raises(InvalidEdition):
        import_edition(file, now=NOW)
    assert count(ParticipationType) == 0
