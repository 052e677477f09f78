"""Meetings with organisations: one asks, its people see who is free when, and hand the request on among themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import NotFound, Refused
from lsos.market import queries as market
from lsos.meetings import organisation_requests, places, queries, standing_in
from lsos.meetings.delegate_rules import hand_on_refusal
from lsos.meetings.delegates import (
    Colleague,
    StandIn,
    colleagues,
    people_of,
    request_to_us,
    side_of,
    stand_ins,
)
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSlot
from lsos.meetings.request_steps import state_of
from lsos.meetings.rules import MeetingState, change_refusal
from lsos.meetings.words import load_in_words
from lsos.registration.models import Registration
from lsos.web import session
from lsos.web.errors import back_with, shown_on
from lsos.web.market import organisation_ask_form, organisation_page
from lsos.web.matches import fit_in_words

bp = Blueprint("delegates", __name__, url_prefix="/events/<slug>/meetings")
bp.before_request(session.attendees)

#: So many times are written out; more help nobody to choose.
TIMES = 6


@dataclass(frozen=True)
class Row:
    """A colleague as somebody who could go: when both are free, what is asked of them, or why they cannot."""

    colleague: Colleague
    has_it: bool
    why_not: str
    days: Sequence[tuple[date, Sequence[MeetingSlot]]] = ()

    @property
    def person(self) -> Registration:
        return self.colleague.person

    @property
    def fit_in_words(self) -> str:
        return fit_in_words(self.colleague.fit)

    @property
    def load_in_words(self) -> str:
        return load_in_words(self.colleague.load)

    @property
    def more(self) -> int:
        """Count the common times that are not written out."""
        return len(self.colleague.common) - sum(len(slots) for _, slots in self.days)


@bp.post("/ask-organisation/<uid>")
def ask(slug: str, uid: str) -> ResponseReturnValue:
    """Ask an organisation for a meeting."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    found = market.organisation_at(event.id, uid, unseen=queries.left_out_for(me.id))
    if found is None:
        abort(404)
    form = organisation_ask_form(found, me)
    if not form.validate():
        return organisation_page(slug, uid, form), 422
    here = url_for("market.organisation", slug=slug, uid=uid)
    try:
        organisation_requests.ask_organisation(
            me.id, uid, form.message.data or "", form.listing.data or "", now=datetime.now(UTC)
        )
    except Refused as refused:
        return shown_on(refused, lambda: organisation_page(slug, uid, form))
    words = gettext(
        "Your request went to %(name)s. You will get a letter with the answer.", name=found.organisation.name
    )
    flash(words, "done")
    return redirect(here)


def _asked_of_us(me: Registration, uid: str) -> MeetingRequest:
    """Find a request to the reader's organisation; others', and those that are answered, do not exist for them."""
    found = request_to_us(me, uid)
    if found is None:
        abort(404)
    return found


@bp.get("/requests/<uid>/colleagues")
def choose(slug: str, uid: str) -> ResponseReturnValue:
    """Show who of the reader's organisation could take a request over: who is free when, and what else is asked."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    asked, now = _asked_of_us(me, uid), datetime.now(UTC)
    people = people_of(event.id, asked.to_organisation_id or 0)
    rows = [_row(one, asked, event.timezone, now) for one in colleagues(people, asked.asker, now=now)]
    return render_template(
        "delegates/choose.html",
        me=me,
        asked=asked,
        #: Who has it first, then who has most time.
        rows=sorted(rows, key=lambda row: (not row.has_it, bool(row.why_not), -len(row.colleague.common))),
    )


def _row(colleague: Colleague, asked: MeetingRequest, zone: str, now: datetime) -> Row:
    who, asker = colleague.person, asked.asker
    refusal = hand_on_refusal(
        may_answer=True,
        state=state_of(asked, now=now),
        is_colleague=True,
        has_it=asked.to_id == who.id,
        is_under_way=colleague.is_under_way,
        common_slots=len(colleague.common),
    )
    why_not = gettext(refusal.value, name=who.person.name, other=asker.person.name) if refusal else ""
    days = groupby(colleague.common[:TIMES], key=lambda slot: places.local_day(slot.starts_at, zone))
    return Row(colleague, asked.to_id == who.id, why_not, [(day, list(slots)) for day, slots in days])


@bp.post("/requests/<uid>/colleagues")
def hand_on(slug: str, uid: str) -> ResponseReturnValue:
    """Make a request to the reader's organisation the turn of a colleague, or their own."""
    session.event_or_404(slug)
    me = session.attendee()
    _asked_of_us(queries.whole_registration(me.id), uid)
    to = request.form.get("to", "")
    try:
        done = organisation_requests.hand_on(uid, to, by=me.id, now=datetime.now(UTC))
    except (NotFound, Refused) as error:
        return back_with(error, url_for(".choose", slug=slug, uid=uid))
    if done.to_id == me.id:
        words = gettext("It is your turn now to answer %(name)s.", name=done.asker.person.name)
    else:
        words = gettext("Handed on: %(name)s gets a letter and answers.", name=done.addressee.person.name)
    flash(words, "done")
    return redirect(url_for("requests.index", slug=slug))


