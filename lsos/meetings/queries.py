"""Reads of suggestions, requests and meetings; each costs the same for twelve people as for many."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.orm.strategy_options import _AbstractLoad as Load

from lsos.accounts.models import Person
from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.events.models import FocusArea
from lsos.meetings import wishes
from lsos.meetings.models import (
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSlot,
    MeetingTable,
    Suggestion,
    TableTime,
    Wish,
)
from lsos.meetings.places import last_slot_ends_at, local_day, open_tables, slots_of, tables_of
from lsos.meetings.rules import (
    BOOKED,
    LIVE_REQUESTS,
    WISHED,
    MeetingState,
    RequestRefusal,
    RequestState,
    request_refusal,
)
from lsos.meetings.seeing import seen_by
from lsos.meetings.threads import quota_of, waits_for_asker
from lsos.organisations.models import Organisation
from lsos.registration.models import Consent, Listing, ParticipationType, Profile, Registration
from lsos.registration.right_rules import may_ask
from lsos.registration.rights import askable_by, right_between
from lsos.registration.rules import Purpose, RegistrationState
from lsos.registration.showing import Place as ShownAt
from lsos.registration.showing import agreed, may_show, shown_in
from lsos.texts import search_key

# ---- what is loaded with a person


def whole_person(
    path: InstrumentedAttribute[Registration] | None = None, *, with_consents: bool = False
) -> list[LoaderOption]:
    """Load what a page shows of a registration: who, from where, as what; and what its owner agreed to."""

    def along(attribute: InstrumentedAttribute[Any]) -> Any:
        return joinedload(attribute) if path is None else joinedload(path).joinedload(attribute)

    options = [
        along(Registration.person).selectinload(Person.emails),
        along(Registration.organisation).joinedload(Organisation.stakeholder_type),
        along(Registration.participation_type),
        along(Registration.stakeholder_type),
    ]
    if with_consents:
        consents = selectinload(Registration.consents)
        if path is not None:
            consents = joinedload(path).selectinload(Registration.consents)
        options.append(consents.joinedload(Consent.text))
    return options


def takes_part(registration: Registration) -> bool:
    """Say whether somebody is matched and may be asked for meetings."""
    return may_show(ShownAt.SUGGESTIONS, registration)


def is_visible(registration: Registration) -> bool:
    """Say whether other participants may read somebody's profile."""
    return may_show(ShownAt.PROFILE, registration)


def _taking_part() -> ColumnElement[bool]:
    """Say in SQL what `takes_part` says of one; a test holds the two together."""
    return shown_in(ShownAt.SUGGESTIONS)


def _visible() -> ColumnElement[bool]:
    """Say in SQL what `is_visible` says of one; a test holds the two together."""
    return shown_in(ShownAt.PARTICIPANTS)


