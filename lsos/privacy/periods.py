"""What of an event each class of data is: said once, for the page that counts it and for the run that deletes it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from lsos.accounts.models import Person
from lsos.checkin.models import Arrival, PaperKit, PaperOrder
from lsos.contacts.models import ContactCard, ContactExchange, ContactNote, Lead, LeadEntry
from lsos.contacts.rules import Word
from lsos.db import Model
from lsos.events.models import Event
from lsos.invitations.models import Claim, Delegation, Invitation
from lsos.invitations.rules import ClaimState, InvitationState
from lsos.mail import OutgoingMail
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.privacy.rules import DataClass
from lsos.proposals.models import Proposal, ProposalCall, SpeakerProfile
from lsos.questionnaires.models import Answer, AnswerFile, Question, QuestionVersion, RegistrationDraft
from lsos.questionnaires.rules import QuestionKind
from lsos.registration.list_models import InternalNote, RegistrationImport, RegistrationLabel
from lsos.registration.models import (
    Listing,
    ParticipationType,
    Profile,
    ProfileStage,
    ProfileTag,
    ProfileTicketBand,
    Registration,
)
from lsos.registration.rules import Purpose
from lsos.registration.showing import agreed
from lsos.registration.transfer_models import SeatTransfer
from lsos.zone.models import ZoneApplication, ZoneFile

#: A kind of row, and which of them.
Part = tuple[type[Model], ColumnElement[bool]]


def _of_event(event: Event) -> Any:
    return select(Registration.id).where(Registration.event_id == event.id)


def wants_to_hear() -> ColumnElement[bool]:
    """Ask for registrations whose owner agreed to hear from us again, and has not taken it back."""
    return agreed(Purpose.NEWSLETTER)


def _needs(event: Event) -> list[Part]:
    return [
        (
            Registration,
            and_(
                Registration.event_id == event.id,
                or_(Registration.dietary_needs != "", Registration.accessibility_needs != ""),
            ),
        )
    ]


def _notes(event: Event) -> list[Part]:
    return [
        (InternalNote, InternalNote.registration_id.in_(_of_event(event))),
        (RegistrationLabel, RegistrationLabel.registration_id.in_(_of_event(event))),
    ]


def _files(event: Event) -> list[Part]:
    of_files = select(QuestionVersion.id).where(QuestionVersion.kind == QuestionKind.FILE)
    questions = select(Question.id).where(Question.event_id == event.id)
    applications = select(ZoneApplication.id).where(ZoneApplication.registration_id.in_(_of_event(event)))
    return [
        (AnswerFile, AnswerFile.question_id.in_(questions)),
        (Answer, and_(Answer.question_id.in_(questions), Answer.version_id.in_(of_files))),
        (ZoneFile, ZoneFile.application_id.in_(applications)),
    ]


def _invitations(event: Event) -> list[Part]:
    led_nowhere = Invitation.state != InvitationState.ACCEPTED
    return [(Invitation, and_(Invitation.event_id == event.id, led_nowhere, Invitation.address != ""))]


def _claims(event: Event) -> list[Part]:
    delegations = select(Delegation.id).where(Delegation.event_id == event.id)
    known = or_(Claim.address != "", Claim.given_name != "", Claim.family_name != "")
    return [
        (Claim, and_(Claim.delegation_id.in_(delegations), Claim.state != ClaimState.CLAIMED, known)),
        (
            SeatTransfer,
            and_(
                SeatTransfer.giver_id.in_(_of_event(event)),
                SeatTransfer.taker_id.is_(None),
                SeatTransfer.address != "",
            ),
        ),
    ]


def _paper(event: Event) -> list[Part]:
    return [(PaperKit, PaperKit.event_id == event.id), (PaperOrder, PaperOrder.event_id == event.id)]


def _drafts(event: Event) -> list[Part]:
    kinds = select(ParticipationType.id).where(ParticipationType.event_id == event.id)
    return [(RegistrationDraft, RegistrationDraft.participation_type_id.in_(kinds))]


def _imports(event: Event) -> list[Part]:
    has_lines = cast(RegistrationImport.lines, Text) != "[]"
    return [(RegistrationImport, and_(RegistrationImport.event_id == event.id, has_lines))]


def _letters(event: Event) -> list[Part]:
    campaigns = select(Campaign.id).where(Campaign.event_id == event.id)
    return [
        (OutgoingMail, and_(OutgoingMail.scope == event.slug, OutgoingMail.to_address != "")),
        (CampaignRecipient, and_(CampaignRecipient.campaign_id.in_(campaigns), CampaignRecipient.address != "")),
    ]


def _profiles(event: Event) -> list[Part]:
    of_profile = (ProfileTag, ProfileStage, ProfileTicketBand)
    says = [
        Profile.about_pl != "",  # type: ignore[attr-defined]  # the columns behind a text in two languages
        Profile.about_en != "",  # type: ignore[attr-defined]
        Profile.trl.is_not(None),
        Profile.trl_sought.is_not(None),
        *(exists().where(link.profile_id == Profile.id) for link in of_profile),
        exists().where(
            Listing.profile_id == Profile.id,
            or_(
                Listing.search_key != "",
                Listing.details_pl != "",  # type: ignore[attr-defined]
                Listing.details_en != "",  # type: ignore[attr-defined]
            ),
        ),
    ]
    owners = select(Registration.id).where(Registration.event_id == event.id, ~wants_to_hear())
    return [(Profile, and_(Profile.registration_id.in_(owners), or_(*says)))]


def _contacts(event: Event) -> list[Part]:
    leads = select(Lead.id).where(Lead.event_id == event.id)
    #: A word that stands lets the other see the contact; one that was taken back lets nobody see anything.
    stands = or_(ContactExchange.low_said != Word.BACK, ContactExchange.high_said != Word.BACK)
    return [
        (ContactNote, ContactNote.registration_id.in_(_of_event(event))),
        (ContactCard, ContactCard.registration_id.in_(_of_event(event))),
        (LeadEntry, LeadEntry.lead_id.in_(leads)),
        (ContactExchange, and_(ContactExchange.event_id == event.id, stands)),
        (Lead, and_(Lead.event_id == event.id, Lead.said != Word.BACK)),
    ]


def _proposals(event: Event) -> list[Part]:
    calls = select(ProposalCall.id).where(ProposalCall.event_id == event.id)
    return [
        (Proposal, Proposal.call_id.in_(calls)),
        (SpeakerProfile, SpeakerProfile.event_id == event.id),
    ]


def _registrations(event: Event) -> list[Part]:
    return [
        (
            Registration,
            and_(Registration.event_id == event.id, Registration.erased_at.is_(None), ~wants_to_hear()),
        )
    ]


PARTS: dict[str, Callable[[Event], list[Part]]] = {
    DataClass.NEEDS: _needs,
    DataClass.PAPER: _paper,
    DataClass.NOTES: _notes,
    DataClass.FILES: _files,
    DataClass.INVITATIONS: _invitations,
    DataClass.CLAIMS: _claims,
    DataClass.DRAFTS: _drafts,
    DataClass.IMPORTS: _imports,
    DataClass.LETTERS: _letters,
    DataClass.PROFILES: _profiles,
    DataClass.CONTACTS: _contacts,
    DataClass.PROPOSALS: _proposals,
    DataClass.REGISTRATIONS: _registrations,
}


def ids_of(session: Session, part: Part) -> list[Any]:
    """List what one part of a class is now, by the first column of its key."""
    model, wanted = part
    key = next(iter(model.__table__.primary_key.columns))  # type: ignore[attr-defined]
    return list(session.scalars(select(key).where(wanted).order_by(key)))


def counts(session: Session, event: Event) -> dict[str, int]:
    """Count what there is of each class, and of the answers to each question under the id of the question."""
    found: dict[str, int] = {}
    for what, parts in PARTS.items():
        found[what] = sum(
            session.scalar(select(func.count()).select_from(model).where(wanted)) or 0 for model, wanted in parts(event)
        )
    return found


def answers_by_question(session: Session, event: Event) -> dict[str, int]:
    """Count the answers to each question that asks for no file, by the public id of the question."""
    rows = session.execute(
        select(Question.uid, func.count(Answer.id))
        .outerjoin(Answer, Answer.question_id == Question.id)
        .where(Question.event_id == event.id)
        .group_by(Question.uid)
    )
    return {row[0]: row[1] for row in rows}


def year_of(event: Event) -> int:
    """Give the year that the figures count an event in."""
    return event.starts_on.year


def of_same_year(session: Session, person_id: int, year: int) -> list[Registration]:
    """List a person's registrations for events of one year; figures of a year count people once."""
    return list(
        session.scalars(
            select(Registration)
            .join(Registration.event)
            .where(
                Registration.person_id == person_id,
                Registration.erased_at.is_(None),
                extract("year", Event.starts_on) == year,
            )
            .order_by(Registration.id)
        )
    )


