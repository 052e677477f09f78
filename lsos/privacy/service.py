"""Use cases of erasure: it is asked for, confirmed, waits a while, can be taken back, and is carried out."""

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from lsos import audit, chores, mail
from lsos.accounts import erased
from lsos.accounts.models import Person
from lsos.accounts.queries import token_hash
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event, RoleGrant
from lsos.events.rules import EventStatus, Role
from lsos.privacy import erasing, proof
from lsos.privacy.models import ErasureRequest
from lsos.privacy.register import HOLDINGS, UNTOLD, Belongings, Fate, Tie, belongings, columns_of, own_tables
from lsos.privacy.rules import (
    ASKING_LIFE,
    OPEN,
    ErasureRefusal,
    ErasureState,
    due_at,
    erasure_refusal,
    is_retyped,
    take_back_refusal,
)
from lsos.registration import seats, steps
from lsos.registration.models import Registration
from lsos.registration.rules import MOVES, RegistrationState
from lsos.registration.steps import Also
from lsos.wording import listed, plain

log = logging.getLogger("lsos.privacy")


# ---- what it would do


@dataclass(frozen=True)
class Outlook:
    """What an erasure would do, for the page that asks whether it is wanted."""

    #: Words for what is deleted, what stays without what tells of somebody, and what stays, with the number of rows.
    going: tuple[tuple[str, int], ...]
    emptied: tuple[tuple[str, int], ...]
    staying: tuple[tuple[str, int], ...]
    #: Events to come of which the seat is given up.
    ahead: tuple[Registration, ...]
    refusal: ErasureRefusal | None
    #: What fills the sentence of the refusal.
    details: dict[str, str]


def outlook(person_id: int, *, now: datetime) -> Outlook:
    """Say what erasing somebody would do."""
    session = db.session()
    person = session.get_one(Person, person_id)
    theirs = belongings(session, person_id)
    refusal, details = _why_not(session, person, now=now)
    return Outlook(
        going=_counted(theirs, Fate.GOES),
        emptied=_counted(theirs, Fate.EMPTIED),
        staying=_counted(theirs, Fate.STAYS),
        ahead=tuple(_ahead(session, theirs, now)),
        refusal=refusal,
        details=details,
    )


def _counted(theirs: Belongings, *fates: Fate) -> tuple[tuple[str, int], ...]:
    """Count rows under the words that the export has for them; what has no words there is not spoken of."""
    found: dict[str, int] = {}
    for table in own_tables():
        if table.name in UNTOLD:
            continue
        held = [HOLDINGS[f"{table.name}.{name}"] for name in columns_of(table, Tie.OWN)]
        titles = [one.title for one in held if one.title and one.fate in fates]
        if titles and theirs.of(table.name):
            found[titles[0]] = found.get(titles[0], 0) + len(theirs.of(table.name))
    return tuple(found.items())


def _ahead(session: Session, theirs: Belongings, now: datetime) -> list[Registration]:
    rows = session.scalars(
        select(Registration)
        .where(Registration.id.in_(theirs.of("registration")))
        .order_by(Registration.id)
        .options(joinedload(Registration.event), joinedload(Registration.participation_type))
    )
    return [
        one for one in rows if RegistrationState.CANCELLED in MOVES[one.state] and not erasing.is_over(one.event, now)
    ]


def _why_not(
    session: Session, person: Person, *, now: datetime, but: ErasureRequest | None = None
) -> tuple[ErasureRefusal | None, dict[str, str]]:
    """Ask the rule; `but` is the wish that is being carried out."""
    open_one = open_request(person.id, session)
    alone = _owned_alone(session, person.id, today=now.date())
    names = [plain(event.name) or event.slug for event in alone]
    refusal = erasure_refusal(
        is_erased=person.erased_at is not None,
        owns_all_alone=_owns_all_alone(session, person.id),
        owned_alone=names,
        state=open_one.state if open_one is not None and open_one is not but else None,
    )
    return refusal, {"events": listed(names)} if refusal is ErasureRefusal.ONLY_OWNER else {}


