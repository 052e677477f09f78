"""Leads: who has a stand, what its team collects there, with network or later, and what visitors say to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from lsos import audit
from lsos.checkin.device_rules import clock_of
from lsos.checkin.rules import badge_code_of
from lsos.contacts.models import ContactCard, Lead, LeadEntry, LeadStand
from lsos.contacts.queries import Reach, cards, reach_of, standing_now
from lsos.contacts.rules import (
    ContactRefusal,
    LeadRefusal,
    LeadState,
    Warmth,
    Word,
    after_scan,
    agrees,
    holds,
    is_answerable,
    known_tags,
    lead_refusal,
    lead_state,
)
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.meetings.booking import retrying
from lsos.meetings.wishes import apart_among, apart_from
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge
from lsos.registration.rules import Purpose, RegistrationState
from lsos.taxonomy.models import Tag
from lsos.zone.models import ZoneApplication
from lsos.zone.rules import ApplicationState

# ---- who has a stand


def _has_stand(event_id: int) -> ColumnElement[bool]:
    """Ask of an organisation whether it collects leads: accepted in a zone of the event, or let in by the organiser."""
    accepted = (
        select(ZoneApplication.id)
        .join(ZoneApplication.registration)
        .where(
            Registration.event_id == event_id,
            Registration.organisation_id == Organisation.id,
            Registration.state == RegistrationState.CONFIRMED,
            ZoneApplication.state == ApplicationState.ACCEPTED,
        )
        .correlate(Organisation)
    )
    let_in = (
        select(LeadStand.id)
        .where(LeadStand.event_id == event_id, LeadStand.organisation_id == Organisation.id)
        .correlate(Organisation)
    )
    return or_(accepted.exists(), let_in.exists())


def stand_of(me: Registration) -> Organisation | None:
    """Give the organisation for which somebody collects leads; None where it has no stand, or they have no seat."""
    if me.organisation_id is None or me.state is not RegistrationState.CONFIRMED:
        return None
    return db.session.scalar(select(Organisation).where(Organisation.id == me.organisation_id, _has_stand(me.event_id)))


def stands_at(event_id: int) -> list[tuple[Organisation, int, bool]]:
    """List the organisations that collect leads, with how many they have, and whether by the organiser's word."""
    rows = db.session.execute(
        select(Lead.organisation_id, func.count(Lead.id))
        .where(Lead.event_id == event_id)
        .group_by(Lead.organisation_id)
    )
    leads: dict[int, int] = {row[0]: row[1] for row in rows}
    let_in = set(db.session.scalars(select(LeadStand.organisation_id).where(LeadStand.event_id == event_id)))
    found = db.session.scalars(
        select(Organisation).where(_has_stand(event_id)).order_by(Organisation.search_key, Organisation.id)
    )
    return [(one, leads.get(one.id, 0), one.id in let_in) for one in found]


def organisations_without(event_id: int) -> list[Organisation]:
    """List the organisations of those who come that have no stand yet, by name."""
    comes = select(Registration.organisation_id).where(
        Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED
    )
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.id.in_(comes), ~_has_stand(event_id))
            .order_by(Organisation.search_key, Organisation.id)
        )
    )


def let_in(event_id: int, slug: str, organisation_uid: str, *, is_in: bool, by: int, now: datetime) -> Organisation:
    """Let an organisation collect leads, or take that back; what it has collected stays.

    Raises:
        NotFound: there is no such organisation.
    """

    def attempt() -> Organisation:
        with transaction() as session:
            one = session.scalar(select(Organisation).where(Organisation.uid == organisation_uid))
            if one is None:
                raise NotFound(LeadRefusal.NO_STAND)
            there = session.scalar(
                select(LeadStand).where(LeadStand.event_id == event_id, LeadStand.organisation_id == one.id)
            )
            if is_in and there is None:
                session.add(LeadStand(event_id=event_id, organisation_id=one.id, by_id=by, at=now))
            elif not is_in and there is not None:
                session.delete(there)
            action = "lead_stand.let_in" if is_in else "lead_stand.ended"
            audit.record(session, action, actor_id=by, scope=slug, object_uid=one.uid)
            return one

    return retrying(attempt)


# ---- collecting


@dataclass(frozen=True)
class Sent:
    """A scan, or a note about somebody scanned, as a phone made it; its time is by the phone's clock."""

    uid: str
    code: str
    at: datetime
    is_scan: bool = True
    note: str = ""
    warmth: Warmth | None = None
    #: None leaves the subjects as they are.
    interests: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Noted:
    """What came of one that was sent: what the team may know, or why it makes no lead."""

    uid: str
    lead: "SeenLead | None" = None
    refused: str = ""


