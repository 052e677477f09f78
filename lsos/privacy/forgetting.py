"""How each class of data is deleted or emptied when its time is over.

Each takes the session of a transaction and says of how many rows; who calls it has locked the seats of the event.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.agenda.models import SessionPerson
from lsos.contacts.models import ContactExchange, Lead
from lsos.contacts.rules import Word
from lsos.events.models import Event, Hat, RoleGrant
from lsos.invitations.models import Claim, Delegation, EntryLink, Invitation
from lsos.invitations.rules import LINKS_OUT, ClaimState, InvitationState
from lsos.invitations.service import let_go
from lsos.mail import MailAttachment, OutgoingMail
from lsos.outreach.models import CampaignRecipient
from lsos.privacy import erasing
from lsos.privacy.models import ErasureRequest
from lsos.privacy.periods import PARTS, Part, first_came, ids_of, of_same_year, wants_to_hear, year_of
from lsos.privacy.register import EMPTY_PERSON, FILE_FOLDERS, HOLDINGS, Belongings, belongings, gathered
from lsos.privacy.rules import DataClass
from lsos.questionnaires.models import Answer, AnswerOption, Question, QuestionOption
from lsos.registration.list_models import RegistrationImport
from lsos.registration.models import (
    Listing,
    ListingStage,
    ListingTag,
    ListingTicketBand,
    Profile,
    ProfileStage,
    ProfileTag,
    ProfileTicketBand,
    Registration,
)

_STANDING = (InvitationState.DRAFT, InvitationState.SENT, InvitationState.OPENED)


@dataclass
class Forgotten:
    """What one run over one class came to."""

    number: int = 0
    #: Of other events, by slug, what had to go together with it.
    elsewhere: Counter[str] = field(default_factory=Counter)
    #: Files whose bytes lie in the data directory, to be deleted once all is written.
    files: list[str] = field(default_factory=list)


def _blank(column: str) -> dict[str, Any]:
    """Give what the register puts into the columns of a row that is emptied."""
    return dict(HOLDINGS[column].blank)


#: So many ids go into one statement.
_PART = 5000


def _parts(ids: Collection[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[at : at + _PART] for at in range(0, len(ordered), _PART)]


def _update(session: Session, model: Any, ids: Collection[int], **values: Any) -> None:
    key = next(iter(model.__table__.primary_key.columns))
    for part in _parts(ids):
        session.execute(
            update(model).where(key.in_(part)).values(**values).execution_options(synchronize_session=False)
        )


def _drop(session: Session, model: Any, column: Any, ids: Collection[int]) -> None:
    """Delete the rows that hang on some others."""
    for part in _parts(ids):
        session.execute(delete(model).where(column.in_(part)).execution_options(synchronize_session=False))


def _delete(session: Session, part: Part) -> int:
    model, wanted = part
    key = next(iter(model.__table__.primary_key.columns))  # type: ignore[attr-defined]
    gone = delete(model).where(wanted).returning(key).execution_options(synchronize_session=False)
    return len(session.execute(gone).all())


# ---- class by class


def _needs(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001  # every class is asked alike
    ids = ids_of(session, PARTS[DataClass.NEEDS](event)[0])
    _update(session, Registration, ids, dietary_needs="", accessibility_needs="")
    return Forgotten(len(ids))


def _rows(what: DataClass) -> Callable[[Session, Event, datetime], Forgotten]:
    """Make what deletes all rows of a class."""

    def go(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
        return Forgotten(sum(_delete(session, part) for part in PARTS[what](event)))

    return go


def _files(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
    files = []
    parts = PARTS[DataClass.FILES](event)
    for model, wanted in parts:
        folder = FILE_FOLDERS.get(model.__tablename__)
        if folder is not None:
            uids = session.scalars(select(model.__table__.c.uid).where(wanted))
            files += [f"{folder}/{uid}" for uid in uids]
    return Forgotten(sum(_delete(session, part) for part in parts), files=files)


def _contacts(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
    """Delete notes and numbers, and let nobody see anybody's contact any more; figures count on."""
    notes, cards, entries, exchanges, leads = PARTS[DataClass.CONTACTS](event)
    number = sum(_delete(session, part) for part in (notes, cards, entries))
    pairs, visitors = ids_of(session, exchanges), ids_of(session, leads)
    _update(session, ContactExchange, pairs, low_said=Word.BACK, high_said=Word.BACK, exchanged_at=None)
    _update(session, Lead, visitors, said=Word.BACK, warmth=None, interests=[])
    return Forgotten(number + len(pairs) + len(visitors))


