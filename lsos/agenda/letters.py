"""Which letters about sessions organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.agenda.models import Session
from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, values_of
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from lsos.wording import plain, stamp

_SESSION = (
    *COMMON,
    Placeholder("session", N_("the title of the session")),
    Placeholder("time", N_("when the session begins")),
    Placeholder("room", N_("its room")),
)


def values_for(reader: Registration, what: Session) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about a session, in the language that is set."""
    return {
        **values_of(reader),
        "session": plain(what.title),
        "time": stamp(what.starts_at, reader.event.timezone) if what.starts_at is not None else "",
        "room": plain(what.room.name) if what.room is not None else "",
    }


def _shown(event: Event) -> list[Session]:
    """Find two sessions to show a letter with, those with counted seats first."""
    return list(
        db.session.scalars(
            select(Session)
            .where(Session.event_id == event.id, Session.takes_signups, Session.starts_at.is_not(None))
            .order_by(Session.seats.is_(None), Session.starts_at, Session.id)
            .limit(2)
            .options(joinedload(Session.room))
        )
    )


def _invented(event: Event) -> Session:
    begins = datetime.combine(event.starts_on, time(10), UTC)
    ends = begins + timedelta(hours=1)
    return Session(code="-", title=Bilingual("Warsztat", "Workshop"), starts_at=begins, ends_at=ends)


def _sample(event_id: int, number: int) -> Sample | None:
    reader = reader_by_number(event_id, number)
    if reader is None:
        return None
    found = _shown(reader.event)
    about = found[0] if found else _invented(reader.event)
    context = {
        "event": reader.event,
        "reader": reader,
        "about": about,
        "sessions": found[1:] or [_invented(reader.event)],
        "on_stage": (),
        "pitch": None,
        "meetings": [],
    }
    return Sample(
        reader.person.email,
        reader.person.name,
        reader.person.language,
        context=lambda _language: context,
        values=lambda _language: values_for(reader, about),
        is_invented=not found,
    )


_READERS = Samples(count_readers, _sample)

LETTERS = (
    Letter(
        "session_place",
        N_("Seat in a session, for who waited"),
        N_("at once, when a seat is free and it is their turn"),
        _SESSION,
        _READERS,
        N_("which session, when and where, the calendar file, and the button to give the place back"),
        About.SESSION,
    ),
    Letter(
        "session_choice",
        N_("Seat in a session is free, but the reader has something else then"),
        N_("at once, to who waited; the seat goes to the next who can take it"),
        _SESSION,
        _READERS,
        N_("which session, what else they have then, and the button to choose"),
        About.SESSION,
    ),
)
