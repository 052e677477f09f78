"""Erasing: what is about a person goes or is emptied by the register, and what others wrote of them is struck out.

Each takes the session of a transaction; who calls it has locked the seats of the events concerned.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Session, aliased

from lsos.accounts.models import Person
from lsos.db import Model
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.invitations.models import Claim, Delegation, Invitation
from lsos.invitations.rules import LINKS_OUT, ClaimState, InvitationState
from lsos.invitations.service import let_go
from lsos.mail import MailState, OutgoingMail
from lsos.meetings.models import Avoidance
from lsos.privacy import traces
from lsos.privacy.register import (
    EMPTY_PERSON,
    FILE_FOLDERS,
    HOLDINGS,
    UNTOLD,
    Belongings,
    Fate,
    Tie,
    columns_of,
    own_tables,
    tables,
)
from lsos.questionnaires.answering import release_options
from lsos.questionnaires.models import Answer, QuestionVersion, RegistrationDraft
from lsos.questionnaires.rules import QuestionKind
from lsos.registration.list_models import RegistrationImport
from lsos.registration.models import Registration
from lsos.registration.rules import MOVES, RegistrationState
from lsos.registration.service import moved
from lsos.registration.steps import Also

#: Where an invitation stands while its letter may still be answered.
_STANDING = (InvitationState.DRAFT, InvitationState.SENT, InvitationState.OPENED)


def is_over(event: Event, now: datetime) -> bool:
    """Say whether nobody comes to an event any more."""
    return event.status is EventStatus.CANCELLED or now > moment(event.ends_on, event.doors_close, event.timezone)


def events_concerned(session: Session, theirs: Belongings) -> list[int]:
    """Give the events whose seats an erasure may move, in the order in which they are locked."""
    found = set(
        session.scalars(select(Registration.event_id).where(Registration.id.in_(theirs.of("registration"))).distinct())
    )
    found |= set(session.scalars(select(Invitation.event_id).where(Invitation.id.in_(theirs.of("invitation")))))
    found |= set(
        session.scalars(
            select(Delegation.event_id).join(Claim).where(Claim.id.in_(theirs.of("delegation_claim"))).distinct()
        )
    )
    return sorted(found)


def give_up(session: Session, person_ids: Collection[int], *, release: Also, by: int | None, now: datetime) -> int:
    """Cancel what somebody has ahead; seats go on at once, and those they were to meet are told. Says how many."""
    ahead = session.scalars(
        select(Registration)
        .join(Registration.event)
        .where(Registration.person_id.in_(person_ids))
        .order_by(Registration.event_id, Registration.id)
    ).all()
    wanted = [
        (one.event_id, one.uid)
        for one in ahead
        if RegistrationState.CANCELLED in MOVES[one.state] and not is_over(one.event, now)
    ]
    for event_id, uid in wanted:
        moved(
            session,
            event_id,
            uid,
            RegistrationState.CANCELLED,
            by=by,
            reason="",
            release=release,
            now=now,
            letter="",
        )
    return len(wanted)


def withdraw_promises(session: Session, theirs: Belongings, *, now: datetime) -> None:
    """Take back the invitations and links to seats that wait for their answer; held seats get free."""
    invitations = session.scalars(
        select(Invitation)
        .where(Invitation.id.in_(theirs.of("invitation")), Invitation.state.in_(_STANDING))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    ).all()
    for invitation in invitations:
        let_go(session, invitation)
        invitation.state, invitation.answered_at = InvitationState.WITHDRAWN, now
    claims = session.scalars(
        select(Claim)
        .where(Claim.id.in_(theirs.of("delegation_claim")), Claim.state.in_(LINKS_OUT))
        .order_by(Claim.id)
        .with_for_update(of=Claim)
    ).all()
    for claim in claims:
        claim.state, claim.answered_at = ClaimState.WITHDRAWN, now
        session.execute(update(Delegation).where(Delegation.id == claim.delegation_id).values(sent=Delegation.sent - 1))
    session.flush()


# ---- by the register


def files_of(session: Session, theirs: Belongings) -> list[str]:
    """List the files whose bytes lie in the data directory: folder and name."""
    found = []
    for name, folder in FILE_FOLDERS.items():
        table = Model.metadata.tables[name]
        uids = session.scalars(select(table.c.uid).where(table.c.id.in_(theirs.of(name))))
        found += [f"{folder}/{uid}" for uid in uids]
    return found


def empty_all(
    session: Session, theirs: Belongings, *, but: Collection[str] = (), only: Collection[str] | None = None
) -> dict[str, int]:
    """Let every row that is about somebody meet its fate; says of how many, by table.

    Args:
        session: of the transaction.
        theirs: the rows.
        but: tables that are left as they are.
        only: the tables that are done; without it, all.
    """
    session.flush()
    done: dict[str, int] = {}
    for table in reversed(own_tables()):
        if table.name in but or (only is not None and table.name not in only):
            continue
        number = sum(_meet_fate(session, table, name, theirs) for name in columns_of(table, Tie.OWN))
        if number:
            done[table.name] = number
    for table in tables():
        for name in columns_of(table, Tie.NAMES):
            if HOLDINGS[f"{table.name}.{name}"].fate is Fate.FREED:
                target = next(iter(table.c[name].foreign_keys)).column.table.name
                freed = update(table).where(table.c[name].in_(list(theirs.of(target)))).values({name: None})
                session.execute(freed)
    session.expire_all()
    return done


def _meet_fate(session: Session, table: Table, name: str, theirs: Belongings) -> int:
    held, column = HOLDINGS[f"{table.name}.{name}"], table.c[name]
    targets = [key.column.table.name for key in column.foreign_keys]
    known: Collection[Any] = theirs.of(targets[0]) if targets else theirs.addresses
    mine = (column if targets else func.lower(column)).in_(list(known))
    key = next(iter(table.primary_key.columns))
    if held.fate is Fate.GOES:
        wanted = [mine] if held.keeps is None else [mine, ~held.keeps(table)]
        return len(session.execute(delete(table).where(*wanted).returning(key)).all())
    if held.fate is Fate.EMPTIED:
        return _empty(session, table, mine, held.blank)
    return 0


def _empty(session: Session, table: Table, mine: Any, blank: Mapping[str, Any]) -> int:
    fixed = {column: value for column, value in blank.items() if not callable(value)}
    key = next(iter(table.primary_key.columns))
    rows = session.execute(update(table).where(mine).values(fixed).returning(key)).all()
    made = {column: value for column, value in blank.items() if callable(value)}
    for row in rows if made else ():
        values = {column: value() for column, value in made.items()}
        session.execute(update(table).where(key == row[0]).values(values))
    return len(rows)


def quiet_letters(session: Session, letters: Collection[int]) -> None:
    """Let letters of which nothing is left be sent by nobody, and be found by no address in their key."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id.in_(letters))
        .values(key=literal("erased:").concat(OutgoingMail.uid))
        .execution_options(synchronize_session=False)
    )
    unsent = (MailState.WAITING, MailState.SENDING, MailState.FAILED, MailState.KEPT)
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id.in_(letters), OutgoingMail.state.in_(unsent))
        .values(state=MailState.STOPPED)
        .execution_options(synchronize_session=False)
    )


