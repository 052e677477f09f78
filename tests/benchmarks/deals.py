"""Whom did start-ups find as investors? The product's own scorer, judged by deals it has not seen.

    python -m tests.benchmarks.deals STARTUPS DEALS_KNOWN DEALS_TO_PREDICT [INVESTORS]

The files are those of `data/startup_investor`, of any period, plain or gzipped. Profiles and answers come from known
deals only; of the deals to predict, stage and size of the round are read, which a start-up states when it registers
(its stage and its ticket). The second of the two is not read by the baselines beside this data.

Truth: first deals of a pair inside the period. Candidates of a start-up: every investor with known deals in at
least two start-ups; candidates of an investor: every start-up that raised in the period. Pairs with a known
deal are no candidates. For each query Recall@10, average precision and AUC (ties count half); ties in a ranking are
broken at random, five seeds, mean.
"""

import csv
import gzip
import io
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsos.matchmaking.affinity import Fusion, Weights
from lsos.matchmaking.answers import Answer, Taste, Verdict
from lsos.matchmaking.model import Participant, Taxonomy
from lsos.matchmaking.outline import outlines
from lsos.matchmaking.shortlist import Shortlist

Row = dict[str, str]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Stage and band of the sum of each round.
Rounds = frozenset[tuple[str, str]]

#: Every pair is a start-up and an investor, so that need says nothing here; it is so small that gains moved by
#: answers, which say everything, stay far from 1, where differences vanish. Set on the deals of 2006 to 2011, each
#: year predicted from those before it; not on any later one.
WEIGHTS = Weights(need_met=0.0002, offer_wanted=0.0002, shared_tags=0.0, shared_words=0.0, shared_places=0.0)
TASTE = Taste(
    role=0.0,
    cooperation=0.0,
    tags=0.3,
    stages=0.5,
    tickets=2.5,
    places=0.9,
    words=0.1,
    newcomer=0.6,
    lean=1.2,
    says_yes=0.9,
    few=0.05,
    half_life=2.5,
    next_stage=0.3,
    next_ticket=0.7,
    prior=8.0,
    rare=0.03,
)
#: Bounds of the bands of sums, in dollars.
BANDS = (3e5, 1e6, 3e6, 1e7, 2e7, 4e7)
#: Stages in their order; those without a place in it are next to none.
STAGES = ("seed", "angel", "series-a", "series-b", "series-c+", "private-equity")
APART = 100
#: Whom an investor met so many years ago no longer tells whom it is like.
COMPANY_YEARS = 3.0
#: Levels of place that a profile states.
LEVELS = ("state", "region", "city")
SEEDS = 5
BARS = {"Recall@10": 0.30, "MAP": 0.20, "AUC": 0.83}


@dataclass(frozen=True)
class Case:
    """What is asked: the rows are start-ups that raised in the period, the columns investors that may have joined.

    Attributes:
        startups: their keys.
        investors: their names.
        truth: who invested in whom for the first time.
        open: who may be suggested: no known deal.
    """

    startups: list[str]
    investors: list[str]
    truth: Flags
    open: Flags


def rows_of(path: Path) -> list[Row]:
    """Read a CSV file, gzipped or not."""
    raw = path.read_bytes()
    text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    return list(csv.DictReader(io.StringIO(text.decode())))


def case_of(known: list[Row], wanted: list[Row]) -> Case:
    """Say who is asked about, who may be answered, and what is true."""
    had = {(deal["startup"], deal["investor"]) for deal in known}
    portfolio = defaultdict(set)
    for startup, investor in had:
        portfolio[investor].add(startup)
    investors = sorted(name for name, startups in portfolio.items() if len(startups) >= 2)
    startups = sorted({deal["startup"] for deal in wanted})
    row, column = {key: n for n, key in enumerate(startups)}, {name: n for n, name in enumerate(investors)}
    truth = np.zeros((len(startups), len(investors)), dtype=bool)
    may = np.ones_like(truth)
    for deal in wanted:
        if deal["investor"] in column and (deal["startup"], deal["investor"]) not in had:
            truth[row[deal["startup"]], column[deal["investor"]]] = True
    for startup, investor in had:
        if startup in row and investor in column:
            may[row[startup], column[investor]] = False
    return Case(startups, investors, truth, may)


