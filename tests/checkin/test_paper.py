"""The paper for when network or phones fail: what stands on it, when it is made, and what was ticked on it."""

import csv
import io
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image
from sqlalchemy import func, select

from lsos import chores
from lsos.audit import AuditEntry
from lsos.checkin import paper_kit, paper_lines, paper_making
from lsos.checkin.models import Arrival, PaperKit, PaperOrder, PaperWords, Scan
from lsos.checkin.paper_lines import PaperLine, Usual
from lsos.checkin.paper_rules import LineRefusal, due_days, paper_uid, share_out, time_written
from lsos.checkin.rules import Refusal, ScanResult, UndoReason
from lsos.checkin.service import undo
from lsos.db import db
from lsos.errors import InputError, Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus, Role, moment
from lsos.mail import OutgoingMail
from lsos.privacy import keeping
from lsos.privacy.rules import DataClass
from lsos.registration.models import RegistrationChange
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual, alphabet_key
from tests import make
from tests.racing import race

#: Nothing here depends on how fast the machine is.
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EVENING = moment(make.FIRST_DAY - timedelta(days=1), time(18), make.ZONE)
DAYS = [make.FIRST_DAY, make.FIRST_DAY + timedelta(days=1)]


def type_at(slug, language):
    return f"https://lsos.example.org/{language}/events/{slug}/organise/paper/type"


# ---- when it is due


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (EVENING - timedelta(seconds=1), []),
        (EVENING, DAYS[:1]),
        (EVENING + timedelta(hours=9), DAYS[:1]),
        #: The worker was down at the hour: until the doors close it is still made.
        (moment(DAYS[0], time(17, 59), make.ZONE), DAYS[:1]),
        (moment(DAYS[0], time(18), make.ZONE), DAYS),
        (moment(DAYS[0], time(18, 1), make.ZONE), DAYS[1:]),
        (moment(DAYS[1], time(18, 1), make.ZONE), []),
    ],
)
def test_the_paper_of_a_day_is_due_from_the_evening_before_until_its_doors_close(now, due):
    assert due_days(DAYS, closes=time(18), zone=make.ZONE, now=now) == due


def test_the_evening_is_that_of_the_event():
    tokyo = datetime(2027, 6, 9, 9, 0, tzinfo=UTC)  # 18:00 there
    assert due_days([date(2027, 6, 10)], closes=time(18), zone="Asia/Tokyo", now=tokyo) == [date(2027, 6, 10)]
    assert due_days([date(2027, 6, 10)], closes=time(18), zone=make.ZONE, now=tokyo) == []


# ---- how desks share the alphabet


@unhurried
@given(
    st.lists(st.integers(1, 60), max_size=9),
    st.integers(1, 9),
)
def test_desks_get_letters_that_follow_one_another_and_no_other_sharing_is_fairer(numbers, desks):
    counts = list(zip("ABCĆDEŁMZ", numbers, strict=False))
    shared = share_out(counts, desks)
    assert [letter for some in shared for letter in some] == [letter for letter, _ in counts]
    assert len(shared) == min(desks, len(counts))
    assert all(shared)
    if counts:
        of = dict(counts)
        fullest = max(sum(of[letter] for letter in some) for some in shared)
        assert fullest == _fullest([number for _, number in counts], len(shared))


def _fullest(sizes, desks):
    """Try every way to cut, and say how full the fullest desk is at best."""
    if desks == 1:
        return sum(sizes)
    return min(max(sum(sizes[:end]), _fullest(sizes[end:], desks - 1)) for end in range(1, len(sizes) - desks + 2))


# ---- ids and times


