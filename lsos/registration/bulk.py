"""What organisers do to many registrations: choose them, do it row by row by the rule of the single action, undo it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, joinedload

from lsos import audit, chores
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration import seats, steps
from lsos.registration.bulk_queries import count_steps
from lsos.registration.bulk_rows import do, type_of, undo_row
from lsos.registration.bulk_rules import LabelRefusal
from lsos.registration.list_models import BulkAction, BulkKind, BulkStep, Selection, StepState
from lsos.registration.models import Registration
from lsos.registration.steps import Also
from lsos.stepping import IN_A_REQUEST, OF_A_WORKER, Spell, in_steps
from lsos.texts import Bilingual, search_key

NO_REASON = Bilingual()
#: What leaves seats behind that others wait for.
_FREES_SEATS = frozenset({BulkKind.RETYPE, BulkKind.APPROVE_WISH})


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
        type_of(session, event_id, what)
    if kind in {BulkKind.LABEL, BulkKind.UNLABEL} and not search_key(what):
        raise Refused(LabelRefusal.NO_NAME)


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
        select(BulkAction.event_id, BulkAction.uid, BulkAction.by_id, Event.slug)
        .join(Event, Event.id == BulkAction.event_id)
        .where(BulkAction.finished_at.is_(None), BulkAction.paused_at.is_(None))
        .order_by(BulkAction.id)
    ).all()
    db.session.rollback()
    actions = {one.uid: one for one in found}

    def go_on_with(uid: str, _scope: str) -> int:
        one = actions[uid]
        return in_steps(partial(_some, one.event_id, uid, release_for(one.by_id), now), OF_A_WORKER)

    return chores.each(Work.BULK, [(one.uid, one.slug) for one in found], go_on_with, now=now)


def _some(event_id: int, action_uid: str, release: Also, now: datetime, rows: int) -> int:
    with transaction() as session:
        seats.lock(session, event_id)
        action = _action(session, event_id, action_uid)
        if action.paused_at is not None:
            return 0
        waiting = session.scalars(
            select(BulkStep)
            .where(BulkStep.action_id == action.id, BulkStep.state == StepState.WAITING)
            .order_by(BulkStep.id)
            .limit(rows)
            .options(joinedload(BulkStep.registration))
            .with_for_update(of=BulkStep)
        ).all()
        for step in waiting:
            do(session, action, step, release, now)
        if action.kind in _FREES_SEATS:
            steps.hand_on(session, event_id, now)
        if not waiting:
            action.finished_at = action.finished_at or now
        return len(waiting)


def pause(event_id: int, action_uid: str, *, by: int, now: datetime) -> None:
    """Do no more of it until it is let go on; what is done stays done.

    Raises:
        NotFound: there is no such action at this event.
    """
    with transaction() as session:
        action = _action(session, event_id, action_uid)
        if action.finished_at is None and action.paused_at is None:
            action.paused_at = now
            _record(session, action, "paused", by)


def resume(event_id: int, action_uid: str, *, by: int) -> None:
    """Let the rest of it be done.

    Raises:
        NotFound: there is no such action at this event.
    """
    with transaction() as session:
        action = _action(session, event_id, action_uid)
        if action.finished_at is None and action.paused_at is not None:
            action.paused_at = None
            _record(session, action, "resumed", by)


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
        _record(session, action, "stopped", by, rows=len(left))
        return len(left)


def _record(session: Session, action: BulkAction, what: str, by: int, **more: object) -> None:
    slug = session.get_one(Event, action.event_id).slug
    audit.record(session, f"bulk.{what}", actor_id=by, scope=slug, object_uid=action.uid, **more)


def _action(session: Session, event_id: int, uid: str) -> BulkAction:
    found = session.scalar(
        select(BulkAction).where(BulkAction.event_id == event_id, BulkAction.uid == uid).with_for_update(of=BulkAction)
    )
    if found is None:
        raise NotFound(N_("There is no such bulk action at this event."))
    return found


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
            undo_row(session, action, step, now)
        steps.hand_on(session, event_id, now)
        action.undone_at = now
        action.finished_at = action.finished_at or now
        _record(session, action, "undone", by, rows=sum(step.state is StepState.UNDONE for step in done))
        return Counter(step.state for step in done)
