"""Before a release: what it would change, for whom, and what stands in its way; and the release itself."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, HiddenField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from lsos.agenda.rules import Interval
from lsos.drafting import service
from lsos.drafting.changes import Bump, Change, Guest, Impact, changes_between, clashes_at, impact_of
from lsos.drafting.conflicts import KINDS, Found, conflicts_of, problem_of, usual_severity
from lsos.drafting.narrowing import held_in, narrowings
from lsos.drafting.people import guests_of, times_after, told_of
from lsos.drafting.queries import (
    Buffers,
    Draft,
    buffers_of,
    draft_of,
    letters_waiting,
    release_by_number,
    releases_of,
    severities_of,
)
from lsos.drafting.releasing import Stopped
from lsos.drafting.releasing import release as release_draft
from lsos.drafting.rules import Gap, letters_wait
from lsos.drafting.severities import set_severities
from lsos.drafting.suggested import Suggested, places_for
from lsos.drafting.words import Line, Names, lines_of, names_for, place_words
from lsos.errors import N_, LsosError, Refused
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.meetings.replanning import in_the_way
from lsos.meetings.replanning import replan as replan_meetings
from lsos.schedule_files.files import Format, write
from lsos.schedule_files.fitting import fitted
from lsos.texts import Bilingual
from lsos.timetabling.problem import Problem, Severity
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.snapshots import as_programme

bp = Blueprint("releases", __name__, url_prefix="/events/<slug>/organise/release")
bp.before_request(only(Role.PROGRAMME))

#: For so many sessions, those with the most clashes, other places are looked for: each takes a moment.
MENDED_AT_MOST = 4
#: So many places are offered for each, of so many times that are compared, found among so many places.
OFFERS = 3
TIMES = 6
PLACES = 60


class ReleaseForm(PageForm):
    """What a release is called, and whether people are written to."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    note_pl = long_field(_l("What is new, in Polish"))
    note_en = long_field(_l("What is new, in English"))
    tells = BooleanField(_l("Write to the people it concerns, one letter each"))
    replans = BooleanField(_l("Find other times for the 1:1 meetings in the way"))
    seen = HiddenField()


@dataclass(frozen=True)
class Row:
    """A session that would change."""

    uid: str
    title: Bilingual
    code: str
    lines: list[Line]
    signups: int
    is_public: bool
    #: Others may see it than before.
    is_for_others: bool


@dataclass(frozen=True)
class Pile:
    """Things that come to be at the same time for some people: two sessions, or a session and their meetings."""

    title: str
    other: str
    is_meeting: bool
    people: list[str]


@dataclass(frozen=True)
class Offer:
    """Another place for a session, and for how many people something would be at the same time then."""

    room: Room
    starts_at: datetime
    bumped: int


@dataclass(frozen=True)
class Mend:
    """A session that gets people into a clash, with places in which it gets fewer into one."""

    uid: str
    title: str
    where: str
    bumped: int
    offers: list[Offer]


def _rows(draft: Draft, changes: list[Change], names: Names) -> list[Row]:
    return [
        Row(
            change.uid,
            change.after.title,
            change.after.code,
            lines_of(change.kinds, change.before, change.after, names),
            draft.signed_up.get(change.uid, 0),
            bool(change.kinds),
            change.before is not None
            and (change.before.visibility, change.before.audience) != (change.after.visibility, change.after.audience),
        )
        for change in changes
    ]


def _piles(draft: Draft, impact: Impact) -> list[Pile]:
    """Gather clashes by what they are of, those of most people first."""
    gathered: dict[tuple[str, str | None], list[Bump]] = defaultdict(list)
    for bump in impact.bumps:
        pair = (bump.other, bump.uid) if bump.other and bump.uid not in impact.moved else (bump.uid, bump.other)
        gathered[pair].append(bump)
    piles = [
        Pile(
            plain(draft.contents[uid].title),
            plain(draft.contents[other].title) if other else "",
            other is None,
            list(dict.fromkeys(bump.guest.name for bump in bumps)),
        )
        for (uid, other), bumps in gathered.items()
    ]
    return sorted(piles, key=lambda pile: -len(pile.people))


