"""A list of organisations taken in: each line is new, an update of one that is known, or for the organiser to say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, Refused
from lsos.organisations.keeping import (
    OrganisationFacts,
    facts_of,
    refuse_what_is_taken,
    types_by_code,
    write_facts,
)
from lsos.organisations.models import Organisation
from lsos.organisations.queries import all_facts
from lsos.organisations.reading import Line
from lsos.organisations.rules import Facts, Number, bare_name
from lsos.texts import search_key


class Match(StrEnum):
    """What a line of a list comes to."""

    NEW = "new"
    UPDATE = "update"
    UNSURE = "unsure"


class Ground(StrEnum):
    """By what a line was found to be an organisation that is known, in words for the organiser."""

    NUMBER = N_("same number of a register")
    DOMAIN = N_("same domain")
    NAME = N_("same name")
    SIMILAR = N_("same name but for its legal form or punctuation")
    SEVERAL = N_("its number, domain and name lead to different organisations")


@dataclass(frozen=True)
class Found:
    """What a line comes to: which organisations it may be, by id, and on what ground."""

    match: Match
    candidates: tuple[int, ...] = ()
    ground: Ground | None = None


class Index:
    """All organisations by what they can be known again by."""

    def __init__(self, known: Mapping[int, Facts]) -> None:
        self.by_number = {number: key for key, facts in known.items() for number in facts.numbers}
        self.by_domain = {domain: key for key, facts in known.items() for domain in facts.domains}
        self.by_name: dict[str, int] = {}
        self.by_bare: defaultdict[str, set[int]] = defaultdict(set)
        for key, facts in known.items():
            for name in facts.names:
                self.by_name.setdefault(name, key)
                self.by_bare[bare_name(name)].add(key)

    def find(self, facts: OrganisationFacts) -> Found:
        """Decide what a line is: by number, then by domain, then by name."""
        names = [search_key(name) for name in (facts.name, *facts.aliases)]
        numbers = [Number(kind, number) for kind, number in (facts.numbers or {}).items()]
        ways = (
            (Ground.NUMBER, {self.by_number[one] for one in numbers if one in self.by_number}),
            (Ground.DOMAIN, {self.by_domain[one] for one in facts.domains if one in self.by_domain}),
            (Ground.NAME, {self.by_name[one] for one in names if one in self.by_name}),
        )
        hits = [(ground, ids) for ground, ids in ways if ids]
        everyone = {key for _ground, ids in hits for key in ids}
        if len(everyone) > 1:
            return Found(Match.UNSURE, tuple(sorted(everyone)), Ground.SEVERAL)
        if everyone:
            return Found(Match.UPDATE, tuple(everyone), hits[0][0])
        similar = {key for name in names for key in self.by_bare.get(bare_name(name), ())}
        if similar:
            return Found(Match.UNSURE, tuple(sorted(similar)), Ground.SIMILAR)
        return Found(Match.NEW)


def find_lines(lines: Iterable[Line]) -> list[tuple[Line, Found]]:
    """Say what each line of a list comes to, with the same few statements for however many."""
    index = Index({key: facts for key, (_uid, facts) in all_facts().items()})
    return [(line, index.find(line.facts)) for line in lines]


@dataclass(frozen=True)
class Change:
    """One fact that a line says of an organisation that is known."""

    field: str
    old: str
    new: str

    @property
    def fills_blank(self) -> bool:
        return not self.old


FIELDS = ("interest_group", "stakeholder_type", "country", "region", "city", "website")


def changes(known: OrganisationFacts, line: OrganisationFacts) -> list[Change]:
    """List what a line says that is not known yet, or is known otherwise; names, numbers and domains only add up."""
    found = [
        Change(name, str(getattr(known, name) or ""), str(getattr(line, name)))
        for name in FIELDS
        if getattr(line, name) and getattr(line, name) != getattr(known, name)
    ]
    if line.is_cluster_partner and not known.is_cluster_partner:
        found.append(Change("is_cluster_partner", "", "1"))
    held = known.numbers or {}
    found += [
        Change(kind.value, held.get(kind, ""), number)
        for kind, number in (line.numbers or {}).items()
        if held.get(kind) != number
    ]
    folded = {search_key(name) for name in (known.name, *known.aliases)}
    names = [name for name in (line.name, *line.aliases) if search_key(name) not in folded]
    found += [Change("aliases", "", name) for name in names]
    found += [Change("domains", "", domain) for domain in line.domains if domain not in known.domains]
    return found


def merged_facts(known: OrganisationFacts, line: OrganisationFacts, *, replace_known: bool) -> OrganisationFacts:
    """Put what a line says onto what is known: blanks are filled, and what differs is replaced only if that is asked.

    The name stays; another one becomes an alias.
    """
    wanted = {
        one.field: getattr(line, one.field)
        for one in changes(known, line)
        if one.field in FIELDS and (one.fills_blank or replace_known)
    }
    held = dict(known.numbers or {})
    for kind, number in (line.numbers or {}).items():
        if kind not in held or replace_known:
            held[kind] = number
    more = [name for name in (line.name, *line.aliases) if search_key(name) != search_key(known.name)]
    names = {search_key(name): name for name in (*more, *known.aliases)}
    return replace(
        known,
        **wanted,
        aliases=tuple(names.values()),
        numbers=held,
        domains=tuple(dict.fromkeys((*known.domains, *line.domains))),
        is_cluster_partner=known.is_cluster_partner or line.is_cluster_partner,
    )


@dataclass(frozen=True)
class Taken:
    """What taking a list in came to, by the lines of the file."""

    added: tuple[int, ...]
    updated: tuple[int, ...]
    unchanged: tuple[int, ...]
    #: Line and the sentence that says why it was not taken.
    refused: tuple[tuple[int, Refused], ...]


def take(lines: Iterable[Line], choices: Mapping[int, str], *, replace_known: bool, by: int, now: datetime) -> Taken:
    """Take a list in, all in one go; whatever is unsure and not decided is passed over.

    Args:
        lines: what was read.
        choices: for lines that are unsure, "new" or the public id of the organisation that is meant.
        replace_known: whether what the list says otherwise replaces what is known.
        by: who takes it in.
        now: the moment.
    """
    lines = list(lines)
    try:
        return _take(lines, choices, replace_known, by, now)
    except IntegrityError:
        #: Somebody wrote one of these names at the same moment; now it is there to be found.
        return _take(lines, choices, replace_known, by, now)


def _take(lines: list[Line], choices: Mapping[int, str], replace_known: bool, by: int, now: datetime) -> Taken:
    added: list[int] = []
    updated: list[int] = []
    unchanged: list[int] = []
    refused: list[tuple[int, Refused]] = []
    with transaction() as session:
        everyone = all_facts()
        index = Index({key: one for key, (_uid, one) in everyone.items()})
        by_uid = {uid: key for key, (uid, _one) in everyone.items()}
        targets: dict[int, int | None] = {}
        for line in lines:
            chosen = _target(line, index.find(line.facts), choices, by_uid)
            if chosen is not None:
                targets[line.number] = chosen or None
        known = _known(session, [key for key in targets.values() if key is not None])
        types = types_by_code(session)
        for line in lines:
            if line.number not in targets:
                continue
            key = targets[line.number]
            target = known[key] if key is not None else Organisation(name=line.facts.name, created_at=now)
            facts = _facts(target, line, replace_known) if key is not None else line.facts
            try:
                #: Whatever is not unsure leads to one organisation only, or to none.
                if index.find(line.facts).match is Match.UNSURE:
                    refuse_what_is_taken(session, target, facts)
            except Refused as why:
                refused.append((line.number, why))
                continue
            with session.no_autoflush:
                changed = write_facts(target, facts, types)
            session.add(target)
            (added if key is None else updated if changed else unchanged).append(line.number)
        if added or updated:
            audit.record(session, "organisation.list_taken_in", actor_id=by, added=len(added), updated=len(updated))
    return Taken(tuple(added), tuple(updated), tuple(unchanged), tuple(refused))


def _target(line: Line, found: Found, choices: Mapping[int, str], by_uid: Mapping[str, int]) -> int | None:
    """Say into which organisation a line goes: its id, 0 for a new one, None where nobody decided."""
    if found.match is Match.NEW:
        return 0
    if found.match is Match.UPDATE:
        return found.candidates[0]
    choice = choices.get(line.number, "")
    if choice == Match.NEW.value:
        return 0
    return by_uid.get(choice)


def _known(session: Session, ids: list[int]) -> dict[int, Organisation]:
    rows = session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(sorted(ids)))
        .order_by(Organisation.id)
        .options(
            selectinload(Organisation.aliases),
            selectinload(Organisation.numbers),
            selectinload(Organisation.domains),
            selectinload(Organisation.stakeholder_type),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.id: one for one in rows}


def _facts(known: Organisation, line: Line, replace_known: bool) -> OrganisationFacts:
    return merged_facts(facts_of(known), line.facts, replace_known=replace_known)
