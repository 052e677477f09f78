"""What organisers do to many registrations: choose them, do it row by row by the rule of the single action, undo it."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit, mail
from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import N_, LsosError, NotFound, Refused
from lsos.events.models import Event
from lsos.mail import MailState, OutgoingMail
from lsos.registration import seats, service, steps, waiting_queries
from lsos.registration.bulk_queries import count_steps
from lsos.registration.bulk_rules import (
    LETTERS_WAIT,
    LabelRefusal,
    UndoRefusal,
    undo_refusal,
)
from lsos.registration.list_models import (
    BulkAction,
    BulkKind,
    BulkStep,
    Label,
    RegistrationLabel,
    Selection,
    StepState,
)
from lsos.registration.models import ParticipationType, Registration, RegistrationChange, WaitingEntry
from lsos.registration.retyping import change_type
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Also, Move, follow
from lsos.registration.waiting_rules import EntryState
from lsos.stepping import IN_A_REQUEST, OF_A_WORKER, Spell, in_steps
from lsos.texts import Bilingual, search_key

log = logging.getLogger("lsos.registration")

S = RegistrationState
#: Where a decision leads.
LEADS_TO = {
    BulkKind.APPROVE: S.CONFIRMED,
    BulkKind.DECLINE: S.DECLINED,
    BulkKind.WAITLIST: S.WAITLISTED,
    BulkKind.CANCEL: S.CANCELLED,
}
NO_REASON = Bilingual()
UNFORESEEN = N_("This cannot be done together with others. Open the registration and do it there.")


# ---- choosing


def choose(event_id: int, uids: Sequence[str], *, by: int, now: datetime) -> Selection:
    """Freeze whom somebody chose.

    Raises:
        Refused: nobody was chosen; nobody means nobody.
    """
    if not uids:
        raise Refused(N_("Nobody is ticked, so nothing was changed. Tick the people first."))
    with transaction() as session:
        selection = Selection(event_id=event_id, by_id=by, made_at=now, uids=list(dict.fromkeys(uids)))
        session.add(selection)
        return selection


def begin(
    event_id: int,
    selection_uid: str,
    kind: BulkKind,
    *,
    reason: Bilingual = NO_REASON,
    what: str = "",
    by: int,
    now: datetime,
) -> BulkAction:
    """Set down what is to be done to whom; `proceed` does it.

    Raises:
        NotFound: there is no such selection at this event, or no such way to take part.
        Refused: a label has no name.
    """
    with transaction() as session:
        selection = session.scalar(
            select(Selection).where(Selection.event_id == event_id, Selection.uid == selection_uid)
        )
        if selection is None:
            raise NotFound(N_("This selection is not here any more. Choose the people again."))
        _check_what(session, event_id, kind, what)
        ids = _ids_in_order(session, selection)
        return begun(session, event_id, ids, kind, reason=reason, what=what, by=by, now=now)


def begun(
    session: Session,
    event_id: int,
    registration_ids: Sequence[int],
    kind: BulkKind,
    *,
    reason: Bilingual = NO_REASON,
    what: str = "",
    by: int,
    now: datetime,
) -> BulkAction:
    """Set down, within a change under way, what is to be done to whom, in this order; `proceed` does it."""
    action = BulkAction(event_id=event_id, by_id=by, at=now, kind=kind, reason=reason, what=what)
    session.add(action)
    session.flush()
    session.execute(insert(BulkStep), [{"action_id": action.id, "registration_id": each} for each in registration_ids])
    audit.record(
        session,
        f"bulk.{kind.value}",
        actor_id=by,
        scope=session.get_one(Event, event_id).slug,
        object_uid=action.uid,
        rows=len(registration_ids),
    )
    return action


def _check_what(session: Session, event_id: int, kind: BulkKind, what: str) -> None:
    if kind is BulkKind.RETYPE:
        _type(session, event_id, what)
    if kind in {BulkKind.LABEL, BulkKind.UNLABEL} and not search_key(what):
        raise Refused(LabelRefusal.NO_NAME)


def _type(session: Session, event_id: int, code: str) -> ParticipationType:
    found = session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id, ParticipationType.code == code)
        .options(selectinload(ParticipationType.capacities))
    )
    if found is None:
        raise NotFound(N_("This event has no such way to take part."))
    return found


def _ids_in_order(session: Session, selection: Selection) -> list[int]:
    """Give the ids behind a selection, who registered first first, since they come first where seats are few."""
    rows = session.execute(
        select(Registration.uid, Registration.id).where(Registration.event_id == selection.event_id)
    ).all()
    by_uid = {row[0]: row[1] for row in rows}
    return sorted(by_uid[uid] for uid in selection.uids if uid in by_uid)


# ---- doing


def proceed(event_id: int, action_uid: str, *, release: Also, now: datetime, spell: Spell = IN_A_REQUEST) -> int:
    """Do the next rows of a bulk action; gives how many are left.

    Each row is decided by the rule of the single action; what a rule refuses is noted with its reason.

    Raises:
        NotFound: there is no such action at this event.
    """
    in_steps(partial(_some, event_id, action_uid, release, now), spell)
    return count_steps(event_id, action_uid)[StepState.WAITING]


def go_on(release_for: Callable[[int | None], Also], *, now: datetime) -> int:
    """Go on with every bulk action that is under way; say how many rows were done. An idle worker only reads.

    `release_for` makes, for whoever began an action, what follows downstream when somebody does not come.
    """
    found = db.session.execute(
        select(BulkAction.event_id, BulkAction.uid, BulkAction.by_id)
        .where(BulkAction.finished_at.is_(None))
        .order_by(BulkAction.id)
    ).all()
    db.session.rollback()
    return sum(
        in_steps(partial(_some, one.event_id, one.uid, release_for(one.by_id), now), OF_A_WORKER) for one in found
    )


def _some(event_id: int, action_uid: str, release: Also, now: datetime, rows: int) -> int:
    with transaction() as session:
        seats.lock(session, event_id)
        action = _action(session, event_id, action_uid)
        waiting = session.scalars(
            select(BulkStep)
            .where(BulkStep.action_id == action.id, BulkStep.state == StepState.WAITING)
            .order_by(BulkStep.id)
            .limit(rows)
            .options(joinedload(BulkStep.registration))
            .with_for_update(of=BulkStep)
        ).all()
        for step in waiting:
            _do(session, action, step, release, now)
        if action.kind is BulkKind.RETYPE:
            steps.hand_on(session, event_id, now)
        if not waiting:
            action.finished_at = action.finished_at or now
        return len(waiting)


def stop(event_id: int, action_uid: str, *, by: int, now: datetime) -> int:
    """Leave the rows that are not done as they are, for good; say how many these are.

    Raises:
        NotFound: there is no such action at this event.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        action = _action(session, event_id, action_uid)
        left = session.scalars(
            update(BulkStep)
            .where(BulkStep.action_id == action.id, BulkStep.state == StepState.WAITING)
            .values(state=StepState.UNDONE)
            .returning(BulkStep.id)
            .execution_options(synchronize_session=False)
        ).all()
        action.finished_at = action.finished_at or now
        audit.record(
            session,
            "bulk.stopped",
            actor_id=by,
            scope=session.get_one(Event, event_id).slug,
            object_uid=action.uid,
            rows=len(left),
        )
        return len(left)


