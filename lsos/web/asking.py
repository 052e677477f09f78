"""Own questions on the way through registering: the pages they take, and what is kept until the form is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import flash, request
from flask import session as cookie
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from lsos.events.models import Event
from lsos.questionnaires import drafts, queries
from lsos.questionnaires.answering import Replies, entry_answers
from lsos.questionnaires.models import Question, RegistrationDraft
from lsos.questionnaires.rules import Given, shown
from lsos.registration.models import ParticipationType
from lsos.registration.steps import Also
from lsos.web import language
from lsos.web.look import settings
from lsos.web.own_questions import PREFIX, Own, form_pages, given_in, own_form
from lsos.web.session import reader

#: Buttons and tokens, which are no answers.
_NOT_KEPT = frozenset({"csrf_token", "keep", "back"})
#: Drafts that one browser may lead to; the oldest is forgotten by it first.
_DRAFTS_AT_MOST = 5


def _token(kind: ParticipationType) -> str:
    return str(cookie.get("drafts", {}).get(str(kind.id), ""))


def _person_id() -> int | None:
    who = reader()
    return who.id if who else None


def remember(kind_id: int, token: str) -> None:
    """Let this browser lead to a draft."""
    kept = {key: value for key, value in cookie.get("drafts", {}).items() if key != str(kind_id)}
    cookie["drafts"] = dict([*kept.items(), (str(kind_id), token)][-_DRAFTS_AT_MOST:])


def draft(kind: ParticipationType) -> RegistrationDraft | None:
    """Find what the reader has typed into this form before."""
    now = datetime.now(UTC)
    return drafts.draft_of(kind.id, person_id=_person_id(), token=_token(kind), now=now)


def typed_before(kind: ParticipationType) -> MultiDict[str, str] | None:
    """Give what the reader has typed before, for a form that is not being sent now."""
    if request.method == "POST":
        return None
    found = draft(kind)
    return MultiDict(found.typed) if found is not None else None


def with_answers(
    entry: Also | None, replies: Replies, *, actor_id: int | None, now: datetime
) -> Callable[[Session, int], None]:
    """Make what writes answers where a registration is made, after what uses up that which let somebody in."""
    write = entry_answers(replies, actor_id=actor_id, now=now)

    def both(session: Session, registration_id: int) -> None:
        if entry is not None:
            entry(session, registration_id)
        write(session, registration_id)

    return both


def wants_to_stop() -> bool:
    """Say whether the reader goes on later."""
    return "keep" in request.form


def sent_fields() -> dict[str, list[str]]:
    """Give the fields that were sent with this request."""
    return {name: request.form.getlist(name) for name in request.form if name not in _NOT_KEPT}


def keep(kind: ParticipationType, typed: dict[str, list[str]]) -> None:
    """Keep what was typed, in place of what was kept before."""
    token = drafts.keep_draft(
        kind.id,
        typed,
        person_id=_person_id(),
        token=_token(kind),
        life=timedelta(days=settings().draft_days),
        now=datetime.now(UTC),
    )
    if token:
        remember(kind.id, token)


def promise(kind: ParticipationType, *, to: str, name: str) -> None:
    """Say how to come back to what is kept, and write a link to whoever is not signed in and gave an address."""
    days = settings().draft_days
    if _person_id() is None and to:
        drafts.mail_link(kind, _token(kind), to=to, name=name, language=language.current(), days=days)
        words = ngettext(
            "Kept for %(num)s day. You are not registered yet. A link to go on went to %(address)s.",
            "Kept for %(num)s days. You are not registered yet. A link to go on went to %(address)s.",
            days,
            address=to,
        )
    elif _person_id() is None:
        words = gettext(
            "Kept, for this browser only. You are not registered yet. Write your e-mail address to get a link."
        )
    else:
        words = ngettext(
            "Kept for %(num)s day. You are not registered yet: sign in and come back to go on.",
            "Kept for %(num)s days. You are not registered yet: sign in and come back to go on.",
            days,
        )
    flash(words, "done")


def forget(kind: ParticipationType) -> None:
    """Delete what was kept of this form."""
    drafts.forget_draft(kind.id, person_id=_person_id(), token=_token(kind))
    if _token(kind):
        cookie["drafts"] = {key: value for key, value in cookie["drafts"].items() if key != str(kind.id)}


@dataclass(frozen=True)
class Whole:
    """All pages of own questions, as they are typed in a draft."""

    event: Event
    kind: ParticipationType
    questions: list[Question]
    typed: dict[str, list[str]]

    @property
    def given(self) -> dict[str, Given]:
        """Give every answer that is typed."""
        return given_in(self.typed, self.questions)

    def page(self, number: int, *, now: datetime, is_sent: bool) -> Own:
        """Give one page, as it is sent now or as it was typed."""
        return own_form(
            self.event,
            self.kind.id,
            page=number - 1,
            questions=self.questions,
            formdata=request.form if is_sent else MultiDict(self.typed),
            known=self.given,
            now=now,
        )

    def with_page(self, own: Own) -> "Whole":
        """Put what was sent for one page in the place of what was typed on it before."""
        names = {field.name for field in own.form}
        others = {name: values for name, values in self.typed.items() if name not in names}
        sent = {name: values for name, values in own.sent().items() if name in names}
        return Whole(self.event, self.kind, self.questions, others | sent)

    def replies(self) -> dict[str, Given]:
        """Give the answers to all that is asked of somebody who answers so."""
        given = self.given
        asks = [queries.ask_of(question) for question in self.questions]
        return {ask.code: given[ask.code] for ask in shown(asks, given) if ask.code in given}

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(1, len(form_pages([queries.ask_of(question) for question in self.questions])))


def whole(event: Event, kind: ParticipationType, typed: dict[str, Any] | None = None) -> Whole:
    """Give all pages of a form with what was typed into them."""
    return Whole(event, kind, queries.questions_for(event.id, kind.id), typed or {})


def first_page(event: Event, kind: ParticipationType, *, now: datetime) -> Own:
    """Give the questions of the first page: as they are sent now, or as they were typed before."""
    before = draft(kind)
    pages = whole(event, kind, before.typed if before else None)
    return pages.page(1, now=now, is_sent=request.method == "POST")


def typed_with(own: Own, kind: ParticipationType) -> dict[str, list[str]]:
    """Give what is sent with the first page, with what was typed on the others before."""
    before = draft(kind)
    typed = dict(before.typed) if before is not None else {}
    of_others = {name: values for name, values in typed.items() if name.startswith(PREFIX)}
    names = {field.name for field in own.form}
    kept = {name: values for name, values in of_others.items() if name not in names}
    return kept | sent_fields() | own.sent()
