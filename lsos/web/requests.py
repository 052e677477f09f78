"""One's 1:1 meetings: requests to answer, requests sent, meetings with time and table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from lsos.errors import NotFound, Refused
from lsos.meetings import limits, places, queries, requesting, service
from lsos.meetings.change_queries import asked_for_times, change_of, open_changes
from lsos.meetings.delegates import organisation_inbox
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_queries import own_feedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.good_times import that_save_a_wait
from lsos.meetings.ice_breaker import asked_for, first_question
from lsos.meetings.models import Meeting, MeetingRequest, RequestNote
from lsos.meetings.places import Place, SlotUse
from lsos.meetings.portraits import fits
from lsos.meetings.requesting import Answered
from lsos.meetings.rules import BOOKED, MeetingState, RequestState, change_refusal, is_expired, outcome_refusal
from lsos.meetings.threads import Thread, quota_of, threads_of
from lsos.meetings.words import Words, in_words, vocabulary
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_uid
from lsos.scheduling import queries as run_queries
from lsos.web import session
from lsos.web.errors import back_with, shown_on, words_of
from lsos.web.forms import PageForm, long_field, name_field
from lsos.web.matches import about, ask_form, fit_in_words, person_page
from lsos.web.matching_words import why_for_the_two
from lsos.wording import clock, short_day

bp = Blueprint("requests", __name__, url_prefix="/events/<slug>/meetings")
bp.before_request(session.attendees)


NOTE_LENGTH, MESSAGE_LENGTH = 600, 300


class ProposalForm(PageForm):
    """A word that goes along with another time that is proposed for a meeting."""

    message = name_field(_l("A word about it"), max_length=MESSAGE_LENGTH)


class NoteForm(PageForm):
    """A question about a request, or what its sender answers."""

    text = long_field(_l("Your words"), InputRequired(_l("Write something first.")), length=NOTE_LENGTH)


@dataclass(frozen=True)
class Incoming:
    """A request that waits for an answer of the reader's, with how well the two fit and why."""

    request: MeetingRequest
    fit: float
    words: Words
    #: The offer or need it is about, and whose it is.
    about: str
    thread: Thread
    form: NoteForm
    #: The reader's turn, or that of a colleague of the organisation that was asked.
    is_mine: bool

    @property
    def fit_in_words(self) -> str:
        return fit_in_words(self.fit)


@dataclass(frozen=True)
class Outgoing:
    """A request that the reader sent, with what was asked about it."""

    request: MeetingRequest
    state: RequestState
    thread: Thread
    form: NoteForm

    @property
    def asks_me(self) -> bool:
        """Say whether it waits for what the reader says to a question."""
        return self.state is RequestState.OPEN and self.thread.waits_for_asker


@dataclass(frozen=True)
class Own:
    """One of the reader's meetings as the page shows it."""

    meeting: Meeting
    other: Registration
    words: Words
    is_over: bool
    may_change: bool
    may_report: bool
    #: What the reader said of it, and keeps.
    feedback: MeetingFeedback | None

    @property
    def is_silent(self) -> bool:
        """Say whether the reader could say how it was, and has not."""
        return self.may_report and (self.feedback is None or self.feedback.said.was_held is None)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what waits for the reader, their meetings, and what they asked."""
    return _page(slug)


def _page(slug: str, written: str = "", form: NoteForm | None = None) -> str:
    """Render the reader's meetings; `form` is what they wrote about one request, and needs another look."""
    event, me = session.event_or_404(slug), session.attendee()
    now = datetime.now(UTC)
    names = vocabulary(event.id)

    def form_for(one: MeetingRequest) -> NoteForm:
        #: Each has a form of its own on the page, so the names in it differ.
        return form if form is not None and one.uid == written else NoteForm(formdata=None, prefix=one.uid)

    asked, sent = queries.inbox(me.id, now=now), queries.sent(me.id)
    of_us = organisation_inbox(me, now=now)
    threads = threads_of([*asked, *of_us, *sent])
    meetings = queries.meetings_of(me.id)
    others = {each.from_id for each in (*asked, *of_us)} | {meeting.other(me.id).id for meeting in meetings}
    known = fits(event.id, me.id, others)
    incoming = [
        Incoming(
            each,
            known[each.from_id].fused,
            in_words(
                known[each.from_id].reasons,
                each.asker.person.name,
                names,
                is_open=queries.is_visible(each.asker),
            ),
            _about(each, me),
            threads[each.id],
            form_for(each),
            is_mine=each.to_id == me.id,
        )
        for each in (*asked, *of_us)
    ]
    outgoing = [Outgoing(each, _state_of(each, now), threads[each.id], form_for(each)) for each in sent]
    said = own_feedback(me.id, [meeting.id for meeting in meetings])
    own = [
        _own(meeting, me, in_words(known[other.id].reasons, other.person.name, names), said.get(meeting.id), now)
        for meeting in meetings
        for other in [meeting.other(me.id)]
    ]
    time = places.own_time(event.id, me.id, now=now)
    waiting = queries.waiting_for_time(me.id)
    return render_template(
        "requests/index.html",
        me=me,
        #: The best fit first; those that wait for the other come after all that wait for the reader.
        incoming=_best_first(each for each in incoming if each.is_mine),
        of_colleagues=_best_first(each for each in incoming if not each.is_mine),
        to_answer=sum(each.is_mine and not each.thread.waits_for_asker for each in incoming),
        questions=[each for each in outgoing if each.asks_me],
        days=_by_day(own, event.timezone),
        waiting=waiting,
        asked_for=asked_for_times([each.id for each in waiting], now=now),
        #: Why the schedule that was published had no place for them, by whom they would meet.
        no_place={other_id: why_for_the_two(why) for other_id, why in run_queries.reasons_for(me.id).items()},
        sent=[each for each in outgoing if not each.asks_me],
        quota=quota_of(me, now=now),
        changes=open_changes(me.id, now=now),
        has_time=bool(time),
        free=sum(own.use is SlotUse.FREE for own in time),
        load=len(meetings),
        has_begun=any(each.may_report for each in own),
        most=limits.most_in_all(me.id),
    )