@unhurried
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)), unique=True, max_size=30))
def test_the_same_line_of_the_same_file_has_the_same_id_and_no_two_share_one(parts):
    parts = [one for one in parts if not any("\x1f" in each for each in one)]
    ids = [paper_uid(*one) for one in parts]
    assert ids == [paper_uid(*one) for one in parts]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 22 and one.startswith("paper-") for one in ids)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("9:05", time(9, 5)),
        ("09.05", time(9, 5)),
        ("09:05:30", time(9, 5)),
        (f"{make.FIRST_DAY.isoformat()} 9:05", time(9, 5)),
        (f"{make.FIRST_DAY.isoformat()}T09:05:00", time(9, 5)),
        ("9", None),
        ("25:00", None),
        ("9:61", None),
        ("soon", None),
        ("", None),
        ("9:05 9:06 9:07", None),
        ("-1:05", None),
    ],
)
def test_a_time_is_read_as_it_is_written(said, at):
    wanted = moment(make.FIRST_DAY, at, make.ZONE) if at else None
    assert time_written(said, day=make.FIRST_DAY, zone=make.ZONE) == wanted


# ---- what stands on it


@pytest.fixture
def event(app):
    return make.event()


def printed(event, language="en", *, words=None, day=None):
    with paper_kit.document(
        event,
        day or event.starts_on,
        language=language,
        words=words,
        type_at=type_at(event.slug, language),
        now=EVENING,
    ) as (made, _people):
        return made.pdf()


def pages(content):
    return [page.extract_text().replace("\u200b", "") for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.mark.any_database
def test_it_says_who_comes_in_who_does_not_and_what_to_do(event):
    kind = make.participation_type(event)
    later = make.participation_type(event, days=[event.ends_on.isoformat()])
    coming = make.registration(
        event, make.person("Ola", "Żółć"), participation_type=kind, desk_note="Call Magda", dietary_needs="no nuts"
    )
    waiting = make.registration(
        event, make.person("Jan", "Lis"), participation_type=kind, state=RegistrationState.WAITLISTED
    )
    tomorrow = make.registration(event, make.person("Ewa", "Dąb"), participation_type=later)
    erased = make.registration(event, make.person("Zofia", "Dawna"), erased_at=make.BEFORE)
    words = PaperWords(desks=1, words=Bilingual("Magda: 600 000 000", "Magda: 600 000 001"))
    cover, guests, refused, nobody = pages(printed(event, words=words))
    assert "When the network or the phones fail" in cover
    assert "Emergency: 112" in cover
    assert "Magda: 600 000 001" in cover
    assert "600 000 000" not in cover
    assert type_at(event.slug, "en").removesuffix("/type") in cover.replace("\n", "")
    assert "Żółć" in guests
    assert coming.badge_code in guests
    assert "Call Magda" in guests
    assert "Lis" in refused
    assert "waiting list" in refused
    assert "Dąb" in refused
    assert "not for today" in refused
    assert "Guests on no list" in nobody
    everything = f"{cover}{guests}{refused}{nobody}"
    assert "no nuts" not in everything
    assert "Dawna" not in everything
    for one in (coming, waiting, tomorrow, erased):
        assert one.person.email not in everything
    for one in (waiting, tomorrow):
        assert one.badge_code not in everything
    for number, page in enumerate((cover, guests, refused, nobody), start=1):
        assert f"Page {number} / 4" in page
        assert "Made on" in page
        assert "Destroy after the event." in page


@pytest.mark.any_database
def test_the_list_is_by_the_polish_alphabet_and_shared_between_desks(event):
    names = ["Zając", "Łoś", "Lwów", "Ćma", "Cebula", "Żaba", "Śliwa", "Sowa"]
    for name in names:
        make.registration(event, make.person("Jan", name))
    content = pages(printed(event, "pl", words=PaperWords(desks=3, words=Bilingual())))
    lists = [page for page in content if "stanowisko" in page]
    assert len(lists) == 3
    order = sorted(names, key=lambda name: "".join(lists).index(name))
    assert order == ["Cebula", "Ćma", "Lwów", "Łoś", "Sowa", "Śliwa", "Zając", "Żaba"]
    assert order == sorted(names, key=alphabet_key)
    assert "stanowisko 1 z 3" in lists[0]
    assert "stanowisko 3 z 3" in lists[2]


@pytest.mark.any_database
def test_each_session_with_sign_ups_has_a_list_of_who_may_come_in_that_day(event):
    session = make.session(event, title=Bilingual("Terapie", "Therapies"))
    other = make.session(event, title=Bilingual("Pusta", "Empty"))
    tomorrow = make.session(event, title=Bilingual("Jutro", "Tomorrow"), starts_at=make.DOORS + timedelta(days=1))
    mine = make.registration(event, make.person("Ola", "Wąs"))
    gone = make.registration(event, make.person("Jan", "Lis"), state=RegistrationState.CANCELLED)
    for whose, what in ((mine, session), (gone, session), (mine, tomorrow)):
        make.signup(whose, what)
    last = pages(printed(event))[-1]
    assert "Therapies" in last
    assert "Wąs" in last
    assert "Lis" not in last
    assert "Came without signing up" in last
    everything = "".join(pages(printed(event)))
    assert "Tomorrow" not in everything
    assert other.title.en not in everything


@pytest.mark.any_database
def test_every_name_of_the_sample_is_printed_with_letters_that_are_in_the_file(event, tmp_path: Path):
    with (Path(__file__).parents[1] / "names.csv").open(encoding="utf-8", newline="") as file:
        names = [row["text"] for row in csv.DictReader(file) if row["text"].strip()][:150]
    for name in names:
        make.registration(event, make.person("Ola", name[:110]))
    place = tmp_path / "kit.pdf"
    place.write_bytes(printed(event))
    listing = subprocess.run(["pdffonts", place], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in listing.splitlines()[2:]]
    assert fonts
    assert all("Lato" in font[0] and font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)


@pytest.mark.any_database
def test_a_camera_reads_every_code_off_the_list(event):
    codes = {make.registration(event, make.person("Jan", f"Wąs{n:02}")).badge_code for n in range(30)}
    with paper_kit.document(
        event, event.starts_on, language="en", words=None, type_at="https://lsos.example.org", now=EVENING
    ) as (made, people):
        drawn = made.pictures(dots_per_inch=200)
    assert people == 30
    read = {found.text for page in drawn for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(page)).convert("L"))}
    assert read == codes


