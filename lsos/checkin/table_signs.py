"""Signs for meeting tables: the number to be seen from afar, and the code by which people say that they are there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask_babel import force_locale, gettext

from lsos import audit, drawing, pdf, qr, wording
from lsos.db import transaction
from lsos.events.models import Event
from lsos.meetings.models import MeetingTable
from lsos.texts import LANGUAGES

TEMPLATE = Path(__file__).with_name("table_sign.typ")


class Layout(StrEnum):
    """How signs lie on paper: each on its own, or two on a sheet to be cut."""

    A5 = "a5"
    A4 = "a4"


@contextmanager
def document(
    event: Event, tables: Sequence[MeetingTable], *, layout: Layout, base_url: str, language: str
) -> Iterator[pdf.Document]:
    """Set the signs of these tables in both languages, that of the reader first; print or draw what is given."""
    spoken = [language, *(each for each in LANGUAGES if each != language)]
    data = {
        "title": f"{wording.plain(event.name)}: {len(tables)}",
        "layout": layout.value,
        "language": language,
        "colours": {"ink": drawing.INK, "quiet": "#4b5d57", "primary": drawing.TEAL},
        "event": event.name.read(language).text,
        "signs": [_sign(table, spoken, base_url) for table in tables],
    }
    with pdf.document(TEMPLATE, data, files={"logo.svg": str(drawing.logo(40)).encode()}) as made:
        yield made


def _sign(table: MeetingTable, spoken: Sequence[str], base_url: str) -> dict[str, Any]:
    lines = []
    for language in spoken:
        with force_locale(language):
            lines.append(
                {
                    "language": language,
                    "table": gettext("Table"),
                    "room": table.room.name.read(language).text if table.room else "",
                    "how": gettext("Do you have a meeting here now? Scan the code and press “I am here”."),
                }
            )
    address = qr.table_address(base_url, table.code)
    return {"number": str(table.number), "code": table.code, "lines": lines, "qr": str(qr.svg(address, border=2))}


def note_printing(event: Event, *, count: int, layout: Layout, by_id: int) -> None:
    """Write down that signs were printed."""
    with transaction() as session:
        audit.record(
            session, "table_signs.printed", actor_id=by_id, scope=event.slug, object_uid=event.uid,
            count=count, layout=layout.value,
        )  # fmt: skip
