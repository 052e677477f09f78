"""Inventing people and organisations: the same number and seed give the same one, however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Final, TypeVar

import yaml

from lsos.paths import folder
from lsos.registration.rules import Direction
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual, search_key

Choice = TypeVar("Choice")

#: Of eight people, these three bring an organisation of their own; the others join one that is there.
_FOUNDERS: Final = (0, 3, 6)
#: One in so many comes as a member of the public, for nobody but themselves.
_PUBLIC_EVERY: Final = 25
#: The domains of RFC 2606 and RFC 6761 that never reach anybody.
DOMAIN: Final = "example"


@cache
def _words() -> dict[str, Any]:
    text = (folder("data") / "invented.yaml").read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # safe
    return words


@dataclass(frozen=True)
class Terms:
    """The listed terms of an event that profiles are made of, by their codes; what is missing is not used."""

    areas: tuple[str, ...]
    tags_of_area: Mapping[str, tuple[str, ...]]
    #: Tags outside of all focus areas: money, law, services.
    other_tags: tuple[str, ...]
    tag_names: Mapping[str, Bilingual]
    cooperation: frozenset[str]
    stages: tuple[str, ...]
    bands: tuple[str, ...]


@dataclass(frozen=True)
class InventedOrganisation:
    """An organisation that does not exist."""

    number: int
    name: str
    type: str
    country: str
    region: str
    city: str
    website: str
    domain: str
    is_cluster_partner: bool
    markets: tuple[str, ...]
    #: An interest group of its own; None takes that of its type.
    interest_group: InterestGroup | None


@dataclass(frozen=True)
class InventedListing:
    """One offer or request."""

    direction: Direction
    cooperation: str
    title: Bilingual
    details: Bilingual

    @property
    def search_key(self) -> str:
        return search_key(self.title.pl, self.title.en, self.details.pl, self.details.en, at_most=None)


@dataclass(frozen=True)
class InventedProfile:
    """What somebody brings and looks for."""

    about: Bilingual
    areas: tuple[str, ...]
    tags: tuple[str, ...]
    trl: int | None
    trl_sought: int | None
    stages: tuple[str, ...]
    bands: tuple[str, ...]
    listings: tuple[InventedListing, ...]


@dataclass(frozen=True)
class InventedPerson:
    """A person who does not exist."""

    number: int
    given_name: str
    family_name: str
    address: str
    language: str
    #: The number of their organisation; None for the public.
    organisation: int | None
    type: str
    job_title: str
    country: str
    #: How they would like to take part, as the bundled edition names it.
    participation: str
    dietary_needs: str
    accessibility_needs: str


def _random(seed: int, *what: object) -> Random:
    return Random("/".join(map(str, (seed, *what))))  # noqa: S311  # a demonstration, to be repeated


def _weighted(random: Random, weights: Mapping[Choice, float]) -> Choice:
    return random.choices(list(weights), weights=list(weights.values()))[0]


# ---- organisations


def organisations_before(person: int) -> int:
    """Say how many organisations the people with smaller numbers have brought."""
    return len(_FOUNDERS) * (person // 8) + sum(1 for founder in _FOUNDERS if founder < person % 8)


def invent_organisation(seed: int, number: int) -> InventedOrganisation:
    """Invent an organisation."""
    words, random = _words(), _random(seed, "organisation", number)
    place = words["places"][0]
    if number:
        place = random.choices(words["places"], weights=[one["weight"] for one in words["places"]])[0]
    is_home = place["country"] == "PL"
    kind = "startup" if number == 0 else _weighted(random, words["types" if is_home else "types_abroad"])
    stem = _stem(words["stems" if is_home else "foreign_stems"], seed, number, "pl" if is_home else "en")
    name = random.choice(words["home_names" if is_home else "foreign_names"][kind]).format(stem=stem)
    domain = f"{search_key(stem).replace(' ', '-').replace('&', 'and')}.{DOMAIN}"
    is_company = kind in {"startup", "scaleup", "sme", "corporate", "cro-cdmo"}
    goes_abroad = is_company and random.random() < 0.45
    return InventedOrganisation(
        number=number,
        name=name,
        type=kind,
        country=place["country"],
        region=place["region"],
        city=random.choice(place["cities"]),
        website=f"https://{domain}",
        domain=domain,
        is_cluster_partner=place["region"] == "PL-12" and kind != "media" and random.random() < 0.3,
        markets=tuple(sorted(random.sample(words["markets"], random.randint(1, 3)))) if goes_abroad else (),
        interest_group=InterestGroup.MED if kind == "ngo" and random.random() < 0.3 else None,
    )


def _stem(stems: Sequence[str], seed: int, number: int, language: str) -> str:
    """Give a word of its own to each number: one, then two joined, then with a figure."""
    count = len(stems)
    first = (number * 7 + seed) % count
    lap = number // count
    if lap == 0:
        return stems[first]
    pair = ("{} i {}" if language == "pl" else "{} & {}").format(stems[first], stems[(first + lap) % count])
    return pair if lap < count else f"{pair} {lap // count + 1}"


# ---- people


def organisation_of(seed: int, person: int) -> int | None:
    """Give the number of a person's organisation: their own, or one that is there already."""
    if person % _PUBLIC_EVERY == _PUBLIC_EVERY - 1:
        return None
    there = organisations_before(person)
    if person % 8 in _FOUNDERS:
        return there
    return _random(seed, "place", person).randrange(there)


