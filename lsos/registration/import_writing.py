"""The writing of a file of registrations: the good lines, many at a time, by the rules of the single act."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.service import new_person
from lsos.db import new_uid, transaction
from lsos.errors import N_, LsosError, Refused
from lsos.events.models import Event
from lsos.registration import seats, service, steps, waiting_queries
from lsos.registration.answers import Terms, rename, write_answers
from lsos.registration.bulk_rows import label_named
from lsos.registration.import_reading import Line
from lsos.registration.import_words import purpose_of
from lsos.registration.importing import Outcome, Plan, lines_of, locked, plans
from lsos.registration.list_models import RegistrationImport, RegistrationLabel
from lsos.registration.models import Consent, ConsentText, ParticipationType, Registration
from lsos.registration.retyping import change_type
from lsos.registration.rules import RegistrationState, state_on_arrival
from lsos.registration.steps import Also

log = logging.getLogger("lsos.registration")

S = RegistrationState
#: So many lines are written in one transaction.
LINES_AT_ONCE = 200
WRITTEN = frozenset({Outcome.NEW, Outcome.CHANGED})
UNFORESEEN = N_("This line cannot be written together with others. Write it by hand, or bring it by itself.")


def write_next(
    event_id: int, uid: str, *, release: Also, now: datetime, lines: int = LINES_AT_ONCE
) -> RegistrationImport:
    """Write the next lines of a file that was kept; what cannot be written is noted by its number.

    Nothing is written where it is paused, or was stopped.

    Raises:
        NotFound: there is no such file at this event.
    """
    return _written(event_id, uid, release, now, lines)[0]


def write_some(event_id: int, uid: str, release: Also, now: datetime, lines: int) -> int:
    """Write the next lines as `write_next` does; say how many lines were done."""
    return _written(event_id, uid, release, now, lines)[1]


def _written(event_id: int, uid: str, release: Also, now: datetime, lines: int) -> tuple[RegistrationImport, int]:
    for _ in range(2):
        try:
            return _write_next(event_id, uid, release, now, lines)
        except (IntegrityError, DataError):
            #: Somebody may have registered at the same moment whom the file brings, too; then they are read now.
            continue
    #: One line that the database forbids holds up no other: it is come upon by halves, and refused by itself.
    return _written(event_id, uid, release, now, lines // 2)


def _write_next(event_id: int, uid: str, release: Also, now: datetime, lines: int) -> tuple[RegistrationImport, int]:
    with transaction() as session:
        seats.lock(session, event_id)
        kept = locked(session, event_id, uid)
        if kept.paused_at is not None or kept.finished_at is not None:
            return kept, 0
        event = session.get_one(Event, event_id)
        every = lines_of(kept)
        some = every[kept.done : kept.done + lines]

        def write() -> _Came:
            return _Writer(session, event, kept, release, now).run(some, among=every)

        outcomes, refused = write() if len(some) != 1 else _by_itself(session, kept, some[0].number, write)
        kept.started_at = kept.started_at or now
        kept.done += len(some)
        kept.outcomes = dict(Counter(kept.outcomes) + Counter(each.value for each in outcomes))
        kept.refused = [*kept.refused, *refused]
        if kept.done >= len(every):
            kept.finished_at = now
        if some:
            audit.record(
                session,
                "registrations.imported",
                actor_id=kept.by_id,
                scope=event.slug,
                object_uid=kept.uid,
                file=kept.filename,
                source=kept.source,
                **Counter(each.value for each in outcomes),
            )
        return kept, len(some)


#: What came of some lines, and what is noted of those that were refused.
_Came = tuple[Sequence[Outcome], Sequence[dict[str, Any]]]


def _by_itself(session: Session, kept: RegistrationImport, number: int, write: Callable[[], _Came]) -> _Came:
    """Write one line in a savepoint, so that nothing is left of one that the database forbids."""
    for _ in range(2):
        try:
            with session.begin_nested():
                return write()
        except (IntegrityError, DataError) as forbidden:
            log.warning("import %s: line %s cannot be written, %s", kept.uid, number, type(forbidden).__name__)
    return [Outcome.REFUSED], [_noted(number, "", Refused(UNFORESEEN))]


class _Writer:
    """Writes the plans of some lines; those who are new are stored together, and get their seats after it."""

    def __init__(self, session: Session, event: Event, kept: RegistrationImport, release: Also, now: datetime) -> None:
        self.session = session
        self.event = event
        self.kept = kept
        self.release = release
        self.now = now
        self.terms = Terms(session, event.id, for_many=True)
        self.texts = {
            text.purpose: text
            for text in session.scalars(
                select(ConsentText).where(ConsentText.event_id == event.id, ConsentText.is_current)
            )
        }
        self.kinds = {
            kind.code: kind
            for kind in session.scalars(
                select(ParticipationType)
                .where(ParticipationType.event_id == event.id)
                .options(selectinload(ParticipationType.capacities), joinedload(ParticipationType.event))
            )
        }
        self.outcomes: list[Outcome] = []
        self.refused: list[dict[str, Any]] = []
        self.new: list[tuple[Plan, Registration]] = []
        self.nobody_waits = False
        self.full: set[int] = set()
        #: None: each state's own letter; empty: none.
        self.letter = None if kept.writes_letters else ""
        self.source = f"{kept.filename}: {kept.source}" if kept.source else kept.filename

    def run(self, lines: Sequence[Line], *, among: Sequence[Line]) -> _Came:
        """Write some of all lines of the file."""
        planned = plans(self.event, lines, source=self.kept.source, among=among)
        self.terms.settle((plan.details for plan in planned if plan.outcome in WRITTEN and plan.details), now=self.now)
        for plan in planned:
            self.write(plan)
        self.finish()
        return self.outcomes, self.refused

    def write(self, plan: Plan) -> None:
        """Write one line."""
        if plan.outcome is Outcome.NEW:
            with self.session.no_autoflush:
                self._add(plan)
        elif plan.outcome is Outcome.CHANGED:
            try:
                with self.session.begin_nested():
                    self._change(plan)
            except LsosError as error:
                plan.outcome, plan.problems = Outcome.REFUSED, [("state", error)]
        self.outcomes.append(plan.outcome)
        self.refused += [_noted(plan.line.number, code, error) for code, error in plan.problems]

    def _add(self, plan: Plan) -> None:
        assert plan.details is not None
        person = plan.person
        is_owner = person is None
        if person is None:
            details = plan.details
            person = new_person(
                details.given_name, details.family_name, details.email, language=details.language, now=self.now
            )
        registration = Registration(
            uid=new_uid(),
            event=self.event,
            person=person,
            participation_type=self.kinds[plan.type_code],
            state=S.PENDING,
            registered_at=self.now,
            consents=[],
            changes=[],
        )
        self.session.add(registration)
        write_answers(self.session, registration, plan.details, is_owner=is_owner, now=self.now, terms=self.terms)
        self._agree(registration, plan)
        self.new.append((plan, registration))

    def finish(self) -> None:
        """Store those who are new, then let each take their seat in the order of the file."""
        self.session.flush()
        if self.new:
            steps.hand_on(self.session, self.event.id, self.now)
            self.nobody_waits = not waiting_queries.line(self.session, self.event.id).parties
        for plan, registration in self.new:
            steps.enter(
                self.session,
                registration,
                self._state_of_new(plan, registration.participation_type),
                by_id=self.kept.by_id,
                reason="",
                now=self.now,
                letter=self.letter,
                is_new=True,
            )
            if plan.labels is not None:
                self._relabel(registration, plan.labels)

    def _state_of_new(self, plan: Plan, kind: ParticipationType) -> RegistrationState:
        if plan.state in {S.PENDING, S.WAITLISTED}:
            self.nobody_waits = self.nobody_waits and plan.state is S.PENDING
            return plan.state
        if kind.needs_approval and plan.state is not S.CONFIRMED:
            return state_on_arrival(needs_approval=True)
        has_seat = not kind.capacities or (self._is_their_turn(kind) and seats.take(self.session, kind))
        if not has_seat:
            self.nobody_waits = False
            self.full.add(kind.id)
        return state_on_arrival(needs_approval=False, has_seat=has_seat)

    def _is_their_turn(self, kind: ParticipationType) -> bool:
        #: Behind one who waits for the same seats, everybody waits.
        if kind.id in self.full:
            return False
        if self.nobody_waits:
            return True
        self.session.flush()
        return steps.is_their_turn(self.session, kind, size=1)

    def _change(self, plan: Plan) -> None:
        registration, details = plan.registration, plan.details
        assert registration is not None
        assert details is not None
        kind = self.kinds[plan.type_code]
        if kind.id != registration.participation_type_id:
            change_type(self.session, registration, kind, by=self.kept.by_id, now=self.now)
        codes = {change.field for change in plan.changes}
        if codes - {"type", "state", "label"} and any(purpose_of(code) is None for code in codes):
            rename(registration.person, details)
            write_answers(self.session, registration, details, is_owner=True, now=self.now, terms=self.terms)
        self._agree(registration, plan)
        if plan.labels is not None:
            self._relabel(registration, plan.labels)
        audit.record(
            self.session,
            "registration.changed",
            actor_id=self.kept.by_id,
            scope=self.event.slug,
            object_uid=registration.uid,
            fields=sorted(codes),
        )
        if plan.state is not None:
            self.session.flush()
            service.moved(
                self.session,
                self.event.id,
                registration.uid,
                plan.state,
                by=self.kept.by_id,
                reason="",
                release=self.release,
                now=self.now,
                letter=self.letter,
            )
        self.session.flush()

    def _agree(self, registration: Registration, plan: Plan) -> None:
        for consent in registration.consents:
            if consent.withdrawn_at is None and consent.text.purpose in plan.taken_back:
                consent.withdrawn_at = self.now
        given = [self.texts[purpose] for purpose in sorted(plan.given) if purpose in self.texts]
        registration.consents += [Consent(text=text, given_at=self.now, source=self.source) for text in given]

    def _relabel(self, registration: Registration, names: Sequence[str]) -> None:
        wanted = {label_named(self.session, self.event.id, name).id for name in names}
        held = self.session.scalars(
            select(RegistrationLabel).where(RegistrationLabel.registration_id == registration.id)
        ).all()
        for one in held:
            if one.label_id not in wanted:
                self.session.delete(one)
        new = wanted - {one.label_id for one in held}
        self.session.add_all(RegistrationLabel(registration_id=registration.id, label_id=each) for each in sorted(new))
        self.session.flush()


def _noted(number: int, code: str, error: LsosError) -> dict[str, Any]:
    details = {name: str(value) for name, value in error.details.items()}
    return {"number": number, "field": code, "message": error.message, "details": details}