def left_out_for(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether lists leave it out for somebody: they do not see it, or never meet it."""
    return or_(~seen_by(viewer_id), wishes.avoided_by(viewer_id))


# ---- meetings

FIRST, SECOND = Meeting.first, Meeting.second


def _met() -> list[Load]:
    """Load what pages say of whoever is in a meeting."""
    return [
        joinedload(Registration.person).selectinload(Person.emails),
        joinedload(Registration.organisation),
        joinedload(Registration.participation_type),
        joinedload(Registration.stakeholder_type),
    ]


def whole_meetings() -> Select[Meeting]:
    """Select meetings with all that a page shows of them."""
    return select(Meeting).options(
        *whole_person(FIRST),
        *whole_person(SECOND),
        joinedload(Meeting.slot),
        joinedload(Meeting.table).options(joinedload(MeetingTable.room), joinedload(MeetingTable.host)),
        joinedload(Meeting.outcome),
        selectinload(Meeting.participants).joinedload(MeetingParticipant.registration).options(*_met()),
        joinedload(Meeting.request)
        .joinedload(MeetingRequest.listing)
        .options(joinedload(Listing.cooperation_type), joinedload(Listing.profile)),
    )


def _of(registration_id: int) -> ColumnElement[bool]:
    theirs = select(MeetingParticipant.meeting_id).where(MeetingParticipant.registration_id == registration_id)
    return Meeting.id.in_(theirs)


def meetings_of(registration_id: int) -> list[Meeting]:
    """List somebody's real meetings in the order of time: scheduled, held, and those one did not come to."""
    return list(
        db.session.scalars(
            whole_meetings()
            .where(_of(registration_id), Meeting.state.in_(BOOKED))
            .order_by(Meeting.starts_at, Meeting.id)
        )
    )


def meeting_intervals(registration_id: int) -> list[Interval]:
    """Give the times of somebody's real meetings, in their order."""
    rows = db.session.execute(
        select(Meeting.starts_at, Meeting.ends_at)
        .where(_of(registration_id), Meeting.state.in_(BOOKED))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [Interval(starts_at, ends_at) for starts_at, ends_at in rows]


def meeting_by_uid(event_id: int, uid: str) -> Meeting | None:
    """Find a meeting of an event by its public id."""
    return db.session.scalar(whole_meetings().where(Meeting.event_id == event_id, Meeting.uid == uid))


@dataclass(frozen=True)
class Grid:
    """The schedule of one day: which meeting stands at which slot and table."""

    slots: list[MeetingSlot]
    tables: list[MeetingTable]
    #: Slot and table, where the table can be used.
    open: set[tuple[int, int]]
    #: By the ids of slot and table.
    cells: dict[tuple[int, int], Meeting]


def schedule_grid(event_id: int, *, day: date, zone: str, tables: Collection[int] | None = None) -> Grid:
    """Give the schedule of a day, drafts included; `tables` limits it to some table numbers."""
    slots = [slot for slot in slots_of(event_id) if local_day(slot.starts_at, zone) == day]
    places = [table for table in tables_of(event_id) if tables is None or table.number in tables]
    found = db.session.scalars(
        select(Meeting)
        .where(
            Meeting.event_id == event_id,
            Meeting.slot_id.in_([slot.id for slot in slots]),
            Meeting.table_id.in_([table.id for table in places]),
        )
        .options(*whole_person(FIRST), *whole_person(SECOND))
    )
    cells = {(m.slot_id, m.table_id): m for m in found if m.slot_id is not None and m.table_id is not None}
    opened = {(slot_id, table.id) for slot_id, tables_then in open_tables(event_id).items() for table in tables_then}
    return Grid(slots, places, opened, cells)


# ---- requests


def whole_requests() -> Select[MeetingRequest]:
    """Select requests with all that a page shows of them."""
    return select(MeetingRequest).options(
        *whole_person(MeetingRequest.asker, with_consents=True),
        *whole_person(MeetingRequest.addressee, with_consents=True),
        joinedload(MeetingRequest.organisation),
        joinedload(MeetingRequest.listing).options(joinedload(Listing.cooperation_type), joinedload(Listing.profile)),
    )


def has_meeting() -> ColumnElement[bool]:
    """Say in SQL of a request whether a meeting came of it, perhaps with a colleague instead of one of the two."""
    return select(Meeting.id).where(Meeting.request_id == MeetingRequest.id, Meeting.state.in_(BOOKED)).exists()


def inbox(registration_id: int, *, now: datetime) -> list[MeetingRequest]:
    """List the requests that wait for somebody's answer, the oldest first."""
    return list(
        db.session.scalars(
            whole_requests()
            .where(
                MeetingRequest.to_id == registration_id,
                MeetingRequest.state == RequestState.OPEN,
                MeetingRequest.expires_at > now,
                ~wishes.is_hidden(),
            )
            .order_by(MeetingRequest.asked_at, MeetingRequest.id)
            .options(joinedload(MeetingRequest.asker).selectinload(Registration.consents).joinedload(Consent.text))
        )
    )


def inbox_size(registration_id: int, *, now: datetime) -> int:
    """Count the requests that wait for somebody's answer, or for their answer to a question."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(MeetingRequest)
            .where(
                or_(
                    and_(MeetingRequest.to_id == registration_id, ~waits_for_asker(), ~wishes.is_hidden()),
                    and_(MeetingRequest.from_id == registration_id, waits_for_asker()),
                ),
                MeetingRequest.state == RequestState.OPEN,
                MeetingRequest.expires_at > now,
            )
        )
        or 0
    )


def sent(registration_id: int) -> list[MeetingRequest]:
    """List the requests somebody sent that did not lead to a meeting yet, the latest first.

    One that expired may still be stored as open; `rules.is_expired` tells.
    """
    return list(
        db.session.scalars(
            whole_requests()
            .where(
                MeetingRequest.from_id == registration_id,
                MeetingRequest.state.in_([RequestState.OPEN, RequestState.DECLINED, RequestState.EXPIRED]),
            )
            .order_by(MeetingRequest.asked_at.desc(), MeetingRequest.id.desc())
        )
    )


def waiting_for_time(registration_id: int) -> list[MeetingRequest]:
    """List the accepted requests of somebody, sent or received, that have no meeting yet."""
    return list(
        db.session.scalars(
            whole_requests()
            .where(
                or_(MeetingRequest.from_id == registration_id, MeetingRequest.to_id == registration_id),
                MeetingRequest.state == RequestState.ACCEPTED,
                ~has_meeting(),
            )
            .order_by(MeetingRequest.answered_at, MeetingRequest.id)
        )
    )


def unplaced_requests(event_id: int) -> list[MeetingRequest]:
    """List the accepted requests of an event that have no meeting yet, the oldest answer first."""
    return list(
        db.session.scalars(
            select(MeetingRequest)
            .where(
                MeetingRequest.event_id == event_id,
                MeetingRequest.state == RequestState.ACCEPTED,
                ~has_meeting(),
            )
            .order_by(MeetingRequest.answered_at, MeetingRequest.id)
        )
    )


@dataclass(frozen=True)
class UnderWay:
    """What two people have going on: a request, a meeting, or both."""

    request: MeetingRequest | None = None
    meeting: Meeting | None = None


def under_way(registration_id: int, *, now: datetime) -> dict[int, UnderWay]:
    """Give, by the other's id, what somebody has under way with others: live requests, real meetings."""
    requests: dict[int, MeetingRequest] = {}
    for request in db.session.scalars(
        select(MeetingRequest)
        .options(joinedload(MeetingRequest.organisation))
        .where(
            or_(MeetingRequest.from_id == registration_id, MeetingRequest.to_id == registration_id),
            MeetingRequest.state.in_(LIVE_REQUESTS),
            #: What led to a meeting is told by the meeting, to which a colleague may go.
            or_(
                and_(MeetingRequest.state == RequestState.ACCEPTED, ~has_meeting()),
                and_(MeetingRequest.state == RequestState.OPEN, MeetingRequest.expires_at > now),
            ),
            or_(MeetingRequest.from_id == registration_id, ~wishes.is_hidden()),
        )
    ):
        requests[request.to_id if request.from_id == registration_id else request.from_id] = request
    meetings: dict[int, Meeting] = {}
    for meeting in db.session.scalars(
        select(Meeting)
        .where(_of(registration_id), Meeting.state.in_(BOOKED))
        .options(joinedload(Meeting.table), selectinload(Meeting.participants), joinedload(FIRST), joinedload(SECOND))
    ):
        meetings[meeting.other(registration_id).id] = meeting
    return {i: UnderWay(requests.get(i), meetings.get(i)) for i in requests.keys() | meetings.keys()}


def why_not_ask(
    me: Registration, other: Registration, going_on: UnderWay | None, *, now: datetime
) -> RequestRefusal | None:
    """Ask the rule of requests about two people, as they stand; both come with their consents."""
    return request_refusal(
        asker_takes_part=takes_part(me),
        other_takes_part=takes_part(other),
        may_ask=may_ask(right_between(me, other)),
        is_same_person=me.id == other.id,
        is_same_organisation=me.organisation_id is not None and me.organisation_id == other.organisation_id,
        avoids=wishes.avoids(me, other),
        is_under_way=going_on is not None,
        last_slot_ends_at=last_slot_ends_at(me.event_id),
        requests_left=quota_of(me, now=now).left,
        now=now,
    )


def whole_registration(registration_id: int) -> Registration:
    """Load one registration with its profile and consents, all that a page of a person shows."""
    return db.session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(
            *whole_person(with_consents=True),
            selectinload(Registration.focus_areas),
            selectinload(Registration.profile).options(
                selectinload(Profile.tags),
                selectinload(Profile.stages),
                selectinload(Profile.ticket_bands),
                selectinload(Profile.listings).joinedload(Listing.cooperation_type),
            ),
        )
        .execution_options(populate_existing=True)
    ).one()


def is_known_to(registration_id: int, other_id: int) -> bool:
    """Say whether two people were brought together: by a suggestion, a request, a meeting or a wish."""
    suggested = select(Suggestion.id).where(
        Suggestion.registration_id == registration_id, Suggestion.other_id == other_id
    )
    pair = (min(registration_id, other_id), max(registration_id, other_id))
    asked = select(MeetingRequest.id).where(MeetingRequest.low_id == pair[0], MeetingRequest.high_id == pair[1])
    mine, theirs = aliased(MeetingParticipant), aliased(MeetingParticipant)
    meeting = (
        select(Meeting.id)
        .join(mine, mine.meeting_id == Meeting.id)
        .join(theirs, theirs.meeting_id == Meeting.id)
        .where(
            mine.registration_id == registration_id,
            theirs.registration_id == other_id,
            Meeting.state != MeetingState.PROPOSED,
        )
    )
    wished = select(Wish.other_id).where(Wish.registration_id == registration_id, Wish.other_id == other_id)
    known = or_(suggested.exists(), asked.exists(), meeting.exists(), wished.exists())
    return bool(db.session.scalar(select(known)))


# ---- suggestions and the catalogue


def _in_area(area_id: int | None) -> list[ColumnElement[bool]]:
    return [] if area_id is None else [Registration.focus_areas.any(FocusArea.id == area_id)]


def suggestions_of(
    registration_id: int, *, area_id: int | None = None, limit: int = 10, offset: int = 0
) -> tuple[list[Suggestion], int]:
    """List whom somebody should meet, the best fit first, and count them all.

    Who has left the matching since the last run is not shown any more, nor is whom they never meet or may not ask.
    """
    shown = (
        Suggestion.registration_id == registration_id,
        Suggestion.other.of_type(Registration).has(
            and_(
                _taking_part(),
                askable_by(registration_id),
                ~wishes.avoided_by(registration_id),
                *_in_area(area_id),
            )
        ),
    )
    total = db.session.scalar(select(func.count()).select_from(Suggestion).where(*shown)) or 0
    found = db.session.scalars(
        select(Suggestion)
        .where(*shown)
        .order_by(Suggestion.rank)
        .limit(limit)
        .offset(offset)
        .options(*whole_person(Suggestion.other, with_consents=True))
    )
    return list(found), total


def catalogue(
    event_id: int,
    *,
    words: str = "",
    area_id: int | None = None,
    without: int | None = None,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[Registration], int]:
    """Search the participants who agreed to be seen, by name or organisation, and count them all.

    `without` is the one who looks: they do not find themselves, nor whom they may not see or never meet.
    """
    conditions = [Registration.event_id == event_id, _visible(), *_in_area(area_id)]
    if without is not None:
        conditions += [Registration.id != without, ~left_out_for(without)]
    wanted = search_key(words).split()
    for word in wanted:
        conditions.append(
            or_(
                Person.search_key.contains(word, autoescape=True),
                Organisation.search_key.contains(word, autoescape=True),
            )
        )
    rows = db.session.execute(
        select(
            Registration.id,
            Person.given_name,
            Person.family_name,
            func.coalesce(Organisation.search_key, ""),
        )
        .join(Registration.person)
        .outerjoin(Registration.organisation)
        .where(*conditions)
        .order_by(Person.family_name, Person.given_name, Registration.id)
    )
    #: A person's key holds addresses too, and nobody may find out by searching who has which.
    ids = [
        registration_id
        for registration_id, given_name, family_name, organisation in rows
        if all(word in search_key(given_name, family_name) or word in organisation for word in wanted)
    ]
    found = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(ids[offset : offset + limit]))
        .options(*whole_person(with_consents=True))
    )
    order = {registration_id: place for place, registration_id in enumerate(ids)}
    return sorted(found, key=lambda registration: order[registration.id]), len(ids)


