"""People of the programme: who speaks and chairs, each with their sessions."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.agenda.rules import SessionRole
from lsos.texts import search_key
from lsos.web import timetable
from lsos.web.seeing import programme_here
from lsos.web.session import anyone, event_or_404

bp = Blueprint("speakers", __name__, url_prefix="/events/<slug>/speakers")
bp.before_request(anyone)


#: What may stand before the first letter of a name.
_MARKS = " '`\"()[]<>,.-"


@dataclass
class InProgramme:
    """Somebody, with the sessions they are in, in the order of time, and what they do in each."""

    person: Person
    parts: list[tuple[Session, SessionRole]] = field(default_factory=list)


def people_in(sessions: Iterable[Session]) -> list[InProgramme]:
    """List who speaks in some sessions or chairs them, by family name; whoever does both in one speaks."""
    found: dict[int, InProgramme] = {}
    for session in sessions:
        for item in session.people:
            if item.person.erased_at is not None:
                continue
            parts = found.setdefault(item.person_id, InProgramme(item.person)).parts
            if not parts or parts[-1][0] is not session:
                parts.append((session, item.role))
            elif item.role is SessionRole.SPEAKER:
                parts[-1] = (session, item.role)
    return sorted(
        found.values(),
        key=lambda one: (
            #: What a name begins with may be a bracket or an inverted comma: it is found under its first letter.
            search_key(one.person.family_name or one.person.given_name, one.person.given_name).lstrip(_MARKS),
            one.person.id,
        ),
    )


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List everybody who speaks or chairs."""
    everybody = people_in(programme_here(event_or_404(slug)))
    return render_template("programme/speakers.html", everybody=everybody)


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one person with their sessions."""
    event = event_or_404(slug)
    sessions = programme_here(event)
    found = next((one for one in people_in(sessions) if one.person.uid == uid), None) or abort(404)
    return render_template(
        "programme/speaker.html",
        one=found,
        days=timetable.days([session for session, _ in found.parts], event.timezone),
        roles={session.id: role for session, role in found.parts},
        marks_each=len({session.is_illustrative for session in sessions}) > 1,
    )
