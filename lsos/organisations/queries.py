"""Reads of organisations: by name in whatever spelling, and by part of a name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select, tuple_, union
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.organisations.models import (
    Affiliation,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    OrganisationForward,
    OrganisationNumber,
    Sig,
)
from lsos.organisations.rules import Facts, Number, domain_of, numbers_in
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import search_key


def organisation_by_uid(uid: str) -> Organisation | None:
    """Find an organisation by its public id."""
    return db.session.scalar(
        select(Organisation)
        .where(Organisation.uid == uid)
        .options(
            joinedload(Organisation.stakeholder_type),
            selectinload(Organisation.aliases),
            selectinload(Organisation.sigs),
        )
    )


def organisation_by_name(name: str, session: Session | None = None) -> Organisation | None:
    """Find the organisation that goes by a name, whatever its letter case, accents and spaces.

    An alias settles it; without one the name itself does, the organisation known longest first. Whoever types
    a number of a register or a domain means the organisation that it belongs to.
    """
    folded = search_key(name)
    if not folded:
        return None
    session = session or db.session()
    by_alias = session.scalar(select(Organisation).join(Organisation.aliases).where(OrganisationAlias.folded == folded))
    if by_alias is not None:
        return by_alias
    #: `search_key` of an organisation begins with its own folded name; the few that share it are compared here.
    candidates = session.scalars(
        select(Organisation)
        .where(Organisation.search_key.startswith(folded, autoescape=True))
        .order_by(Organisation.id)
    )
    by_name = next((one for one in candidates if search_key(one.name) == folded), None)
    return by_name or _by_register_or_domain(name, session)


def _by_register_or_domain(name: str, session: Session) -> Organisation | None:
    return organisation_by_number(numbers_in(name), session) or organisation_by_domain(name, session)


#: So many values go into one question to the database.
_AT_ONCE = 400


def organisations_by_names(names: Mapping[str, str], session: Session) -> dict[str, Organisation]:
    """Find for many names what `organisation_by_name` finds for each: folded name -> name, folded name -> found."""
    found: dict[str, Organisation] = {}
    folded = sorted(names)
    for at in range(0, len(folded), _AT_ONCE):
        of_some = OrganisationAlias.folded.in_(folded[at : at + _AT_ONCE])
        aliases = select(OrganisationAlias).where(of_some).options(joinedload(OrganisationAlias.organisation))
        found |= {alias.folded: alias.organisation for alias in session.scalars(aliases)}
    by_length: dict[int, list[str]] = defaultdict(list)
    for one in folded:
        if one not in found:
            by_length[len(one)].append(one)
    for length, some in by_length.items():
        for at in range(0, len(some), _AT_ONCE):
            begins = func.substr(Organisation.search_key, 1, length).in_(some[at : at + _AT_ONCE])
            for organisation in session.scalars(select(Organisation).where(begins).order_by(Organisation.id)):
                key = search_key(organisation.name)
                if len(key) == length:
                    found.setdefault(key, organisation)
    for one in folded:
        if one not in found and (other := _by_register_or_domain(names[one], session)) is not None:
            found[one] = other
    return found


def organisations_like(words: str, *, limit: int = 10) -> list[Organisation]:
    """List organisations whose name or alias holds every word, those that begin with them first."""
    parts = search_key(words).split()
    if not parts:
        return []
    statement = select(Organisation).options(joinedload(Organisation.stakeholder_type)).limit(limit)
    for part in parts:
        statement = statement.where(Organisation.search_key.contains(part, autoescape=True))
    begins = Organisation.search_key.startswith(" ".join(parts), autoescape=True)
    return list(db.session.scalars(statement.order_by(begins.desc(), func.lower(Organisation.name), Organisation.id)))


def sigs() -> Sequence[Sig]:
    """List the thematic groups in their order."""
    return db.session.scalars(select(Sig).order_by(Sig.position, Sig.code)).all()


def known_names(*, limit: int = 1000) -> list[str]:
    """List names and aliases to suggest while one is typed: of organisations from files, not of those people typed."""
    is_known = or_(Organisation.code.is_not(None), Organisation.is_cluster_partner)
    names = select(Organisation.name).where(is_known)
    aliases = select(OrganisationAlias.name).join(OrganisationAlias.organisation).where(is_known)
    return sorted(db.session.scalars(union(names, aliases).limit(limit)), key=search_key)


# ---- finding one while it is typed


def forwarded(uid: str) -> Organisation | None:
    """Find the organisation into which the one of this public id was merged."""
    return db.session.scalar(
        select(Organisation)
        .join(OrganisationForward, OrganisationForward.organisation_id == Organisation.id)
        .where(OrganisationForward.uid == uid)
    )


def organisation_by_number(numbers: Sequence[Number], session: Session | None = None) -> Organisation | None:
    """Find the organisation that a register calls by one of these numbers."""
    if not numbers:
        return None
    pairs = tuple_(OrganisationNumber.kind, OrganisationNumber.number)
    return (session or db.session()).scalar(
        select(Organisation)
        .join(Organisation.numbers)
        .where(pairs.in_([(one.kind, one.number) for one in numbers]))
        .order_by(Organisation.id)
        .limit(1)
    )


def organisation_by_domain(address: str, session: Session | None = None) -> Organisation | None:
    """Find the organisation to which the domain of an e-mail address or a website leads; parents of it count too."""
    domain = domain_of(address)
    if not domain:
        return None
    parts = domain.split(".")
    wanted = [".".join(parts[n:]) for n in range(len(parts) - 1)]
    return (session or db.session()).scalar(
        select(Organisation)
        .join(Organisation.domains)
        .where(OrganisationDomain.domain.in_(wanted))
        .order_by(func.length(OrganisationDomain.domain).desc(), OrganisationDomain.id)
        .limit(1)
    )


#: So many are suggested while one is typed.
SUGGESTIONS = 8


def suggestions(words: str) -> list[Organisation]:
    """List the organisations that somebody may mean who has typed so far: by number, by domain, by name."""
    words = words.strip()
    if len(words) < 2:
        return []
    exact = organisation_by_number(numbers_in(words)) or organisation_by_domain(words)
    named = organisations_like(words, limit=SUGGESTIONS)
    return list(dict.fromkeys([exact, *named] if exact is not None else named))[:SUGGESTIONS]


# ---- the organisers' list

PAGE_LENGTH = 50


@dataclass(frozen=True)
class Wanted:
    """What the list of organisations shows."""

    words: str = ""
    interest_group: InterestGroup | None = None
    type_code: str = ""
    country: str = ""
    is_partner: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.interest_group or self.type_code or self.country or self.is_partner)


def _listed(wanted: Wanted) -> Select[int]:
    statement = select(Organisation.id)
    numbers = numbers_in(wanted.words)
    domain = domain_of(wanted.words)
    named = [Organisation.search_key.contains(part, autoescape=True) for part in search_key(wanted.words).split()]
    ways = [and_(*named)] if named else []
    if numbers:
        pairs = tuple_(OrganisationNumber.kind, OrganisationNumber.number)
        ways.append(Organisation.numbers.any(pairs.in_([(one.kind, one.number) for one in numbers])))
    if domain:
        ways.append(Organisation.domains.any(OrganisationDomain.domain == domain))
    if ways:
        statement = statement.where(or_(*ways))
    if wanted.interest_group is not None:
        statement = statement.where(Organisation.interest_group == wanted.interest_group)
    if wanted.type_code:
        statement = statement.join(Organisation.stakeholder_type).where(StakeholderType.code == wanted.type_code)
    if wanted.country:
        statement = statement.where(Organisation.country == wanted.country)
    if wanted.is_partner:
        statement = statement.where(Organisation.is_cluster_partner)
    return statement


def count_listed(wanted: Wanted) -> int:
    """Count the organisations that fit."""
    return db.session.scalar(select(func.count()).select_from(_listed(wanted).subquery())) or 0


def listed(wanted: Wanted, *, page: int = 1) -> list[Organisation]:
    """List a page of the organisations that fit, by name."""
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.id.in_(_listed(wanted)))
            .order_by(Organisation.search_key, Organisation.id)
            .offset((page - 1) * PAGE_LENGTH)
            .limit(PAGE_LENGTH)
            .options(joinedload(Organisation.stakeholder_type))
        )
    )


def people_of(organisation_id: int, *, limit: int = 200) -> list[Affiliation]:
    """List who stands for an organisation, those who still do first."""
    return list(
        db.session.scalars(
            select(Affiliation)
            .join(Affiliation.person)
            .where(Affiliation.organisation_id == organisation_id)
            .options(contains_eager(Affiliation.person).selectinload(Person.emails))
            .order_by(Affiliation.is_current.desc(), Person.search_key, Affiliation.id)
            .limit(limit)
        )
    )


def people_counted(organisation_ids: Sequence[int]) -> dict[int, int]:
    """Count who stands for each of these organisations now."""
    rows = db.session.execute(
        select(Affiliation.organisation_id, func.count())
        .where(Affiliation.organisation_id.in_(organisation_ids), Affiliation.is_current)
        .group_by(Affiliation.organisation_id)
    )
    return {row[0]: row[1] for row in rows}


def whole_organisation(uid: str) -> Organisation | None:
    """Find an organisation with everything its page shows."""
    return db.session.scalar(
        select(Organisation)
        .where(Organisation.uid == uid)
        .options(
            joinedload(Organisation.stakeholder_type),
            selectinload(Organisation.aliases),
            selectinload(Organisation.numbers),
            selectinload(Organisation.domains),
            selectinload(Organisation.sigs),
        )
        .execution_options(populate_existing=True)
    )


def all_facts() -> dict[int, tuple[str, Facts]]:
    """Give the public id and the facts of every organisation, to compare them by: four statements, however many."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for owner, folded in db.session.execute(
        select(OrganisationAlias.organisation_id, OrganisationAlias.folded).order_by(OrganisationAlias.id)
    ):
        names[owner].append(folded)
    domains: defaultdict[int, list[str]] = defaultdict(list)
    for owner, domain in db.session.execute(select(OrganisationDomain.organisation_id, OrganisationDomain.domain)):
        domains[owner].append(domain)
    numbers: defaultdict[int, list[Number]] = defaultdict(list)
    for owner, kind, number in db.session.execute(
        select(OrganisationNumber.organisation_id, OrganisationNumber.kind, OrganisationNumber.number)
    ):
        numbers[owner].append(Number(kind, number))
    rows = db.session.execute(
        select(
            Organisation.id,
            Organisation.uid,
            Organisation.name,
            Organisation.website,
            Organisation.city,
            Organisation.country,
        ).order_by(Organisation.id)
    )
    found = {}
    for owner, uid, name, website, city, country in rows:
        site = domain_of(website)
        found[owner] = (
            uid,
            Facts(
                names=tuple(dict.fromkeys((search_key(name), *names[owner]))),
                domains=frozenset([*domains[owner], *([site] if site else [])]),
                numbers=tuple(numbers[owner]),
                city=search_key(city),
                country=country or "",
            ),
        )
    return found


def organisations_by_id(ids: Sequence[int]) -> dict[int, Organisation]:
    """Give organisations by their ids."""
    rows = db.session.scalars(
        select(Organisation).where(Organisation.id.in_(ids)).options(joinedload(Organisation.stakeholder_type))
    )
    return {one.id: one for one in rows}


def organisations_whole(ids: Sequence[int]) -> dict[int, Organisation]:
    """Give organisations by their ids, with everything that is known of them."""
    rows = db.session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(ids))
        .options(
            joinedload(Organisation.stakeholder_type),
            selectinload(Organisation.aliases),
            selectinload(Organisation.numbers),
            selectinload(Organisation.domains),
        )
    )
    return {one.id: one for one in rows}


def affiliations_of(person_id: int) -> list[Affiliation]:
    """List the organisations somebody stands for, the current one first."""
    return list(
        db.session.scalars(
            select(Affiliation)
            .where(Affiliation.person_id == person_id)
            .options(joinedload(Affiliation.organisation))
            .order_by(Affiliation.is_current.desc(), Affiliation.id)
        )
    )
