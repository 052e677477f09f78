"""Use cases of requests to an organisation: asked, and handed on among its people until one answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import wishes
from lsos.meetings.booking import LostRace, lock, note, retrying
from lsos.meetings.delegate_rules import OrganisationRefusal, first_choice
from lsos.meetings.delegates import Colleague, colleagues, live_to, people_of
from lsos.meetings.models import MeetingRequest
from lsos.meetings.places import last_slot_ends_at
from lsos.meetings.queries import takes_part
from lsos.meetings.request_steps import (
    locked_request,
    pair_of_request,
    still_live,
    store,
    take_over,
    tell_addressee,
)
from lsos.meetings.rules import LIVE_REQUESTS, RequestRefusal, RequestState, is_expired, pushed, request_refusal
from lsos.meetings.threads import quota_of
from lsos.organisations.models import Organisation
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.right_rules import Right, may_ask, may_see
from lsos.registration.rights import rights_at

#: What is said of one person in other words than of an organisation.
_IN_OTHER_WORDS = {
    RequestRefusal.OTHER_NOT_TAKING_PART: OrganisationRefusal.NOBODY,
    RequestRefusal.UNDER_WAY: OrganisationRefusal.UNDER_WAY,
}


@dataclass(frozen=True)
class Reach:
    """Who of an organisation may be the first to hear of somebody's request, and why nobody may."""

    choice: Sequence[Colleague]
    refusal: RequestRefusal | OrganisationRefusal | None


def reach(asker: Registration, organisation: Organisation, *, now: datetime) -> Reach:
    """Say who of an organisation somebody can reach by asking it, who comes with their consents.

    Those with whom the asker has something under way, whom they never meet or whom their kind of participation may
    not ask, are left out. Their colleagues may hand the request on to whom they like.
    """
    rights = rights_at(asker.event_id)

    def right(one: Registration) -> Right:
        return rights.of(asker.participation_type_id, one.participation_type_id)

    seen = [one for one in people_of(asker.event_id, organisation.id) if one.id != asker.id and may_see(right(one))]
    people = colleagues(seen, asker, now=now)
    never = wishes.avoided_of(asker.person_id)
    wanted = [one for one in people if not never.has(one.person)]
    askable = [one for one in wanted if may_ask(right(one.person))]
    choice = [one for one in askable if not one.is_under_way]
    live = live_to(asker.id, organisation.id)
    refusal = request_refusal(
        asker_takes_part=takes_part(asker),
        other_takes_part=bool(people),
        may_ask=bool(askable),
        is_same_person=False,
        is_same_organisation=asker.organisation_id == organisation.id,
        avoids=organisation.id in never.organisations or not wanted,
        is_under_way=(bool(askable) and not choice)
        or (live is not None and not is_expired(live.state, live.expires_at, now)),
        last_slot_ends_at=last_slot_ends_at(asker.event_id),
        requests_left=quota_of(asker, now=now).left,
        now=now,
    )
    return Reach(choice, refusal and _IN_OTHER_WORDS.get(refusal, refusal))


def ask_organisation(
    from_registration_id: int, organisation_uid: str, message: str = "", listing_uid: str = "", *, now: datetime
) -> MeetingRequest:
    """Ask an organisation for a meeting: first in turn is who fits best and has time, and they decide who goes.

    Raises:
        NotFound: there is no such organisation.
        Refused: `request_refusal` gave a reason.
    """

    def attempt() -> MeetingRequest:
        with transaction() as session:
            organisation = session.scalar(select(Organisation).where(Organisation.uid == organisation_uid))
            if organisation is None:
                raise NotFound(N_("There is no such organisation."))
            asker = lock(session, [from_registration_id])[from_registration_id]
            found = reach(asker, organisation, now=now)
            if found.refusal is not None:
                raise Refused(found.refusal)
            listing = _listing(session, listing_uid, asker, organisation)
            delegate = _first(found.choice, listing)
            _close_expired(session, asker, delegate, organisation, now=now)
            return store(
                session,
                asker,
                delegate,
                message,
                listing.id if listing else None,
                to_organisation_id=organisation.id,
                last_slot_ends_at=last_slot_ends_at(asker.event_id),
                now=now,
            )

    return retrying(attempt)


def _first(choice: Sequence[Colleague], listing: Listing | None) -> Registration:
    """Choose whose turn it is to answer, among some."""
    owner = listing.profile.registration_id if listing is not None else None
    people = {one.person.id: one for one in choice}
    best = first_choice(one.as_candidate(is_about_theirs=one.person.id == owner) for one in choice)
    assert best is not None, "there is somebody to choose from"
    return people[best.key].person


