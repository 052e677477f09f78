"""Files that a page answers with."""

from collections.abc import Iterable, Sequence

from flask import Response

from lsos.registration.exporting import as_csv

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_answer(filename: str, content: bytes, kind: str) -> Response:
    """Answer with a file to keep."""
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer


def csv_answer(filename: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Answer with a file of comma-separated values; its first mark tells Excel that it is UTF-8."""
    return file_answer(filename, as_csv([list(head), *rows]), "text/csv")
