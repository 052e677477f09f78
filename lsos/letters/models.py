"""The table of organisers' own words for letters."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lsos.db import Model
from lsos.texts import Bilingual, bilingual


class LetterWording(Model):
    """One version of the words for one letter of one event; the latest counts, and none is ever changed.

    A language with neither subject nor body goes out in the platform's words.
    """

    __tablename__ = "letter_wording"
    __table_args__ = (UniqueConstraint("scope", "letter", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The event, by slug, as letters name it.
    scope: Mapped[str] = mapped_column(String(80))
    #: Which letter: the name of its template.
    letter: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    subject: Mapped[Bilingual] = bilingual("subject")
    body: Mapped[Bilingual] = bilingual("body")
    written_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    def words(self, language: str) -> tuple[str, str] | None:
        """Give subject and body in a language; None where these are left to the platform."""
        subject, body = (text.pl if language == "pl" else text.en for text in (self.subject, self.body))
        return (subject, body) if subject and body else None
