"""Writing a mail: in its reader's language, in the organiser's words where there are any, once for one cause."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from flask import render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from lsos.db import db
from lsos.letters import formatting
from lsos.letters.formatting import Gaps
from lsos.letters.models import LetterWording
from lsos.letters.queries import own_wording
from lsos.letters.rules import fill
from lsos.mail.models import Attachment, MailAttachment, MailState, OutgoingMail

#: Words that were read in a transaction, in `Session.info`: the transaction, and what it found.
_WORDINGS = "lsos_wordings"
#: Placeholders whose value is an address, by the names that all letters give them.
LINKS = frozenset({"my_page", "programme", "profile", "confirm", "cancel"})


@dataclass(frozen=True)
class Words:
    """An organiser's words for a letter, in one language, and which of its placeholders are addresses."""

    subject: str
    body: str
    links: frozenset[str] = LINKS


@dataclass(frozen=True)
class Frame:
    """What stands around words that differ from reader to reader: rendered once for all who read one language."""

    text: str
    html: str
    #: What stands for each thing that differs, until it is put in.
    marks: Mapping[str, str]

    def around(self, mode: str, parts: Mapping[str, str]) -> str:
        """Put the parts in, all at once, so that nothing in one of them is taken for another's place."""
        by_mark = {mark: parts[name] for name, mark in self.marks.items()}
        return re.sub("|".join(by_mark), lambda found: by_mark[found[0]], self.html if mode == "html" else self.text)


def frame(template: str, language: str, *, varying: Sequence[str] = (), **context: Any) -> Frame:
    """Render what stands around an organiser's words; `varying` names what else differs from reader to reader."""
    marks = {name: f"mark-{secrets.token_hex(16)}" for name in ("own_subject", "own_body", *varying)}
    with force_locale(language):
        text, html = (
            render_template(
                "mail/_own.jinja", template=f"mail/{template}.jinja", mode=mode, language=language, **context, **marks
            )
            for mode in ("text", "html")
        )
    return Frame(text, html, marks)


def compose(
    template: str,
    *,
    key: str,
    to: str,
    name: str,
    language: str,
    scope: str = "",
    is_secret: bool = False,
    attachments: Sequence[Attachment] = (),
    values: Callable[[], Mapping[str, str]] | None = None,
    own_words: Words | None = None,
    within: Frame | None = None,
    batch: str = "",
    is_automatic: bool = True,
    reply_to: str = "",
    unsubscribe: str = "",
    **context: Any,
) -> OutgoingMail:
    """Write a mail in its reader's language, without putting it anywhere.

    Args:
        template: names templates/mail/<template>.jinja.
        key: what it is about, so that it goes once.
        to: the address.
        name: its reader's name.
        language: its reader's language.
        scope: the event, by slug.
        is_secret: it holds a link that signs somebody in.
        attachments: files that go with it.
        values: gives what fills the placeholders; with it, organisers may word this letter themselves. It is
            called with the reader's language set.
        own_words: such words; without them, those stored for the event count.
        within: the frame around them, where it was rendered before.
        batch: the public id of what it was written for, with others.
        is_automatic: nobody pressed a button to send it.
        reply_to: where answers go.
        unsubscribe: where one click ends such letters.
        context: what the template reads.
    """
    if own_words is None and values is not None:
        own_words = _stored_words(scope, template, language)
    with force_locale(language):
        filled = values() if values and own_words is not None else {}
        if own_words is not None and within is not None:
            subject, text, html = _put_in(within, own_words, filled, context)
        else:
            subject, text, html = _render(template, language, own_words, filled, context)
    now = datetime.now(UTC)
    return OutgoingMail(
        key=key,
        scope=scope,
        letter=template,
        batch=batch,
        to_address=to,
        to_name=name,
        language=language,
        subject=one_line(subject),
        text=re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text.strip()) + "\n",
        html=html.strip() + "\n",
        is_secret=is_secret,
        is_automatic=is_automatic,
        reply_to=reply_to,
        unsubscribe=unsubscribe,
        state=MailState.WAITING,
        tries=0,
        next_try_at=now,
        created_at=now,
        attachments=[
            MailAttachment(filename=a.filename, content_type=a.content_type, content=a.content, cid=a.cid)
            for a in attachments
        ],
    )


def _stored_words(scope: str, template: str, language: str) -> Words | None:
    """Find the words of an event for a letter; they are read once in a transaction, however many letters it writes."""
    session = db.session()
    transaction, known = session.info.get(_WORDINGS, (None, {}))
    if transaction is None or transaction is not session.get_transaction():
        known = {}
    if (scope, template) not in known:
        known[scope, template] = own_wording(session, scope, template)
        session.info[_WORDINGS] = (session.get_transaction(), known)
    wording: LetterWording | None = known[scope, template]
    found = wording.words(language) if wording is not None else None
    return Words(*found) if found else None


def _put_in(within: Frame, words: Words, values: Mapping[str, str], context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give subject, text and HTML in a frame that was rendered before."""
    written = formatting.write(words.body, Gaps(values, words.links))
    subject = fill(words.subject, values)
    others = {name: str(context[name]) for name in within.marks if name not in {"own_subject", "own_body"}}
    text = within.around("text", {"own_subject": subject, "own_body": written.text + "\n\n", **others})
    escaped = {name: escape(value) for name, value in others.items()}
    html = within.around("html", {"own_subject": escape(subject), "own_body": written.html, **escaped})
    return subject, text, html


def _render(
    template: str, language: str, words: Words | None, values: Mapping[str, str], context: Mapping[str, Any]
) -> tuple[str, str, str]:
    """Give subject, text and HTML: in the organiser's words within the platform's frame, or in the platform's."""
    if words is None:
        subject, text, html = (
            render_template(f"mail/{template}.jinja", mode=mode, language=language, **context)
            for mode in ("subject", "text", "html")
        )
        return subject, text, html
    written = formatting.write(words.body, Gaps(values, words.links))
    subject = fill(words.subject, values)
    text, html = (
        render_template(
            "mail/_own.jinja",
            template=f"mail/{template}.jinja",
            mode=mode,
            language=language,
            own_subject=subject,
            own_body=body,
            **context,
        )
        for mode, body in (("text", written.text + "\n\n"), ("html", written.html))
    )
    return subject, text, html


def enqueue(session: Session, template: str, **letter: Any) -> OutgoingMail:
    """Write a mail into the outbox, as part of the change that causes it.

    It takes what `compose` takes, and is rendered now, so that what is sent is what was true.
    """
    mail = compose(template, **letter)
    held: HeldBack | None = session.info.get(_HELD_BACK)
    if held is not None:
        mail.next_try_at = max(mail.next_try_at, held.until)
        held.letters.append(mail)
    session.add(mail)
    return mail


@dataclass(frozen=True)
class HeldBack:
    """Letters of one change that wait, so that the change can be taken back before they leave."""

    until: datetime
    letters: list[OutgoingMail]


_HELD_BACK = "lsos_letters_held_back"


@contextmanager
def holding_back(session: Session, *, until: datetime) -> Iterator[HeldBack]:
    """Let the letters that are enqueued meanwhile leave no earlier than a moment, and name them."""
    held = HeldBack(until, [])
    session.info[_HELD_BACK] = held
    try:
        yield held
    finally:
        session.info.pop(_HELD_BACK, None)


def one_line(text: str) -> str:
    """Make a text fit for a header: nobody writes a second header by means of a name."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
