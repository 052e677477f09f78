"""Badges on paper: what stands on each, the pages to print, what does not fit, and the worst that may come.

One template sets all of it: the preview, the print, and what is told of them.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask_babel import force_locale, gettext

from lsos import drawing, pdf, qr, wording
from lsos.badges import imposing
from lsos.badges.imposing import Paper, Sheet
from lsos.badges.rules import NAMES, Design, Field, Kind, Side
from lsos.badges.word_rules import Approval, Words
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.rules import HatKind
from lsos.registration.models import Registration
from lsos.taxonomy.rules import GROUP_NAMES, GuestRole
from lsos.texts import LANGUAGE_NAMES, Bilingual

TEMPLATE = Path(__file__).with_name("badge.typ")


class Fit(StrEnum):
    """What became of a text that does not fit well, the worst last."""

    SMALL = N_("printed small")
    LETTERS = N_("printed in other letters")
    BROKEN = N_("broken inside a word")
    CUT = N_("cut off")


@dataclass(frozen=True)
class Layout:
    """A design as it is printed: its public id (empty: the one that every event has from the start) and its version."""

    uid: str
    name: str
    version: int
    design: Design


@dataclass(frozen=True)
class Card:
    """One badge to print.

    Attributes:
        words: what it says of its owner, as it was put right.
        hats: what the owner is at the event besides attending it.
        answers: to organisers' questions, in words, by the public id of each.
    """

    registration: Registration
    layout: Layout
    words: Words
    hats: Sequence[HatKind] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    approval: Approval = Approval.OPEN
    is_corrected: bool = False


@dataclass(frozen=True)
class Tight:
    """A text of a badge that does not fit well."""

    card: Card
    side: Side
    kind: Kind
    words: str
    fit: Fit

    @property
    def registration(self) -> Registration:
        """Give whose badge it is."""
        return self.card.registration


@dataclass(frozen=True)
class Setting:
    """What cards are printed on, and from which cell of the first sheet on."""

    paper: Paper = Paper.CARDS
    start: int = 1
    free: Sheet | None = None

    def sheet(self, design: Design) -> Sheet:
        """Give the sheet for cards of a design.

        Raises:
            Refused: they do not fit on it.
        """
        return imposing.sheet_for(self.paper, design.width, design.height, self.free)


@contextmanager
def document(
    event: Event, cards: Sequence[Card], *, base_url: str, setting: Setting | None = None
) -> Iterator[pdf.Document]:
    """Set these badges; print or draw what is given. Cards of one design lie together.

    Raises:
        Refused: the cards do not fit on the paper.
    """
    layouts, ordered, pages = _laid_out(cards, setting or Setting())
    numbers = {layout.uid: number for number, layout in enumerate(layouts)}
    data = {
        "title": f"{wording.plain(event.name)}: {len(cards)}",
        "designs": [_design(layout.design) for layout in layouts],
        "badges": [_badge(event, card, numbers[card.layout.uid], base_url) for card in ordered],
        "pages": pages,
        **_look(),
    }
    with pdf.document(TEMPLATE, data, files=_files()) as made:
        yield made


def _laid_out(cards: Sequence[Card], setting: Setting) -> tuple[list[Layout], list[Card], list[dict[str, Any]]]:
    """Group cards by design, and lay each group on sheets; the numbers of cards run on."""
    groups: dict[str, list[Card]] = {}
    for card in cards:
        groups.setdefault(card.layout.uid, []).append(card)
    layouts: list[Layout] = []
    ordered: list[Card] = []
    pages: list[dict[str, Any]] = []
    start = setting.start
    for group in groups.values():
        layout = group[0].layout
        design, first = layout.design, len(ordered)
        sheet = setting.sheet(design)
        marks = imposing.cutting_marks(sheet)
        laid = imposing.pages(
            sheet, len(group), width=design.width, height=design.height, start=start, has_backs=bool(design.back)
        )
        for page in laid:
            placed = [(first + one.card, one.x, one.y, one.is_turned) for one in page.placed]
            pages.append(
                {
                    "width": sheet.width,
                    "height": sheet.height,
                    "back": page.is_back,
                    "placed": placed,
                    #: Whoever cuts looks at the fronts.
                    "marks": [] if page.is_back else marks,
                }
            )
        layouts.append(layout)
        ordered += group
        start = 1
    return layouts, ordered, pages


def tight(event: Event, cards: Sequence[Card]) -> list[Tight]:
    """List the texts that are printed small, in other letters, broken or cut off, the worst first.

    The template itself says so, by the lines that print; a text that many share is set once.
    """
    layouts: list[Layout] = []
    places: dict[tuple[int, Side, int, str], list[Card]] = {}
    numbers: dict[str, int] = {}
    for card in cards:
        uid = card.layout.uid
        if uid not in numbers:
            numbers[uid] = len(layouts)
            layouts.append(card.layout)
        for side, face in card.layout.design.faces.items():
            for place, (one, words) in enumerate(zip(face, _texts(event, card, face), strict=True)):
                if words and (len(words) > one.surely_fits() or _is_rewritten(words)):
                    places.setdefault((numbers[uid], side, place, words), []).append(card)
    if not places:
        return []
    texts = list(places)
    data = {
        "title": "check",
        "designs": [_design(layout.design) for layout in layouts],
        "pages": None,
        "texts": [
            {"design": number, "side": side.value, "place": place, "words": words}
            for number, side, place, words in texts
        ],
        **_look(),
    }
    with pdf.document(TEMPLATE, data) as made:
        found = {item["badge"]: Fit[item["level"].upper()] for item in made.values("tight")}
    worst = list(Fit)
    every = []
    for at, (number, side, place, words) in enumerate(texts):
        fits = [found[at]] if at in found else []
        if _is_rewritten(words):
            fits.append(Fit.LETTERS)
        if fits:
            fit = max(fits, key=worst.index)
            kind = layouts[number].design.faces[side][place].kind
            every += [Tight(card, side, kind, words, fit) for card in places[number, side, place, words]]
    return sorted(every, key=lambda item: (-worst.index(item.fit), -len(item.words), item.registration.id))


def _is_rewritten(words: str) -> bool:
    """Say whether the typeface lacks letters of a text; the same letter composed or in parts is the same."""
    return pdf.printable(words) != unicodedata.normalize("NFC", words)


def texts_of(event: Event, card: Card, side: Side = Side.FRONT) -> list[str]:
    """Give what stands in each field of a face of a badge, in its owner's language; nothing in what is drawn."""
    return _texts(event, card, card.layout.design.faces.get(side, ()))


