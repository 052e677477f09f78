"""The figures of the strategy: pure functions from records to a number and to the records behind it.

Read this beside the catalogue: `FORMULAS` names each indicator that records can give, with its
definition in words. What is counted, and when, is said once here:

- a year has the events that begin in it; drafts and cancelled events count nowhere;
- an event was held when its last day is over or somebody has arrived;
- attendance is proved by a scan at the event, at its doors or at a session, never by a registration;
- people and organisations are counted once, however often they come, and the cluster's own
  foundation is not one of the organisations it brings together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from lsos.errors import N_
from lsos.events.rules import EventKind, EventStatus
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import Direction, RegistrationState

#: Małopolska (ISO 3166-2).
REGION = "PL-12"
COUNTRY = "PL"
#: Everything the cluster runs so that people meet; trainings and partners' events have rows of their own.
NETWORKING = frozenset({EventKind.EDITION, EventKind.NETWORKING, EventKind.BREAKFAST, EventKind.SIG_MEETING})
#: Stakeholder types that do business (Polish: podmioty gospodarcze).
COMPANIES = frozenset({"startup", "scaleup", "sme", "corporate", "cro-cdmo", "advisory", "vc", "bank", "insurer"})
FUNDS, BANKS, INSURERS = frozenset({"vc"}), frozenset({"bank"}), frozenset({"insurer"})
CLUSTERS = frozenset({"cluster"})
#: Outcomes of a meeting that are a cooperation, and not only another talk.
COOPERATION = frozenset({"cooperation", "consortium", "pilot", "investment", "license"})
#: The kind of cooperation that is international by its name.
INTERNATIONAL = "international"


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


def is_regional(organisation: OrganisationRecord) -> bool:
    """Say whether an organisation has its seat in Małopolska."""
    return organisation.region == REGION


def is_from_outside(organisation: OrganisationRecord) -> bool:
    """Say whether a seat is known to lie outside Małopolska, in Poland or abroad."""
    if organisation.country is None:
        return False
    return is_foreign(organisation) or (organisation.region is not None and not is_regional(organisation))


def is_foreign(organisation: OrganisationRecord) -> bool:
    """Say whether a seat is known to lie abroad."""
    return organisation.country is not None and organisation.country != COUNTRY


def is_active_abroad(organisation: OrganisationRecord) -> bool:
    """Say whether an organisation in Małopolska names a market outside Poland."""
    return is_regional(organisation) and bool(organisation.markets - {COUNTRY})


def _organisations(year: Year, found: Iterable[OrganisationRecord | int], *parts: Part) -> Figure:
    """Count organisations once each; they are listed in the order of the records."""
    ids = {one if isinstance(one, int) else one.id for one in found}
    return Figure(len(ids), tuple(Ref(RecordKind.ORGANISATION, one) for one in year.organisations if one in ids), parts)


def _events(found: Iterable[EventRecord]) -> Figure:
    """Count events; they are listed by date."""
    rising = sorted(found, key=lambda one: (one.starts_on, one.id))
    return Figure(len(rising), tuple(Ref(RecordKind.EVENT, one.id) for one in rising))


def _people_at(year: Year, events: Iterable[EventRecord]) -> Figure:
    """Count the people at these events once each, and beside that how often they came."""
    counts = {ref.id: 0 for ref in _events(events).refs}
    came = [one for one in year.came if one.event_id in counts]
    for one in came:
        counts[one.event_id] += 1
    refs = tuple(Ref(RecordKind.EVENT, event_id, count) for event_id, count in counts.items() if count)
    return Figure(len({one.person_id for one in came}), refs, (Part(ATTENDANCES, len(came)),))


ATTENDANCES = N_("attendances: a person at three events is three")
IN_REGION = N_("of these, with a seat in Małopolska")
ACTIVE = N_("of these, active in the year: came to an event or held a meeting")
STARTED = N_("organisations that started a cooperation")
OTHERS_ABROAD = N_("other organisations abroad that declare the same")


def registered_entities(year: Year) -> Figure:
    """T9.01.a: organisations in the platform's register."""
    found = year.registered
    return _organisations(year, found, Part(IN_REGION, sum(map(is_regional, found))))


def cooperating_entities(year: Year) -> Figure:
    """T9.01.b: cluster partners, and whoever came or met in the year."""
    return _organisations(year, year.cooperating)


def companies_abroad(year: Year) -> Figure:
    """T9.03.a: companies of the region that do business abroad."""
    return _organisations(year, [one for one in year.registered if is_active_abroad(one) and one.type in COMPANIES])


def entities_abroad(year: Year) -> Figure:
    """T3.03, T10.04: entities of the region, of any kind, that are active abroad."""
    return _organisations(year, [one for one in year.registered if is_active_abroad(one)])


