"""Reads of organisations: by name in whatever spelling, and by part of a name."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.db import db
from lsos.organisations.models import Organisation, OrganisationAlias, Sig
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

    An alias settles it; without one the name itself does, the organisation known longest first.
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
    return next((one for one in candidates if search_key(one.name) == folded), None)


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
