"""What is done to one row of a bulk action, and how it is taken back: by the rule of the single action."""

import logging
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit, mail
from lsos.accounts.models import Person
from lsos.errors import N_, LsosError, NotFound, Refused
from lsos.mail import MailState, OutgoingMail
from lsos.registration import seats, service, upgrades, waiting_queries
from lsos.registration.bulk_rules import LETTERS_WAIT, LabelRefusal, UndoRefusal, undo_refusal
from lsos.registration.list_models import BulkAction, BulkKind, BulkStep, Label, RegistrationLabel, StepState
from lsos.registration.models import ParticipationType, Registration, RegistrationChange, WaitingEntry
from lsos.registration.retyping import change_type
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Also, Move, follow
from lsos.registration.waiting_rules import EntryState
from lsos.texts import search_key

log = logging.getLogger("lsos.registration")

S = RegistrationState
#: Where a decision leads.
LEADS_TO = {
    BulkKind.APPROVE: S.CONFIRMED,
    BulkKind.DECLINE: S.DECLINED,
    BulkKind.WAITLIST: S.WAITLISTED,
    BulkKind.CANCEL: S.CANCELLED,
}
#: Decisions on what guests of the public session ask for.
ON_WISHES = frozenset({BulkKind.APPROVE_WISH, BulkKind.DECLINE_WISH})
UNFORESEEN = N_("This cannot be done together with others. Open the registration and do it there.")


def type_of(session: Session, event_id: int, code: str) -> ParticipationType:
    """Find a way to take part, with its seats.

    Raises:
        NotFound: the event has no such way.
    """
    found = session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id, ParticipationType.code == code)
        .options(selectinload(ParticipationType.capacities))
    )
    if found is None:
        raise NotFound(N_("This event has no such way to take part."))
    return found


def do(session: Session, action: BulkAction, step: BulkStep, release: Also, now: datetime) -> None:
    """Do one row; in a savepoint, so that a refusal leaves nothing of it behind."""
    try:
        with session.begin_nested():
            if action.kind in LEADS_TO:
                _decide(session, action, step, release, now)
            elif action.kind in ON_WISHES:
                _decide_wish(session, action, step, now)
            elif action.kind is BulkKind.RETYPE:
                _retype(session, action, step, now)
            else:
                _label(session, action, step)
    except LsosError as refused:
        step.state, step.why = StepState.REFUSED, refused.message
    except OperationalError:
        raise
    except Exception as unforeseen:  # noqa: BLE001  # what no rule foresaw must not hold up the other rows
        log.warning("bulk action %s: row %s is refused, %s", action.uid, step.id, type(unforeseen).__name__)
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
    step.before, step.after = before.value, moved.state.value
    step.change_id = moved.changes[-1].id if is_plain else None
    step.letter_id = _letter_to(moved, held)


def _letter_to(registration: Registration, held: mail.HeldBack) -> int | None:
    """Find the letter to the owner of a registration among those that were held back."""
    addresses = {one.address for one in registration.person.emails}
    return next((letter.id for letter in held.letters if letter.to_address in addresses), None)


def _decide_wish(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    registration, wish = upgrades.asked(session, action.event_id, step.registration.uid)
    step.before, step.after = registration.participation_type.code, wish.participation_type.code
    step.asked_at = wish.asked_at
    reason = action.reason.read(registration.person.language).text
    is_granted = action.kind is BulkKind.APPROVE_WISH
    decide = upgrades.grant if is_granted else upgrades.turn_down
    with mail.holding_back(session, until=now + LETTERS_WAIT) as held:
        decide(session, registration, wish, by=action.by_id, reason=reason, now=now)
    session.flush()
    step.change_id = registration.changes[-1].id if is_granted else None
    step.letter_id = _letter_to(registration, held)


def _is_plain(session: Session, registration: Registration) -> bool:
    """Say whether only one seat is moved: nothing is held for a review, and nobody waits with colleagues."""
    entry = waiting_queries.open_entry(session, registration)
    return not registration.to_review and (entry is None or (entry.size == 1 and entry.state is EntryState.WAITING))


def _retype(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    registration = _with_type(session, step.registration_id)
    kind = type_of(session, action.event_id, action.what)
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


def undo_row(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    """Take one row back, or note why it stays as it is; in a savepoint too."""
    try:
        with session.begin_nested():
            if action.kind in LEADS_TO:
                _undo_decision(session, action, step, now)
            elif action.kind in ON_WISHES:
                _undo_wish(session, action, step, now)
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
    latest = _latest_change(session, registration)
    letter = _letter(session, step)
    _refuse_undo(
        action,
        is_group=step.change_id is None,
        has_changed=registration.state.value != step.after or latest != step.change_id,
        letter_left=_has_left(step, letter),
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


def _has_left(step: BulkStep, letter: OutgoingMail | None) -> bool:
    return step.letter_id is not None and (letter is None or letter.state is not MailState.WAITING)


def _latest_change(session: Session, registration: Registration) -> int | None:
    return session.scalar(
        select(func.max(RegistrationChange.id)).where(RegistrationChange.registration_id == registration.id)
    )


def _undo_wish(session: Session, action: BulkAction, step: BulkStep, now: datetime) -> None:
    """Let a guest ask again as they asked before; whoever got what they asked for gives that seat back."""
    registration, letter = _with_type(session, step.registration_id), _letter(session, step)
    is_granted = action.kind is BulkKind.APPROVE_WISH
    is_as_left = (
        registration.state is S.CONFIRMED
        and registration.participation_type.code == (step.after if is_granted else step.before)
        and upgrades.wish_of(registration.id, session) is None
        and (not is_granted or _latest_change(session, registration) == step.change_id)
    )
    _refuse_undo(action, has_changed=not is_as_left, letter_left=_has_left(step, letter), now=now)
    wished = type_of(session, action.event_id, step.after)
    if is_granted:
        before = type_of(session, action.event_id, step.before)
        change_type(session, registration, before, by=action.by_id, takes_back=True, now=now)
        session.execute(delete(RegistrationChange).where(RegistrationChange.id == step.change_id))
    upgrades.put_back(session, registration, wished, asked_at=step.asked_at or action.at)
    if letter is not None:
        session.delete(letter)
    _record(session, registration, "upgrade.undone", action.by_id, type=wished.code)
    session.flush()


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
    kind = type_of(session, action.event_id, step.before)
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
