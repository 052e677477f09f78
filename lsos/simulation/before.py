"""What people do before the event: wish, ask, answer, sign up for sessions, change their minds, leave, come late."""

from functools import partial
from typing import Final

from sqlalchemy import func, select

from lsos.agenda import service as agenda
from lsos.agenda import waiting
from lsos.agenda.models import Session, SessionSignup
from lsos.db import db
from lsos.editions.invention import message, talk
from lsos.matchmaking.days import Half
from lsos.meetings import direct, organisation_requests, preferring, requesting, service, wishing
from lsos.meetings.direct_rules import Bookable
from lsos.meetings.models import MeetingParticipant, MeetingRequest, Suggestion
from lsos.meetings.preferences import Preference
from lsos.meetings.queries import meeting_intervals, unplaced_requests
from lsos.meetings.rules import RequestState, WishGrade
from lsos.meetings.threads import threads_of
from lsos.organisations.models import Organisation
from lsos.registration import service as registration
from lsos.registration.rules import RegistrationState
from lsos.simulation import promises
from lsos.simulation.changing import change_plans
from lsos.simulation.newcomers import Newcomer
from lsos.simulation.world import Body, World
from lsos.web.leaving import release_time

#: In all the days before the event somebody asks so often; so many of those asked are among the best suggestions.
ASKS: Final = 2.4
_SUGGESTED, _BEST = 0.7, 12
#: In the same time so many wish, never meet somebody, keep a time free, sign up for one more session.
_WISHES, _NEVERS, _BLOCKS, _SIGN_UPS = 0.9, 0.03, 0.12, 0.5
_OF_ALL: Final = 0.3
_PREFERENCES: Final = 0.2
#: So many ask an organisation instead of one of its people; and on one day so many such requests are handed on.
_ORGANISATION, _HAND_ON = 0.15, 0.2
#: Of the open requests so many are accepted, declined and asked about on one day; most questions are answered.
_ACCEPT, _DECLINE, _QUESTION, _REPLY = 0.3, 0.1, 0.08, 0.6
#: On one day so many requests are taken back, people gone, places in sessions given back.
_WITHDRAW, _GONE, _GIVE_BACK = 0.01, 0.002, 0.004
#: Of the agreed requests without a time so many are looked after each time.
_LOOK = 0.3


def a_day(world: World, *, of: int) -> None:
    """Let one of so many days before the event pass, with all that people do on it."""
    people = world.who_meets()
    _wish(world, people, 1 / of)
    ask(world, people, ASKS / of)
    _hand_on(world, people)
    answer(world)
    _take_time(world, world.everybody(), 1 / of)
    _prefer(world, people, 1 / of)
    look_for_times(world)
    change_plans(world)
    _leave(world, world.everybody())


# ---- whom to meet


def _wish(world: World, people: list[Body], share: float) -> None:
    for me in world.some(people, _WISHES * share):
        grade = world.random.choice(list(WishGrade))
        world.act("wish", partial(wishing.wish, me.id, world.random.choice(people).uid, grade, now=world.now), me.id)
    for me in world.some(people, _NEVERS * share):
        world.act("never", partial(_never, world, me, world.random.choice(people)), me.id)


def _never(world: World, me: Body, other: Body) -> None:
    wishing.avoid(me.id, other.uid, whole_organisation=world.happens(_OF_ALL), now=world.now)
    #: What the two agreed before stays until one of them takes it back.
    world.known |= promises.against_a_never(world.event_id)


def ask(world: World, people: list[Body], share: float) -> None:
    """Let people ask others for meetings, most of them among their best suggestions."""
    best = _suggestions()
    uids = {one.id: one.uid for one in people}
    names = {row[0]: row[1] for row in db.session.execute(select(Organisation.id, Organisation.uid))}
    offices = {one.id: names[one.organisation_id] for one in people if one.organisation_id is not None}
    for me in people:
        for _ in range(world.times(share)):
            mine = best.get(me.id) if world.happens(_SUGGESTED) else None
            other_id = world.random.choice(mine or list(uids))
            if world.happens(_ORGANISATION):
                _ask_organisation(world, me, offices.get(other_id))
            elif other_id in uids:
                words = message(world.stage.seed, me.id + other_id, "en")
                world.act("ask", partial(requesting.ask, me.id, uids[other_id], words, now=world.now), me.id, other_id)


