"""What happens to organisations while something else is written: they are found by name, or come to be."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos.organisations.models import Organisation, OrganisationAlias
from lsos.organisations.queries import organisation_by_name
from lsos.texts import search_key


def new_organisation(name: str, *aliases: str, now: datetime) -> Organisation:
    """Make an organisation that is found by its name and by each alias; the caller stores it."""
    folded = dict.fromkeys((name, *aliases))
    names = {search_key(each): each for each in reversed(folded)}
    return Organisation(
        name=name,
        search_key=search_key(name, *aliases),
        created_at=now,
        aliases=[OrganisationAlias(name=each, folded=key) for key, each in names.items() if key],
    )


def settle_organisation(session: Session, name: str, *, now: datetime) -> Organisation:
    """Give the organisation somebody typed, a new one if none goes by that name, within a change under way.

    Two people who type the same new name at once get the same one: the folded name is unique.
    """
    name = " ".join(name.split())
    found = organisation_by_name(name, session)
    if found is not None:
        return found
    made = new_organisation(name, now=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        found = organisation_by_name(name, session)
        if found is None:
            raise
        return found
    return made