def owners_of(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Say whose registrations these are, in their order."""
    found: dict[int, int] = {}
    for at in range(0, len(ids), 5000):
        rows = session.execute(
            select(Registration.id, Registration.person_id)
            .where(Registration.id.in_(ids[at : at + 5000]))
            .order_by(Registration.id)
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def owners_who_wait(session: Session, event: Event, due: Collection[int]) -> set[int]:
    """List the people of an event who have another registration of that year that may not go yet."""
    here = select(Registration.person_id).where(Registration.event_id == event.id, Registration.erased_at.is_(None))
    rows = session.execute(
        select(Registration.id, Registration.person_id)
        .join(Registration.event)
        .where(
            Registration.person_id.in_(here),
            Registration.erased_at.is_(None),
            extract("year", Event.starts_on) == year_of(event),
        )
    )
    return {owner for one, owner in rows if one not in due}


def first_came(session: Session, person_id: int) -> Any:
    """Give the first day of the first event that a person came to, as their registrations say it."""
    other = aliased(Registration)
    by_arrivals = session.scalar(
        select(func.min(Event.starts_on))
        .join(other, other.event_id == Event.id)
        .join(Arrival, Arrival.registration_id == other.id)
        .where(other.person_id == person_id)
    )
    known = session.scalars(select(Person.first_came_on).where(Person.id == person_id)).one()
    return min((one for one in (by_arrivals, known) if one is not None), default=None)
