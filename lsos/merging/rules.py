"""When two records are likely one human being, and which of two registrations for one event stays."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

from lsos.agenda.rules import Interval
from lsos.errors import N_
from lsos.organisations.rules import SURE, Likeness
from lsos.registration.rules import RegistrationState

Known = TypeVar("Known")


class SamePerson(StrEnum):
    """Why two records are likely one human being, in words for the organiser."""

    NAME = N_("the same name")
    NAME_TURNED = N_("the same name, with given and family name changed over")
    FAMILY_NAME = N_("the same family name, and given names that begin alike")
    ORGANISATION = N_("the same organisation")
    DOMAIN = N_("addresses in one domain")
    LOCAL_PART = N_("addresses that are the same before the @")


class MergeRefusal(StrEnum):
    """Why two records are not merged, in words for the organiser."""

    SAME = N_("This is one record already.")
    GONE = N_("One of the two was merged meanwhile. Reload the page.")
    CHANGED = N_("Something about the two has changed meanwhile. Look at them once more.")
    ERASED = N_("One of the two was erased. There is nothing left to merge.")
    ERASURE = N_("One of the two is to be erased. Wait until that is done, or let it be taken back, then merge.")


_WEIGHTS = {
    SamePerson.NAME: 50,
    SamePerson.NAME_TURNED: 45,
    SamePerson.FAMILY_NAME: 20,
    SamePerson.ORGANISATION: 25,
    SamePerson.DOMAIN: 15,
    SamePerson.LOCAL_PART: 40,
}
#: From here on two records are shown as likely one. A name alone is enough to look, and not enough to believe.
LIKELY_PERSON = 50
#: What stands before the @ of addresses that belong to an office and not to somebody.
OFFICES = frozenset(
    {"info", "biuro", "kontakt", "contact", "office", "sekretariat", "hello", "mail", "poczta", "admin", "marketing"}
)
#: Shorter ones are shared by chance.
LOCAL_PART_LENGTH = 5
#: So many that share one thing share it by chance, such as a common name.
CROWD = 40


@dataclass(frozen=True)
class PersonFacts:
    """What two people are compared by; all folded."""

    given_name: str
    family_name: str
    addresses: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()


@lru_cache(maxsize=1 << 16)
def local_parts(addresses: tuple[str, ...]) -> frozenset[str]:
    """Give what stands before the @, without dots and what follows a plus, where it may tell people apart."""
    parts = {re.sub(r"[._-]", "", address.partition("@")[0].partition("+")[0]) for address in addresses}
    return frozenset(part for part in parts if len(part) >= LOCAL_PART_LENGTH and part not in OFFICES)


def domains(addresses: Iterable[str], shared: frozenset[str]) -> set[str]:
    """Give what stands behind the @, but for domains where anybody may have an address."""
    return {address.rpartition("@")[2] for address in addresses} - shared


def person_likeness(one: PersonFacts, other: PersonFacts, *, shared_domains: frozenset[str]) -> Likeness:
    """Say how likely two records are one human being, out of 100, and why."""
    found: list[SamePerson] = []
    names, turned = (one.given_name, one.family_name), (other.family_name, other.given_name)
    if names == (other.given_name, other.family_name):
        found.append(SamePerson.NAME)
    elif names == turned:
        found.append(SamePerson.NAME_TURNED)
    elif one.family_name and one.family_name == other.family_name and _begin_alike(one.given_name, other.given_name):
        found.append(SamePerson.FAMILY_NAME)
    if set(one.organisations) & set(other.organisations):
        found.append(SamePerson.ORGANISATION)
    elif domains(one.addresses, shared_domains) & domains(other.addresses, shared_domains):
        found.append(SamePerson.DOMAIN)
    if local_parts(one.addresses) & local_parts(other.addresses):
        found.append(SamePerson.LOCAL_PART)
    #: Without anything of a name in common, colleagues would look like one.
    if not {SamePerson.NAME, SamePerson.NAME_TURNED, SamePerson.FAMILY_NAME, SamePerson.LOCAL_PART} & set(found):
        return Likeness(0, ())
    return Likeness(min(SURE, sum(_WEIGHTS[reason] for reason in found)), tuple(found))


def _begin_alike(one: str, other: str) -> bool:
    """Say whether one given name is the beginning of the other: J. and Jan, Anna and Anna Maria."""
    one, other = one.rstrip("."), other.rstrip(".")
    return bool(one) and bool(other) and (one.startswith(other) or other.startswith(one))


@dataclass(frozen=True)
class Pair:
    """Two records that are likely one, by their ids."""

    one: int
    other: int
    likeness: Likeness


#: Pairs of ids, the lower one first.
Pairs = Collection[tuple[int, int]]


def likely_pairs(
    known: Mapping[int, PersonFacts], *, shared_domains: frozenset[str], apart: Pairs = frozenset(), limit: int = 100
) -> list[Pair]:
    """List the pairs that are most likely one human being, the likeliest first; `apart` are known to be two.

    Only records that share a name or what stands before the @ are compared, so that the time grows
    with their number and not with its square.
    """

    def keys(facts: PersonFacts) -> Iterable[Hashable]:
        yield frozenset((facts.given_name, facts.family_name))
        yield from local_parts(facts.addresses)
        if facts.family_name and facts.given_name:
            yield facts.family_name, facts.given_name[0]

    def compare(one: PersonFacts, other: PersonFacts) -> Likeness:
        return person_likeness(one, other, shared_domains=shared_domains)

    return pairs_among(known, keys, compare, LIKELY_PERSON, apart=apart, limit=limit)


def pairs_among(
    known: Mapping[int, Known],
    keys: Callable[[Known], Iterable[Hashable]],
    compare: Callable[[Known, Known], Likeness],
    least: int,
    *,
    apart: Pairs = frozenset(),
    limit: int,
) -> list[Pair]:
    """Compare those that share a key, and list the likeliest pairs first, but for those that are known to be two."""
    alike: defaultdict[Hashable, list[int]] = defaultdict(list)
    for key, facts in known.items():
        for shared in set(keys(facts)):
            alike[shared].append(key)
    candidates = {
        pair for members in alike.values() if len(members) <= CROWD for pair in combinations(sorted(members), 2)
    }
    found = [Pair(one, other, compare(known[one], known[other])) for one, other in candidates.difference(apart)]
    likely = [pair for pair in found if pair.likeness.score >= least]
    return sorted(likely, key=lambda pair: (-pair.likeness.score, pair.one, pair.other))[:limit]


@dataclass(frozen=True)
class Standing:
    """How a registration stands, to choose between two for one event."""

    state: RegistrationState
    days_there: int
    registered_at: datetime


_STATES = (
    RegistrationState.CONFIRMED,
    RegistrationState.PENDING,
    RegistrationState.WAITLISTED,
    RegistrationState.CANCELLED,
    RegistrationState.DECLINED,
)


def stays(one: Standing, other: Standing) -> bool:
    """Say whether the first of two registrations for one event should stay.

    The one with which somebody was there; else the one that is further; else the earlier one.
    """

    def order(standing: Standing) -> tuple[int, int, datetime]:
        return -standing.days_there, _STATES.index(standing.state), standing.registered_at

    return order(one) <= order(other)


# ---- what the registration that stays takes over


@dataclass(frozen=True)
class Thing:
    """Something that takes somebody's time: a place in a session, or a meeting."""

    key: int
    #: The session, or the registration of the other person.
    what: int
    #: None for a session that has no time yet.
    when: Interval | None