def _owns_all_alone(session: Session, person_id: int) -> bool:
    owners = session.scalars(
        select(RoleGrant.person_id).where(
            RoleGrant.role == Role.OWNER, RoleGrant.event_id.is_(None), RoleGrant.until.is_(None)
        )
    ).all()
    return set(owners) == {person_id}


def _owned_alone(session: Session, person_id: int, *, today: date) -> list[Event]:
    """List the events to come that would be left without an owner."""
    theirs = aliased(RoleGrant)
    other = exists().where(
        theirs.role == Role.OWNER,
        theirs.person_id != person_id,
        theirs.until.is_(None),
        or_(theirs.event_id == Event.id, theirs.event_id.is_(None)),
    )
    return list(
        session.scalars(
            select(Event)
            .join(RoleGrant, RoleGrant.event_id == Event.id)
            .where(
                RoleGrant.person_id == person_id,
                RoleGrant.role == Role.OWNER,
                RoleGrant.until.is_(None),
                Event.ends_on >= today,
                Event.status != EventStatus.CANCELLED,
                ~other,
            )
            .order_by(Event.starts_on, Event.id)
        )
    )


def open_request(person_id: int, session: Session | None = None) -> ErasureRequest | None:
    """Find somebody's wish to be erased that something can still come of."""
    return (session or db.session()).scalar(
        select(ErasureRequest)
        .where(ErasureRequest.person_id == person_id, ErasureRequest.state.in_(OPEN))
        .options(joinedload(ErasureRequest.person).selectinload(Person.emails))
    )


def request_by_token(token: str) -> ErasureRequest | None:
    """Find the wish that a link in a letter is about."""
    return db.session.scalar(
        select(ErasureRequest)
        .where(ErasureRequest.token_hash == token_hash(token))
        .options(joinedload(ErasureRequest.person).selectinload(Person.emails))
    )


def under_way() -> list[ErasureRequest]:
    """List the erasures that are confirmed and wait, the next one first."""
    return list(
        db.session.scalars(
            select(ErasureRequest)
            .where(ErasureRequest.state == ErasureState.CONFIRMED)
            .order_by(ErasureRequest.due_at, ErasureRequest.id)
            .options(joinedload(ErasureRequest.person).selectinload(Person.emails))
        )
    )


# ---- asking, confirming, taking back


def ask(person_id: int, *, now: datetime) -> ErasureRequest:
    """Take down that somebody wants to be erased, and write to them; nothing goes before they confirm it.

    Raises:
        Refused: `erasure_refusal` gave a reason.
    """
    try:
        with transaction() as session:
            person = _locked(session, person_id)
            _refuse(session, person, now=now)
            wish = ErasureRequest(person_id=person.id, state=ErasureState.ASKED, asked_at=now)
            session.add(wish)
            session.flush()
            _write(session, wish, person, "erasure_asked")
            audit.record(session, "erasure.asked", actor_id=person.id, object_uid=person.uid)
            return wish
    except IntegrityError as error:
        raise Refused(ErasureRefusal.ALREADY) from error


def confirm(uid: str, *, by: int | None, release: Also, now: datetime) -> ErasureRequest:
    """Confirm an erasure: seats and meetings to come are given up at once, the rest goes after the waiting time.

    Raises:
        NotFound: there is no such wish.
        Refused: it was taken back, has run out, or somebody must own an event first.
    """
    with transaction() as session:
        theirs = _lock_all(session, _request(session, uid).person_id)
        wish = _request(session, uid, lock=True)
        if wish.state is ErasureState.CONFIRMED:
            return wish
        if wish.state is not ErasureState.ASKED:
            raise Refused(ErasureRefusal.NOT_ASKED)
        person = session.get_one(Person, wish.person_id, options=[selectinload(Person.emails)])
        _refuse(session, person, now=now, but=wish)
        _confirmed(session, wish, person, theirs, by=by, release=release, now=now)
        return wish


