"""Use cases of changes that need a yes: proposed, answered, taken back, over; a yes of all applies it in one step."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.meetings import mails
from lsos.meetings.booking import lock, locked_meeting, note, pair_of_meeting, retrying
from lsos.meetings.change_applying import apply
from lsos.meetings.change_ending import close, end
from lsos.meetings.change_models import ChangeConsent, ChangeMove, MeetingChange
from lsos.meetings.change_queries import as_seen_by, people_of, whole_changes
from lsos.meetings.change_rules import (
    ChangeKind,
    ChangeRefusal,
    ChangeState,
    answers_until,
    consent_refusal,
    is_settled,
    proposal_refusal,
)
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.rules import change_refusal, locked_refusal
from lsos.meetings.service import place_to_move_to, refuse_strangers


def propose(meeting_uid: str, starts_at: datetime, *, by: int, message: str = "", now: datetime) -> MeetingChange:
    """Propose another time for a meeting; it stays where it is until everybody in it says yes.

    Instead of what somebody proposed before; to who was asked, it is a no to what the other proposed.

    Raises:
        NotFound: there is no such meeting.
        Refused: it is not theirs, has begun or is fixed, or the two or all tables are taken then.
    """

    def attempt() -> MeetingChange:
        pair = pair_of_meeting(meeting_uid)
        with transaction() as session:
            people = lock(session, pair)
            meeting = locked_meeting(session, meeting_uid, pair)
            refuse_strangers(meeting, by)
            refusal = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) or locked_refusal(
                is_locked=meeting.is_locked, by_organiser=False
            )
            if refusal is not None:
                raise Refused(refusal)
            before = _open_change(session, meeting)
            why_not = proposal_refusal(
                is_same_time=meeting.starts_at == starts_at,
                is_asked_by_others=before is not None
                and before.kind is not ChangeKind.RESCHEDULE
                and before.expires_at > now,
            )
            if why_not is not None:
                raise Refused(why_not)
            place_to_move_to(session, meeting, starts_at, None, now=now)
            if before is not None:
                close(session, before, _instead(before, by, now), now=now)
            change = begin(
                session,
                meeting.event,
                ChangeKind.RESCHEDULE,
                [(meeting, starts_at)],
                by=by,
                yes=[by],
                message=message,
                now=now,
            )
            note(session, meeting, "meeting_change.proposed", actor_id=people[by].person_id)
        return change

    return retrying(attempt)


def _instead(before: MeetingChange, by: int, now: datetime) -> ChangeState:
    """Say what becomes of a proposal when somebody makes another."""
    if before.expires_at <= now:
        return ChangeState.EXPIRED
    return ChangeState.WITHDRAWN if before.by_id == by else ChangeState.DECLINED


def _open_change(session: Session, meeting: Meeting) -> MeetingChange | None:
    moved = select(ChangeMove.change_id).where(ChangeMove.meeting_id == meeting.id, ChangeMove.is_open)
    return session.scalar(select(MeetingChange).where(MeetingChange.id.in_(moved)).with_for_update(of=MeetingChange))


def begin(
    session: Session,
    event: Event,
    kind: ChangeKind,
    moves: Sequence[tuple[Meeting, datetime]],
    *,
    by: int | None,
    yes: Collection[int],
    request: MeetingRequest | None = None,
    place_at: datetime | None = None,
    waits: Mapping[int, int] | None = None,
    message: str = "",
    now: datetime,
) -> MeetingChange:
    """Write a change down, whose people are locked, and ask all that have not said yes by asking for it.

    `waits` says how many waits between meetings each has fewer by it.
    """
    saves = waits or {}
    times = [time for meeting, to_at in moves for time in (meeting.starts_at, to_at)]
    change = MeetingChange(
        event=event,
        kind=kind,
        by_id=by,
        message=message,
        request=request,
        place_at=place_at,
        waits_saved=sum(saves.values()),
        asked_at=now,
        expires_at=answers_until([*times, *([place_at] if place_at else [])], now=now),
    )
    change.moves = [ChangeMove(meeting=meeting, from_at=meeting.starts_at, to_at=to_at) for meeting, to_at in moves]
    concerned = {person for meeting, _ in moves for person in people_of(meeting)} | set(yes)
    change.consents = [
        ChangeConsent(
            registration_id=each,
            says_yes=True if each in yes else None,
            at=now if each in yes else None,
            waits_saved=saves.get(each, 0),
        )
        for each in sorted(concerned)
    ]
    session.add(change)
    session.flush()
    change = session.scalars(
        whole_changes().where(MeetingChange.id == change.id).execution_options(populate_existing=True)
    ).one()
    for consent in change.consents:
        if consent.says_yes is None:
            mails.change_asked(session, as_seen_by(change, consent.registration_id), consent.registration)
    return change


# ---- answered


def _people_of_change(uid: str) -> set[int]:
    """Name all whom a change concerns; none are added to it later."""
    change = db.session.scalar(whole_changes().where(MeetingChange.uid == uid))
    if change is None:
        raise NotFound(N_("There is no such question. Perhaps it was settled meanwhile."))
    pair = {change.request.from_id, change.request.to_id} if change.request else set()
    return {each.registration_id for each in change.consents} | pair


def _locked_change(session: Session, uid: str) -> MeetingChange:
    session.execute(select(MeetingChange.id).where(MeetingChange.uid == uid).with_for_update())
    return session.scalars(
        whole_changes().where(MeetingChange.uid == uid).execution_options(populate_existing=True)
    ).one()


def answer(change_uid: str, *, by: int, says_yes: bool, now: datetime) -> MeetingChange:
    """Say yes or no to a change: the last yes applies all of it, and anybody's no ends it.

    Returns:
        The change, whose state says what came of it; overtaken where a time or a table was gone.

    Raises:
        NotFound: there is no such change.
        Refused: `consent_refusal` gave a reason.
    """
    concerned = _people_of_change(change_uid)

    def attempt() -> MeetingChange:
        with transaction() as session:
            people = lock(session, concerned)
            change = _locked_change(session, change_uid)
            consent = next((each for each in change.consents if each.registration_id == by), None)
            refusal = consent_refusal(
                is_asked=consent is not None, state=change.state, expires_at=change.expires_at, now=now
            )
            if refusal is not None or consent is None:
                raise Refused(refusal or ChangeRefusal.NOT_YOURS)
            consent.says_yes, consent.at = says_yes, now
            actor_id = people[by].person_id
            _record(session, change, "agreed" if says_yes else "declined", actor_id=actor_id)
            if not says_yes:
                end(session, change, ChangeState.DECLINED, untold=[by], now=now)
            elif is_settled(each.says_yes for each in change.consents):
                _apply(session, change, locked=people, actor_id=actor_id, now=now)
        return change

    return retrying(attempt)


def _apply(
    session: Session, change: MeetingChange, *, locked: Collection[int], actor_id: int | None, now: datetime
) -> None:
    """Let all of it happen, or nothing: what was free when people were asked may be taken by now."""
    with suppress(Refused), session.begin_nested():
        close(session, change, ChangeState.DONE, now=now)
        apply(session, change, locked=locked, actor_id=actor_id, now=now)
        return
    session.refresh(change)
    end(session, change, ChangeState.OVERTAKEN, now=now)


def _record(session: Session, change: MeetingChange, what: str, *, actor_id: int | None) -> None:
    audit.record(session, f"meeting_change.{what}", actor_id=actor_id, scope=change.event.slug, object_uid=change.uid)


def withdraw(change_uid: str, *, by: int | None, actor_id: int | None = None, now: datetime) -> MeetingChange:
    """Take a change back before it is settled: who proposed it, or an organiser, for whom `by` is None.

    Raises:
        NotFound: there is no such change.
        Refused: it is somebody else's, or it is settled.
    """
    concerned = _people_of_change(change_uid)
    with transaction() as session:
        people = lock(session, concerned)
        change = _locked_change(session, change_uid)
        if by is not None and change.by_id != by:
            raise Refused(ChangeRefusal.NOT_YOURS_TO_WITHDRAW)
        if change.state is not ChangeState.OPEN:
            raise Refused(ChangeRefusal.CLOSED)
        end(session, change, ChangeState.WITHDRAWN, untold=[] if by is None else [by], now=now)
        _record(session, change, "withdrawn", actor_id=people[by].person_id if by is not None else actor_id)
    return change


def expire_changes(*, now: datetime) -> int:
    """End the changes that not all answered in time, at every event; gives back how many."""
    ended = 0
    due = MeetingChange.is_open, MeetingChange.expires_at <= now
    for change_id in db.session.scalars(select(MeetingChange.id).where(*due).order_by(MeetingChange.id)).all():
        with transaction() as session:
            held = session.scalar(select(MeetingChange.id).where(MeetingChange.id == change_id, *due).with_for_update())
            if held is None:
                continue
            change = session.scalars(
                whole_changes().where(MeetingChange.id == change_id).execution_options(populate_existing=True)
            ).one()
            end(session, change, ChangeState.EXPIRED, now=now)
            ended += 1
    return ended