def _mends(
    draft: Draft, changes: list[Change], impact: Impact, *, guests: list[Guest], problem: Problem, names: Names
) -> list[Mend]:
    """Find, for the sessions that get most people into a clash, places in which they get fewer into one."""
    bumped: dict[str, set[int]] = defaultdict(set)
    for bump in impact.bumps:
        for uid in (bump.uid, bump.other):
            if uid:
                bumped[uid].add(bump.guest.key)
    movable = [
        change.uid for change in changes if change.uid in bumped and not change.after.is_locked and change.after.when
    ]
    found = []
    for uid in sorted(movable, key=lambda uid: -len(bumped[uid]))[:MENDED_AT_MOST]:
        content, offers = draft.contents[uid], []
        clashes = clashes_at(uid, impact, draft.released, draft.contents, guests)
        #: Who gets a clash is a matter of the time alone: of rooms that are free at the same time the best is enough.
        by_time: dict[datetime, Suggested] = {}
        for place in places_for(draft, uid, most=PLACES, problem=problem):
            by_time.setdefault(place.starts_at, place)
        for place in list(by_time.values())[:TIMES]:
            would = clashes(Interval(place.starts_at, place.starts_at + timedelta(minutes=content.length)))
            if would < len(impact.bumped):
                offers.append(Offer(place.room, place.starts_at, would))
        offers.sort(key=lambda offer: offer.bumped)
        title, where = plain(content.title), place_words(content, names)
        found.append(Mend(uid, title, where, len(bumped[uid]), offers[:OFFERS]))
    return found


def _page(event: Event, form: ReleaseForm, *, code: int = 200) -> ResponseReturnValue:
    now, draft = datetime.now(UTC), draft_of(event.id)
    wait, (unwritten, first) = letters_wait(event.days, event.timezone, now), letters_waiting(event.id)
    changes = changes_between(draft.released, draft.contents)
    guests = guests_of(event.id, changes)
    impact = impact_of(changes, draft.released, draft.contents, guests)
    names = names_for(
        event.id, event.timezone, (content for change in changes for content in (change.before, change.after))
    )
    problem = problem_of(draft, with_audiences=False)
    conflicts = conflicts_of(draft, problem)
    releases = releases_of(event.id)
    told = told_of(event.id, changes)
    #: Where nothing would change, what was released before may still lie on meetings.
    ways = in_the_way(event, now=now, sessions=times_after(draft) if changes else None)
    moving = sum(way.slot is not None for way in ways)
    form.seen.data = str(draft.latest)
    number = releases[0].number + 1 if releases else 1
    if not form.is_submitted():
        form.name_pl.data, form.name_en.data = f"Wersja {number}", f"Version {number}"
        form.tells.data = bool(told)
        form.replans.data = bool(moving)
    return (
        render_template(
            "releases/index.html",
            form=form,
            rows=_rows(draft, changes, names),
            impact=impact,
            piles=_piles(draft, impact),
            mends=_mends(draft, changes, impact, guests=guests, problem=problem, names=names),
            narrowings=[(draft.contents[one.uid], one) for one in narrowings(changes, held_in(event.id, changes))],
            stopping=[_said(draft, found) for found in conflicts if found.stops_release],
            warning=[_said(draft, found) for found in conflicts if not found.stops_release],
            releases=releases,
            is_first=not releases,
            told=len(told),
            wait=wait // timedelta(minutes=1),
            waiting_letters=unwritten,
            letters_leave_at=first + wait if first and first + wait > now else None,
            ways=ways,
            moving=moving,
            older=sum(way.meeting.uid not in impact.meetings for way in ways),
            seen=draft.latest,
        ),
        code,
    )


@dataclass(frozen=True)
class Said:
    """A conflict in words, and the sessions it is of."""

    words: str
    codes: list[tuple[str, str]]


def _said(draft: Draft, found: Found) -> Said:
    contents = [draft.contents[uid] for uid in dict.fromkeys(found.uids)]
    return Said(
        found.words,
        [(plain(content.title) or content.code, content.code) for content in contents],
    )


