"""The words of a badge that its owner and the desk may put right, and how an approval of them is known."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from lsos.errors import N_

#: As long as the names of a registration may be.
LENGTH: Final = 120


class WordsRefusal(StrEnum):
    """Why words are not taken, in words for whoever typed them."""

    NO_NAME = N_("Write a given name or a family name: a badge needs one of them.")
    TOO_LONG = N_("Write at most 120 letters.")
    FROZEN = N_("The badges are being printed, and their words stay as they are. Please ask at the registration desk.")
    NO_BADGE = N_("There is no badge: the registration is not confirmed.")
    CHANGED = N_("The words changed meanwhile. Please look at the badge once more.")


@dataclass(frozen=True)
class Words:
    """What a badge says of its owner."""

    given_name: str = ""
    family_name: str = ""
    organisation: str = ""
    job_title: str = ""

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.given_name} {self.family_name}".strip()

    def mark(self) -> str:
        """Give what tells these words from any others: who approved them did not approve those."""
        parts = "\x00".join(getattr(self, one.name) for one in fields(self))
        return hashlib.sha256(parts.encode()).hexdigest()


NAMES: Final = tuple(one.name for one in fields(Words))


def tidy(words: Words) -> Words:
    """Write words with single blanks, as they are printed."""
    return Words(**{name: " ".join(getattr(words, name).split()) for name in NAMES})


def words_refusals(words: Words) -> dict[str, WordsRefusal]:
    """Say what is wrong with words, by field; nothing where nothing is."""
    found = {name: WordsRefusal.TOO_LONG for name in NAMES if len(getattr(words, name)) > LENGTH}
    if not words.given_name and not words.family_name:
        found["given_name"] = WordsRefusal.NO_NAME
    return found


def corrections(registered: Words, wanted: Words) -> dict[str, str | None]:
    """Give what must be kept so that a badge says what is wanted: None where the registration says so itself."""
    return {
        name: None if getattr(wanted, name) == getattr(registered, name) else getattr(wanted, name) for name in NAMES
    }


def corrected(registered: Words, kept: Mapping[str, str | None]) -> Words:
    """Give what a badge says: what was put right, else what the registration says."""
    return Words(**{name: getattr(registered, name) if (right := kept.get(name)) is None else right for name in NAMES})


class Approval(StrEnum):
    """Whether the owner of a badge has said that it is right."""

    OPEN = "open"
    APPROVED = "approved"
    #: The words changed since.
    FALLEN = "fallen"


def approval_of(words: Words, mark: str) -> Approval:
    """Say how an approval stands that was given for words with this mark."""
    if not mark:
        return Approval.OPEN
    return Approval.APPROVED if mark == words.mark() else Approval.FALLEN


def may_change(*, is_frozen: bool, is_owner: bool) -> bool:
    """Say whether somebody may change the words of a badge: its owner only before they are frozen."""
    return not (is_frozen and is_owner)