def _best_first(incoming: Iterable[Incoming]) -> list[Incoming]:
    return sorted(incoming, key=lambda each: (each.thread.waits_for_asker, -each.fit))


def _about(asked: MeetingRequest, me: Registration) -> str:
    """Say which offer or need a request is about; what is the reader's own is called so."""
    if asked.listing is None:
        return ""
    is_mine = asked.listing.profile.registration_id == me.id
    return about(asked.listing, "" if is_mine else asked.asker.person.name)


def _own(meeting: Meeting, me: Registration, words: Words, said: MeetingFeedback | None, now: datetime) -> Own:
    return Own(
        meeting=meeting,
        other=meeting.other(me.id),
        words=words,
        is_over=meeting.ends_at <= now,
        may_change=meeting.is_of_the_two(me.id)
        and change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) is None,
        may_report=outcome_refusal(
            is_participant=meeting.is_of_the_two(me.id), state=meeting.state, starts_at=meeting.starts_at, now=now
        )
        is None,
        feedback=said,
    )


def _by_day(own: list[Own], zone: str) -> list[tuple[date, list[Own]]]:
    days = groupby(own, key=lambda each: places.local_day(each.meeting.starts_at, zone))
    return [(day, list(found)) for day, found in days]


def _state_of(asked: MeetingRequest, now: datetime) -> RequestState:
    return RequestState.EXPIRED if is_expired(asked.state, asked.expires_at, now) else asked.state


@bp.post("/ask/<uid>")
def ask(slug: str, uid: str) -> ResponseReturnValue:
    """Ask somebody for a meeting."""
    event, me = session.event_or_404(slug), session.attendee()
    other = registration_by_uid(event.id, uid)
    if other is None:
        abort(404)
    form = ask_form(queries.whole_registration(other.id), queries.whole_registration(me.id))
    if not form.validate():
        return person_page(slug, uid, form), 422
    here = url_for("matches.person", slug=slug, uid=uid)
    try:
        requesting.ask(me.id, uid, form.message.data or "", form.listing.data, now=datetime.now(UTC))
    except Refused as refused:
        return shown_on(refused, lambda: person_page(slug, uid, form))
    flash(
        gettext("Your request went to %(name)s. You will get a letter with the answer.", name=other.person.name), "done"
    )
    return redirect(here)


@bp.post("/requests/<uid>/answer")
def answer(slug: str, uid: str) -> ResponseReturnValue:
    """Accept or decline a request."""
    me = session.attendee()
    wish = request.form.get("answer")
    if wish not in {"accept", "decline"}:
        abort(400)
    try:
        done = requesting.answer(uid, by=me.id, accept=wish == "accept", now=datetime.now(UTC))
    except Refused as refused:
        return _back(slug, refused)
    if wish == "decline":
        flash(gettext("You declined. %(name)s is told.", name=done.request.asker.person.name), "done")
    else:
        _tell(done, me)
    return redirect(url_for(".index", slug=slug))


@bp.post("/requests/<uid>/note")
def note(slug: str, uid: str) -> ResponseReturnValue:
    """Ask the sender something before answering, or tell whom one asked what they want to know."""
    me = session.attendee()
    form = NoteForm(prefix=uid)
    if not form.validate():
        return _page(slug, uid, form), 422
    try:
        done = requesting.write_note(uid, form.text.data or "", by=me.id, now=datetime.now(UTC))
    except Refused as refused:
        return shown_on(refused, lambda: _page(slug, uid, form))
    asks = done.from_id != me.id
    if asks:
        words = gettext("Your question went to %(name)s. You get a letter with the reply.", name=done.asker.person.name)
    else:
        words = gettext("Your reply went to %(name)s, who can decide now.", name=done.whom)
    flash(words, "done")
    return redirect(url_for(".index", slug=slug, _anchor="inbox" if asks else "sent"))


