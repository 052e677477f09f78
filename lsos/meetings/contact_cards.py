"""Cards of contacts (vCard 3.0, RFC 2426), which every phone's and desk's address book reads."""

from collections.abc import Iterable
from dataclasses import dataclass

from lsos.calendar_file import folded


@dataclass(frozen=True)
class Card:
    """Somebody whom one met; an empty part is left out."""

    uid: str
    given_name: str
    family_name: str
    organisation: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""
    #: Where and when one met.
    note: str = ""


def write(cards: Iterable[Card]) -> bytes:
    """Write cards one after another, as address books read many from one file."""
    return b"".join(folded(line) + b"\r\n" for card in cards for line in _lines(card))


def _lines(card: Card) -> Iterable[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"N:{_text(card.family_name)};{_text(card.given_name)};;;"
    yield f"FN:{_text(f'{card.given_name} {card.family_name}'.strip())}"
    parts = {
        "ORG": card.organisation,
        "TITLE": card.job_title,
        "EMAIL;TYPE=INTERNET": card.email,
        "TEL;TYPE=CELL": card.phone,
        "NOTE": card.note,
        "UID": card.uid,
    }
    yield from (f"{name}:{_text(value)}" for name, value in parts.items() if value)
    yield "END:VCARD"


def _text(value: str) -> str:
    """Write a text so that none of its letters ends a value (RFC 2426, 5)."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
