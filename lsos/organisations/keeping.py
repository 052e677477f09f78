"""What organisers do with organisations: they add one and correct one, so that it is found and counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.organisations.models import Organisation, OrganisationAlias, OrganisationDomain, OrganisationNumber
from lsos.organisations.rules import NumberKind
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import search_key

NAME_TAKEN = N_("%(taken)s is a name of %(owner)s. If the two are one, merge them.")
NUMBER_TAKEN = N_("%(taken)s is the number of %(owner)s. If the two are one, merge them.")
DOMAIN_TAKEN = N_("%(taken)s is the domain of %(owner)s. If the two are one, merge them.")


@dataclass(frozen=True)
class OrganisationFacts:
    """What is known of an organisation, as its form or a line of a list says it."""

    name: str
    aliases: tuple[str, ...] = ()
    #: Written as `rules.plain_number` writes them.
    numbers: Mapping[NumberKind, str] | None = None
    domains: tuple[str, ...] = ()
    interest_group: InterestGroup | None = None
    stakeholder_type: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    website: str = ""
    is_cluster_partner: bool = False


def store(uid: str | None, facts: OrganisationFacts, *, by: int, now: datetime) -> Organisation:
    """Add an organisation, or correct the one with this public id; says in the audit which facts changed.

    Raises:
        NotFound: there is no such organisation.
        Refused: a name, a number or a domain belongs to another one.
    """
    try:
        return _store(uid, facts, by, now)
    except IntegrityError:
        #: Somebody wrote the same name at the same moment; now it is there to be read, and to be named.
        return _store(uid, facts, by, now)


def _store(uid: str | None, facts: OrganisationFacts, by: int, now: datetime) -> Organisation:
    with transaction() as session:
        organisation = _locked(session, uid) if uid is not None else None
        is_new = organisation is None
        if organisation is None:
            organisation = Organisation(name=facts.name, created_at=now)
        refuse_what_is_taken(session, organisation, facts)
        session.add(organisation)
        changed = write_facts(organisation, facts, types_by_code(session))
        session.flush()
        if is_new or changed:
            audit.record(
                session,
                "organisation.added" if is_new else "organisation.edited",
                actor_id=by,
                object_uid=organisation.uid,
                parts=changed,
            )
        return organisation


def _locked(session: Session, uid: str) -> Organisation:
    found = session.scalar(
        select(Organisation)
        .where(Organisation.uid == uid)
        .options(
            selectinload(Organisation.aliases),
            selectinload(Organisation.numbers),
            selectinload(Organisation.domains),
            selectinload(Organisation.stakeholder_type),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(N_("There is no such organisation."))
    return found


def refuse_what_is_taken(session: Session, organisation: Organisation, facts: OrganisationFacts) -> None:
    """Refuse a name, a number or a domain that leads to another organisation, and say to which."""
    folded = {search_key(name): name for name in (facts.name, *facts.aliases)}
    alias = session.scalar(
        select(OrganisationAlias)
        .where(OrganisationAlias.folded.in_(folded), OrganisationAlias.organisation_id != (organisation.id or 0))
        .options(selectinload(OrganisationAlias.organisation))
        .limit(1)
    )
    if alias is not None:
        raise Refused(NAME_TAKEN, taken=folded[alias.folded], owner=alias.organisation.name)
    for kind, number in (facts.numbers or {}).items():
        taken = session.scalar(
            select(OrganisationNumber)
            .where(
                OrganisationNumber.kind == kind,
                OrganisationNumber.number == number,
                OrganisationNumber.organisation_id != (organisation.id or 0),
            )
            .options(selectinload(OrganisationNumber.organisation))
        )
        if taken is not None:
            raise Refused(NUMBER_TAKEN, taken=number, owner=taken.organisation.name)
    domain = session.scalar(
        select(OrganisationDomain)
        .where(
            OrganisationDomain.domain.in_(facts.domains),
            OrganisationDomain.organisation_id != (organisation.id or 0),
        )
        .options(selectinload(OrganisationDomain.organisation))
        .limit(1)
    )
    if domain is not None:
        raise Refused(DOMAIN_TAKEN, taken=domain.domain, owner=domain.organisation.name)


def types_by_code(session: Session) -> dict[str, StakeholderType]:
    """Give the types of organisation by their code, as `write_facts` takes them."""
    return {kind.code: kind for kind in session.scalars(select(StakeholderType))}


def write_facts(
    organisation: Organisation, facts: OrganisationFacts, types: Mapping[str, StakeholderType]
) -> list[str]:
    """Write what is known onto an organisation, within a change under way; names the facts that changed."""
    kind = types.get(facts.stakeholder_type)
    plain = {
        "name": facts.name,
        "interest_group": facts.interest_group,
        "stakeholder_type": kind,
        "country": facts.country or None,
        "region": facts.region or None,
        "city": facts.city,
        "website": facts.website,
        "is_cluster_partner": facts.is_cluster_partner,
    }
    #: Of one that is new, everything that says something.
    is_new = organisation.id is None
    changed = [name for name, value in plain.items() if (is_new and value) or getattr(organisation, name) != value]
    changed = [name for name in changed if plain[name] or not is_new]
    for name, value in plain.items():
        setattr(organisation, name, value)
    changed += _write_names(organisation, facts)
    changed += _write_numbers(organisation, facts)
    held = {one.domain: one for one in organisation.domains}
    if set(held) != set(facts.domains):
        organisation.domains = [held.get(one) or OrganisationDomain(domain=one) for one in dict.fromkeys(facts.domains)]
        changed.append("domains")
    organisation.search_key = search_key(organisation.name, *organisation.other_names)
    return changed


def _write_names(organisation: Organisation, facts: OrganisationFacts) -> list[str]:
    """Keep its own name among its aliases, to be found by, and each folded name once."""
    wanted: dict[str, str] = {}
    for name in (facts.name, *facts.aliases):
        wanted.setdefault(search_key(name), name)
    wanted.pop("", None)
    held = {one.folded: one for one in organisation.aliases}
    has_changed = {folded: one.name for folded, one in held.items()} != wanted
    for folded, name in wanted.items():
        if folded in held:
            held[folded].name = name
    if set(held) != set(wanted):
        organisation.aliases = [
            held.get(folded) or OrganisationAlias(name=name, folded=folded) for folded, name in wanted.items()
        ]
    return ["aliases"] if has_changed else []


def _write_numbers(organisation: Organisation, facts: OrganisationFacts) -> list[str]:
    wanted = dict(facts.numbers or {})
    held = {one.kind: one for one in organisation.numbers}
    if {kind: one.number for kind, one in held.items()} == wanted:
        return []
    for kind, number in wanted.items():
        if kind in held:
            held[kind].number = number
    organisation.numbers = [
        held.get(kind) or OrganisationNumber(kind=kind, number=number) for kind, number in sorted(wanted.items())
    ]
    return ["numbers"]


def facts_of(organisation: Organisation) -> OrganisationFacts:
    """Give what is known of an organisation, as `store` takes it."""
    return OrganisationFacts(
        name=organisation.name,
        aliases=tuple(organisation.other_names),
        numbers={one.kind: one.number for one in organisation.numbers},
        domains=tuple(one.domain for one in organisation.domains),
        interest_group=organisation.interest_group,
        stakeholder_type=organisation.stakeholder_type.code if organisation.stakeholder_type else "",
        country=organisation.country or "",
        region=organisation.region or "",
        city=organisation.city,
        website=organisation.website,
        is_cluster_partner=organisation.is_cluster_partner,
    )
