"""Two records of one human being: which are likely, what merging them would do, and doing it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, or_, select, union_all, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.models import EmailAddress, Passkey, Person, PersonForward, TotpDevice
from lsos.agenda.models import SessionSignup
from lsos.certificates.service import lead_on
from lsos.checkin.models import Arrival, SessionAttendance
from lsos.db import db, transaction
from lsos.drafting.merging import settle_drafts
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import RoleGrant
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.meetings.wishing import settle_avoided_people
from lsos.merging import apart, references, taking_over
from lsos.merging.models import PeopleApart
from lsos.merging.references import OF_PERSON, Fate, references_to
from lsos.merging.rules import (
    MergeRefusal,
    Pair,
    PersonFacts,
    Standing,
    likely_pairs,
    person_likeness,
    stays,
)
from lsos.merging.taking_over import Plan
from lsos.organisations.models import Affiliation
from lsos.organisations.rules import SHARED_DOMAINS, Likeness
from lsos.proposals.merging import settle_speakers
from lsos.registration import seats, steps
from lsos.registration.models import ParticipationType, Registration, RegistrationChange
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key
from lsos.zone.following import hand_over
from lsos.zone.jury_merging import settle_reviews

#: Gives back the time of a registration that goes: its sessions and its meetings.
Release = Callable[[Session, int], None]
MERGED = N_("Merged with another registration of the same person.")
#: What somebody may choose from either record; the rest of the one that goes is added to the other.
CHOICES = ("given_name", "family_name", "language", "email")


def person_facts() -> dict[int, PersonFacts]:
    """Give what every person is compared by, three statements for however many; merged records are left out."""
    gone = select(PersonForward.gone_id)
    addresses: defaultdict[int, list[str]] = defaultdict(list)
    for owner, address in db.session.execute(select(EmailAddress.person_id, EmailAddress.address)):
        addresses[owner].append(address)
    organisations: defaultdict[int, list[int]] = defaultdict(list)
    for owner, organisation in db.session.execute(select(Affiliation.person_id, Affiliation.organisation_id)):
        organisations[owner].append(organisation)
    rows = db.session.execute(
        select(Person.id, Person.given_name, Person.family_name)
        .where(Person.id.not_in(gone), Person.erased_at.is_(None))
        .order_by(Person.id)
    )
    return {
        key: PersonFacts(
            given_name=search_key(given_name),
            family_name=search_key(family_name),
            addresses=tuple(addresses[key]),
            organisations=tuple(organisations[key]),
        )
        for key, given_name, family_name in rows
    }


@dataclass(frozen=True)
class LikelyPair:
    """Two people who are likely one."""

    one: Person
    other: Person
    likeness: Likeness


def likely_duplicates(*, limit: int = 50) -> list[LikelyPair]:
    """List the people who are likely one, the likeliest first."""
    known_apart = apart.pairs(PeopleApart)
    pairs: list[Pair] = likely_pairs(person_facts(), shared_domains=SHARED_DOMAINS, apart=known_apart, limit=limit)
    ids = {key for pair in pairs for key in (pair.one, pair.other)}
    people = {
        one.id: one
        for one in db.session.scalars(select(Person).where(Person.id.in_(ids)).options(selectinload(Person.emails)))
    }
    return [LikelyPair(people[pair.one], people[pair.other], pair.likeness) for pair in pairs]


def find_people(words: str, *, limit: int = 50, offset: int = 0) -> tuple[list[Person], int]:
    """List people by name or address, and count all who fit; merged records are left out."""
    fits = [Person.search_key.contains(part, autoescape=True) for part in search_key(words).split()]
    fits += [Person.id.not_in(select(PersonForward.gone_id)), Person.erased_at.is_(None)]
    total = db.session.scalar(select(func.count()).select_from(Person).where(*fits)) or 0
    people = db.session.scalars(
        select(Person)
        .where(*fits)
        .order_by(Person.search_key, Person.id)
        .limit(limit)
        .offset(offset)
        .options(selectinload(Person.emails))
    )
    return list(people), total


def person_or_forward(uid: str) -> tuple[Person | None, bool]:
    """Find a person by public id, and say whether that was the id of a record merged into theirs."""
    found = db.session.scalar(select(Person).where(Person.uid == uid).options(selectinload(Person.emails)))
    if found is None:
        return None, False
    into = db.session.scalar(select(PersonForward.into_id).where(PersonForward.gone_id == found.id))
    if into is None:
        return found, False
    return db.session.get(Person, into, options=[selectinload(Person.emails)]), True


def merged_into(person_id: int) -> list[tuple[PersonForward, str]]:
    """List the records that were merged into a person's, with the public id of each."""
    rows = db.session.execute(
        select(PersonForward, Person.uid)
        .join(Person, Person.id == PersonForward.gone_id)
        .where(PersonForward.into_id == person_id)
        .order_by(PersonForward.at, PersonForward.gone_id)
    )
    return [(row[0], row[1]) for row in rows]


