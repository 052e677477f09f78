"""Two records of one organisation: which are likely, what merging them would do, and doing it."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.contacts.uniting import settle_leads
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings.organisation_requests import settle_requests
from lsos.meetings.wishing import settle_avoided_organisation
from lsos.merging import apart, references
from lsos.merging.models import OrganisationsApart
from lsos.merging.references import OF_ORGANISATION, references_to
from lsos.merging.rules import MergeRefusal, pairs_among
from lsos.organisations.models import (
    Affiliation,
    Organisation,
    OrganisationAlias,
    OrganisationForward,
    OrganisationNumber,
)
from lsos.organisations.queries import all_facts, organisations_by_id
from lsos.organisations.rules import LIKELY, Facts, Likeness, NumberKind, bare_name, likeness
from lsos.texts import search_key

#: What may be chosen from either record, one by one; names, domains, groups and people of both are kept.
CHOICES = (
    "name",
    "interest_group",
    "stakeholder_type",
    "country",
    "region",
    "city",
    "website",
    "is_cluster_partner",
    *(kind.value for kind in NumberKind),
)


@dataclass(frozen=True)
class LikelyPair:
    """Two organisations that are likely one."""

    one: Organisation
    other: Organisation
    likeness: Likeness


def likely_duplicates(*, limit: int = 50) -> list[LikelyPair]:
    """List the organisations that are likely one, the likeliest first."""
    known = {key: facts for key, (_uid, facts) in all_facts().items()}

    def keys(facts: Facts) -> Iterable[Hashable]:
        for name in facts.names:
            bare = bare_name(name)
            yield bare
            words = bare.split()
            for many in range(1, min(len(words), 4)):
                yield " ".join(words[:many])
        for domain in facts.domains:
            yield "@", domain

    pairs = pairs_among(known, keys, likeness, LIKELY, apart=apart.pairs(OrganisationsApart), limit=limit)
    found = organisations_by_id([key for pair in pairs for key in (pair.one, pair.other)])
    return [LikelyPair(found[pair.one], found[pair.other], pair.likeness) for pair in pairs]


@dataclass(frozen=True)
class Preview:
    """What merging two organisations would do."""

    into: Organisation
    gone: Organisation
    likeness: Likeness
    #: The fields of `CHOICES` in which the two differ: what each says, the record that stays first.
    differences: Mapping[str, tuple[object, object]]
    #: By column, how many rows would hang on the record that stays.
    counts: Mapping[str, int]
    #: People who stand for both.
    people_of_both: int


def preview(into_uid: str, gone_uid: str) -> Preview:
    """Say what merging one organisation into another would do.

    Raises:
        NotFound: there is no such organisation.
        Refused: the two are one already.
    """
    into, gone = _two(db.session(), into_uid, gone_uid)
    facts = all_facts()
    counted = {
        reference.name: references.count(db.session(), reference, gone.id)
        for reference in references_to("organisation")
        #: Whom people never meet is nobody's to read, not even as a number.
        if not reference.name.startswith("avoidance.")
    }
    of_into = select(Affiliation.person_id).where(Affiliation.organisation_id == into.id)
    both = select(func.count()).where(Affiliation.organisation_id == gone.id, Affiliation.person_id.in_(of_into))
    return Preview(
        into=into,
        gone=gone,
        likeness=likeness(facts[into.id][1], facts[gone.id][1]),
        differences=_differences(into, gone),
        counts={name: number for name, number in counted.items() if number},
        people_of_both=db.session.scalar(both) or 0,
    )


def _differences(into: Organisation, gone: Organisation) -> dict[str, tuple[object, object]]:
    says = {name: (_value(into, name), _value(gone, name)) for name in CHOICES}
    return {name: (mine, other) for name, (mine, other) in says.items() if mine != other}


def _value(organisation: Organisation, name: str) -> object:
    if name in set(NumberKind):
        return next((one.number for one in organisation.numbers if one.kind.value == name), None)
    return getattr(organisation, name) or None


def proposed_from_gone(differences: Mapping[str, tuple[object, object]]) -> frozenset[str]:
    """Propose what to take from the record that goes: whatever the other does not say at all."""
    return frozenset(name for name, (mine, other) in differences.items() if not mine and other)


def _two(session: Session, into_uid: str, gone_uid: str) -> tuple[Organisation, Organisation]:
    found = {
        one.uid: one
        for one in session.scalars(
            select(Organisation)
            .where(Organisation.uid.in_([into_uid, gone_uid]))
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
    }
    if into_uid not in found or gone_uid not in found:
        raise NotFound(N_("There is no such organisation."))
    if into_uid == gone_uid:
        raise Refused(MergeRefusal.SAME)
    return found[into_uid], found[gone_uid]


def merge(into_uid: str, gone_uid: str, from_gone: frozenset[str], *, by: int, now: datetime) -> Organisation:
    """Merge one organisation into another, all in one go: whatever named the one names the other, and its id leads on.

    Raises:
        NotFound: there is no such organisation, perhaps since it was merged meanwhile.
        Refused: the two are one already.
    """
    with transaction() as session:
        into, gone = _two(session, into_uid, gone_uid)
        before = {name: str(_value(gone, name)) for name in CHOICES if _value(gone, name)}
        taken = _take_fields(session, into, gone, from_gone)
        _settle_affiliations(session, into.id, gone.id)
        into_id, gone_id, markets = into.id, gone.id, sorted({*into.markets, *gone.markets})
        names, code = (into.name, gone.name, str(before.get("name", ""))), into.code or gone.code
        apart.settle(session, OrganisationsApart, gone=gone_id, into=into_id)
        settle_avoided_organisation(session, gone=gone_id, into=into_id)
        settle_requests(session, gone=gone_id, into=into_id)
        settle_leads(session, keep=into_id, lose=gone_id)
        done = references.settle_all(session, "organisation", OF_ORGANISATION, gone=gone_id, into=into_id)
        session.execute(delete(Organisation).where(Organisation.id == gone_id))
        session.add(OrganisationForward(uid=gone_uid, organisation_id=into_id, at=now))
        into = session.scalars(
            select(Organisation)
            .where(Organisation.id == into_id)
            .options(selectinload(Organisation.aliases))
            .execution_options(populate_existing=True)
        ).one()
        into.markets, into.code = markets, code
        _keep_names(session, into, names)
        into.search_key = search_key(into.name, *into.other_names)
        audit.record(
            session,
            "organisation.merged",
            actor_id=by,
            object_uid=into.uid,
            gone=gone_uid,
            was=before,
            taken_from_gone=taken,
            rows=done,
        )
        return into


def _keep_names(session: Session, into: Organisation, names: tuple[str, ...]) -> None:
    """Let the organisation be found by every name that either had, unless another one goes by it."""
    wanted = {search_key(name): name for name in reversed(names) if search_key(name)}
    taken = session.scalars(select(OrganisationAlias.folded).where(OrganisationAlias.folded.in_(wanted))).all()
    into.aliases += [
        OrganisationAlias(name=name, folded=folded) for folded, name in wanted.items() if folded not in taken
    ]


def _take_fields(session: Session, into: Organisation, gone: Organisation, from_gone: frozenset[str]) -> list[str]:
    taken = [name for name in CHOICES if name in from_gone and _value(into, name) != _value(gone, name)]
    numbers = {one.kind: one.number for one in into.numbers} | {
        one.kind: one.number
        for one in gone.numbers
        if one.kind.value in taken or one.kind not in {mine.kind for mine in into.numbers}
    }
    for name in taken:
        if name not in set(NumberKind):
            setattr(into, name, getattr(gone, name))
    session.flush()
    #: A number leads to one organisation only, so that all are taken off before they are written anew.
    session.execute(
        delete(OrganisationNumber)
        .where(OrganisationNumber.organisation_id.in_([into.id, gone.id]))
        .execution_options(synchronize_session=False)
    )
    if numbers:
        rows = [{"organisation_id": into.id, "kind": kind, "number": number} for kind, number in numbers.items()]
        session.execute(insert(OrganisationNumber), rows)
    session.expire_all()
    return taken


def _settle_affiliations(session: Session, into: int, gone: int) -> None:
    """Let people of the one stand for the other; who stood for both keeps one, the current one if either is."""
    current = session.scalars(
        select(Affiliation.person_id).where(Affiliation.organisation_id == gone, Affiliation.is_current)
    ).all()
    there = session.scalars(select(Affiliation.person_id).where(Affiliation.organisation_id == into)).all()
    quiet = {"synchronize_session": False}
    both = sorted(set(current) & set(there))
    session.execute(
        delete(Affiliation)
        .where(Affiliation.organisation_id == gone, Affiliation.person_id.in_(there))
        .execution_options(**quiet)
    )
    session.execute(
        update(Affiliation)
        .where(Affiliation.organisation_id == into, Affiliation.person_id.in_(both))
        .values(is_current=True)
        .execution_options(**quiet)
    )
    session.execute(
        update(Affiliation)
        .where(Affiliation.organisation_id == gone)
        .values(organisation_id=into)
        .execution_options(**quiet)
    )