def _interested(year: Year) -> set[int]:
    seeking = {one.registration_id for one in year.records.listings if one.direction is Direction.SEEK}
    asking = {one.from_id for one in year.records.requests}
    return {
        organisation.id
        for registration in year.registrations.values()
        if registration.state not in {RegistrationState.CANCELLED, RegistrationState.DECLINED}
        and registration.id in seeking | asking
        and (organisation := year.organisation_of(registration.id))
        and is_from_outside(organisation)
    }


def interested_from_outside(year: Year) -> Figure:
    """T9.04.a: organisations from outside the region that look for cooperation."""
    return _organisations(year, _interested(year))


def started_from_outside(year: Year) -> Figure:
    """T9.04.b: the share of those that began to cooperate, in percent."""
    interested = _interested(year)
    started = {
        organisation.id
        for meeting in year.met
        if meeting.outcome in COOPERATION
        for one in (meeting.first_id, meeting.second_id)
        if (organisation := year.organisation_of(one)) and organisation.id in interested
    }
    share = 100 * len(started) / len(interested) if interested else None
    return Figure(share, _organisations(year, started).refs, (Part(STARTED, len(started)),))


def _networking(year: Year) -> list[EventRecord]:
    return [one for one in year.held if one.kind in NETWORKING and one.organiser_id in year.cluster_ids]


def networking_events(year: Year) -> Figure:
    """T9.06.a: networking events that the cluster held."""
    return _events(_networking(year))


def networking_people(year: Year) -> Figure:
    """T9.06.b: people who came to them."""
    return _people_at(year, _networking(year))


def partner_events(year: Year) -> Figure:
    """T9.07.a: events that cluster partners ran on the platform."""
    return _events(
        one
        for one in year.held
        if one.kind is not EventKind.TRAINING
        and (organiser := year.organisations.get(one.organiser_id))
        and organiser.is_cluster_partner
    )


def _trainings(year: Year) -> list[EventRecord]:
    return [one for one in year.held if one.kind is EventKind.TRAINING and one.organiser_id in year.cluster_ids]


def training_programmes(year: Year) -> Figure:
    """T9.08.a: trainings; those of one series are one programme."""
    found = _trainings(year)
    programmes = {("series", one.series_id) if one.series_id is not None else ("event", one.id) for one in found}
    return Figure(len(programmes), _events(found).refs)


def training_people(year: Year) -> Figure:
    """T9.08.b: people who came to trainings."""
    return _people_at(year, _trainings(year))


def _financial(kinds: frozenset[str]) -> Callable[[Year], Figure]:
    def compute(year: Year) -> Figure:
        """T9.15: partners from the financial sector who cooperate."""
        return _organisations(year, [one for one in year.cooperating if year.organisations[one].type in kinds])

    return compute


def international_listings(year: Year) -> Figure:
    """T9.17.b: offers and requests that cross a border."""
    asked_from_abroad = {
        one.listing_id
        for one in year.records.requests
        if one.from_id in year.registrations and year.country_of(one.from_id) not in {None, COUNTRY}
    }
    found = sorted(
        one.id
        for one in _shown(year)
        if one.type == INTERNATIONAL
        or one.id in asked_from_abroad
        or year.country_of(one.registration_id) not in {None, COUNTRY}
    )
    return Figure(len(found), tuple(Ref(RecordKind.LISTING, one) for one in found))


def _shown(year: Year) -> Iterator[ListingRecord]:
    """Go through the listings that other participants can read."""
    for listing in year.records.listings:
        registration = year.registrations.get(listing.registration_id)
        if registration and registration.state is RegistrationState.CONFIRMED and registration.is_shown:
            yield listing


def international_partners(year: Year) -> Figure:
    """T9.18.a: clusters abroad that declare what they offer or seek."""
    found = {
        organisation
        for listing in _shown(year)
        if (organisation := year.organisation_of(listing.registration_id)) and is_foreign(organisation)
    }
    clusters = [one for one in found if one.type in CLUSTERS]
    return _organisations(year, clusters, Part(OTHERS_ABROAD, len(found) - len(clusters)))


def seated_abroad(year: Year) -> Figure:
    """T3.04, T10.03: organisations with their main seat abroad."""
    found = [one for one in year.registered if is_foreign(one)]
    active = year.active
    return _organisations(year, found, Part(ACTIVE, sum(one.id in active for one in found)))


def companies_from_abroad(year: Year) -> Figure:
    """T8.04, T10.27: companies abroad that met an entity of the region."""
    found = []
    for meeting in year.met:
        pair = year.organisation_of(meeting.first_id), year.organisation_of(meeting.second_id)
        for one, other in (pair, pair[::-1]):
            if one and other and is_foreign(one) and one.type in COMPANIES and is_regional(other):
                found.append(one)
    return _organisations(year, found)


