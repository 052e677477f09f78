"""Files that a page answers with."""

from collections.abc import Iterable, Sequence

from flask import Response

from lsos import audit
from lsos.db import transaction
from lsos.events.models import Event
from lsos.registration.exporting import as_csv
from lsos.web.session import signed_in_reader

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_answer(filename: str, content: bytes, kind: str) -> Response:
    """Answer with a file to keep."""
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer


def put_on_record(event: Event, action: str, *, rows: int, **more: object) -> None:
    """Note who takes a file of people; call it when all is read, since a change forgets what was read before it."""
    by = signed_in_reader().id
    with transaction() as session:
        audit.record(session, action, actor_id=by, scope=event.slug, object_uid=event.uid, rows=rows, **more)


def csv_answer(filename: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Answer with a file of comma-separated values; its first mark tells Excel that it is UTF-8."""
    return file_answer(filename, as_csv([list(head), *rows]), "text/csv")
