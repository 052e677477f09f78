"""Letters to who waits for a seat in a session: it is theirs, or they have to choose."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session as Writing

from lsos import calendar_file, mail
from lsos.agenda.calendars import entry_of
from lsos.agenda.letters import values_for
from lsos.agenda.models import Session
from lsos.agenda.queries import Stage, revisions
from lsos.agenda.rules import Interval
from lsos.registration.models import Registration


def place_given(writing: Writing, whose: Registration, what: Session, *, now: datetime) -> None:
    """Tell somebody that a seat they waited for is theirs, with the entry for their calendar."""
    key = f"session_place:{whose.uid}:{what.uid}:{int(now.timestamp())}"
    _send(writing, "session_place", whose, what, key=key, attachments=_entry(whose, what, now))


def choice(
    writing: Writing,
    whose: Registration,
    what: Session,
    *,
    sessions: Sequence[Session],
    stage: Stage,
    meetings: Sequence[Interval],
    now: datetime,
) -> None:
    """Ask somebody to choose: a seat they waited for became free, but they have something else at that time.

    Seats may become free every few minutes: they are asked about one session once a day.
    """
    key = f"session_choice:{whose.uid}:{what.uid}:{now.date()}"
    if writing.scalar(select(mail.OutgoingMail.id).where(mail.OutgoingMail.key == key)) is None:
        _send(
            writing,
            "session_choice",
            whose,
            what,
            key=key,
            sessions=sessions,
            on_stage=stage.sessions,
            pitch=stage.pitch,
            meetings=meetings,
        )


def _entry(whose: Registration, what: Session, now: datetime) -> list[mail.Attachment]:
    with force_locale(whose.person.language):
        entry = entry_of(what, whose.event, revision=revisions(whose.event.slug).get(what.uid, 0), stamp=now)
        if entry is None:
            return []
        content = calendar_file.write([entry])
    return [mail.Attachment("session.ics", "text/calendar; method=PUBLISH; charset=utf-8", content)]


def _send(
    writing: Writing,
    template: str,
    whose: Registration,
    what: Session,
    *,
    key: str,
    attachments: Sequence[mail.Attachment] = (),
    **context: object,
) -> None:
    person = whose.person
    if not person.email:
        return
    mail.enqueue(
        writing,
        template,
        key=key,
        to=person.email,
        name=person.name,
        language=person.language,
        scope=whose.event.slug,
        attachments=attachments,
        values=lambda: values_for(whose, what),
        event=whose.event,
        reader=whose,
        about=what,
        **context,
    )
