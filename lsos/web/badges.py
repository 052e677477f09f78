"""Badges: how many, what does not fit, a look before printing, who approved theirs, and the pages to print."""

import io
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos import pdf as printing
from lsos.badges import imposing, queries, service
from lsos.badges.imposing import A4, LABELS, Paper, PaperRefusal, Sheet
from lsos.badges.printing import Card, Layout, Setting, Tight, document, tight, worst_case
from lsos.badges.queries import Layouts
from lsos.badges.rules import ReadyMade, number_of
from lsos.badges.word_rules import Approval
from lsos.checkin.queries import badge_count, last_printing, search_by_name
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.rules import RegistrationState
from lsos.web import session
from lsos.web.errors import words_of
from lsos.web.look import settings

bp = Blueprint("badges", __name__, url_prefix="/events/<slug>/organise/badges")
bp.before_request(session.only(Role.REGISTRATIONS))

#: Texts that do not fit well, and people by their approval, shown at most; the rest is counted.
SHOWN = 40
#: From so many badges on they are printed by a process of its own.
LONG = 60
#: What is typed for labels of another kind, with what a sheet of the first kind has.
FREE = ("columns", "rows", "cell_width", "cell_height", "left", "top", "pitch_x", "pitch_y")


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what can be printed, how it will look, and which texts do not fit."""
    return _index(session.event_or_404(slug))


def _index(event: Event, refused: Refused | None = None) -> str:
    known = queries.layouts(event.id)
    cards = queries.cards(event, layouts_known=known)
    last = last_printing(event.slug)
    found = tight(event, cards)
    words = request.args.get("q", "").strip()[:100]
    people = search_by_name(event.id, words) if words else []
    wanted = request.args.get("approval", "")
    chosen = [card for card in cards if card.approval.value == wanted]
    return render_template(
        "badges/index.html",
        count=len(cards),
        last=last,
        new=badge_count(event.id, since=last) if last else 0,
        sample=cards[0] if cards else None,
        shown=_shown(known, cards, found),
        tight=found[:SHOWN],
        tight_count=len(found),
        papers=_papers(known),
        typed=request.form,
        free=LABELS[Paper.LABELS_8],
        free_names=FREE,
        refused=words_of(refused) if refused else "",
        words=words,
        found=[owner for owner in people if owner.state is RegistrationState.CONFIRMED],
        designs=queries.designs(event.id),
        ready_made=ReadyMade,
        frozen=queries.is_frozen(event.id),
        approvals={one.value: sum(card.approval is one for card in cards) for one in Approval},
        approval=wanted,
        chosen=chosen[:SHOWN],
        chosen_count=len(chosen),
        corrected=sum(card.is_corrected for card in cards),
    )


def _papers(known: Layouts) -> list[Paper]:
    """List the papers on which the badges of every design can be printed."""
    fitting = [set(imposing.fitting(layout.design.width, layout.design.height)) for layout in known.every]
    every = set.intersection(*fitting)
    return [paper for paper in Paper if paper in every or paper is Paper.FREE]


def _shown(known: Layouts, cards: list[Card], found: list[Tight]) -> list[tuple[Layout, Card | None]]:
    """Choose what is shown of each design: the badge that fits worst, else the first."""
    shown = []
    for layout in known.every:
        worst = next((item.card for item in found if item.card.layout.uid == layout.uid), None)
        shown.append((layout, worst or next((card for card in cards if card.layout.uid == layout.uid), None)))
    return shown


def _since() -> datetime | None:
    """Read the moment after which a registration counts as new."""
    text = request.values.get("since", "")
    try:
        since = datetime.fromisoformat(text) if text else None
    except ValueError:
        abort(404)
    if since is not None and since.tzinfo is None:
        abort(404)
    return since


def paper_wanted() -> Setting:
    """Read what is printed on.

    Raises:
        Refused: labels or the number of the first are no numbers.
    """
    try:
        paper = Paper(request.values.get("paper", Paper.CARDS))
    except ValueError:
        abort(404)
    start = number_of(request.values.get("start", "").strip() or "1")
    if start is None or start != int(start):
        raise Refused(PaperRefusal.NO_LABEL, most=LABELS[paper].cells if paper in LABELS else 1)
    return Setting(paper, int(start), _free() if paper is Paper.FREE else None)


def _free() -> Sheet:
    values = {name: number_of(request.values.get(name, "")) for name in FREE}
    if any(value is None for value in values.values()):
        raise Refused(PaperRefusal.NO_NUMBER)
    columns, rows, width, height, left, top, pitch_x, pitch_y = (each or 0.0 for each in values.values())
    return Sheet(*A4, int(columns), int(rows), width, height, left, top, pitch_x, pitch_y)


def printed(event: Event, cards: list[Card], setting: Setting) -> bytes:
    """Print badges, and write down that they were; many of them in a process of its own.

    Raises:
        Refused: they do not fit on the paper.
    """
    with document(event, cards, base_url=settings().base_url, setting=setting) as made:
        return made.long_pdf() if len(cards) > LONG else made.pdf()


@bp.post("/badges.pdf")
def pdf(slug: str) -> ResponseReturnValue:
    """Print badges: all, those new since a moment, or one; that they were printed is written down."""
    event = session.event_or_404(slug)
    who = request.values.get("who")
    since = _since()
    try:
        setting = paper_wanted()
        cards = queries.cards(event, since=since, uid=who)
        if not cards:
            flash(gettext("There is no such badge to print. Badges are for confirmed registrations."), "refused")
            return redirect(url_for(".index", slug=slug))
        made = printed(event, cards, setting)
    except Refused as refused:
        return _index(event, refused), 422
    layouts = {card.layout.uid: card.layout for card in cards}
    service.note_printing(
        event,
        list(layouts.values()),
        count=len(cards),
        paper=setting.paper.value,
        one_uid=who,
        by_id=session.signed_in_reader().id,
    )
    name = f"badges-{event.slug}-{setting.paper.value}.pdf"
    return send_file(io.BytesIO(made), mimetype="application/pdf", download_name=name)


@bp.get("/preview.png")
def preview(slug: str) -> ResponseReturnValue:
    """Draw a badge, its back, a sheet, or the worst that may come of a design, exactly as it is printed."""
    event = session.event_or_404(slug)
    try:
        setting = paper_wanted()
        picture = _drawn(event, setting)
    except Refused:
        abort(404)
    return send_file(io.BytesIO(picture), mimetype="image/png")


def _drawn(event: Event, setting: Setting) -> bytes:
    known = queries.layouts(event.id)
    cards = queries.cards(event, uid=request.args.get("who"), layouts_known=known)
    design = request.args.get("design")
    if design is not None:
        cards = [card for card in cards if card.layout.uid == design]
    if not cards:
        abort(404)
    if "worst" in request.args:
        cards = [worst_case(cards, cards[0])]
    on_sheet = setting.paper is not Paper.CARDS
    some = cards[: setting.sheet(cards[0].layout.design).cells if on_sheet else 1]
    return picture_of(event, some, setting, is_back="back" in request.args)


def picture_of(event: Event, cards: list[Card], setting: Setting | None = None, *, is_back: bool = False) -> bytes:
    """Draw the first page of badges, or the backs behind it."""
    dots = 120 if setting and setting.paper is not Paper.CARDS else 170
    with document(event, cards, base_url=settings().base_url, setting=setting) as made:
        return _page(made, dots, 1 if is_back else 0)


def _page(made: printing.Document, dots: int, number: int) -> bytes:
    pages = made.pictures(dots_per_inch=dots)
    if number >= len(pages):
        abort(404)
    return pages[number]


@bp.post("/freeze")
def freeze(slug: str) -> ResponseReturnValue:
    """Let attendees change the words on their badges no more, or again."""
    event = session.event_or_404(slug)
    on = bool(request.form.get("on"))
    service.freeze(event.id, on=on, by=session.signed_in_reader().id, now=datetime.now(UTC))
    if on:
        flash(gettext("Attendees change the words on their badges no more. You and the desk still can."), "done")
    else:
        flash(gettext("Attendees can put the words on their badges right again."), "done")
    return redirect(url_for(".index", slug=slug))
