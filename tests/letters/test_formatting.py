"""Organisers' words: what becomes of them, and what never does."""

import pytest

from lsos.letters.formatting import Gaps, write, wrong_links
from lsos.letters.rules import (
    Placeholder,
    WordsRefusal,
    fill,
    placeholders_in,
    problems_of_subject,
    unknown_placeholders,
)
from tests.naughty import naughty_strings

KNOWN = (Placeholder("name", "name"), Placeholder("my_page", "page", is_link=True))
OURS = "https://events.example.org"


def html(words: str, **values: str) -> str:
    return write(words, Gaps(values, frozenset({"my_page"}))).html


def text(words: str, **values: str) -> str:
    return write(words, Gaps(values, frozenset({"my_page"}))).text


def test_an_unknown_placeholder_is_refused_by_name_with_those_that_are_known():
    (problem,) = unknown_placeholders("Dear {first_name}, {name}", KNOWN)
    assert problem.message is WordsRefusal.UNKNOWN
    assert problem.message.value % problem.details == "This letter knows no {first_name}. It knows: {name}, {my_page}."


@pytest.mark.parametrize("words", ["{}", "{ name.upper }", "{{ name }}", "{name!r}", "{0}", "{given name}"])
def test_whatever_stands_between_braces_is_a_placeholder_or_refused(words: str):
    assert list(unknown_placeholders(words, KNOWN)) or placeholders_in(words) == ["name"]


def test_an_address_cannot_stand_in_a_subject():
    assert [problem.message for problem in problems_of_subject("Open {my_page}", KNOWN)] == [
        WordsRefusal.LINK_IN_SUBJECT
    ]


def test_braces_within_a_value_stay_what_they_are():
    assert fill("{name}, {other}", {"name": "{other} {{7*7}}", "other": "x"}) == "{other} {{7*7}}, x"
    assert text("{name}", name="{my_page}", my_page="https://x") == "{my_page}"


@pytest.mark.parametrize("value", ["<b>x</b>", "**x**", "[x](javascript:alert(1))", "{{ config }}", "<script>", "- x"])
def test_nothing_in_a_value_is_formatting(value: str):
    assert text("Dear {name}.", name=value) == f"Dear {value}."
    made = html("Dear {name}.", name=value)
    assert "<b>" not in made
    assert "<script" not in made
    assert "<strong>" not in made
    assert "href" not in made


def test_every_naughty_string_arrives_in_the_text_as_it_is():
    for value in naughty_strings():
        if "\n" not in value and "\r" not in value and len(value) < 60:
            assert text("{name}", name=value) == value


def test_html_that_an_organiser_types_stays_text():
    assert "&lt;img src=x&gt;" in html("<img src=x>")
    assert text("<img src=x>") == "<img src=x>"


def test_paragraphs_lists_bold_and_links_stand_in_both_parts():
    words = "Dear **{name}**,\ncome at nine.\n\n- one\n- two [here](https://lifescience.pl/x)\n\n3. three\n4. four"
    made = html(words, name="Ola")
    assert "<strong>Ola</strong>,<br>come at nine." in made
    assert '<a href="https://lifescience.pl/x"' in made
    assert '<ol start="3"' in made
    assert text(words, name="Ola") == (
        "Dear Ola,\ncome at nine.\n\n- one\n- two here (https://lifescience.pl/x)\n\n3. three\n4. four"
    )


def test_a_link_alone_in_its_paragraph_is_a_button():
    words = "[Open my page]({my_page})"
    assert "display:inline-block" in html(words, my_page="https://x/y")
    assert text(words, my_page="https://x/y") == "Open my page:\nhttps://x/y"


@pytest.mark.parametrize(
    "to",
    ["https://lifescience.pl", "https://events.example.org/en/", "{my_page}"],
)
def test_links_to_https_and_to_our_own_pages_are_taken(to: str):
    assert list(wrong_links(f"[x]({to})", KNOWN, OURS)) == []


@pytest.mark.parametrize(
    "to",
    [
        "http://lifescience.pl",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.c",
        "//evil.example",
        "/en/",
        "https://",
        "{name}",
        "https://{name}",
        "https://ours@evil.example/",
    ],
)
def test_other_links_are_refused_by_name(to: str):
    (problem,) = wrong_links(f"[x]({to})", KNOWN, OURS)
    assert (problem.message, problem.details["to"]) == (WordsRefusal.LINK_ELSEWHERE, to)


def test_long_lines_of_the_text_are_broken_at_words_and_addresses_are_not():
    address = "https://example.org/" + "x" * 100
    made = text("word " * 40 + f"<{address}>")
    assert all(len(line) <= 76 for line in made.splitlines() if "https" not in line)
    assert address in made.splitlines()
