"""Use cases of requests for 1:1 meetings: asked, answered, given a time and a table, withdrawn, run out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails, wishes
from lsos.meetings.booking import book, lock, note, remove_drafts, retrying, settings_for
from lsos.meetings.change_ending import overtake
from lsos.meetings.models import (
    Meeting,
    MeetingRequest,
    RequestNote,
)
from lsos.meetings.places import last_slot_ends_at
from lsos.meetings.queries import takes_part
from lsos.meetings.request_steps import (
    locked_request,
    may_answer,
    pair_of_request,
    state_of,
    still_live,
    store,
    take_over,
)
from lsos.meetings.rules import (
    BOOKED,
    BookingRefusal,
    MeetingOrigin,
    RequestRefusal,
    RequestState,
    answer_refusal,
    note_refusal,
    pushed,
    request_refusal,
    withdrawal_refusal,
)
from lsos.meetings.seeing import sees
from lsos.meetings.threads import quota_of, threads_of
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.right_rules import may_ask
from lsos.registration.rights import right_between
from lsos.registration.rules import RegistrationState

NOBODY = N_("This person is not registered for the event.")


@dataclass(frozen=True)
class Answered:
    """What came of an answer: the meeting, or why there is none yet; neither after a no."""

    request: MeetingRequest
    meeting: Meeting | None = None
    waits_because: BookingRefusal | None = None


def _led_to_a_meeting(session: Session, request: MeetingRequest) -> bool:
    """Say whether the two of a request meet, or a colleague goes instead of one of them."""
    pair = (request.low_id, request.high_id)
    of_request = select(Meeting.id).where(Meeting.request_id == request.id, Meeting.state.in_(BOOKED))
    return _real_meeting(session, pair) is not None or session.scalar(of_request) is not None


def _real_meeting(session: Session, pair: tuple[int, int]) -> Meeting | None:
    return session.scalar(
        select(Meeting).where(Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state.in_(BOOKED))
    )


def ask(
    from_registration_id: int, to_uid: str, message: str = "", listing_uid: str | None = None, *, now: datetime
) -> MeetingRequest:
    """Ask another participant of the same event for a meeting; no time is taken yet.

    Raises:
        NotFound: nobody at this event, whom the asker may see, has this id.
        Refused: `request_refusal` gave a reason.
    """
    asker = db.session.get_one(Registration, from_registration_id)
    other_id = db.session.scalar(
        select(Registration.id).where(Registration.event_id == asker.event_id, Registration.uid == to_uid)
    )
    if other_id is None:
        raise NotFound(NOBODY)
    pair = (min(from_registration_id, other_id), max(from_registration_id, other_id))
    try:
        with transaction() as session:
            people = lock(session, pair)
            asker, other = people[from_registration_id], people[other_id]
            if not sees(asker, other):
                raise NotFound(NOBODY)
            live = still_live(session, MeetingRequest.low_id == pair[0], MeetingRequest.high_id == pair[1], now=now)
            last = last_slot_ends_at(asker.event_id)
            refusal = request_refusal(
                asker_takes_part=takes_part(asker),
                other_takes_part=takes_part(other),
                may_ask=may_ask(right_between(asker, other)),
                is_same_person=asker.id == other.id,
                is_same_organisation=asker.organisation_id is not None
                and asker.organisation_id == other.organisation_id,
                avoids=wishes.avoids(asker, other),
                is_under_way=live is not None or _real_meeting(session, pair) is not None,
                last_slot_ends_at=last,
                requests_left=quota_of(asker, now=now).left,
                now=now,
            )
            if refusal is not None:
                raise Refused(refusal)
            about = listing_between(session, listing_uid, pair)
            return store(session, asker, other, message, about, last_slot_ends_at=last, now=now)
    except IntegrityError:
        #: The other asked at the same moment, or this form was sent twice.
        raise Refused(RequestRefusal.UNDER_WAY) from None


def listing_between(session: Session, listing_uid: str | None, pair: Collection[int]) -> int | None:
    """Find the offer or need that a request is about; one of these two must have it."""
    if not listing_uid:
        return None
    return session.scalar(
        select(Listing.id).join(Listing.profile).where(Listing.uid == listing_uid, Profile.registration_id.in_(pair))
    )


def answer(request_uid: str, *, by: int, accept: bool, now: datetime) -> Answered:
    """Accept or decline a request; a yes finds a time and a table at once, where there is one.

    Raises:
        NotFound: there is no such request.
        Refused: `answer_refusal` gave a reason, or others were faster every time.
    """

    def attempt() -> Answered:
        pair = pair_of_request(request_uid)
        with transaction() as session:
            people = lock(session, {*pair, by})
            request = locked_request(session, request_uid, pair)
            two = (people[request.from_id], people[by])
            refusal = answer_refusal(
                is_addressee=may_answer(request, people[by]),
                state=state_of(request, now=now),
                accepts=accept,
                avoids=wishes.avoids(people[by], people[request.from_id]),
                are_both_coming=all(person.state is RegistrationState.CONFIRMED for person in two),
            )
            if refusal is not None:
                raise Refused(refusal)
            if accept and request.to_id != by:
                pair = take_over(session, request, people[by], by=people[by], now=now)
            request.answered_at = now
            request.state = RequestState.ACCEPTED if accept else RequestState.DECLINED
            note(
                session,
                request,
                "meeting_request.accepted" if accept else "meeting_request.declined",
                actor_id=people[by].person_id,
            )
            if accept:
                return _find_place(session, request, pair, actor_id=people[by].person_id, now=now)
            drafts = session.scalars(
                select(Meeting.id).where(Meeting.first_id == pair[0], Meeting.second_id == pair[1])
            ).all()
            remove_drafts(session, drafts)
            mails.declined(session, request, by=people[by])
            return Answered(request)

    return retrying(attempt)


def _find_place(
    session: Session,
    request: MeetingRequest,
    pair: tuple[int, int],
    *,
    actor_id: int | None,
    now: datetime,
    tells_that_it_waits: bool = True,
) -> Answered:
    """Book for an accepted request, and tell both what came of it."""
    found = book(
        session,
        request.event,
        pair,
        request_id=request.id,
        origin=MeetingOrigin.REQUEST,
        now=now,
    )
    if isinstance(found, BookingRefusal):
        if tells_that_it_waits:
            mails.waiting(session, request, found)
        return Answered(request, waits_because=found)
    overtake(session, request_ids=[request.id], now=now)
    mails.scheduled(session, found, now=now)
    audit.record(session, "meeting.scheduled", actor_id=actor_id, scope=request.event.slug, object_uid=found.uid)
    return Answered(request, found)


def find_time(request_uid: str, *, by: int, now: datetime) -> Answered:
    """Look again for a time for an accepted request that waits for one.

    Raises:
        NotFound: there is no such request.
        Refused: it is not the reader's, or it does not wait.
    """

    def attempt() -> Answered:
        pair = pair_of_request(request_uid)
        with transaction() as session:
            people = lock(session, pair)
            request = locked_request(session, request_uid, pair)
            refusal = withdrawal_refusal(
                is_asker=False,
                is_party=by in pair,
                state=request.state,
                has_meeting=_led_to_a_meeting(session, request),
            )
            if refusal is not None:
                raise Refused(refusal)
            return _find_place(
                session, request, pair, actor_id=people[by].person_id, now=now, tells_that_it_waits=False
            )

    return retrying(attempt)


def withdraw(request_uid: str, *, by: int, now: datetime) -> MeetingRequest:
    """Take back a request that was not answered, or one that was accepted and found no time.

    Raises:
        NotFound: there is no such request.
        Refused: `withdrawal_refusal` gave a reason.
    """

    def attempt() -> MeetingRequest:
        pair = pair_of_request(request_uid)
        with transaction() as session:
            people = lock(session, pair)
            request = locked_request(session, request_uid, pair)
            refusal = withdrawal_refusal(
                is_asker=request.from_id == by,
                is_party=by in pair,
                state=state_of(request, now=now),
                has_meeting=_led_to_a_meeting(session, request),
            )
            if refusal is not None:
                raise Refused(refusal)
            if request.state is RequestState.ACCEPTED:
                mails.withdrawn(session, request, people[by])
            request.state = RequestState.WITHDRAWN
            overtake(session, request_ids=[request.id], now=now)
            note(session, request, "meeting_request.withdrawn", actor_id=people[by].person_id)
        return request

    return retrying(attempt)


def write_note(request_uid: str, text: str, *, by: int, now: datetime) -> MeetingRequest:
    """Ask the asker something instead of an answer, or answer what was asked; the other gets it by letter.

    Whoever it waits for now has time enough to reply, so the request may be open for longer.

    Raises:
        NotFound: there is no such request.
        Refused: `note_refusal` gave a reason.
    """

    def attempt() -> MeetingRequest:
        pair = pair_of_request(request_uid)
        with transaction() as session:
            people = lock(session, {*pair, by})
            request = locked_request(session, request_uid, pair)
            thread = threads_of([request])[request.id]
            refusal = note_refusal(
                is_addressee=may_answer(request, people[by]),
                is_asker=request.from_id == by,
                state=state_of(request, now=now),
                waits_for_asker=thread.waits_for_asker,
                questions=thread.questions,
            )
            if refusal is not None:
                raise Refused(refusal)
            last = last_slot_ends_at(request.event_id)
            request.expires_at = pushed(request.expires_at, last_slot_ends_at=last, now=now)
            said = RequestNote(request_id=request.id, author_id=by, at=now, text=text)
            session.add(said)
            session.flush()
            is_question = by != request.from_id
            if is_question:
                mails.questioned(session, request, said, by=people[by])
            else:
                mails.explained(session, request, said, to=session.get_one(Registration, thread.notes[-1].author_id))
            note(
                session,
                request,
                "meeting_request.questioned" if is_question else "meeting_request.explained",
                actor_id=people[by].person_id,
            )
        return request

    return retrying(attempt)


def set_limits(event_id: int, most: Mapping[str, int | None], *, by: int) -> None:
    """Say how many meetings one person may have, and how many requests may be open at once, by the name of the setting.

    What there is already stays.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    with transaction() as session:
        settings = settings_for(session, event_id)
        changed = {name: number for name, number in most.items() if getattr(settings, name) != number}
        if not changed:
            return
        for name, number in changed.items():
            setattr(settings, name, number)
        audit.record(
            session,
            "meeting_settings.limits",
            actor_id=by,
            scope=settings.event.slug,
            object_uid=settings.event.slug,
            **changed,
        )


def expire_requests(*, now: datetime) -> int:
    """Close the requests that nobody answered in time, at every event; gives back how many."""
    with transaction() as session:
        gone = session.execute(
            update(MeetingRequest)
            .where(MeetingRequest.state == RequestState.OPEN, MeetingRequest.expires_at <= now)
            .values(state=RequestState.EXPIRED)
            .returning(MeetingRequest.id)
            .execution_options(synchronize_session=False)
        )
        return len(gone.all())
