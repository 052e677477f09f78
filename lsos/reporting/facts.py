"""What figures are made of: plain records of a year, looked up the ways that formulas ask, and what they give."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from lsos.events.rules import EventKind, EventStatus
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import Direction, RegistrationState


@dataclass(frozen=True)
class EventRecord:
    """An event, as far as figures care."""

    id: int
    kind: EventKind
    status: EventStatus
    starts_on: date
    ends_on: date
    organiser_id: int
    series_id: int | None = None


@dataclass(frozen=True)
class OrganisationRecord:
    """An organisation as its profile describes it today."""

    id: int
    type: str | None = None
    country: str | None = None
    region: str | None = None
    is_cluster_partner: bool = False
    #: The cluster's own foundation.
    is_cluster: bool = False
    markets: frozenset[str] = frozenset()
    #: The first year in which somebody held a confirmed registration for it.
    active_since: int | None = None


@dataclass(frozen=True)
class RegistrationRecord:
    """A person's registration, and for which organisation."""

    id: int
    event_id: int
    person_id: int
    state: RegistrationState
    organisation_id: int | None = None
    #: Where the person says to be from; the organisation's country comes first.
    country: str | None = None
    #: The profile is shown to other participants.
    is_shown: bool = True


@dataclass(frozen=True)
class AttendanceRecord:
    """A registered person came to an event, on however many of its days."""

    registration_id: int


@dataclass(frozen=True)
class ListingRecord:
    """An offer of cooperation, or a search for it."""

    id: int
    registration_id: int
    direction: Direction
    type: str = ""


@dataclass(frozen=True)
class RequestRecord:
    """Somebody asked somebody for a meeting, perhaps about a listing."""

    from_id: int
    to_id: int
    listing_id: int | None = None


@dataclass(frozen=True)
class MeetingRecord:
    """A 1:1 meeting of two registrations, and what came of it."""

    id: int
    first_id: int
    second_id: int
    state: MeetingState
    outcome: str | None = None


@dataclass(frozen=True)
class Records:
    """Everything the figures of one year are made of."""

    year: int
    today: date
    events: tuple[EventRecord, ...] = ()
    organisations: tuple[OrganisationRecord, ...] = ()
    registrations: tuple[RegistrationRecord, ...] = ()
    attendances: tuple[AttendanceRecord, ...] = ()
    listings: tuple[ListingRecord, ...] = ()
    requests: tuple[RequestRecord, ...] = ()
    meetings: tuple[MeetingRecord, ...] = ()


class RecordKind(StrEnum):
    """What stands behind a figure."""

    EVENT = "event"
    ORGANISATION = "organisation"
    LISTING = "listing"


@dataclass(frozen=True)
class Ref:
    """One record behind a figure; `count` is what it adds where that is not one."""

    kind: RecordKind
    id: int
    count: int | None = None


@dataclass(frozen=True)
class Part:
    """A second figure that belongs to the first: its name, to be translated, and its value."""

    name: str
    value: float


@dataclass(frozen=True)
class Figure:
    """What the records give: None where there is nothing to take a share of."""

    value: float | None
    refs: tuple[Ref, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Formula:
    """How one indicator is computed, and what its reader must know."""

    compute: Callable[["Year"], Figure]
    definition: str
    caveat: str = ""
    is_share: bool = False
    #: The source's baseline and target are of the same kind, so that all may stand on one scale.
    is_comparable: bool = True


class Year:
    """The records of a year, looked up the ways that formulas ask."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.organisations = {one.id: one for one in records.organisations if not one.is_cluster}
        self.cluster_ids = {one.id for one in records.organisations if one.is_cluster}
        self.events = {
            event.id: event
            for event in records.events
            if event.status is EventStatus.PUBLISHED and event.starts_on.year == records.year
        }
        self.registrations = {one.id: one for one in records.registrations if one.event_id in self.events}
        came = dict.fromkeys(one.registration_id for one in records.attendances)
        self.came = [self.registrations[one] for one in came if one in self.registrations]
        self.met = [
            meeting
            for meeting in records.meetings
            if meeting.state is MeetingState.HELD
            and meeting.first_id in self.registrations
            and meeting.second_id in self.registrations
        ]

    @cached_property
    def held(self) -> list[EventRecord]:
        """List the events that took place."""
        visited = {one.event_id for one in self.came}
        return [event for event in self.events.values() if event.ends_on < self.records.today or event.id in visited]

    def organisation_of(self, registration_id: int) -> OrganisationRecord | None:
        """Find for whom somebody registered; None for themselves, or for the cluster."""
        registration = self.registrations.get(registration_id)
        if registration is None or registration.organisation_id is None:
            return None
        return self.organisations.get(registration.organisation_id)

    def country_of(self, registration_id: int) -> str | None:
        """Tell where somebody comes from, by the organisation first."""
        registration = self.registrations[registration_id]
        organisation = self.organisation_of(registration_id)
        return (organisation.country if organisation else None) or registration.country

    @cached_property
    def active(self) -> set[int]:
        """List the organisations that came to an event of the year or held a meeting at one."""
        ids = [one.id for one in self.came] + [one for m in self.met for one in (m.first_id, m.second_id)]
        return {organisation.id for one in ids if (organisation := self.organisation_of(one))}

    @cached_property
    def cooperating(self) -> set[int]:
        """List the cluster partners, with the organisations active in the year."""
        return {one.id for one in self.organisations.values() if one.is_cluster_partner} | self.active

    @cached_property
    def registered(self) -> list[OrganisationRecord]:
        """List the organisations known by the end of the year: partners, and those that once had a place."""
        return [
            one
            for one in self.organisations.values()
            if one.is_cluster_partner or (one.active_since is not None and one.active_since <= self.records.year)
        ]