def _close_expired(
    session: Session, asker: Registration, delegate: Registration, organisation: Organisation, *, now: datetime
) -> None:
    """Close what stands in the way of a request only because nobody noted yet that its time has run out.

    Raises:
        LostRace: it is under way after all.
    """
    pair = (min(asker.id, delegate.id), max(asker.id, delegate.id))
    for which in (
        (MeetingRequest.from_id == asker.id, MeetingRequest.to_organisation_id == organisation.id),
        (MeetingRequest.low_id == pair[0], MeetingRequest.high_id == pair[1]),
    ):
        if still_live(session, *which, now=now) is not None:
            raise LostRace


def _listing(session: Session, uid: str, asker: Registration, organisation: Organisation) -> Listing | None:
    """Find the offer or need that a request is about: of the one who asks, or of somebody of the organisation."""
    if not uid:
        return None
    return session.scalar(
        select(Listing)
        .join(Listing.profile)
        .join(Profile.registration)
        .where(
            Listing.uid == uid,
            Registration.event_id == asker.event_id,
            or_(Registration.id == asker.id, Registration.organisation_id == organisation.id),
        )
    )


def hand_on(request_uid: str, to_uid: str, *, by: int, now: datetime) -> MeetingRequest:
    """Make an open request to an organisation the turn of another of its people, or one's own.

    Whose turn it is has time enough to answer, so the request may be open for longer.

    Raises:
        NotFound: there is no such request or person.
        Refused: `hand_on_refusal` gave a reason.
    """

    def attempt() -> MeetingRequest:
        pair = pair_of_request(request_uid)
        other_id = db.session.scalar(
            select(Registration.id)
            .join(MeetingRequest, MeetingRequest.event_id == Registration.event_id)
            .where(MeetingRequest.uid == request_uid, Registration.uid == to_uid)
        )
        if other_id is None:
            raise NotFound(N_("This person is not registered for the event."))
        with transaction() as session:
            people = lock(session, {*pair, by, other_id})
            request = locked_request(session, request_uid, pair)
            take_over(session, request, people[other_id], by=people[by], now=now)
            last = last_slot_ends_at(request.event_id)
            request.expires_at = pushed(request.expires_at, last_slot_ends_at=last, now=now)
            session.flush()
            if other_id != by:
                tell_addressee(session, request, by=people[by], handed_on_at=now)
            note(session, request, "meeting_request.handed_on", actor_id=people[by].person_id, to=to_uid)
        return request

    return retrying(attempt)


def pass_on(session: Session, registration_id: int, *, now: datetime) -> None:
    """Give, in the open transaction of another use case, a colleague the open requests of somebody who drops out.

    What goes to nobody stays with them.
    """
    open_ones = session.scalars(
        select(MeetingRequest)
        .where(
            MeetingRequest.to_id == registration_id,
            MeetingRequest.to_organisation_id.is_not(None),
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > now,
        )
        .order_by(MeetingRequest.id)
        .with_for_update(of=MeetingRequest)
    ).all()
    for request in open_ones:
        asker = request.asker
        never, rights = wishes.avoided_of(asker.person_id), rights_at(request.event_id)
        people = [
            one
            for one in people_of(request.event_id, request.to_organisation_id or 0)
            if one.id not in {registration_id, asker.id}
            and not never.has(one)
            and may_ask(rights.of(asker.participation_type_id, one.participation_type_id))
        ]
        choice = [one for one in colleagues(people, asker, now=now) if not one.is_under_way]
        if not choice:
            continue
        delegate = _first(choice, request.listing)
        try:
            with session.begin_nested():
                request.to_id = delegate.id
                request.low_id, request.high_id = sorted((asker.id, delegate.id))
                session.flush()
        except IntegrityError:
            #: The two got something under way at this moment.
            session.refresh(request)
            continue
        session.refresh(request, ["addressee"])
        tell_addressee(session, request, handed_on_at=now)
        note(session, request, "meeting_request.handed_on", actor_id=None, to=delegate.uid)


def settle_requests(session: Session, *, gone: int, into: int) -> None:
    """Let what was asked of one organisation be asked of the one that stays; in the transaction of another use case.

    Who has asked both has one request to the organisation still, and the other is to the person whose turn it is.
    """
    twin = aliased(MeetingRequest)
    asked_both = select(twin.id).where(
        MeetingRequest.state.in_(LIVE_REQUESTS),
        twin.from_id == MeetingRequest.from_id,
        twin.to_organisation_id == into,
        twin.state.in_(LIVE_REQUESTS),
    )
    of_gone = MeetingRequest.to_organisation_id == gone
    steps: tuple[tuple[ColumnElement[bool], int | None], ...] = (
        (and_(of_gone, asked_both.exists()), None),
        (of_gone, into),
    )
    for which, organisation_id in steps:
        session.execute(
            update(MeetingRequest)
            .where(which)
            .values(to_organisation_id=organisation_id)
            .execution_options(synchronize_session=False)
        )
