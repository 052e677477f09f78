"""Drafts of a schedule, inside the transaction that a use case owns: written, published, counted."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.orm import Session

from lsos.db import db
from lsos.events.models import Event
from lsos.matchmaking.exposure import Exposure
from lsos.matchmaking.problem import Placed
from lsos.matchmaking.reasons import Why
from lsos.meetings import mails
from lsos.meetings.booking import lock, remove_drafts
from lsos.meetings.limits import budgets
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, Suggestion
from lsos.meetings.places import free_slots, meeting_counts, slots_of
from lsos.meetings.queries import has_meeting, takes_part, unplaced_requests, whole_meetings
from lsos.meetings.rules import LIVE_REQUESTS, MeetingOrigin, MeetingState, RequestState, is_expired
from lsos.meetings.wishes import apart_at
from lsos.registration.models import Registration
from lsos.registration.rights import rights_at
from lsos.scheduling.models import MatchingRun, UnmetWish
from lsos.scheduling.planning import Plan
from lsos.scheduling.seats import seated


def drafts_of(event_id: int, *, with_locked: bool) -> list[int]:
    """List the ids of the drafts of an event in the order of time; those that are locked only on request."""
    whose = Meeting.event_id == event_id, Meeting.state == MeetingState.PROPOSED
    return list(
        db.session.scalars(
            select(Meeting.id)
            .where(*whose, *([] if with_locked else [Meeting.is_locked.is_(False)]))
            .order_by(Meeting.starts_at, Meeting.id)
        )
    )


class _Room:
    """What is free while drafts are written or published: people's slots and counts, and tables."""

    def __init__(
        self,
        event: Event,
        people: Mapping[int, Registration],
        now: datetime,
        *,
        with_drafts: bool = False,
    ):
        self._takes_part = {i for i, person in people.items() if takes_part(person)}
        found = free_slots(event.id, people, now=now, with_drafts=with_drafts)
        self._free = {i: {slot.id for slot in slots} for i, slots in found.items()}
        self._budgets = budgets(people, with_drafts=with_drafts)
        self._kinds = {i: person.participation_type_id for i, person in people.items()}
        self._rights = rights_at(event.id)

    def has(self, pair: tuple[int, int], slot_id: int | None, at: datetime, *, is_agreed: bool) -> bool:
        """Say whether a pair can meet in a slot; one of the two could ask the other, unless they agreed already."""
        one, other = (self._kinds[i] for i in pair)
        if not is_agreed and not self._rights.may_be_matched(one, other):
            return False
        return all(
            i in self._takes_part and slot_id in self._free[i] and self._budgets[i].refusal(at) is None for i in pair
        )

    def take(self, pair: tuple[int, int], slot_id: int | None, at: datetime) -> None:
        for i in pair:
            self._free[i].discard(slot_id or 0)
            self._budgets[i].take(at)


def keep(session: Session, event: Event, run: MatchingRun, made: Plan, *, now: datetime) -> None:
    """Keep what a run found: suggestions, drafts in place of those that are not locked, figures, unmet wishes.

    The settings are locked, so that two runs at once follow one another.
    """
    people = lock(session, made.people)
    session.execute(
        delete(Suggestion).where(
            Suggestion.registration_id.in_(
                select(Registration.id).where(Registration.event_id == event.id).scalar_subquery()
            )
        )
    )
    if made.suggestions:
        session.execute(insert(Suggestion), made.suggestions)
    remove_drafts(session, drafts_of(event.id, with_locked=False))
    run.summary = summary(made, put_drafts(session, event, made, people, now=now))
    session.flush()
    _keep_unmet(session, run, made, people)


def _keep_unmet(session: Session, run: MatchingRun, made: Plan, people: Collection[int]) -> None:
    """Write down who does not meet, and why; of earlier runs only what is published stays.

    Whom a rule keeps apart stands nowhere: it may be somebody's private never.
    """
    forget_unmet(session, run.event_id, but=run.id)
    rows = [
        {
            "run_id": run.id,
            "low_id": low,
            "high_id": high,
            "why": why,
            "is_agreed": (low, high) in made.agreed,
            "score": made.scores.get((low, high), 0.0),
        }
        for (low, high), why in made.schedule.unmet.items()
        if low in people and high in people and why is not Why.RULE
    ]
    if rows:
        session.execute(insert(UnmetWish), rows)


def forget_unmet(session: Session, event_id: int, *, but: int, with_published: bool = False) -> None:
    """Forget who does not meet, but for one run and, unless it is over too, for those that were published."""
    others = and_(MatchingRun.event_id == event_id, MatchingRun.id != but)
    if not with_published:
        others = and_(others, MatchingRun.published_at.is_(None))
    session.execute(
        delete(UnmetWish)
        .where(UnmetWish.run_id.in_(select(MatchingRun.id).where(others).scalar_subquery()))
        .execution_options(synchronize_session=False)
    )