@dataclass(frozen=True)
class Diary:
    """What takes somebody's time, each kind in order."""

    meetings: tuple[Thing, ...] = ()
    sessions: tuple[Thing, ...] = ()


def what_fits(mine: Diary, theirs: Diary, *, never: int) -> tuple[set[int], set[int]]:
    """Choose the meetings and the places in sessions that the one who stays can take over, by their keys.

    What they have stays. Then meetings come first, since others rely on them, then sessions; each only where
    the time is free, nobody is met twice, and no session is taken twice. `never` is the one who stays, whom they
    cannot meet.
    """
    busy = [thing.when for thing in (*mine.meetings, *mine.sessions)]
    met = {thing.what for thing in mine.meetings} | {never}
    meetings, sessions = set(), set()
    for thing in theirs.meetings:
        if thing.what not in met and _is_free(thing.when, busy):
            meetings.add(thing.key)
            met.add(thing.what)
            busy.append(thing.when)
    there = {thing.what for thing in mine.sessions}
    for thing in theirs.sessions:
        if thing.what not in there and _is_free(thing.when, busy):
            sessions.add(thing.key)
            busy.append(thing.when)
    return meetings, sessions


def _is_free(when: Interval | None, busy: Iterable[Interval | None]) -> bool:
    return when is None or not any(when.overlaps(other) for other in busy if other is not None)


@dataclass(frozen=True)
class Given:
    """One agreement to one purpose, with either record."""

    key: int
    given_at: datetime
    withdrawn_at: datetime | None


def withdrawn_by_another(agreements: Iterable[Given]) -> dict[int, datetime]:
    """Name the agreements to one purpose that a later withdrawal ends, though it was said of another record, and when.

    Somebody who took a purpose back meant all of themselves; who agreed once more after that, agrees.
    """
    known = list(agreements)
    last = max((one.withdrawn_at for one in known if one.withdrawn_at is not None), default=None)
    if last is None:
        return {}
    return {one.key: last for one in known if one.withdrawn_at is None and one.given_at <= last}
