"""Who was at which session: what became of sign-ups, for organisers, on pages and in files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.agenda.models import Session
from lsos.agenda.queries import session_by_code
from lsos.checkin.attendance import Line, Outcome, presences, roll_of, tallies
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.exporting import BETWEEN, as_csv, as_xlsx
from lsos.web.session import event_or_404, only
from lsos.web.sheets import XLSX, file_answer, put_on_record
from lsos.wording import clock, plain, stamp

bp = Blueprint("attendance", __name__, url_prefix="/events/<slug>/organise/attendance")
bp.before_request(only(Role.REGISTRATIONS))

#: What became of people, in words, in the order in which they are listed.
OUTCOMES = {
    Outcome.CAME: N_("Signed up and came"),
    Outcome.WITHOUT_SIGN_UP: N_("Came without signing up"),
    Outcome.NO_SHOW: N_("Signed up and did not come"),
    Outcome.EXPECTED: N_("Signed up"),
    Outcome.UNKNOWN: N_("Signed up; nobody was scanned there, so nobody knows who came"),
}
Rows = Sequence[Sequence[str]]
_WRITERS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv", as_csv),
    "xlsx": (XLSX, lambda rows: as_xlsx(rows, name="LSOS")),
}


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the sessions with what became of their sign-ups."""
    event = event_or_404(slug)
    found = tallies(event.id, now=datetime.now(UTC))
    known = [one for one in found if one.no_shows is not None]
    return render_template(
        "attendance/index.html",
        tallies=found,
        came=sum(one.came for one in found),
        signed_up=sum(one.signed_up for one in known),
        no_shows=sum(one.no_shows or 0 for one in known),
        counted=len(known),
    )


@bp.get("/sessions/<code>")
def show(slug: str, code: str) -> ResponseReturnValue:
    """List the people of one session by what became of them."""
    event = event_or_404(slug)
    session = _session_or_404(event, code)
    lines = roll_of(session, now=datetime.now(UTC))
    return render_template(
        "attendance/show.html",
        session=session,
        groups=[(one, words, [line for line in lines if line.outcome is one]) for one, words in OUTCOMES.items()],
        has_lines=bool(lines),
    )


def _session_or_404(event: Event, code: str) -> Session:
    return session_by_code(event.id, code) or abort(404)


@bp.get("/sessions/<code>.<kind>")
def roll(slug: str, code: str, kind: str) -> ResponseReturnValue:
    """Give the people of one session as a file."""
    event = event_or_404(slug)
    session = _session_or_404(event, code)
    lines = roll_of(session, now=datetime.now(UTC))
    head = [_("Family name"), _("Given name"), _("Organisation"), _("Way to take part"), _("Attendance"), _("Since")]
    rows = [head, *(_row(event, line) for line in lines)]
    return _file(event, f"{slug}-{code}", kind, rows, what="session")


def _row(event: Event, line: Line) -> list[str]:
    one = line.registration
    return [
        one.person.family_name,
        one.person.given_name,
        one.organisation.name if one.organisation else "",
        plain(one.participation_type.name),
        _(OUTCOMES[line.outcome]),
        stamp(line.at, event.timezone) if line.at else "",
    ]


@bp.get("/people.<kind>")
def people(slug: str, kind: str) -> ResponseReturnValue:
    """Give everybody with what they attended and missed as a file."""
    event = event_or_404(slug)
    head = [_("Family name"), _("Given name"), _("Organisation"), _("Way to take part")]
    head += [_("Came in, %(day)s", day=day.isoformat()) for day in event.days]
    head += [_("Sessions attended"), _("Number of them"), _("Signed up and did not come")]
    rows = [head]
    for one in presences(event.id, now=datetime.now(UTC)):
        registration = one.registration
        came = {each.day: clock(each.at, event.timezone) for each in one.arrivals}
        rows.append(
            [
                registration.person.family_name,
                registration.person.given_name,
                registration.organisation.name if registration.organisation else "",
                plain(registration.participation_type.name),
                *(came.get(day, "") for day in event.days),
                BETWEEN.join(f"{plain(session.title)} ({clock(at, event.timezone)})" for session, at in one.sessions),
                str(len(one.sessions)),
                BETWEEN.join(plain(session.title) for session in one.no_shows),
            ]
        )
    return _file(event, f"{slug}-attendance", kind, rows, what="people")


def _file(event: Event, name: str, kind: str, rows: Rows, *, what: str) -> ResponseReturnValue:
    if kind not in _WRITERS:
        abort(404)
    mimetype, write = _WRITERS[kind]
    content = write(rows)
    put_on_record(event, "attendance.exported", rows=len(rows) - 1, what=what)
    return file_answer(f"{name}.{kind}", content, mimetype)
