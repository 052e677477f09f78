"""Organisers' own words for the platform's letters: kept in versions, and given back to the platform."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from lsos import audit, mail
from lsos.db import new_uid, transaction
from lsos.errors import N_, Refused
from lsos.events.models import Event
from lsos.letters.models import LetterWording
from lsos.letters.queries import own_wording
from lsos.letters.rules import WordsRefusal
from lsos.mail import Letter, OutgoingMail, Sample, Words
from lsos.outreach import letters
from lsos.texts import LANGUAGES, Bilingual

CHANGED_MEANWHILE = N_("Somebody else kept other words meanwhile. Look at them below, then keep yours once more.")


def keep(
    event: Event, letter: Letter, subject: Bilingual, body: Bilingual, *, seen: int, by: int, now: datetime
) -> LetterWording:
    """Keep words for a letter as a new version; a language that is empty goes out in the platform's words.

    Args:
        event: whose letter it is.
        letter: which letter.
        subject: in both languages.
        body: in both languages.
        seen: the version that the organiser had before them; 0 where there was none.
        by: the organiser.
        now: the moment.

    Raises:
        Refused: the words name what the letter does not know, a half is missing, or somebody else was quicker.
    """
    for language in LANGUAGES:
        words = getattr(subject, language), getattr(body, language)
        if bool(words[0]) != bool(words[1]):
            raise Refused(WordsRefusal.HALF)
        wrong_subject, wrong_body = letters.problems_of(*words, letter.placeholders)
        for problem in (*wrong_subject, *wrong_body):
            raise Refused(problem.message, **problem.details)
    try:
        with transaction() as session:
            latest = own_wording(session, event.slug, letter.code)
            if (latest.version if latest is not None else 0) != seen:
                raise Refused(CHANGED_MEANWHILE)
            row = LetterWording(
                scope=event.slug,
                letter=letter.code,
                version=seen + 1,
                subject=subject,
                body=body,
                written_at=now,
                by_id=by,
            )
            session.add(row)
            audit.record(
                session, "letter.worded", actor_id=by, scope=event.slug, object_uid=letter.code, version=row.version
            )
            return row
    except IntegrityError:
        raise Refused(CHANGED_MEANWHILE) from None


@dataclass(frozen=True)
class Typed:
    """Words that are not kept yet; None stands for the platform's."""

    words: Words | None


def look(event: Event, letter: Letter, sample: Sample, language: str, *, typed: Typed | None = None) -> OutgoingMail:
    """Write a letter as somebody would get it, in a language, without sending it; its links open nothing."""
    is_ours = typed is not None and typed.words is None
    return mail.compose(
        letter.code,
        key=f"look:{new_uid()}",
        to=sample.to,
        name=sample.name,
        language=language,
        scope=event.slug,
        own_words=typed.words if typed is not None else None,
        attachments=sample.attachments,
        values=None if is_ours else lambda: sample.values(language),
        **sample.context(language),
    )


def send_trial(written: OutgoingMail, *, to: str, name: str) -> None:
    """Send a letter that was looked at to the organiser who asks, and to nobody else."""
    with transaction() as session:
        written.to_address, written.to_name, written.is_automatic = to, name, False
        written.key = f"words-trial:{written.key}"
        session.add(written)
