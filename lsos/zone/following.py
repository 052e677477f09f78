"""An application follows its registration, by whichever door that moves: page, link, list, import, erasure."""

from datetime import datetime

from sqlalchemy import and_, inspect, or_, select, update
from sqlalchemy.orm import Session

from lsos import audit
from lsos.errors import Refused
from lsos.registration.models import ParticipationType, Profile, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Move
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import TransferState
from lsos.zone import mails
from lsos.zone.jury_models import Review
from lsos.zone.jury_queries import is_bound
from lsos.zone.jury_rules import ReviewState
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneCall, ZoneCallType
from lsos.zone.queries import PLACES_FREED, places_freed
from lsos.zone.rules import DECIDED, ApplicationState, DecisionRefusal, is_decision, state_following

S = ApplicationState
#: Where the calls are kept for as long as a transaction lasts, since many registrations may follow one another.
_KEPT = "zone_calls"


def follow(session: Session, registration: Registration, move: Move) -> bool:
    """Let an application come to stand where its registration stands; what it gives up is free at once.

    Whoever registers for a way to take part that belongs to a call has an application from then on, to be
    written; says whether a letter told them so, in the place of the one that says that it has arrived.

    Raises:
        Refused: an application would be decided by somebody who is bound to it.
    """
    calls = _calls(session, registration.event_id or registration.event.id)
    if not calls:
        return False
    call = calls.get(registration.participation_type.id)
    application = None if move.is_new else _application(session, registration)
    if application is not None and _is_being_handed_on(session, registration):
        return False
    #: Whoever declines it takes the seat of the review away afterwards.
    is_reviewed_again = registration.state is RegistrationState.PENDING and bool(registration.to_review)
    has_seat = registration.state is RegistrationState.CONFIRMED or is_reviewed_again
    if call is not None and has_seat and not move.is_new:
        application = _handed_on_to(session, registration, call, application)
    if application is None:
        if call is None or registration.state in {RegistrationState.CANCELLED, RegistrationState.DECLINED}:
            return False
        application = ZoneApplication(call=call, registration=registration, created_at=move.now, changed_at=move.now)
        session.add(application)
        before = None
    else:
        before = application.state
    state = state_following(
        None if move.takes_back else before,
        registration=registration.state,
        is_of_call=call is not None,
        is_reviewed_again=is_reviewed_again,
        was_sent=application.sent_at is not None,
    )
    _refuse_bound(session, application, before, state, move)
    if call is not None:
        application.call = call
    if state is S.DRAFT and application.sent_at is not None:
        application.sent_at = None
        _open_reviews(session, application.id)
    _note_decision(application, before, state, by_id=move.by_id, now=move.now)
    application.state = state
    if before is S.ACCEPTED and state is not S.ACCEPTED:
        _free_places(session, application, by_id=move.by_id)
    elif state is S.ACCEPTED and before not in {None, S.ACCEPTED}:
        _take_places_back(session, application)
    is_begun = before in {None, S.WITHDRAWN} and state is S.DRAFT and not move.takes_back
    return is_begun and move.may_write and mails.tell_to_apply(session, application, now=move.now)


def _refuse_bound(
    session: Session, application: ZoneApplication, before: ApplicationState | None, after: ApplicationState, move: Move
) -> None:
    """Let nobody who is bound to an application decide it, by whichever door they come."""
    if before is None or move.by_id is None or move.takes_back:
        return
    is_own_step = move.by_id == application.registration.person_id
    if is_decision(before, after, is_own_step=is_own_step) and is_bound(session, application, move.by_id):
        raise Refused(DecisionRefusal.CONFLICT)


