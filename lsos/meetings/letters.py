"""Which letters about requests and meetings organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.errors import N_
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.meetings.change_models import ChangeMove, MeetingChange
from lsos.meetings.change_queries import as_seen_by
from lsos.meetings.change_rules import ChangeKind
from lsos.meetings.ice_breaker import first_question
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingTable, RequestNote
from lsos.meetings.places import local_day
from lsos.meetings.rules import BookingRefusal
from lsos.meetings.words import Vocabulary, Words, where
from lsos.registration.letter_queries import count_readers, for_letters, reader_by_number
from lsos.registration.letters import COMMON, values_of
from lsos.registration.models import Registration
from lsos.wording import stamp

_OTHER = (
    Placeholder("other", N_("the whole name of the other")),
    Placeholder("other_organisation", N_("the organisation of the other")),
)
_MEETING = (
    *COMMON,
    *_OTHER,
    Placeholder("time", N_("when the meeting is, or was to be")),
    Placeholder("place", N_("its table, room and house")),
)
_REQUEST = (*COMMON, *_OTHER)


def values_for(reader: Registration, other: Registration, meeting: Meeting | None = None) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter to one of two people, in the language that is set."""
    return {
        **values_of(reader),
        "other": other.person.name,
        "other_organisation": other.organisation.name if other.organisation else "",
        "time": stamp(meeting.starts_at, meeting.event.timezone) if meeting is not None else "",
        "place": where(meeting) if meeting is not None else "",
    }


# ---- a look at one


def _other(reader: Registration, number: int) -> Registration:
    """Find somebody whom a reader could meet: the next in the list of names, or the first after the last."""
    found = reader_by_number(reader.event_id, number + 1) or reader_by_number(reader.event_id, 1)
    assert found is not None, "there is the reader at least"
    return found


def _meeting_of(reader: Registration) -> Meeting | None:
    """Find a meeting of somebody."""
    return db.session.scalar(
        select(Meeting)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(MeetingParticipant.registration_id == reader.id)
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(1)
        .options(
            joinedload(Meeting.first).options(*for_letters()),
            joinedload(Meeting.second).options(*for_letters()),
            joinedload(Meeting.table).joinedload(MeetingTable.room),
            joinedload(Meeting.event),
        )
    )


def _sample(event_id: int, number: int) -> Sample | None:
    reader = reader_by_number(event_id, number)
    if reader is None:
        return None
    meeting = _meeting_of(reader)
    is_invented = meeting is None
    if meeting is None:
        other = _other(reader, number)
        begins = datetime.combine(reader.event.starts_on, datetime.min.time(), UTC).replace(hour=10)
        meeting = Meeting(
            uid="-",
            event=reader.event,
            first=reader,
            first_id=reader.id,
            second=other,
            second_id=other.id,
            table=MeetingTable(number=1),
            starts_at=begins,
            ends_at=begins + timedelta(minutes=20),
        )
    else:
        other = meeting.other(reader.id)
    found = meeting
    return Sample(
        reader.person.email,
        reader.person.name,
        reader.person.language,
        context=lambda _language: _context(reader, other, found),
        values=lambda _language: values_for(reader, other, found),
        is_invented=is_invented,
    )


def _context(reader: Registration, other: Registration, meeting: Meeting) -> dict[str, Any]:
    return {
        "event": reader.event,
        "reader": reader,
        "other": other,
        "meeting": meeting,
        "request": MeetingRequest(message="", expires_at=meeting.starts_at - timedelta(days=1)),
        "note": RequestNote(text=""),
        "why": Words,
        "where": where,
        "was_at": meeting.starts_at - timedelta(hours=1),
        "by": None,
        "is_agreed": False,
        "seen": as_seen_by(_change(reader, meeting), reader.id),
        "token": "-",
        "reason": BookingRefusal.NO_COMMON_SLOT,
        "went": other,
        "comes": reader,
        "instead_of": reader,
        "beside": None,
        "others": [other],
        "question": partial(first_question, None, [], Vocabulary()),
        "meetings": [(meeting, [other])],
        "day": local_day(meeting.starts_at, reader.event.timezone),
    }


def _change(reader: Registration, meeting: Meeting) -> MeetingChange:
    """Make up a change in which another proposes an hour later."""
    later = meeting.starts_at + timedelta(hours=1)
    change = MeetingChange(
        kind=ChangeKind.RESCHEDULE,
        event=reader.event,
        message="",
        waits_saved=0,
        expires_at=meeting.starts_at - timedelta(days=1),
    )
    change.moves = [ChangeMove(meeting=meeting, from_at=meeting.starts_at, to_at=later)]
    return change


_READERS = Samples(count_readers, _sample)
_FACTS = N_("with whom, when and where, the calendar file, and the button to the reader's meetings")