@bp.route("", methods=["GET", "POST"])
def index(slug: str) -> ResponseReturnValue:
    """Show what would be released and what that means; release it."""
    event = event_or_404(slug)
    form = ReleaseForm()
    if not form.is_submitted():
        return _page(event, form)
    if not form.validate():
        return _page(event, form, code=422)
    name = Bilingual(form.name_pl.data or "", form.name_en.data or "")
    note = Bilingual(form.note_pl.data or "", form.note_en.data or "")
    by, now = signed_in_reader().id, datetime.now(UTC)
    seen = _number(form.seen.data)
    try:
        made = release_draft(event.id, name, note, seen=seen, tells=form.tells.data, by=by, now=now)
    except Stopped as error:
        flash(words_of(error), "refused")
        return _page(event, form, code=409)
    except Refused as error:
        at = form.name_pl if error.reason == "no_name" else None
        if at is None:
            flash(words_of(error), "refused")
        else:
            at.errors = [*at.errors, words_of(error)]
        return _page(event, form, code=422)
    flash(_("Released: %(name)s. Everybody reads the new programme now.", name=plain(made.name)), "done")
    if form.replans.data:
        _replan(event, by, now)
    return redirect(url_for(".index", slug=slug))


def _replan(event: Event, by: int, now: datetime) -> None:
    """Find other times for the meetings in the way, and say what came of it."""
    try:
        done = replan_meetings(event, by=by, now=now)
    except Refused as error:
        flash(words_of(error), "refused")
        return
    said = ngettext(
        "One 1:1 meeting has another time; both of its people are told by letter.",
        "%(num)s 1:1 meetings have another time; their people are told by letter.",
        done.moved,
    )
    if done.moved:
        flash(said, "done")
    if done.stayed:
        stay = ngettext(
            "One 1:1 meeting stays where it is, at the same time as a session.",
            "%(num)s 1:1 meetings stay where they are, at the same time as a session.",
            done.stayed,
        )
        flash(stay, "refused")
    if done.left:
        go_on = ngettext(
            "One 1:1 meeting still has its old time. Press the button below to go on.",
            "%(num)s 1:1 meetings still have their old times. Press the button below to go on.",
            done.left,
        )
        flash(go_on, "refused")


#: What the family of schedule.xml calls its formats on the wire.
_TYPES = {Format.XML: "application/xml", Format.JSON: "application/json", Format.CSV: "text/csv"}


@bp.get("/<int:number>.<kind>")
def file(slug: str, number: int, kind: str) -> ResponseReturnValue:
    """Give a release as a file, as it was made known."""
    event = event_or_404(slug)
    release = release_by_number(event.id, number)
    wanted = next((each for each in _TYPES if each.value == kind), None)
    if release is None or wanted is None:
        abort(404)
    fit = fitted(as_programme(event, release))
    content = write(fit.programme, wanted, now=release.released_at, fit=fit)
    headers = {"Content-Disposition": f'attachment; filename="{event.slug}-{number}.{kind}"'}
    return Response(content, mimetype=_TYPES[wanted], headers=headers)


@bp.post("/meetings")
def replan(slug: str) -> ResponseReturnValue:
    """Find other times for the meetings that lie on what is released."""
    event = event_or_404(slug)
    _replan(event, signed_in_reader().id, datetime.now(UTC))
    return redirect(url_for(".index", slug=slug))


def _number(typed: str | None) -> int:
    """Read the number of a step; what is none is before all steps."""
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1


