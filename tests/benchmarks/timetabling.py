"""Real programmes built anew from rooms, hours, lengths, tracks and speakers: `python -m tests.benchmarks.timetabling`.

The programmes lie in ../shared/data/programmes. A room is open on a day from the start of its first talk to the end of
its last. Overlaps are counted here, by a few lines that share nothing with the builder.
"""

import argparse
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from xml.etree import ElementTree as ET

from lsos.timetabling.board import Board
from lsos.timetabling.building import Ended, Mode, answer, build
from lsos.timetabling.costs import shape
from lsos.timetabling.filling import first_fit
from lsos.timetabling.instance import Instance
from lsos.timetabling.interest import Wish, audiences
from lsos.timetabling.problem import Place, Problem, Room, Session, Span

PROGRAMMES = Path(__file__).resolve().parents[3] / "shared" / "data" / "programmes"
#: What ../shared/data/programmes/SOURCE.md says of its own first fit: share in the main room, share of room changes.
REFERENCE = {"FOSDEM 2014": (0.943, 0.106), "camp 2019": (1.0, None)}
ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 - local
Places = Mapping[str, Place]


@dataclass(frozen=True)
class Talk:
    """One talk of a real programme; times in minutes."""

    key: str
    day: int
    room: str
    start: int
    minutes: int
    track: str
    people: tuple[str, ...]


def length(text: str) -> int:
    """Read 01:30."""
    hours, minutes = text.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def fosdem() -> list[Talk]:
    """Read FOSDEM 2014."""
    with gzip.open(PROGRAMMES / "fosdem-2014.xml.gz") as file:
        root = ET.parse(file).getroot()
    return [
        Talk(
            event.get("id", ""),
            day,
            room.get("name", ""),
            day * 1440 + length(event.findtext("start", "")),
            length(event.findtext("duration", "")),
            event.findtext("track", ""),
            tuple(dict.fromkeys(person.get("id", "") for person in event.iter("person"))),
        )
        for day, each in enumerate(root.iter("day"))
        for room in each.iter("room")
        for event in room.iter("event")
    ]


def camp() -> list[Talk]:
    """Read the camp of 2019, whose nights go on past midnight."""
    with gzip.open(PROGRAMMES / "frab-camp2019.json.gz") as file:
        days = json.load(file)["schedule"]["conference"]["days"]
    return [
        Talk(
            str(event["id"]),
            day,
            room,
            (datetime.fromisoformat(event["date"]).replace(tzinfo=None) - ZERO) // timedelta(minutes=1),
            length(event["duration"]),
            event["track"],
            tuple(dict.fromkeys(str(person["id"]) for person in event["persons"])),
        )
        for day, each in enumerate(days)
        for room, events in each["rooms"].items()
        for event in events
    ]


def problem_of(talks: Sequence[Talk]) -> tuple[Problem, dict[str, Place]]:
    """Take all times away; give the real ones beside."""
    hours: dict[str, dict[int, Span]] = defaultdict(dict)
    for talk in talks:
        known = hours[talk.room].get(talk.day, Span(talk.start, talk.start + talk.minutes))
        span = Span(min(known.start, talk.start), max(known.end, talk.start + talk.minutes))
        hours[talk.room][talk.day] = span
    rooms = [Room(name, tuple(sorted(days.values()))) for name, days in hours.items()]
    sessions = [Session(talk.key, talk.minutes, talk.track, talk.people) for talk in talks]
    return Problem(rooms, sessions), {talk.key: Place(talk.room, talk.start) for talk in talks}


def overlaps(problem: Problem, places: Places) -> tuple[int, int]:
    """Count pairs of talks at the same time in a room, and at the same time with the same speaker."""
    sessions = [each for each in problem.sessions if each.key in places]
    rooms = people = 0
    for number, a in enumerate(sessions):
        for b in sessions[:number]:
            one, other = places[a.key], places[b.key]
            if one.start < other.start + b.minutes and other.start < one.start + a.minutes:
                rooms += one.room == other.room
                people += not set(a.people).isdisjoint(b.people)
    return rooms, people


def lost(problem: Problem, places: Places) -> float:
    """Say which share of the pairs of talks that somebody wants both of are at the same time."""
    minutes = {each.key: each.minutes for each in problem.sessions}
    together = sum(
        weight
        for (a, b), weight in problem.audiences.items()
        if a in places
        and b in places
        and places[a].start < places[b].start + minutes[b]
        and places[b].start < places[a].start + minutes[a]
    )
    whole = sum(problem.audiences.values())
    return together / whole if whole else 0.0


def by_first_fit(problem: Problem) -> Places:
    """Build a programme by first fit alone."""
    board = Board(Instance(problem, range(len(problem.sessions))))
    first_fit(board)
    return answer(problem, board, seconds=0.0, ended=Ended.DONE).places


