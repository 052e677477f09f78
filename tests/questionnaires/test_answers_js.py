"""A phone finds the same wrong with an answer as the server does."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from lsos.questionnaires.rules import Ask, QuestionKind, answer_problem

K = QuestionKind
TOP = Path(__file__).resolve().parents[2]
NODE = Path(sys.executable).parent / "node"
SCRIPT = """
import fs from "node:fs";
import { answerProblem } from "ANSWERS";
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
const found = cases.map(({ question, given, isRequired }) => answerProblem(question, given, { isRequired }));
console.log(JSON.stringify(found));
"""
TEXTS = (
    "yes", "no", "S", "X", "12", "3,5", "-4", "1e3", "0", "101", "12 000", "abc", "2025-11-27", "2025-02-29",
    "2024-02-29",     "27.11.2025", "14:30", "24:00", "9:15", "PL", "pl", "ola@example.org", "ola@",
    "a b@example.org", "+48 12 345 67 89",
    "1234", "https://example.org/a?b=c", "http://", "ftp://example.org", "example.org", "https://a b.pl", "two\nlines",
    "Zażółć gęślą jaźń", "a" * 300, "a" * 301, "ą" * 300, "a" * 4001,
)  # fmt: skip
GIVEN = [(), ("S", "M"), ("S", "X"), *((text,) for text in TEXTS)]
ASKS = [
    *(
        Ask("a", kind, options=frozenset("SM"))
        for kind in QuestionKind
        if kind not in {K.FILE, K.STATEMENT, K.PAGE_BREAK}
    ),
    Ask("a", K.NUMBER, least=Decimal(0), most=Decimal(100)),
]


def test_a_phone_finds_the_same_wrong_with_an_answer():
    cases = [(ask, given, required) for ask in ASKS for given in GIVEN for required in (True, False)]
    sent = [
        {
            "question": {
                "kind": ask.kind.value,
                "options": [{"code": code} for code in sorted(ask.options)],
                "least": str(ask.least) if ask.least is not None else None,
                "most": str(ask.most) if ask.most is not None else None,
                "length": ask.length,
            },
            "given": given,
            "isRequired": required,
        }
        for ask, given, required in cases
    ]
    script = SCRIPT.replace("ANSWERS", (TOP / "static" / "js" / "questions" / "answers.js").as_uri())
    ran = subprocess.run(
        [NODE, "--input-type=module", "-e", script], input=json.dumps(sent), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    for (ask, given, required), theirs in zip(cases, json.loads(ran.stdout), strict=True):
        mine = answer_problem(ask, given, is_required=required)
        assert theirs == (mine.name if mine else ""), (ask.kind, given)