def hand_over(session: Session, giver: Registration, taker: Registration) -> bool:
    """Let an application go from one registration to another one of the same call, which has none; says whether it did.

    Stand, pitch, files and reviews go with it; what the profile of the taker lacks comes from that of the giver.
    Whoever calls it has the taker followed afterwards, if they are not confirmed.
    """
    application = _application(session, giver)
    if application is None or _application(session, taker) is not None:
        return False
    calls = _calls(session, taker.event_id)
    call = calls.get(taker.participation_type.id)
    if call is None or call.id != application.call_id:
        return False
    _pass_on(session, application, taker)
    return True


def _pass_on(session: Session, application: ZoneApplication, taker: Registration) -> None:
    """Hang an application on another registration, with what the profile says of the company."""
    theirs = application.registration.profile
    application.registration = taker
    if theirs is not None:
        mine = taker.profile
        if mine is None:
            mine = taker.profile = Profile()
        mine.trl = mine.trl or theirs.trl
        mine.stages = mine.stages or list(theirs.stages)
        mine.ticket_bands = mine.ticket_bands or list(theirs.ticket_bands)
    session.flush()


def _is_being_handed_on(session: Session, giver: Registration) -> bool:
    """Say whether somebody gives up a seat for a colleague who takes it in this very transaction."""
    if giver.state is not RegistrationState.CANCELLED:
        return False
    under_way = select(SeatTransfer.id).where(
        SeatTransfer.giver_id == giver.id,
        SeatTransfer.state == TransferState.ACCEPTED,
        SeatTransfer.taker_id.is_(None),
    )
    return session.scalar(under_way.limit(1)) is not None


def _handed_on_to(
    session: Session, taker: Registration, call: ZoneCall, own: ZoneApplication | None
) -> ZoneApplication | None:
    """Give whoever takes over a colleague's seat the application that it was given for.

    Where they have sent one of their own, that one stays and has stand and pitch; the colleague's ends.
    """
    given = session.scalar(
        select(ZoneApplication)
        .join(SeatTransfer, SeatTransfer.giver_id == ZoneApplication.registration_id)
        .where(
            ZoneApplication.call_id == call.id,
            ZoneApplication.state == S.ACCEPTED,
            SeatTransfer.state == TransferState.ACCEPTED,
            SeatTransfer.taker_id == taker.id,
        )
        .with_for_update(of=ZoneApplication)
    )
    if given is None:
        return own
    if own is not None and own.sent_at is not None:
        for kind in (Stand, PitchSlot):
            session.execute(update(kind).where(kind.application_id == given.id).values(application_id=own.id))
        given.state, given.decided_at, given.decided_by_id = S.WITHDRAWN, None, None
        return own
    if own is not None:
        session.delete(own)
        session.flush()
    _pass_on(session, given, taker)
    return given


def begin_all(session: Session, call: ZoneCall, *, now: datetime) -> None:
    """Give an application to all who registered before their way to take part belonged to a call; nobody is written to.

    Whoever takes part in a way that no longer belongs to it withdraws, and goes on once it belongs to it again.
    """
    session.flush()
    session.info.pop(_KEPT, None)
    of_types = select(ZoneCallType.participation_type_id).where(ZoneCallType.call_id == call.id)
    with_application = select(ZoneApplication.registration_id)
    lacking = session.scalars(
        select(Registration)
        .where(
            Registration.participation_type_id.in_(of_types),
            Registration.id.not_in(with_application),
            Registration.state.not_in((RegistrationState.CANCELLED, RegistrationState.DECLINED)),
        )
        .order_by(Registration.id)
    ).all()
    for registration in lacking:
        state = state_following(
            None,
            registration=registration.state,
            is_of_call=True,
            is_reviewed_again=bool(registration.to_review),
            was_sent=False,
        )
        session.add(ZoneApplication(call=call, registration=registration, state=state, created_at=now, changed_at=now))
    session.flush()
    is_of_types = Registration.participation_type_id.in_(of_types)
    turned = session.scalars(
        select(Registration)
        .join(ZoneApplication, ZoneApplication.registration_id == Registration.id)
        .where(
            or_(
                and_(ZoneApplication.call_id == call.id, ~is_of_types, ZoneApplication.state != S.WITHDRAWN),
                and_(is_of_types, ZoneApplication.state == S.WITHDRAWN),
                and_(is_of_types, ZoneApplication.call_id != call.id),
            ),
            Registration.state != RegistrationState.CANCELLED,
        )
        .order_by(Registration.id)
    ).all()
    for registration in turned:
        follow(session, registration, Move(None, now, may_write=False))
    session.flush()


