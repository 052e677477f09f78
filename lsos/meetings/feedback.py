"""Use cases after a meeting: how it was, what came of it, a note of one's own, staying in touch, a reminder."""

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails
from lsos.meetings.booking import note
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_queries import due_reminders, is_disputed_now, said_of
from lsos.meetings.feedback_rules import (
    FeedbackRefusal,
    Impression,
    feedback_refusal,
    follow_up_refusal,
    is_disputed,
    outcome_of,
    state_after,
)
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState, is_held, outcome_refusal
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import MeetingOutcome

#: Whose badges were scanned at a meeting's table, by its id; the room of scans lies above this one.
Present = Callable[[int], Collection[int]]
#: So many reminders are written in one go of the worker.
AT_ONCE = 100


def say(meeting_uid: str, *, by: int, impression: Impression, present: Present, now: datetime) -> Meeting:
    """Note how a meeting was, as one of the two says; whether it took place follows from what both say.

    Raises:
        NotFound: there is no such meeting.
        Refused: `outcome_refusal` or `feedback_refusal` gave a reason.
    """
    with transaction() as session:
        meeting, who = _begun(session, meeting_uid, by, now)
        feedback = _own(session, meeting, by)
        are_all_present = _are_all_present(meeting, present)
        refusal = feedback_refusal(feedback.said, are_all_present=are_all_present, impression=impression)
        if refusal is not None:
            raise Refused(refusal)
        before = feedback.said.was_held
        feedback.impression, feedback.said_at = impression, now
        if impression is Impression.MISSED:
            feedback.said_outcome_id = None
        is_new = feedback.said.was_held != before
        _draw(session, meeting, actor_id=who.person_id, are_all_present=are_all_present, is_new=is_new)
    return meeting


def keep(
    meeting_uid: str,
    *,
    by: int,
    outcome_code: str,
    private_note: str,
    wants_contact: bool,
    phone: str,
    follow_up_on: date | None,
    present: Present,
    now: datetime,
    today: date,
) -> Meeting:
    """Note what came of a meeting for one of the two, their private note, whether to stay in touch, and a reminder.

    The telephone number is kept only where contacts are wanted.

    Raises:
        NotFound: there is no such meeting or outcome.
        Refused: `outcome_refusal`, `feedback_refusal` or `follow_up_refusal` gave a reason.
    """
    with transaction() as session:
        meeting, who = _begun(session, meeting_uid, by, now)
        feedback = _own(session, meeting, by)
        outcome = _outcome(session, outcome_code)
        are_all_present = _are_all_present(meeting, present)
        refusal = feedback_refusal(
            feedback.said, are_all_present=are_all_present, wants_outcome=outcome is not None
        ) or follow_up_refusal(follow_up_on, before=feedback.follow_up_on, today=today)
        if refusal is not None:
            raise Refused(refusal)
        if follow_up_on != feedback.follow_up_on:
            feedback.follow_up_on, feedback.reminded_at = follow_up_on, None
        feedback.private_note = private_note
        feedback.wants_contact, feedback.phone = wants_contact, phone if wants_contact else ""
        outcome_id = outcome.id if outcome is not None else None
        if outcome_id != feedback.said_outcome_id:
            before = feedback.said.was_held
            feedback.said_outcome_id, feedback.said_at = outcome_id, now
            is_new = feedback.said.was_held != before
            _draw(session, meeting, actor_id=who.person_id, are_all_present=are_all_present, is_new=is_new)
    return meeting


def settle(event_id: int, meeting_uid: str, *, was_held: bool, actor_id: int) -> Meeting:
    """Let the organiser say whether a meeting took place of which the two say different things.

    Raises:
        NotFound: there is no such meeting.
        Refused: they do not, or not any more.
    """
    with transaction() as session:
        meeting = _locked(session, meeting_uid)
        if meeting.event_id != event_id:
            raise NotFound(N_("There is no such meeting."))
        if not is_disputed_now(session, meeting):
            raise Refused(FeedbackRefusal.NOT_DISPUTED)
        meeting.state = MeetingState.HELD if was_held else MeetingState.NO_SHOW
        note(session, meeting, "meeting.settled", actor_id=actor_id, was_held=was_held)
    return meeting


def remind(*, now: datetime) -> int:
    """Write the letters that people asked for, one for each day they chose; says how many.

    Whoever does not come to events of the platform any more is not written to, and whose meeting was cancelled neither.
    """
    done = 0
    with transaction() as session:
        for row in due_reminders(now=now, limit=AT_ONCE):
            feedback = session.get_one(
                MeetingFeedback,
                (row.meeting_id, row.registration_id),
                with_for_update={"of": MeetingFeedback},
                populate_existing=True,
            )
            if feedback.reminded_at is not None or feedback.follow_up_on is None:
                continue
            feedback.reminded_at = now
            reader, meeting = feedback.registration, feedback.meeting
            if reader.state is RegistrationState.CONFIRMED and meeting.state is not MeetingState.CANCELLED:
                mails.follow_up(session, meeting, reader, day=feedback.follow_up_on)
                done += 1
    return done


def _locked(session: Session, uid: str) -> Meeting:
    """Take a meeting, so that the two who speak of it do so one after the other."""
    meeting = session.scalar(
        select(Meeting).where(Meeting.uid == uid).with_for_update(of=Meeting).execution_options(populate_existing=True)
    )
    if meeting is None:
        raise NotFound(N_("There is no such meeting."))
    return meeting


def _begun(session: Session, uid: str, by: int, now: datetime) -> tuple[Meeting, Registration]:
    meeting = _locked(session, uid)
    refusal = outcome_refusal(
        is_participant=by in {meeting.first_id, meeting.second_id},
        state=meeting.state,
        starts_at=meeting.starts_at,
        now=now,
    )
    if refusal is not None:
        raise Refused(refusal)
    return meeting, meeting.first if by == meeting.first_id else meeting.second


def _own(session: Session, meeting: Meeting, by: int) -> MeetingFeedback:
    """Find what somebody said of a meeting, or begin it."""
    feedback = session.get(MeetingFeedback, (meeting.id, by), populate_existing=True)
    if feedback is None:
        feedback = MeetingFeedback(
            meeting_id=meeting.id, registration_id=by, private_note="", phone="", wants_contact=False
        )
        session.add(feedback)
    return feedback


def _are_all_present(meeting: Meeting, present: Present) -> bool:
    return is_held(present(meeting.id), [[one.id for one in side] for side in meeting.sides])


def _outcome(session: Session, code: str) -> MeetingOutcome | None:
    """Find an outcome by its code; nothing chosen means none."""
    if not code:
        return None
    outcome = session.scalar(select(MeetingOutcome).where(MeetingOutcome.code == code))
    if outcome is None:
        raise NotFound(N_("There is no such outcome."))
    return outcome


def _draw(session: Session, meeting: Meeting, *, actor_id: int, are_all_present: bool, is_new: bool) -> None:
    """Draw from what both said where the meeting stands and what figures read; the audit keeps no words of theirs."""
    session.flush()
    said = said_of(session, meeting.id)
    meeting.outcome_id = outcome_of(said)
    before = meeting.state
    meeting.state = state_after(before, said, are_all_present=are_all_present, is_new=is_new)
    note(session, meeting, "meeting.outcome_reported", actor_id=actor_id)
    if meeting.state is not before:
        action = "meeting.disputed" if is_disputed(said) and not are_all_present else f"meeting.{meeting.state.value}"
        note(session, meeting, action, actor_id=actor_id)
