"""Figures of the register: who is in it, who cooperates, and who of the financial sector."""

from collections.abc import Callable

from lsos.errors import N_
from lsos.reporting.counting import count_organisations, is_regional
from lsos.reporting.facts import Figure, Part, Year

FUNDS, BANKS, INSURERS = frozenset({"vc"}), frozenset({"bank"}), frozenset({"insurer"})

IN_REGION = N_("of these, with a seat in Małopolska")


def registered_entities(year: Year) -> Figure:
    """T9.01.a: organisations in the platform's register."""
    found = year.registered
    return count_organisations(year, found, Part(IN_REGION, sum(map(is_regional, found))))


def cooperating_entities(year: Year) -> Figure:
    """T9.01.b: cluster partners, and whoever came or met in the year."""
    return count_organisations(year, year.cooperating)


def financial(kinds: frozenset[str]) -> Callable[[Year], Figure]:
    """Make the figure of partners of some kinds."""

    def compute(year: Year) -> Figure:
        """T9.15: partners from the financial sector who cooperate."""
        return count_organisations(year, [one for one in year.cooperating if year.organisations[one].type in kinds])

    return compute
