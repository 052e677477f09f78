"""What a badge design is: a card with fields in millimetres, as plain data; what is wrong with one, and what is unwise.

A design is kept as the data that `to_data` gives; whatever is read comes through `from_data`, which refuses what no
printer could print and names the field. What only looks bad is told by `problems` and printed all the same.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

from lsos.errors import N_, Refused, Worded


class Kind(Worded):
    """What a field shows."""

    GIVEN = "given", N_("Given name")
    FAMILY = "family", N_("Family name")
    FULL = "full", N_("Full name")
    ORGANISATION = "organisation", N_("Organisation")
    JOB = "job", N_("Job title")
    PARTICIPATION = "participation", N_("Participation")
    HATS = "hats", N_("Roles")
    AREA_NAMES = "area_names", N_("Names of focus areas")
    GROUP = "group", N_("Interest group")
    LANGUAGE = "language", N_("Language of letters")
    COUNTRY = "country", N_("Country")
    ANSWER = "answer", N_("Answer to a question")
    CODE = "code", N_("Code in letters")
    EVENT = "event", N_("Name of the event")
    DATES = "dates", N_("Dates")
    TEXT = "text", N_("Words of your own")
    ROLE = "role", N_("Disc of the role")
    AREAS = "areas", N_("Discs of focus areas")
    QR = "qr", N_("QR code")
    LOGO = "logo", N_("Logo")
    WAVE = "wave", N_("The river")
    BOX = "box", N_("Box, band or line")


#: Kinds that are drawn; the others are words.
DRAWN: Final = frozenset({Kind.ROLE, Kind.AREAS, Kind.QR, Kind.LOGO, Kind.WAVE, Kind.BOX})
#: Kinds that lie under everything else.
GROUND: Final = frozenset({Kind.WAVE, Kind.BOX})
NAMES: Final = frozenset({Kind.GIVEN, Kind.FAMILY, Kind.FULL})


class Colour(Worded):
    """The colours of a badge: those of the platform, and that of its owner's role."""

    INK = "ink", N_("Ink")
    QUIET = "quiet", N_("Quiet")
    PRIMARY = "primary", N_("Teal")
    ROLE = "role", N_("Colour of the role")
    WHITE = "white", N_("White")
    NONE = "none", N_("None")


class Align(Worded):
    """Where words stand between left and right."""

    LEFT = "left", N_("Left")
    CENTER = "center", N_("Centre")
    RIGHT = "right", N_("Right")


class Upright(Worded):
    """Where words stand between top and bottom."""

    TOP = "top", N_("Top")
    HORIZON = "horizon", N_("Middle")
    BOTTOM = "bottom", N_("Bottom")


class Weight(Worded):
    """How heavy letters are: the weights of Lato that are printed with."""

    REGULAR = "400", N_("Regular")
    BOLD = "700", N_("Bold")
    BLACK = "900", N_("Black")


class Side(Worded):
    """The two faces of a card."""

    FRONT = "front", N_("Front")
    BACK = "back", N_("Back")


#: Of a card, in millimetres: the smallest label that takes a name, and what a sheet of A4 takes.
CARD_LEAST, CARD_MOST = 30.0, 297.0
POINTS_LEAST, POINTS_MOST = 5.0, 96.0
LINES_MOST = 4
FIELDS_MOST = 40
TEXT_LENGTH = 300
NAME_LENGTH = 80
#: A code of an address at the highest level of correction is not read well if it is smaller.
QR_LEAST = 18.0
#: A line of text takes so much of its size.
LINE_HEIGHT = 1.02
LEADING = 0.16
MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True)
class Field:
    """One thing on a face: where it lies, in millimetres from the top left, and how it looks.

    Attributes:
        smallest: the size, in points, below which words are broken rather than made smaller.
        largest: the size that words have where there is room.
        lines: so many lines at most.
        fill: what lies under the words; of a box it is the box itself.
        text_pl: words of one's own, in Polish; those in English stand beside.
        question: the public id of the question whose answer is shown.
    """

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    smallest: float = 8.0
    largest: float = 14.0
    lines: int = 1
    weight: Weight = Weight.REGULAR
    align: Align = Align.LEFT
    upright: Upright = Upright.TOP
    colour: Colour = Colour.INK
    fill: Colour = Colour.NONE
    text_pl: str = ""
    text_en: str = ""
    question: str = ""

    @property
    def is_words(self) -> bool:
        """Say whether it is set in letters."""
        return self.kind not in DRAWN

    @property
    def small(self) -> float:
        """Give the size below which its words are told as small: a third of the way up from the smallest."""
        return self.smallest + (self.largest - self.smallest) / 3

    def surely_fits(self) -> int:
        """Count the letters that fit in one line at a good size, however wide they are."""
        size = min(self.small, self.height / MM_PER_POINT / LINE_HEIGHT)
        if size < self.small:
            return 0
        #: The widest letter of Lato Black is a little wider than it is high.
        return int(self.width / MM_PER_POINT / (size * 1.12))

    def overlaps(self, other: "Field") -> bool:
        """Say whether two fields share more than an edge."""
        return (
            self.x < other.x + other.width - _HAIR
            and other.x < self.x + self.width - _HAIR
            and self.y < other.y + other.height - _HAIR
            and other.y < self.y + self.height - _HAIR
        )


