"""The same seed and number give the same person, and nobody invented can be mistaken for somebody real."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.editions.invention import (
    InventedPerson,
    Terms,
    invent_organisation,
    invent_person,
    invent_profile,
    organisation_of,
    organisations_before,
)
from lsos.registration.rules import Direction
from lsos.texts import Bilingual, search_key

SEEDS = st.integers(0, 10_000)
TERMS = Terms(
    areas=("one", "two"),
    tags_of_area={"one": ("a", "b", "c"), "two": ("c", "d")},
    other_tags=("money",),
    tag_names={code: Bilingual(f"Temat {code}", f"Subject {code}") for code in ("a", "b", "c", "d", "money")},
    cooperation=frozenset({"investment", "pilot-site", "rd-consortium", "licensing", "talent"}),
    stages=("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"),
    bands=("t1", "t2", "t3", "t4", "t5", "t6"),
)
NOTHING = Terms((), {}, (), {}, frozenset(), (), ())


def person(seed: int, number: int) -> InventedPerson:
    place = organisation_of(seed, number)
    return invent_person(seed, number, invent_organisation(seed, place) if place is not None else None)


@given(seed=SEEDS, number=st.integers(0, 20_000))
def test_the_same_seed_and_number_give_the_same_person(seed, number):
    someone = person(seed, number)
    assert someone == person(seed, number)
    assert someone.address.endswith(".example")
    assert someone.address == search_key(someone.address)
    assert "/" not in someone.job_title


def test_another_seed_gives_other_people():
    assert [person(1, n).family_name for n in range(20)] != [person(2, n).family_name for n in range(20)]


def test_four_hundred_people_come_from_about_a_hundred_and_fifty_organisations():
    places = {organisation_of(1, number) for number in range(400)} - {None}
    assert len(places) == 149
    assert organisations_before(400) == 150


@given(seed=SEEDS, number=st.integers(0, 5000))
def test_a_persons_organisation_was_brought_by_somebody_before_or_by_them(seed, number):
    place = organisation_of(seed, number)
    assert place is None or place < organisations_before(number + 1)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_thousands_of_organisations_have_names_and_addresses_of_their_own(seed):
    organisations = [invent_organisation(seed, number) for number in range(5000)]
    assert len({search_key(one.name) for one in organisations}) == 5000
    assert len({person(seed, number).address for number in range(500)}) == 500
    assert {one.region for one in organisations if one.country == "PL"} >= {"PL-12", "PL-14"}
    assert all(one.country == "PL" or not one.is_cluster_partner for one in organisations)


@given(seed=SEEDS, number=st.integers(0, 500))
def test_a_profile_is_made_of_the_terms_there_are(seed, number):
    someone = person(seed, number)
    profile = invent_profile(seed, someone, "Kraków", TERMS)
    assert set(profile.areas) <= set(TERMS.areas)
    assert set(profile.tags) <= set(TERMS.tag_names)
    assert set(profile.stages) <= set(TERMS.stages)
    assert set(profile.bands) <= set(TERMS.bands)
    assert {listing.cooperation for listing in profile.listings} <= TERMS.cooperation
    assert len({(listing.direction, listing.cooperation) for listing in profile.listings}) == len(profile.listings)
    if someone.type in {"vc", "angel"}:
        assert (Direction.OFFER, "investment") in {(one.direction, one.cooperation) for one in profile.listings}
        assert profile.stages
        assert profile.bands
    assert invent_profile(seed, someone, "Kraków", NOTHING).listings == ()


def test_some_write_in_one_language_only_and_most_in_both():
    abouts = [invent_profile(1, person(1, n), "Kraków", TERMS).about for n in range(300)]
    assert sum(not about.missing() for about in abouts if about) > 150
    assert {language for about in abouts for language in about.missing()} == {"pl", "en"}
