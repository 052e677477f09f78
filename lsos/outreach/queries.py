"""Reads of letters to many: whom a choice fits, who is on a list, and how far the sending is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from lsos import mail
from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session as AgendaSession
from lsos.agenda.models import SessionSignup
from lsos.checkin.models import Arrival
from lsos.db import db
from lsos.events.models import Event, FocusArea, Zone
from lsos.mail import MailState, OutgoingMail
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import MeetingState, RequestState
from lsos.meetings.wishes import is_hidden
from lsos.organisations.models import Organisation
from lsos.outreach.letters import Reader
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.rules import Answer, Audience, LeftOut, LetterPurpose
from lsos.questionnaires.models import Answer as QuestionAnswer
from lsos.questionnaires.models import Question, QuestionCondition, QuestionParticipationType
from lsos.questionnaires.rules import AskedWhen
from lsos.registration.letter_queries import for_letters
from lsos.registration.list_models import Label, RegistrationLabel
from lsos.registration.models import (
    Listing,
    ParticipationType,
    Profile,
    ProfileTag,
    Registration,
)
from lsos.registration.showing import Place, shown_in
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import GuestRole, guest_role
from lsos.texts import search_key

PAGE_LENGTH = 100

# ---- whom a choice fits


def people_whom(event_id: int, audience: Audience) -> Select[Registration]:
    """Select the registrations of an event that a choice fits; without a state it fits nobody."""
    statement = (
        select(Registration)
        .join(Registration.person)
        .join(Registration.participation_type)
        .outerjoin(Registration.organisation)
        .where(Registration.event_id == event_id, Registration.state.in_(audience.states))
    )
    for term in _terms(audience):
        statement = statement.where(term)
    for word in search_key(audience.words).split():
        statement = statement.where(
            or_(
                Person.search_key.contains(word, autoescape=True),
                Organisation.search_key.contains(word, autoescape=True),
            )
        )
    return statement


def _terms(audience: Audience) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = []
    if audience.types:
        terms.append(ParticipationType.code.in_(audience.types))
    if audience.roles:
        terms.append(_has_role(audience.roles))
    if audience.areas:
        terms.append(Registration.focus_areas.any(FocusArea.code.in_(audience.areas)))
    if audience.zones:
        terms.append(Registration.zones.any(Zone.code.in_(audience.zones)))
    if audience.sessions:
        signed_up = (
            select(SessionSignup.registration_id)
            .join(AgendaSession, AgendaSession.id == SessionSignup.session_id)
            .where(AgendaSession.event_id == Registration.event_id, AgendaSession.code.in_(audience.sessions))
        )
        terms.append(Registration.id.in_(signed_up.correlate(Registration)))
    if audience.labels:
        carried = exists().where(
            RegistrationLabel.registration_id == Registration.id,
            RegistrationLabel.label_id == Label.id,
            Label.folded.in_(audience.labels),
        )
        terms.append(carried)
    if audience.lacking:
        terms.append(_lacks(Question.uid.in_(audience.lacking)))
    for answer, term in (
        (audience.profile, has_profile()),
        (audience.answers, ~_lacks_answers()),
        (audience.asked, _is_asked()),
        (audience.meeting, _has_meeting()),
        (audience.arrived, exists().where(Arrival.registration_id == Registration.id)),
        (audience.news, agreed_to_news()),
        (audience.reconfirmed, Registration.reconfirmed_at.is_not(None)),
        (audience.mail, ~_is_refused()),
    ):
        if answer:
            terms.append(term if answer == Answer.YES else ~term)
    return terms


def _has_role(roles: Collection[str]) -> ColumnElement[bool]:
    """Say whether somebody shows as one of some roles: by their own type, else by their organisation's."""
    codes = db.session.scalars(select(StakeholderType.code)).all()
    fitting = [code for code in codes if guest_role(code) in roles]
    own = func.coalesce(Registration.stakeholder_type_id, Organisation.stakeholder_type_id)
    is_one: ColumnElement[bool] = own.in_(select(StakeholderType.id).where(StakeholderType.code.in_(fitting)))
    if GuestRole.PARTICIPANT in roles:
        is_one = or_(is_one, own.is_(None))
    is_one = and_(is_one, ~ParticipationType.is_light)
    return or_(is_one, ParticipationType.is_light) if GuestRole.PUBLIC in roles else is_one