#: Edges that touch do not overlap, whatever sums of tenths come to.
_HAIR = 0.01


@dataclass(frozen=True)
class Design:
    """A card of a size in millimetres, with its front and perhaps a back; a back without fields is none."""

    width: float
    height: float
    front: tuple[Field, ...]
    back: tuple[Field, ...] = ()

    @property
    def faces(self) -> dict[Side, tuple[Field, ...]]:
        """Give the faces that are printed."""
        return {Side.FRONT: self.front} | ({Side.BACK: self.back} if self.back else {})

    @property
    def questions(self) -> frozenset[str]:
        """Name the questions whose answers it shows."""
        every = (*self.front, *self.back)
        return frozenset(one.question for one in every if one.kind is Kind.ANSWER and one.question)

    def kinds(self) -> frozenset[Kind]:
        """Name all that it shows."""
        return frozenset(one.kind for one in (*self.front, *self.back))


class DesignRefusal(StrEnum):
    """Why a value of a design cannot be taken, in words for whoever typed it."""

    NOT_A_NUMBER = N_("Write a number, such as 12.5.")
    OUT_OF_RANGE = N_("Write a number from %(least)s to %(most)s.")
    NOT_ONE_OF = N_("Choose one of the list.")
    TOO_LONG = N_("Write at most %(most)s letters.")
    TURNED = N_("The smallest size must not be larger than the largest.")
    TOO_MANY = N_("A face takes at most %(most)s fields.")
    NO_DESIGN = N_("This is no badge design.")
    NO_NAME = N_("Give the design a name.")
    DEFAULT = N_("Choose another design for everybody else first.")
    TYPE_TAKEN = N_("Another design was chosen for this kind of participation at the same moment. Look again.")
    CHANGED = N_("Somebody else changed this design meanwhile. Look at it as it is now; what you typed is still here.")


@dataclass(frozen=True)
class Wrong:
    """One value that cannot be taken: of which field of which face (None: of the card itself), and why."""

    side: Side | None
    place: int
    name: str
    refusal: DesignRefusal
    details: Mapping[str, object] = field(default_factory=dict)


