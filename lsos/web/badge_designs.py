"""The designer of badges: a form for each field, with numbers in millimetres, beside a picture of what is printed."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask import Response as Answer
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.accounts.models import Person
from lsos.badges import queries, service
from lsos.badges.models import BadgeDesign
from lsos.badges.printing import Card, Layout, document, worst_case
from lsos.badges.rules import (
    DRAWN,
    NAME_LENGTH,
    Align,
    Colour,
    Design,
    Field,
    Kind,
    ReadyMade,
    Side,
    Upright,
    Weight,
    WrongDesign,
    from_data,
    new_field,
    problems,
    ready_made,
)
from lsos.badges.service import Wish
from lsos.badges.word_rules import Words
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import HatKind, Role
from lsos.organisations.models import Organisation
from lsos.questionnaires.queries import questions_of
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.queries import participation_types
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual
from lsos.web import language, session
from lsos.web.errors import words_of
from lsos.web.look import settings
from lsos.wording import plain

bp = Blueprint("badge_designs", __name__, url_prefix="/events/<slug>/organise/badges/designs")
bp.before_request(session.only(Role.REGISTRATIONS))

#: What is typed of each field, beside its kind.
NUMBERS = ("x", "y", "width", "height", "smallest", "largest", "lines")
TYPED = ("kind", *NUMBERS, "weight", "align", "upright", "colour", "fill", "text_pl", "text_en", "question")


@dataclass
class Sheet:
    """A design as it was typed, right or wrong: what stands in each field of the form."""

    name: str
    width: str
    height: str
    types: list[str]
    is_default: bool
    version: int
    faces: dict[Side, list[dict[str, str]]]
    #: What is wrong, by the name of the field of the form.
    errors: dict[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Give it as the rules read it."""
        return {"width": self.width, "height": self.height, **{side.value: rows for side, rows in self.faces.items()}}

    def design(self) -> Design | None:
        """Read it; where that cannot be done, say at each field why."""
        try:
            return from_data(self.data())
        except WrongDesign as wrong:
            for one in wrong.wrongs:
                key = f"{one.side.value}-{one.place}-{one.name}" if one.side else one.name
                self.errors.setdefault(key, _(one.refusal, **one.details))
            return None


def _kept(row: BadgeDesign) -> Sheet:
    design = queries.design_of(row)
    return Sheet(
        row.name,
        f"{design.width:g}",
        f"{design.height:g}",
        [one.participation_type.code for one in row.types],
        row.is_default,
        row.version,
        {side: [_as_typed(one) for one in (design.front if side is Side.FRONT else design.back)] for side in Side},
    )


def _as_typed(one: Field) -> dict[str, str]:
    values = asdict(one)
    return {name: f"{values[name]:g}" if name in NUMBERS else str(values[name]) for name in TYPED}


def _sent(row: BadgeDesign) -> Sheet:
    """Read the form, whatever stands in it."""
    form = request.form
    faces: dict[Side, list[dict[str, str]]] = {}
    for side in Side:
        places = sorted({int(part) for part in _places(form, side)})
        faces[side] = [{name: form.get(f"{side}-{place}-{name}", "") for name in TYPED} for place in places]
    version = form.get("version", "")
    return Sheet(
        form.get("name", ""),
        form.get("width", ""),
        form.get("height", ""),
        form.getlist("types"),
        bool(form.get("is_default")) or row.is_default,
        int(version) if version.isdecimal() and len(version) < 9 else 0,
        faces,
    )


def _places(form: Mapping[str, str], side: Side) -> list[str]:
    found = (name.split("-") for name in form if name.startswith(f"{side.value}-"))
    return [parts[1] for parts in found if len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) < 4]


# ---- pages


@bp.post("")
def make(slug: str) -> ResponseReturnValue:
    """Make a design of a ready-made one."""
    event = session.event_or_404(slug)
    try:
        which = ReadyMade(request.form.get("from", ""))
    except ValueError:
        abort(404)
    by, now = session.signed_in_reader().id, datetime.now(UTC)
    uid = service.make_design(event.id, _(which.words), ready_made(which), by=by, now=now)
    flash(_("The design is made. Change what you like; it is printed as you see it."), "done")
    return redirect(url_for(".edit", slug=slug, uid=uid))


