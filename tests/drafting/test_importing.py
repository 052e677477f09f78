"""Programmes from files go into the draft, come again without a change, and lose nothing on the way."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from zlib import crc32

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session as Row
from lsos.db import db
from lsos.drafting.conflicts import KINDS
from lsos.drafting.content import Content
from lsos.drafting.import_planning import LEAVE, Choices, Plan
from lsos.drafting.importing import Taken, forget_uploads, keep, look, take
from lsos.drafting.models import ConflictSeverity, SessionSource
from lsos.drafting.queries import Buffers, draft_of
from lsos.drafting.releasing import release
from lsos.drafting.service import lock, place, save, undo
from lsos.drafting.severities import set_severities
from lsos.errors import Refused
from lsos.events.models import Event, FocusArea, Room
from lsos.events.rules import EventStatus
from lsos.schedule_files.files import Format, read, write
from lsos.schedule_files.model import Person as Speaker
from lsos.schedule_files.model import Programme
from lsos.schedule_files.model import Session as Said
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.schedule_files.programmes import CAMP, FOSDEM, real

pytestmark = pytest.mark.any_database
NOW = make.BEFORE
ZONE = "Europe/Brussels"
HOUR = timedelta(hours=1)


class Desk:
    """Somebody who brings files to an event."""

    def __init__(self, *, starts_on: date = make.FIRST_DAY) -> None:
        if not db.session.scalar(select(func.count()).select_from(SessionFormat)):
            make.add(SessionFormat(code="talk", name=Bilingual("Wykład", "Talk")))
        self.event: Event = make.event(starts_on=starts_on, days=5, timezone=ZONE, status=EventStatus.PUBLISHED)
        self.id, self.by = self.event.id, make.person("Ola", "Kot").id

    def look(self, content: bytes, asked: Choices | None = None, *, file_is_right: bool = False) -> tuple[str, Plan]:
        kept = keep(self.id, "programme", content, zone=ZONE, by=self.by, now=NOW)
        uid, plan = kept.uid, look(self.id, kept, asked, file_is_right=file_is_right).plan
        db.session.rollback()
        return uid, plan

    def take(self, content: bytes, asked: Choices | None = None, **how: bool) -> Taken:
        uid = keep(self.id, "programme", content, zone=ZONE, by=self.by, now=NOW).uid
        how = {"file_is_right": False, "withdraws": False} | how
        seen = draft_of(self.id).latest
        done = take(self.id, uid, asked or Choices(), seen=seen, by=self.by, now=NOW, **how)
        db.session.rollback()
        return done

    @property
    def contents(self) -> dict[str, tuple[str, Content]]:
        db.session.rollback()
        found = draft_of(self.id).contents
        return {content.title.en or content.title.pl: (uid, content) for uid, content in found.items()}

    def release(self) -> None:
        set_severities(self.id, dict.fromkeys(KINDS, Severity.IGNORE), Buffers(), actor_id=self.by)
        seen = draft_of(self.id).latest
        release(self.id, Bilingual("A", "A"), Bilingual(), seen=seen, tells=False, by=self.by, now=NOW)
        db.session.rollback()


def talk(title: str, hours: float = 0, **more: object) -> Said:
    values = {"room": "Janson", "guid": "", "id": str(crc32(title.encode()))} | more
    return Said(title=title, start=make.DOORS + hours * HOUR, duration=HOUR, **values)  # type: ignore[arg-type]


def as_file(*sessions: Said) -> bytes:
    return write(Programme(title="Forum", sessions=sessions), Format.JSON, now=NOW)


def said(programme: Programme) -> list[str]:
    """Say all that a programme says of its sessions, but the address they have, and what tells them apart."""
    told = []
    for one in programme.sessions:
        people = tuple(replace(who, guid="") for who in one.persons)
        bare = replace(one, guid="", url="", origin_url="", slug="", id="", day=0, code="", persons=people)
        told.append(repr(replace(bare, start=one.start.astimezone(UTC))))
    return sorted(told)


@pytest.mark.parametrize(
    ("name", "day", "file"),
    [
        (FOSDEM, date(2014, 2, 1), "en/{}/schedule.xml"),
        (CAMP, date(2019, 8, 21), "pl/{}/schedule.json"),
    ],
)
def test_real_programmes_come_out_as_they_came_in(app: Flask, client: Reader, name: str, day: date, file: str):
    content = real(name).read_bytes()
    desk = Desk(starts_on=day)
    done = desk.take(content)
    original = read(content, zone=ZONE).programme
    assert done == Taken(len(original.sessions), 0, 0)
    desk.release()
    written = client.get(f"/{file.format(f'events/{desk.event.slug}')}").data
    assert said(read(written).programme) == said(original)
    for again in (written, content):
        _, plan = desk.look(again)
        assert (plan.new, plan.changed, plan.missing, dict(plan.rooms), dict(plan.people)) == ([], [], (), {}, {})


def test_a_file_goes_into_the_draft_at_once_and_is_taken_back_at_once(app: Flask):
    desk = Desk()
    speakers = (Speaker("Ada Ząb", guid="a"), Speaker("Jan Lis", role="moderator"))
    file = as_file(talk("Opening", track="Health", persons=speakers, language="pl"), talk("Panel", 0.5))
    assert desk.take(file) == Taken(2, 0, 0)
    _, opening = desk.contents["Opening"]
    assert (opening.starts_at, opening.code, opening.languages) == (make.DOORS, "opening", ("pl",))
    names = draft_of(desk.id).names
    assert [(names[one.person_id], one.role) for one in opening.people] == [
        ("Ada Ząb", "speaker"),
        ("Jan Lis", "chair"),
    ]
    assert [room.name.en for room in db.session.scalars(select(Room))] == ["Janson"]
    assert [area.name.en for area in db.session.scalars(select(FocusArea))] == ["Health"]
    assert db.session.scalar(select(func.count()).select_from(EmailAddress)) == 1, "the organiser's own"
    assert db.session.scalar(select(func.count()).select_from(Row)) == 0, "nothing is public"
    undo(desk.id, by=desk.by, now=NOW)
    assert desk.contents == {}
    assert desk.take(file) == Taken(2, 0, 0), "what was taken back is not there any more"
    assert db.session.scalar(select(func.count()).select_from(Person)) == 3, "people are known again"


def test_what_was_changed_here_since_stays_and_what_is_new_in_the_file_comes(app: Flask):
    desk = Desk()
    desk.take(as_file(talk("One"), talk("Two", 1), talk("Three", 2)))
    (one, _), (two, _) = desk.contents["One"], desk.contents["Two"]
    place(desk.id, one, None, make.DOORS + 5 * HOUR, seen=99, by=desk.by, now=NOW)
    newer = as_file(talk("One", abstract="Words"), replace(talk("Two", 1), title="Two!"), talk("Four", 3))
    _, plan = desk.look(newer)
    assert [row.uid for row in plan.changed] == [one, two]
    assert [len(plan.new), len(plan.missing)] == [1, 1]
    desk.take(newer)
    there = desk.contents
    assert (there["One"][1].starts_at, there["One"][1].abstract.en) == (make.DOORS + 5 * HOUR, "Words")
    assert there["Two!"][0] == two
    assert "Three" in there, "nothing leaves the draft without being asked for"
    moved = as_file(talk("One", 7, abstract="Words"), replace(talk("Two", 1), title="Two!"), talk("Four", 3))
    _, kept = desk.look(moved)
    assert ([row.kept for row in kept.rows if row.uid == one], kept.changed) == (
        [("starts_at", "ends_at")],
        [],
    )
    assert desk.take(moved, file_is_right=True, withdraws=True) == Taken(0, 1, 1)
    assert desk.contents["One"][1].starts_at == make.DOORS + 7 * HOUR
    assert "Three" not in desk.contents


def test_what_is_locked_stays_where_it_is(app: Flask):
    desk = Desk()
    desk.take(as_file(talk("One")))
    uid, _ = desk.contents["One"]
    lock(desk.id, uid, True, by=desk.by, now=NOW)
    desk.take(as_file(talk("One", 4, abstract="Words")), file_is_right=True)
    assert (desk.contents["One"][1].starts_at, desk.contents["One"][1].abstract.en) == (make.DOORS, "Words")


def test_rooms_and_tracks_stand_for_what_the_organiser_says_also_the_next_time(app: Flask):
    desk = Desk()
    hall, area = make.room(desk.event), make.focus_area(desk.event)
    file = as_file(talk("One", track="Health"), talk("Two", 1, room="Cellar", track="Odd"))
    asked = Choices(rooms={"Janson": hall.code, "Cellar": LEAVE}, tracks={"Health": f"area:{area.code}"})
    desk.take(file, asked)
    one, two = desk.contents["One"][1], desk.contents["Two"][1]
    assert (one.room_id, one.focus_area_id, two.room_id, two.focus_area_id) == (hall.id, area.id, None, None)
    _, plan = desk.look(file)
    assert (plan.changed, dict(plan.rooms), dict(plan.areas)) == ([], {}, {})


def test_a_file_that_nobody_takes_is_forgotten_after_a_day(app: Flask):
    desk = Desk()
    desk.look(as_file(talk("One")))
    assert forget_uploads(now=NOW + timedelta(hours=23)) == 0
    assert forget_uploads(now=NOW + timedelta(hours=25)) == 1


def test_a_file_is_not_taken_into_a_draft_that_was_changed_since_it_was_looked_at(app: Flask):
    desk = Desk()
    desk.take(as_file(talk("One")))
    uid, _ = desk.look(as_file(talk("Two", 1)))
    save(desk.id, None, replace(desk.contents["One"][1], title=Bilingual("", "Mine")), seen=1, by=desk.by, now=NOW)
    with pytest.raises(Refused, match="Look once more"):
        take(desk.id, uid, Choices(), file_is_right=False, withdraws=False, seen=1, by=desk.by, now=NOW)
    assert sorted(desk.contents) == ["Mine", "One"]


def test_two_files_that_both_count_from_one_speak_of_different_sessions(app: Flask):
    desk = Desk()
    head = b"title,start,duration,id\n"
    at = make.DOORS.isoformat().encode()
    desk.take(head + b"Alpha," + at + b",30,1\nBeta," + at + b",30,2\n")
    assert desk.take(head + b"Gamma," + at + b",30,1\nDelta," + at + b",30,2\n") == Taken(2, 0, 0)
    assert desk.take(b"title,start,duration\nAlpha," + at + b",30\n") == Taken(0, 0, 0), "by title and time"


def test_looking_at_a_file_costs_as_many_statements_whatever_its_size(app: Flask):
    desk = Desk()
    few, many = as_file(talk("One")), as_file(*(talk(f"Talk {place}", place / 10) for place in range(40)))
    statements = []
    for file in (few, many):
        desk.take(file)
        kept = keep(desk.id, "programme", file, zone=ZONE, by=desk.by, now=NOW)
        db.session.rollback()
        with counting() as count:
            look(desk.id, kept, None, file_is_right=False)
        statements.append(len(count))
    assert statements[0] == statements[1]
    assert db.session.scalar(select(func.count()).select_from(SessionSource)) == 41
    assert db.session.scalar(select(func.count()).select_from(ConflictSeverity)) == 0
