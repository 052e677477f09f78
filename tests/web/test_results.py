"""After the meeting, as a person reads and presses it."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from lsos.taxonomy.models import MeetingOutcome
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)


class After:
    """Two people and their meeting of two days ago."""

    def __init__(self):
        self.event = make.event(starts_on=NOW.date() - timedelta(days=2))
        self.slots = make.meeting_grid(self.event, slots=4, tables=4)
        self.me, self.other = (
            make.registration(self.event, make.person(name, "Próbny"), job_title="badacz") for name in ("Ola", "Jan")
        )
        self.meeting = make.meeting(self.me, self.other, self.slots[0])
        make.add(MeetingOutcome(code="pilot", name=Bilingual("pilotaż", "pilot")))

    def address(self, rest="/"):
        return f"/en/events/{self.event.slug}/results{rest}"


@pytest.fixture
def after(app):
    return After()


def press(client, who, address, **data):
    return client.sign_in(who.person).post(address, data=data, follow_redirects=True)


def read(client, who, address):
    return client.sign_in(who.person).get(address)


def test_one_tap_says_how_it_was_and_the_other_does_not_see_it(client, after):
    answer = press(client, after.me, after.address(f"/{after.meeting.uid}/say"), impression="little")

    assert 'value="little" aria-pressed="true"' in answer.text
    assert "aria-pressed" not in read(client, after.other, after.address()).text
    assert client.post(after.address(f"/{after.meeting.uid}/say"), data={"impression": "fame"}).status_code == 400


def test_what_is_kept_is_shown_to_its_writer_and_a_contact_to_both(client, after):
    uid = after.meeting.uid
    kept = {"private_note": "Zadzwonić w maju", "wants_contact": "y", "outcome": "pilot", "phone": "+48 600 000 001"}
    mine = press(client, after.me, after.address(f"/{uid}"), **kept)
    assert "Zadzwonić w maju" in mine.text
    assert "What came of it: pilot" in mine.text
    assert "You both want" not in mine.text
    assert read(client, after.me, after.address(f"/{uid}/contact.vcf")).status_code == 404

    theirs = press(client, after.other, after.address(f"/{uid}"), wants_contact="y")
    assert "You both want to stay in touch" in theirs.text
    assert "Zadzwonić w maju" not in theirs.text
    assert "pilot" not in theirs.text
    card = read(client, after.other, after.address(f"/{uid}/contact.vcf"))
    assert "TEL;TYPE=CELL:+48 600 000 001" in card.text
    assert f"EMAIL;TYPE=INTERNET:{after.me.person.email}" in card.text


def test_a_day_that_is_over_is_refused_and_what_was_typed_stays(client, after):
    answer = press(
        client, after.me, after.address(f"/{after.meeting.uid}"), private_note="x1", follow_up_on="2020-01-01"
    )

    assert answer.status_code == 422
    assert "This day is over." in answer.text
    assert "x1" in answer.text


def test_one_file_holds_what_the_reader_may_take_along(client, after):
    press(client, after.me, after.address(f"/{after.meeting.uid}"), private_note="=1+1", wants_contact="y")

    packed = zipfile.ZipFile(io.BytesIO(read(client, after.me, after.address("/export.zip")).data))
    assert packed.namelist() == ["meetings.csv"]
    table = packed.read("meetings.csv").decode("utf-8-sig")
    assert "Jan Próbny" in table
    assert after.other.person.email not in table
    assert ",=1+1" not in table

    press(client, after.other, after.address(f"/{after.meeting.uid}"), wants_contact="y")
    packed = zipfile.ZipFile(io.BytesIO(read(client, after.me, after.address("/export.zip")).data))
    assert after.other.person.email in packed.read("contacts.vcf").decode()


def test_nobody_elses_meeting_is_there_and_none_ahead(client, after):
    stranger = make.registration(after.event, make.person("Ewa", "Obca"))
    assert read(client, stranger, after.address(f"/{after.meeting.uid}")).status_code == 404
    assert press(client, stranger, after.address(f"/{after.meeting.uid}/say"), impression="little").status_code == 404
    assert "No meeting has begun yet." in read(client, stranger, after.address()).text


def test_many_meetings_cost_no_more_questions_to_the_database(client, after):
    def cost():
        read(client, after.me, after.address())
        with counting() as counted:
            read(client, after.me, after.address())
        return len(counted)

    one = cost()
    for slot in after.slots[1:]:
        make.meeting(after.me, make.registration(after.event, make.person()), slot)
    assert cost() == one
