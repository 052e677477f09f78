"""Reads of a call, of the proposals to it, and of what is known of their speakers."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import FocusArea
from lsos.invitations.models import Invitation
from lsos.invitations.queries import latest_to
from lsos.invitations.rules import WITHOUT_ANSWER
from lsos.proposals.models import (
    CallFormat,
    Proposal,
    ProposalCall,
    ProposalDecision,
    ProposalSpeaker,
    SpeakerProfile,
)
from lsos.proposals.rules import COUNTED, IN, SEEN, ProposalState, SpeakerGap, SpeakerState, speaker_gaps
from lsos.registration.models import Registration
from lsos.registration.rules import GIVES_UP
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual, search_key


def call_of(event_id: int) -> ProposalCall | None:
    """Find the call of an event, with what it offers."""
    return db.session.scalar(
        select(ProposalCall)
        .where(ProposalCall.event_id == event_id)
        .options(
            joinedload(ProposalCall.event),
            selectinload(ProposalCall.areas),
            selectinload(ProposalCall.formats).joinedload(CallFormat.format),
        )
    )


def _whole() -> tuple[ORMOption, ...]:
    return (
        joinedload(Proposal.author).selectinload(Person.emails),
        joinedload(Proposal.format),
        joinedload(Proposal.focus_area),
        joinedload(Proposal.decision).joinedload(ProposalDecision.decided_by),
        selectinload(Proposal.speakers).joinedload(ProposalSpeaker.person).selectinload(Person.emails),
    )


def mine_of(event_id: int, person_id: int) -> list[Proposal]:
    """List what somebody wrote or is named in as a speaker, as far as they are to know of it; the newest first."""
    speaks = select(ProposalSpeaker.proposal_id).where(
        ProposalSpeaker.person_id == person_id, ProposalSpeaker.state != SpeakerState.DECLINED
    )
    return list(
        db.session.scalars(
            select(Proposal)
            .join(Proposal.call)
            .where(ProposalCall.event_id == event_id, or_(Proposal.author_id == person_id, Proposal.id.in_(speaks)))
            .order_by(Proposal.id.desc())
            .options(*_whole())
        )
    )


def counted_of(call_id: int, person_id: int) -> int:
    """Count the proposals of somebody that count for the limit."""
    return (
        db.session.scalar(
            select(func.count(Proposal.id)).where(
                Proposal.call_id == call_id, Proposal.author_id == person_id, Proposal.state.in_(COUNTED)
            )
        )
        or 0
    )


def proposal_by_uid(event_id: int, uid: str) -> Proposal | None:
    """Find a proposal of an event, with all that its pages show."""
    return db.session.scalar(
        select(Proposal)
        .join(Proposal.call)
        .where(ProposalCall.event_id == event_id, Proposal.uid == uid)
        .options(*_whole(), joinedload(Proposal.decided_by))
    )


# ---- the organiser's list


@dataclass(frozen=True)
class Filters:
    """What an organiser narrows the list to; empty: to nothing."""

    state: ProposalState | None = None
    area: str = ""
    format: str = ""
    words: str = ""

    @property
    def is_narrow(self) -> bool:
        """Say whether something is left out."""
        return bool(self.state or self.area or self.format or self.words)


def _standing(bound: Collection[int]) -> ColumnElement[ProposalState]:
    """Say where proposals stand for an organiser; of those that bind them they know what their authors know."""
    known = func.coalesce(ProposalDecision.state, Proposal.state)
    return case((Proposal.id.in_(bound), Proposal.state), else_=known)


def counts_by_state(call_id: int, bound: Collection[int]) -> Counter[ProposalState]:
    """Count the proposals of a call by where they stand for an organiser whom `bound` binds."""
    each = (
        select(_standing(bound).label("standing"))
        .outerjoin_from(Proposal, ProposalDecision)
        .where(Proposal.call_id == call_id)
        .subquery()
    )
    rows = db.session.execute(select(each.c.standing, func.count()).group_by(each.c.standing))
    return Counter({row[0]: row[1] for row in rows})


def undecided_of(event_id: int, *, now: datetime) -> int:
    """Count what nobody has decided on though the call is closed."""
    return (
        db.session.scalar(
            select(func.count(Proposal.id))
            .join(Proposal.call)
            .where(
                ProposalCall.event_id == event_id,
                ProposalCall.closes_at <= now,
                Proposal.state == ProposalState.SENT,
                ~Proposal.decision.has(),
            )
        )
        or 0
    )


def untold_of(event_id: int, bound: Collection[int]) -> int:
    """Count on what it is decided and whose authors do not know yet, without what binds the organiser."""
    return (
        db.session.scalar(
            select(func.count(Proposal.id))
            .join(Proposal.decision)
            .join(Proposal.call)
            .where(ProposalCall.event_id == event_id, Proposal.id.not_in(bound))
        )
        or 0
    )


def unplaced_of(call_id: int) -> int:
    """Count what is confirmed and not in the draft of the programme."""
    return (
        db.session.scalar(
            select(func.count(Proposal.id)).where(
                Proposal.call_id == call_id,
                Proposal.state == ProposalState.CONFIRMED,
                Proposal.session_uid.is_(None),
            )
        )
        or 0
    )


def _narrowed(call_id: int, filters: Filters, bound: Collection[int]) -> Select[int]:
    found = select(Proposal.id).where(Proposal.call_id == call_id, Proposal.state.in_(SEEN))
    if filters.state is not None:
        found = found.outerjoin(Proposal.decision).where(_standing(bound) == filters.state)
    if filters.area:
        found = found.where(Proposal.focus_area_id.in_(select(FocusArea.id).where(FocusArea.code == filters.area)))
    if filters.format:
        found = found.where(
            Proposal.format_id.in_(select(SessionFormat.id).where(SessionFormat.code == filters.format))
        )
    return found.order_by(Proposal.sent_at, Proposal.id)


def proposal_ids(call_id: int, filters: Filters, *, bound: Collection[int] = ()) -> list[int]:
    """List what matches, in the order of time. Words are looked for in titles, abstracts and speakers' names.

    `bound` are proposals of which the reader knows no more than their authors.
    """
    ids = list(db.session.scalars(_narrowed(call_id, filters, bound)))
    wanted = search_key(filters.words).split()
    if not wanted:
        return ids
    texts: defaultdict[int, list[str]] = defaultdict(list)
    rows = db.session.execute(
        select(Proposal.id, Proposal.title, Proposal.abstract).where(
            Proposal.call_id == call_id, Proposal.state.in_(SEEN)
        )
    )
    for proposal_id, title, abstract in rows:
        texts[proposal_id] += [title.pl, title.en, abstract.pl, abstract.en]
    people = db.session.execute(
        select(ProposalSpeaker.proposal_id, Person.search_key)
        .join(ProposalSpeaker.person)
        .join(ProposalSpeaker.proposal)
        .where(Proposal.call_id == call_id)
    )
    for proposal_id, folded in people:
        texts[proposal_id].append(folded)
    folded_by_id = {key: search_key(*texts[key], at_most=None) for key in ids}
    return [key for key in ids if all(word in folded_by_id[key] for word in wanted)]


def proposals(ids: Collection[int]) -> list[Proposal]:
    """Read proposals with all that a list shows, in the order of their ids given."""
    rows = db.session.scalars(select(Proposal).where(Proposal.id.in_(ids)).options(*_whole()))
    by_id = {one.id: one for one in rows}
    return [by_id[key] for key in ids if key in by_id]


# ---- speakers


def profile_of(event_id: int, person_id: int) -> SpeakerProfile | None:
    """Find what somebody says of themselves as a speaker of an event."""
    return db.session.scalar(
        select(SpeakerProfile).where(SpeakerProfile.event_id == event_id, SpeakerProfile.person_id == person_id)
    )


def public_bio(event_id: int, person_id: int) -> Bilingual | None:
    """Give what a speaker agrees to be shown to everybody of who they are."""
    profile = profile_of(event_id, person_id)
    return profile.bio if profile is not None and profile.is_public and profile.bio else None


def is_speaker(event_id: int, person_id: int) -> bool:
    """Say whether somebody is among the speakers of anything that was proposed for an event."""
    return (
        db.session.scalar(
            select(ProposalSpeaker.id)
            .join(ProposalSpeaker.proposal)
            .join(Proposal.call)
            .where(
                ProposalCall.event_id == event_id,
                ProposalSpeaker.person_id == person_id,
                ProposalSpeaker.state != SpeakerState.DECLINED,
            )
            .limit(1)
        )
        is not None
    )


@dataclass(frozen=True)
class KnownSpeaker:
    """Somebody who is to speak, in what, and what is not known of them yet."""

    person: Person
    proposals: tuple[Proposal, ...]
    profile: SpeakerProfile | None
    gaps: tuple[SpeakerGap, ...]


def gaps_of(profile: SpeakerProfile | None, *, has_confirmed: bool = True) -> list[SpeakerGap]:
    """List what a speaker has not said of themselves."""
    return speaker_gaps(
        has_confirmed=has_confirmed,
        bio_languages=(bool(profile.bio.pl) + bool(profile.bio.en)) if profile else 0,
        has_photo_answer=profile is not None and profile.may_photograph is not None,
        days=profile.days if profile else (),
    )


def waits_for_answer(proposal: Proposal, person_id: int) -> bool:
    """Say whether a proposal was accepted and somebody, who wrote it, has not said yet that they speak."""
    return proposal.state is ProposalState.ACCEPTED and proposal.author_id == person_id


def speakers_of(event_id: int) -> list[KnownSpeaker]:
    """List who speaks in what was accepted, by name, each with what is missing."""
    rows = db.session.scalars(
        select(ProposalSpeaker)
        .join(ProposalSpeaker.proposal)
        .join(Proposal.call)
        .join(ProposalSpeaker.person)
        .where(
            ProposalCall.event_id == event_id,
            Proposal.state.in_(IN),
            ProposalSpeaker.state == SpeakerState.AGREED,
        )
        .order_by(Person.search_key, Person.id, Proposal.id)
        .options(joinedload(ProposalSpeaker.person).selectinload(Person.emails), joinedload(ProposalSpeaker.proposal))
    ).all()
    theirs: dict[int, list[ProposalSpeaker]] = {}
    for row in rows:
        theirs.setdefault(row.person_id, []).append(row)
    profiles = {
        one.person_id: one
        for one in db.session.scalars(
            select(SpeakerProfile).where(SpeakerProfile.event_id == event_id, SpeakerProfile.person_id.in_(theirs))
        )
    }
    return [
        KnownSpeaker(
            person=mine[0].person,
            proposals=tuple(one.proposal for one in mine),
            profile=profiles.get(person_id),
            gaps=tuple(
                gaps_of(
                    profiles.get(person_id),
                    has_confirmed=not any(waits_for_answer(one.proposal, person_id) for one in mine),
                )
            ),
        )
        for person_id, mine in theirs.items()
    ]


@dataclass(frozen=True)
class Coming:
    """Whether a speaker is registered for the event, and how their latest personal invitation stands."""

    registration: Registration | None
    invitation: Invitation | None

    @property
    def may_be_invited(self) -> bool:
        """Say whether a personal invitation is worth while: they are neither registered nor asked already."""
        is_asked = self.invitation is not None and self.invitation.state in WITHOUT_ANSWER
        return self.registration is None and not is_asked


def coming_of(event_id: int, speakers: Collection[KnownSpeaker]) -> dict[int, Coming]:
    """Say of each of some speakers, by the person's id, whether they come as far as is known."""
    registered = {
        one.person_id: one
        for one in db.session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event_id,
                Registration.person_id.in_([one.person.id for one in speakers]),
                Registration.state.not_in(GIVES_UP),
            )
            .options(joinedload(Registration.participation_type))
        )
    }
    addresses = [email.address for one in speakers for email in one.person.emails]
    invited = latest_to(event_id, addresses)
    return {
        one.person.id: Coming(
            registered.get(one.person.id),
            next((invited[email.address] for email in one.person.emails if email.address in invited), None),
        )
        for one in speakers
    }
