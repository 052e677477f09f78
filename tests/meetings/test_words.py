"""Reasons put into words: a whole sentence for each kind, from the side of the one who reads."""

import pytest
from flask_babel import force_locale

from lsos.matchmaking.model import Reason, ReasonKind
from lsos.meetings.portraits import kept, reasons_of
from lsos.meetings.words import Vocabulary, in_words
from lsos.texts import Bilingual

pytestmark = pytest.mark.any_database

NAMES = Vocabulary(
    cooperation={"pilot": Bilingual("Miejsce pilotażu", "Pilot site"), "talent": Bilingual("Praca", "Jobs")},
    tags={"rna": Bilingual("Technologie RNA", "RNA technologies")},
    tag_groups={"pharma": Bilingual("Farmacja", "Pharma")},
    focus_areas={"green": Bilingual("Zielone nauki", "Green science")},
    stages={
        "3": Bilingual("zalążkowa", "Seed"),
        "4": Bilingual("seria A", "Series A"),
        "5": Bilingual("seria B", "Series B"),
    },
    roles={"hospital": Bilingual("Szpital", "Hospital")},
    tickets={"2": Bilingual("50–250 tys. EUR", "EUR 50–250k"), "7": Bilingual("2–10 mln EUR", "EUR 2–10m")},
)


def read(kind, side, *codes, is_open=True):
    words = in_words([Reason(kind, side, codes, 0.5)], "Jan Nowak", NAMES, is_open=is_open)
    [sentence] = [*words.in_favour, *words.against]
    return sentence


@pytest.mark.parametrize(
    ("kind", "side", "codes", "sentence"),
    [
        (ReasonKind.OFFER_MEETS_SEEK, "for_a", ["pilot"], "You seek: Pilot site. Jan Nowak offers it."),
        (
            ReasonKind.OFFER_MEETS_SEEK,
            "for_a",
            ["pilot", "talent"],
            "You seek: Pilot site; Jobs. Jan Nowak offers all of it.",
        ),
        (ReasonKind.OFFER_MEETS_SEEK, "for_b", ["pilot"], "Jan Nowak seeks: Pilot site. You offer it."),
        (ReasonKind.SAME_COOPERATION, "both", ["pilot"], "You both want: Pilot site."),
        (ReasonKind.SHARED_TAGS, "both", ["rna"], "You both work on: RNA technologies."),
        (ReasonKind.RELATED_TAGS, "both", ["pharma"], "Your topics are close: Pharma."),
        (ReasonKind.SHARED_FOCUS_AREAS, "both", ["green"], "You share a focus area: Green science."),
        (ReasonKind.STAGE_FITS, "both", ["3"], "The funding stage fits: Seed."),
        (ReasonKind.TICKET_FITS, "both", ["2"], "The amount fits: EUR 50–250k."),
        (
            ReasonKind.TRL_FITS,
            "for_a",
            ["7", "5"],
            "Jan Nowak brings readiness level 7; you look for 5 or more.",
        ),
        (ReasonKind.TRL_FITS, "for_b", ["7", "5"], "You bring readiness level 7; Jan Nowak looks for 5 or more."),
        (
            ReasonKind.TRL_TOO_LOW,
            "for_a",
            ["3", "5"],
            "Jan Nowak is at readiness level 3; you look for 5 or more.",
        ),
        (ReasonKind.TRL_TOO_LOW, "for_b", ["3", "5"], "You are at readiness level 3; Jan Nowak looks for 5 or more."),
        (
            ReasonKind.STAGE_DIFFERS,
            "both",
            [],
            "The funding stage of one is not among those the other looks at.",
        ),
        (ReasonKind.TICKET_DIFFERS, "both", [], "The amounts sought and offered do not match."),
        (
            ReasonKind.STAGE_DIFFERS,
            "both",
            ["a:3", "b:4", "b:5"],
            "The funding stages differ. You: Seed. Jan Nowak: Series A; Series B.",
        ),
        (
            ReasonKind.TICKET_DIFFERS,
            "both",
            ["a:2", "b:7"],
            "The amounts differ. You: EUR 50–250k. Jan Nowak: EUR 2–10m.",
        ),
        (ReasonKind.SAME_NEED, "both", ["pilot"], "You both seek: Pilot site."),
        (ReasonKind.SAME_OFFER, "both", ["pilot", "talent"], "You both offer: Pilot site; Jobs."),
        (ReasonKind.WRITTEN_TAGS, "both", ["rna"], "It is in your descriptions: RNA technologies."),
        (
            ReasonKind.WRITTEN_COOPERATION,
            "both",
            ["pilot"],
            "One of you lists it and the other writes about it: Pilot site.",
        ),
        (ReasonKind.SHARED_WORDS, "both", ["mikroskop", "sepsa"], "You both write: mikroskop; sepsa."),
        (ReasonKind.PLACE_FITS, "for_a", ["Kraków"], "Jan Nowak is where you look: Kraków."),
        (ReasonKind.PLACE_DIFFERS, "for_b", [], "You are not where Jan Nowak looks."),
        (ReasonKind.SHARED_PLACES, "both", ["Kraków"], "You are in the same place: Kraków."),
        (
            ReasonKind.LIKE_THE_ACCEPTED,
            "for_a",
            ["cooperation:offers pilot", "role:hospital", "stages:3", "tags:rna", "tickets:2"],
            "Like people you agreed to meet: Pilot site; Hospital; Seed; RNA technologies; EUR 50–250k.",
        ),
        (ReasonKind.LIKE_THE_DECLINED, "for_a", [], "Unlike people you agreed to meet."),
        (ReasonKind.NEAR_MY_COMPANY, "for_a", [], "Near to people who have met the same people as you."),
        (ReasonKind.FAR_FROM_MY_COMPANY, "for_a", [], "Far from people who have met the same people as you."),
    ],
)
def test_each_kind_has_its_sentence(app, kind, side, codes, sentence):
    with force_locale("en"):
        assert read(kind, side, *codes) == sentence


