"""The letter that tells its reader what a release changed of theirs, and what organisers' own words can name in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.db import db
from lsos.drafting.content import Content
from lsos.drafting.queries import content_of
from lsos.drafting.rules import ChangeKind, Tie
from lsos.drafting.words import Line, names_for, told_lines
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import OF_EVENT, OF_READER, values_of_event
from lsos.texts import Bilingual
from lsos.wording import listed, plain

#: The name of its template.
PROGRAMME_CHANGED = "programme_changed"
#: Why a session is the reader's, in words for them.
TIE_WORDS: Mapping[Tie, str] = {
    Tie.PERSON: N_("You are in this session"),
    Tie.SIGNUP: N_("You signed up for it"),
    Tie.LOST: N_("You waited for a seat in it. It is for others now, so you do not wait for it any more."),
    Tie.STAR: N_("You marked it with a star"),
}


@dataclass(frozen=True)
class Told:
    """A session of the reader's, and what changed of it."""

    title: str
    code: str
    tie: str
    lines: list[Line]


def values_for(event: Event, person: Person, name: Bilingual, told: Sequence[Told]) -> Mapping[str, str]:
    """Give what fills the placeholders, in the language that is set."""
    return {
        "given_name": person.given_name,
        "name": person.name,
        **values_of_event(event),
        "release": plain(name),
        "sessions": listed(one.title for one in told),
    }


def context_for(event: Event, person: Person, name: Bilingual, told: Sequence[Told]) -> dict[str, Any]:
    """Give what the template reads."""
    return {"event": event, "person": person, "release": name, "told": told, "TIE_WORDS": TIE_WORDS}


# ---- a look at one


def _shown(event_id: int) -> Session | None:
    """Find a session to show the letter with."""
    return db.session.scalar(
        select(Session)
        .where(Session.event_id == event_id, Session.starts_at.is_not(None))
        .order_by(Session.starts_at, Session.id)
        .limit(1)
        .options(selectinload(Session.people), selectinload(Session.partners), selectinload(Session.audience))
    )


def _sample(event_id: int, number: int) -> Sample | None:
    reader, shown = reader_by_number(event_id, number), _shown(event_id)
    if reader is None:
        return None
    event, person, name = reader.event, reader.person, Bilingual("Wersja 2", "Version 2")
    begins = moment(event.starts_on, event.doors_open, event.timezone)
    after = content_of(shown) if shown else _invented(begins)
    before = replace(after, starts_at=(after.starts_at or begins) - timedelta(hours=1))

    def told() -> list[Told]:
        names = names_for(event.id, event.timezone, [after])
        lines = told_lines([ChangeKind.TIME], before, after, names)
        return [Told(plain(after.title), after.code, Tie.SIGNUP, lines)]

    return Sample(
        person.email,
        person.name,
        person.language,
        context=lambda _language: context_for(event, person, name, told()),
        values=lambda _language: values_for(event, person, name, told()),
    )


def _invented(begins: datetime) -> Content:
    """Make up a session where there is none yet."""
    title = Bilingual("Otwarcie", "Opening")
    return Content(title=title, format_id=0, code="-", starts_at=begins, ends_at=begins + timedelta(hours=1))


LETTERS = (
    Letter(
        PROGRAMME_CHANGED,
        N_("The programme has changed"),
        N_("after a release, one to each whom it concerns"),
        (
            *OF_READER,
            *OF_EVENT,
            Placeholder("release", N_("the name of the release")),
            Placeholder("sessions", N_("the sessions of the reader's that changed")),
        ),
        Samples(count_readers, _sample),
        N_("what changed of which session, and the calendar file"),
        About.SESSION,
    ),
)