# ---- making it


def letters():
    return db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "paper_kit")).all()


def kits():
    db.session.rollback()
    return db.session.scalars(select(PaperKit).order_by(PaperKit.day, PaperKit.language)).all()


@pytest.fixture
def team(event):
    make.registration(event, make.person("Ola", "Wąs"))
    return make.staff(Role.REGISTRATIONS, event)


def make_by_hand(event, day, *, by, now, language="pl"):
    """Ask for a paper, and let the worker make it."""
    paper_making.ask_for(event, day, language, by=by, now=now)
    assert paper_making.go_on(type_at=type_at, now=now) == 1
    db.session.rollback()


@pytest.mark.each_database
def test_in_the_evening_before_it_is_made_once_and_its_readers_are_told(event, team):
    make.role(make.person("Dora", "Drzwi"), Role.DOOR, event)
    assert paper_making.make_due(type_at=type_at, now=EVENING - timedelta(minutes=1)) == 0
    assert paper_making.make_due(type_at=type_at, now=EVENING) == 1
    assert paper_making.make_due(type_at=type_at, now=EVENING + timedelta(minutes=1)) == 0
    (kit,) = kits()
    assert (kit.day, kit.people, kit.by_id, kit.is_of_evening) == (event.starts_on, 1, None, True)
    (letter,) = letters()
    assert letter.to_address == team.email
    assert "/organise/paper/" in letter.text
    assert not letter.attachments
    assert "Wąs" not in letter.text
    #: The next evening it is that of the next day.
    assert paper_making.make_due(type_at=type_at, now=EVENING + timedelta(days=1)) == 1
    assert [kit.day for kit in kits()] == event.days
    assert len(letters()) == 2


@pytest.mark.any_database
def test_a_worker_that_was_down_makes_it_in_the_morning(event, team):
    assert team
    assert paper_making.make_due(type_at=type_at, now=make.DOORS) == 1


