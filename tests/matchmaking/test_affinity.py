from dataclasses import fields, replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity, fuse
from lsos.matchmaking.model import Affinity, Reason, ReasonKind
from tests.matchmaking.people import TAXONOMY, participants, person

STARTUP = person(
    1, role="startup", seeks=["investment"], tags=["ai", "imaging"], stages=[3], tickets=[2], trl=5, trl_sought=None
)
FUND = person(2, role="vc", offers=["investment"], tags=["ai"], stages=[3, 4], tickets=[2, 3], trl=None, trl_sought=6)


def kinds(fit, side):
    return {reason.kind for reason in fit.reasons if reason.side in {side, "both"}}


def test_a_fund_and_a_start_up_are_told_why_and_why_not():
    fit = affinity(STARTUP, FUND, TAXONOMY)

    assert kinds(fit, "for_a") == {
        ReasonKind.OFFER_MEETS_SEEK,
        ReasonKind.SHARED_TAGS,
        ReasonKind.SHARED_FOCUS_AREAS,
        ReasonKind.STAGE_FITS,
        ReasonKind.TICKET_FITS,
    }
    assert kinds(fit, "for_b") == kinds(fit, "for_a") - {ReasonKind.OFFER_MEETS_SEEK} | {ReasonKind.TRL_TOO_LOW}
    assert [r.codes for r in fit.reasons if r.kind is ReasonKind.TRL_TOO_LOW] == [("5", "6")]


def test_the_gain_is_one_minus_the_product_of_what_each_reason_leaves_open():
    fit = affinity(STARTUP, FUND, TAXONOMY)
    w = DEFAULT_WEIGHTS

    shared = (1 - w.shared_tags / sqrt(2)) * (1 - w.shared_focus_areas)
    money = (1 - w.stage_fits) * (1 - w.ticket_fits)
    assert fit.a_gains == pytest.approx(1 - (1 - w.need_met) * shared * money, abs=1e-8)
    assert fit.b_gains == pytest.approx((1 - (1 - w.offer_wanted) * shared * money) * (1 - w.trl_too_low), abs=1e-8)


def test_who_offers_what_is_sought_gains_too_but_less():
    fit = affinity(person(1, seeks=["mentoring"]), person(2, offers=["mentoring"]), TAXONOMY)

    assert fit.a_gains == pytest.approx(DEFAULT_WEIGHTS.need_met)
    assert fit.b_gains == pytest.approx(DEFAULT_WEIGHTS.offer_wanted)


def test_stage_and_sum_matter_only_where_one_funds_the_other():
    peers = affinity(replace(STARTUP, stages=frozenset({1})), replace(STARTUP, key=3), TAXONOMY)

    assert ReasonKind.STAGE_DIFFERS not in kinds(peers, "for_a")
    assert ReasonKind.STAGE_DIFFERS in kinds(affinity(replace(STARTUP, stages=frozenset({1})), FUND, TAXONOMY), "for_a")


def test_what_nobody_said_speaks_neither_for_nor_against():
    silent = replace(FUND, stages=frozenset(), tickets=frozenset(), trl_sought=None)

    assert kinds(affinity(STARTUP, silent, TAXONOMY), "for_b") == {
        ReasonKind.SHARED_TAGS,
        ReasonKind.SHARED_FOCUS_AREAS,
    }


def test_two_who_build_a_consortium_find_each_other_whichever_side_they_ticked():
    fit = affinity(person(1, offers=["rd-consortium"]), person(2, seeks=["rd-consortium"]), TAXONOMY)

    assert [reason.kind for reason in fit.reasons] == [ReasonKind.SAME_COOPERATION]
    assert fit.a_gains == fit.b_gains == pytest.approx(DEFAULT_WEIGHTS.need_met)


