"""The phone on its own decides as the server does, whatever is scanned, where and when."""

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from lsos.checkin.deciding import (
    MINUTE,
    Day,
    Decision,
    EventFacts,
    GuestFacts,
    MeetingFacts,
    Past,
    PointFacts,
    SessionFacts,
    decide,
)
from lsos.checkin.inside import Passing, inside
from lsos.checkin.rules import Direction, PointKind, Refusal, Repeat, ScanResult, SignUpRule
from lsos.registration.rules import RegistrationState

TOP = Path(__file__).resolve().parents[2]
NODE = Path(sys.executable).parent / "node"
SCRIPT = """
import fs from "node:fs";
import { decide } from "DECIDE";
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({ event, point, guest, past, how }) => decide(event, point, guest, past, how))));
"""
HOW_MANY = 6_000
HOUR = 60 * MINUTE
NIGHT = 24 * HOUR
KINDS = ["startup", "investor", "guest"]
EVENT = EventFacts(
    opens=8 * HOUR,
    closes=NIGHT + 18 * HOUR,
    days=[Day(f"2025-11-{26 + n}", n * NIGHT, (n + 1) * NIGHT) for n in range(2)],
)


def _moment(chance):
    """Draw a moment, most of them in the mornings, so that much happens at nearly the same time."""
    return (
        chance.randrange(2) * NIGHT
        + chance.choice([chance.randrange(7, 20), 9, 9, 9]) * HOUR
        + chance.randrange(0, 60, 5) * MINUTE
    )


def _some(chance, items, most):
    return chance.sample(items, k=chance.randint(0, most))


def _session(chance, number):
    begins = _moment(chance)
    return SessionFacts(number, begins, begins + chance.choice([20, 60]) * MINUTE, chance.random() < 0.5)


def _meeting(chance, number):
    begins = _moment(chance)
    return MeetingFacts(number, begins, begins + 20 * MINUTE, chance.choice([None, 1, 2]), chance.random() < 0.3)


def _point(chance):
    has_sessions = chance.random() < 0.6
    return PointFacts(
        code=chance.choice("ab"),
        kind=chance.choice(list(PointKind)),
        admits=_some(chance, KINDS, 2) if chance.random() < 0.3 else [],
        opens=_moment(chance) if chance.random() < 0.1 else None,
        closes=_moment(chance) if chance.random() < 0.1 else None,
        repeat=chance.choice(list(Repeat)),
        sign_up=chance.choice(list(SignUpRule)),
        has_exit=chance.random() < 0.5,
        sessions=[_session(chance, number) for number in range(1, chance.randint(2, 5))] if has_sessions else [],
        fits=chance.choice([None, None, 1, 80]),
        inside=chance.choice([0, 0, 1, 79, 80, 81]),
    )


def _guest(chance):
    if chance.random() < 0.05:
        return None
    usual = chance.random() < 0.85
    return GuestFacts(
        state=RegistrationState.CONFIRMED if usual else chance.choice(list(RegistrationState)),
        kind=chance.choice(KINDS),
        days=_some(chance, [day.date for day in EVENT.days], 2),
        was_handed_on=chance.random() < 0.2,
        is_revoked=chance.random() < 0.03,
        signed_up=_some(chance, [1, 2, 3, 4], 2),
        meetings=[_meeting(chance, number) for number in range(1, chance.randint(1, 5))],
        has_note=chance.random() < 0.2,
        has_questions=chance.random() < 0.2,
    )


def _past(chance):
    return Past(
        uid=f"scan-{chance.randrange(10**9)}",
        at=_moment(chance),
        scope=chance.choice(["door", "at a", "at b"]),
        point=chance.choice("ab"),
        direction=chance.choice(list(Direction)),
        session=chance.choice([None, None, 1, 2]),
        meeting=chance.choice([None, None, 1, 2]),
    )


def _draw(chance):
    how = {
        "at": _moment(chance),
        "direction": chance.choice([Direction.ENTRY, Direction.ENTRY, Direction.EXIT]),
        "table": chance.choice([None, None, 1]),
    }
    return _point(chance), _guest(chance), [_past(chance) for _ in range(chance.randint(0, 5))], how


def _as_data(decided: Decision):
    return asdict(decided) | {
        "reason": decided.reason.name if decided.reason else None,
        "needs": [need.value for need in decided.needs],
    }


def in_node(script, cases):
    ran = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_phone_decides_as_the_server_does():
    chance = random.Random(7)
    drawn = [_draw(chance) for _ in range(HOW_MANY)]
    cases = [
        {
            "event": asdict(EVENT),
            "point": asdict(point),
            "guest": asdict(guest) if guest else None,
            "past": [asdict(each) for each in past],
            "how": how,
        }
        for point, guest, past, how in drawn
    ]
    script = SCRIPT.replace("DECIDE", (TOP / "static" / "js" / "door" / "decide.js").as_uri())
    answers = in_node(script, cases)
    decided = [decide(EVENT, point, guest, past, **how) for point, guest, past, how in drawn]
    expected = json.loads(json.dumps([_as_data(each) for each in decided]))
    for case, mine, theirs in zip(cases, expected, answers, strict=True):
        assert theirs == mine, case
    results = Counter(each.result for each in decided)
    reasons = Counter(each.reason for each in decided if each.reason)
    needs = Counter(need for each in decided for need in each.needs)
    assert all(results[one] >= 20 for one in ScanResult if one is not ScanResult.UNDONE), results
    #: Whether a point or a seat is there still, the server alone knows.
    of_server = {Refusal.GONE, Refusal.SEAT_ADDED, Refusal.KNOWN_BEFORE}
    assert all(reasons[one] >= 5 for one in Refusal if one not in of_server), reasons
    assert all(count >= 20 for count in needs.values()), needs


INSIDE = """
import fs from "node:fs";
import { inside } from "INSIDE";
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
const found = ({ passings, at, ends, empties }) => [...inside(passings, { at, ends: new Map(ends), empties })];
console.log(JSON.stringify(cases.map((one) => found(one).sort(([one], [other]) => one - other))));
"""


def test_the_phone_counts_who_is_in_as_the_server_does():
    chance = random.Random(11)
    drawn = []
    for _ in range(2_000):
        passings = [
            Passing(
                chance.randrange(3), _moment(chance), chance.choice(list(Direction)), chance.choice([None, 1, 2, 3])
            )
            for _ in range(chance.randint(0, 8))
        ]
        ends = {number: _moment(chance) for number in range(1, chance.randint(1, 3))}
        drawn.append((passings, {"at": _moment(chance), "ends": ends, "empties": [NIGHT, 2 * NIGHT]}))
    cases = [
        {"passings": [asdict(one) for one in passings], **how, "ends": list(how["ends"].items())}
        for passings, how in drawn
    ]
    ran = in_node(INSIDE.replace("INSIDE", (TOP / "static" / "js" / "door" / "inside.js").as_uri()), cases)
    expected = [[list(pair) for pair in sorted(inside(passings, **how).items())] for passings, how in drawn]
    for case, mine, theirs in zip(cases, expected, ran, strict=True):
        assert theirs == mine, case
    assert sum(bool(each) for each in expected) > 200