def _texts(event: Event, card: Card, face: Sequence[Field]) -> list[str]:
    language = card.registration.person.language
    return [" ".join(_words(event, card, one, language).split()) if one.is_words else "" for one in face]


#: What each kind of field says, in the language of the badge's owner; the catalogue speaks it, too, while it is asked.
_WORDS: Mapping[Kind, Callable[[Event, Card, Field, str], str]] = {
    Kind.GIVEN: lambda _event, card, _one, _language: card.words.given_name,
    Kind.FAMILY: lambda _event, card, _one, _language: card.words.family_name,
    Kind.FULL: lambda _event, card, _one, _language: card.words.name,
    Kind.ORGANISATION: lambda _event, card, _one, _language: card.words.organisation,
    Kind.JOB: lambda _event, card, _one, _language: card.words.job_title,
    Kind.PARTICIPATION: lambda _event, card, _one, language: (
        card.registration.participation_type.name.read(language).text
    ),
    Kind.HATS: lambda _event, card, _one, _language: " · ".join(str(gettext(hat.words)) for hat in card.hats),
    Kind.AREA_NAMES: lambda _event, card, _one, language: " · ".join(
        area.name.read(language).text for area in card.registration.focus_areas
    ),
    Kind.GROUP: lambda _event, card, _one, _language: _group(card.registration),
    Kind.LANGUAGE: lambda _event, _card, _one, language: LANGUAGE_NAMES.get(language, language),
    Kind.COUNTRY: lambda _event, card, _one, _language: wording.country_name(card.registration.country),
    Kind.ANSWER: lambda _event, card, one, _language: card.answers.get(one.question, ""),
    Kind.CODE: lambda _event, card, _one, _language: card.registration.badge_code,
    Kind.EVENT: lambda event, _card, _one, language: event.name.read(language).text,
    Kind.DATES: lambda event, _card, _one, _language: wording.days_between(event.starts_on, event.ends_on),
    Kind.TEXT: lambda _event, _card, one, language: Bilingual(one.text_pl, one.text_en).read(language).text,
}
_OF_CATALOGUE = frozenset({Kind.HATS, Kind.GROUP, Kind.COUNTRY, Kind.DATES})


