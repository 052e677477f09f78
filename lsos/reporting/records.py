"""From tables to the plain records that formulas read: so many queries, whatever the size of the year."""

from datetime import date

from sqlalchemy import exists, extract, func, select

from lsos.agenda.models import Session
from lsos.checkin.models import Arrival, SessionAttendance
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.organisations.models import Organisation
from lsos.registration.models import Consent, ConsentText, Listing, Profile, Registration
from lsos.registration.rules import Purpose, RegistrationState
from lsos.reporting.facts import (
    AttendanceRecord,
    EventRecord,
    ListingRecord,
    MeetingRecord,
    OrganisationRecord,
    Records,
    RegistrationRecord,
    RequestRecord,
)
from lsos.reporting.rules import CLUSTER_CODE
from lsos.taxonomy.models import CooperationType, MeetingOutcome, StakeholderType


def records_of(year: int, *, today: date) -> Records:
    """Load everything that the figures of a year are made of."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    in_year = select(Event.id).where(Event.starts_on.between(first, last), Event.status == EventStatus.PUBLISHED)
    return Records(
        year=year,
        today=today,
        events=tuple(
            EventRecord(*row)
            for row in db.session.execute(
                select(
                    Event.id,
                    Event.kind,
                    Event.status,
                    Event.starts_on,
                    Event.ends_on,
                    Event.organiser_id,
                    Event.series_id,
                )
                .where(Event.id.in_(in_year))
                .order_by(Event.id)
            )
        ),
        organisations=_organisations(),
        registrations=tuple(
            RegistrationRecord(*row)
            for row in db.session.execute(
                select(
                    Registration.id,
                    Registration.event_id,
                    Registration.person_id,
                    Registration.state,
                    Registration.organisation_id,
                    Registration.country,
                    exists().where(
                        Consent.registration_id == Registration.id,
                        Consent.withdrawn_at.is_(None),
                        Consent.text_id == ConsentText.id,
                        ConsentText.purpose == Purpose.CATALOGUE,
                    ),
                )
                .where(Registration.event_id.in_(in_year))
                .order_by(Registration.id)
            )
        ),
        attendances=tuple(
            AttendanceRecord(one)
            for one in db.session.scalars(
                select(Arrival.registration_id)
                .where(Arrival.event_id.in_(in_year))
                .union(
                    select(SessionAttendance.registration_id)
                    .join(SessionAttendance.session)
                    .where(Session.event_id.in_(in_year))
                )
                .order_by(Arrival.registration_id)
            )
        ),
        listings=tuple(
            ListingRecord(*row)
            for row in db.session.execute(
                select(Listing.id, Profile.registration_id, Listing.direction, CooperationType.code)
                .join(Listing.profile)
                .join(Listing.cooperation_type)
                .join(Profile.registration)
                .where(Registration.event_id.in_(in_year))
            )
        ),
        requests=tuple(
            RequestRecord(*row)
            for row in db.session.execute(
                select(MeetingRequest.from_id, MeetingRequest.to_id, MeetingRequest.listing_id).where(
                    MeetingRequest.event_id.in_(in_year)
                )
            )
        ),
        meetings=tuple(
            MeetingRecord(*row)
            for row in db.session.execute(
                select(Meeting.id, Meeting.first_id, Meeting.second_id, Meeting.state, MeetingOutcome.code)
                .outerjoin(Meeting.outcome)
                .where(Meeting.event_id.in_(in_year))
            )
        ),
    )


def _organisations() -> tuple[OrganisationRecord, ...]:
    """Load every organisation, with the first year in which somebody had a place for it."""
    since = (
        select(Registration.organisation_id, func.min(extract("year", Event.starts_on)).label("year"))
        .join(Registration.event)
        .where(Event.status == EventStatus.PUBLISHED, Registration.state == RegistrationState.CONFIRMED)
        .group_by(Registration.organisation_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Organisation.id,
            StakeholderType.code.label("type"),
            Organisation.country,
            Organisation.region,
            Organisation.is_cluster_partner,
            Organisation.code,
            Organisation.markets,
            since.c.year,
        )
        .outerjoin(Organisation.stakeholder_type)
        .outerjoin(since, since.c.organisation_id == Organisation.id)
        .order_by(Organisation.search_key, Organisation.id)
    )
    return tuple(
        OrganisationRecord(
            id=row.id,
            type=row.type,
            country=row.country,
            region=row.region,
            is_cluster_partner=row.is_cluster_partner,
            is_cluster=row.code == CLUSTER_CODE,
            markets=frozenset(row.markets),
            active_since=int(row.year) if row.year is not None else None,
        )
        for row in rows
    )