@dataclass(frozen=True)
class SeenLead:
    """A lead as its team may see it now."""

    lead: Lead
    state: LeadState
    #: None unless the visitor agrees.
    reach: Reach | None = None

    @property
    def name(self) -> str:
        """Give the name on the badge; nothing of who took it back."""
        return "" if self.state is LeadState.WITHDRAWN else self.lead.registration.person.name

    @property
    def organisation(self) -> str:
        """Give the organisation on the badge; nothing of who took it back."""
        given = self.lead.registration.organisation
        return "" if self.state is LeadState.WITHDRAWN or given is None else given.name

    @property
    def entries(self) -> list[LeadEntry]:
        """List scans and notes; nothing of who took it back."""
        return [] if self.state is LeadState.WITHDRAWN else self.lead.entries

    @property
    def scanned_by(self) -> list[str]:
        """Name who of the team scanned, each once, in their order."""
        return list(dict.fromkeys(one.by.person.name for one in self.lead.entries if one.is_scan))


def take_in(me_id: int, sent: Sequence[Sent], *, phone_now: datetime, now: datetime) -> list[Noted]:
    """Take in what a phone collected, each piece by itself, and each once however often it is sent."""
    clock = clock_of(phone_now, now=now)
    return [_take(me_id, one, clock.ours(one.at, now=now), now) for one in sent]


def _take(me_id: int, one: Sent, at: datetime, now: datetime) -> Noted:
    def attempt() -> int:
        with transaction() as session:
            known = session.scalar(select(LeadEntry).where(LeadEntry.uid == one.uid))
            me = session.get_one(Registration, me_id)
            if known is not None:
                lead = session.get_one(Lead, known.lead_id)
                if lead.organisation_id != me.organisation_id:
                    raise Refused(LeadRefusal.UNKNOWN)
                return lead.id
            return _write(session, me, one, at, now)

    try:
        lead_id = retrying(attempt)
    except Refused as refused:
        return Noted(one.uid, refused=refused.message)
    return Noted(one.uid, seen([_whole(lead_id)])[0])


def _write(session: Session, me: Registration, one: Sent, at: datetime, now: datetime) -> int:
    visitor = registration_by_badge(me.event_id, badge_code_of(one.code)[:16])
    if visitor is not None and visitor.state is not RegistrationState.CONFIRMED:
        visitor = None
    refusal = lead_refusal(
        has_stand=stand_of(me) is not None,
        is_known=visitor is not None,
        is_colleague=visitor is not None and visitor.organisation_id == me.organisation_id,
        ends_on=me.event.ends_on,
        today=at.astimezone(ZoneInfo(me.event.timezone)).date(),
    )
    if refusal is not None or visitor is None or me.organisation_id is None:
        raise Refused(refusal or LeadRefusal.UNKNOWN)
    lead = session.scalar(
        select(Lead)
        .where(
            Lead.event_id == me.event_id,
            Lead.organisation_id == me.organisation_id,
            Lead.registration_id == visitor.id,
        )
        .with_for_update(of=Lead)
        .execution_options(populate_existing=True)
    )
    if lead is None:
        lead = Lead(
            event_id=me.event_id,
            organisation_id=me.organisation_id,
            registration_id=visitor.id,
            said=Word.SILENT,
            scanned_at=at,
            interests=[],
        )
        session.add(lead)
        session.flush()
    standing = standing_now([visitor.id], Purpose.STAND_SCANS)
    word = after_scan(lead.said, is_standing=bool(standing), is_apart=apart_among((visitor.id, me.id)))
    if word is not lead.said:
        lead.said, lead.said_at = word, now
    if one.warmth is not None and (lead.warmth_at is None or at >= lead.warmth_at):
        lead.warmth, lead.warmth_at = one.warmth, at
    if one.interests is not None:
        lead.interests = known_tags(one.interests, list(session.scalars(select(Tag.code).order_by(Tag.position))))
    session.add(
        LeadEntry(uid=one.uid, lead_id=lead.id, by_id=me.id, at=at, received_at=now, is_scan=one.is_scan, note=one.note)
    )
    session.flush()
    return lead.id


