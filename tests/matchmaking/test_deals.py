"""The benchmark by real deals, on invented ones: what it asks, how it judges, and that it does not read the future."""

import numpy as np
import pytest

from tests.benchmarks.deals import case_of, measures, scores

PROFILES = {
    name: {
        "startup": name,
        "name": name,
        "category": "biotech" if name < "d" else "medical",
        "state": "MA" if name < "d" else "CA",
        "region": "",
        "city": "",
    }
    for name in "abcdefgh"
}
INVESTORS = [{"investor": name, "kind_guess": "fund"} for name in ("East", "West")]


def deal(startup, investor, year=2010, stage="series-a", size="2000000"):
    return {
        "startup": startup,
        "investor": investor,
        "funded_at": f"{year}-05-01",
        "round_type": stage,
        "round_amount_usd": size,
    }


KNOWN = [deal("a", "East"), deal("b", "East"), deal("e", "West"), deal("f", "West"), deal("f", "Once")]
WANTED = [deal("c", "East", 2011), deal("g", "West", 2011), deal("a", "East", 2011), deal("h", "Once", 2011)]


def test_only_first_deals_of_investors_with_two_start_ups_are_asked_for():
    case = case_of(KNOWN, WANTED)

    assert case.investors == ["East", "West"]
    assert case.startups == ["a", "c", "g", "h"]
    assert [(case.startups[r], case.investors[c]) for r, c in np.argwhere(case.truth)] == [("c", "East"), ("g", "West")]
    assert not case.open[0, 0]


def test_investors_find_start_ups_like_those_they_know():
    case = case_of(KNOWN, WANTED)
    found = scores(case, PROFILES, KNOWN, WANTED, INVESTORS)

    assert found[1, 0] > found[1, 1]
    assert found[2, 1] > found[2, 0]


def test_who_joins_in_the_period_changes_no_score():
    case = case_of(KNOWN, WANTED)
    swapped = [each | {"investor": "East" if each["investor"] == "West" else "West"} for each in WANTED]

    assert np.array_equal(
        scores(case, PROFILES, KNOWN, WANTED, INVESTORS), scores(case, PROFILES, KNOWN, swapped, INVESTORS)
    )


def test_a_later_round_with_the_same_start_up_makes_no_yes_younger():
    known = [deal("a", "East", 2008), *KNOWN[1:]]
    case = case_of(known, WANTED)

    assert np.array_equal(
        scores(case, PROFILES, known, WANTED, INVESTORS),
        scores(case, PROFILES, [*known, deal("a", "East", 2010)], WANTED, INVESTORS),
    )


@pytest.mark.parametrize(
    ("score", "recall", "precision", "auc"),
    [
        ([9, 8, *range(10)], 1, 1, 1),
        ([0, 0, *range(1, 11)], 0, (1 / 11 + 2 / 12) / 2, 0),
        ([5] * 12, None, None, 0.5),
    ],
)
def test_the_measures_of_known_rankings(score, recall, precision, auc):
    truth = np.array([[True, True] + [False] * 10])
    values = np.array([score], dtype=float)
    if recall == 1:
        values[0, 2:] = 1
    found = measures(values, truth, np.ones_like(truth))

    assert found["AUC"] == pytest.approx(auc)
    if recall is not None:
        assert found["Recall@10"] == pytest.approx(recall)
        assert found["MAP"] == pytest.approx(precision)
