"""The organiser's matchmaking: run it, read how good it is, see the schedule by slot and table, publish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.meetings import limits, places, queries, service
from lsos.meetings.models import Meeting, MeetingSlot, MeetingTable
from lsos.meetings.queries import Grid
from lsos.meetings.rules import MeetingState, PlaceRefusal, change_refusal, place_refusal
from lsos.meetings.table_rules import is_theirs, table_refusal
from lsos.scheduling import matching, publishing, runs
from lsos.scheduling import queries as run_queries
from lsos.scheduling.rules import RunKind, RunState
from lsos.web import session
from lsos.web.errors import back_with
from lsos.web.matching_words import Findings, RunForm, Told
from lsos.web.requests import moment_of

bp = Blueprint("matching", __name__, url_prefix="/events/<slug>/organise/matching")
bp.before_request(session.only(Role.MATCHMAKING))

#: So many tables fit beside one another; more come on further pages.
TABLES_AT_ONCE = 20


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what there is to match, and how good the last run was."""
    return _page(session.event_or_404(slug), RunForm())


def _page(event: Event, form: RunForm) -> str:
    done = run_queries.last_run(event.id)
    latest = run_queries.latest(event.id, RunKind.DRAFT)
    return render_template(
        "matching/index.html",
        form=form,
        outlook=queries.outlook(event.id, now=datetime.now(UTC)),
        settings=places.settings_of(event.id),
        run=done,
        findings=Findings(done) if done else None,
        current=Told(latest) if latest and latest.state is not RunState.DONE else None,
        locked=run_queries.count_locked(event.id),
    )


