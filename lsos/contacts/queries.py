"""Reads of contacts: whom somebody met, by badge or in a meeting, what each may see of the other, and counts."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from lsos.contacts.models import ContactCard, ContactExchange, ContactNote, Lead
from lsos.contacts.rules import Seen, Warmth, Word, has_exchanged, holds, seen
from lsos.db import db
from lsos.meetings import feedback_queries
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.models import Meeting
from lsos.meetings.queries import meetings_of
from lsos.meetings.wishes import apart_from
from lsos.registration.models import Registration
from lsos.registration.rules import Purpose, RegistrationState
from lsos.registration.showing import agreed


@dataclass(frozen=True)
class Reach:
    """How somebody can be reached, as far as they gave it."""

    email: str = ""
    phone: str = ""
    job_title: str = ""


@dataclass(frozen=True)
class Met:
    """Somebody whom the reader met, or whose badge one of the two scanned: by badge, in meetings, or both."""

    other: Registration
    seen: Seen
    #: None until both agreed.
    reach: Reach | None = None
    exchange: ContactExchange | None = None
    meetings: tuple[Meeting, ...] = ()
    note: str = ""
    warmth: Warmth | None = None
    #: What the reader noted after meetings, in their order.
    meeting_notes: tuple[str, ...] = ()
    #: The reader agreed by their standing consent, without having been asked.
    is_by_standing: bool = False

    @property
    def latest(self) -> datetime:
        """Say when the two had to do with each other last."""
        times = [meeting.starts_at for meeting in self.meetings]
        return max([*times, self.exchange.asked_at] if self.exchange else times)


def _is_of(registration_id: int) -> ColumnElement[bool]:
    return or_(ContactExchange.low_id == registration_id, ContactExchange.high_id == registration_id)


def _people() -> tuple[ORMOption, ...]:
    """Give the options that load of the two what pages and files say of them."""
    return tuple(
        joinedload(side).options(
            joinedload(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
            joinedload(Registration.stakeholder_type),
        )
        for side in (ContactExchange.low, ContactExchange.high)
    )


def exchanges_of(registration_id: int) -> list[ContactExchange]:
    """List everything that is under way or over between somebody and others, the latest first."""
    return list(
        db.session.scalars(
            select(ContactExchange)
            .where(_is_of(registration_id))
            .order_by(ContactExchange.asked_at.desc(), ContactExchange.id.desc())
            .options(*_people())
        )
    )


def standing_now(registration_ids: Collection[int], purpose: Purpose = Purpose.EXCHANGE_CONTACTS) -> set[int]:
    """Give those of some registrations whose owner agrees beforehand to whoever scans their badge, as of now."""
    if not registration_ids:
        return set()
    found = select(Registration.id).where(Registration.id.in_(registration_ids), agreed(purpose))
    return set(db.session.scalars(found))


def is_whole(exchange: ContactExchange, standing: Collection[int]) -> bool:
    """Say whether two have each other's contact at this moment: both words hold, and nothing came between."""
    words = [holds(exchange.said(one), is_standing=one in standing) for one in (exchange.low_id, exchange.high_id)]
    return exchange.exchanged_at is not None and has_exchanged(*words, is_apart=False)


def seen_by(exchange: ContactExchange, me_id: int, standing: Collection[int], apart: Collection[int]) -> Seen:
    """Say how an exchange stands for one of the two; `apart` are those with whom they never meet, either way."""
    other_id = exchange.high_id if me_id == exchange.low_id else exchange.low_id
    return seen(
        holds(exchange.said(me_id), is_standing=me_id in standing),
        holds(exchange.said(other_id), is_standing=other_id in standing),
        is_exchanged=is_whole(exchange, standing),
        is_apart=other_id in apart,
        was_exchanged=exchange.exchanged_at is not None or exchange.first_exchanged_at is not None,
    )


def exchange_between(
    session: Session, one_id: int, other_id: int, *, for_update: bool = False
) -> ContactExchange | None:
    """Find the one row of two people, to change it where that is said."""
    low, high = sorted((one_id, other_id))
    found = select(ContactExchange).where(ContactExchange.low_id == low, ContactExchange.high_id == high)
    if for_update:
        found = found.with_for_update(of=ContactExchange).execution_options(populate_existing=True)
    return session.scalar(found)


