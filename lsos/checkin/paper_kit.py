"""What is on the paper for a day: what to do, who comes in, who does not and what to say, and each session's list.

It is one file, so that one press of a key prints it all, in the order in which it is handed out. Who comes in is
decided as for a scan at the door that morning. It says no more of people than the desk reads after a scan.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from lsos import pdf, qr
from lsos.agenda.models import Session, SessionSignup
from lsos.checkin import facts
from lsos.checkin.deciding import GuestFacts, PointFacts, decide
from lsos.checkin.models import PaperWords
from lsos.checkin.paper_rules import share_out
from lsos.checkin.queries import day_bounds
from lsos.checkin.rules import PointKind, Refusal, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.registration.models import Registration
from lsos.registration.transfers import handed_on_of_all
from lsos.texts import Language, alphabet_key, is_polish
from lsos.wording import clock, day, plain, stamp

TEMPLATE = Path(__file__).with_name("paper_kit.typ")
#: Empty lines under a session's list and on the sheet of those who stand on none.
_EMPTY: Final = 6
_EMPTY_OF_NOBODY: Final = 18


@dataclass(frozen=True)
class Guests:
    """Who comes in on a day, and who does not and why; both in the order of the alphabet."""

    admitted: Sequence[Registration]
    refused: Sequence[tuple[Registration, Refusal]]


def guests_of(event: Event, when: date) -> Guests:
    """Decide for everybody what the desk would say as the doors open that day."""
    people = db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .where(Registration.event_id == event.id, Registration.erased_at.is_(None))
        .options(
            contains_eager(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
        )
    ).all()
    handed_on = handed_on_of_all(event.id)
    known, door = facts.event_facts(event), PointFacts("", PointKind.DOOR)
    opens = facts.milliseconds(moment(when, event.doors_open, event.timezone))
    admitted, refused = [], []
    for one in sorted(people, key=_place):
        kind = one.participation_type
        guest = GuestFacts(one.state, kind.code, tuple(kind.days), was_handed_on=one.id in handed_on)
        decision = decide(known, door, guest, (), at=opens)
        if decision.result is ScanResult.ADMITTED:
            admitted.append(one)
        elif decision.reason is not None:
            refused.append((one, decision.reason))
    return Guests(admitted, refused)


def _place(one: Registration) -> tuple[str, int]:
    return alphabet_key(one.person.family_name or one.person.given_name, one.person.given_name), one.id


def letter_of(name: str) -> str:
    """Give the letter that a name stands under: Ł is one of its own, Å stands under A."""
    first = name[:1]
    return first.upper() if is_polish(first) else alphabet_key(first)[:1].upper()


def _letter(one: Registration) -> str:
    return letter_of(one.person.family_name or one.person.given_name)


@contextmanager
def document(
    event: Event, when: date, *, language: Language, words: PaperWords | None, type_at: str, now: datetime
) -> Iterator[tuple[pdf.Document, int]]:
    """Set the paper of a day; with it, how many are on the list. `type_at` is where what was ticked is typed in."""
    guests = guests_of(event, when)
    with force_locale(language):
        data = {
            "language": language,
            "title": gettext("Paper for the door: %(day)s", day=day(when)),
            "event": plain(event.name),
            "made": gettext("Made on %(when)s. Destroy after the event.", when=stamp(now, event.timezone)),
            "words": _words(),
            "cover": _cover(event, when, guests, words) | {"type-at": type_at},
            "desks": _desks(guests.admitted, words.desks if words is not None else 1),
            "refused": [_refused(one, why) for one, why in guests.refused],
            "sessions": _sessions(event, when, {one.id for one in guests.admitted}),
            "empty": _EMPTY,
            "empty-of-nobody": _EMPTY_OF_NOBODY,
        }
    with pdf.document(TEMPLATE, data) as made:
        yield made, len(guests.admitted)


def _words() -> dict[str, str]:
    return {
        "page": gettext("Page"),
        "at": gettext("Time"),
        "name": gettext("Name"),
        "organisation": gettext("Organisation"),
        "as": gettext("Comes as"),
        "code": gettext("Code"),
        "say": gettext("What to say"),
        "refused": gettext("Not to be let in: send them to the help desk"),
        "refused-lead": gettext(
            "Be friendly, and say what stands beside the name. Everybody else stands on the lists."
        ),
        "nobody-refused": gettext("Nobody. Everybody who is registered comes in."),
        "unknown": gettext("Guests on no list"),
        "unknown-lead": gettext(
            "Let them write their name themselves, note the time, and ask the help desk whether they may come in."
        ),
        "more": gettext("Came without signing up"),
        "nobody": gettext("Nobody is admitted on this day."),
    }


def _cover(event: Event, when: date, guests: Guests, words: PaperWords | None) -> dict[str, Any]:
    opens, closes = clock(event.doors_open, event.timezone), clock(event.doors_close, event.timezone)
    counts = [
        ngettext("%(num)s guest on the list", "%(num)s guests on the list", len(guests.admitted)),
        ngettext("%(num)s not to be let in", "%(num)s not to be let in", len(guests.refused)),
    ]
    return {
        "heading": gettext("When the network or the phones fail"),
        "day": day(when),
        "hours": gettext("Doors: %(opens)s–%(closes)s", opens=opens, closes=closes),
        "counts": " · ".join(counts),
        "steps": _steps(),
        "typed": gettext(
            "Organisers type or import what was ticked, each with its time. "
            "The codes beside the names can be scanned there:"
        ),
        "emergency": gettext("Emergency: 112"),
        "said-heading": gettext("From the organisers"),
        "said": plain(words.words) if words is not None else "",
        "destroy": gettext(
            "These sheets name people. Do not leave them lying, do not photograph them. "
            "After they are typed in, shred them all."
        ),
    }


def _steps() -> list[str]:
    """Say what the desk does, in the order in which it happens."""
    return [
        gettext("Only the network is gone? Go on scanning. The phones decide by themselves and send it all later."),
        gettext("No phone works? Take the list with the first letter of the guest's family name."),
        gettext(
            "Find the name. Tick the box and write the time: at least the first on each page, "
            "and then every quarter of an hour."
        ),
        gettext("Something stands under the name in bold? Read it, and do it."),
        gettext("Not on the list? Look among those not to be let in, and say what stands there."),
        gettext("On neither? Write them on the sheet “Guests on no list”, and ask the help desk."),
        gettext("At a room, tick the session's own list. Whoever is not on it writes their name below."),
        gettext(
            "When all works again, scan whoever comes from then on. Do not scan who is ticked: "
            "bring the sheets to the organisers."
        ),
    ]


def _desks(admitted: Sequence[Registration], desks: int) -> list[dict[str, Any]]:
    """Share the list between desks, each with letters that follow one another."""
    by_letter = {letter: list(some) for letter, some in groupby(admitted, key=_letter)}
    shared = share_out([(letter, len(some)) for letter, some in by_letter.items()], desks)
    found = []
    for place, letters in enumerate(shared, start=1):
        span = letters[0] if len(letters) == 1 else f"{letters[0]}–{letters[-1]}"
        rows = [one for letter in letters for one in by_letter[letter]]
        found.append(
            {
                "heading": gettext("Guests %(letters)s", letters=span),
                "foot": gettext("%(letters)s, desk %(desk)s of %(desks)s", letters=span, desk=place, desks=len(shared)),
                "count": ngettext("%(num)s guest", "%(num)s guests", len(rows)),
                "rows": _rows(rows),
            }
        )
    return found


def _rows(people: Iterable[Registration], *, with_kind: bool = True) -> list[dict[str, str]]:
    rows, last = [], ""
    for one in people:
        letter = _letter(one)
        rows.append(
            {
                "letter": letter if letter != last else "",
                "family": one.person.family_name or one.person.given_name,
                "given": one.person.given_name if one.person.family_name else "",
                "organisation": one.organisation.name if one.organisation else "",
                "kind": plain(one.participation_type.name) if with_kind else "",
                "note": one.desk_note if with_kind else "",
                "code": one.badge_code,
                "qr": str(qr.svg(one.badge_code, border=0)),
            }
        )
        last = letter
    return rows


def _refused(one: Registration, why: Refusal) -> dict[str, str]:
    return {
        "family": one.person.family_name or one.person.given_name,
        "given": one.person.given_name if one.person.family_name else "",
        "organisation": one.organisation.name if one.organisation else "",
        "say": gettext(why.value),
    }


def _sessions(event: Event, when: date, admitted: Collection[int]) -> list[dict[str, Any]]:
    """List the sessions of a day for which people signed up, those who may come in that day alone."""
    begin, end = day_bounds(when, event.timezone)
    rows = db.session.scalars(
        select(SessionSignup)
        .join(SessionSignup.session)
        .where(Session.event_id == event.id, Session.starts_at >= begin, Session.starts_at < end)
        .order_by(Session.starts_at, Session.id)
        .options(
            contains_eager(SessionSignup.session).joinedload(Session.room),
            joinedload(SessionSignup.registration).joinedload(Registration.person),
            joinedload(SessionSignup.registration).joinedload(Registration.organisation),
            joinedload(SessionSignup.registration).joinedload(Registration.participation_type),
        )
    )
    found = []
    for _session_id, signups in groupby(rows, key=lambda row: row.session_id):
        some = list(signups)
        session = some[0].session
        if session.when is None:
            continue
        people = sorted((row.registration for row in some if row.registration_id in admitted), key=_place)
        hours = f"{clock(session.when.starts_at, event.timezone)}–{clock(session.when.ends_at, event.timezone)}"
        room = plain(session.room.name) if session.room else ""
        seats = session.room.capacity if session.room else None
        count = ngettext("%(num)s signed up", "%(num)s signed up", len(people))
        if seats is not None:
            count = f"{count} · {ngettext('%(num)s seat', '%(num)s seats', seats)}"
        found.append(
            {
                "heading": plain(session.title),
                "foot": " · ".join(filter(None, (room, hours))),
                "hours": hours,
                "room": room,
                "count": count,
                "rows": _rows(people, with_kind=False),
            }
        )
    return found
