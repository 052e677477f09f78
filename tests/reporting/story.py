"""What happens at an event, stored as it would be: arrivals, meetings, requests; and a way to count queries."""

from datetime import date, datetime, timedelta

from lsos.checkin.models import Arrival, Scan, ScanPoint
from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.organisations.models import Organisation
from lsos.registration.models import Listing, Registration
from lsos.reporting.rules import CLUSTER_CODE
from lsos.taxonomy.models import MeetingOutcome, StakeholderType
from lsos.texts import Bilingual
from tests import make


def cluster() -> Organisation:
    """The cluster's own foundation."""
    found = db.session.query(Organisation).filter_by(code=CLUSTER_CODE).first()
    return found or make.organisation("Fundacja Klaster LifeScience Kraków", code=CLUSTER_CODE, country="PL")


def stakeholder(code: str) -> StakeholderType:
    """A kind of organisation."""
    found = db.session.query(StakeholderType).filter_by(code=code).first()
    return found or make.add(StakeholderType(code=code, name=Bilingual(f"{code}-pl", code)))


def outcome(code: str) -> MeetingOutcome:
    """What a meeting may lead to."""
    found = db.session.query(MeetingOutcome).filter_by(code=code).first()
    return found or make.add(MeetingOutcome(code=code, name=Bilingual(f"{code}-pl", code)))


def door(where: Event) -> ScanPoint:
    """The door of an event."""
    found = db.session.query(ScanPoint).filter_by(event_id=where.id).first()
    return found or make.add(
        ScanPoint(event_id=where.id, code="door", name=Bilingual("Drzwi", "Door"), kind=PointKind.DOOR)
    )


def arrive(who: Registration, *, day: date | None = None, at: datetime | None = None) -> Arrival:
    """Somebody comes in; as the doors open, unless told otherwise."""
    where = db.session.get_one(Event, who.event_id)
    day = day or where.starts_on
    at = at or make.DOORS + (day - make.FIRST_DAY)
    scan = make.add(
        Scan(
            event_id=where.id,
            point_id=door(where).id,
            code=who.badge_code,
            registration_id=who.id,
            result=ScanResult.ADMITTED,
            scanned_at=at,
            received_at=at,
        )
    )
    return make.add(Arrival(event_id=where.id, registration_id=who.id, day=day, at=at, scan_id=scan.id))


def ask(
    one: Registration, other: Registration, *, state: RequestState = RequestState.OPEN, about: Listing | None = None
) -> MeetingRequest:
    """One asks another for a meeting."""
    low, high = sorted((one.id, other.id))
    return make.add(
        MeetingRequest(
            event_id=one.event_id,
            from_id=one.id,
            to_id=other.id,
            low_id=low,
            high_id=high,
            state=state,
            listing_id=about.id if about else None,
            asked_at=make.BEFORE,
            expires_at=make.BEFORE + timedelta(hours=72),
        )
    )


def meet(
    one: Registration,
    other: Registration,
    *,
    state: MeetingState = MeetingState.HELD,
    slot: MeetingSlot | None = None,
    came_of_it: str = "",
    request: MeetingRequest | None = None,
) -> Meeting:
    """Two have a meeting."""
    low, high = sorted((one.id, other.id))
    if slot is None and state is not MeetingState.CANCELLED:
        slot = db.session.query(MeetingSlot).filter_by(event_id=one.event_id).first()
        slot = slot or make.meeting_grid(db.session.get_one(Event, one.event_id))[0]
    starts_at = slot.starts_at if slot else make.DOORS
    table = None
    if slot is not None:  # a table of its own for each meeting, so that none is ever taken
        tables = db.session.query(MeetingTable).filter_by(event_id=one.event_id).count()
        table = make.add(MeetingTable(event_id=one.event_id, number=tables + 1))
    return make.add(
        Meeting(
            event_id=one.event_id,
            request_id=request.id if request else None,
            origin=MeetingOrigin.REQUEST if request else MeetingOrigin.MATCHING,
            state=state,
            first_id=low,
            second_id=high,
            slot_id=slot.id if slot else None,
            table_id=table.id if table else None,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=20),
            outcome_id=outcome(came_of_it).id if came_of_it else None,
            created_at=make.BEFORE,
            participants=[
                MeetingParticipant(registration_id=low, slot_id=slot.id if slot else None),
                MeetingParticipant(registration_id=high, slot_id=slot.id if slot else None),
            ],
        )
    )