_REGISTER = Formula(
    registered_entities,
    N_(
        "Organisations in the platform's register by the end of the year, each once: cluster partners, and every "
        "organisation for which somebody has held a confirmed registration. The cluster's own foundation is not "
        "counted."
    ),
    N_("The RBW speaks of the Region, so the number with a seat in Małopolska is given beside it."),
)
_ABROAD = Formula(
    entities_abroad,
    N_("Organisations of the register with a seat in Małopolska whose profile names a market outside Poland."),
    N_("By their own declaration, and as the profiles stand today."),
)
_SEATED_ABROAD = Formula(
    seated_abroad,
    N_("Organisations of the register with their seat outside Poland, each once."),
    N_("The source's 28 covers three years."),
)
_MET_ABROAD = Formula(
    companies_from_abroad,
    N_(
        "Companies with a seat outside Poland that held a 1:1 meeting with an organisation from Małopolska in the "
        "year, each once."
    ),
    N_("Only meetings held on this platform are known; the true number is at least this."),
)

#: Every indicator that the records give, by its code in the catalogue.
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "T9.01.a": _REGISTER,
        "T9.01.b": Formula(
            cooperating_entities,
            N_(
                "Organisations that are cluster partners, or that came to an event or held a 1:1 meeting in the "
                "year, each once. The cluster's own foundation is not counted."
            ),
            N_("The strategy does not say what cooperating means; this definition is to be agreed with the cluster."),
        ),
        "T9.03.a": Formula(
            companies_abroad,
            N_("Companies of the register with a seat in Małopolska whose profile names a market outside Poland."),
            N_("By their own declaration, and as the profiles stand today."),
        ),
        "T9.04.a": Formula(
            interested_from_outside,
            N_(
                "Organisations with a seat outside Małopolska, in Poland or abroad, that registered for an event of "
                "the year and say there what they seek, or asked for a 1:1 meeting, each once."
            ),
            N_("Organisations whose seat is not known are left out; the true number is at least this."),
        ),
        "T9.04.b": Formula(
            started_from_outside,
            N_(
                "Of the organisations counted under T9.04.a, the share with a 1:1 meeting in the year whose outcome "
                "is a cooperation: cooperation, consortium, pilot, investment or licence."
            ),
            N_(
                "The source sets projects a year beside a percentage and does not say of what, so neither is drawn "
                "as a scale here."
            ),
            is_share=True,
            is_comparable=False,
        ),
        "T9.06.a": Formula(
            networking_events,
            N_(
                "Events that the cluster organised and held in the year so that people meet: editions of LSOS, "
                "networking meetings, breakfasts and meetings of thematic groups."
            ),
            N_("Fewer events with more people are what the strategy wants: the target lies below the baseline."),
        ),
        "T9.06.b": Formula(
            networking_people,
            N_(
                "People checked in at networking events that the cluster held in the year (editions of LSOS, "
                "networking meetings, breakfasts, meetings of thematic groups), each once, however many events "
                "they came to."
            ),
            N_("The source does not say whether it means people or attendances, so both are given."),
        ),
        "T9.07.a": Formula(
            partner_events,
            N_("Events, trainings apart, that cluster partners organised on this platform and held in the year."),
        ),
        "T9.08.a": Formula(
            training_programmes,
            N_("Trainings that the cluster held in the year; trainings of one series are one programme."),
        ),
        "T9.08.b": Formula(
            training_people,
            N_("People checked in at trainings that the cluster held in the year, each once."),
            N_("The source does not say whether it means people or attendances, so both are given."),
        ),
        "T9.15.a": Formula(
            _financial(FUNDS | BANKS | INSURERS),
            N_(
                "Funds, banks and insurers that are cluster partners, or that came to an event or held a meeting in "
                "the year, each once. Business angels are not counted."
            ),
        ),
        "T9.15.b": Formula(
            _financial(FUNDS),
            N_("Funds that are cluster partners, or that came to an event or held a meeting in the year, each once."),
        ),
        "T9.15.c": Formula(
            _financial(BANKS),
            N_("Banks that are cluster partners, or that came to an event or held a meeting in the year, each once."),
        ),
        "T9.15.d": Formula(
            _financial(INSURERS),
            N_(
                "Insurers that are cluster partners, or that came to an event or held a meeting in the year, each once."
            ),
        ),
        "T9.17.b": Formula(
            international_listings,
            N_(
                "Offers and requests that participants can read at events of the year, and that cross a border: from "
                "somebody abroad, asked about from abroad, or meant as international cooperation."
            ),
        ),
        "T9.18.a": Formula(
            international_partners,
            N_("Clusters and networks abroad that say at an event of the year what they offer or seek, each once."),
            N_("By their own declaration. Other partners abroad are given beside it, should the cluster count them."),
        ),
        "T3.01": _REGISTER,
        "T3.03": _ABROAD,
        "T3.04": _SEATED_ABROAD,
        "T8.04": _MET_ABROAD,
        "T10.01": _REGISTER,
        "T10.03": _SEATED_ABROAD,
        "T10.04": _ABROAD,
        "T10.27": _MET_ABROAD,
    }
)
