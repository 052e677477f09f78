"""What the marketplace decides: who may look and write, what an offer or request must say, and what a search asks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from lsos.errors import N_
from lsos.registration.rules import Direction, RegistrationState

#: Of one person at one event, closed ones too.
LISTINGS_AT_MOST = 20
SEARCHES_AT_MOST = 20
TITLE_LENGTH = 120
DETAILS_LENGTH = 2000
SEARCH_NAME_LENGTH = 60
WORDS_LENGTH = 100
#: So many of one filter; more is nobody's search.
CODES_AT_MOST = 20
TRL = range(1, 10)


class LookRefusal(StrEnum):
    """Why somebody may not look around in the market."""

    NOT_CONFIRMED = N_("Your registration is not confirmed yet. The market opens to you with the confirmation.")
    NO_MATCHMAKING = N_(
        "Your kind of participation has no 1:1 meetings, and so no market. Write to the organiser if you would like it."
    )


def look_refusal(state: RegistrationState, *, has_matchmaking: bool) -> LookRefusal | None:
    """Say why somebody may not look at what others offer and seek; None when they may."""
    if not has_matchmaking:
        return LookRefusal.NO_MATCHMAKING
    if state is not RegistrationState.CONFIRMED:
        return LookRefusal.NOT_CONFIRMED
    return None


class ListingRefusal(StrEnum):
    """Why an offer or request may not be written so."""

    NO_PART = N_("You do not take part in this event, so you can offer and seek nothing at it.")
    NO_MATCHMAKING = N_(
        "Your kind of participation has no 1:1 meetings. Write to the organiser if you would like them."
    )
    NO_TITLE = N_("Give it a title, in Polish or in English: it is what others read first.")
    TOO_MANY = N_("You have as many offers and requests as one person may have here. Delete one that you need no more.")
    NO_ORGANISATION = N_("Your registration names no organisation. Name it in your profile, or write in your own name.")


class TakeOverRefusal(StrEnum):
    """Why nobody takes an offer or request over."""

    NOT_LEFT = N_("Somebody of your organisation looks after it. Ask them to change it, or write one of your own.")


#: Whoever is so does not take part any more.
GONE = frozenset({RegistrationState.DECLINED, RegistrationState.CANCELLED})


def take_over_refusal(*, is_of_organisation: bool, owner_state: RegistrationState) -> TakeOverRefusal | None:
    """Say why a colleague may not take an offer or request over: only what is an organisation's and left behind is."""
    return None if is_of_organisation and owner_state in GONE else TakeOverRefusal.NOT_LEFT


def listing_refusal(
    state: RegistrationState,
    *,
    has_matchmaking: bool,
    has_title: bool = True,
    others: int = 0,
    lacks_organisation: bool = False,
) -> ListingRefusal | None:
    """Say why somebody may not keep an offer or request so; `others` is how many they have besides it."""
    if state in GONE:
        return ListingRefusal.NO_PART
    if not has_matchmaking:
        return ListingRefusal.NO_MATCHMAKING
    if not has_title:
        return ListingRefusal.NO_TITLE
    if lacks_organisation:
        return ListingRefusal.NO_ORGANISATION
    if others >= LISTINGS_AT_MOST:
        return ListingRefusal.TOO_MANY
    return None


class SearchRefusal(StrEnum):
    """Why a search is not kept so."""

    NO_NAME = N_("Give the search a name, so that you know it again.")
    TOO_LONG = N_("Choose a name of at most 60 letters.")
    NAME_TAKEN = N_("You keep a search of this name already. Choose another name.")
    TOO_MANY = N_("You keep as many searches as one person can. Delete one that you need no more.")


def search_refusal(name: str, *, is_taken: bool, others: int) -> SearchRefusal | None:
    """Say why a search may not be kept under a name; `others` is how many they keep besides it."""
    if not name:
        return SearchRefusal.NO_NAME
    if len(name) > SEARCH_NAME_LENGTH:
        return SearchRefusal.TOO_LONG
    if is_taken:
        return SearchRefusal.NAME_TAKEN
    if others >= SEARCHES_AT_MOST:
        return SearchRefusal.TOO_MANY
    return None


@dataclass(frozen=True)
class Wanted:
    """What a search of the market asks: words, one side, and codes, any of which will do; empty asks nothing."""

    words: str = ""
    direction: Direction | None = None
    kinds: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    trl_from: int | None = None
    trl_to: int | None = None

    def __bool__(self) -> bool:
        return self != Wanted()

    def as_query(self) -> dict[str, Any]:
        """Write it as addresses and saved searches have it; `wanted_of` reads it back."""
        found: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if value:
                found[KEYS[name]] = list(value) if isinstance(value, tuple) else str(value)
        return found


#: What a filter is called in addresses.
KEYS: Mapping[str, str] = {
    "words": "q",
    "direction": "side",
    "kinds": "kind",
    "areas": "area",
    "tags": "tag",
    "stages": "stage",
    "bands": "ticket",
    "countries": "country",
    "organisations": "type",
    "trl_from": "trl_from",
    "trl_to": "trl_to",
}


def wanted_of(query: Mapping[str, Sequence[str] | str]) -> Wanted:
    """Read a search as addresses and saved searches have it; what cannot be read asks nothing."""

    def several(name: str) -> tuple[str, ...]:
        found = query.get(KEYS[name], ())
        listed = [found] if isinstance(found, str) else list(found)
        return tuple(dict.fromkeys(one[:60] for one in listed if one))[:CODES_AT_MOST]

    def one(name: str) -> str:
        return next(iter(several(name)), "")

    def level(name: str) -> int | None:
        typed = one(name)
        return int(typed) if typed.isascii() and typed.isdecimal() and int(typed) in TRL else None

    typed = query.get(KEYS["words"], "")
    words = typed if isinstance(typed, str) else next(iter(typed), "")
    return Wanted(
        words=" ".join(words.split())[:WORDS_LENGTH],
        direction=next((each for each in Direction if each.value == one("direction")), None),
        kinds=several("kinds"),
        areas=several("areas"),
        tags=several("tags"),
        stages=several("stages"),
        bands=several("bands"),
        countries=several("countries"),
        organisations=several("organisations"),
        trl_from=level("trl_from"),
        trl_to=level("trl_to"),
    )


@dataclass(frozen=True)
class Written:
    """An offer or request as its owner writes it: texts in both languages, and terms by their codes."""

    direction: Direction
    kind: str
    title: tuple[str, str]
    details: tuple[str, str] = ("", "")
    area: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    stages: frozenset[str] = field(default_factory=frozenset)
    bands: frozenset[str] = field(default_factory=frozenset)
    trl: int | None = None
    is_of_organisation: bool = False
