"""Invented participants for the tests of the core: by hand, by Hypothesis, and many at once from a seed."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from lsos.matchmaking.model import Participant, Taxonomy

COOPERATION = ("investment", "pilot-site", "licensing", "rd-consortium", "mentoring")
TAGS = ("ai", "imaging", "oncology", "biobank", "nutrition", "mdr")
AREAS = ("prevention", "therapies", "green")
TAXONOMY = Taxonomy(
    symmetric=frozenset({"rd-consortium"}),
    tag_areas={"ai": frozenset({"prevention"}), "oncology": frozenset({"therapies", "prevention"})},
    tag_groups={"ai": "digital", "imaging": "digital", "oncology": "clinical", "biobank": "clinical"},
    tag_names={"oncology": ("Onkologia", "Oncology"), "biobank": ("Biobank",), "nutrition": ("Żywienie", "Nutrition")},
    cooperation_names={"pilot-site": ("Miejsce pilotażu", "Pilot site")},
)
WORDS = ("onkologii", "oncology", "biobanki", "miejsca", "pilotażu", "sepsa", "żywieniem", "platform", "i", "the")
PLACES = ("PL", "Kraków", "DE", "Berlin")
ROLES = ("startup", "vc", "hospital")


def person(key, **given):
    """Make a participant of whom only what is given is known; sets may be given as any collection."""
    known = {
        "organisation": None,
        "role": "sme",
        "offers": (),
        "seeks": (),
        "tags": (),
        "focus_areas": (),
        "stages": (),
        "tickets": (),
        "trl": None,
        "trl_sought": None,
    } | given
    sets = {"offers", "seeks", "tags", "focus_areas", "stages", "tickets"}
    sets |= {"places", "places_sought", "must", "never", "met", "may_not_ask"}
    values: dict[str, Any] = {name: frozenset(value) if name in sets else value for name, value in known.items()}
    return Participant(key=key, **values)


def some(values, most=3):
    return st.frozensets(st.sampled_from(values), max_size=most)


def participants(keys):
    """Give a strategy for one participant with a key of `keys`."""
    return st.builds(
        Participant,
        key=keys,
        organisation=st.none() | st.integers(1, 4),
        role=st.sampled_from(ROLES),
        offers=some(COOPERATION),
        seeks=some(COOPERATION),
        tags=some(TAGS),
        focus_areas=some(AREAS, 2),
        stages=some(range(4), 2),
        tickets=some(range(4), 2),
        trl=st.none() | st.integers(1, 9),
        trl_sought=st.none() | st.integers(1, 9),
        text=st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
        places=some(PLACES, 2),
        places_sought=st.just(frozenset()) | some(PLACES, 2),
        must=st.just(frozenset()) | some(range(12), 1),
        never=some(range(12), 2),
        met=some(range(12), 2),
    )


def crowd(size, seed=1, tags=90):
    """Make many people who look like a forum's, and the taxonomy of their codes."""
    chance = Random(seed)
    subjects = [f"t{number}" for number in range(tags)]
    kinds = [f"c{number}" for number in range(16)]
    areas = ("prevention", "therapies", "healthcare", "green")
    words = [f"{first}{second}ol" for first in ("kar", "neu", "onk", "gen", "bio") for second in "aeiou"]
    people = []
    for key in range(size):
        role = chance.choice(["startup"] * 4 + ["vc"] + ["hospital"] * 5 + ["researcher"] * 6)
        has_money = role in {"startup", "vc"}
        people.append(
            person(
                key,
                organisation=key // 3 if chance.random() < 0.8 else None,
                role=role,
                offers=[*chance.sample(kinds, chance.randint(0, 3)), *(["investment"] if role == "vc" else [])],
                seeks=[*chance.sample(kinds, chance.randint(0, 4)), *(["investment"] if role == "startup" else [])],
                tags=chance.sample(subjects, chance.randint(2, 8)),
                focus_areas=chance.sample(areas, chance.randint(0, 2)),
                stages=chance.sample(range(8), 3 if role == "vc" else 1) if has_money else (),
                tickets=chance.sample(range(6), 2) if has_money else (),
                trl=chance.choice([None, *range(1, 10)]),
                trl_sought=chance.choice([None, None, 4, 6]),
                text=" ".join(chance.choices(words, k=chance.choice([0, 12]))),
                places=chance.sample(["PL", "Kraków", "Berlin"], chance.randint(0, 2)),
                places_sought=["PL"] if role == "vc" else (),
            )
        )
    taxonomy = Taxonomy(
        symmetric=frozenset({"c3", "c7"}),
        tag_areas={tag: frozenset(chance.sample(areas, chance.randint(0, 2))) for tag in subjects},
        tag_groups={tag: f"g{number // 8}" for number, tag in enumerate(subjects)},
        tag_names={tag: (f"{words[number % 25]} {words[number % 7]}",) for number, tag in enumerate(subjects)},
    )
    return people, taxonomy
