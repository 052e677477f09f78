"""Reads of the zone: calls, applications, what is given out, and what everybody may see; so many statements each."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.models import Event, FocusArea, Zone
from lsos.mail import OutgoingMail
from lsos.registration.models import (
    ParticipationType,
    Profile,
    ProfileStage,
    Registration,
    RegistrationFocusArea,
)
from lsos.taxonomy.models import FundingStage
from lsos.zone.letters import PLACES
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneCall, ZoneCallType, ZoneFile, ZoneNeeds
from lsos.zone.rules import ApplicationState, is_gallery_open, places_mark

S = ApplicationState
#: What is noted where a company is accepted no more and gives up its stand and its pitch.
PLACES_FREED = "zone.places_freed"


# ---- calls


def calls_of(event_id: int) -> list[ZoneCall]:
    """List the calls of an event in the order of their zones."""
    return list(
        db.session.scalars(
            select(ZoneCall)
            .join(ZoneCall.zone)
            .where(ZoneCall.event_id == event_id)
            .order_by(Zone.position, Zone.id)
            .options(joinedload(ZoneCall.zone), selectinload(ZoneCall.types))
        )
    )


def call_of_zone(event_id: int, zone_code: str) -> ZoneCall | None:
    """Find the call of a zone, with the ways to take part and their seats."""
    return db.session.scalar(
        select(ZoneCall)
        .join(ZoneCall.zone)
        .where(ZoneCall.event_id == event_id, Zone.code == zone_code)
        .options(
            joinedload(ZoneCall.zone),
            joinedload(ZoneCall.event),
            selectinload(ZoneCall.types).selectinload(ParticipationType.capacities),
        )
    )


def call_of_type(type_id: int) -> ZoneCall | None:
    """Find the call that a way to take part belongs to."""
    return db.session.scalar(
        select(ZoneCall)
        .join(ZoneCallType, ZoneCallType.call_id == ZoneCall.id)
        .where(ZoneCallType.participation_type_id == type_id)
        .options(joinedload(ZoneCall.zone))
    )


def types_of_other_calls(event_id: int, call_id: int | None) -> dict[int, ZoneCall]:
    """Give the ways to take part that belong to other calls of an event."""
    return {kind.id: call for call in calls_of(event_id) if call.id != call_id for kind in call.types}


# ---- one application


def _whole() -> tuple[Any, ...]:
    """Load an application with all that pages show of it."""
    return (
        joinedload(ZoneApplication.call).joinedload(ZoneCall.zone),
        joinedload(ZoneApplication.needs),
        joinedload(ZoneApplication.stand),
        joinedload(ZoneApplication.slot).joinedload(PitchSlot.room),
        joinedload(ZoneApplication.decided_by),
        selectinload(ZoneApplication.files),
        joinedload(ZoneApplication.registration).options(
            joinedload(Registration.person).selectinload(Person.emails),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
            selectinload(Registration.focus_areas),
            joinedload(Registration.profile).options(selectinload(Profile.stages), selectinload(Profile.ticket_bands)),
        ),
    )


def application_of(registration_id: int) -> ZoneApplication | None:
    """Find somebody's application, with all that is in it."""
    return db.session.scalar(
        select(ZoneApplication).where(ZoneApplication.registration_id == registration_id).options(*_whole())
    )


def application_by_uid(call_id: int, uid: str) -> ZoneApplication | None:
    """Find an application of a call, with all that is in it."""
    return db.session.scalar(
        select(ZoneApplication).where(ZoneApplication.call_id == call_id, ZoneApplication.uid == uid).options(*_whole())
    )


def file_of(application_id: int, uid: str) -> ZoneFile | None:
    """Find a file of an application."""
    return db.session.scalar(select(ZoneFile).where(ZoneFile.application_id == application_id, ZoneFile.uid == uid))


# ---- all applications of a call