@bp.route("/<uid>", methods=["GET", "POST"])
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Show a design, and change it: keep all, or add, move, copy or take away one field."""
    event = session.event_or_404(slug)
    row = _row(event, uid)
    if request.method == "GET":
        return _page(event, row, _kept(row))
    sheet = _sent(row)
    do = request.form.get("do", "save")
    if do != "save":
        place = _done(sheet, do)
        return _page(event, row, sheet, at=place, is_kept=False)
    design = sheet.design()
    if design is None:
        return _page(event, row, sheet, is_kept=False), 422
    wish = Wish(sheet.name, design, sheet.types, sheet.is_default, sheet.version)
    try:
        service.change_design(event.id, uid, wish, by=session.signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        sheet.errors["name"] = words_of(refused)
        sheet.version = _row(event, uid).version
        return _page(event, _row(event, uid), sheet, is_kept=False), 422
    flash(_("The design is kept. Badges are printed like this from now on."), "done")
    return redirect(url_for(".edit", slug=slug, uid=uid))


def _row(event: Event, uid: str) -> BadgeDesign:
    return queries.design_by_uid(event.id, uid) or abort(404)


def _done(sheet: Sheet, do: str) -> str:
    """Do one thing to the fields, as the button says: `up-front-3`; name the field that was touched."""
    act, side_name, number = (*do.split("-"), "", "")[:3]
    if side_name not in {side.value for side in Side}:
        return ""
    side = Side(side_name)
    rows = sheet.faces[side]
    if act == "add":
        return _added(sheet, side)
    if not number.isdecimal() or int(number) >= len(rows):
        return ""
    place = int(number)
    if act == "remove":
        rows.pop(place)
        place = max(place - 1, 0)
    elif act == "copy":
        rows.insert(place + 1, dict(rows[place]))
        place += 1
    elif act in {"up", "down"}:
        other = place + (-1 if act == "up" else 1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            place = other
    return f"{side.value}-{place}"


def _added(sheet: Sheet, side: Side) -> str:
    try:
        kind = Kind(request.form.get(f"add-{side.value}", ""))
    except ValueError:
        return ""
    design = sheet.design() or Design(105, 148.5, ())
    sheet.errors.clear()
    sheet.faces[side].append(_as_typed(new_field(kind, design)))
    return f"{side.value}-{len(sheet.faces[side]) - 1}"


def _page(event: Event, row: BadgeDesign, sheet: Sheet, *, at: str = "", is_kept: bool = True) -> str:
    design = sheet.design()
    told: dict[str, list[str]] = {}
    for one in problems(design) if design else ():
        key = f"{one.side.value}-{one.place}" if one.side else ""
        told.setdefault(key, []).append(_(one.problem))
    return render_template(
        "badges/design.html",
        row=row,
        sheet=sheet,
        told=told,
        at=at,
        is_kept=is_kept,
        pictures={
            (side, worst): _picture(event, row, design, side, is_worst=worst)
            for side in design.faces
            for worst in (False, True)
        }
        if design
        else {},
        sides=Side,
        kinds=Kind,
        drawn={kind.value for kind in DRAWN},
        choices={"weight": Weight, "align": Align, "upright": Upright, "colour": Colour, "fill": Colour},
        types=participation_types(event.id),
        questions=[one for one in questions_of(event.id) if one.kind in queries.SHORT],
        name_length=NAME_LENGTH,
    )


def _picture(event: Event, row: BadgeDesign, design: Design, side: Side, *, is_worst: bool) -> str:
    """Draw a face by the program that prints, as an address that is the picture itself."""
    shown = b64encode(_drawn(event, row, design, side, is_worst=is_worst)).decode()
    return f"data:image/png;base64,{shown}"


def _drawn(event: Event, row: BadgeDesign, design: Design, side: Side, *, is_worst: bool) -> bytes:
    card = _sample(event, Layout(row.uid, row.name, row.version, design))
    if is_worst:
        theirs = [one for one in queries.cards(event) if one.layout.uid == row.uid]
        card = worst_case(theirs, card)
    with document(event, [card], base_url=settings().base_url) as made:
        pages = made.pictures(dots_per_inch=110)
    return pages[list(design.faces).index(side)]


def _sample(event: Event, layout: Layout) -> Card:
    """Make up somebody whose badge has everything that a badge may show; a row that is never stored."""
    kinds = participation_types(event.id)
    kind = next((one for one in kinds if not one.is_light), kinds[0] if kinds else None)
    if kind is None:
        words = _("Participant")
        kind = ParticipationType(name=Bilingual(words, words), is_light=False)
    guest = Registration(
        id=0,
        uid="",
        state=RegistrationState.CONFIRMED,
        badge_code="WZR2345678",
        country="PL",
        person=Person(given_name="", family_name="", language=language.current()),
        participation_type=kind,
        organisation=Organisation(name="", interest_group=InterestGroup.RD),
        focus_areas=focus_areas(event.id),
    )
    said = Words("Łucja", "Żółkiewska", "Uniwersytet Jagielloński", "Kierowniczka laboratorium")
    asked = {one.uid: plain(one.current.label) for one in questions_of(event.id)}
    return Card(guest, layout, said, (HatKind.SPEAKER,), {uid: asked.get(uid, "") for uid in layout.design.questions})


@bp.post("/<uid>/preview.png")
def preview(slug: str, uid: str) -> ResponseReturnValue:
    """Draw a face as it is typed at this moment, without keeping it; what cannot be drawn is said in a sentence."""
    event = session.event_or_404(slug)
    row = _row(event, uid)
    sheet = _sent(row)
    design = sheet.design()
    if design is None:
        return jsonify(error=next(iter(sheet.errors.values()))), 422
    side = Side.BACK if request.args.get("side") == Side.BACK and design.back else Side.FRONT
    answer = Answer(_drawn(event, row, design, side, is_worst="worst" in request.args), mimetype="image/png")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<uid>/copy")
def copy(slug: str, uid: str) -> ResponseReturnValue:
    """Copy a design, for nobody yet."""
    event = session.event_or_404(slug)
    row = _row(event, uid)
    name = _("%(name)s, copy", name=row.name)[:NAME_LENGTH]
    by, now = session.signed_in_reader().id, datetime.now(UTC)
    made = service.make_design(event.id, name, queries.design_of(row), by=by, now=now)
    flash(_("This is the copy. It is for nobody yet."), "done")
    return redirect(url_for(".edit", slug=slug, uid=made))


@bp.post("/<uid>/remove")
def remove(slug: str, uid: str) -> ResponseReturnValue:
    """Take a design away."""
    event = session.event_or_404(slug)
    try:
        service.remove_design(event.id, uid, by=session.signed_in_reader().id)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".edit", slug=slug, uid=uid))
    flash(_("Taken away. Those who had it have the design for everybody else."), "done")
    return redirect(url_for("badges.index", slug=slug))
