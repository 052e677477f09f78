"""What a release would change, and whom it concerns: pure, from the draft and from what people have."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lsos.agenda.rules import Interval
from lsos.drafting.content import Content, encode
from lsos.drafting.rules import ChangeKind, change_kinds

#: What takes a session from where people know it.
MOVES = frozenset({ChangeKind.TIME, ChangeKind.ROOM, ChangeKind.WITHDRAWN})


@dataclass(frozen=True)
class Change:
    """What a release changes of one session; without kinds it is of no matter to the public."""

    uid: str
    kinds: tuple[ChangeKind, ...]
    before: Content | None
    after: Content

    @property
    def moves(self) -> bool:
        """Say whether people who know where the session is have to learn it anew."""
        return not MOVES.isdisjoint(self.kinds)


def changes_between(released: Mapping[str, Content], contents: Mapping[str, Content]) -> list[Change]:
    """List the sessions that a release changes, in the order of the draft."""
    found = []
    for uid, after in contents.items():
        before = released.get(uid)
        if before != after:
            kinds = change_kinds(encode(before) if before else None, encode(after))
            found.append(Change(uid, tuple(kinds), before, after))
    return found


@dataclass(frozen=True)
class Appointment:
    """A 1:1 meeting, as it stands in somebody's way."""

    uid: str
    when: Interval


@dataclass(frozen=True)
class Guest:
    """Somebody at the event, with what takes their time.

    Attributes:
        key: their person's id.
        signups: uids of sessions they have a place in.
        speaks: uids of sessions they speak in or chair, as released.
    """

    key: int
    name: str
    signups: frozenset[str] = frozenset()
    speaks: frozenset[str] = frozenset()
    meetings: tuple[Appointment, ...] = ()


@dataclass(frozen=True)
class Bump:
    """Two things of one person that come to be at the same time: a session, and another or a meeting."""

    guest: Guest
    uid: str
    other: str | None = None
    meeting: str | None = None


@dataclass(frozen=True)
class Impact:
    """What a release would mean for people.

    Attributes:
        moved: uids of sessions that get another time or room, or are withdrawn.
        signups: who has a place in one of them, by its uid.
        speakers: who speaks in one of them, by its uid.
        bumps: what comes to be at the same time and was not before.
    """

    moved: tuple[str, ...]
    signups: Mapping[str, tuple[Guest, ...]]
    speakers: Mapping[str, tuple[Guest, ...]]
    bumps: tuple[Bump, ...]

    @property
    def signup_count(self) -> int:
        """Count the places that move."""
        return sum(map(len, self.signups.values()))

    @property
    def speaker_count(self) -> int:
        """Count the people who speak in what moves, each once."""
        return len({guest.key for guests in self.speakers.values() for guest in guests})

    @property
    def meetings(self) -> frozenset[str]:
        """Name the 1:1 meetings that come to be in the way."""
        return frozenset(bump.meeting for bump in self.bumps if bump.meeting)

    @property
    def bumped(self) -> tuple[Guest, ...]:
        """Name whoever gets a clash, once each."""
        return tuple({bump.guest.key: bump.guest for bump in self.bumps}.values())


def impact_of(
    changes: Sequence[Change],
    released: Mapping[str, Content],
    contents: Mapping[str, Content],
    guests: Collection[Guest],
) -> Impact:
    """Say what a release would mean for people.

    Args:
        changes: see `changes_between`.
        released: uid -> what is released, of every session that somebody has.
        contents: uid -> what the draft says.
        guests: everybody who has a place or speaks in one of the changed sessions; others may be among them.
    """
    moved = {change.uid: change for change in changes if change.moves}
    speaking = _speaking(contents)
    signups: dict[str, list[Guest]] = defaultdict(list)
    speakers: dict[str, list[Guest]] = defaultdict(list)
    bumps: list[Bump] = []
    for guest in guests:
        for uid in moved:
            if uid in guest.signups:
                signups[uid].append(guest)
            if uid in guest.speaks:
                speakers[uid].append(guest)
        before = set(_bumps(guest, guest.signups | guest.speaks, released))
        after = _bumps(guest, guest.signups | speaking.get(guest.key, frozenset()), contents)
        bumps += [bump for bump in after if bump not in before]
    return Impact(
        tuple(moved),
        {uid: tuple(signups[uid]) for uid in moved if uid in signups},
        {uid: tuple(speakers[uid]) for uid in moved if uid in speakers},
        tuple(bumps),
    )


def clashes_at(
    uid: str,
    impact: Impact,
    released: Mapping[str, Content],
    contents: Mapping[str, Content],
    guests: Collection[Guest],
) -> Callable[[Interval], int]:
    """Say, of any other time of one session of the draft, how many people the release would get into a clash then.

    The arguments are those of `impact_of`, and its answer: what does not hang on that time is not asked again.
    """
    anyway = {bump.guest.key for bump in impact.bumps if uid not in (bump.uid, bump.other)}
    speaking = _speaking(contents)
    busy: list[list[Interval]] = []
    for guest in guests:
        mine = guest.signups | speaking.get(guest.key, frozenset())
        if uid not in mine or guest.key in anyway:
            continue
        had = guest.signups | guest.speaks
        before = _time(released, uid) if uid in had else None
        known = {other for other in had if before and (was := _time(released, other)) and was.overlaps(before)}
        busy.append(
            [when for other in mine - known - {uid} if (when := _time(contents, other))]
            + [each.when for each in guest.meetings if not (before and before.overlaps(each.when))]
        )
    return lambda when: len(anyway) + sum(any(map(when.overlaps, them)) for them in busy)


def _time(contents: Mapping[str, Content], uid: str) -> Interval | None:
    content = contents.get(uid)
    return None if content is None or content.is_withdrawn else content.when


def _speaking(contents: Mapping[str, Content]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for uid, content in contents.items():
        for person_id in content.person_ids:
            found[person_id].add(uid)
    return {person_id: frozenset(uids) for person_id, uids in found.items()}


def _bumps(guest: Guest, uids: Collection[str], contents: Mapping[str, Content]) -> Iterator[Bump]:
    """Give what of somebody's things is at the same time, each pair once."""
    times = sorted((when, uid) for uid in uids if (when := _time(contents, uid)) is not None)
    for place, (when, uid) in enumerate(times):
        for other_when, other in times[place + 1 :]:
            if not when.overlaps(other_when):
                break
            yield Bump(guest, min(uid, other), max(uid, other))
        for meeting in guest.meetings:
            if when.overlaps(meeting.when):
                yield Bump(guest, uid, meeting=meeting.uid)