def invent_person(seed: int, number: int, organisation: InventedOrganisation | None) -> InventedPerson:
    """Invent a person who works for an organisation, or comes for themselves."""
    words, random = _words(), _random(seed, "person", number)
    country = organisation.country if organisation else "PL"
    given, family, is_man = _name(random, country)
    kind = _own_type(random, organisation)
    #: Some from abroad have learnt Polish, and some at home would rather write English.
    writes_polish = random.random() < (0.93 if country == "PL" else 0.1)
    language = "pl" if writes_polish else "en"
    domain = organisation.domain if organisation else f"people.{DOMAIN}"
    local = ".".join(part.replace(" ", "-") for part in map(_plain, (given, family)) if part)
    return InventedPerson(
        number=number,
        given_name=given,
        family_name=family,
        address=f"{local}.{number}@{domain}",
        language=language,
        organisation=organisation.number if organisation else None,
        type=kind,
        job_title=_job(random, kind, "pl" if country == "PL" and language == "pl" else "en", is_man=is_man),
        country=country,
        participation=_participation(random, organisation),
        dietary_needs=_need(random, words["diets"], 0.12, language),
        accessibility_needs=_need(random, words["access"], 0.02, language),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in search_key(name) if letter.isalnum() or letter == " ")


def _name(random: Random, country: str) -> tuple[str, str, bool]:
    """Give a given and a family name, and whether they are a man's."""
    words = _words()
    is_man = random.random() < 0.5
    if country != "PL":
        people = words["foreign_people"].get(country, words["foreign_people"]["other"])
        return random.choice(people["given"]), random.choice(people["family"]), is_man
    given = random.choice(words["home_given"]["men" if is_man else "women"])
    family = random.choice(words["home_family"])[is_man]
    if not is_man and random.random() < 0.08:
        family += f"-{random.choice(words['home_family'])[0]}"
    return given, family, is_man


def _job(random: Random, kind: str, language: str, *, is_man: bool) -> str:
    """Give a job title; some have a form for women and, after a stroke, one for men."""
    jobs = _words()["jobs"].get(kind)
    if not jobs:
        return ""
    title: str = random.choice(jobs)[0 if language == "pl" else 1]
    return title.split(" / ")[-1 if is_man else 0]


def _own_type(random: Random, organisation: InventedOrganisation | None) -> str:
    """Give what a person is: mostly what their organisation is, but some are known for what they do themselves."""
    if organisation is None:
        return "public"
    draw = random.random()
    if organisation.type in {"university", "institute"}:
        return "researcher" if draw < 0.45 else "student" if draw < 0.57 else organisation.type
    if organisation.type == "hospital":
        return "clinician" if draw < 0.6 else organisation.type
    return organisation.type


def _participation(random: Random, organisation: InventedOrganisation | None) -> str:
    draw = random.random()
    if organisation is None:
        return "public"
    if organisation.type == "media":
        return "media"
    if draw < 0.04:
        return "speaker"
    if organisation.type in {"startup", "scaleup"} and draw < 0.45:
        return "startup"
    if organisation.type in {"vc", "angel"} and draw < 0.95:
        return "investor"
    return "cluster-partner" if organisation.is_cluster_partner and draw < 0.75 else "participant"


def _need(random: Random, needs: Sequence[Sequence[str]], share: float, language: str) -> str:
    need = random.choice(needs)[0 if language == "pl" else 1]
    return need if random.random() < share else ""


# ---- profiles


def invent_profile(seed: int, person: InventedPerson, place: str, terms: Terms) -> InventedProfile:
    """Invent what a person brings and looks for, with the terms that the event has."""
    random = _random(seed, "profile", person.number)
    areas = tuple(random.sample(terms.areas, min(len(terms.areas), random.choice((1, 1, 2, 2, 3)))))
    tags = _tags(random, areas, terms)
    trl, trl_sought = _readiness(random, person.type)
    stages, bands = _money(random, person.type, terms)
    return InventedProfile(
        about=_about(random, person, place, [terms.tag_names[tag] for tag in tags]),
        areas=areas,
        tags=tags,
        trl=trl,
        trl_sought=trl_sought,
        stages=stages,
        bands=bands,
        listings=_listings(seed, person, random, terms),
    )