def answers(session: Session, event: Event, question_uid: str) -> int:
    """Delete the answers to one question; seats that its options counted are free again."""
    question = select(Question.id).where(Question.event_id == event.id, Question.uid == question_uid).scalar_subquery()
    seated = session.execute(
        select(AnswerOption.option_id, func.count())
        .join(AnswerOption.answer)
        .where(Answer.question_id == question, AnswerOption.has_seat)
        .group_by(AnswerOption.option_id)
        .order_by(AnswerOption.option_id)
    ).all()
    for option_id, number in seated:
        session.execute(
            update(QuestionOption)
            .where(QuestionOption.id == option_id)
            .values(taken=QuestionOption.taken - number)
            .execution_options(synchronize_session=False)
        )
    return _delete(session, (Answer, Answer.question_id == question))


def _invitations(session: Session, event: Event, now: datetime) -> Forgotten:
    ids = ids_of(session, PARTS[DataClass.INVITATIONS](event)[0])
    standing = session.scalars(
        select(Invitation)
        .where(Invitation.event_id == event.id, Invitation.state.in_(_STANDING))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    ).all()
    for invitation in standing:
        let_go(session, invitation)
        invitation.state, invitation.answered_at = InvitationState.EXPIRED, now
    session.flush()
    _drop(session, EntryLink, EntryLink.invitation_id, ids)
    _update(session, Invitation, ids, **_blank("invitation.address"))
    return Forgotten(len(ids))


def _claims(session: Session, event: Event, now: datetime) -> Forgotten:
    claims, transfers = PARTS[DataClass.CLAIMS](event)
    ids, handed = ids_of(session, claims), ids_of(session, transfers)
    out = session.scalars(
        select(Claim).where(claims[1], Claim.state.in_(LINKS_OUT)).order_by(Claim.id).with_for_update(of=Claim)
    ).all()
    for claim in out:
        claim.state, claim.answered_at = ClaimState.WITHDRAWN, now
        session.execute(update(Delegation).where(Delegation.id == claim.delegation_id).values(sent=Delegation.sent - 1))
    session.flush()
    _drop(session, EntryLink, EntryLink.claim_id, ids)
    _update(session, Claim, ids, **_blank("delegation_claim.address"))
    _update(session, transfers[0], handed, **_blank("seat_transfer.address"))
    return Forgotten(len(ids) + len(handed))


