"""Reads of who has what at an event, as a release concerns them; in a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Select, select

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionPerson, SessionSignup, SessionStar
from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.drafting.changes import Appointment, Change, Guest
from lsos.drafting.narrowing import Holding, held_in, outside
from lsos.drafting.queries import Draft
from lsos.drafting.rules import Tie, is_told
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import BOOKED
from lsos.registration.models import Registration


def guests_of(event_id: int, changes: Collection[Change]) -> list[Guest]:
    """List everybody who has a place or speaks in a session that a release changes, with what else takes their time."""
    uids = [change.uid for change in changes]
    speaking = {one for change in changes for one in change.after.person_ids}
    concerned = set(
        db.session.scalars(
            select(Registration.person_id)
            .join(SessionSignup, SessionSignup.registration_id == Registration.id)
            .join(Session, Session.id == SessionSignup.session_id)
            .where(Session.event_id == event_id, Session.uid.in_(uids))
        )
    )
    concerned |= speaking | {one for change in changes if change.before for one in change.before.person_ids}
    signups: dict[int, set[str]] = defaultdict(set)
    for person_id, uid in db.session.execute(
        select(Registration.person_id, Session.uid)
        .join(SessionSignup, SessionSignup.registration_id == Registration.id)
        .join(Session, Session.id == SessionSignup.session_id)
        .where(Session.event_id == event_id, Session.starts_at.is_not(None))
    ).all():
        signups[person_id].add(uid)
    speaks: dict[int, set[str]] = defaultdict(set)
    for person_id, uid in db.session.execute(
        select(SessionPerson.person_id, Session.uid).join(SessionPerson.session).where(Session.event_id == event_id)
    ).all():
        speaks[person_id].add(uid)
    meetings = _meetings(event_id)
    names = db.session.execute(
        select(Person.id, Person.given_name, Person.family_name)
        .where(Person.id.in_(concerned))
        .order_by(Person.search_key, Person.id)
    )
    return [
        Guest(
            key,
            f"{given} {family}".strip(),
            frozenset(signups.get(key, ())),
            frozenset(speaks.get(key, ())),
            tuple(meetings.get(key, ())),
        )
        for key, given, family in names
    ]


def _meetings(event_id: int) -> dict[int, list[Appointment]]:
    found: dict[int, list[Appointment]] = defaultdict(list)
    rows = db.session.execute(
        select(Registration.person_id, Meeting.uid, Meeting.starts_at, Meeting.ends_at)
        .join(MeetingParticipant, MeetingParticipant.registration_id == Registration.id)
        .join(MeetingParticipant.meeting)
        .where(Meeting.event_id == event_id, Meeting.state.in_(BOOKED))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    for person_id, uid, starts_at, ends_at in rows:
        found[person_id].append(Appointment(uid, Interval(starts_at, ends_at)))
    return found


def times_after(draft: Draft) -> dict[int, list[Interval]]:
    """Say when somebody would be in a session once the draft is released, by registration: by place, or by name."""
    times = {
        uid: when
        for uid, content in draft.contents.items()
        if (when := content.when) is not None and not content.is_withdrawn
    }
    found: dict[int, list[Interval]] = defaultdict(list)
    for registration_id, uid in db.session.execute(
        select(SessionSignup.registration_id, Session.uid)
        .join(Session, Session.id == SessionSignup.session_id)
        .where(Session.event_id == draft.event.id)
    ).all():
        if uid in times:
            found[registration_id].append(times[uid])
    named = {one for uid in times for one in draft.contents[uid].person_ids}
    registrations = db.session.execute(
        select(Registration.person_id, Registration.id).where(
            Registration.event_id == draft.event.id, Registration.person_id.in_(named)
        )
    )
    whose = {row[0]: row[1] for row in registrations}
    for uid, when in times.items():
        for one in draft.contents[uid].person_ids:
            if one in whose:
                found[whose[one]].append(when)
    return found


def told_of(event_id: int, changes: Collection[Change]) -> dict[int, dict[str, str]]:
    """Say who is told of a release, by the person's id, and of which sessions, with the closest tie to each.

    Whoever waited for a session that they may not know of any more is told that much of it, and whoever only marked it
    with a star is told nothing.
    """
    hidden: dict[Holding, set[tuple[int, str]]] = defaultdict(set)
    for one in outside(changes, held_in(event_id, changes)):
        if one.looker.person_id is not None:
            hidden[one.holding].add((one.looker.person_id, one.uid))
    by_uid: Mapping[str, Change] = {change.uid: change for change in changes if change.kinds}
    told: dict[int, dict[str, str]] = defaultdict(dict)

    def tell(person_id: int, uid: str, tie: Tie) -> None:
        if is_told(tie, by_uid[uid].kinds):
            told[person_id].setdefault(uid, tie.value)

    for uid, change in by_uid.items():
        for person_id in (*change.after.person_ids, *(change.before.person_ids if change.before else ())):
            tell(person_id, uid, Tie.PERSON)
    for tie, table in ((Tie.SIGNUP, SessionSignup), (Tie.STAR, SessionStar)):
        for person_id, uid in db.session.execute(_tied(table, event_id, by_uid)).all():
            if tie is not Tie.STAR or (person_id, uid) not in hidden[Holding.STAR]:
                tell(person_id, uid, tie)
    for person_id, uid in sorted(hidden[Holding.WAIT]):
        told[person_id].setdefault(uid, Tie.LOST.value)
    return told


def _tied(table: type[SessionSignup | SessionStar], event_id: int, uids: Collection[str]) -> Select[int, str]:
    return (
        select(Registration.person_id, Session.uid)
        .join(table, table.registration_id == Registration.id)
        .join(Session, Session.id == table.session_id)
        .where(Session.event_id == event_id, Session.uid.in_(uids))
        .order_by(Registration.id, Session.id)
    )