def test_related_subjects_count_only_when_none_is_shared():
    related = affinity(person(1, tags=["ai"]), person(2, tags=["imaging"]), TAXONOMY)
    shared = affinity(person(1, tags=["ai", "imaging"]), person(2, tags=["imaging"]), TAXONOMY)

    assert ReasonKind.RELATED_TAGS in kinds(related, "both")
    assert ReasonKind.RELATED_TAGS not in kinds(shared, "both")


@given(participants(st.just(1)), participants(st.just(2)), st.sampled_from(Fusion))
def test_scores_lie_in_zero_to_one_and_the_fused_between_the_sides(a, b, fusion):
    fit = affinity(a, b, TAXONOMY, fusion=fusion)

    assert 0 <= fit.a_gains <= 1
    assert 0 <= fit.b_gains <= 1
    assert 0 <= fit.fused <= 1
    if fusion is not Fusion.UNINORM:
        assert min(fit.a_gains, fit.b_gains) <= fit.fused <= max(fit.a_gains, fit.b_gains)


@given(participants(st.just(1)), participants(st.just(2)), st.sampled_from(Fusion))
def test_changing_the_two_over_changes_the_answer_over(a, b, fusion):
    there, back = affinity(a, b, TAXONOMY, fusion=fusion), affinity(b, a, TAXONOMY, fusion=fusion).turned()

    assert (there.a_gains, there.b_gains, there.fused) == pytest.approx((back.a_gains, back.b_gains, back.fused))
    assert set(there.reasons) == set(back.reasons)


@given(participants(st.just(1)), participants(st.just(2)), st.sampled_from([f.name for f in fields(Weights)]))
def test_a_heavier_reason_never_lowers_and_a_heavier_bound_never_raises_the_score(a, b, name):
    lighter = affinity(a, b, TAXONOMY)
    heavier = affinity(a, b, TAXONOMY, replace(DEFAULT_WEIGHTS, **{name: 0.9}))

    if name in {"stage_differs", "ticket_differs", "trl_too_low", "place_differs"}:
        assert heavier.fused <= lighter.fused
    else:
        assert heavier.fused >= lighter.fused


#: Told and not counted.
TOLD_ONLY = {ReasonKind.SAME_NEED, ReasonKind.SAME_OFFER}


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ({"seeks": ["mentoring"]}, {"seeks": ["mentoring"]}, [(ReasonKind.SAME_NEED, ("mentoring",))]),
        ({"offers": ["mentoring"]}, {"offers": ["mentoring"]}, [(ReasonKind.SAME_OFFER, ("mentoring",))]),
        ({"seeks": ["mentoring"]}, {"seeks": ["investment"]}, []),
        ({"seeks": ["mentoring"]}, {"seeks": ["mentoring"], "offers": ["mentoring"]}, []),
        ({"seeks": ["rd-consortium"]}, {"seeks": ["rd-consortium"]}, []),
    ],
)
def test_two_on_the_same_side_of_a_bargain_are_told_so_where_neither_helps_the_other(mine, theirs, told):
    fit = affinity(person(1, tags=["ai"], **mine), person(2, tags=["ai"], **theirs), TAXONOMY)
    without = affinity(person(1, tags=["ai"]), person(2, tags=["ai"]), TAXONOMY)

    assert [(r.kind, r.codes) for r in fit.reasons if r.kind in TOLD_ONLY] == told
    if told:
        assert fit.fused == without.fused


def test_two_who_share_nothing_else_are_not_told_that_they_seek_the_same():
    assert not affinity(person(1, seeks=["mentoring"]), person(2, seeks=["mentoring"]), TAXONOMY).reasons


