"""Everything held on somebody is in the file they get, and nothing of others beyond what they saw."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Table

import lsos.models  # noqa: F401  # every table is known
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.rules import Role
from lsos.privacy import exporting
from lsos.privacy.register import NOT_SHOWN
from lsos.privacy.words import COLUMN_WORDS
from lsos.questionnaires.models import Answer, AnswerFile
from lsos.questionnaires.rules import QuestionKind
from lsos.registration import bulk
from lsos.registration.list_models import InternalNote
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from lsos.zone import deciding
from lsos.zone.jury_queries import feedback_of
from lsos.zone.rules import Decision
from tests import make
from tests.asking import ask
from tests.conftest import Reader
from tests.zone import judged

NOW = datetime.now(UTC)
SHOWN = exporting.shown_tables()


@pytest.mark.parametrize("table", [table for table, _names in SHOWN], ids=lambda table: table.name)
def test_every_column_of_an_exported_table_is_shown_under_a_name_or_left_out_for_a_reason(table: Table):
    nameless = {exporting.base_name(one.name) for one in exporting.shown_columns(table)} - set(COLUMN_WORDS)
    assert nameless == set(), "name the new column in lsos/privacy/words.py, or say in NOT_SHOWN why it is left out"
    assert all(NOT_SHOWN.values())


def test_somebody_takes_all_that_is_held_on_them_and_it_is_put_on_record(client: Reader):
    event = make.event(starts_on=NOW.date() + timedelta(days=9))
    me = make.person("Łucja", "Wąs", email="lucja@example.org")
    mine = make.registration(event, me, dietary_needs="bez orzechów")
    make.add(InternalNote(registration_id=mine.id, at=NOW, text="VIP, meet at the door"))
    slot = make.meeting_grid(event)[0]
    met = make.registration(event, make.person("Zoë", "Zamojska", email="zoe@example.org"))
    make.meeting(mine, met, slot)
    stranger = make.registration(event, make.person("Obcy", "Nieznany", email="obcy@example.org"))
    make.add(InternalNote(registration_id=stranger.id, at=NOW, text="About a stranger"))

    answer = client.sign_in(me).post("/pl/account/data/export")

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("data.html").decode()
        assert "data.css" in archive.namelist()
    assert (data["format"], data["version"], data["language"]) == ("lsos-personal-data", 1, "pl")
    tables = {section["table"]: section["rows"] for section in data["sections"]}
    assert tables["registration"][0]["dietary_needs"] == "bez orzechów"
    assert tables["email_address"][0]["address"] == "lucja@example.org"
    assert tables["internal_note"][0]["text"] == "VIP, meet at the door"
    assert "Zgadzam się (catalogue, 1)" in {row["text_id"] for row in tables["consent"]}
    assert "Zoë Zamojska" in json.dumps(tables["meeting"], ensure_ascii=False), "whom they met they saw by name"
    everything = json.dumps(data, ensure_ascii=False) + page
    for secret in ("zoe@example.org", "Nieznany", "About a stranger", "token_hash", "password_hash"):
        assert secret not in everything
    assert "bez orzechów" in page
    noted = db.session.query(AuditEntry).filter_by(action="person.exported").one()
    assert (noted.actor_id, noted.object_uid, noted.details) == (me.id, me.uid, {"by_themselves": True})


@pytest.mark.any_database
def test_feedback_on_an_application_is_theirs_once_it_is_decided_and_no_juror_is_ever_named(app: Flask):
    made = judged.shared_out(applications=1, jurors=1)
    made.send(0, 0, 4, 4, feedback="Said by a juror")
    one, juror, by = made.applications[0], made.jurors[0], make.person().id
    deciding.write_feedback(made.event, one.uid, Bilingual("", "Told beforehand"), by=by)

    def taken() -> str:
        export = exporting.gather(one.registration.person_id, "en", now=NOW)
        return json.dumps(export.as_data(), ensure_ascii=False) + exporting.as_page(export)

    before = taken()
    said = feedback_of(made.board())
    action = deciding.decide(
        made.event.id,
        made.call.uid,
        [one.uid],
        Decision.DECLINE,
        reason=Bilingual(),
        feedback=Bilingual(),
        from_jury=said,
        by=by,
        now=NOW,
    )
    bulk.proceed(made.event.id, action.uid, release=nothing_else, now=NOW)
    after = taken()
    for words in ("Told beforehand", "Said by a juror"):
        assert (words in before, words in after) == (False, True)
    for secret in (juror.name, juror.family_name, juror.email, juror.uid):
        assert secret not in before + after


@pytest.mark.any_database
def test_an_owner_hands_it_out_for_somebody_who_wrote_to_them(client: Reader):
    me, owner = make.person(), make.staff(Role.OWNER)
    answer = client.sign_in(owner).post(f"/en/people/{me.uid}/data/export")
    assert answer.mimetype == "application/zip"
    noted = db.session.query(AuditEntry).filter_by(action="person.exported").one()
    assert (noted.actor_id, noted.details) == (owner.id, {"by_themselves": False})


@pytest.mark.any_database
def test_files_that_somebody_sent_are_in_the_archive(app: Flask, tmp_path: Path):

    event = make.event()
    question = ask(event, "deck", QuestionKind.FILE, file_kinds=("pdf",))
    mine = make.registration(event)
    values = {"registration_id": mine.id, "question_id": question.id, "version_id": question.current.id}
    answer = make.add(Answer(given=["uid-of-file"], at=NOW, **values))
    kept = {"content_type": "application/pdf", "size": 5, "sha256": "0" * 64, "at": NOW}
    make.add(AnswerFile(uid="uid-of-file", question_id=question.id, answer_id=answer.id, name="My deck?.pdf", **kept))
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "uid-of-file").write_bytes(b"%PDF-")

    made = exporting.gather(mine.person_id, "en", now=NOW)
    with zipfile.ZipFile(io.BytesIO(exporting.as_archive(made, data_dir=tmp_path))) as archive:
        assert archive.read("files/uid-of-file-My_deck_.pdf") == b"%PDF-"
    rows = {section.table: section.rows for section in made.sections}
    assert rows["answer"][0]["given"] == ["My deck?.pdf"]
    assert rows["answer"][0]["question_id"] == "deck?"