def begin_for(person_uid: str, *, retyped: str, reason: str, by: int, release: Also, now: datetime) -> ErasureRequest:
    """Begin an erasure for somebody who asked an organiser; they are written to and can take it back.

    Raises:
        NotFound: there is no such person.
        Refused: the name was not typed again, no reason was given, or `erasure_refusal` gave one.
    """
    found = db.session.execute(select(Person.id, Person.given_name, Person.family_name).where(Person.uid == person_uid))
    known = found.first()
    if known is None:
        raise NotFound(ErasureRefusal.NOT_ASKED)
    name = f"{known.given_name} {known.family_name}".strip()
    if not is_retyped(retyped, name):
        raise Refused(ErasureRefusal.RETYPE_NAME, name=name)
    if not reason.strip():
        raise Refused(ErasureRefusal.NO_REASON)
    try:
        with transaction() as session:
            theirs = _lock_all(session, known.id)
            person = _locked(session, known.id)
            _refuse(session, person, now=now)
            wish = ErasureRequest(person_id=person.id, state=ErasureState.ASKED, asked_at=now, by_id=by)
            session.add(wish)
            session.flush()
            audit.record(session, "erasure.asked", actor_id=by, object_uid=person.uid, reason=reason.strip())
            _confirmed(session, wish, person, theirs, by=by, release=release, now=now)
            return wish
    except IntegrityError as error:
        raise Refused(ErasureRefusal.ALREADY) from error


def take_back(uid: str, *, by: int | None, now: datetime) -> None:
    """Take an erasure back; seats that were given up stay given up. Twice is once.

    Raises:
        NotFound: there is no such wish.
        Refused: it is done.
    """
    with transaction() as session:
        wish = _request(session, uid, lock=True)
        if wish.state is ErasureState.TAKEN_BACK:
            return
        refusal = take_back_refusal(wish.state)
        if refusal is not None:
            raise Refused(refusal)
        wish.state, wish.ended_at, wish.due_at = ErasureState.TAKEN_BACK, now, None
        person_uid = session.scalars(select(Person.uid).where(Person.id == wish.person_id)).one()
        audit.record(session, "erasure.taken_back", actor_id=by, object_uid=person_uid)


def _confirmed(
    session: Session,
    wish: ErasureRequest,
    person: Person,
    theirs: Belongings,
    *,
    by: int | None,
    release: Also,
    now: datetime,
) -> None:
    given_up = erasing.give_up(session, theirs.of("person"), release=release, by=by or person.id, now=now)
    erasing.withdraw_promises(session, theirs, now=now)
    wish.state, wish.confirmed_at, wish.due_at = ErasureState.CONFIRMED, now, due_at(now)
    session.flush()
    _write(session, wish, person, "erasure_confirmed", given_up=given_up)
    audit.record(session, "erasure.confirmed", actor_id=by, object_uid=person.uid, registrations=given_up)
    _hand_on(session, theirs, now)


def _hand_on(session: Session, theirs: Belongings, now: datetime) -> None:
    for event_id in erasing.events_concerned(session, theirs):
        steps.hand_on(session, event_id, now)


def _write(session: Session, wish: ErasureRequest, person: Person, letter: str, **context: object) -> None:
    """Write to somebody about their erasure; the newest letter has the link that opens."""
    if not person.email:
        return
    token = secrets.token_urlsafe(32)
    wish.token_hash = token_hash(token)
    mail.enqueue(
        session,
        letter,
        key=f"{letter}:{wish.uid}",
        to=person.email,
        name=person.name,
        language=person.language,
        is_secret=True,
        token=token,
        person=person,
        wish=wish,
        **context,
    )


