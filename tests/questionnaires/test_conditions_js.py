"""The script in the browser decides as the rule on the server does, whatever is asked and answered."""

import json
import random
import subprocess
import sys
from pathlib import Path

from lsos.questionnaires.rules import NAMING, Ask, Condition, Given, QuestionKind, Test, shown

TOP = Path(__file__).resolve().parents[2]
NODE = Path(sys.executable).parent / "node"
SCRIPT = """
import { shown } from "CONDITIONS";
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({ asks, answers, elsewhere }) => shown(asks, answers, elsewhere))));
"""
HOW_MANY = 400


def _draw(chance: random.Random) -> tuple[list[Ask], dict[str, Given]]:
    codes = [f"q{n}" for n in range(chance.randint(1, 8))]
    asks = []
    for code in codes:
        conditions = []
        for subject in chance.sample(codes, k=min(len(codes), chance.randint(0, 2))):
            test = chance.choice(list(Test))
            values = frozenset(chance.sample("abc", k=chance.randint(1, 2))) if test in NAMING else frozenset()
            conditions.append(Condition(subject, test, values))
        asks.append(Ask(code, QuestionKind.CHOOSE_SEVERAL, tuple(conditions)))
    answers = {code: tuple(chance.sample("abc", k=chance.randint(0, 2))) for code in codes}
    return asks, answers


def _as_data(ask: Ask) -> dict[str, object]:
    when = [{"code": one.code, "test": one.test.value, "values": sorted(one.values)} for one in ask.conditions]
    return {"code": ask.code, "when": when}


def test_the_script_asks_what_the_rule_asks():
    chance = random.Random(4)
    drawn = [_draw(chance) for _ in range(HOW_MANY)]
    cases = []
    for asks, answers in drawn:
        #: The first question stands on an earlier page, which the script knows as what was answered there.
        first = asks[0].code if shown(asks[:1], answers) else None
        elsewhere = {first: list(answers[first])} if first else {}
        cases.append({"asks": [_as_data(ask) for ask in asks[1:]], "answers": answers, "elsewhere": elsewhere})
    conditions = TOP / "static" / "js" / "questions" / "conditions.js"
    script = SCRIPT.replace("CONDITIONS", conditions.as_uri()).replace('require("fs")', "fs")
    ran = subprocess.run(
        [NODE, "--input-type=module", "-e", 'import fs from "node:fs";' + script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    expected = [[ask.code for ask in shown(asks, answers) if ask is not asks[0]] for asks, answers in drawn]
    assert json.loads(ran.stdout) == expected
    assert len({len(codes) for codes in expected}) > 3, "the cases are too much alike"
