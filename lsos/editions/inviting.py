"""The ways in of a demonstration: who was invited, whose seats are held for colleagues, which codes are about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from lsos.accounts.models import EmailAddress, Person
from lsos.db import transaction
from lsos.editions.bulk import add_rows
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.invitations import claims, codes, delegations, service, waves
from lsos.invitations.codes import Wanted
from lsos.invitations.delegations import Manager
from lsos.invitations.links import make_link
from lsos.invitations.models import AccessCode, AccessCodeUse, Claim, Delegation, Invitation
from lsos.invitations.reading import Person as Listed
from lsos.invitations.rules import ClaimState, InvitationState, WaveKind
from lsos.invitations.service import Asked
from lsos.organisations.models import Organisation
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual, search_key

Answered = TypeVar("Answered", Invitation, Claim)
#: Given name, family name, address and language of people who have not answered yet; invented, as the names say.
_SPEAKERS: Final = (
    ("Ewa", "Przykładowa", "ewa.przykladowa@example.org", "pl"),
    ("Jan", "Zmyślony", "jan.zmyslony@example.org", "pl"),
    ("Mary", "Made-Up", "mary.made-up@example.org", "en"),
    ("Zofia", "Wymyślna", "zofia.wymyslna@example.org", "pl"),
    ("Piotr", "Pokazowy", "piotr.pokazowy@example.org", "pl"),
    ("Adam", "Niewysłany", "adam.niewyslany@example.org", "pl"),
)
#: Of those, so many are drafts still; the first of the others has opened theirs, the second has turned it down.
_DRAFTS: Final = 2
_COLLEAGUES: Final = (
    ("Hanna", "Delegowana", "hanna.delegowana@example.org"),
    ("Marek", "Milczący", "marek.milczacy@example.org"),
    ("Łucja", "Niemogąca", "lucja.niemogaca@example.org"),
)
_OTHER_COLLEAGUES: Final = (("Tomasz", "Oczekiwany", "tomasz.oczekiwany@example.org"),)
#: Free seats that a delegation holds, beside those that its people have taken.
_HELD: Final = 5
_LINE: Final = Bilingual(
    "Prosimy o kwadrans o tym, co działa w praktyce.", "We would like a quarter of an hour on what works in practice."
)
#: Colleagues who have taken a seat already, at most.
_CAME: Final = 3
#: What was sent, was sent so long ago.
_AGO: Final = timedelta(days=3)
#: An invented address that looks after the seats of the second delegation.
_MANAGER: Final = Manager("delegacja@example.org", "Danuta Delegacka")


def add_ways_in(event: Event, *, attendee: str, by_id: int, now: datetime) -> bool:
    """Give an event that has none invitations, delegations and codes in every state; says whether it did.

    They are made by the use cases that pages call. Whoever has come by one is somebody of the demonstration
    already, so that nobody is added, and every seat is counted once.
    """
    with transaction() as session:
        kinds = _kinds(session, event.id)
        if any(session.scalar(select(exists().where(kind.event_id == event.id))) for kind in _TABLES):
            return False
        _invited_before(session, kinds.get("speaker"))
    if now >= moment(event.ends_on, event.doors_close, event.timezone):
        return True
    _invite(event, kinds.get("speaker"), by_id, now)
    _open_to_codes(event, kinds, by_id, now)
    if "participant" in kinds:
        _hold(event, kinds["participant"], attendee, by_id, now)
    return True


_TABLES: Final = (Invitation, Delegation, AccessCode)


def _kinds(session: DatabaseSession, event_id: int) -> dict[str, ParticipationType]:
    found = session.scalars(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id)
        .options(selectinload(ParticipationType.capacities))
    )
    return {kind.code: kind for kind in found}


def _free(kind: ParticipationType) -> int:
    """Count the seats that a way to take part has left."""
    return min((capacity.free for capacity in kind.capacities), default=0)


def _came_by(session: DatabaseSession, kind: ParticipationType) -> list[Registration]:
    """List invented people who are confirmed one way, in the order in which they registered."""
    return list(
        session.scalars(
            select(Registration)
            .join(Registration.person)
            .where(
                Registration.participation_type_id == kind.id,
                Registration.state == RegistrationState.CONFIRMED,
                Person.is_invented,
            )
            .order_by(Registration.registered_at, Registration.id)
            .options(selectinload(Registration.person).selectinload(Person.emails))
        )
    )


# ---- invitations


def _invited_before(session: DatabaseSession, kind: ParticipationType | None) -> None:
    """Note that those who take part by invitation only had one."""
    if kind is None or not kind.is_by_invitation:
        return
    rows = []
    for one in _came_by(session, kind):
        person, sent_at = one.person, one.registered_at - _AGO
        rows.append(
            {
                "event_id": kind.event_id,
                "participation_type_id": kind.id,
                "address": person.email,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "organisation": "",
                "search_key": search_key(person.family_name, person.given_name, person.email or ""),
                "language": person.language,
                "state": InvitationState.ACCEPTED,
                "created_at": sent_at,
                "sent_at": sent_at,
                "written_at": sent_at,
                "opened_at": one.registered_at,
                "answered_at": one.registered_at,
                "registration_id": one.id,
            }
        )
    add_rows(session, Invitation, rows)


def _invite(event: Event, kind: ParticipationType | None, by_id: int, now: datetime) -> None:
    """Invite a few who have not answered, one who has turned it down, and leave the rest drafts."""
    if kind is None:
        return
    asked = [
        Asked(address, kind.code, given_name, family_name, language=language, line=_LINE)
        for given_name, family_name, address, language in _SPEAKERS
    ]
    made = [service.invite(event.id, one, by=by_id, now=now - _AGO).uid for one in asked]
    sent = made[:-_DRAFTS]
    wave = waves.freeze(event.id, sent, WaveKind.SEND, by=by_id, now=now - _AGO)
    waves.begin(event.id, wave.uid, expected=len(sent), by=by_id, now=now - _AGO)
    waves.proceed(event.id, wave.uid, now=now - _AGO)
    opened, declined = _tokens(Invitation, sent[:2], now)
    service.note_opened(opened, now=now - _AGO / 2)
    service.decline(declined, reason="Jestem wtedy za granicą.", now=now - _AGO / 2)


def _tokens(kind: type[Answered], uids: Sequence[str], now: datetime) -> list[str]:
    """Make a link to each of these, as their letters carry, to answer by."""
    with transaction() as session:
        found = {one.uid: one for one in session.scalars(select(kind).where(kind.uid.in_(uids)))}
        return [make_link(session, found[uid], now=now) for uid in uids]


# ---- codes


def _open_to_codes(event: Event, kinds: dict[str, ParticipationType], by_id: int, now: datetime) -> None:
    """Give out a code that some have used and one that holds seats, and trust the addresses of a domain."""
    if "investor" in kinds:
        wanted = Wanted("FUNDUSZE-POKAZ", "Fundusze zaproszone przez partnera (pokaz)", ["investor"], 10, True)
        code = codes.make_code(event.id, wanted, by=by_id, now=now - _AGO)
        _used_before(code.id, kinds["investor"])
    if "media" in kinds and _free(kinds["media"]) >= _HELD:
        wanted = Wanted("REDAKCJE-POKAZ", "Redakcje (pokaz)", ["media"], _HELD, holds_seats=True)
        codes.make_code(event.id, wanted, by=by_id, now=now - _AGO)
        codes.open_to_domain(
            event.id, "media", "redakcja.example.org", opens=True, skips_approval=True, by=by_id, now=now - _AGO
        )


def _used_before(code_id: int, kind: ParticipationType) -> None:
    with transaction() as session:
        users = _came_by(session, kind)[:_CAME]
        rows = [{"access_code_id": code_id, "registration_id": one.id, "at": one.registered_at} for one in users]
        add_rows(session, AccessCodeUse, rows)
        session.get_one(AccessCode, code_id).uses = len(rows)


# ---- delegations


def _hold(event: Event, kind: ParticipationType, attendee: str, by_id: int, now: datetime) -> None:
    """Hold seats for the organisation of the attendee, who looks after them, and for the one with most people here."""
    with transaction() as session:
        of_attendee = session.execute(
            select(Registration.organisation_id, Person.given_name, Person.family_name)
            .join(Registration.person)
            .join(EmailAddress, EmailAddress.person_id == Person.id)
            .where(Registration.event_id == event.id, EmailAddress.address == attendee)
        ).first()
        own_id = of_attendee.organisation_id if of_attendee else None
        largest_id = session.scalar(
            select(Registration.organisation_id)
            .join(Organisation, Organisation.id == Registration.organisation_id)
            .where(
                Registration.participation_type_id == kind.id,
                Registration.state == RegistrationState.CONFIRMED,
                Organisation.is_invented,
                Registration.organisation_id.is_distinct_from(own_id),
            )
            .group_by(Registration.organisation_id)
            .order_by(func.count().desc(), Registration.organisation_id)
            .limit(1)
        )
        wanted = []
        if of_attendee is not None and own_id is not None:
            name = f"{of_attendee.given_name} {of_attendee.family_name}"
            wanted.append((session.get_one(Organisation, own_id).name, Manager(attendee, name)))
        if largest_id is not None:
            wanted.append((session.get_one(Organisation, largest_id).name, _MANAGER))
        free = _free(_kinds(session, event.id)[kind.code])
    promised = zip(wanted[: free // _HELD], (_COLLEAGUES, _OTHER_COLLEAGUES), strict=False)
    for (organisation, manager), colleagues in promised:
        made = delegations.found(event.id, organisation, kind.code, _HELD, managers=[manager], by=by_id, now=now - _AGO)
        _came_before(made.id)
        listed = [Listed(n, address, given, family) for n, (given, family, address) in enumerate(colleagues, 1)]
        claims.send_links(event.id, made.uid, listed, by=by_id, now=now - _AGO)
    if wanted and free >= _HELD:
        _answer(event, now)


def _came_before(delegation_id: int) -> None:
    """Let colleagues who are here already have taken their seats as part of the delegation."""
    with transaction() as session:
        delegation = session.get_one(Delegation, delegation_id)
        kind = session.get_one(ParticipationType, delegation.participation_type_id)
        here = [one for one in _came_by(session, kind) if one.organisation_id == delegation.organisation_id][:_CAME]
        rows = [
            {
                "delegation_id": delegation.id,
                "address": one.person.email or "",
                "given_name": one.person.given_name,
                "family_name": one.person.family_name,
                "language": one.person.language,
                "state": ClaimState.CLAIMED,
                "created_at": one.registered_at - _AGO,
                "written_at": one.registered_at - _AGO,
                "opened_at": one.registered_at,
                "answered_at": one.registered_at,
                "registration_id": one.id,
            }
            for one in here
        ]
        add_rows(session, Claim, rows)
        #: Their seats are taken and counted; the others are held.
        delegation.seats += len(here)
        delegation.claimed += len(here)


def _answer(event: Event, now: datetime) -> None:
    """Let one colleague open the link, and one say that they do not come; one has not looked."""
    with transaction() as session:
        sent = session.execute(
            select(Claim.address, Claim.uid).join(Claim.delegation).where(Delegation.event_id == event.id)
        )
        uids = {row.address: row.uid for row in sent}
    opened, declined = _tokens(Claim, [uids[_COLLEAGUES[0][2]], uids[_COLLEAGUES[2][2]]], now)
    claims.note_opened(opened, now=now - _AGO / 2)
    claims.decline(declined, reason="Mam wtedy dyżur.", now=now - _AGO / 2)
