"""What an event brought together: the figures of its participation report, gathered once for page, PDF and workbook."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from lsos.agenda.models import Session, SessionSignup
from lsos.checkin.attendance import tallies
from lsos.checkin.models import Arrival
from lsos.contacts.queries import figures as contact_figures
from lsos.contacts.rules import counted_safely
from lsos.db import db
from lsos.events.models import Event, FocusArea
from lsos.events.rules import EventStatus, moment
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.organisations.models import Organisation
from lsos.registration.models import ParticipationType, Registration, RegistrationFocusArea
from lsos.registration.rules import RegistrationState
from lsos.reporting.rules import LEAST, too_small
from lsos.taxonomy.models import MeetingOutcome, StakeholderType
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual

#: Arrivals are shown by stretches of so many minutes.
BIN = timedelta(minutes=30)
#: Keys of groups that are not one of the listed terms.
OTHER, UNKNOWN = "other", "unknown"
#: Meetings that took a place in the plan of the event.
ARRANGED = frozenset({MeetingState.SCHEDULED, MeetingState.HELD, MeetingState.NO_SHOW})


class Stage(StrEnum):
    """Whether the event is to come, under way or over; a report says so in its words."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Guest:
    """One registration, as far as figures care."""

    id: int
    person_id: int
    state: RegistrationState
    type_id: int
    organisation_id: int | None = None
    stakeholder_type_id: int | None = None
    interest_group: InterestGroup | None = None
    country: str | None = None
    is_of_partner: bool = False
    has_been_before: bool = False


@dataclass(frozen=True)
class Talk:
    """One meeting, as far as figures care."""

    first_id: int
    second_id: int
    state: MeetingState
    starts_at: datetime
    origin: MeetingOrigin
    outcome_id: int | None = None


@dataclass(frozen=True)
class Group:
    """Some of the people: how many have a place, and how many of those came."""

    key: str
    placed: int
    came: int
    #: An organiser's words for the group; None for a code that is put into words where it is shown.
    name: Bilingual | None = None

    @property
    def share(self) -> float:
        """Give the share that came."""
        return self.came / self.placed


@dataclass(frozen=True)
class DayCount:
    """How many people were there on a day."""

    day: date
    came: int


@dataclass(frozen=True)
class ArrivalBin:
    """How many arrived in a stretch of time; its beginning as clocks at the event show it."""

    starts_at: datetime
    arrivals: int


@dataclass(frozen=True)
class SessionCount:
    """How many signed up for a session, and how many were scanned there.

    `missed` is None where nobody knows: while it is not over, or where no badge was scanned.
    """

    title: Bilingual
    starts_at: datetime | None
    signed_up: int
    seats: int | None
    came: int = 0
    missed: int | None = None


@dataclass(frozen=True)
class SlotCount:
    """How many meetings were arranged for a time, and how many of those took place."""

    starts_at: datetime
    arranged: int
    held: int


@dataclass(frozen=True)
class OutcomeCount:
    """How often people reported an outcome of their meeting."""

    name: Bilingual
    meetings: int


@dataclass(frozen=True)
class Meetings:
    """The 1:1 meetings of the event."""

    asked: int = 0
    accepted: int = 0
    declined: int = 0
    arranged: int = 0
    held: int = 0
    missed: int = 0
    #: Arranged by the matching, without anybody asking.
    by_matching: int = 0
    people_arranged: int = 0
    people_held: int = 0
    organisations_held: int = 0
    #: Held meetings whose two sides belong to known interest groups, and to two different ones.
    with_known_groups: int = 0
    across_groups: int = 0
    slots: tuple[SlotCount, ...] = ()
    outcomes: tuple[OutcomeCount, ...] = ()


@dataclass(frozen=True)
class Contacts:
    """Contacts that people exchanged, and leads of stands; no number so small that somebody could be picked out."""

    #: Pairs, and who is in any of them; None where there are a few only.
    pairs: int | None = 0
    people: int | None = 0
    leads: int | None = 0
    #: Leads whose visitors agree; None, too, where only a few do not.
    agreed: int | None = 0
    stands: int = 0


