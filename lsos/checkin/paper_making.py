"""Use cases of the paper: make that of a day, when asked or by itself in the evening before, and what stands on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit, chores, mail
from lsos.accounts.models import Person
from lsos.checkin import paper_kit
from lsos.checkin.models import PaperKit, PaperOrder, PaperWords
from lsos.checkin.paper_rules import due_days
from lsos.chores import Work, WorkTrouble
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.queries import team_of
from lsos.events.rules import EventStatus, Role
from lsos.registration.models import Registration, RegistrationChange
from lsos.texts import LANGUAGES, Bilingual, Language

LETTER = "paper_kit"
NOT_A_DAY = N_("This is no day of the event. Choose one from the list.")
UNDER_WAY = N_("Another paper of this event is being made. Wait until it is there, or call it off.")
GONE = N_("This paper is not here any more. Make it again.")
#: Gives the address of the page where what was ticked is typed in, as it is printed.
TypeAt = Callable[[str, Language], str]


@dataclass(frozen=True)
class _Printed:
    """The paper of a day in one language, as it was set."""

    day: date
    language: Language
    content: bytes
    people: int
    at: datetime


# ---- reads


def words_of(event_id: int) -> PaperWords | None:
    """Give what organisers say for the paper; None while they said nothing."""
    return db.session.get(PaperWords, event_id)


def kits_of(event_id: int) -> list[PaperKit]:
    """List the papers that there are, the first day first, without what is in them."""
    wanted = select(PaperKit).where(PaperKit.event_id == event_id).order_by(PaperKit.day, PaperKit.language)
    return list(db.session.scalars(wanted.options(joinedload(PaperKit.by))))


def order_of(event_id: int) -> PaperOrder | None:
    """Give the paper that was asked for and is not made yet."""
    wanted = select(PaperOrder).where(PaperOrder.event_id == event_id).options(joinedload(PaperOrder.by))
    return db.session.scalars(wanted).first()


def trouble_with(order: PaperOrder) -> WorkTrouble | None:
    """Say what went wrong the last time an order was tried, and when it is tried again; None where nothing did."""
    return db.session.get(WorkTrouble, (Work.PAPER.value, _key_of(order)))


def changed_since(event_id: int, kits: list[PaperKit]) -> dict[int, int]:
    """Count, for each paper, whose registration changed since it was made; one question for all."""
    if not kits:
        return {}
    latest = (
        select(func.max(RegistrationChange.at))
        .join(Registration, Registration.id == RegistrationChange.registration_id)
        .where(Registration.event_id == event_id, RegistrationChange.at > min(kit.made_at for kit in kits))
        .group_by(RegistrationChange.registration_id)
    )
    moments = db.session.scalars(latest).all()
    return {kit.id: sum(at > kit.made_at for at in moments) for kit in kits}


# ---- making


def save_words(event: Event, *, desks: int, words: Bilingual, by: int) -> None:
    """Store between how many desks the list is shared, and what organisers say on the first page."""
    with transaction() as session:
        session.scalars(select(Event.id).where(Event.id == event.id).with_for_update(key_share=True)).one()
        known = session.get(PaperWords, event.id)
        if known is None:
            known = PaperWords(event_id=event.id)
            session.add(known)
        known.desks, known.words = desks, words
        audit.record(session, "paper.words_saved", actor_id=by, scope=event.slug, object_uid=event.uid, desks=desks)


def ask_for(event: Event, when: date, language: Language, *, by: int, now: datetime) -> None:
    """Ask the worker for the paper of a day; asked for twice, it is made once.

    Raises:
        Refused: it is no day of the event, or another paper of it is being made.
    """
    if when not in event.days:
        raise Refused(NOT_A_DAY)
    try:
        with transaction() as session:
            session.add(PaperOrder(event_id=event.id, day=when, language=language, asked_at=now, by_id=by))
            session.flush()
            _note(session, "paper.asked_for", event, when, language, by=by)
    except IntegrityError:
        there = order_of(event.id)
        if there is not None and (there.day, there.language) != (when, language):
            raise Refused(UNDER_WAY) from None


def call_off(event: Event, uid: str, *, by: int) -> None:
    """Ask for a paper no more; one that is made meanwhile is thrown away. Nothing happens where it is made already."""
    with transaction() as session:
        order = session.scalar(
            select(PaperOrder).where(PaperOrder.event_id == event.id, PaperOrder.uid == uid).with_for_update()
        )
        if order is None:
            return
        chores.give_up(session, Work.PAPER, _key_of(order))
        session.delete(order)
        _note(session, "paper.called_off", event, order.day, order.language, by=by)


def go_on(*, type_at: TypeAt, now: datetime) -> int:
    """Make the papers that were asked for, each by itself; any number of workers may call it."""
    orders = db.session.scalars(select(PaperOrder).order_by(PaperOrder.id).options(joinedload(PaperOrder.event))).all()
    asked = {_key_of(order): order.event.slug for order in orders}
    db.session.rollback()
    return chores.each(Work.PAPER, asked.items(), partial(_make_asked, type_at=type_at, now=now), now=now)


def _key_of(order: PaperOrder) -> str:
    return f"asked:{order.uid}"


def _make_asked(key: str, _scope: str, *, type_at: TypeAt, now: datetime) -> int:
    """Make what one order asks for; it takes the place of the paper made before."""
    uid = key.partition(":")[2]
    order = db.session.scalar(select(PaperOrder).where(PaperOrder.uid == uid))
    if order is None:
        return 0
    event, is_day = order.event, order.day in order.event.days
    language: Language = "pl" if order.language == "pl" else "en"
    #: The days of an event may move while somebody waits.
    printed = _print(event, order.day, language, type_at, now) if is_day else None
    try:
        return _settle(uid, event, printed)
    except IntegrityError:
        #: That of the evening came first at the same moment; this one takes its place.
        return _settle(uid, event, printed)


def _settle(uid: str, event: Event, printed: _Printed | None) -> int:
    with transaction() as session:
        order = session.scalar(
            select(PaperOrder).where(PaperOrder.uid == uid).with_for_update().execution_options(populate_existing=True)
        )
        if order is None:
            #: It was called off, or another worker was first.
            return 0
        if printed is not None:
            _put(session, event, printed, by=order.by_id)
            _note(session, "paper.made", event, printed.day, printed.language, by=order.by_id, people=printed.people)
        session.delete(order)
    return 1


def _note(
    session: Session, action: str, event: Event, when: date, language: str, *, by: int | None, **more: int
) -> None:
    known = {"day": when.isoformat(), "language": language}
    audit.record(session, action, actor_id=by, scope=event.slug, object_uid=event.uid, **known, **more)


def _print(event: Event, when: date, language: Language, type_at: TypeAt, now: datetime) -> _Printed:
    words, address = words_of(event.id), type_at(event.slug, language)
    with paper_kit.document(event, when, language=language, words=words, type_at=address, now=now) as (made, people):
        return _Printed(when, language, made.long_pdf(), people, now)


def _put(session: Session, event: Event, printed: _Printed, *, by: int | None) -> PaperKit:
    kit = session.scalar(
        select(PaperKit)
        .where(PaperKit.event_id == event.id, PaperKit.day == printed.day, PaperKit.language == printed.language)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if kit is None:
        kit = PaperKit(event_id=event.id, day=printed.day, language=printed.language, is_of_evening=False)
        session.add(kit)
    kit.content, kit.people, kit.made_at, kit.by_id = printed.content, printed.people, printed.at, by
    session.flush()
    return kit


def taken(event: Event, uid: str, *, by: int) -> tuple[PaperKit, bytes]:
    """Give a paper with what is in it; that it was taken is written down, since it names everybody.

    Raises:
        NotFound: it is not there any more.
    """
    with transaction() as session:
        kit = session.scalar(select(PaperKit).where(PaperKit.event_id == event.id, PaperKit.uid == uid))
        if kit is None:
            raise NotFound(GONE)
        _note(session, "paper.taken", event, kit.day, kit.language, by=by)
        return kit, kit.content


# ---- by itself, in the evening before


def make_due(*, type_at: TypeAt, now: datetime) -> int:
    """Make the papers that are due, each once, and tell those who may print them; any number of workers may call it."""
    due = {f"{event.uid}:{day.isoformat()}": event.slug for event, day in _due(now=now)}
    db.session.rollback()
    return chores.each(Work.PAPER, due.items(), partial(_make_one, type_at=type_at, now=now), now=now)


def _due(*, now: datetime) -> list[tuple[Event, date]]:
    near = timedelta(days=2)
    events = db.session.scalars(
        select(Event)
        .where(
            Event.status == EventStatus.PUBLISHED,
            Event.starts_on <= (now + near).date(),
            Event.ends_on >= (now - near).date(),
            exists().where(Registration.event_id == Event.id, Registration.erased_at.is_(None)),
        )
        .order_by(Event.id)
    ).all()
    rows = db.session.execute(
        select(PaperKit.event_id, PaperKit.day).where(
            PaperKit.event_id.in_([event.id for event in events]), PaperKit.is_of_evening
        )
    )
    made = {(event_id, day) for event_id, day in rows}
    return [
        (event, day)
        for event in events
        for day in due_days(event.days, closes=event.doors_close, zone=event.timezone, now=now)
        if (event.id, day) not in made
    ]


def _make_one(key: str, _scope: str, *, type_at: TypeAt, now: datetime) -> int:
    """Make the paper of one day in each language that its readers speak, and write to them in the same breath."""
    uid, _, said = key.partition(":")
    when = date.fromisoformat(said)
    event = db.session.scalars(select(Event).where(Event.uid == uid)).one()
    readers = readers_of(event.id)
    spoken: list[Language] = [each for each in LANGUAGES if any(who.language == each for who in readers)] or ["pl"]
    printed = [_print(event, when, language, type_at, now) for language in spoken]
    try:
        with transaction() as session:
            kits = [_put(session, event, one, by=None) for one in printed]
            if any(kit.is_of_evening for kit in kits):
                #: Another worker was first, and has written the letters.
                session.rollback()
                return 0
            for kit in kits:
                kit.is_of_evening = True
            for who in readers:
                mail.enqueue(
                    session,
                    LETTER,
                    key=f"{LETTER}:{event.uid}:{said}:{who.id}",
                    to=who.email or "",
                    name=who.name,
                    language=who.language,
                    scope=event.slug,
                    event=event,
                    day=when,
                    people=kits[0].people,
                )
    except IntegrityError:
        #: Another worker has just put the same there.
        return 0
    return len(printed)


def readers_of(event_id: int) -> list[Person]:
    """List who is told that the paper is there: those who look after registrations, of the event's own team if any."""
    today = db.session.scalar(select(func.current_date()))
    grants = [
        one
        for one in team_of(event_id)
        if one.role in {Role.OWNER, Role.REGISTRATIONS} and (one.until is None or str(one.until) >= str(today))
    ]
    own = [one for one in grants if one.event_id is not None] or grants
    return list({one.person_id: one.person for one in own if one.person.email}.values())
