"""Letters about requests and meetings, each to one of the two in their language, with the calendar file that fits."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from lsos import calendar_file, mail
from lsos.calendar_file import CalendarEntry, CalendarPerson
from lsos.events.calendars import organizer
from lsos.events.models import Event
from lsos.matchmaking.model import Reason
from lsos.meetings.change_links import token_for
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.letters import values_for
from lsos.meetings.models import Meeting, MeetingRequest, RequestNote
from lsos.meetings.preferences import preference_of
from lsos.meetings.rules import BookingRefusal
from lsos.meetings.words import Vocabulary, Words, in_words, where
from lsos.registration.models import Registration
from lsos.settings import Settings

if TYPE_CHECKING:
    from lsos.meetings.change_queries import OwnChange


def _settings() -> Settings:
    found: Settings = current_app.extensions["lsos"]
    return found


def calendar_uid(meeting: Meeting) -> str:
    """Give the name by which calendars know a meeting; it never changes (RFC 7986, 5.3)."""
    return f"{meeting.uid}@{urlsplit(_settings().base_url).hostname}"


def _names(meeting: Meeting, reader: Registration) -> str:
    """Name whom somebody meets: one of the two, and whom they bring."""
    return ", ".join(one.person.name for one in meeting.side(meeting.other(reader.id).id))


def entry_for(
    meeting: Meeting,
    reader: Registration,
    *,
    now: datetime,
    url: str = "",
    other: Registration | None = None,
    alarm_minutes: int = 0,
) -> CalendarEntry:
    """Write a meeting as an entry of one person's calendar, in the language of the moment.

    `other` is whom they meet, or were to meet; without it, as the meeting has it. It rings so many minutes before.

    The other's address stays with the other: each gets an invitation of their own, with the same name.
    """
    return CalendarEntry(
        uid=calendar_uid(meeting),
        sequence=meeting.sequence,
        summary=gettext("Meeting with %(name)s", name=other.person.name if other else _names(meeting, reader)),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        zone=meeting.event.timezone,
        stamp=now,
        location=where(meeting),
        url=url,
        organizer=organizer(meeting.event),
        attendees=(CalendarPerson(reader.person.name, reader.person.email),),
        alarm=timedelta(minutes=alarm_minutes) if alarm_minutes else None,
    )


def _invitation(
    meeting: Meeting,
    reader: Registration,
    method: calendar_file.Method,
    *,
    now: datetime,
    other: Registration | None = None,
) -> mail.Attachment:
    rings = 0 if method == "CANCEL" else preference_of(reader.id).alarm_minutes
    with force_locale(reader.person.language):
        entry = entry_for(meeting, reader, now=now, other=other, alarm_minutes=rings)
    content = calendar_file.write([entry], method=method)
    return mail.Attachment(
        filename="cancel.ics" if method == "CANCEL" else "meeting.ics",
        content_type=f"text/calendar; method={method}; charset=utf-8",
        content=content,
    )


def send(
    session: Session,
    template: str,
    event: Event,
    reader: Registration,
    *,
    key: str,
    other: Registration,
    meeting: Meeting | None = None,
    attachments: Iterable[mail.Attachment] = (),
    **context: object,
) -> None:
    """Put a letter into the outbox, unless its reader has no address any more."""
    if not reader.person.email:
        return
    mail.enqueue(
        session,
        template,
        key=f"{template}:{key}",
        to=reader.person.email,
        name=reader.person.name,
        language=reader.person.language,
        scope=event.slug,
        attachments=list(attachments),
        values=lambda: values_for(reader, other, meeting),
        event=event,
        reader=reader,
        other=other,
        meeting=meeting,
        **context,
    )


def reasons_for(reasons: Iterable[Reason], name: str, names: Vocabulary) -> Callable[[], Words]:
    """Put reasons into words when the letter is written, since its language is known only then."""
    kept = list(reasons)
    return lambda: in_words(kept, name, names)


def requested(
    session: Session,
    request: MeetingRequest,
    why: Callable[[], Words],
    *,
    by: Registration | None = None,
    handed_on_at: datetime | None = None,
) -> None:
    """Tell somebody that another would like to meet them or their organisation, and why it may be worth it.

    Of one that was handed on: when, and by which colleague, unless it was because they dropped out.
    """
    #: Whose turn it became at that moment may drop out at the same.
    turn = "" if handed_on_at is None else f":{handed_on_at.isoformat()}:{request.addressee.uid}"
    send(
        session,
        "meeting_requested",
        request.event,
        request.addressee,
        key=f"{request.uid}{turn}",
        request=request,
        other=request.asker,
        why=why,
        by=by,
    )


def declined(session: Session, request: MeetingRequest, *, by: Registration) -> None:
    """Tell who asked that the other, or one of their organisation, declined."""
    send(
        session,
        "request_declined",
        request.event,
        request.asker,
        key=request.uid,
        request=request,
        other=by,
    )


def questioned(session: Session, request: MeetingRequest, note: RequestNote, *, by: Registration) -> None:
    """Pass on to who asked what the other wants to know before they answer."""
    send(
        session,
        "request_question",
        request.event,
        request.asker,
        key=f"{request.uid}:{note.id}",
        request=request,
        note=note,
        other=by,
    )


def explained(session: Session, request: MeetingRequest, note: RequestNote, *, to: Registration) -> None:
    """Pass on what who asked says to the question of the other, whose answer the request waits for again."""
    send(
        session,
        "request_explained",
        request.event,
        to,
        key=f"{request.uid}:{note.id}",
        request=request,
        note=note,
        other=request.asker,
    )


def withdrawn(session: Session, request: MeetingRequest, by: Registration) -> None:
    """Tell the other that an accepted request, for which no time was found, was taken back."""
    reader = request.addressee if by.id == request.from_id else request.asker
    send(session, "request_withdrawn", request.event, reader, key=request.uid, request=request, other=by)


def waiting(session: Session, request: MeetingRequest, reason: BookingRefusal) -> None:
    """Tell both that the request is accepted, but that no time was found yet, and why."""
    for reader, other in ((request.asker, request.addressee), (request.addressee, request.asker)):
        send(
            session,
            "request_waiting_for_time",
            request.event,
            reader,
            key=f"{request.uid}:{reader.uid}",
            request=request,
            other=other,
            reason=reason,
        )


def _to_both(
    session: Session, template: str, meeting: Meeting, method: calendar_file.Method, now: datetime, **context: object
) -> None:
    for reader in (*meeting.sides[0], *meeting.sides[1]):
        _to_one(
            session,
            template,
            meeting,
            reader,
            method,
            other=meeting.other(reader.id),
            now=now,
            names_all=True,
            **context,
        )


def _to_one(
    session: Session,
    template: str,
    meeting: Meeting,
    reader: Registration,
    method: calendar_file.Method,
    *,
    other: Registration,
    now: datetime,
    names_all: bool = False,
    **context: object,
) -> None:
    send(
        session,
        template,
        meeting.event,
        reader,
        key=f"{meeting.uid}:{meeting.sequence}:{reader.uid}",
        attachments=[_invitation(meeting, reader, method, now=now, other=None if names_all else other)],
        meeting=meeting,
        other=other,
        where=where,
        **context,
    )


def scheduled(session: Session, meeting: Meeting, *, now: datetime) -> None:
    """Tell both when and where they meet, as an invitation."""
    _to_both(session, "meeting_scheduled", meeting, "REQUEST", now)


def booked(
    session: Session, meeting: Meeting, request: MeetingRequest, why: Callable[[], Words], *, now: datetime
) -> None:
    """Tell both when and where they meet, and whose time was taken at once, by whom and why; as an invitation."""
    one, other = request.asker, request.addressee
    _to_one(session, "meeting_scheduled", meeting, one, "REQUEST", other=other, now=now)
    _to_one(session, "meeting_booked", meeting, other, "REQUEST", other=one, now=now, request=request, why=why)


def moved(
    session: Session,
    meeting: Meeting,
    *,
    was_at: datetime,
    by: Registration | None,
    is_agreed: bool = False,
    now: datetime,
) -> None:
    """Tell both the new time and table, as a newer version of the same invitation."""
    _to_both(session, "meeting_moved", meeting, "REQUEST", now, was_at=was_at, by=by, is_agreed=is_agreed)


def cancelled(session: Session, meeting: Meeting, *, by: Registration | None, now: datetime) -> None:
    """Tell both that they do not meet, which takes the entry out of their calendars."""
    _to_both(session, "meeting_cancelled", meeting, "CANCEL", now, by=by)


def joined(
    session: Session,
    meeting: Meeting,
    reader: Registration,
    *,
    other: Registration,
    instead_of: Registration | None,
    beside: Registration | None = None,
    by: Registration | None,
    now: datetime,
) -> None:
    """Tell somebody that they go to a meeting instead of a colleague or beside one, as an invitation."""
    _to_one(
        session,
        "meeting_joined",
        meeting,
        reader,
        "REQUEST",
        other=other,
        now=now,
        instead_of=instead_of,
        beside=beside,
        by=by,
    )


def left(
    session: Session,
    meeting: Meeting,
    reader: Registration,
    *,
    other: Registration,
    comes: Registration | None,
    by: Registration | None,
    now: datetime,
) -> None:
    """Tell somebody that they do not go to a meeting any more, which takes the entry out of their calendar."""
    _to_one(session, "meeting_left", meeting, reader, "CANCEL", other=other, now=now, comes=comes, by=by)


def delegate_changed(
    session: Session,
    meeting: Meeting,
    reader: Registration,
    *,
    went: Registration | None,
    comes: Registration,
    now: datetime,
) -> None:
    """Tell the other side who comes instead, or as well, as a newer version of their invitation."""
    _to_one(session, "meeting_delegate", meeting, reader, "REQUEST", other=comes, now=now, went=went, names_all=True)


def change_asked(session: Session, seen: "OwnChange", reader: Registration) -> None:
    """Ask somebody whether a meeting of theirs may go to another time, with a link on which they say so."""
    send(
        session,
        "meeting_change_asked",
        seen.change.event,
        reader,
        key=f"{seen.change.uid}:{reader.uid}",
        other=seen.moves[0].other,
        meeting=seen.moves[0].meeting,
        seen=seen,
        token=token_for(seen.change, reader),
    )


def change_ended(session: Session, change: MeetingChange, reader: Registration) -> None:
    """Tell somebody who had said yes that nothing changes."""
    send(
        session,
        "meeting_change_ended",
        change.event,
        reader,
        key=f"{change.uid}:{reader.uid}",
        other=reader,
        change=change,
    )


def follow_up(session: Session, meeting: Meeting, reader: Registration, *, day: date) -> None:
    """Remind somebody of a meeting on the day they chose; organisers see letters, so the private note is not in it."""
    send(
        session,
        "meeting_follow_up",
        meeting.event,
        reader,
        key=f"{meeting.uid}:{reader.uid}:{day.isoformat()}",
        meeting=meeting,
        other=meeting.other(reader.id),
    )