def test_stages_and_sums_that_differ_say_whose_is_which_from_either_side():
    startup = replace(STARTUP, stages=frozenset({1}), tickets=frozenset({2}))
    fund = replace(FUND, stages=frozenset({4, 5}), tickets=frozenset({7}))
    fit = affinity(startup, fund, TAXONOMY)
    [stage] = [r for r in fit.reasons if r.kind is ReasonKind.STAGE_DIFFERS]
    [ticket] = [r for r in fit.reasons if r.kind is ReasonKind.TICKET_DIFFERS]

    assert (stage.codes, ticket.codes) == (("a:1", "b:4", "b:5"), ("a:2", "b:7"))
    assert (stage.turned().codes, ticket.turned().codes) == (("a:4", "a:5", "b:1"), ("a:7", "b:2"))


@given(participants(st.just(1)), participants(st.just(2)))
def test_the_strongest_reason_stands_first_and_counter_reasons_are_below_zero(a, b):
    reasons = affinity(a, b, TAXONOMY).reasons

    assert [abs(r.weight) for r in reasons] == sorted((abs(r.weight) for r in reasons), reverse=True)
    assert all((r.weight < 0) == (r.kind.is_against and r.kind not in TOLD_ONLY) for r in reasons)
    assert all(r.weight == 0 for r in reasons if r.kind in TOLD_ONLY)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_fusions_stand_in_the_order_of_their_strictness(a, b):
    minimum, harmonic, geometric = (fuse(a, b, f) for f in (Fusion.MINIMUM, Fusion.HARMONIC, Fusion.GEOMETRIC))

    assert minimum <= harmonic + 1e-12
    assert harmonic <= geometric + 1e-12


THOUSANDTHS = st.integers(0, 1000).map(lambda number: number / 1000)


@given(THOUSANDTHS, THOUSANDTHS, THOUSANDTHS)
def test_the_uninorm_has_a_half_for_its_neutral_and_draws_agreement_out(a, b, c):
    def both(x, y):
        return fuse(x, y, Fusion.UNINORM)

    assert both(a, 0.5) == pytest.approx(a)
    assert both(a, b) == both(b, a)
    assert both(a, both(b, c)) == pytest.approx(both(both(a, b), c), abs=1e-6)
    if b <= c:
        assert both(a, b) <= both(a, c) + 1e-12
    if min(a, b) >= 0.5:
        assert both(a, b) >= max(a, b) - 1e-12
    if max(a, b) <= 0.5:
        assert both(a, b) <= min(a, b) + 1e-12


def test_the_uninorm_of_nothing_and_everything_is_nothing():
    assert fuse(0, 1, Fusion.UNINORM) == fuse(1, 0, Fusion.UNINORM) == fuse(0, 0, Fusion.UNINORM) == 0
    assert fuse(1, 1, Fusion.UNINORM) == 1


def test_who_is_where_one_looks_is_a_reason_and_who_is_not_a_counter_reason():
    seeker = person(1, seeks=["mentoring"], places_sought=["PL"])
    here, there = (person(n, offers=["mentoring"], places=[place]) for n, place in ((2, "PL"), (3, "DE")))

    assert ReasonKind.PLACE_FITS in kinds(affinity(seeker, here, TAXONOMY), "for_a")
    assert ReasonKind.PLACE_DIFFERS in kinds(affinity(seeker, there, TAXONOMY), "for_a")
    assert affinity(seeker, here, TAXONOMY).a_gains > affinity(seeker, there, TAXONOMY).a_gains


def test_to_be_in_the_same_place_is_no_ground_for_a_meeting():
    assert affinity(person(1, places=["PL"]), person(2, places=["PL"]), TAXONOMY).fused == 0


@pytest.mark.parametrize("value", [-0.1, 1, 1.5])
def test_a_weight_outside_its_range_is_refused_by_name(value):
    with pytest.raises(ValueError, match="shared_tags"):
        Weights(shared_tags=value)


def test_an_affinity_turned_twice_is_itself():
    fit = Affinity(0.2, 0.6, 0.4, (Reason(ReasonKind.OFFER_MEETS_SEEK, "for_a", ("licensing",), 0.45),))

    assert fit.turned().reasons[0].side == "for_b"
    assert fit.turned().turned() == fit
