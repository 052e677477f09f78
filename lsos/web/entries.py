"""What somebody holds while they register: it stands in the address of each page as `entry`, and is judged on each."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask import Blueprint, g, has_request_context, request
from flask_babel import gettext as _

from lsos.accounts.models import Person
from lsos.events.models import Event
from lsos.invitations import entries
from lsos.invitations.entries import Entry
from lsos.invitations.models import Delegation
from lsos.invitations.queries import delegations_of, domains, has_codes, registrations_at
from lsos.invitations.rules import Means, Opening
from lsos.registration.details import Details
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.openings import why_not_again
from lsos.registration.queries import registration_of
from lsos.registration.rules import RegistrationState
from lsos.registration.transfers import giving_up
from lsos.web import language
from lsos.web.leaving import release_time
from lsos.web.session import my_registration, reader

#: The pages of registration that hand on what somebody holds.
_CARRIES = "entry"


def carry(bp: Blueprint) -> None:
    """Let the pages of a blueprint hand on what somebody holds in every address they write of one another."""

    @bp.app_url_defaults
    def add_entry(endpoint: str, values: dict[str, Any]) -> None:
        if has_request_context() and endpoint.partition(".")[0] == bp.name and request.blueprint == bp.name:
            held = request.args.get(_CARRIES)
            if held and _CARRIES not in values:
                values[_CARRIES] = held


def current(event: Event) -> Entry | None:
    """Find what the address of this page says that its reader holds."""
    if "entry" not in g:
        text = request.args.get(_CARRIES, "")
        g.entry = entries.entry_of(event.id, text, now=datetime.now(UTC)) if text else None
    found: Entry | None = g.entry
    return found


@dataclass(frozen=True)
class Entrance:
    """Whether one way to take part is open to the reader, and with what."""

    opening: Opening
    #: What they hold, where that is what opens it.
    entry: Entry | None

    @property
    def person_id(self) -> int | None:
        """Give whose address it was mailed to, where nobody else may use it; they need not sign in to be known."""
        return self.entry.person_id if self.entry is not None else None

    def registering(self) -> dict[str, Any]:
        """Give what `register` needs to know of it."""
        if self.opening.by is None:
            return {}
        known: dict[str, Any] = {"is_invited": True, "is_approved": not self.opening.needs_approval}
        if self.entry is not None:
            known |= {"holding": self.entry.holding, "entry": self.entry.use}
        if self.entry is not None and self.entry.transfer is not None:
            transfer, now = self.entry.transfer, datetime.now(UTC)
            release = release_time(actor_id=transfer.giver.person_id, now=now)
            known["first"] = giving_up(transfer, release=release, now=now)
        return known


def entrance(kind: ParticipationType, person: Person | None, *, entry: Entry | None, now: datetime) -> Entrance:
    """Judge one way to take part for the reader of this page; a page asks several times, the database once."""
    judged: dict[int, Entrance] = g.setdefault("entrances", {})
    if kind.id not in judged:
        judged[kind.id] = _entrance(entries.opening(kind, entry=entry, person=person, now=now), entry)
    return judged[kind.id]


def entrances(
    kinds: list[ParticipationType], person: Person | None, *, entry: Entry | None, now: datetime
) -> dict[int, Entrance]:
    """Judge several ways to take part at once, by the number of each."""
    found = entries.openings(kinds, entry=entry, person=person, now=now)
    return {key: _entrance(opening, entry) for key, opening in found.items()}


def _entrance(opening: Opening, entry: Entry | None) -> Entrance:
    opens = entry is not None and opening.by is entry.held.means and entry.held.refusal is None
    return Entrance(opening, entry if opens else None)


@dataclass(frozen=True)
class Standing:
    """What somebody who is to register has at the event already."""

    registration: Registration
    #: Why they may not register once more, with what they hold; None where they may.
    refusal: StrEnum | None
    #: It belongs to the address that a link went to; whoever holds the link has not shown that they are its owner.
    address: str = ""

    @property
    def needs_nothing(self) -> bool:
        """Say whether they have a seat, and can take no other."""
        return self.refusal is not None and self.registration.state is RegistrationState.CONFIRMED


def standing(event: Event, kind: ParticipationType, entry: Entry | None) -> Standing | None:
    """Find what the reader of this page has at the event; without a reader, whoever the link went to."""
    found, address = my_registration(), ""
    if reader() is None and entry is not None and entry.person_id is not None:
        found = registration_of(event.id, entry.person_id)
    elif reader() is None and entry is not None and entry.known.address:
        address = entry.known.address
        found = registrations_at(event.id, [address]).get(address)
    if found is None:
        return None
    return Standing(found, why_not_again(found, kind, holding=entry.holding if entry else None), address)


def address_of(entry: Entry | None) -> str:
    """Give the address that a form need not ask for, since what its reader holds is for this address alone."""
    return entry.held.address if entry is not None else ""


def filled_in(said: Details | None, entry: Entry | None) -> Details | None:
    """Put what an invitation knows to what somebody has said before, who has the last word."""
    if entry is None:
        return said
    known = entry.known
    if said is not None:
        takes_theirs = entry.held.means is Means.CLAIM or not said.organisation
        return replace(said, organisation=known.organisation) if known.organisation and takes_theirs else said
    return Details(
        known.given_name,
        known.address,
        known.language or language.current(),
        family_name=known.family_name,
        organisation=known.organisation,
    )


def words_of(entry: Entry | None) -> str:
    """Say to the reader what they hold; empty for what needs no words."""
    if entry is None:
        return ""
    if entry.held.refusal is not None:
        return str(_(entry.held.refusal))
    if entry.code is not None:
        return str(_("The code %(code)s is entered.", code=entry.code.code))
    if entry.claim is not None:
        return str(_("%(organisation)s keeps a seat for you.", organisation=entry.claim.delegation.name))
    if entry.transfer is not None:
        return str(_("%(giver)s hands their seat on to you.", giver=entry.transfer.giver.person.name))
    if entry.invitation is not None and entry.invitation.holds_seat:
        return str(_("You are invited, and a seat is kept for you."))
    if entry.invitation is not None:
        return str(_("You are invited."))
    return str(_("Your address %(address)s is confirmed.", address=entry.held.address))


def shown(event: Event) -> dict[str, Any]:
    """Give what the page of the ways to take part says of what its reader holds."""
    entry = current(event)
    return {
        "is_held": entry is not None and entry.held.refusal is None,
        "held": words_of(entry),
        "has_codes": has_codes(event.id),
        "looks_after": looked_after(event),
    }


def looked_after(event: Event) -> list[Delegation]:
    """List the delegations whose seats the reader looks after."""
    return delegations_of(event.id, _proved(reader()))


def _proved(person: Person | None) -> list[str]:
    return [one.address for one in person.emails if one.verified_at is not None] if person else []


def domains_by_type(event: Event) -> dict[int, list[str]]:
    """Name the domains that each way to take part is open to."""
    found: dict[int, list[str]] = {}
    for one in domains(event.id):
        found.setdefault(one.participation_type_id, []).append(one.domain)
    return found
