"""Which letters there are: what each is, what organisers' words can name in it, and whom it can be shown as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lsos.errors import N_
from lsos.letters.rules import Placeholder
from lsos.mail.models import Attachment


class About(StrEnum):
    """What a letter is about: the headings under which organisers find it."""

    REGISTRATION = N_("Registrations")
    TIMED = N_("Scheduled")
    INVITATION = N_("Invitations")
    DELEGATION = N_("Delegations")
    MEETING = N_("Meetings")
    SESSION = N_("Sessions")
    ZONE = N_("The Zone")
    PROPOSAL = N_("Proposals and speakers")
    PRIVACY = N_("Personal data")


@dataclass(frozen=True)
class Sample:
    """What a letter to one reader says; its links open nothing.

    Context and values are asked for a language, with that language set.
    """

    to: str
    name: str
    language: str
    context: Callable[[str], Mapping[str, Any]]
    values: Callable[[str], Mapping[str, str]]
    attachments: tuple[Attachment, ...] = ()
    #: Nobody has got such a letter yet, so its reader is made up.
    is_invented: bool = False


@dataclass(frozen=True)
class Samples:
    """Whom a letter can be shown as: how many there are at an event, and one of them by number, from 1."""

    count: Callable[[int], int]
    nth: Callable[[int, int], Sample | None]


@dataclass(frozen=True)
class Letter:
    """A letter that the platform writes and organisers may word."""

    #: The name of its template, and of its words.
    code: str
    #: What it is, and when it goes out; translated where it is shown.
    title: str
    when: str
    placeholders: tuple[Placeholder, ...]
    samples: Samples
    #: What stands below the words whoever writes them.
    kept: str = ""
    about: About = About.REGISTRATION
