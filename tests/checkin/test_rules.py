"""What a code is, and what can be taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.checkin.rules import ScanResult, UndoRefusal, badge_code_of, undo_refusal


@pytest.mark.parametrize(
    "scanned",
    [
        "ABCD234XYZ",
        "abcd234xyz",
        " ABCD-234-XYZ\n",
        "https://x.org/b/abcd234xyz",
        "HTTPS://X.ORG/B/ABCD234XYZ/",
        "abcd 234 xyz",
    ],
)
def test_a_code_is_found_in_whatever_was_scanned_or_typed(scanned):
    assert badge_code_of(scanned) == "ABCD234XYZ"


@given(st.text())
def test_any_text_has_a_code_without_blanks_or_slashes(scanned):
    code = badge_code_of(scanned)
    assert not any(letter.isspace() or letter == "/" for letter in code)
    assert badge_code_of(code) == code


@pytest.mark.parametrize(
    ("result", "is_undone", "expected"),
    [
        (ScanResult.ADMITTED, False, None),
        (ScanResult.PRESENT, False, None),
        (ScanResult.LEFT, False, None),
        (ScanResult.ADMITTED, True, UndoRefusal.DONE),
        (ScanResult.AGAIN, False, UndoRefusal.NOTHING),
        (ScanResult.REFUSED, False, UndoRefusal.NOTHING),
        (ScanResult.UNDONE, False, UndoRefusal.NOTHING),
    ],
)
def test_only_a_scan_that_did_something_can_be_taken_back(result, is_undone, expected):
    assert undo_refusal(result, is_undone=is_undone) is expected