def _action(session: Session, event_id: int, uid: str) -> BulkAction:
    found = session.scalar(
        select(BulkAction).where(BulkAction.event_id == event_id, BulkAction.uid == uid).with_for_update(of=BulkAction)
    )
    if found is None:
        raise NotFound(N_("There is no such bulk action at this event."))
    return found


def _do(session: Session, action: BulkAction, step: BulkStep, release: Also, now: datetime) -> None:
    """Do one row; in a savepoint, so that a refusal leaves nothing of it behind."""
    try:
        with session.begin_nested():
            if action.kind in LEADS_TO:
                _decide(session, action, step, release, now)
            elif action.kind is BulkKind.RETYPE:
                _retype(session, action, step, now)
            else:
                _label(session, action, step)
    except LsosError as refused:
        step.state, step.why = StepState.REFUSED, refused.message
    except IntegrityError as forbidden:
        # The database forbids what no rule foresaw. One row must not hold up the others, nor other events.
        log.warning("bulk action %s: row %s is refused, %s", action.uid, step.id, type(forbidden.orig).__name__)
        step.state, step.why = StepState.REFUSED, UNFORESEEN
    else:
        step.state = StepState.DONE


def _decide(session: Session, action: BulkAction, step: BulkStep, release: Also, now: datetime) -> None:
    registration = step.registration
    before, uid = registration.state, registration.uid
    is_plain = _is_plain(session, registration)
    with mail.holding_back(session, until=now + LETTERS_WAIT) as held:
        moved = service.moved(
            session,
            action.event_id,
            uid,
            LEADS_TO[action.kind],
            by=action.by_id,
            reason=action.reason.read(registration.person.language).text,
            release=release,
            now=now,
        )
    session.flush()
    letters = [letter.id for letter in held.letters if letter.to_address in {e.address for e in moved.person.emails}]
    step.before, step.after = before.value, moved.state.value
    step.change_id = moved.changes[-1].id if is_plain else None
    step.letter_id = letters[0] if letters else None


