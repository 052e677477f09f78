"""The indicators of a year: what the records give, what somebody typed in, and what stands behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lsos.events.models import Event
from lsos.organisations.models import Organisation
from lsos.registration.models import Listing
from lsos.reporting import queries
from lsos.reporting.facts import Figure, Formula, RecordKind, Ref, Year
from lsos.reporting.formulas import FORMULAS
from lsos.reporting.models import Indicator, IndicatorValue
from lsos.reporting.records import records_of


@dataclass(frozen=True)
class Result:
    """One indicator in one year."""

    indicator: Indicator
    year: int
    #: Both are None where records cannot give it.
    formula: Formula | None = None
    figure: Figure | None = None
    #: The newest value that somebody typed in for the year.
    typed: IndicatorValue | None = None

    @property
    def value(self) -> float | None:
        """Give the figure of the year: from the records where they give it, else as typed in."""
        if self.figure is not None:
            return self.figure.value
        return self.typed.value if self.typed else None

    @property
    def is_comparable(self) -> bool:
        """Say whether the source's numbers and the figure may stand on one scale."""
        return self.formula.is_comparable if self.formula else True

    @property
    def target(self) -> float | None:
        """Give the target as a number: the source's, or what our arithmetic makes of its percentage."""
        if self.indicator.target_value is not None:
            return self.indicator.target_value
        return self.derived_target

    @property
    def derived_target(self) -> float | None:
        """Give what our arithmetic makes of a target that the source prints as a percentage or as a sum."""
        derived: float | None = self.indicator.source["measure"]["target"].get("derived_value")
        return derived

    @property
    def baseline_year(self) -> int:
        """Give the year of the source's baseline."""
        year: int = self.indicator.source["years"]["baseline"]
        return year

    @property
    def target_year(self) -> int | None:
        """Give the year of the source's target; None in tables that have none."""
        year: int | None = self.indicator.source["years"]["target"]
        return year


def compute(year: int, *, today: date) -> list[Result]:
    """Compute every indicator of the catalogue that records give, and put typed values beside them."""
    records = Year(records_of(year, today=today))
    typed = queries.newest_values(year)
    results = []
    for indicator in queries.indicators():
        formula = FORMULAS.get(indicator.code)
        figure = formula.compute(records) if formula else None
        results.append(Result(indicator, year, formula, figure, typed.get(indicator.id)))
    return results


def compute_one(indicator: Indicator, year: int, *, today: date) -> Result:
    """Compute one indicator."""
    formula = FORMULAS.get(indicator.code)
    figure = formula.compute(Year(records_of(year, today=today))) if formula else None
    return Result(indicator, year, formula, figure, queries.newest_values(year).get(indicator.id))


@dataclass(frozen=True)
class Behind:
    """A record behind a figure, with what a page shows of it; one of the three is set."""

    count: int | None
    event: Event | None = None
    organisation: Organisation | None = None
    listing: Listing | None = None
    #: Where an organisation was registered in the year, and how many people for it.
    seen_at: tuple[tuple[Event, int], ...] = ()


def behind(refs: Sequence[Ref], year: int) -> list[Behind]:
    """Load the records behind a figure: a few queries, however many they are."""
    ids = {kind: [ref.id for ref in refs if ref.kind is kind] for kind in RecordKind}
    events = queries.events_by_id(ids[RecordKind.EVENT])
    organisations = queries.organisations_by_id(ids[RecordKind.ORGANISATION])
    seen_at = queries.events_of_organisations(ids[RecordKind.ORGANISATION], year)
    listings = queries.listings_by_id(ids[RecordKind.LISTING])
    return [
        Behind(
            ref.count,
            event=events.get(ref.id) if ref.kind is RecordKind.EVENT else None,
            organisation=organisations.get(ref.id) if ref.kind is RecordKind.ORGANISATION else None,
            listing=listings.get(ref.id) if ref.kind is RecordKind.LISTING else None,
            seen_at=tuple(seen_at.get(ref.id, ())) if ref.kind is RecordKind.ORGANISATION else (),
        )
        for ref in refs
    ]
