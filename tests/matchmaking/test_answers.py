import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, affinity_of
from lsos.matchmaking.answers import NOTHING_LEARNED, Answer, Taste, Verdict
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.model import ReasonKind
from lsos.matchmaking.outline import outlines
from tests.matchmaking.people import TAXONOMY, crowd, participants, person

ME, LIKED, TWIN, OTHER = 1, 2, 3, 4


def yes(by, about, weight=1.0):
    return Answer(by, about, Verdict.ACCEPT, weight=weight)


def no(by, about):
    return Answer(by, about, Verdict.DECLINE)


def people():
    """Give somebody with a twin pair of candidates and another of the same worth but of another kind."""
    return [
        person(ME, seeks=["mentoring"], tags=["ai", "mdr"]),
        person(LIKED, role="hospital", offers=["mentoring"], tags=["ai"]),
        person(TWIN, role="hospital", offers=["mentoring"], tags=["ai"]),
        person(OTHER, role="vc", offers=["mentoring"], tags=["mdr"]),
    ]


def gain(answers, about, everybody=None, by=ME, **given):
    everybody = everybody or people()
    whole = {each.person.key: each for each in outlines(everybody, TAXONOMY, answers=answers, **given)}
    return affinity_of(whole[by], whole[about], TAXONOMY, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).a_gains


def test_a_yes_lifts_the_like_and_a_no_lowers_them():
    before = gain([], TWIN)

    assert gain([yes(ME, LIKED)], TWIN) > before > gain([no(ME, LIKED)], TWIN)
    assert gain([yes(ME, LIKED)], TWIN) > gain([yes(ME, LIKED)], OTHER)


def test_one_no_changes_little_and_many_change_more():
    one, many = (gain([no(ME, LIKED)] * times, TWIN) for times in (1, 20))

    assert gain([], TWIN) - 0.1 < one < gain([], TWIN)
    assert many < one


def test_a_rating_counts_by_how_far_it_is_from_the_middle():
    ratings = [gain([Answer(ME, LIKED, rating=stars)], TWIN) for stars in (1, 2, 3, 4, 5)]

    assert ratings == sorted(ratings)
    assert ratings[2] == gain([], TWIN)
    assert ratings[4] == gain([yes(ME, LIKED)], TWIN)


def test_a_rating_counts_instead_of_the_verdict():
    assert Answer(ME, LIKED, Verdict.ACCEPT, rating=1).value == -1


def test_older_answers_count_less():
    assert gain([], TWIN) < gain([yes(ME, LIKED, weight=0.3)], TWIN) < gain([yes(ME, LIKED)], TWIN)


def test_who_says_yes_to_many_is_named():
    everybody = people()
    whole = outlines(everybody, TAXONOMY, answers=[yes(TWIN, LIKED), yes(TWIN, OTHER)])
    reasons = affinity_of(whole[0], whole[2], TAXONOMY, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).reasons

    assert [(r.side, r.codes) for r in reasons if r.kind is ReasonKind.SAYS_YES] == [("for_a", ("2",))]


def test_an_old_yes_tells_less_of_how_often_somebody_says_yes_and_as_much_of_likes():
    fresh, old = ([Answer(ME, LIKED, Verdict.ACCEPT, years=years)] for years in (0, 6))
    [now, *_], [then, *_] = (outlines(people(), TAXONOMY, answers=answers) for answers in (fresh, old))

    assert now.learned.taste == then.learned.taste
    assert now.learned.says_yes > then.learned.says_yes > 0


def test_a_yes_counts_in_part_for_the_next_stage_and_sum():
    funded = [
        person(ME, offers=["investment"]),
        *(
            person(key, seeks=["investment"], stages=[step], tickets=[step])
            for key, step in ((LIKED, 1), (TWIN, 2), (OTHER, 7))
        ),
    ]
    gains = [gain([yes(ME, LIKED)], other, funded) for other in (LIKED, TWIN, OTHER)]

    assert gains == sorted(gains, reverse=True)
    assert len(set(gains)) == 3


def test_who_said_yes_to_newcomers_is_shown_newcomers_first():
    guests = [person(ME, seeks=["mentoring"])]
    guests += [person(key, offers=["mentoring"], met=met) for key, met in ((LIKED, ()), (TWIN, ()), (OTHER, [70]))]

    assert gain([yes(ME, LIKED)], TWIN, guests) > gain([yes(ME, LIKED)], OTHER, guests)


def in_company(met=(70, 71, 72)):
    """Give me, somebody who may have met the same people, and candidates of two kinds."""
    return [
        person(ME, seeks=["mentoring"], met=[70, 71]),
        person(6, met=met),
        person(LIKED, role="hospital", offers=["mentoring"], tags=["ai"]),
        person(TWIN, role="hospital", offers=["mentoring"], tags=["ai"]),
        person(OTHER, role="vc", offers=["mentoring"], tags=["mdr"]),
    ]


def test_taste_leans_on_people_who_met_the_same_people():
    answers = [yes(6, LIKED)]
    strangers = in_company(met=[72])

    assert gain(answers, TWIN, in_company()) > gain(answers, TWIN, strangers)
    assert gain(answers, TWIN, in_company()) > gain(answers, TWIN, in_company(), taste=Taste(lean=0.0))
    assert gain(answers, OTHER, in_company()) < gain(answers, OTHER, strangers)