def _ask_organisation(world: World, me: Body, uid: str | None) -> None:
    if uid is not None:
        asked = partial(organisation_requests.ask_organisation, me.id, uid, "", now=world.now)
        world.act("ask an organisation", asked, me.id)


def _hand_on(world: World, people: list[Body]) -> None:
    """Let people hand on to a colleague what their organisation was asked, whosever turn it is."""
    rows = db.session.execute(
        select(MeetingRequest.uid, MeetingRequest.to_organisation_id, MeetingRequest.from_id)
        .where(
            MeetingRequest.event_id == world.event_id,
            MeetingRequest.to_organisation_id.is_not(None),
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > world.now,
        )
        .order_by(MeetingRequest.id)
    )
    for uid, organisation_id, asker in world.some(rows.all(), _HAND_ON):
        colleagues = [one for one in people if one.organisation_id == organisation_id]
        if colleagues:
            by, to = world.random.choice(colleagues), world.random.choice(colleagues)
            handed = partial(organisation_requests.hand_on, uid, to.uid, by=by.id, now=world.now)
            world.act("hand on a request", handed, by.id, to.id, asker)


def _suggestions() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        select(Suggestion.registration_id, Suggestion.other_id)
        .where(Suggestion.rank <= _BEST)
        .order_by(Suggestion.registration_id, Suggestion.rank)
    )
    for me, other in rows:
        found.setdefault(me, []).append(other)
    return found


def answer(world: World, eagerness: float = 1.0) -> None:
    """Let people answer what they were asked, or ask something first; askers reply, or take their request back."""
    for request, waits_for_asker in _open(world):
        who = (request.from_id, request.to_id)
        draw = world.random.random() / eagerness
        question, reply = talk(world.stage.seed, request.id, "en")
        if waits_for_asker:
            if draw < _REPLY:
                told = partial(requesting.write_note, request.uid, reply, by=request.from_id, now=world.now)
                world.act("reply", told, *who)
        elif draw < _ACCEPT + _DECLINE:
            accept = draw < _ACCEPT
            answered = partial(requesting.answer, request.uid, by=request.to_id, accept=accept, now=world.now)
            world.act("accept" if accept else "decline", answered, *who)
        elif draw < _ACCEPT + _DECLINE + _QUESTION:
            asked = partial(requesting.write_note, request.uid, question, by=request.to_id, now=world.now)
            world.act("question", asked, *who)
        elif draw < _ACCEPT + _DECLINE + _QUESTION + _WITHDRAW:
            back = partial(requesting.withdraw, request.uid, by=request.from_id, now=world.now)
            world.act("withdraw", back, *who)


def _open(world: World) -> list[tuple[MeetingRequest, bool]]:
    """List the open requests that whoever is asked sees, and whether they wait for the asker."""
    found = db.session.scalars(
        select(MeetingRequest)
        .where(
            MeetingRequest.event_id == world.event_id,
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > world.now,
        )
        .order_by(MeetingRequest.id)
    ).all()
    threads = threads_of(found)
    return [(request, threads[request.id].waits_for_asker) for request in found]


# ---- one's own time