def _is_plain(session: Session, registration: Registration) -> bool:
    """Say whether only one seat is moved: nothing is held for a review, and nobody waits with colleagues."""
    entry = waiting_queries.open_entry(session, registration)
    return not registration.to_review and (entry is None or (entry.size == 1 and entry.state is EntryState.WAITING))


def _retype(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    registration = _with_type(session, step.registration_id)
    kind = _type(session, action.event_id, action.what)
    before = registration.participation_type.code
    change_type(session, registration, kind, by=action.by_id, now=now)
    step.before, step.after = before, kind.code
    _record(session, registration, "registration.retyped", action.by_id, before=before, after=kind.code)


def _with_type(session: Session, registration_id: int) -> Registration:
    return session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(
            joinedload(Registration.event),
            joinedload(Registration.person).selectinload(Person.emails),
            joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
        )
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    ).one()


def _record(session: Session, registration: Registration, what: str, by: int | None, **details: object) -> None:
    audit.record(session, what, actor_id=by, scope=registration.event.slug, object_uid=registration.uid, **details)


def label_named(session: Session, event_id: int, name: str) -> Label:
    """Give the label of a name, a new one if there is none; the seats of the event are locked."""
    folded = search_key(name)
    found = session.scalar(select(Label).where(Label.event_id == event_id, Label.folded == folded))
    if found is None:
        found = Label(event_id=event_id, name=" ".join(name.split()), folded=folded)
        session.add(found)
        session.flush()
    return found


def _label(session: Session, action: BulkAction, step: BulkStep) -> None:
    label = label_named(session, action.event_id, action.what)
    carried = session.get(RegistrationLabel, (step.registration_id, label.id))
    if action.kind is BulkKind.LABEL:
        if carried is not None:
            raise Refused(LabelRefusal.HAS_IT)
        session.add(RegistrationLabel(registration_id=step.registration_id, label_id=label.id))
    else:
        if carried is None:
            raise Refused(LabelRefusal.LACKS_IT)
        session.delete(carried)
    session.flush()


# ---- taking back


