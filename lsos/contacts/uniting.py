"""What becomes of contacts and leads when two registrations, or two organisations, turn out to be one."""

from collections.abc import Iterable

from sqlalchemy import Delete, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from lsos.contacts.models import ContactCard, ContactExchange, ContactNote, Lead, LeadEntry
from lsos.contacts.rules import Word

_QUIET = {"synchronize_session": False}
#: Of two words of one person to another the one that gives less holds: who took something back has taken it back.
_LEAST_FIRST = (Word.BACK, Word.NO, Word.YES, Word.STANDING, Word.SILENT)


def settle_contacts(session: Session, *, keep: int, lose: int) -> None:
    """Let one registration have what the other exchanged, noted, gave and collected, as part of merging."""
    _exchanges(session, keep, lose)
    _notes(session, keep, lose)
    if session.get(ContactCard, keep) is None:
        _move(session, update(ContactCard).where(ContactCard.registration_id == lose).values(registration_id=keep))
    for one in session.scalars(select(Lead).where(Lead.registration_id == lose).order_by(Lead.id)).all():
        same = session.scalar(
            select(Lead).where(
                Lead.event_id == one.event_id,
                Lead.organisation_id == one.organisation_id,
                Lead.registration_id == keep,
            )
        )
        if same is None:
            _move(session, update(Lead).where(Lead.id == one.id).values(registration_id=keep))
        else:
            _unite(session, same, one)
    _move(session, update(LeadEntry).where(LeadEntry.by_id == lose).values(by_id=keep))
    _move(session, update(Lead).where(Lead.followed_up_by_id == lose).values(followed_up_by_id=keep))


def settle_leads(session: Session, *, keep: int, lose: int) -> int:
    """Let one organisation have the leads of another that is the same, each visitor once; says of how many."""
    found = session.scalars(select(Lead).where(Lead.organisation_id == lose).order_by(Lead.id)).all()
    for one in found:
        same = session.scalar(
            select(Lead).where(
                Lead.event_id == one.event_id,
                Lead.organisation_id == keep,
                Lead.registration_id == one.registration_id,
            )
        )
        if same is None:
            _move(session, update(Lead).where(Lead.id == one.id).values(organisation_id=keep))
        else:
            _unite(session, same, one)
    return len(found)


def _unite(session: Session, stays: Lead, goes: Lead) -> None:
    """Let one lead have the notes of another about the same visitor."""
    word = _narrower((stays.said, goes.said))
    warmth = max(
        ((one.warmth_at, one.warmth) for one in (stays, goes) if one.warmth_at is not None), default=(None, None)
    )
    interests = list(dict.fromkeys([*stays.interests, *goes.interests]))
    _move(session, update(LeadEntry).where(LeadEntry.lead_id == goes.id).values(lead_id=stays.id))
    _move(session, delete(Lead).where(Lead.id == goes.id))
    values = {"said": word, "warmth_at": warmth[0], "warmth": warmth[1], "interests": interests}
    _move(session, update(Lead).where(Lead.id == stays.id).values(**values))


def _narrower(words: Iterable[Word]) -> Word:
    return min(words, key=_LEAST_FIRST.index)


def _exchanges(session: Session, keep: int, lose: int) -> None:
    rows = session.scalars(
        select(ContactExchange)
        .where(or_(ContactExchange.low_id == lose, ContactExchange.high_id == lose))
        .order_by(ContactExchange.id)
    ).all()
    for one in rows:
        other = one.high_id if one.low_id == lose else one.low_id
        if other == keep:
            #: Somebody scanned their own other badge.
            _move(session, delete(ContactExchange).where(ContactExchange.id == one.id))
            continue
        low, high = sorted((keep, other))
        same = session.scalar(
            select(ContactExchange).where(ContactExchange.low_id == low, ContactExchange.high_id == high)
        )
        own, theirs = one.said(lose), one.said(other)
        exchanged, first = one.exchanged_at, one.first_exchanged_at
        asked = one.asked_at
        if same is not None:
            own, theirs = _narrower((own, same.said(keep))), _narrower((theirs, same.said(other)))
            both = (one.exchanged_at, same.exchanged_at)
            agree = {own, theirs} <= {Word.YES, Word.STANDING}
            exchanged = min((at for at in both if at), default=None) if agree else None
            first = min((at for at in (one.first_exchanged_at, same.first_exchanged_at) if at), default=None)
            asked = max(one.asked_at, same.asked_at)
            _move(session, delete(ContactExchange).where(ContactExchange.id == one.id))
        words = (own, theirs) if low == keep else (theirs, own)
        values = {
            "low_id": low,
            "high_id": high,
            "low_said": words[0],
            "high_said": words[1],
            "exchanged_at": exchanged,
            "first_exchanged_at": first,
            "asked_at": asked,
        }
        into = same.id if same is not None else one.id
        _move(session, update(ContactExchange).where(ContactExchange.id == into).values(**values))


def _notes(session: Session, keep: int, lose: int) -> None:
    """Move notes to where there is none yet, and put those together where both kept one."""
    both = or_(ContactNote.registration_id == lose, ContactNote.other_id == lose)
    rows = session.execute(
        select(ContactNote.registration_id, ContactNote.other_id, ContactNote.text, ContactNote.warmth).where(both)
    ).all()
    _move(session, delete(ContactNote).where(both))
    for owner, other, text, warmth in rows:
        whose, whom = (keep if each == lose else each for each in (owner, other))
        if whose == whom:
            continue
        there = session.get(ContactNote, (whose, whom), populate_existing=True)
        if there is None:
            session.add(ContactNote(registration_id=whose, other_id=whom, text=text, warmth=warmth))
        else:
            there.text = "\n".join(one for one in (there.text, text) if one)
            there.warmth = there.warmth or warmth
        session.flush()


def _move(session: Session, statement: Update | Delete) -> None:
    session.execute(statement.execution_options(**_QUIET))
    session.expire_all()
