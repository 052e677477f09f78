"""When two records are likely one human being, and which registration stays."""

from datetime import timedelta

import pytest

from lsos.merging.rules import PersonFacts, SamePerson, Standing, likely_pairs, local_parts, person_likeness, stays
from lsos.organisations.rules import SHARED_DOMAINS
from lsos.registration.rules import RegistrationState as S
from tests.make import BEFORE


def facts(given: str, family: str, *addresses: str, at: tuple[int, ...] = ()) -> PersonFacts:
    return PersonFacts(given, family, addresses, at)


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        (facts("jan", "kos"), facts("jan", "kos"), [SamePerson.NAME]),
        (facts("jan", "kos"), facts("kos", "jan"), [SamePerson.NAME_TURNED]),
        (
            facts("j.", "kos", at=(1,)),
            facts("jan", "kos", at=(1, 2)),
            [SamePerson.FAMILY_NAME, SamePerson.ORGANISATION],
        ),
        (facts("jan", "kos", "jk@cm.pl"), facts("jan", "kos", "x@cm.pl"), [SamePerson.NAME, SamePerson.DOMAIN]),
        (facts("jan", "kos", "jk@wp.pl"), facts("jan", "kos", "x@wp.pl"), [SamePerson.NAME]),
        (facts("a", "b", "jan.kos@cm.pl"), facts("c", "d", "jankos+x@wp.pl"), [SamePerson.LOCAL_PART]),
        (facts("jan", "kos", at=(1,)), facts("ewa", "lis", at=(1,)), []),
        (facts("a", "b", "biuro@cm.pl"), facts("c", "d", "biuro@uj.pl"), []),
    ],
)
def test_reasons_are_named(one: PersonFacts, other: PersonFacts, reasons: list[SamePerson]):
    found = person_likeness(one, other, shared_domains=SHARED_DOMAINS)
    assert list(found.reasons) == reasons
    assert person_likeness(other, one, shared_domains=SHARED_DOMAINS).score == found.score
    assert (found.score > 0) == bool(reasons)


def test_what_stands_before_the_at_is_compared_without_dots_and_plus():
    assert local_parts(("jan.kos+lsos@x.pl", "info@x.pl", "ab@x.pl")) == {"jankos"}


def test_the_likeliest_pairs_come_first_and_strangers_not_at_all():
    known = {
        1: facts("jan", "kos", "jan.kos@uj.pl", at=(1,)),
        2: facts("jan", "kos", "jan.kos@wp.pl", at=(1,)),
        3: facts("jan", "kos", "x@y.pl"),
        4: facts("ewa", "lis"),
    }
    pairs = likely_pairs(known, shared_domains=SHARED_DOMAINS)
    assert [(pair.one, pair.other) for pair in pairs] == [(1, 2), (1, 3), (2, 3)]


LATER = BEFORE + timedelta(days=1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Standing(S.CANCELLED, 1, LATER), Standing(S.CONFIRMED, 0, BEFORE)),
        (Standing(S.CONFIRMED, 0, LATER), Standing(S.WAITLISTED, 0, BEFORE)),
        (Standing(S.WAITLISTED, 0, LATER), Standing(S.CANCELLED, 0, BEFORE)),
        (Standing(S.CONFIRMED, 0, BEFORE), Standing(S.CONFIRMED, 0, LATER)),
    ],
)
def test_the_registration_that_tells_more_stays(one: Standing, other: Standing):
    assert stays(one, other)
    assert not stays(other, one)
