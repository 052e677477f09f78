"""A phone without network tells of each badge what the server tells: of one replaced, too, and of whom notes speak."""

import json
import re

import pytest

from lsos.checkin.service import replace_badge
from lsos.db import new_uid
from lsos.registration.desk_notes import write_desk_note
from lsos.registration.rules import RegistrationState
from tests import make
from tests.checkin.test_deciding_js import TOP, in_node
from tests.web.test_scanner import Hall

SCRIPT = """
import fs from "node:fs";
import { Known } from "KNOWN";
const { snapshot, words, scans } = JSON.parse(fs.readFileSync(0, "utf8"));
const known = new Known(snapshot, "en");
const told = [];
for (const scan of scans) told.push((await known.decide(scan, words)).telling);
console.log(JSON.stringify(told));
"""


@pytest.fixture
def hall(app):
    return Hall()


def test_a_phone_alone_tells_what_the_server_tells_of_badges_new_replaced_and_unknown(client, hall):
    by = make.person("Ada", "Organizator").id
    old = hall.guest.badge_code
    new = replace_badge(hall.event, hall.guest.uid, instead_of=old, by_id=by, now=hall.now)
    noted = make.registration(hall.event, make.person("Jan", "Próbny"))
    write_desk_note(hall.event, noted.uid, "The lift key is at the desk", by=by)
    gone = make.registration(hall.event, make.person("Leon", "Próbny"), state=RegistrationState.CANCELLED)
    phone = hall.paired(client)
    snapshot = phone.get("/en/d/snapshot.json").json
    found = re.search(r'<script[^>]* id="words"[^>]*>(.*?)</script>', phone.get("/en/d/").text, re.DOTALL)
    assert found is not None
    at = round(hall.now.timestamp() * 1000)
    badges = [old, new, old, new, noted.badge_code, gone.badge_code, "NOBODYS234"]
    scans = [
        {"uid": new_uid(), "point": hall.door.code, "code": code, "at": at, "direction": "entry"} for code in badges
    ]
    alone = in_node(
        SCRIPT.replace("KNOWN", (TOP / "static/js/scanner/known.js").as_uri()),
        {"snapshot": snapshot, "words": json.loads(found[1]), "scans": scans},
    )
    sent = phone.post("/en/d/scans.json", json={"now": at, "scans": scans}).json["answers"]
    parts = ("tone", "word", "name", "about", "sentence")
    assert [{part: one[part] for part in parts} for one in alone] == [
        {part: one[part] for part in parts} for one in sent
    ]
    assert [one["word"] for one in sent] == [
        "Not valid", "Welcome", "Not valid", "Already in", "Welcome", "Stop", "Unknown"
    ]  # fmt: skip
    assert alone[4]["sentence"] == "Please note: The lift key is at the desk."