def follow_up(uid: str, *, by: int, is_done: bool, now: datetime) -> None:
    """Say that somebody of the team has written to a visitor, or that nobody has.

    Raises:
        NotFound: the team has no such lead.
    """
    with transaction() as session:
        lead = lead_of(session.get_one(Registration, by), uid)
        lead.followed_up_at = now if is_done else None
        lead.followed_up_by_id = by if is_done else None


# ---- what the team sees


def _options() -> tuple[ORMOption, ...]:
    return (
        joinedload(Lead.registration).options(
            joinedload(Registration.person), joinedload(Registration.organisation), joinedload(Registration.event)
        ),
        selectinload(Lead.entries).joinedload(LeadEntry.by).joinedload(Registration.person),
        joinedload(Lead.followed_up_by).joinedload(Registration.person),
    )


def _whole(lead_id: int) -> Lead:
    wanted = select(Lead).where(Lead.id == lead_id).options(*_options())
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def leads_of(me: Registration, organisation: Organisation) -> list[SeenLead]:
    """List what a team has collected, the latest first, each as it may be seen now."""
    found = db.session.scalars(
        select(Lead)
        .where(Lead.event_id == me.event_id, Lead.organisation_id == organisation.id)
        .order_by(Lead.scanned_at.desc(), Lead.id.desc())
        .options(*_options())
    ).all()
    return seen(found)


def lead_of(me: Registration, uid: str) -> Lead:
    """Find a lead of somebody's team.

    Raises:
        NotFound: it has none of this id, or no stand.
    """
    found: Lead | None = db.session.scalar(
        select(Lead)
        .where(Lead.uid == uid, Lead.event_id == me.event_id, Lead.organisation_id == me.organisation_id)
        .options(*_options())
    )
    if found is None or stand_of(me) is None:
        raise NotFound(LeadRefusal.UNKNOWN)
    return found


def seen(leads: Sequence[Lead]) -> list[SeenLead]:
    """Say of leads what their team may see of each at this moment."""
    ids = [one.registration_id for one in leads]
    standing = standing_now(ids, Purpose.STAND_SCANS)
    given = cards(ids)
    return [_seen(one, standing, given[one.registration_id]) for one in leads]


def _seen(lead: Lead, standing: Collection[int], card: ContactCard) -> SeenLead:
    visitor = lead.registration
    state = lead_state(holds(lead.said, is_standing=visitor.id in standing), is_gone=visitor.erased_at is not None)
    reach = reach_of(visitor, card) if state is LeadState.WHOLE else None
    return SeenLead(lead, state, reach)


# ---- what visitors say


@dataclass(frozen=True)
class StandAsks:
    """A stand that scanned somebody's badge, as they see it."""

    lead: Lead
    #: Their word as it holds now.
    word: Word

    @property
    def is_open(self) -> bool:
        """Say whether they are asked."""
        return is_answerable(self.word)

    @property
    def has_contact(self) -> bool:
        """Say whether the stand has their contact."""
        return agrees(self.word)


def stands_of_visitor(me: Registration) -> list[StandAsks]:
    """List the stands that scanned somebody's badge, the latest first; not those whom they never meet."""
    rows = db.session.scalars(
        select(Lead)
        .where(Lead.registration_id == me.id)
        .order_by(Lead.scanned_at.desc(), Lead.id.desc())
        .options(joinedload(Lead.organisation), selectinload(Lead.entries).joinedload(LeadEntry.by))
    ).all()
    if not rows:
        return []
    scanners = {entry.by_id: entry.by for one in rows for entry in one.entries}
    apart = apart_from(me, list(scanners.values()))
    standing = standing_now([me.id], Purpose.STAND_SCANS)
    found = [StandAsks(one, holds(one.said, is_standing=bool(standing))) for one in rows]
    return [one for one in found if not (one.is_open and apart & {entry.by_id for entry in one.lead.entries})]


def answer_stand(uid: str, *, by: int, word: Word, now: datetime) -> Lead:
    """Say yes or no to a stand, or take a yes back; the team sees it at once.

    Raises:
        NotFound: no stand asks them under this id.
        Refused: there is nothing to take back.
    """
    with transaction() as session:
        lead = session.scalar(
            select(Lead)
            .where(Lead.uid == uid, Lead.registration_id == by)
            .with_for_update(of=Lead)
            .execution_options(populate_existing=True)
        )
        if lead is None:
            raise NotFound(ContactRefusal.NOT_ASKED)
        if word is Word.BACK and not agrees(lead.said):
            raise Refused(ContactRefusal.NOT_ASKED)
        lead.said, lead.said_at = word, now
    return lead