# ---- what each gives


def cards(registration_ids: Collection[int]) -> dict[int, ContactCard]:
    """Give the cards of some people; who has none gives what a card gives at first."""
    found = db.session.scalars(select(ContactCard).where(ContactCard.registration_id.in_(registration_ids)))
    there = {card.registration_id: card for card in found}
    return {one: there.get(one) or first_card(one) for one in registration_ids}


def first_card(registration_id: int) -> ContactCard:
    """Give the card of somebody who has not changed theirs; it is not stored."""
    return ContactCard(registration_id=registration_id, phone="", gives_email=True, gives_job=True)


def reach_of(other: Registration, card: ContactCard) -> Reach:
    """Give how somebody can be reached, as their card allows."""
    return Reach(other.person.email if card.gives_email else "", card.phone, other.job_title if card.gives_job else "")


# ---- whom somebody met


@dataclass
class _Gathered:
    other: Registration
    exchange: ContactExchange | None = None
    meetings: list[Meeting] = field(default_factory=list)


def people_met(me: Registration, *, now: datetime) -> list[Met]:
    """List everybody whom somebody met in a meeting or whose badge one of the two scanned, each once, the latest first.

    What they said no to is not in it, nor what they may not know of.
    """
    begun = [one for one in meetings_of(me.id) if one.starts_at <= now and one.is_of_the_two(me.id)]
    return _met(me, exchanges_of(me.id), begun)


def one_met(me: Registration, other: Registration, *, now: datetime) -> Met | None:
    """Give what one of the two sees of another whom they met; None where there is nothing that they may know of."""
    return next((one for one in people_met(me, now=now) if one.other.id == other.id), None)


def _met(me: Registration, exchanges: list[ContactExchange], meetings: list[Meeting]) -> list[Met]:
    gathered: dict[int, _Gathered] = {}
    for exchange in exchanges:
        other = exchange.other(me.id)
        gathered[other.id] = _Gathered(other, exchange)
    for meeting in meetings:
        other = meeting.other(me.id)
        gathered.setdefault(other.id, _Gathered(other)).meetings.append(meeting)
    standing = standing_now([me.id, *gathered]) if gathered else set()
    apart = apart_from(me, [one.other for one in gathered.values()]) if gathered else set()
    of_meetings = feedback_queries.contacts(me.id, meetings) if meetings else {}
    kept = feedback_queries.own_feedback(me.id, [one.id for one in meetings]) if meetings else {}
    notes = notes_of(me.id)
    given = cards(list(gathered))
    found = []
    for other_id, one in gathered.items():
        if one.other.erased_at is not None:
            continue
        how = seen_by(one.exchange, me.id, standing, apart) if one.exchange else Seen.NOTHING
        if how in {Seen.NOTHING, Seen.DECLINED} and not one.meetings:
            continue
        contacts = [of_meetings[each.id] for each in one.meetings if each.id in of_meetings]
        reach = reach_of(one.other, given[other_id]) if how is Seen.EXCHANGED else None
        if contacts:
            reach = _both(reach, contacts, one.other)
            how = Seen.EXCHANGED
        note = notes.get(other_id)
        found.append(
            Met(
                one.other,
                how,
                reach,
                one.exchange,
                tuple(one.meetings),
                note.text if note else "",
                note.warmth if note else None,
                tuple(
                    kept[each.id].private_note
                    for each in one.meetings
                    if each.id in kept and kept[each.id].private_note
                ),
                is_by_standing=one.exchange is not None and one.exchange.said(me.id) is Word.STANDING,
            )
        )
    return sorted(found, key=lambda one: (one.latest, one.other.id), reverse=True)


def _both(reach: Reach | None, contacts: list[feedback_queries.Contact], other: Registration) -> Reach:
    """Put together what was given by badge and after meetings; the number given last counts."""
    phones = [one.phone for one in contacts if one.phone]
    own = reach or Reach(job_title=other.job_title)
    return Reach(own.email or contacts[-1].email, own.phone or (phones[-1] if phones else ""), own.job_title)