def _take_time(world: World, people: list[Body], share: float) -> None:
    """Let people keep times free, and sign up for sessions; where one is full, they wait in its line."""
    slots, programme = world.slots(), _programme(world)
    for me in world.some(people, _BLOCKS * share):
        at = world.random.choice(slots).starts_at
        world.act("block", partial(service.block_slot, me.id, at, now=world.now), me.id)
        if world.happens(0.2):
            world.act("unblock", partial(service.unblock_slot, me.id, at), me.id)
    for me in world.some(people, _SIGN_UPS * share):
        what = world.random.choice(programme)
        take = partial(agenda.sign_up, me.id, what, meetings=meeting_intervals, now=world.now)
        if world.act("sign up", take, me.id) is None and world.happens(0.3):
            world.act("wait for a seat", partial(waiting.wait, me.id, what, now=world.now), me.id)
    for registration_id, session_id in world.some(_places(world), _GIVE_BACK):
        leave = partial(agenda.leave, registration_id, session_id, now=world.now)
        world.act("leave a session", leave, registration_id)


def _prefer(world: World, people: list[Body], share: float) -> None:
    """Let people say what suits them; who wants fewer meetings than they have would have to call some off first."""
    for me in world.some(people, _PREFERENCES * share):
        had = db.session.scalar(select(func.count()).where(MeetingParticipant.registration_id == me.id)) or 0
        wished = Preference(
            bookable=world.random.choice(list(Bookable)),
            compact=world.happens(0.4),
            half=world.random.choice([None, *Half]),
            rest_after=world.random.choice([None, 2, 3]),
            keeps_lunch=world.happens(0.3),
            most_meetings=had + world.random.randrange(1, 8),
            most_a_day=max(had, 1) + world.random.randrange(0, 4),
        )
        world.act("say what suits", partial(preferring.save_preference, me.id, wished), me.id)


def book_now(world: World, people: list[Body], share: float) -> None:
    """Let people book a time with somebody at once."""
    for me in world.some(people, share):
        other = world.random.choice(people)
        at = world.free_time(me.id, other.id)
        if at is not None:
            world.act("book now", partial(direct.book_now, me.id, other.uid, at, now=world.now), me.id, other.id)


def _programme(world: World) -> list[int]:
    where = Session.event_id == world.event_id, Session.takes_signups, Session.starts_at.is_not(None)
    return list(db.session.scalars(select(Session.id).where(*where).order_by(Session.id)))


def _places(world: World) -> list[tuple[int, int]]:
    rows = db.session.execute(
        select(SessionSignup.registration_id, SessionSignup.session_id)
        .join(Session, Session.id == SessionSignup.session_id)
        .where(Session.event_id == world.event_id, Session.starts_at > world.now)
        .order_by(SessionSignup.registration_id, SessionSignup.session_id)
    )
    return [(row[0], row[1]) for row in rows]


# ---- second thoughts


def look_for_times(world: World) -> None:
    """Let those whose agreed request waits for a time look for one again."""
    for request in unplaced_requests(world.event_id):
        who = request.low_id, request.high_id
        if world.happens(_LOOK):
            look = partial(requesting.find_time, request.uid, by=world.random.choice(who), now=world.now)
            world.act("look for a time", look, *who)


def _leave(world: World, people: list[Body]) -> None:
    for me in world.some(people, _GONE):
        leave(world, me)


def leave(world: World, me: Body) -> None:
    """Let somebody say that they do not come after all; whom they were to meet is told."""
    cancelled = partial(
        registration.move,
        world.event_id,
        me.uid,
        RegistrationState.CANCELLED,
        by=me.person_id,
        release=release_time(actor_id=me.person_id, now=world.now),
        now=world.now,
    )
    world.act("leave the event", cancelled)


def register(world: World, who: Newcomer) -> None:
    """Let somebody register; where an organiser has to approve them, one does."""
    registering = partial(
        registration.register,
        world.event_id,
        who.type_code,
        who.details,
        who.agrees_to,
        by=None,
        now=world.now,
    )
    made = world.act("register late", registering)
    if made is None or made.registration is None or made.state is not RegistrationState.PENDING:
        return
    organiser_id = world.stage.organiser_id
    approved = partial(
        registration.move,
        world.event_id,
        made.registration.uid,
        RegistrationState.CONFIRMED,
        by=organiser_id,
        release=release_time(actor_id=organiser_id, now=world.now),
        now=world.now,
    )
    world.act("approve", approved, made.registration.id)
