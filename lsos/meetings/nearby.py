"""Whom somebody can meet at once: people who fit them, and who are free in this very slot or the next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import networkx as nx

from lsos.matchmaking.instant import partners_now
from lsos.meetings.limits import budgets
from lsos.meetings.models import Meeting
from lsos.meetings.places import open_slots, taken_slots
from lsos.meetings.portraits import reasons_of
from lsos.meetings.queries import suggestions_of, under_way
from lsos.meetings.walk_up_queries import slots_now
from lsos.meetings.wishes import apart_at
from lsos.meetings.words import Vocabulary, in_words
from lsos.registration.models import Registration

#: So many of the stored suggestions are looked at: who fits less is no consolation.
LOOKED_AT = 60
#: So many are named, as few choose from more while standing.
NAMED = 3


@dataclass(frozen=True)
class FreeNow:
    """Somebody free to meet now, with the best reason to."""

    person: Registration
    reason: str


def free_instead(
    meeting: Meeting, waiting: Registration, arrived: Collection[int], names: Vocabulary, *, now: datetime
) -> list[FreeNow]:
    """Name up to three people whom somebody can meet whose partner did not come, the best fit first."""
    slots = {meeting.slot_id} if meeting.slot_id is not None else set()
    return _free(waiting, slots, arrived, names, now=now)


def free_at_once(me: Registration, arrived: Collection[int], names: Vocabulary, *, now: datetime) -> list[FreeNow]:
    """Name up to three people with whom somebody can sit down in this slot or the next, the best fit first."""
    taken = taken_slots([me.id]).get(me.id, set())
    mine = {slot.id for slot in open_slots(me.event_id, [me.id])[me.id]} - taken
    return _free(me, mine & {slot.id for slot in slots_now(me.event_id, now)}, arrived, names, now=now)


def _free(
    me: Registration,
    slots: Collection[int],
    arrived: Collection[int],
    names: Vocabulary,
    *,
    now: datetime,
) -> list[FreeNow]:
    """Name those free in one of some slots.

    `arrived` says who is in the house today. Asked are only those with whom nothing is under way, who have no session,
    no block and no meeting then, and room for a further one; who keeps apart from whom is honoured both ways.
    """
    suggested = {each.other_id: each for each in suggestions_of(me.id, limit=LOOKED_AT)[0]}
    candidates = [other for other in suggested if other in arrived]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_node(me.id)
    graph.add_weighted_edges_from([(me.id, other, suggested[other].score) for other in candidates], weight="score")
    budget, taken = budgets(candidates), taken_slots(candidates)
    open_to = open_slots(me.event_id, candidates)
    free = {
        other
        for other in candidates
        for slot in open_to[other]
        if slot.id in slots and slot.id not in taken.get(other, ()) and budget[other].refusal(slot.starts_at) is None
    }
    busy_with = {(min(me.id, other), max(me.id, other)) for other in under_way(me.id, now=now)}
    #: Whoever did not come has a meeting with them, and so is under way.
    found = partners_now(
        graph, me.id, free=free | {me.id}, tables_left=1, met=busy_with, never=apart_at(me.event_id), best=NAMED
    )
    return [_told(suggested[partner.key].other, suggested[partner.key].reasons, names) for partner in found.partners]


def _told(person: Registration, reasons: list[dict[str, object]], names: Vocabulary) -> FreeNow:
    favour = in_words(reasons_of(reasons), person.person.name, names).in_favour
    return FreeNow(person, favour[0] if favour else "")