def notes_of(registration_id: int) -> dict[int, ContactNote]:
    """Give what somebody keeps of people, by the others' ids."""
    found = db.session.scalars(select(ContactNote).where(ContactNote.registration_id == registration_id))
    return {note.other_id: note for note in found}


# ---- who waits for a word


def asking(me: Registration) -> list[ContactExchange]:
    """List those who scanned somebody's badge and wait for their word, the first to ask first."""
    rows = [
        one
        for one in db.session.scalars(
            select(ContactExchange)
            .where(_waits_for(me.id))
            .order_by(ContactExchange.asked_at, ContactExchange.id)
            .options(*_people())
        )
        if one.other(me.id).state is RegistrationState.CONFIRMED
    ]
    if not rows:
        return []
    apart = apart_from(me, [one.other(me.id) for one in rows])
    standing = standing_now([me.id, *(one.other(me.id).id for one in rows)])
    return [one for one in rows if seen_by(one, me.id, standing, apart) is Seen.ASKS_ME]


def _waits_for(registration_id: int) -> ColumnElement[bool]:
    agree = (Word.YES, Word.STANDING)
    return or_(
        and_(
            ContactExchange.low_id == registration_id,
            ContactExchange.low_said == Word.SILENT,
            ContactExchange.high_said.in_(agree),
        ),
        and_(
            ContactExchange.high_id == registration_id,
            ContactExchange.high_said == Word.SILENT,
            ContactExchange.low_said.in_(agree),
        ),
    )


# ---- figures


@dataclass(frozen=True)
class Figures:
    """What is counted of contacts at an event; who is in no figure."""

    #: Pairs who exchanged contacts by badge, and after meetings only.
    exchanged: int
    after_meetings: int
    leads: int
    #: Leads of whom the visitors agree.
    whole_leads: int
    #: Organisations that collected any.
    stands: int
    #: Who exchanged contacts with anybody.
    people: int

    @property
    def contacts(self) -> int:
        """Count the pairs who have, or had, each other's contact."""
        return self.exchanged + self.after_meetings


def figures(event_id: int) -> Figures:
    """Count contacts and leads of an event; a pair is one however they exchanged, and stays one when they end it."""
    by_badge = select(func.count(ContactExchange.id)).where(
        ContactExchange.event_id == event_id, ContactExchange.first_exchanged_at.is_not(None)
    )
    one, other = aliased(MeetingFeedback), aliased(MeetingFeedback)
    pairs = (
        select(Meeting.first_id, Meeting.second_id)
        .join(one, and_(one.meeting_id == Meeting.id, one.registration_id == Meeting.first_id))
        .join(other, and_(other.meeting_id == Meeting.id, other.registration_id == Meeting.second_id))
        .where(Meeting.event_id == event_id, one.wants_contact, other.wants_contact)
        .where(
            ~select(ContactExchange.id)
            .where(
                ContactExchange.low_id == Meeting.first_id,
                ContactExchange.high_id == Meeting.second_id,
                ContactExchange.first_exchanged_at.is_not(None),
            )
            .correlate(Meeting)
            .exists()
        )
        .distinct()
        .subquery()
    )
    had = ContactExchange.event_id == event_id, ContactExchange.first_exchanged_at.is_not(None)
    sides = union(
        select(ContactExchange.low_id).where(*had),
        select(ContactExchange.high_id).where(*had),
        select(pairs.c.first_id),
        select(pairs.c.second_id),
    ).subquery()
    agree = or_(
        Lead.said == Word.YES,
        and_(
            Lead.said == Word.STANDING,
            Lead.registration_id.in_(select(Registration.id).where(agreed(Purpose.STAND_SCANS))),
        ),
    )
    leads, whole, stands = db.session.execute(
        select(
            func.count(Lead.id),
            func.count(Lead.id).filter(agree),
            func.count(Lead.organisation_id.distinct()),
        ).where(Lead.event_id == event_id)
    ).one()
    return Figures(
        db.session.scalar(by_badge) or 0,
        db.session.scalar(select(func.count()).select_from(pairs)) or 0,
        leads,
        whole,
        stands,
        db.session.scalar(select(func.count()).select_from(sides)) or 0,
    )