@bp.post("/back")
def back(slug: str) -> ResponseReturnValue:
    """Take some sessions of the draft back to what is released."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    uids = request.form.getlist("uid")
    done = service.discard(event.id, uids, by=signed_in_reader().id, now=now)
    said = ngettext(
        "One session is again as it was released.", "%(num)s sessions are again as they were released.", len(done)
    )
    flash(said if done else _("Nothing was different, so nothing was changed."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/move")
def move(slug: str) -> ResponseReturnValue:
    """Put a session into one of the places that were offered."""
    event = event_or_404(slug)
    room = next((one for one in draft_of(event.id).rooms if one.code == request.form.get("room")), None) or abort(404)
    try:
        starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
        if starts_at.tzinfo is None:
            abort(400)
    except ValueError:
        abort(400)
    by, now, uid = signed_in_reader().id, datetime.now(UTC), request.form.get("uid", "")
    try:
        service.place(event.id, uid, room.id, starts_at, seen=_number(request.form.get("seen")), by=by, now=now)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(_("Moved. This is what a release would mean now."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- how bad each kind of conflict is

HOW_BAD: Mapping[Severity, str] = {
    Severity.FORBID: N_("Forbidden"),
    Severity.BLOCK_RELEASE: N_("Stops a release"),
    Severity.WARN: N_("Warning"),
    Severity.IGNORE: N_("Ignored"),
}
#: Kinds in words for who sets how bad they are.
KIND_WORDS: Mapping[str, str] = {
    "room_taken": _l("Two sessions in one room at the same time"),
    "room_buffer": _l("Too little time between two sessions in a room"),
    "room_closed": _l("Outside the hours of its room"),
    "room_too_small": _l("More people want a session than its room holds"),
    "equipment": _l("Its room lacks what a session needs"),
    "person_twice": _l("Somebody speaks or chairs in two sessions at the same time"),
    "person_buffer": _l("Too little time for somebody to get from one session to the next"),
    "person_away": _l("Somebody in a session is not available then"),
    "audience": _l("Many people want two sessions that are at the same time"),
    "no_time": _l("A session without a time"),
    "no_room": _l("A session without a room"),
    "not_translated": _l("A session that is not in both languages"),
    "not_confirmed": _l("Somebody in a session whose registration is not confirmed"),
    "not_agreed": _l("Somebody in a session who has not confirmed the proposal it came from"),
    "seats_over_room": _l("A session with more seats than its room holds"),
    "meetings": _l("1:1 meetings of people who are in a session then"),
}
#: More sign-ups than seats cannot be, and breaks are sessions here.
_FIXED = {Gap.SEATS_TAKEN.name.lower(), "break"}
_MINUTES = NumberRange(min=0, max=240, message=_l("Write a number of minutes, up to four hours."))


class BufferForm(PageForm):
    """How much time there has to be between sessions; how bad each conflict is follows, kind by kind."""

    room_minutes = IntegerField(_l("Minutes between two sessions in a room"), [InputRequired(), _MINUTES])
    person_minutes = IntegerField(_l("Minutes for somebody to get to another room"), [InputRequired(), _MINUTES])


def _severity_form(event: Event) -> BufferForm:
    fields = {
        key: SelectField(
            KIND_WORDS[key],
            choices=options(*((one.value, _(HOW_BAD[one])) for one in Severity)),
        )
        for key in KINDS
        if key not in _FIXED
    }
    here, buffers = severities_of(event.id), buffers_of(event.id)
    data: dict[str, object] = {key: here.get(key, usual_severity(KINDS[key])).value for key in fields}
    data |= {"room_minutes": buffers.room, "person_minutes": buffers.person}
    form: BufferForm = type("SeverityForm", (BufferForm,), fields)(data=data)
    return form


@bp.route("/severities", methods=["GET", "POST"])
def severities(slug: str) -> ResponseReturnValue:
    """Show how bad each kind of conflict is, and set it."""
    event = event_or_404(slug)
    form = _severity_form(event)
    if form.is_submitted() and form.validate():
        wish = {key: Severity(form[key].data) for key in KINDS if key not in _FIXED}
        buffers = Buffers(form.room_minutes.data or 0, form.person_minutes.data or 0)
        changed = set_severities(event.id, wish, buffers, actor_id=signed_in_reader().id)
        flash(_("Saved.") if changed else _("Nothing was different, so nothing was changed."), "done")
        return redirect(url_for(".severities", slug=slug))
    return render_template("releases/severities.html", form=form), 422 if form.is_submitted() else 200
