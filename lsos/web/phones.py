"""What the pages that scan by themselves have in common: how they are kept, how they send, what the camera says."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from flask import Response, url_for
from flask_babel import gettext as _
from pydantic import BeforeValidator, Field

from lsos.paths import folder
from lsos.web import look

#: The year 2100, in milliseconds since 1970.
_LATEST = 4_102_444_800_000


def _read(sent: object) -> datetime:
    if not isinstance(sent, int) or not 0 <= sent <= _LATEST:
        raise ValueError("a time in milliseconds since 1970 is needed")
    return datetime.fromtimestamp(sent / 1000, UTC)


#: A moment by the clock of a phone, sent as milliseconds since 1970.
Moment = Annotated[datetime, BeforeValidator(_read)]
#: An id that a phone made, by which what is sent twice is one.
Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,22}$")]


def camera_words() -> dict[str, str]:
    """Say why there is no picture, by what the browser gives as the reason (`static/js/door/camera.js`)."""
    return {
        "camera_refused": _(
            "The camera may not be used. Allow it in the browser's settings for this page, or type the code."
        ),
        "camera_missing": _("There is no camera that this page can use. Type the code, or use a scanner."),
        "camera_unsafe": _("The camera works only on a secure page (https). Type the code, or use a scanner."),
        "camera_failed": _("The camera does not start. Close other programs that use it, or type the code."),
    }


def worker(page: str, named: Iterable[str], imported: Iterable[str]) -> Response:
    """Give the worker that keeps a page for when there is no network; from its address it sees nothing else.

    `named` are the files that the page itself names; `imported` those that its scripts and styles
    ask for by themselves, so that they carry no fingerprint.
    """
    code = (folder("static") / "js" / "scanner-worker.js").read_text(encoding="utf-8")
    where = {
        "page": page,
        "static": url_for("static", filename=""),
        "parts": [look.asset(name) for name in named] + [url_for("static", filename=name) for name in imported],
    }
    return Response(f"const WHERE = {json.dumps(where)};\n{code}", mimetype="text/javascript")
