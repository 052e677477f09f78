"""A first question for two who meet, made of what they declared and of nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext

from lsos.errors import N_
from lsos.matchmaking.model import Reason, ReasonKind, Side
from lsos.meetings.models import Meeting
from lsos.meetings.words import Vocabulary
from lsos.registration.rules import Direction
from lsos.texts import Bilingual
from lsos.wording import plain


class Opening(StrEnum):
    """How the question begins, as it can be said aloud; what it is about stands where no language has to bend it."""

    THEY_OFFER = N_("“You offer: %(what)s. What would we need to begin?”")
    THEY_SEEK = N_("“You are looking for: %(what)s. What matters most to you in it?”")
    WE_OFFER = N_("“We offer: %(what)s. What would you like to know first?”")
    WE_SEEK = N_("“We are looking for: %(what)s. What could you bring to it?”")
    BOTH_WANT = N_("“We both want: %(what)s. What is still missing for you?”")
    SAME_SUBJECT = N_("“We both work on: %(what)s. What are you working on at the moment?”")
    SAME_AREA = N_("“We share a focus area: %(what)s. What brought you to it?”")


#: What two have in common, the most telling first: the kind of reason and its side, and the question it gives.
_OPENINGS: tuple[tuple[ReasonKind, Side, Opening], ...] = (
    (ReasonKind.OFFER_MEETS_SEEK, "for_a", Opening.THEY_OFFER),
    (ReasonKind.OFFER_MEETS_SEEK, "for_b", Opening.THEY_SEEK),
    (ReasonKind.SAME_COOPERATION, "both", Opening.BOTH_WANT),
    (ReasonKind.SHARED_TAGS, "both", Opening.SAME_SUBJECT),
    (ReasonKind.SHARED_FOCUS_AREAS, "both", Opening.SAME_AREA),
)


@dataclass(frozen=True)
class AskedFor:
    """What a meeting was asked for: an offer or a request, and whether it is the reader's side that made it."""

    direction: Direction
    is_ours: bool
    name: Bilingual
    #: The kind of cooperation, where it is nothing more than that.
    kind: str = ""


def asked_for(meeting: Meeting, reader_id: int) -> AskedFor | None:
    """Say what a meeting was asked for; None where it was for nothing named, or its owner has closed it since."""
    listing = meeting.request.listing if meeting.request is not None else None
    if listing is None or listing.is_closed:
        return None
    other = meeting.other(reader_id)
    mine = meeting.second if other.id == meeting.first_id else meeting.first
    for each, is_ours in ((mine, True), (other, False)):
        if listing.profile.registration_id == each.id:
            kind = "" if listing.title else listing.cooperation_type.code
            return AskedFor(listing.direction, is_ours, listing.title or listing.cooperation_type.name, kind)
    #: A colleague of whoever made it came instead.
    return None


def first_question(told: AskedFor | None, reasons: Iterable[Reason], names: Vocabulary) -> str:
    """Give the reader a question to begin with; empty where the two declared nothing in common.

    What the meeting was asked for goes before what else fits. `reasons` are the reader's: "for_a" is what they gain.
    """
    known = {(each.kind, each.side): each for each in reasons if each.codes}
    if told is not None:
        both_want = known.get((ReasonKind.SAME_COOPERATION, "both"))
        is_both = both_want is not None and told.kind in both_want.codes
        return _said(Opening.BOTH_WANT if is_both else _opening_of(told), plain(told.name))
    for kind, side, opening in _OPENINGS:
        if (reason := known.get((kind, side))) is not None:
            lists = {ReasonKind.SHARED_TAGS: names.tags, ReasonKind.SHARED_FOCUS_AREAS: names.focus_areas}
            found = lists.get(kind, names.cooperation).get(reason.codes[0])
            return _said(opening, plain(found) or reason.codes[0])
    return ""


def _opening_of(told: AskedFor) -> Opening:
    if told.direction is Direction.OFFER:
        return Opening.WE_OFFER if told.is_ours else Opening.THEY_OFFER
    return Opening.WE_SEEK if told.is_ours else Opening.THEY_SEEK


def _said(opening: Opening, what: str) -> str:
    words: str = gettext(opening.value, what=what.rstrip(" ."))
    return words