# ---- the preview


@dataclass(frozen=True)
class Clash:
    """Both records are registered for one event; one of the two registrations stays."""

    kept: Registration
    other: Registration
    #: The public id of the one that we would let stay.
    proposed: str
    #: By registration id: days there, places in sessions, meetings ahead.
    days_there: Mapping[int, int]
    places: Mapping[int, int]
    meetings: Mapping[int, int]
    #: By the registration that stays: what it takes over from the other.
    plans: Mapping[int, Plan]

    @property
    def both(self) -> tuple[Registration, Registration]:
        """Give the two, the one of the record that stays first."""
        return self.kept, self.other


@dataclass(frozen=True)
class Preview:
    """What merging two records would do."""

    into: Person
    gone: Person
    likeness: Likeness
    #: By column, how many rows of the one that goes would hang on the other, or be taken away.
    counts: Mapping[str, int]
    #: Registrations of the one that goes for events where the other has none.
    moving: tuple[Registration, ...]
    clashes: tuple[Clash, ...]
    has_roles: bool
    loses_second_factor: bool


def preview(into_uid: str, gone_uid: str) -> Preview:
    """Say what merging one person's record into another's would do.

    Raises:
        NotFound: there is no such person.
        Refused: the two are one, or one of them was merged already.
    """
    into, gone = _two(db.session(), into_uid, gone_uid)
    registrations = _registrations(db.session(), into.id, gone.id)
    facts = {key: _facts_of(db.session(), one) for key, one in ((1, into), (2, gone))}
    roles = db.session.scalars(select(RoleGrant.id).where(RoleGrant.person_id == gone.id)).all()
    devices = db.session.scalars(
        union_all(
            select(TotpDevice.id).where(TotpDevice.person_id == gone.id),
            select(Passkey.id).where(Passkey.person_id == gone.id),
        )
    ).all()
    counted = {
        reference.name: references.count(db.session(), reference, gone.id)
        for reference in references_to("person")
        if OF_PERSON.get(reference.name) in {Fate.MOVES, Fate.GOES}
    }
    clashes = _clashes(db.session(), registrations, into.id)
    clashing = {clash.other.event_id for clash in clashes}
    return Preview(
        into=into,
        gone=gone,
        likeness=person_likeness(facts[1], facts[2], shared_domains=SHARED_DOMAINS),
        counts={name: number for name, number in counted.items() if number},
        moving=tuple(one for one in registrations if one.person_id == gone.id and one.event_id not in clashing),
        clashes=tuple(clashes),
        has_roles=bool(roles),
        loses_second_factor=bool(devices),
    )