def _tags(random: Random, areas: Sequence[str], terms: Terms) -> tuple[str, ...]:
    near = list(dict.fromkeys(tag for area in areas for tag in terms.tags_of_area.get(area, ())))
    wanted = random.sample(near, min(len(near), random.randint(2, 5)))
    if terms.other_tags and random.random() < 0.6:
        wanted.append(random.choice(terms.other_tags))
    return tuple(dict.fromkeys(wanted))


#: The readiness of what a type brings, and the least it wants of others: from, to.
_TRL: Final[Mapping[str, tuple[int, int]]] = {
    "startup": (3, 7), "scaleup": (6, 9), "sme": (5, 9), "corporate": (8, 9), "university": (1, 4),
    "institute": (2, 6), "researcher": (1, 4), "student": (1, 3), "tto": (3, 6),
}  # fmt: skip
_TRL_SOUGHT: Final[Mapping[str, tuple[int, int]]] = {
    "corporate": (4, 7), "hospital": (5, 8), "clinician": (4, 8), "vc": (3, 6), "angel": (2, 5), "insurer": (6, 8),
    "cro-cdmo": (2, 4), "park": (2, 4),
}  # fmt: skip


def _readiness(random: Random, kind: str) -> tuple[int | None, int | None]:
    brings, wants = _TRL.get(kind), _TRL_SOUGHT.get(kind)
    return random.randint(*brings) if brings else None, random.randint(*wants) if wants else None


#: Where in the list of stages a type stands, and how many stages an investor looks at.
_STAGES: Final[Mapping[str, tuple[int, int]]] = {"startup": (0, 4), "scaleup": (4, 6), "corporate": (6, 7)}


def _money(random: Random, kind: str, terms: Terms) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind in {"vc", "angel"}:
        first = random.randint(2, 5) if kind == "vc" else random.randint(1, 3)
        span = slice(first, first + random.randint(2, 3))
        return terms.stages[span], terms.bands[max(0, first - 2) : max(0, first - 2) + random.randint(1, 3)]
    if kind not in _STAGES:
        return (), ()
    stage = random.randint(*_STAGES[kind])
    band = min(max(0, stage - 2 + random.randint(0, 1)), max(0, len(terms.bands) - 1))
    bands = terms.bands[band : band + 1] if kind != "corporate" else ()
    return terms.stages[stage : stage + 1], bands


def _listings(seed: int, person: InventedPerson, random: Random, terms: Terms) -> tuple[InventedListing, ...]:
    found = []
    kind, of_titles = person.type, _random(seed, "titles", person.number)
    for direction, table in ((Direction.OFFER, "offers"), (Direction.SEEK, "seeks")):
        wishes = {code: share for code, share in _words()[table].get(kind, {}).items() if code in terms.cooperation}
        chosen = [code for code, share in wishes.items() if random.random() < share]
        if wishes and not chosen:
            chosen = [max(wishes, key=lambda code: wishes[code])]
        for code in chosen[:4]:
            details = _words()["details"][direction.value].get(code)
            written = Bilingual(*details) if details and random.random() < 0.4 else Bilingual()
            titles = _words()["titles"][direction.value].get(code)
            title = Bilingual(*of_titles.choice(titles)) if titles and written else Bilingual()
            found.append(InventedListing(direction, code, title, written))
    return tuple(found)


def _about(random: Random, person: InventedPerson, place: str, tags: Sequence[Bilingual]) -> Bilingual:
    words = _words()
    voice = words["about"].get(words["voice"].get(person.type, person.type))
    draw = random.random()
    if not voice or not tags or draw < 0.08:
        return Bilingual()
    polish, english = random.choice(voice)
    both = Bilingual(
        polish.format(place=place, tags=", ".join(tag.pl or tag.en for tag in tags[:3])),
        english.format(place=place, tags=", ".join(tag.en or tag.pl for tag in tags[:3])),
    )
    #: Not everybody writes twice; what is missing shows as such.
    if draw < 0.3:
        return Bilingual(pl=both.pl) if person.language == "pl" else Bilingual(en=both.en)
    return both


def talk(seed: int, number: int, language: str) -> tuple[str, str]:
    """Give what somebody asks about a request before they answer it, and what the asker replies."""
    both = _random(seed, "talk", number).choice(_words()["talks"])
    question, reply = both[language]
    return question, reply


def message(seed: int, number: int, language: str) -> str:
    """Give what somebody writes when they ask for a meeting; some write nothing."""
    pair = _random(seed, "message", number).choice(_words()["messages"])
    words: str = pair[0 if language == "pl" else 1]
    return words