@dataclass(frozen=True)
class ParticipationReport:
    """Everything the report says, as data; `lsos.reporting.prose` puts it into words."""

    slug: str
    name: Bilingual
    tagline: Bilingual
    organiser: str
    venue: Bilingual | None
    city: Bilingual | None
    timezone: str
    starts_on: date
    ends_on: date
    #: The people are invented and the dates moved, by so many days.
    moved_days: int
    is_cancelled: bool
    made_at: datetime
    stage: Stage

    registered: int
    placed: int
    waiting: int
    cancelled: int
    declined: int
    came: int
    on_several_days: int
    organisations_placed: int
    organisations_came: int
    partners_came: int
    countries: int
    #: Of those who came, how many came to an event on this platform for the first time; None where nobody can know.
    newcomers: int | None

    by_type: tuple[Group, ...]
    by_stakeholder: tuple[Group, ...]
    by_interest_group: tuple[Group, ...]
    by_country: tuple[Group, ...]
    by_focus_area: tuple[Group, ...]
    days: tuple[DayCount, ...]
    arrivals: tuple[ArrivalBin, ...]
    sessions: tuple[SessionCount, ...]
    signups: int
    people_signed_up: int
    meetings: Meetings
    contacts: Contacts

    @property
    def show_up_rate(self) -> float | None:
        """Give the share of people with a place who came; None while nobody has a place."""
        return self.came / self.placed if self.placed else None


def report(event: Event, *, now: datetime) -> ParticipationReport:
    """Gather the figures of an event: a fixed number of queries, for twelve people as for 1,200."""
    event = db.session.scalars(
        select(Event).where(Event.id == event.id).options(joinedload(Event.venue), joinedload(Event.organiser))
    ).one()
    guests = _guests(event)
    by_id = {guest.id: guest for guest in guests}
    arrivals = [
        (registration_id, day, at)
        for registration_id, day, at in db.session.execute(
            select(Arrival.registration_id, Arrival.day, Arrival.at)
            .where(Arrival.event_id == event.id)
            .order_by(Arrival.at, Arrival.id)
        )
        if registration_id in by_id
    ]
    came = {registration_id for registration_id, _day, _at in arrivals}
    placed = {guest.id for guest in guests if guest.state is RegistrationState.CONFIRMED} | came
    states = Counter(guest.state for guest in guests if guest.id not in placed)
    seen = [by_id[one] for one in came or placed]
    there = [by_id[one] for one in came]
    talks, outcomes = _talks(event.id)
    signups, people_signed_up = _signups(event.id)
    group = _grouping(by_id, placed, came)
    return ParticipationReport(
        slug=event.slug,
        name=event.name,
        tagline=event.tagline,
        organiser=event.organiser.name,
        venue=event.venue.name if event.venue else None,
        city=event.venue.city if event.venue else None,
        timezone=event.timezone,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        moved_days=event.moved_days,
        is_cancelled=event.status is EventStatus.CANCELLED,
        made_at=now,
        stage=_stage(event, now),
        registered=len(guests),
        placed=len(placed),
        waiting=states[RegistrationState.PENDING] + states[RegistrationState.WAITLISTED],
        cancelled=states[RegistrationState.CANCELLED],
        declined=states[RegistrationState.DECLINED],
        came=len(came),
        on_several_days=sum(n > 1 for n in Counter(one for one, _day, _at in arrivals).values()),
        organisations_placed=len({by_id[one].organisation_id for one in placed} - {None}),
        organisations_came=len({one.organisation_id for one in there} - {None}),
        partners_came=len({one.organisation_id for one in there if one.is_of_partner}),
        countries=len({one.country for one in seen} - {None}),
        newcomers=sum(not one.has_been_before for one in there) if _had_earlier_arrivals(event) else None,
        by_type=group(lambda guest: [guest.type_id], _names(ParticipationType, event.id)),
        by_stakeholder=group(lambda guest: [guest.stakeholder_type_id], _names(StakeholderType)),
        by_interest_group=group(lambda guest: [guest.interest_group]),
        by_country=group(lambda guest: [guest.country]),
        by_focus_area=group(_chosen_areas(event.id), _names(FocusArea, event.id)),
        days=tuple(_days(event, Counter(day for _registration, day, _at in arrivals), now)),
        arrivals=_bins([at for _registration, _day, at in arrivals], event.timezone),
        sessions=_sessions(event.id, now),
        signups=signups,
        people_signed_up=people_signed_up,
        meetings=_meetings(talks, _requests(event.id), outcomes, by_id),
        contacts=_contacts(event.id),
    )


def _contacts(event_id: int) -> Contacts:
    counted = contact_figures(event_id)
    others = counted_safely(counted.leads - counted.whole_leads, least=LEAST)
    return Contacts(
        pairs=counted_safely(counted.contacts, least=LEAST),
        people=counted_safely(counted.people, least=LEAST),
        leads=counted_safely(counted.leads, least=LEAST),
        agreed=counted_safely(counted.whole_leads, least=LEAST) if others is not None else None,
        stands=counted.stands,
    )


