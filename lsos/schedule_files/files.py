"""The formats together: which one a file is in, reading it with all that is wrong in it, and writing."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lsos.calendar_file import CalendarPerson
from lsos.errors import N_
from lsos.schedule_files.calendar_format import read_calendar, write_calendar
from lsos.schedule_files.csv_format import read_csv, write_csv
from lsos.schedule_files.findings import Finding, look
from lsos.schedule_files.fitting import Fitted
from lsos.schedule_files.json_format import read_json, write_json
from lsos.schedule_files.model import Programme
from lsos.schedule_files.wrong import MOST_BYTES, MOST_DAYS, MOST_ROOMS, MOST_SESSIONS, WrongFile
from lsos.schedule_files.xml_format import read_xml, write_xml


class Format(StrEnum):
    """A format, by what files in it end with."""

    XML = "xml"
    JSON = "json"
    CSV = "csv"
    ICS = "ics"


@dataclass(frozen=True)
class Reading:
    """A programme that was read, and what is wrong with it: first what the file told, then what the programme shows."""

    programme: Programme
    findings: tuple[Finding, ...]
    format: Format

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """What of the file is not in the programme."""
        return tuple(finding for finding in self.findings if finding.is_left_out)


_READERS: Final[dict[Format, Callable[..., tuple[Programme, list[Finding]]]]] = {
    Format.XML: read_xml,
    Format.JSON: read_json,
    Format.CSV: read_csv,
    Format.ICS: read_calendar,
}
_WRITERS: Final[dict[Format, Callable[[Programme, Fitted | None], bytes]]] = {
    Format.XML: write_xml,
    Format.JSON: write_json,
    Format.CSV: lambda programme, _fit: write_csv(programme),
}
_GZIP: Final = b"\x1f\x8b"


def read(content: bytes, *, zone: str = "") -> Reading:
    """Read a programme; its format is seen from how it begins. It may be packed with gzip.

    Args:
        content: the file.
        zone: the zone of times without an offset, where the file names none that is known.

    Raises:
        WrongFile: it holds no programme; the words name line and field.
    """
    if content.startswith(_GZIP):
        content = _unpacked(content)
    if len(content) > MOST_BYTES:
        raise WrongFile(N_("The file is larger than %(num)s MB, which no programme is."), num=MOST_BYTES // 1_000_000)
    kind = format_of(content)
    programme, findings = _READERS[kind](content, zone=zone)
    for things, most in (
        (programme.days, MOST_DAYS),
        (programme.rooms, MOST_ROOMS),
        (programme.sessions, MOST_SESSIONS),
    ):
        if len(things) > most:
            raise WrongFile(N_("The file has more days, rooms or sessions than programmes do."))
    return Reading(programme, (*findings, *look(programme)), kind)


def write(
    programme: Programme,
    kind: Format,
    *,
    now: datetime,
    organizer: CalendarPerson | None = None,
    fit: Fitted | None = None,
) -> bytes:
    """Write a programme; only calendars say when that was, and who organises it.

    Whoever has made the programme fit already gives that, too.
    """
    if kind is Format.ICS:
        return write_calendar(programme, now=now, organizer=organizer)
    return _WRITERS[kind](programme, fit)


def format_of(content: bytes) -> Format:
    """See the format of a file from how it begins.

    Raises:
        WrongFile: it is empty, or no text.
    """
    begins = content[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return Format.XML
    if begins.startswith((b"{", b"[")):
        return Format.JSON
    if begins.upper().startswith(b"BEGIN:"):
        return Format.ICS
    if not begins:
        raise WrongFile(N_("The file is empty."))
    if b"\x00" in begins:
        raise WrongFile(N_("Line %(line)s: this is neither XML, JSON nor a table."), line=1)
    return Format.CSV


def _unpacked(content: bytes) -> bytes:
    """Unpack no more than is read: a small file can hold a very large one."""
    try:
        found = zlib.decompressobj(wbits=31).decompress(content, MOST_BYTES + 1)
    except zlib.error:
        raise WrongFile(N_("The file is packed, and damaged.")) from None
    return found
