"""Who gets a certificate of attendance and from when, how long somebody was in sessions, and what a number proves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from lsos.errors import N_
from lsos.registration.rules import RegistrationState

#: Letters of a number: 59 bits, so that nobody finds one by trying.
NUMBER_LETTERS = 12
#: In groups of so many they are read aloud and typed.
GROUP = 4
#: Whoever is scanned so little after a session began, or leaves so little before its end, was there for all of it:
#: there is a queue at the door.
GRACE = timedelta(minutes=15)
#: In the morning after the event they are sent, where that is done by itself.
SENT_AT = time(9)
#: So long letters are written to who gets one after all, as when paper lists are typed in; later by hand.
WRITTEN_FOR = timedelta(days=30)
REASON_LENGTH = 300


class Content(StrEnum):
    """What a certificate says beside the name."""

    PRESENCE = "presence"
    SESSIONS = "sessions"


class Unit(StrEnum):
    """In which hours the time in sessions is summed up."""

    CLOCK = "clock"
    #: Educational hours of 45 minutes, beside those of the clock.
    LESSONS = "lessons"


class Sending(StrEnum):
    """When the letters go out."""

    BY_HAND = "by_hand"
    NEXT_DAY = "next_day"


class CertificateRefusal(StrEnum):
    """Why somebody gets no certificate, in words for both sides."""

    NOT_GIVEN = N_("No certificates are given for this event.")
    ERASED = N_("This record was erased. It names nobody any more.")
    REVOKED = N_("This certificate was revoked by the organisers. Write to them if you think that is wrong.")
    CANCELLED = N_("This registration was cancelled, so there is no certificate for it.")
    NO_SEAT = N_("This registration was not confirmed, so there is no certificate for it.")
    NOT_OVER = N_("Certificates are given when the event is over.")
    NEVER_CAME = N_("No badge was scanned for this registration, so nobody knows of an attendance.")


def certificate_refusal(
    *,
    is_given: bool,
    state: RegistrationState,
    is_erased: bool,
    is_revoked: bool,
    days: int,
    over_at: datetime,
    now: datetime,
) -> CertificateRefusal | None:
    """Say why somebody gets no certificate now; None when they get one.

    `days` is on how many they were there, and at `over_at` the doors close for the last time: before that hours and
    days may still come to what is certified.
    """
    if not is_given:
        return CertificateRefusal.NOT_GIVEN
    if is_erased:
        return CertificateRefusal.ERASED
    if is_revoked:
        return CertificateRefusal.REVOKED
    if state in {RegistrationState.CANCELLED, RegistrationState.DECLINED}:
        return CertificateRefusal.CANCELLED
    if state is not RegistrationState.CONFIRMED:
        return CertificateRefusal.NO_SEAT
    if now < over_at:
        return CertificateRefusal.NOT_OVER
    return None if days else CertificateRefusal.NEVER_CAME


class Standing(StrEnum):
    """What a number proves to whoever checks it."""

    GENUINE = "genuine"
    REVOKED = "revoked"
    #: The record was erased, so that nothing can be said of it any more.
    ERASED = "erased"
    #: It was issued, and what it said does not hold any more: scans were taken back, or the registration cancelled.
    WITHDRAWN = "withdrawn"


def standing_of(refusal: CertificateRefusal | None) -> Standing:
    """Say what the number of a certificate proves that would be given now, or refused so."""
    if refusal is None:
        return Standing.GENUINE
    known = {CertificateRefusal.REVOKED: Standing.REVOKED, CertificateRefusal.ERASED: Standing.ERASED}
    return known.get(refusal, Standing.WITHDRAWN)


class RevokeRefusal(StrEnum):
    """Why a certificate is not revoked, in words for organisers."""

    NO_REASON = N_("Write why, for your colleagues and for the record.")
    ALREADY = N_("It is revoked already.")
    NOT_REVOKED = N_("It is not revoked.")


# ---- numbers


def grouped(number: str) -> str:
    """Write a number as it is read aloud and typed: K7QF-2M9X-HTRP."""
    return "-".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def number_of(typed: str) -> str:
    """Take the number out of what was typed, pasted or scanned: the number itself, or an address that ends in it."""
    last = typed.strip().rstrip("/").rsplit("/", 1)[-1].upper()
    return "".join(letter for letter in last if letter.isalnum())


# ---- time in sessions


@dataclass(frozen=True)
class Span:
    """A stretch of time that somebody was in a session."""

    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        """Count its whole minutes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def span_of(starts_at: datetime, ends_at: datetime, *, at: datetime, left_at: datetime | None) -> Span:
    """Say which part of a session counts: all of it, unless somebody came late, or left early, by more than `GRACE`.

    They were first scanned there `at`, and last going out at `left_at`; None where they were not.
    """
    begin = starts_at if at <= starts_at + GRACE else min(at, ends_at)
    end = ends_at if left_at is None or left_at >= ends_at - GRACE else left_at
    return Span(begin, max(begin, end))


def total_minutes(spans: Iterable[Span]) -> int:
    """Sum up time in sessions; a minute in two at once counts once, since nobody is in two rooms."""
    total, until = timedelta(), None
    for span in sorted(spans, key=lambda one: (one.starts_at, one.ends_at)):
        begin = span.starts_at if until is None else max(span.starts_at, until)
        if span.ends_at > begin:
            total += span.ends_at - begin
            until = span.ends_at
    return int(total.total_seconds() // 60)


def lessons(minutes: int) -> float:
    """Give educational hours of 45 minutes, to a tenth, and never more than there were."""
    return minutes * 10 // 45 / 10