@dataclass(frozen=True)
class Filters:
    """Which applications are wanted: by state, and by codes of a focus area and of a stage; empty means all."""

    state: ApplicationState | None = None
    area: str = ""
    stage: str = ""


def _narrowed(wanted: Any, filters: Filters) -> Any:
    if filters.state is not None:
        wanted = wanted.where(ZoneApplication.state == filters.state)
    if filters.area:
        wanted = wanted.where(
            select(RegistrationFocusArea.registration_id)
            .join(FocusArea, FocusArea.id == RegistrationFocusArea.focus_area_id)
            .where(
                RegistrationFocusArea.registration_id == ZoneApplication.registration_id,
                FocusArea.code == filters.area,
            )
            .exists()
        )
    if filters.stage:
        wanted = wanted.where(
            select(ProfileStage.profile_id)
            .join(FundingStage, FundingStage.id == ProfileStage.funding_stage_id)
            .join(Profile, Profile.id == ProfileStage.profile_id)
            .where(Profile.registration_id == ZoneApplication.registration_id, FundingStage.code == filters.stage)
            .exists()
        )
    return wanted


def application_ids(call_id: int, filters: Filters, order: Mapping[int, int]) -> list[int]:
    """List the ids of applications: by their place in an order, then by when they were sent; unsent ones last."""
    wanted = select(ZoneApplication.id, ZoneApplication.sent_at).where(ZoneApplication.call_id == call_id)
    sent = {row[0]: row[1] for row in db.session.execute(_narrowed(wanted, filters))}
    last = len(order)

    def place(application_id: int) -> tuple[int, bool, float, int]:
        at = sent[application_id]
        return order.get(application_id, last), at is None, at.timestamp() if at else 0.0, application_id

    return sorted(sent, key=place)


def applications(ids: Sequence[int]) -> list[ZoneApplication]:
    """Load applications by their ids, in that order."""
    found = db.session.scalars(select(ZoneApplication).where(ZoneApplication.id.in_(ids)).options(*_whole()))
    by_id = {one.id: one for one in found}
    return [by_id[one] for one in ids if one in by_id]


def counts_by_state(call_ids: Collection[int]) -> dict[int, Counter[ApplicationState]]:
    """Count the applications of calls by how they stand."""
    rows = db.session.execute(
        select(ZoneApplication.call_id, ZoneApplication.state, func.count())
        .where(ZoneApplication.call_id.in_(call_ids))
        .group_by(ZoneApplication.call_id, ZoneApplication.state)
    )
    found: dict[int, Counter[ApplicationState]] = {call_id: Counter() for call_id in call_ids}
    for call_id, state, number in rows:
        found[call_id][state] = number
    return found


def applied_often(call_id: int) -> dict[int, int]:
    """Count the applications of each organisation that has several, those withdrawn left out."""
    number = func.count()
    rows = db.session.execute(
        select(Registration.organisation_id, number)
        .join(ZoneApplication, ZoneApplication.registration_id == Registration.id)
        .where(
            ZoneApplication.call_id == call_id,
            ZoneApplication.state != S.WITHDRAWN,
            Registration.organisation_id.is_not(None),
        )
        .group_by(Registration.organisation_id)
        .having(number > 1)
    )
    return {organisation_id: times for organisation_id, times in rows if organisation_id is not None}


def accepted_of(call_id: int, order: Mapping[int, int]) -> list[ZoneApplication]:
    """List those who were accepted, by their place in an order."""
    return applications(application_ids(call_id, Filters(state=S.ACCEPTED), order))


# ---- stands and pitches


def stands_of(call_id: int) -> list[Stand]:
    """List the stands of a call in the order in which they were made, with who has them."""
    return list(
        db.session.scalars(
            select(Stand)
            .where(Stand.call_id == call_id)
            .order_by(Stand.id)
            .options(
                joinedload(Stand.application)
                .joinedload(ZoneApplication.registration)
                .joinedload(Registration.organisation)
            )
        )
    )


