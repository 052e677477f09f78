"""The organiser's run: what is put before the core, and its answer in terms of people and slots."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.scheduling import COVERAGE_BONUS, Pair, Problem, Schedule, solve
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSettings, MeetingSlot
from lsos.meetings.places import day_lengths, open_slots, slots_of, tables_of
from lsos.meetings.portraits import answers_of, kept, portraits, taxonomy_of
from lsos.meetings.queries import taking_part, unplaced_requests
from lsos.meetings.rules import BOOKED, RequestState

#: How many people each is suggested.
BEST = 30
#: One of the two has asked already.
ASKED = 0.3


@dataclass(frozen=True)
class Proposal:
    """A meeting that the run would like: two registrations in the order of their ids, a slot, and how well they fit."""

    first_id: int
    second_id: int
    slot_id: int
    score: float


@dataclass(frozen=True)
class Plan:
    """The answer of a run, before it is stored."""

    people: list[int]
    candidate_pairs: int
    #: Rows of `Suggestion`.
    suggestions: list[dict[str, Any]]
    proposals: list[Proposal]
    schedule: Schedule
    #: Pairs that both said yes to.
    agreed: frozenset[Pair]

    def unmet(self) -> dict[str, dict[str, int]]:
        """Count the wishes that were not met, by reason: agreed requests, and matches that nobody asked for."""
        counts: dict[str, Counter[str]] = {"requests": Counter(), "matches": Counter()}
        for pair, why in self.schedule.unmet.items():
            counts["requests" if pair in self.agreed else "matches"][why.value] += 1
        return {kind: dict(count) for kind, count in counts.items()}


def plan(event: Event, settings: MeetingSettings, *, now: datetime, seconds: float) -> Plan:
    """Find whom everybody should meet, and a schedule that keeps the meetings there are; stores nothing."""
    ids = taking_part(event.id)
    declined = _declined(event.id)
    people = [replace(p, never=frozenset(declined[p.key])) for p in portraits(ids).values()]
    graph = candidate_graph(people, taxonomy_of(event.id), best=BEST, answers=answers_of(event.id))
    edges: Iterable[tuple[int, int, float]] = graph.edges(data="score")
    scores: dict[Pair, float] = {(min(a, b), max(a, b)): score for a, b, score in edges}
    rows = [
        {
            "registration_id": key,
            "other_id": other,
            "rank": rank,
            "score": fit.fused,
            "score_for_me": fit.a_gains,
            "score_for_other": fit.b_gains,
            "reasons": [kept(reason) for reason in fit.reasons],
        }
        for key in ids
        for rank, (other, fit) in enumerate(suggestions(graph, key, BEST), start=1)
    ]
    here = set(ids)
    agreed = frozenset((r.low_id, r.high_id) for r in unplaced_requests(event.id) if {r.low_id, r.high_id} <= here)
    slots = slots_of(event.id)
    problem = _problem(
        event,
        settings,
        slots,
        ids=ids,
        values=_values(scores, _asked(event.id, now)),
        agreed=agreed,
        standing=_standing(event.id),
        now=now,
    )
    schedule = solve(problem, seconds=seconds)
    standing = {(a, b) for a, b, _ in problem.locked}
    proposals = [
        Proposal(a, b, slots[slot].id, scores.get((a, b), 0.0))
        for a, b, slot in schedule.meetings
        if (a, b) not in standing
    ]
    return Plan(ids, len(scores), rows, proposals, schedule, agreed)


def _values(scores: Mapping[Pair, float], asked: Collection[Pair]) -> dict[Pair, float]:
    return {pair: score + (ASKED if pair in asked else 0.0) for pair, score in scores.items()}


def _problem(
    event: Event,
    settings: MeetingSettings,
    slots: Sequence[MeetingSlot],
    *,
    ids: Sequence[int],
    values: Mapping[Pair, float],
    agreed: frozenset[Pair],
    standing: Sequence[tuple[int, int, int]],
    now: datetime,
) -> Problem:
    """Put the event before the core: slots by number, agreed pairs as must-meets, the meetings there are as locked."""
    number = {slot.id: place for place, slot in enumerate(slots)}
    available = {
        registration_id: {number[slot.id] for slot in found if slot.starts_at > now}
        for registration_id, found in open_slots(event.id, ids).items()
    }
    locked = tuple((a, b, number[slot_id]) for a, b, slot_id in standing)
    had: Counter[int] = Counter()
    for a, b, slot in locked:
        for person in (a, b):
            #: A meeting stands although its people have left the matching, or have a session there since.
            available.setdefault(person, set()).add(slot)
            had[person] += 1
    met = {(a, b) for a, b, _ in locked}
    return Problem(
        slots=len(slots),
        tables=[len(tables_of(event.id))] * len(slots),
        available={person: frozenset(found) for person, found in available.items()},
        pairs={pair: value for pair, value in values.items() if pair not in met},
        #: Two people who said yes to each other come before any schedule without them.
        musts=frozenset(pair for pair in agreed if pair not in met),
        caps={person: max(settings.max_per_person, had[person]) for person in available},
        locked=locked,
        first_meeting_bonus=COVERAGE_BONUS,
        days=day_lengths(slots, event.timezone),
    )


def _standing(event_id: int) -> list[tuple[int, int, int]]:
    """List the real meetings of an event: first, second, slot."""
    rows = db.session.execute(
        select(Meeting.first_id, Meeting.second_id, Meeting.slot_id).where(
            Meeting.event_id == event_id, Meeting.state.in_(BOOKED)
        )
    )
    return [(first_id, second_id, slot_id) for first_id, second_id, slot_id in rows if slot_id is not None]


def _declined(event_id: int) -> dict[int, set[int]]:
    """Give, for who declined, whom they declined: a plan does not bring together who said no."""
    declined: dict[int, set[int]] = defaultdict(set)
    for to_id, from_id in db.session.execute(
        select(MeetingRequest.to_id, MeetingRequest.from_id).where(
            MeetingRequest.event_id == event_id, MeetingRequest.state == RequestState.DECLINED
        )
    ):
        declined[to_id].add(from_id)
    return declined


def _asked(event_id: int, now: datetime) -> set[Pair]:
    """List the pairs of which one has asked and the other has not answered yet."""
    rows = db.session.execute(
        select(MeetingRequest.low_id, MeetingRequest.high_id).where(
            MeetingRequest.event_id == event_id,
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > now,
        )
    )
    return {(row[0], row[1]) for row in rows}
