"""What the registration that stays takes over from the other: meetings, sessions, requests, consents."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lsos.agenda.models import SessionSignup, SessionStar, SessionWaiting
from lsos.agenda.rules import Interval
from lsos.checkin.models import MeetingPresence
from lsos.contacts.uniting import settle_contacts
from lsos.meetings.booking import lock
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.models import (
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingPreference,
    MeetingRequest,
    MeetingSlot,
    RequestNote,
    Suggestion,
)
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, MeetingState
from lsos.meetings.wishing import settle_wishes
from lsos.merging.rules import Diary, Given, Thing, what_fits, withdrawn_by_another
from lsos.registration.models import Consent, ConsentText, Registration
from lsos.registration.rules import ConsentKind, RegistrationState

_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Plan:
    """What would be taken over, by the ids of the rows, and how much would not because it collides."""

    signups: tuple[int, ...] = ()
    meetings: tuple[int, ...] = ()
    requests: tuple[int, ...] = ()
    #: Slots that the one who goes kept free of meetings.
    blocked: tuple[int, ...] = ()
    signups_left: int = 0
    meetings_left: int = 0
    requests_left: int = 0
    #: The purposes that somebody agreed to with the one and took back with the other, later.
    withdrawn: tuple[ConsentText, ...] = ()
    #: The purposes that come with the one that goes.
    agreed: tuple[ConsentText, ...] = ()


def plan_for(session: Session, keep: Registration, lose: Registration) -> Plan:
    """Say what one registration would take over from another of the same human being; nothing changes."""
    agreed, withdrawn = _consents(session, keep.id, lose.id)
    plan = Plan(agreed=tuple(agreed), withdrawn=tuple(withdrawn))
    confirmed = RegistrationState.CONFIRMED
    if keep.state is not confirmed or lose.state is not confirmed:
        return plan
    mine, theirs = _diary(session, keep.id), _diary(session, lose.id)
    meetings, signups = what_fits(mine, theirs, never=keep.id)
    requests, requests_left = _requests(session, keep.id, lose.id, met={thing.what for thing in mine.meetings})
    busy = {thing.when for thing in mine.meetings} | {one.when for one in theirs.meetings if one.key in meetings}
    booked = {one.key for one in theirs.meetings}
    return replace(
        plan,
        signups=tuple(sorted(signups)),
        meetings=tuple(sorted(meetings)),
        requests=tuple(sorted(requests)),
        blocked=tuple(_blocked(session, keep.id, lose.id, busy)),
        signups_left=len(theirs.sessions) - len(signups),
        meetings_left=_still_ahead(session, booked - meetings),
        requests_left=requests_left,
    )


def take_over(session: Session, keep: Registration, lose: Registration) -> dict[str, int]:
    """Let one registration take over what fits, as part of merging; says of how much. What is left is for `release`."""
    lock(session, {keep.id, lose.id, *_partners(session, keep.id), *_partners(session, lose.id)})
    plan = plan_for(session, keep, lose)
    _move_meetings(session, plan.meetings, keep.id, lose.id)
    _move_changes(session, keep.id, lose.id)
    _move_requests(session, plan.requests, keep.id, lose.id)
    session.execute(
        update(SessionSignup)
        .where(SessionSignup.id.in_(plan.signups))
        .values(registration_id=keep.id)
        .execution_options(**_QUIET)
    )
    mine = select(SessionStar.session_id).where(SessionStar.registration_id == keep.id)
    session.execute(
        update(SessionStar)
        .where(SessionStar.registration_id == lose.id, SessionStar.session_id.not_in(mine))
        .values(registration_id=keep.id)
        .execution_options(**_QUIET)
    )
    _move_waiting(session, keep.id, lose.id)
    session.execute(
        update(BlockedSlot)
        .where(BlockedSlot.registration_id == lose.id, BlockedSlot.slot_id.in_(plan.blocked))
        .values(registration_id=keep.id)
        .execution_options(**_QUIET)
    )
    if session.get(MeetingPreference, keep.id) is None:
        session.execute(
            update(MeetingPreference)
            .where(MeetingPreference.registration_id == lose.id)
            .values(registration_id=keep.id)
            .execution_options(**_QUIET)
        )
    #: They are made afresh by the next run, for the one who stays.
    session.execute(
        delete(Suggestion)
        .where(or_(Suggestion.registration_id == lose.id, Suggestion.other_id == lose.id))
        .execution_options(**_QUIET)
    )
    settle_wishes(session, keep=keep.id, lose=lose.id)
    settle_contacts(session, keep=keep.id, lose=lose.id)
    _unite_consents(session, keep.id, lose.id)
    session.expire_all()
    return {
        "meetings": len(plan.meetings),
        "sessions": len(plan.signups),
        "requests": len(plan.requests),
        "consents": len(plan.agreed),
    }


# ---- meetings and sessions


def _of(registration_id: int) -> ColumnElement[bool]:
    return or_(Meeting.first_id == registration_id, Meeting.second_id == registration_id)


def _partners(session: Session, registration_id: int) -> set[int]:
    rows = session.execute(select(Meeting.first_id, Meeting.second_id).where(_of(registration_id)))
    asked = session.execute(
        select(MeetingRequest.low_id, MeetingRequest.high_id).where(
            or_(MeetingRequest.low_id == registration_id, MeetingRequest.high_id == registration_id)
        )
    )
    return {key for pair in (*rows, *asked) for key in pair}


def _diary(session: Session, registration_id: int) -> Diary:
    meetings = session.execute(
        select(Meeting.id, Meeting.first_id, Meeting.second_id, Meeting.starts_at, Meeting.ends_at)
        .where(_of(registration_id), Meeting.state.in_(BOOKED))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    places = session.scalars(
        select(SessionSignup)
        .where(SessionSignup.registration_id == registration_id)
        .options(joinedload(SessionSignup.session))
        .order_by(SessionSignup.id)
    )
    return Diary(
        meetings=tuple(
            Thing(key, second if first == registration_id else first, Interval(starts_at, ends_at))
            for key, first, second, starts_at, ends_at in meetings
        ),
        sessions=tuple(Thing(place.id, place.session_id, place.session.when) for place in places),
    )


def _still_ahead(session: Session, ids: Collection[int]) -> int:
    """Count the meetings that are called off; what was held stays as it was."""
    scheduled = select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.SCHEDULED)
    return session.scalar(scheduled.where(Meeting.id.in_(ids))) or 0


def _move_meetings(session: Session, ids: Collection[int], keep_id: int, lose_id: int) -> None:
    for meeting in session.scalars(select(Meeting).where(Meeting.id.in_(ids)).order_by(Meeting.id)).all():
        other = meeting.second_id if meeting.first_id == lose_id else meeting.first_id
        first, second = sorted((keep_id, other))
        session.execute(
            update(Meeting)
            .where(Meeting.id == meeting.id)
            .values(first_id=first, second_id=second)
            .execution_options(**_QUIET)
        )
    session.execute(
        update(MeetingParticipant)
        .where(MeetingParticipant.meeting_id.in_(ids), MeetingParticipant.beside_id == lose_id)
        .values(beside_id=keep_id)
        .execution_options(**_QUIET)
    )
    for table in (MeetingParticipant, MeetingPresence):
        session.execute(
            update(table)
            .where(table.meeting_id.in_(ids), table.registration_id == lose_id)
            .values(registration_id=keep_id)
            .execution_options(**_QUIET)
        )


def _move_changes(session: Session, keep_id: int, lose_id: int) -> None:
    """Let the one who stays answer questions about other times, and have those they proposed."""
    asked = select(ChangeConsent.change_id).where(ChangeConsent.registration_id == keep_id)
    session.execute(
        update(ChangeConsent)
        .where(ChangeConsent.registration_id == lose_id, ChangeConsent.change_id.not_in(asked))
        .values(registration_id=keep_id)
        .execution_options(**_QUIET)
    )
    session.execute(
        update(MeetingChange).where(MeetingChange.by_id == lose_id).values(by_id=keep_id).execution_options(**_QUIET)
    )


def _move_waiting(session: Session, keep_id: int, lose_id: int) -> None:
    """Let the one who stays stand in each line where either stood first, and in none for a place that they have."""
    has = select(SessionSignup.session_id).where(SessionSignup.registration_id == keep_id)
    both = SessionWaiting.registration_id.in_([keep_id, lose_id])
    session.execute(delete(SessionWaiting).where(both, SessionWaiting.session_id.in_(has)).execution_options(**_QUIET))
    first = select(func.min(SessionWaiting.id)).where(both).group_by(SessionWaiting.session_id)
    ids = session.scalars(first).all()
    session.execute(delete(SessionWaiting).where(both, SessionWaiting.id.not_in(ids)).execution_options(**_QUIET))
    session.execute(
        update(SessionWaiting)
        .where(SessionWaiting.id.in_(ids), SessionWaiting.registration_id == lose_id)
        .values(registration_id=keep_id)
        .execution_options(**_QUIET)
    )


# ---- requests


def _requests(session: Session, keep_id: int, lose_id: int, *, met: Collection[int]) -> tuple[list[int], int]:
    """Choose the requests that come along, and count those under way that cannot, since the two have one already."""
    rows = session.scalars(
        select(MeetingRequest)
        .where(or_(MeetingRequest.from_id.in_([keep_id, lose_id]), MeetingRequest.to_id.in_([keep_id, lose_id])))
        .order_by(MeetingRequest.id)
    ).all()
    theirs = [one for one in rows if lose_id in {one.from_id, one.to_id}]
    under_way = {
        _other(one, keep_id) for one in rows if one.state in LIVE_REQUESTS and keep_id in {one.from_id, one.to_id}
    }
    chosen, left = [], 0
    for one in theirs:
        other = _other(one, lose_id)
        if one.state in LIVE_REQUESTS and (other in under_way or other in met):
            left += 1
        elif other != keep_id:
            chosen.append(one.id)
    return chosen, left


def _other(request: MeetingRequest, registration_id: int) -> int:
    return request.to_id if request.from_id == registration_id else request.from_id


def _move_requests(session: Session, ids: Collection[int], keep_id: int, lose_id: int) -> None:
    asked_already = set(
        session.scalars(
            select(MeetingRequest.to_organisation_id).where(
                MeetingRequest.from_id == keep_id,
                MeetingRequest.to_organisation_id.is_not(None),
                MeetingRequest.state.in_(LIVE_REQUESTS),
            )
        )
    )
    for one in session.scalars(select(MeetingRequest).where(MeetingRequest.id.in_(ids))).all():
        asker = keep_id if one.from_id == lose_id else one.from_id
        asked = keep_id if one.to_id == lose_id else one.to_id
        values: dict[str, int | None] = {
            "from_id": asker,
            "to_id": asked,
            "low_id": min(asker, asked),
            "high_id": max(asker, asked),
        }
        if one.from_id == lose_id and one.state in LIVE_REQUESTS and one.to_organisation_id in asked_already:
            #: Both asked the same organisation: this request is to the person whose turn it is from now on.
            values["to_organisation_id"] = None
        session.execute(
            update(MeetingRequest).where(MeetingRequest.id == one.id).values(values).execution_options(**_QUIET)
        )
    session.execute(
        update(RequestNote)
        .where(RequestNote.request_id.in_(ids), RequestNote.author_id == lose_id)
        .values(author_id=keep_id)
        .execution_options(**_QUIET)
    )


def _blocked(session: Session, keep_id: int, lose_id: int, busy: Collection[Interval | None]) -> list[int]:
    """Choose the slots that stay free of meetings: those where the one who stays has none."""
    rows = session.execute(
        select(BlockedSlot.registration_id, MeetingSlot.id, MeetingSlot.starts_at, MeetingSlot.ends_at)
        .join(MeetingSlot, MeetingSlot.id == BlockedSlot.slot_id)
        .where(BlockedSlot.registration_id.in_([keep_id, lose_id]))
    ).all()
    mine = {slot for owner, slot, *_times in rows if owner == keep_id}
    return [
        slot
        for owner, slot, starts_at, ends_at in rows
        if owner == lose_id
        and slot not in mine
        and not any(one.overlaps(Interval(starts_at, ends_at)) for one in busy if one)
    ]


# ---- consents


def _given(session: Session, ids: Collection[int]) -> Sequence[Consent]:
    return session.scalars(
        select(Consent)
        .where(Consent.registration_id.in_(ids))
        .order_by(Consent.id)
        .options(joinedload(Consent.text))
        .execution_options(populate_existing=True)
    ).all()


def _by_purpose(consents: Sequence[Consent]) -> Mapping[str, list[Consent]]:
    found: defaultdict[str, list[Consent]] = defaultdict(list)
    for one in consents:
        found[one.text.purpose].append(one)
    return found


def _ended_by(consents: Sequence[Consent]) -> dict[int, Any]:
    """Say which agreements to one purpose were taken back with the other record, later, and when."""
    if consents[0].text.kind is not ConsentKind.CONSENT:
        return {}
    return withdrawn_by_another([Given(one.id, one.given_at, one.withdrawn_at) for one in consents])


def _consents(session: Session, keep_id: int, lose_id: int) -> tuple[list[ConsentText], list[ConsentText]]:
    """Name the purposes that come along, and those that hold no more."""
    agreed, withdrawn = [], []
    for consents in _by_purpose(_given(session, [keep_id, lose_id])).values():
        ended = _ended_by(consents)
        held = [one for one in consents if one.withdrawn_at is None]
        still = [one for one in held if one.id not in ended]
        if held and not still:
            withdrawn.append(held[0].text)
        elif still and all(one.registration_id == lose_id for one in still):
            agreed.append(still[0].text)
    return agreed, withdrawn


def _unite_consents(session: Session, keep_id: int, lose_id: int) -> None:
    """Let all that was agreed to and taken back stand in one history; a later withdrawal ends an earlier consent."""
    for consents in _by_purpose(_given(session, [keep_id, lose_id])).values():
        for key, at in _ended_by(consents).items():
            ended = update(Consent).where(Consent.id == key).values(withdrawn_at=at)
            session.execute(ended.execution_options(**_QUIET))
    session.execute(
        update(Consent)
        .where(Consent.registration_id == lose_id)
        .values(registration_id=keep_id)
        .execution_options(**_QUIET)
    )