# ---- the organiser's view


@dataclass(frozen=True)
class Outlook:
    """What a run of the matching will work on, and what there is already."""

    people: int
    without_consent: int
    slots: int
    tables: int
    #: Meetings that fit in at most: open tables, summed over the slots.
    places: int
    open_requests: int
    #: To meet somebody; whose and of whom, organisers do not learn.
    wishes: int
    unplaced_requests: int
    scheduled: int
    proposed: int


def outlook(event_id: int, *, now: datetime) -> Outlook:
    """Count what a run of the matching at an event will work on."""

    def count(*conditions: ColumnElement[bool]) -> int:
        return db.session.scalar(select(func.count()).where(*conditions)) or 0

    here = Registration.event_id == event_id
    could = and_(
        here,
        Registration.state == RegistrationState.CONFIRMED,
        Registration.participation_type.has(ParticipationType.has_matchmaking),
    )
    rows = db.session.execute(
        select(Meeting.state, func.count()).where(Meeting.event_id == event_id).group_by(Meeting.state)
    )
    meetings = Counter({row[0]: row[1] for row in rows})
    return Outlook(
        people=count(here, _taking_part()),
        without_consent=count(could, ~agreed(Purpose.MATCHMAKING)),
        slots=count(MeetingSlot.event_id == event_id),
        tables=count(MeetingTable.event_id == event_id),
        places=count(TableTime.table_id.in_(select(MeetingTable.id).where(MeetingTable.event_id == event_id))),
        open_requests=count(
            MeetingRequest.event_id == event_id,
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > now,
        ),
        wishes=sum(number for grade, number in wishes.count_wishes(event_id).items() if grade in WISHED),
        unplaced_requests=count(
            MeetingRequest.event_id == event_id, MeetingRequest.state == RequestState.ACCEPTED, ~has_meeting()
        ),
        scheduled=sum(meetings[state] for state in BOOKED),
        proposed=meetings[MeetingState.PROPOSED],
    )


def taking_part(event_id: int) -> list[int]:
    """List the ids of the registrations that are matched, in their order."""
    return list(
        db.session.scalars(
            select(Registration.id).where(Registration.event_id == event_id, _taking_part()).order_by(Registration.id)
        )
    )