def scores(
    case: Case,
    profiles: dict[str, Row],
    known: list[Row],
    wanted: list[Row],
    investors: list[Row],
    *,
    weights: Weights = WEIGHTS,
    taste: Taste = TASTE,
) -> Numbers:
    """Score all pairs with the product's own scorer, as rows of start-ups by columns of investors.

    A start-up has its category, place, name, stage and sum, and has met its earlier investors; an investor has met
    the start-ups it joined lately. What a start-up was to an investor in known deals, the rounds it joined and
    whether it was the first to come, is a person of an earlier event, to whom it said yes when it first joined: a later
    round with the same start-up shows no wish for new ones.
    """
    kinds = {each["investor"]: each["kind_guess"] for each in investors}
    stages = {name: n for n, name in enumerate(STAGES)}
    for name in sorted({deal["round_type"] for deal in known + wanted} - {"", *STAGES}):
        stages[name] = APART * len(stages)
    now = max(date.fromisoformat(deal["funded_at"]) for deal in known)
    everyone = sorted({deal["investor"] for deal in known})
    key_of_investor = {name: n for n, name in enumerate(everyone)}
    names = sorted({deal["startup"] for deal in known + wanted})
    key_of_startup = {name: len(everyone) + n for n, name in enumerate(names)}
    began: dict[str, str] = {}
    backers: dict[str, set[int]] = defaultdict(set)
    joined: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for deal in sorted(known, key=lambda each: each["funded_at"]):
        began.setdefault(deal["startup"], deal["funded_at"])
        backers[deal["startup"]].add(key_of_investor[deal["investor"]])
        joined[deal["startup"], deal["investor"]].append(deal)

    def startup(key: int, name: str, rounds: Rounds, met: set[int]) -> Participant:
        profile = profiles[name]
        return _person(
            key,
            "startup",
            seeks={"investment"},
            tags={profile["category"]},
            stages={stages[stage] for stage, _ in rounds if stage},
            tickets={int(band) for _, band in rounds if band},
            places={f"{level} {profile['state']} {profile[level]}" for level in LEVELS if profile[level]},
            text=profile["name"],
            met=met,
        )

    stated: dict[str, list[Row]] = defaultdict(list)
    for deal in wanted:
        stated[deal["startup"]].append(deal)
    people = [startup(key_of_startup[name], name, _rounds(stated[name]), backers[name]) for name in case.startups]
    earlier: dict[tuple[str, Rounds, bool], Participant] = {}
    lately: dict[str, set[int]] = defaultdict(set)
    answers = []
    for (name, investor), deals in sorted(joined.items()):
        first, last = ((now - date.fromisoformat(deals[n]["funded_at"])).days / 365.25 for n in (0, -1))
        if last <= COMPANY_YEARS:
            lately[investor].add(key_of_startup[name])
        was = name, _rounds(deals), deals[0]["funded_at"] == began[name]
        if was not in earlier:
            key = len(everyone) + len(names) + len(earlier)
            earlier[was] = startup(key, name, was[1], set() if was[2] else backers[name])
        answers.append(Answer(key_of_investor[investor], earlier[was].key, Verdict.ACCEPT, years=first))
    people += [
        _person(
            key_of_investor[name],
            kinds.get(name, "investor"),
            offers={"investment"},
            text=name,
            met=lately[name],
        )
        for name in everyone
    ]
    taxonomy = Taxonomy()
    whole = outlines(people, taxonomy, answers=answers, taste=taste, earlier=list(earlier.values()))
    scorer = Shortlist(whole, taxonomy, weights, Fusion.GEOMETRIC)
    columns = [len(case.startups) + key_of_investor[name] for name in case.investors]
    shape = len(case.startups), len(columns)
    pairs = np.indices(shape).reshape(2, -1)
    _, _, fused = scorer.exactly(pairs[0], np.array(columns)[pairs[1]])
    return fused.reshape(shape).astype(np.float64)


def _rounds(deals: list[Row]) -> Rounds:
    """Name the stages and bands of sums of some deals."""
    return frozenset((deal["round_type"], _band(deal)) for deal in deals)


def _band(deal: Row) -> str:
    """Give the band of the sum raised, as a ticket of the product: the number of its thresholds passed."""
    return str(sum(float(deal["round_amount_usd"]) >= bound for bound in BANDS)) if deal["round_amount_usd"] else ""


def _person(key: int, role: str, **known: object) -> Participant:
    sets = {
        name: frozenset(known.get(name, ()))  # type: ignore[call-overload]
        for name in ("offers", "seeks", "tags", "focus_areas", "stages", "tickets", "places", "met")
    }
    return Participant(
        key=key, organisation=None, role=role, trl=None, trl_sought=None, text=str(known.get("text", "")), **sets
    )


def measures(score: Numbers, truth: Flags, may: Flags) -> dict[str, float]:
    """Give Recall@10, mean average precision and AUC over the rows that have something to find."""
    found = []
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        for row in np.flatnonzero((truth & may).any(axis=1)):
            right, value = truth[row][may[row]], score[row][may[row]]
            hit = right[np.lexsort((chance.random(len(value)), -value))]
            count = hit.sum()
            precision = np.mean(np.arange(1, count + 1) / (np.flatnonzero(hit) + 1))
            wrong = np.sort(value[~right])
            below = np.searchsorted(wrong, value[right], "left") + np.searchsorted(wrong, value[right], "right")
            found.append((hit[:10].sum() / count, precision, below.sum() / 2 / (count * len(wrong))))
    return dict(zip(BARS, np.mean(found, axis=0).tolist(), strict=True))


def main() -> None:
    """Print what was asked and how well it was answered, in both directions."""
    if len(sys.argv) not in {4, 5}:
        raise SystemExit(__doc__)
    startups, known, wanted, *rest = (rows_of(Path(name)) for name in sys.argv[1:])
    case = case_of(known, wanted)
    score = scores(case, {each["startup"]: each for each in startups}, known, wanted, rest[0] if rest else [])
    print(
        f"{len(case.startups)} start-ups raising, {int(case.truth.any(axis=1).sum())} with somebody to find; "
        f"{len(case.investors)} investors, {int(case.truth.any(axis=0).sum())} with somebody to find; "
        f"{int(case.truth.sum())} pairs"
    )
    for title, way in (("start-up -> investors", score), ("investor -> start-ups", score.T)):
        flip = way is not score
        result = measures(way, case.truth.T if flip else case.truth, case.open.T if flip else case.open)
        bars = "" if flip else "   bars " + " / ".join(f"{bar:g}" for bar in BARS.values())
        print(f"{title:24s}" + "   ".join(f"{name} {value:.3f}" for name, value in result.items()) + bars)


if __name__ == "__main__":
    main()
