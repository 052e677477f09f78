"""What use cases of requests share: they are found and locked, written down, told, and handed to a colleague."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos.db import db
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails, wishes
from lsos.meetings.booking import LostRace, note, settings_for
from lsos.meetings.delegate_rules import HandOnRefusal, hand_on_refusal, is_asked
from lsos.meetings.delegates import colleagues
from lsos.meetings.models import MeetingRequest
from lsos.meetings.portraits import fits
from lsos.meetings.queries import takes_part
from lsos.meetings.rules import LIVE_REQUESTS, RequestState, is_expired, open_until
from lsos.meetings.words import vocabulary
from lsos.registration.models import Registration


def pair_of_request(uid: str) -> tuple[int, int]:
    """Say between which two a request is, who are locked before it is.

    Raises:
        NotFound: there is no such request.
    """
    found = db.session.execute(
        select(MeetingRequest.low_id, MeetingRequest.high_id).where(MeetingRequest.uid == uid)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such request."))
    return found[0], found[1]


def locked_request(session: Session, uid: str, pair: tuple[int, int]) -> MeetingRequest:
    """Take a request whose two people are locked.

    Raises:
        LostRace: it was handed on to a colleague before.
    """
    request = session.scalars(
        select(MeetingRequest)
        .where(MeetingRequest.uid == uid)
        .with_for_update(of=MeetingRequest)
        .execution_options(populate_existing=True)
    ).one()
    if (request.low_id, request.high_id) != pair:
        raise LostRace
    return request


def may_answer(request: MeetingRequest, who: Registration) -> bool:
    """Ask the rule whether somebody may answer a request."""
    return is_asked(
        is_addressee=request.to_id == who.id,
        is_asker=request.from_id == who.id,
        to_organisation_id=request.to_organisation_id,
        organisation_id=who.organisation_id if who.event_id == request.event_id else None,
        takes_part=takes_part(who),
    )


def still_live(session: Session, *which: ColumnElement[bool], now: datetime) -> MeetingRequest | None:
    """Find a request under way; one whose time has run out is closed, so that it is not in the way."""
    live = session.scalar(select(MeetingRequest).where(*which, MeetingRequest.state.in_(LIVE_REQUESTS)))
    if live is not None and is_expired(live.state, live.expires_at, now):
        live.state = RequestState.EXPIRED
        session.flush()
        return None
    return live


def store(
    session: Session,
    asker: Registration,
    other: Registration,
    message: str,
    listing_id: int | None,
    *,
    to_organisation_id: int | None = None,
    last_slot_ends_at: datetime | None,
    now: datetime,
) -> MeetingRequest:
    """Write a request down that no rule refuses, and tell whose turn it is to answer it."""
    hours = settings_for(session, asker.event_id).request_hours
    request = MeetingRequest(
        event_id=asker.event_id,
        from_id=asker.id,
        to_id=other.id,
        to_organisation_id=to_organisation_id,
        low_id=min(asker.id, other.id),
        high_id=max(asker.id, other.id),
        state=RequestState.OPEN,
        message=message,
        listing_id=listing_id,
        asked_at=now,
        expires_at=open_until(now + timedelta(hours=hours), last_slot_ends_at=last_slot_ends_at),
    )
    session.add(request)
    session.flush()
    tell_addressee(session, request)
    note(session, request, "meeting_request.sent", actor_id=asker.person_id)
    return request


def tell_addressee(
    session: Session, request: MeetingRequest, *, by: Registration | None = None, handed_on_at: datetime | None = None
) -> None:
    """Tell whose turn it is that they are asked, and why it may be worth it; `by` is a colleague who handed it on."""
    asker, other = request.asker, request.addressee
    fit = fits(request.event_id, other.id, [asker.id])[asker.id]
    why = mails.reasons_for(fit.reasons, asker.person.name, vocabulary(request.event_id))
    with session.begin_nested() as letter:
        mails.requested(session, request, why, by=by, handed_on_at=handed_on_at)
        if wishes.avoids(other, asker):
            #: It is written in any case, so that not even the time this takes tells that nobody gets it.
            letter.rollback()


def state_of(request: MeetingRequest, *, now: datetime) -> RequestState:
    """Say where a request stands now, whether or not it was noted that its time has run out."""
    return RequestState.EXPIRED if is_expired(request.state, request.expires_at, now) else request.state


def take_over(
    session: Session, request: MeetingRequest, who: Registration, *, by: Registration, now: datetime
) -> tuple[int, int]:
    """Make an open request to an organisation the turn of another of its people; gives the pair that it is about now.

    Raises:
        Refused: `hand_on_refusal` gave a reason.
    """
    is_colleague = request.to_id != who.id and may_answer(request, who)
    found = colleagues([who], request.asker, now=now)[0]
    refusal = hand_on_refusal(
        may_answer=may_answer(request, by),
        state=state_of(request, now=now),
        is_colleague=is_colleague or request.to_id == who.id,
        has_it=request.to_id == who.id,
        is_under_way=found.is_under_way,
        common_slots=len(found.common),
    )
    if refusal is not None:
        raise Refused(refusal, name=who.person.name, other=request.asker.person.name)
    pair = (min(request.from_id, who.id), max(request.from_id, who.id))
    request.to_id, (request.low_id, request.high_id) = who.id, pair
    try:
        session.flush()
    except IntegrityError:
        raise Refused(HandOnRefusal.UNDER_WAY, name=who.person.name, other=request.asker.person.name) from None
    session.refresh(request, ["addressee"])
    return pair
