"""What a phone must know to decide on its own: the points it scans at, and of each guest what the desk is shown.

No address, no answer, no badge: a badge is known by a hash under a key that is in this one snapshot and nowhere else,
from which no badge can be read. The phone keeps all of it encrypted, and forgets it after the event. A kiosk, which
stands among guests, knows first names only.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from lsos.accounts.models import Person
from lsos.agenda.models import SessionPerson, SessionSignup
from lsos.audit import AuditEntry
from lsos.checkin import facts, queries
from lsos.checkin.device_rules import AFTER, guest_key, new_badge_key
from lsos.checkin.models import Device, Scan, ScanPoint
from lsos.checkin.rows import Held
from lsos.checkin.rules import PointKind
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.organisations.models import Organisation
from lsos.questionnaires.models import Question
from lsos.questionnaires.queries import (
    ask_of,
    asked_at_the_door_of_all,
    asked_of_strangers,
    asks_anything,
    questions_at_the_door,
)
from lsos.questionnaires.rules import AskedWhen
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.transfers import handed_on_of_all


@dataclass(frozen=True)
class Snapshot:
    """All that a phone knows, as plain values.

    Attributes:
        stamp: changes whenever anything in it may have.
        data: what is sent.
    """

    stamp: str
    data: dict[str, Any]


def stamp(event: Event, device: Device) -> str:
    """Name the last that happened at an event and to a device: while it stays the same, so does the snapshot."""
    noted = select(func.max(AuditEntry.id)).where(AuditEntry.scope == event.slug)
    scanned = select(func.max(Scan.id)).where(Scan.event_id == event.id)
    of_device = (device.id, device.paired_at, device.point_id, device.may_choose_point, *rights(device).values())
    parts = (db.session.scalar(noted), db.session.scalar(scanned), *of_device)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def rights(device: Device) -> dict[str, bool]:
    """Say what the holder of a device may do; a phone that hears of a change begins anew."""
    return {"is_kiosk": device.is_kiosk, "may_search": device.may_search, "may_register": device.may_register}


def points_for(device: Device) -> list[ScanPoint]:
    """List the points at which a device scans: its own, or all where its holder may choose."""
    points = queries.points(device.event_id)
    return points if device.may_choose_point else [point for point in points if point.id == device.point_id]


def snapshot(event: Event, device: Device, *, now: datetime) -> Snapshot:
    """Gather what a device must know; as many statements for 20,000 guests as for twelve."""
    mark, badge_key = stamp(event, device), new_badge_key()
    points = points_for(device)
    held = facts.held_at(points)
    sessions = {one.id for some in held.values() for one in some if one.takes_signups}
    has_tables = any(point.kind is PointKind.TABLES for point in points)
    ends_at = moment(event.ends_on, event.doors_close, event.timezone)
    return Snapshot(
        mark,
        {
            "stamp": mark,
            "made_at": facts.milliseconds(now),
            "forget_at": facts.milliseconds(ends_at + AFTER),
            "event": asdict(facts.event_facts(event)) | {"uid": event.uid, "timezone": event.timezone},
            "badge_key": badge_key.hex(),
            "rights": rights(device),
            "points": _points(points, held),
            "types": _types(event.id, with_questions=device.may_register),
            #: Which questions are open stands with each guest; what they answered before stands nowhere.
            "questions": [] if device.is_kiosk else [question_data(one) for one in questions_at_the_door(event.id)],
            "guests": _guests(
                event, sessions, badge_key=badge_key, has_tables=has_tables, is_kiosk=device.is_kiosk, now=now
            ),
        },
    )


def _points(points: Collection[ScanPoint], held: Mapping[int, Sequence[Held]]) -> list[dict[str, Any]]:
    titles = {one.id: one.title for some in held.values() for one in some}
    found = []
    for point in points:
        known = asdict(facts.point_facts(point, held.get(point.id, ()))) | {"name": asdict(point.name)}
        for one in known["sessions"]:
            one["title"] = asdict(titles[one["id"]])
        found.append(known)
    return found


def _types(event_id: int, *, with_questions: bool) -> dict[str, Any]:
    rows = db.session.scalars(select(ParticipationType).where(ParticipationType.event_id == event_id)).all()
    known: dict[str, Any] = {
        kind.code: {"name": {"pl": kind.name.pl, "en": kind.name.en}, "days": kind.days} for kind in rows
    }
    if with_questions and asks_anything(event_id, at=AskedWhen.CHECK_IN):
        for kind in rows:
            known[kind.code]["asks"] = [question.code for question in asked_of_strangers(event_id, kind.id)]
    return known


def question_data(question: Question) -> dict[str, Any]:
    """Give a question as a phone puts it: its words, its options, its conditions."""
    ask, version = ask_of(question), question.current
    both = [(name, getattr(version, name)) for name in ("label", "help", "unit")]
    return {
        "code": question.code,
        "kind": ask.kind.value,
        **{name: {"pl": words.pl, "en": words.en} for name, words in both if words},
        "options": [
            {"code": one.code, "name": {"pl": one.name.pl, "en": one.name.en}, "is_full": one.free == 0}
            for one in question.offered
        ],
        "when": [
            {"code": each.code, "test": each.test.value, "values": sorted(each.values)} for each in ask.conditions
        ],
        "is_required": ask.is_required,
        "required_from": ask.required_from.isoformat() if ask.required_from else None,
        "least": version.least or None,
        "most": version.most or None,
        "length": ask.length,
    }


def _guests(
    event: Event,
    sessions: Collection[int],
    *,
    badge_key: bytes,
    has_tables: bool,
    is_kiosk: bool,
    now: datetime,
) -> list[dict[str, Any]]:
    past = facts.past_of_all(event.id)
    signed_up = _signed_up(event.id, sessions)
    meetings = _meetings(event.id, now) if has_tables else {}
    handed_on = handed_on_of_all(event.id)
    questions = asked_at_the_door_of_all(event.id)
    replaced: dict[int, list[str]] = {}
    for number, code in queries.replaced_badges(event.id):
        replaced.setdefault(number, []).append(guest_key(badge_key, code))
    rows = db.session.execute(
        select(
            Registration.id,
            Registration.badge_code,
            Registration.state,
            Registration.desk_note,
            ParticipationType.code,
            Person.given_name,
            Person.family_name,
            Organisation.name,
        )
        .join(Registration.person)
        .join(Registration.participation_type)
        .outerjoin(Registration.organisation)
        .where(Registration.event_id == event.id)
        .order_by(Registration.id)
    )
    guests = []
    keys: dict[int, str] = {}
    for number, badge, state, note, kind, given, family, organisation in rows:
        guest: dict[str, Any] = {"key": guest_key(badge_key, badge), "kind": kind}
        guest["name"] = given if is_kiosk else f"{given} {family}".strip()
        #: What is not there says nothing: most guests have neither a note nor a past.
        said = {
            "state": None if state is RegistrationState.CONFIRMED else state.value,
            "organisation": organisation if not is_kiosk else None,
            "was_handed_on": state is RegistrationState.CANCELLED and number in handed_on,
            "note": note if not is_kiosk else None,
            "has_note": is_kiosk and bool(note),
            "has_questions": is_kiosk and number in questions,
            "asks": questions.get(number) if not is_kiosk else None,
            #: Badges of theirs that are not valid any more, as they are known by.
            "replaced": replaced.get(number),
            "signed_up": signed_up.get(number),
            "meetings": meetings.get(number),
            "past": [asdict(each) for each in past.get(number, ())],
        }
        guests.append(guest | {name: value for name, value in said.items() if value})
        keys[number] = guest["key"]
    #: With whom: the desk says whose badge comes next.
    for number, key in keys.items():
        for meeting in meetings.get(number, ()):
            meeting["others"] = [keys[each] for each in meeting["others"] if each in keys and keys[each] != key]
    return guests


def _signed_up(event_id: int, sessions: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if not sessions:
        return found
    theirs = select(SessionSignup.registration_id, SessionSignup.session_id).where(
        SessionSignup.session_id.in_(sessions)
    )
    parts = (
        select(Registration.id, SessionPerson.session_id)
        .join(Registration, Registration.person_id == SessionPerson.person_id)
        .where(SessionPerson.session_id.in_(sessions), Registration.event_id == event_id)
    )
    for registration_id, session_id in db.session.execute(theirs.union(parts)):
        found.setdefault(registration_id, []).append(session_id)
    return found


def _meetings(event_id: int, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """Give the meetings that are not over, by who takes part; the desk says who is missing."""
    rows = db.session.execute(
        select(MeetingParticipant.registration_id, Meeting, MeetingTable.number)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .outerjoin(MeetingTable, MeetingTable.id == Meeting.table_id)
        .where(
            Meeting.event_id == event_id,
            or_(Meeting.state.in_(BOOKED), Meeting.state == MeetingState.NO_SHOW),
            Meeting.ends_at > now,
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for registration_id, meeting, table in rows:
        found.setdefault(registration_id, []).append(
            {
                "id": meeting.id,
                "begins": facts.milliseconds(meeting.starts_at),
                "ends": facts.milliseconds(meeting.ends_at),
                "table": table,
                "is_held": meeting.state is MeetingState.HELD,
                "others": [meeting.first_id, meeting.second_id],
            }
        )
    return found