@pytest.mark.any_database
def test_no_paper_is_made_for_an_event_that_nobody_sees_or_nobody_comes_to(app):
    make.event()
    for status in (EventStatus.DRAFT, EventStatus.CANCELLED):
        make.registration(make.event(status=status))
    assert paper_making.make_due(type_at=type_at, now=EVENING) == 0


@pytest.mark.each_database
def test_two_workers_at_once_make_one_paper_and_write_one_letter(app, event, team):
    assert team
    race(app, [lambda: paper_making.make_due(type_at=type_at, now=EVENING)] * 2)
    assert len(kits()) == 1
    assert len(letters()) == 1


@pytest.mark.any_database
def test_made_by_hand_it_takes_the_place_of_the_last_and_in_the_evening_it_is_made_anew(event, team):
    make_by_hand(event, event.starts_on, by=team.id, now=EVENING - timedelta(hours=5))
    uid = kits()[0].uid
    assert paper_making.make_due(type_at=type_at, now=EVENING) == 1
    (kit,) = kits()
    assert (kit.uid, kit.made_at, kit.by_id) == (uid, EVENING, None)
    later = EVENING + timedelta(hours=1)
    make_by_hand(event, event.starts_on, by=team.id, now=later)
    (kit,) = kits()
    assert (kit.made_at, kit.by_id, kit.is_of_evening) == (later, team.id, True)
    assert paper_making.make_due(type_at=type_at, now=later) == 0
    with pytest.raises(Refused):
        paper_making.ask_for(event, event.ends_on + timedelta(days=1), "pl", by=team.id, now=later)


def orders():
    db.session.rollback()
    return db.session.scalars(select(PaperOrder)).all()


@pytest.mark.each_database
def test_of_an_event_one_paper_is_made_at_a_time_and_asking_twice_asks_once(app, event, team):
    day, by = event.starts_on, team.id

    def ask(language):
        paper_making.ask_for(paper_event(), day, language, by=by, now=EVENING)

    def paper_event():
        return db.session.scalars(select(Event)).one()

    assert race(app, [lambda: ask("pl")] * 3) == [None] * 3
    assert [one.language for one in orders()] == ["pl"]
    with pytest.raises(Refused):
        ask("en")
    results = race(app, [lambda: paper_making.go_on(type_at=type_at, now=EVENING)] * 2)
    assert sorted(results) == [0, 1], "two workers at once make one"
    assert len(kits()) == 1
    assert orders() == []
    ask("en")
    assert len(orders()) == 1