@pytest.mark.parametrize(
    ("kind", "side", "codes", "sentence"),
    [
        (
            ReasonKind.STAGE_DIFFERS,
            "both",
            ["a:3", "b:4"],
            "The funding stage of one is not among those the other looks at.",
        ),
        (ReasonKind.TICKET_DIFFERS, "both", ["a:2", "b:7"], "The amounts sought and offered do not match."),
        (
            ReasonKind.TRL_TOO_LOW,
            "for_a",
            ["3", "5"],
            "Jan Nowak is at a lower readiness level than you look for.",
        ),
        (
            ReasonKind.TRL_TOO_LOW,
            "for_b",
            ["3", "5"],
            "You are at a lower readiness level than Jan Nowak looks for.",
        ),
    ],
)
def test_of_a_profile_that_is_not_open_a_failed_bound_is_told_without_what_stands_there(
    app, kind, side, codes, sentence
):
    with force_locale("en"):
        assert read(kind, side, *codes, is_open=False) == sentence


@pytest.mark.parametrize("kind", [kind for kind in ReasonKind if kind is not ReasonKind.SAYS_YES])
@pytest.mark.parametrize("side", ["for_a", "for_b", "both"])
@pytest.mark.parametrize("language", ["pl", "en"])
def test_no_kind_is_left_without_words_in_either_language(app, kind, side, language):
    codes = ("3", "5") if "trl" in kind.value else ("pilot",)
    if kind.is_private:
        side = "for_a"
    with force_locale(language):
        assert read(kind, side, *codes).endswith(".")


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (ReasonKind.LIKE_THE_ACCEPTED, "for_b"),
        (ReasonKind.LIKE_THE_DECLINED, "for_b"),
        (ReasonKind.NEAR_MY_COMPANY, "for_b"),
        (ReasonKind.FAR_FROM_MY_COMPANY, "for_b"),
        (ReasonKind.SAYS_YES, "for_a"),
        (ReasonKind.SAYS_YES, "for_b"),
    ],
)
def test_what_the_other_answered_is_not_told(app, kind, side):
    words = in_words([Reason(kind, side, ("tags:rna",), 0.2)], "Jan Nowak", NAMES)

    assert not [*words.in_favour, *words.against]


def test_what_speaks_against_stands_apart_and_names_are_in_the_readers_language(app):
    reasons = [
        Reason(ReasonKind.OFFER_MEETS_SEEK, "for_a", ("pilot",), 0.4),
        Reason(ReasonKind.STAGE_DIFFERS, "both", (), -0.5),
    ]
    with force_locale("pl"):
        words = in_words(reasons, "Jan Nowak", NAMES)

    assert len(words.for_me) == len(words.against) == 1
    assert "Miejsce pilotażu" in words.for_me[0]


def test_lists_keep_the_strongest_reasons(app):
    reasons = [Reason(ReasonKind.SHARED_TAGS, "both", ("rna",), weight) for weight in (0.5, 0.4, 0.3)]

    assert len(in_words(reasons, "Jan", NAMES).brief(2).both) == 2


def test_lists_name_one_thing_that_speaks_against_the_strongest(app):
    reasons = [
        Reason(ReasonKind.STAGE_DIFFERS, "both", (), -0.5),
        Reason(ReasonKind.TICKET_DIFFERS, "both", (), -0.4),
        Reason(ReasonKind.SAME_NEED, "both", ("pilot",), 0.0),
    ]
    words = in_words(reasons, "Jan", NAMES)

    assert len(words.against) == 3
    assert words.brief().against == words.against[:1]


def test_a_fact_that_speaks_against_is_named_before_a_guess_from_answers(app):
    reasons = [
        Reason(ReasonKind.LIKE_THE_DECLINED, "for_a", (), -0.9),
        Reason(ReasonKind.TICKET_DIFFERS, "both", (), -0.4),
    ]
    with force_locale("en"):
        assert in_words(reasons, "Jan", NAMES).brief().against == ["The amounts sought and offered do not match."]


def test_a_code_that_is_gone_stands_for_itself(app):
    with force_locale("en"):
        assert read(ReasonKind.SHARED_TAGS, "both", "gone") == "You both work on: gone."


def test_reasons_survive_being_stored_and_unknown_kinds_are_passed_over():
    reason = Reason(ReasonKind.TRL_FITS, "for_b", ("7", "5"), 0.1)

    assert reasons_of([kept(reason), {"kind": "horoscope", "side": "both", "codes": [], "weight": 1}]) == [reason]