@bp.post("/run")
def run(slug: str) -> ResponseReturnValue:
    """Ask for a run; a worker looks for matches and drafts a schedule."""
    event = session.event_or_404(slug)
    form = RunForm(request.form)
    if not form.validate():
        return _page(event, form), 422
    try:
        runs.ask(event, RunKind.DRAFT, form.chosen, by=session.signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    return redirect(url_for(".index", slug=slug))


@bp.post("/publish")
def publish(slug: str) -> ResponseReturnValue:
    """Turn the drafts into meetings and write to everybody."""
    event = session.event_or_404(slug)
    try:
        done = publishing.in_a_request(event, by=session.signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    if not done.left:
        _tell(done)
    return redirect(url_for(".index", slug=slug))


def _tell(done: publishing.Published) -> None:
    flash(
        ngettext(
            "%(num)s meeting is published; both of its people get an invitation.",
            "%(num)s meetings are published; their people get invitations.",
            done.scheduled,
        ),
        "done",
    )
    if done.dropped:
        flash(
            ngettext(
                "%(num)s draft was dropped: its time or its people were not free any more.",
                "%(num)s drafts were dropped: their times or their people were not free any more.",
                done.dropped,
            ),
            "refused",
        )


@bp.post("/discard")
def discard(slug: str) -> ResponseReturnValue:
    """Throw the drafts away."""
    gone = matching.discard(session.event_or_404(slug), by=session.signed_in_reader().id)
    flash(ngettext("%(num)s draft is gone.", "%(num)s drafts are gone.", gone), "done")
    return redirect(url_for(".index", slug=slug))


# ---- the schedule


@dataclass(frozen=True)
class Row:
    """A slot of the grid; with a meeting picked, also why it cannot go there at all."""

    slot: MeetingSlot
    why_not: str
    cells: list["Cell"]


@dataclass(frozen=True)
class Cell:
    """A slot at a table: the meeting there, or whether the picked one could go there."""

    table: MeetingTable
    meeting: Meeting | None
    is_possible: bool
    #: It is closed then, or the stand of others than the picked meeting's people.
    refusal: PlaceRefusal | None = None


@bp.get("/schedule")
def schedule(slug: str) -> ResponseReturnValue:
    """Show the schedule of a day by slot and table; a picked meeting shows where it could go."""
    event = session.event_or_404(slug)
    day = _chosen_day(event)
    numbers = [table.number for table in places.tables_of(event.id)]
    page = _chosen_page(len(numbers))
    shown = numbers[(page - 1) * TABLES_AT_ONCE : page * TABLES_AT_ONCE]
    grid = queries.schedule_grid(event.id, day=day, zone=event.timezone, tables=shown)
    picked = _picked(event)
    return render_template(
        "matching/schedule.html",
        day=day,
        grid=grid,
        rows=_rows(event, grid, picked, datetime.now(UTC)),
        picked=picked,
        numbers=numbers,
        page=page,
        pages=_table_pages(numbers),
        counts={state: sum(m.state is state for m in grid.cells.values()) for state in MeetingState},
        has_slots=bool(places.slots_of(event.id)),
    )


def _chosen_day(event: Event) -> date:
    typed = request.args.get("day", "")
    found = next((day for day in event.days if day.isoformat() == typed), None)
    if found is not None:
        return found
    today = places.local_day(datetime.now(UTC), event.timezone)
    return today if today in event.days else event.starts_on


def _chosen_page(tables: int) -> int:
    typed = request.args.get("page", "1")
    pages = max(ceil(tables / TABLES_AT_ONCE), 1)
    return min(max(int(typed), 1), pages) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 1


def _table_pages(numbers: Sequence[int]) -> list[tuple[int, int, int]]:
    """Cut the tables into pages: the page, its first and its last table."""
    starts = range(0, len(numbers), TABLES_AT_ONCE)
    return [
        (page, numbers[start], numbers[min(start + TABLES_AT_ONCE, len(numbers)) - 1])
        for page, start in enumerate(starts, start=1)
    ]


def _picked(event: Event) -> Meeting | None:
    """Find the meeting that is to be moved, if it still can be."""
    uid = request.args.get("pick")
    found = queries.meeting_by_uid(event.id, uid) if uid else None
    if found is None or change_refusal(found.state, starts_at=found.starts_at, now=datetime.now(UTC)) is not None:
        return None
    return found


def _rows(event: Event, grid: Grid, picked: Meeting | None, now: datetime) -> list[Row]:
    why_nots = _why_nots(event, grid, picked, now)
    rows = []
    for slot in grid.slots:
        why_not = why_nots.get(slot.id, "")
        rows.append(
            Row(
                slot,
                why_not,
                [
                    Cell(
                        table,
                        there,
                        is_possible=picked is not None and not why_not and not refusal and _yields(there, picked),
                        refusal=refusal,
                    )
                    for table in grid.tables
                    for there in [grid.cells.get((slot.id, table.id))]
                    for refusal in [_not_here(grid, slot, table, picked)]
                ],
            )
        )
    return rows


def _not_here(grid: Grid, slot: MeetingSlot, table: MeetingTable, picked: Meeting | None) -> PlaceRefusal | None:
    """Say why nobody, or not the picked meeting, can be at a table in a slot."""
    whose = {picked.first.organisation_id, picked.second.organisation_id} if picked else {table.host_organisation_id}
    return table_refusal(
        is_theirs=is_theirs(table.host_organisation_id, whose), is_open=(slot.id, table.id) in grid.open
    )


def _yields(there: Meeting | None, picked: Meeting) -> bool:
    """Say whether a place is free for a meeting: empty, or held by a draft where a real one comes."""
    if picked.is_locked:
        return False
    if there is None:
        return True
    is_pushed = there.state is MeetingState.PROPOSED and not there.is_locked
    return there.id != picked.id and is_pushed and picked.state is MeetingState.SCHEDULED


def _why_nots(event: Event, grid: Grid, picked: Meeting | None, now: datetime) -> dict[int, str]:
    """Say, by slot, why the picked meeting cannot be there, whatever the table; nothing where it can."""
    if picked is None:
        return {}
    pair, with_drafts = [picked.first_id, picked.second_id], picked.state is MeetingState.PROPOSED
    found = places.free_slots(event.id, pair, with_drafts=with_drafts)
    free = {person: {slot.id for slot in slots} for person, slots in found.items()}
    budget = limits.budgets(pair, with_drafts=with_drafts, but=picked.id)
    whys = {}
    for slot in grid.slots:
        stays = slot.id == picked.slot_id
        refusal: PlaceRefusal | None = place_refusal(
            starts_at=slot.starts_at,
            first_is_free=stays or slot.id in free[picked.first_id],
            second_is_free=stays or slot.id in free[picked.second_id],
            first_is_full=budget[picked.first_id].refuses_move(picked.starts_at, slot.starts_at),
            second_is_full=budget[picked.second_id].refuses_move(picked.starts_at, slot.starts_at),
            table_is_free=True,
            now=now,
        )
        if refusal is not None:
            names = {"first": picked.first.person.name, "second": picked.second.person.name}
            whys[slot.id] = str(gettext(refusal.value, **names))
    return whys


@bp.post("/meetings/<uid>/move")
def move_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Take a meeting to another slot and table."""
    event = session.event_or_404(slug)
    _known(event, uid)
    place, _, table = request.form.get("place", "").partition("|")
    starts_at = moment_of(place)
    if starts_at is None or (table and not (table.isascii() and table.isdecimal() and len(table) < 6)):
        abort(400)
    here: dict[str, Any] = {"slug": slug, "day": places.local_day(starts_at, event.timezone).isoformat()}
    if request.form.get("page", "").isdecimal():
        here["page"] = request.form["page"]
    try:
        moved = service.move(
            uid,
            starts_at,
            table_number=int(table) if table else None,
            actor_id=session.signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return back_with(refused, url_for(".schedule", pick=uid, **here))
    flash(
        gettext("Moved. Both get a letter that moves it in the calendar.")
        if moved.state is MeetingState.SCHEDULED
        else gettext("The draft is moved."),
        "done",
    )
    return redirect(url_for(".schedule", **here))


@bp.post("/meetings/<uid>/cancel")
def cancel_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Call a meeting off, or take a draft out."""
    event = session.event_or_404(slug)
    found = _known(event, uid)
    here = url_for(".schedule", slug=slug, day=places.local_day(found.starts_at, event.timezone).isoformat())
    try:
        cancelled = service.cancel(uid, by=None, actor_id=session.signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, here)
    flash(
        gettext("The meeting is cancelled. Both of its people are told.")
        if cancelled
        else gettext("The draft is taken out."),
        "done",
    )
    return redirect(here)


def _known(event: Event, uid: str) -> Meeting:
    found = queries.meeting_by_uid(event.id, uid)
    if found is None:
        abort(404)
    return found