def test_nobody_leans_on_others_for_words():
    liked, twin = (person(key, offers=["mentoring"], text="valves for small hearts") for key in (LIKED, TWIN))
    everybody = [*in_company()[:2], liked, twin]
    [me, *_] = outlines(everybody, TAXONOMY, answers=[yes(6, LIKED)])

    assert {kind for kind, _ in me.learned.taste} == {"role", "cooperation", "newcomer"}
    assert "words" in {kind for kind, _ in outlines(everybody, TAXONOMY, answers=[yes(ME, LIKED)])[0].learned.taste}


def test_what_others_answered_is_not_named():
    whole = outlines(in_company(), TAXONOMY, answers=[yes(6, LIKED)])
    reasons = affinity_of(whole[0], whole[3], TAXONOMY, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).reasons
    [company] = [reason for reason in reasons if reason.kind is ReasonKind.NEAR_MY_COMPANY]

    assert company.codes == ()
    assert company.kind.is_private
    assert ReasonKind.LIKE_THE_ACCEPTED not in {reason.kind for reason in reasons}


def test_answers_name_what_those_people_have_in_common():
    whole = outlines(people(), TAXONOMY, answers=[yes(ME, LIKED)])
    reasons = affinity_of(whole[0], whole[2], TAXONOMY, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).reasons
    [liked] = [reason for reason in reasons if reason.kind is ReasonKind.LIKE_THE_ACCEPTED]

    assert liked.side == "for_a"
    assert {"role:hospital", "tags:ai"} <= set(liked.codes)


def test_answers_about_people_of_earlier_events_count():
    before = [person(90, role="hospital", offers=["mentoring"], tags=["ai"])]

    assert gain([yes(ME, 90)], TWIN, earlier=before) > gain([], TWIN)


def test_answers_on_people_who_are_not_here_are_passed_over():
    assert gain([yes(ME, 77), no(88, ME)], TWIN) == gain([], TWIN)


def test_answers_move_nobody_with_whom_there_is_nothing_to_talk_about():
    stranger = person(5, role="hospital")

    assert gain([yes(ME, LIKED)], 5, [*people(), stranger]) == 0


def test_without_answers_nothing_is_learned():
    assert all(each.learned is NOTHING_LEARNED for each in outlines(people(), TAXONOMY))
    assert all(each.learned is NOTHING_LEARNED for each in outlines(people(), TAXONOMY, answers=[Answer(ME, LIKED)]))


def test_answers_move_the_ranking():
    everybody, taxonomy = crowd(60)
    before = [other for other, _ in suggestions(candidate_graph(everybody, taxonomy), 0)]
    answers = [no(0, other) for other in before[:3]] + [yes(0, other) for other in before[-6:]]

    assert [other for other, _ in suggestions(candidate_graph(everybody, taxonomy, answers=answers), 0)] != before


@settings(max_examples=40, deadline=None)
@given(
    st.lists(participants(st.integers(0, 7)), min_size=4, max_size=6, unique_by=lambda each: each.key),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(Verdict)), max_size=5),
)
def test_a_yes_never_lowers_people_of_the_very_same_kind(some, drawn):
    me, liked = some[0], some[1]
    twin = person(
        50,
        role=liked.role,
        offers=liked.offers,
        seeks=liked.seeks,
        tags=liked.tags,
        focus_areas=liked.focus_areas,
        stages=liked.stages,
        tickets=liked.tickets,
        places=liked.places,
        text=liked.text,
        met=liked.met | {each.key for each in some if liked.key in each.met},
    )
    answers = [Answer(some[a].key, some[b].key, verdict) for a, b, verdict in drawn if a != b and liked != some[a]]
    everybody = [*some, twin]
    before = gain(answers, 50, everybody, by=me.key)

    assert gain([*answers, yes(me.key, liked.key)], 50, everybody, by=me.key) >= before - 1e-9
    assert gain([*answers, no(me.key, liked.key)], 50, everybody, by=me.key) <= before + 1e-9


@pytest.mark.parametrize("stars", [0, 6])
def test_a_rating_outside_its_range_is_refused(stars):
    with pytest.raises(ValueError, match="from 1 to 5"):
        Answer(1, 2, rating=stars)


@pytest.mark.parametrize(
    "given", [{"prior": 0.0}, {"rare": 0.0}, {"tags": -1.0}, {"few": 0.0}, {"half_life": 0.0}, {"next_ticket": 1.1}]
)
def test_a_taste_outside_its_range_is_refused(given):
    with pytest.raises(ValueError, match="|".join(given)):
        Taste(**given)


def test_an_answer_of_less_than_no_weight_is_refused():
    with pytest.raises(ValueError, match="weight"):
        Answer(1, 2, Verdict.ACCEPT, weight=-1)


def test_an_answer_of_the_future_is_refused():
    with pytest.raises(ValueError, match="future"):
        Answer(1, 2, Verdict.ACCEPT, years=-1)