LETTERS = (
    Letter(
        "meeting_requested",
        N_("Somebody asks for a meeting"),
        N_("at once, to whom is asked"),
        _REQUEST,
        _READERS,
        N_("who asks and why it may be worth it, their message, the button to answer, and when the request ends"),
        About.MEETING,
    ),
    Letter(
        "request_question",
        N_("A question about your request"),
        N_("at once, to who asked, when the other wants to know more before answering"),
        _REQUEST,
        _READERS,
        N_("the question, the button to answer it, and when the request ends"),
        About.MEETING,
    ),
    Letter(
        "request_explained",
        N_("Your question about a request was answered"),
        N_("at once, to who asked the question"),
        _REQUEST,
        _READERS,
        N_("the reply, the button to accept or decline, and when the request ends"),
        About.MEETING,
    ),
    Letter(
        "request_declined",
        N_("Request declined"),
        N_("at once, to who asked"),
        _REQUEST,
        _READERS,
        N_("the button to other people who fit"),
        About.MEETING,
    ),
    Letter(
        "request_waiting_for_time",
        N_("Agreed, but without a time yet"),
        N_("at once, to both, when no time was found"),
        _REQUEST,
        _READERS,
        N_("with whom, why no time was found, and the button to the reader's meetings"),
        About.MEETING,
    ),
    Letter(
        "request_withdrawn",
        N_("A meeting you agreed will not take place"),
        N_("at once, to the other"),
        _REQUEST,
        _READERS,
        N_("the button to other people who fit"),
        About.MEETING,
    ),
    Letter(
        "meeting_scheduled",
        N_("Meeting scheduled"),
        N_("at once, to both"),
        _MEETING,
        _READERS,
        _FACTS,
        About.MEETING,
    ),
    Letter(
        "meeting_booked",
        N_("Somebody booked a time with you"),
        N_("at once, to whom the time was taken from, where times are booked at once"),
        _MEETING,
        _READERS,
        N_("who booked, when, where and why it may be worth it, their message, the calendar file, and the buttons"),
        About.MEETING,
    ),
    Letter("meeting_moved", N_("Meeting moved"), N_("at once, to both"), _MEETING, _READERS, _FACTS, About.MEETING),
    Letter(
        "meeting_change_asked",
        N_("May a meeting take place at another time?"),
        N_("at once, to each whose meeting would move"),
        _MEETING,
        _READERS,
        N_("which meeting, from when to when and why, the button to say yes or no, and until when"),
        About.MEETING,
    ),
    Letter(
        "meeting_change_ended",
        N_("Everything stays as it was"),
        N_("at once, to those who had said yes to another time, when somebody else could not"),
        COMMON,
        _READERS,
        N_("the button to the reader's meetings"),
        About.MEETING,
    ),
    Letter(
        "meeting_cancelled",
        N_("Meeting cancelled"),
        N_("at once, to both"),
        _MEETING,
        _READERS,
        N_("with whom and when it was to be, who cancelled it, the calendar file, and a button"),
        About.MEETING,
    ),
    Letter(
        "meeting_delegate",
        N_("Somebody else comes to your meeting"),
        N_("at once, to the other side, when an organisation sends a colleague"),
        _MEETING,
        _READERS,
        _FACTS,
        About.MEETING,
    ),
    Letter(
        "meeting_joined",
        N_("You go to a meeting for your organisation"),
        N_("at once, to the colleague who is sent"),
        _MEETING,
        _READERS,
        _FACTS,
        About.MEETING,
    ),
    Letter(
        "meeting_left",
        N_("A colleague goes to your meeting"),
        N_("at once, to whoever does not go any more"),
        _MEETING,
        _READERS,
        N_("with whom and when it is, who goes, the calendar file, and a button"),
        About.MEETING,
    ),
    Letter(
        "meetings_tomorrow",
        N_("Your meetings tomorrow"),
        N_("in the evening before a day with meetings, to those who have some and did not switch it off"),
        _MEETING,
        _READERS,
        N_("when, with whom and where each meeting is, and the button to the reader's meetings"),
        About.MEETING,
    ),
    Letter(
        "meeting_soon",
        N_("Your meeting begins soon"),
        N_("so many minutes before each meeting as the reader wished"),
        _MEETING,
        _READERS,
        N_("when, where and with whom, a question to begin with, and the button to the meeting"),
        About.MEETING,
    ),
    Letter(
        "meeting_follow_up",
        N_("Reminder of a meeting"),
        N_("in the morning of the day that the reader chose, to the reader alone"),
        _MEETING,
        _READERS,
        N_("with whom and when it was, and the button to what the reader noted"),
        About.MEETING,
    ),
)
