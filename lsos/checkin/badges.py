"""Badges on paper: what stands on each, the pages to print, and what does not fit well."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask_babel import force_locale, gettext

from lsos import drawing, pdf, qr, wording
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.rules import HatKind
from lsos.registration.models import Registration
from lsos.taxonomy.rules import GuestRole
from lsos.texts import LANGUAGES

TEMPLATE = Path(__file__).with_name("badge.typ")


class Layout(StrEnum):
    """How badges lie on paper."""

    A6 = "a6"
    A4 = "a4"


class Field(StrEnum):
    """The texts on a badge, named as its template names them."""

    GIVEN = "given"
    FAMILY = "family"
    ORGANISATION = "organisation"
    JOB = "job"
    PARTICIPATION = "participation"
    HATS = "hats"


class Fit(StrEnum):
    """What became of a text that does not fit well, the worst last."""

    SMALL = N_("printed small")
    LETTERS = N_("printed in other letters")
    BROKEN = N_("broken inside a word")
    CUT = N_("cut off")


#: So many letters always fit, however wide they are; only longer texts are set to find out.
_SURELY_FITS = {
    Field.GIVEN: 9,
    Field.FAMILY: 12,
    Field.ORGANISATION: 20,
    Field.JOB: 24,
    Field.PARTICIPATION: 9,
    Field.HATS: 14,
}
#: What people are at the event besides attending it, by the number of each: speaker, founder, mentor.
Hats = Mapping[int, Sequence[HatKind]]
NO_HATS: Hats = {}


@dataclass(frozen=True)
class Tight:
    """A text of a badge that does not fit well."""

    registration: Registration
    field: Field
    words: str
    fit: Fit


@contextmanager
def document(
    event: Event, registrations: Sequence[Registration], *, layout: Layout, base_url: str, hats: Hats = NO_HATS
) -> Iterator[pdf.Document]:
    """Set the badges of these registrations; print or draw what is given."""
    data = {
        "title": f"{wording.plain(event.name)}: {len(registrations)}",
        "layout": layout.value,
        "event": _event(event),
        "badges": [_badge(registration, base_url, hats) for registration in registrations],
        **_look(),
    }
    with pdf.document(TEMPLATE, data, files=_files()) as made:
        yield made


def tight(registrations: Sequence[Registration], hats: Hats = NO_HATS) -> list[Tight]:
    """List the texts that are printed small, in other letters, broken or cut off, the worst first.

    The template itself says so, by the lines that print; a text that many share is set once.
    """
    places: dict[tuple[Field, str], list[Registration]] = {}
    for registration in registrations:
        for field, words in _texts(registration, hats).items():
            if len(words) > _SURELY_FITS[field] or _is_rewritten(words):
                places.setdefault((field, words), []).append(registration)
    if not places:
        return []
    texts = list(places)
    data = {
        "title": "check",
        "layout": "check",
        "texts": [{"field": field.value, "words": words} for field, words in texts],
        **_look(),
    }
    with pdf.document(TEMPLATE, data) as made:
        found = {item["badge"]: Fit[item["level"].upper()] for item in made.values("tight")}
    worst = list(Fit)
    list_of_all = []
    for place, (field, words) in enumerate(texts):
        fits = [found[place]] if place in found else []
        if _is_rewritten(words):
            fits.append(Fit.LETTERS)
        if fits:
            fit = max(fits, key=worst.index)
            list_of_all += [Tight(registration, field, words, fit) for registration in places[field, words]]
    return sorted(list_of_all, key=lambda item: (-worst.index(item.fit), -len(item.words), item.registration.id))


def _is_rewritten(words: str) -> bool:
    """Say whether the typeface lacks letters of a text; the same letter composed or in parts is the same."""
    return pdf.printable(words) != unicodedata.normalize("NFC", words)


def _texts(registration: Registration, hats: Hats) -> dict[Field, str]:
    """Give what a badge says of its owner, in the owner's language."""
    person = registration.person
    worn = hats.get(registration.person_id, ())
    with force_locale(person.language) if worn else nullcontext():
        words = " · ".join(str(gettext(hat.words)) for hat in worn)
    texts = {
        Field.GIVEN: person.given_name,
        Field.FAMILY: person.family_name,
        Field.ORGANISATION: registration.organisation.name if registration.organisation else "",
        Field.JOB: registration.job_title,
        Field.PARTICIPATION: registration.participation_type.name.read(person.language).text,
        Field.HATS: words,
    }
    return {field: " ".join(words.split()) for field, words in texts.items()}


def _badge(registration: Registration, base_url: str, hats: Hats) -> dict[str, Any]:
    language = registration.person.language
    return {
        **{field.value: words for field, words in _texts(registration, hats).items()},
        "language": language,
        "role": registration.role.value,
        "areas": [
            {"look": area.position % len(drawing.AREA_COLOURS), "name": area.name.read(language).text}
            for area in registration.focus_areas
        ],
        "code": registration.badge_code,
        "qr": str(qr.svg(qr.badge_address(base_url, registration.badge_code), border=2)),
    }


def _event(event: Event) -> dict[str, dict[str, str]]:
    """Give the head of a badge in each language; a badge speaks its owner's."""
    heads: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with force_locale(language):
            dates = wording.days_between(event.starts_on, event.ends_on)
        heads[language] = {"name": event.name.read(language).text, "dates": dates}
    return heads


def _look() -> dict[str, Any]:
    return {
        "colours": {"ink": drawing.INK, "quiet": "#4b5d57", "primary": drawing.TEAL},
        "roles": {role.value: _role_look(role) for role in GuestRole},
    }


def _role_look(role: GuestRole) -> dict[str, str]:
    letter, colour = drawing.ROLE_LOOKS[role.value]
    return {"letter": letter, "colour": colour}


def _files() -> Mapping[str, bytes]:
    areas = {f"area-{n}.svg": str(drawing.area_disc(n, 40)).encode() for n in range(len(drawing.AREA_COLOURS))}
    return {"wave.svg": str(drawing.wave(1200, 400)).encode(), "logo.svg": str(drawing.logo(40)).encode(), **areas}
