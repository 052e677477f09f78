"""Use cases of the market: offers and requests are written, closed and deleted; searches are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import FocusArea
from lsos.market.models import SavedSearch
from lsos.market.rules import (
    SearchRefusal,
    Wanted,
    Written,
    listing_refusal,
    search_refusal,
    take_over_refusal,
    wanted_of,
)
from lsos.registration.answers import Terms
from lsos.registration.models import Listing, Profile, Registration
from lsos.taxonomy.models import CooperationType, FundingStage, Tag, TicketBand
from lsos.texts import Bilingual, search_key

UNKNOWN_SEARCH = N_("This search is not kept any more.")
UNKNOWN = N_("This offer or request is not there any more.")


def write(registration_id: int, uid: str | None, written: Written, *, now: datetime) -> Listing:
    """Add an offer or request of somebody, or change the one of this public id.

    Raises:
        NotFound: they have none of this id, or the kind of cooperation is not on the list.
        Refused: `listing_refusal` gave a reason.
    """
    with transaction() as session:
        owner = _owner(session, registration_id)
        listing = _own(session, registration_id, uid) if uid else None
        others = session.scalar(select(func.count(Listing.id)).where(_of(registration_id), Listing.uid != (uid or "")))
        refusal = listing_refusal(
            owner.state,
            has_matchmaking=owner.participation_type.has_matchmaking,
            has_title=any(written.title),
            others=others or 0,
            lacks_organisation=written.is_of_organisation and owner.organisation_id is None,
        )
        if refusal is not None:
            raise Refused(refusal)
        is_new = listing is None
        if listing is None:
            if owner.profile is None:
                owner.profile = Profile()
            listing = Listing(made_at=now)
            owner.profile.listings.append(listing)
        with session.no_autoflush:
            _fill(session, listing, written, owner.event_id)
        listing.changed_at = now
        session.flush()
        _note(session, owner, listing, "made" if is_new else "changed")
    return listing


def _fill(session: Session, listing: Listing, written: Written, event_id: int) -> None:
    terms = Terms(session, event_id)
    kinds = terms.of(CooperationType, {written.kind})
    if not kinds:
        raise NotFound(N_("This kind of cooperation is not on the list."))
    listing.direction = written.direction
    listing.cooperation_type = kinds[0]
    listing.title = Bilingual(*written.title)
    listing.details = Bilingual(*written.details)
    listing.search_key = search_key(*written.title, *written.details, at_most=None)
    listing.focus_area = next(iter(terms.of(FocusArea, {written.area} - {""})), None)
    listing.tags = terms.of(Tag, written.tags)
    listing.stages = terms.of(FundingStage, written.stages)
    listing.ticket_bands = terms.of(TicketBand, written.bands)
    listing.trl = written.trl
    listing.is_of_organisation = written.is_of_organisation


def close(registration_id: int, uid: str, *, now: datetime) -> Listing:
    """Take an offer or request out of the market; it stays its owner's, and can be opened again.

    Raises:
        NotFound: they have none of this id.
    """
    return _shut(registration_id, uid, is_closed=True, now=now)


def reopen(registration_id: int, uid: str, *, now: datetime) -> Listing:
    """Put a closed offer or request back into the market.

    Raises:
        NotFound: they have none of this id.
    """
    return _shut(registration_id, uid, is_closed=False, now=now)


def _shut(registration_id: int, uid: str, *, is_closed: bool, now: datetime) -> Listing:
    with transaction() as session:
        owner = _owner(session, registration_id)
        listing = _own(session, registration_id, uid)
        if listing.is_closed is not is_closed:
            listing.is_closed = is_closed
            listing.changed_at = now
            _note(session, owner, listing, "closed" if is_closed else "reopened")
    return listing


def take_over(registration_id: int, uid: str, *, now: datetime) -> Listing:
    """Let somebody look after what a colleague, who does not take part any more, wrote in the organisation's name.

    Raises:
        NotFound: their organisation has none of this id at this event.
        Refused: `take_over_refusal` or `listing_refusal` gave a reason.
    """
    with transaction() as session:
        me = _owner(session, registration_id)
        #: Taken by itself first: whoever waited for it reads anew whose it is by then.
        session.scalar(select(Listing.id).where(Listing.uid == uid).with_for_update())
        found = session.scalar(
            select(Listing)
            .join(Listing.profile)
            .join(Profile.registration)
            .where(
                Listing.uid == uid,
                Registration.event_id == me.event_id,
                Registration.organisation_id == me.organisation_id,
            )
            .options(joinedload(Listing.profile).joinedload(Profile.registration))
            .execution_options(populate_existing=True)
        )
        if found is None:
            raise NotFound(UNKNOWN)
        refusal = take_over_refusal(
            is_of_organisation=found.is_of_organisation, owner_state=found.profile.registration.state
        ) or listing_refusal(
            me.state,
            has_matchmaking=me.participation_type.has_matchmaking,
            others=len(me.profile.listings) if me.profile else 0,
        )
        if refusal is not None:
            raise Refused(refusal)
        if me.profile is None:
            me.profile = Profile()
        found.profile = me.profile
        found.changed_at = now
        session.flush()
        _note(session, me, found, "taken_over")
    return found


def delete(registration_id: int, uid: str) -> None:
    """Delete an offer or request; requests for meetings about it stay, and name it no more.

    Raises:
        NotFound: they have none of this id.
    """
    with transaction() as session:
        owner = _owner(session, registration_id)
        listing = _own(session, registration_id, uid)
        _note(session, owner, listing, "deleted")
        session.delete(listing)


def _of(registration_id: int) -> Any:
    return Listing.profile_id.in_(select(Profile.id).where(Profile.registration_id == registration_id))


def _owner(session: Session, registration_id: int) -> Registration:
    """Load whose offers these are, locked, so that nobody writes more of them at once than they may have."""
    found = session.scalar(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(
            joinedload(Registration.event),
            joinedload(Registration.participation_type),
            selectinload(Registration.profile).selectinload(Profile.listings),
        )
        .with_for_update(of=Registration)
    )
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _own(session: Session, registration_id: int, uid: str) -> Listing:
    found = session.scalar(
        select(Listing)
        .where(Listing.uid == uid, _of(registration_id))
        .options(selectinload(Listing.tags), selectinload(Listing.stages), selectinload(Listing.ticket_bands))
    )
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _note(session: Session, owner: Registration, listing: Listing, what: str) -> None:
    audit.record(
        session,
        f"listing.{what}",
        actor_id=owner.person_id,
        scope=owner.event.slug,
        object_uid=listing.uid,
        registration=owner.uid,
    )


# ---- saved searches


@dataclass(frozen=True)
class _Searches:
    """The searches of one person, locked, since a name is theirs once."""

    names: dict[str, str]

    def refuse(self, name: str, uid: str = "") -> None:
        others = {other for other, one in self.names.items() if one != uid}
        reason = search_refusal(name, is_taken=name in others, others=len(others))
        if reason is not None:
            raise Refused(reason)


def _searches(session: Session, registration_id: int) -> _Searches:
    _owner(session, registration_id)
    rows = session.execute(
        select(SavedSearch.name, SavedSearch.uid).where(SavedSearch.registration_id == registration_id)
    )
    return _Searches({row.name: row.uid for row in rows})


def _search(session: Session, registration_id: int, uid: str) -> SavedSearch:
    found = session.scalar(
        select(SavedSearch).where(SavedSearch.uid == uid, SavedSearch.registration_id == registration_id)
    )
    if found is None:
        raise NotFound(UNKNOWN_SEARCH)
    return found


def keep_search(registration_id: int, name: str, wanted: Wanted, *, now: datetime) -> SavedSearch:
    """Keep what somebody looks for, under a name.

    Raises:
        Refused: `search_refusal` gave a reason.
    """
    name = " ".join(name.split())
    try:
        with transaction() as session:
            _searches(session, registration_id).refuse(name)
            made = SavedSearch(
                registration_id=registration_id, name=name, query=wanted.as_query(), seen_at=now, made_at=now
            )
            session.add(made)
    except IntegrityError:
        raise Refused(SearchRefusal.NAME_TAKEN) from None
    return made


def rename_search(registration_id: int, uid: str, name: str) -> None:
    """Give a search another name.

    Raises:
        NotFound: they keep no search of this id.
        Refused: `search_refusal` gave a reason.
    """
    name = " ".join(name.split())
    with transaction() as session:
        _searches(session, registration_id).refuse(name, uid)
        _search(session, registration_id, uid).name = name


def see_search(registration_id: int, uid: str, *, now: datetime) -> Wanted:
    """Note that somebody looks at what a search of theirs finds, and give what it asks.

    Raises:
        NotFound: they keep no search of this id.
    """
    with transaction() as session:
        found = _search(session, registration_id, uid)
        found.seen_at = now
        return wanted_of(found.query)


def delete_search(registration_id: int, uid: str) -> None:
    """Keep a search no more.

    Raises:
        NotFound: they keep no search of this id.
    """
    with transaction() as session:
        session.delete(_search(session, registration_id, uid))