def _tell(done: Answered, me: Registration) -> None:
    """Say what a yes led to: a time and a table, or why there is none yet."""
    name = (done.request.asker if done.request.to_id == me.id else done.request.addressee).person.name
    if done.meeting is not None and done.meeting.table is not None:
        zone = session.page_event().timezone
        flash(
            gettext(
                "You meet: %(name)s, %(day)s, %(time)s, table %(table)s.",
                name=name,
                day=short_day(places.local_day(done.meeting.starts_at, zone)),
                time=clock(done.meeting.starts_at, zone),
                table=done.meeting.table.number,
            ),
            "done",
        )
    elif done.waits_because is not None:
        flash(
            gettext("You agreed to meet %(name)s. %(why)s", name=name, why=gettext(done.waits_because.value)), "waits"
        )


@bp.post("/requests/<uid>/time")
def find_time(slug: str, uid: str) -> ResponseReturnValue:
    """Look again for a time for an accepted request."""
    me = session.attendee()
    try:
        done = requesting.find_time(uid, by=me.id, now=datetime.now(UTC))
    except Refused as refused:
        return _back(slug, refused)
    _tell(done, me)
    return redirect(url_for(".index", slug=slug))


@bp.post("/requests/<uid>/withdraw")
def withdraw(slug: str, uid: str) -> ResponseReturnValue:
    """Take a request back."""
    try:
        requesting.withdraw(uid, by=session.attendee().id, now=datetime.now(UTC))
    except Refused as refused:
        return _back(slug, refused)
    flash(gettext("The request is withdrawn."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.get("/<uid>")
def meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Show one of the reader's meetings, and what can be done about it."""
    return meeting_page(slug, uid, ProposalForm(formdata=None))


def meeting_page(slug: str, uid: str, form: ProposalForm) -> str:
    """Render one of the reader's meetings; `form` is what goes along with another time."""
    event, me = session.event_or_404(slug), session.attendee()
    found = _mine(event.id, uid, me)
    now = datetime.now(UTC)
    other = found.other(me.id)
    said = own_feedback(me.id, [found.id]).get(found.id)
    names = vocabulary(event.id)
    reasons = fits(event.id, me.id, [other.id])[other.id].reasons
    own = _own(found, me, in_words(reasons, other.person.name, names), said, now)
    return render_template(
        "requests/meeting.html",
        me=me,
        own=own,
        opening=first_question(asked_for(found, me.id), reasons, names) if not own.is_over else "",
        times=_times(found, me, now) if own.may_change else Times(),
        impressions=Impression,
        notes=_notes(found),
        change=change_of(found, me.id, now=now) if own.may_change else None,
        form=form,
    )


def _notes(found: Meeting) -> Sequence[RequestNote]:
    """List what the two asked and told each other before they agreed to meet."""
    return threads_of([found.request])[found.request.id].notes if found.request else []


@dataclass(frozen=True)
class Times:
    """To which a meeting could go: those that save the reader a wait, and the others by day."""

    good: list[Place] = field(default_factory=list)
    days: list[tuple[date, list[Place]]] = field(default_factory=list)


def _times(found: Meeting, me: Registration, now: datetime) -> Times:
    zone = session.page_event().timezone
    free = places.common_places(found.event_id, found.first_id, found.second_id, now=now)
    good = that_save_a_wait(found, me.id, free)
    days = groupby(
        (place for place in free if place not in good), key=lambda place: places.local_day(place.slot.starts_at, zone)
    )
    return Times(good, [(day, list(some)) for day, some in days])


def _mine(event_id: int, uid: str, me: Registration) -> Meeting:
    """Find a meeting of the reader; others' meetings, and drafts, do not exist for them."""
    found = queries.meeting_by_uid(event_id, uid)
    if found is None or me.id not in {one.registration_id for one in found.participants}:
        abort(404)
    if found.state not in BOOKED and found.state is not MeetingState.CANCELLED:
        abort(404)
    return found


@bp.post("/<uid>/cancel")
def cancel_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Call a meeting off."""
    event, me = session.event_or_404(slug), session.attendee()
    found = _mine(event.id, uid, me)
    try:
        service.cancel(uid, by=me.id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, url_for(".meeting", slug=slug, uid=uid))
    flash(gettext("The meeting is cancelled. %(name)s is told.", name=found.other(me.id).person.name), "done")
    return redirect(url_for(".index", slug=slug))


def _back(slug: str, refused: Refused | NotFound) -> ResponseReturnValue:
    flash(words_of(refused), "refused")
    return redirect(url_for(".index", slug=slug))


def moment_of(typed: str) -> datetime | None:
    """Read a moment as forms send it: ISO 8601 with its offset; None for anything else."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