def _two(session: Session, into_uid: str, gone_uid: str) -> tuple[Person, Person]:
    people = {
        one.uid: one
        for one in session.scalars(
            select(Person)
            .where(Person.uid.in_([into_uid, gone_uid]))
            .order_by(Person.id)
            .options(selectinload(Person.emails))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    if into_uid not in people or gone_uid not in people:
        raise NotFound(N_("There is no such person."))
    if into_uid == gone_uid:
        raise Refused(MergeRefusal.SAME)
    into, gone = people[into_uid], people[gone_uid]
    was_merged = select(PersonForward.gone_id).where(PersonForward.gone_id.in_([into.id, gone.id]))
    if session.scalar(was_merged.limit(1)) is not None:
        raise Refused(MergeRefusal.GONE)
    if into.erased_at is not None or gone.erased_at is not None:
        raise Refused(MergeRefusal.ERASED)
    if references.stands_open(session, "erasure_request", "person_id", {into.id, gone.id}):
        raise Refused(MergeRefusal.ERASURE)
    return into, gone


def _facts_of(session: Session, person: Person) -> PersonFacts:
    organisations = session.scalars(select(Affiliation.organisation_id).where(Affiliation.person_id == person.id))
    return PersonFacts(
        search_key(person.given_name),
        search_key(person.family_name),
        tuple(email.address for email in person.emails),
        tuple(organisations),
    )


def _registrations(session: Session, *person_ids: int) -> list[Registration]:
    return list(
        session.scalars(
            select(Registration)
            .where(Registration.person_id.in_(person_ids))
            .order_by(Registration.event_id, Registration.id)
            .options(
                joinedload(Registration.event),
                joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
                joinedload(Registration.organisation),
                selectinload(Registration.changes),
            )
            .execution_options(populate_existing=True)
        )
    )


def _clashes(session: Session, registrations: Collection[Registration], into_id: int) -> list[Clash]:
    by_event: defaultdict[int, list[Registration]] = defaultdict(list)
    for one in registrations:
        by_event[one.event_id].append(one)
    pairs = [two for two in by_event.values() if len(two) == 2]
    ids = [one.id for two in pairs for one in two]
    days = _counted(session, Arrival.registration_id, ids)
    places = _counted(session, SessionSignup.registration_id, ids)
    meetings = _meetings_ahead(session, ids)
    found = []
    for two in pairs:
        kept, other = sorted(two, key=lambda one: one.person_id != into_id)
        standings = [Standing(one.state, days.get(one.id, 0), one.registered_at) for one in (kept, other)]
        plans = {one.id: taking_over.plan_for(session, one, another) for one, another in ((kept, other), (other, kept))}
        found.append(Clash(kept, other, (kept if stays(*standings) else other).uid, days, places, meetings, plans))
    return found


def _counted(session: Session, column: object, ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(select(column, func.count()).where(column.in_(ids)).group_by(column))  # type: ignore[call-overload, attr-defined]
    return {row[0]: row[1] for row in rows}


def _meetings_ahead(session: Session, ids: Collection[int]) -> dict[int, int]:
    found: defaultdict[int, int] = defaultdict(int)
    rows = session.execute(
        select(Meeting.first_id, Meeting.second_id).where(
            Meeting.state == MeetingState.SCHEDULED, or_(Meeting.first_id.in_(ids), Meeting.second_id.in_(ids))
        )
    )
    for pair in rows:
        for key in pair:
            found[key] += 1
    return dict(found)


# ---- the merge


@dataclass(frozen=True)
class Wish:
    """What the organiser chose on the preview."""

    #: The fields of `CHOICES` that are taken from the record that goes.
    from_gone: frozenset[str] = frozenset()
    #: For each event where both are registered, by its address: the public id of the registration that stays.
    staying: Mapping[str, str] = field(default_factory=dict)


def merge(
    into_uid: str,
    gone_uid: str,
    wish: Wish,
    *,
    release: Release,
    by: int,
    now: datetime,
) -> Person:
    """Merge one person's record into another's, all in one go, and note what it came to.

    The record that goes is kept as an empty shell, since scans name it and its public id leads on.

    Raises:
        NotFound: there is no such person.
        Refused: the two are one, one was merged already, or they are registered otherwise than the organiser saw.
    """
    with transaction() as session:
        events = session.scalars(
            select(Registration.event_id)
            .join(Registration.person)
            .where(Person.uid.in_([into_uid, gone_uid]))
            .group_by(Registration.event_id)
            .having(func.count() > 1)
            .order_by(Registration.event_id)
        ).all()
        for event_id in events:
            seats.lock(session, event_id)
        into, gone = _two(session, into_uid, gone_uid)
        cancelled = _settle_registrations(session, (into, gone), wish, release, by=by, now=now)
        moved = _registrations_moved(session, into, gone)
        taken = _take_fields(session, into, gone, wish)
        apart.settle(session, PeopleApart, gone=gone.id, into=into.id)
        settle_reviews(session, gone=gone.id, into=into.id)
        settle_speakers(session, gone=gone.id, into=into.id)
        settle_drafts(session, gone=gone.id, into=into.id)
        settle_avoided_people(session, gone=gone.id, into=into.id)
        done = references.settle_all(session, "person", OF_PERSON, gone=gone.id, into=into.id)
        into, gone = _shell(session, into.id, gone.id)
        session.add(PersonForward(gone_id=gone.id, into_id=into.id, at=now, by_id=by))
        audit.record(
            session,
            "person.merged",
            actor_id=by,
            object_uid=into.uid,
            gone=gone.uid,
            taken_from_gone=taken,
            registrations_moved=moved,
            registrations_cancelled=cancelled,
            rows=done,
        )
        for event_id in events:
            steps.hand_on(session, event_id, now)
        return into


def _settle_registrations(
    session: Session, two: tuple[Person, Person], wish: Wish, release: Release, *, by: int, now: datetime
) -> list[str]:
    """Let one registration stay of two for one event; it comes to hang on the record that stays."""
    into, gone = two
    cancelled = []
    for clash in _clashes(session, _registrations(session, into.id, gone.id), into.id):
        staying = wish.staying.get(clash.kept.event.slug)
        if staying not in {one.uid for one in clash.both}:
            raise Refused(MergeRefusal.CHANGED)
        keep, lose = clash.both if staying == clash.kept.uid else clash.both[::-1]
        taken = taking_over.take_over(session, keep, lose)
        audit.record(
            session,
            "registration.taken_over",
            actor_id=by,
            scope=keep.event.slug,
            object_uid=keep.uid,
            of=lose.uid,
            rows=taken,
        )
        has_application = hand_over(session, lose, keep)
        _let_go(session, lose, release, by=by, now=now)
        if has_application:
            steps.follow(session, keep, steps.Move(by, now))
        _move_arrivals(session, lose.id, keep.id)
        _move_attendance(session, lose.id, keep.id)
        lead_on(session, lose.id, keep.id)
        if keep.person_id != into.id:
            _change_places(session, keep.id, lose.id, into=into.id, gone=gone.id)
        cancelled.append(lose.uid)
    return cancelled


def _let_go(session: Session, lose: Registration, release: Release, *, by: int, now: datetime) -> None:
    """Cancel a registration and free what it held, without a letter: its owner is coming, after all."""
    if lose.state in {RegistrationState.CANCELLED, RegistrationState.DECLINED}:
        return
    release(session, lose.id)
    session.refresh(lose)
    had_seat = lose.state is RegistrationState.CONFIRMED
    lose.state = RegistrationState.CANCELLED
    lose.changes.append(RegistrationChange(state=RegistrationState.CANCELLED, at=now, by_id=by, reason=MERGED))
    session.flush()
    if had_seat:
        seats.give_back(session, lose.participation_type.capacities)
        steps.release_colleagues(session, lose)
    steps.withdraw(session, lose)
    steps.end_offer(session, lose, now=now)
    steps.follow(session, lose, steps.Move(by, now))
    audit.record(
        session,
        "registration.cancelled",
        actor_id=by,
        scope=lose.event.slug,
        object_uid=lose.uid,
        because="merged",
    )


def _move_arrivals(session: Session, lose_id: int, keep_id: int) -> None:
    """Count somebody who came once a day, under the registration that stays; the scans stay as they were made."""
    there = session.scalars(select(Arrival.day).where(Arrival.registration_id == keep_id)).all()
    session.execute(
        update(Arrival)
        .where(Arrival.registration_id == lose_id, Arrival.day.not_in(there))
        .values(registration_id=keep_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Arrival).where(Arrival.registration_id == lose_id).execution_options(synchronize_session=False)
    )


def _move_attendance(session: Session, lose_id: int, keep_id: int) -> None:
    """Count somebody once at a session, under the registration that stays."""
    there = session.scalars(
        select(SessionAttendance.session_id).where(SessionAttendance.registration_id == keep_id)
    ).all()
    theirs = SessionAttendance.registration_id == lose_id
    session.execute(
        update(SessionAttendance)
        .where(theirs, SessionAttendance.session_id.not_in(there))
        .values(registration_id=keep_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(SessionAttendance).where(theirs).execution_options(synchronize_session=False))


def _change_places(session: Session, keep_id: int, lose_id: int, *, into: int, gone: int) -> None:
    """Let two registrations for one event change owners; a third record lends its place, as the key allows no two."""
    chair = Person(given_name="…", created_at=session.get_one(Person, into).created_at)
    session.add(chair)
    session.flush()
    for registration_id, owner in ((lose_id, chair.id), (keep_id, into), (lose_id, gone)):
        session.execute(
            update(Registration)
            .where(Registration.id == registration_id)
            .values(person_id=owner)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    session.delete(chair)
    session.flush()


def _registrations_moved(session: Session, into: Person, gone: Person) -> list[str]:
    """Move the registrations for events where only the record that goes was registered."""
    there = session.scalars(select(Registration.event_id).where(Registration.person_id == into.id)).all()
    moved = session.scalars(
        update(Registration)
        .where(Registration.person_id == gone.id, Registration.event_id.not_in(there))
        .values(person_id=into.id)
        .returning(Registration.uid)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted(moved)


def _take_fields(session: Session, into: Person, gone: Person, wish: Wish) -> list[str]:
    taken = [name for name in CHOICES if name in wish.from_gone]
    for name in ("given_name", "family_name", "language"):
        if name in taken:
            setattr(into, name, getattr(gone, name))
    if "email" in taken and gone.emails:
        for email in into.emails:
            email.is_primary = False
    session.flush()
    return taken


def _shell(session: Session, into_id: int, gone_id: int) -> tuple[Person, Person]:
    """Leave nothing of the record that goes but its public id and the name it now shares."""
    into = session.get_one(Person, into_id, populate_existing=True)
    gone = session.get_one(Person, gone_id, populate_existing=True)
    into.fold()
    gone.given_name, gone.family_name, gone.language = into.given_name, into.family_name, into.language
    gone.password_hash = None
    gone.search_key = ""
    session.flush()
    return into, gone
