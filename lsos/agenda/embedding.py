"""Other web sites in which the public programme of an event may stand."""

from collections.abc import Iterable

from sqlalchemy import select

from lsos import audit
from lsos.agenda.models import EmbeddingSite
from lsos.agenda.rules import SiteRefusal, origin_of
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event


def sites_of(event_id: int) -> list[str]:
    """List the sites, each by what a browser calls it: https://example.org."""
    found = select(EmbeddingSite.origin).where(EmbeddingSite.event_id == event_id)
    return list(db.session.scalars(found.order_by(EmbeddingSite.origin)))


def set_sites(event_id: int, addresses: Iterable[str], *, actor_id: int) -> list[str]:
    """Name the sites anew, by any address in each; those that are left out may show the programme no more.

    Raises:
        Refused: an address is none of a web site.
    """
    wanted = set()
    for address in addresses:
        origin = origin_of(address)
        if origin is None:
            raise Refused(SiteRefusal.NO_SITE, address=address)
        wanted.add(origin)
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update=True)
        there = {
            one.origin: one for one in session.scalars(select(EmbeddingSite).where(EmbeddingSite.event_id == event_id))
        }
        for origin in there.keys() - wanted:
            session.delete(there[origin])
        session.add_all(EmbeddingSite(event_id=event_id, origin=origin) for origin in sorted(wanted - there.keys()))
        if wanted != there.keys():
            audit.record(session, "programme.sites", actor_id=actor_id, scope=event.slug, sites=sorted(wanted))
    return sorted(wanted)
