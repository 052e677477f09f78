"""The register of one event's list, put together where all rooms are known, and how its address is read and written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy import exists, func, select
from werkzeug.datastructures import MultiDict

from lsos.agenda.hats import hats_of, wearers
from lsos.agenda.models import Session, SessionSignup
from lsos.checkin.attendance import attended_any, meetings_missed, missed_any, missed_meeting, titles_attended
from lsos.checkin.models import Arrival, SessionAttendance
from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.rules import HatKind
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import MeetingState
from lsos.registration import fields, own_fields, queries
from lsos.registration.fields import NONE, Choice, Field, Kind, Register, Value, allowed, bounds
from lsos.registration.listing import DEFAULT_COLUMNS, DEFAULT_SORT, Wanted
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.transfer_models import UpgradeWish
from lsos.web.question_fields import question_fields, title_once
from lsos.web.session import may
from lsos.web.zone_fields import zone_fields
from lsos.wording import plain

R = Registration
#: Gives further fields of an event's list.
Source = Callable[[Event], Sequence[Field]]
_SOURCES: list[Source] = []
#: What an address says beside filters; no field may be called so.
RESERVED = frozenset(
    {"q", "sort", "page", "col", "add", "view", "earlier", "lang", "slug", "columns", "kind", "words", "mark", "do"}
)


def add_source(source: Source) -> Source:
    """Let a room downstream add its fields to every list, such as the questions an organiser asks."""
    _SOURCES.append(source)
    return source


def register_for(event: Event) -> Register:
    """Put the fields together that this reader may see, in the order in which files give them."""
    own = [*own_fields.OWN, *own_fields.consent_fields(queries.consent_texts(event.id))]
    further = [one for source in _SOURCES for one in source(event)]
    assert not {one.code for one in (*own, *further)} & RESERVED, "a field is called like a part of the address"
    return Register(event, allowed([*own, *further], may))


# ---- what rooms downstream know


def _sessions_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(SessionSignup.registration_id, Session)
        .join(Session, Session.id == SessionSignup.session_id)
        .where(SessionSignup.registration_id.in_(ids))
        .order_by(Session.starts_at, Session.id)
    )
    found: dict[int, list[str]] = {}
    for registration_id, session in rows:
        found.setdefault(registration_id, []).append(plain(session.title))
    return dict(found)


def _sessions(event: Event) -> list[Choice]:
    rows = db.session.scalars(
        select(Session)
        .where(Session.event_id == event.id, Session.takes_signups)
        .order_by(Session.starts_at, Session.id)
    )
    return [Choice(one.code, plain(one.title) or one.code) for one in rows]


def _in_session(_event: Event, values: Sequence[str]) -> Any:
    own = SessionSignup.registration_id == R.id
    these = exists().where(own, SessionSignup.session_id == Session.id, Session.code.in_(values))
    return these | ~exists().where(own) if NONE in values else these


def _attended_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    return {one: [plain(session.title) for session in there] for one, there in titles_attended(ids).items()}


def _was_at(_event: Event, values: Sequence[str]) -> Any:
    there = attended_any(values)
    return there | ~exists().where(SessionAttendance.registration_id == R.id) if NONE in values else there


def _arrivals_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(Arrival.registration_id, func.min(Arrival.at))
        .where(Arrival.registration_id.in_(ids))
        .group_by(Arrival.registration_id)
    )
    return dict(rows.all())


_TAKING_PLACE = (MeetingState.SCHEDULED, MeetingState.HELD)


def _meetings_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(MeetingParticipant.registration_id, func.count())
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(MeetingParticipant.registration_id.in_(ids), Meeting.state.in_(_TAKING_PLACE))
        .group_by(MeetingParticipant.registration_id)
    )
    counted = dict(rows.all())
    return {one: counted.get(one, 0) for one in ids}


def _has_meeting() -> Any:
    return exists().where(
        MeetingParticipant.registration_id == R.id,
        MeetingParticipant.meeting_id == Meeting.id,
        Meeting.state.in_(_TAKING_PLACE),
    )


@add_source
def _attendance(_event: Event) -> Sequence[Field]:
    return (
        Field(
            "session",
            N_("Sessions"),
            Kind.CHOICES,
            fetch=_sessions_by_registration,
            where=_in_session,
            choices=_sessions,
        ),
        Field(
            "attended",
            N_("Was at session"),
            Kind.CHOICES,
            fetch=_attended_by_registration,
            where=_was_at,
            choices=_sessions,
        ),
        Field(
            "missed",
            N_("Signed up and did not come"),
            Kind.CHOICES,
            where=lambda _event, values: missed_any(values, now=datetime.now(UTC)),
            choices=_sessions,
            is_column=False,
            is_in_files=False,
        ),
        Field(
            "meeting",
            N_("1:1 meetings"),
            Kind.YES_NO,
            fetch=_meetings_by_registration,
            where=lambda _event, values: fields.yes_or_no(_has_meeting(), values),
        ),
        Field(
            "missed_meeting",
            N_("Missed a 1:1 meeting"),
            Kind.YES_NO,
            fetch=lambda ids: meetings_missed(ids, now=datetime.now(UTC)),
            where=lambda _event, values: fields.yes_or_no(missed_meeting(now=datetime.now(UTC)), values),
        ),
        Field(
            "arrived",
            N_("Arrived"),
            Kind.YES_NO,
            fetch=_arrivals_by_registration,
            where=lambda _event, values: fields.yes_or_no(exists().where(Arrival.registration_id == R.id), values),
        ),
    )


# ---- hats


def _hats_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    owners = dict(db.session.execute(select(R.id, R.person_id).where(R.id.in_(ids))).all())
    event_id = db.session.scalar(select(R.event_id).where(R.id.in_(ids)).limit(1))
    worn = hats_of(event_id, set(owners.values())) if event_id is not None else {}
    return {one: [gettext(hat.words) for hat in worn.get(owner, ())] for one, owner in owners.items()}


def _wears(event: Event, values: Sequence[str]) -> Any:
    kinds = [HatKind(value) for value in values if value in set(HatKind)]
    these = R.person_id.in_(wearers(event.id, kinds))
    return these | R.person_id.not_in(wearers(event.id, list(HatKind))) if NONE in values else these


@add_source
def _hats(_event: Event) -> Sequence[Field]:
    return (
        Field(
            "hat",
            N_("Roles"),
            Kind.CHOICES,
            fetch=_hats_by_registration,
            where=_wears,
            choices=lambda _event: [Choice(kind.value, gettext(kind.words)) for kind in HatKind],
        ),
    )


# ---- what guests of the public session ask for


def _wishes_by_registration(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(UpgradeWish.registration_id, ParticipationType)
        .join(ParticipationType, ParticipationType.id == UpgradeWish.participation_type_id)
        .where(UpgradeWish.registration_id.in_(ids))
    )
    return {one: [plain(kind.name) or kind.code] for one, kind in rows}


def _has_wish() -> Any:
    return exists().where(UpgradeWish.registration_id == R.id)


@add_source
def _wishes(_event: Event) -> Sequence[Field]:
    return (
        Field(
            "wish",
            N_("Asks to take part in more"),
            Kind.YES_NO,
            fetch=_wishes_by_registration,
            where=lambda _event, values: fields.yes_or_no(_has_wish(), values),
        ),
    )


add_source(question_fields)
add_source(zone_fields)


# ---- the address of a list


def read_address(args: MultiDict[str, str], register: Register) -> Wanted:
    """Read what a list shows from its address; what the register does not know is passed over."""
    filters = {}
    for one in register.filters():
        values = _read_filter(one, args)
        if values:
            filters[one.code] = values
    known = {one.code for one in register.columns()}
    columns = tuple(dict.fromkeys(code for code in args.getlist("col") if code in known)) or DEFAULT_COLUMNS
    columns = _moved_earlier(columns, args.get("earlier", ""))
    return Wanted(args.get("q", "").strip(), filters, columns, _read_sort(args.get("sort", ""), register))


def _read_filter(one: Field, args: MultiDict[str, str]) -> tuple[str, ...]:
    if one.kind in {Kind.DAY, Kind.NUMBER}:
        first, last = bounds(args.getlist(one.code))
        first, last = args.get(f"{one.code}-from", first).strip(), args.get(f"{one.code}-to", last).strip()
        return (f"{first}..{last}",) if first or last else ()
    values = tuple(dict.fromkeys(value.strip() for value in args.getlist(one.code) if value.strip()))
    if one.kind is Kind.YES_NO:
        return tuple(value for value in values if value in {"yes", "no"})
    if one.code == "state":
        return tuple(value for value in values if value in fields.STATES)
    return values


def _read_sort(wish: str, register: Register) -> str:
    found = register.get(wish.removeprefix("-"))
    return wish if found is not None and found.order is not None else DEFAULT_SORT


def _moved_earlier(columns: tuple[str, ...], code: str) -> tuple[str, ...]:
    if code not in columns[1:]:
        return columns
    at = columns.index(code)
    return (*columns[: at - 1], code, columns[at - 1], *columns[at + 1 :])


def write_address(wanted: Wanted) -> dict[str, Any]:
    """Write what a list shows as the values of its address; what is as usual is left out."""
    values: dict[str, Any] = {code: list(said) for code, said in wanted.filters.items()}
    if wanted.words:
        values["q"] = wanted.words
    if wanted.columns != DEFAULT_COLUMNS:
        values["col"] = list(wanted.columns)
    if wanted.sort != DEFAULT_SORT:
        values["sort"] = wanted.sort
    return values


def without(wanted: Wanted, code: str) -> Wanted:
    """Take one filter off; "q" takes off the words."""
    if code == "q":
        return replace(wanted, words="")
    return replace(wanted, filters={one: said for one, said in wanted.filters.items() if one != code})


#: Their choices are what people answered, so that one nobody gave is not gone.
_FROM_ANSWERS = frozenset({"country"})


def gone_from(address: Mapping[str, Any], register: Register) -> list[str]:
    """Name what a kept address filters by that is not there any more, such as a question or a label, in words."""
    args = MultiDict(address)
    known = {one.code: one for one in register.filters()}
    gone = []
    for code in args:
        if code in RESERVED:
            continue
        one = known.get(code)
        if one is None:
            gone.append(title_once(register.event, code))
        elif one.choices is not None and code not in _FROM_ANSWERS:
            there = {NONE, *(each.code for each in one.choices(register.event))}
            gone += [f"{one.title}: {value}" for value in args.getlist(code) if value not in there]
    return gone


def said_in_words(wanted: Wanted, register: Register) -> list[str]:
    """Say what a list is filtered by, a filter a phrase."""
    phrases = [gettext("Search: “%(words)s”", words=wanted.words)] if wanted.words else []
    for code, values in wanted.filters.items():
        one = register.get(code)
        if one is not None:
            choices = one.choices(register.event) if one.choices else []
            phrases.append(f"{one.title}: {filter_words(one, values, choices)}")
    return phrases


def filter_words(one: Field, values: Sequence[str], choices: Sequence[Choice]) -> str:
    """Say in words what a filter asks for, as its chip shows it."""
    if one.kind in {Kind.DAY, Kind.NUMBER}:
        first, last = bounds(values)
        ends = {"first": first, "last": last}
        if not first:
            return str(gettext("to %(last)s", last=last))
        is_open = not last
        return str(gettext("from %(first)s", first=first) if is_open else gettext("%(first)s to %(last)s", **ends))
    names = {each.code: each.name for each in choices} | {NONE: gettext("not given")}
    if one.kind is Kind.YES_NO:
        names |= {"yes": gettext("yes"), "no": gettext("no")}
    if one.kind is Kind.TEXT:
        return ", ".join(gettext("“%(words)s”", words=value) for value in values)
    return ", ".join(names.get(value, value) for value in values)


def cell_words(value: Value) -> str | None:
    """Write a value as a cell of the page; None for a moment, which the page writes in its own zone."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if value is None:
        return ""
    return str(value) if isinstance(value, str | int) else ", ".join(value)