def undo(event_id: int, action_uid: str, *, by: int, now: datetime) -> Counter[StepState]:
    """Take a bulk action back where nothing has changed since; gives how many rows went back and how many stay.

    Raises:
        NotFound: there is no such action at this event.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        action = _action(session, event_id, action_uid)
        #: What was not done yet is not done any more.
        for waiting in session.scalars(
            select(BulkStep).where(BulkStep.action_id == action.id, BulkStep.state == StepState.WAITING)
        ):
            waiting.state = StepState.UNDONE
        done = session.scalars(
            select(BulkStep)
            .where(BulkStep.action_id == action.id, BulkStep.state == StepState.DONE)
            .order_by(BulkStep.registration_id)
        ).all()
        for step in done:
            _undo_one(session, action, step, now)
        steps.hand_on(session, event_id, now)
        action.undone_at = now
        action.finished_at = action.finished_at or now
        audit.record(
            session,
            "bulk.undone",
            actor_id=by,
            scope=session.get_one(Event, event_id).slug,
            object_uid=action.uid,
            rows=sum(step.state is StepState.UNDONE for step in done),
        )
        return Counter(step.state for step in done)


def _undo_one(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    try:
        with session.begin_nested():
            if action.kind in LEADS_TO:
                _undo_decision(session, action, step, now)
            elif action.kind is BulkKind.RETYPE:
                _undo_type(session, action, step, now)
            else:
                _undo_label(session, action, step, now)
    except Refused as refused:
        step.state, step.why = StepState.KEPT, refused.message
    else:
        step.state = StepState.UNDONE


def _refuse_undo(
    action: BulkAction,
    *,
    is_group: bool = False,
    has_changed: bool,
    letter_left: bool = False,
    gave_up: bool = False,
    now: datetime,
) -> None:
    refusal = undo_refusal(
        done_at=action.at,
        gave_up=gave_up,
        is_group=is_group,
        has_changed=has_changed,
        letter_has_left=letter_left,
        now=now,
    )
    if refusal is not None:
        raise Refused(refusal)


def _undo_decision(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    registration = _with_type(session, step.registration_id)
    latest = session.scalar(
        select(func.max(RegistrationChange.id)).where(RegistrationChange.registration_id == registration.id)
    )
    letter = _letter(session, step)
    _refuse_undo(
        action,
        is_group=step.change_id is None,
        has_changed=registration.state.value != step.after or latest != step.change_id,
        letter_left=step.letter_id is not None and (letter is None or letter.state is not MailState.WAITING),
        gave_up=action.kind is BulkKind.CANCEL
        or (action.kind is BulkKind.DECLINE and step.before == S.CONFIRMED.value),
        now=now,
    )
    before, after = S(step.before), S(step.after)
    if before is S.CONFIRMED and not seats.take(session, registration.participation_type):
        raise Refused(UndoRefusal.NO_SEAT)
    if after is S.CONFIRMED:
        seats.give_back(session, registration.participation_type.capacities)
    _restore_line(session, registration, before, after)
    registration.state = before
    session.execute(delete(RegistrationChange).where(RegistrationChange.id == step.change_id))
    follow(session, registration, Move(action.by_id, now, takes_back=True))
    if letter is not None:
        session.delete(letter)
    _record(session, registration, "registration.undone", action.by_id, before=after.value, after=before.value)
    session.flush()


def _letter(session: Session, step: BulkStep) -> OutgoingMail | None:
    """Lock the letter of a row, so that no worker takes it meanwhile."""
    if step.letter_id is None:
        return None
    return session.scalar(select(OutgoingMail).where(OutgoingMail.id == step.letter_id).with_for_update())


def _restore_line(session: Session, registration: Registration, before: S, after: S) -> None:
    """Put somebody back where they stood in line, or take them off it."""
    latest = session.scalar(
        select(WaitingEntry)
        .where(WaitingEntry.registration_id == registration.id)
        .order_by(WaitingEntry.id.desc())
        .limit(1)
    )
    if latest is None:
        return
    if after is S.WAITLISTED:
        session.delete(latest)
    elif before is S.WAITLISTED:
        latest.state = EntryState.WAITING
    session.flush()


def _undo_type(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    registration = _with_type(session, step.registration_id)
    has_changed = registration.participation_type.code != step.after
    _refuse_undo(action, has_changed=has_changed, now=now)
    kind = _type(session, action.event_id, step.before)
    change_type(session, registration, kind, by=action.by_id, takes_back=True, now=now)
    _record(session, registration, "registration.retyped", action.by_id, before=step.after, after=step.before)


def _undo_label(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    label = label_named(session, action.event_id, action.what)
    carried = session.get(RegistrationLabel, (step.registration_id, label.id))
    was_added = action.kind is BulkKind.LABEL
    _refuse_undo(action, has_changed=(carried is not None) is not was_added, now=now)
    if carried is not None:
        session.delete(carried)
    else:
        session.add(RegistrationLabel(registration_id=step.registration_id, label_id=label.id))
    session.flush()