def _stage(event: Event, now: datetime) -> Stage:
    if now < moment(event.starts_on, event.doors_open, event.timezone):
        return Stage.BEFORE
    return Stage.DURING if now <= moment(event.ends_on, event.doors_close, event.timezone) else Stage.AFTER


def _guests(event: Event) -> list[Guest]:
    """Load every registration of the event."""
    own_type = func.coalesce(Registration.stakeholder_type_id, Organisation.stakeholder_type_id)
    earlier = (
        select(Registration.person_id)
        .join(Registration.event)
        .join(Arrival, Arrival.registration_id == Registration.id)
        .where(Event.starts_on < event.starts_on, Event.status == EventStatus.PUBLISHED)
    )
    rows = db.session.execute(
        select(
            Registration.id,
            Registration.person_id,
            Registration.state,
            Registration.participation_type_id,
            Registration.organisation_id,
            own_type.label("own_type"),
            func.coalesce(Organisation.interest_group, StakeholderType.default_group).label("interest_group"),
            func.coalesce(Organisation.country, Registration.country).label("from_country"),
            Organisation.is_cluster_partner,
            Registration.person_id.in_(earlier).label("has_been_before"),
        )
        .outerjoin(Registration.organisation)
        .outerjoin(StakeholderType, StakeholderType.id == own_type)
        .where(Registration.event_id == event.id)
        .order_by(Registration.id)
    )
    return [
        Guest(
            id=row.id,
            person_id=row.person_id,
            state=row.state,
            type_id=row.participation_type_id,
            organisation_id=row.organisation_id,
            stakeholder_type_id=row.own_type,
            interest_group=row.interest_group,
            country=row.from_country,
            is_of_partner=bool(row.is_cluster_partner),
            has_been_before=bool(row.has_been_before),
        )
        for row in rows
    ]


