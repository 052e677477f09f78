"""What is new in searches that people keep: one letter a day at most to who asked for it, each offer in it once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from lsos import audit, mail
from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import NotFound
from lsos.events.models import Event
from lsos.market.models import SavedSearch
from lsos.market.queries import made_between
from lsos.market.rules import look_refusal, wanted_of
from lsos.market.service import UNKNOWN_SEARCH
from lsos.registration.letters import values_of
from lsos.registration.models import Listing, Registration
from lsos.texts import Bilingual

#: So much time lies between two letters to the same person at least.
PAUSE: Final = timedelta(days=1)
#: What was made a moment ago may be in a transaction that is not over; it waits for the next letter.
MARGIN: Final = timedelta(minutes=5)
#: So many offers and requests of a search are named; the others are counted.
NAMED: Final = 5
#: So many people are written to in one go of the worker.
AT_ONCE: Final = 50

#: Asks, for a registration, whose offers it does not see; the rooms that know lie above this one.
Unseen = Callable[[int], ColumnElement[bool]]
#: Gives the address of a page at which a reader ends these letters, by a word that only their letters hold.
EndAddress = Callable[[str, str], str]


@dataclass(frozen=True)
class Item:
    """An offer or request as the letter names it."""

    uid: str
    title: Bilingual
    organisation: str


@dataclass(frozen=True)
class News:
    """What is new in one search."""

    name: str
    named: list[Item]
    total: int


# ---- asked for


def tell(registration_id: int, uid: str, *, is_told: bool, now: datetime) -> SavedSearch:
    """Let somebody have letters about what is new in a search of theirs, or end them.

    Raises:
        NotFound: they keep no search of this id.
    """
    with transaction() as session:
        found = session.scalar(
            select(SavedSearch)
            .where(SavedSearch.uid == uid, SavedSearch.registration_id == registration_id)
            .with_for_update(of=SavedSearch)
        )
        if found is None:
            raise NotFound(UNKNOWN_SEARCH)
        if found.told_until is None and is_told:
            found.told_until = now
        elif not is_told:
            found.told_until = None
    return found


# ---- written


def write_due(*, unseen: Unseen, end_address: EndAddress, now: datetime) -> int:
    """Write to those in whose searches something is new, and who had no such letter for a day; says to how many."""
    due = db.session.scalars(
        select(SavedSearch.registration_id)
        .join(SavedSearch.registration)
        .join(Registration.event)
        .where(SavedSearch.told_until <= now - PAUSE - MARGIN, Event.ends_on >= (now - PAUSE).date())
        .group_by(SavedSearch.registration_id)
        .order_by(SavedSearch.registration_id)
        .limit(AT_ONCE)
    ).all()
    db.session.rollback()
    return sum(_write(registration_id, unseen, end_address, now) for registration_id in due)


def _write(registration_id: int, unseen: Unseen, end_address: EndAddress, now: datetime) -> bool:
    """Write to one person what is new in all searches they hear of; of two workers one does."""
    with transaction() as session:
        reader = _reader(session, registration_id)
        searches = [one for one in _told(session, registration_id) if one.told_until is not None]
        if not any(one.told_until <= now - PAUSE - MARGIN for one in searches if one.told_until):
            return False
        until = now - MARGIN
        refusal = look_refusal(reader.state, has_matchmaking=reader.participation_type.has_matchmaking)
        news = [] if refusal else list(_news(reader, searches, unseen, until))
        for one in searches:
            one.told_until = until
        if news:
            _send(session, reader, news, end_address, until)
    return bool(news)


def _reader(session: Session, registration_id: int) -> Registration:
    return session.scalars(
        select(Registration)
        .join(Registration.person)
        .where(Registration.id == registration_id)
        .options(
            contains_eager(Registration.person).selectinload(Person.emails),
            joinedload(Registration.event).joinedload(Event.venue),
            joinedload(Registration.participation_type),
            joinedload(Registration.organisation),
        )
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    ).one()


def _told(session: Session, registration_id: int) -> list[SavedSearch]:
    return list(
        session.scalars(
            select(SavedSearch)
            .where(SavedSearch.registration_id == registration_id, SavedSearch.told_until.is_not(None))
            .order_by(SavedSearch.name)
            .with_for_update(of=SavedSearch)
            .execution_options(populate_existing=True)
        )
    )


def _news(reader: Registration, searches: list[SavedSearch], unseen: Unseen, until: datetime) -> Iterator[News]:
    """Find what is new, each offer under the first search that finds it; what the reader looked at is not new."""
    named: set[int] = set()
    for one in searches:
        assert one.told_until is not None
        since = max(one.told_until, one.seen_at)
        found = made_between(reader.event_id, wanted_of(one.query), since, until, unseen=unseen(reader.id))
        fresh = [listing for listing in found if listing.id not in named]
        named.update(listing.id for listing in fresh)
        if fresh:
            yield News(one.name, [_item(listing) for listing in fresh[:NAMED]], len(fresh))


def _item(listing: Listing) -> Item:
    organisation = listing.profile.registration.organisation
    return Item(
        uid=listing.uid,
        title=listing.title or listing.cooperation_type.name,
        organisation=organisation.name if organisation else "",
    )


def _send(session: Session, reader: Registration, news: list[News], end_address: EndAddress, until: datetime) -> None:
    end = end_address(end_token(reader), reader.person.language)
    mail.enqueue(
        session,
        "market_news",
        key=f"market_news:{reader.uid}:{until.isoformat()}",
        to=reader.person.email,
        name=reader.person.name,
        language=reader.person.language,
        scope=reader.event.slug,
        unsubscribe=end,
        is_automatic=True,
        values=lambda: values_of(reader),
        **context_of(reader, news, end),
    )


def context_of(reader: Registration, news: list[News], end: str) -> dict[str, object]:
    """Give what the template of the letter reads."""
    return {
        "reader": reader,
        "event": reader.event,
        "news": news,
        "total": sum(one.total for one in news),
        "end": end,
    }


# ---- ended


def _enders() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="end letters about searches")


def end_token(reader: Registration) -> str:
    """Give the word by which whoever holds a letter ends these letters to its reader."""
    return str(_enders().dumps(reader.uid))


def read_end_token(token: str) -> Registration | None:
    """Say whose letters a link ends; None when it is nobody's."""
    try:
        uid = _enders().loads(token)
    except BadSignature:
        return None
    return db.session.scalar(
        select(Registration)
        .where(Registration.uid == str(uid))
        .options(joinedload(Registration.person).options(selectinload(Person.emails)), joinedload(Registration.event))
    )


def end_all(reader: Registration) -> None:
    """End the letters about every search of somebody at an event; the searches stay. Once more changes nothing."""
    with transaction() as session:
        ended = session.scalars(
            update(SavedSearch)
            .where(SavedSearch.registration_id == reader.id, SavedSearch.told_until.is_not(None))
            .values(told_until=None)
            .returning(SavedSearch.id)
            .execution_options(synchronize_session=False)
        ).all()
        if ended:
            audit.record(
                session,
                "market_news.ended",
                actor_id=reader.person_id,
                scope=reader.event.slug,
                object_uid=reader.uid,
            )
