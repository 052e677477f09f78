"""Whether a way to take part is open, to whom it is shown, and who may come once more."""

import secrets
from datetime import date, datetime

from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.registration.kind_rules import earliest, latest, may_see
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import (
    HeldFor,
    RegistrationRefusal,
    RegistrationState,
    is_upgrade,
    registration_refusal,
    repeat_refusal,
)


def why_not(
    kind: ParticipationType, *, is_invited: bool = False, is_handed_on: bool = False, now: datetime
) -> RegistrationRefusal | None:
    """Say why nobody may register this way now; None when one may.

    A seat that is handed on needs no registration that is open: it was taken while it was.
    """
    if is_handed_on:
        return _why_not(kind.event, is_by_invitation=False, last_day=_last_day(kind), is_dated=False, now=now)
    return _why_not(
        kind.event,
        is_by_invitation=kind.is_by_invitation and not is_invited,
        last_day=_last_day(kind),
        opens_at=kind.opens_at,
        closes_at=kind.closes_at,
        now=now,
    )


def _last_day(kind: ParticipationType) -> date:
    return max(kind.days_of(kind.event), default=kind.event.ends_on)


def is_shown(kind: ParticipationType, *, is_signed_in: bool, key: str = "", is_invited: bool = False) -> bool:
    """Say whether somebody sees a way to take part; `key` is what their link carries."""
    has_link = bool(key) and secrets.compare_digest(key.encode(), kind.link_key.encode())
    return may_see(kind.audience, is_signed_in=is_signed_in, has_link=has_link, is_invited=is_invited)


def why_not_again(
    found: Registration, kind: ParticipationType, *, holding: HeldFor | None = None
) -> RegistrationRefusal | None:
    """Say why somebody who is registered may not register once more, this way, with what is held for them."""
    more = is_upgrade(from_light=found.participation_type.is_light, to_light=kind.is_light)
    refusal = repeat_refusal(found.state, has_held_seat=holding is not None, is_upgrade=more)
    if refusal is None and found.state is RegistrationState.CONFIRMED and holding is HeldFor.REVIEW:
        return RegistrationRefusal.ALREADY
    return refusal


def why_not_at(event: Event, *, now: datetime) -> RegistrationRefusal | None:
    """Say why nobody may register for an event now, in whatever way; None when one may."""
    return _why_not(event, is_by_invitation=False, last_day=event.ends_on, now=now)


def _why_not(
    event: Event,
    *,
    is_by_invitation: bool,
    last_day: date,
    is_dated: bool = True,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    now: datetime,
) -> RegistrationRefusal | None:
    return registration_refusal(
        is_published=event.status is not EventStatus.DRAFT,
        is_cancelled=event.status is EventStatus.CANCELLED,
        is_by_invitation=is_by_invitation,
        opens_at=latest(event.registration_opens_at, opens_at) if is_dated else None,
        closes_at=earliest(event.registration_closes_at, closes_at) if is_dated else None,
        ends_at=moment(last_day, event.doors_close, event.timezone),
        now=now,
    )
