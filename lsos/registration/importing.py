"""Registrations from a file: what each line would change, before anything is written.

A line finds its registration by its record, else its person by the address. Columns that a file does not have change
nothing; an empty cell of one it has empties the answer. Seats, approval and consents keep their rules: nobody gets a
seat that is not free, and nobody is registered without what they must accept. No letter goes out unless asked for.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from lsos.accounts.erased import erased_among
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.rules import WritingRefusal
from lsos.db import db, transaction
from lsos.errors import N_, InputError, LsosError, NotFound, Refused
from lsos.events.models import Event
from lsos.registration import import_words
from lsos.registration.details import Details, ProfileDetails, details_of
from lsos.registration.exporting import BETWEEN
from lsos.registration.import_reading import Line
from lsos.registration.import_words import Vocabulary, purpose_of
from lsos.registration.list_models import RegistrationImport
from lsos.registration.models import Registration
from lsos.registration.own_fields import labels_by_registration
from lsos.registration.queries import whole
from lsos.registration.rules import MoveRefusal, RegistrationState, consent_refusal, move_refusal
from lsos.texts import Bilingual, search_key

S = RegistrationState
#: Where a file may lead somebody who is registered; leaving is decided in the list, where it says what goes with it.
FILE_MAY_LEAD_TO = frozenset({S.CONFIRMED, S.PENDING, S.WAITLISTED})


class Outcome(StrEnum):
    """What comes of a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Change:
    """One answer that a line changes: the code of its field, and both values in words."""

    field: str
    before: str
    after: str


@dataclass
class Plan:
    """What one line would do."""

    line: Line
    outcome: Outcome
    name: str = ""
    details: Details | None = None
    type_code: str = ""
    state: RegistrationState | None = None
    given: frozenset[str] = frozenset()
    taken_back: frozenset[str] = frozenset()
    labels: tuple[str, ...] | None = None
    changes: list[Change] = field(default_factory=list)
    #: Why it is refused; the code of the field it is about comes with it.
    problems: list[tuple[str, LsosError]] = field(default_factory=list)
    registration: Registration | None = None
    person: Person | None = None


@dataclass(frozen=True)
class Known:
    """What is there already of the people a file speaks of."""

    by_uid: Mapping[str, Registration]
    by_person: Mapping[int, Registration]
    people: Mapping[str, Person]
    labels: Mapping[int, Sequence[str]]
    #: Addresses of people who had all of their data erased.
    erased: frozenset[str]


# ---- keeping the file


def keep(
    event_id: int, filename: str, lines: Sequence[Line], *, by: int | None, source: str = "", now: datetime
) -> RegistrationImport:
    """Keep a file that was read, so that it can be looked at before it is written."""
    with transaction() as session:
        kept = RegistrationImport(
            event_id=event_id,
            by_id=by,
            at=now,
            filename=filename[:200],
            lines=[{"number": line.number, "cells": dict(line.cells)} for line in lines],
            total=len(lines),
            source=source,
        )
        session.add(kept)
        return kept


def import_by_uid(event_id: int, uid: str) -> RegistrationImport | None:
    """Find a file that somebody brought."""
    return db.session.scalar(
        select(RegistrationImport)
        .where(RegistrationImport.event_id == event_id, RegistrationImport.uid == uid)
        .options(joinedload(RegistrationImport.by))
    )


def imports_of(event_id: int, *, limit: int = 5) -> list[RegistrationImport]:
    """List the files that were brought last and begun to be written, the latest first, without their lines."""
    return list(
        db.session.scalars(
            select(RegistrationImport)
            .where(RegistrationImport.event_id == event_id, RegistrationImport.started_at.is_not(None))
            .order_by(RegistrationImport.id.desc())
            .limit(limit)
            .options(
                defer(RegistrationImport.lines),
                defer(RegistrationImport.refused),
                joinedload(RegistrationImport.by),
            )
        )
    )


def lines_of(kept: RegistrationImport) -> list[Line]:
    """Give the lines of a kept file."""
    return [Line(one["number"], one["cells"]) for one in kept.lines]


def set_source(event_id: int, uid: str, source: str, *, writes_letters: bool) -> None:
    """Note where the consents of a file come from, and whether its people are written to."""
    with transaction() as session:
        kept = locked(session, event_id, uid)
        kept.source, kept.writes_letters = source, writes_letters


