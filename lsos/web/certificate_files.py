"""Certificates as files: what all doors that hand them out share."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from flask import abort

from lsos.certificates import queries
from lsos.certificates.models import CertificateSettings
from lsos.certificates.printing import Addresses, Sheet, document
from lsos.certificates.queries import Holder
from lsos.certificates.rules import grouped
from lsos.events.models import Event
from lsos.texts import LANGUAGES, Language
from lsos.web.look import link, settings

#: From so many on they are set by a process of its own.
LONG = 20
#: So many stand in one file at most: setting them takes three seconds and a third of a gigabyte; of more a ZIP is made.
IN_A_FILE = 200


def language_or_404(spoken: str) -> Language:
    """Read which language a certificate is asked for in."""
    found = next((one for one in LANGUAGES if one == spoken), None)
    return found or abort(404)


def addresses() -> Addresses:
    """Say where a number is checked, as it is printed."""
    return Addresses({one: link("certificate_check.index", lang=one) for one in LANGUAGES}, settings().base_url)


def known_or_404(event: Event) -> CertificateSettings:
    """Give what organisers say of certificates."""
    return queries.settings_of(event.id) or abort(404)


def as_pdf(event: Event, sheets: Sequence[Sheet], *, now: datetime) -> bytes:
    """Set some certificates in one file."""
    with document(event, known_or_404(event), sheets, addresses=addresses(), now=now) as made:
        return made.long_pdf() if len(sheets) > LONG else made.pdf()


class _Pipe(io.RawIOBase):
    """A file that is only written, and given away piece by piece."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, some: Any) -> int:
        self._waiting.append(bytes(some))
        return len(some)

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        some, self._waiting = b"".join(self._waiting), []
        return some


def as_zip(event: Event, sheets: Sequence[Sheet], *, name: str, now: datetime) -> Iterator[bytes]:
    """Set many in several files, named by their numbers in the order of the alphabet; each is given once it is set.

    So nobody on the way takes it for an answer that does not come.
    """
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as files:
        for start in range(0, len(sheets), IN_A_FILE):
            some = sheets[start : start + IN_A_FILE]
            place = f"{name}-{start + 1:04d}-{start + len(some):04d}.pdf"
            files.writestr(place, as_pdf(event, some, now=now))
            yield pipe.taken()
    yield pipe.taken()


def file_name(event: Event, holder: Holder, spoken: Language) -> str:
    """Name the file of one certificate by its number, which tells nothing about its owner."""
    word = "zaswiadczenie" if spoken == "pl" else "certificate"
    number = grouped(holder.certificate.number) if holder.certificate else ""
    return f"{event.slug}-{word}-{number}.pdf"
