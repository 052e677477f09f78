import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.affinity import affinity
from lsos.matchmaking.graph import candidate_graph
from lsos.matchmaking.model import ReasonKind, Taxonomy
from lsos.matchmaking.text import KEPT, Phrasebook, fold, lexicon, spelled, stems, weighed, words_of
from tests.matchmaking.people import person

NAMES = Taxonomy(
    tag_names={
        "cell-gene": ("Terapie komórkowe i genowe (ATMP)", "Cell and gene therapy (ATMP)"),
        "oncology": ("Onkologia", "Oncology"),
        "biomaterials": ("Biomateriały", "Biomaterials"),
        "ai": ("AI w diagnostyce", "AI in diagnostics"),
    },
    cooperation_names={"pilot-site": ("Miejsce pilotażu", "Pilot site"), "manufacturing": ("Produkcja / skalowanie",)},
)


def reasons(a, b, taxonomy=NAMES):
    return {reason.kind: reason for reason in affinity(a, b, taxonomy).reasons}


def test_case_and_accents_do_not_matter():
    assert fold("ŻÓŁĆ w Łodzi") == "zolc w lodzi"
    assert stems(words_of("Terapiami KOMÓRKOWYMI")) == stems(words_of("terapie komorkowe"))


def test_words_that_say_nothing_are_passed_over_in_both_languages():
    assert words_of("We are the ones who work with it, oraz pracujemy nad tym dla was") == ["ones", "work"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Rozwijamy terapie genowe i komórkowe", {"cell-gene"}),
        ("an ATMP platform", {"cell-gene"}),
        ("gene therapy, and quite another thing: solar cell", set()),
        ("onkologii i hematologii", {"oncology"}),
        ("biomarkers in blood", set()),
        ("diagnostyka z AI", {"ai"}),
        ("", set()),
    ],
)
def test_listed_names_are_found_whatever_their_endings_and_nothing_else(text, found):
    assert Phrasebook(NAMES.tag_names).found(words_of(text)) == found


def test_polish_meets_english_by_the_names_of_tags():
    polish, english = person(1, text="Zajmujemy się onkologią"), person(2, text="Oncology is what we do")

    assert reasons(polish, english)[ReasonKind.WRITTEN_TAGS].codes == ("oncology",)


def test_a_tag_that_is_written_counts_less_than_one_that_is_declared():
    declared = person(1, tags=["oncology"])
    by_tag = affinity(declared, person(2, tags=["oncology"]), NAMES)
    by_text = affinity(declared, person(2, text="onkologia"), NAMES)

    assert 0 < by_text.fused < by_tag.fused


def test_cooperation_that_one_lists_and_the_other_writes_about_is_a_reason():
    found = reasons(person(1, seeks=["pilot-site"]), person(2, text="Mamy miejsca pilotażu w szpitalu"))

    assert found[ReasonKind.WRITTEN_COOPERATION].codes == ("pilot-site",)


def test_shared_words_are_named_as_they_are_written():
    found = reasons(person(1, text="mikroskopia świetlna"), person(2, text="mikroskopii używamy"))

    assert found[ReasonKind.SHARED_WORDS].codes == ("mikroskopia",)


def test_rare_words_say_more_than_common_ones():
    texts = [stems(words_of(text)) for text in ("sepsis platform", "sepsis platform", "platform", "platform device")]
    vector = weighed(texts[0], lexicon(texts))

    assert vector["sepsi"] > vector["platf"] > 0


def test_a_word_that_nobody_else_uses_has_no_weight():
    texts = [["solo", "both"], ["both"]]

    assert set(weighed(texts[0], lexicon(texts))) == {"both"}


def test_only_the_weightiest_words_are_kept():
    assert len(weighed([f"w{n}" for n in range(10 * KEPT)], None)) <= KEPT


def test_a_spelling_is_that_of_the_text():
    assert spelled("Świetlna Mikroskopia", "swiet") == "świetlna"
    assert spelled("nic", "swiet") is None


@given(st.lists(st.text("abcdeł ", max_size=30), max_size=6))
def test_vectors_have_length_one_or_nothing(texts):
    cut = [stems(words_of(text)) for text in texts]
    for words in cut:
        length = sum(value**2 for value in weighed(words, lexicon(cut)).values())
        assert length == pytest.approx(1) or length == 0


def test_somebody_with_free_text_only_is_suggested_people():
    people = [
        person(1, text="Sepsis diagnostics by microfluidics"),
        person(2, text="Mikrofluidyka: microfluidics for hospitals"),
        person(3, text="Timber and paper"),
    ]

    assert list(candidate_graph(people, NAMES).edges) == [(1, 2)]
