"""Importing an edition: a whole file in one transaction; a second time it updates what is there by its codes."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as DatabaseSession

from lsos import audit
from lsos.agenda.models import Session
from lsos.checkin.models import Arrival, ScanPoint
from lsos.checkin.points import MAIN_DOOR, TABLES
from lsos.checkin.rules import PointKind
from lsos.db import Model, transaction
from lsos.editions.moving import is_demonstration, shift
from lsos.editions.reading import read_edition
from lsos.editions.schema import ConsentPart, Edition, RoomPart, SessionPart, TicketTypePart
from lsos.errors import N_, Refused
from lsos.events.models import Event, FocusArea, Room, Series, Venue, Zone
from lsos.events.rules import EventKind, EventStatus
from lsos.meetings.block_rules import Time
from lsos.meetings.blocks import BlockFacts, put_slots
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import Meeting, MeetingBlock, MeetingSettings, MeetingSlot, MeetingTable
from lsos.organisations.models import Organisation, OrganisationAlias, Sig
from lsos.registration.models import Capacity, Consent, ConsentText, ParticipationType
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.registration.rules import ConsentKind
from lsos.taxonomy.models import (
    CooperationType,
    FundingStage,
    MeetingOutcome,
    SessionFormat,
    StakeholderType,
    Tag,
    TagGroup,
    TicketBand,
    TrlLevel,
)
from lsos.texts import LANGUAGES, Bilingual, search_key

#: Nobody signs up for a break, and 1:1 meetings are booked one by one.
WITHOUT_SIGNUPS = frozenset({"registration", "meetings", "networking"})
#: Rooms in which people sit; the others they walk through.
_SEATED = frozenset({"plenary", "session", "zone", "meetings"})
#: A stand in a zone needs the room of so many seats.
_SEATS_A_STAND = 4

Row = TypeVar("Row", bound=Model)
Listed = TypeVar(
    "Listed", SessionFormat, StakeholderType, TagGroup, CooperationType, FundingStage, TicketBand, MeetingOutcome
)


def import_edition(path: Path, *, move_first_day_to: date | None = None, now: datetime) -> Event:
    """Bring an edition in from a file, its first day moved if asked; registrations and meetings that are there stay.

    What the file no longer names is left alone, but for meeting slots and tables that nobody uses.

    Raises:
        InputError: the file is not there, or says something that cannot be taken; nothing was changed.
        Refused: meetings stand in slots that the file no longer has, or people have come in on other days.
    """
    edition = read_edition(path)
    first_day = move_first_day_to or edition.event.start_date
    try:
        with transaction() as session:
            event = _Import(session, edition, (first_day - edition.event.start_date).days, now).run()
            audit.record(
                session,
                "event.imported",
                actor_id=None,
                scope=event.slug,
                object_uid=event.uid,
                file=path.name,
                moved_days=event.moved_days,
            )
    except IntegrityError:
        raise Refused(
            N_("%(event)s was changed by somebody else at the same moment. Import the file again."),
            event=edition.event.id,
        ) from None
    return event


class _Import:
    """One import under way; each step finds what is there by its code, then changes or adds it."""

    def __init__(self, session: DatabaseSession, edition: Edition, moved_days: int, now: datetime) -> None:
        self.session = session
        self.edition = edition
        self.moved_days = moved_days
        self.now = now

    def run(self) -> Event:
        """Take the steps in the order in which the parts lean on one another."""
        self._terms()
        self._organisations()
        self.event = self._event()
        self._rooms()
        self._focus_areas_and_zones()
        self._sessions()
        self._participation_types()
        self._consent_texts()
        self._meetings()
        self._scan_points()
        self.session.flush()
        return self.event

    # ---- what every step does

    def _by(self, kind: type[Row], key: InstrumentedAttribute[Any], *where: Any) -> dict[Any, Row]:
        return {getattr(row, key.key): row for row in self.session.scalars(select(kind).where(*where))}

    def _put(self, rows: dict[Any, Row], kind: type[Row], key: Any, values: dict[str, Any], **fixed: Any) -> Row:
        """Change the row with this key, or add one; `fixed` is what only a new row is given."""
        row = rows.get(key)
        if row is None:
            row = rows[key] = kind(**fixed, **values)
            self.session.add(row)
            return row
        for name, value in values.items():
            setattr(row, name, value)
        return row

    def _list(self, kind: type[Listed], parts: Sequence[Any], **columns: str) -> dict[str, Listed]:
        """Settle one list of terms: code, name and place in the list, and columns named after the file's fields."""
        rows = self._by(kind, kind.code)
        for position, part in enumerate(parts):
            values = {"name": part.name, "position": position}
            values |= {column: getattr(part, field) for column, field in columns.items()}
            self._put(rows, kind, part.id, values, code=part.id)
        return rows

    def _here(self, part_moment: datetime) -> datetime:
        """Turn a local moment of the file into one of the event, on the day it was moved to."""
        local = (part_moment + timedelta(days=self.moved_days)).replace(tzinfo=ZoneInfo(self.event.timezone))
        return local.astimezone(UTC)

    # ---- terms and organisations, which all events share

    def _terms(self) -> None:
        edition = self.edition
        self.formats = self._list(SessionFormat, edition.session_formats)
        self.types = self._list(StakeholderType, edition.stakeholder_types, default_group="default_group")
        self._list(FundingStage, sorted(edition.funding_stages, key=lambda stage: stage.order))
        self._list(TicketBand, edition.ticket_bands_eur, min_eur="min", max_eur="max")
        self._list(MeetingOutcome, edition.matchmaking.outcomes if edition.matchmaking else [])
        kinds = self._list(CooperationType, edition.cooperation_types, is_symmetric="symmetric")
        for part in edition.cooperation_types:
            kinds[part.id].offer, kinds[part.id].seek = part.offer.bilingual, part.seek.bilingual
        levels = self._by(TrlLevel, TrlLevel.position)
        for level in edition.trl:
            name = {"name": Bilingual(level.pl, level.en)}
            self._put(levels, TrlLevel, level.level, name, code=f"trl-{level.level}", position=level.level)

        groups, self.tags = self._list(TagGroup, edition.taxonomy.groups), self._by(Tag, Tag.code)
        for group in edition.taxonomy.groups:
            for position, tag in enumerate(group.tags):
                values = {"name": tag.name, "position": position, "group": groups[group.id]}
                self._put(self.tags, Tag, tag.id, values, code=tag.id)

        sigs = self._by(Sig, Sig.code)
        for position, sig in enumerate(edition.sigs):
            values = {"name": sig.name, "kind": sig.kind, "lead": sig.lead_org, "position": position}
            self._put(sigs, Sig, sig.id, values, code=sig.id)

    def _organisations(self) -> None:
        self.organisations = self._by(Organisation, Organisation.code, Organisation.code.is_not(None))
        owners = {alias.folded: alias for alias in self.session.scalars(select(OrganisationAlias))}
        for part in self.edition.organisations:
            names = {search_key(name): name for name in (*part.aliases, part.name)}
            if part.id not in self.organisations:
                self._adopt(part.id, [owners[key].organisation for key in names if key in owners])
            values = {
                "name": part.name,
                "search_key": search_key(part.name, *part.aliases),
                "interest_group": part.group_suggested,
                "stakeholder_type": self.types[part.type_suggested] if part.type_suggested else None,
                "website": part.url or "",
                "is_cluster_partner": part.role in {"organiser", "member"},
                "is_classification_illustrative": bool(part.group_suggested or part.type_suggested),
            }
            row = self._put(
                self.organisations, Organisation, part.id, values, code=part.id, is_invented=False, created_at=self.now
            )
            for folded, name in names.items():
                #: A name that leads to another organisation already is left there, for an organiser to settle.
                if folded and folded not in owners:
                    owners[folded] = OrganisationAlias(name=name, folded=folded)
                    row.aliases.append(owners[folded])

    def _adopt(self, code: str, candidates: Sequence[Organisation]) -> None:
        """Take the organisation that people have typed before the file named it."""
        for candidate in candidates:
            if candidate.code is None and not candidate.is_invented:
                candidate.code = code
                self.organisations[code] = candidate
                return

    # ---- the event and its parts

    def _event(self) -> Event:
        part = self.edition.event
        first_day = part.start_date + timedelta(days=self.moved_days)
        found = self.session.scalar(select(Event).where(Event.slug == part.id).with_for_update())
        if found is not None:
            self._move(found, first_day)
        opens, closes = self._hours(first_day)
        values = {
            "kind": EventKind.EDITION,
            "status": EventStatus.PUBLISHED,
            "series": self._series(),
            "organiser": self.organisations[part.organiser],
            "venue": self._venue(),
            "name": part.name.bilingual,
            "short_name": part.short_name,
            "tagline": part.tagline.bilingual if part.tagline else Bilingual(),
            "website": part.website or "",
            "timezone": part.timezone,
            "starts_on": first_day,
            "ends_on": part.end_date + timedelta(days=self.moved_days),
            "doors_open": opens,
            "doors_close": closes,
            "are_hours_illustrative": part.day_hours.illustrative,
            "moved_days": self.moved_days,
        }
        event = self._put({part.id: found} if found else {}, Event, part.id, values, slug=part.id)
        self.session.flush()
        return event

    def _move(self, event: Event, first_day: date) -> None:
        """Let an event that is there begin on the day that the file says."""
        days = (first_day - event.starts_on).days
        has_begun = exists().where(Arrival.event_id == event.id)
        if days and self.session.scalar(select(has_begun)) and not is_demonstration(self.session, event):
            raise Refused(
                N_(
                    "People have come in to %(event)s already, so its days stay as they are. "
                    "Correct the dates in the file."
                ),
                event=event.slug,
            )
        shift(self.session, event, days, now=self.now)

    def _hours(self, first_day: date) -> tuple[time, time]:
        """Give the hours of the doors: the house's, and more where the programme begins earlier or ends later."""
        part = self.edition.event
        opens = min([part.day_hours.open, *(s.start.time() for s in self.edition.sessions)])
        last_day = [s.end.time() for s in self.edition.sessions if s.end.date() == part.end_date]
        if self.moved_days and first_day == (local := self.now.astimezone(ZoneInfo(part.timezone))).date():
            #: An edition is moved to today so that its doors can be tried at once, before breakfast too.
            opens = min(opens, time(local.hour))
        return opens, max([part.day_hours.close, *last_day])

    def _series(self) -> Series:
        part = self.edition.event
        #: The file gives a series no name of its own: an edition's name without its year is the series'.
        name = Bilingual(*(re.sub(r"\s*\b\d{4}\b\s*$", "", getattr(part.name, code)) for code in LANGUAGES))
        return self._put(self._by(Series, Series.code), Series, part.series, {"name": name}, code=part.series)

    def _venue(self) -> Venue:
        part = self.edition.venue
        values = {
            "name": part.name.bilingual,
            "street": part.address.street,
            "city": part.address.city.bilingual,
            "country": part.address.country,
        }
        return self._put(self._by(Venue, Venue.code), Venue, part.id, values, code=part.id)

    def _rooms(self) -> None:
        self.rooms = self._by(Room, Room.code, Room.event_id == self.event.id)
        for position, part in enumerate(self.edition.venue.rooms):
            values = {
                "name": part.name.bilingual,
                "kind": part.kind,
                "capacity": part.capacity,
                "position": position,
                "is_illustrative": part.illustrative,
            }
            self._put(self.rooms, Room, part.id, values, code=part.id, event=self.event)

    def _focus_areas_and_zones(self) -> None:
        tags_in: dict[str, list[Tag]] = {}
        for group in self.edition.taxonomy.groups:
            for tag in group.tags:
                for code in tag.fa:
                    tags_in.setdefault(code, []).append(self.tags[tag.id])
        self.focus_areas = self._by(FocusArea, FocusArea.code, FocusArea.event_id == self.event.id)
        for position, area in enumerate(self.edition.focus_areas):
            values = {
                "name": area.name.bilingual,
                "scope": area.scope.bilingual if area.scope else Bilingual(),
                "position": position,
                "tags": tags_in.get(area.id, []),
            }
            self._put(self.focus_areas, FocusArea, area.id, values, code=area.id, event=self.event)
        self.zones = self._by(Zone, Zone.code, Zone.event_id == self.event.id)
        for position, zone in enumerate(self.edition.zones):
            values = {
                "name": zone.name.bilingual,
                "purpose": zone.purpose.bilingual if zone.purpose else Bilingual(),
                "is_public": zone.public,
                "is_illustrative": zone.illustrative,
                "position": position,
            }
            self._put(self.zones, Zone, zone.id, values, code=zone.id, event=self.event)

    def _sessions(self) -> None:
        rows = self._by(Session, Session.code, Session.event_id == self.event.id)
        for part in self.edition.sessions:
            room = self.rooms[part.room] if part.room else None
            takes_signups = part.format not in WITHOUT_SIGNUPS
            values = {
                "title": part.title.bilingual,
                "abstract": part.abstract.bilingual if part.abstract else Bilingual(),
                "format": self.formats[part.format],
                "focus_area": self.focus_areas[part.focus_area] if part.focus_area else None,
                "zone": self.zones[part.zone] if part.zone else None,
                "room": room,
                "starts_at": self._here(part.start),
                "ends_at": self._here(part.end),
                "seats": self._seats(part, room, rows.get(part.id)) if takes_signups else None,
                "takes_signups": takes_signups,
                "is_public": part.public,
                "is_illustrative": part.illustrative,
            }
            self._put(rows, Session, part.id, values, code=part.id, event=self.event)

    def _seats(self, part: SessionPart, room: Room | None, there: Session | None) -> int | None:
        """Give the seats of a session: its own number or the room's, and never fewer than are taken."""
        seats = part.capacity if part.capacity is not None else (room.capacity if room else None)
        if seats is None:
            return None
        return max(seats, there.signed_up) if there is not None else seats

    # ---- who takes part

    def _participation_types(self) -> None:
        capacities = self._by(Capacity, Capacity.code, Capacity.event_id == self.event.id)
        rows = self._by(ParticipationType, ParticipationType.code, ParticipationType.event_id == self.event.id)
        for position, part in enumerate(self.edition.registration.ticket_types):
            values = {
                "name": part.name,
                "needs_approval": part.requires_approval,
                "is_by_invitation": part.by_invitation,
                "has_matchmaking": part.matchmaking,
                "is_light": self._is_light(part),
                "days": [(day + timedelta(days=self.moved_days)).isoformat() for day in part.days],
                "position": position,
            }
            values |= _said(
                max_meetings=part.max_meetings,
                max_meetings_a_day=part.max_meetings_per_day,
                max_open_requests=part.max_open_requests,
            )
            texts = {"description": part.description, "next_steps": part.next_steps, "letter": part.letter}
            values |= {name: words.bilingual for name, words in texts.items() if words is not None}
            #: Whose seats they are and how many is the organiser's to change, so a file sets it only once.
            seats = [
                self._put(capacities, Capacity, code, {"name": name}, code=code, event=self.event, seats=number)
                for code, name, number in self._capacities(part)
            ]
            self._put(rows, ParticipationType, part.id, values, code=part.id, event=self.event, capacities=seats)

        self._rights(rows)

    def _rights(self, kinds: dict[Any, ParticipationType]) -> None:
        """Settle who may see and ask whom, as far as the file says."""
        self.session.flush()
        for part in self.edition.registration.ticket_types:
            for said in part.rights:
                key = (kinds[part.id].id, kinds[said.towards].id)
                there = self.session.get(TypeRight, key)
                if said.may is Right.ASK:
                    if there is not None:
                        self.session.delete(there)
                elif there is None:
                    self.session.add(TypeRight(viewer_type_id=key[0], other_type_id=key[1], right=said.may))
                else:
                    there.right = said.may

    def _is_light(self, part: TicketTypePart) -> bool:
        """Say whether a type lets people into public sessions only, so that a name and an address are enough."""
        public = {session.id for session in self.edition.sessions if session.public}
        return bool(part.sessions) and set(part.sessions) <= public

    def _capacities(self, part: TicketTypePart) -> list[tuple[str, Bilingual, int]]:
        """Derive the seats of a way to take part.

        The file gives none, so these are illustrative, reckoned from the (illustrative) rooms: the forum has as
        many seats as the rooms in which people sit; a zone, besides, one stand for each four seats of the rooms
        of its sessions; a type for single sessions only has the seats of their smallest room.
        """
        rooms = {room.id: room for room in self.edition.venue.rooms}
        sessions = [session for session in self.edition.sessions if session.room]
        if part.sessions:
            seats = _known(rooms[s.room] for s in sessions if s.id in part.sessions and s.room)
            return [(part.id, part.name, min(seats))] if seats else []
        forum = _known(room for room in rooms.values() if room.kind in _SEATED)
        found = [("forum", Bilingual("Miejsca na forum", "Seats at the forum"), sum(forum))] if forum else []
        for zone in self.edition.zones:
            if zone.name.bilingual.en == part.name.en:
                stands = _known({s.room: rooms[s.room] for s in sessions if s.zone == zone.id and s.room}.values())
                if stands:
                    found.append((zone.id, zone.name.bilingual, max(1, sum(stands) // _SEATS_A_STAND)))
        return found

    def _consent_texts(self) -> None:
        here = ConsentText.event_id == self.event.id
        current = self._by(ConsentText, ConsentText.purpose, here, ConsentText.is_current)
        for position, part in enumerate(self.edition.registration.consents):
            there = current.get(part.id)
            version = 1
            if there is not None and there.wording != part.name and self._is_agreed_to(there):
                #: Somebody agreed to the old words, so they stay, and the new ones become the next version.
                there.is_current = False
                version = there.version + 1
                del current[part.id]
            values = {
                "kind": _consent_kind(part),
                "wording": part.name,
                "is_required": part.required,
                "position": position,
            }
            self._put(current, ConsentText, part.id, values, event=self.event, purpose=part.id, version=version)

    def _is_agreed_to(self, words: ConsentText) -> bool:
        return bool(self.session.scalar(select(exists().where(Consent.text_id == words.id))))

    # ---- meetings and doors

    def _meetings(self) -> None:
        part = self.edition.matchmaking
        if part is None:
            return
        settings = self._by(MeetingSettings, MeetingSettings.event_id, MeetingSettings.event_id == self.event.id)
        values: dict[str, Any] = {
            "slot_minutes": part.slot_minutes,
            "buffer_minutes": part.buffer_minutes,
            "max_per_person": part.max_meetings_per_person,
            "is_illustrative": part.illustrative,
        } | _said(
            max_per_day=part.max_meetings_per_day,
            max_open_requests=part.max_open_requests,
            request_hours=part.request_hours,
            mode=MeetingMode(part.mode) if part.mode is not None else None,
        )
        self._put(settings, MeetingSettings, self.event.id, values, event=self.event)
        self._slots()
        tables = self._by(MeetingTable, MeetingTable.number, MeetingTable.event_id == self.event.id)
        room = self.rooms[part.room] if part.room else None
        for number in range(1, part.tables + 1):
            self._put(tables, MeetingTable, number, {"room": room}, event_id=self.event.id, number=number)
        self.session.flush()
        in_use = exists().where(Meeting.table_id == MeetingTable.id)
        #: Stands are the organiser's own.
        is_common = MeetingTable.host_organisation_id.is_(None)
        spare = (MeetingTable.event_id == self.event.id) & (MeetingTable.number > part.tables) & is_common & ~in_use
        self.session.execute(delete(MeetingTable).where(spare))

    def _slots(self) -> None:
        """Cut the windows into slots; a file without any leaves what the organiser made."""
        part = self.edition.matchmaking
        assert part is not None
        if not part.windows:
            return
        blocks = self._by(MeetingBlock, MeetingBlock.starts_at, MeetingBlock.event_id == self.event.id)
        gone = dict(blocks)
        wanted: list[Time] = []
        for window in part.windows:
            starts_at, buffer = self._here(window.start), window.buffer_minutes
            facts = BlockFacts(
                starts_at,
                self._here(window.end),
                window.slot_minutes or part.slot_minutes,
                part.buffer_minutes if buffer is None else buffer,
            )
            gone.pop(starts_at, None)
            wanted += facts.slots
            self._put(blocks, MeetingBlock, starts_at, asdict(facts), event_id=self.event.id)
        for block in gone.values():
            self.session.delete(block)
        there = self._by(MeetingSlot, MeetingSlot.starts_at, MeetingSlot.event_id == self.event.id)
        put_slots(
            self.session,
            self.event.id,
            there.values(),
            wanted,
            refusal=N_(
                "Meetings stand in slots that the file no longer has (%(count)s of them). "
                "Move or cancel them first, then import again."
            ),
        )

    def _scan_points(self) -> None:
        """Make a door for each room of registration, a point for each room of sessions, one for the meeting area."""
        rows = self._by(ScanPoint, ScanPoint.code, ScanPoint.event_id == self.event.id)
        counted = {session.room for session in self.edition.sessions if session.format not in WITHOUT_SIGNUPS}
        doors = [room for room in self.edition.venue.rooms if room.kind == "registration"]
        wanted: list[tuple[str, Bilingual, PointKind, RoomPart | None]] = []
        for n, door in enumerate(doors):
            name = Bilingual(*(f"{word}: {door.name.bilingual.read(code)}" for word, code in _DOOR))
            wanted.append((f"door-{door.id}" if n else MAIN_DOOR, name, PointKind.DOOR, door))
        if not doors:
            wanted.append((MAIN_DOOR, Bilingual("Wejście główne", "Main entrance"), PointKind.DOOR, None))
        for room in self.edition.venue.rooms:
            if room.id in counted:
                wanted.append((room.id, room.name.bilingual, PointKind.ROOM, room))
        meetings = self.edition.matchmaking
        if meetings is not None:
            area = next((room for room in self.edition.venue.rooms if room.id == meetings.room), None)
            name = Bilingual("Stoliki spotkań 1:1", "1:1 meeting tables")
            wanted.append((TABLES, name, PointKind.TABLES, area))
        for position, (code, name, kind, place) in enumerate(wanted):
            values = {"name": name, "kind": kind, "room": self.rooms[place.id] if place else None, "position": position}
            self._put(rows, ScanPoint, code, values, code=code, event=self.event)


_DOOR = (("Wejście", "pl"), ("Entrance", "en"))


def _said(**values: Any) -> dict[str, Any]:
    """Keep what a file says; what it leaves out stays as the organiser set it."""
    return {name: value for name, value in values.items() if value is not None}


def _known(rooms: Any) -> list[int]:
    return [room.capacity for room in rooms if room.capacity is not None]


def _consent_kind(part: ConsentPart) -> ConsentKind:
    """Tell terms, notices and consents apart: what is required is accepted, what is not can be refused."""
    if part.kind is not None:
        return part.kind
    return ConsentKind.ACCEPTANCE if part.required else ConsentKind.CONSENT