def slots_of(call_id: int) -> list[PitchSlot]:
    """List the pitches of a call in the order of their times, with who has them."""
    return list(
        db.session.scalars(
            select(PitchSlot)
            .where(PitchSlot.call_id == call_id)
            .order_by(PitchSlot.starts_at, PitchSlot.id)
            .options(
                joinedload(PitchSlot.room),
                joinedload(PitchSlot.application)
                .joinedload(ZoneApplication.registration)
                .joinedload(Registration.organisation),
            )
        )
    )


def stand_by_uid(call_id: int, uid: str) -> Stand | None:
    """Find a stand of a call."""
    return db.session.scalar(select(Stand).where(Stand.call_id == call_id, Stand.uid == uid))


def pitch_of(registration_id: int) -> PitchSlot | None:
    """Find the pitch that somebody was given."""
    return db.session.scalar(
        select(PitchSlot)
        .join(PitchSlot.application)
        .where(ZoneApplication.registration_id == registration_id)
        .options(
            joinedload(PitchSlot.room),
            joinedload(PitchSlot.call).joinedload(ZoneCall.zone),
            joinedload(PitchSlot.application),
        )
    )


def pitch_times(registration_ids: Collection[int]) -> list[tuple[int, datetime, datetime]]:
    """Give, for each registration that has a pitch, when it is."""
    rows = db.session.execute(
        select(ZoneApplication.registration_id, PitchSlot.starts_at, PitchSlot.ends_at)
        .join(PitchSlot.application)
        .where(ZoneApplication.registration_id.in_(registration_ids))
    )
    return [(row[0], row[1], row[2]) for row in rows]


# ---- what was given up, and did not come back


@dataclass(frozen=True)
class Freed:
    """Which stand and which pitch somebody gave up last, by public id and by name; empty for none."""

    stand_uid: str = ""
    stand: str = ""
    pitch_uid: str = ""
    pitch: str = ""


def places_freed(session: Session, application_uids: Collection[str]) -> dict[str, Freed]:
    """Give what each of some applications gave up when it was accepted no more, the last time that it was so."""
    rows = session.execute(
        select(AuditEntry.object_uid, AuditEntry.details)
        .where(AuditEntry.action == PLACES_FREED, AuditEntry.object_uid.in_(application_uids))
        .order_by(AuditEntry.id)
    )
    return {uid: Freed(**details) for uid, details in rows}


@dataclass(frozen=True)
class Lost:
    """A stand or a pitch that an accepted company had before; `holder` has it now, None where it is there no more."""

    application: ZoneApplication
    #: One of the two.
    stand: str
    pitch: datetime | None
    holder: ZoneApplication | None


def lost_places(registration_ids: Collection[int]) -> list[Lost]:
    """List what some companies, accepted again, had before and do not have now, since it is another's or gone."""
    accepted = (
        select(ZoneApplication.id)
        .where(ZoneApplication.registration_id.in_(registration_ids), ZoneApplication.state == S.ACCEPTED)
        .order_by(ZoneApplication.id)
    )
    found = applications(db.session.scalars(accepted).all())
    freed = places_freed(db.session(), [one.uid for one in found]) if found else {}
    if not freed:
        return []
    holders = _holders(had for each in freed.values() for had in (each.stand_uid, each.pitch_uid))
    lost = []
    for one in found:
        had = freed.get(one.uid, Freed())
        for uid, has, stand, pitch in (
            (had.stand_uid, one.stand, had.stand, None),
            (had.pitch_uid, one.slot, "", datetime.fromisoformat(had.pitch) if had.pitch else None),
        ):
            #: What is free again went to nobody, and is given out like any other.
            if uid and has is None and (uid not in holders or holders[uid] is not None):
                lost.append(Lost(one, stand, pitch, holders.get(uid)))
    return lost


