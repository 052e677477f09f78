"""Invented people ask one another for meetings, answer, and find times and tables."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from lsos.agenda.rules import Interval
from lsos.editions.bulk import add_rows, add_with_ids
from lsos.editions.filling import Guest
from lsos.editions.invention import message, talk
from lsos.events.models import Event
from lsos.meetings.limits import first_refusal, limits_of
from lsos.meetings.models import (
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
    RequestNote,
    Wish,
)
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState, WishGrade
from lsos.registration.rules import Direction

#: How many requests a person sends, on average.
_REQUESTS: Final = 2.2
#: What becomes of a request; the shares need no common sum.
_ANSWERS: Final = {
    RequestState.ACCEPTED: 28,
    RequestState.OPEN: 42,
    RequestState.DECLINED: 16,
    RequestState.WITHDRAWN: 7,
    RequestState.EXPIRED: 7,
}
#: Of all places, slots times tables, so many are taken by what people arranged; the matching finds the rest free.
_ARRANGED: Final = 0.4
#: Beyond these, so many more accepted requests wait for a time.
_WAITING: Final = 0.02
_CANCELLED: Final = 0.04
#: Of so many requests one has a question before the answer.
_TALKING: Final = 9
#: So many others somebody says something of, each as often as it stands here.
_WISHES: Final = (0, 0, 0, 1, 2)
#: Somebody who keeps a slot free of meetings.
_BLOCKING: Final = 0.06
#: The one whom visitors sign in as finds these, in this order, whatever the draw says.
_FOR_ATTENDEE: Final = (
    (RequestState.OPEN, False), (RequestState.OPEN, False), (RequestState.OPEN, False), (RequestState.ACCEPTED, False),
    (RequestState.ACCEPTED, True), (RequestState.OPEN, True), (RequestState.DECLINED, True),
)  # fmt: skip


@dataclass
class _Wish:
    """Somebody wants to meet somebody, because of what one of them offers or seeks."""

    asker: Guest
    other: Guest
    listing_id: int | None
    state: RequestState
    asked_at: datetime
    answered_at: datetime | None
    expires_at: datetime
    request_id: int = 0
    is_called_off: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        one, other = self.asker.registration_id, self.other.registration_id
        return (one, other) if one < other else (other, one)


class Bookings:
    """The meetings that a filling arranges."""

    def __init__(self, session: DatabaseSession, event: Event, seed: int, now: datetime) -> None:
        self.session = session
        self.event = event
        self.seed = seed
        self.now = now
        self.settings = session.get(MeetingSettings, event.id)
        here = select(MeetingSlot).where(MeetingSlot.event_id == event.id).order_by(MeetingSlot.starts_at)
        self.slots = list(session.scalars(here))
        self.blocked: dict[int, set[int]] = defaultdict(set)

    def arrange(self, guests: Sequence[Guest]) -> None:
        """Let these people ask one another, and place what was accepted."""
        people = [guest for guest in guests if guest.takes_part]
        if self.settings is None or not self.slots or len(people) < 2:
            return
        random = Random(f"{self.seed}/{self.event.slug}/bookings/{people[0].person.number}")  # noqa: S311  # repeated
        self._block(people, random)
        self._say_wishes(people)
        wishes = self._wishes(people, random)
        places = self._place(wishes, random)
        self._write(wishes, places)

    # ---- who asks whom

    def _wishes(self, people: Sequence[Guest], random: Random) -> list[_Wish]:
        sides: dict[tuple[Direction, str], list[Guest]] = defaultdict(list)
        for guest in people:
            for side in guest.listings:
                sides[side].append(guest)
        wishes: dict[tuple[int, int], _Wish] = {}
        ordinary = [guest for guest in people if not guest.is_attendee]
        wanted = [(asker, self._draw(random)) for asker in ordinary for _ in range(_times(random))]
        for asker, state in [*self._of_attendee(people), *wanted]:
            found = self._someone_for(asker, people, sides, random)
            if found is None:
                continue
            other, listing_id = found
            wish = self._wish(asker, other, listing_id, state, random)
            wishes.setdefault(wish.pair, wish)
        for guest in people:
            if guest.is_attendee:
                self._ask_attendee(guest, people, wishes, random)
        return list(wishes.values())

    @staticmethod
    def _draw(random: Random) -> RequestState:
        return random.choices(list(_ANSWERS), weights=list(_ANSWERS.values()))[0]

    def _is_over(self) -> bool:
        return self.slots[-1].ends_at <= self.now

    def _of_attendee(self, people: Sequence[Guest]) -> list[tuple[Guest, RequestState]]:
        attendees = [guest for guest in people if guest.is_attendee]
        return [(guest, state) for guest in attendees for state, is_own in _FOR_ATTENDEE if is_own]

    def _ask_attendee(
        self, attendee: Guest, people: Sequence[Guest], wishes: dict[tuple[int, int], _Wish], random: Random
    ) -> None:
        """Let as many ask the one whom visitors sign in as, as they should find."""
        states = [state for state, is_own in _FOR_ATTENDEE if not is_own]
        others = [one for one in people if one.organisation_id != attendee.organisation_id]
        for other in random.sample(others, len(others)):
            if not states:
                return
            wish = self._wish(other, attendee, _first(attendee, random), states[0], random)
            if wish.pair not in wishes:
                wishes[wish.pair] = wish
                states.pop(0)

    def _someone_for(
        self, asker: Guest, people: Sequence[Guest], sides: dict[tuple[Direction, str], list[Guest]], random: Random
    ) -> tuple[Guest, int | None] | None:
        """Find somebody who offers what the asker seeks, or seeks what they offer; now and then just anybody."""
        for _ in range(4):
            side = random.choice(list(asker.listings)) if asker.listings and random.random() < 0.9 else None
            opposite = (_OTHER[side[0]], side[1]) if side else None
            pool = sides.get(opposite, []) if opposite else people
            other = random.choice(pool) if pool else None
            if other is not None and other is not asker and not _are_colleagues(asker, other) and not other.is_attendee:
                return other, other.listings.get(opposite) if opposite else None
        return None

    def _wish(self, asker: Guest, other: Guest, listing_id: int | None, state: RequestState, random: Random) -> _Wish:
        assert self.settings is not None
        if state is RequestState.OPEN and self._is_over():
            state = RequestState.EXPIRED
        life = timedelta(hours=self.settings.request_hours)
        known = max(asker.steps[-1][1], other.steps[-1][1])
        #: People ask before the event, and what is open was asked so lately that it has not expired.
        latest = min(self.now, self.slots[-1].ends_at)
        #: The one whom visitors sign in as has most of that time left, to find them open tomorrow as well.
        ago = life * (0.1 if asker.is_attendee or other.is_attendee else 0.8)
        first = max(known, self.now - ago) if state is RequestState.OPEN else known
        last = latest - life if state is RequestState.EXPIRED else latest
        asked_at = first + random.random() * max(last - first, timedelta())
        answered_at = None
        if state not in {RequestState.OPEN, RequestState.EXPIRED}:
            answered_at = min(asked_at + random.random() * life, latest)
        expires_at = min(asked_at + life, max(self.slots[-1].ends_at, asked_at))
        called_off = state is RequestState.ACCEPTED and random.random() < _CANCELLED and not asker.is_attendee
        return _Wish(asker, other, listing_id, state, asked_at, answered_at, expires_at, is_called_off=called_off)

    def _say_wishes(self, people: Sequence[Guest]) -> None:
        """Let some say whom they have to meet, would like to, or know already; the visitors' own says each once."""
        random = Random(f"{self.seed}/{self.event.slug}/wishes/{people[0].person.number}")  # noqa: S311  # repeated
        rows = []
        for guest in people:
            grades = list(WishGrade) if guest.is_attendee else random.choices(list(WishGrade), k=random.choice(_WISHES))
            others = random.sample(people, min(len(people), 2 * len(grades)))
            chosen = [one for one in others if one is not guest and not _are_colleagues(guest, one)]
            rows += [
                {
                    "registration_id": guest.registration_id,
                    "other_id": other.registration_id,
                    "grade": grade,
                    "at": max(guest.steps[-1][1], other.steps[-1][1]),
                }
                for other, grade in zip(chosen, grades, strict=False)
            ]
        add_rows(self.session, Wish, rows)

    # ---- times and tables

    def _block(self, people: Sequence[Guest], random: Random) -> None:
        """Let a few keep slots free of meetings."""
        for guest in people:
            if random.random() < _BLOCKING and not guest.is_attendee:
                first = random.randrange(len(self.slots))
                self.blocked[guest.registration_id] = {slot.id for slot in self.slots[first : first + 2]}
        rows = [{"registration_id": one, "slot_id": slot} for one, ids in self.blocked.items() for slot in sorted(ids)]
        add_rows(self.session, BlockedSlot, rows)

    def _place(self, wishes: Sequence[_Wish], random: Random) -> dict[int, tuple[MeetingSlot, int]]:
        """Find a slot and a table for what was accepted; what finds none is declined, or waits."""
        assert self.settings is not None
        tables = self._free_tables()
        left = int(_ARRANGED * sum(map(len, tables.values())))
        waiting = int(_WAITING * sum(map(len, tables.values()))) + 1
        busy: dict[int, set[int]] = defaultdict(set)
        budget = limits_of({one for wish in wishes for one in wish.pair})
        places: dict[int, tuple[MeetingSlot, int]] = {}
        accepted = [n for n, wish in enumerate(wishes) if wish.state is RequestState.ACCEPTED]
        accepted.sort(key=lambda n: not (wishes[n].asker.is_attendee or wishes[n].other.is_attendee))
        for n in accepted:
            wish = wishes[n]
            ids = wish.pair
            for guest in (wish.asker, wish.other):
                if guest.registration_id not in busy:
                    busy[guest.registration_id] = self._busy(guest)
            common = [s for s in self.slots if tables[s.id] and not any(s.id in busy[one] for one in ids)]
            common = [s for s in common if s.starts_at > (wish.answered_at or self.now)]
            common = [s for s in common if first_refusal([budget[one] for one in ids], s.starts_at) is None]
            if left and common:
                slot = random.choice(common)
                places[n] = slot, tables[slot.id].pop(0)
                left -= 1
                for one in ids:
                    busy[one].add(slot.id)
                    budget[one].take(slot.starts_at)
            elif waiting:
                waiting -= 1
            else:
                wish.state = RequestState.DECLINED
        return places

    def _busy(self, guest: Guest) -> set[int]:
        """Give the slots in which somebody sits in a session, keeps their time, or is not there at all."""
        zone = ZoneInfo(self.event.timezone)
        sessions = [one.when for one in guest.sessions if one.when]
        return self.blocked.get(guest.registration_id, set()) | {
            slot.id
            for slot in self.slots
            if any(Interval(slot.starts_at, slot.ends_at).overlaps(other) for other in sessions)
            or not guest.comes_on(slot.starts_at.astimezone(zone).date())
        }

    def _free_tables(self) -> dict[int, list[int]]:
        numbered = select(MeetingTable.id).where(MeetingTable.event_id == self.event.id).order_by(MeetingTable.number)
        tables = list(self.session.scalars(numbered))
        rows = self.session.execute(
            select(Meeting.slot_id, Meeting.table_id).where(
                Meeting.event_id == self.event.id, Meeting.slot_id.is_not(None)
            )
        )
        taken = {(row.slot_id, row.table_id) for row in rows}
        return {slot.id: [table for table in tables if (slot.id, table) not in taken] for slot in self.slots}

    # ---- writing down

    def _write(self, wishes: Sequence[_Wish], places: dict[int, tuple[MeetingSlot, int]]) -> None:
        called_off = [n for n in places if wishes[n].is_called_off]
        for n in called_off:
            wishes[n].state = RequestState.WITHDRAWN
        rows = [
            {
                "event_id": self.event.id,
                "from_id": wish.asker.registration_id,
                "to_id": wish.other.registration_id,
                "low_id": wish.pair[0],
                "high_id": wish.pair[1],
                "state": wish.state,
                "message": message(self.seed, n, wish.other.person.language),
                "listing_id": wish.listing_id,
                "asked_at": wish.asked_at,
                "answered_at": wish.answered_at,
                "expires_at": wish.expires_at,
            }
            for n, wish in enumerate(wishes)
        ]
        ids = add_with_ids(self.session, MeetingRequest, rows)
        add_rows(self.session, RequestNote, self._talk(wishes, ids))
        placed = sorted(places, key=lambda n: wishes[n].answered_at or self.now)
        meetings: list[dict[str, Any]] = [
            {
                "event_id": self.event.id,
                "request_id": ids[n],
                "origin": MeetingOrigin.REQUEST,
                "state": MeetingState.CANCELLED if wishes[n].is_called_off else MeetingState.SCHEDULED,
                "first_id": wishes[n].pair[0],
                "second_id": wishes[n].pair[1],
                "slot_id": None if wishes[n].is_called_off else places[n][0].id,
                "table_id": None if wishes[n].is_called_off else places[n][1],
                "starts_at": places[n][0].starts_at,
                "ends_at": places[n][0].ends_at,
                "sequence": int(wishes[n].is_called_off),
                "created_at": wishes[n].answered_at or self.now,
            }
            for n in placed
        ]
        add_rows(
            self.session,
            MeetingParticipant,
            [
                {"meeting_id": meeting_id, "registration_id": one, "slot_id": meeting["slot_id"]}
                for meeting_id, meeting in zip(add_with_ids(self.session, Meeting, meetings), meetings, strict=True)
                for one in (meeting["first_id"], meeting["second_id"])
            ],
        )

    def _talk(self, wishes: Sequence[_Wish], ids: Sequence[int]) -> list[dict[str, Any]]:
        """Let a few ask something before they answer; the one whom visitors sign in as finds a question and a reply."""
        notes: list[dict[str, Any]] = []
        of_attendee = {True: 0, False: 0}
        for n, wish in enumerate(wishes):
            is_own = wish.asker.is_attendee
            is_first = False
            if wish.state is RequestState.OPEN and (is_own or wish.other.is_attendee):
                of_attendee[is_own] += 1
                is_first = of_attendee[is_own] == 1
            if not is_first and (n % _TALKING or wish.state is RequestState.EXPIRED):
                continue
            until = min(wish.answered_at or self.now, wish.expires_at)
            question, reply = talk(self.seed, n, wish.asker.person.language)
            said = [(wish.other, question)]
            if not (is_first and is_own) and (is_first or wish.state is not RequestState.OPEN or n % (2 * _TALKING)):
                said.append((wish.asker, reply))
            step = max(until - wish.asked_at, timedelta()) / (len(said) + 1)
            notes += [
                {
                    "request_id": ids[n],
                    "author_id": guest.registration_id,
                    "at": wish.asked_at + step * (place + 1),
                    "text": words,
                }
                for place, (guest, words) in enumerate(said)
            ]
        return notes


_OTHER: Final = {Direction.OFFER: Direction.SEEK, Direction.SEEK: Direction.OFFER}


def _times(random: Random) -> int:
    """Draw how many requests somebody sends: many none, few many."""
    return min(12, int(random.expovariate(1 / (_REQUESTS + 0.5))))


def _are_colleagues(one: Guest, other: Guest) -> bool:
    return one.organisation_id is not None and one.organisation_id == other.organisation_id


def _first(guest: Guest, random: Random) -> int | None:
    return random.choice(list(guest.listings.values())) if guest.listings else None