def locked(session: Session, event_id: int, uid: str) -> RegistrationImport:
    """Find a kept file within a change, and keep others from writing it meanwhile."""
    kept = session.scalar(
        select(RegistrationImport)
        .where(RegistrationImport.event_id == event_id, RegistrationImport.uid == uid)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if kept is None:
        raise NotFound(N_("This file is not here any more. Choose it again."))
    return kept


# ---- what each line would do


def plans(event: Event, lines: Sequence[Line], *, source: str, among: Sequence[Line] = ()) -> list[Plan]:
    """Say what each line would do; `among` are all lines of the file, of which no two may speak of one person."""
    vocabulary = Vocabulary.of(event)
    known = _known(event, lines)
    first = _first_lines(among or lines)
    return [_Planner(event, line, vocabulary, known, source).plan(first) for line in lines]


def _first_lines(lines: Sequence[Line]) -> dict[str, int]:
    first: dict[str, int] = {}
    for line in lines:
        for key in _keys(line):
            first.setdefault(key, line.number)
    return first


def _keys(line: Line) -> list[str]:
    cells = line.cells
    return [key for key in (cells.get("uid", ""), fold_address(cells.get("email", ""))) if key]


#: So many values go into one question to the database.
_CHUNK = 400


def _chunks(values: Collection[Any]) -> list[list[Any]]:
    ordered = sorted(values)
    return [ordered[at : at + _CHUNK] for at in range(0, len(ordered), _CHUNK)]


def _known(event: Event, lines: Sequence[Line]) -> Known:
    session = db.session()
    uids = {line.cells.get("uid", "") for line in lines} - {""}
    addresses = {fold_address(line.cells.get("email", "")) for line in lines} - {""}
    people: dict[str, Person] = {}
    for some in _chunks(addresses):
        rows = session.execute(
            select(EmailAddress.address, Person)
            .join(EmailAddress.person)
            .where(EmailAddress.address.in_(some))
            .options(selectinload(Person.emails))
        )
        people |= {row[0]: row[1] for row in rows}
    found: dict[int, Registration] = {}
    of_event = select(Registration).where(Registration.event_id == event.id).options(*whole(), joinedload(R.event))
    for some in _chunks(uids):
        found |= {one.id: one for one in session.scalars(of_event.where(Registration.uid.in_(some)))}
    for some in _chunks({person.id for person in people.values()}):
        found |= {one.id: one for one in session.scalars(of_event.where(Registration.person_id.in_(some)))}
    labels: dict[int, list[str]] = {}
    for some in _chunks(found.keys()):
        labels |= labels_by_registration(some)
    return Known(
        {one.uid: one for one in found.values()},
        {one.person_id: one for one in found.values()},
        people,
        labels,
        frozenset(erased_among(session, addresses)),
    )


R = Registration


class _Planner:
    """Reads one line into what it would do."""

    def __init__(self, event: Event, line: Line, vocabulary: Vocabulary, known: Known, source: str) -> None:
        self.event = event
        self.line = line
        self.cells = line.cells
        self.words = vocabulary
        self.known = known
        self.source = source
        self.problems: list[tuple[str, LsosError]] = []
        self.changes: list[Change] = []

    def plan(self, first: Mapping[str, int]) -> Plan:
        """Say what the line would do."""
        registration, person = self._whom(first)
        plan = Plan(self.line, Outcome.REFUSED, registration=registration, person=person)
        plan.name = person.name if person else f"{self._cell('given_name')} {self._cell('family_name')}".strip()
        if not self.problems:
            self._read_answers(plan, registration, person)
        if self.changes and registration is not None and registration.erased_at is not None:
            self._fail("uid", MoveRefusal.ERASED)
        if self.problems:
            plan.problems = self.problems
            return plan
        plan.changes = self.changes
        if registration is None:
            plan.outcome = Outcome.NEW
        else:
            plan.outcome = Outcome.CHANGED if self.changes else Outcome.UNCHANGED
        return plan

    def _cell(self, code: str) -> str:
        return self.cells.get(code, "")

    def _fail(self, code: str, message: str, **details: Any) -> None:
        self.problems.append((code, InputError(message, **details)))

    def _whom(self, first: Mapping[str, int]) -> tuple[Registration | None, Person | None]:
        uid, address = self._cell("uid"), fold_address(self._cell("email"))
        for key in _keys(self.line):
            if first.get(key, self.line.number) != self.line.number:
                self._fail("email", N_("Line %(number)s speaks of the same person."), number=first[key])
        if uid:
            found = self.known.by_uid.get(uid)
            if found is None:
                self._fail("uid", N_("There is no record %(uid)s here. Empty the cell to add somebody."), uid=uid[:40])
                return None, None
            if address and address not in {email.address for email in found.person.emails}:
                self._fail("email", N_("This is not the address on record. Only its owner changes an address."))
            return found, found.person
        if not address:
            self._fail("email", N_("Write an address: by it somebody is known."))
            return None, None
        try:
            import_words.check_address(address)
        except InputError as error:
            self.problems.append(("email", error))
            return None, None
        if address in self.known.erased:
            self._fail("email", WritingRefusal.ERASED)
            return None, None
        person = self.known.people.get(address)
        return (self.known.by_person.get(person.id) if person else None), person

    def _read_answers(self, plan: Plan, registration: Registration | None, person: Person | None) -> None:
        before = _start(registration, person, fold_address(self._cell("email")))
        plan.details = self._details(before, is_new=registration is None)
        plan.name = f"{plan.details.given_name} {plan.details.family_name}".strip()
        plan.type_code = self._type(registration)
        plan.state = self._state(registration)
        self._consents(plan, registration)
        self._labels(plan, registration)

    # ---- answers

    def _read(self, code: str, read: Callable[[str], Any], now: Any) -> Any:
        """Read a cell if the file has it; keep what is there if it does not, or where it cannot be read."""
        if code not in self.cells:
            return now
        try:
            return read(self.cells[code])
        except InputError as error:
            self.problems.append((code, error))
            return now

    def _text(self, code: str, now: str) -> str:
        """Read a text; one that is as it was is not looked at again."""
        if self._cell(code).strip() == now.strip():
            return now
        read = self._read(code, lambda text: import_words.check_text(code, text.strip()), now)
        if read != now:
            self.changes.append(Change(code, now, read))
        return str(read)

    def _term(self, code: str, now: str) -> str:
        read = self._read(code, lambda text: self.words.code(code, text), now)
        if read != now:
            self.changes.append(Change(code, self.words.names(code, {now}), self.words.names(code, {read})))
        return str(read)

    def _terms(self, code: str, now: frozenset[str]) -> frozenset[str]:
        read: frozenset[str] = self._read(code, lambda text: self.words.codes(code, text), now)
        if read != now:
            self.changes.append(Change(code, self.words.names(code, now), self.words.names(code, read)))
        return read

    def _level(self, code: str, now: int | None) -> int | None:
        read: int | None = self._read(code, import_words.check_level, now)
        if read != now:
            self.changes.append(Change(code, str(now or ""), str(read or "")))
        return read

    def _details(self, before: Details, *, is_new: bool) -> Details:
        own = self._own(before, is_new=is_new)
        profile = before.profile or ProfileDetails()
        after = ProfileDetails(
            about=Bilingual(self._text("about_pl", profile.about.pl), self._text("about_en", profile.about.en))
            if {"about_pl", "about_en"} & self.cells.keys()
            else profile.about,
            tags=self._terms("tags", profile.tags),
            offers=self._terms("offers", profile.offers),
            seeks=self._terms("seeks", profile.seeks),
            stages=self._terms("stages", profile.stages),
            ticket_bands=self._terms("ticket_bands", profile.ticket_bands),
            trl=self._level("trl", profile.trl),
            trl_sought=self._level("trl_sought", profile.trl_sought),
        )
        return replace(own, profile=after if after != ProfileDetails() or before.profile else None)

    def _own(self, before: Details, *, is_new: bool) -> Details:
        """Read what somebody says of themselves; a name is never emptied."""
        given, family = before.given_name, before.family_name
        if "given_name" in self.cells and (is_new or self._cell("given_name")) and not (given and is_new):
            given = self._text("given_name", given)
        if "family_name" in self.cells and not (before.given_name and is_new):
            family = self._text("family_name", family)
        if not given and not any(code == "given_name" for code, _error in self.problems):
            self._fail("given_name", N_("Write a given name."))
        language = before.language
        if self._cell("language") and not (before.given_name and is_new):
            language = self._read("language", import_words.check_language, language)
        if language != before.language and not is_new:
            self.changes.append(Change("language", before.language, language))
        texts: dict[str, Any] = {code: getattr(before, code) for code in ("organisation", "job_title", *_NEEDS)}
        said: dict[str, Any] = {code: self._text(code, now) for code, now in texts.items() if code in self.cells}
        return replace(
            before,
            **said,
            given_name=given,
            family_name=family,
            language=language,
            stakeholder_type=self._term("stakeholder", before.stakeholder_type),
            country=self._term("country", before.country),
            focus_areas=self._terms("area", before.focus_areas),
            zones=self._terms("zone", before.zones),
        )

    # ---- how they take part, and where they stand

    def _type(self, registration: Registration | None) -> str:
        now = registration.participation_type.code if registration else ""
        if self._cell("type"):
            return self._term("type", now)
        if not now:
            self._fail("type", N_("Say how they take part: write the name of a way to take part."))
        return now

    def _state(self, registration: Registration | None) -> RegistrationState | None:
        """Read where somebody is to stand; None where the file does not say, or says what is so."""
        if not self._cell("state"):
            return None
        code = self._read("state", lambda text: self.words.code("state", text), "")
        wanted = S(code) if code else None
        if wanted is None or (registration is not None and registration.state is wanted):
            return None
        if wanted not in FILE_MAY_LEAD_TO:
            self._fail("state", N_("A file declines and cancels nobody. Do that in the list."))
            return None
        if registration is not None:
            refusal = move_refusal(registration.state, wanted, is_erased=registration.erased_at is not None)
            if refusal is not None:
                self.problems.append(("state", Refused(refusal)))
                return None
            before, after = (self.words.names("state", {each.value}) for each in (registration.state, wanted))
            self.changes.append(Change("state", before, after))
        return wanted

    # ---- consents and labels

    def _consents(self, plan: Plan, registration: Registration | None) -> None:
        held = registration.purposes if registration else frozenset[str]()
        said: dict[str, bool] = {}
        for code in self.cells:
            purpose = purpose_of(code)
            if purpose is None or purpose not in {text.purpose for text in self.words.texts}:
                continue
            answer = self._read(code, import_words.check_yes_no, None)
            if answer is not None and answer != (purpose in held):
                said[purpose] = answer
                yes, no = _yes_no()
                self.changes.append(Change(code, yes if not answer else no, yes if answer else no))
        plan.given = frozenset(purpose for purpose, answer in said.items() if answer)
        plan.taken_back = frozenset(said) - plan.given
        if registration is not None:
            return
        required = {text.purpose for text in self.words.texts if text.is_required}
        if self.source:
            plan.given |= required - plan.taken_back
        refusal = consent_refusal(required, plan.given)
        if refusal is not None:
            self._fail(
                "consents",
                N_(
                    "What they must accept is not accepted. Say yes in its column, or say with the file where they did."
                ),
            )

    def _labels(self, plan: Plan, registration: Registration | None) -> None:
        if "label" not in self.cells:
            return
        now = list(self.known.labels.get(registration.id, ())) if registration else []
        parts = [" ".join(part.split()) for part in self._cell("label").split(";")]
        wanted = [part for part in dict.fromkeys(parts) if part]
        if {search_key(one) for one in now} == {search_key(one) for one in wanted}:
            return
        plan.labels = tuple(wanted)
        self.changes.append(Change("label", BETWEEN.join(now), BETWEEN.join(wanted)))


_NEEDS = ("dietary_needs", "accessibility_needs")


def _yes_no() -> tuple[str, str]:
    return gettext("yes"), gettext("no")


def _start(registration: Registration | None, person: Person | None, address: str) -> Details:
    if registration is not None:
        found = details_of(registration)
        return found if registration.profile else replace(found, profile=None)
    if person is not None:
        return Details(person.given_name, address, person.language, family_name=person.family_name)
    return Details("", address, "pl")