def _holders(uids: Iterable[str]) -> dict[str, ZoneApplication | None]:
    """Give who has each of some stands and pitches, as far as these are still there."""
    wanted = list(uids)
    whose = joinedload(ZoneApplication.registration).options(
        joinedload(Registration.organisation), joinedload(Registration.person)
    )
    stands = db.session.scalars(
        select(Stand).where(Stand.uid.in_(wanted)).options(joinedload(Stand.application).options(whose))
    )
    slots = db.session.scalars(
        select(PitchSlot).where(PitchSlot.uid.in_(wanted)).options(joinedload(PitchSlot.application).options(whose))
    )
    return {one.uid: one.application for one in (*stands, *slots)}


# ---- who was told of what they were given


@dataclass(frozen=True)
class News:
    """Somebody's stand or pitch is other than what they were told last; `about` is new for each such letter."""

    application: ZoneApplication
    about: str


def news_of(call: ZoneCall, accepted: Sequence[ZoneApplication]) -> list[News]:
    """List those of the accepted who have an address and were not told of the stand or pitch they have now."""
    told: dict[str, list[str]] = {}
    for key in db.session.scalars(
        select(OutgoingMail.key)
        .where(OutgoingMail.scope == call.event.slug, OutgoingMail.letter == PLACES)
        .order_by(OutgoingMail.id)
    ):
        _letter, _colon, rest = key.partition(":")
        uid, _colon, about = rest.partition(":")
        told.setdefault(uid, []).append(about)
    found = []
    for one in accepted:
        if not one.registration.person.email:
            continue
        before = told.get(one.uid, [])
        mark = places_mark(
            one.registration_id,
            one.stand.code if one.stand else None,
            one.slot.starts_at if one.slot else None,
            one.slot.room_id if one.slot else None,
        )
        if mark != (before[-1].partition("-")[2] if before else ""):
            found.append(News(one, f"{len(before)}-{mark}"))
    return found


# ---- what is left to do


@dataclass(frozen=True)
class Unfilled:
    """So many accepted ones have not said what their stand needs, and the first day by which they should."""

    number: int
    due: date | None


def unfilled(event_id: int) -> Unfilled:
    """Count those who were accepted and have not said what their stand needs."""
    rows = db.session.execute(
        select(ZoneCall.needs_by, func.count())
        .join(ZoneApplication, ZoneApplication.call_id == ZoneCall.id)
        .outerjoin(ZoneNeeds, ZoneNeeds.application_id == ZoneApplication.id)
        .where(ZoneCall.event_id == event_id, ZoneApplication.state == S.ACCEPTED, ZoneNeeds.application_id.is_(None))
        .group_by(ZoneCall.needs_by)
    ).all()
    return Unfilled(sum(row[1] for row in rows), min((row[0] for row in rows if row[0]), default=None))


# ---- the gallery


def galleries(event: Event, *, now: datetime) -> list[ZoneCall]:
    """List the calls of an event whose gallery everybody may see."""
    return [call for call in calls_of(event.id) if is_gallery_open(call.gallery_from, now=now)]


def gallery(call: ZoneCall, *, area: str = "", stage: str = "") -> list[ZoneApplication]:
    """List who is shown to everybody, by the names of their companies: accepted ones who agreed."""
    shown = _narrowed(_shown(call), Filters(S.ACCEPTED, area, stage))
    return sorted(db.session.scalars(shown), key=lambda one: (one.name.casefold(), one.id))


def gallery_page(call: ZoneCall, uid: str) -> ZoneApplication | None:
    """Find one of those who are shown to everybody."""
    return db.session.scalar(_shown(call).where(ZoneApplication.uid == uid))


def _shown(call: ZoneCall) -> Select[ZoneApplication]:
    accepted = ZoneApplication.call_id == call.id, ZoneApplication.state == S.ACCEPTED
    return select(ZoneApplication).where(*accepted, ZoneApplication.is_for_gallery).options(*_whole())