def starred(problem: Problem, seed: int, people: int = 1200) -> Problem:
    """Invent people who each star twelve talks, nine of them of two tracks, and rooms that differ in size."""
    random = Random(seed)
    by_track: dict[str, list[str]] = defaultdict(list)
    for session in problem.sessions:
        by_track[session.track or ""].append(session.key)
    keys, tracks = [each.key for each in problem.sessions], sorted(by_track)
    wishes = []
    for _ in range(people):
        near = [key for track in random.sample(tracks, 2) for key in by_track[track]]
        mine = random.sample(near, min(9, len(near)))
        wishes.append(Wish((*mine, *random.sample([key for key in keys if key not in mine], 3))))
    wanted: dict[str, int] = defaultdict(int)
    for wish in wishes:
        for key in wish.sessions:
            wanted[key] += 1
    most = max(wanted.values())
    sizes = [
        round(most * (0.4 + 0.8 * number / max(1, len(problem.rooms) - 1))) for number in range(len(problem.rooms))
    ]
    random.shuffle(sizes)
    return replace(
        problem,
        audiences=audiences(wishes),
        sessions=[replace(each, audience=wanted[each.key]) for each in problem.sessions],
        rooms=[replace(room, capacity=size) for room, size in zip(problem.rooms, sizes, strict=True)],
    )


def line(name: str, problem: Problem, places: Places, seconds: float | None = None, ended: str = "") -> str:
    """Say how good a programme is."""
    found = shape(problem, places)
    rooms, people = overlaps(problem, places)
    small = sum(
        (room.capacity or 0) < (session.audience or 0)
        for session in problem.sessions
        if session.key in places
        for room in [problem.rooms[problem.room_numbers[places[session.key].room]]]
    )
    told = f"{name:24} {len(places):5} {rooms:5} {people:8} {found.main_room:9.3f} {found.room_changes:8.3f}"
    told += f" {lost(problem, places):6.3f} {small:9}" if problem.audiences else f" {'–':>6} {'–':>9}"
    return told + (f" {seconds:8.2f} {ended}" if seconds is not None else "")


def plain(name: str, talks: list[Talk], seconds: float) -> Iterator[str]:
    """Compare the real programme, first fit and the builder."""
    problem, real = problem_of(talks)
    yield f"\n{name}: {len(talks)} talks, {len(problem.rooms)} rooms, {len(problem.day_starts)} days"
    heads = f"{'':24} {'talks':>5} {'rooms':>5} {'speakers':>8} {'main room':>9} {'changes':>8}"
    yield f"{heads} {'lost':>6} {'too small':>9} {'seconds':>8}"
    yield line("real", problem, real)
    share, changes = REFERENCE[name]
    told = "–" if changes is None else f"{changes:.3f}"
    yield f"{'first fit of SOURCE.md':24} {len(talks):5} {0:5} {0:8} {share:9.3f} {told:>8}"
    began = perf_counter()
    fitted = by_first_fit(problem)
    yield line("first fit", problem, fitted, perf_counter() - began)
    for given in (0.0, seconds):
        made = build(problem, seconds=given)
        yield line(f"built in {given:g} s", problem, made.places, made.seconds, made.ended.value)
    crowded = starred(problem, seed=1)
    yield "  with 1,200 invented people who star twelve talks each, and rooms of different sizes"
    yield line("real", crowded, real)
    yield line("first fit", crowded, by_first_fit(crowded))
    for given in (0.0, seconds, 6 * seconds):
        made = build(crowded, seconds=given)
        yield line(f"built in {given:g} s", crowded, made.places, made.seconds, made.ended.value)


def changed(talks: list[Talk], seconds: float) -> Iterator[str]:
    """Release the real programme; then close each room of the first day in turn, with one other opened for it."""
    problem, real = problem_of(talks)
    released = [replace(each, place=real[each.key], released=real[each.key]) for each in problem.sessions]
    yield "\nFOSDEM 2014 released; a room closes for a day, and a new one opens that day:"
    for room in problem.rooms[:4]:
        first, *others = room.open
        rooms = [replace(each, open=tuple(others)) if each is room else each for each in problem.rooms]
        given = replace(
            problem, rooms=[*rooms, Room("new", (Span(first.start + 30, first.end + 30),))], sessions=released
        )
        must = sum(place.room == room.key and place.start < first.end for place in real.values())
        made = build(given, Mode.REBUILD, seconds=seconds)
        told = f"{must} must move, {len(made.moved)} did, {len(made.unplaced)} without a place"
        yield f"{told}, main room {made.shape.main_room:.3f}, {made.seconds:.2f} s {made.ended.value}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each programme")
    seconds = parser.parse_args().seconds
    if not PROGRAMMES.exists():
        sys.exit("../shared/data/programmes is not there, so nothing can be measured.")
    for name, talks in (("FOSDEM 2014", fosdem()), ("camp 2019", camp())):
        for told in plain(name, talks, seconds):
            print(told, flush=True)
    for told in changed(fosdem(), seconds):
        print(told)


if __name__ == "__main__":
    main()
