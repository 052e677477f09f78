"""The proof of what was deleted, as rows of a file and as a printed page."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from lsos import pdf
from lsos.events.models import Event
from lsos.privacy import keeping, proof
from lsos.wording import day, plain, stamp

TEMPLATE = Path(__file__).with_name("proof.typ")


def names_of(event: Event) -> dict[str, str]:
    """Name the classes of data of an event in the reader's language."""
    names = keeping.names_of(event)
    return {what: gettext(name) if isinstance(name, str) else plain(name) for what, name in names.items()}


def table(event: Event) -> tuple[list[str], list[list[object]]]:
    """Give the head and the rows of the proof, the latest first."""
    names = names_of(event)
    head = [
        gettext("When"),
        gettext("What"),
        gettext("Rule: days after the event"),
        gettext("Entries deleted"),
        gettext("By"),
        gettext("Seal"),
    ]
    by_itself, by_hand = gettext("the daily run"), gettext("an owner")
    rows: list[list[object]] = [
        [
            line.at.isoformat(),
            names.get(line.what, line.what),
            "" if line.days is None else line.days,
            line.number,
            by_hand if line.by_id else by_itself,
            line.seal,
        ]
        for line in proof.lines(event.slug)
    ]
    return head, rows


def proof_pdf(event: Event, language: str, *, now: datetime) -> bytes:
    """Print the proof of an event in one language."""
    with force_locale(language):
        head, _rows = table(event)
        names = names_of(event)
        broken = proof.broken()
        rows = [
            [
                stamp(line.at, event.timezone),
                names.get(line.what, line.what),
                "" if line.days is None else str(line.days),
                str(line.number),
                gettext("an owner") if line.by_id else gettext("the daily run"),
                line.seal[:12],
            ]
            for line in proof.lines(event.slug)
        ]
        data = {
            "language": language,
            "title": gettext("What was deleted of %(event)s, and when", event=plain(event.name)),
            "made": gettext("Made on %(day)s", day=day(now.astimezone(ZoneInfo(event.timezone)).date())),
            "intro": gettext(
                "Each line was written by the deletion it is about. Its seal is made of the line and of the seal "
                "before it, so that a line that was changed or taken out is seen."
            ),
            "whole": gettext("All lines are as they were written.")
            if broken is None
            else gettext(
                "A line is not as it was written, or one is missing: see %(when)s.",
                when=stamp(broken.at, event.timezone),
            ),
            "figures": gettext(
                "The figures of the report were not touched: they count registrations by kind, organisation, "
                "country and presence, without names."
            ),
            "empty": gettext("Nothing has been deleted yet."),
            "head": head,
            "rows": rows,
            "page": gettext("Page"),
        }
    return pdf.compile(TEMPLATE, data)
