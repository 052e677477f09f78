"""Stands and pitches: they are made, given out one by one or all in order, told of, and taken away."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, Room
from lsos.registration import seats
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from lsos.wording import stamp
from lsos.zone import mails
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneCall
from lsos.zone.queries import accepted_of, news_of
from lsos.zone.rules import (
    SLOTS_AT_ONCE,
    STANDS_AT_MOST,
    ApplicationState,
    PlaceRefusal,
    first_overlap,
    given_in_order,
    slot_times,
)

#: A stand's name is printed on a small sign.
CODE_LENGTH = 20


@dataclass(frozen=True)
class Wish:
    """What one application is to have: public ids of a stand and of a pitch, empty for none."""

    stand: str = ""
    slot: str = ""


def add_stands(
    event_id: int, call_uid: str, codes: Sequence[str], place: Bilingual, equipment: Bilingual, *, by: int
) -> int:
    """Make stands that stand alike; says how many.

    Raises:
        NotFound: the event has no such call.
        Refused: a `PlaceRefusal`; then none of them is made.
    """
    if not codes:
        raise Refused(PlaceRefusal.NO_CODE)
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        there = {code.casefold() for code in session.scalars(select(Stand.code).where(Stand.call_id == call.id))}
        if len(there) + len(codes) > STANDS_AT_MOST:
            raise Refused(PlaceRefusal.TOO_MANY, most=STANDS_AT_MOST)
        for code in codes:
            if len(code) > CODE_LENGTH:
                raise Refused(PlaceRefusal.CODE_LONG, code=code[: 2 * CODE_LENGTH])
            if code.casefold() in there:
                raise Refused(PlaceRefusal.CODE_TAKEN, code=code)
            there.add(code.casefold())
            session.add(Stand(call_id=call.id, code=code, place=place, equipment=equipment))
        _record(session, call, "zone.stands_added", by, codes=list(codes))
        return len(codes)


def change_stand(
    event_id: int, call_uid: str, stand_uid: str, *, code: str, place: Bilingual, equipment: Bilingual, by: int
) -> None:
    """Change what is said of a stand.

    Raises:
        NotFound: there is no such call or stand.
        Refused: a `PlaceRefusal`.
    """
    code = code.strip()
    if not code:
        raise Refused(PlaceRefusal.NO_CODE)
    if len(code) > CODE_LENGTH:
        raise Refused(PlaceRefusal.CODE_LONG, code=code[: 2 * CODE_LENGTH])
    try:
        with transaction() as session:
            call = _locked(session, event_id, call_uid)
            stand = _stand(session, call, stand_uid)
            stand.code, stand.place, stand.equipment = code, place, equipment
            session.flush()
            _record(session, call, "zone.stand_changed", by, stand=code)
    except IntegrityError as error:
        raise Refused(PlaceRefusal.CODE_TAKEN, code=code) from error


def remove_stand(event_id: int, call_uid: str, stand_uid: str, *, by: int) -> None:
    """Take a stand away; whoever had it has none.

    Raises:
        NotFound: there is no such call or stand.
    """
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        stand = _stand(session, call, stand_uid)
        session.delete(stand)
        _record(session, call, "zone.stand_removed", by, stand=stand.code)


def add_slots(
    event_id: int,
    call_uid: str,
    starts_at: datetime,
    *,
    number: int,
    pause_minutes: int,
    room_code: str,
    by: int,
) -> int:
    """Make so many pitches one after another, each as long as the call says; says how many.

    Raises:
        NotFound: the event has no such call.
        Refused: a `PlaceRefusal`; then none of them is made.
    """
    if number > SLOTS_AT_ONCE:
        raise Refused(PlaceRefusal.TOO_MANY, most=SLOTS_AT_ONCE)
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        event = call.event
        wanted = slot_times(starts_at, minutes=call.pitch_minutes, pause_minutes=pause_minutes, number=number)
        days = set(event.days)
        if not all(_day(begin, event) in days and _day(end, event) in days for begin, end in wanted):
            raise Refused(PlaceRefusal.OUTSIDE)
        there = session.execute(
            select(PitchSlot.starts_at, PitchSlot.ends_at).where(PitchSlot.call_id == call.id)
        ).all()
        overlap = first_overlap(wanted, [(row[0], row[1]) for row in there])
        if overlap is not None:
            raise Refused(PlaceRefusal.OVERLAP, when=stamp(overlap, event.timezone))
        room_id = session.scalar(select(Room.id).where(Room.event_id == event_id, Room.code == room_code))
        session.add_all(
            PitchSlot(call_id=call.id, room_id=room_id, starts_at=begin, ends_at=end) for begin, end in wanted
        )
        _record(session, call, "zone.slots_added", by, number=number)
        return number


def remove_slots(event_id: int, call_uid: str, slot_uids: Sequence[str], *, by: int) -> int:
    """Take pitches away; whoever had one has none. Says how many.

    Raises:
        NotFound: the event has no such call.
    """
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        slots = session.scalars(
            select(PitchSlot).where(PitchSlot.call_id == call.id, PitchSlot.uid.in_(slot_uids))
        ).all()
        for slot in slots:
            session.delete(slot)
        _record(session, call, "zone.slots_removed", by, number=len(slots))
        return len(slots)


def assign(event_id: int, call_uid: str, wishes: Mapping[str, Wish], *, by: int) -> int:
    """Give stands and pitches to those whose application is named, as an organiser chose; says to how many.

    Who is not named keeps what they have.

    Raises:
        NotFound: the event has no such call.
        Refused: a `PlaceRefusal`; then nothing is changed.
    """
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        applications = {one.uid: one for one in _accepted(session, call, uids=list(wishes))}
        gone = next((uid for uid in wishes if uid not in applications), None)
        if gone is not None:
            raise Refused(PlaceRefusal.NOT_ACCEPTED, name=_name_of(session, gone))
        stands = {one.uid: one for one in session.scalars(select(Stand).where(Stand.call_id == call.id))}
        slots = {one.uid: one for one in session.scalars(select(PitchSlot).where(PitchSlot.call_id == call.id))}
        own = {one.id for one in applications.values()}
        places: list[Stand | PitchSlot] = [*stands.values(), *slots.values()]
        for place in places:
            if place.application_id in own:
                place.application_id = None
        #: Freed before they are given anew, so that two may change places.
        session.flush()
        for uid, wish in wishes.items():
            _give(applications[uid], stands.get(wish.stand), slots.get(wish.slot), call.event)
        _record(session, call, "zone.places_given", by, applications=len(wishes))
        return len(wishes)


def _give(application: ZoneApplication, stand: Stand | None, slot: PitchSlot | None, event: Event) -> None:
    if stand is not None:
        if stand.application_id is not None:
            raise Refused(PlaceRefusal.STAND_TWICE, code=stand.code)
        stand.application_id = application.id
    if slot is not None:
        if slot.application_id is not None:
            raise Refused(PlaceRefusal.SLOT_TWICE, when=stamp(slot.starts_at, event.timezone))
        slot.application_id = application.id


def assign_free(event_id: int, call_uid: str, order: Sequence[int], *, by: int) -> tuple[int, int]:
    """Give every free stand and pitch to those accepted who have none, in an order; says how many of each.

    `order` are ids of applications, the best first; who is not in it comes last.

    Raises:
        NotFound: the event has no such call.
    """
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        accepted = [one.id for one in _accepted(session, call)]
        place_of = {application_id: n for n, application_id in enumerate(order)}
        ranked = sorted(accepted, key=lambda one: (place_of.get(one, len(place_of)), one))
        stands = session.scalars(select(Stand).where(Stand.call_id == call.id).order_by(Stand.id)).all()
        slots = session.scalars(
            select(PitchSlot).where(PitchSlot.call_id == call.id).order_by(PitchSlot.starts_at)
        ).all()
        numbers = _give_free(stands, ranked), _give_free(slots, ranked)
        _record(session, call, "zone.places_given", by, stands=numbers[0], pitches=numbers[1])
        return numbers


def tell(event_id: int, call_uid: str, application_uids: Collection[str], *, by: int, now: datetime) -> int:
    """Write to the chosen ones whose stand or pitch they do not know; nobody chosen means nobody. Says to how many.

    Raises:
        NotFound: the event has no such call.
        Refused: nobody was chosen, or all of them have been told.
    """
    if not application_uids:
        raise Refused(N_("Nobody was chosen, so nobody was written to."))
    with transaction() as session:
        call = _locked(session, event_id, call_uid)
        wanted = [one for one in news_of(call, accepted_of(call.id, {})) if one.application.uid in application_uids]
        number = sum(mails.tell_of_places(session, one.application, one.about, now=now) for one in wanted)
        if not number:
            raise Refused(N_("All of them have been told already, so nobody was written to."))
        _record(session, call, "zone.places_told", by, applications=number)
        return number


def _give_free(places: Sequence[Stand] | Sequence[PitchSlot], ranked: Sequence[int]) -> int:
    by_id = {one.id: one for one in places}
    have = {one.application_id for one in places if one.application_id is not None}
    given = given_in_order(ranked, have=have, free=[one.id for one in places if one.application_id is None])
    for application_id, place_id in given.items():
        by_id[place_id].application_id = application_id
    return len(given)


def _locked(session: Session, event_id: int, call_uid: str) -> ZoneCall:
    """Lock the call; the seats first, so that nobody cancels or is accepted meanwhile."""
    seats.lock(session, event_id)
    call = session.scalar(
        select(ZoneCall)
        .where(ZoneCall.event_id == event_id, ZoneCall.uid == call_uid)
        .options(joinedload(ZoneCall.event))
        .with_for_update(of=ZoneCall)
    )
    if call is None:
        raise NotFound(N_("This event has no such call."))
    return call


def _stand(session: Session, call: ZoneCall, uid: str) -> Stand:
    stand = session.scalar(select(Stand).where(Stand.call_id == call.id, Stand.uid == uid))
    if stand is None:
        raise NotFound(N_("There is no such stand any more."))
    return stand


def _accepted(session: Session, call: ZoneCall, *, uids: Sequence[str] | None = None) -> list[ZoneApplication]:
    wanted = select(ZoneApplication).where(
        ZoneApplication.call_id == call.id, ZoneApplication.state == ApplicationState.ACCEPTED
    )
    if uids is not None:
        wanted = wanted.where(ZoneApplication.uid.in_(uids))
    return list(session.scalars(wanted.order_by(ZoneApplication.id).with_for_update()))


def _name_of(session: Session, application_uid: str) -> str:
    found = session.scalar(
        select(ZoneApplication)
        .where(ZoneApplication.uid == application_uid)
        .options(joinedload(ZoneApplication.registration).joinedload(Registration.organisation))
    )
    return found.name if found is not None else application_uid


def _day(moment: datetime, event: Event) -> date:
    return moment.astimezone(ZoneInfo(event.timezone)).date()


def _record(session: Session, call: ZoneCall, what: str, by: int, **details: object) -> None:
    audit.record(session, what, actor_id=by, scope=call.event.slug, object_uid=call.uid, **details)
