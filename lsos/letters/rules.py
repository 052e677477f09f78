"""Placeholders: named gaps in an organiser's words, filled with values and never evaluated."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lsos.errors import N_

#: Anything between braces on one line asks to be a placeholder, so that a mistyped one is noticed.
_GAP = re.compile(r"\{([^{}\n]*)\}")
SUBJECT_LENGTH = 200
BODY_LENGTH = 10_000


@dataclass(frozen=True)
class Placeholder:
    """A gap that a letter knows how to fill."""

    name: str
    #: What stands there in the letter, in words for organisers; translated where it is shown.
    meaning: str
    #: It holds an address, so that words can be linked to it: [Open my day]({my_page}).
    is_link: bool = False


class WordsRefusal(StrEnum):
    """Why words cannot be taken for a letter, said to whoever wrote them."""

    UNKNOWN = N_("This letter knows no {%(name)s}. It knows: %(known)s.")
    LINK_IN_SUBJECT = N_("{%(name)s} is an address, and a subject cannot hold one.")
    LINK_ELSEWHERE = N_("A link leads to an address that begins with https:// or to a page of ours, but not to: %(to)s")
    HALF = N_("A letter needs both: a subject and words. Fill in the other one, or empty both.")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with words: the sentence, and its details."""

    message: WordsRefusal
    details: Mapping[str, str]


def placeholders_in(words: str) -> list[str]:
    """Name the gaps in some words, each once, in their order."""
    return list(dict.fromkeys(found.strip() for found in _GAP.findall(words)))


def unknown_placeholders(words: str, known: Collection[Placeholder]) -> Iterator[Problem]:
    """Name each gap that a letter cannot fill, with the list of those it can."""
    names = {one.name for one in known}
    for name in placeholders_in(words):
        if name not in names:
            listed = ", ".join(f"{{{one.name}}}" for one in known)
            yield Problem(WordsRefusal.UNKNOWN, {"name": name, "known": listed})


def problems_of_subject(subject: str, known: Collection[Placeholder]) -> Iterator[Problem]:
    """Say what is wrong with a subject."""
    yield from unknown_placeholders(subject, known)
    links = {one.name for one in known if one.is_link}
    for name in placeholders_in(subject):
        if name in links:
            yield Problem(WordsRefusal.LINK_IN_SUBJECT, {"name": name})


def fill(words: str, values: Mapping[str, str]) -> str:
    """Put values into the gaps, once over: braces within a value stay what they are."""
    return _GAP.sub(lambda gap: values.get(gap[1].strip(), gap[0]), words)


def parts_of(words: str) -> Iterator[tuple[str, str | None]]:
    """Take words apart: (words as written, None), or (the gap as written, its name)."""
    end = 0
    for gap in _GAP.finditer(words):
        if gap.start() > end:
            yield words[end : gap.start()], None
        yield gap[0], gap[1].strip()
        end = gap.end()
    if end < len(words):
        yield words[end:], None