def has_profile() -> ColumnElement[bool]:
    """Say whether somebody told what they work on and what they offer or seek; who is not matched need not."""
    told = exists().where(
        Profile.registration_id == Registration.id,
        exists().where(ProfileTag.profile_id == Profile.id),
        exists().where(Listing.profile_id == Profile.id),
    )
    return or_(told, ~ParticipationType.has_matchmaking)


def _lacks_answers() -> ColumnElement[bool]:
    """Say whether somebody has not answered a question that is required of everybody of their type.

    One that depends on other answers is passed over: whether it is asked is not known here.
    """
    return _lacks(Question.is_required.is_(True), Question.asked_when == AskedWhen.REGISTERING)


def _lacks(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say whether somebody has not answered one of some questions that are asked of everybody of their type."""
    link = QuestionParticipationType
    is_for_all = ~exists().where(link.question_id == Question.id)
    is_for_type = exists().where(
        link.question_id == Question.id, link.participation_type_id == Registration.participation_type_id
    )
    return exists().where(
        Question.event_id == Registration.event_id,
        Question.archived_at.is_(None),
        *which,
        or_(is_for_all, is_for_type),
        ~exists().where(QuestionCondition.question_id == Question.id),
        ~exists().where(QuestionAnswer.question_id == Question.id, QuestionAnswer.registration_id == Registration.id),
    )


def _is_refused() -> ColumnElement[bool]:
    """Say whether a mail server refused somebody's address for good, the last time it was written to."""
    address = (
        select(EmailAddress.address)
        .where(EmailAddress.person_id == Registration.person_id, EmailAddress.is_primary)
        .limit(1)
        .correlate(Registration)
        .scalar_subquery()
    )
    return mail.refused(address)


def _is_asked() -> ColumnElement[bool]:
    return exists().where(
        MeetingRequest.to_id == Registration.id, MeetingRequest.state == RequestState.OPEN, ~is_hidden()
    )


def _has_meeting() -> ColumnElement[bool]:
    return exists().where(
        MeetingParticipant.registration_id == Registration.id,
        MeetingParticipant.meeting_id == Meeting.id,
        Meeting.state == MeetingState.SCHEDULED,
    )


def agreed_to_news() -> ColumnElement[bool]:
    """Say whether somebody agreed to the newsletter and has not taken that back."""
    return shown_in(Place.NEWS)


def count_whom(event_id: int, audience: Audience) -> int:
    """Count whom a choice fits."""
    return db.session.scalar(people_whom(event_id, audience).with_only_columns(func.count(Registration.id))) or 0


def some_whom(event_id: int, audience: Audience, *, limit: int = 12) -> list[Registration]:
    """List the first few whom a choice fits, by name."""
    return list(
        db.session.scalars(
            people_whom(event_id, audience)
            .order_by(Person.search_key, Registration.id)
            .limit(limit)
            .options(contains_eager(Registration.person), contains_eager(Registration.organisation))
        )
    )


# ---- letters to many


def campaigns(event_id: int) -> list[Campaign]:
    """List the letters to many of an event, the newest first."""
    return list(
        db.session.scalars(
            select(Campaign)
            .where(Campaign.event_id == event_id)
            .order_by(Campaign.created_at.desc(), Campaign.id.desc())
            .options(joinedload(Campaign.sent_by))
        )
    )


def campaign_by_uid(event_id: int, uid: str) -> Campaign | None:
    """Find a letter to many by its public id."""
    return db.session.scalar(
        select(Campaign)
        .where(Campaign.event_id == event_id, Campaign.uid == uid)
        .options(joinedload(Campaign.event).joinedload(Event.venue), joinedload(Campaign.sent_by))
    )


@dataclass(frozen=True)
class ListCounts:
    """How many are on a list, ticked, and, once it is fixed, going to get the letter; and are not written to yet."""

    listed: int
    ticked: int
    going: int
    unwritten: int


def list_counts(campaign_ids: Collection[int]) -> dict[int, ListCounts]:
    """Count the lists of several letters."""
    is_going = CampaignRecipient.is_ticked & CampaignRecipient.left_out.is_(None) & (CampaignRecipient.address != "")
    rows = db.session.execute(
        select(
            CampaignRecipient.campaign_id,
            func.count(),
            func.count().filter(CampaignRecipient.is_ticked),
            func.count().filter(is_going),
            func.count().filter(is_going, CampaignRecipient.written_at.is_(None)),
        )
        .where(CampaignRecipient.campaign_id.in_(campaign_ids))
        .group_by(CampaignRecipient.campaign_id)
    )
    found = {row[0]: ListCounts(*row[1:]) for row in rows}
    return {key: found.get(key, ListCounts(0, 0, 0, 0)) for key in campaign_ids}


@dataclass(frozen=True)
class Line:
    """Somebody on a list, and what became of their letter."""

    recipient: CampaignRecipient
    letter: OutgoingMail | None


def recipients(
    campaign: Campaign, *, words: str = "", state: MailState | None = None, page: int = 1, limit: int = PAGE_LENGTH
) -> list[Line]:
    """List the people of a letter by name, a page at a time, with what became of their letters."""
    statement = _recipients(campaign.id, words, state).add_columns(OutgoingMail)
    rows = db.session.execute(
        statement.order_by(Person.search_key, CampaignRecipient.id)
        .offset((page - 1) * limit)
        .limit(limit)
        .options(*_with_registration())
    )
    return [Line(row[0], row[1]) for row in rows]


def _recipients(campaign_id: int, words: str, state: MailState | None) -> Select[Any]:
    statement = (
        select(CampaignRecipient)
        .join(CampaignRecipient.registration)
        .join(Registration.person)
        .outerjoin(OutgoingMail, OutgoingMail.uid == CampaignRecipient.letter_uid)
        .where(CampaignRecipient.campaign_id == campaign_id)
    )
    for word in search_key(words).split():
        statement = statement.where(Person.search_key.contains(word, autoescape=True))
    return statement.where(OutgoingMail.state == state) if state is not None else statement


def count_recipients(campaign: Campaign, *, words: str = "", state: MailState | None = None) -> int:
    """Count the people whom `recipients` would list."""
    statement = _recipients(campaign.id, words, state).with_only_columns(func.count(CampaignRecipient.id))
    return db.session.scalar(statement) or 0


def _with_registration() -> Sequence[ExecutableOption]:
    registration = contains_eager(CampaignRecipient.registration)
    return (
        registration.contains_eager(Registration.person).selectinload(Person.emails),
        registration.joinedload(Registration.participation_type),
        registration.joinedload(Registration.organisation),
    )


def going(campaign_id: int, *, number: int | None = None) -> list[CampaignRecipient]:
    """List those who get a letter, in the order of the list, with all that it says of them; or one, by number."""
    return list(
        db.session.scalars(
            select(CampaignRecipient)
            .join(CampaignRecipient.registration)
            .join(Registration.person)
            .where(
                CampaignRecipient.campaign_id == campaign_id,
                CampaignRecipient.is_ticked,
                CampaignRecipient.left_out.is_(None),
            )
            .order_by(Person.search_key, CampaignRecipient.id)
            .offset(None if number is None else number - 1)
            .limit(None if number is None else 1)
            .options(selectinload(CampaignRecipient.registration).options(*for_letters()))
        )
    )


def number_of(campaign_id: int, recipient_id: int) -> int | None:
    """Say the how manieth somebody is of those who get a letter, to show it as they get it; None: they get none."""
    ordered = (
        select(
            CampaignRecipient.id,
            func.row_number().over(order_by=(Person.search_key, CampaignRecipient.id)).label("number"),
        )
        .join(CampaignRecipient.registration)
        .join(Registration.person)
        .where(_is_going(campaign_id))
        .subquery()
    )
    return db.session.scalar(select(ordered.c.number).where(ordered.c.id == recipient_id))


def _is_going(campaign_id: int) -> ColumnElement[bool]:
    return and_(
        CampaignRecipient.campaign_id == campaign_id,
        CampaignRecipient.is_ticked,
        CampaignRecipient.left_out.is_(None),
    )


def count_going(session: Session, campaign_id: int, *, only_unwritten: bool = False) -> int:
    """Count those who get a letter, or those of them to whom it was not written yet."""
    statement = select(func.count(CampaignRecipient.id)).where(_is_going(campaign_id))
    if only_unwritten:
        statement = statement.where(CampaignRecipient.written_at.is_(None))
    return session.scalar(statement) or 0


def to_write(session: Session, campaign: Campaign, limit: int, *, but: Collection[int]) -> list[CampaignRecipient]:
    """List the next to whom a letter is to be written, with all that it says of them; `but` are left out for now."""
    return list(
        session.scalars(
            select(CampaignRecipient)
            .where(_is_going(campaign.id), CampaignRecipient.written_at.is_(None), CampaignRecipient.id.not_in(but))
            .order_by(CampaignRecipient.id)
            .limit(limit)
            .options(selectinload(CampaignRecipient.registration).options(*for_letters()))
        )
    )


def reader_for(one: CampaignRecipient) -> Reader:
    """Give somebody on a list as the letter is written to them: as fixed, or as they are now."""
    person = one.registration.person
    return Reader(
        one.registration,
        one.address or person.email,
        one.name or person.name,
        one.language or person.language,
        one.letter_uid,
    )


def left_out_counts(campaign_id: int) -> dict[LeftOut, int]:
    """Count those on a fixed list who do not get the letter, by why."""
    rows = db.session.execute(
        select(CampaignRecipient.left_out, func.count())
        .where(
            CampaignRecipient.campaign_id == campaign_id,
            CampaignRecipient.is_ticked,
            CampaignRecipient.left_out.is_not(None),
        )
        .group_by(CampaignRecipient.left_out)
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}


@dataclass(frozen=True)
class ReaderFacts:
    """What is kept of somebody on a list when it is fixed, and whether news may be written to them."""

    recipient_id: int
    is_ticked: bool
    address: str
    name: str
    language: str
    has_agreed: bool


def facts_for_fixing(session: Session, campaign: Campaign) -> list[ReaderFacts]:
    """Give for everybody on a list what is kept of them."""
    address = (
        select(EmailAddress.address)
        .where(EmailAddress.person_id == Person.id)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
        .limit(1)
        .scalar_subquery()
    )
    one = CampaignRecipient
    rows = session.execute(
        select(one.id, one.is_ticked, address, Person.given_name, Person.family_name, Person.language, agreed_to_news())
        .join(one.registration)
        .join(Registration.person)
        .where(one.campaign_id == campaign.id)
    )
    return [ReaderFacts(row[0], row[1], row[2] or "", f"{row[3]} {row[4]}".strip(), row[5], row[6]) for row in rows]


def withdrawn_since(session: Session, campaign: Campaign, registration_ids: Collection[int]) -> set[int]:
    """Name those on a list to whom news may not be written any more."""
    if campaign.purpose is not LetterPurpose.NEWS:
        return set()
    allowed = set(
        session.scalars(select(Registration.id).where(Registration.id.in_(registration_ids), agreed_to_news()))
    )
    return set(registration_ids) - allowed


def recipient_by_letter(letter_uid: str) -> CampaignRecipient | None:
    """Find whose place on a list a letter came from."""
    return db.session.scalar(
        select(CampaignRecipient)
        .where(CampaignRecipient.letter_uid == letter_uid)
        .options(
            joinedload(CampaignRecipient.campaign).options(joinedload(Campaign.event), joinedload(Campaign.sent_by)),
            joinedload(CampaignRecipient.registration).joinedload(Registration.person),
        )
    )
