"""My day: the next thing first, then the day as one line through sessions and meetings."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.agenda.models import Session
from lsos.agenda.queries import parts_of, revisions, signups_of
from lsos.agenda.rules import Interval, SessionRole
from lsos.agenda.seeing import shown_to
from lsos.agenda.service import leave as give_back
from lsos.agenda.service import sign_up as take_place
from lsos.agenda.stars import set_star, starred_sessions
from lsos.agenda.waiting_queries import Wait, waits_of
from lsos.calendar_file import CalendarEntry
from lsos.checkin.attendance import attended_by
from lsos.contacts import leads
from lsos.contacts.queries import asking
from lsos.errors import Refused
from lsos.events.calendars import house, organizer
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.feedback_queries import own_feedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.mails import entry_for
from lsos.meetings.models import Meeting
from lsos.meetings.paper import own_plan
from lsos.meetings.preferences import preference_of
from lsos.meetings.queries import inbox_size, meeting_intervals, meetings_of
from lsos.registration.models import Registration
from lsos.registration.queries import waiting_rank
from lsos.registration.rules import RegistrationState
from lsos.registration.transfers import offer_of
from lsos.registration.upgrades import wish_of
from lsos.registration.waiting import reconfirm
from lsos.registration.waiting_queries import place_of
from lsos.texts import LANGUAGE_NAMES
from lsos.web import handing, language, my_certificate, walk_ups
from lsos.web.entries import looked_after
from lsos.web.errors import words_of
from lsos.web.look import link, plain
from lsos.web.next_meeting import card_of, is_ahead, minutes_until, next_of_today
from lsos.web.papers import live_addresses
from lsos.web.programme import FILTERS, kept_of
from lsos.web.programme_files import as_calendar, entry_of
from lsos.web.reviewing import watched_titles
from lsos.web.seeing import looker, session_or_404
from lsos.web.session import attendee, attendees, event_or_404
from lsos.web.signing_up import hand_on_now
from lsos.web.timetable import local_day
from lsos.web.zone_mine import pitch_entry
from lsos.zone.models import PitchSlot
from lsos.zone.queries import pitch_of

bp = Blueprint("myday", __name__, url_prefix="/events/<slug>/me")
bp.before_request(attendees)

#: So long before the event its people are asked on their own page whether they are still coming.
ASKED_BEFORE = timedelta(days=14)
#: Who registered since is not asked: they have just said so.
NEW = timedelta(days=2)
#: So long after a meeting the first page asks how it was; later, only the page of meetings does.
ASKED_FOR = timedelta(hours=3)
#: A shorter break is a walk between two rooms, not free time.
SHORTEST_GAP = timedelta(minutes=20)


@dataclass(frozen=True)
class Item:
    """One thing of somebody's day: a session, a meeting, or their pitch in the zone."""

    when: Interval
    session: Session | None = None
    meeting: Meeting | None = None
    pitch: PitchSlot | None = None
    #: It is only marked with a star, or waited for: it takes no time yet.
    is_wish: bool = False
    wait: Wait | None = None
    #: What they do in a session themselves.
    roles: tuple[SessionRole, ...] = ()
    #: Their badge was scanned there.
    was_there: bool = False
    #: What else of the day is at the same time, by name.
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Free time between two things."""

    when: Interval
    minutes: int


def items_of(
    sessions: Iterable[Session],
    meetings: Iterable[Meeting],
    pitch: PitchSlot | None = None,
    roles: Mapping[int, tuple[SessionRole, ...]] | None = None,
    attended: Collection[int] = (),
) -> list[Item]:
    """Put sessions, meetings and a pitch into one line of time; `roles` and `attended` by the id of a session."""
    known = roles or {}
    items = [
        Item(when, session=session, roles=known.get(session.id, ()), was_there=session.id in attended)
        for session in sessions
        if (when := session.when) is not None
    ]
    items += [Item(Interval(meeting.starts_at, meeting.ends_at), meeting=meeting) for meeting in meetings]
    items += [Item(Interval(pitch.starts_at, pitch.ends_at), pitch=pitch)] if pitch else []
    return sorted(items, key=lambda item: item.when)


def _own_sessions(mine: Registration) -> tuple[list[Session], dict[int, tuple[SessionRole, ...]]]:
    """List the sessions somebody signed up for or has a part in, each once, and their parts by its id."""
    sessions = {place.session_id: place.session for place in signups_of(mine.id)}
    roles: dict[int, tuple[SessionRole, ...]] = {}
    for part in parts_of(mine):
        sessions[part.session_id] = part.session
        roles[part.session_id] = (*roles.get(part.session_id, ()), part.role)
    return list(sessions.values()), roles


def with_gaps(items: list[Item]) -> list[Item | Gap]:
    """Show the free time between the things of one day."""
    if not items:
        return []
    line: list[Item | Gap] = [items[0]]
    for before, after in pairwise(items):
        free = after.when.starts_at - before.when.ends_at
        if free >= SHORTEST_GAP:
            line.append(Gap(Interval(before.when.ends_at, after.when.starts_at), int(free.total_seconds() // 60)))
        line.append(after)
    return line


def wishes_of(stars: Iterable[Session], waits: Iterable[Wait]) -> list[Item]:
    """Put what somebody would like into one line of time: what they wait for, and what they marked with a star."""
    waited = {wait.session.id: wait for wait in waits}
    sessions = {session.id: session for session in (*stars, *(wait.session for wait in waited.values()))}
    items = [
        Item(when, session=session, is_wish=True, wait=waited.get(session.id))
        for session in sessions.values()
        if (when := session.when) is not None
    ]
    return sorted(items, key=lambda item: item.when)


def _clash(one: Item, other: Item) -> bool:
    """Say whether two things are at once; somebody's pitch is part of the session that goes on in its room."""
    rooms = [
        item.pitch.room_id if item.pitch else item.session.room_id if item.session else None for item in (one, other)
    ]
    is_within = bool(one.pitch or other.pitch) and rooms[0] is not None and rooms[0] == rooms[1]
    return one.when.overlaps(other.when) and not is_within