def _imports(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
    ids = ids_of(session, PARTS[DataClass.IMPORTS](event)[0])
    _update(session, RegistrationImport, ids, lines=[], refused=[])
    return Forgotten(len(ids))


def _letters(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
    letters, recipients = PARTS[DataClass.LETTERS](event)
    ids, listed = ids_of(session, letters), ids_of(session, recipients)
    empty_letters(session, ids)
    _update(session, CampaignRecipient, listed, **_blank("campaign_recipient.registration_id"))
    return Forgotten(len(ids))


def empty_letters(session: Session, ids: Collection[int]) -> None:
    """Take from letters what they said and to whom they went; that there was one stays."""
    _drop(session, MailAttachment, MailAttachment.mail_id, ids)
    _update(session, OutgoingMail, ids, **_blank("outgoing_mail.to_address"))
    for part in _parts(ids):
        erasing.quiet_letters(session, part)


def _profiles(session: Session, event: Event, now: datetime) -> Forgotten:  # noqa: ARG001
    ids = ids_of(session, PARTS[DataClass.PROFILES](event)[0])
    _update(session, Profile, ids, **_blank("profile.registration_id"))
    for part in _parts(ids):
        session.execute(
            update(Listing)
            .where(Listing.profile_id.in_(part))
            .values(**_blank("listing.profile_id"))
            .execution_options(synchronize_session=False)
        )
    for link in (ProfileTag, ProfileStage, ProfileTicketBand):
        _drop(session, link, link.profile_id, ids)
    for part in _parts(ids):
        listings = session.scalars(select(Listing.id).where(Listing.profile_id.in_(part))).all()
        for of_listing in (ListingTag, ListingStage, ListingTicketBand):
            _drop(session, of_listing, of_listing.listing_id, listings)
    return Forgotten(len(ids))


FORGET: dict[str, Callable[[Session, Event, datetime], Forgotten]] = {
    DataClass.NEEDS: _needs,
    DataClass.PAPER: _rows(DataClass.PAPER),
    DataClass.NOTES: _rows(DataClass.NOTES),
    DataClass.FILES: _files,
    DataClass.INVITATIONS: _invitations,
    DataClass.CLAIMS: _claims,
    DataClass.DRAFTS: _rows(DataClass.DRAFTS),
    DataClass.IMPORTS: _imports,
    DataClass.LETTERS: _letters,
    DataClass.PROFILES: _profiles,
    DataClass.CONTACTS: _contacts,
    DataClass.PROPOSALS: _rows(DataClass.PROPOSALS),
}


# ---- whole registrations


def part_from(session: Session, registration_id: int, due: Collection[int], now: datetime) -> Forgotten:
    """Take a registration from its owner, with those of the same year, if all of these are due; else wait for them.

    Figures of a year count people once, so that registrations of one person in one year go to one shell together.
    `due` are the ids of the registrations that may go.
    """
    registration = session.get(Registration, registration_id, populate_existing=True)
    if registration is None or registration.erased_at is not None:
        return Forgotten()
    person_id, year = registration.person_id, year_of(session.get_one(Event, registration.event_id))
    group = of_same_year(session, person_id, year)
    if not {one.id for one in group} <= set(due):
        return Forgotten()
    slugs = Counter(
        session.scalars(select(Event.slug).join(Registration).where(Registration.id.in_([one.id for one in group])))
    )
    here = session.get_one(Event, registration.event_id).slug
    elsewhere = Counter({slug: number for slug, number in slugs.items() if slug != here})
    came = first_came(session, person_id)
    ids = {one.id for one in group}
    theirs = belongings(session, person_id)
    if _has_nothing_else(session, person_id, ids):
        files = erasing.files_of(session, theirs)
        erasing.erase(session, theirs, release=_nobody_leaves, by=None, now=now)
        return Forgotten(slugs[here], elsewhere, files)
    alone = _letters_about(session, gathered(session, {"registration": ids}), theirs, ids)
    files = erasing.files_of(session, alone)
    person = session.get_one(Person, person_id)
    person.first_came_on = came
    shell = Person(
        created_at=now, erased_at=now, language=person.language, is_invented=person.is_invented, first_came_on=came
    )
    shell.given_name, shell.family_name, shell.search_key = (
        EMPTY_PERSON["given_name"],
        EMPTY_PERSON["family_name"],
        EMPTY_PERSON["search_key"],
    )
    session.add(shell)
    session.flush()
    erasing.empty_all(session, alone)
    empty_letters(session, alone.of("outgoing_mail"))
    _update(session, Registration, ids, person_id=shell.id, erased_at=now)
    session.expire_all()
    return Forgotten(slugs[here], elsewhere, files)


def _nobody_leaves(_session: Session, _registration_id: int) -> None:
    """Give back no time: an event whose registrations are due is long over."""


def _letters_about(session: Session, alone: Belongings, theirs: Belongings, ids: Collection[int]) -> Belongings:
    """Add the letters of the events concerned that went to the person, whose addresses stay theirs elsewhere."""
    slugs = select(Event.slug).join(Registration, Registration.event_id == Event.id).where(Registration.id.in_(ids))
    letters = session.scalars(
        select(OutgoingMail.id).where(OutgoingMail.id.in_(theirs.of("outgoing_mail")), OutgoingMail.scope.in_(slugs))
    )
    return Belongings({**alone.ids, "outgoing_mail": set(letters)}, frozenset())


def _has_nothing_else(session: Session, person_id: int, ids: Collection[int]) -> bool:
    """Say whether nothing but these registrations needs a person's account."""
    elsewhere = (
        select(Registration.id).where(Registration.person_id == person_id, Registration.id.not_in(ids)),
        select(RoleGrant.id).where(RoleGrant.person_id == person_id),
        select(SessionPerson.id).where(SessionPerson.person_id == person_id),
        select(Hat.id).where(Hat.person_id == person_id),
        select(ErasureRequest.id).where(ErasureRequest.person_id == person_id),
    )
    return all(session.scalar(one.limit(1)) is None for one in elsewhere)


def may_go(session: Session, today_is: Callable[[Event], bool]) -> list[int]:
    """List the registrations of all events whose time is over, whichever event is looked at.

    `today_is` says of an event whether the time of its registrations is over.
    """
    over = [event.id for event in session.scalars(select(Event)) if today_is(event)]
    return list(
        session.scalars(
            select(Registration.id)
            .where(Registration.event_id.in_(over), Registration.erased_at.is_(None), ~wants_to_hear())
            .order_by(Registration.id)
        )
    )
