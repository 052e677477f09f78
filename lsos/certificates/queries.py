"""Reads of certificates: what organisers want, who gets one with what it says, and whose a number is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from lsos.accounts.models import PersonForward
from lsos.agenda.models import Session
from lsos.certificates.models import Certificate, CertificateSettings
from lsos.certificates.rules import (
    CertificateRefusal,
    Content,
    Span,
    Standing,
    certificate_refusal,
    span_of,
    standing_of,
    total_minutes,
)
from lsos.checkin.attendance import attended_of, days_present, was_there
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.registration.models import Registration
from lsos.texts import alphabet_key


@dataclass(frozen=True)
class Sat:
    """A session that somebody sat in, and how much of it counts."""

    session: Session
    span: Span


@dataclass(frozen=True)
class Holder:
    """Somebody and their certificate as it stands now: what it says, and why they get none if so.

    Attributes:
        certificate: with its number, once it was issued.
        days: on which they were there.
        sessions: empty where certificates tell of presence only, and in lists that do not show them.
    """

    registration: Registration
    certificate: Certificate | None
    days: tuple[date, ...]
    sessions: tuple[Sat, ...]
    refusal: CertificateRefusal | None

    @property
    def minutes(self) -> int:
        """Sum up the time in sessions."""
        return total_minutes(one.span for one in self.sessions)


def settings_of(event_id: int) -> CertificateSettings | None:
    """Give what organisers say of the certificates of an event; None while they said nothing."""
    return db.session.get(CertificateSettings, event_id)


def is_given(event_id: int) -> bool:
    """Say whether certificates are given at an event."""
    known = settings_of(event_id)
    return known is not None and known.is_given


def over_at(event: Event) -> datetime:
    """Say when the doors of an event close for the last time."""
    return moment(event.ends_on, event.doors_close, event.timezone)


def holders(
    event: Event, registration_ids: Collection[int] | None = None, *, with_sessions: bool = True, now: datetime
) -> list[Holder]:
    """List those who were there and whoever has a certificate, with what it says, by the alphabet.

    As many statements for few people as for many. Of `registration_ids` all are listed, whether they were there or not.
    """
    known = settings_of(event.id)
    wanted = (
        select(Registration)
        .join(Registration.person)
        .where(Registration.event_id == event.id)
        .options(contains_eager(Registration.person), joinedload(Registration.organisation))
    )
    if registration_ids is None:
        has_one = select(Certificate.id).where(Certificate.registration_id == Registration.id)
        wanted = wanted.where(or_(was_there(), has_one.exists()))
    else:
        wanted = wanted.where(Registration.id.in_(registration_ids))
    people = sorted(
        db.session.scalars(wanted),
        key=lambda one: (alphabet_key(one.person.family_name, one.person.given_name), one.id),
    )
    ids = [one.id for one in people]
    issued = certificates_of(ids)
    days = days_present(event, None if registration_ids is None else ids)
    lists = with_sessions and known is not None and known.content is Content.SESSIONS
    attended = _sat(ids) if lists else {}
    found = []
    for one in people:
        certificate = issued.get(one.id)
        refusal = certificate_refusal(
            is_given=known is not None and known.is_given,
            state=one.state,
            is_erased=one.erased_at is not None,
            is_revoked=certificate is not None and certificate.revoked_at is not None,
            days=len(days.get(one.id, ())),
            over_at=over_at(event),
            now=now,
        )
        found.append(Holder(one, certificate, tuple(days.get(one.id, ())), attended.get(one.id, ()), refusal))
    return found


def _sat(registration_ids: Collection[int]) -> Mapping[int, tuple[Sat, ...]]:
    """Give how much of each session counts for each of some people."""
    return {
        who: tuple(
            Sat(one.session, span_of(when.starts_at, when.ends_at, at=one.at, left_at=one.left_at))
            for one in attended
            if (when := one.session.when) is not None
        )
        for who, attended in attended_of(registration_ids).items()
    }


def certificates_of(registration_ids: Collection[int]) -> dict[int, Certificate]:
    """Give the certificates that were issued to some people, by the id of their registration."""
    rows = db.session.scalars(
        select(Certificate)
        .where(Certificate.registration_id.in_(registration_ids))
        .options(joinedload(Certificate.revoked_by))
    )
    return {one.registration_id: one for one in rows}


def holder_of(registration: Registration, *, now: datetime) -> Holder:
    """Give somebody and their certificate as it stands now."""
    return holders(registration.event, [registration.id], now=now)[0]


# ---- numbers


@dataclass(frozen=True)
class Checked:
    """What a number leads to: whose certificate it is now, and what it proves."""

    holder: Holder
    standing: Standing

    @property
    def event(self) -> Event:
        """Give the event it is of."""
        return self.holder.registration.event


def check(number: str, *, now: datetime) -> Checked | None:
    """Look up a number; None where no certificate has it.

    One that was issued stays genuine when organisers give no more of them.
    """
    found = db.session.scalar(select(Certificate).where(Certificate.number == number))
    if found is None:
        return None
    is_revoked = found.revoked_at is not None
    seen = {found.id}
    while found.same_as_id is not None and found.same_as_id not in seen:
        found = db.session.get_one(Certificate, found.same_as_id)
        seen.add(found.id)
        is_revoked = is_revoked or found.revoked_at is not None
    holder = holder_of(_registration(found.registration_id), now=now)
    one = holder.registration
    refusal = certificate_refusal(
        is_given=True,
        state=one.state,
        is_erased=one.erased_at is not None,
        is_revoked=is_revoked,
        days=len(holder.days),
        over_at=over_at(one.event),
        now=now,
    )
    return Checked(holder, standing_of(refusal))


def _registration(registration_id: int) -> Registration:
    return db.session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event).joinedload(Event.venue), joinedload(Registration.person))
    ).one()


def registration_by_uid(uid: str) -> Registration | None:
    """Find whose certificate a link in a letter leads to; of two records that were merged, of the one that stays."""
    found = db.session.scalar(select(Registration).where(Registration.uid == uid))
    if found is None:
        return None
    stays = db.session.scalar(
        select(Registration.id)
        .join(PersonForward, PersonForward.into_id == Registration.person_id)
        .where(PersonForward.gone_id == found.person_id, Registration.event_id == found.event_id)
    )
    return _registration(stays or found.id)