def line_of(planned: list[Item], wishes: Iterable[Item], name: Callable[[Item], str]) -> list[Item | Gap]:
    """Lay one day out: what is planned with the free time between, what is wished for, and what clashes with a plan."""

    def told(item: Item) -> Item:
        others = [one for one in planned if one is not item and _clash(one, item)]
        return replace(item, beside=tuple(name(one) for one in others))

    line = [*with_gaps([told(item) for item in planned]), *(told(item) for item in wishes)]
    return sorted(
        line, key=lambda item: (item.when.starts_at, isinstance(item, Gap), isinstance(item, Item) and item.is_wish)
    )


def _day_shown(event: Event, today: date) -> date:
    """Give the day asked for, else today, else the first."""
    wish = request.args.get("day", "")
    found = [day for day in event.days if day.isoformat() == wish]
    return found[0] if found else (today if today in event.days else event.days[0])


def _just_met(mine: Registration, meetings: Iterable[Meeting], now: datetime) -> Meeting | None:
    """Find the meeting that ended last and of which the reader said nothing yet, for some hours after it."""
    ended = [each for each in meetings if now - ASKED_FOR <= each.ends_at <= now and each.is_of_the_two(mine.id)]
    said = own_feedback(mine.id, [each.id for each in ended])
    silent = [each for each in ended if each.id not in said or said[each.id].said.was_held is None]
    return max(silent, key=lambda each: each.ends_at, default=None)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what comes next, and one day of the reader."""
    event, mine = event_or_404(slug), attendee()
    now = datetime.now(UTC)
    is_confirmed = mine.state is RegistrationState.CONFIRMED
    sessions, roles = _own_sessions(mine)
    meetings = meetings_of(mine.id)
    attended = {one.session.id: one.session for one in attended_by(mine.id)}
    own = {session.id: session for session in sessions} | attended
    items = items_of(own.values(), meetings, pitch_of(mine.id), roles, attended)
    ahead = [item for item in items if (is_ahead(item.meeting, now) if item.meeting else item.when.ends_at > now)]
    next_today = next_of_today(meetings, event, now)
    is_first = bool(ahead) and ahead[0].meeting is next_today
    following = next((item for item in ahead if next_today is None or item.meeting is not next_today), None)
    told = next_today or (following.meeting if following else None)
    shown = _day_shown(event, local_day(now, event.timezone))
    of_day = [item for item in items if _is_on(item, shown, event)]
    waits = _waits(mine, now)
    starred = [
        one for one in shown_to(looker(), starred_sessions(mine.id)) if one.id not in roles.keys() | attended.keys()
    ]
    wishes = wishes_of(starred, waits) if is_confirmed else []
    return render_template(
        "myday/index.html",
        registration=mine,
        is_confirmed=is_confirmed,
        rank=waiting_rank(mine) if mine.state is RegistrationState.WAITLISTED else None,
        place=place_of(mine.id) if mine.state is RegistrationState.WAITLISTED else None,
        to_review=watched_titles(mine.approved_answers),
        following=following,
        waits=waits,
        card=card_of(event, mine, told, now=now, is_first=next_today is None or is_first) if told else None,
        is_today=next_today is not None,
        asked_for_contact=asking(mine) if is_confirmed else None,
        stands_asking=[one for one in leads.stands_of_visitor(mine) if one.is_open] if is_confirmed else [],
        has_stand=leads.stand_of(mine) is not None,
        just_met=_just_met(mine, meetings, now),
        now_asked=walk_ups.going_on(event, mine, now),
        impressions=Impression,
        is_on=following is not None and following.when.starts_at <= now,
        minutes_left=minutes_until(following.when.starts_at, now) if following else 0,
        line=line_of(of_day, [item for item in wishes if _is_on(item, shown, event)], lambda item: _name(item, mine)),
        shown=shown,
        today=local_day(now, event.timezone),
        now=now,
        waiting=inbox_size(mine.id, now=now) if is_confirmed else 0,
        is_over=now > moment(event.ends_on, event.doors_close, event.timezone),
        asks_whether_coming=is_confirmed and mine.reconfirmed_at is None and _is_to_be_asked(mine, event, now),
        may_hand_on=is_confirmed and handing.may_offer(mine, now=now),
        offer=offer_of(mine.id) if is_confirmed else None,
        wish=wish_of(mine.id) if mine.participation_type.is_light else None,
        has_anything=bool(items or wishes),
        certificate=my_certificate.ready_for(event, mine, now=now),
        languages=LANGUAGE_NAMES,
        looks_after=looked_after(event),
    )


def _waits(mine: Registration, now: datetime) -> list[Wait]:
    """List what the reader waits for, as far as they may know of it."""
    waits = waits_of(mine.id, now=now)
    seen = {session.id for session in shown_to(looker(), [wait.session for wait in waits])}
    return [wait for wait in waits if wait.session.id in seen]


def _is_to_be_asked(mine: Registration, event: Event, now: datetime) -> bool:
    """Say whether the event is near, and the reader registered long enough ago to have changed their mind."""
    opens_at = moment(event.starts_on, event.doors_open, event.timezone)
    return opens_at - ASKED_BEFORE <= now < opens_at and mine.registered_at <= now - NEW


def _is_on(item: Item, day: date, event: Event) -> bool:
    return local_day(item.when.starts_at, event.timezone) == day


def _name(item: Item, mine: Registration) -> str:
    """Call a thing of somebody's day by its name."""
    if item.session is not None:
        return plain(item.session.title)
    return item.meeting.other(mine.id).person.name if item.meeting is not None else _("Your pitch")


