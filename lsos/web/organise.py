"""The organiser's overview: the story of an event from its first lines to its report, and what is left to do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos.agenda.models import Session
from lsos.agenda.queries import gaps_of, sessions_of
from lsos.agenda.rules import SessionGap
from lsos.checkin.queries import arrivals_on, badge_count, first_arrivals, points
from lsos.events.models import Event
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import EventStatus, Role
from lsos.mail import MailState, counts_by_state
from lsos.meetings.queries import last_run, outlook
from lsos.registration.queries import counts_by_state as registrations_by_state
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web.navigation import reach
from lsos.web.session import event_or_404, only
from lsos.web.timetable import local_day
from lsos.wording import number

bp = Blueprint("organise", __name__, url_prefix="/events/<slug>/organise")
bp.before_request(only(Role.READER))


@dataclass(frozen=True)
class Todo:
    """One thing left to do, and where it is done."""

    text: str
    address: str | None


@dataclass
class Chapter:
    """One chapter of the story: what stands there, in figures, and what is left to do in it."""

    title: str
    address: str | None
    figures: list[tuple[str, str]] = field(default_factory=list)
    todo: list[Todo] = field(default_factory=list)

    has_begun: bool = False

    @property
    def state(self) -> str:
        """Say how the chapter stands: something is open, all is done, or it has not begun."""
        return "open" if self.todo else "done" if self.has_begun else "ahead"

    def count(self, value: int, label: str) -> None:
        """Add a figure."""
        self.figures.append((number(value), label))
        self.has_begun = self.has_begun or bool(value)

    def ask(self, is_open: object, text: str, address: str | None = None) -> None:
        """Add a thing to do, if it is open."""
        if is_open:
            self.todo.append(Todo(text, address or self.address))


def _untranslated(texts: Iterable[Bilingual]) -> int:
    return sum(bool(text.missing()) for text in texts)


def _event_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("Event"), reach("facts.edit") or reach("edition.index"))
    areas, places = focus_areas(event.id), zones(event.id)
    chapter.count(len(event.days), ngettext("day", "days", len(event.days)))
    chapter.count(len(areas), ngettext("focus area", "focus areas", len(areas)))
    chapter.ask(event.status is EventStatus.DRAFT, _("Publish the event: until then nobody can see it or register."))
    chapter.ask(event.venue is None, _("Say where it is: no venue is set."))
    missing = _untranslated(
        [event.name, event.tagline, *(a.name for a in areas), *(a.scope for a in areas), *(z.name for z in places)]
    )
    chapter.ask(
        missing,
        ngettext(
            "Translate one text of the event.",
            "Translate %(num)s texts of the event.",
            missing,
        ),
    )
    return chapter


def _people_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("People"), reach("people.index"))
    states = registrations_by_state(event.id)
    confirmed, pending = states[RegistrationState.CONFIRMED], states[RegistrationState.PENDING]
    waiting = states[RegistrationState.WAITLISTED]
    chapter.count(confirmed, ngettext("person confirmed", "people confirmed", confirmed))
    chapter.count(waiting, ngettext("person on the waiting list", "people on the waiting list", waiting))
    chapter.ask(
        pending,
        ngettext(
            "Decide on one registration that waits for approval.",
            "Decide on %(num)s registrations that wait for approval.",
            pending,
        ),
        reach("people.index", state=RegistrationState.PENDING.value),
    )
    chapter.ask(not confirmed and not pending, _("Nobody has registered yet. Send the address of the event around."))
    return chapter


def _gap_words(gap: SessionGap, count: int) -> object:
    """Say what to do about sessions that lack the same thing."""
    match gap:
        case SessionGap.NO_TIME:
            return ngettext("Give one session a time.", "Give %(num)s sessions a time.", count)
        case SessionGap.NO_ROOM:
            return ngettext("Give one session a room.", "Give %(num)s sessions a room.", count)
        case SessionGap.ROOM_TAKEN:
            return ngettext(
                "Move one session: its room is taken at that time.",
                "Move %(num)s sessions: their rooms are taken at those times.",
                count,
            )
        case SessionGap.TOO_MANY_SEATS:
            return ngettext(
                "One session has more seats than its room.", "%(num)s sessions have more seats than their rooms.", count
            )
        case SessionGap.NOT_TRANSLATED:
            return ngettext("Translate the texts of one session.", "Translate the texts of %(num)s sessions.", count)


def _agenda_chapter(sessions: list[Session]) -> Chapter:
    chapter = Chapter(_("Agenda"), reach("organise.agenda"))
    missing = Counter(gap for gaps in gaps_of(sessions).values() for gap in gaps)
    chapter.count(len(sessions), ngettext("session", "sessions", len(sessions)))
    taken = sum(session.signed_up for session in sessions)
    chapter.count(taken, ngettext("sign-up", "sign-ups", taken))
    address = reach("organise.agenda", missing=1)
    for gap in SessionGap:
        chapter.ask(missing[gap], str(_gap_words(gap, missing[gap])), address)
    chapter.ask(not sessions, _("The programme is empty. Import it with the event's file."))
    return chapter


def _matchmaking_chapter(event: Event, now: datetime) -> Chapter:
    chapter = Chapter(_("Matchmaking"), reach("matching.index"))
    found = outlook(event.id, now=now)
    chapter.count(found.people, ngettext("person takes part", "people take part", found.people))
    chapter.count(found.scheduled, ngettext("meeting", "meetings", found.scheduled))
    if not found.slots:
        return chapter
    chapter.ask(found.people > 1 and last_run(event.id) is None, _("Run the matching: nobody has been matched yet."))
    chapter.ask(
        found.proposed,
        ngettext(
            "Publish one meeting that is still a draft.",
            "Publish %(num)s meetings that are still drafts.",
            found.proposed,
        ),
    )
    chapter.ask(
        found.unplaced_requests,
        ngettext(
            "Find a time for one request that was accepted.",
            "Find a time for %(num)s requests that were accepted.",
            found.unplaced_requests,
        ),
    )
    return chapter


def _door_chapter(event: Event, now: datetime) -> Chapter:
    chapter = Chapter(_("Door"), reach("door.index"))
    badges = badge_count(event.id)
    chapter.count(badges, ngettext("badge", "badges", badges))
    today = local_day(now, event.timezone)
    if today in event.days:
        came = arrivals_on(event.id, today)
        chapter.count(came, ngettext("person arrived today", "people arrived today", came))
    chapter.ask(not points(event.id), _("Say where badges are scanned: there is no door yet."))
    return chapter


def _mail_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("Mail"), reach("outbox.index"))
    states = counts_by_state(event.slug)
    out = states[MailState.SENT] + states[MailState.KEPT]
    waiting, failed = states[MailState.WAITING] + states[MailState.SENDING], states[MailState.FAILED]
    chapter.count(out, ngettext("mail out", "mails out", out))
    chapter.count(waiting, ngettext("mail waiting", "mails waiting", waiting))
    chapter.ask(
        failed,
        ngettext(
            "Look after one mail that could not be sent.", "Look after %(num)s mails that could not be sent.", failed
        ),
        reach("outbox.index", state=MailState.FAILED.value),
    )
    return chapter


def _report_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("Report"), reach("report.index"))
    came = len(first_arrivals(event.id))
    chapter.count(came, ngettext("person came", "people came", came))
    return chapter


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show the story of the event, chapter by chapter."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    chapters = [
        _event_chapter(event),
        _people_chapter(event),
        _agenda_chapter(sessions_of(event.id)),
        _matchmaking_chapter(event, now),
        _door_chapter(event, now),
        _mail_chapter(event),
        _report_chapter(event),
    ]
    days_left = (event.starts_on - local_day(now, event.timezone)).days
    return render_template(
        "organise/index.html",
        chapters=chapters,
        open_things=sum(len(chapter.todo) for chapter in chapters),
        days_left=days_left,
        is_over=local_day(now, event.timezone) > event.ends_on,
    )


@bp.get("/agenda")
def agenda(slug: str) -> ResponseReturnValue:
    """List every session with what it lacks; on request only those that lack something."""
    event = event_or_404(slug)
    sessions = sessions_of(event.id)
    gaps = gaps_of(sessions)
    only_missing = request.args.get("missing") == "1"
    shown = [session for session in sessions if gaps[session.id] or not only_missing]
    days: dict[object, list[Session]] = {}
    for session in shown:
        days.setdefault(local_day(session.starts_at, event.timezone) if session.starts_at else None, []).append(session)
    return render_template(
        "organise/agenda.html",
        days=days,
        gaps={key: [_(gap.value) for gap in found] for key, found in gaps.items()},
        lacking=sum(bool(found) for found in gaps.values()),
        only_missing=only_missing,
        total=len(sessions),
    )
