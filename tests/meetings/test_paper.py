"""Meetings on paper: what stands on each, whom it names, in which order and language, and that nothing is cut."""

import io
from datetime import timedelta

import pypdf
import pytest

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.rules import moment
from lsos.meetings import paper
from lsos.meetings.paper import Paper
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import Direction, Purpose
from lsos.texts import Bilingual, Language
from tests import make
from tests.counting import counting

pytestmark = pytest.mark.any_database
LIVE: dict[Language, str] = {"pl": "http://127.0.0.1:8000/pl/me", "en": "http://127.0.0.1:8000/en/me"}


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def slots(event):
    return make.meeting_grid(event, slots=3)


def guest(event, given, family, organisation="", **more):
    if organisation:
        more["organisation_id"] = make.organisation(organisation).id
    return make.registration(event, make.person(given, family, language=more.pop("language", "en")), **more)


def printed(event, kind, language="en", **more):
    with paper.document(event, kind, language=language, live=LIVE, now=make.BEFORE, **more) as made:
        return pages_of(made.pdf())


def pages_of(content):
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_a_plan_says_with_whom_when_where_and_why(event, slots):
    ola, tom = guest(event, "Ola", "Żółć", "Szpital"), guest(event, "Tom", "Reader", "Fund")
    pilot = make.cooperation_type()
    make.listing(ola, Direction.SEEK, pilot)
    make.listing(tom, Direction.OFFER, pilot)
    make.meeting(ola, tom, slots[1], table=2)

    reader, zolc = printed(event, Paper.SCHEDULES)
    for words in ("Tom Reader", "Fund", "Ola Żółć", "Szpital", "09:25–09:45", "Table 2", "1 meeting"):
        assert words in reader
        assert words in zolc
    assert "Tom Reader offers it." in zolc
    assert "You offer it." in reader


def test_a_plan_has_the_sessions_too_and_what_one_does_there(event, slots):
    ola, tom = guest(event, "Ola", "Żółć"), guest(event, "Tom", "Reader")
    make.meeting(ola, tom, slots[0])
    begins = moment(event.starts_on, event.doors_open, event.timezone) + timedelta(hours=5)
    talk = make.session(event, title=Bilingual("Wykład", "A talk"), starts_at=begins)
    make.signup(ola, talk)

    reader, zolc = printed(event, Paper.SCHEDULES)
    assert "14:00–15:00" in zolc
    assert "A talk" in zolc
    assert "A talk" not in reader
    (alone,) = pages_of(paper.own_plan(ola, "en", live=LIVE, now=make.BEFORE))
    assert alone == zolc


def test_somebody_without_meetings_has_a_plan_of_their_own(event):
    (only,) = pages_of(paper.own_plan(guest(event, "Ola", "Żółć"), "en", live=LIVE, now=make.BEFORE))
    assert "Nothing is planned yet." in only


def test_each_plan_can_be_in_the_language_of_its_owner(event, slots):
    ola, tom = guest(event, "Ola", "Żółć", language="pl"), guest(event, "Tom", "Reader")
    make.meeting(ola, tom, slots[0])

    reader, zolc = printed(event, Paper.SCHEDULES, each_their_own=True)
    assert "Forum na próbę" in zolc
    assert "Trial forum" in reader
    assert all("Forum na próbę" in page for page in printed(event, Paper.SCHEDULES, "pl"))


def test_drafts_and_cancelled_meetings_are_on_no_paper(event, slots):
    make.meeting(guest(event, "Ola", "Żółć"), guest(event, "Tom", "Reader"), slots[0], state=MeetingState.PROPOSED)
    assert paper.pages(event)[Paper.SCHEDULES].number == 0
    assert not any("Reader" in page for kind in (Paper.SLOTS, Paper.NAMES) for page in printed(event, kind))


def test_what_lies_open_names_only_who_agreed_to_be_listed(event, slots):
    ola = guest(event, "Ola", "Żółć", "Szpital", purposes=(Purpose.MATCHMAKING,))
    make.meeting(ola, guest(event, "Tom", "Reader"), slots[0])

    (table,) = printed(event, Paper.TABLES)
    assert "Tom Reader" in table
    assert "Reserved" in table
    assert "Żółć" not in table
    assert "Szpital" not in table
    (desk,) = printed(event, Paper.SLOTS)
    assert "Ola Żółć, Szpital" in desk


def test_who_is_not_matched_any_more_is_told_no_reasons(event, slots):
    ola, tom = guest(event, "Ola", "Żółć", purposes=(Purpose.CATALOGUE,)), guest(event, "Tom", "Reader")
    pilot = make.cooperation_type()
    make.listing(ola, Direction.SEEK, pilot)
    make.listing(tom, Direction.OFFER, pilot)
    make.meeting(ola, tom, slots[0])

    assert not any("offer" in page for page in printed(event, Paper.SCHEDULES))


def test_a_table_says_when_it_is_free_and_a_slot_which_tables_are(event, slots):
    make.meeting(guest(event, "Ola", "Żółć"), guest(event, "Tom", "Reader"), slots[1])

    (table,) = printed(event, Paper.TABLES)
    assert table.count("free") == 2
    (desk,) = printed(event, Paper.SLOTS)
    assert "Free tables: 2" in desk


def test_plans_and_names_follow_the_polish_alphabet(event, slots):
    lwow, los, maj, zak = (guest(event, "A", family) for family in ("Lwów", "Łoś", "Maj", "Żak"))
    make.meeting(zak, los, slots[0])
    make.meeting(maj, lwow, slots[0], table=2)

    owners = [page.split("A ", 1)[1].split()[0] for page in printed(event, Paper.SCHEDULES)]
    assert owners == ["Lwów", "Łoś", "Maj", "Żak"]
    (names,) = printed(event, Paper.NAMES)
    places = [names.index(family) for family in owners]
    assert places == sorted(places)


def test_the_longest_names_are_whole_on_every_paper(event, slots):
    family, organisation = "Ż" * 119 + "Y", "W" * 119 + "Q"
    ola = guest(event, "Ola", family, organisation)
    make.meeting(ola, guest(event, "Tom", "Reader"), slots[0])

    for kind in Paper:
        text = "".join(printed(event, kind)).replace(" ", "").replace("\u200b", "")
        assert family in text, kind
        assert organisation in text, kind


def test_the_number_of_questions_does_not_grow_with_people(event, slots):
    def asked():
        with counting() as made:
            for kind in Paper:
                printed(event, kind)
        return len(made)

    make.meeting(guest(event, "Ola", "Kos"), guest(event, "Tom", "Reader"), slots[0])
    few = asked()
    for n in range(4):
        make.meeting(guest(event, "A", f"B{n}", "Fund"), guest(event, "C", f"D{n}"), slots[n % 2 + 1], table=n // 2 + 1)
    assert asked() == few


def test_a_printing_is_put_on_record(event):
    by = make.person()
    paper.note_printing(event, Paper.SLOTS, pages=3, by_id=by.id)
    entry = db.session.query(AuditEntry).filter_by(action="meetings.printed").one()
    assert (entry.scope, entry.actor_id, entry.details) == (event.slug, by.id, {"paper": "slots", "pages": 3})
