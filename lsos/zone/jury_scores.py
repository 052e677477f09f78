"""From scores to a ranking: pure arithmetic, so that every figure on the page can be computed by hand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from lsos.zone.jury_rules import Scale

#: Criteria on different scales have no scale in common; their mean is told on this one.
OUT_OF_HUNDRED = Scale(0, 100)
#: Jurors differ much when the highest and the lowest mark lie this share of the scale apart.
DISAGREEMENT = 0.4
#: With fewer reviews nobody can tell whether a juror is strict or met weak applications.
REVIEWS_TO_NORMALISE = 3
#: Marks are told, and compared, to the hundredth: what looks equal is a tie.
DIGITS = 2


@dataclass(frozen=True)
class Weighed:
    """A criterion, as far as the sums need it: a weight of nought is read and not summed."""

    weight: int
    scale: Scale


@dataclass(frozen=True)
class Mark:
    """What one juror thinks of one application, on the scale of the results."""

    application: int
    juror: int
    value: float


@dataclass(frozen=True)
class Standing:
    """Where an application stands; `rank` is None while nobody has reviewed it."""

    application: int
    rank: int | None
    #: Others have the same rank.
    is_tie: bool
    mean: float | None
    reviews: int
    lowest: float | None
    highest: float | None
    #: Jurors differ so much that they should talk about it.
    is_disputed: bool


def scale_of(criteria: Iterable[Weighed]) -> Scale:
    """Give the scale results are told on: the one that all criteria which count share, else 0 to 100."""
    scales = {one.scale for one in criteria if one.weight}
    return scales.pop() if len(scales) == 1 else OUT_OF_HUNDRED


def mark(scores: Mapping[int, int], criteria: Mapping[int, Weighed]) -> float | None:
    """Give the weighted mean of a review, on `scale_of` its criteria; None when a score that counts is missing."""
    counted = {key: one for key, one in criteria.items() if one.weight}
    if not counted or not counted.keys() <= scores.keys():
        return None
    result = scale_of(counted.values())
    shares = [(scores[key] - one.scale.low) / (one.scale.high - one.scale.low) for key, one in counted.items()]
    return result.low + (result.high - result.low) * fmean(shares, weights=[one.weight for one in counted.values()])


def normalised(marks: Iterable[Mark]) -> list[Mark]:
    """Make strict and mild jurors comparable: each one's marks get the middle and the spread of all marks together.

    Every mark becomes the z-score among its juror's marks, told again by the mean and the standard deviation
    of all marks. Who gave one mark to all says nothing about which is better: all of them become the mean.
    Who sent fewer than three reviews keeps their marks, since so few do not show how strict somebody is.
    The result may lie beyond the ends of the scale.
    """
    every = list(marks)
    if not every:
        return []
    by_juror: dict[int, list[float]] = defaultdict(list)
    for one in every:
        by_juror[one.juror].append(one.value)
    values = [one.value for one in every]
    middle, spread = fmean(values), pstdev(values)
    return [
        Mark(one.application, one.juror, _alike(one.value, by_juror[one.juror], middle=middle, spread=spread))
        for one in every
    ]


def _alike(value: float, own: Sequence[float], *, middle: float, spread: float) -> float:
    if len(own) < REVIEWS_TO_NORMALISE:
        return value
    deviation = pstdev(own)
    return middle if round(deviation, 9) == 0 else middle + spread * (value - fmean(own)) / deviation


def standings(applications: Iterable[int], marks: Iterable[Mark], *, scale: Scale) -> list[Standing]:
    """Rank applications by the mean of their marks, the best first; equal means share a rank, and the next is skipped.

    Applications without a mark stand at the end, without a rank. Among equals the order is that of `applications`.
    """
    by_application: dict[int, list[float]] = {application: [] for application in applications}
    for one in marks:
        if one.application in by_application:
            by_application[one.application].append(one.value)
    means = {key: round(fmean(values), DIGITS) for key, values in by_application.items() if values}
    ordered = sorted(means.values(), reverse=True)
    apart = DISAGREEMENT * (scale.high - scale.low)

    found = []
    for key, values in by_application.items():
        mean = means.get(key)
        found.append(
            Standing(
                application=key,
                rank=ordered.index(mean) + 1 if mean is not None else None,
                is_tie=mean is not None and ordered.count(mean) > 1,
                mean=mean,
                reviews=len(values),
                lowest=min(values, default=None),
                highest=max(values, default=None),
                is_disputed=len(values) > 1 and max(values) - min(values) >= apart - 1e-9,
            )
        )
    return sorted(found, key=lambda one: (one.rank is None, one.rank or 0))