def _had_earlier_arrivals(event: Event) -> bool:
    """Say whether anybody ever came to an earlier event, so that coming again could be seen."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Arrival.event_id == Event.id,
                    Event.starts_on < event.starts_on,
                    Event.status == EventStatus.PUBLISHED,
                )
            )
        )
    )


Terms = type[ParticipationType] | type[StakeholderType] | type[FocusArea]


def _names(table: Terms, event_id: int | None = None) -> dict[object, Bilingual]:
    """Load the names of listed terms, of one event or of all."""
    query = select(table.id, table.name)
    if event_id is not None and table is not StakeholderType:
        query = query.where(table.event_id == event_id)  # type: ignore[union-attr]  # these two have one
    return {row.id: row.name for row in db.session.execute(query)}


def _chosen_areas(event_id: int) -> Callable[[Guest], list[object]]:
    chosen: dict[int, list[object]] = {}
    for registration_id, area_id in db.session.execute(
        select(RegistrationFocusArea.registration_id, RegistrationFocusArea.focus_area_id)
        .join(FocusArea, FocusArea.id == RegistrationFocusArea.focus_area_id)
        .where(FocusArea.event_id == event_id)
    ):
        chosen.setdefault(registration_id, []).append(area_id)
    return lambda guest: chosen.get(guest.id, [None])


Split = Callable[[Guest], Sequence[object]]
NO_NAMES: Mapping[object, Bilingual] = {}


def _grouping(by_id: Mapping[int, Guest], placed: set[int], came: set[int]) -> Callable[..., tuple[Group, ...]]:
    """Give what splits the people with a place into groups, none of them so small that somebody could be picked out."""

    def split(keys: Split, names: Mapping[object, Bilingual] = NO_NAMES) -> tuple[Group, ...]:
        members: dict[object, set[int]] = {}
        for one in placed:
            for key in keys(by_id[one]):
                members.setdefault(UNKNOWN if key is None else key, set()).add(one)
        return groups_of(members, came, names)

    return split


def groups_of(
    members: Mapping[object, set[int]], came: set[int], names: Mapping[object, Bilingual] = NO_NAMES
) -> tuple[Group, ...]:
    """Make groups of sets of people: the largest first, small ones together, those who said nothing last."""
    joined = too_small(members)
    shown = {key: ids for key, ids in members.items() if key not in joined}
    if joined:
        shown[OTHER] = set().union(*(members[key] for key in joined))
    last = {UNKNOWN: 2, OTHER: 1}
    order = sorted(shown, key=lambda key: (last.get(str(key), 0), -len(shown[key]), str(key)))
    return tuple(Group(str(key), len(shown[key]), len(shown[key] & came), names.get(key)) for key in order)


def _days(event: Event, came: Counter[date], now: datetime) -> Iterator[DayCount]:
    """Count who came on each day that has begun; none before anybody has come at all."""
    today = now.astimezone(ZoneInfo(event.timezone)).date()
    for day in event.days:
        if came and (day <= today or came[day]):
            yield DayCount(day, came[day])


def _bins(moments: Iterable[datetime], zone: str) -> tuple[ArrivalBin, ...]:
    """Count arrivals by half hours of each day, the empty ones between them included."""
    counts: Counter[datetime] = Counter()
    for one in moments:
        local = one.astimezone(ZoneInfo(zone))
        counts[local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)] += 1
    bins: list[ArrivalBin] = []
    for day in sorted({one.date() for one in counts}):
        of_day = sorted(one for one in counts if one.date() == day)
        at = of_day[0]
        while at <= of_day[-1]:
            bins.append(ArrivalBin(at, counts[at]))
            at += BIN
    return tuple(bins)


def _sessions(event_id: int, now: datetime) -> tuple[SessionCount, ...]:
    found = [
        SessionCount(one.session.title, one.session.starts_at, one.signed_up, one.session.seats, one.came, one.no_shows)
        for one in tallies(event_id, now=now)
        if one.signed_up or one.came
    ]
    return tuple(sorted(found, key=lambda one: (-one.signed_up, -one.came)))


def _signups(event_id: int) -> tuple[int, int]:
    """Count the sign-ups for sessions, and the people who signed up for any."""
    row = db.session.execute(
        select(func.count(SessionSignup.id), func.count(SessionSignup.registration_id.distinct()))
        .join(SessionSignup.session)
        .where(Session.event_id == event_id)
    ).one()
    return row[0], row[1]


def _requests(event_id: int) -> Counter[RequestState]:
    rows = db.session.execute(
        select(MeetingRequest.state, func.count(MeetingRequest.id))
        #: Of who booked a time at once, nobody asked and nobody answered.
        .where(MeetingRequest.event_id == event_id, ~MeetingRequest.booked_at_once)
        .group_by(MeetingRequest.state)
    )
    return Counter({row[0]: row[1] for row in rows})


def _talks(event_id: int) -> tuple[list[Talk], dict[int, Bilingual]]:
    rows = db.session.execute(
        select(
            Meeting.first_id, Meeting.second_id, Meeting.state, Meeting.starts_at, Meeting.origin, Meeting.outcome_id
        )
        .where(Meeting.event_id == event_id, Meeting.state.in_(ARRANGED))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    outcomes = db.session.execute(select(MeetingOutcome.id, MeetingOutcome.name).order_by(MeetingOutcome.position))
    return [Talk(*row) for row in rows], {row.id: row.name for row in outcomes}


def _meetings(
    talks: Sequence[Talk],
    requests: Mapping[RequestState, int],
    outcomes: Mapping[int, Bilingual],
    by_id: Mapping[int, Guest],
) -> Meetings:
    held = [talk for talk in talks if talk.state is MeetingState.HELD]
    pairs = [(by_id[talk.first_id], by_id[talk.second_id]) for talk in held]
    known = [(one.interest_group, other.interest_group) for one, other in pairs]
    known = [(one, other) for one, other in known if one and other]
    at = {talk.starts_at for talk in talks}
    reported = Counter(talk.outcome_id for talk in held if talk.outcome_id is not None)
    return Meetings(
        asked=sum(requests.values()),
        accepted=requests.get(RequestState.ACCEPTED, 0),
        declined=requests.get(RequestState.DECLINED, 0),
        arranged=len(talks),
        held=len(held),
        missed=sum(talk.state is MeetingState.NO_SHOW for talk in talks),
        by_matching=sum(talk.origin is MeetingOrigin.MATCHING for talk in talks),
        people_arranged=len({one for talk in talks for one in (talk.first_id, talk.second_id)}),
        people_held=len({guest.id for pair in pairs for guest in pair}),
        organisations_held=len({guest.organisation_id for pair in pairs for guest in pair} - {None}),
        with_known_groups=len(known),
        across_groups=sum(one != other for one, other in known),
        slots=tuple(
            SlotCount(
                one,
                sum(talk.starts_at == one for talk in talks),
                sum(talk.starts_at == one for talk in held),
            )
            for one in sorted(at)
        ),
        outcomes=tuple(OutcomeCount(name, reported[one]) for one, name in outcomes.items() if reported[one]),
    )