# ---- who goes to a booked meeting


def _booked(me: Registration, event_id: int, uid: str) -> tuple[Meeting, Registration]:
    """Find a meeting to which the reader decides who goes, and for whose side; others do not exist for them."""
    found = queries.meeting_by_uid(event_id, uid)
    side = side_of(found, me) if found is not None and found.state is MeetingState.SCHEDULED else None
    if found is None or side is None or side.organisation is None:
        abort(404)
    return found, side


@bp.get("/<uid>/colleagues")
def meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Show who of an organisation could go to a booked meeting: who is free then, and what else is asked of them."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    found, side = _booked(me, event.id, uid)
    now = datetime.now(UTC)
    if change_refusal(found.state, starts_at=found.starts_at, now=now) is not None:
        abort(404)
    other = found.other(side.id)
    people = [one for one in people_of(event.id, side.organisation_id or 0) if one.id != side.id]
    return render_template(
        "delegates/meeting.html",
        me=me,
        meeting=found,
        side=side,
        other=other,
        brought=[one for one in found.side(side.id) if one.id != side.id],
        #: Those who can go first, and of them who has least to answer.
        rows=sorted(
            [(one, load_in_words(one.load), _why_not(one, other)) for one in stand_ins(people, found, side, now=now)],
            key=lambda row: (bool(row[2]), row[0].load.open_requests, row[0].load.meetings),
        ),
    )


def _why_not(one: StandIn, other: Registration) -> str:
    if one.refusal is None:
        return ""
    return str(gettext(one.refusal.value, name=one.person.person.name, other=other.person.name))


@bp.post("/<uid>/colleagues")
def swap_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Send a colleague to a booked meeting instead, or as well."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    _booked(me, event.id, uid)
    is_added = bool(request.form.get("also"))
    to = request.form.get("also" if is_added else "to", "")
    act = standing_in.bring_along if is_added else standing_in.send_instead
    try:
        done = act(uid, to, by=me.id, now=datetime.now(UTC))
    except (NotFound, Refused) as error:
        return back_with(error, url_for(".meeting", slug=slug, uid=uid))
    comes = next(one.registration for one in done.participants if one.registration.uid == to)
    other = done.other(comes.id)
    words = gettext(
        "%(name)s goes to the meeting. Everybody concerned gets a letter, and %(other)s is told.",
        name=comes.person.name,
        other=other.person.name,
    )
    flash(words, "done")
    return redirect(url_for("requests.index", slug=slug))


@bp.post("/<uid>/colleagues/leave")
def leave_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Let somebody who was brought along not go after all."""
    event, me = session.event_or_404(slug), session.attendee()
    found = queries.meeting_by_uid(event.id, uid)
    if found is None:
        abort(404)
    who = request.form.get("who", "")
    try:
        standing_in.leave_out(uid, who, by=me.id, now=datetime.now(UTC))
    except (NotFound, Refused) as error:
        return back_with(error, url_for("requests.index", slug=slug))
    flash(gettext("It is noted, and the meeting takes place all the same."), "done")
    return redirect(url_for("requests.index", slug=slug))
