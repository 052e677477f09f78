"""People as the matchmaking core sees them: registrations and profiles turned into codes, and what the codes mean."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lsos.db import db
from lsos.events.models import FocusArea, FocusAreaTag
from lsos.matchmaking.affinity import affinity
from lsos.matchmaking.answers import Answer, Verdict
from lsos.matchmaking.model import Affinity, Participant, Reason, ReasonKind, Taxonomy
from lsos.meetings.models import MeetingRequest
from lsos.meetings.rules import RequestState
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.rules import Direction
from lsos.taxonomy.models import CooperationType, FundingStage, Tag, TagGroup, TicketBand
from lsos.texts import Bilingual

#: Cooperation that brings money, so that stage and ticket size are compared.
FUNDING = frozenset({"investment"})


def taxonomy_of(event_id: int) -> Taxonomy:
    """Say what the codes of an event mean to each other."""
    areas: dict[str, set[str]] = defaultdict(set)
    rows = db.session.execute(
        select(Tag.code, FocusArea.code)
        .join(FocusAreaTag, FocusAreaTag.tag_id == Tag.id)
        .join(FocusArea, FocusArea.id == FocusAreaTag.focus_area_id)
        .where(FocusArea.event_id == event_id)
    )
    for tag, area in rows:
        areas[tag].add(area)
    groups = db.session.execute(select(Tag.code, TagGroup.code).join(Tag.group)).all()
    cooperation = db.session.scalars(select(CooperationType)).all()
    tags = db.session.scalars(select(Tag)).all()
    return Taxonomy(
        symmetric=frozenset(kind.code for kind in cooperation if kind.is_symmetric),
        tag_areas={tag: frozenset(found) for tag, found in areas.items()},
        tag_groups={row[0]: row[1] for row in groups},
        funding=FUNDING,
        tag_names={tag.code: _wordings(tag.name) for tag in tags},
        cooperation_names={kind.code: _wordings(kind.name) for kind in cooperation},
    )


def _wordings(name: Bilingual) -> tuple[str, ...]:
    return tuple(filter(None, (name.pl, name.en)))


def portraits(registration_ids: Collection[int]) -> dict[int, Participant]:
    """Turn registrations with their profiles into what the core reads; the same number of queries for any number."""
    found = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(registration_ids))
        .order_by(Registration.id)
        .options(
            joinedload(Registration.stakeholder_type),
            joinedload(Registration.organisation),
            selectinload(Registration.focus_areas),
            selectinload(Registration.profile).options(
                selectinload(Profile.tags),
                selectinload(Profile.stages),
                selectinload(Profile.ticket_bands),
                selectinload(Profile.listings).options(
                    joinedload(Listing.cooperation_type),
                    joinedload(Listing.focus_area),
                    selectinload(Listing.tags),
                    selectinload(Listing.stages),
                    selectinload(Listing.ticket_bands),
                ),
            ),
        )
    )
    return {registration.id: portrait(registration) for registration in found}


def portrait(registration: Registration) -> Participant:
    """Turn one registration into what the core reads: the profile, and what its open offers and requests say.

    As in the market, an offer or request speaks for itself, and for what it leaves open its profile does. The core
    knows one readiness a person: the best that is brought, and the least that is wanted by any request.
    """
    profile = registration.profile or Profile(tags=[], stages=[], ticket_bands=[], listings=[])
    kind = registration.stakeholder_type
    town = registration.organisation.city if registration.organisation else ""
    listings = [listing for listing in profile.listings if not listing.is_closed]
    texts = [profile.about, *(words for listing in listings for words in (listing.title, listing.details))]
    return Participant(
        key=registration.id,
        organisation=registration.organisation_id,
        role=kind.code if kind else "",
        offers=_codes(listings, Direction.OFFER),
        seeks=_codes(listings, Direction.SEEK),
        tags=frozenset(tag.code for tags in (profile.tags, *(each.tags for each in listings)) for tag in tags),
        focus_areas=frozenset(area.code for area in registration.focus_areas).union(
            listing.focus_area.code for listing in listings if listing.focus_area
        ),
        stages=_of_funding(listings, profile, lambda each: each.stages),
        tickets=_of_funding(listings, profile, lambda each: each.ticket_bands),
        trl=_best_brought(listings, profile),
        trl_sought=_least_wanted(listings, profile),
        text=" ".join(wording for text in texts if text for wording in _wordings(text)),
        places=frozenset({town} if town else ()),
    )


def _of_funding(
    listings: Iterable[Listing],
    profile: Profile,
    named: Callable[[Listing | Profile], Iterable[FundingStage | TicketBand]],
) -> frozenset[int]:
    """Give the positions of what is named about money: by each offer or request of it, or else by the profile."""
    own = list(named(profile))
    sums = [list(named(listing)) or own for listing in listings if listing.cooperation_type.code in FUNDING]
    return frozenset(each.position for found in sums or [own] for each in found)


def _best_brought(listings: Iterable[Listing], profile: Profile) -> int | None:
    levels = [listing.trl or profile.trl for listing in listings if listing.direction is Direction.OFFER]
    return max((level for level in levels or [profile.trl] if level is not None), default=None)


def _least_wanted(listings: Iterable[Listing], profile: Profile) -> int | None:
    """Give the least readiness that is wanted; none where a request leaves it open."""
    levels = [listing.trl or profile.trl_sought for listing in listings if listing.direction is Direction.SEEK]
    return min((level or 0 for level in levels or [profile.trl_sought]), default=0) or None


def _codes(listings: Iterable[Listing], direction: Direction) -> frozenset[str]:
    return frozenset(listing.cooperation_type.code for listing in listings if listing.direction is direction)


def answers_of(event_id: int) -> list[Answer]:
    """List what people answered at an event so far: who asks says yes, and who was asked yes or no."""
    rows = db.session.execute(
        select(MeetingRequest.from_id, MeetingRequest.to_id, MeetingRequest.state)
        .where(MeetingRequest.event_id == event_id)
        .order_by(MeetingRequest.id)
    )
    verdicts = {RequestState.ACCEPTED: Verdict.ACCEPT, RequestState.DECLINED: Verdict.DECLINE}
    answers = []
    for from_id, to_id, state in rows:
        if state in {RequestState.OPEN, *verdicts}:
            answers.append(Answer(from_id, to_id, Verdict.ACCEPT))
        if state in verdicts:
            answers.append(Answer(to_id, from_id, verdicts[state]))
    return answers


def fits(event_id: int, registration_id: int, other_ids: Collection[int]) -> dict[int, Affinity]:
    """Say how others fit somebody now, by their ids; side "for_a" is what it brings that somebody."""
    if not other_ids:
        return {}
    people = portraits({registration_id, *other_ids})
    taxonomy = taxonomy_of(event_id)
    me = people[registration_id]
    return {other_id: affinity(me, people[other_id], taxonomy) for other_id in other_ids}


def kept(reason: Reason) -> dict[str, Any]:
    """Turn a reason into what a suggestion keeps of it."""
    return {"kind": reason.kind.value, "side": reason.side, "codes": list(reason.codes), "weight": reason.weight}


def reasons_of(rows: Iterable[dict[str, Any]]) -> list[Reason]:
    """Read back what a suggestion keeps; a kind that is no more is passed over."""
    known = set(ReasonKind)
    return [
        Reason(ReasonKind(row["kind"]), row["side"], tuple(row["codes"]), row["weight"])
        for row in rows
        if row["kind"] in known
    ]
