"""Letters about meetings, as their readers and their readers' calendar programs see them."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
import vobject
from sqlalchemy import select

from lsos.db import db
from lsos.mail import OutgoingMail, as_message
from lsos.meetings import changing, places, requesting, service
from lsos.meetings.models import Meeting
from lsos.meetings.preferences import Preference
from lsos.meetings.preferring import save_preference
from tests import make


class Calendar:
    """What a calendar program keeps: one entry a UID, replaced by a newer sequence, removed by a CANCEL."""

    def __init__(self):
        self.entries = {}
        self.seen = {}

    def receive(self, content):
        calendar = vobject.readOne(content.decode())
        assert len(calendar.vevent_list) == 1, "calendars take one invitation a letter"
        event = calendar.vevent
        uid, sequence = event.uid.value, int(event.sequence.value)
        assert sequence >= self.seen.get(uid, -1)
        self.seen[uid] = sequence
        if calendar.method.value == "CANCEL":
            assert event.status.value == "CANCELLED"
            self.entries.pop(uid, None)
        else:
            assert calendar.method.value == "REQUEST"
            self.entries[uid] = event


@pytest.fixture
def pair(app):
    where = make.event()
    make.meeting_grid(where, slots=3)
    ola = make.registration(where, make.person("Ola", "Żółć", email="ola@example.org", language="pl"))
    tom = make.registration(where, make.person("Tom", "Reader", email="tom@example.org", language="en"))
    return where, ola, tom


def letters_to(whom):
    return list(
        db.session.scalars(
            select(OutgoingMail).where(OutgoingMail.to_address == whom.person.email).order_by(OutgoingMail.id)
        )
    )


def meet(ola, tom):
    request = requesting.ask(ola.id, tom.uid, now=make.BEFORE)
    meeting = requesting.answer(request.uid, by=tom.id, accept=True, now=make.BEFORE).meeting
    assert meeting is not None
    return meeting


@pytest.fixture
def calendars(pair):
    """Give each of the two a calendar that has read every letter so far, when asked."""
    _, ola, tom = pair

    def read():
        kept = []
        for whom in (ola, tom):
            calendar = Calendar()
            for letter in letters_to(whom):
                for file in letter.attachments:
                    calendar.receive(file.content)
            kept.append(calendar)
        return kept

    return read


def test_from_the_request_to_the_cancelling_there_is_never_more_than_one_entry(pair, calendars):
    where, ola, tom = pair
    meeting = meet(ola, tom)
    for calendar in calendars():
        [entry] = calendar.entries.values()
        assert entry.uid.value == f"{meeting.uid}@127.0.0.1"
        assert entry.dtstart.value == meeting.starts_at.astimezone(ZoneInfo(where.timezone))

    later = meeting.starts_at + timedelta(minutes=25)
    change = changing.propose(meeting.uid, later, by=ola.id, now=make.BEFORE)
    changing.answer(change.uid, by=tom.id, says_yes=True, now=make.BEFORE)
    for calendar in calendars():
        [entry] = calendar.entries.values()
        assert entry.dtstart.value == later
        assert entry.sequence.value == "1"

    service.cancel(meeting.uid, by=tom.id, now=make.BEFORE)
    for calendar in calendars():
        assert calendar.entries == {}
        assert list(calendar.seen.values()) == [2]


@pytest.mark.parametrize("is_moved", [True, False])
def test_the_posted_letters_leave_one_right_entry_in_any_calendar_and_none_after_the_cancelling(pair, is_moved):
    """As a mail program has them: from the bytes of each message, in both languages, in the order they were sent."""
    where, ola, tom = pair
    meeting = meet(ola, tom)
    steps = ["REQUEST"]
    if is_moved:
        later = make.BEFORE + timedelta(hours=1)
        service.move(meeting.uid, meeting.starts_at + timedelta(minutes=25), actor_id=None, now=later)
        steps.append("REQUEST")
    kept = db.session.get_one(Meeting, meeting.id)
    begins, ends, table = kept.starts_at, kept.ends_at, kept.table
    assert table is not None
    for reader, other, place in ((ola, tom, f"Stolik {table.number}"), (tom, ola, f"Table {table.number}")):
        events = [event for _method, event in posted_to(reader)]
        assert [method for method, _event in posted_to(reader)] == steps
        assert len({event.uid.value for event in events}) == 1
        assert [event.sequence.value for event in events] == [str(n) for n in range(len(steps))]
        entry = events[-1]
        assert (entry.dtstart.value, entry.dtend.value) == (begins, ends)
        assert entry.dtstart.value.utcoffset() == begins.astimezone(ZoneInfo(where.timezone)).utcoffset()
        assert entry.dtstamp.value.utcoffset() == timedelta(0)
        assert entry.organizer.value.startswith("mailto:")
        [guest] = entry.attendee_list
        assert guest.value == f"mailto:{reader.person.email}"
        assert guest.params["CN"] == [reader.person.name]
        assert other.person.name in entry.summary.value
        assert entry.location.value.startswith(place)

    service.cancel(meeting.uid, by=tom.id, now=make.BEFORE + timedelta(hours=2))
    for reader in (ola, tom):
        letters = posted_to(reader)
        (_, first), (last, gone) = letters[0], letters[-1]
        assert last == "CANCEL"
        assert gone.uid.value == first.uid.value
        assert gone.sequence.value == str(len(steps))
        assert gone.dtstamp.value > first.dtstamp.value
        assert gone.organizer.value == first.organizer.value
        assert [guest.value for guest in gone.attendee_list] == [guest.value for guest in first.attendee_list]
        calendar = Calendar()
        for letter in letters_to(reader):
            for file in letter.attachments:
                calendar.receive(file.content)
        assert calendar.entries == {}


def posted_to(whom):
    """Read the invitations somebody was sent out of the messages as they go to the mail server."""
    found = []
    for letter in letters_to(whom):
        message = message_from_bytes(as_message(letter, "LSOS <no-reply@example.org>").as_bytes(), policy=default)
        for part in message.walk():
            if part.get_content_type() == "text/calendar" and part.get_param("method"):
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                calendar = vobject.readOne(content.decode())
                assert calendar.method.value == part.get_param("method")
                found.append((calendar.method.value, calendar.vevent))
    return found


def test_each_invitation_names_its_reader_only_and_never_the_others_address(pair):
    _, ola, tom = pair
    meet(ola, tom)

    for reader, other in ((ola, tom), (tom, ola)):
        letter = letters_to(reader)[-1]
        [file] = letter.attachments
        invited = vobject.readOne(file.content.decode()).vevent
        assert [guest.value for guest in invited.attendee_list] == [f"mailto:{reader.person.email}"]
        assert other.person.name in invited.summary.value
        everything = letter.text + letter.html + file.content.decode()
        assert other.person.email not in everything


def test_each_reads_in_their_own_language(pair):
    _, ola, tom = pair
    meet(ola, tom)

    polish, english = letters_to(ola)[-1], letters_to(tom)[-1]
    assert (polish.language, english.language) == ("pl", "en")
    assert "/pl/events/" in polish.text
    assert "/en/events/" in english.text
    assert "Your meeting" in english.text
    assert "Trial forum" in english.text
    assert "Forum na próbę" in polish.text


def test_the_time_is_the_events_whatever_the_zone_of_the_reader(pair):
    _, ola, tom = pair
    meet(ola, tom)

    assert "09:00–09:20" in letters_to(tom)[-1].text


def test_a_mail_program_can_offer_the_invitation(pair):
    _, ola, tom = pair
    meet(ola, tom)

    message = as_message(letters_to(tom)[-1], "LSOS <no-reply@example.org>")
    calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in calendars if part.get_param("method")] == ["REQUEST"]
    assert any(part.get_filename() == "meeting.ics" for part in message.walk())


def test_the_letters_say_who_moved_and_who_cancelled(pair):
    _, ola, tom = pair
    meeting = meet(ola, tom)
    service.move(meeting.uid, meeting.starts_at + timedelta(minutes=25), actor_id=None, now=make.BEFORE)
    assert "The organiser moved it." in letters_to(tom)[-1].text
    change = changing.propose(meeting.uid, meeting.starts_at + timedelta(minutes=25), by=tom.id, now=make.BEFORE)
    changing.answer(change.uid, by=ola.id, says_yes=True, now=make.BEFORE)
    assert "You proposed it, and Ola Żółć agreed." in letters_to(tom)[-1].text
    assert letters_to(ola)[-1].text.count("Tom Reader") == 2
    service.cancel(meeting.uid, by=None, now=make.BEFORE)
    assert "The organiser cancelled it." in letters_to(tom)[-1].text


def test_what_people_write_cannot_become_markup(pair):
    _, ola, tom = pair
    requesting.ask(ola.id, tom.uid, "<script>alert(1)</script>", now=make.BEFORE)

    [letter] = letters_to(tom)
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


def test_who_has_no_address_gets_no_letter_and_stops_nothing(pair):
    _, ola, tom = pair
    tom.person.emails.clear()
    db.session.commit()
    meeting = meet(ola, tom)

    assert db.session.get_one(Meeting, meeting.id).state == "scheduled"
    assert [letter.to_address for letter in db.session.scalars(select(OutgoingMail))] == ["ola@example.org"]


def rings(file):
    """Read, with the second library, how long before its entries a calendar rings."""
    entries = vobject.readOne(file.content.decode()).vevent_list
    return [-each.trigger.value for one in entries for each in one.contents.get("valarm", [])]


def test_invitations_ring_as_their_reader_wishes_and_what_takes_them_back_never(pair):
    where, ola, tom = pair
    save_preference(tom.id, Preference(alarm_minutes=0))
    meeting = meet(ola, tom)
    save_preference(ola.id, Preference(alarm_minutes=60))
    slots = sorted(each.slot.starts_at for each in places.own_time(where.id, ola.id, now=make.BEFORE))
    service.move(meeting.uid, slots[-1], actor_id=ola.person_id, now=make.BEFORE)
    service.cancel(meeting.uid, by=tom.id, now=make.BEFORE)

    found = {
        whom.id: [rings(file) for letter in letters_to(whom) for file in letter.attachments] for whom in (ola, tom)
    }
    assert found == {ola.id: [[timedelta(minutes=10)], [timedelta(minutes=60)], []], tom.id: [[], [], []]}
