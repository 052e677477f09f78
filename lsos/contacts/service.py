"""Use cases of exchanging contacts: scan a badge, say yes or no, take it back, keep a note, change one's card."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.contacts.models import ContactCard, ContactExchange, ContactNote
from lsos.contacts.queries import exchange_between, seen_by, standing_now
from lsos.contacts.rules import (
    ContactRefusal,
    Seen,
    Warmth,
    Word,
    after_scan,
    agrees,
    answer_refusal,
    has_exchanged,
    holds,
    scan_refusal,
)
from lsos.db import transaction
from lsos.errors import NotFound, Refused
from lsos.meetings.booking import retrying
from lsos.meetings.wishes import apart_among
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge
from lsos.registration.rules import RegistrationState


@dataclass(frozen=True)
class Asked:
    """What came of a scan, for whoever scanned."""

    exchange: ContactExchange
    other: Registration
    seen: Seen


def scan(me_id: int, badge_code: str, *, now: datetime) -> Asked:
    """Say yes to exchanging contacts with whoever wears a badge; scanning it twice is scanning it once.

    Of two who scan each other at once, the second finds the word of the first.

    Raises:
        Refused: `scan_refusal` gave a reason.
    """

    def attempt() -> Asked:
        with transaction() as session:
            me = session.get_one(Registration, me_id)
            other = registration_by_badge(me.event_id, badge_code)
            if other is not None and other.state is not RegistrationState.CONFIRMED:
                other = None
            refusal = scan_refusal(
                is_known=other is not None,
                is_own=other is not None and other.id == me.id,
                has_seat=me.state is RegistrationState.CONFIRMED,
                ends_on=me.event.ends_on,
                today=now.astimezone(ZoneInfo(me.event.timezone)).date(),
            )
            if refusal is not None or other is None:
                raise Refused(refusal or ContactRefusal.UNKNOWN)
            exchange = _row(session, me, other, now)
            is_apart = apart_among((me.id, other.id))
            standing = standing_now([me.id, other.id])
            if exchange.said(me.id) is not Word.YES:
                exchange.say(me.id, Word.YES, now=now)
                exchange.asked_at = now
            theirs = exchange.said(other.id)
            word = after_scan(theirs, is_standing=other.id in standing, is_apart=is_apart)
            if word is not theirs:
                exchange.say(other.id, word, now=now)
            _settle(exchange, standing, is_apart=is_apart, now=now)
            return Asked(exchange, other, seen_by(exchange, me.id, standing, {other.id} if is_apart else ()))

    return retrying(attempt)


def answer(uid: str, *, by: int, is_yes: bool, now: datetime) -> ContactExchange:
    """Say yes or no to somebody who scanned one's badge.

    Raises:
        NotFound: there is no such exchange of theirs.
        Refused: `answer_refusal` gave a reason.
    """
    with transaction() as session:
        exchange = _own(session, uid, by)
        other_id = exchange.other(by).id
        is_apart = apart_among((by, other_id))
        standing = standing_now([by, other_id])
        mine, theirs = (holds(exchange.said(one), is_standing=one in standing) for one in (by, other_id))
        refusal = answer_refusal(mine, theirs, is_apart=is_apart, is_yes=is_yes)
        if refusal is not None:
            raise Refused(refusal)
        exchange.say(by, Word.YES if is_yes else Word.NO, now=now)
        _settle(exchange, standing, is_apart=is_apart, now=now)
    return exchange


def take_back(uid: str, *, by: int, now: datetime) -> ContactExchange:
    """Take one's contact back: from now on neither sees the other's here; a question that waits is gone.

    Raises:
        NotFound: there is no such exchange of theirs.
        Refused: they said nothing that could be taken back.
    """
    with transaction() as session:
        exchange = _own(session, uid, by)
        if not agrees(exchange.said(by)):
            raise Refused(ContactRefusal.NOT_ASKED)
        #: In this order: the database refuses an exchange to which one does not agree.
        exchange.exchanged_at = None
        exchange.say(by, Word.BACK, now=now)
    return exchange


def keep_note(me_id: int, other_id: int, *, text: str, warmth: Warmth | None) -> None:
    """Keep a note of one's own, and how promising somebody is; an empty one is no note."""

    def attempt() -> None:
        with transaction() as session:
            note = session.get(ContactNote, (me_id, other_id))
            if not text and warmth is None:
                if note is not None:
                    session.delete(note)
                return
            if note is None:
                note = ContactNote(registration_id=me_id, other_id=other_id)
                session.add(note)
            note.text, note.warmth = text, warmth

    retrying(attempt)


def save_card(me_id: int, *, phone: str, gives_email: bool, gives_job: bool) -> None:
    """Say what goes along with one's name and organisation; it holds at once for everybody who has the contact."""

    def attempt() -> None:
        with transaction() as session:
            card = session.get(ContactCard, me_id)
            if card is None:
                card = ContactCard(registration_id=me_id)
                session.add(card)
            card.phone, card.gives_email, card.gives_job = phone, gives_email, gives_job

    retrying(attempt)


def _row(session: Session, me: Registration, other: Registration, now: datetime) -> ContactExchange:
    """Find the row of two people, or make it; whoever loses the race to make it is tried again."""
    found = exchange_between(session, me.id, other.id, for_update=True)
    if found is None:
        low, high = sorted((me.id, other.id))
        found = ContactExchange(
            event_id=me.event_id,
            low_id=low,
            high_id=high,
            low_said=Word.SILENT,
            high_said=Word.SILENT,
            asked_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _own(session: Session, uid: str, by: int) -> ContactExchange:
    found = session.scalar(
        select(ContactExchange)
        .where(ContactExchange.uid == uid)
        .with_for_update(of=ContactExchange)
        .execution_options(populate_existing=True)
    )
    if found is None or by not in {found.low_id, found.high_id}:
        raise NotFound(ContactRefusal.NOT_ASKED)
    return found


def _settle(exchange: ContactExchange, standing: set[int], *, is_apart: bool, now: datetime) -> None:
    """Draw from both words whether the two have each other's contact; what they had stays, whoever is avoided since."""
    words = [holds(exchange.said(one), is_standing=one in standing) for one in (exchange.low_id, exchange.high_id)]
    had = exchange.exchanged_at is not None
    if has_exchanged(words[0], words[1], is_apart=is_apart and not had):
        exchange.exchanged_at = exchange.exchanged_at or now
        exchange.first_exchanged_at = exchange.first_exchanged_at or now
    else:
        exchange.exchanged_at = None