class WrongDesign(Refused):
    """Data that are no design, with everything that is wrong in them."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__(wrongs[0].refusal, **wrongs[0].details)
        self.wrongs = tuple(wrongs)


#: Of each number of a field: the least and the most it may be.
_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "x": (-CARD_MOST, CARD_MOST),
    "y": (-CARD_MOST, CARD_MOST),
    "width": (0.2, CARD_MOST),
    "height": (0.2, CARD_MOST),
    "smallest": (POINTS_LEAST, POINTS_MOST),
    "largest": (POINTS_LEAST, POINTS_MOST),
    "lines": (1, LINES_MOST),
}
_CHOICES: Final[Mapping[str, type[Worded]]] = {
    "kind": Kind,
    "weight": Weight,
    "align": Align,
    "upright": Upright,
    "colour": Colour,
    "fill": Colour,
}
_TEXTS: Final = ("text_pl", "text_en", "question")


def to_data(design: Design) -> dict[str, Any]:
    """Give a design as plain data, to be kept."""
    return {
        "width": design.width,
        "height": design.height,
        "front": [asdict(one) for one in design.front],
        "back": [asdict(one) for one in design.back],
    }


def from_data(data: Any) -> Design:
    """Read a design from plain data, typed or kept.

    Raises:
        WrongDesign: something in it is no number, out of every range, or of no kind; each is named.
    """
    wrongs: list[Wrong] = []
    if not isinstance(data, Mapping):
        raise WrongDesign([Wrong(None, 0, "", DesignRefusal.NO_DESIGN)])
    size = {
        name: _number(data.get(name), (CARD_LEAST, CARD_MOST), Wrong(None, 0, name, DesignRefusal.NOT_A_NUMBER), wrongs)
        for name in ("width", "height")
    }
    faces = {side: _face(side, data.get(side.value, ()), wrongs) for side in Side}
    if wrongs:
        raise WrongDesign(wrongs)
    return Design(size["width"], size["height"], faces[Side.FRONT], faces[Side.BACK])


def _face(side: Side, rows: Any, wrongs: list[Wrong]) -> tuple[Field, ...]:
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        wrongs.append(Wrong(side, 0, "", DesignRefusal.NO_DESIGN))
        return ()
    if len(rows) > FIELDS_MOST:
        wrongs.append(Wrong(side, FIELDS_MOST, "", DesignRefusal.TOO_MANY, {"most": FIELDS_MOST}))
        return ()
    found = (_field(side, place, row, wrongs) for place, row in enumerate(rows))
    return tuple(one for one in found if one is not None)


def _field(side: Side, place: int, row: Any, wrongs: list[Wrong]) -> Field | None:
    if not isinstance(row, Mapping):
        wrongs.append(Wrong(side, place, "", DesignRefusal.NO_DESIGN))
        return None
    before = len(wrongs)
    values: dict[str, Any] = {}
    defaults = {one.name: one.default for one in fields(Field)}
    for name, limits in _LIMITS.items():
        value = _number(
            row.get(name, defaults[name]), limits, Wrong(side, place, name, DesignRefusal.NOT_A_NUMBER), wrongs
        )
        values[name] = int(value) if name == "lines" else value
    for name, choice in _CHOICES.items():
        try:
            values[name] = choice(str(row.get(name, defaults[name])))
        except ValueError:
            wrongs.append(Wrong(side, place, name, DesignRefusal.NOT_ONE_OF))
    for name in _TEXTS:
        values[name] = " ".join(str(row.get(name, "")).split())
        if len(values[name]) > TEXT_LENGTH:
            wrongs.append(Wrong(side, place, name, DesignRefusal.TOO_LONG, {"most": TEXT_LENGTH}))
    if len(wrongs) == before and values["smallest"] > values["largest"]:
        wrongs.append(Wrong(side, place, "smallest", DesignRefusal.TURNED))
    return Field(**values) if len(wrongs) == before else None


def number_of(typed: Any) -> float | None:
    """Read a number as people type it, with a point or a comma; None where it is none."""
    if isinstance(typed, bool):
        return None
    try:
        value = float(str(typed).strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number(typed: Any, limits: tuple[float, float], wrong: Wrong, wrongs: list[Wrong]) -> float:
    least, most = limits
    value = number_of(typed)
    if value is None:
        wrongs.append(wrong)
        return least
    if not least <= value <= most:
        wrongs.append(
            replace(wrong, refusal=DesignRefusal.OUT_OF_RANGE, details={"least": f"{least:g}", "most": f"{most:g}"})
        )
    return round(value, 2)


# ---- what is unwise


class Problem(StrEnum):
    """What is unwise in a design, in words for whoever makes it."""

    OUTSIDE = N_("It lies outside the card, and is cut off there.")
    OVER_QR = N_("It lies on the QR code or on the white edge that cameras need around it.")
    QR_SMALL = N_("A QR code of less than 18 mm is hard to read.")
    QR_BENT = N_("A QR code is square: the longer side of the field stays empty.")
    LOW = N_("It is lower than one line of its smallest letters.")
    NO_NAME = N_("No field shows the name.")
    NO_QR = N_("No field shows the QR code: this badge cannot be scanned.")
    NO_QUESTION = N_("Choose the question whose answer it shows.")
    NO_WORDS = N_("It has no words.")
    UNSEEN = N_("White words on white paper are not seen.")


@dataclass(frozen=True)
class Told:
    """One thing that is unwise: of which field of which face (None: of the whole design)."""

    side: Side | None
    place: int
    problem: Problem


def problems(design: Design) -> list[Told]:
    """List what is unwise in a design; none of it keeps anybody from printing."""
    found = []
    kinds = design.kinds()
    if not kinds & NAMES:
        found.append(Told(None, 0, Problem.NO_NAME))
    if Kind.QR not in kinds:
        found.append(Told(None, 0, Problem.NO_QR))
    for side, face in design.faces.items():
        for place, one in enumerate(face):
            found += [Told(side, place, problem) for problem in _problems_of(design, face, place, one)]
    return found


def _problems_of(design: Design, face: Sequence[Field], place: int, one: Field) -> Iterator[Problem]:
    if (
        one.x < -_HAIR
        or one.y < -_HAIR
        or one.x + one.width > design.width + _HAIR
        or one.y + one.height > design.height + _HAIR
    ):
        yield Problem.OUTSIDE
    if one.kind is not Kind.QR and any(
        each.kind is Kind.QR and one.overlaps(each) and (at < place or one.kind not in GROUND)
        for at, each in enumerate(face)
    ):
        yield Problem.OVER_QR
    if one.kind is Kind.QR:
        if min(one.width, one.height) < QR_LEAST:
            yield Problem.QR_SMALL
        if abs(one.width - one.height) > 0.1:
            yield Problem.QR_BENT
    if one.is_words and one.height < one.smallest * LINE_HEIGHT * MM_PER_POINT - _HAIR:
        yield Problem.LOW
    if one.kind is Kind.ANSWER and not one.question:
        yield Problem.NO_QUESTION
    if one.kind is Kind.TEXT and not (one.text_pl or one.text_en):
        yield Problem.NO_WORDS
    if one.is_words and one.colour is Colour.WHITE and one.fill in {Colour.NONE, Colour.WHITE}:
        under = (each for each in face[:place] if each.kind in GROUND and each.overlaps(one))
        if all(each.fill in {Colour.NONE, Colour.WHITE} and each.kind is Kind.BOX for each in under):
            yield Problem.UNSEEN


# ---- ready-made designs


class ReadyMade(Worded):
    """Designs to begin with."""

    A6 = "a6", N_("A6, 105 × 148.5 mm")
    A6_TWO = "a6_two", N_("A6 with a back")
    A7 = "a7", N_("A7, 74 × 105 mm")
    CARD = "card", N_("Card, 90 × 55 mm")


def ready_made(which: ReadyMade) -> Design:
    """Give a design to begin with; the first is what an event has from the start."""
    if which is ReadyMade.A7:
        return _A7
    if which is ReadyMade.CARD:
        return _CARD
    return replace(_A6, back=_A6_BACK) if which is ReadyMade.A6_TWO else _A6


def new_field(kind: Kind, design: Design) -> Field:
    """Give a field to begin with, where it does no harm: inside the card, of a sensible size."""
    width, height = (design.width - 16, 8.0) if kind not in DRAWN else _DRAWN_SIZES.get(kind, (20.0, 10.0))
    width, height = max(min(width, design.width), 5.0), min(height, design.height)
    fill = Colour.ROLE if kind is Kind.BOX else Colour.NONE
    return Field(
        kind, round((design.width - width) / 2, 2), round((design.height - height) / 2, 2), width, height, fill=fill
    )


_DRAWN_SIZES: Final = {
    Kind.ROLE: (13.0, 13.0),
    Kind.AREAS: (42.0, 9.0),
    Kind.QR: (33.0, 33.0),
    Kind.LOGO: (13.0, 8.0),
    Kind.WAVE: (60.0, 20.0),
    Kind.BOX: (60.0, 3.0),
}

_A6 = Design(
    105.0,
    148.5,
    (
        Field(Kind.WAVE, 0, 112.5, 105, 36),
        Field(Kind.EVENT, 8, 8.5, 72, 9.2, 8, 11, 2, Weight.BLACK),
        Field(Kind.DATES, 8, 18, 72, 4.2, 7, 9, 1, colour=Colour.QUIET),
        Field(Kind.LOGO, 84, 9, 13, 8, align=Align.RIGHT),
        Field(Kind.GIVEN, 8, 26, 89, 27, 13, 44, 2, Weight.BLACK, upright=Upright.BOTTOM),
        Field(Kind.FAMILY, 8, 54.5, 89, 17.5, 11, 28, 2, Weight.BOLD),
        Field(Kind.ORGANISATION, 8, 74.5, 89, 14, 8.5, 14.5, 3, Weight.BOLD, upright=Upright.BOTTOM),
        Field(Kind.JOB, 8, 89.5, 89, 7.5, 7.5, 11, 2),
        Field(Kind.HATS, 8, 97.5, 54, 8, 7.5, 12, 2, Weight.BOLD, colour=Colour.PRIMARY),
        Field(Kind.ROLE, 8, 106, 13, 13),
        Field(Kind.PARTICIPATION, 24, 106, 37, 13, 7.5, 13, 3, Weight.BOLD, upright=Upright.HORIZON),
        Field(Kind.AREAS, 8, 131.5, 48, 9),
        Field(Kind.QR, 64, 102, 33, 33),
        Field(Kind.CODE, 64, 135, 33, 5.5, 6, 8.5, 1, Weight.BOLD, Align.CENTER, Upright.HORIZON, fill=Colour.WHITE),
    ),
)
_A6_BACK = (
    Field(Kind.WAVE, 0, 112.5, 105, 36),
    Field(Kind.EVENT, 8, 8.5, 89, 14, 9, 18, 2, Weight.BLACK),
    Field(Kind.DATES, 8, 24, 89, 5, 8, 11, 1, colour=Colour.QUIET),
    Field(Kind.FULL, 8, 40, 89, 14, 9, 18, 2, Weight.BOLD),
    Field(Kind.AREA_NAMES, 8, 58, 89, 24, 8, 12, 4),
    Field(
        Kind.TEXT, 8, 88, 89, 12, 8, 10, 2, colour=Colour.QUIET,
        text_pl="Znaleziony identyfikator prosimy oddać przy rejestracji.",
        text_en="Found this badge? Please hand it in at the registration desk.",
    ),
)  # fmt: skip
_A7 = Design(
    74.0,
    105.0,
    (
        Field(Kind.BOX, 0, 0, 74, 3, fill=Colour.ROLE),
        Field(Kind.EVENT, 5, 6, 50, 7, 6, 8.5, 2, Weight.BLACK),
        Field(Kind.DATES, 5, 13, 50, 3.5, 5.5, 7, 1, colour=Colour.QUIET),
        Field(Kind.LOGO, 59, 6, 10, 6, align=Align.RIGHT),
        Field(Kind.GIVEN, 5, 18, 64, 19, 10, 32, 2, Weight.BLACK, upright=Upright.BOTTOM),
        Field(Kind.FAMILY, 5, 37.5, 64, 13, 8, 21, 2, Weight.BOLD),
        Field(Kind.ORGANISATION, 5, 52, 64, 10, 7, 11, 2, Weight.BOLD, upright=Upright.BOTTOM),
        Field(Kind.JOB, 5, 62.5, 64, 6, 6, 8.5, 2),
        Field(Kind.ROLE, 5, 72, 10, 10),
        Field(Kind.PARTICIPATION, 17, 72, 22, 10, 6, 9, 3, Weight.BOLD, upright=Upright.HORIZON),
        Field(Kind.AREAS, 5, 92, 32, 7),
        Field(Kind.QR, 41, 70, 28, 28),
        Field(Kind.CODE, 41, 98, 28, 4.5, 5.5, 7, 1, Weight.BOLD, Align.CENTER, Upright.HORIZON),
    ),
)
_CARD = Design(
    90.0,
    55.0,
    (
        Field(Kind.BOX, 0, 0, 3, 55, fill=Colour.ROLE),
        Field(Kind.EVENT, 7, 4, 78, 3.6, 6, 8, 1, Weight.BLACK, colour=Colour.QUIET),
        Field(Kind.GIVEN, 7, 8.5, 54, 15, 9, 26, 2, Weight.BLACK, upright=Upright.BOTTOM),
        Field(Kind.FAMILY, 7, 24, 54, 9.5, 7.5, 17, 2, Weight.BOLD),
        Field(Kind.ORGANISATION, 7, 34.5, 54, 7.5, 6.5, 9.5, 2, Weight.BOLD, upright=Upright.BOTTOM),
        Field(Kind.JOB, 7, 42.5, 54, 5, 5.5, 8, 2),
        Field(Kind.PARTICIPATION, 7, 48, 54, 4, 6, 8, 1, Weight.BOLD, colour=Colour.ROLE),
        Field(Kind.QR, 61, 12, 27, 27),
        Field(Kind.CODE, 61, 39, 27, 4.5, 5.5, 7, 1, Weight.BOLD, Align.CENTER),
    ),
)
