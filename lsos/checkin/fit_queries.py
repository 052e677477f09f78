"""How many people want each session: who starred it, has or waits for a seat, or was seen in its room during it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select, union_all
from sqlalchemy.orm import aliased

from lsos.agenda.models import Session, SessionSignup, SessionStar, SessionWaiting
from lsos.checkin.models import Scan, ScanPoint
from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import db
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState

#: People come in a little before a session begins.
EARLY = timedelta(minutes=15)
#: Who is in a room already is seen again.
_IN = (ScanResult.ADMITTED, ScanResult.AGAIN)


def wanted_by(sessions: Collection[Session], event_id: int) -> dict[int, int]:
    """Count the people who want each session of an event, each once, by its id; what nobody wants is left out."""
    people: defaultdict[int, set[int]] = defaultdict(set)
    starred = (
        select(SessionStar.session_id, SessionStar.registration_id)
        .join(Registration, Registration.id == SessionStar.registration_id)
        .where(Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED)
    )
    seats = [
        select(table.session_id, table.registration_id)
        .join(Session, Session.id == table.session_id)
        .where(Session.event_id == event_id)
        for table in (SessionSignup, SessionWaiting)
    ]
    for session_id, registration_id in db.session.execute(union_all(starred, *seats)).all():
        people[session_id].add(registration_id)

    in_room: defaultdict[int, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.room_id is not None and session.when is not None:
            in_room[session.room_id].append(session)
    undo = aliased(Scan)
    scans = db.session.execute(
        select(ScanPoint.room_id, Scan.registration_id, Scan.scanned_at)
        .join(ScanPoint, ScanPoint.id == Scan.point_id)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.event_id == event_id,
            ScanPoint.kind == PointKind.ROOM,
            Scan.result.in_(_IN),
            undo.id.is_(None),
        )
    )
    for room_id, guest_id, at in scans:
        for session in in_room.get(room_id or 0, ()):
            when = session.when
            if when is not None and guest_id is not None and when.starts_at - EARLY <= at < when.ends_at:
                people[session.id].add(guest_id)
    return {session_id: len(found) for session_id, found in people.items()}
