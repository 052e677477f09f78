"""The organiser's run: what is put before the core, and its answer in terms of people and slots."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from lsos.db import db
from lsos.events.models import Event
from lsos.matchmaking.affinity import affinity
from lsos.matchmaking.answers import Answer
from lsos.matchmaking.days import DayWish
from lsos.matchmaking.exposure import Exposure, full_prices, prices_at, trade_off
from lsos.matchmaking.fairness import with_dial
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.model import Affinity, Participant, Taxonomy
from lsos.matchmaking.reasons import Why
from lsos.matchmaking.rules import Objection, objections
from lsos.matchmaking.scheduling import Pair, Problem, Progress, Schedule, solve
from lsos.meetings.blocks import blocks_of
from lsos.meetings.limit_rules import Most
from lsos.meetings.limits import limits_by_day, limits_of
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSettings, MeetingSlot
from lsos.meetings.places import day_lengths, local_day, open_slots, slots_of
from lsos.meetings.portraits import answers_of, kept, portraits, taxonomy_of
from lsos.meetings.preferences import day_wishes, mornings, preferences_of
from lsos.meetings.queries import taking_part, unplaced_requests
from lsos.meetings.rules import BOOKED, WISHED, MeetingState, RequestState, WishGrade, pair_value
from lsos.meetings.wishes import all_wishes, avoided_at
from lsos.registration.right_rules import Rights, may_ask
from lsos.registration.rights import kinds_of, rights_at
from lsos.scheduling.rules import FIRST, SPREADS, RunSettings
from lsos.scheduling.seats import Places, places_of

if TYPE_CHECKING:
    from networkx import Graph

#: How many people each is suggested.
BEST = 30
#: One of the two has asked already.
ASKED = 0.3
#: Keeps a share of nothing from being one of zero.
TINY = 1e-9
#: What keeps two apart although one of them wishes to meet the other.
BARRED = frozenset({Objection.SAME_ORGANISATION, Objection.NEVER, Objection.NEITHER_MAY_ASK})


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
    #: How well each pair that may meet fits.
    scores: Mapping[Pair, float]
    #: How many people wish something for their days.
    day_wishes: int
    #: How evenly people are suggested, and what that costs, at the chosen position of the dial and at others.
    exposures: list[Exposure] = field(default_factory=list)

    @property
    def coverage(self) -> dict[int, int]:
        """Give how many people have how many meetings, if it came to be as planned."""
        had = Counter(person for a, b, _ in self.schedule.meetings for person in (a, b))
        return dict(sorted(Counter(had[person] for person in self.people).items()))

    def unmet(self) -> dict[str, dict[str, int]]:
        """Count the wishes that were not met, by reason: agreed requests, and matches that nobody asked for."""
        counts: dict[str, Counter[str]] = {"requests": Counter(), "matches": Counter()}
        for pair, why in self.schedule.unmet.items():
            counts["requests" if pair in self.agreed else "matches"][why.value] += 1
        return {kind: dict(count) for kind, count in counts.items()}


@dataclass(frozen=True)
class Question:
    """All that a run asks of the database, read in one go, so that whoever looks for an answer holds nothing of it."""

    ids: list[int]
    people: list[Participant]
    taxonomy: Taxonomy
    answers: list[Answer]
    #: Pairs of which one has asked the other.
    asked: frozenset[Pair]
    #: What people wish of others, by who wishes and about whom.
    wishes: dict[tuple[int, int], WishGrade]
    #: By their owner, whom they never meet.
    avoided: dict[int, frozenset[int]]
    #: Pairs that both said yes to.
    agreed: frozenset[Pair]
    #: Of the slots in the order of time; those of a trial are below 0.
    slot_ids: list[int]
    #: Meetings that stay where they are: first, second, slot.
    standing: list[tuple[int, int, int]]
    available: dict[int, set[int]]
    places: Places
    #: How many meetings each may have.
    most: dict[int, Most]
    #: What people wish for their days.
    day_wishes: dict[int, DayWish]
    days: tuple[int, ...]
    #: For each day, its slots before noon.
    mornings: tuple[int, ...]


def plan(event: Event, settings: MeetingSettings, *, now: datetime, chosen: RunSettings) -> Plan:
    """Find whom everybody should meet, and a schedule that keeps the meetings there are; stores nothing."""
    return answer(read(event, settings, now=now), chosen)


def read(event: Event, settings: MeetingSettings, *, now: datetime, chosen: RunSettings | None = None) -> Question:
    """Read what a run works on; with what is asked by way of trial: more slots and tables than there are."""
    ids = taking_part(event.id)
    declined = _declined(event.id)
    kinds = kinds_of(event.id)
    rights = rights_at(event.id)
    wishes = _that_count(all_wishes(event.id), kinds, rights)
    closed = _closed(kinds, rights)
    here = set(ids)
    stored = slots_of(event.id)
    trial = chosen or RunSettings()
    added = more_slots(event, settings, stored, trial)
    slots = sorted([*stored, *added], key=lambda slot: slot.starts_at)
    number = {slot.id: place for place, slot in enumerate(slots)}
    available = {
        registration_id: {number[slot.id] for slot in found if slot.starts_at > now}
        for registration_id, found in open_slots(event.id, ids, added=added).items()
    }
    asked = frozenset(_asked(event.id, now))
    agreed = frozenset((r.low_id, r.high_id) for r in unplaced_requests(event.id) if {r.low_id, r.high_id} <= here)
    days = day_lengths(slots, event.timezone)
    return Question(
        ids=ids,
        people=[
            replace(p, never=_refused(p.key, declined, wishes), may_not_ask=closed[kinds[p.key]])
            for p in portraits(ids).values()
        ],
        taxonomy=taxonomy_of(event.id),
        answers=answers_of(event.id),
        asked=asked,
        wishes=wishes,
        avoided=avoided_at(event.id),
        agreed=agreed,
        slot_ids=[slot.id for slot in slots],
        standing=[(a, b, number[slot_id]) for a, b, slot_id in _standing(event.id)],
        available=available,
        places=places_of(
            event.id,
            number,
            people=ids,
            wanted=[*asked, *agreed],
            available=available,
            more_tables=trial.more_tables,
        ),
        most={registration_id: budget.most for registration_id, budget in limits_of(ids).items()},
        day_wishes=day_wishes(preferences_of(ids), slots, event.timezone),
        days=days,
        mornings=mornings(slots, days, event.timezone),
    )


def answer(
    question: Question,
    chosen: RunSettings,
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """Answer what was read; touches no database, so it may take its time."""
    graph, scores = _fits(question)
    full = full_prices(graph, count=FIRST)
    prices = prices_at(full, chosen.spread)
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
        for key in question.ids
        for rank, (other, fit) in enumerate(_suggested(graph, key, question, prices), start=1)
    ]
    problem = _problem(question, _values(scores, question), chosen)
    schedule = solve(problem, seconds=chosen.seconds, heeds_clock=chosen.heeds_clock, progress=progress, stop=stop)
    schedule = replace(schedule, unmet={pair: unrevealing(why) for pair, why in schedule.unmet.items()})
    standing = {(a, b) for a, b, _ in problem.locked}
    proposals = [
        Proposal(a, b, question.slot_ids[slot], scores.get((a, b), 0.0))
        for a, b, slot in schedule.meetings
        if (a, b) not in standing
    ]
    dials = sorted({*SPREADS, chosen.spread})
    exposures = trade_off(graph, dials, count=FIRST, full=full)
    return Plan(
        question.ids, len(scores), rows, proposals, schedule, question.agreed, scores, len(problem.wishes), exposures
    )


def problem_of(question: Question, chosen: RunSettings) -> Problem:
    """Put what was read before the core, to be asked otherwise than for a draft."""
    return _problem(question, _values(_fits(question)[1], question), chosen)


def _fits(question: Question) -> tuple["Graph[int]", dict[Pair, float]]:
    """Say who fits whom, and how well each pair that may meet does."""
    graph = candidate_graph(question.people, question.taxonomy, best=BEST, answers=question.answers)
    edges: Iterable[tuple[int, int, float]] = graph.edges(data="score")
    scores = {(min(a, b), max(a, b)): score for a, b, score in edges}
    people = {person.key: person for person in question.people}
    for (one, other), grade in question.wishes.items():
        pair = (min(one, other), max(one, other))
        if grade in WISHED and pair not in scores and set(pair) <= people.keys():
            a, b = (people[each] for each in pair)
            if BARRED.isdisjoint(objections(a, b, question.taxonomy)):
                scores[pair] = affinity(a, b, question.taxonomy).fused
    return graph, scores


def _suggested(
    graph: "Graph[int]", key: int, question: Question, prices: Mapping[int, float]
) -> list[tuple[int, Affinity]]:
    """Rank whom to suggest to somebody, with what they wish themselves; whom they never meet is not among them.

    Who would be suggested to more people than others has a price, by which the fit is divided, so that not everybody
    reads the same five. Wishes of the other are nobody's to read, so they do not move anybody; nor does it that the
    other never meets them.
    """
    never = question.avoided.get(key, frozenset())
    found = [(other, fit) for other, fit in suggestions(graph, key) if other not in never]
    priced = {other: fit.fused / prices[other] for other, fit in found}
    #: The best stays as good as the best was, so that a wish outweighs it as before.
    scale = max((fit.fused for _, fit in found), default=0.0) / max([*priced.values(), TINY])
    found.sort(key=lambda each: -pair_value(priced[each[0]] * scale, question.wishes.get((key, each[0]))))
    return found[:BEST]


def _values(scores: Mapping[Pair, float], question: Question) -> dict[Pair, float]:
    return {
        (a, b): pair_value(score, question.wishes.get((a, b)), question.wishes.get((b, a)))
        + (ASKED if (a, b) in question.asked else 0.0)
        for (a, b), score in scores.items()
    }


def unrevealing(why: Why) -> Why:
    """Say why two do not meet as everybody may read it: that one never meets the other, nobody learns."""
    return Why.NO_COMMON_SLOT if why is Why.RULE else why


def _problem(question: Question, values: Mapping[Pair, float], chosen: RunSettings) -> Problem:
    """Put the event before the core: slots by number, agreed pairs as must-meets, what stands as locked."""
    places = question.places
    available = {person: set(found) - places.shut.get(person, set()) for person, found in question.available.items()}
    had: defaultdict[int, set[int]] = defaultdict(set)
    for a, b, slot in question.standing:
        for person in (a, b):
            #: A meeting stands although its people have left the matching, or have a session there since.
            available.setdefault(person, set()).add(slot)
            had[person].add(slot)
    met = {(a, b) for a, b, _ in question.standing}
    problem = Problem(
        slots=len(question.slot_ids),
        tables=places.tables,
        available={person: frozenset(found) for person, found in available.items()},
        pairs={pair: value for pair, value in values.items() if pair not in met},
        without_table=frozenset(
            pair for pair in {*values, *question.agreed} if pair not in met and not places.hosts.isdisjoint(pair)
        ),
        #: Two people who said yes to each other come before any schedule without them.
        musts=frozenset(pair for pair in question.agreed if pair not in met),
        forbidden=frozenset(
            (min(owner, other), max(owner, other)) for owner, others in question.avoided.items() for other in others
        )
        - met,
        caps={
            person: max(most.in_all, len(had[person]))
            for person, most in question.most.items()
            if person in available and most.in_all is not None
        },
        limits=tuple(limits_by_day(question.most, available, question.days, had)),
        locked=tuple(question.standing),
        wishes={person: wish for person, wish in question.day_wishes.items() if person in available},
        days=question.days,
        mornings=question.mornings,
        leeway=chosen.leeway,
    )
    return with_dial(problem, chosen.dial)


def more_slots(
    event: Event, settings: MeetingSettings, slots: Sequence[MeetingSlot], chosen: RunSettings
) -> list[MeetingSlot]:
    """Make up the slots that are asked for by way of trial: at the end of each block, and of each day.

    A block is what the organiser made as one, or a row of slots with no more than the usual pause between two. What
    would reach into the next slot, or into another day, is left out. They are written nowhere.
    """
    blocks = blocks_of(event.id)
    added: list[MeetingSlot] = []
    for last, following in [*pairwise(slots), *((slot, None) for slot in slots[-1:])]:
        block = next((one for one in blocks if one.starts_at <= last.starts_at < one.ends_at), None)
        pause = timedelta(minutes=block.buffer_minutes if block else settings.buffer_minutes)
        if following is not None and following.starts_at - last.ends_at <= pause:
            continue
        today = local_day(last.starts_at, event.timezone)
        ends_day = following is None or local_day(following.starts_at, event.timezone) != today
        at, length = last.ends_at + pause, last.ends_at - last.starts_at
        for _ in range(chosen.slots_a_block + chosen.slots_a_day * ends_day):
            reaches = following is not None and at + length > following.starts_at
            if reaches or local_day(at + length, event.timezone) != today:
                break
            added.append(MeetingSlot(id=-1 - len(added), event_id=event.id, starts_at=at, ends_at=at + length))
            at += length + pause
    return added


def _standing(event_id: int) -> list[tuple[int, int, int]]:
    """List what stays where it is, real meetings and locked drafts: first, second, slot."""
    stays = or_(Meeting.state.in_(BOOKED), and_(Meeting.state == MeetingState.PROPOSED, Meeting.is_locked))
    rows = db.session.execute(
        select(Meeting.first_id, Meeting.second_id, Meeting.slot_id).where(Meeting.event_id == event_id, stays)
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


def _refused(
    key: int, declined: Mapping[int, Collection[int]], wishes: Mapping[tuple[int, int], WishGrade]
) -> frozenset[int]:
    """Name whom somebody declined and did not wish to meet since."""
    return frozenset(other for other in declined.get(key, ()) if wishes.get((key, other)) not in WISHED)


def _that_count(
    wishes: Mapping[tuple[int, int], WishGrade], kinds: Mapping[int, int], rights: Rights
) -> dict[tuple[int, int], WishGrade]:
    """Leave out the wishes to meet somebody whom the one who wishes may not ask any more."""
    return {
        (owner, other): grade
        for (owner, other), grade in wishes.items()
        if grade not in WISHED or may_ask(rights.of(kinds[owner], kinds[other]))
    }


def _closed(kinds: Mapping[int, int], rights: Rights) -> dict[int, frozenset[int]]:
    """Give, for each kind of participation, the people whom those of this kind may not ask."""
    people: dict[int, set[int]] = defaultdict(set)
    for registration_id, kind in kinds.items():
        people[kind].add(registration_id)
    return {
        kind: frozenset(
            each for other, found in people.items() if not may_ask(rights.of(kind, other)) for each in found
        )
        for kind in people
    }


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
