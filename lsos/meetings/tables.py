"""Use cases of tables: an organiser makes them, says where they stand, whose they are and when they are closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.meetings.booking import remove_drafts, retrying
from lsos.meetings.models import Meeting, MeetingSettings, MeetingSlot, MeetingTable, TableTime
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.meetings.table_rules import TablesRefusal, range_refusal
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.zone.models import Stand, ZoneApplication, ZoneCall
from lsos.zone.rules import ApplicationState


@dataclass(frozen=True)
class TableFacts:
    """What an organiser says of a table: its room, whose stand it is, and the slots in which it is closed."""

    room_id: int | None = None
    host_id: int | None = None
    closed: frozenset[int] = frozenset()


def settings_for_organisers(session: Session, event_id: int) -> MeetingSettings:
    """Find how 1:1 meetings go at an event, or begin with them; keeps other organisers out meanwhile."""
    session.scalars(select(Event).where(Event.id == event_id).with_for_update(key_share=True, of=Event)).one()
    found = session.scalar(select(MeetingSettings).where(MeetingSettings.event_id == event_id).with_for_update())
    if found is None:
        found = MeetingSettings(event_id=event_id)
        session.add(found)
        session.flush()
    return found


def make_tables(event_id: int, first: int, last: int, facts: TableFacts, *, by: int | None) -> int:
    """Make tables with numbers in a row; gives back how many.

    Raises:
        Refused: `range_refusal` gave a reason, or a number is taken; then none is made.
    """
    refusal = range_refusal(first, last)
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        settings_for_organisers(session, event_id)
        there = session.scalar(
            select(MeetingTable.number)
            .where(MeetingTable.event_id == event_id, MeetingTable.number.between(first, last))
            .order_by(MeetingTable.number)
            .limit(1)
        )
        if there is not None:
            raise Refused(TablesRefusal.NUMBER_TAKEN, number=there)
        made = [
            MeetingTable(event_id=event_id, number=number, room_id=facts.room_id, host_organisation_id=facts.host_id)
            for number in range(first, last + 1)
        ]
        session.add_all(made)
        session.flush()
        _record(session, event_id, "meeting_tables.made", by, first=first, last=last)
    return len(made)


def change_table(event_id: int, number: int, facts: TableFacts, *, by: int | None) -> None:
    """Say where a table stands, whose it is and when it is closed; drafts in the way go, real meetings stay.

    Raises:
        NotFound: there is no such table.
        Refused: meetings are there at times that would be closed, or of others than whose stand it would be.
    """

    def attempt() -> None:
        with transaction() as session:
            table = _locked_table(session, event_id, number)
            if facts.host_id is not None and facts.host_id != table.host_organisation_id:
                others = and_(_is_there(table), ~_is_of(facts.host_id))
                _clear(session, others, TablesRefusal.HELD_FOR_OTHERS, number)
            _clear(
                session,
                and_(_is_there(table), Meeting.slot_id.in_(facts.closed)),
                TablesRefusal.CLOSED_WITH_MEETINGS,
                number,
            )
            table.room_id, table.host_organisation_id = facts.room_id, facts.host_id
            closed = _close(session, table, facts.closed)
            _record(session, event_id, "meeting_table.changed", by, number=number, closed=closed)

    retrying(attempt)


def remove_table(event_id: int, number: int, *, by: int | None) -> None:
    """Take a table away that nobody meets at; drafts there go.

    Raises:
        NotFound: there is no such table.
        Refused: meetings are there.
    """

    def attempt() -> None:
        with transaction() as session:
            table = _locked_table(session, event_id, number)
            _clear(session, _is_there(table), TablesRefusal.HAS_MEETINGS, number)
            session.delete(table)
            _record(session, event_id, "meeting_table.removed", by, number=number)

    retrying(attempt)


def stands_of_zone(event_id: int, *, by: int | None) -> int:
    """Make a table of each stand of the zone whose organisation has none yet; gives back how many."""
    with transaction() as session:
        settings_for_organisers(session, event_id)
        hosts = session.scalars(
            select(Registration.organisation_id)
            .join(ZoneApplication, ZoneApplication.registration_id == Registration.id)
            .join(Stand, Stand.application_id == ZoneApplication.id)
            .join(ZoneCall, ZoneCall.id == Stand.call_id)
            .where(
                ZoneCall.event_id == event_id,
                ZoneApplication.state == ApplicationState.ACCEPTED,
                Registration.organisation_id.is_not(None),
            )
            .order_by(Stand.code, Stand.id)
        ).all()
        here = MeetingTable.event_id == event_id
        has = set(session.scalars(select(MeetingTable.host_organisation_id).where(here)))
        last = session.scalar(select(func.max(MeetingTable.number)).where(here)) or 0
        new = [host for host in dict.fromkeys(hosts) if host not in has]
        session.add_all(
            MeetingTable(event_id=event_id, number=number, host_organisation_id=host)
            for number, host in enumerate(new, start=last + 1)
        )
        if new:
            _record(session, event_id, "meeting_tables.made", by, first=last + 1, last=last + len(new))
    return len(new)


def hosts_at(event_id: int) -> list[Organisation]:
    """List whose stand a table can be: the organisations that people come from, and those that have one, by name."""
    come = select(Registration.organisation_id).where(
        Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED
    )
    have = select(MeetingTable.host_organisation_id).where(MeetingTable.event_id == event_id)
    return list(
        db.session.scalars(
            select(Organisation)
            .where(or_(Organisation.id.in_(come), Organisation.id.in_(have)))
            .order_by(Organisation.name, Organisation.id)
        )
    )


def _locked_table(session: Session, event_id: int, number: int) -> MeetingTable:
    """Take a table so that nobody books it meanwhile."""
    settings_for_organisers(session, event_id)
    table = session.scalar(
        select(MeetingTable)
        .where(MeetingTable.event_id == event_id, MeetingTable.number == number)
        .with_for_update(of=MeetingTable)
        .execution_options(populate_existing=True)
    )
    if table is None:
        raise NotFound(TablesRefusal.NO_SUCH_TABLE)
    return table


def _is_there(table: MeetingTable) -> ColumnElement[bool]:
    return Meeting.table_id == table.id


def _is_of(organisation_id: int) -> ColumnElement[bool]:
    """Say whether one of the two of a meeting is from an organisation."""
    own = select(Registration.id).where(Registration.organisation_id == organisation_id)
    return or_(Meeting.first_id.in_(own), Meeting.second_id.in_(own))


def _clear(session: Session, which: ColumnElement[bool], refusal: TablesRefusal, number: int) -> None:
    """Remove the drafts among some meetings, unless one of these is real or locked."""
    found = session.execute(select(Meeting.id, Meeting.state, Meeting.is_locked).where(which)).all()
    standing = [one for one in found if one.state in BOOKED or one.is_locked]
    if standing:
        raise Refused(refusal, number=number, count=len(standing))
    remove_drafts(session, [one.id for one in found if one.state is MeetingState.PROPOSED])


def _close(session: Session, table: MeetingTable, closed: Collection[int]) -> int:
    """Close a table in some slots and open it in all others; gives back in how many it is closed."""
    slots: Sequence[int] = session.scalars(select(MeetingSlot.id).where(MeetingSlot.event_id == table.event_id)).all()
    opened = set(session.scalars(select(TableTime.slot_id).where(TableTime.table_id == table.id)))
    session.execute(delete(TableTime).where(TableTime.table_id == table.id, TableTime.slot_id.in_(closed)))
    if opens := [
        {"table_id": table.id, "slot_id": slot} for slot in slots if slot not in opened and slot not in closed
    ]:
        session.execute(insert(TableTime), opens)
    return len(set(slots) & set(closed))


def _record(session: Session, event_id: int, action: str, by: int | None, **details: object) -> None:
    slug = session.get_one(Event, event_id).slug
    audit.record(session, action, actor_id=by, scope=slug, object_uid=slug, **details)