@pytest.mark.any_database
def test_a_paper_called_off_is_not_made_and_what_failed_is_forgotten_with_it(event, team, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError

    ask = partial(paper_making.ask_for, event, event.starts_on, "pl", by=team.id)
    ask(now=EVENING)
    with monkeypatch.context() as patch:
        patch.setattr(paper_making, "_print", broken)
        assert paper_making.go_on(type_at=type_at, now=EVENING) == 0
    (order,) = orders()
    trouble = paper_making.trouble_with(order)
    assert trouble is not None
    assert trouble.next_try_at > EVENING
    paper_making.call_off(event, order.uid, by=team.id)
    assert orders() == []
    assert chores.count_troubles() == 0
    assert paper_making.go_on(type_at=type_at, now=EVENING) == 0
    assert kits() == []
    #: One that was killed half-way is still asked for.
    ask(now=EVENING)
    assert paper_making.go_on(type_at=type_at, now=EVENING + timedelta(hours=1)) == 1


@pytest.mark.any_database
def test_one_called_off_while_it_is_made_is_thrown_away_and_a_day_that_moved_is_not_made(event, team, monkeypatch):
    printing = paper_making._print

    def called_off_meanwhile(*args):
        made = printing(*args)
        db.session.rollback()
        paper_making.call_off(event, orders()[0].uid, by=team.id)
        return made

    paper_making.ask_for(event, event.starts_on, "pl", by=team.id, now=EVENING)
    with monkeypatch.context() as patch:
        patch.setattr(paper_making, "_print", called_off_meanwhile)
        assert paper_making.go_on(type_at=type_at, now=EVENING) == 0
    assert kits() == []
    paper_making.ask_for(event, event.starts_on, "pl", by=team.id, now=EVENING)
    event.starts_on = event.ends_on
    db.session.commit()
    paper_making.go_on(type_at=type_at, now=EVENING)
    assert kits() == orders() == []


@pytest.mark.any_database
def test_it_says_how_many_registrations_changed_since(event, team):
    guest = make.registration(event, make.person("Jan", "Lis"), state=RegistrationState.PENDING)
    make_by_hand(event, event.starts_on, by=team.id, now=EVENING)
    (kit,) = kits()
    assert paper_making.changed_since(event.id, [kit]) == {kit.id: 0}
    at = EVENING + timedelta(minutes=1)
    make.add(RegistrationChange(registration_id=guest.id, state=RegistrationState.CONFIRMED, at=at))
    assert paper_making.changed_since(event.id, [kit]) == {kit.id: 1}


@pytest.mark.any_database
def test_two_days_after_the_event_it_is_deleted(event, team, tmp_path):
    make_by_hand(event, event.starts_on, by=team.id, now=EVENING)
    over = moment(event.ends_on, time(12), make.ZONE)
    keeping.run_all(data_dir=tmp_path, now=over + timedelta(days=1))
    assert len(kits()) == 1
    lines = keeping.run_all(data_dir=tmp_path, now=over + timedelta(days=3))
    assert [line.number for line in lines if line.what == DataClass.PAPER] == [1]
    assert kits() == []


@pytest.mark.any_database
def test_whoever_takes_it_is_written_down(event, team):
    make_by_hand(event, event.starts_on, by=team.id, now=EVENING)
    (made,) = kits()
    kit, content = paper_making.taken(event, made.uid, by=team.id)
    assert kit.uid == made.uid
    assert content.startswith(b"%PDF")
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"paper.asked_for", "paper.made", "paper.taken"} <= actions


# ---- what was ticked on it


NOW = make.DOORS + timedelta(hours=5)


@pytest.fixture
def door(event):
    return make.point(event, code="main")


def usual(point, said="9:15"):
    return Usual(make.FIRST_DAY, said, point)


def csv_of(*lines):
    return "\n".join(lines).encode()


def bring(event, point, content, name="ticked.csv", *, now=NOW):
    read = paper_lines.read(name, content)
    ticked = paper_lines.understand(event, read.lines, usual(point), now=now)
    return ticked, paper_lines.write(event, read.mark, ticked, by=None, now=now)


def arrivals():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Arrival))


@pytest.mark.each_database
def test_a_file_counts_at_the_times_that_stand_in_it_and_only_once(event, door):
    ola, jan, ewa = (
        make.registration(event, make.person(*name)) for name in (("Ola", "Wąs"), ("Jan", "Lis"), ("Ewa", "Dąb"))
    )
    content = csv_of(
        "Code;Time", f"{ola.badge_code};9:05", f"{jan.badge_code.lower()[:5]}-{jan.badge_code[5:]};", "Dąb Ewa;9:40"
    )
    _, done = bring(event, door, content)
    assert [verdict.result for _, verdict in done] == [ScanResult.ADMITTED] * 3
    at = {arrival.registration_id: arrival.at for arrival in db.session.scalars(select(Arrival))}
    assert at == {
        ola.id: make.DOORS + timedelta(minutes=5),
        jan.id: make.DOORS + timedelta(minutes=15),
        ewa.id: make.DOORS + timedelta(minutes=40),
    }
    #: The same file once more, and half of it in another: nothing is counted again.
    _, again = bring(event, door, content, now=NOW + timedelta(minutes=5))
    assert [verdict.uid for _, verdict in again] == [verdict.uid for _, verdict in done]
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 3
    _, half = bring(event, door, csv_of("Name,Time", "Ola Wąs,9:05"))
    assert [verdict.result for _, verdict in half] == [ScanResult.AGAIN]
    assert arrivals() == 3