def _open_reviews(session: Session, application_id: int) -> None:
    """Let what jurors sent be a draft again: they judged what is written anew now."""
    session.execute(
        update(Review)
        .where(Review.application_id == application_id, Review.state == ReviewState.SENT)
        .values(state=ReviewState.DRAFT)
    )


def _free_places(session: Session, application: ZoneApplication, *, by_id: int | None) -> None:
    """Free the stand and the pitch of an application, and note which they were."""
    stand = session.scalar(select(Stand).where(Stand.application_id == application.id))
    slot = session.scalar(select(PitchSlot).where(PitchSlot.application_id == application.id))
    if stand is None and slot is None:
        return
    had: dict[str, str] = {}
    if stand is not None:
        had |= {"stand_uid": stand.uid, "stand": stand.code}
        stand.application_id = None
    if slot is not None:
        had |= {"pitch_uid": slot.uid, "pitch": slot.starts_at.isoformat()}
        slot.application_id = None
    event = application.registration.event
    audit.record(session, PLACES_FREED, actor_id=by_id, scope=event.slug, object_uid=application.uid, **had)
    session.flush()


def _take_places_back(session: Session, application: ZoneApplication) -> None:
    """Give whoever is accepted again the stand and the pitch they had, as far as these are still free."""
    session.flush()
    had = places_freed(session, [application.uid]).get(application.uid)
    if had is None:
        return
    places: tuple[tuple[type[Stand | PitchSlot], str], ...] = ((Stand, had.stand_uid), (PitchSlot, had.pitch_uid))
    for kind, uid in places:
        if uid and session.scalar(select(kind.id).where(kind.application_id == application.id)) is None:
            session.execute(
                update(kind)
                .where(kind.uid == uid, kind.call_id == application.call.id, kind.application_id.is_(None))
                .values(application_id=application.id)
            )


def _note_decision(
    application: ZoneApplication,
    before: ApplicationState | None,
    after: ApplicationState,
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Note who decided and when; what was taken back was not decided."""
    if after not in DECIDED:
        application.decided_at, application.decided_by_id = None, None
    elif after is not before:
        owner = application.registration.person.id
        application.decided_at, application.decided_by_id = now, by_id if by_id != owner else None


def _application(session: Session, registration: Registration) -> ZoneApplication | None:
    """Find the application of a registration; one that is not stored yet has none."""
    if not inspect(registration).has_identity:
        return None
    return session.scalar(
        select(ZoneApplication)
        .where(ZoneApplication.registration_id == registration.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _calls(session: Session, event_id: int) -> dict[int, ZoneCall | None]:
    """Give the call of each way to take part in an event that has any calls; nothing where it has none.

    Ways without a call are in it, too, with None.
    """
    root = session.get_transaction()
    kept: dict[int, dict[int, ZoneCall | None]]
    told, kept = session.info.get(_KEPT, (None, {}))
    if told is not root:
        kept = {}
        session.info[_KEPT] = (root, kept)
    if event_id not in kept:
        calls = session.scalars(select(ZoneCall).where(ZoneCall.event_id == event_id)).all()
        by_id = {call.id: call for call in calls}
        rows = session.execute(
            select(ParticipationType.id, ZoneCallType.call_id)
            .outerjoin(ZoneCallType, ZoneCallType.participation_type_id == ParticipationType.id)
            .where(ParticipationType.event_id == event_id)
        ).all()
        kept[event_id] = {row[0]: by_id.get(row[1]) for row in rows} if calls else {}
    return kept[event_id]
