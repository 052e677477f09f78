"""Feedback on an application in the letter that tells somebody what was decided, where the organiser wants it there."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.registration.models import Registration
from lsos.texts import Bilingual
from lsos.zone.models import ZoneApplication
from lsos.zone.rules import DECIDED


def for_letter(session: Session, registration: Registration) -> Bilingual:
    """Give the feedback that belongs into a letter about this registration; empty where none does."""
    application = session.scalar(
        select(ZoneApplication).where(
            ZoneApplication.registration_id == registration.id,
            ZoneApplication.state.in_(DECIDED),
            ZoneApplication.is_feedback_in_letter,
        )
    )
    return application.feedback if application is not None else Bilingual()


def with_jury(feedback: Bilingual, said: Sequence[str]) -> Bilingual:
    """Add what jurors wrote, each in the language they wrote it in, unless it stands there already."""
    return Bilingual(*(_added(text, said) for text in (feedback.pl, feedback.en)))


def _added(text: str, said: Sequence[str]) -> str:
    return "\n\n".join(part for part in (text, *(words for words in said if words not in text)) if part)
