"""Expected answers that are not a success: a sentence for its reader, with details to fill in."""

from enum import StrEnum
from typing import Self


def N_(message: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown, not where it is made."""
    return message


class Worded(StrEnum):
    """Something that is told to people: a member has its value, and words that are translated where they are shown."""

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        """Make a member of its value and its words."""
        member = str.__new__(cls, value)
        member._value_, member.words = value, words
        return member


class LsosError(Exception):
    """Something a person can understand and act on; `message` is a gettext id, `details` its values."""

    def __init__(self, message: str | StrEnum, **details: object) -> None:
        self.message = str(message)
        self.details = details
        #: The machine-readable name of the reason, where a rule gave one.
        self.reason = message.name.lower() if isinstance(message, StrEnum) else None
        super().__init__(self.message % details if details else self.message)


class NotFound(LsosError):
    """What was asked for is not here."""


class Refused(LsosError):
    """A rule says no, and says why."""


class InputError(LsosError):
    """A file or a command line says something that cannot be taken; names the place in it."""