# ---- what others wrote


def names_of(session: Session, person_ids: Collection[int]) -> list[tuple[str, str]]:
    """Give the names that may be struck out of texts: none where somebody else bears the same, and could be meant."""
    other = aliased(Person)
    same = exists().where(
        other.id.not_in(person_ids),
        other.erased_at.is_(None),
        func.lower(other.given_name) == func.lower(Person.given_name),
        func.lower(other.family_name) == func.lower(Person.family_name),
    )
    rows = session.execute(
        select(Person.given_name, Person.family_name).where(Person.id.in_(person_ids), ~same).distinct()
    )
    return [(row[0], row[1]) for row in rows]


def numbers_of(session: Session, theirs: Belongings) -> Iterable[str]:
    """Give the telephone numbers that they answered with."""
    given = session.scalars(
        select(Answer.given)
        .join(Answer.version)
        .where(Answer.id.in_(theirs.of("answer")), QuestionVersion.kind == QuestionKind.PHONE)
    )
    return {one for answers in given for one in answers}


def traces_left_by(session: Session, theirs: Belongings) -> traces.Traces | None:
    """Say what to look for in what others wrote; ask before anything is emptied."""
    return traces.traces_of(
        names_of(session, theirs.of("person")), theirs.addresses, sorted(numbers_of(session, theirs))
    )


def drop_typed_elsewhere(session: Session, addresses: Collection[str]) -> None:
    """Delete what stands under their address without leading to them: forms begun before signing in, lines of files."""
    for address in sorted(addresses):
        session.execute(
            delete(RegistrationDraft).where(
                RegistrationDraft.token_hash.is_not(None),
                cast(RegistrationDraft.typed, TextType).icontains(address, autoescape=True),
            )
        )
    holding = [cast(RegistrationImport.lines, TextType).icontains(one, autoescape=True) for one in sorted(addresses)]
    if not holding:
        return
    for brought in session.scalars(select(RegistrationImport).where(or_(*holding))):
        brought.lines = [
            {"number": line.get("number"), "cells": {}} if _names_any(line, addresses) else line
            for line in brought.lines
        ]
    session.flush()


def _names_any(line: Mapping[str, Any], addresses: Collection[str]) -> bool:
    return any(str(cell).strip().lower() in addresses for cell in dict(line.get("cells") or {}).values())


# ---- a whole person


def erase(session: Session, theirs: Belongings, *, release: Also, by: int | None, now: datetime) -> dict[str, int]:
    """Erase all that is about a person, and leave an empty shell that figures hang on.

    Says how many rows were deleted, emptied or struck, by table.
    """
    people = theirs.of("person")
    give_up(session, people, release=release, by=by, now=now)
    withdraw_promises(session, theirs, now=now)
    for registration_id in sorted(theirs.of("registration")):
        release_options(session, registration_id)
    sought = traces_left_by(session, theirs)
    letters = theirs.of("outgoing_mail")
    done = {name: number for name, number in empty_all(session, theirs).items() if name not in UNTOLD}
    session.execute(delete(Avoidance).where(Avoidance.person_id.in_(people)))
    quiet_letters(session, letters)
    drop_typed_elsewhere(session, theirs.addresses)
    session.execute(
        update(Registration)
        .where(Registration.person_id.in_(people))
        .values(erased_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Person)
        .where(Person.id.in_(people))
        .values(erased_at=now, **EMPTY_PERSON)
        .execution_options(synchronize_session=False)
    )
    struck = traces.strike(session, sought) if sought is not None else {}
    session.expire_all()
    return {name: done.get(name, 0) + struck.get(name, 0) for name in sorted({*done, *struck})}
