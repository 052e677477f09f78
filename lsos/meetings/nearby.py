"""Whom somebody who waits in vain can meet at once: people who fit them, and who are free in this very slot."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import networkx as nx

from lsos.matchmaking.instant import after_a_no_show
from lsos.meetings.limits import budgets
from lsos.meetings.models import Meeting
from lsos.meetings.places import open_slots, taken_slots
from lsos.meetings.portraits import reasons_of
from lsos.meetings.queries import suggestions_of, under_way
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
    """Name up to three people whom somebody can meet whose partner did not come, the best fit first.

    `arrived` says who is in the house today. Asked are only those with whom nothing is under way, who have no session,
    no block and no meeting in this slot, and room for a further one; who keeps apart from whom is honoured both ways.
    """
    suggested = {each.other_id: each for each in suggestions_of(waiting.id, limit=LOOKED_AT)[0]}
    candidates = [other for other in suggested if other in arrived]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from([(waiting.id, other, suggested[other].score) for other in candidates], weight="score")
    budget, taken = budgets(candidates), taken_slots(candidates)
    open_to = open_slots(meeting.event_id, candidates)
    free = {
        other
        for other in candidates
        if budget[other].refusal(meeting.starts_at) is None
        and meeting.slot_id not in taken.get(other, ())
        and meeting.slot_id in {slot.id for slot in open_to[other]}
    }
    busy_with = {(min(waiting.id, other), max(waiting.id, other)) for other in under_way(waiting.id, now=now)}
    found = after_a_no_show(
        graph,
        waiting.id,
        absent=meeting.other(waiting.id).id,
        free=free,
        met=busy_with,
        never=apart_at(meeting.event_id),
        best=NAMED,
    )
    return [_told(suggested[partner.key].other, suggested[partner.key].reasons, names) for partner in found.partners]


def _told(person: Registration, reasons: list[dict[str, object]], names: Vocabulary) -> FreeNow:
    favour = in_words(reasons_of(reasons), person.person.name, names).in_favour
    return FreeNow(person, favour[0] if favour else "")
