"""Addresses under which calendar programs read somebody's days: whoever has one may read, its owner may end it."""

from datetime import datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.agenda.models import CalendarFeed
from lsos.db import db, transaction
from lsos.registration.models import Registration


def feed_of(registration_id: int) -> CalendarFeed | None:
    """Give somebody's feed, if they have one."""
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.registration_id == registration_id))


def key_of(feed: CalendarFeed) -> str:
    """Give what opens a feed: the secret part of its address."""
    return _keys().dumps(feed.uid)


def owner_of(event_id: int, key: str) -> Registration | None:
    """Find whose days an address opens; None for one that was never made, or is not valid any more."""
    try:
        uid = _keys().loads(key)
    except BadSignature:
        return None
    return db.session.scalar(
        select(Registration)
        .join(CalendarFeed, CalendarFeed.registration_id == Registration.id)
        .where(CalendarFeed.uid == uid, Registration.event_id == event_id)
        .options(joinedload(Registration.person))
    )


def renew(registration_id: int, *, now: datetime) -> None:
    """Make an address; the one there was before opens nothing any more."""
    with transaction() as session:
        whose = session.get_one(Registration, registration_id, with_for_update=True)
        session.execute(delete(CalendarFeed).where(CalendarFeed.registration_id == whose.id))
        feed = CalendarFeed(registration_id=whose.id, created_at=now)
        session.add(feed)
        session.flush()
        _note(session, "calendar_feed.made", whose)


def end(registration_id: int) -> None:
    """End somebody's address; without one nothing happens."""
    with transaction() as session:
        whose = session.get_one(Registration, registration_id, with_for_update=True)
        gone = session.scalars(
            delete(CalendarFeed).where(CalendarFeed.registration_id == whose.id).returning(CalendarFeed.id)
        )
        if gone.all():
            _note(session, "calendar_feed.ended", whose)


def _note(session: Session, action: str, whose: Registration) -> None:
    audit.record(session, action, actor_id=whose.person_id, scope=whose.event.slug, object_uid=whose.uid)


def _keys() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="somebody's calendar")
