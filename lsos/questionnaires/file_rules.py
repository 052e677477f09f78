"""What kinds of file people may send with an answer, and how one is known."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from lsos.errors import N_


@dataclass(frozen=True)
class FileKind:
    """A kind of file that can be asked for: how its names end, how its bytes begin, how it is given out."""

    name: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...]
    content_type: str


_ZIP = (b"PK\x03\x04",)
_OFFICE = "application/vnd.openxmlformats-officedocument"
FILE_KINDS = {
    "pdf": FileKind("PDF", (".pdf",), (b"%PDF-",), "application/pdf"),
    "jpeg": FileKind("JPEG", (".jpg", ".jpeg"), (b"\xff\xd8\xff",), "image/jpeg"),
    "png": FileKind("PNG", (".png",), (b"\x89PNG\r\n\x1a\n",), "image/png"),
    "docx": FileKind("Word (docx)", (".docx",), _ZIP, f"{_OFFICE}.wordprocessingml.document"),
    "pptx": FileKind("PowerPoint (pptx)", (".pptx",), _ZIP, f"{_OFFICE}.presentationml.presentation"),
    "xlsx": FileKind("Excel (xlsx)", (".xlsx",), _ZIP, f"{_OFFICE}.spreadsheetml.sheet"),
    "odt": FileKind("OpenDocument (odt)", (".odt",), _ZIP, "application/vnd.oasis.opendocument.text"),
}
#: One request carries at most 8 MB, and the rest of the form with it.
MEGABYTES_AT_MOST = 7
MEGABYTE = 1024 * 1024


class FileProblem(StrEnum):
    """Why a file cannot be taken, in words for whoever chose it."""

    EMPTY = N_("This file is empty. Choose another one.")
    TOO_LARGE = N_("This file is larger than %(megabytes)s MB. Choose a smaller one.")
    WRONG_KIND = N_("A file of this kind is not taken here. Choose one of these: %(kinds)s.")
    NOT_WHAT_IT_SAYS = N_("What is in this file is not what its name says. Save it again and choose it once more.")


def file_kind_of(name: str, allowed: Collection[str]) -> str | None:
    """Find, among the kinds that are allowed, the one that a file's name says it is."""
    for code in allowed:
        if code in FILE_KINDS and name.casefold().endswith(FILE_KINDS[code].endings):
            return code
    return None


def file_problem(name: str, content: bytes, *, allowed: Collection[str], megabytes: int) -> FileProblem | None:
    """Say why a file cannot be taken; None when it can."""
    kind = file_kind_of(name, allowed)
    if kind is None:
        return FileProblem.WRONG_KIND
    if not content:
        return FileProblem.EMPTY
    if len(content) > megabytes * MEGABYTE:
        return FileProblem.TOO_LARGE
    return None if content.startswith(FILE_KINDS[kind].begins) else FileProblem.NOT_WHAT_IT_SAYS
