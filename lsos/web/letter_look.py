"""A letter's HTML within a page: in a frame that runs nothing, loads nothing and leads nowhere by itself."""

import base64

from flask import Response, make_response

from lsos.mail import OutgoingMail
from lsos.web.look import content_security_policy

#: Mails carry their style in themselves; nothing else of them takes effect.
_FRAME_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


def with_frame(page: str) -> Response:
    """Answer with a page that may show a frame of ours."""
    answer = make_response(page)
    policy = content_security_policy()
    answer.headers["Content-Security-Policy"] = f"{policy}; frame-src 'self'"
    return answer


def as_frame(letter: OutgoingMail) -> Response:
    """Answer with the HTML of a letter; pictures that go with it are put into it."""
    html = letter.html
    for file in letter.attachments:
        if file.cid:
            picture = base64.b64encode(file.content).decode()
            html = html.replace(f"cid:{file.cid}", f"data:{file.content_type.partition(';')[0]};base64,{picture}")
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = _FRAME_POLICY
    return answer