@bp.post("/coming")
def coming(slug: str) -> ResponseReturnValue:
    """Note that the reader is still coming."""
    event = event_or_404(slug)
    try:
        reconfirm(event.id, attendee().id, now=datetime.now(UTC))
    except Refused as error:
        flash(words_of(error), "refused")
    else:
        flash(_("Thank you. We look forward to seeing you."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/sessions/<code>/sign-up")
def sign_up(slug: str, code: str) -> ResponseReturnValue:
    """Take a place in a session, and leave in the same step those that the reader names."""
    event = event_or_404(slug)
    session = session_or_404(event, code)
    left = [session_or_404(event, other) for other in request.form.getlist("instead_of")]
    try:
        take_place(
            attendee().id,
            session.id,
            instead_of=[other.id for other in left],
            meetings=meeting_intervals,
            now=datetime.now(UTC),
        )
    except Refused as error:
        flash(words_of(error), "refused")
    else:
        hand_on_now(now=datetime.now(UTC))
        flash(_("You are signed up for “%(session)s”.", session=plain(session.title)), "done")
        for other in left:
            flash(_("You left “%(session)s”; somebody else may have the place.", session=plain(other.title)), "done")
    return redirect(url_for("programme.session", slug=slug, code=code))


@bp.post("/sessions/<code>/star")
def star(slug: str, code: str) -> ResponseReturnValue:
    """Mark a session with a star, or take the star back; then show again what the reader was looking at."""
    event = event_or_404(slug)
    session = session_or_404(event, code)
    set_star(attendee().id, session.id, is_on=request.form.get("star") == "on", now=datetime.now(UTC))
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    if "session" in request.args:
        return redirect(url_for("programme.session", slug=slug, code=code))
    kept = kept_of({name: request.args[name] for name in FILTERS if name in request.args})
    return redirect(url_for("programme.index", slug=slug, **kept, _anchor=f"s-{code}"))


@bp.post("/sessions/<code>/leave")
def leave(slug: str, code: str) -> ResponseReturnValue:
    """Give a place in a session back."""
    event = event_or_404(slug)
    session = session_or_404(event, code)
    try:
        give_back(attendee().id, session.id, now=datetime.now(UTC))
    except Refused as error:
        flash(words_of(error), "refused")
    else:
        hand_on_now(now=datetime.now(UTC))
        flash(_("You left “%(session)s”; somebody else may have the place.", session=plain(session.title)), "done")
    return redirect(url_for("programme.session", slug=slug, code=code))


def _event_entry(event: Event, *, now: datetime) -> CalendarEntry:
    """Write the event itself as an entry: from the first opening of the doors to their last closing."""
    return CalendarEntry(
        uid=f"{event.uid}@event.lsos",
        sequence=0,
        summary=plain(event.name),
        starts_at=moment(event.starts_on, event.doors_open, event.timezone),
        ends_at=moment(event.ends_on, event.doors_close, event.timezone),
        zone=event.timezone,
        stamp=now,
        organizer=organizer(event),
        location=house(event),
        url=link("edition.index", slug=event.slug),
    )


@bp.get("/plan.pdf")
def plan(slug: str) -> ResponseReturnValue:
    """Print the reader's own plan on a page, in the language of the page."""
    event, mine = event_or_404(slug), attendee()
    if mine.state is not RegistrationState.CONFIRMED:
        flash(_("There is a plan to print once your registration is confirmed."), "refused")
        return redirect(url_for(".index", slug=slug))
    printed = own_plan(mine, language.current(), live=live_addresses(slug), now=datetime.now(UTC))
    name = f"{event.slug}-me-{language.current()}.pdf"
    return Response(printed, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


@bp.get("/calendar.ics")
def calendar(slug: str) -> ResponseReturnValue:
    """Give the reader's own programme as a calendar file."""
    event, mine = event_or_404(slug), attendee()
    entries = days_of(mine, event, now=datetime.now(UTC))
    return as_calendar(entries, name=plain(event.name), filename=f"{slug}-me")


def days_of(mine: Registration, event: Event, *, now: datetime) -> list[CalendarEntry]:
    """Write somebody's days for a calendar: the event, sessions, pitch and meetings; whoever does not come has none."""
    if mine.state is not RegistrationState.CONFIRMED:
        return []
    entries: list[CalendarEntry | None] = [_event_entry(event, now=now)]
    changed = revisions(event.slug)
    entries += [
        entry_of(session, event, revision=changed.get(session.uid, 0), stamp=now) for session in _own_sessions(mine)[0]
    ]
    address = link("myday.index", slug=event.slug)
    pitch = pitch_of(mine.id)
    entries += [pitch_entry(pitch, event, now=now)] if pitch else []
    rings = preference_of(mine.id).alarm_minutes
    entries += [entry_for(meeting, mine, now=now, url=address, alarm_minutes=rings) for meeting in meetings_of(mine.id)]
    return [entry for entry in entries if entry is not None]