def put_drafts(
    session: Session,
    event: Event,
    made: Plan,
    people: Mapping[int, Registration],
    *,
    now: datetime,
) -> list[Meeting]:
    """Write a plan down as drafts, leaving out what has changed since it was made; the people are locked.

    The drafts that are there by now are those that are to stay: real meetings and they hold their places.
    """
    room = _Room(event, people, now, with_drafts=True)
    slots = slots_of(event.id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    met = _met(event.id)
    requests = {(request.low_id, request.high_id): request.id for request in unplaced_requests(event.id)}
    wanted: dict[Placed, float] = {}
    for proposal in made.proposals:
        pair, place = (proposal.first_id, proposal.second_id), number.get(proposal.slot_id)
        if place is None or pair in met or not set(pair) <= people.keys():
            continue
        slot = slots[place]
        if room.has(pair, slot.id, slot.starts_at, is_agreed=pair in requests):
            room.take(pair, slot.id, slot.starts_at)
            wanted[*pair, place] = proposal.score
    drafts = []
    for (first_id, second_id, place), table in seated(event.id, [slot.id for slot in slots], wanted).items():
        pair, slot = (first_id, second_id), slots[place]
        drafts.append(
            Meeting(
                event_id=event.id,
                request_id=requests.get(pair),
                origin=MeetingOrigin.REQUEST if pair in requests else MeetingOrigin.MATCHING,
                state=MeetingState.PROPOSED,
                first_id=pair[0],
                second_id=pair[1],
                slot_id=slot.id,
                table_id=table.id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                sequence=0,
                score=wanted[first_id, second_id, place],
                created_at=now,
                participants=[MeetingParticipant(registration_id=person, slot_id=slot.id) for person in pair],
            )
        )
    session.add_all(drafts)
    session.flush()
    return drafts


def _met(event_id: int) -> set[tuple[int, int]]:
    rows = db.session.execute(
        select(Meeting.first_id, Meeting.second_id).where(
            Meeting.event_id == event_id, Meeting.state != MeetingState.CANCELLED
        )
    )
    return {(row[0], row[1]) for row in rows}


def publish_some(session: Session, event: Event, draft_ids: Sequence[int], *, now: datetime) -> tuple[int, int]:
    """Publish some drafts; gives back how many stand now, and how many had to be dropped."""
    pairs = session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.id.in_(draft_ids))).all()
    people = lock(session, {each for pair in pairs for each in pair})
    drafts = session.scalars(
        whole_meetings()
        .where(Meeting.id.in_(draft_ids), Meeting.state == MeetingState.PROPOSED)
        .order_by(Meeting.id)
        .with_for_update(of=Meeting)
        .execution_options(populate_existing=True)
    ).all()
    room = _Room(event, people, now)
    requests = _live_requests(session, event.id, people)
    apart = apart_at(event.id)
    good, gone = [], []
    for draft in drafts:
        pair = (draft.first_id, draft.second_id)
        asked = requests.get(pair)
        is_agreed = asked is not None and asked.state is RequestState.ACCEPTED
        if (
            set(pair) <= people.keys()
            and pair not in apart
            and room.has(pair, draft.slot_id, draft.starts_at, is_agreed=is_agreed)
        ):
            room.take(pair, draft.slot_id, draft.starts_at)
            good.append(draft)
        else:
            gone.append(draft.id)
    for draft in good:
        draft.state = MeetingState.SCHEDULED
        request = requests.get((draft.first_id, draft.second_id))
        if request is not None and not is_expired(request.state, request.expires_at, now):
            #: Who asked is heard: a place in the schedule is the answer.
            if request.state is RequestState.OPEN:
                request.state, request.answered_at = RequestState.ACCEPTED, now
            draft.request_id, draft.origin = request.id, MeetingOrigin.REQUEST
    session.flush()
    for draft in good:
        mails.scheduled(session, draft, now=now)
    return len(good), remove_drafts(session, gone)


def _live_requests(session: Session, event_id: int, people: Collection[int]) -> dict[tuple[int, int], MeetingRequest]:
    found = session.scalars(
        select(MeetingRequest)
        .where(
            MeetingRequest.event_id == event_id,
            MeetingRequest.state.in_(LIVE_REQUESTS),
            MeetingRequest.low_id.in_(people),
            ~has_meeting(),
        )
        .order_by(MeetingRequest.id)
        .with_for_update(of=MeetingRequest)
    )
    return {(request.low_id, request.high_id): request for request in found}


def summary(made: Plan, drafts: Sequence[Meeting]) -> dict[str, Any]:
    """Put a run into figures, as the organiser's page shows them."""
    counts = meeting_counts(made.people, with_drafts=True)
    coverage = Counter(counts[person] for person in made.people)
    return {
        "people": len(made.people),
        "candidate_pairs": made.candidate_pairs,
        "meetings": len(drafts) + len(made.schedule.meetings) - len(made.proposals),
        "drafts": len(drafts),
        "value": round(made.schedule.value, 3),
        "bound": round(made.schedule.bound, 3),
        "breaks": made.schedule.breaks,
        "least_breaks": made.schedule.least_breaks,
        "musts": made.schedule.musts,
        "musts_bound": made.schedule.musts_bound,
        #: How many people have so many meetings, by the number as text, since JSON knows no other keys.
        "coverage": {str(number): people for number, people in sorted(coverage.items())},
        "unmet": made.unmet(),
        "agreed": len(made.agreed),
        #: How many people wish something for their days, and of how many of them something is not kept.
        "day_wishes": made.day_wishes,
        "day_wishes_unkept": len(made.schedule.unkept),
        "exposures": [_exposure(each) for each in made.exposures],
    }


def _exposure(found: Exposure) -> dict[str, float]:
    return {
        "dial": found.dial,
        "gini": round(found.gini, 3),
        "most": found.most,
        "unseen": found.unseen,
        "loss": round(found.loss, 4),
    }
