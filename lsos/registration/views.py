"""Views of the list that organisers keep: filters, columns and order under a name, for one of them or for the team."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound
from lsos.events.models import Event
from lsos.registration.list_models import SavedView

NAME_LENGTH = 60


def _seen_by(person_id: int) -> ColumnElement[bool]:
    return or_(SavedView.owner_id == person_id, SavedView.is_shared)


def views_of(event_id: int, person_id: int) -> list[SavedView]:
    """List the views that somebody sees: their own and the team's, by name."""
    return list(
        db.session.scalars(
            select(SavedView)
            .where(SavedView.event_id == event_id, _seen_by(person_id))
            .order_by(SavedView.name, SavedView.id)
            .options(joinedload(SavedView.owner))
        )
    )


def view_by_uid(event_id: int, uid: str, person_id: int) -> SavedView | None:
    """Find a view that somebody sees."""
    return db.session.scalar(
        select(SavedView).where(SavedView.event_id == event_id, SavedView.uid == uid, _seen_by(person_id))
    )


def keep_view(
    event_id: int, name: str, address: Mapping[str, Any], *, is_shared: bool, is_default: bool, by: int
) -> SavedView:
    """Keep what the list shows under a name; the same name again keeps it anew. One view at most comes first."""
    with transaction() as session:
        view = session.scalar(
            select(SavedView).where(SavedView.event_id == event_id, SavedView.owner_id == by, SavedView.name == name)
        )
        if is_default:
            session.execute(
                update(SavedView)
                .where(SavedView.event_id == event_id, SavedView.owner_id == by, SavedView.is_default)
                .values(is_default=False)
            )
        if view is None:
            view = SavedView(event_id=event_id, owner_id=by, name=name)
            session.add(view)
        view.address, view.is_shared, view.is_default = dict(address), is_shared, is_default
        session.flush()
        event = session.get_one(Event, event_id)
        audit.record(session, "view.kept", actor_id=by, scope=event.slug, object_uid=view.uid, shared=is_shared)
        return view


def drop_view(event_id: int, uid: str, *, by: int) -> None:
    """Forget a view of one's own.

    Raises:
        NotFound: there is none of one's own.
    """
    with transaction() as session:
        view = session.scalar(
            select(SavedView).where(SavedView.event_id == event_id, SavedView.uid == uid, SavedView.owner_id == by)
        )
        if view is None:
            raise NotFound(N_("You have no such view. Views of the team are deleted by whoever made them."))
        session.delete(view)
