"""Organisers' own words for the platform's letters: kept in versions, and given back to the platform."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from lsos import audit, mail, qr
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.letters.models import LetterWording
from lsos.letters.queries import own_wording
from lsos.letters.rules import WordsRefusal
from lsos.mail import Attachment, OutgoingMail, Words
from lsos.outreach import letters
from lsos.outreach.catalogue import LETTERS
from lsos.outreach.letters import plain_links
from lsos.registration.letters import Letter, values_of
from lsos.registration.models import Registration, WaitingEntry
from lsos.texts import LANGUAGES, Bilingual
from lsos.wording import clock

CHANGED_MEANWHILE = N_("Somebody else kept other words meanwhile. Look at them below, then keep yours once more.")


def letter_of(code: str) -> Letter:
    """Give the letter of a name.

    Raises:
        NotFound: there is none that organisers may word.
    """
    if code not in LETTERS:
        raise NotFound(N_("There is no such letter."))
    return LETTERS[code]


def keep(
    event: Event, code: str, subject: Bilingual, body: Bilingual, *, seen: int, by: int, now: datetime
) -> LetterWording:
    """Keep words for a letter as a new version; a language that is empty goes out in the platform's words.

    Args:
        event: whose letter it is.
        code: which letter.
        subject: in both languages.
        body: in both languages.
        seen: the version that the organiser had before them; 0 where there was none.
        by: the organiser.
        now: the moment.

    Raises:
        NotFound: there is no such letter.
        Refused: the words name what the letter does not know, a half is missing, or somebody else was quicker.
    """
    letter = letter_of(code)
    for language in LANGUAGES:
        words = getattr(subject, language), getattr(body, language)
        if bool(words[0]) != bool(words[1]):
            raise Refused(WordsRefusal.HALF)
        wrong_subject, wrong_body = letters.problems_of(*words, letter.placeholders)
        for problem in (*wrong_subject, *wrong_body):
            raise Refused(problem.message, **problem.details)
    try:
        with transaction() as session:
            latest = own_wording(session, event.slug, code)
            if (latest.version if latest is not None else 0) != seen:
                raise Refused(CHANGED_MEANWHILE)
            row = LetterWording(
                scope=event.slug,
                letter=code,
                version=seen + 1,
                subject=subject,
                body=body,
                written_at=now,
                by_id=by,
            )
            session.add(row)
            audit.record(session, "letter.worded", actor_id=by, scope=event.slug, object_uid=code, version=row.version)
            return row
    except IntegrityError:
        raise Refused(CHANGED_MEANWHILE) from None


def look(
    event: Event, code: str, registration: Registration, language: str, *, words: Words | None = None
) -> OutgoingMail:
    """Write a letter as somebody would get it, in a language, without sending it; its links lead to no account.

    `words` are some that are not kept yet.

    Raises:
        NotFound: there is no such letter.
    """
    letter_of(code)
    links = plain_links(registration, language)
    address = qr.badge_address(letters.settings().base_url, "PREVIEW")
    context: Mapping[str, Any] = {
        "registration": registration,
        "event": event,
        "person": registration.person,
        "reason": "",
        "rank": 1,
        "by_self": False,
        "waits": WaitingEntry(size=1, accepts_automatically=True),
        "entry": WaitingEntry(size=1, offered_until=datetime.now(UTC)),
        "token": "-",
        "seat_token": "-",
        "seat_address": links["my_page"],
        "doors_open": clock(event.doors_open, event.timezone),
        **links,
    }
    return mail.compose(
        code,
        key="look",
        to=registration.person.email,
        name=registration.person.name,
        language=language,
        scope=event.slug,
        own_words=words,
        attachments=[Attachment("badge.png", "image/png", qr.png(address), cid="badge")],
        values=lambda: {**values_of(registration, rank=1), **links},
        **context,
    )