def _request(session: Session, uid: str, *, lock: bool = False) -> ErasureRequest:
    wanted = select(ErasureRequest).where(ErasureRequest.uid == uid).execution_options(populate_existing=True)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(ErasureRefusal.NOT_ASKED)
    return found


def _locked(session: Session, person_id: int) -> Person:
    return session.scalars(
        select(Person)
        .where(Person.id == person_id)
        .options(selectinload(Person.emails))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _lock_all(session: Session, person_id: int) -> Belongings:
    """Keep others from moving the seats concerned, first of all; then say what is about the person."""
    theirs = belongings(session, person_id)
    for event_id in erasing.events_concerned(session, theirs):
        seats.lock(session, event_id)
    return belongings(session, person_id)


def _refuse(session: Session, person: Person, *, now: datetime, but: ErasureRequest | None = None) -> None:
    refusal, details = _why_not(session, person, now=now, but=but)
    if refusal is not None:
        raise Refused(refusal, **details)


# ---- carrying it out


def run_due(*, release: Also, data_dir: Path, now: datetime) -> int:
    """Carry out the erasures whose waiting time is over, and forget those that were never confirmed; says how many."""
    _lapse(now)
    due = db.session.scalars(
        select(ErasureRequest.uid)
        .where(ErasureRequest.state == ErasureState.CONFIRMED, ErasureRequest.due_at <= now)
        .order_by(ErasureRequest.due_at, ErasureRequest.id)
    ).all()
    db.session.rollback()

    def erase(uid: str, _scope: str) -> int:
        try:
            return carry_out(uid, release=release, data_dir=data_dir, now=now)
        except Refused as refused:
            #: Somebody became the only owner meanwhile; the organisers' page shows that it waits.
            log.warning("An erasure that is due waits: %s", refused)
            return 0

    return chores.each(Work.ERASURES, [(uid, "") for uid in due], erase, now=now)


def _lapse(now: datetime) -> None:
    with transaction() as session:
        old = session.scalars(
            select(ErasureRequest)
            .where(ErasureRequest.state == ErasureState.ASKED, ErasureRequest.asked_at <= now - ASKING_LIFE)
            .with_for_update()
        ).all()
        for wish in old:
            wish.state, wish.ended_at = ErasureState.LAPSED, now


def carry_out(uid: str, *, release: Also, data_dir: Path, now: datetime) -> bool:
    """Erase somebody whose waiting time is over; False where it was taken back meanwhile, or is done.

    Raises:
        NotFound: there is no such wish.
        Refused: they became the only owner of an event meanwhile.
    """
    with transaction() as session:
        person_id = _request(session, uid).person_id
        theirs = _lock_all(session, person_id)
        person = _locked(session, person_id)
        wish = _request(session, uid, lock=True)
        if wish.state is not ErasureState.CONFIRMED or wish.due_at is None or wish.due_at > now:
            return False
        _refuse(session, person, now=now, but=wish)
        by = wish.by_id
        files = erasing.files_of(session, theirs)
        concerned = erasing.events_concerned(session, theirs)
        erased.remember(session, theirs.addresses, now=now)
        rows = erasing.erase(session, theirs, release=release, by=None, now=now)
        wish = _request(session, uid, lock=True)
        wish.state, wish.ended_at, wish.token_hash = ErasureState.DONE, now, None
        person_uid = session.scalars(select(Person.uid).where(Person.id == person_id)).one()
        audit.record(session, "person.erased", actor_id=by, object_uid=person_uid, rows=rows)
        proof.note(session, proof.PERSON, 1, by=by, now=now)
        for event_id in concerned:
            steps.hand_on(session, event_id, now)
    for file in files:
        (data_dir / file).unlink(missing_ok=True)
    return True


def how_many_wait(*, now: datetime) -> int:
    """Count the erasures that are due and were not carried out."""
    late = select(func.count()).where(ErasureRequest.state == ErasureState.CONFIRMED, ErasureRequest.due_at <= now)
    return db.session.scalar(late) or 0
