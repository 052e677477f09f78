"""The call list: whose answers to requests unlock most, and who was called."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound
from lsos.events.models import Event
from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, affinity_of
from lsos.matchmaking.fairness import coverage_bonus
from lsos.matchmaking.outline import outlines
from lsos.meetings import wishes
from lsos.meetings.limits import Budget, budgets
from lsos.meetings.models import MeetingRequest
from lsos.meetings.places import free_slots, settings_of
from lsos.meetings.portraits import portraits, taxonomy_of
from lsos.meetings.queries import taking_part, whole_person
from lsos.meetings.rules import RequestState
from lsos.meetings.threads import waits_for_asker
from lsos.registration.models import Registration
from lsos.scheduling.call_rules import Unlocked, Waiting, meeting_value, unlocked
from lsos.scheduling.models import Called
from lsos.scheduling.queries import last_run
from lsos.scheduling.rules import RunSettings

Pair = tuple[int, int]


@dataclass(frozen=True)
class Call:
    """Somebody to call: what their answers would unlock, and whether they were called already."""

    person: Registration
    unlocks: Unlocked
    called: Called | None


def call_list(event_id: int, *, now: datetime) -> list[Call]:
    """List the people whose answers unlock something, the most valuable first; who was called stands last.

    What an answer is worth is what the planning would give the meetings that could come of it: how well the two fit,
    and what a first meeting counts. Requests that nobody will ever read, since one avoids the other, are left out.
    """
    owed = _owed(event_id, now)
    people = {each for pair in owed for each in pair}
    if not people or settings_of(event_id) is None:
        return []
    run = last_run(event_id)
    scores = _scores(event_id, [(min(pair), max(pair)) for pair in owed])
    bonus = coverage_bonus(RunSettings.of(run.settings if run else {}).dial, max(scores.values(), default=0.0))
    may = budgets(people)
    had = {who: sum(may[who].had.values()) for who in people}
    free = {
        who: frozenset(slot.id for slot in found if may[who].refusal(slot.starts_at) is None)
        for who, found in free_slots(event_id, people, now=now).items()
    }
    waiting: defaultdict[int, list[Waiting]] = defaultdict(list)
    for who, other in owed:
        waiting[who].append(
            Waiting(
                other=other,
                value=meeting_value(scores[min(who, other), max(who, other)], (had[who], had[other]), bonus),
                slots=free[who] & free[other],
                is_first=had[other] == 0,
            )
        )
    found = {who: unlocked(waits, _room(may[who])) for who, waits in waiting.items()}
    return _told({who: what for who, what in found.items() if what.meetings})


def _room(budget: Budget) -> int | None:
    most = budget.most.in_all
    return None if most is None else max(0, most - sum(budget.had.values()))


def _told(found: Mapping[int, Unlocked]) -> list[Call]:
    rows = db.session.scalars(select(Registration).where(Registration.id.in_(found)).options(*whole_person()))
    called = {
        one.registration_id: one
        for one in db.session.scalars(
            select(Called).where(Called.registration_id.in_(found)).options(joinedload(Called.by))
        )
    }
    calls = [Call(person, found[person.id], called.get(person.id)) for person in rows]
    return sorted(calls, key=lambda call: (call.called is not None, -call.unlocks.value, call.person.id))


def _owed(event_id: int, now: datetime) -> list[Pair]:
    """List who owes whom an answer: whoever was asked, or asked themselves and has a question to answer."""
    asks_back = waits_for_asker()
    rows = db.session.execute(
        select(MeetingRequest.from_id, MeetingRequest.to_id, asks_back).where(
            MeetingRequest.event_id == event_id,
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > now,
            ~wishes.is_hidden(),
        )
    ).all()
    here = set(taking_part(event_id))
    return [
        (from_id, to_id) if waits_for_from else (to_id, from_id)
        for from_id, to_id, waits_for_from in rows
        if {from_id, to_id} <= here
    ]


def _scores(event_id: int, pairs: Collection[Pair]) -> dict[Pair, float]:
    """Say how well pairs fit as they stand now; each person is looked at once, however many ask for them."""
    taxonomy = taxonomy_of(event_id)
    people = portraits({each for pair in pairs for each in pair})
    seen = {each.person.key: each for each in outlines(list(people.values()), taxonomy)}
    return {(a, b): affinity_of(seen[a], seen[b], taxonomy, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).fused for a, b in pairs}


def mark(event: Event, uid: str, *, was_called: bool, by: int | None, now: datetime) -> Registration:
    """Note that somebody was called, or that they were not.

    Raises:
        NotFound: nobody of this id takes part in the event.
    """
    with transaction() as session:
        person = session.scalar(
            select(Registration)
            .where(Registration.uid == uid, Registration.event_id == event.id)
            .options(joinedload(Registration.person))
            .with_for_update(of=Registration)
        )
        if person is None:
            raise NotFound(N_("There is no such registration at this event."))
        kept = session.get(Called, person.id)
        if was_called and kept is None:
            session.add(Called(registration_id=person.id, at=now, by_id=by))
        elif not was_called and kept is not None:
            session.delete(kept)
        audit.record(
            session,
            "call.made" if was_called else "call.not_made",
            actor_id=by,
            scope=event.slug,
            object_uid=person.uid,
        )
    return person
