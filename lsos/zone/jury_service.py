"""What organisers do with a jury: say how it works and by what it judges, choose jurors, share the work out, remind."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.models import Person
from lsos.accounts.service import found_or_new
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, FocusArea, Hat
from lsos.events.rules import HatKind
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from lsos.zone.jury_assignment import Plan, assign
from lsos.zone.jury_mails import write
from lsos.zone.jury_models import Criterion, JurorArea, Jury, Review
from lsos.zone.jury_queries import Board, criteria_of, is_bound, jurors_of, load, usual_jury
from lsos.zone.jury_rules import (
    FOR_ORGANISERS,
    Act,
    AssignmentRefusal,
    CriterionRefusal,
    OthersShown,
    ReviewRefusal,
    ReviewState,
    Scale,
    criterion_refusal,
    may_review,
    removal_refusal,
    settings_refusal,
)
from lsos.zone.models import ZoneApplication, ZoneCall

NO_CALL = N_("There is no such call any more.")
TOO_LATE = N_("Reviewing has ended, so that jurors could not send anything. Give them more time first.")


def locked_call(session: Session, call_id: int) -> ZoneCall:
    """Load a call and keep others from changing its jury meanwhile; applications to it go on coming."""
    call = session.scalar(
        select(ZoneCall)
        .where(ZoneCall.id == call_id)
        .options(joinedload(ZoneCall.event))
        .with_for_update(key_share=True, of=ZoneCall)
    )
    if call is None:
        raise NotFound(NO_CALL)
    return call


# ---- how the jury works, and by what it judges


@dataclass(frozen=True)
class Way:
    """How a jury is to work."""

    reviews_wanted: int = 3
    hides_names: bool = False
    others_shown: OthersShown = OthersShown.AFTER_SENDING
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def set_up(call_id: int, way: Way, *, by: int) -> None:
    """Say how the jury of a call works.

    Raises:
        Refused: `settings_refusal` gave a reason.
    """
    refusal = settings_refusal(opens_at=way.opens_at, closes_at=way.closes_at)
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        call = locked_call(session, call_id)
        jury = session.get(Jury, call_id)
        if jury is None:
            jury = usual_jury(call_id)
            session.add(jury)
        jury.reviews_wanted, jury.hides_names = way.reviews_wanted, way.hides_names
        jury.others_shown, jury.opens_at, jury.closes_at = way.others_shown, way.opens_at, way.closes_at
        audit.record(
            session,
            "jury.set_up",
            actor_id=by,
            scope=call.event.slug,
            object_uid=call.uid,
            hides_names=way.hides_names,
            others_shown=way.others_shown.value,
        )


@dataclass(frozen=True)
class CriterionFacts:
    """What a criterion is to be."""

    name: Bilingual
    hint: Bilingual = field(default_factory=Bilingual)
    weight: int = 1
    scale: Scale = field(default_factory=lambda: Scale(1, 5))


def save_criterion(call_id: int, uid: str | None, wish: CriterionFacts, *, by: int) -> Criterion:
    """Store a criterion; without a public id it is a new one, at the end.

    Raises:
        Refused: `criterion_refusal` gave a reason, or it is not there any more.
    """
    with transaction() as session:
        call = locked_call(session, call_id)
        criteria = criteria_of(session, call_id)
        found = next((one for one in criteria if one.uid == uid), None)
        if uid is not None and found is None:
            raise Refused(CriterionRefusal.GONE)
        refusal = criterion_refusal(
            has_name=bool(wish.name),
            scale=wish.scale,
            before=found.scale if found else None,
            others=len(criteria) - bool(found),
            is_scored=_is_scored(session, call_id),
        )
        if refusal is not None:
            raise Refused(refusal)
        if found is None:
            position = 1 + max((one.position for one in criteria), default=0)
            found = Criterion(call_id=call_id, position=position)
            session.add(found)
        found.name, found.hint, found.weight = wish.name, wish.hint, wish.weight
        found.low, found.high = wish.scale.low, wish.scale.high
        session.flush()
        audit.record(
            session,
            "jury.criterion_saved",
            actor_id=by,
            scope=call.event.slug,
            object_uid=found.uid,
            name=wish.name.en or wish.name.pl,
            weight=wish.weight,
        )
        return found


def move_criterion(call_id: int, uid: str, *, steps: int) -> None:
    """Move a criterion up or down by so many places."""
    with transaction() as session:
        locked_call(session, call_id)
        criteria = criteria_of(session, call_id)
        found = _criterion(criteria, uid)
        at = criteria.index(found)
        criteria.insert(max(at + steps, 0), criteria.pop(at))
        for position, one in enumerate(criteria, 1):
            one.position = position


def delete_criterion(call_id: int, uid: str, *, by: int) -> None:
    """Take a criterion away, with what drafts hold of it.

    Raises:
        Refused: reviews were sent by it, or it is not there any more.
    """
    with transaction() as session:
        call = locked_call(session, call_id)
        found = _criterion(criteria_of(session, call_id), uid)
        if _is_scored(session, call_id):
            raise Refused(CriterionRefusal.SCORED)
        session.delete(found)
        audit.record(session, "jury.criterion_deleted", actor_id=by, scope=call.event.slug, object_uid=uid)


def _criterion(criteria: Collection[Criterion], uid: str) -> Criterion:
    found = next((one for one in criteria if one.uid == uid), None)
    if found is None:
        raise Refused(CriterionRefusal.GONE)
    return found


def _is_scored(session: Session, call_id: int) -> bool:
    sent = (
        select(Review.id)
        .join(Review.application)
        .where(ZoneApplication.call_id == call_id, Review.sent_at.is_not(None))
        .limit(1)
    )
    return session.scalar(sent) is not None


# ---- jurors


def make_juror(event_id: int, person_uid: str, *, by: int) -> Person:
    """Let somebody who registered for an event wear the juror's hat.

    Raises:
        NotFound: nobody of this public id did.
    """
    with transaction() as session:
        event = _event(session, event_id)
        person = session.scalar(
            select(Person)
            .join(Registration, Registration.person_id == Person.id)
            .where(Registration.event_id == event_id, Person.uid == person_uid)
        )
        if person is None:
            raise NotFound(N_("Nobody of this name registered for the event. Invite them by their address."))
        _give_hat(session, event, person, by)
        return person


def invite_juror(event_id: int, address: str, name: str, *, language: str, by: int, now: datetime) -> Person:
    """Let the holder of an address wear the juror's hat and write to them; whoever is not known yet becomes known.

    Args:
        event_id: the event.
        address: where they are written to.
        name: for a new person; its last word becomes the family name.
        language: the language of the letter to a new person.
        by: the organiser.
        now: the moment.

    Raises:
        Refused: whoever holds the address had all of their data erased.
    """
    with transaction() as session:
        event = _event(session, event_id)
        refuse_erased(session, address)
        person = found_or_new(session, address, name, language=language, now=now)
        _give_hat(session, event, person, by)
        write(session, event, person, "jury_invitation", now=now)
        return person


def dismiss_juror(event_id: int, person_uid: str, *, by: int) -> Person:
    """Take the juror's hat from somebody, and the reviews they have not begun; what they wrote stays and counts.

    Raises:
        NotFound: they are no juror of the event.
    """
    with transaction() as session:
        event = _event(session, event_id)
        person = next((one for one in jurors_of(session, event_id) if one.uid == person_uid), None)
        if person is None:
            raise NotFound(AssignmentRefusal.NOT_A_JUROR)
        for call_id in session.scalars(select(ZoneCall.id).where(ZoneCall.event_id == event_id).order_by(ZoneCall.id)):
            locked_call(session, call_id)
        session.execute(
            delete(Hat).where(Hat.event_id == event_id, Hat.person_id == person.id, Hat.kind == HatKind.JUROR)
        )
        here = select(ZoneApplication.id).join(ZoneApplication.call).where(ZoneCall.event_id == event_id)
        session.execute(
            delete(Review)
            .where(
                Review.juror_id == person.id,
                Review.state == ReviewState.ASSIGNED,
                Review.application_id.in_(here),
            )
            .execution_options(synchronize_session=False)
        )
        audit.record(session, "jury.juror_dismissed", actor_id=by, scope=event.slug, object_uid=person.uid)
        return person


def set_areas(event_id: int, person_id: int, codes: Collection[str]) -> None:
    """Store which focus areas a juror knows well; none leaves those of their registration."""
    with transaction() as session:
        session.scalars(select(Person.id).where(Person.id == person_id).with_for_update()).one()
        areas = session.scalars(select(FocusArea).where(FocusArea.event_id == event_id)).all()
        session.execute(
            delete(JurorArea).where(
                JurorArea.person_id == person_id, JurorArea.focus_area_id.in_([area.id for area in areas])
            )
        )
        session.add_all(JurorArea(person_id=person_id, focus_area_id=area.id) for area in areas if area.code in codes)


def _event(session: Session, event_id: int) -> Event:
    return session.scalars(select(Event).where(Event.id == event_id).with_for_update(key_share=True)).one()


def _give_hat(session: Session, event: Event, person: Person, by: int) -> None:
    worn = select(Hat.id).where(Hat.event_id == event.id, Hat.person_id == person.id, Hat.kind == HatKind.JUROR)
    if session.scalar(worn) is None:
        session.add(Hat(event_id=event.id, person_id=person.id, kind=HatKind.JUROR))
        audit.record(session, "jury.juror_added", actor_id=by, scope=event.slug, object_uid=person.uid)


# ---- sharing the work out


def share_out(call_id: int, *, by: int, now: datetime) -> Plan:
    """Give each application the reviews it lacks, evenly, never to a juror with a conflict of interest.

    Raises:
        Refused: there are no jurors, or no applications.
    """
    with transaction() as session:
        board = load(session, locked_call(session, call_id))
        if not board.jurors:
            raise Refused(AssignmentRefusal.NO_JURORS)
        if not board.applications:
            raise Refused(AssignmentRefusal.NO_APPLICATIONS)
        plan = plan_for(board)
        session.add_all(
            Review(application_id=application_id, juror_id=juror_id, state=ReviewState.ASSIGNED, changed_at=now)
            for application_id, juror_id in plan.pairs
        )
        _note(session, board.call, "jury.shared_out", by, reviews=len(plan.pairs), gaps=len(plan.gaps))
        return plan


def plan_for(board: Board) -> Plan:
    """Work out who would be given what now."""
    applications = {one.id: board.application_areas[one.id] for one in board.applications}
    jurors = {one.id for one in board.jurors}
    everybody = jurors | {one.juror_id for one in board.reviews}
    bound = {
        (application_id, juror_id)
        for application_id in applications
        for juror_id in everybody
        if board.conflict(application_id, juror_id) is not None
    }
    return assign(
        applications,
        {one.id: board.juror_areas[one.id] for one in board.jurors},
        wanted=board.jury.reviews_wanted,
        conflicts=bound,
        #: What somebody began who is no juror any more is never sent.
        given={
            pair
            for pair, review in board.held.items()
            if pair[0] in applications and pair not in bound and (pair[1] in jurors or review.state is ReviewState.SENT)
        },
    )


def give(call_id: int, application_uid: str, juror_uid: str, *, by: int, now: datetime) -> None:
    """Give an application to a juror by hand.

    Raises:
        Refused: `may_review` gave a reason, or they have it already.
    """
    with transaction() as session:
        board = load(session, locked_call(session, call_id))
        application = next((one for one in board.everything if one.uid == application_uid), None)
        juror = next((one for one in board.jurors if one.uid == juror_uid), None)
        if application is None:
            raise Refused(AssignmentRefusal.NOT_JUDGED)
        _refuse_bound(session, application, by)
        if juror is None:
            raise Refused(AssignmentRefusal.NOT_A_JUROR)
        refusal = may_review(board.facts(application, juror.id, now=now), Act.BE_ASSIGNED)
        if refusal is not None:
            raise Refused(FOR_ORGANISERS[refusal])
        if (application.id, juror.id) in board.held:
            raise Refused(AssignmentRefusal.THERE)
        session.add(
            Review(application_id=application.id, juror_id=juror.id, state=ReviewState.ASSIGNED, changed_at=now)
        )
        _note(session, board.call, "jury.given", by, application=application.uid, juror=juror.uid)


def take_away(call_id: int, review_uid: str, *, by: int) -> None:
    """Take an application from a juror who has not begun with it.

    Raises:
        Refused: `removal_refusal` gave a reason.
    """
    with transaction() as session:
        call = locked_call(session, call_id)
        review = review_by_uid(session, call_id, review_uid)
        refusal = removal_refusal(review.state if review else None)
        if refusal is not None:
            raise Refused(refusal)
        assert review is not None
        _refuse_bound(session, review.application, by)
        session.delete(review)
        _note(session, call, "jury.taken_away", by, application=review.application.uid, juror=review.juror.uid)


def take_back_unbegun(call_id: int, *, by: int) -> int:
    """Take back every application that its juror has not begun with; says how many."""
    with transaction() as session:
        call = locked_call(session, call_id)
        here = select(ZoneApplication.id).where(ZoneApplication.call_id == call_id)
        gone = session.scalars(
            delete(Review)
            .where(Review.application_id.in_(here), Review.state == ReviewState.ASSIGNED)
            .returning(Review.id)
            .execution_options(synchronize_session=False)
        ).all()
        if gone:
            _note(session, call, "jury.taken_back", by, reviews=len(gone))
        return len(gone)


def reopen(call_id: int, review_uid: str, *, by: int, now: datetime) -> None:
    """Let a juror change a review that was sent; it does not count until it is sent again.

    Raises:
        Refused: it is not sent.
    """
    with transaction() as session:
        call = locked_call(session, call_id)
        review = review_by_uid(session, call_id, review_uid)
        if review is None or review.state is not ReviewState.SENT:
            raise Refused(AssignmentRefusal.NOT_SENT)
        _refuse_bound(session, review.application, by)
        review.state, review.changed_at = ReviewState.DRAFT, now
        _note(session, call, "jury.reopened", by, application=review.application.uid, juror=review.juror.uid)


def lift_conflict(call_id: int, review_uid: str, *, by: int, now: datetime) -> None:
    """Lift a conflict that a juror declared by mistake; what they had scored is a draft again.

    Raises:
        Refused: none was declared.
    """
    with transaction() as session:
        call = locked_call(session, call_id)
        review = review_by_uid(session, call_id, review_uid)
        if review is None or review.state is not ReviewState.CONFLICT:
            raise Refused(AssignmentRefusal.NOT_DECLARED)
        _refuse_bound(session, review.application, by)
        review.conflict, review.conflict_note, review.changed_at = None, "", now
        review.state = ReviewState.DRAFT if review.scores else ReviewState.ASSIGNED
        _note(session, call, "jury.conflict_lifted", by, application=review.application.uid, juror=review.juror.uid)


def _refuse_bound(session: Session, application: ZoneApplication, by: int) -> None:
    """Let nobody who is bound to an application say who reviews it, nor lift their own conflict."""
    if is_bound(session, application, by):
        raise Refused(ReviewRefusal.CONFLICT)


def review_by_uid(session: Session, call_id: int, uid: str) -> Review | None:
    """Find a review of a call, and keep others from changing it meanwhile."""
    return session.scalar(
        select(Review)
        .join(Review.application)
        .where(ZoneApplication.call_id == call_id, Review.uid == uid)
        .options(joinedload(Review.juror), joinedload(Review.application), selectinload(Review.scores))
        .with_for_update(of=Review)
    )


def _note(session: Session, call: ZoneCall, action: str, by: int | None, **details: object) -> None:
    audit.record(session, action, actor_id=by, scope=call.event.slug, object_uid=call.uid, **details)


# ---- letters


def remind(call_id: int, juror_uids: Collection[str], *, by: int, now: datetime) -> int:
    """Write to the chosen jurors who have something left to review; nobody chosen means nobody. Says to how many.

    Raises:
        Refused: nobody was chosen, none of them has anything left to do, or it is too late to do it.
    """
    if not juror_uids:
        raise Refused(N_("Nobody was chosen, so nobody was written to."))
    with transaction() as session:
        board = load(session, locked_call(session, call_id))
        if board.jury.is_over(now):
            raise Refused(TOO_LATE)
        chosen = [one for one in board.jurors if one.uid in juror_uids and board.progress_of(one.id).missing]
        if not chosen:
            raise Refused(N_("None of those you chose has anything left to review, so nobody was written to."))
        for juror in chosen:
            write(
                session,
                board.call.event,
                juror,
                "jury_reminder",
                now=now,
                number=board.progress_of(juror.id).missing,
                closes_at=board.jury.closes_at,
            )
        _note(session, board.call, "jury.reminded", by, jurors=len(chosen))
        return len(chosen)
