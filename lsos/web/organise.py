"""The organiser's overview: the story of an event from its first lines to its report, and what is left to do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos.agenda.models import Session
from lsos.agenda.queries import gaps_of, sessions_of
from lsos.agenda.stars import stars_of
from lsos.agenda.waiting_queries import waiting_in
from lsos.checkin.queries import arrivals_on, badge_count, first_arrivals
from lsos.drafting.queries import draft_of, released_differences
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import MailState, counts_by_state
from lsos.meetings.queries import Outlook, outlook
from lsos.registration.queries import counts_by_state as registrations_by_state
from lsos.registration.rules import RegistrationState
from lsos.web.cockpit import cockpit, facts_of
from lsos.web.navigation import reach
from lsos.web.room_fit import too_small
from lsos.web.session import event_or_404, only
from lsos.web.timetable import local_day
from lsos.wording import number

bp = Blueprint("organise", __name__, url_prefix="/events/<slug>/organise")
bp.before_request(only(Role.READER))


@dataclass
class Chapter:
    """One chapter of the story, and what stands there, in figures."""

    title: str
    address: str | None
    figures: list[tuple[str, str]] = field(default_factory=list)
    has_begun: bool = False

    def count(self, value: int, label: str) -> None:
        """Add a figure."""
        self.figures.append((number(value), label))
        self.has_begun = self.has_begun or bool(value)


def _event_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("Event"), reach("facts.edit") or reach("edition.index"))
    chapter.count(len(event.days), ngettext("day", "days", len(event.days)))
    return chapter


def _people_chapter(states: dict[RegistrationState, int]) -> Chapter:
    chapter = Chapter(_("People"), reach("people.index"))
    confirmed, waiting = states[RegistrationState.CONFIRMED], states[RegistrationState.WAITLISTED]
    pending = states[RegistrationState.PENDING]
    chapter.count(confirmed, ngettext("person confirmed", "people confirmed", confirmed))
    chapter.count(pending, ngettext("waits for approval", "wait for approval", pending))
    chapter.count(waiting, ngettext("person on the waiting list", "people on the waiting list", waiting))
    return chapter


def _agenda_chapter(sessions: list[Session]) -> Chapter:
    chapter = Chapter(_("Agenda"), reach("organise.agenda"))
    chapter.count(len(sessions), ngettext("session", "sessions", len(sessions)))
    taken = sum(session.signed_up for session in sessions)
    chapter.count(taken, ngettext("sign-up", "sign-ups", taken))
    return chapter


def _matchmaking_chapter(found: Outlook) -> Chapter:
    chapter = Chapter(_("Matchmaking"), reach("matching.index"))
    chapter.count(found.people, ngettext("person takes part", "people take part", found.people))
    chapter.count(found.scheduled, ngettext("meeting", "meetings", found.scheduled))
    return chapter


def _door_chapter(event: Event, now: datetime) -> Chapter:
    chapter = Chapter(_("Door"), reach("door.index"))
    badges = badge_count(event.id)
    chapter.count(badges, ngettext("badge", "badges", badges))
    today = local_day(now, event.timezone)
    if today in event.days:
        came = arrivals_on(event.id, today)
        chapter.count(came, ngettext("person arrived today", "people arrived today", came))
    return chapter


def _mail_chapter(states: dict[MailState, int]) -> Chapter:
    chapter = Chapter(_("Mail"), reach("outbox.index"))
    out = states[MailState.SENT] + states[MailState.KEPT]
    waiting = states[MailState.WAITING] + states[MailState.SENDING]
    chapter.count(out, ngettext("e-mail sent", "e-mails sent", out))
    chapter.count(waiting, ngettext("e-mail waiting", "e-mails waiting", waiting))
    return chapter


def _report_chapter(event: Event) -> Chapter:
    chapter = Chapter(_("Report"), reach("report.index"))
    came = len(first_arrivals(event.id))
    chapter.count(came, ngettext("person came", "people came", came))
    return chapter


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what blocks the event today and what will, with the button for each; then its story in figures."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    today = local_day(now, event.timezone)
    states, mails = registrations_by_state(event.id), counts_by_state(event.slug)
    sessions, found = sessions_of(event.id), outlook(event.id, now=now)
    facts = facts_of(event, sessions, found, states, mails, today=today, now=now)
    chapters = [
        _event_chapter(event),
        _people_chapter(states),
        _agenda_chapter(sessions),
        _matchmaking_chapter(found),
        _door_chapter(event, now),
        _mail_chapter(mails),
        _report_chapter(event),
    ]
    return render_template(
        "organise/index.html",
        chapters=chapters,
        cockpit=cockpit(facts, today=today),
        days_left=(event.starts_on - today).days,
        is_over=today > event.ends_on,
    )


def _ways_of_agenda() -> list[tuple[str, list[tuple[str, str]]]]:
    """List where one goes from the agenda, in the order of the work; only what the reader may open."""
    ways = [
        (
            _("Plan"),
            [
                ("building.index", _("Build it for me")),
                ("rooms.index", _("Rooms, their hours, and absences")),
                ("tracks.index", _("Focus areas, zones and formats")),
                ("releases.severities", _("How bad conflicts are, and breaks")),
            ],
        ),
        (
            _("Show"),
            [
                ("programme.index", _("As people read it")),
                ("programme.book", _("All on one page, to print")),
                ("changes.index", _("What releases changed")),
                ("embedding.edit", _("In your web site")),
                ("attendance.index", _("Who was where")),
            ],
        ),
        (
            _("Files"),
            [
                ("programme_import.index", _("Bring a programme from a file")),
                ("programme_files.calendar", _("Calendar")),
                ("programme_files.xml", "schedule.xml"),
                ("programme_files.json", "schedule.json"),
                ("programme_files.table", _("Table (CSV)")),
                ("api.event", _("For other programs (JSON API)")),
            ],
        ),
    ]
    reached = [
        (what, [(label, address) for endpoint, label in pairs if (address := reach(endpoint))]) for what, pairs in ways
    ]
    return [(what, links) for what, links in reached if links]


#: What the list of sessions may be narrowed to.
MISSING, SMALL = "missing", "small"


@bp.get("/agenda")
def agenda(slug: str) -> ResponseReturnValue:
    """List every session with what it lacks; on request only those that lack something, or whose room is too small."""
    event = event_or_404(slug)
    sessions, draft = sessions_of(event.id), draft_of(event.id)
    gaps, small = gaps_of(sessions), too_small(draft, sessions)
    only = next((name for name in (MISSING, SMALL) if request.args.get(name) == "1"), "")
    found = {MISSING: {key for key, lacks in gaps.items() if lacks}, SMALL: set(small)}
    days: dict[object, list[Session]] = {}
    for session in sessions:
        if not only or session.id in found[only]:
            day = local_day(session.starts_at, event.timezone) if session.starts_at else None
            days.setdefault(day, []).append(session)
    return render_template(
        "organise/agenda.html",
        days=days,
        differing=released_differences(draft),
        unreleased=[content for uid, content in draft.contents.items() if uid not in draft.released],
        gaps={key: [_(gap.value) for gap in lacks] for key, lacks in gaps.items()},
        lacking=len(found[MISSING]),
        only=only,
        stars=stars_of(event.id),
        too_small=small,
        waiting=waiting_in(event.id),
        total=len(sessions),
        ways=_ways_of_agenda(),
    )
