"""Certificates on paper: what stands on each in its language, A4, tagged for screen readers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from lsos import drawing, pdf, qr, wording
from lsos.certificates.models import CertificateSettings
from lsos.certificates.queries import Holder, Sat
from lsos.certificates.rules import Content, Unit, grouped, lessons
from lsos.events.calendars import house
from lsos.events.models import Event
from lsos.texts import Language

TEMPLATE = Path(__file__).with_name("certificate.typ")


def _(words: str, **values: object) -> str:
    """Say it in the language that is set."""
    return str(gettext(words, **values))


@dataclass(frozen=True)
class Sheet:
    """One certificate to print, and in which language."""

    holder: Holder
    language: Language


@dataclass(frozen=True)
class Addresses:
    """Where a number is checked.

    Attributes:
        typed: by language, the page where it is typed, as it is printed.
        base: what the QR code's address begins with.
    """

    typed: Mapping[str, str]
    base: str


@contextmanager
def document(
    event: Event, known: CertificateSettings, sheets: Sequence[Sheet], *, addresses: Addresses, now: datetime
) -> Iterator[pdf.Document]:
    """Set certificates, each in its language, one after another; print or draw what is given."""
    shared = {}
    for language in sorted({sheet.language for sheet in sheets}):
        with force_locale(language):
            shared[language] = _shared(event, known, addresses.typed[language], now)
    certificates = []
    for sheet in sheets:
        with force_locale(sheet.language):
            certificates.append(_one(event, known, sheet, addresses.base))
    first = sheets[0]
    with force_locale(first.language):
        title = _("Certificate of attendance") if len(sheets) == 1 else _("Certificates of attendance")
        data = {
            "title": f"{title}: {wording.plain(event.name)}",
            "language": first.language,
            "shared": shared,
            "certificates": certificates,
            "colours": {"ink": drawing.INK, "teal": drawing.TEAL},
        }
    files = {"logo.svg": str(drawing.logo(28)).encode(), "wave.svg": str(drawing.wave()).encode()}
    with pdf.document(TEMPLATE, data, files=files) as made:
        yield made


def _shared(event: Event, known: CertificateSettings, typed_at: str, now: datetime) -> dict[str, Any]:
    """Give what is the same on all certificates of a language."""
    return {
        "heading": _("Certificate of attendance"),
        "given-to": _("This certifies that"),
        "for": _("took part in"),
        "event": wording.plain(event.name),
        "when": wording.days_between(event.starts_on, event.ends_on),
        "where": house(event),
        "organiser": event.organiser.name,
        "words": wording.plain(known.words),
        "signer": known.signer,
        "function": wording.plain(known.function),
        "sessions": _("Attended sessions"),
        "session": _("Session"),
        "time": _("Time"),
        "duration": _("Time counted"),
        "total": _("In total"),
        "rule": _(
            "A session counts from its beginning to its end; whoever came or left more than a quarter of an hour "
            "off, from and until then. A minute in two sessions at once counts once."
        ),
        "next": _("The sessions attended are listed on the next page, which is part of this certificate."),
        "number": _("Certificate number"),
        "check": _("Whether it is genuine can be checked by anybody, under its number:"),
        "typed-at": typed_at.partition("://")[2],
        "made": _("Printed on %(day)s", day=wording.full_day(now.astimezone(ZoneInfo(event.timezone)).date())),
        "page": _("Page"),
        "qr": _("QR code that leads to the check of this certificate"),
    }


def _one(event: Event, known: CertificateSettings, sheet: Sheet, base: str) -> dict[str, Any]:
    holder = sheet.holder
    registration = holder.registration
    number = holder.certificate.number if holder.certificate else ""
    one = {
        "language": sheet.language,
        "name": registration.person.name,
        "organisation": registration.organisation.name if registration.organisation else "",
        "facts": facts_of(event, known, holder),
        "days": [
            {
                "day": wording.day(day),
                "rows": [
                    {
                        "time": _hours(one, event.timezone),
                        "title": wording.plain(one.session.title) or one.session.code,
                        "kind": wording.plain(one.session.format.name),
                        "minutes": duration(one.span.minutes),
                    }
                    for one in some
                ],
            }
            for day, some in groupby(holder.sessions, key=lambda one: _day_of(one, event.timezone))
        ],
        "count": len(holder.sessions),
        "sum": duration(holder.minutes),
        "number": grouped(number),
        "qr": str(qr.svg(qr.certificate_address(base, number), border=0)),
    }
    return one | {"is-long": bool(holder.sessions) and _height(one, event, known) > _ROOM}


#: Millimetres above signature and number on the first page.
_ROOM = 297 - 72


def _height(one: Mapping[str, Any], event: Event, known: CertificateSettings) -> float:
    """Guess, rather too much, how far down the first page a certificate with its list comes, in millimetres.

    Asking the template would take as long as setting it: of 1,200 that is half a minute.
    """
    words = wording.plain(known.words)
    height = 44.0 + 12 * _lines(one["name"], 22) + 5.5 * _lines(one["organisation"], 68)
    height += 9 * _lines(wording.plain(event.name), 38) + 5.5 * _lines(house(event), 80) + 2
    height += sum((5.5 * _lines(line, 78) for line in words.split("\n")), 6.0) if words else 0.0
    height += 8 + 6.5 * len(one["facts"]) + 34
    for day in one["days"]:
        height += 9 + sum(3.6 + 4.6 * _lines(row["title"], 56) + 4.4 * bool(row["kind"]) for row in day["rows"])
    return height


def _lines(words: str, letters: int) -> int:
    """Guess how many lines a text takes of which so many letters stand on one."""
    return -(-len(words) // letters)


def _day_of(one: Sat, zone: str) -> date:
    return one.span.starts_at.astimezone(ZoneInfo(zone)).date()


def _hours(one: Sat, zone: str) -> str:
    """Write when a session was; what counts of it stands beside it."""
    when = one.session.when
    assert when is not None
    return f"{wording.clock(when.starts_at, zone)}–{wording.clock(when.ends_at, zone)}"


def facts_of(event: Event, known: CertificateSettings, holder: Holder) -> list[tuple[str, str]]:
    """Say in short what is certified, in the language that is set: days, sessions, hours."""
    facts = []
    if holder.days and list(holder.days) != event.days:
        facts.append((_("Was there on"), wording.listed(wording.month_day(day) for day in holder.days)))
    if known.content is Content.SESSIONS and holder.sessions:
        facts.append((_("Attended sessions"), wording.number(len(holder.sessions))))
        facts.append((_("Time in sessions"), in_total(known, holder.minutes)))
    return facts


def in_total(known: CertificateSettings, minutes: int) -> str:
    """Write a sum of time, in the hours that organisers chose."""
    written = duration(minutes)
    if known.unit is Unit.LESSONS:
        return _(
            "%(time)s (%(hours)s educational hours of 45 minutes)",
            time=written,
            hours=wording.number(lessons(minutes), 1),
        )
    return written


def duration(minutes: int) -> str:
    """Write a length of time: 1 h 30 min."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    if not rest:
        return _("%(hours)s h", hours=hours)
    return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