def _words(event: Event, card: Card, one: Field, language: str) -> str:
    with force_locale(language) if one.kind in _OF_CATALOGUE else nullcontext():
        return _WORDS[one.kind](event, card, one, language)


def _group(registration: Registration) -> str:
    group = registration.organisation.interest_group if registration.organisation else None
    return f"{group.value}: {gettext(GROUP_NAMES[group])}" if group else ""


def _badge(event: Event, card: Card, number: int, base_url: str) -> dict[str, Any]:
    registration = card.registration
    language = registration.person.language
    kinds = card.layout.design.kinds()
    return {
        "design": number,
        "language": language,
        "role": registration.role.value,
        "name": card.words.name or registration.badge_code,
        "areas": [
            {"look": area.position % len(drawing.AREA_COLOURS), "name": area.name.read(language).text}
            for area in registration.focus_areas
        ]
        if Kind.AREAS in kinds
        else [],
        "code": registration.badge_code,
        "qr": str(qr.svg(qr.badge_address(base_url, registration.badge_code))) if Kind.QR in kinds else "",
        **{side.value: _texts(event, card, face) for side, face in card.layout.design.faces.items()},
    }


def _design(design: Design) -> dict[str, Any]:
    """Give a design as the template reads it; the first field with a name is the heading of its face."""
    faces = {}
    for side in Side:
        face = design.faces.get(side, ())
        title = next((place for place, one in enumerate(face) if one.kind in NAMES), None)
        faces[side.value] = [
            asdict(one) | {"words": one.is_words, "small": one.small, "title": side is Side.FRONT and place == title}
            for place, one in enumerate(face)
        ]
    return {"width": design.width, "height": design.height, **faces}


def _look() -> dict[str, Any]:
    return {
        "colours": {"ink": drawing.INK, "quiet": "#4b5d57", "primary": drawing.TEAL, "white": "#ffffff"},
        "roles": {role.value: _role_look(role) for role in GuestRole},
    }


def _role_look(role: GuestRole) -> dict[str, str]:
    letter, colour = drawing.ROLE_LOOKS[role.value]
    return {"letter": letter, "colour": colour}


def _files() -> Mapping[str, bytes]:
    areas = {f"area-{n}.svg": str(drawing.area_disc(n, 40)).encode() for n in range(len(drawing.AREA_COLOURS))}
    return {"wave.svg": str(drawing.wave(1200, 400)).encode(), "logo.svg": str(drawing.logo(40)).encode(), **areas}


# ---- the worst that may come

#: Longer than nearly all that people are called, with every letter that only Polish has.
LONGEST = Words(
    "Wilhelmina Świętosława",
    "Brzęczyszczykiewicz-Gżegżółkowska",
    "Narodowy Instytut Onkologii im. Marii Skłodowskiej-Curie – Państwowy Instytut Badawczy, Oddział w Krakowie",
    "Pełnomocniczka Dyrektora do spraw współpracy międzynarodowej i badań źródłowych",
)


def worst_case(cards: Sequence[Card], sample: Card) -> Card:
    """Make one badge of the longest that each text comes to, of those to be printed and of Polish at its longest."""
    every = [card.words for card in cards] + [LONGEST]
    longest = Words(**{name: max((getattr(one, name) for one in every), key=_width) for name in asdict(LONGEST)})
    hats = max((card.hats for card in cards), key=len, default=())
    questions = sample.layout.design.questions
    answers = {uid: max((card.answers.get(uid, "") for card in cards), key=_width, default="") for uid in questions}
    return replace(sample, words=longest, hats=hats or tuple(HatKind)[:3], answers=answers)


def _width(words: str) -> float:
    """Guess how wide a text is set: wide letters count more than narrow ones."""
    return sum(0.6 if letter in "iljtf.,'- " else 1.4 if letter in "mw@" or letter.isupper() else 1 for letter in words)
