"""From whom a release hides a session: whoever has something of it and may not know of it any more.

A place is kept, and who holds it goes on seeing the session; who only waits for it or marked it with a star does not.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Writing

from lsos.agenda.models import Session, SessionSignup, SessionStar, SessionWaiting
from lsos.agenda.rules import Looker, Visibility, may_see
from lsos.agenda.seeing import looker_of
from lsos.db import db
from lsos.drafting.changes import Change
from lsos.registration.models import Registration


class Holding(Enum):
    """What somebody may have of a session."""

    PLACE = SessionSignup
    WAIT = SessionWaiting
    STAR = SessionStar


@dataclass(frozen=True)
class Held:
    """What somebody has of a session."""

    uid: str
    looker: Looker
    holding: Holding


@dataclass(frozen=True)
class Narrowing:
    """A session that fewer people see after a release, with how many of those who lose it had what of it."""

    uid: str
    places: int = 0
    waits: int = 0
    stars: int = 0


def outside(changes: Collection[Change], held: Iterable[Held]) -> list[Held]:
    """Keep what is held by people who, but for it, may not know of the session after a release."""
    after = {change.uid: change.after for change in changes}
    return [
        one
        for one in held
        if one.uid in after
        and not may_see(
            after[one.uid].visibility, one.looker, people=after[one.uid].person_ids, audience=after[one.uid].audience
        )
    ]


def narrowings(changes: Collection[Change], held: Iterable[Held]) -> list[Narrowing]:
    """List the released sessions that a release shows to others than before, where it takes them from somebody."""
    changed = [
        change
        for change in changes
        if change.before is not None
        and not change.after.is_withdrawn
        and (change.before.visibility, change.before.audience) != (change.after.visibility, change.after.audience)
        and change.after.visibility is not Visibility.PUBLIC
    ]
    counted = Counter((one.uid, one.holding) for one in outside(changed, held))
    return [
        Narrowing(change.uid, *(counted[change.uid, holding] for holding in Holding))
        for change in changed
        if any(counted[change.uid, holding] for holding in Holding)
    ]


def held_in(event_id: int, changes: Collection[Change]) -> list[Held]:
    """Read what people have of those changed sessions that not everybody sees; nothing is read where there are none."""
    uids = [change.uid for change in changes if change.after.visibility is not Visibility.PUBLIC]
    if not uids:
        return []
    found = []
    for holding in Holding:
        table = holding.value
        rows = db.session.execute(
            select(Session.uid, Registration)
            .join(table, table.session_id == Session.id)
            .join(Registration, Registration.id == table.registration_id)
            .where(Session.event_id == event_id, Session.uid.in_(uids))
            .order_by(Session.id, Registration.id)
        )
        found += [Held(uid, looker_of(registration), holding) for uid, registration in rows]
    return found


def take_from_outsiders(writing: Writing, event_id: int, changes: Collection[Change]) -> None:
    """Take stars and waiting from those from whom a release hides a session, as a part of it."""
    taken = defaultdict(list)
    for one in outside(changes, held_in(event_id, changes)):
        if one.holding is not Holding.PLACE:
            taken[one.uid, one.holding].append(one.looker.registration_id)
    for (uid, holding), whose in taken.items():
        table = holding.value
        of_session = table.session_id == select(Session.id).where(Session.uid == uid).scalar_subquery()
        writing.execute(delete(table).where(of_session, table.registration_id.in_(whose)))