@pytest.mark.any_database
def test_bad_lines_are_named_by_number_and_the_others_are_taken(event, door):
    good = make.registration(event, make.person("Ola", "Wąs"))
    for _ in range(2):
        make.registration(event, make.person("Jan", "Lis"))
    stranger = make.registration(make.event())
    content = csv_of(
        "name,time,point",
        "Ola Wąs,9:05,main",
        "Jan Lis,9:05,",
        f"{stranger.badge_code},9:05,",
        "Ola Wąs,soon,",
        "Ola Wąs,9:05,cellar",
        f"Ola Wąs,{make.FIRST_DAY.isoformat()} 23:00,",
        ",9:05,",
    )
    ticked, done = bring(event, door, content)
    assert [one.line.number for one, _ in done] == [2]
    assert done[0][1].guest is not None
    assert done[0][1].guest.uid == good.uid
    problems = {one.line.number: one.problem.message for one in ticked if one.problem is not None}
    assert problems == {
        3: LineRefusal.SEVERAL,
        4: LineRefusal.NOBODY,
        5: LineRefusal.NO_TIME,
        6: LineRefusal.NO_POINT,
        7: LineRefusal.AHEAD,
        8: LineRefusal.EMPTY,
    }


@pytest.mark.any_database
def test_codes_alone_need_no_heads_and_a_workbook_keeps_its_hours(event, door):
    guests = [make.registration(event) for _ in range(3)]
    _, done = bring(event, door, csv_of(*(one.badge_code for one in guests[:2])))
    assert [one.line.number for one, _ in done] == [1, 2]
    book = Workbook()
    sheet = book.create_sheet(index=0)
    sheet.append(["Kod", "Dzień", "Godzina", "Punkt"])
    sheet.append([guests[2].badge_code, make.FIRST_DAY, time(9, 50), "Wejście"])
    packed = io.BytesIO()
    book.save(packed)
    _, done = bring(event, door, packed.getvalue(), "ticked.xlsx")
    assert [verdict.at for _, verdict in done] == [make.DOORS + timedelta(minutes=50)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Time;Point\n9:05;main", "No column"),
        (b"\x00\x01\x02", "not a table"),
        ("\n".join(["ABCDE23456"] * 1001).encode(), "more than"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_reason(content, words):
    with pytest.raises(InputError) as told:
        paper_lines.read("ticked.csv", content)
    assert words in str(told.value)


@pytest.mark.each_database
def test_a_line_is_decided_as_any_scan_is(event, door):
    guest = make.registration(event, state=RegistrationState.WAITLISTED)
    early = make.registration(event)
    _, done = bring(event, door, csv_of("code,time", f"{guest.badge_code},9:05", f"{early.badge_code},8:00"))
    told = [(verdict.result, verdict.reason) for _, verdict in done]
    assert told == [(ScanResult.REFUSED, Refusal.WAITLISTED), (ScanResult.REFUSED, Refusal.TOO_EARLY)]
    assert arrivals() == 0


@pytest.mark.each_database
def test_a_file_that_is_brought_twice_at_once_counts_once(app, event, door):
    codes = [make.registration(event).badge_code for _ in range(5)]
    content, event_id = csv_of(*codes), event.id

    def once():
        here = db.session.get_one(type(event), event_id)
        bring(here, db.session.get_one(type(door), door_id), content)

    door_id = door.id
    race(app, [once, once])
    assert arrivals() == 5
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 5


@pytest.mark.any_database
def test_what_was_taken_back_stays_so_when_the_file_comes_again(event, door):
    guest = make.registration(event)
    content = csv_of(guest.badge_code)
    _, [(_, verdict)] = bring(event, door, content)
    undo(event, verdict.uid, uid="u" * 22, reason=UndoReason.MISTAKE, by_id=None, now=NOW)
    _, [(_, again)] = bring(event, door, content)
    assert again.is_undone
    assert arrivals() == 0


def test_a_line_keeps_what_was_written():
    read = paper_lines.read("a.csv", csv_of("Imię;Nazwisko;Godzina", "Ola;Wąs;9:05"))
    assert list(read.lines) == [PaperLine(2, "Ola Wąs", "9:05")]
